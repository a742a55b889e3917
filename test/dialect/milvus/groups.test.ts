// Promise: queries compute over groups of rows, searches put what they find into buckets, and matched words are marked in texts.
// Groups and buckets are checked against loops over the same rows.

import { describe, expect, it } from 'vitest'
import { DataType, FunctionType, type MilvusClient } from '../../../src/dialect/milvus/index.ts'
import { client, collectionOf, KEY, SUCCESS } from './fixture.ts'

const FIELDS = [
  { name: 'brand', data_type: DataType.VarChar, max_length: 16 },
  { name: 'year', data_type: DataType.Int32, nullable: true },
  { name: 'big', data_type: DataType.Int64 },
  { name: 'price', data_type: DataType.Double, nullable: true },
  { name: 'isNew', data_type: DataType.Bool },
  { name: 'info', data_type: DataType.JSON, nullable: true },
]

const ROWS = Array.from({ length: 60 }, (_, i) => ({
  id: i,
  vector: [i, 0, 0, 0],
  brand: 'abc'[i % 3]!,
  year: i % 7 === 0 ? null : 2000 + (i % 4),
  big: 2n ** 60n + BigInt(i),
  price: i % 5 === 0 ? null : i / 4,
  isNew: i % 2 === 0,
  info: { i },
}))

async function filled(): Promise<MilvusClient> {
  const made = await collectionOf(FIELDS)
  expect((await made.insert({ collection_name: 'c', data: ROWS as never })).insert_cnt).toBe('60')
  return made
}

describe('query with group_by_fields', () => {
  it('counts, sums, averages and finds ends, by one field', async () => {
    const made = await filled()
    const { status, data } = await made.query({
      collection_name: 'c',
      filter: 'id >= 10',
      group_by_fields: ['brand'],
      output_fields: [
        'brand',
        'count(*)',
        'count(price)',
        'sum(big)',
        'sum(price)',
        'avg(price)',
        'min(year)',
        'max(big)',
        'max(brand)',
      ],
    })
    expect(status).toEqual(SUCCESS)
    const expected = ['a', 'b', 'c'].map((brand) => {
      const rows = ROWS.filter((row) => row.brand === brand && row.id >= 10)
      const prices = rows.flatMap(({ price }) => price ?? [])
      const sum = prices.reduce((a, b) => a + b, 0)
      return {
        brand,
        'count(*)': String(rows.length),
        'count(price)': String(prices.length),
        'sum(big)': String(rows.reduce((total, { big }) => total + big, 0n)),
        'sum(price)': sum,
        'avg(price)': sum / prices.length,
        'min(year)': Math.min(...rows.flatMap(({ year }) => year ?? [])),
        'max(big)': String(rows.at(-1)!.big),
        'max(brand)': brand,
      }
    })
    expect(data).toEqual(expected)
  })

  it('by several fields, null among them; in order, cut by limit and offset', async () => {
    const made = await filled()
    const ask = async (more: object) =>
      (
        await made.query({
          collection_name: 'c',
          group_by_fields: ['year', 'brand'],
          output_fields: ['brand', 'year', 'count(*)'],
          ...more,
        })
      ).data
    const all = await ask({})
    expect(all).toHaveLength(15)
    expect(all.reduce((sum, row) => sum + Number(row['count(*)']), 0)).toBe(60)
    expect(all[0]).toMatchObject({ year: 2000, brand: 'a' })
    expect(all.at(-1)).toMatchObject({ year: null, brand: 'c' })
    expect(await ask({ limit: 4, offset: 3 })).toEqual(all.slice(3, 7))
    expect((await ask({ order_by_fields: ['brand:desc', 'year'] }))[0]).toMatchObject({ year: 2000, brand: 'c' })
  })

  it('without groups computes over all rows; of none sums nothing', async () => {
    const made = await filled()
    const ask = async (filter: string) =>
      (await made.query({ collection_name: 'c', filter, output_fields: ['sum(price)', 'count(*)', 'max(big)'] })).data
    expect(await ask('id < 3')).toEqual([{ 'sum(price)': 0.75, 'count(*)': '3', 'max(big)': String(2n ** 60n + 2n) }])
    expect(await ask('id < 0')).toEqual([{ 'sum(price)': null, 'count(*)': '0', 'max(big)': null }])
  })

  it.each([
    [{ group_by_fields: ['price'], output_fields: ['price'] }, 'group by field price of type Double is not supported'],
    [{ group_by_fields: ['none'], output_fields: [] }, 'group by field none not exist'],
    [{ group_by_fields: ['brand'], output_fields: ['year'] }, 'output field year is neither'],
    [{ group_by_fields: ['brand'], output_fields: ['sum(brand)'] }, 'sum is not supported on field brand'],
    [{ group_by_fields: ['brand'], output_fields: ['avg(*)'] }, 'avg needs a field'],
    [{ group_by_fields: ['brand'], output_fields: ['max(info)'] }, 'max is not supported on field info'],
    [{ group_by_fields: ['brand'], output_fields: ['brand'], order_by_fields: ['year'] }, 'ordered by their fields'],
    [{ output_fields: ['sum(none)'] }, 'field none not exist'],
  ])('%j is refused', async (request, reason) => {
    const made = await filled()
    const { status, data } = await made.query({ collection_name: 'c', ...request } as never)
    expect(status).toMatchObject({ code: 1100, error_code: 'IllegalArgument' })
    expect(status.reason).toContain(reason)
    expect(data).toEqual([])
  })
})

