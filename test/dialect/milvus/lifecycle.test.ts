// Promise: a path is one store for all clients in a process and outlives them; memory is a client's own; another process hears who
// holds the path; a host goes to the official SDK.

import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { CONNECT_STATUS, DataType, ERROR_REASONS, MilvusClient } from '../../../src/dialect/milvus/index.ts'
import { open } from '../../../src/engine/index.ts'
import { LockedError, StateError } from '../../../src/error/index.ts'
import { client, collectionOf, INDEX, KEY, SUCCESS, temporaryFolder, VECTOR } from './fixture.ts'

let folder: string
let address: string

beforeEach(() => {
  folder = temporaryFolder()
  address = join(folder, 'milvus.db')
})

const V = [1, 0, 0, 0]

async function fill(made: MilvusClient): Promise<void> {
  await made.createCollection({ collection_name: 'c', dimension: 4, metric_type: 'L2' })
  await made.insert({ collection_name: 'c', data: [{ id: 1, vector: V, color: 'red' }] })
}

describe('one path', () => {
  it('is one store while a client holds it', async () => {
    const [a, b] = [client({ address }), client({ address: `${folder}/./milvus.db` })]
    await fill(a)
    expect((await b.query({ collection_name: 'c', filter: 'id == 1' })).data).toHaveLength(1)
    await b.createAlias({ collection_name: 'c', alias: 'x' })
    expect((await a.count({ collection_name: 'x' })).data).toBe(1)
    expect(await a.closeConnection()).toBe(CONNECT_STATUS.SHUTDOWN)
    expect(await a.closeConnection()).toBe(CONNECT_STATUS.SHUTDOWN)
    expect(a.connectStatus).toBe(CONNECT_STATUS.SHUTDOWN)
    await expect(a.showCollections()).rejects.toThrow('closed')
    expect((await b.count({ collection_name: 'c' })).data).toBe(1)
  })

  it('keeps schema, rows, indexes, aliases, partitions, databases and load states', async () => {
    const first = client({ address })
    await fill(first)
    await first.createAlias({ collection_name: 'c', alias: 'x' })
    await first.createPartition({ collection_name: 'c', partition_name: 'p' })
    await first.insert({ collection_name: 'c', partition_name: 'p', data: [{ id: 2, vector: V }] })
    await first.createDatabase({ db_name: 'd' })
    await first.createCollection({ collection_name: 'c', dimension: 8, db_name: 'd' })
    await first.releaseCollection({ collection_name: 'c', db_name: 'd' })
    await first.renameCollection({ collection_name: 'c', new_collection_name: 'renamed' })
    await first.createCollection({ collection_name: 'c', dimension: 2 })
    const before = await first.describeCollection({ collection_name: 'renamed' })
    await first.closeConnection()
    const second = client({ uri: address })
    expect(await second.describeCollection({ collection_name: 'renamed' })).toEqual(before)
    expect((await second.query({ collection_name: 'x', filter: 'id > 0', output_fields: ['id'] })).data).toEqual([
      { id: '1' },
      { id: '2' },
    ])
    expect(
      (await second.query({ collection_name: 'x', filter: 'id > 0', partition_names: ['p'], output_fields: ['id'] }))
        .data,
    ).toEqual([{ id: '2' }])
    expect((await second.getLoadState({ collection_name: 'c', db_name: 'd' })).state).toBe('LoadStateNotLoad')
    expect((await second.search({ collection_name: 'renamed', data: V, limit: 1 })).results[0]!.score).toBe(0)
    expect((await second.count({ collection_name: 'c' })).data).toBe(0)
    expect((await second.listDatabases()).db_names).toEqual(['default', 'd'])
  })
})

// Parts of a program that start at once each make the collection they use: all but the first were refused as making another.
it('makes a collection of the quick form once for all who ask at once', async () => {
  const clients = [new MilvusClient(address), new MilvusClient(address)]
  const quick = { collection_name: 'c', dimension: 4 }
  const answers = await Promise.all([...clients, ...clients].map((made) => made.createCollection(quick)))
  expect(answers).toEqual([SUCCESS, SUCCESS, SUCCESS, SUCCESS])
  await clients[0].insert({ collection_name: 'c', data: [{ id: 1, vector: V }] })
  expect((await clients[1].search({ collection_name: 'c', data: V })).results).toHaveLength(1)
  // What is refused is refused to each.
  const bad = { collection_name: 'd', dimension: 1 }
  const refused = await Promise.allSettled([1, 2].map(() => clients[0].createCollection(bad)))
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  for (const made of clients) await made.closeConnection()
})

