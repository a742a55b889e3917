// Promise: searches find what a plain loop finds, in its order and with Milvus' scores, for every metric and type of vector; ranges,
// groups, offsets, filters and iterators alike. Seeded.

import { describe, expect, it } from 'vitest'
import {
  bf16BytesToF32Array,
  DataType,
  ERROR_REASONS,
  f16BytesToF32Array,
  f32ArrayToBf16Bytes,
  f32ArrayToF16Bytes,
  type MilvusClient,
} from '../../../src/dialect/milvus/index.ts'
import { client, collectionOf, INDEX, KEY, random, SUCCESS } from './fixture.ts'

const DIM = 8
const ROWS = 200

const dot = (a: number[], b: number[]) => a.reduce((sum, lane, i) => sum + lane * b[i]!, 0)
const norm = (a: number[]) => Math.sqrt(dot(a, a))
const bitsOf = (byte: number) => byte.toString(2).replaceAll('0', '').length
const sumBits = (a: number[], b: number[], of: (x: number, y: number) => number) =>
  a.reduce((sum, byte, i) => sum + bitsOf(of(byte, b[i]!)), 0)

const SCORES: Record<string, (a: number[], b: number[]) => number> = {
  L2: (a, b) => a.reduce((sum, lane, i) => sum + (lane - b[i]!) ** 2, 0),
  IP: dot,
  COSINE: (a, b) => (norm(a) * norm(b) === 0 ? 0 : dot(a, b) / (norm(a) * norm(b))),
  HAMMING: (a, b) => sumBits(a, b, (x, y) => x ^ y),
  JACCARD: (a, b) => {
    const all = sumBits(a, b, (x, y) => x | y)
    return all === 0 ? 1 : 1 - sumBits(a, b, (x, y) => x & y) / all
  },
}
const isAscending = (metric: string) => ['L2', 'HAMMING', 'JACCARD'].includes(metric)

/** What is in the collection, as the loop sees it. */
interface Row {
  id: number
  vector: number[]
  color: string
  n: number
}

interface Case {
  type: DataType
  metric: string
  make: (next: () => number) => number[]
  stored?: (given: number[]) => number[]
}

const floats = (next: () => number) => Array.from({ length: DIM }, () => Math.fround(next() * 2 - 1))
const CASES: Case[] = [
  ...['L2', 'IP', 'COSINE'].map((metric) => ({ type: DataType.FloatVector, metric, make: floats })),
  {
    type: DataType.Float16Vector,
    metric: 'L2',
    make: floats,
    stored: (v) => f16BytesToF32Array(f32ArrayToF16Bytes(v)),
  },
  {
    type: DataType.BFloat16Vector,
    metric: 'IP',
    make: floats,
    stored: (v) => bf16BytesToF32Array(f32ArrayToBf16Bytes(v)),
  },
  {
    type: DataType.Int8Vector,
    metric: 'COSINE',
    make: (next) => Array.from({ length: DIM }, () => Math.floor(next() * 255) - 127),
  },
  ...['HAMMING', 'JACCARD'].map((metric) => ({
    type: DataType.BinaryVector,
    metric,
    make: (next: () => number) => Array.from({ length: 4 }, () => Math.floor(next() * 256)),
  })),
]

async function filled(
  { type, metric, make, stored = (v) => v }: Case,
  seed = 7,
): Promise<{ made: MilvusClient; rows: Row[]; query: number[] }> {
  const made = client()
  const dim = type === DataType.BinaryVector ? 32 : DIM
  await made.createCollection({
    collection_name: 'c',
    fields: [
      KEY,
      { name: 'vector', data_type: type, dim },
      { name: 'color', data_type: 'VarChar', max_length: 10 },
      { name: 'n', data_type: 'Int32' },
    ],
    index_params: { field_name: 'vector', index_type: 'AUTOINDEX', metric_type: metric },
  } as never)
  const next = random(seed)
  const rows = Array.from({ length: ROWS }, (_, id) => ({
    id,
    vector: make(next),
    color: ['red', 'green', 'blue'][id % 3]!,
    n: Math.floor(next() * 20),
  }))
  const result = await made.insert({ collection_name: 'c', data: rows })
  expect(result.status).toMatchObject({ code: 0 })
  return { made, rows: rows.map((row) => ({ ...row, vector: stored(row.vector) })), query: make(next) }
}

