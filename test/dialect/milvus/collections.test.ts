// Promise: collections, aliases, databases, partitions, indexes and load states answer as a standalone server does: the same
// shapes, codes and strings; what is refused changes nothing.

import { describe, expect, it } from 'vitest'
import { DataType, ERROR_REASONS, MilvusClient } from '../../../src/dialect/milvus/index.ts'
import { UnsupportedError } from '../../../src/error/index.ts'
import { client, collectionOf, INDEX, KEY, SUCCESS, VECTOR } from './fixture.ts'

const create = (made: MilvusClient, fields: unknown, more: object = {}) =>
  made.createCollection({ collection_name: 'c', fields, ...more } as never)

describe('schemas', () => {
  const wrong: [string, unknown, string][] = [
    ['no fields', undefined, ERROR_REASONS.CREATE_COLLECTION_CHECK_PARAMS],
    ['no data type', [{ name: 'a' }], ERROR_REASONS.CREATE_COLLECTION_MISS_DATA_TYPE],
    ['no key', [VECTOR], ERROR_REASONS.CREATE_COLLECTION_CHECK_PRIMARY_KEY],
    [
      'a key of another type',
      [VECTOR, { ...KEY, data_type: 'Int32' }],
      ERROR_REASONS.CREATE_COLLECTION_CHECK_PRIMARY_KEY,
    ],
    ['no vector', [KEY], ERROR_REASONS.CREATE_COLLECTION_CHECK_VECTOR_FIELD_EXIST],
    ['no dim', [KEY, { name: 'v', data_type: 'FloatVector' }], ERROR_REASONS.CREATE_COLLECTION_CHECK_MISS_DIM],
    ['bits', [KEY, { name: 'v', data_type: 100, dim: 12 }], ERROR_REASONS.CREATE_COLLECTION_CHECK_BINARY_DIM],
    [
      'no max_length',
      [KEY, VECTOR, { name: 's', data_type: 'VarChar' }],
      ERROR_REASONS.CREATE_COLLECTION_CHECK_MISS_MAX_LENGTH,
    ],
    [
      'two partition keys',
      [
        KEY,
        VECTOR,
        { name: 'a', data_type: 5, is_partition_key: true },
        { name: 'b', data_type: 5, is_partition_key: true },
      ],
      ERROR_REASONS.PARTITION_KEY_FIELD_MAXED_OUT,
    ],
    [
      'a partition key of Bool',
      [KEY, VECTOR, { name: 'a', data_type: 1, is_partition_key: true }],
      ERROR_REASONS.INVALID_PARTITION_KEY_FIELD_TYPE,
    ],
    ['an unknown type', [KEY, VECTOR, { name: 'a', data_type: 'Nope' }], ERROR_REASONS.FIELD_TYPE_IS_NOT_SUPPORT],
    ['a name twice', [KEY, VECTOR, { name: 'id', data_type: 5 }], 'duplicated field name: id: invalid parameter'],
    ['a bad name', [KEY, VECTOR, { name: '1a', data_type: 5 }], 'field name invalid[field=1a]'],
    ['dim 1', [KEY, { ...VECTOR, dim: 1 }], 'invalid dimension: 1 of field vector'],
  ]
  it.each(wrong)('refuses %s', async (_name, fields, reason) => {
    const made = client()
    const error = await create(made, fields).catch((error) => error)
    expect(error).toBeInstanceOf(Error)
    expect(error.message).toContain(reason)
    expect(error.reason).toContain(reason)
    expect((await made.hasCollection({ collection_name: 'c' })).value).toBe(false)
  })

  it('describes what was declared, type parameters flat and as strings', async () => {
    const made = client()
    await create(
      made,
      [
        { ...KEY, description: 'key', autoID: true },
        VECTOR,
        { name: 's', data_type: 'VarChar', max_length: 64, default_value: 'x', nullable: true },
        { name: 'n', data_type: DataType.Int64, default_value: 7 },
        { name: 'arr', data_type: 'Array', element_type: 'Int64', max_capacity: 8 },
      ],
      { description: 'about', properties: { 'collection.ttl.seconds': 1800 } },
    )
    const described = await made.describeCollection({ collection_name: 'c' })
    expect(described).toMatchObject({
      status: SUCCESS,
      collection_name: 'c',
      db_name: 'default',
      consistency_level: 'Bounded',
      shards_num: 1,
      num_partitions: '1',
      aliases: [],
      properties: expect.arrayContaining([
        { key: 'timezone', value: 'UTC' },
        { key: 'collection.ttl.seconds', value: '1800' },
      ]),
      schema: { name: 'c', description: 'about', enable_dynamic_field: false, autoID: false, functions: [] },
    })
    const [id, vector, s, n, arr] = described.schema.fields
    expect(id).toMatchObject({
      fieldID: '100',
      name: 'id',
      is_primary_key: true,
      autoID: true,
      data_type: 'Int64',
      dataType: 5,
    })
    expect(vector).toMatchObject({
      fieldID: '101',
      dim: '4',
      type_params: [{ key: 'dim', value: '4' }],
      default_value: null,
    })
    expect(s).toMatchObject({ max_length: '64', nullable: true, default_value: 'x', element_type: 'None' })
    expect(n).toMatchObject({ default_value: '7', state: 'FieldCreated' })
    expect(arr).toMatchObject({ element_type: 'Int64', max_capacity: '8' })
    expect(Object.keys(described.anns_fields)).toEqual(['vector'])
    expect(Object.keys(described.scalar_fields)).toEqual(['id', 's', 'n', 'arr'])
    expect(await made.getPkFieldName({ collection_name: 'c' })).toBe('id')
    expect(await made.getPkFieldType({ collection_name: 'c' })).toBe('Int64')
  })

  it('refuses the same name again, and answers the quick form with success', async () => {
    const made = client()
    await create(made, [KEY, VECTOR])
    await expect(create(made, [KEY, VECTOR])).rejects.toMatchObject({ code: 65535, error_code: 'UnexpectedError' })
    expect(await made.createCollection({ collection_name: 'c', dimension: 9 })).toEqual(SUCCESS)
    expect((await made.describeCollection({ collection_name: 'c' })).schema.fields[1]).toMatchObject({ dim: '4' })
  })

  it('makes the quick form with other names and a text key', async () => {
    const made = client()
    const request = {
      collection_name: 'q',
      dimension: 8,
      primary_field_name: 'pk',
      id_type: DataType.VarChar,
      max_length: 20,
    } as const
    expect(await made.createCollection({ ...request, vector_field_name: 'vec', metric_type: 'IP' })).toEqual(SUCCESS)
    const { schema } = await made.describeCollection({ collection_name: 'q' })
    expect(schema.fields[0]).toMatchObject({ name: 'pk', data_type: 'VarChar', max_length: '20' })
    expect(schema.enable_dynamic_field).toBe(true)
    expect((await made.getLoadState({ collection_name: 'q' })).state).toBe('LoadStateLoaded')
    const { index_descriptions } = await made.describeIndex({ collection_name: 'q' })
    expect(index_descriptions[0]!.params).toEqual([
      { key: 'index_type', value: 'AUTOINDEX' },
      { key: 'metric_type', value: 'IP' },
    ])
  })
})

