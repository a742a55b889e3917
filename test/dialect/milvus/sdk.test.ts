// Promise: what programs import beside the client is what the SDK exports, and does what it does: compared with the SDK itself.

import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import * as ours from '../../../src/dialect/milvus/index.ts'
import fc from '../../property.ts'
import { client, collectionOf, SUCCESS } from './fixture.ts'

type Exports = Record<string, unknown>

const sdk = createRequire(import.meta.url)('@zilliz/milvus2-sdk-node') as Exports
const mine = ours as unknown as Exports

it('has the names, numbers and texts of the SDK', () => {
  const shared = Object.keys(mine).filter((name) => name in sdk)
  expect(Object.keys(mine).filter((name) => !(name in sdk))).toEqual(['MilvusError'])
  expect(shared.length).toBeGreaterThan(80)
  for (const name of shared) {
    if (typeof sdk[name] === 'function') expect(typeof mine[name], name).toBe('function')
    else expect(mine[name], name).toEqual(sdk[name])
  }
})

it('has every method of the client', () => {
  const methodsOf = (Client: unknown) => {
    const names = new Set<string>()
    let prototype = (Client as { prototype: object }).prototype
    for (; prototype !== Object.prototype; prototype = Object.getPrototypeOf(prototype)) {
      for (const name of Object.getOwnPropertyNames(prototype)) names.add(name)
    }
    return names
  }
  const internal =
    /^_|Connection$|Pool$|^(create|replace|send|get)Telemetry|Primary$|Listener$|ServerInfo$|LifecycleCurrent|FieldOps$|Collection(Info|InfoCacheKey)$|^call|Compatibility$|FailoverHandler$/
  const have = methodsOf(ours.MilvusClient)
  expect([...methodsOf(sdk['MilvusClient'])].filter((name) => !have.has(name) && !internal.test(name))).toEqual([])
})

it('has the methods that are fields of the SDK, other names of methods: some were no functions', async () => {
  type Client = Readonly<Record<string, () => Promise<unknown>>>
  const Remote = sdk['MilvusClient'] as new (config: object) => Client
  const remote = new Remote({ address: 'localhost:19530', __SKIP_CONNECT__: true })
  const here = client() as unknown as Client
  const names = Object.keys(remote).filter((name) => typeof remote[name] === 'function' && !name.startsWith('_'))
  expect(names).toContain('dropUser')
  expect(names.filter((name) => typeof here[name] !== 'function')).toEqual([])
  await expect(here['grantRole']?.()).rejects.toThrow('grantRole: users, roles and privileges need a Milvus server')
  await expect(here['updatePassword']?.()).rejects.toThrow('The `username` or `password` property is missing.')
})

function outcome(module: Exports, name: string, args: readonly unknown[]): unknown {
  try {
    const value = (module[name] as (...args: readonly unknown[]) => unknown)(...structuredClone(args))
    return value instanceof Uint8Array ? [...value] : Array.isArray(value) ? value.map(plain) : value
  } catch (error) {
    return `thrown: ${(error as Error).message}`
  }
}

const plain = (value: unknown) => (value instanceof Uint8Array ? [...value] : value)

const KEY = { name: 'id', data_type: 'Int64' }
const NAME = { name: 'name', data_type: 'VarChar' }

