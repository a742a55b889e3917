// Promise: the native interface may drop and rename anything, and close the database, at any time: each dialect says what is there
// then, and makes anew what it needs.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { EpsillaDB } from '../../src/dialect/epsilla/index.ts'
import { MilvusClient } from '../../src/dialect/milvus/index.ts'
import { r } from '../../src/dialect/rethinkdb/index.ts'
import { SeekdbClient, SeekdbConnectionError } from '../../src/dialect/seekdb/index.ts'
import { ClosedError, type Database, open } from '../../src/index.ts'

const FIELDS = [
  { name: 'ID', dataType: 'INT', primaryKey: true },
  { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 2 },
]
const CONFIGURATION = { configuration: { dimension: 2 }, embeddingFunction: null }
/** The collections of the four. */
const OWN = ['m', 'epsilla', 'seekdb/test/s', 'test.t']

let database: Database
let milvus: MilvusClient
let epsilla: EpsillaDB
let seekdb: SeekdbClient
// biome-ignore lint/suspicious/noExplicitAny: either kind of connection
let connection: any

beforeEach(async () => {
  database = await open(':memory:')
  milvus = new MilvusClient({ database })
  epsilla = new EpsillaDB({ database })
  seekdb = new SeekdbClient({ database })
  connection = await r.connect({ database })
  expect(await make()).toEqual(MADE)
})
afterEach(() => database.close())

const MADE = ['Success', 200, 's', 1]

async function make(): Promise<unknown[]> {
  const made = await milvus.createCollection({ collection_name: 'm', dimension: 2 })
  await milvus.insert({ collection_name: 'm', data: [{ id: 1, vector: [1, 2] }] })
  const table = await epsilla.createTable('epsilla', FIELDS)
  const collection = await seekdb.createCollection({ name: 's', ...CONFIGURATION })
  await collection.add({ ids: 'a', embeddings: [1, 2] })
  const { tables_created } = await r.tableCreate('t').run(connection)
  return [made.error_code, (table as { statusCode: number }).statusCode, collection.name, tables_created]
}

/** What each lists. */
async function listed(): Promise<unknown[]> {
  return [
    (await milvus.showCollections()).data.map(({ name }) => name),
    ((await epsilla.listTables()) as { result: unknown }).result,
    (await seekdb.listCollections()).map(({ name }) => name),
    [...(await r.db('test').tableList().run(connection))].filter((name) => name.startsWith('t')),
  ]
}

// Milvus and seekdb listed the collections, and each call said that they were dropped; Milvus made the next one without making it.
it('has nothing that was dropped, and makes it anew', async () => {
  const collection = await seekdb.getCollection({ name: 's', embeddingFunction: null })
  for (const name of OWN) await database.dropCollection(name)
  expect(await listed()).toEqual([[], [], [], []])
  expect((await milvus.query({ collection_name: 'm', filter: 'id > 0' })).status.code).toBe(100)
  expect((await milvus.hasCollection({ collection_name: 'm' })).value).toBe(false)
  await expect(collection.count()).rejects.toThrow('Collection not found: s')
  expect(await make()).toEqual(MADE)
  expect((await milvus.query({ collection_name: 'm', filter: 'id > 0' })).data).toHaveLength(1)
  expect(await (await seekdb.getCollection({ name: 's', embeddingFunction: null })).count()).toBe(1)
})

// It went on in Milvus and seekdb under the old name until the database was opened again; there seekdb dropped the records.
it('leaves what was renamed to whoever renamed it', async () => {
  for (const name of OWN) await database.renameCollection(name, `${name}2`)
  expect(await listed()).toEqual([[], [], [], ['t2']])
  expect(await database.collection('seekdb/test/s2').count()).toBe(1)
  expect(await make()).toEqual(MADE)
  const again = await open.import(await database.export())
  const other = new SeekdbClient({ database: again })
  expect((await other.listCollections()).map(({ name }) => name)).toEqual(['s'])
  expect(await again.collection('seekdb/test/s2').count()).toBe(1)
  expect((await new MilvusClient({ database: again }).showCollections()).data).toHaveLength(1)
  await again.close()
})

// A program that empties its database between its tests: only Epsilla worked after that.
it('begins anew when everything is dropped, with what it keeps for itself', async () => {
  await milvus.createDatabase({ db_name: 'other' })
  for (const { name } of await database.collections()) await database.dropCollection(name)
  expect(await listed()).toEqual([[], [], [], []])
  expect(await make()).toEqual(MADE)
  await r.dbCreate('more').run(connection)
  await r.tableCreate('t3').run(connection)
  const again = await open.import(await database.export())
  const milvusAgain = new MilvusClient({ database: again })
  expect((await milvusAgain.showCollections()).data.map(({ name }) => name)).toEqual(['m'])
  expect((await milvusAgain.listDatabases()).db_names).toEqual(['default', 'other'])
  expect((await new SeekdbClient({ database: again }).listCollections()).map(({ name }) => name)).toEqual(['s'])
  const connected = await r.connect({ database: again })
  expect([...(await r.dbList().run(connected))]).toEqual(['more', 'rethinkdb', 'test'])
  expect([...(await r.tableList().run(connected))].filter((name) => name.startsWith('t'))).toEqual(['t', 't3'])
  await again.close()
})

