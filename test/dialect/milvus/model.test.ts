// Promise: filters keep the rows that a plain evaluator keeps, with and without indexes, in queries, searches and deletes; searches find what
// a double loop finds, under every metric. Rows, filters and vectors are random; fast-check prints the seed of what fails.

import { expect, it } from 'vitest'
import { DataType, type MilvusClient } from '../../../src/dialect/milvus/index.ts'
import fc from '../../property.ts'
import { collectionOf, idsOf, SUCCESS } from './fixture.ts'

// --- filters

type Truth = boolean | undefined
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
interface Row {
  id: number
  n: number | null
  f: number
  s: string | null
  b: boolean
  arr: number[]
  doc: { [key: string]: Json }
  k?: Json
}

/** A condition as text, and whether a row satisfies it; undefined is unknown. */
interface Condition {
  readonly text: string
  readonly holds: (row: Row) => Truth
}

const OPERATORS = ['==', '!=', '<', '<=', '>', '>='] as const
type Operator = (typeof OPERATORS)[number]

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '\u00e9', '\u{1f600}', "'"), maxLength: 3 })
const small = fc.integer({ min: -3, max: 6 })
const number = fc.oneof(small, fc.constantFrom(0.5, 2.5, -1.25, 9007199254740991))
const json = fc.oneof(small, fc.constantFrom(0.5, true, false, null), letters)

const rows: fc.Arbitrary<Row[]> = fc
  .array(
    fc.record(
      {
        n: fc.option(small),
        f: fc.oneof(small, fc.constantFrom(0.5, 2.5, -1.25)),
        s: fc.option(letters),
        b: fc.boolean(),
        arr: fc.array(small, { maxLength: 4 }),
        doc: fc.record(
          { x: json, y: fc.record({ z: json }), list: fc.array(json, { maxLength: 3 }) },
          { requiredKeys: [] },
        ),
        k: json,
      },
      { requiredKeys: ['n', 'f', 's', 'b', 'arr', 'doc'] },
    ),
    { minLength: 1, maxLength: 30 },
  )
  .map((list) => list.map((row, id) => ({ id, ...row }) as Row))

const quoted = (value: Json) =>
  typeof value === 'string' ? `'${value.replace(/[\\']/g, (one) => `\\${one}`)}'` : String(value)

function byCodePoint(a: string, b: string): number {
  const [x, y] = [[...a], [...b]]
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] !== y[i]) return x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!
  }
  return x.length - y.length
}

function compared(operator: Operator, a: Json, b: Json): boolean {
  const order = typeof a === 'string' ? byCodePoint(a, b as string) : Number(a) - Number(b)
  return { '==': order === 0, '!=': order !== 0, '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[
    operator
  ]
}

/** Two-valued: of what is missing, null or of another type only `!=` holds. */
function comparedJson(operator: Operator, a: Json | undefined, b: Json): boolean {
  return a === undefined || a === null || typeof a !== typeof b ? operator === '!=' : compared(operator, a, b)
}

function isLike(text: string, pattern: string): boolean {
  const source = [...pattern].map((one) => (one === '%' ? '.*' : one === '_' ? '.' : one.replace(/\W/gu, '\\u{$&}')))
  const escaped = source.map((one) =>
    one.replace(/^\\u\{(.+)\}$/u, (_, c: string) => `\\u{${c.codePointAt(0)!.toString(16)}}`),
  )
  return new RegExp(`^${escaped.join('')}$`, 'su').test(text)
}

interface Operand {
  readonly text: string
  readonly of: (row: Row) => Json | undefined
}

const FIELDS: Record<'n' | 'f' | 's' | 'b', Operand> = {
  n: { text: 'n', of: (row) => row.n },
  f: { text: 'f', of: (row) => row.f },
  s: { text: 's', of: (row) => row.s },
  b: { text: 'b', of: (row) => row.b },
}

const JSONS: Operand[] = [
  { text: 'doc["x"]', of: (row) => row.doc['x'] },
  { text: 'doc["y"]["z"]', of: (row) => (row.doc['y'] as { z?: Json } | undefined)?.z },
  { text: 'doc["list"][1]', of: (row) => (row.doc['list'] as Json[] | undefined)?.[1] },
  { text: 'k', of: (row) => row.k },
]

const operator = fc.constantFrom(...OPERATORS)
const jsonOperand = fc.constantFrom(...JSONS)

