// Promise: clients, databases and collections behave as the reference says: who shares a store, what closing means, which names and
// settings are refused, what is there after reopening.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  AdminClient,
  Client,
  Database,
  InvalidCollectionError,
  OBDatabase,
  SeekdbAdminClient,
  SeekdbClient,
  SeekdbConnectionError,
  SeekdbError,
  SeekdbValueError,
  validateCollectionName,
} from '../../../src/dialect/seekdb/index.ts'
import { open } from '../../../src/index.ts'
import { CountingEmbedding, memoryClient } from './fixtures.ts'

const folders: string[] = []
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'quiverdb-seekdb-'))
  folders.push(path)
  return join(path, 'store')
}
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})

const PLAIN = { configuration: { dimension: 3, distance: 'l2' as const }, embeddingFunction: null }

describe('clients', () => {
  it('need a place', () => {
    expect(() => new SeekdbClient({})).toThrow(
      "SeekdbClient requires either 'path' parameter for embedded mode or 'host' parameter for remote server mode.",
    )
    expect(() => new SeekdbAdminClient({})).toThrow(
      "SeekdbAdminClient requires either 'path' (embedded mode) or 'host' (remote server mode).",
    )
    expect(() => new SeekdbClient({ path: '', host: '' })).toThrow(/requires either/)
    expect(Client()).toBeInstanceOf(SeekdbClient)
    expect(AdminClient()).toBeInstanceOf(SeekdbClient)
  })

  it('of a host load the official driver, and say what to install', async () => {
    const client = new SeekdbClient({ host: '127.0.0.1', port: 2881, path: undefined as never })
    expect(client.isConnected()).toBe(false)
    const error = await client.listCollections().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SeekdbConnectionError)
    expect((error as Error).message).toContain('npm install seekdb')
    await client.close()
    const admin = new SeekdbAdminClient({ host: '127.0.0.1' })
    await expect(admin.listDatabases()).rejects.toThrow(SeekdbConnectionError)
    await admin.close()
  })

  it('open at the first operation and go on after closing', async () => {
    const path = folder()
    const client = new SeekdbClient({ path })
    expect(client.isConnected()).toBe(false)
    expect(await client.hasCollection('x')).toBe(false)
    expect(client.isConnected()).toBe(true)
    const collection = await client.createCollection({ name: 'x', ...PLAIN })
    await collection.add({ ids: 'a', embeddings: [1.1, 2.2, 3.3], documents: 'text', metadatas: { deep: { n: [1] } } })
    await client.close()
    await client.close()
    expect(client.isConnected()).toBe(true)
    expect(await collection.get()).toEqual({
      ids: ['a'],
      embeddings: [[1.1, 2.2, 3.3]],
      documents: ['text'],
      metadatas: [{ deep: { n: [1] } }],
    })
    await collection.add({ ids: 'b', embeddings: [1, 2, 3] })
    expect((await collection.get()).ids).toEqual(['a', 'b'])
    await client.close()
  })

  it('of one path share a store, however the path is spelt', async () => {
    const path = folder()
    const one = new SeekdbClient({ path })
    const two = new SeekdbClient({ path: relative(process.cwd(), path) })
    const collection = await one.createCollection({ name: 'x', ...PLAIN })
    await collection.add({ ids: 'a', embeddings: [1, 2, 3] })
    const same = await two.getCollection({ name: 'x' })
    expect(same.collectionId).toBe(collection.collectionId)
    await same.add({ ids: 'b', embeddings: [1, 2, 3] })
    await one.close()
    expect(await same.count()).toBe(2)
    await two.deleteCollection('x')
    await expect(collection.count()).rejects.toThrow(InvalidCollectionError)
    await Promise.all([one.close(), two.close()])
  })

  it('find an empty store when the folder was deleted after the last of them closed', async () => {
    const path = folder()
    for (let round = 0; round < 2; round++) {
      const client = new SeekdbClient({ path })
      expect(await client.countCollection()).toBe(0)
      await client.createCollection({ name: 'x', ...PLAIN })
      await client.close()
      expect(readdirSync(path).length).toBeGreaterThan(0)
      rmSync(path, { recursive: true })
    }
  })

  it('in memory are alone, and keep what they have', async () => {
    const [one, two] = [memoryClient(), memoryClient()]
    await one.createCollection({ name: 'x', ...PLAIN })
    expect(await two.hasCollection('x')).toBe(false)
    await one.close()
    expect(await one.hasCollection('x')).toBe(true)
  })

  it('work in an open database and leave it open', async () => {
    await using database = await open(':memory:')
    await database.createCollection('own')
    const client = new SeekdbClient({ database })
    const collection = await client.createCollection({ name: 'x', ...PLAIN })
    await collection.add({ ids: 'a', embeddings: [1, 2, 3] })
    await client.close()
    const again = new SeekdbClient({ database })
    expect(await (await again.getCollection({ name: 'x' })).count()).toBe(1)
    expect((await again.listCollections()).map(({ name }) => name)).toEqual(['x'])
    expect((await database.collections()).map(({ name }) => name)).toEqual(['own', 'seekdb', 'seekdb/test/x'])
  })

  it('find nothing of a collection whose making was cut off', async () => {
    const path = folder()
    const client = new SeekdbClient({ path })
    await client.createCollection({ name: 'x', ...PLAIN })
    await client.close()
    const database = await open(path)
    await database.createCollection('seekdb/test/half')
    await database.close()
    expect(await client.countCollection()).toBe(1)
    await client.createCollection({ name: 'half', ...PLAIN })
    await client.close()
    expect((await client.listCollections()).map(({ name }) => name)).toEqual(['half', 'x'])
    await client.close()
  })

  it('say why a store does not open', async () => {
    const path = folder()
    await using _holder = await open(path)
    const client = new SeekdbClient({ path })
    await expect(client.listCollections()).rejects.toThrow(SeekdbConnectionError)
    expect(client.isConnected()).toBe(false)
  })

  it('have no SQL', async () => {
    await expect(memoryClient().execute('SELECT 1')).rejects.toThrow(SeekdbError)
  })
})