it('shows, renames, drops; aliases follow', async () => {
  const made = client()
  for (const name of ['a', 'b']) await made.createCollection({ collection_name: name, dimension: 4 })
  await made.releaseCollection({ collection_name: 'b' })
  expect((await made.showCollections()).data.map((one) => one.name)).toEqual(['a', 'b'])
  expect((await made.showCollections({ type: 1 })).data).toEqual([
    { name: 'a', id: expect.any(String), timestamp: expect.any(String), loadedPercentage: '100' },
  ])
  expect(await made.createAlias({ collection_name: 'a', alias: 'x' })).toEqual(SUCCESS)
  expect(await made.createAlias({ collection_name: 'a', alias: 'x' })).toEqual(SUCCESS)
  expect(await made.createAlias({ collection_name: 'b', alias: 'x' })).toMatchObject({ code: 1602 })
  expect(await made.createAlias({ collection_name: 'b', alias: 'a' })).toMatchObject({ code: 1601 })
  expect(await made.alterAlias({ collection_name: 'b', alias: 'nope' })).toMatchObject({ code: 1600 })
  expect(await made.describeAlias({ collection_name: 'a', alias: 'x' })).toMatchObject({ alias: 'x', collection: 'a' })
  expect(await made.renameCollection({ collection_name: 'a', new_collection_name: 'b' })).toMatchObject({ code: 65535 })
  expect(await made.renameCollection({ collection_name: 'a', new_collection_name: 'b' })).toMatchObject({
    code: 65535,
    reason: 'duplicated new collection name default:b with other collection name or alias',
  })
  expect(await made.renameCollection({ collection_name: 'a', new_collection_name: 'x' })).toMatchObject({ code: 1601 })
  expect(await made.renameCollection({ collection_name: 'a', new_collection_name: 'c' })).toEqual(SUCCESS)
  expect((await made.describeCollection({ collection_name: 'x' })).collection_name).toBe('c')
  expect(await made.listAliases({ collection_name: 'c' })).toMatchObject({ aliases: ['x'], collection_name: 'c' })
  expect((await made.dropCollection({ collection_name: 'x' })).error_code).toBe('UnexpectedError')
  expect(await made.alterAlias({ collection_name: 'b', alias: 'x' })).toEqual(SUCCESS)
  expect((await made.describeAlias({ collection_name: 'b', alias: 'x' })).collection).toBe('b')
  expect(await made.dropAlias({ alias: 'x' })).toEqual(SUCCESS)
  expect(await made.dropAlias({ alias: 'x' })).toEqual(SUCCESS)
  expect(await made.dropCollection({ collection_name: 'c' })).toEqual(SUCCESS)
  expect(await made.dropCollection({ collection_name: 'c' })).toEqual(SUCCESS)
  expect((await made.hasCollection({ collection_name: 'c' })).value).toBe(false)
  const missing = await made.describeCollection({ collection_name: 'c' })
  expect(missing.status).toMatchObject({ code: 100, error_code: 'UnexpectedError' })
  expect(missing.status.reason).toBe("can't find collection[database=default][collection=c]")
  expect(await made.releaseCollection({ collection_name: 'c' })).toMatchObject({
    code: 100,
    error_code: 'CollectionNotExists',
  })
  await expect(made.loadCollection({ collection_name: 'c' })).rejects.toThrow('collection not found')
  await expect(made.hasCollection({} as never)).rejects.toThrow(ERROR_REASONS.COLLECTION_NAME_IS_REQUIRED)
})

