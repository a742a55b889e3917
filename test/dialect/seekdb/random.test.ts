// Promise: whatever is asked for, by filters and by vectors, a collection answers as plain loops over plain objects do. A condition on
// a field that is not there is neither true nor false.

import { beforeAll, describe, expect, it } from 'vitest'
import type { Collection } from '../../../src/dialect/seekdb/index.ts'
import fc from '../../property.ts'
import { plainCollection } from './fixtures.ts'

type Metadata = Record<string, unknown>
type Truth = boolean | undefined

const NAMES = ['a', 'b', 'a.b', 'c']
const scalar = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(0.5, 1e9),
  fc.boolean(),
  // By code point the last comes after the one before it, by UTF-16 units before.
  fc.constantFrom('', 'x', 'X', 'xy', '\uff5e', '\u{1f600}'),
)
const metadata = fc.option(
  fc.dictionary(
    fc.constantFrom(...NAMES),
    fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.record({ b: scalar })),
    { maxKeys: 4 },
  ),
  { nil: null, freq: 8 },
)
const documentText = fc.option(
  fc
    .array(fc.constantFrom('a', 'B', 'b', ' ', '\u00e4', '\u00c4', '%'), { maxLength: 6 })
    .map((letters) => letters.join('')),
  { nil: null, freq: 8 },
)

const COMPARE = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte']
const comparison = fc.oneof(
  fc.tuple(fc.constantFrom(...COMPARE), scalar),
  fc.tuple(fc.constantFrom('$in', '$nin'), fc.array(scalar, { maxLength: 3 })),
)
const operators = fc.array(comparison, { minLength: 1, maxLength: 2 }).map((list) => Object.fromEntries(list))
const fields = fc.dictionary(fc.constantFrom(...NAMES), fc.oneof(scalar, operators), { minKeys: 1, maxKeys: 2 })
const { where } = fc.letrec<{ where: object }>((tie) => ({
  where: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fields,
    fc.record({ $and: fc.array(tie('where'), { maxLength: 3 }) }),
    fc.record({ $or: fc.array(tie('where'), { maxLength: 3 }) }),
    fc.record({ $not: tie('where') }),
    fc.tuple(fields, tie('where')).map(([own, inner]) => ({ ...own, $not: inner })),
  ),
}))
const needle = fc.constantFrom('', 'a', 'ab', 'B ', '\u00c4', '%')
const { whereDocument } = fc.letrec<{ whereDocument: object }>((tie) => ({
  whereDocument: fc.oneof(
    { depthSize: 'small' },
    fc.record({ $contains: needle }),
    fc.record({ $not_contains: needle }),
    fc.record({ $regex: fc.constantFrom('^a', 'b$', '[ab]{2}', 'A|%') }),
    fc.record({ $and: fc.array(tie('whereDocument'), { maxLength: 2 }) }),
    fc.record({ $or: fc.array(tie('whereDocument'), { maxLength: 2 }) }),
  ),
}))

// --- the plain evaluator

function all(truths: readonly Truth[]): Truth {
  return truths.includes(false) ? false : truths.includes(undefined) ? undefined : true
}

function any(truths: readonly Truth[]): Truth {
  return truths.includes(true) ? true : truths.includes(undefined) ? undefined : false
}

function not(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth
}

function valueAt(record: Metadata | null, name: string): unknown {
  if (record === null) return undefined
  if (Object.hasOwn(record, name)) return record[name]
  let value: unknown = record
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, part))
      return undefined
    value = (value as Metadata)[part]
  }
  return value
}

/** Below 0, 0 or above it; undefined where there is no order. False comes before true. */
function order(a: unknown, b: unknown): number | undefined {
  if (typeof a === typeof b && typeof a !== 'string') return Number(a) - Number(b)
  if (typeof a !== 'string' || typeof b !== 'string') return undefined
  const [first, second] = [a, b].map((text) => Array.from(text, (letter) => letter.codePointAt(0)!)) as [
    number[],
    number[],
  ]
  const at = first.findIndex((code, i) => code !== second[i])
  if (at < 0) return first.length - second.length
  return at >= second.length ? 1 : first[at]! - second[at]!
}

function compare(operator: string, value: unknown, constant: unknown): boolean {
  if (operator === '$eq') return value === constant
  if (operator === '$ne') return value !== constant
  if (operator === '$in') return (constant as unknown[]).includes(value)
  if (operator === '$nin') return !(constant as unknown[]).includes(value)
  const sign = order(value, constant)
  if (sign === undefined) return false
  if (operator === '$gt') return sign > 0
  if (operator === '$gte') return sign >= 0
  return operator === '$lt' ? sign < 0 : sign <= 0
}

function isTrue(record: Metadata | null, filter: object): Truth {
  return all(
    Object.entries(filter).map(([name, condition]): Truth => {
      if (name === '$and') return all((condition as object[]).map((one) => isTrue(record, one)))
      if (name === '$or') return any((condition as object[]).map((one) => isTrue(record, one)))
      if (name === '$not') return not(isTrue(record, condition as object))
      const value = valueAt(record, name)
      if (value === undefined) return undefined
      const tests = typeof condition === 'object' ? Object.entries(condition as object) : [['$eq', condition] as const]
      return all(tests.map(([operator, constant]) => compare(operator, value, constant)))
    }),
  )
}