describe('databases', () => {
  it('are made, listed and deleted', async () => {
    const path = folder()
    const admin = AdminClient({ path })
    await admin.createDatabase('one')
    await admin.createDatabase('one')
    await admin.createDatabase('two', 'sys')
    expect((await admin.listDatabases()).map(String)).toEqual(['information_schema', 'test', 'one', 'two'])
    expect((await admin.listDatabases(2)).map(String)).toEqual(['information_schema', 'test'])
    expect((await admin.listDatabases(2, 1)).map(String)).toEqual(['test', 'one'])
    expect(await admin.listDatabases(undefined, 3)).toHaveLength(4)
    const one = await admin.getDatabase('one')
    expect(one).toBeInstanceOf(Database)
    expect(one).toMatchObject({ name: 'one', charset: 'utf8mb4' })
    expect(one.equals(new Database('one'))).toBe(true)
    expect(one).toMatchObject({ charset: 'utf8mb4', collation: 'utf8mb4_general_ci' })
    expect({ ...new OBDatabase('one') }).toEqual({ name: 'one', tenant: '', charset: '', collation: '', metadata: {} })
    expect(new OBDatabase('one').equals(new Database('one'))).toBe(false)
    expect(new Database('one').equals(new OBDatabase('one'))).toBe(true)
    expect(new OBDatabase('one', 'a').equals(new OBDatabase('one', 'b'))).toBe(false)

    const client = new SeekdbClient({ path, database: 'one' })
    await client.createCollection({ name: 'x', ...PLAIN })
    const elsewhere = new SeekdbClient({ path, database: 'two' })
    expect(await elsewhere.hasCollection('x')).toBe(false)
    await elsewhere.createCollection({ name: 'x', ...PLAIN })
    const other = new SeekdbAdminClient({ path })
    await other.deleteDatabase('one')
    await other.deleteDatabase('one')
    await expect(client.createCollection({ name: 'y', ...PLAIN })).rejects.toThrow(SeekdbError)
    expect(await elsewhere.countCollection()).toBe(1)
    await expect(other.getDatabase('one')).rejects.toThrow('Database not found: one')
    await Promise.all([admin, client, elsewhere, other].map((each) => each.close()))
    expect((await other.listDatabases()).map(String)).toEqual(['information_schema', 'test', 'two'])
    await other.close()
  })

  it('are refused', async () => {
    const client = memoryClient()
    for (const name of ['', undefined, 5]) {
      for (const call of ['createDatabase', 'getDatabase', 'deleteDatabase'] as const) {
        await expect(client[call](name as string)).rejects.toThrow('Database name must be a non-empty string')
      }
    }
    await expect(client.listDatabases(-1)).rejects.toThrow('limit must be a non-negative integer')
    await expect(client.listDatabases(1, 0.5)).rejects.toThrow('offset must be a non-negative integer')
    const lost = new SeekdbClient({ path: ':memory:', database: 'nowhere' })
    await expect(lost.listCollections()).rejects.toThrow(/nowhere/)
    expect(lost.isConnected()).toBe(false)
    const admin = new SeekdbClient({ path: ':memory:', database: 'information_schema' })
    await expect(admin.createCollection({ name: 'x', ...PLAIN })).rejects.toThrow(SeekdbError)
  })

  it('of an admin client hold collections, and have a tenant only if the client was given one', async () => {
    const path = folder()
    const admin = AdminClient({ path })
    await admin.createCollection({ name: 'x', ...PLAIN })
    expect(await new SeekdbClient({ path }).hasCollection('x')).toBe(true)
    const plain = new SeekdbAdminClient({ path })
    expect(await plain.getDatabase('test')).not.toBeInstanceOf(OBDatabase)
    const ofTenant = new SeekdbAdminClient({ path, tenant: 'sys' })
    expect(await ofTenant.getDatabase('test')).toEqual(new OBDatabase('test', 'sys', 'utf8mb4', 'utf8mb4_general_ci'))
    expect((await ofTenant.listDatabases()).every((one) => one instanceof OBDatabase)).toBe(true)
  })

  it('test is always there', async () => {
    const client = memoryClient()
    await client.createCollection({ name: 'x', ...PLAIN })
    await client.deleteDatabase('test')
    expect(await client.countCollection()).toBe(0)
    expect(String(await client.getDatabase('test'))).toBe('test')
  })
})