it('keeps databases apart', async () => {
  const made = client()
  expect(await made.createDatabase({ db_name: 'other', properties: { 'database.replica.number': 1 } })).toEqual(SUCCESS)
  expect(await made.createDatabase({ db_name: 'other' })).toMatchObject({ code: 65535 })
  expect((await made.listDatabases()).db_names).toEqual(['default', 'other'])
  await made.createCollection({ collection_name: 'c', dimension: 4 })
  await made.createCollection({ collection_name: 'c', dimension: 8, db_name: 'other' })
  const dim = async (db_name: string) =>
    (await made.describeCollection({ collection_name: 'c', db_name })).schema.fields[1]!.dim
  expect([await dim('default'), await dim('other')]).toEqual(['4', '8'])
  expect(await made.dropDatabase({ db_name: 'other' })).toMatchObject({ reason: expect.stringContaining('not empty') })
  expect(await made.use({ db_name: 'other' })).toEqual({ error_code: 'Success', reason: '' })
  expect((await made.describeCollection({ collection_name: 'c' })).db_name).toBe('other')
  await made.renameCollection({ collection_name: 'c', new_collection_name: 'moved', new_db_name: 'default' })
  expect(await made.dropDatabase({ db_name: 'other' })).toEqual(SUCCESS)
  expect(await made.dropDatabase({ db_name: 'other' })).toEqual(SUCCESS)
  expect((await made.dropDatabase({ db_name: 'default' })).error_code).not.toBe('Success')
  expect((await made.showCollections()).status).toMatchObject({
    code: 800,
    reason: 'database not found[database=other]',
  })
  await made.useDatabase({ db_name: 'default' })
  expect((await made.showCollections()).data.map((one) => one.name)).toEqual(['c', 'moved'])
  await made.createDatabase({ db_name: 'third' })
  await made.alterDatabase({ db_name: 'third', properties: { k: 5 } })
  expect((await made.describeDatabase({ db_name: 'third' })).properties).toEqual([{ key: 'k', value: '5' }])
  await made.dropDatabaseProperties({ db_name: 'third', properties: ['k'] })
  expect((await made.describeDatabase({ db_name: 'third' })).properties).toEqual([])
})

