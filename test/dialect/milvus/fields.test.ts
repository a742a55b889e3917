// Promise: what a field is declared as, or changed to, holds for its rows; what would have no effect, or would make rows
// that are there invalid, is refused.

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DataType } from '../../../src/dialect/milvus/index.ts'
import { open } from '../../../src/engine/index.ts'
import { client, collectionOf, idsOf, KEY, SUCCESS, temporaryFolder, VECTOR } from './fixture.ts'

const ROW = { id: 1, vector: [1, 2, 3, 4], s: 'a', list: [1, 2] }
const FIELDS = [
  { name: 's', data_type: DataType.VarChar, max_length: 10 },
  { name: 'list', data_type: DataType.Array, element_type: DataType.Int64, max_capacity: 3 },
]
const ADDED = { name: 'other', data_type: 'FloatVector', dim: 2, nullable: true } as const

it('refuses to change what rows depend on: a changed dim made every insert fail, and then lost all rows', async () => {
  const made = await collectionOf(FIELDS)
  await made.insert({ collection_name: 'c', data: [ROW] })
  const alter = (field_name: string, properties: Record<string, string | number | boolean>) =>
    made.alterCollectionFieldProperties({ collection_name: 'c', field_name, properties })
  for (const [field, properties] of [
    ['vector', { dim: 8 }],
    ['s', { enable_match: true }],
    ['s', { nullable: true }],
    ['s', { max_length: 0 }],
    ['s', { max_length: 70_000 }],
    ['s', { max_capacity: 3 }],
    ['list', { max_capacity: 5_000 }],
  ] as const) {
    expect(await alter(field, properties), JSON.stringify(properties)).toMatchObject({ code: 1100 })
  }
  expect(await alter('s', { max_length: 20, 'mmap.enabled': true })).toEqual(SUCCESS)
  expect(await alter('list', { max_capacity: 4, warmup: 'sync' })).toEqual(SUCCESS)
  const { schema } = await made.describeCollection({ collection_name: 'c' })
  expect(schema.fields[2]).toMatchObject({ max_length: '20', 'mmap.enabled': 'true' })
  await made.addCollectionField({ collection_name: 'c', field: ADDED })
  await made.createIndex({ collection_name: 'c', field_name: 'other', index_type: 'AUTOINDEX' })
  expect(await idsOf(made, 'id > 0')).toEqual([1])
})

it('keeps the rows of a collection that cannot be moved: they were dropped', async () => {
  const address = join(temporaryFolder(), 'milvus.db')
  const made = await collectionOf(FIELDS, {}, client({ address }))
  await made.insert({ collection_name: 'c', data: [ROW] })
  await made.closeConnection()
  // As an older version left it, whose vectors could be given another dim.
  const database = await open(address)
  const catalog = database.collection('milvus.catalog')
  for (const record of await catalog.find().toArray()) {
    const text = JSON.stringify(record).replace('"dim":"4"', '"dim":"8"')
    await catalog.upsert(JSON.parse(text) as typeof record)
  }
  await database.close()
  const again = client({ address })
  const added = await again.addCollectionField({ collection_name: 'c', field: ADDED })
  expect(added.reason).toMatch(/1 rows cannot be moved: /)
  expect(await idsOf(again, 'id > 0')).toEqual([1])
  await again.closeConnection()
  const after = await open(address)
  expect((await after.collections()).map((one) => one.name).sort()).toEqual(['c', 'milvus.catalog'])
  await after.close()
})

/** The reason for which a collection with these fields beside its key is refused. */
async function refusalOf(fields: object[], more: Record<string, unknown> = {}): Promise<string> {
  const request = { collection_name: 'c', fields: [KEY, ...fields], ...more }
  return await client()
    .createCollection(request as never)
    .then(
      ({ reason }) => reason,
      (error: Error) => error.message,
    )
}

