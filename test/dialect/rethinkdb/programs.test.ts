// Promise: what programs written for the driver do off the beaten track works here as it does there. Each test says what they do.

import { afterAll, beforeAll, expect, it } from 'vitest'
import * as names from '../../../src/dialect/rethinkdb/index.ts'
import { type Any, r } from './cases.ts'

let connection: Any
beforeAll(async () => {
  connection = await r.connect()
  await r.tableCreate('users').run(connection)
  await r.table('users').insert({ id: 1, name: 'Ann' }).run(connection)
})
afterAll(async () => await connection.close())

it('takes options of terms as run options: data layers give feeds and writes theirs there', async () => {
  const feed = await r.table('users').filter({ name: 'Ann' }).changes().run(connection, { includeStates: true })
  expect(await feed.next()).toEqual({ state: 'ready' })
  await feed.close()
  const update = r.table('users').get(1).update({ age: 5 })
  const changes = [{ old_val: { id: 1, name: 'Ann' }, new_val: { id: 1, name: 'Ann', age: 5 } }]
  expect(await update.run(connection, { return_changes: true })).toMatchObject({ replaced: 1, changes })
  // A term's own option goes first, and a term that does not know one is not told of it.
  const replaced = await r
    .table('users')
    .get(1)
    .update({ age: 6 }, { returnChanges: false })
    .do((result: Any) => ({ result, count: r.table('users').count() }))
    .run(connection, { returnChanges: true })
  expect(replaced.count).toBe(1)
  expect(replaced.result).not.toHaveProperty('changes')
  const inserted = await r.table('users').insert({ id: 1, name: 'Bo' }).run(connection, { conflict: 'replace' })
  expect(inserted.replaced).toBe(1)
  await expect(r.table('users').run(connection, { includeState: true })).rejects.toMatchObject({
    msg: 'Unrecognized global optional argument `include_state`.',
  })
})

it('tells a version, which frameworks look at before they begin', async () => {
  const version = r.db('rethinkdb').table('server_status').nth(0)('process')('version')
  expect(await version.run(connection)).toMatch(/^rethinkdb 2\.4\.\d+/)
})

it('has every name of r in its module: programs in TypeScript write `import * as r`, and found nothing under it but `default`', async () => {
  const { default: whole, r: same, ...each } = names as Any
  expect(whole).toBe(r)
  expect(same).toBe(r)
  expect(Object.keys(each).sort()).toEqual(
    Object.keys(r)
      .filter((name) => name !== 'default' && name !== 'r')
      .sort(),
  )
  for (const [name, value] of Object.entries(each)) expect(value, name).toBe(r[name])
  const own: names.Connection = await names.connect()
  expect(await names.do(1, 2, (a: Any, b: Any) => a.add(b)).run(own)).toBe(3)
  await own.close()
})

// Making and dropping takes time, and the query is evaluated again behind it: a list that was read anew then was shorter, and every
// second table of those to be dropped stayed.
it('makes and drops by lists of what is there', async () => {
  const create = (name: Any): Any => r.tableCreate(name)
  const drop = (name: Any): Any => r.tableDrop(name)
  const dropIndex = (name: Any): Any => r.table('made').indexDrop(name)
  await r(['old_a', 'old_b', 'old_c', 'users']).difference(r.tableList()).forEach(create).run(connection)
  expect(await r.tableList().run(connection)).toEqual(['old_a', 'old_b', 'old_c', 'users'])
  const ensured = r.branch(r.tableList().contains('made'), { tables_created: 0 }, r.tableCreate('made'))
  expect(await ensured('tables_created').run(connection)).toBe(1)
  expect(await ensured('tables_created').run(connection)).toBe(0)
  const indexed = (name: string): Any =>
    r.branch(r.table('made').indexList().contains(name), null, r.table('made').indexCreate(name)).run(connection)
  expect(await indexed('at')).toEqual({ created: 1 })
  expect(await indexed('by')).toEqual({ created: 1 })
  expect(await indexed('by')).toBe(null)
  const gone = await r.table('made').indexList().forEach(dropIndex).run(connection)
  expect(gone).toEqual({ dropped: 2 })
  const dropped = await r
    .tableList()
    .filter((name: Any) => name.match('^(old_|made)'))
    .forEach(drop)
    .run(connection)
  expect(dropped.tables_dropped).toBe(4)
  expect(await r.tableList().run(connection)).toEqual(['users'])
})

it('answers when it drops a table by what is in it', async () => {
  for (const name of ['empty', 'told']) await r.tableCreate(name).run(connection)
  const byCount = r.branch(r.table('empty').count().eq(0), r.tableDrop('empty'), null)
  expect(await byCount('tables_dropped').run(connection)).toBe(1)
  const byInfo = r
    .table('told')
    .info()
    .do((info: Any) => r.tableDrop(info('name')))
  expect(await byInfo('tables_dropped').run(connection)).toBe(1)
  expect(await r.tableList().run(connection)).toEqual(['users'])
})

it('shows what libraries read of a term and of r: a layer looked for the table of a query there, a pool for its promises', async () => {
  let term = r.db('app').table('users').get(1)
  const found: unknown[] = []
  while (term.args.length > 0) {
    found.push(term.args[1]?.data)
    term = term.args[0]
  }
  expect(found).toEqual([1, 'users', undefined])
  const { _bluebird: Bluebird } = r
  const lent = Bluebird.resolve(connection).disposer(() => found.push('returned'))
  expect(await Bluebird.using(lent, (one: Any) => r.table('users').get(1)('id').run(one))).toBe(1)
  expect(found.at(-1)).toBe('returned')
  expect(Object.keys(r)).not.toContain('_bluebird')
})
