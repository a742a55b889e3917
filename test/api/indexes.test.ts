// Promise: indexes are made, listed, dropped and found again after reopening; a unique one holds over the whole collection, whatever
// way a document takes into it, and a document it refuses is treated like one whose key is taken.

import { expect, it } from 'vitest'
import {
  type Collection,
  ConflictError,
  DuplicateKeyError,
  LimitError,
  NotFoundError,
  open,
  TypeMismatchError,
  UnknownOptionError,
  UsageError,
} from '../../src/index.ts'
import { closeAfterEach, counters, describeEach, newDirectory, openMemory } from './configurations.ts'

closeAfterEach()

describeEach('indexes', ({ openNew, collection: options }) => {
  const make = async () => (await openNew()).createCollection('posts', options)

  it('are listed with what they are on, and dropped', async () => {
    const posts = await make()
    await posts.insert([{ id: 1, likes: 5, tags: ['a', 'b', 'a'] }, { id: 2 }])
    await posts.createIndex('likes')
    await posts.createIndex('by_author', { fields: ['author.name', 'likes'] })
    await posts.createIndex('tags', { multi: true })
    await posts.createIndex('email', { unique: true })
    expect(await posts.indexes()).toEqual([
      { name: 'likes', type: 'ordered', fields: ['likes'], unique: false, multi: false, entries: 2 },
      { name: 'by_author', type: 'ordered', fields: ['author.name', 'likes'], unique: false, multi: false, entries: 2 },
      { name: 'tags', type: 'ordered', fields: ['tags'], unique: false, multi: true, entries: 2 },
      { name: 'email', type: 'ordered', fields: ['email'], unique: true, multi: false, entries: 2 },
    ])
    expect((await posts.stats()).indexes).toBe(4)
    await posts.dropIndex('by_author')
    expect((await posts.indexes()).map(({ name }) => name)).toEqual(['likes', 'tags', 'email'])
    await posts.createIndex('by_author')
    expect((await posts.indexes()).at(-1)!.fields).toEqual(['by_author'])
  })

  it('tell what exists, what does not, and what makes no sense', async () => {
    const posts = await make()
    await posts.createIndex('a')
    await expect(posts.createIndex('a', { fields: ['b'] })).rejects.toThrow(ConflictError)
    await expect(posts.dropIndex('b')).rejects.toThrow(NotFoundError)
    await expect(posts.dropIndex('b')).rejects.toThrow('collection "posts" has no index "b"; it has a')
    const bad = (name: unknown, given: unknown) => posts.createIndex(name as string, given as object)
    await expect(bad('b', { field: ['x'] })).rejects.toThrow(UnknownOptionError)
    await expect(bad('b', { fields: 'x' })).rejects.toThrow(TypeMismatchError)
    await expect(bad('b', { fields: [] })).rejects.toThrow(UsageError)
    await expect(bad('b', { fields: [''] })).rejects.toThrow(UsageError)
    await expect(bad('b', { fields: ['y', 'x', 'x'] })).rejects.toThrow('fields of index "b" has "x" twice')
    await expect(bad('b', { fields: [5] })).rejects.toThrow(TypeMismatchError)
    await expect(bad('b', { fields: new Array<string>(1) })).rejects.toThrow(TypeMismatchError)
    await expect(bad('b', { unique: 1 })).rejects.toThrow(UsageError)
    await expect(bad('b', [])).rejects.toThrow(TypeMismatchError)
    await expect(bad('', {})).rejects.toThrow(UsageError)
    await expect(bad(5, {})).rejects.toThrow(TypeMismatchError)
    await expect(bad('b', { fields: ['x'.repeat(1_001)] })).rejects.toThrow(LimitError)
    await expect(bad('b', { fields: ['\ud800'] })).rejects.toThrow(UsageError)
    expect((await posts.indexes()).map(({ name }) => name)).toEqual(['a'])
  })

  it('hold what partitions that come later hold, and go with those that go', async () => {
    const posts = await make()
    await posts.createIndex('n', { unique: true })
    await posts.createPartition('p')
    await posts.insert({ id: 1, n: 1 }, { partition: 'p' })
    expect((await posts.insert({ id: 2, n: 1 })).errors).toBe(1)
    await posts.dropPartition('p')
    expect((await posts.insert({ id: 2, n: 1 })).inserted).toBe(1)
    expect((await posts.indexes())[0]!.entries).toBe(1)
  })

  it('are made while others write', async () => {
    const posts = await make()
    await posts.insert(Array.from({ length: 20_000 }, (_, id) => ({ id, n: id % 100 })))
    const made = posts.createIndex('n')
    let writes = 0
    let isMade = false
    void made.then(() => {
      isMade = true
    })
    while (!isMade) {
      await posts.update(writes * 7, { n: 1_000 })
      await posts.delete(writes * 11 + 1)
      await posts.insert({ id: 30_000 + writes, n: 2_000 })
      writes++
      await new Promise((resolve) => setImmediate(resolve))
    }
    await made
    expect((await posts.indexes())[0]!.entries).toBe(await posts.count())
  })

  // A document that was written in the stretch before the index was complete was never found by it, even after reopening; a unique index
  // took another with its value.
  it('have what is written just before they are complete', async () => {
    const posts = await make()
    await posts.insert(Array.from({ length: 100 }, (_, id) => ({ id, likes: id })))
    await posts.createIndex('other')
    let isMade = false
    const made = posts.createIndex('likes', { unique: true }).finally(() => {
      isMade = true
    })
    let id = 100
    for (; !isMade; id++) {
      await posts.insert({ id, likes: id }, { durability: 'soft' })
      if (id % 100 === 99) await new Promise((resolve) => setImmediate(resolve))
    }
    await made
    expect(await posts.count({ likes: { $gte: 0 } })).toBe(id)
    expect(await posts.insert({ id: -1, likes: id - 1 })).toMatchObject(counters({ errors: 1 }))
    for (let likes = 0; likes < id; likes++) expect(await posts.count({ likes })).toBe(1)
  })

  // They ended with a StateError: the index that they used, and that nobody had dropped, was not there any more.
  it('do not end queries when they cannot be made', async () => {
    const posts = await make()
    await posts.insert(Array.from({ length: 1_000 }, (_, id) => ({ id, likes: id % 999 })))
    await posts.createIndex('other')
    let isOver = false
    const refused = expect(posts.createIndex('likes', { unique: true })).rejects.toThrow(DuplicateKeyError)
    void refused.then(() => {
      isOver = true
    })
    const begun: AsyncIterableIterator<object>[] = []
    while (!isOver) {
      const cursor = posts.find({ sort: 'likes' })[Symbol.asyncIterator]()
      await cursor.next()
      begun.push(cursor)
      if (begun.length % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await refused
    expect(begun.length).toBeGreaterThan(0)
    for (const cursor of begun) {
      let count = 1
      for await (const _ of cursor) count++
      expect(count).toBe(1_000)
    }
  })

  it('refuse, when they are to be unique, what has duplicates already', async () => {
    const posts = await make()
    await posts.createPartition('p')
    await posts.insert(Array.from({ length: 50 }, (_, id) => ({ id, n: id, email: `e${id}` })))
    await posts.insert({ id: 'other', email: 'e7' }, { partition: 'p' })
    const failure = await posts.createIndex('email', { unique: true }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(DuplicateKeyError)
    const { message, details } = failure as DuplicateKeyError
    expect(message).toMatch(/index "email" of collection "posts" cannot be unique: .*7.*"other"|.*"other".*7/)
    expect(message).toContain('"e7"')
    expect(new Set(details['keys'] as unknown[])).toEqual(new Set([7, 'other']))
    expect(await posts.indexes()).toEqual([])
    // It is not enforced either.
    expect((await posts.insert({ id: 99, email: 'e8' })).inserted).toBe(1)
    await posts.delete(['other', 99])
    await posts.createIndex('email', { unique: true })
    expect((await posts.insert({ id: 99, email: 'e8' })).errors).toBe(1)
  })
})

describeEach('unique indexes', ({ openNew, collection: options }) => {
  const make = async (fields = ['email'], multi = false) => {
    const users = await (await openNew()).createCollection('users', options)
    await users.createIndex('by_email', { fields, unique: true, multi })
    return users
  }
  const all = async (users: Collection) =>
    (await users.find().toArray()).sort((a, b) => String(a['id']).localeCompare(String(b['id'])))

  it('refuse the document that comes second, and go on with the batch', async () => {
    const users = await make()
    const result = await users.insert([
      { id: 1, email: 'a' },
      { id: 2, email: 'b' },
      { id: 3, email: 'a' },
      { id: 4, email: 'c' },
    ])
    expect(result).toMatchObject(counters({ inserted: 3, errors: 1 }))
    expect(result.firstError).toMatch(/"users".*"by_email".*"a".*key 1.*position 2/)
    expect((await all(users)).map(({ id }) => id)).toEqual([1, 2, 4])
    expect((await users.insert({ id: 5, email: 'b' })).firstError).not.toMatch(/position/)
  })

  it('hold for every way in', async () => {
    const users = await make()
    await users.insert([
      { id: 1, email: 'a', n: 1 },
      { id: 2, email: 'b', n: 2 },
    ])
    const taken = { id: 3, email: 'a' }
    for (const conflict of ['error', 'replace', 'update', () => null] as const) {
      expect(await users.insert(taken, { conflict })).toMatchObject(counters({ errors: 1 }))
    }
    expect(await users.upsert(taken)).toMatchObject(counters({ errors: 1 }))
    expect(await users.upsert({ id: 2, email: 'a' })).toMatchObject(counters({ errors: 1 }))
    expect(await users.insert({ id: 2, email: 'a' }, { conflict: 'update' })).toMatchObject(counters({ errors: 1 }))
    const decide = (_: unknown, old: object) => ({ ...old, email: 'a' })
    expect(await users.insert({ id: 2 }, { conflict: decide })).toMatchObject(counters({ errors: 1 }))
    expect(await users.update(2, { email: 'a' })).toMatchObject(counters({ errors: 1 }))
    expect(await users.update(2, () => ({ email: 'a' }))).toMatchObject(counters({ errors: 1 }))
    expect(await users.replace(2, { email: 'a' })).toMatchObject(counters({ errors: 1 }))
    expect(await users.update({}, { email: 'z' })).toMatchObject(counters({ replaced: 1, errors: 1 }))
    await users.update(1, { email: 'a' })
    expect(await users.insert(taken, { returnChanges: 'always' })).toMatchObject({
      ...counters({ errors: 1 }),
      changes: [{ key: 3, oldValue: null, newValue: null, error: expect.stringContaining('by_email') as string }],
    })
    async function* stream() {
      yield taken
      yield { id: 4, email: 'd' }
    }
    expect(await users.insert(stream())).toMatchObject(counters({ inserted: 1, errors: 1 }))
    // The same document may keep its own value.
    expect(await users.upsert({ id: 2, email: 'b', n: 3 })).toMatchObject(counters({ replaced: 1 }))
    expect(await users.update(2, { email: 'b' })).toMatchObject(counters({ unchanged: 1 }))
  })

  it('see within a batch what was let go before', async () => {
    const users = await make()
    await users.insert([
      { id: 1, email: 'a' },
      { id: 2, email: 'b' },
    ])
    const result = await users.upsert([
      { id: 1, email: 'c' },
      { id: 2, email: 'a' },
      { id: 3, email: 'b' },
      { id: 4, email: 'c' },
    ])
    expect(result).toMatchObject(counters({ inserted: 1, replaced: 2, errors: 1 }))
    expect(await all(users)).toEqual([
      { id: 1, email: 'c' },
      { id: 2, email: 'a' },
      { id: 3, email: 'b' },
    ])
    await users.delete(3)
    expect((await users.insert({ id: 5, email: 'b' })).inserted).toBe(1)
  })

  it('undo an atomic batch as a whole', async () => {
    const users = await make()
    await users.insert({ id: 1, email: 'a' })
    const before = await all(users)
    const batch = [
      { id: 1, email: 'z' },
      { id: 2, email: 'b' },
      { id: 3, email: 'b' },
    ]
    const result = await users.upsert(batch, { atomic: true })
    expect(result).toMatchObject(counters({ errors: 1 }))
    expect(await all(users)).toEqual(before)
    expect(
      (
        await users.insert([
          { id: 2, email: 'b' },
          { id: 3, email: 'z' },
        ])
      ).inserted,
    ).toBe(2)
    expect((await users.insert({ id: 4, email: 'a' })).errors).toBe(1)
  })

  it('let documents without a field be, and take null for a value', async () => {
    const users = await make(['a', 'b'])
    const result = await users.insert([
      { id: 1, a: 1 },
      { id: 2, a: 1 },
      { id: 3, a: 1, b: 1 },
      { id: 4, a: 1n, b: 1 },
      { id: 5, a: null, b: 1 },
      { id: 6, a: null, b: 1 },
      { id: 7, a: '1', b: 1 },
    ])
    expect(result).toMatchObject(counters({ inserted: 5, errors: 2 }))
    expect(result.firstError).toMatch(/\(1n?, 1\)/)
    expect((await users.update(2, { b: 1 })).errors).toBe(1)
  })

  it('of elements let a document have one twice, and two documents not once', async () => {
    const users = await make(['tags'], true)
    expect((await users.insert({ id: 1, tags: ['a', 'b', 'a'] })).inserted).toBe(1)
    const result = await users.insert([
      { id: 2, tags: ['c', 'b'] },
      { id: 3, tags: 'a' },
      { id: 4, tags: [] },
      { id: 5, tags: [] },
    ])
    expect(result).toMatchObject(counters({ inserted: 2, errors: 2 }))
    expect(result.firstError).toContain('already has "b", in the document with key 1')
    expect((await users.update(1, { tags: ['b', 'c'] })).replaced).toBe(1)
    expect((await users.insert({ id: 2, tags: ['a'] })).inserted).toBe(1)
  })

  it('hold when documents move between partitions', async () => {
    const users = await make()
    await users.createPartition('p')
    await users.insert([
      { id: 1, email: 'a' },
      { id: 2, email: 'b' },
    ])
    expect(await users.upsert({ id: 1, email: 'a' }, { partition: 'p' })).toMatchObject(counters({ replaced: 1 }))
    expect(await users.upsert({ id: 2, email: 'a' }, { partition: 'p' })).toMatchObject(counters({ errors: 1 }))
    expect(await users.insert({ id: 3, email: 'a' })).toMatchObject(counters({ errors: 1 }))
    expect(await users.update(1, { email: 'c' }, { partition: '_default' })).toMatchObject(counters({ replaced: 1 }))
    expect(await users.insert({ id: 3, email: 'a' }, { partition: 'p' })).toMatchObject(counters({ inserted: 1 }))
    expect(await users.partitions()).toEqual([
      { name: '_default', documents: 2 },
      { name: 'p', documents: 1 },
    ])
  })
})

// Documents of different shards are compared outside of the core.
it('unique ones hold over shards, for what is replaced and for elements, and let other indexes and documents without the field be', async () => {
  const users = await (await openMemory()).createCollection('users', { shards: 4 })
  await users.createIndex('n')
  await users.createIndex('email', { unique: true })
  await users.createIndex('tags', { unique: true, multi: true })
  const first = Array.from({ length: 20 }, (_, id) => ({ id, n: 1, email: `e${id}`, tags: [`a${id}`, `b${id}`] }))
  expect(await users.insert(first)).toMatchObject(counters({ inserted: 20 }))
  const bare = Array.from({ length: 20 }, (_, i) => ({ id: 100 + i, n: 1 }))
  expect(await users.insert(bare)).toMatchObject(counters({ inserted: 20 }))
  for (let id = 0; id < 10; id++) {
    expect(await users.update(id, { email: `e${id + 10}` })).toMatchObject(counters({ errors: 1 }))
    expect(await users.upsert({ id, tags: [`b${id + 10}`] })).toMatchObject(counters({ errors: 1 }))
  }
  const result = await users.insert([
    { id: 200, email: 'new', tags: ['c'] },
    { id: 201, tags: ['a0', 'b1', 'a2', 'b3', 'a4', 'b5'] },
    { id: 202, tags: ['d'] },
  ])
  expect(result).toMatchObject(counters({ inserted: 2, errors: 1 }))
  expect(await users.getMany([200, 201, 202])).toEqual([
    { id: 200, email: 'new', tags: ['c'] },
    undefined,
    { id: 202, tags: ['d'] },
  ])
  expect(await users.find().count()).toBe(42)
})

it('are not unique where any two documents of different shards have a value twice', async () => {
  const users = await (await openMemory()).createCollection('users', { shards: 2 })
  await users.insert(Array.from({ length: 600 }, (_, id) => ({ id, email: `e${id}` })))
  // Some of these are in the other shard.
  for (let i = 0; i < 8; i++) {
    const id = `twin ${i}`
    await users.insert({ id, email: `e${599 - i}` })
    await expect(users.createIndex('email', { unique: true })).rejects.toThrow('cannot be unique')
    await users.delete(id)
  }
  await users.createIndex('email', { unique: true })
  for (let i = 0; i < 8; i++) expect((await users.insert({ id: `twin ${i}`, email: 'e599' })).errors).toBe(1)
})

it('have what came into one partition while another was built', async () => {
  const posts = await (await openMemory()).createCollection('posts', { shards: 4 })
  const batch = (from: number, length: number) => Array.from({ length }, (_, i) => ({ id: from + i, n: from + i }))
  for (let from = 0; from < 160_000; from += 10_000) await posts.insert(batch(from, 10_000))
  await posts.createIndex('first', { fields: ['m'] })
  let isMade = false
  const made = posts.createIndex('n').then(() => {
    isMade = true
  })
  let count = 160_000
  for (; !isMade; count += 50) {
    await posts.insert(batch(count, 50))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await made
  expect((await posts.indexes())[1]!.entries).toBe(count)
  expect(await posts.find({ filter: { n: { $gte: 160_000 } } }).count()).toBe(count - 160_000)
})

it('are there again after reopening, built anew or as a snapshot has them', async () => {
  const path = await newDirectory()
  const phases: string[] = []
  const reopen = () => open(path, { onProgress: ({ phase }) => phases.push(phase) })
  let db = await open(path, { durability: 'soft' })
  const small = await db.createCollection('small')
  await small.insert(Array.from({ length: 100 }, (_, id) => ({ id, n: id % 10, e: `x${id}` })))
  const large = await db.createCollection('large', { shards: 2 })
  await large.insert(Array.from({ length: 50_000 }, (_, id) => ({ id, n: id % 10, e: `x${id}` })))
  for (const collection of [small, large]) {
    await collection.createIndex('n')
    await collection.createIndex('e', { unique: true })
  }
  await db.close()
  for (let round = 0; round < 3; round++) {
    db = await reopen()
    for (const name of ['small', 'large']) {
      const posts = db.collection(name)
      const count = await posts.count()
      expect(await posts.indexes()).toMatchObject([
        { name: 'n', unique: false, entries: count },
        { name: 'e', unique: true, entries: count },
      ])
      expect((await posts.insert({ id: 'new', e: 'x7' })).errors).toBe(1)
      expect((await posts.insert({ id: `r${round}`, e: `r${round}` })).errors).toBe(0)
    }
    await db.close()
  }
  expect(phases).toContain('index')
  db = await reopen()
  await db.collection('large').dropIndex('e')
  await db.renameCollection('large', 'huge')
  await db.close()
  db = await reopen()
  expect((await db.collection('huge').indexes()).map(({ name }) => name)).toEqual(['n'])
  expect((await db.collection('huge').insert({ id: 'new', e: 'x7' })).inserted).toBe(1)
  await db.close()
})

it('may be sixty at most', async () => {
  const posts = await (await openMemory()).createCollection('posts')
  for (let i = 0; i < 60; i++) await posts.createIndex(`i${i}`)
  await expect(posts.createIndex('one more')).rejects.toThrow(LimitError)
  await posts.dropIndex('i5')
  await posts.createIndex('one more')
})