const CALLS: [name: string, ...args: unknown[]][] = [
  ['parseToKeyValue', { a: 1, b: { c: [2] }, d: null }],
  ['parseToKeyValue', { a: 1, b: { c: [2] }, d: null, e: true }, true],
  ['parseToKeyValue', undefined],
  ['findKeyValue', [{ key: 'a', value: 1 }], 'a'],
  ['findKeyValue', [{ key: 'a', value: 1 }], 'b'],
  ['formatKeyValueData', [{ key: 'a', value: 1 }], ['a', 'b']],
  ['normalizeOrderByFields', undefined],
  ['normalizeOrderByFields', 'a:desc'],
  ['normalizeOrderByFields', ['a', { field: 'b' }, { field: 'c', order: 'desc' }]],
  ['normalizeOrderByFields', 5],
  ['normalizeOrderByFields', [5]],
  ['normalizeOrderByFields', [{ field: '' }]],
  ['formatNumberPrecision', 3.1738998889923096, 3],
  ['formatNumberPrecision', 3, 3],
  ['formatNumberPrecision', -0.5, 0],
  ['checkTimeParam', '12'],
  ['checkTimeParam', 12n],
  ['checkTimeParam', 12],
  ['checkTimeParam', 'x'],
  ['hybridtsToUnixtime', '429642767925248000'],
  ['hybridtsToUnixtime', 429642767925248000n],
  ['hybridtsToUnixtime', 'x'],
  ['unixtimeToHybridts', '1638957092'],
  ['unixtimeToHybridts', 5],
  ['datetimeToHybrids', new Date(1_638_957_092_000)],
  ['datetimeToHybrids', 'x'],
  ['stringToBase64', 'r\u00e4ksm\u00f6rg\u00e5s'],
  ['stringToBase64', '\u00e4'.repeat(100_000)],
  ['formatAddress', 'https://host:1'],
  ['formatAddress', 'host:1'],
  ['parseTimeToken', '30s'],
  ['parseTimeToken', '2M'],
  ['parseTimeToken', '2x'],
  ['extractMethodName', '/a/b/C'],
  ['cloneObj', { a: [1, { b: undefined }] }],
  ['getPKFieldExpr', { pkField: KEY, value: 5 }],
  ['getPKFieldExpr', { pkField: NAME, value: 'x', condition: '>', expr: 'a > 1' }],
  ['getQueryIteratorExpr', { expr: '', pkField: KEY }],
  ['getQueryIteratorExpr', { expr: 'a > 1', pkField: NAME }],
  ['getQueryIteratorExpr', { expr: 'a > 1', pkField: KEY, lastPKId: '7' }],
  ['getQueryIteratorExpr', { expr: '', pkField: KEY, lastPKId: '7', lastElementOffset: 2 }],
  ['getSparseDim', [{ 1: 1, 5: 2 }, { 3: 1 }]],
  ['getValidDataArray', [1, null, undefined, 0], 5],
  ['validatePartitionNumbers', 0],
  ['validatePartitionNumbers', 4096],
  ['checkCollectionName', {}],
  ['checkCollectionAndPartitionName', { collection_name: 'c' }],
  ['checkSearchParams', { collection_name: 'c' }],
  ['checkSearchParams', { collection_name: 'c', data: [1] }],
  ['convertToDataType', 'Int64'],
  ['convertToDataType', 101],
  ['convertToDataType', 'Nope'],
  ['RRFRanker'],
  ['RRFRanker', 5],
  ['WeightedRanker', [0.5, 0.5]],
  ['isVectorType', 104],
  ['isVectorType', 5],
  ...[[], [1, 2], [{ index: 1, value: 2 }], [{ index: 1 }], { 1: 2 }, { indices: [1], values: [2] }, { a: 'x' }].map(
    (vector): [string, unknown] => ['getSparseFloatVectorType', vector],
  ),
  ['sparseToBytes', { 1: 0.5, 7: 2 }],
  ['sparseToBytes', { indices: [2, 9], values: [1, 0.25] }],
  ['sparseRowsToBytes', [[{ index: 3, value: 4 }]]],
]

it.each(CALLS)('does %s as the SDK', (name, ...args) => {
  expect(outcome(mine, name, args)).toEqual(outcome(sdk, name, args))
})

it('converts vectors as the SDK', () => {
  const same = (name: string, args: readonly unknown[]) =>
    expect(outcome(mine, name, args), name).toEqual(outcome(sdk, name, args))
  const floats = fc.array(fc.float({ noNaN: true }), { maxLength: 9 })
  fc.assert(
    fc.property(floats, fc.array(fc.integer({ min: -128, max: 127 }), { maxLength: 9 }), (lanes, small) => {
      for (const name of ['f32ArrayToF16Bytes', 'f32ArrayToBf16Bytes', 'f32ArrayToF32Bytes']) same(name, [lanes])
      for (const name of ['f32ArrayToInt8Bytes', 'f32ArrayToBinaryBytes']) same(name, [small])
      same('int8VectorRowsToBytes', [[small, small]])
      const bytes = new Uint8Array(ours.f32ArrayToF32Bytes(lanes))
      for (const name of ['f16BytesToF32Array', 'bf16BytesToF32Array']) same(name, [bytes])
      const sparse = Object.fromEntries(lanes.map((lane, i) => [i * 3, lane]))
      expect(ours.bytesToSparseRow(ours.sparseToBytes(sparse))).toEqual(
        (sdk['bytesToSparseRow'] as (bytes: unknown) => unknown)(Buffer.from(ours.sparseToBytes(sparse))),
      )
    }),
    { numRuns: 200 },
  )
})

