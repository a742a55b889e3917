// Promise: arrays of structs are stored, described, returned and searched by their vectors: MAX_SIM as a plain loop has it.

import { expect, it } from 'vitest'
import { DataType } from '../../../src/dialect/milvus/index.ts'
import { client, INDEX, KEY, SUCCESS, VECTOR } from './fixture.ts'

const CLIPS = {
  name: 'clips',
  data_type: DataType.Array,
  element_type: DataType.Struct,
  max_capacity: 3,
  fields: [
    { name: 'text', data_type: DataType.VarChar, max_length: 20 },
    { name: 'at', data_type: DataType.Int64 },
    { name: 'emb', data_type: DataType.FloatVector, dim: 2 },
  ],
}

async function clipped(metric: string) {
  const made = client()
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, VECTOR, CLIPS],
    index_params: [INDEX, { field_name: 'clips[emb]', index_type: 'HNSW', metric_type: metric }],
  } as never)
  return made
}

it('keeps structs and searches their vectors', async () => {
  const made = await clipped('MAX_SIM_COSINE')
  const described = await made.describeCollection({ collection_name: 'c' })
  expect(described.schema.struct_array_fields[0]).toMatchObject({
    name: 'clips',
    data_type: 'Array',
    element_type: 'Struct',
    max_capacity: '3',
  })
  expect(Object.keys(described.anns_fields)).toEqual(['vector', 'clips[emb]'])
  expect(Object.keys(described.scalar_fields)).toEqual(['id', 'clips[text]', 'clips[at]'])
  const clip = (angle: number, at: number) => ({ text: `t${at}`, at, emb: [Math.cos(angle), Math.sin(angle)] })
  const rows = [
    { id: 1, vector: [1, 0, 0, 0], clips: [clip(0, 1), clip(1.5, 2)] },
    { id: 2, vector: [2, 0, 0, 0], clips: [clip(0.7, 3)] },
    { id: 3, vector: [3, 0, 0, 0], clips: [] },
  ]
  expect((await made.insert({ collection_name: 'c', data: rows as never })).status).toEqual(SUCCESS)
  const { data } = await made.query({ collection_name: 'c', filter: 'id == 1' })
  expect(data[0]!['clips'].map((one: { at: string }) => one.at)).toEqual(['1', '2'])
  const query = [clip(0.1, 0).emb, clip(1.4, 0).emb]
  const scores = rows
    .slice(0, 2)
    .map(({ clips }) =>
      query.reduce((sum, q) => sum + Math.max(...clips.map(({ emb }) => q[0]! * emb[0]! + q[1]! * emb[1]!)), 0),
    )
  const found = await made.search({
    collection_name: 'c',
    anns_field: 'clips[emb]',
    data: query,
    limit: 5,
    output_fields: ['id'],
  })
  expect(found.results.map((hit) => hit.id)).toEqual(['1', '2'])
  found.results.forEach((hit, i) => {
    expect(hit.score).toBeCloseTo(scores[i]!, 5)
  })
  const many = await made.search({
    collection_name: 'c',
    anns_field: 'clips[emb]',
    data: [query, query] as never,
    limit: 1,
  })
  expect(many.results).toHaveLength(2)
  for (const clips of [
    [{ text: 'x', at: 1 }],
    [{ ...clip(0, 1), nope: 1 }],
    Array(4).fill(clip(0, 1)),
    [{ ...clip(0, 1), emb: [1] }],
  ]) {
    const answer = await made
      .insert({ collection_name: 'c', data: [{ id: 9, vector: [1, 0, 0, 0], clips }] as never })
      .catch((error) => error)
    expect(answer instanceof Error || answer.status.code === 1100).toBe(true)
  }
})