it('refuses a path that somebody else has open, and works once it is free', async () => {
  const native = await open(address)
  const made = client({ address })
  await expect(made.showCollections()).rejects.toBeInstanceOf(LockedError)
  await native.close()
  expect((await made.showCollections()).status).toEqual(SUCCESS)
})

it('gives each client its own memory', async () => {
  const [a, b] = [client(), client(':memory:')]
  await fill(a)
  expect((await b.hasCollection({ collection_name: 'c' })).value).toBe(false)
})

it('sits on an open database, beside what is in it, and leaves it open', async () => {
  const database = await open(':memory:')
  await (await database.createCollection('c')).insert({ id: 1 })
  const [a, b] = [client({ database }), client({ database })]
  await fill(a)
  expect((await b.count({ collection_name: 'c' })).data).toBe(1)
  await a.closeConnection()
  expect(await database.collection('c').count()).toBe(1)
  expect((await b.count({ collection_name: 'c' })).data).toBe(1)
  await database.close()
})

describe('the constructor', () => {
  it('wants an address', () => {
    for (const config of [{}, { address: '' }, undefined]) {
      expect(() => new MilvusClient(config as never)).toThrow(ERROR_REASONS.MILVUS_ADDRESS_IS_REQUIRED)
    }
  })

  it('keeps what it was given', async () => {
    const made = client({ address: ':memory:', id: 'me', timeout: '30s', username: 'u', token: 't' })
    expect(made).toMatchObject({ clientId: 'me', timeout: 30_000, connectStatus: 1, config: { address: ':memory:' } })
    await made.connectPromise
    expect(client().timeout).toBe(15_000)
    expect(() => new MilvusClient({ address: ':memory:', timeout: '5x' })).toThrow('Invalid time token')
  })

  it('hands a host to the official SDK, loaded with the first call', async () => {
    for (const remote of ['127.0.0.1:1', 'http://127.0.0.1:1']) {
      const made = new MilvusClient({ address: remote, maxRetries: 0, timeout: 200 })
      expect(made).toBeInstanceOf(MilvusClient)
      expect(made.config.address).toBe(remote)
      const error = await made.listDatabases({ timeout: 200 }).catch((error) => error)
      expect(error).toBeInstanceOf(Error)
      expect(await made.closeConnection()).toBe(CONNECT_STATUS.SHUTDOWN)
    }
  })
})

it('ends a call that takes too long', async () => {
  const made = client()
  await fill(made)
  const rows = Array.from({ length: 20_000 }, (_, id) => ({ id: id + 10, vector: V }))
  await made.insert({ collection_name: 'c', data: rows })
  const slow = made.query({ collection_name: 'c', filter: 'random_sample(0.5)', timeout: 1 })
  const answer = await slow.catch((error) => error)
  if (answer instanceof Error) expect(answer.message).toContain('DEADLINE_EXCEEDED')
  else expect(answer.status).toEqual(SUCCESS)
})

it('has every method that the SDK has', async () => {
  const { MilvusClient: Official } = await import('@zilliz/milvus2-sdk-node')
  const own = MilvusClient.prototype as unknown as Record<string, unknown>
  const names = (prototype: object): string[] =>
    prototype === Object.prototype
      ? []
      : [...Object.getOwnPropertyNames(prototype), ...names(Object.getPrototypeOf(prototype))]
  const inner =
    /^_|^constructor$|Cache|callAlter|reconnect|failover|ChannelPool|Telemetry|metadataListener|ServerInfo|Lifecycle|normalizeFieldOps|checkCompatibility|invalidate/i
  const aliases = [
    'hybridSearch',
    'alterCollection',
    'listCollections',
    'list_collections',
    'getCollectionStats',
    'loadCollectionSync',
  ]
  aliases.push(
    'drop_collection',
    'alterIndex',
    'showPartitions',
    'getPartitionStats',
    'alterDatabaseProperties',
    'describeReplicas',
    'useDatabase',
  )
  const missing = [...names(Official.prototype), ...aliases].filter(
    (name) => !inner.test(name) && typeof own[name] !== 'function',
  )
  expect(missing).toEqual([])
})

