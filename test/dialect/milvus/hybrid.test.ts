// Promise: hybrid searches fuse what their parts find by rank, by weighted scores or by decay, and rerankers of a single search change
// scores, as a plain loop does. Seeded.

import { describe, expect, it } from 'vitest'
import { DataType, type MilvusClient, RRFRanker, WeightedRanker } from '../../../src/dialect/milvus/index.ts'
import { client, collectionOf, KEY, random } from './fixture.ts'

const DIM = 8
const ROWS = 200

interface Row {
  id: number
  a: number[]
  b: number[]
  n: number
}

const floats = (next: () => number) => Array.from({ length: DIM }, () => Math.fround(next() * 2 - 1))
const dot = (a: number[], b: number[]) => a.reduce((sum, lane, i) => sum + lane * b[i]!, 0)
const cosine = (a: number[], b: number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
const squares = (a: number[], b: number[]) => a.reduce((sum, lane, i) => sum + (lane - b[i]!) ** 2, 0)

/** The hits of a loop, best first: by COSINE over `a`, by L2 over `b`. */
function listOf(rows: Row[], field: 'a' | 'b', query: number[]): { id: string; score: number; row: Row }[] {
  const [score, sign] = field === 'a' ? [cosine, -1] : [squares, 1]
  return rows
    .map((row) => ({ id: String(row.id), score: score(row[field], query), row }))
    .sort((x, y) => sign * (x.score - y.score) || x.row.id - y.row.id)
}

describe('hybrid searches', () => {
  async function two(): Promise<{
    made: MilvusClient
    rows: Row[]
    next: () => number
  }> {
    const made = client()
    await made.createCollection({
      collection_name: 'c',
      fields: [
        KEY,
        { name: 'a', data_type: 'FloatVector', dim: DIM },
        { name: 'b', data_type: 'FloatVector', dim: DIM },
        { name: 'n', data_type: 'Int32' },
      ],
      index_params: [
        { field_name: 'a', index_type: 'FLAT', metric_type: 'COSINE' },
        { field_name: 'b', index_type: 'FLAT', metric_type: 'L2' },
      ],
    } as never)
    const next = random(11)
    const rows = Array.from({ length: ROWS }, (_, id) => ({ id, a: floats(next), b: floats(next), n: id % 10 }))
    await made.insert({ collection_name: 'c', data: rows })
    return { made, rows, next }
  }
  it('fuses by rank', async () => {
    const { made, rows, next } = await two()
    const [qa, qb] = [floats(next), floats(next)]
    const data = [
      { anns_field: 'a', data: qa },
      { anns_field: 'b', data: qb },
    ]
    const { results, status } = await made.hybridSearch({
      collection_name: 'c',
      data,
      limit: 10,
      output_fields: ['id'],
      rerank: RRFRanker(30),
    })
    expect(status).toMatchObject({ code: 0 })
    const sums = new Map<string, number>()
    for (const list of [listOf(rows, 'a', qa), listOf(rows, 'b', qb)]) {
      list.slice(0, 10).forEach(({ id }, rank) => {
        sums.set(id, (sums.get(id) ?? 0) + 1 / (30 + rank + 1))
      })
    }
    const expected = [...sums].sort((x, y) => y[1] - x[1] || Number(x[0]) - Number(y[0])).slice(0, 10)
    expect(results.map((hit) => hit.id)).toEqual(expected.map(([id]) => id))
    expect(results[0]!.score).toBeCloseTo(expected[0]![1], 5)
  })

  it('fuses by weighted scores: distances are turned round where metrics are mixed', async () => {
    const { made, rows, next } = await two()
    const [qa, qb] = [floats(next), floats(next)]
    const data = [
      { anns_field: 'a', data: [qa], expr: 'n < 5', limit: 50 },
      { anns_field: 'b', data: [qb], limit: 50 },
    ]
    const { results } = await made.search({
      collection_name: 'c',
      data: data as never,
      limit: 5,
      offset: 2,
      rerank: WeightedRanker([0.7, 0.3]),
    })
    const sums = new Map<string, number>()
    for (const { id, score } of listOf(
      rows.filter((row) => row.n < 5),
      'a',
      qa,
    ).slice(0, 50))
      sums.set(id, 0.7 * score)
    for (const { id, score } of listOf(rows, 'b', qb).slice(0, 50)) {
      sums.set(id, (sums.get(id) ?? 0) + 0.3 * (1 - (2 * Math.atan(score)) / Math.PI))
    }
    const expected = [...sums].sort((x, y) => y[1] - x[1]).slice(2, 7)
    expect((results as never as { id: string }[]).map((hit) => hit.id)).toEqual(expected.map(([id]) => id))
  })

  it('fades scores with the distance of a field from an origin', async () => {
    const { made, rows, next } = await two()
    const qa = floats(next)
    const params = { reranker: 'decay', function: 'gauss', origin: 3, scale: 2, offset: 1, decay: 0.5 }
    const rerank = { name: 'near', type: 'Rerank' as const, input_field_names: ['n'], params }
    const factor = (n: number) => 0.5 ** ((Math.max(0, Math.abs(n - 3) - 1) / 2) ** 2)
    const expected = listOf(rows, 'a', qa)
      .slice(0, 20)
      .map(({ id, score, row }) => ({ id, score: score * factor(row.n) }))
      .sort((x, y) => y.score - x.score)
    const request = { collection_name: 'c', limit: 20, output_fields: ['id'], rerank }
    const one = await made.search({ ...request, anns_field: 'a', data: qa })
    const hybrid = await made.hybridSearch({ ...request, data: [{ anns_field: 'a', data: qa }] })
    // As the manual writes it; a search by one field passed over it in silence.
    const { type: function_type, ...rest } = rerank
    const manual = { ...request, rerank: { ...rest, function_type } } as unknown as typeof request
    const other = await made.search({ ...manual, anns_field: 'a', data: qa })
    for (const { results, status } of [one, hybrid, other]) {
      expect(status).toMatchObject({ code: 0 })
      expect(results.map((hit) => hit.id)).toEqual(expected.map((hit) => hit.id))
      expect(results[0]!.score).toBeCloseTo(expected[0]!.score, 5)
      expect(Object.keys(results[0]!).sort()).toEqual(['id', 'score'])
    }
    // Of several fields the first was taken, and any type of function.
    for (const wrong of [
      { params: { ...params, decay: 2 } },
      { input_field_names: ['n', 'id'] },
      { input_field_names: [] },
      { type: 'BM25' },
    ]) {
      const refused = { ...request, anns_field: 'a', data: qa, rerank: { ...rerank, ...wrong } as typeof rerank }
      expect((await made.search(refused)).status.code).toBe(1100)
    }
  })

  // score_mode and norm_score were passed over in silence, and so was any function behind the first.
  it('fades the greatest, the mean or the sum of scores, normalized if told', async () => {
    const { made, rows, next } = await two()
    const [qa, qb] = [floats(next), floats(next)]
    const params = { reranker: 'decay', function: 'linear', origin: 3, scale: 4, decay: 0.5 }
    const factor = (n: number) => Math.max(0, 1 - Math.abs(n - 3) / 8)
    const data = [
      { anns_field: 'a', data: qa },
      { anns_field: 'b', data: qb },
    ]
    const scoresOf = async (more: object) => {
      const rerank = { name: 'near', type: 'Rerank', input_field_names: ['n'], params: { ...params, ...more } }
      const request = { collection_name: 'c', limit: 40, output_fields: ['id'], data, rerank }
      const { status, results } = await made.hybridSearch(request as never)
      return status.code === 0 ? (results as { id: string; score: number }[]) : status.reason
    }
    const near = (distance: number) => 1 - (2 * Math.atan(distance)) / Math.PI
    const parts = [
      listOf(rows, 'a', qa),
      listOf(rows, 'b', qb).map(({ score, ...hit }) => ({ ...hit, score: near(score) })),
    ].map((list) => list.slice(0, 40))
    const modes = {
      max: (scores: number[]) => Math.max(...scores),
      avg: (scores: number[]) => scores.reduce((x, y) => x + y) / scores.length,
      sum: (scores: number[]) => scores.reduce((x, y) => x + y),
    }
    for (const [score_mode, mode] of Object.entries(modes)) {
      const found = new Map<string, { scores: number[]; n: number }>()
      for (const { id, score, row } of parts.flat()) {
        found.set(id, { scores: [...(found.get(id)?.scores ?? []), score], n: row.n })
      }
      const expected = [...found].map(([id, { scores, n }]) => [id, mode(scores) * factor(n)] as const)
      const hits = await scoresOf({ score_mode })
      expect(hits).toHaveLength(Math.min(40, expected.length))
      for (const { id, score } of hits as Exclude<typeof hits, string>) {
        expect(score).toBeCloseTo(new Map(expected).get(id)!, 4)
      }
    }
    expect(await scoresOf({ score_mode: 'least' })).toMatch(/score_mode is max, avg, sum/)
    const [normal] = (await scoresOf({ norm_score: true })) as { score: number }[]
    expect(normal!.score).toBeLessThanOrEqual(1)
    const decay = { name: 'd', type: 'Rerank', input_field_names: ['n'], params }
    const boost = { name: 'b', type: 'Rerank', input_field_names: [], params: { reranker: 'boost', weight: 2 } }
    const both = { collection_name: 'c', limit: 5, anns_field: 'a', data: qa, rerank: { functions: [decay, boost] } }
    expect((await made.search(both as never)).status.reason).toMatch(/one rerank function, or several of boost/)
    const grouped = { ...both, rerank: decay, group_by_field: 'n' }
    expect((await made.search(grouped as never)).status.reason).toMatch(/does not go with grouping/)
  })

  it('boosts the scores of hits that satisfy a condition', async () => {
    const { made, rows, next } = await two()
    const qa = floats(next)
    const boost = (params: object) => ({
      name: 'b',
      type: 'Rerank',
      input_field_names: [],
      params: { reranker: 'boost', ...params },
    })
    const hits = listOf(rows, 'a', qa).slice(0, 20)
    const search = async (rerank: unknown) =>
      await made.search({
        collection_name: 'c',
        limit: 20,
        output_fields: ['id'],
        anns_field: 'a',
        data: qa,
        rerank,
      } as never)
    const idsBy = (score: (hit: (typeof hits)[number]) => number) =>
      [...hits].sort((x, y) => score(y) - score(x)).map(({ id }) => id)
    const half = await search(boost({ weight: 0.5, filter: 'n > 3' }))
    expect(half.status).toMatchObject({ code: 0 })
    expect(half.results.map(({ id }) => id)).toEqual(idsBy(({ score, row }) => score * (row.n > 3 ? 0.5 : 1)))
    const sum = await search({
      functions: [boost({ weight: 0.25, filter: 'n > 3' }), boost({ weight: 1, filter: 'n < 6' })],
      params: { boost_mode: 'Sum', function_mode: 'Sum' },
    })
    const more = ({ n }: { n: number }) => (n > 3 ? 0.25 : 0) + (n < 6 ? 1 : 0)
    expect(sum.results.map(({ id }) => id)).toEqual(idsBy(({ score, row }) => score + more(row)))
    // A seed gave another order each time.
    const seeded = (seed: number, field?: string) => search(boost({ weight: 1, random_score: { seed, field } }))
    const [first, again, byKey, other] = [
      await seeded(126, 'id'),
      await seeded(126, 'id'),
      await seeded(126),
      await seeded(7),
    ]
    expect(again.results).toEqual(first.results)
    expect(byKey.results).toEqual(first.results)
    expect(other.results).not.toEqual(first.results)
    const same = await seeded(126, 'n')
    const factors = new Map<number, number>()
    for (const { id, score } of same.results) {
      const hit = hits.find((one) => one.id === id)!
      const factor = score / hit.score
      expect(factor).toBeCloseTo(factors.get(hit.row.n) ?? factor, 4)
      factors.set(hit.row.n, factor)
    }
    expect((await seeded(126, 'nope')).status.reason).toMatch(/field nope of random_score/)
    expect((await search(boost({ weight: 1, random_score: { seed: 'x' } }))).status.code).toBe(1100)
    expect((await search(boost({}))).status.code).toBe(1100)
    expect((await search(boost({ weight: 1, filter: 'nope ==' }))).status.code).toBe(1100)
    expect((await search({ ...boost({}), params: { reranker: 'model' } })).status.reason).toMatch(
      /model is not supported/,
    )
  })

  it('refuses rankers that make no sense', async () => {
    const { made, next } = await two()
    const data = [{ anns_field: 'a', data: floats(next) }]
    for (const rerank of [WeightedRanker([0.5, 0.5]), WeightedRanker([2]), RRFRanker(0), RRFRanker(20_000)]) {
      const { status, results } = await made.search({ collection_name: 'c', data, rerank })
      expect(status).toMatchObject({ code: 1100 })
      expect(results).toEqual([])
    }
  })
})

it('orders the hits of a hybrid search, and of a reranked one, by fields if told: it passed over the fields', async () => {
  const made = await collectionOf([{ name: 'n', data_type: DataType.Int32 }])
  const data = [3, 1, 2, 9].map((n, id) => ({ id, vector: [id, 0, 0, 0], n }))
  await made.insert({ collection_name: 'c', data })
  const query = [0, 0, 0, 0]
  const decay = { reranker: 'decay', function: 'gauss', origin: 0, scale: 100 }
  const rerank = { name: 'd', type: 'Rerank', input_field_names: ['n'], params: decay }
  const asked = { collection_name: 'c', limit: 3, output_fields: ['id'], order_by_fields: ['n'] }
  for (const more of [{ data: [{ anns_field: 'vector', data: query }] }, { data: query, rerank }]) {
    const { results } = await made.search({ ...asked, ...more } as never)
    expect(results.map((hit: { id: string }) => hit.id)).toEqual(['1', '2', '0'])
    expect(Object.keys(results[0]!).sort()).toEqual(['id', 'score'])
  }
})