it('refuses structs whose fields could not be used: nulls, defaults, keys and JSON were taken, and rows were not', async () => {
  const emb = { name: 'emb', data_type: DataType.FloatVector, dim: 2 }
  const n = { name: 'n', data_type: DataType.Int64 }
  const structs = (...fields: object[]) =>
    refusalOf([
      VECTOR,
      { name: 'c', data_type: DataType.Array, element_type: DataType.Struct, max_capacity: 3, fields },
    ])
  expect(await structs(emb, n)).toBe('')
  expect(await structs()).toMatch('array of structs c has no fields')
  expect(await structs(emb, n, n)).toMatch('duplicated field name: n')
  expect(await structs(emb, { ...n, nullable: true })).toMatch('field n in a struct: nullable is not supported')
  expect(await structs(emb, { ...n, default_value: 1 })).toMatch('field n in a struct: default_value is not supported')
  for (const key of ['is_primary_key', 'is_clustering_key', 'is_partition_key']) {
    expect(await structs(emb, { ...n, [key]: true })).toMatch(/cannot be a key|more than one primary key/)
  }
  for (const type of ['JSON', 'Array', 'Geometry', 'Timestamptz', 'SparseFloatVector', 'BinaryVector']) {
    const wrong = { name: 'x', data_type: type, element_type: 'Int64', max_capacity: 3, dim: 8 }
    expect(await structs(emb, wrong)).toMatch(`field x in a struct: data type ${type} is not supported`)
  }
  const eleven = Array.from({ length: 10 }, (_, i) => ({ ...emb, name: `emb${i}` }))
  expect(await structs(...eleven)).toMatch("maximum vector field's number should be limited to 10")
})

it('refuses fields and functions that say what cannot be', async () => {
  const text = { name: 's', data_type: DataType.VarChar, max_length: 10, enable_analyzer: true }
  const sparse = { name: 'sparse', data_type: DataType.SparseFloatVector }
  const bm25 = { name: 'f', type: 'BM25', input_field_names: ['s'], output_field_names: ['sparse'] }
  const other = { ...text, name: 't' }
  const clustered = { name: 'a', data_type: DataType.Int64, is_clustering_key: true }
  expect(await refusalOf([VECTOR, clustered, { ...clustered, name: 'b' }])).toMatch('more than one clustering key')
  expect(await refusalOf([VECTOR, { name: 'n', data_type: DataType.Int64, enable_match: true }])).toMatch(
    'field n of type Int64 can not enable match or analyzer',
  )
  expect(await refusalOf([text, sparse], { functions: [bm25, bm25] })).toMatch('duplicated function name: f')
  const second = { ...bm25, name: 'g', input_field_names: ['t'] }
  expect(await refusalOf([text, other, sparse], { functions: [bm25, second] })).toMatch(
    'duplicated function output field name: sparse',
  )
  const refused = (field: object) => refusalOf([VECTOR, { name: 'd', ...field }])
  expect(await refused({ data_type: 'Int8', default_value: 300 })).toBe(
    'default_value of field d: the 0-th element (300) out of range: [-128, 127]: invalid parameter',
  )
  expect(await refused({ data_type: 'Bool', default_value: 'x' })).toBe(
    'default_value of field d: expected Bool, got "x": invalid parameter',
  )
  expect(await refused({ data_type: 'VarChar', max_length: 3, default_value: 'abcd' })).toMatch(
    'default_value of field d: length of varchar field d exceeds max length, length: 4, max length: 3',
  )
  const made = await collectionOf([])
  const add = (field: object) => made.addCollectionField({ collection_name: 'c', field: field as never })
  expect(await add({ name: 's', data_type: 'VarChar', nullable: true })).toMatchObject({ code: 1100 })
  expect(await add({ ...clustered, nullable: true })).toMatchObject({ code: 1100 })
})