function typed(field: Operand, constants: fc.Arbitrary<Json>, operators: fc.Arbitrary<Operator> = operator) {
  return fc.tuple(operators, constants, fc.boolean()).map(([sign, value, isTurned]): Condition => {
    const turned = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==', '!=': '!=' }[sign]
    return {
      text: isTurned ? `${quoted(value)} ${turned} ${field.text}` : `${field.text} ${sign} ${quoted(value)}`,
      holds: (row) => {
        const own = field.of(row)
        return own === null || own === undefined ? undefined : compared(sign, own, value)
      },
    }
  })
}

const equality = fc.constantFrom<Operator>('==', '!=')
const constant = fc.oneof(small, letters, fc.constantFrom<Json>(0.5, true, false))

function listed(field: Operand, constants: fc.Arbitrary<Json>, isJson: boolean): fc.Arbitrary<Condition> {
  return fc.tuple(fc.array(constants, { maxLength: 3 }), fc.boolean()).map(([values, isNot]) => ({
    text: `${field.text} ${isNot ? 'not in' : 'in'} [${values.map(quoted).join(', ')}]`,
    holds: (row) => {
      // Nothing is in an empty list, null neither.
      if (values.length === 0) return isNot
      const own = field.of(row)
      if (!isJson && (own === null || own === undefined)) return undefined
      const isIn = values.some((value) => comparedJson('==', own, value))
      return isIn !== isNot
    },
  }))
}

const arrayCall = fc
  .tuple(fc.constantFrom('', '_all', '_any'), fc.array(small, { minLength: 1, maxLength: 3 }))
  .map(([kind, values]): Condition => {
    const given = kind === '' ? String(values[0]) : `[${values.join(', ')}]`
    const wanted = kind === '' ? values.slice(0, 1) : values
    return {
      text: `array_contains${kind}(arr, ${given})`,
      holds: ({ arr }) =>
        kind === '_any' ? wanted.some((one) => arr.includes(one)) : wanted.every((one) => arr.includes(one)),
    }
  })

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  typed(FIELDS.n, number),
  typed(FIELDS.f, number),
  typed(FIELDS.s, letters),
  typed(FIELDS.b, fc.boolean(), equality),
  listed(FIELDS.n, small, false),
  listed(FIELDS.s, letters, false),
  fc.tuple(jsonOperand, operator, fc.oneof(small, letters, fc.constant<Json>(0.5))).map(
    ([path, sign, value]): Condition => ({
      text: `${path.text} ${sign} ${quoted(value)}`,
      holds: (row) => comparedJson(sign, path.of(row), value),
    }),
  ),
  jsonOperand.chain((path) => listed(path, constant, true)),
  fc.tuple(letters, fc.constantFrom(FIELDS.s, ...JSONS)).map(
    ([pattern, path]): Condition => ({
      text: `${path.text} like ${quoted(pattern)}`,
      holds: (row) => {
        const own = path.of(row)
        if (path === FIELDS.s && own === null) return undefined
        return typeof own === 'string' && isLike(own, pattern)
      },
    }),
  ),
  fc.tuple(fc.constantFrom(FIELDS.n, FIELDS.s, ...JSONS), fc.boolean()).map(
    ([path, isNot]): Condition => ({
      text: `${path.text} is ${isNot ? 'not ' : ''}null`,
      holds: (row) => ((path.of(row) ?? null) === null) !== isNot,
    }),
  ),
  jsonOperand.map(
    (path): Condition => ({
      text: `exists ${path.text}`,
      holds: (row) => (path.of(row) ?? null) !== null,
    }),
  ),
  arrayCall,
  fc.tuple(operator, fc.integer({ min: 0, max: 3 })).map(
    ([sign, value]): Condition => ({
      text: `array_length(arr) ${sign} ${value}`,
      holds: ({ arr }) => compared(sign, arr.length, value),
    }),
  ),
  fc.tuple(operator, fc.integer({ min: 0, max: 3 }), small).map(
    ([sign, at, value]): Condition => ({
      text: `arr[${at}] ${sign} ${value}`,
      // A place that is not there satisfies nothing.
      holds: ({ arr }) => at < arr.length && compared(sign, arr[at]!, value),
    }),
  ),
  fc.tuple(operator, fc.constantFrom('+', '-', '*'), small, small).map(
    ([sign, arithmetic, by, value]): Condition => ({
      text: `n ${arithmetic} ${by < 0 ? `(${by})` : by} ${sign} ${value}`,
      holds: ({ n }) => {
        if (n === null) return undefined
        return compared(sign, arithmetic === '+' ? n + by : arithmetic === '-' ? n - by : n * by, value)
      },
    }),
  ),
  fc.tuple(small, fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.boolean()).map(
    ([low, more, isOpenLow, isOpenHigh]): Condition => ({
      text: `${low} ${isOpenLow ? '<' : '<='} n ${isOpenHigh ? '<' : '<='} ${low + more}`,
      holds: ({ n }) => {
        if (n === null) return undefined
        return compared(isOpenLow ? '>' : '>=', n, low) && compared(isOpenHigh ? '<' : '<=', n, low + more)
      },
    }),
  ),
)

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.tuple(tie('condition'), tie('condition')).map(
      ([a, b]): Condition => ({
        text: `(${a.text}) and (${b.text})`,
        holds: (row) => {
          const [x, y] = [a.holds(row), b.holds(row)]
          return x === false || y === false ? false : x === undefined || y === undefined ? undefined : true
        },
      }),
    ),
    fc.tuple(tie('condition'), tie('condition')).map(
      ([a, b]): Condition => ({
        text: `(${a.text}) or (${b.text})`,
        holds: (row) => {
          const [x, y] = [a.holds(row), b.holds(row)]
          return x === true || y === true ? true : x === undefined || y === undefined ? undefined : false
        },
      }),
    ),
    tie('condition').map(
      (a): Condition => ({
        text: `not (${a.text})`,
        holds: (row) => {
          const x = a.holds(row)
          return x === undefined ? undefined : !x
        },
      }),
    ),
  ),
}))

