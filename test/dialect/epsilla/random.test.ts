// Promise: filters of any shape select what plain JavaScript selects, in get, query and delete; distances of all metrics are those of
// plain loops, dense and sparse.

import { beforeAll, describe, expect, it } from 'vitest'
import type { EpsillaDB, EpsillaResponse } from '../../../src/dialect/epsilla/index.ts'
import fc from '../../property.ts'
import { client } from './samples.ts'

interface Row {
  readonly ID: number
  readonly I: number
  readonly D: number
  readonly S: string
  readonly B: boolean
  readonly V: readonly number[]
}

/** An expression as it is written, and what it is of a record and its distance. */
interface Term<T> {
  readonly text: string
  readonly of: (row: Row, distance: number) => T
}

const COUNT = 50
const string: fc.Arbitrary<string> = fc.constantFrom('', 'a', 'ab', 'A', "it's", '%', '\u00e4')
const rows: Row[] = fc
  .sample(
    fc.record({
      I: fc.integer({ min: -3, max: 3 }),
      D: fc.constantFrom(-1.5, 0, 0.5, 2, 1e6),
      S: string,
      B: fc.boolean(),
      V: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 3, maxLength: 3 }),
    }),
    { numRuns: COUNT, seed: 5 },
  )
  .map((row, i) => ({ ID: i + 1, ...row }))