it.each(['L2', 'IP', 'COSINE'])('finds each struct by itself under %s', async (metric_type) => {
  const made = client()
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, VECTOR, CLIPS],
    index_params: [INDEX, { field_name: 'clips[emb]', index_type: 'HNSW', metric_type }],
  } as never)
  const embeddings = [
    [
      [1, 0],
      [0, 2],
      [3, 1],
    ],
    [],
    [
      [2, 2],
      [-1, 0.5],
    ],
  ]
  const data = embeddings.map((list, id) => ({
    id,
    vector: [1, 0, 0, 0],
    clips: list.map((emb, at) => ({ text: `${at}`, at, emb })),
  }))
  expect((await made.insert({ collection_name: 'c', data: data as never })).status).toEqual(SUCCESS)
  const query = [1.5, 1]
  const dot = (a: number[], b: number[]) => a[0]! * b[0]! + a[1]! * b[1]!
  const scoreOf = (emb: number[]) => {
    if (metric_type === 'L2') return (emb[0]! - query[0]!) ** 2 + (emb[1]! - query[1]!) ** 2
    return dot(emb, query) / (metric_type === 'IP' ? 1 : Math.sqrt(dot(emb, emb) * dot(query, query)))
  }
  const sign = metric_type === 'L2' ? 1 : -1
  const wanted = embeddings
    .flatMap((list, id) => list.map((emb, at) => ({ id: `${id}`, offset: `${at}`, score: scoreOf(emb) })))
    .sort((a, b) => sign * (a.score - b.score))
  const request = { collection_name: 'c', anns_field: 'clips[emb]', limit: 4, output_fields: ['id'] }
  const { results } = await made.search({ ...request, data: query })
  expect(results.map(({ id, offset }) => ({ id, offset }))).toEqual(
    wanted.slice(0, 4).map(({ id, offset }) => ({ id, offset })),
  )
  results.forEach((hit, i) => {
    expect(hit.score).toBeCloseTo(wanted[i]!.score, 5)
  })
  const two = (await made.search({ ...request, data: [query, query] })).results as unknown as unknown[][]
  expect(two.map((list) => list.length)).toEqual([4, 4])
})

it.each(['MAX_SIM_COSINE', 'MAX_SIM_IP', 'MAX_SIM_L2', 'COSINE', 'IP', 'L2'])(
  'finds by %s what a loop over every vector finds, over several batches',
  async (metric) => {
    const [dim, count] = [300, 120]
    let state = 7
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32 - 0.5
    }
    const vector = () => Array.from({ length: dim }, () => Math.fround(random()))
    const made = client()
    const emb = { name: 'emb', data_type: DataType.FloatVector, dim }
    await made.createCollection({
      collection_name: 'c',
      fields: [KEY, VECTOR, { ...CLIPS, max_capacity: 6, fields: [emb] }],
      index_params: [INDEX, { field_name: 'clips[emb]', index_type: 'HNSW', metric_type: metric }],
    } as never)
    const rows = Array.from({ length: count }, (_, id) => ({
      id,
      vector: [id, 0, 0, 0],
      clips: Array.from({ length: id % 7 }, () => ({ emb: vector() })),
    }))
    await made.insert({ collection_name: 'c', data: rows as never })
    const dot = (a: number[], b: number[]) => a.reduce((sum, lane, i) => sum + lane * b[i]!, 0)
    const measure = (a: number[], b: number[]) => {
      if (metric.endsWith('L2')) return a.reduce((sum, lane, i) => sum + (lane - b[i]!) ** 2, 0)
      return metric.endsWith('IP') ? dot(a, b) : dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
    }
    const isEach = !metric.startsWith('MAX_SIM')
    const queries = isEach ? [vector(), vector()] : [[vector(), vector(), vector()], [vector()]]
    const sign = metric.endsWith('L2') ? -1 : 1
    const wanted = queries.map((query) =>
      rows
        .filter(({ id, clips }) => id >= 20 && clips.length > 0)
        .flatMap(({ id, clips }) => {
          if (isEach) return clips.map(({ emb }) => ({ id, score: measure(query as number[], emb) }))
          const best = (one: number[]) => Math.max(...clips.map(({ emb }) => sign * measure(one, emb)))
          return [{ id, score: (query as number[][]).reduce((sum, one) => sum + best(one), 0) }]
        })
        .sort((a, b) => (metric === 'L2' ? a.score - b.score : b.score - a.score))
        .slice(2, 12),
    )
    const { status, results } = await made.search({
      collection_name: 'c',
      anns_field: 'clips[emb]',
      data: queries as never,
      filter: 'id >= 20',
      offset: 2,
      limit: 10,
      output_fields: ['id'],
    })
    expect(status).toEqual(SUCCESS)
    const lists = results as unknown as { id: string; score: number }[][]
    expect(lists.map((hits) => hits.map(({ id }) => Number(id)))).toEqual(
      wanted.map((hits) => hits.map(({ id }) => id)),
    )
    lists.flat().forEach((hit, i) => {
      expect(hit.score).toBeCloseTo(wanted.flat()[i]!.score, 4)
    })
  },
)

