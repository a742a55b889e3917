// Promise: collections are made, found, listed, renamed and dropped by any name, durably, and conflicts are told.

import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  ClosedError,
  type CollectionOptions,
  ConflictError,
  LimitError,
  NotFoundError,
  open,
  TypeMismatchError,
  UnknownOptionError,
  UsageError,
} from '../../src/index.ts'
import { closeAfterEach, describeEach, newDirectory, openMemory } from './configurations.ts'

closeAfterEach()

describeEach('collections', ({ openNew, collection: options }) => {
  it('are made and found by name', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', options)
    expect(posts.name).toBe('posts')
    expect(db.collection('posts')).toBe(posts)
  })

  it('tell NotFoundError for a name that is not there', async () => {
    const db = await openNew()
    expect(() => db.collection('posts')).toThrow(NotFoundError)
    await expect(db.dropCollection('posts')).rejects.toThrow(NotFoundError)
    await expect(db.renameCollection('posts', 'articles')).rejects.toThrow(NotFoundError)
  })

  it('tell ConflictError for a name that is taken, also when both calls run at once', async () => {
    const db = await openNew()
    const [first, second] = await Promise.allSettled([
      db.createCollection('posts', options),
      db.createCollection('posts', options),
    ])
    expect(first.status).toBe('fulfilled')
    expect((second as PromiseRejectedResult).reason).toBeInstanceOf(ConflictError)
    await expect(db.createCollection('posts')).rejects.toThrow('there is a collection "posts" already')
  })

  it('are listed in the order they were made', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', { ...options, primaryKey: 'slug' })
    await db.createCollection('authors')
    await posts.createPartition('2026')
    await posts.insert([{ slug: 'a' }, { slug: 'b' }])
    expect(await db.collections()).toEqual([
      {
        name: 'posts',
        primaryKey: 'slug',
        vectors: [],
        ...(options.shards === undefined ? {} : { shards: options.shards }),
        partitions: ['_default', '2026'],
        documents: 2,
      },
      { name: 'authors', primaryKey: 'id', vectors: [], partitions: ['_default'], documents: 0 },
    ])
  })

  it('tell their vector fields', async () => {
    const db = await openNew()
    await db.createCollection('notes', {
      ...options,
      vectors: { embedding: { dimension: 4 }, bits: { dimension: 16, metric: 'hamming' } },
    })
    expect((await db.collections())[0]!.vectors).toEqual([
      { name: 'embedding', dimension: 4, metric: 'cosine' },
      { name: 'bits', dimension: 16, metric: 'hamming' },
    ])
  })

  it('can be dropped and made again, empty; handles on the old one answer ClosedError', async () => {
    const db = await openNew()
    const old = await db.createCollection('posts', options)
    await old.insert({ id: 1 })
    const iterator = old.find()[Symbol.asyncIterator]()
    await db.dropCollection('posts')
    await expect(old.get(1)).rejects.toThrow(ClosedError)
    await expect(old.insert({ id: 2 })).rejects.toThrow('collection "posts" was dropped')
    await expect(old.createPartition('x')).rejects.toThrow(ClosedError)
    await expect(iterator.next()).rejects.toThrow(ClosedError)
    expect(() => db.collection('posts')).toThrow(NotFoundError)
    const posts = await db.createCollection('posts', options)
    expect(await posts.count()).toBe(0)
  })

  it('can be renamed; handles go on under the new name', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', options)
    await posts.insert({ id: 1 })
    await db.renameCollection('posts', 'articles')
    expect(posts.name).toBe('articles')
    expect(await posts.get(1)).toEqual({ id: 1 })
    expect(db.collection('articles')).toBe(posts)
    expect(() => db.collection('posts')).toThrow(NotFoundError)
    expect((await posts.insert({ id: 1 })).firstError).toBe('collection "articles" already has a document with id 1')
    let inner: Promise<unknown> | undefined
    await posts.update(1, () => {
      inner = posts.insert({ id: 2 })
      return {}
    })
    await expect(inner).rejects.toThrow('collection "articles" is being written to by the function of another write')
    await db.createCollection('posts')
    await expect(db.renameCollection('posts', 'articles')).rejects.toThrow(ConflictError)
  })

  it('take any UTF-16 string of 1 to 255 characters as a name', async () => {
    const db = await openNew()
    const names = [
      'posts',
      'Posts',
      'POSTS',
      '../escape',
      '/etc/passwd',
      'CON',
      'nul.txt',
      'a/b\\c',
      '\0',
      ' ',
      '.',
      '..',
      '__proto__',
      'constructor',
      '日本語',
      '\ud800',
      '\udc00x',
      '🦊',
      'x'.repeat(255),
      'catalog',
      '_default',
      '"quoted"\n',
    ]
    for (const name of names) await (await db.createCollection(name, options)).insert({ id: name.length, name: 1 })
    for (const name of names) expect(await db.collection(name).get(name.length)).toEqual({ id: name.length, name: 1 })
    expect((await db.collections()).map(({ name }) => name)).toEqual(names)
  })

  it.each([[''], ['x'.repeat(256)]])('refuse a name of another length (%#)', async (name) => {
    const db = await openNew()
    await expect(db.createCollection(name)).rejects.toThrow(UsageError)
    await db.createCollection('posts')
    await expect(db.renameCollection('posts', name)).rejects.toThrow(UsageError)
  })

  it.each([[undefined], [null], [5], [{}]])('refuse the name %j', async (name) => {
    const db = await openNew()
    await expect(db.createCollection(name as unknown as string)).rejects.toThrow(TypeMismatchError)
    expect(() => db.collection(name as unknown as string)).toThrow(TypeMismatchError)
  })

  it('tell their figures', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', options)
    await posts.insert([{ id: 1, text: 'x'.repeat(100) }, { id: 2 }])
    const stats = await posts.stats()
    expect(stats).toEqual({
      documents: 2,
      bytes: expect.any(Number),
      vectors: 0,
      indexes: 0,
      partitions: 1,
      memory: expect.any(Number),
    })
    expect(stats.bytes).toBeGreaterThan(100)
    expect(stats.memory).toBeGreaterThan(stats.bytes)
  })

  it('have no indexes unless they are made', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', options)
    expect(await posts.indexes()).toEqual([])
    await posts.optimize()
  })
})