describe("the engine's collections", () => {
  it('are called as those of Milvus, also after a metric came late, a truncation, a rename', async () => {
    const database = await open(folder)
    const made = client({ database })
    const names = async () =>
      (await database.collections()).map((one) => one.name).filter((name) => name !== 'milvus.catalog')
    await made.createCollection({ collection_name: 'c', fields: [KEY, VECTOR] as never })
    await made.createIndex({ collection_name: 'c', ...INDEX } as never)
    expect(await names()).toEqual(['c'])
    await made.loadCollection({ collection_name: 'c' })
    await made.insert({ collection_name: 'c', data: [{ id: 1, vector: V }] })
    await made.releaseCollection({ collection_name: 'c' })
    await made.dropIndex({ collection_name: 'c', field_name: 'vector' })
    await made.createIndex({ collection_name: 'c', field_name: 'vector', metric_type: 'IP' })
    await made.loadCollection({ collection_name: 'c' })
    expect(await names()).toEqual(['c'])
    expect((await made.search({ collection_name: 'c', data: V, limit: 1 })).results).toHaveLength(1)
    await made.renameCollection({ collection_name: 'c', new_collection_name: 'd' })
    expect(await names()).toEqual(['d'])
    await made.truncateCollection({ collection_name: 'd' })
    expect(await names()).toEqual(['d'])
    expect((await made.count({ collection_name: 'd' })).data).toBe(0)
    await database.close()
  })
})

it('checks load_fields, and reads all fields whatever they say', async () => {
  const part = { name: 'v', data_type: DataType.FloatVector, dim: 2 }
  const kind = { name: 'kind', data_type: DataType.Int64, is_partition_key: true }
  const made = await collectionOf([kind, { name: 'note', data_type: DataType.VarChar, max_length: 9 }])
  await made.insert({ collection_name: 'c', data: [{ id: 1, vector: [1, 0, 0, 0], kind: 1, note: 'x' }] })
  const load = (load_fields: unknown) => made.loadCollectionAsync({ collection_name: 'c', load_fields } as never)
  for (const list of [undefined, [], ['vector', 'id', 'kind']]) expect(await load(list)).toEqual(SUCCESS)
  const { data } = await made.query({ collection_name: 'c', filter: 'id == 1', output_fields: ['note'] })
  expect(data).toEqual([{ id: '1', note: 'x' }])
  for (const [list, code, reason] of [
    [['id', 'kind', 'nope'], 1700, 'field not found[field=nope]'],
    [['vector', 'kind'], 1100, 'load field list [vector kind] does not contain the key field id'],
    [['vector', 'id'], 1100, 'does not contain the key field kind'],
    [['id', 'kind', 'note'], 1100, 'does not contain a vector field'],
    ['id', 1100, 'load_fields is a list of field names, got "id"'],
  ] as const) {
    const status = await load(list)
    expect(status).toMatchObject({ code })
    expect(status.reason).toContain(reason)
  }
  const parts = { name: 'parts', data_type: 'Array', element_type: 'Struct', max_capacity: 4, fields: [part] }
  expect(await made.createCollection({ collection_name: 's', fields: [KEY, parts] as never })).toEqual(SUCCESS)
  expect(await made.loadCollectionAsync({ collection_name: 's', load_fields: ['id', 'parts'] })).toEqual(SUCCESS)
})

// The drop failed, and its record stayed beside that of the next collection of this name: reopened, there were two.
it('drops a collection whose rows another interface has dropped', async () => {
  const folder = temporaryFolder()
  const database = await open(folder)
  const made = client({ database })
  const quick = { collection_name: 'm', dimension: 2 }
  await made.createCollection(quick)
  await database.dropCollection('m')
  expect(await made.dropCollection(quick)).toEqual(SUCCESS)
  await made.createCollection({ ...quick, dimension: 3 })
  await database.close()
  const again = client({ address: folder })
  expect((await again.showCollections()).data.map(({ name }) => name)).toEqual(['m'])
  expect((await again.describeCollection(quick)).anns_fields['vector']).toMatchObject({ dim: '3' })
  await again.closeConnection()
})

// Each of up to four attempts had the whole timeout.
it('counts the timeout of a call from its first attempt', async () => {
  class Repeating extends MilvusClient {
    attempts = 0
    call(): Promise<string> {
      return this.run({ timeout: 50 }, () => {
        const ready = new Promise((resolve) => setTimeout(resolve, 60))
        if (++this.attempts === 1) throw new StateError('not ready', { details: { ready } })
        return new Promise<string>((resolve) => setTimeout(resolve, 40, 'answered'))
      })
    }
  }
  const made = new Repeating({ address: ':memory:' })
  await expect(made.call()).rejects.toThrow('DEADLINE_EXCEEDED')
  expect(made.attempts).toBe(2)
})