describe('search_aggregation', () => {
  it('puts hits into buckets, as many of a key as its list of hits holds', async () => {
    const made = await filled()
    const answer = await made.search({
      collection_name: 'c',
      data: [0, 0, 0, 0],
      output_fields: ['price', 'year'],
      search_aggregation: {
        fields: ['brand'],
        size: 2,
        metrics: {
          rows: { op: 'count', field_name: '*' },
          mean: { op: 'avg', field_name: 'price' },
          most: { op: 'max', field_name: 'big' },
          near: { op: 'min', field_name: '_score' },
        },
        order: [{ key: '_key', direction: 'desc' }],
        top_hits: { size: 3, sort: [{ field_name: 'price', direction: 'desc' }] },
      },
    })
    expect(answer).toMatchObject({ status: SUCCESS, results: [], collection_name: 'c' })
    // Nearest of brand c: 2, 5, 8; of brand b: 1, 4, 7.
    expect(answer.agg_buckets).toEqual([
      {
        key: [{ field_id: '102', field_name: 'brand', value: 'c' }],
        count: '3',
        metrics: { rows: '3', mean: 1.25, most: String(2n ** 60n + 8n), near: 4 },
        hits: [
          { score: 64, id: '8', price: 2, year: '2000' },
          { score: 4, id: '2', price: 0.5, year: '2002' },
          { score: 25, id: '5', year: '2001' },
        ],
        sub_groups: [],
      },
      {
        key: [{ field_id: '102', field_name: 'brand', value: 'b' }],
        count: '3',
        metrics: { rows: '3', mean: 1, most: String(2n ** 60n + 7n), near: 1 },
        hits: [
          { score: 49, id: '7', price: 1.75 },
          { score: 16, id: '4', price: 1, year: '2000' },
          { score: 1, id: '1', price: 0.25, year: '2001' },
        ],
        sub_groups: [],
      },
    ])
  })

  it('has buckets in buckets, a list for each of several queries, and keeps to the filter', async () => {
    const made = await filled()
    const answer = await made.search({
      collection_name: 'c',
      data: [
        [0, 0, 0, 0],
        [59, 0, 0, 0],
      ],
      filter: 'id < 20 or id >= 50',
      search_aggregation: {
        fields: ['isNew'],
        size: 5,
        top_hits: { size: 50 },
        sub_aggregation: { fields: ['brand', 'year'], size: 4, order: [{ key: '_count', direction: 'desc' }] },
      },
    } as never)
    const lists = answer.agg_buckets as unknown as { key: { value: unknown }[]; count: string; sub_groups: never[] }[][]
    expect(lists).toHaveLength(2)
    expect(lists.map((buckets) => buckets.map(({ key, count }) => [key[0]!.value, count]))).toEqual([
      [
        [true, '15'],
        [false, '15'],
      ],
      [
        [false, '15'],
        [true, '15'],
      ],
    ])
    for (const { sub_groups } of lists.flat()) expect(sub_groups).toHaveLength(4)
  })

  it.each([
    [{ fields: [], size: 1 }, 'fields must be a non-empty array'],
    [{ fields: ['info["i"]'], size: 1 }, 'bracketed JSON paths'],
    [{ fields: ['brand'] }, 'size must be a positive integer'],
    [{ fields: ['brand'], size: 1, metrics: { m: { op: 'median', field_name: 'price' } } }, 'op must be one of'],
    [{ fields: ['brand'], size: 1, metrics: { m: { op: 'sum', field_name: '*' } } }, 'only valid for the count'],
    [{ fields: ['brand'], size: 1, order: [{ key: 'm', direction: 'asc' }] }, 'metric alias, _count, or _key'],
    [{ fields: ['brand'], size: 1, top_hits: { size: 0 } }, 'top_hits.size must be a positive integer'],
  ])('%j is thrown back', async (search_aggregation, reason) => {
    const made = await filled()
    const ask = made.search({ collection_name: 'c', data: [0, 0, 0, 0], search_aggregation } as never)
    await expect(ask).rejects.toThrow(reason)
  })

  it.each([
    [{ offset: 1 }, 'offset is not supported'],
    [{ group_by_field: 'brand' }, 'mutually exclusive'],
    [{ highlighter: { type: 0 } }, 'cannot be used simultaneously'],
    [{ data: [{ anns_field: 'vector', data: [0, 0, 0, 0] }] }, 'hybrid search'],
  ])('does not go with %j', async (more, reason) => {
    const made = await filled()
    const search_aggregation = { fields: ['brand'], size: 1 }
    const ask = made.search({ collection_name: 'c', data: [0, 0, 0, 0], search_aggregation, ...more } as never)
    await expect(ask).rejects.toThrow(reason)
  })

  it.each(['price', 'info', 'vector', 'none'])('has no buckets by %s', async (field) => {
    const made = await filled()
    const search_aggregation = { fields: [field], size: 1 }
    const { status, results } = await made.search({ collection_name: 'c', data: [0, 0, 0, 0], search_aggregation })
    expect(status).toMatchObject({ code: 1100 })
    expect(results).toEqual([])
  })
})