// Both wrote to the file of the next generation, each half of the documents: what was there was lost, and the directory did not open again.
it('keep their documents when they are optimized by several callers at once', async () => {
  const path = await newDirectory()
  const db = await open(path, { durability: 'soft' })
  const posts = await db.createCollection('posts')
  const written = Array.from({ length: 5_000 }, (_, id) => ({ id, text: 'x'.repeat(200) }))
  await posts.insert(written)
  await Promise.all([posts.optimize(), posts.optimize(), posts.upsert(written.slice(0, 100)), posts.optimize()])
  await posts.insert({ id: 'later' })
  await db.close()
  const again = await open(path)
  expect(await again.collection('posts').find().toArray()).toEqual([...written, { id: 'later' }])
  await again.close()
})

it.each<[object, new (...args: never[]) => Error]>([
  [{ primarykey: 'id' }, UnknownOptionError],
  [{ primaryKey: '' }, TypeMismatchError],
  [{ primaryKey: 5 }, TypeMismatchError],
  [{ shards: 0 }, UsageError],
  [{ shards: 257 }, UsageError],
  [{ shards: 1.5 }, UsageError],
  [{ vectors: [] }, TypeMismatchError],
  [{ vectors: { v: {} } }, UsageError],
  [{ vectors: { v: { dimension: 0 } } }, UsageError],
  [{ vectors: { v: { dimension: 4, metric: 'euclid' } } }, UsageError],
  [{ vectors: { v: { dimension: 12, metric: 'hamming' } } }, UsageError],
  [{ vectors: { v: { dimensions: 4 } } }, UnknownOptionError],
  [{ vectors: { v: { dimension: 4, index: { type: 'ivf' } } } }, UsageError],
  [{ vectors: { v: { dimension: 4, index: { M: 4, ef: 3 } } } }, UnknownOptionError],
  [{ vectors: { id: { dimension: 4 } } }, UsageError],
  [{ vectors: { v: { dimension: 4, element: 'f64' } } }, UsageError],
  [{ vectors: { v: { dimension: 8, metric: 'hamming', element: 'f16' } } }, UsageError],
  [{ vectors: { ['v'.repeat(256)]: { dimension: 4 } } }, UsageError],
  [{ vectors: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`v${i}`, { dimension: 4 }])) }, LimitError],
  [null as unknown as object, TypeMismatchError],
])('createCollection refuses %j', async (options, type) => {
  const db = await openMemory()
  await expect(db.createCollection('posts', options as CollectionOptions)).rejects.toThrow(type)
  expect(await db.collections()).toEqual([])
})

it('dropping frees the disk', async () => {
  const path = await newDirectory()
  const db = await open(path)
  const before = readdirSync(path).sort()
  const posts = await db.createCollection('posts', { shards: 4 })
  await posts.createPartition('2026')
  await posts.insert({ id: 1 })
  expect(readdirSync(path).length).toBeGreaterThanOrEqual(before.length + 8)
  await db.dropCollection('posts')
  expect(readdirSync(path).sort()).toEqual(before)
  await db.close()
})

it('everything about collections is there again after reopening', async () => {
  const path = await newDirectory()
  const db = await open(path)
  const posts = await db.createCollection('\ud800 posts', {
    primaryKey: 'slug',
    shards: 2,
    vectors: { v: { dimension: 2 } },
  })
  await posts.createPartition('2026')
  await posts.createPartition('2027')
  await posts.dropPartition('2026')
  await posts.insert({ slug: 'a', v: [1, 2] }, { partition: '2027' })
  await db.createCollection('dropped')
  await db.dropCollection('dropped')
  await db.renameCollection('\ud800 posts', 'articles')
  const before = await db.collections()
  await db.close()
  const again = await open(path)
  expect(await again.collections()).toEqual(before)
  expect(await again.collection('articles').get('a')).toEqual({ slug: 'a', v: new Float32Array([1, 2]) })
  await again.close()
})