it('keeps what the catalog of a dialect said, if only that is dropped', async () => {
  for (const name of ['milvus.catalog', 'seekdb', '_rethinkdb']) await database.dropCollection(name)
  await milvus.createDatabase({ db_name: 'other' })
  await seekdb.createDatabase('other')
  await r.dbCreate('other').run(connection)
  const again = await open.import(await database.export())
  const clients = [new MilvusClient({ database: again }), new SeekdbClient({ database: again })] as const
  expect((await clients[0].query({ collection_name: 'm', filter: 'id > 0' })).data).toHaveLength(1)
  expect(await (await clients[1].getCollection({ name: 's', embeddingFunction: null })).count()).toBe(1)
  const connected = await r.connect({ database: again })
  expect([...(await r.dbList().run(connected))]).toEqual(['other', 'rethinkdb', 'test'])
  expect([...(await r.tableList().run(connected))]).toContain('t')
  await again.close()
})

// They waited forever: the server is gone, and nobody said so.
it('ends feeds when the database is closed', async () => {
  const feed = await r.table('t').changes().run(connection)
  const point = await r.table('t').get(1).changes().run(connection)
  const ended = [feed.next(), point.next()].map((next) => expect(next).rejects.toThrow('Connection is closed'))
  const dropped = await r
    .tableCreate('u')
    .run(connection)
    .then(() => r.table('u').changes().run(connection))
  const gone = expect(dropped.next()).rejects.toThrow('Changefeed aborted (table unavailable)')
  await database.dropCollection('test.u')
  await database.close()
  await Promise.all([...ended, gone])
})

// `open` stayed true, and a program that connects again on 'close' never did.
it('closes connections when the database is closed, and not when what they keep is dropped', async () => {
  const told: string[] = []
  connection.on('close', () => told.push('given'))
  const other = await r.connect({ database })
  other.on('close', () => told.push('ended'))
  await other.close()
  const kept = await r.connect({ database })
  await database.dropCollection('_rethinkdb')
  expect([connection.open, kept.open]).toEqual([true, true])
  await r.tableCreate('u').run(connection)
  const again = await r.connect({ database })
  again.on('close', () => told.push('again'))
  await database.close()
  expect(told).toEqual(['ended', 'again'])
  expect([again.open, other.open]).toEqual([false, false])
  await again.close()
  await expect(again.reconnect()).rejects.toThrow('is closed')
})

// Lists, descriptions and queries without a table were answered from memory, as if all were well.
it('answers nothing once the database is closed', async () => {
  const collection = await seekdb.getCollection({ name: 's', embeddingFunction: null })
  await database.close()
  for (const call of [
    () => milvus.showCollections(),
    () => milvus.hasCollection({ collection_name: 'm' }),
    () => milvus.describeCollection({ collection_name: 'm' }),
    () => milvus.createCollection({ collection_name: 'm', dimension: 2 }),
    () => milvus.listDatabases(),
    () => milvus.checkHealth(),
    () => milvus.query({ collection_name: 'm', filter: 'id > 0' }),
  ]) {
    await expect(call()).rejects.toThrow(ClosedError)
  }
  for (const call of [
    () => seekdb.hasCollection('s'),
    () => seekdb.listCollections(),
    () => seekdb.createCollection({ name: 's', ...CONFIGURATION }),
    () => seekdb.listDatabases(),
    () => collection.describe(),
    () => collection.count(),
  ]) {
    await expect(call()).rejects.toThrow(SeekdbConnectionError)
  }
  for (const call of [
    () => r.expr(1).run(connection),
    () => r.dbList().run(connection),
    () => r.tableList().run(connection),
    () => r.table('t').count().run(connection),
    () => connection.server(),
    () => connection.noreplyWait(),
  ]) {
    await expect(call()).rejects.toThrow('Connection is closed.')
  }
  expect(connection.isOpen()).toBe(false)
  expect(connection.open).toBe(false)
  await expect(r.connect({ database })).rejects.toThrow('is closed')
  for (const call of [() => epsilla.listTables(), () => epsilla.get('epsilla')]) {
    expect(await call()).toMatchObject({ statusCode: 500, message: expect.stringContaining('is closed') })
  }
})