it('counts the default of an added field in rows that are older: sums, groups and orders took it for null', async () => {
  const made = await collectionOf([])
  const at = { collection_name: 'c' }
  await made.insert({ ...at, data: [1, 2].map((id) => ({ id, vector: [id, 0, 0, 0] })) })
  const field = { name: 'n', data_type: DataType.Int64, nullable: true, default_value: 7 }
  expect(await made.addCollectionField({ ...at, field })).toEqual(SUCCESS)
  await made.insert({ ...at, data: [3, 9].map((n, i) => ({ id: 3 + i, vector: [3 + i, 0, 0, 0], n })) })
  const query = async (more: object) => (await made.query({ ...at, filter: 'id > 0', ...more } as never)).data
  expect(await query({ output_fields: ['sum(n)', 'min(n)'] })).toEqual([{ 'sum(n)': '26', 'min(n)': '3' }])
  expect(await query({ group_by_fields: ['n'], output_fields: ['n', 'count(*)'] })).toEqual([
    { n: '3', 'count(*)': '1' },
    { n: '7', 'count(*)': '2' },
    { n: '9', 'count(*)': '1' },
  ])
  const ids = (rows: readonly object[]) => rows.map((row) => (row as { id: string }).id)
  expect(ids(await query({ order_by_fields: ['n'], output_fields: ['id'] }))).toEqual(['3', '1', '2', '4'])
  const search = (more: object) => made.search({ ...at, data: [0, 0, 0, 0], output_fields: ['id'], ...more } as never)
  expect(ids((await search({ order_by_fields: ['n:desc'] })).results)).toEqual(['4', '1', '2', '3'])
  const buckets = { fields: ['n'], size: 9 }
  const { agg_buckets } = (await search({ search_aggregation: buckets })) as never as { agg_buckets: object[] }
  expect(JSON.stringify(agg_buckets)).toMatch(/"7"/)
  const params = { reranker: 'decay', function: 'linear', origin: 7, scale: 1, decay: 0.5 }
  const rerank = { name: 'd', type: 'Rerank', input_field_names: ['n'], params }
  expect(ids((await search({ rerank })).results.slice(0, 2))).toEqual(['1', '2'])
  await made.createIndex({ ...at, field_name: 'n', index_type: 'STL_SORT' })
  expect(await idsOf(made, 'n == 7')).toEqual([1, 2])
  expect(await idsOf(made, '6 < n < 10')).toEqual([1, 2, 4])
})

it('adds a field under the name of a dropped one without its values: those of another type came back', async () => {
  const dropped = [
    { name: 'n', data_type: DataType.Bool },
    { name: 'other', data_type: DataType.FloatVector, dim: 2 },
  ]
  const made = await collectionOf(dropped, { index_params: undefined })
  const at = { collection_name: 'c' }
  await made.createPartition({ ...at, partition_name: 'p' })
  const row = { vector: [1, 0, 0, 0], n: true, other: [1, 2] }
  await made.insert({ ...at, data: [{ ...row, id: 1 }] })
  await made.insert({ ...at, data: [{ ...row, id: 2 }], partition_name: 'p' })
  for (const { name } of dropped) expect(await made.dropCollectionField({ ...at, field_name: name })).toEqual(SUCCESS)
  for (const field of [
    { name: 'n', data_type: 'Int64', nullable: true, default_value: 7 },
    { name: 'other', data_type: 'FloatVector', dim: 3, nullable: true },
  ]) {
    expect(await made.addCollectionField({ ...at, field: field as never })).toEqual(SUCCESS)
  }
  for (const field_name of ['vector', 'other']) await made.createIndex({ ...at, field_name, index_type: 'AUTOINDEX' })
  await made.loadCollection(at)
  const read = async (partition: string) => {
    const { data } = await made.query({ ...at, filter: 'id > 0', partition_names: [partition] })
    return data
  }
  const left = { vector: [1, 0, 0, 0], n: '7', other: null }
  expect(await read('_default')).toEqual([{ ...left, id: '1' }])
  expect(await read('p')).toEqual([{ ...left, id: '2' }])
})