it('partitions: rows apart, loaded one by one, dropped with their rows', async () => {
  const made = await collectionOf([])
  const at = { collection_name: 'c', partition_name: 'p' }
  expect(await made.createPartition(at)).toEqual(SUCCESS)
  expect(await made.createPartition(at)).toEqual(SUCCESS)
  expect(await made.hasPartition(at)).toEqual({ status: SUCCESS, value: true })
  expect((await made.listPartitions({ collection_name: 'c' })).partition_names).toEqual(['_default', 'p'])
  expect((await made.describeCollection({ collection_name: 'c' })).num_partitions).toBe('2')
  const row = (id: number) => ({ id, vector: [id, 0, 0, 0] })
  await made.insert({ ...at, data: [row(1), row(2)] })
  await made.insert({ collection_name: 'c', data: [row(3)] })
  expect((await made.getPartitionStatistics(at)).data).toEqual({ row_count: '2' })
  expect((await made.getCollectionStatistics({ collection_name: 'c' })).stats).toEqual([
    { key: 'row_count', value: '3' },
  ])
  expect((await made.query({ collection_name: 'c', filter: 'id > 0', partition_names: ['x'] })).status).toMatchObject({
    code: 65535,
  })
  await made.releasePartitions({ collection_name: 'c', partition_names: ['p'] })
  expect((await made.count({ collection_name: 'c' })).data).toBe(1)
  expect((await made.getLoadState({ collection_name: 'c', partition_names: ['p'] })).state).toBe('LoadStateNotLoad')
  await made.loadPartitions({ collection_name: 'c', partition_names: ['p'] })
  expect((await made.count({ collection_name: 'c' })).data).toBe(3)
  expect(await made.dropPartition(at)).toMatchObject({
    code: 65535,
    reason: 'partition cannot be dropped, partition is loaded, please release it first',
  })
  expect((await made.count({ collection_name: 'c' })).data).toBe(3)
  await made.releasePartitions({ collection_name: 'c', partition_names: ['p'] })
  expect(await made.dropPartition(at)).toEqual(SUCCESS)
  expect(await made.dropPartition(at)).toEqual(SUCCESS)
  expect((await made.count({ collection_name: 'c' })).data).toBe(1)
  expect((await made.dropPartition({ ...at, partition_name: '_default' })).error_code).toBe('IllegalArgument')
  await expect(made.createPartition({ collection_name: 'c' } as never)).rejects.toThrow(
    ERROR_REASONS.COLLECTION_PARTITION_NAME_ARE_REQUIRED,
  )
})