it('gives every struct that is a hit, page by page and in buckets', async () => {
  const made = await clipped('L2')
  const clips = (from: number) => [0, 1, 2].map((at) => ({ text: '', at, emb: [from + at, 0] }))
  const data = [1, 2].map((id) => ({ id, vector: [0, 0, 0, 0], clips: clips(10 * id) }))
  await made.insert({ collection_name: 'c', data: data as never })
  const request = { collection_name: 'c', anns_field: 'clips[emb]', data: [0, 0], output_fields: ['id'] }
  const found: unknown[] = []
  for await (const page of await made.searchIterator({ ...request, batchSize: 4 })) {
    for (const { id, offset } of page) found.push([id, offset])
  }
  expect(found).toEqual(['1', '2'].flatMap((id) => ['0', '1', '2'].map((offset) => [id, offset])))
  const limited: unknown[] = []
  for await (const page of await made.searchIterator({ ...request, batchSize: 3, limit: 5 })) limited.push(page.length)
  expect(limited).toEqual([3, 2])
  const { agg_buckets } = await made.search({
    ...request,
    search_aggregation: { fields: ['id'], size: 2, top_hits: { size: 5 } },
  } as never)
  expect((agg_buckets as { count: string }[]).map(({ count }) => count)).toEqual(['3', '3'])
})

it('counts the structs for which a condition holds, and hits those alone that an element filter takes', async () => {
  const made = await clipped('L2')
  const texts = [['Red a', 'Red b', 'blue'], ['blue'], [], ['Red c', 'Red d', 'Red e']]
  const data = texts.map((own, id) => ({
    id,
    vector: [0, 0, 0, 0],
    clips: own.map((text, at) => ({ text, at, emb: [10 * id + at, 0] })),
  }))
  await made.insert({ collection_name: 'c', data: data as never })
  const red = '$[text] LIKE "Red%"'
  const cases: [string, string[]][] = [
    [`MATCH_ANY(clips, ${red})`, ['0', '3']],
    [`element_filter(clips, ${red} && $[at] > 1)`, ['3']],
    [`MATCH_ALL(clips, ${red})`, ['2', '3']],
    [`MATCH_LEAST(clips, ${red}, 2)`, ['0', '3']],
    [`MATCH_MOST(clips, ${red}, threshold=2)`, ['0', '1', '2']],
    [`id > 0 and match_exact(clips, ${red}, 3)`, ['3']],
    [`not MATCH_ANY(clips, ${red})`, ['1', '2']],
    // Their fields are reached by a path, as in output fields: such a path was a syntax error.
    ['array_contains(clips[text], "blue")', ['0', '1']],
    ['not array_contains(clips[text], "blue")', ['2', '3']],
    ['ARRAY_CONTAINS_ALL(clips[text], ["Red a", "blue"])', ['0']],
    ['array_contains_any(clips[text], {texts})', ['0', '3']],
    ['array_contains(clips[at], 2)', ['0', '3']],
    ['json_contains_all(clips[at], [0, 1])', ['0', '3']],
    ['array_length(clips[text]) == 1 or array_length(clips) == 0', ['1', '2']],
  ]
  for (const [filter, ids] of cases) {
    const exprValues = { texts: ['Red b', 'Red e'] }
    const { status, data } = await made.query({ collection_name: 'c', filter, output_fields: ['id'], exprValues })
    expect([filter, status.reason, data.map(({ id }) => id)]).toEqual([filter, '', ids])
  }
  const parts = { collection_name: 'c', filter: 'id == 1', output_fields: ['clips[text]', 'clips[at]'] }
  // Fields inside of the structs, as the manual asks for them, were no fields.
  expect((await made.query(parts)).data).toEqual([{ id: '1', clips: [{ text: 'blue', at: '0' }] }])
  const both = await made.query({ ...parts, output_fields: ['clips[text]', 'clips'] })
  expect(Object.keys(both.data[0]!['clips'][0])).toEqual(['text', 'at', 'emb'])
  const wrong = ['MATCH_ANY(id, $[text] == "a")', 'MATCH_ANY(clips, text == "a")', 'MATCH_ANY(clips, $[nope] == 1)']
  wrong.push('array_contains(clips[nope], 1)', 'array_contains(clips[at], "a")', 'array_contains(id[at], 1)')
  wrong.push('clips[at] == 1', 'array_contains(clips, "a")', 'clips[text] like "R%"')
  for (const filter of [
    ...wrong,
    `MATCH_LEAST(clips, ${red})`,
    'MATCH_ANY(clips, random_sample(0.5))',
    `MATCH_LEAST(clips, ${red}, least=2)`,
  ]) {
    expect([filter, (await made.query({ collection_name: 'c', filter })).status.code]).toEqual([filter, 1100])
  }
  const { results } = await made.search({
    collection_name: 'c',
    anns_field: 'clips[emb]',
    data: [0, 0],
    filter: `id < 3 and element_filter(clips, ${red} and $[at] > 0)`,
    output_fields: ['id'],
  })
  // The nearest struct of the row is at 0, and does not pass.
  expect(results.map(({ id, offset, score }) => [id, offset, score])).toEqual([['0', '1', 1]])
})