it('lends sessions that close by themselves', async () => {
  const made = await collectionOf([])
  expect(() => made.session('')).toThrow('clusterId must be a non-empty string')
  const session = made.session('x')
  await made.insert({ collection_name: 'c', data: [{ id: 1, vector: [1, 2, 3, 4] }] })
  expect((await session.get({ collection_name: 'c', ids: [1] })).data).toHaveLength(1)
  expect((await session.search({ collection_name: 'c', data: [1, 2, 3, 4] })).results).toHaveLength(1)
  session.close()
  expect(() => session.query({ collection_name: 'c', filter: 'id > 0' })).toThrow('MilvusClient session is closed')
  expect((await made.count({ collection_name: 'c' })).data).toBe(1)
})

it('answers a search without hits as the SDK', async () => {
  const made = await collectionOf([])
  const { all_search_count, ...empty } = await made.search({ collection_name: 'c', data: [1, 2, 3, 4] })
  expect(empty).toEqual({ status: SUCCESS, results: [], recalls: [], session_ts: -1, collection_name: 'c' })
  expect(all_search_count).toBeUndefined()
})

it('throws for template values that no expression can hold', async () => {
  const made = await collectionOf([])
  for (const exprValues of [{ a: null }, { a: { b: 1 } }]) {
    const request = { collection_name: 'c', filter: 'id > 0', exprValues } as never
    await expect(made.query(request)).rejects.toThrow('Unsupported expr value type for key "a"')
    await expect(made.deleteEntities(request)).rejects.toThrow('Unsupported expr value type for key "a"')
    await expect(made.search({ ...(request as object), data: [1, 2, 3, 4] } as never)).rejects.toThrow(
      'Unsupported expr',
    )
  }
  const answer = await made.query({
    collection_name: 'c',
    filter: 'id > {a}',
    exprValues: { a: 1, b: undefined } as never,
  })
  expect(answer.status).toEqual(SUCCESS)
})

it('takes expr before filter in searches, and an outer expr for the parts of a hybrid one', async () => {
  const made = await collectionOf([])
  await made.insert({ collection_name: 'c', data: [1, 2, 3].map((id) => ({ id, vector: [id, 0, 0, 0] })) })
  const ids = async (request: object) => {
    const found = await made.search({ collection_name: 'c', output_fields: ['id'], ...request } as never)
    return (found.results as { id: string }[]).map(({ id }) => id)
  }
  const data = [1, 0, 0, 0]
  expect(await ids({ data, expr: 'id == 2', filter: 'id == 1' })).toEqual(['2'])
  const part = { anns_field: 'vector', data }
  expect(await ids({ data: [part], expr: 'id == 3' })).toEqual(['3'])
  expect(await ids({ data: [part], expr: 'id == 3', filter: 'id == 1' })).toEqual(['3'])
  expect(await ids({ data: [{ ...part, expr: 'id == 2' }], expr: 'id == 3' })).toEqual(['2'])
  const old = { vectors: [data], search_params: { anns_field: 'vector', topk: '2', metric_type: 'L2', params: '{}' } }
  expect(await ids({ ...old, limit: 1 })).toHaveLength(2)
})

it('creates several indexes at once, whatever becomes of one of them', async () => {
  const made = client()
  await made.createCollection({
    collection_name: 'c',
    fields: [
      { name: 'id', data_type: 'Int64', is_primary_key: true },
      { name: 'a', data_type: 'FloatVector', dim: 2 },
      { name: 'b', data_type: 'FloatVector', dim: 2 },
    ],
  } as never)
  const indexes = ['a', 'nope', 'b'].map((field_name) => ({ collection_name: 'c', field_name, index_type: 'FLAT' }))
  expect(await made.createIndex(indexes as never)).toMatchObject({ code: 65535 })
  expect((await made.listIndexes({ collection_name: 'c' })).indexes.sort()).toEqual(['a', 'b'])
  await expect(made.describeAlias({ alias: 'x' } as never)).rejects.toThrow(
    ours.ERROR_REASONS.COLLECTION_NAME_IS_REQUIRED,
  )
})

type Method = (data: unknown) => Promise<unknown>