it('partition keys route, and forbid naming partitions', async () => {
  const made = await collectionOf(
    [{ name: 'tenant', data_type: DataType.VarChar, max_length: 20, is_partition_key: true }],
    {
      num_partitions: 4,
    },
  )
  const names = (await made.listPartitions({ collection_name: 'c' })).partition_names
  expect(names).toEqual(['_default_0', '_default_1', '_default_2', '_default_3'])
  const data = Array.from({ length: 50 }, (_, id) => ({ id, vector: [id, 0, 0, 0], tenant: `t${id % 7}` }))
  expect((await made.insert({ collection_name: 'c', data })).insert_count).toBe(50)
  const counts = await Promise.all(
    names.map(async (partition_name) => {
      const stats = await made.getPartitionStatistics({ collection_name: 'c', partition_name })
      return Number(stats.data['row_count'])
    }),
  )
  expect(counts.reduce((a, b) => a + b)).toBe(50)
  expect((await made.query({ collection_name: 'c', filter: 'tenant == "t3"' })).data).toHaveLength(7)
  const insert = await made.insert({ collection_name: 'c', partition_name: '_default_0', data: data[0]! })
  expect(insert.status).toMatchObject({ code: 65535, error_code: 'UnexpectedError' })
  const query = await made.query({ collection_name: 'c', filter: 'id > 0', partition_names: ['_default_0'] })
  expect(query.status).toMatchObject({ code: 1100, error_code: 'IllegalArgument' })
  expect((await made.createPartition({ collection_name: 'c', partition_name: 'p' })).error_code).toBe('UnexpectedError')
})