const SCALARS = [
  { name: 'n', data_type: DataType.Int32, nullable: true },
  { name: 'f', data_type: DataType.Double },
  { name: 's', data_type: DataType.VarChar, max_length: 20, nullable: true },
  { name: 'b', data_type: DataType.Bool },
  { name: 'arr', data_type: DataType.Array, element_type: DataType.Int64, max_capacity: 4 },
  { name: 'doc', data_type: DataType.JSON },
]

const SCALAR_INDEXES = [
  { field_name: 'n', index_type: 'STL_SORT' },
  { field_name: 'f', index_type: 'INVERTED' },
  { field_name: 's', index_type: 'Trie' },
  { field_name: 'b', index_type: 'BITMAP' },
  { field_name: 'arr', index_type: 'INVERTED' },
  {
    field_name: 'doc',
    index_name: 'x',
    index_type: 'INVERTED',
    params: { json_path: 'doc["x"]', json_cast_type: 'double' },
  },
  { field_name: 'k', index_type: 'INVERTED', params: { json_path: 'k', json_cast_type: 'double' } },
]

async function holding(list: readonly Row[], isIndexed: boolean): Promise<MilvusClient> {
  const made = await collectionOf(SCALARS, { enable_dynamic_field: true })
  if (isIndexed) {
    for (const index of SCALAR_INDEXES) {
      expect(await made.createIndex({ collection_name: 'c', ...index } as never)).toEqual(SUCCESS)
    }
  }
  const data = list.map((row) => ({ ...row, vector: [row.id % 5, row.f, 0, 1] }))
  expect((await made.insert({ collection_name: 'c', data: data as never })).status).toEqual(SUCCESS)
  return made
}

it('keeps the rows that an evaluator keeps', async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.array(condition, { minLength: 4, maxLength: 8 }),
      fc.boolean(),
      async (list, asked, isIndexed) => {
        const made = await holding(list, isIndexed)
        for (const { text, holds } of asked) {
          const wanted = list.filter((row) => holds(row) === true).map(({ id }) => id)
          expect([text, await idsOf(made, text)]).toEqual([text, wanted])
          const search = { collection_name: 'c', data: [1, 1, 0, 0], filter: text, limit: 50, output_fields: ['id'] }
          const found = (await made.search(search)).results.map((hit) => Number(hit['id']))
          expect([text, found.sort((a, b) => a - b)]).toEqual([text, wanted])
          expect([text, (await made.count({ collection_name: 'c', expr: text })).data]).toEqual([text, wanted.length])
        }
        const { text, holds } = asked[0]!
        const gone = list.filter((row) => holds(row) === true).length
        expect((await made.delete({ collection_name: 'c', filter: text })).delete_count).toBe(gone)
        expect((await made.count({ collection_name: 'c' })).data).toBe(list.length - gone)
        await made.closeConnection()
      },
    ),
    { numRuns: 40 },
  )
})

it('gives back what was stored', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (list) => {
      const made = await holding(list, false)
      const { data } = await made.query({ collection_name: 'c', filter: 'id >= 0' })
      const wanted = list.map(({ id, k, arr, ...row }) => ({
        ...row,
        id: String(id),
        arr: arr.map(String),
        vector: [id % 5, row.f, 0, 1],
        $meta: k === undefined ? {} : { k },
      }))
      expect(data).toEqual(wanted)
      await made.closeConnection()
    }),
    { numRuns: 20 },
  )
})