it('groups structs by their row', async () => {
  const made = await clipped('L2')
  const clip = (at: number) => ({ text: `t${at}`, at, emb: [at, 0] })
  const data = [0, 1, 2].map((id) => ({ id, vector: [id, 0, 0, 0], clips: [clip(id), clip(id + 1), clip(id + 2)] }))
  await made.insert({ collection_name: 'c', data: data as never })
  const request = { collection_name: 'c', anns_field: 'clips[emb]', data: [0, 0], limit: 2, output_fields: ['id'] }
  // Structs of one row filled the whole answer.
  const one = await made.search({ ...request, group_by_field: 'id' } as never)
  expect(one.results.map(({ id, score }) => [id, score])).toEqual([
    ['0', 0],
    ['1', 1],
  ])
  const two = await made.search({ ...request, group_by_field: 'id', group_size: 2, offset: 1 } as never)
  expect(two.results.map(({ id, offset }) => [id, offset])).toEqual([
    ['1', '0'],
    ['1', '1'],
    ['2', '0'],
    ['2', '1'],
  ])
})

it('searches rows that have more structs than their field takes by now', async () => {
  const [dim, count] = [2048, 12]
  const made = client()
  const emb = { name: 'emb', data_type: DataType.FloatVector, dim }
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, VECTOR, { ...CLIPS, max_capacity: 6, fields: [emb] }],
    index_params: [INDEX, { field_name: 'clips[emb]', index_type: 'HNSW', metric_type: 'MAX_SIM_IP' }],
  } as never)
  const one = (lane: number) => ({ emb: Array.from({ length: dim }, (_, i) => (i === 0 ? lane : 0)) })
  const data = Array.from({ length: count }, (_, id) => ({
    id,
    vector: [0, 0, 0, 0],
    clips: Array.from({ length: 6 }, (_, at) => one(6 * id + at)),
  }))
  await made.insert({ collection_name: 'c', data: data as never })
  await made.alterCollectionFieldProperties({
    collection_name: 'c',
    field_name: 'clips',
    properties: { max_capacity: 1 },
  })
  const { status, results } = await made.search({
    collection_name: 'c',
    anns_field: 'clips[emb]',
    data: [one(1).emb],
    limit: 2,
    output_fields: ['id'],
  })
  expect(status).toEqual(SUCCESS)
  expect(results.map(({ id, score }) => [id, score])).toEqual([
    ['11', 71],
    ['10', 65],
  ])
})

it('refuses an index on a field that the structs do not have: it was taken, and described', async () => {
  const made = await clipped('MAX_SIM')
  const index = (field_name: string) =>
    made.createIndex({ collection_name: 'c', field_name, index_type: 'INVERTED' } as never)
  expect((await index('clips[nope]')).reason).toMatch('cannot create index on non-exist field: clips[nope]')
  expect(await index('clips[text]')).toEqual(SUCCESS)
})

it('searches the vectors of structs where there are no others, without their name', async () => {
  const made = client()
  const index = { field_name: 'clips[emb]', index_type: 'HNSW', metric_type: 'MAX_SIM_IP' }
  await made.createCollection({ collection_name: 'c', fields: [KEY, CLIPS], index_params: [index] } as never)
  const clips = [{ text: 'a', at: 1, emb: [1, 0] }]
  await made.insert({ collection_name: 'c', data: [{ id: 1, clips }] })
  const { results } = await made.search({ collection_name: 'c', data: [[2, 0]], output_fields: ['id'] } as never)
  expect(results).toEqual([{ score: 2, id: '1' }])
})