const PRIMARY = { name: 'a', data_type: 'Int64', is_primary_key: true }
const REQUESTS: unknown[] = [
  undefined,
  {},
  { collection_name: 'c' },
  { collection_name: 'c', fields: [] },
  { collection_name: 'c', data: [] },
  { collection_name: 'c', data: [{ x: 1 }] },
  { collection_name: 'c', data: [{ id: 1, vector: [1, 2, 3, 4], bits: [1] }] },
  { collection_name: 'c', partition_name: '' },
  { collection_name: 'c', partition_names: [] },
  { alias: 'x' },
  { collection_name: 'c', data: [1, 2, 3, 4], anns_field: 'nope' },
  { collection_name: 'c', ids: ['x'], data: [1, 2, 3, 4] },
  { collection_name: 'c', data: [1, 2, 3, 4], order_by_fields: 5 },
  { collection_name: 'c', group_by_fields: 5, filter: 'id > 0' },
  { collection_name: 'c', order_by_fields: [{ field: '' }], filter: 'id > 0' },
  { collection_name: 'c', data: [{ id: 1 }], field_ops: [{ op: 'X' }] },
  { collection_name: 'c', data: [{ id: 1 }], field_ops: [{ field_name: 'id', op: 'X' }] },
  { collection_name: 'c', field_name: 'a', field_id: 1 },
  { collectionName: '' },
  { collection_name: 'd', fields: [{ name: 'a' }] },
  { collection_name: 'd', fields: [{ name: 'a', data_type: 'Nope' }] },
  { collection_name: 'd', fields: [PRIMARY] },
  {
    collection_name: 'd',
    fields: [
      { ...PRIMARY, data_type: 'Float' },
      { name: 'v', data_type: 'FloatVector', dim: 4 },
    ],
  },
  { collection_name: 'd', fields: [PRIMARY, { name: 'v', data_type: 'FloatVector' }] },
  { collection_name: 'd', fields: [PRIMARY, { name: 'v', data_type: 'BinaryVector', dim: 9 }] },
  { collection_name: 'd', fields: [{ ...PRIMARY, data_type: 'VarChar' }] },
  { collection_name: 'd', fields: [PRIMARY, { name: 'v', data_type: 'FloatVector', dim: 2 }], num_partitions: 0 },
  { collection_name: 'd', fields: [PRIMARY, { name: 'b', data_type: 'Float', is_partition_key: true }] },
  { collection_name: 'd', fields: [PRIMARY], external_source: 's3' },
  { collection_name: 'd', fields: [{ name: 'a', data_type: 'Int64', autoID: true }], external_source: 's3' },
]

it('refuses wrong calls where the SDK does, in its words', async () => {
  const made = await collectionOf([{ name: 'bits', data_type: ours.DataType.BinaryVector, dim: 16 }], {
    index_params: [
      { field_name: 'vector', index_type: 'FLAT', metric_type: 'L2' },
      { field_name: 'bits', index_type: 'BIN_FLAT' },
    ],
  })
  const Client = sdk['MilvusClient'] as new (config: object) => Record<string, unknown>
  const theirs = new Client({ address: 'localhost:1', __SKIP_CONNECT__: true })
  // It knows the same collection, and whatever it would send fails.
  theirs['channelPool'] = { acquire: () => Promise.reject(new Error('SENT')) }
  theirs['describeCollection'] = async (data: { collection_name?: string }) => {
    if (!data?.collection_name) throw new Error(ours.ERROR_REASONS.COLLECTION_NAME_IS_REQUIRED)
    return await made.describeCollection({ collection_name: data.collection_name })
  }
  const outside =
    /^_|constructor|onnect|close|Telemetry|Pool|Failover|Info|Lifecycle|Listener|^call|Compat|describeColl|^use|session|normalize|Snapshot|External|Replica|User|Role|Privil|Resource|transfer|Grant|RBAC|dropFunctionField/
  const names = new Set<string>()
  for (let at = Client.prototype as object; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) if (!outside.test(name)) names.add(name)
  }
  const messageOf = async (one: unknown, name: string, request: unknown) => {
    try {
      await (one as Record<string, Method>)[name]!.call(one, structuredClone(request))
      return undefined
    } catch (error) {
      return error instanceof TypeError ? undefined : (error as Error).message
    }
  }
  let compared = 0
  for (const name of names) {
    for (const request of REQUESTS) {
      const theirMessage = await messageOf(theirs, name, request)
      if (theirMessage === undefined || theirMessage === 'SENT') continue
      compared++
      expect([name, request, await messageOf(made, name, request)]).toEqual([name, request, theirMessage])
    }
  }
  expect(compared).toBeGreaterThan(300)
})