// --- metrics

type Lanes = readonly number[]
const dot = (a: Lanes, b: Lanes) => a.reduce((sum, lane, i) => sum + lane * b[i]!, 0)
const norm = (a: Lanes) => Math.sqrt(dot(a, a))
const bits = (a: Lanes, b: Lanes, of: (x: number, y: number) => number) =>
  a.reduce((sum, byte, i) => sum + of(byte, b[i]!).toString(2).replaceAll('0', '').length, 0)

const SCORES: Record<string, (a: Lanes, b: Lanes) => number> = {
  L2: (a, b) => a.reduce((sum, lane, i) => sum + (lane - b[i]!) ** 2, 0),
  IP: dot,
  COSINE: (a, b) => (norm(a) * norm(b) === 0 ? 0 : dot(a, b) / (norm(a) * norm(b))),
  HAMMING: (a, b) => bits(a, b, (x, y) => x ^ y),
  JACCARD: (a, b) => {
    const all = bits(a, b, (x, y) => x | y)
    return all === 0 ? 1 : 1 - bits(a, b, (x, y) => x & y) / all
  },
}

const half = fc.integer({ min: -64, max: 64 }).map((lane) => lane / 16)
const KINDS: [type: DataType, metrics: string[], lane: fc.Arbitrary<number>][] = [
  [DataType.FloatVector, ['L2', 'IP', 'COSINE'], fc.float({ min: -8, max: 8, noNaN: true })],
  [DataType.Float16Vector, ['L2', 'IP', 'COSINE'], half],
  [DataType.BFloat16Vector, ['L2', 'IP', 'COSINE'], half],
  [DataType.Int8Vector, ['L2', 'IP', 'COSINE'], fc.integer({ min: -128, max: 127 })],
  [DataType.BinaryVector, ['HAMMING', 'JACCARD'], fc.integer({ min: 0, max: 255 })],
]
const CASES = KINDS.flatMap(([type, metrics, lane]) =>
  metrics.map((metric) => ({ type, metric, lane, name: DataType[type] })),
)

it.each(CASES)('finds what a double loop finds: $name, $metric', async ({ type, metric, lane }) => {
  const isDistance = /L2|HAMMING|JACCARD/.test(metric)
  const vectors = fc.integer({ min: 1, max: 6 }).chain((lanes) => {
    const length = type === DataType.BinaryVector ? lanes : lanes + 1
    const vector = fc.array(lane, { minLength: length, maxLength: length })
    return fc.tuple(fc.array(vector, { minLength: 1, maxLength: 40 }), fc.array(vector, { minLength: 1, maxLength: 3 }))
  })
  const window = fc.record({
    limit: fc.integer({ min: 1, max: 12 }),
    offset: fc.integer({ min: 0, max: 4 }),
    least: fc.integer({ min: 0, max: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(vectors, window, async ([stored, queries], { limit, offset, least }) => {
      const dim = stored[0]!.length * (type === DataType.BinaryVector ? 8 : 1)
      const made = await collectionOf([{ name: 'v', data_type: type, dim }], {
        index_params: [
          { field_name: 'vector', index_type: 'FLAT', metric_type: 'L2' },
          { field_name: 'v', metric_type: metric },
        ],
      })
      const data = stored.map((v, id) => ({ id, vector: [0, 0, 0, 0], v }))
      expect((await made.insert({ collection_name: 'c', data })).status).toEqual(SUCCESS)
      const found = await made.search({
        collection_name: 'c',
        anns_field: 'v',
        data: queries,
        limit,
        offset,
        filter: `id >= ${least}`,
        output_fields: ['id'],
      } as never)
      expect(found.status).toEqual(SUCCESS)
      const lists = (queries.length === 1 ? [found.results] : found.results) as unknown as {
        id: string
        score: number
      }[][]
      queries.forEach((query, i) => {
        const scores = stored.map((vector) => SCORES[metric]!(vector, query))
        const order = scores.slice(least).sort((a, b) => (isDistance ? a - b : b - a))
        const wanted = order.slice(offset, offset + limit)
        const own = lists[i] ?? []
        const near = (score: number) => Math.abs(score) * 1e-5 + 1e-4
        expect(own).toHaveLength(wanted.length)
        own.forEach(({ id, score }, rank) => {
          expect(Math.abs(score - scores[Number(id)]!)).toBeLessThan(near(score))
          expect(Math.abs(score - wanted[rank]!)).toBeLessThan(near(score))
        })
        expect(new Set(own.map(({ id }) => id)).size).toBe(own.length)
      })
      await made.closeConnection()
    }),
    { numRuns: 10 },
  )
})
