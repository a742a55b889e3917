// Promise: whatever kind of value a call is given, it resolves to an answer that says what is wrong, in words that are not JavaScript's own,
// and what is stored stays as it was. Every method, with every value in every place.

import { expect, it } from 'vitest'
import { EpsillaDB, type EpsillaResponse } from '../../../src/dialect/epsilla/index.ts'
import { client, FIELDS, withRecords } from './samples.ts'

const circle: Record<string, unknown> = {}
circle['self'] = circle
const VALUES: readonly unknown[] = [
  ...[undefined, null, true, 0, -1, 1.5, Number.NaN, 5n, '', 'nope', [], [null], [undefined], ['MyTable'], [[1]], {}],
  ...[
    Symbol('s'),
    () => 1,
    new Date(Number.NaN),
    new Map(),
    new DataView(new ArrayBuffer(2)),
    Object.create(null),
    circle,
  ],
  ...[{ toString: () => 'MyTable' }, { valueOf: () => 1 }, { indices: null }, { indices: [1] }, { length: 2 }],
]
/** What a stack would say, and not the dialect. */
const OWN_WORDS =
  /Cannot |is not a function|is not iterable|Converting|serialize|\[object |reading '|Invalid array|Maximum call|of undefined/

type Anything = Record<string, (...args: unknown[]) => Promise<EpsillaResponse | Error>>

/** Calls of a method with `value` in each place. */
const CALLS: Readonly<Record<string, (value: unknown) => unknown[][]>> = {
  createTable: (value) => [
    [value, FIELDS],
    ['a', value],
    ['b', [value]],
    ...['name', 'dataType', 'dimensions', 'metricType'].map((key) => ['c', [{ ...FIELDS[2], [key]: value }]]),
    ['d', FIELDS, value],
    ['e', FIELDS, [value]],
  ],
  create_table: (value) => [[value]],
  load_db: (value) => [[value]],
  dropTable: (value) => [[value]],
  drop_table: (value) => [[value]],
  unloadDB: (value) => [[value]],
  drop_db: (value) => [[value]],
  loadDB: (value) => [
    [':memory:', value],
    [':memory:', 'kinds', value],
  ],
  insert: (value) => [
    [value, []],
    ['MyTable', value],
    ['MyTable', [value]],
    ...FIELDS.map(({ name }) => ['MyTable', [{ ID: 100, Doc: '', Embedding: [1, 2, 3], [name]: value }]]),
  ],
  upsert: (value) => [
    [value],
    ['Json', [{ ID: 1, j: value, v: [1] }]],
    ['Json', [{ ID: 1, j: { in: value }, v: [1, 2] }]],
  ],
  delete: (value) => [
    [value, { primaryKeys: [9] }],
    ['MyTable', value],
    ['MyTable', { primaryKeys: value === 0 ? [9] : value, filter: 'ID = 9' }],
    ['MyTable', { primaryKeys: [9], filter: value }],
  ],
  deleteByPrimaryKeys: (value) => [
    [value, [9]],
    ['MyTable', value],
  ],
  get: (value) => [
    [value],
    ['MyTable', value],
    ...['response', 'primaryKeys', 'filter', 'skip', 'limit', 'facets'].map((key) => ['MyTable', { [key]: value }]),
    ...['response', 'primaryKeys', 'facets'].map((key) => ['MyTable', { [key]: [value] }]),
    ['MyTable', { facets: [{ group: value, aggregate: ['COUNT(*)'] }] }],
    ['MyTable', { facets: [{ group: [value], aggregate: [value] }] }],
  ],
  query: (value) => [
    [value, {}],
    ['MyTable', value],
    ...[
      'queryField',
      'queryIndex',
      'queryVector',
      'query',
      'limit',
      'response',
      'filter',
      'withDistance',
      'facets',
    ].map((key) => ['MyTable', { queryVector: [1, 2, 3, 4], limit: 1, [key]: value }]),
  ],
}

it('answers calls with values of all kinds in its own words', async () => {
  const db = (await withRecords()) as EpsillaDB & Anything
  await db.createTable('Json', [
    { name: 'ID', primaryKey: true },
    { name: 'j', dataType: 'JSON' },
    { name: 'v', dataType: 'VECTOR_FLOAT', dimensions: 1 },
  ])
  const wrong: string[] = []
  for (const [method, calls] of Object.entries(CALLS)) {
    for (const value of VALUES) {
      for (const [i, args] of calls(value).entries()) {
        const called = `${method} ${i} of value ${VALUES.indexOf(value)}`
        const given = (await (db[method] as Anything[string])(...args).catch(
          (error: Error) => error,
        )) as EpsillaResponse
        const isAnswer = typeof given.statusCode === 'number' || /^\[ERROR\]/.test(given.message)
        if (!isAnswer || OWN_WORDS.test(given.message)) wrong.push(`${called}: ${given.message}`)
      }
    }
  }
  expect(wrong).toEqual([])
  expect(await db.statistics()).toMatchObject({
    result: expect.arrayContaining([{ tableName: 'MyTable', totalRecords: 5 }]),
  })
})

// Each method of such a client rejected with an error of JavaScript's own.
it('says what `database` takes', () => {
  expect(() => new EpsillaDB({ database: 'data' as never })).toThrow(
    'database takes an open database, what open() returns',
  )
})

// The collection was dropped and the table kept: each call on it failed from then on, and its name could not be made anew.
it('takes nothing else than a text for the name of a table', async () => {
  const db = await withRecords()
  for (const name of [['MyTable'], { toString: () => 'MyTable' }]) {
    expect(await db.dropTable(name as unknown as string)).toMatchObject({ statusCode: 400 })
    expect(await db.insert(name as unknown as string, [])).toMatchObject({ statusCode: 400 })
  }
  expect((await db.get('MyTable')) as EpsillaResponse).toMatchObject({ statusCode: 200 })
})

// `get` answers numbers beyond 2^53 as bigints; to write such a record back failed with "Cannot mix BigInt and other types".
it('takes back the bigints that it gives', async () => {
  const db = await client()
  await db.createTable('t', [
    { name: 'ID', dataType: 'BIGINT', primaryKey: true },
    { name: 'n', dataType: 'TINYINT' },
    { name: 'v', dataType: 'VECTOR_FLOAT', dimensions: 1 },
  ])
  const records = [
    { ID: 2n ** 53n + 1n, n: 1, v: [1] },
    { ID: 7n, n: 300n, v: [2] },
  ]
  const written = { statusCode: 200, result: { inserted: 2, skipped: 0 } }
  expect(await db.insert('t', records)).toMatchObject(written)
  const { result } = (await db.get('t')) as EpsillaResponse<Record<string, unknown>[]>
  expect(result).toEqual([records[0], { ID: 7, n: 44, v: [2] }])
  expect(await db.upsert('t', result!)).toMatchObject(written)
  expect(await db.deleteByPrimaryKeys('t', [2n ** 53n + 1n, 7] as never)).toMatchObject({ result: { deleted: 2 } })
})

// The client sends JSON: a Date in a STRING field was stored as an empty text, and a document of an ODM lacked its fields.
it('stores what JSON makes of values and records', async () => {
  const db = await client()
  await db.createTable('t', [
    { name: 'ID', dataType: 'INT', primaryKey: true },
    { name: 'at', dataType: 'STRING' },
    { name: 'score', dataType: 'DOUBLE' },
    { name: 'flag', dataType: 'BOOL' },
    { name: 'v', dataType: 'VECTOR_FLOAT', dimensions: 1 },
  ])
  class Row {
    readonly #id: number
    constructor(id: number) {
      this.#id = id
    }
    toJSON(): object {
      return { ID: this.#id, at: 'row', score: 2, flag: false, v: [1] }
    }
  }
  const of = (value: unknown) => ({ toJSON: () => value })
  const all = { ID: of(1), at: of('text'), score: of(1.5), flag: of(true), v: [1] }
  const dated = { ID: 2, at: new Date(0), score: of(0.5), flag: new Date(0), v: [1] }
  const written = { statusCode: 200, result: { inserted: 3, skipped: 0 } }
  expect(await db.insert('t', [all, dated, new Row(3)])).toMatchObject(written)
  const { result } = (await db.get('t', { response: ['ID', 'at', 'score', 'flag'] })) as EpsillaResponse
  expect(result).toEqual([
    { ID: 1, at: 'text', score: 1.5, flag: true },
    { ID: 2, at: '1970-01-01T00:00:00.000Z', score: 0.5, flag: false },
    { ID: 3, at: 'row', score: 2, flag: false },
  ])
})
