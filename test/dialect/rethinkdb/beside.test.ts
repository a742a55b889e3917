// Promise: other interfaces on the same store may create, rename and drop collections and write what ReQL has no type for, at any
// time: tables are what is there now, and a write through ReQL changes only what it says.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, open } from '../../../src/index.ts'
import { type Any, r } from './cases.ts'

let database: Database
let connection: Any
beforeEach(async () => {
  database = await open(':memory:')
  connection = await r.connect({ database })
})
afterEach(async () => {
  await connection.close()
  await database.close()
})

const run = (term: Any) => term.run(connection)
const tables = async () => [...(await run(r.tableList()))]

describe('a collection of another interface', () => {
  it('is listed even if it was created after the connection: lists had only what was there when it was opened', async () => {
    expect(await tables()).toEqual([])
    await database.createCollection('notes')
    await database.createCollection('blog.posts')
    expect(await tables()).toEqual(['notes'])
    expect([...(await run(r.dbList()))]).toEqual(['blog', 'rethinkdb', 'test'])
    expect([...(await run(r.db('blog').tableList()))]).toEqual(['posts'])
    expect(await run(r.dbDrop('blog'))).toMatchObject({ dbs_dropped: 1, tables_dropped: 1 })
    expect((await database.collections()).map(({ name }) => name)).not.toContain('blog.posts')
  })

  it('has its new name only, once it is renamed: it was found, and listed, under the old one, too', async () => {
    const notes = await database.createCollection('notes')
    await notes.insert({ id: 1 })
    const count = r.table('notes').count()
    expect(await run(count)).toBe(1)
    await database.renameCollection('notes', 'papers')
    expect(await tables()).toEqual(['papers'])
    expect(await run(r.table('papers').count())).toBe(1)
    await expect(run(count)).rejects.toThrow('Table `test.notes` does not exist')
    await database.createCollection('notes')
    expect(await tables()).toEqual(['notes', 'papers'])
    expect(await run(count)).toBe(0)
    await database.dropCollection('papers')
    expect(await tables()).toEqual(['notes'])
  })
})

describe('fields that a write does not change', () => {
  const big = 2n ** 60n + 1n
  const document = (id: number) => ({
    id,
    big,
    small: 5n,
    floats: new Float32Array([1.5, 2]),
    ints: new BigInt64Array([big]),
    none: new Float64Array([NaN]),
    nested: JSON.parse('{"__proto__":{}}'),
    list: [big, { big }, new Date(5), new Uint8Array([1])],
  })

  it.each<[string, (table: Any) => Any]>([
    ['update', (table) => table.get(1).update({ read: true })],
    [
      'update of a selection by a function',
      (table) => table.filter({ id: 1 }).update((row: Any) => ({ read: row('id').eq(1) })),
    ],
    ['replace', (table) => table.get(1).replace((row: Any) => row.merge({ read: true }))],
    ['insert with a conflict', (table) => table.insert({ id: 1, read: true }, { conflict: 'update' })],
    [
      'insert with a function',
      (table) => table.insert({ id: 1, read: true }, { conflict: (_: Any, old: Any, row: Any) => old.merge(row) }),
    ],
  ])('stay what they were, by %s: integers beyond 2^53 were rounded, typed arrays became lists', async (_, write) => {
    const notes = await database.createCollection('notes')
    const old = document(1)
    Object.defineProperty(Object.getOwnPropertyDescriptor(old.nested, '__proto__')!.value, 'big', {
      value: big,
      enumerable: true,
    })
    await notes.insert(old)
    expect(await run(write(r.table('notes')))).toMatchObject({ replaced: 1, errors: 0 })
    expect(await notes.get(1)).toStrictEqual({ ...old, read: true })
  })

  it('are given by ReQL as the numbers it has, and a field that changes has what it was given', async () => {
    const notes = await database.createCollection('notes', { vectors: { v: { dimension: 2 } } })
    await notes.insert({ id: 1, a: big, b: [big, big], f: new Float32Array([1, 2]), v: [1, 0] })
    const changed = await run(
      r
        .table('notes')
        .get(1)
        .update({ c: 1, a: 7, b: [1, Number(big)], f: [1, 3] }, { returnChanges: true }),
    )
    expect(changed.changes[0].old_val).toEqual({
      id: 1,
      a: Number(big),
      b: [Number(big), Number(big)],
      f: [1, 2],
      v: [1, 0],
    })
    expect(await notes.get(1)).toStrictEqual({ id: 1, a: 7, b: [1, big], f: [1, 3], v: new Float32Array([1, 0]), c: 1 })
    expect(
      await run(
        r
          .table('notes')
          .get(1)
          .update({ v: [0, 1] }),
      ),
    ).toMatchObject({ replaced: 1 })
    expect((await notes.get(1))!.v).toStrictEqual(new Float32Array([0, 1]))
    await run(r.table('notes').get(1).replace({ id: 1 }))
    expect(await notes.get(1)).toStrictEqual({ id: 1 })
  })
})
