// Promise: `open` takes what API.md says it takes, refuses everything else with a clear error, and `close` ends it all.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  ClosedError,
  LockedError,
  NotFoundError,
  open,
  StateError,
  TypeMismatchError,
  UnknownOptionError,
  UsageError,
} from '../../src/index.ts'
import { closeAfterEach, newDirectory, openMemory } from './configurations.ts'

closeAfterEach()

describe('open', () => {
  it('opens a database in memory, each time a new one', async () => {
    const one = await openMemory()
    const two = await openMemory()
    await one.createCollection('posts')
    expect(await two.collections()).toEqual([])
  })

  it('makes the directory, and those above it, and finds everything there again', async () => {
    const path = join(await newDirectory(), 'a', 'b')
    const db = await open(path)
    expect(db.path).toBe(path)
    await (await db.createCollection('posts')).insert({ id: 1, title: 'Hello' })
    await db.close()
    const again = await open(path)
    expect(await again.collection('posts').get(1)).toEqual({ id: 1, title: 'Hello' })
    await again.close()
  })

  it('gives all documents of a large log right away, and first ones, filtered ones and single ones after or between them', async () => {
    const path = await newDirectory()
    const written = Array.from({ length: 1_500 }, (_, id) => ({ id, even: id % 2 === 0, text: `${id} `.repeat(1_000) }))
    const db = await open(path)
    await (await db.createCollection('posts')).insert(written)
    await db.close()
    for (const isAsking of [false, true]) {
      const again = await open(path)
      const posts = again.collection<(typeof written)[number]>('posts')
      expect(await posts.find({ limit: 2 }).toArray()).toEqual(written.slice(0, 2))
      const found: unknown[] = []
      for await (const post of posts.find()) {
        found.push(post)
        if (!isAsking || post.id % 500 !== 1) continue
        expect(await posts.get(1_499)).toEqual(written[1_499])
        if (post.id > 900) expect(await posts.find({ filter: { even: true } }).count()).toBe(750)
        if (post.id > 600) await posts.update(post.id, { text: 'seen' })
      }
      expect(found).toEqual(written)
      if (!isAsking) expect(await posts.find({ skip: 2, select: ['id'], limit: 1 }).toArray()).toEqual([{ id: 2 }])
      await again.close()
    }
  })

  it('indexes what a log says last, however close together it was written, replaced, deleted and written again', async () => {
    const path = await newDirectory()
    const db = await open(path, { durability: 'soft' })
    const notes = await db.createCollection('notes')
    const kept = new Map<number | string, object>()
    const put = async (document: { id: number | string; turn: number }) => {
      await notes.upsert(document)
      kept.set(document.id, document)
    }
    for (let i = 0; i < 1_500; i++) {
      await put({ id: i % 3 === 0 ? `note ${i}` : i, turn: 0 })
      if (i % 5 === 0) await put({ id: i % 3 === 0 ? `note ${i}` : i, turn: 1 })
      if (i % 7 === 0) {
        const id = i % 3 === 0 ? `note ${i}` : i
        await notes.delete(id)
        kept.delete(id)
        if (i % 2 === 0) await put({ id, turn: 2 })
      }
    }
    await db.close()
    const again = await open(path)
    const reopened = again.collection('notes')
    expect(await reopened.count()).toBe(kept.size)
    for (const [id, document] of kept) expect(await reopened.get(id)).toEqual(document)
    const ids = [...kept.keys()]
    expect(await reopened.insert(ids.map((id) => ({ id })))).toMatchObject({ inserted: 0, errors: ids.length })
    expect(await reopened.delete(ids)).toMatchObject({ deleted: ids.length, skipped: 0 })
    expect(await reopened.count()).toBe(0)
    await again.close()
  })

  it('takes a file: URL', async () => {
    const path = await newDirectory()
    await (await open(pathToFileURL(path))).close()
    expect(existsSync(join(path, 'catalog'))).toBe(true)
  })

  it.each([[undefined], [null], [5], [{}], ['']])('refuses the path %j', async (path) => {
    await expect(open(path as string)).rejects.toThrow(UsageError)
  })

  it('refuses a misspelt option and says which one was meant', async () => {
    const opening = open(':memory:', { durabilty: 'soft' } as object)
    await expect(opening).rejects.toThrow(UnknownOptionError)
    await expect(open(':memory:', { readonly: true } as object)).rejects.toThrow('did you mean "readOnly"')
  })

  it.each([
    [{ durability: 'firm' }],
    [{ readOnly: 1 }],
    [{ repair: 'yes' }],
    [{ onProgress: {} }],
    [{ persist: 'yes' }],
  ])('refuses %j', async (options) => {
    await expect(open(':memory:', options as object)).rejects.toThrow(UsageError)
  })

  it.each([[null], [7], ['soft'], [[]]])('refuses %j in the place of options', async (options) => {
    await expect(open(':memory:', options as object)).rejects.toThrow(TypeMismatchError)
  })

  it('counts an option that is undefined as not given', async () => {
    await (await open(':memory:', { durability: undefined, readOnly: undefined })).close()
  })

  it('takes every durability in memory too', async () => {
    for (const durability of ['hard', 'soft'] as const) {
      const db = await open(':memory:', { durability })
      const posts = await db.createCollection('posts')
      expect(await posts.insert({ id: 1 }, { durability: 'hard' })).toMatchObject({ inserted: 1 })
      await db.sync()
      await db.close()
    }
  })

  it('works in memory without the browser build, and says what a name needs', async () => {
    const versions = Object.getOwnPropertyDescriptor(process, 'versions')!
    Object.defineProperty(process, 'versions', { value: {}, configurable: true })
    try {
      await expect(open('./data')).rejects.toThrow('run in a worker')
      await (await open(':memory:')).close()
    } finally {
      Object.defineProperty(process, 'versions', versions)
    }
  })
})