function ranked(rows: readonly Row[], metric: string, query: number[]): { id: string; score: number; row: Row }[] {
  const sign = isAscending(metric) ? 1 : -1
  return rows
    .map((row) => ({ id: String(row.id), score: Math.fround(SCORES[metric]!(query, row.vector)), row }))
    .sort((a, b) => sign * (a.score - b.score) || a.row.id - b.row.id)
}

function expectSame(results: { id: string; score: number }[], expected: { id: string; score: number }[]): void {
  expect(results.map((hit) => hit.score)).toHaveLength(expected.length)
  results.forEach((hit, i) => {
    expect(hit.score).toBeCloseTo(expected[i]!.score, 4)
  })
  // Where scores differ, so must the order of the ids agree; equal scores at the end of the window may be any of their kind.
  const last = expected.at(-1)?.score
  const inner = (list: { id: string; score: number }[]) =>
    list.filter((_, i) => Math.abs(expected[i]!.score - last!) > 1e-5).map((hit) => hit.id)
  expect(inner(results)).toEqual(inner(expected))
}

describe.each(CASES)('$type by $metric', (one) => {
  it('finds what a loop finds', async () => {
    const { made, rows, query } = await filled(one)
    const asked = one.stored === undefined ? query : one.stored(query)
    const expected = ranked(rows, one.metric, asked)
    const flat = await made.search({ collection_name: 'c', data: query, limit: 10, output_fields: ['id', 'color'] })
    expect(flat.status).toMatchObject({ code: 0 })
    expectSame(flat.results as never, expected.slice(0, 10))
    expect(Object.keys(flat.results[0]!).sort()).toEqual(['color', 'id', 'score'])
    const nested = await made.search({ collection_name: 'c', vectors: [query, rows[3]!.vector], limit: 5 } as never)
    const lists = nested.results as unknown as { id: string; score: number }[][]
    expectSame(lists[0]!, expected.slice(0, 5))
    expectSame(lists[1]!, ranked(rows, one.metric, rows[3]!.vector).slice(0, 5))
    const paged = await made.search({
      collection_name: 'c',
      data: [query],
      limit: 7,
      offset: 5,
      filter: 'color != "red"',
    })
    expectSame(paged.results as never, expected.filter(({ row }) => row.color !== 'red').slice(5, 12))
  })

  it('cuts by range', async () => {
    const { made, rows, query } = await filled(one)
    const asked = one.stored === undefined ? query : one.stored(query)
    const expected = ranked(rows, one.metric, asked)
    const [near, far] = [expected[5]!.score, expected[60]!.score]
    const inside = expected.filter(({ score }) =>
      isAscending(one.metric) ? near <= score && score < far : far < score && score <= near,
    )
    const params = { radius: far, range_filter: near }
    const { results, status } = await made.search({ collection_name: 'c', data: query, limit: 100, params })
    expect(status).toMatchObject({ code: 0 })
    expect(Math.abs(results.length - inside.length)).toBeLessThanOrEqual(1)
    const wrong = await made.search({ collection_name: 'c', data: query, params: { radius: near, range_filter: far } })
    expect(wrong.status).toMatchObject({ code: 1100 })
    expect(wrong.results).toEqual([])
  })

  it('answers many queries as each of them alone', async () => {
    const { made, rows, query } = await filled(one)
    const empty = one.type === DataType.BinaryVector ? [[0, 0, 0, 0]] : []
    const queries = [query, ...empty, ...[3, 77, 120].map((id) => rows[id]!.vector)]
    const scores = ranked(rows, one.metric, rows[3]!.vector)
    for (const more of [
      {},
      { filter: 'color == "red" and n > 3', limit: 4, offset: 2 },
      // Of most queries fewer lie within it than are asked for, and more within its outer bound.
      { params: { radius: scores[90]!.score, range_filter: scores[20]!.score }, limit: 30 },
      { group_by_field: 'n', limit: 6 },
    ]) {
      const lists = []
      for (const one of queries) {
        lists.push((await made.search({ collection_name: 'c', data: [one], ...more } as never)).results)
      }
      const { status, results } = await made.search({ collection_name: 'c', data: queries, ...more } as never)
      expect(status).toMatchObject({ code: 0 })
      expect(results).toEqual(lists)
    }
    const odd = [query, [1, 2]]
    expect((await made.search({ collection_name: 'c', data: odd } as never)).status).toEqual(
      (await made.search({ collection_name: 'c', data: [odd[1]] } as never)).status,
    )
  })
})