describe('collections', () => {
  it('are described as they were made', async () => {
    const client = memoryClient()
    const collection = await client.createCollection({ name: 'x', ...PLAIN })
    expect(collection).toMatchObject({ name: 'x', dimension: 3, distance: 'l2', client })
    expect(collection.collectionId).toMatch(/^[0-9a-f]{32}$/)
    expect(collection.embeddingFunction).toBeUndefined()
    expect(collection.metadata).toBeUndefined()
    expect(await collection.describe()).toEqual({ name: 'x', dimension: 3, distance: 'l2', metadata: undefined })
    await collection.refresh_index()
    await expect(
      (await client.createCollection({ name: 'd', embeddingFunction: null })).describe(),
    ).resolves.toMatchObject({
      dimension: 384,
      distance: 'cosine',
    })
  })

  it('are listed newest first, counted, got, made or got, and deleted', async () => {
    const client = memoryClient()
    for (const name of ['a', 'b', 'c']) await client.createCollection({ name, ...PLAIN })
    expect((await client.listCollections()).map(({ name }) => name)).toEqual(['c', 'b', 'a'])
    expect(await client.countCollection()).toBe(3)
    const b = await client.getCollection({ name: 'b', embeddingFunction: null })
    await expect(client.createCollection({ name: 'b', ...PLAIN })).rejects.toThrow(/already exists/)
    const same = await client.getOrCreateCollection({ name: 'b', configuration: { dimension: 7 } })
    expect(same).toMatchObject({ dimension: 3, collectionId: b.collectionId })
    await client.deleteCollection('b')
    expect(await client.hasCollection('b')).toBe(false)
    await expect(client.getCollection({ name: 'b' })).rejects.toThrow('Collection not found: b')
    await expect(client.getCollection({ name: 'b' })).rejects.toThrow(InvalidCollectionError)
    await expect(client.deleteCollection('b')).rejects.toThrow('Collection not found: b')
    await expect(client.deleteCollection('b')).rejects.toThrow(SeekdbValueError)
    const made = await client.getOrCreateCollection({ name: 'b', ...PLAIN })
    expect(made.collectionId).not.toBe(b.collectionId)
    await expect(b.get()).rejects.toThrow(InvalidCollectionError)
    expect(await client.hasCollection('')).toBe(false)
    expect(await client.hasCollection(5 as never)).toBe(false)
  })

  it('of one name are made once by calls that do not wait for each other', async () => {
    const client = memoryClient()
    const made = await Promise.all([1, 2, 3].map(() => client.getOrCreateCollection({ name: 'x', ...PLAIN })))
    expect(new Set(made.map(({ collectionId }) => collectionId)).size).toBe(1)
    const results = await Promise.allSettled([1, 2].map(() => client.createCollection({ name: 'y', ...PLAIN })))
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it.each([
    [5, /^Collection name must be a string, got number$/],
    [null, /^Collection name must be a string, got object$/],
    ['', /^Collection name must not be empty$/],
    ['x'.repeat(513), /^Collection name too long: 513 characters; maximum allowed is 512$/],
    [
      'a-b',
      /^Collection name contains invalid characters. Only letters, digits, and underscore are allowed: \[a-zA-Z0-9_\]$/,
    ],
    ['\u00e9', /invalid characters/],
    ['a\n', /invalid characters/],
  ])('are not called %j', async (name, message) => {
    const client = memoryClient()
    const calls = [
      () => client.createCollection({ name: name as string, ...PLAIN }),
      () => client.getOrCreateCollection({ name: name as string, ...PLAIN }),
      () => client.deleteCollection(name as string),
      async () => validateCollectionName(name),
    ]
    for (const call of calls) {
      const error = await call().catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(SeekdbValueError)
      expect((error as Error).message).toMatch(message)
    }
  })

  it('may have long names', async () => {
    const client = memoryClient()
    const name = 'x'.repeat(512)
    const collection = await client.createCollection({ name, ...PLAIN })
    await collection.add({ ids: 'a', embeddings: [1, 2, 3] })
    expect(await (await client.getCollection({ name })).count()).toBe(1)
    await client.deleteCollection(name)
  })

  it('fork into copies of their own', async () => {
    const client = memoryClient()
    const fn = new CountingEmbedding()
    const source = await client.createCollection({ name: 'x', embeddingFunction: fn })
    const ids = Array.from({ length: 2500 }, (_, index) => `${index}`)
    await source.add({ ids, documents: ids, metadatas: ids.map((n) => ({ n })) })
    const copy = await source.fork({ name: 'y' })
    expect(copy).toMatchObject({ name: 'y', dimension: 3, distance: 'cosine', embeddingFunction: fn })
    expect(copy.collectionId).not.toBe(source.collectionId)
    expect(await copy.get()).toEqual(await source.get())
    await copy.delete({ ids: ['1'] })
    await source.add({ ids: 'new', documents: 'new' })
    await copy.add({ ids: 'other', documents: 'other' })
    expect([await source.count(), await copy.count()]).toEqual([2501, 2500])
    expect((await copy.get()).ids.at(-1)).toBe('other')
    await expect(source.fork({ name: 'y' })).rejects.toThrow(
      "Collection 'y' already exists. Please use a different name.",
    )
    await expect(source.fork({ name: 'a b' })).rejects.toThrow(SeekdbValueError)
    await client.deleteCollection('x')
    expect(await (await client.getCollection({ name: 'y' })).count()).toBe(2500)
    await expect(source.fork({ name: 'z' })).rejects.toThrow(InvalidCollectionError)
  })
})

describe("Python's spelling", () => {
  it('of names and options is understood', async () => {
    const client = memoryClient()
    await client.createCollection({ name: 'my_collection', ...PLAIN })
    const collection = await client.getCollection('my_collection' as never)
    // The page on upsert, example by example.
    await collection.upsert({
      ids: 'item1',
      embeddings: [0.1, 0.2, 0.3],
      documents: 'Document text',
      metadatas: { category: 'AI', score: 95 },
    })
    await collection.upsert({
      ids: ['item1', 'item2', 'item3'],
      embeddings: [
        [0.1, 0.2, 0.3],
        [0.4, 0.5, 0.6],
        [0.7, 0.8, 0.9],
      ],
      documents: ['Doc 1', 'Doc 2', 'Doc 3'],
      metadatas: [{ category: 'AI' }, { category: 'ML' }, { category: 'DL' }],
    })
    expect(await collection.get()).toEqual({
      ids: ['item1', 'item2', 'item3'],
      embeddings: [
        [0.1, 0.2, 0.3],
        [0.4, 0.5, 0.6],
        [0.7, 0.8, 0.9],
      ],
      documents: ['Doc 1', 'Doc 2', 'Doc 3'],
      metadatas: [{ category: 'AI' }, { category: 'ML' }, { category: 'DL' }],
    })
    const python = client as unknown as Record<string, (...values: unknown[]) => Promise<{ name: string }>>
    expect((await python['get_or_create_collection']!('my_collection')).name).toBe('my_collection')
    expect(await python['has_collection']!('my_collection')).toBe(true)
    const collection1 = await client.createCollection({ name: 'my_collection1' })
    await collection1.upsert({
      ids: ['item1', 'item2'],
      documents: ['Document 1', 'Document 2'],
      metadatas: [{ category: 'AI' }, { category: 'ML' }],
    })
    expect(await collection1.count()).toBe(2)
    const found = await collection.query({
      query_embeddings: [0.7, 0.8, 0.9],
      n_results: 1,
      where_document: { $contains: 'doc' },
    } as never)
    expect(found.ids).toEqual([['item3']])
    expect(await collection.detail()).toEqual(await collection.describe())
    expect(await (await collection.fork('copied' as never)).count()).toBe(3)
    const configuration = { hnsw: { dimension: 3 }, fulltext_config: { analyzer: 'ngram' } } as never
    const ngram = await client.createCollection({ name: 'ngram', configuration, embeddingFunction: null })
    expect(ngram.schema.fulltextIndex!.analyzer).toBe('ngram')
  })
})

// The store could not be opened any more: the other collections were out of reach.
it('opens a store where another interface has dropped the records of a collection, and forgets that collection', async () => {
  const path = folder()
  const settings = { configuration: { dimension: 2 }, embeddingFunction: null }
  const client = new SeekdbClient({ path })
  for (const name of ['gone', 'kept'])
    await (await client.createCollection({ name, ...settings })).add({ ids: 'a', embeddings: [1, 2] })
  await client.close()
  const database = await open(path)
  await database.dropCollection('seekdb/test/gone')
  await database.close()
  expect((await client.listCollections()).map(({ name }) => name)).toEqual(['kept'])
  expect(await (await client.getCollection({ name: 'kept' })).count()).toBe(1)
  await client.createCollection({ name: 'gone', ...settings, configuration: { dimension: 3 } })
  await client.close()
  expect((await client.getCollection({ name: 'gone' })).dimension).toBe(3)
  expect(await client.countCollection()).toBe(2)
  await client.close()
})