describe('a directory', () => {
  it('has one writer at a time; the second hears who holds it', async () => {
    const path = await newDirectory()
    const db = await open(path)
    await expect(open(path)).rejects.toThrow(LockedError)
    await expect(open(join(path, '..', basename(path)))).rejects.toThrow(LockedError)
    await db.close()
    await (await open(path)).close()
  })

  it('is free again after an opening that failed', async () => {
    const path = await newDirectory()
    await (await open(path)).close()
    writeFileSync(join(path, 'catalog'), 'something else')
    await expect(open(path)).rejects.toThrow('catalog')
    await expect(open(path)).rejects.not.toThrow(LockedError)
  })

  it('keeps foreign files as they are', async () => {
    const path = await newDirectory()
    await (await open(path)).close()
    const foreign = ['notes.txt', 'c1.log', 'c99.p0.1.log', 'C1.P0.1.LOG', 'c1.p0.1.log.bak', 'c01.p0.1.log', 'posts']
    for (const name of foreign) writeFileSync(join(path, name), name)
    mkdirSync(join(path, 'folder'))
    const db = await open(path)
    const posts = await db.createCollection('posts')
    await posts.insert({ id: 1 })
    await db.close()
    const again = await open(path)
    await again.dropCollection('posts')
    await again.close()
    for (const name of foreign) expect(readFileSync(join(path, name), 'utf8')).toBe(name)
    expect(existsSync(join(path, 'folder'))).toBe(true)
  })
})