describe('highlighter', () => {
  const TEXTS = [
    'Milvus supports full text search. Use BM25 for keyword relevance. Filters can narrow results.',
    'my second test doc. Milvus is an open-source vector database that suits AI applications of every size from running a demo chatbot to building web-scale search.',
    'Running, ran, RUNS: the test of tests',
  ]

  async function texts(analyzer_params?: object): Promise<MilvusClient> {
    const made = client()
    await made.createCollection({
      collection_name: 'c',
      fields: [
        KEY,
        {
          name: 'text',
          data_type: DataType.VarChar,
          max_length: 2_000,
          enable_analyzer: true,
          enable_match: true,
          ...(analyzer_params && { analyzer_params }),
        },
        { name: 'sparse', data_type: DataType.SparseFloatVector },
      ] as never,
      functions: [
        { name: 'f', type: FunctionType.BM25, input_field_names: ['text'], output_field_names: ['sparse'], params: {} },
      ] as never,
      index_params: [{ field_name: 'sparse', index_type: 'SPARSE_INVERTED_INDEX', metric_type: 'BM25' }] as never,
    })
    await made.insert({ collection_name: 'c', data: TEXTS.map((text, id) => ({ id, text })) })
    return made
  }

  const marked = async (made: MilvusClient, query: string, highlighter: object) => {
    const { status, results } = await made.search({
      collection_name: 'c',
      data: query as never,
      anns_field: 'sparse',
      output_fields: ['id'],
      highlighter: { type: 0, pre_tags: ['{'], post_tags: ['}'], ...highlighter } as never,
    })
    expect(status.reason).toBe('')
    return Object.fromEntries(results.map((hit) => [hit.id, hit.highlight?.['text']]))
  }

  it('marks the words searched for, in a piece that begins with the first of them', async () => {
    const made = await texts()
    expect(await marked(made, 'BM25', { highlight_search_text: true })).toEqual({
      0: { fragments: ['{BM25} for keyword relevance. Filters can narrow results.'], scores: [] },
    })
    const found = await marked(made, 'test', { highlight_search_text: true })
    expect(found['1']!.fragments).toEqual([
      '{test} doc. Milvus is an open-source vector database that suits AI applications of every size from run',
    ])
    expect(found['2']!.fragments).toEqual(['{test} of tests'])
  })

  it('begins before it, cuts and counts the pieces as told; takes tags in turn', async () => {
    const made = await texts()
    const cut = { highlight_search_text: true, fragment_offset: 5, fragment_size: 60, num_of_fragments: 1 }
    expect((await marked(made, 'BM25', cut))['0']!.fragments).toEqual([
      'Use {BM25} for keyword relevance. Filters can narrow results.',
    ])
    const pieces = {
      highlight_search_text: true,
      fragment_size: 20,
      pre_tags: ['<a>', '<b>'],
      post_tags: ['</a>', '</b>'],
    }
    expect((await marked(made, 'milvus search narrow', pieces))['0']!.fragments).toEqual([
      '<a>Milvus</a> supports full',
      '<b>search</b>. Use BM25 for',
      '<a>narrow</a> results.',
    ])
  })

  it('marks the words of TextMatch queries beside them; stems and Chinese as the analyzer finds them', async () => {
    const made = await texts({ type: 'english' })
    const more = [{ type: 'TextMatch', field: 'text', text: 'runs' }]
    expect(
      (await marked(made, 'tests', { highlight_search_text: true, highlight_query: more }))['2']!.fragments,
    ).toEqual(['{Running}, ran, {RUNS}: the {test} of {tests}'])
    const chinese = await texts({ type: 'chinese' })
    await chinese.insert({ collection_name: 'c', data: [{ id: 9, text: '\u5411\u91cf\u6570\u636e\u5e93 milvus' }] })
    const query = [{ type: 'TextMatch', field: 'text', text: '\u6570\u636e' }]
    expect((await marked(chinese, 'milvus', { highlight_query: query }))['9']!.fragments).toEqual([
      '{\u6570\u636e}\u5e93 milvus',
    ])
  })

  it.each([
    [{ type: 1, queries: ['x'], input_fields: ['text'] }, 'semantic highlighter'],
    [{ type: 0, highlight_query: [{ type: 'Phrase', field: 'text', text: 'x' }] }, 'type Phrase is not supported'],
    [{ type: 0, highlight_query: [{ type: 'TextMatch', field: 'none', text: 'x' }] }, 'field none not exist'],
    [{ type: 0, highlight_search_text: true, fragment_size: 0 }, 'fragment_size'],
  ])('%j is refused', async (highlighter, reason) => {
    const made = await texts()
    const { status } = await made.search({
      collection_name: 'c',
      data: 'x' as never,
      highlighter: highlighter as never,
    })
    expect(status.error_code).not.toBe('Success')
    expect(status.reason).toContain(reason)
  })

  it('marks no words of a search that has none', async () => {
    const made = await filled()
    const { status } = await made.search({
      collection_name: 'c',
      data: [0, 0, 0, 0],
      highlighter: { type: 0, highlight_search_text: true } as never,
    })
    expect(status).toMatchObject({ code: 1100 })
    expect(status.reason).toContain('BM25')
  })
})