const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`
const like = (text: string, pattern: string) =>
  new RegExp(
    `^${pattern
      .replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
      .replaceAll('%', '[^]*')
      .replaceAll('_', '[^]')}$`,
    'u',
  ).test(text)

/** Whether a result was -0, of which integers know nothing: dividing by it tells. */
let isNegativeZero = false
const noted = (value: number) => {
  isNegativeZero ||= Object.is(value, -0)
  return value
}

const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}
const COMPARE: Record<string, (a: unknown, b: unknown) => boolean> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => (a as number) < (b as number),
  '<=': (a, b) => (a as number) <= (b as number),
  '>': (a, b) => (a as number) > (b as number),
  '>=': (a, b) => (a as number) >= (b as number),
}

function compared<T>(operators: readonly string[], term: fc.Arbitrary<Term<T>>): fc.Arbitrary<Term<boolean>> {
  return fc.tuple(fc.constantFrom(...operators), term, term).map(([operator, a, b]) => ({
    text: `${a.text} ${operator} ${b.text}`,
    of: (row, distance) => COMPARE[operator]!(a.of(row, distance), b.of(row, distance)),
  }))
}

function expressions(hasDistance: boolean): fc.Arbitrary<Term<boolean>> {
  const numbers: Term<number>[] = [
    { text: 'ID', of: (row) => row.ID },
    { text: 'I', of: (row) => row.I },
    { text: 'D', of: (row) => row.D },
  ]
  if (hasDistance) numbers.push({ text: '@distance', of: (_, distance) => distance })
  const constant = fc
    .constantFrom(-2, 0, 1, 2.5, 30)
    .map((value): Term<number> => ({ text: `${value}`, of: () => value }))
  const texts: fc.Arbitrary<Term<string>> = fc.oneof(
    fc.constant<Term<string>>({ text: 'S', of: (row) => row.S }),
    string.map((value): Term<string> => ({ text: quoted(value), of: () => value })),
  )
  const { number, truth } = fc.letrec<{ number: Term<number>; truth: Term<boolean> }>((tie) => ({
    number: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...numbers),
      constant,
      fc.tuple(fc.constantFrom(...Object.keys(ARITHMETIC)), tie('number'), tie('number')).map(([operator, a, b]) => ({
        text: `(${a.text} ${operator} ${b.text})`,
        of: (row: Row, distance: number) => noted(ARITHMETIC[operator]!(a.of(row, distance), b.of(row, distance))),
      })),
    ),
    truth: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      compared(Object.keys(COMPARE), tie('number')),
      compared(['=', '<>'], texts),
      fc.constant<Term<boolean>>({ text: 'B', of: (row) => row.B }),
      fc.constantFrom('=', '<>').map(
        (operator): Term<boolean> => ({
          text: `B ${operator} true`,
          of: (row) => row.B === (operator === '='),
        }),
      ),
      fc.tuple(texts, fc.constantFrom('%', 'a%', '_', '%b', '', "%'s", '%%')).map(
        ([of, pattern]): Term<boolean> => ({
          text: `${of.text} LIKE ${quoted(pattern)}`,
          of: (row, distance) => like(of.of(row, distance), pattern),
        }),
      ),
      fc.tuple(fc.boolean(), fc.array(string, { minLength: 1, maxLength: 3 })).map(
        ([isNot, list]): Term<boolean> => ({
          text: `S ${isNot ? 'NOT ' : ''}IN (${list.map(quoted).join(', ')})`,
          of: (row) => list.includes(row.S) !== isNot,
        }),
      ),
      tie('truth').map(
        (inner): Term<boolean> => ({
          text: `NOT (${inner.text})`,
          of: (row, distance) => !inner.of(row, distance),
        }),
      ),
      // AND and OR bind alike, from left to right.
      fc.tuple(tie('truth'), fc.array(fc.tuple(fc.constantFrom('AND', 'or'), tie('truth')), { maxLength: 3 })).map(
        ([first, rest]): Term<boolean> => ({
          text: `(${first.text}) ${rest.map(([word, term]) => `${word} (${term.text})`).join(' ')}`.trim(),
          of: (row, distance) =>
            rest.reduce(
              (so, [word, term]) => (word === 'AND' ? so && term.of(row, distance) : so || term.of(row, distance)),
              first.of(row, distance),
            ),
        }),
      ),
    ),
  }))
  void number
  return truth
}

const FIELDS = [
  { name: 'ID', dataType: 'INT', primaryKey: true },
  { name: 'I', dataType: 'SMALLINT' },
  { name: 'D', dataType: 'DOUBLE' },
  { name: 'S', dataType: 'STRING' },
  { name: 'B', dataType: 'BOOL' },
  { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 3 },
]

/** The rows that match. */
function matching(of: (row: Row, distance: number) => boolean, far: (row: Row) => number = () => 0): Row[] {
  isNegativeZero = false
  const found = rows.filter((row) => of(row, far(row)))
  fc.pre(!isNegativeZero)
  return found
}

async function idsOf(call: Promise<EpsillaResponse | Error>): Promise<number[]> {
  const { statusCode, message, result } = (await call) as EpsillaResponse<{ ID: number }[]>
  expect({ statusCode, message }).toMatchObject({ statusCode: 200 })
  return result!.map(({ ID }) => ID)
}

describe('filters', () => {
  let db: EpsillaDB
  beforeAll(async () => {
    db = await client()
    await db.createTable('t', FIELDS)
    await db.insert('t', rows as never)
  })

  it('select what plain JavaScript selects', async () => {
    await fc.assert(
      fc.asyncProperty(expressions(false), async ({ text, of }) => {
        const expected = matching(of).map(({ ID }) => ID)
        expect(await idsOf(db.get('t', { filter: text, response: ['ID'] }))).toEqual(expected)
        const primaryKeys = [40, 3, 3, 17, 99]
        expect(await idsOf(db.get('t', { filter: text, primaryKeys, response: ['ID'] }))).toEqual(
          primaryKeys.filter((key) => expected.includes(key)),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('know the distance of a record in searches', async () => {
    const vector = [1, 0, -1]
    const far = (row: Row) => Math.fround(row.V.reduce((sum, lane, i) => sum + (lane - vector[i]!) ** 2, 0))
    await fc.assert(
      fc.asyncProperty(expressions(true), fc.integer({ min: 1, max: COUNT }), async ({ text, of }, limit) => {
        const expected = matching(of, far)
          .sort((a, b) => far(a) - far(b))
          .slice(0, limit)
          .map(({ ID }) => ID)
        expect(await idsOf(db.query('t', { queryVector: vector, limit, filter: text, response: ['ID'] }))).toEqual(
          expected,
        )
      }),
      { numRuns: 200 },
    )
  })

  it('delete what they select', async () => {
    await fc.assert(
      fc.asyncProperty(expressions(false), async ({ text, of }) => {
        const left = matching((row) => !of(row, 0)).map(({ ID }) => ID)
        await db.createTable('d', FIELDS)
        await db.insert('d', rows as never)
        expect(await db.delete('d', { filter: text })).toMatchObject({ result: { deleted: COUNT - left.length } })
        expect(await idsOf(db.get('d', { response: ['ID'] }))).toEqual(left)
        await db.dropTable('d')
      }),
      { numRuns: 30 },
    )
  })
})

const METRICS = ['EUCLIDEAN', 'COSINE', 'DOT_PRODUCT'] as const

function distance(metric: (typeof METRICS)[number], a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, lane, i) => sum + lane * y[i]!, 0)
  if (metric === 'EUCLIDEAN') return a.reduce((sum, lane, i) => sum + (lane - b[i]!) ** 2, 0)
  if (metric === 'DOT_PRODUCT') return -dot(a, b)
  const lengths = Math.sqrt(dot(a, a) * dot(b, b))
  return lengths === 0 ? 1 : 1 - dot(a, b) / lengths
}

describe.each(METRICS)('distances by %s', (metricType) => {
  const DIMENSIONS = 6
  const lane = fc.oneof(
    fc.constantFrom(0, 1, -1),
    fc.double({ min: -3, max: 3, noNaN: true }).map((value) => Math.fround(Math.round(value * 64) / 64)),
  )
  const vector = fc.array(lane, { minLength: DIMENSIONS, maxLength: DIMENSIONS })
  /** The same lanes as a sparse vector, with at least one index. */
  const sparseOf = (lanes: readonly number[]) => {
    const indices = lanes.flatMap((one, i) => (one === 0 && i > 0 ? [] : [i]))
    return { indices, values: indices.map((i) => lanes[i]!) }
  }

  it('are those of a plain loop, dense and sparse', async () => {
    const vectors = fc.sample(vector, { numRuns: 40, seed: 3 })
    vectors[5] = vectors[2]!
    vectors[6] = new Array<number>(DIMENSIONS).fill(0)
    const db = await client()
    await db.createTable('t', [
      { name: 'ID', dataType: 'INT', primaryKey: true },
      { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: DIMENSIONS, metricType },
      { name: 'W', dataType: 'SPARSE_VECTOR_FLOAT', dimensions: DIMENSIONS, metricType },
    ])
    await db.insert(
      't',
      vectors.map((lanes, ID) => ({ ID, V: lanes, W: sparseOf(lanes) })),
    )
    await fc.assert(
      fc.asyncProperty(vector, fc.nat(45), async (given, limit) => {
        const expected = vectors
          .map((lanes) => distance(metricType, given, lanes))
          .sort((a, b) => a - b)
          .slice(0, limit)
        for (const query of [
          { queryField: 'V', queryVector: given },
          { queryField: 'W', queryVector: sparseOf(given) },
        ]) {
          const response = await db.query('t', { ...query, limit, withDistance: true, response: ['ID'] })
          const { result } = response as EpsillaResponse<{ ID: number; '@distance': number }[]>
          expect(result).toHaveLength(expected.length)
          const ids = result!.map(({ ID }) => ID)
          // Equal ones come in the order they were inserted.
          if (ids.includes(5)) expect(ids.slice(0, ids.indexOf(5))).toContain(2)
          result!.forEach((found, i) => {
            expect(found['@distance']).toBeCloseTo(expected[i]!, 4)
            expect(found['@distance']).toBeCloseTo(distance(metricType, given, vectors[found.ID]!), 4)
          })
        }
      }),
      { numRuns: 60 },
    )
  })
})