const PLAIN = CASES[0]!

describe('shapes of hits', () => {
  it('shows the score and the output fields, and has key, distance and entity beside', async () => {
    const { made, rows, query } = await filled(PLAIN)
    const [hit] = (await made.search({ collection_name: 'c', data: query, limit: 1, output_fields: ['n'] })).results
    const best = ranked(rows, 'L2', query)[0]!
    expect(Object.keys(hit!).sort()).toEqual(['n', 'score'])
    expect(hit!.id).toBe(best.id)
    expect(hit!['distance']).toBe(hit!.score)
    expect(hit!['entity']).toEqual({ n: best.row.n })
    const [whole] = (await made.search({ collection_name: 'c', data: query, limit: 1 })).results
    expect({ ...whole }).toEqual({ ...best.row, id: best.id, score: whole!.score })
    const [vector] = (await made.search({ collection_name: 'c', data: query, limit: 1, output_fields: ['vector'] }))
      .results
    expect(vector!['vector']).toEqual(best.row.vector)
  })

  it('cuts decimals, and takes the old form', async () => {
    const { made, rows, query } = await filled(PLAIN)
    const best = ranked(rows, 'L2', query)[0]!
    const { results } = await made.search({ collection_name: 'c', data: query, limit: 2, params: { round_decimal: 2 } })
    expect(String(results[0]!.score)).toMatch(/^\d+(\.\d{1,2})?$/)
    expect(results[0]!.score).toBeCloseTo(best.score, 1)
    const search_params = { anns_field: 'vector', topk: '4', metric_type: 'L2', params: JSON.stringify({ nprobe: 8 }) }
    const old = await made.search({
      collection_name: 'c',
      vectors: [query],
      search_params,
      vector_type: DataType.FloatVector,
    } as never)
    expect((old.results as unknown[]).length).toBe(4)
    expect((old.results as never as { id: string }[])[0]!.id).toBe(best.id)
  })

  it('groups, searches by ids, orders', async () => {
    const { made, rows, query } = await filled(PLAIN)
    const expected = ranked(rows, 'L2', query)
    const groups = await made.search({
      collection_name: 'c',
      data: query,
      limit: 3,
      group_by_field: 'color',
      output_fields: ['color'],
    })
    expect(groups.results.map((hit) => hit['color']).sort()).toEqual(['blue', 'green', 'red'])
    expect(groups.results[0]!.id).toBe(expected[0]!.id)
    const many = await made.search({
      collection_name: 'c',
      data: query,
      limit: 2,
      group_by_field: 'color',
      group_size: 3,
      strict_group_size: true,
    })
    expect(many.results).toHaveLength(6)
    const byIds = await made.search({ collection_name: 'c', ids: [3], limit: 1 } as never)
    expect((byIds.results as { id: string }[])[0]!.id).toBe('3')
    await expect(made.search({ collection_name: 'c', ids: ['x'] } as never)).rejects.toThrow(
      'The type of ids should be',
    )
    const ordered = await made.search({
      collection_name: 'c',
      data: query,
      limit: 20,
      order_by_fields: 'n:desc',
      output_fields: ['n'],
    })
    const values = ordered.results.map((hit) => hit['n'] as number)
    expect(values).toEqual([...values].sort((a, b) => b - a))
  })

  it('pages through everything once, nearest first', async () => {
    const { made, rows, query } = await filled(PLAIN)
    const expected = ranked(rows, 'L2', query)
    const seen: string[] = []
    for await (const page of await made.searchIterator({ collection_name: 'c', data: query, batchSize: 33 })) {
      expect(page.length).toBeLessThanOrEqual(33)
      seen.push(...page.map((hit: { id: string }) => hit.id))
    }
    expect(seen).toEqual(expected.map((hit) => hit.id))
    let count = 0
    const iterator = await made.searchIterator({
      collection_name: 'c',
      data: query,
      batchSize: 10,
      limit: 25,
      filter: 'n < 10',
      external_filter_fn: (row) => row['color'] === 'red',
    })
    for await (const page of iterator) count += page.length
    const first = expected.filter(({ row }) => row.n < 10).slice(0, 25)
    expect(count).toBe(first.filter(({ row }) => row.color === 'red').length)
    const ids: string[] = []
    for await (const page of await made.queryIterator({
      collection_name: 'c',
      batchSize: 64,
      filter: 'n >= 10',
      output_fields: ['id'],
    })) {
      ids.push(...page.map((row: { id: string }) => row.id))
    }
    expect(ids).toEqual(rows.filter((row) => row.n >= 10).map((row) => String(row.id)))
  })
})