describe('readOnly', () => {
  it('reads, and refuses every write', async () => {
    const path = await newDirectory()
    const db = await open(path)
    await (await db.createCollection('posts')).insert([{ id: 1 }, { id: 2 }])
    await db.close()
    const reader = await open(path, { readOnly: true })
    const posts = reader.collection('posts')
    expect(await posts.count()).toBe(2)
    expect(await posts.find().toArray()).toEqual([{ id: 1 }, { id: 2 }])
    await expect(posts.insert({ id: 3 })).rejects.toThrow(StateError)
    await expect(posts.delete(1)).rejects.toThrow('read-only')
    await expect(posts.createPartition('x')).rejects.toThrow(StateError)
    await expect(reader.createCollection('other')).rejects.toThrow(StateError)
    await expect(reader.dropCollection('posts')).rejects.toThrow(StateError)
    await reader.sync()
    await reader.close()
  })

  it('may be opened beside other readers, not beside a writer', async () => {
    const path = await newDirectory()
    await (await open(path)).close()
    const one = await open(path, { readOnly: true })
    const two = await open(path, { readOnly: true })
    await expect(open(path)).rejects.toThrow(LockedError)
    await one.close()
    await two.close()
    const writer = await open(path)
    await expect(open(path, { readOnly: true })).rejects.toThrow(LockedError)
    await writer.close()
  })

  it('writes nothing', async () => {
    const path = await newDirectory()
    const db = await open(path)
    await (await db.createCollection('posts')).insert({ id: 1 })
    await db.close()
    const before = readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString('hex')])
    const reader = await open(path, { readOnly: true })
    await reader.collection('posts').get(1)
    await reader.close()
    expect(readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString('hex')])).toEqual(before)
  })

  it('makes no database where there is none', async () => {
    const path = await newDirectory()
    await expect(open(path, { readOnly: true })).rejects.toThrow(NotFoundError)
    await expect(open(join(path, 'missing'), { readOnly: true })).rejects.toThrow(NotFoundError)
    expect(readdirSync(path)).toEqual([])
  })

  it('does not go with repair', async () => {
    const path = await newDirectory()
    await (await open(path)).close()
    await expect(open(path, { readOnly: true, repair: true })).rejects.toThrow(UsageError)
  })
})

describe('close', () => {
  it('may be called again, and at once again', async () => {
    const db = await open(await newDirectory())
    await Promise.all([db.close(), db.close()])
    await db.close()
  })

  it('ends everything with ClosedError, of the database, its collections and its cursors', async () => {
    const db = await open(':memory:')
    const posts = await db.createCollection('posts')
    await posts.insert([{ id: 1 }, { id: 2 }])
    const iterator = posts.find()[Symbol.asyncIterator]()
    await iterator.next()
    await db.close()
    const calls: (() => unknown)[] = [
      () => db.createCollection('x'),
      () => db.collections(),
      () => db.dropCollection('posts'),
      () => db.renameCollection('posts', 'x'),
      () => db.sync(),
      () => posts.insert({ id: 3 }),
      () => posts.insert([{ id: 3 }], { durability: 'soft' }),
      () => posts.upsert({ id: 3 }),
      () => posts.update(1, {}),
      () => posts.replace(1, {}),
      () => posts.delete(1),
      () => posts.get(1),
      () => posts.getMany([1]),
      () => posts.has(1),
      () => posts.count(),
      () => posts.find().toArray(),
      () => posts.find().first(),
      () => posts.find().count(),
      () => posts.find().explain(),
      () => iterator.next(),
      () => posts.createPartition('x'),
      () => posts.dropPartition('x'),
      () => posts.partitions(),
      () => posts.stats(),
      () => posts.optimize(),
      () => posts.indexes(),
      () => posts.search({}),
    ]
    for (const call of calls) await expect(call(), String(call)).rejects.toThrow(ClosedError)
    expect(() => db.collection('posts')).toThrow(ClosedError)
  })

  it('lets what is under way finish', async () => {
    const path = await newDirectory()
    const db = await open(path)
    const posts = await db.createCollection('posts')
    const writes = Array.from({ length: 50 }, (_, id) => posts.insert({ id }))
    const created = db.createCollection('later')
    const closed = db.close()
    for (const result of await Promise.all(writes)) expect(result.inserted).toBe(1)
    await created
    await closed
    const again = await open(path)
    expect(await again.collection('posts').count()).toBe(50)
    expect((await again.collections()).map(({ name }) => name)).toEqual(['posts', 'later'])
    await again.close()
  })

  it('is what `await using` calls', async () => {
    const path = await newDirectory()
    {
      await using db = await open(path)
      await db.createCollection('posts')
    }
    await using again = await open(path)
    expect((await again.collections()).length).toBe(1)
  })
})

describe('sync and soft durability', () => {
  it('keeps what was written softly once sync has resolved, and once it is closed', async () => {
    const path = await newDirectory()
    const db = await open(path, { durability: 'soft' })
    const posts = await db.createCollection('posts')
    await posts.insert({ id: 1 })
    await db.sync()
    await posts.insert({ id: 2 })
    await db.close()
    const again = await open(path)
    expect(await again.collection('posts').count()).toBe(2)
    await again.close()
  })
})
