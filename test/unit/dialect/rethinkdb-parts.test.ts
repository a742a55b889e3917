// Promise: a query finds what its terms mean, whichever part they are in and whenever that was loaded: parts define the terms that the
// table says, queries keep their order while one of them is loaded, and functions that were kept in a table work at once in a process
// that has run nothing yet.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import type { R } from '../../../src/dialect/rethinkdb/index.ts'

// biome-ignore lint/suspicious/noExplicitAny: terms are called with whatever the case needs
type Any = any
const folder = mkdtempSync(join(tmpdir(), 'quiver-parts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// Each test begins as a process does: nothing but what is loaded at once.
beforeEach(() => vi.resetModules())
const fresh = async () => (await import('../../../src/dialect/rethinkdb/index.ts')).default as R & Any

it('defines the terms of a part with it, and no others', async () => {
  await fresh()
  const { KINDS } = await import('../../../src/dialect/rethinkdb/terms.ts')
  const { OPERATIONS } = await import('../../../src/dialect/rethinkdb/registry.ts')
  const { noteMissing } = await import('../../../src/dialect/rethinkdb/parts.ts')
  const { Node } = await import('../../../src/dialect/rethinkdb/node.ts')
  // Variables, functions and r.row are the evaluation's own; r.http is refused before it.
  const own = ['func', 'http', 'implicit', 'var']
  const kinds = KINDS.filter((kind) => kind !== undefined && !own.includes(kind.name))
  const known = () => kinds.filter(({ type }) => OPERATIONS[type] !== undefined).map(({ name }) => name)
  const found: Record<string, string[]> = { '-': known() }
  for (const { part, type } of kinds) {
    if (found[part] !== undefined) continue
    const before = known()
    const missing = new Set<{ load(): Promise<void> }>()
    noteMissing(new Node(type, []), missing as Any)
    expect(missing.size).toBe(1)
    for (const one of missing) await one.load()
    found[part] = known().filter((name) => !before.includes(name))
  }
  for (const [part, names] of Object.entries(found)) {
    expect(names.toSorted()).toEqual(kinds.flatMap((kind) => (kind.part === part ? [kind.name] : [])).toSorted())
  }
})

it('keeps the order of queries while a part is loaded', async () => {
  const r = await fresh()
  const conn = await r.connect()
  await r.tableCreate('t').run(conn)
  const table = r.table('t')
  const [, , first, , second, grouped] = await Promise.all([
    table.insert({ id: 1, n: 1 }).run(conn),
    table
      .get(1)
      .update({ n: r.row('n').add(1) })
      .run(conn),
    table.get(1).run(conn),
    table
      .get(1)
      .update({ n: r.row('n').mul(10).round() })
      .run(conn),
    table.get(1).run(conn),
    table.group('n').count().run(conn),
    table.get(1).delete().run(conn),
  ])
  expect(first).toEqual({ id: 1, n: 2 })
  expect(second).toEqual({ id: 1, n: 20 })
  expect([...(grouped as Any)]).toEqual([{ group: 20, reduction: 1 }])
  await conn.close()
})

it('knows the functions of indexes and hooks of a database that it opens', async () => {
  const path = join(folder, 'kept')
  const r = await fresh()
  const conn = await r.connect({ path })
  await r.tableCreate('t').run(conn)
  await r
    .table('t')
    .indexCreate('year', (row: Any) => row('at').year())
    .run(conn)
  await r
    .table('t')
    .setWriteHook((_: Any, __: Any, next: Any) => next.merge({ label: next('name').upcase() }))
    .run(conn)
  const hook = (await r.table('t').getWriteHook().run(conn)).function
  const [{ function: index }] = await r.table('t').indexStatus('year').run(conn)
  await conn.close()

  vi.resetModules()
  const again = await fresh()
  const second = await again.connect({ path })
  await again
    .table('t')
    .insert({ id: 1, name: 'a', at: new Date('2020-05-05T00:00:00Z') })
    .run(second)
  const found = await again.table('t').getAll(2020, { index: 'year' }).run(second)
  expect((await found.toArray())[0]).toMatchObject({ id: 1, label: 'A' })
  await second.close()

  // Handed from one database to another, they come with nothing that names their terms.
  vi.resetModules()
  const other = await fresh()
  const third = await other.connect()
  await other.tableCreate('u').run(third)
  await other.table('u').setWriteHook(hook).run(third)
  await other.table('u').indexCreate('year', index).run(third)
  await other
    .table('u')
    .insert({ id: 2, name: 'b', at: new Date('2021-05-05T00:00:00Z') })
    .run(third)
  const rows = await other.table('u').getAll(2021, { index: 'year' }).run(third)
  expect((await rows.toArray())[0]).toMatchObject({ id: 2, label: 'B' })
  await third.close()
})

it('finds the tables of the system, however their database is named', async () => {
  const r = await fresh()
  const conn = await r.connect()
  const names = r.expr(['rethinkdb']).concatMap((name: Any) =>
    r
      .db(name)
      .table('db_config')
      .map((row: Any) => row('name')),
  )
  expect([...(await names.run(conn))]).toEqual(['test'])
  vi.resetModules()
  const again = await fresh()
  const second = await again.connect({ db: 'rethinkdb' })
  const rows = await again.table('db_config').run(second)
  expect((await rows.toArray())[0]).toMatchObject({ name: 'test' })
  await second.close()
  await conn.close()
})
