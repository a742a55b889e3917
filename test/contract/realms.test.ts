// Promise: values of another realm are stored, found and refused as those of this one. Test runners make them all the time: under
// Jest what Node answers (`fs.statSync().mtime`, `structuredClone`) is of another realm than the test and the package. Such Dates
// were refused as values and keys, found nothing in filters, and became strings in RethinkDB's words.

import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { datetimeToHybrids } from '../../src/dialect/milvus/index.ts'
import r from '../../src/dialect/rethinkdb/index.ts'
import { type Document, open } from '../../src/index.ts'

/** An expression's value, made here and elsewhere. */
function bothRealms(code: string): [unknown, unknown] {
  return [new Function(`return (${code})`)(), runInNewContext(`(${code})`, { Buffer, URL })]
}

const STORED = [
  'new Date(5)',
  '[new Date(5), [new Date(6)]]',
  '{ a: { at: new Date(5) } }',
  'new Uint8Array([1, 2])',
  'new Float32Array([1.5])',
  'new BigInt64Array([1n])',
  '[1, [2n, { a: null }]]',
  'Object.create(null)',
  'new (class Point { x = 1 })()',
  'Buffer.from("a")',
]

const REFUSED = [
  'new Date(NaN)',
  'new Map([[1, 2]])',
  'new Set([1])',
  'new WeakMap()',
  '/a/',
  'new Error("x")',
  'Promise.resolve(1)',
  'new ArrayBuffer(2)',
  'new SharedArrayBuffer(2)',
  'new DataView(new ArrayBuffer(2))',
  'new String("a")',
  '() => 1',
  'new URL("http://a")',
]

describe('a document with values of another realm', () => {
  for (const code of STORED) {
    it(`holds ${code} as one of this realm does`, async () => {
      const [here, there] = bothRealms(code)
      await using db = await open(':memory:')
      const items = await db.createCollection('items')
      expect(
        await items.insert([
          { id: 'here', value: here },
          { id: 'there', value: there },
        ]),
      ).toMatchObject({ inserted: 2 })
      const [one, other] = (await items.getMany(['here', 'there'])) as [Document, Document]
      expect(other['value']).toStrictEqual(one['value'])
      expect(await items.count({ value: there as never })).toBe(2)
      expect(await items.update('here', () => ({ value: there }))).toMatchObject({ unchanged: 1 })
    })
  }

  for (const code of REFUSED) {
    it(`refuses ${code} in the same words`, async () => {
      const [here, there] = bothRealms(code)
      await using db = await open(':memory:')
      const items = await db.createCollection('items')
      const { firstError, errors } = await items.insert({ id: 1, value: here })
      expect(errors).toBe(1)
      expect((await items.insert({ id: 1, value: there })).firstError).toBe(firstError)
      const asked = async (value: unknown) => await items.count({ value } as never).catch((error) => error.message)
      expect(await asked(there)).toBe(await asked(here))
    })
  }
})

describe('of another realm', () => {
  it('are keys: Dates, bytes and arrays of them', async () => {
    for (const shards of [1, 3]) {
      await using db = await open(':memory:')
      const items = await db.createCollection('items', { shards })
      for (const code of ['new Date(5)', 'new Uint8Array([1])', '[new Date(5), "a"]']) {
        const [here, there] = bothRealms(code)
        const isList = Array.isArray(here)
        expect(await items.insert({ id: there, code })).toMatchObject({ inserted: 1 })
        expect(await items.insert({ id: here, code })).toMatchObject({ errors: 1 })
        expect(await items.get(here as never)).toEqual(await items.get(there as never))
        expect(await items.update((isList ? [there] : there) as never, { seen: true })).toMatchObject({ replaced: 1 })
        expect(await items.delete((isList ? [there] : there) as never)).toMatchObject({ deleted: 1 })
      }
    }
  })

  it('are what filters, indexes, groups and searches take', async () => {
    await using db = await open(':memory:')
    const items = await db.createCollection('items', { vectors: { v: { dimension: 2, metric: 'l2' } } })
    const documents = Array.from({ length: 50 }, (_, i) => ({ id: i, at: new Date(i), text: `t${i}`, v: [i, 0] }))
    expect(await items.insert(runInNewContext('documents.map((one) => ({ ...one }))', { documents }))).toMatchObject({
      inserted: 50,
    })
    for (const isIndexed of [false, true]) {
      if (isIndexed) await items.createIndex('at')
      expect(await items.count(runInNewContext('({ at: { $lt: new Date(10) } })'))).toBe(10)
      expect(await items.count(runInNewContext('({ at: { $in: [new Date(10), new Date(70)] } })'))).toBe(1)
    }
    expect(await items.count(runInNewContext('({ text: { $regex: /^T1/i } })'))).toBe(11)
    expect(
      await items.update(runInNewContext('({ at: new Date(3) })'), { at: runInNewContext('new Date(99)') }),
    ).toMatchObject({ replaced: 1 })
    expect((await items.get(3))?.['at']).toStrictEqual(new Date(99))
    const [hit] = await items.search({ vector: runInNewContext('new Float32Array([7, 0])'), limit: 1 })
    expect(hit?.id).toBe(7)
    const streamed = runInNewContext('(async function* () { yield { id: "a" }; yield { id: "b" } })()')
    expect(await items.insert(streamed)).toMatchObject({ inserted: 2 })
  })

  it('are the bytes and streams of an import', async () => {
    await using db = await open(':memory:')
    await (await db.createCollection('items')).insert({ id: 1 })
    const blob = await db.export()
    const bytes = new Uint8Array(await blob.arrayBuffer())
    for (const code of ['bytes', 'bytes.buffer', '(async function* () { yield bytes })()']) {
      const there = runInNewContext(`const bytes = Uint8Array.from(given); ${code}`, { given: bytes })
      await using copy = await open.import(there)
      expect(await copy.collection('items').count()).toBe(1)
    }
  })

  it('are times in RethinkDB', async () => {
    const conn = await r.connect()
    await r.tableCreate('items').run(conn)
    const there = runInNewContext('new Date(5000)')
    await r.table('items').insert(runInNewContext('({ id: 1, at: new Date(5000) })')).run(conn)
    await r
      .table('items')
      .insert({ id: 2, at: there, list: [there] })
      .run(conn)
    const rows = await (await r.table('items').orderBy('id').run(conn)).toArray()
    expect(rows).toStrictEqual([
      { at: new Date(5000), id: 1 },
      { at: new Date(5000), id: 2, list: [new Date(5000)] },
    ])
    expect(await r.table('items').filter({ at: there }).count().run(conn)).toBe(2)
    expect(await r.expr(there).toEpochTime().run(conn)).toBe(5)
    expect(
      await r
        .table('items')
        .filter((row: typeof r.row) => row('at').le(there))
        .count()
        .run(conn),
    ).toBe(2)
    await conn.close()
  })

  it('are times in Milvus', () => {
    expect(datetimeToHybrids(runInNewContext('new Date(5000)'))).toBe(datetimeToHybrids(new Date(5000)))
  })
})