function isTextTrue(text: string | null, filter: object): Truth {
  return all(
    Object.entries(filter).map(([name, condition]): Truth => {
      if (name === '$and') return all((condition as object[]).map((one) => isTextTrue(text, one)))
      if (name === '$or') return any((condition as object[]).map((one) => isTextTrue(text, one)))
      if (text === null) return undefined
      if (name === '$regex') return new RegExp(condition as string).test(text)
      return text.toLowerCase().includes((condition as string).toLowerCase()) === (name === '$contains')
    }),
  )
}

// --- collections to ask

interface Filled {
  readonly collection: Collection
  readonly metadatas: readonly (Metadata | null)[]
  readonly documents: readonly (string | null)[]
  readonly vectors: readonly number[][]
}

const METRICS = ['l2', 'cosine', 'inner_product'] as const
const COUNT = 60

async function filled(distance: (typeof METRICS)[number], dimension: number, seed: number): Promise<Filled> {
  const sample = <T>(arbitrary: fc.Arbitrary<T>) => fc.sample(arbitrary, { numRuns: COUNT, seed })
  const metadatas = sample(metadata)
  const documents = sample(documentText)
  const lane = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ min: -3, max: 3, noNaN: true }).map(Math.fround))
  const vectors = sample(fc.array(lane, { minLength: dimension, maxLength: dimension }))
  vectors[7] = vectors[3]!
  vectors[9] = new Array<number>(dimension).fill(0)
  const collection = await plainCollection({ configuration: { dimension, distance } })
  const ids = metadatas.map((_, i) => `${i}`)
  await collection.add({ ids, embeddings: vectors, documents, metadatas } as never)
  return { collection, metadatas, documents, vectors }
}

function reported(metric: (typeof METRICS)[number], a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, lane, i) => sum + lane * y[i]!, 0)
  if (metric === 'inner_product') return dot(a, b)
  if (metric === 'l2') return Math.sqrt(a.reduce((sum, lane, i) => sum + (lane - b[i]!) ** 2, 0))
  const lengths = Math.sqrt(dot(a, a) * dot(b, b))
  return lengths === 0 ? 1 : 1 - dot(a, b) / lengths
}

describe('filters', () => {
  let data: Filled
  beforeAll(async () => {
    data = await filled('l2', 3, 7)
  })

  it('find what a plain evaluator finds', async () => {
    const { collection, metadatas, documents } = data
    const options = fc.record({
      where: fc.option(where, { nil: undefined }),
      whereDocument: fc.option(whereDocument, { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(options, async (asked) => {
        const expected = metadatas.flatMap((one, i) => {
          const isFound = all(
            [
              asked.where && isTrue(one, asked.where),
              asked.whereDocument && isTextTrue(documents[i]!, asked.whereDocument),
            ].map((truth, part) => ([asked.where, asked.whereDocument][part] === undefined ? true : truth)),
          )
          return isFound === true ? [`${i}`] : []
        })
        expect((await collection.get({ ...asked, include: [] } as never)).ids).toEqual(expected)
        const few = ['1', '3', '5', '7']
        expect((await collection.get({ ...asked, ids: few } as never)).ids).toEqual(
          expected.filter((id) => few.includes(id)),
        )
        const near = await collection.query({
          ...asked,
          queryEmbeddings: [1, 0, 0],
          nResults: COUNT,
          include: [],
        } as never)
        expect([...near.ids[0]!].sort((a, b) => Number(a) - Number(b))).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })
})

describe.each(METRICS)('distances by %s', (metric) => {
  it('are those of a plain loop, the nearest first, of equals those added first', async () => {
    const { collection, vectors, metadatas } = await filled(metric, 5, 11)
    // The collection keeps other slots after this, and is to keep its order.
    const gone = new Set(['0', '8', '20'])
    await collection.delete({ ids: [...gone] })
    await collection.add({ ids: ['new'], embeddings: [vectors[3]!] })
    const rows = [
      ...vectors.map((vector, i) => ({ id: `${i}`, vector, one: metadatas[i]! })),
      { id: 'new', vector: vectors[3]!, one: null },
    ]
    const query = fc.array(
      fc.oneof(fc.constantFrom(0, 1, -1), fc.double({ min: -4, max: 4, noNaN: true }).map(Math.fround)),
      { minLength: 5, maxLength: 5 },
    )
    await fc.assert(
      fc.asyncProperty(
        query,
        fc.nat(COUNT),
        fc.option(where, { nil: undefined }),
        fc.constantFrom(...METRICS),
        async (vector, nResults, filter, by) => {
          const expected = rows
            .filter(({ id, one }) => !gone.has(id) && (filter === undefined || isTrue(one, filter) === true))
            .map((row, at) => ({ id: row.id, at, distance: reported(by, vector, row.vector) }))
            .sort((a, b) => (by === 'inner_product' ? b.distance - a.distance : a.distance - b.distance))
            .slice(0, nResults)
          const options = { queryEmbeddings: vector, nResults, where: filter, distance: by, include: ['distances'] }
          const { ids, distances } = await collection.query(options as never)
          expect(ids[0]).toHaveLength(expected.length)
          distances![0]!.forEach((distance, i) => {
            expect(distance).toBeCloseTo(expected[i]!.distance, 5)
          })
          // Equal vectors come in the order they were added.
          const equal = ids[0]!.filter((id) => ['3', '7', 'new'].includes(id))
          expect(equal).toEqual(['3', '7', 'new'].filter((id) => equal.includes(id)))
        },
      ),
      { numRuns: 120 },
    )
  })
})