it('answers group by group, and orders groups by their best hit', async () => {
  const made = await collectionOf([
    { name: 'kind', data_type: DataType.Int64 },
    { name: 'price', data_type: DataType.Int64 },
  ])
  const kinds = [1, 2, 1, 3, 2, 3, 1]
  const prices = [30, 10, 5, 20, 90, 1, 2]
  const data = kinds.map((kind, id) => ({ id, vector: [id, 0, 0, 0], kind, price: prices[id]! }))
  await made.insert({ collection_name: 'c', data })
  const request = { collection_name: 'c', limit: 2, group_by_field: 'kind', group_size: 2, output_fields: ['id'] }
  const idsFor = async (more: object) => {
    const { results, status } = await made.search({ ...request, data: [0, 0, 0, 0], ...more })
    expect(status.reason).toBe('')
    return results.map((hit) => hit['id'])
  }
  // They stood by their scores: 0, 1, 2, 4.
  expect(await idsFor({})).toEqual(['0', '2', '1', '4'])
  expect(await idsFor({ offset: 1 })).toEqual(['1', '4', '3', '5'])
  expect(await idsFor({ limit: 9, order_by_fields: 'price' })).toEqual(['1', '4', '3', '5', '0', '2'])
  expect(await idsFor({ limit: 9, order_by_fields: 'price:desc' })).toEqual(['0', '2', '3', '5', '1', '4'])
  const part = { anns_field: 'vector', data: [0, 0, 0, 0] }
  expect(await idsFor({ data: [part, { ...part }] })).toEqual(['0', '2', '1', '4'])
})

