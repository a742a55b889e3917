// Promise: whatever is wrong with the records of a call, and in which of them, `insert` and `upsert` answer and store what reading the
// records one after the other says: the first one without a field, or with a vector of something else than numbers, refuses all of
// them; one that fits its fields badly is skipped; of a key that is taken `insert` skips the record, and `upsert` replaces the old one.

import { expect, it } from 'vitest'
import type { EpsillaRecord, EpsillaResponse, TableField } from '../../../src/dialect/epsilla/index.ts'
import fc from '../../property.ts'
import { client } from './samples.ts'

const KEPT = [
  { name: 'ID', dataType: 'STRING', primaryKey: true },
  { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 2 },
  { name: 'S', dataType: 'STRING' },
  { name: 'W', dataType: 'VECTOR_FLOAT', dimensions: 2, metricType: 'DOT_PRODUCT' },
]
/** The same, and fields whose values are always made anew. */
const FIELDS = [
  ...KEPT,
  { name: 'P', dataType: 'GEO_POINT' },
  { name: 'C', dataType: 'VECTOR_FLOAT', dimensions: 2, metricType: 'COSINE' },
  { name: 'N', dataType: 'INT' },
  { name: 'J', dataType: 'JSON' },
]
type Fields = readonly TableField[]
/** The engine has no room for it in a key. */
const LONG = 'k'.repeat(2000)

const vector = (weight: number): fc.Arbitrary<unknown> =>
  fc.oneof(
    { arbitrary: fc.constantFrom<unknown>([3, 4], [0, 1], new Float32Array([6, 8])), weight },
    fc.constantFrom<unknown>(
      [Number.NaN, 1],
      [1, 'x'],
      [1e39, 0],
      [0, null],
      [Number.POSITIVE_INFINITY],
      [1, undefined],
    ),
    fc.constantFrom<unknown>([1], [1, 2, 3], new Float32Array(3), 'text', null),
  )

const RECORD: fc.Arbitrary<EpsillaRecord> = fc
  .record({
    ID: fc.oneof(
      { arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), weight: 30 },
      fc.constantFrom('x\ud800', LONG),
    ),
    V: vector(30),
    S: fc.oneof({ arbitrary: fc.constantFrom<unknown>('', 's', 7), weight: 20 }, fc.constant('y\ud800')),
    W: vector(30),
    P: fc.oneof(
      { arbitrary: fc.constant<unknown>({ latitude: 1, longitude: 2 }), weight: 20 },
      fc.constant<unknown>({}),
    ),
    C: vector(30),
    N: fc.oneof({ arbitrary: fc.constantFrom<unknown>(1, -2, 1.5, 'x', 2 ** 31), weight: 20 }, fc.constant(undefined)),
    J: fc.constantFrom<unknown>(null, { a: [1, { b: 2 }] }, 'x'),
  })
  .chain((record) =>
    fc
      .tuple(fc.constantFrom('as declared', 'other order', 'more', 'less', 'own prototype', 'no prototype'), fc.nat(60))
      .map(([form, roll]) => {
        if (form === 'other order') return Object.fromEntries(Object.entries(record).reverse())
        if (form === 'more') return { ...record, extra: 1 }
        if (form === 'less' && roll < 6) return Object.fromEntries(Object.entries(record).filter((_, i) => i !== roll))
        if (form === 'own prototype') return Object.assign(Object.create({ inherited: 1 }) as EpsillaRecord, record)
        if (form === 'no prototype') return Object.assign(Object.create(null) as EpsillaRecord, record)
        return record
      }),
  )

interface Call {
  readonly isUpsert: boolean
  readonly records: readonly EpsillaRecord[]
}

const CALL: fc.Arbitrary<Call> = fc.record({
  isUpsert: fc.boolean(),
  records: fc.oneof(
    fc.array(RECORD, { minLength: 1, maxLength: 4 }),
    fc.array(RECORD, { minLength: 1, maxLength: 12 }),
  ),
})

const refusal = (statusCode: number, message: string) => ({ statusCode, message })