describe('indexes', () => {
  it('accepts every type for its kind of field and describes it as given', async () => {
    const made = client()
    await create(made, [
      KEY,
      VECTOR,
      { name: 's', data_type: 'VarChar', max_length: 9 },
      { name: 'sp', data_type: 'SparseFloatVector' },
    ])
    expect((await made.describeIndex({ collection_name: 'c' })).status).toMatchObject({
      code: 700,
      error_code: 'IndexNotExist',
    })
    expect(await made.listIndexes({ collection_name: 'c' })).toEqual({ status: SUCCESS, indexes: [] })
    const hnsw = {
      collection_name: 'c',
      field_name: 'vector',
      index_name: 'v',
      index_type: 'HNSW',
      metric_type: 'IP',
      params: { M: 8, efConstruction: 64 },
    }
    expect(await made.createIndex(hnsw)).toEqual(SUCCESS)
    expect(await made.createIndex({ ...hnsw })).toEqual(SUCCESS)
    expect((await made.createIndex({ ...hnsw, metric_type: 'L2' })).reason).toContain('at most one distinct index')
    expect((await made.createIndex({ ...hnsw, index_name: 'w' })).reason).toContain('creating multiple indexes')
    expect((await made.createIndex({ ...hnsw, field_name: 'nope' })).reason).toBe(
      'cannot create index on non-exist field: nope',
    )
    expect(await made.createIndex({ collection_name: 'c', field_name: 's', index_type: 'HNSW' })).toMatchObject({
      code: 1100,
    })
    await expect(made.loadCollection({ collection_name: 'c' })).rejects.toThrow('no vector index on field: [sp]')
    expect(
      await made.createIndex([
        { collection_name: 'c', field_name: 's', index_type: 'INVERTED' },
        { collection_name: 'c', field_name: 'sp', index_type: 'SPARSE_INVERTED_INDEX', metric_type: 'IP' },
      ]),
    ).toEqual(SUCCESS)
    expect(await made.loadCollectionSync({ collection_name: 'c' })).toEqual(SUCCESS)
    const { index_descriptions } = await made.describeIndex({ collection_name: 'c', index_name: 'v' })
    expect(index_descriptions).toHaveLength(1)
    expect(index_descriptions[0]).toMatchObject({
      index_name: 'v',
      field_name: 'vector',
      indexed_rows: '0',
      state: 'Finished',
      actual_index_type: 'HNSW',
    })
    expect(index_descriptions[0]!.params).toEqual([
      { key: 'index_type', value: 'HNSW' },
      { key: 'metric_type', value: 'IP' },
      { key: 'params', value: '{"M":8,"efConstruction":64}' },
    ])
    await made.alterIndexProperties({ collection_name: 'c', index_name: 'v', params: { 'mmap.enabled': true } })
    const altered = await made.describeIndex({ collection_name: 'c', index_name: 'v' })
    expect(altered.index_descriptions[0]!.params).toContainEqual({ key: 'mmap.enabled', value: 'true' })
    expect((await made.listIndexes({ collection_name: 'c' })).indexes).toEqual(['v', 's', 'sp'])
    expect((await made.dropIndex({ collection_name: 'c' })).error_code).not.toBe('Success')
    expect(await made.dropIndex({ collection_name: 'c', field_name: 's' })).toEqual(SUCCESS)
    expect(await made.dropIndex({ collection_name: 'c', field_name: 's' })).toEqual(SUCCESS)
    expect(await made.dropIndex({ collection_name: 'c', index_name: 'v' })).toMatchObject({
      code: 1100,
      reason: 'vector index cannot be dropped on loaded collection: c: invalid parameter',
    })
    expect((await made.listIndexes({ collection_name: 'c' })).indexes).toEqual(['v', 'sp'])
    await made.releaseCollection({ collection_name: 'c' })
    for (const bad of [
      { index_type: 'NOPE' },
      { metric_type: 'HAMMING' },
      { params: { M: 1 } },
      { params: { M: 4096 } },
    ]) {
      await made.dropIndex({ collection_name: 'c', index_name: 'v' })
      expect(await made.createIndex({ ...hnsw, ...bad } as never)).toMatchObject({ code: 1100 })
    }
  })

  it('keeps the rows when an index names another metric', async () => {
    const made = client()
    await create(made, [KEY, VECTOR])
    const data = Array.from({ length: 30 }, (_, id) => ({ id, vector: [id, 1, 2, 3] }))
    await made.insert({ collection_name: 'c', data })
    await made.createIndex({ collection_name: 'c', ...INDEX })
    await made.loadCollection({ collection_name: 'c' })
    expect((await made.query({ collection_name: 'c', filter: 'id < 2' })).data).toEqual(
      data.slice(0, 2).map((row) => ({ ...row, id: String(row.id) })),
    )
    expect((await made.count({ collection_name: 'c' })).data).toBe(30)
    await made.truncateCollection({ collection_name: 'c' })
    expect((await made.count({ collection_name: 'c' })).data).toBe(0)
    expect((await made.listIndexes({ collection_name: 'c' })).indexes).toEqual(['vector'])
  })
})

it('answers 101 while released', async () => {
  const made = await collectionOf([])
  await made.releaseCollection({ collection_name: 'c' })
  expect((await made.query({ collection_name: 'c', filter: 'id > 0' })).status).toMatchObject({ code: 101 })
  expect((await made.count({ collection_name: 'c' })).status).toMatchObject({ code: 101 })
  expect((await made.getLoadState({ collection_name: 'c' })).state).toBe('LoadStateNotLoad')
  expect((await made.getLoadState({ collection_name: 'nope' })).state).toBe('LoadStateNotExist')
})