it('groups and orders by JSON paths; each path into the dynamic field was one group, and no order', async () => {
  const made = await collectionOf([{ name: 'info', data_type: DataType.JSON, nullable: true }], {
    enable_dynamic_field: true,
  })
  await made.insert({
    collection_name: 'c',
    data: [0, 1, 2, 3, 4].map((id) => ({
      id,
      vector: [id, 0, 0, 0],
      info: id === 4 ? null : { of: { brand: 'ba'[id % 2], rank: 9 - id } },
      shop: { city: id % 2 },
      tag: id > 2 ? 'x' : 'y',
    })) as never,
  })
  const at = { collection_name: 'c', output_fields: ['id'] }
  const ids = (rows: readonly Record<string, unknown>[]) => rows.map((row) => row['id'])
  const grouped = async (group_by_field: string, more: object = {}) => {
    const { status, results } = await made.search({ ...at, data: [0, 0, 0, 0], limit: 9, group_by_field, ...more })
    expect(status).toEqual(SUCCESS)
    return ids(results)
  }
  expect(await grouped('shop["city"]')).toEqual(['0', '1'])
  expect(await grouped('$meta["shop"]["city"]', { group_size: 2 })).toEqual(['0', '2', '1', '3'])
  expect(await grouped('tag')).toEqual(['0', '3'])
  expect(await grouped('$meta["tag"]')).toEqual(['0', '3'])
  expect(await grouped('info["of"]["brand"]')).toEqual(['0', '1', '4'])
  const order_by_fields = ['info["of"]["brand"]', 'shop["city"]:desc', "info['of']['rank']"]
  expect(await grouped('info["of"]["brand"]', { order_by_fields })).toEqual(['1', '0', '4'])
  expect(ids((await made.query({ ...at, filter: '', limit: 9, order_by_fields })).data)).toEqual([
    '3',
    '1',
    '2',
    '0',
    '4',
  ])
  const wrong = await made.search({ ...at, data: [0, 0, 0, 0], group_by_field: 'vector["a"]' })
  expect(wrong.status.reason).toContain('group by field vector["a"] not exist')
})