/** The stored form of a vector; undefined when its record is skipped. Throws the answer of a call that is refused. */
function readVector(value: unknown, name: string, index: number): number[] | undefined {
  if (!Array.isArray(value) && !(value instanceof Float32Array)) return undefined
  const lanes: unknown[] = Array.from(value as ArrayLike<unknown>)
  const bad = lanes.findIndex((lane) => typeof lane !== 'number' || !Number.isFinite(Math.fround(lane)))
  if (bad >= 0) {
    const got = `got ${String(lanes[bad])} at ${bad}`
    throw refusal(400, `Record ${index} field ${name}: a vector holds numbers only, ${got}.`)
  }
  if (lanes.length !== 2) return undefined
  const length = name === 'C' ? Math.hypot(...(lanes as number[])) : 1
  return (lanes as number[]).map((lane) => Math.fround(lane / length))
}

/** What a record becomes; undefined when it is skipped. */
function readRecord(fields: Fields, record: EpsillaRecord, index: number): EpsillaRecord | undefined {
  const stored: EpsillaRecord = {}
  let isSkipped = false
  for (const { name } of fields) {
    const value = record[name]
    if (value === undefined) throw refusal(500, `Record ${index} missing field: ${name}`)
    if (name === 'ID' || name === 'S') stored[name] = value === 7 ? '' : (value as string).replace('\ud800', '\ufffd')
    else if (name === 'V' || name === 'W' || name === 'C') stored[name] = readVector(value, name, index)
    else if (name === 'N') stored[name] = typeof value === 'number' ? Math.trunc(value) | 0 : 0
    else stored[name] = value
    if (stored[name] === undefined || (name === 'P' && Object.keys(value as object).length === 0)) isSkipped = true
  }
  return isSkipped ? undefined : stored
}

/** What a call answers; `table` is what is stored, by key. */
function applyCall(fields: Fields, { isUpsert, records }: Call, table: Map<unknown, EpsillaRecord>): object {
  let read: (EpsillaRecord | undefined)[]
  try {
    read = records.map((record, index) => readRecord(fields, record, index))
  } catch (answer) {
    return answer as object
  }
  let inserted = 0
  for (const record of read) {
    if (record === undefined || record['ID'] === LONG || (!isUpsert && table.has(record['ID']))) continue
    // A record that is replaced is the last one from then on.
    table.delete(record['ID'])
    table.set(record['ID'], record)
    inserted++
  }
  const result = { inserted, skipped: records.length - inserted }
  return { statusCode: 200, message: 'Insert data to t successfully.', result }
}

it.each([
  ['values are kept as they are', KEPT],
  ['some are made anew', FIELDS],
])('answers and stores what reading record by record says, where %s', async (_, fields) => {
  const names = fields.map(({ name }) => name)
  await fc.assert(
    fc.asyncProperty(fc.array(CALL, { minLength: 1, maxLength: 6 }), async (calls) => {
      const db = await client()
      await db.createTable('t', fields)
      const table = new Map<unknown, EpsillaRecord>()
      for (const call of calls) {
        const records = call.records.map((record) => only(record, names))
        const answer = await (call.isUpsert ? db.upsert('t', records) : db.insert('t', records))
        expect(answer).toEqual(applyCall(fields, { ...call, records }, table))
      }
      expect(((await db.get('t')) as EpsillaResponse).result).toEqual([...table.values()])
    }),
    { numRuns: 100 },
  )
})

/** A record without the fields of another table, and as plain as it was. */
function only(record: EpsillaRecord, names: readonly string[]): EpsillaRecord {
  const part = Object.create(Object.getPrototypeOf(record) as object | null) as EpsillaRecord
  for (const name of Object.keys(record)) if (names.includes(name) || name === 'extra') part[name] = record[name]
  return part
}

it('stores the others of a call where a key is too long for the engine, or a text in JSON is no text', async () => {
  const db = await client()
  await db.createTable('t', FIELDS)
  const record = { ID: 'a', V: [1, 2], S: 's', W: [1, 2], P: { latitude: 1, longitude: 2 }, C: [1, 0], N: 1, J: null }
  const records = [record, { ...record, ID: LONG }, { ...record, ID: 'b', J: ['\ud800'] }, { ...record, ID: 'c' }]
  expect(await db.insert('t', records)).toMatchObject({ result: { inserted: 2, skipped: 2 } })
  expect(await db.upsert('t', records)).toMatchObject({ result: { inserted: 2, skipped: 2 } })
  expect(await db.insert('t', [records[1]!])).toMatchObject({ result: { inserted: 0, skipped: 1 } })
  expect(((await db.get('t', { response: ['ID'] })) as EpsillaResponse).result).toEqual([{ ID: 'a' }, { ID: 'c' }])
})