it('adds nullable fields to rows that are there, and drops fields', async () => {
  const made = await collectionOf([])
  await made.insert({ collection_name: 'c', data: [{ id: 1, vector: [0, 0, 0, 1] }] })
  const field = { name: 'extra', data_type: 'Int64', nullable: true, default_value: 5 } as const
  expect(await made.addCollectionField({ collection_name: 'c', field })).toEqual(SUCCESS)
  expect(
    await made.addCollectionField({ collection_name: 'c', field: { name: 'x', data_type: 'Int8' } }),
  ).toMatchObject({ code: 1100 })
  await made.addCollectionFields({
    collection_name: 'c',
    fields: [
      { name: 'more', data_type: 'VarChar', max_length: 5, nullable: true },
      { name: 'v2', data_type: 'FloatVector', dim: 2, nullable: true },
    ],
  })
  await made.insert({ collection_name: 'c', data: [{ id: 2, vector: [0, 0, 0, 1], extra: 6, more: 'a' }] })
  const { data } = await made.query({
    collection_name: 'c',
    filter: 'extra >= 5',
    output_fields: ['extra', 'more', 'v2'],
  })
  expect(data).toEqual([
    { id: '1', extra: '5', more: null, v2: null },
    { id: '2', extra: '6', more: 'a', v2: null },
  ])
  expect((await made.query({ collection_name: 'c', filter: 'extra is null' })).data).toEqual([])
  expect(await made.dropCollectionField({ collection_name: 'c', field_name: 'more' })).toEqual(SUCCESS)
  expect((await made.describeCollection({ collection_name: 'c' })).schema.fields.map((one) => one.name)).toEqual([
    'id',
    'vector',
    'extra',
    'v2',
  ])
})

it('takes dynamic keys from when dynamicfield.enabled is set; it was kept and described, and rows with such keys refused', async () => {
  const made = await collectionOf([])
  const at = { collection_name: 'c' }
  await made.insert({ ...at, data: [{ id: 1, vector: [1, 0, 0, 0] }] })
  const set = (value: unknown) =>
    made.alterCollectionProperties({ ...at, properties: { 'dynamicfield.enabled': value } } as never)
  expect(await set(false)).toEqual(SUCCESS)
  expect(await set('maybe')).toMatchObject({ code: 1100 })
  expect(await set(true)).toEqual(SUCCESS)
  expect((await made.describeCollection(at)).schema.enable_dynamic_field).toBe(true)
  await made.insert({ ...at, data: [{ id: 2, vector: [1, 0, 0, 0], color: 'red' }] })
  const output_fields = ['id', 'color']
  expect((await made.query({ ...at, filter: 'color == "red" or id == 1', output_fields })).data).toEqual([
    { id: '1' },
    { id: '2', color: 'red' },
  ])
  expect(await set('false')).toMatchObject({ code: 1100 })
  expect(await made.alterCollectionProperties({ ...at, properties: { other: 1 } })).toEqual(SUCCESS)
  expect((await made.describeCollection(at)).schema.enable_dynamic_field).toBe(true)
})

it('maintenance answers; what needs a cluster is refused', async () => {
  const made = await collectionOf([])
  expect(await made.checkHealth()).toMatchObject({ isHealthy: true, reasons: [] })
  expect((await made.getVersion()).version).toMatch(/^v2\./)
  expect(MilvusClient.sdkInfo).toEqual({ version: '3.0.6', recommendMilvus: 'v3.0.0' })
  expect((await made.flush({ collection_names: ['c'] })).coll_segIDs).toEqual({ c: { data: [] } })
  expect((await made.flushSync({ collection_names: ['c'] })).flushed).toBe(true)
  expect((await made.flushAllSync()).flushed).toBe(true)
  const { compactionID } = await made.compact({ collection_name: 'c' })
  expect((await made.getCompactionState({ compactionID })).state).toBe('Completed')
  expect((await made.getMetric({ request: { metric_type: 'system_info' } })).status).toEqual(SUCCESS)
  await expect(made.flush({ collection_names: [] })).rejects.toThrow(ERROR_REASONS.COLLECTION_NAME_IS_REQUIRED)
  await expect(made.getMetric({} as never)).rejects.toThrow(ERROR_REASONS.GET_METRIC_CHECK_PARAMS)
  await expect(made.createUser({ username: 'a', password: 'b' })).rejects.toBeInstanceOf(UnsupportedError)
})