it('has one group of the rows without the field; a hybrid search had one of each, and its members stood apart', async () => {
  const made = client()
  const vector = (name: string) => ({ name, data_type: DataType.FloatVector, dim: 2 })
  await made.createCollection({
    collection_name: 'c',
    fields: [KEY, vector('v'), vector('w')],
    index_params: ['v', 'w'].map((field_name) => ({ field_name, metric_type: 'L2' })) as never,
    enable_dynamic_field: true,
  })
  const kinds = [undefined, 'b', undefined, 'b', undefined, [1], [1]]
  const data = kinds.map((kind, id) => ({ id, v: [id, 0], w: [id, 0], ...(kind === undefined ? {} : { kind }) }))
  await made.insert({ collection_name: 'c', data: data as never })
  const parts = ['v', 'w'].map((anns_field) => ({ anns_field, data: [0, 0], limit: 7 }))
  const ids = async (request: object) => {
    const at = { collection_name: 'c', limit: 7, group_by_field: 'kind', output_fields: ['id'] }
    const { status, results } = await made.search({ ...at, ...request } as never)
    expect(status).toEqual(SUCCESS)
    return (results as unknown as { id: string }[]).map((hit) => Number(hit.id))
  }
  for (const request of [{ data: [0, 0], anns_field: 'v' }, { data: parts }]) {
    expect(await ids(request)).toEqual([0, 1, 5])
    expect(await ids({ ...request, group_size: 2 })).toEqual([0, 2, 1, 3, 5, 6])
    expect(await ids({ ...request, group_size: 2, limit: 1 })).toEqual([0, 2])
    expect(await ids({ ...request, group_size: 3 })).toEqual([0, 2, 4, 1, 3, 5, 6])
  }
})

it('groups by nullable fields: null is one group, with what a JSON path lacks, and rows older than a field have its default', async () => {
  const made = await collectionOf(
    [
      { name: 'n', data_type: DataType.Int64, nullable: true },
      { name: 's', data_type: DataType.VarChar, max_length: 9, nullable: true },
    ],
    { enable_dynamic_field: true },
  )
  const at = { collection_name: 'c' }
  const rows = [{ n: null, s: null, k: null }, { n: 0, s: '' }, {}, { n: 0, k: 0 }]
  await made.insert({ ...at, data: rows.map((row, id) => ({ id, vector: [id, 0, 0, 0], ...row })) as never })
  const added = { name: 'late', data_type: DataType.Int64, nullable: true, default_value: 7 }
  expect(await made.addCollectionField({ ...at, field: added })).toEqual(SUCCESS)
  await made.insert({ ...at, data: [7, 8].map((late, i) => ({ id: 4 + i, vector: [4 + i, 0, 0, 0], late })) })
  const groups = async (group_by_field: string, more: object = {}) => {
    const request = { ...at, data: [0, 0, 0, 0], limit: 9, group_by_field, output_fields: ['id'], ...more }
    const { status, results } = await made.search(request as never)
    expect(status).toEqual(SUCCESS)
    return (results as unknown as { id: string }[]).map((hit) => Number(hit.id))
  }
  expect(await groups('n')).toEqual([0, 1])
  expect(await groups('n', { group_size: 10 })).toEqual([0, 2, 4, 5, 1, 3])
  expect(await groups('s', { group_size: 2 })).toEqual([0, 2, 1])
  expect(await groups('k', { group_size: 9 })).toEqual([0, 1, 2, 4, 5, 3])
  expect(await groups('late', { group_size: 9 })).toEqual([0, 1, 2, 3, 4, 5])
  expect(await groups('late')).toEqual([0, 5])
  const part = { anns_field: 'vector', data: [0, 0, 0, 0], limit: 9 }
  expect(await groups('late', { data: [part, { ...part }], group_size: 2 })).toEqual([0, 1, 5])
})
