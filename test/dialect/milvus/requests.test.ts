// Promise: a request is taken at its word. What cannot be meant is refused before anything is touched, in words that name the
// parameter; nothing of a request is passed over in silence.

import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { DataType } from '../../../src/dialect/milvus/index.ts'
import { client, collectionOf } from './fixture.ts'

const at = { collection_name: 'c' }
const V = [1, 0, 0, 0]

async function filled() {
  const made = await collectionOf([{ name: 'n', data_type: 'Int32' }])
  await made.createPartition({ ...at, partition_name: 'p' })
  await made.insert({ ...at, data: [1, 2, 3].map((id) => ({ id, vector: [id, 0, 0, 0], n: id })) })
  await made.insert({ ...at, partition_name: 'p', data: [{ id: 4, vector: [4, 0, 0, 0], n: 4 }] })
  return made
}

// Lost: every row of the collection, where a program put its condition together out of parts that were empty.
it('refuses to delete by a blank condition', async () => {
  const made = await filled()
  const missing = 'The `filter` or the `expr` property is missing.'
  for (const blank of ['', ' ', '\n\t ']) {
    await expect(made.deleteEntities({ ...at, filter: blank })).rejects.toThrow(missing)
    await expect(made.deleteEntities({ ...at, expr: blank })).rejects.toThrow(missing)
    await expect(made.delete({ ...at, filter: blank } as never)).rejects.toThrow(missing)
  }
  expect(await made.count(at)).toMatchObject({ data: 4 })
})

// It answered 0 for a condition with values, and counted every partition when one was named.
it('counts what the condition, its values and the partitions say', async () => {
  const made = await filled()
  expect((await made.count({ ...at, filter: 'n > {least}', exprValues: { least: 1 } })).data).toBe(3)
  expect((await made.count({ ...at, filter: 'n > {least}', filter_params: { least: 2 } })).data).toBe(2)
  expect((await made.count({ ...at, partition_names: ['p'] })).data).toBe(1)
  expect((await made.count({ ...at, expr: 'n > 1', partition_names: ['_default'] })).data).toBe(2)
})

it('takes the type of the key of a quick collection by number, by name and as pymilvus calls it', async () => {
  const made = client()
  for (const [id_type, type] of [
    ['VarChar', 'VarChar'],
    ['string', 'VarChar'],
    [DataType.VarChar, 'VarChar'],
    ['Int64', 'Int64'],
    ['int', 'Int64'],
  ] as const) {
    await made.createCollection({ ...at, dimension: 4, id_type })
    expect(await made.getPkFieldType(at)).toBe(type)
    await made.dropCollection(at)
  }
})

// The surplus values were dropped without a word.
it('refuses sparse vectors whose indices and values do not pair', async () => {
  const made = await collectionOf([{ name: 'sparse', data_type: 'SparseFloatVector' }], {
    index_params: [
      { field_name: 'vector', index_type: 'FLAT', metric_type: 'L2' },
      { field_name: 'sparse', index_type: 'SPARSE_INVERTED_INDEX', metric_type: 'IP' },
    ],
  })
  const insert = (sparse: unknown) => made.insert({ ...at, data: [{ id: 1, vector: [1, 2, 3, 4], sparse }] as never })
  for (const sparse of [
    { indices: [1], values: [1, 2] },
    { indices: [1, 2], values: [1] },
    { indices: 1, values: 2 },
    { '-1': 1 },
    { [2 ** 32 - 1]: 1 },
  ]) {
    const { status } = await insert(sparse)
    expect(status).toMatchObject({ code: 1100, reason: expect.stringMatching(/sparse/i) })
  }
  expect((await insert({ indices: [1, 2], values: [1, 2] })).status).toMatchObject({ code: 0 })
})

it('gives hits that print and compare as plain objects', async () => {
  const made = await filled()
  for (const output_fields of [['id'], ['n'], ['id', 'n']]) {
    const { results } = await made.search({ ...at, data: [1, 0, 0, 0], limit: 1, output_fields })
    expect(results[0]).toStrictEqual(plain(output_fields))
    expect(inspect(results[0])).toBe(inspect(plain(output_fields)))
    expect(results[0]).toMatchObject({ id: '1', distance: 0 })
  }
  function plain(names: string[]): object {
    return { score: 0, ...(names.includes('id') ? { id: '1' } : {}), ...(names.includes('n') ? { n: 1 } : {}) }
  }
})