describe('refusals', () => {
  it('answers with a status, or throws where the SDK does', async () => {
    const { made, query } = await filled(PLAIN)
    const search = (more: object) => made.search({ collection_name: 'c', data: query, ...more })
    expect((await search({ metric_type: 'IP' })).status).toMatchObject({
      code: 1100,
      reason: expect.stringContaining('[expected=L2][actual=IP]'),
    })
    expect(await search({ limit: 0 })).toMatchObject({ status: { code: 65535 }, results: [], session_ts: -1 })
    expect((await search({ limit: 16_385 })).status.code).toBe(65535)
    expect((await search({ limit: 10_000, offset: 10_000 })).status.code).toBe(65535)
    expect((await search({ data: [1, 2] })).status).toMatchObject({
      code: 1100,
      reason: expect.stringContaining('vector dimension mismatch'),
    })
    expect((await search({ filter: 'nope > 1' })).status.code).toBe(1100)
    expect((await search({ output_fields: ['nope'] })).status.code).toBe(1100)
    expect((await search({ partition_names: ['nope'] })).status.code).toBe(65535)
    expect((await search({ group_by_field: 'vector' })).status.code).toBe(1100)
    await expect(search({ anns_field: 'nope' })).rejects.toThrow(ERROR_REASONS.NO_ANNS_FEILD_FOUND_IN_SEARCH)
    await expect(made.search({ collection_name: 'nope', data: query })).rejects.toMatchObject({ code: 100 })
    await made.releaseCollection({ collection_name: 'c' })
    expect((await search({})).status.code).toBe(101)
  })
})

// It was refused, as an empty vector in a row is.
it('finds nothing by an empty sparse vector', async () => {
  const made = await collectionOf([{ name: 'sparse', data_type: DataType.SparseFloatVector }], {
    index_params: [INDEX, { field_name: 'sparse', index_type: 'SPARSE_INVERTED_INDEX', metric_type: 'IP' }],
  })
  const at = { collection_name: 'c', output_fields: ['id'] }
  await made.insert({ ...at, data: [{ id: 1, vector: [1, 0, 0, 0], sparse: { 3: 1 } }] as never })
  const search = (data: unknown) => made.search({ ...at, anns_field: 'sparse', data } as never)
  expect(await search({})).toMatchObject({ status: SUCCESS, results: [] })
  expect(await search([{ 3: 2 }, {}])).toMatchObject({ status: SUCCESS, results: [[{ score: 2, id: '1' }], []] })
  const both = await made.search({
    ...at,
    data: [
      { anns_field: 'sparse', data: {} },
      { anns_field: 'vector', data: [1, 0, 0, 0] },
    ],
  } as never)
  expect(both).toMatchObject({ status: SUCCESS, results: [{ id: '1' }] })
})