// A symbol, an object without a text, a bigint or a hole in the wrong place came out as a TypeError of the package's own code,
// and one that timed a write as a rejection that nobody could take: it ended the process.
it('names the parameter that is of the wrong kind, whatever stands in its place', async () => {
  const made = await filled()
  const row = { id: 9, vector: [1, 2, 3, 4], n: 1 }
  const requests: Record<string, Record<string, unknown>> = {
    createCollection: { collection_name: 'd', dimension: 4, metric_type: 'L2', timeout: 100 },
    describeCollection: at,
    addCollectionField: { ...at, field: { name: 'x', data_type: 5, nullable: true } },
    dropCollectionProperties: { ...at, properties: ['x'] },
    createIndex: { ...at, field_name: 'n', index_name: 'n', index_type: 'INVERTED', params: { nlist: 1 } },
    createPartition: { ...at, partition_name: 'q' },
    loadPartitions: { ...at, partition_names: ['p'] },
    createDatabase: { db_name: 'd' },
    describeDatabase: { db_name: 'd' },
    insert: { ...at, data: [row], partition_name: 'p', timeout: 100 },
    upsert: { ...at, data: [row], field_ops: [{ field_name: 'n', op: 0 }] },
    delete: { ...at, filter: 'id == 9', partition_name: 'p' },
    query: { ...at, filter: 'id == 9', output_fields: ['id'], partition_names: ['p'], limit: 3, order_by_fields: 'id' },
    search: {
      ...at,
      data: [1, 2, 3, 4],
      anns_field: 'vector',
      limit: 3,
      output_fields: ['id'],
      rerank: {},
      params: {},
    },
    hybridSearch: {
      ...at,
      data: [
        { anns_field: 'vector', data: [1, 2, 3, 4] },
        { anns_field: 'vector', data: [1] },
      ],
    },
    queryIterator: { ...at, batchSize: 2, limit: 3, filter: 'id > 0' },
    searchIterator: { ...at, data: [1, 2, 3, 4], batchSize: 2, limit: 3, external_filter_fn: () => true },
    runAnalyzer: { text: 'a', analyzer_params: {} },
    flush: { collection_names: ['c'] },
  }
  const wrongs = [
    Symbol('s'),
    Object.create(null),
    { toString: null },
    [null],
    [undefined],
    Array(2),
    () => 1,
    10n,
    null,
  ]
  const calls = made as unknown as Record<string, (request: unknown) => Promise<unknown>>
  const refused: string[] = []
  for (const [name, request] of Object.entries(requests)) {
    for (const key of ['', ...Object.keys(request)]) {
      for (const wrong of wrongs) {
        try {
          const answer = await calls[name]!(key === '' ? wrong : { ...request, [key]: wrong })
          for await (const _ of Symbol.asyncIterator in Object(answer) ? (answer as AsyncIterable<unknown>) : []);
          const status = (answer as { status?: { reason: string } })?.status ?? (answer as { reason?: string })
          if (/\[object|=>/.test(status?.reason ?? '')) refused.push(`${name}.${key}: ${status.reason}`)
        } catch (error) {
          const { message } = error as Error
          if (error instanceof TypeError || /\[object|=>/.test(message)) refused.push(`${name}.${key}: ${message}`)
        }
      }
    }
  }
  expect(refused).toEqual([])
  await expect(made.query({ ...at, filter: 'id > 0', output_fields: 'id' as never })).rejects.toThrow(
    'output_fields is a list of strings, got "id"',
  )
  await expect(made.describeCollection({ collection_name: Symbol('s') as never })).rejects.toThrow(
    'collection_name is a string, got a symbol',
  )
  const { status } = await made.insert({ ...at, data: [{ ...row, vector: [1n, 2, 3, 4] }] as never })
  expect(status).toMatchObject({ code: 1100, reason: expect.stringContaining('field vector of row 0') })
})

it('leaves the errors of the program itself as they are', async () => {
  const made = await filled()
  const own = new TypeError('of the program')
  const pages = await made.searchIterator({
    ...at,
    data: [1, 0, 0, 0],
    batchSize: 2,
    external_filter_fn: () => {
      throw own
    },
  })
  const read = async () => {
    for await (const _ of pages);
  }
  await expect(read()).rejects.toBe(own)
})

// The element of an array that is not there makes a comparison false, so that `not` of it is true; over fields that may be null it
// was unknown, and the row was found by neither.
it('finds rows by what their arrays lack, be the field nullable or not', async () => {
  for (const nullable of [false, true]) {
    const made = await collectionOf([
      { name: 'a', data_type: 'Array', element_type: 'Int64', max_capacity: 4, nullable },
    ])
    const arrays = [[], [1], [1, 2], ...(nullable ? [null] : [])]
    await made.insert({ ...at, data: arrays.map((a, id) => ({ id, vector: [1, 2, 3, 4], a })) as never })
    const found = async (filter: string) =>
      (await made.query({ ...at, filter, output_fields: ['id'] })).data.map((row) => Number(row['id']))
    expect(await found('a[1] == 2')).toEqual([2])
    expect(await found('a[1] != 5')).toEqual([2])
    expect(await found('not (a[1] == 2)')).toEqual([0, 1])
    expect(await found('not (a[1] > 0)')).toEqual([0, 1])
    expect(await found('a[0] not in [7]')).toEqual([0, 1, 2])
    expect(await found('not (a[0] + 1 == 2) or a[1] == 2')).toEqual([0, 2])
  }
})

it('takes one key or a list of them, in either form, and is typed so', async () => {
  const made = await filled()
  const ids = async (given: string | number | bigint | (string | number | bigint)[]) =>
    (await made.get({ ...at, ids: given, output_fields: ['id'] })).data.map((row) => row['id'])
  expect(await ids(1)).toEqual(['1'])
  expect(await ids('2')).toEqual(['2'])
  expect(await ids([3n, '1', 2])).toEqual(['1', '2', '3'])
  expect((await made.search({ ...at, ids: [1, '2'], limit: 1 })).results).toHaveLength(2)
  expect((await made.delete({ ...at, ids: [1, '2', 9] })).delete_cnt).toBe('2')
})

it('refuses output fields that are paths into keys, or functions: they were passed over', async () => {
  const made = await collectionOf([{ name: 'j', data_type: 'JSON' }], { enable_dynamic_field: true })
  await made.insert({ ...at, data: [{ id: 1, vector: V, j: { k: 1 }, 'a (b)': 2, dyn: { k: 3 } }] })
  for (const name of ['j["k"]', 'dyn["k"]', '$meta["dyn"]["k"]', 'median(id)']) {
    for (const call of [
      made.query({ ...at, filter: 'id == 1', output_fields: [name] }),
      made.search({ ...at, data: V, output_fields: [name] }),
    ]) {
      expect((await call).status).toMatchObject({ code: 1100, reason: expect.stringContaining(name) })
    }
  }
  const names = ['$meta["dyn"]', "$meta['a (b)']"]
  const { data } = await made.query({ ...at, filter: 'id == 1', output_fields: names })
  expect(data).toEqual([{ id: '1', dyn: { k: 3 }, 'a (b)': 2 }])
  expect((await made.query({ ...at, filter: 'id == 1', output_fields: ['a (b)'] })).data[0]!['a (b)']).toBe(2)
})

it('refuses what an iterator would pass over', async () => {
  const made = await filled()
  const rerank = { name: 'd', type: 'Rerank', params: { reranker: 'boost', weight: 2 } }
  for (const more of [{ offset: 1 }, { order_by_fields: ['n'] }, { rerank }]) {
    const [name] = Object.keys(more)
    await expect(made.searchIterator({ ...at, data: V, batchSize: 2, ...more } as never)).rejects.toThrow(
      `a search iterator takes no ${name}`,
    )
  }
  for (const more of [{ ids: [1] }, { offset: 1 }, { group_by_fields: ['n'] }]) {
    const [name] = Object.keys(more)
    await expect(made.queryIterator({ ...at, batchSize: 2, ...more } as never)).rejects.toThrow(
      `a query iterator takes no ${name}`,
    )
  }
  const counted = { ...at, batchSize: 2, output_fields: ['count(*)'] }
  await expect(made.queryIterator(counted as never)).rejects.toThrow('a query iterator gives rows')
  for await (const page of await made.queryIterator({ ...at, batchSize: 9, offset: 0, ids: [] } as never)) {
    expect(page).toHaveLength(4)
  }
})

it('gives the pages of a query in the order asked for: the order was refused', async () => {
  const made = await collectionOf([
    { name: 'n', data_type: 'Int64', nullable: true },
    { name: 's', data_type: 'VarChar', max_length: 9 },
  ])
  const rows = [
    [3, 'a'],
    [null, 'b'],
    [1, 'b'],
    [2n ** 60n, 'a'],
    [3, 'b'],
  ]
  await made.insert({ ...at, data: rows.map(([n, s], id) => ({ id, vector: V, n, s })) as never })
  const pages = async (more: object) => {
    const all: unknown[] = []
    const asked = { ...at, batchSize: 2, filter: '', output_fields: ['id'], ...more }
    for await (const page of await made.queryIterator(asked as never))
      all.push(page.map(({ id }: { id: string }) => Number(id)))
    return all
  }
  expect(await pages({ order_by_fields: ['n:desc'] })).toEqual([[3, 0], [4, 2], [1]])
  expect(await pages({ order_by: 's,n:desc', limit: 3 })).toEqual([[3, 0], [4]])
  expect(await pages({ order_by_fields: [{ field: 'n', order: 'asc' }], filter: 's == "b"' })).toEqual([[2, 4], [1]])
  expect(await pages({ order_by_fields: [] })).toEqual([[0, 1], [2, 3], [4]])
  await expect(pages({ order_by_fields: ['nope'] })).rejects.toThrow('order by field nope not exist')
})

it('refuses to run the analyzer of a field that has none: it ran the standard one', async () => {
  const made = await filled()
  for (const field_name of ['n', 'nope', undefined]) {
    const { status } = await made.runAnalyzer({ ...at, field_name, text: 'a' } as never)
    expect(status).toMatchObject({ code: 1100, reason: expect.stringContaining('of collection c has no analyzer') })
  }
})

it('names every row of a refused write, and no ids: LlamaIndex read the ids of an insert that wrote nothing', async () => {
  const made = client()
  await made.createCollection({ collection_name: 'c', dimension: 2 })
  const refused = { succ_index: [], IDs: null, insert_cnt: '0', upsert_cnt: '0', delete_cnt: '0', timestamp: '0' }
  const data = [
    { id: 1, vector: [1, 0] },
    { id: 2, vector: [1] },
  ]
  expect(await made.insert({ ...at, data })).toMatchObject({ ...refused, err_index: [0, 1] })
  expect(await made.upsert({ ...at, data })).toMatchObject({ ...refused, err_index: [0, 1] })
  expect(await made.delete({ ...at, filter: 'id ==' })).toMatchObject({ ...refused, err_index: [] })
  expect(await made.delete({ ...at, ids: [1] })).toMatchObject({ IDs: {}, err_index: [] })
})

// Lost: a program that looked for an alias or a property of what might not be there ended with a TypeError.
it('describes what is missing with empty lists and no schema, and lists its partitions likewise', async () => {
  const made = client()
  const nothing = { schema: null, aliases: [], properties: [], collection_name: '', num_partitions: '0', shards_num: 0 }
  const status = { code: 100, error_code: 'UnexpectedError' }
  expect(await made.describeCollection({ collection_name: 'nope' })).toMatchObject({ status, ...nothing })
  const { responses } = await made.batchDescribeCollections({ collection_names: ['nope'] })
  expect(responses).toMatchObject([{ status, ...nothing }])
  expect(await made.listPartitions({ collection_name: 'nope' })).toMatchObject({
    partition_names: [],
    inMemory_percentages: [],
    data: [],
  })
})
