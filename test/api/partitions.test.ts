// Promise: a key is unique in the whole collection; documents go to the partition that is named, else stay where they are, else go to
// the default one; naming another one moves them; unknown partitions are NotFoundErrors. Shards change nothing of it.

import { expect, it } from 'vitest'
import { ClosedError, ConflictError, NotFoundError, open, UsageError } from '../../src/index.ts'
import { closeAfterEach, counters, describeEach, newDirectory } from './configurations.ts'

closeAfterEach()

describeEach('partitions', ({ openNew, collection: options }) => {
  const make = async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.createPartition('a')
    await posts.createPartition('b')
    return posts
  }
  type Posts = Awaited<ReturnType<typeof make>>
  const where = async (posts: Posts) =>
    Object.fromEntries((await posts.partitions()).map(({ name, documents }) => [name, documents]))
  const ids = async (posts: Posts, ...partitions: string[]) =>
    (await posts.find({ partitions }).toArray()).map(({ id }) => id).sort()

  it('are listed, the default one first', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    expect(await posts.partitions()).toEqual([{ name: '_default', documents: 0 }])
    await posts.createPartition('2026')
    await posts.insert([{ id: 1 }, { id: 2 }], { partition: '2026' })
    await posts.insert({ id: 3 })
    expect(await posts.partitions()).toEqual([
      { name: '_default', documents: 1 },
      { name: '2026', documents: 2 },
    ])
    expect(await posts.count()).toBe(3)
  })

  it('can be called what collections can', async () => {
    const posts = await make()
    for (const name of ['../x', '\ud800', '日本', 'x'.repeat(255), '__proto__']) {
      await posts.createPartition(name)
      await posts.insert({ id: name.length }, { partition: name, conflict: 'replace' })
    }
    await expect(posts.createPartition('')).rejects.toThrow(UsageError)
    await expect(posts.createPartition('x'.repeat(256))).rejects.toThrow(UsageError)
    await expect(posts.createPartition(5 as unknown as string)).rejects.toThrow(UsageError)
  })

  it('tell what exists and what does not', async () => {
    const posts = await make()
    await expect(posts.createPartition('a')).rejects.toThrow(ConflictError)
    await expect(posts.createPartition('_default')).rejects.toThrow(ConflictError)
    await expect(posts.dropPartition('no')).rejects.toThrow(NotFoundError)
    await expect(posts.dropPartition('_default')).rejects.toThrow(UsageError)
    await expect(posts.insert({ id: 1 }, { partition: 'no' })).rejects.toThrow(NotFoundError)
    await expect(posts.update(1, {}, { partition: 'no' })).rejects.toThrow('it has _default, a, b')
    await expect(posts.delete(1, { partition: 'no' })).rejects.toThrow(NotFoundError)
    await expect(posts.find({ partitions: ['a', 'no'] }).toArray()).rejects.toThrow(NotFoundError)
    expect(await posts.count()).toBe(0)
  })

  it('keep a key unique over all of them', async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: 1 }, { partition: 'a' })
    expect(await posts.insert({ id: 1, n: 2 })).toMatchObject({ errors: 1 })
    expect(await posts.insert([{ id: 1, n: 2 }, { id: 2 }], { partition: 'b' })).toMatchObject({
      ...counters({ errors: 1, inserted: 1 }),
      firstError: 'collection "posts" already has a document with id 1 (position 0 of the batch)',
    })
    expect(await posts.get(1)).toEqual({ id: 1, n: 1 })
    expect(await where(posts)).toEqual({ _default: 0, a: 1, b: 1 })
  })

  it.each([false, true])('merge twice what moves within one call, with a unique index: %s', async (isIndexed) => {
    const posts = await make()
    if (isIndexed) await posts.createIndex('u', { unique: true })
    await posts.insert({ id: 1, u: 1 })
    const twice = [
      { id: 1, x: 1 },
      { id: 1, y: 2 },
    ]
    const result = await posts.insert(twice, { conflict: 'update', partition: 'b', returnChanges: true })
    expect(result).toEqual({
      ...counters({ replaced: 2 }),
      changes: [
        { key: 1, oldValue: { id: 1, u: 1 }, newValue: { id: 1, u: 1, x: 1 } },
        { key: 1, oldValue: { id: 1, u: 1, x: 1 }, newValue: { id: 1, u: 1, x: 1, y: 2 } },
      ],
    })
    expect(await posts.get(1)).toEqual({ id: 1, u: 1, x: 1, y: 2 })
    const patch = (old: object) => ({ n: ((old as { n?: number }).n ?? 0) + 1 })
    expect(await posts.update([1, 1, 1], patch, { partition: 'a' })).toEqual(counters({ replaced: 3 }))
    expect(await posts.get(1)).toMatchObject({ n: 3 })
    expect(await where(posts)).toEqual({ _default: 0, a: 1, b: 0 })
  })

  it('free a unique value with the document that had it and moves, for the next one of the call', async () => {
    const posts = await make()
    await posts.createIndex('u', { unique: true })
    await posts.insert({ id: 1, u: 'x' })
    const next = [
      { id: 1, u: 'y' },
      { id: 2, u: 'x' },
    ]
    expect(await posts.upsert(next, { partition: 'b' })).toEqual(counters({ replaced: 1, inserted: 1 }))
    expect(await posts.update([1, 2], { u: 'z' }, { partition: 'a' })).toMatchObject({ replaced: 1, errors: 1 })
    expect(await where(posts)).toEqual({ _default: 0, a: 1, b: 1 })
  })

  it('keep a document where it is when none is named', async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: 1 }, { partition: 'a' })
    expect(await posts.upsert([{ id: 1, n: 2 }, { id: 2 }])).toEqual(counters({ replaced: 1, inserted: 1 }))
    expect(await posts.insert({ id: 1, m: 2 }, { conflict: 'update' })).toEqual(counters({ replaced: 1 }))
    expect(await posts.insert({ id: 1 }, { conflict: (_, old) => ({ ...old, f: 1 }) })).toEqual(
      counters({ replaced: 1 }),
    )
    expect(await posts.update(1, { u: 1 })).toEqual(counters({ replaced: 1 }))
    expect(await posts.upsert({ id: 1, n: 2, m: 2, f: 1, u: 1 })).toEqual(counters({ unchanged: 1 }))
    expect(await where(posts)).toEqual({ _default: 1, a: 1, b: 0 })
    expect(await posts.get(1)).toEqual({ id: 1, n: 2, m: 2, f: 1, u: 1 })
  })

  it('let a document move when another one is named; that counts as replaced', async () => {
    const posts = await make()
    await posts.insert(
      [
        { id: 1, n: 1 },
        { id: 2, n: 1 },
      ],
      { partition: 'a' },
    )
    expect(await posts.upsert([{ id: 1, n: 1 }, { id: 3 }], { partition: 'b' })).toEqual(
      counters({ replaced: 1, inserted: 1 }),
    )
    expect(await ids(posts, 'a')).toEqual([2])
    expect(await ids(posts, 'b')).toEqual([1, 3])
    expect(await posts.insert({ id: 2, m: 1 }, { conflict: 'update', partition: 'b' })).toEqual(
      counters({ replaced: 1 }),
    )
    expect(await posts.get(2)).toEqual({ id: 2, n: 1, m: 1 })
    const back = await posts.upsert({ id: 2 }, { partition: '_default', returnChanges: true })
    expect(back).toMatchObject(counters({ replaced: 1 }))
    expect(back.changes).toEqual([{ key: 2, oldValue: { id: 2, n: 1, m: 1 }, newValue: { id: 2 } }])
    expect(await where(posts)).toEqual({ _default: 1, a: 0, b: 2 })
    expect(await posts.count()).toBe(3)
  })

  it('let a document move back and forth within one batch', async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: 0 }, { partition: 'a' })
    const result = await posts.upsert(
      [
        { id: 1, n: 1 },
        { id: 1, n: 2 },
        { id: 1, n: 2 },
      ],
      { partition: 'b' },
    )
    expect(result).toEqual(counters({ replaced: 2, unchanged: 1 }))
    expect(await where(posts)).toEqual({ _default: 0, a: 0, b: 1 })
    expect(await posts.get(1)).toEqual({ id: 1, n: 2 })
  })

  it('do not let go of a document that cannot be stored where it should move to', async () => {
    const posts = await make()
    await posts.insert({ id: 1, n: 1 }, { partition: 'a' })
    expect(
      await posts.upsert(
        [
          { id: 1, n: NaN },
          { id: 1, s: '\ud800' },
        ],
        { partition: 'b' },
      ),
    ).toMatchObject({ errors: 2 })
    expect(await posts.get(1)).toEqual({ id: 1, n: 1 })
    expect(await where(posts)).toEqual({ _default: 0, a: 1, b: 0 })
  })

  it('undo moves when an atomic call is refused', async () => {
    const posts = await make()
    await posts.insert(
      [
        { id: 1, n: 1 },
        { id: 2, n: 1 },
      ],
      { partition: 'a' },
    )
    const result = await posts.upsert(
      [
        { id: 1, n: 2 },
        { id: 2, n: NaN },
      ],
      { partition: 'b', atomic: true },
    )
    expect(result).toMatchObject(counters({ errors: 1 }))
    expect(await posts.get(1)).toEqual({ id: 1, n: 1 })
    expect(await where(posts)).toEqual({ _default: 0, a: 2, b: 0 })
  })

  it('are moved to by update and replace, each document once, and restrict delete', async () => {
    const posts = await make()
    await posts.insert(Array.from({ length: 600 }, (_, id) => ({ id, n: 0 })))
    await posts.insert(
      Array.from({ length: 600 }, (_, i) => ({ id: 600 + i, n: 0 })),
      { partition: 'b' },
    )
    expect(await posts.update({}, (document) => ({ n: (document.n as number) + 1 }), { partition: 'a' })).toEqual(
      counters({ replaced: 1_200 }),
    )
    expect(await where(posts)).toEqual({ _default: 0, a: 1_200, b: 0 })
    expect((await posts.find().toArray()).every(({ n }) => n === 1)).toBe(true)
    expect(await posts.replace([1, 'no'], { moved: true }, { partition: 'b' })).toEqual(
      counters({ replaced: 1, skipped: 1 }),
    )
    expect(await ids(posts, 'b')).toEqual([1])
    expect(await posts.delete([1, 2], { partition: 'b' })).toEqual(counters({ deleted: 1, skipped: 1 }))
    expect(await posts.delete({}, { partition: 'b' })).toEqual(counters({}))
    expect(await posts.delete({}, { partition: 'a' })).toEqual(counters({ deleted: 1_199 }))
  })

  it('are all looked in by get, getMany, has, delete and find', async () => {
    const posts = await make()
    await posts.insert({ id: 1 })
    await posts.insert({ id: 2 }, { partition: 'a' })
    await posts.insert({ id: 3 }, { partition: 'b' })
    expect(await posts.getMany([3, 9, 2, 1])).toEqual([{ id: 3 }, undefined, { id: 2 }, { id: 1 }])
    expect(await posts.has(3)).toBe(true)
    expect(await ids(posts, 'a', 'b')).toEqual([2, 3])
    expect(await ids(posts, '_default')).toEqual([1])
    expect(await posts.find({ partitions: ['b', 'a', 'b'] }).count()).toBe(2)
    expect(await posts.delete([1, 2, 3])).toEqual(counters({ deleted: 3 }))
  })

  it('can be dropped with what is in them', async () => {
    const posts = await make()
    await posts.insert({ id: 1 })
    await posts.insert({ id: 2 }, { partition: 'a' })
    await posts.dropPartition('a')
    expect(await posts.get(2)).toBeUndefined()
    expect(await posts.count()).toBe(1)
    await expect(posts.insert({ id: 3 }, { partition: 'a' })).rejects.toThrow(NotFoundError)
    await posts.createPartition('a')
    expect(await posts.insert({ id: 2 }, { partition: 'a' })).toEqual(counters({ inserted: 1 }))
  })

  it('can be dropped while a cursor reads: what was in them is not seen, the rest is', async () => {
    const posts = await make()
    await posts.insert(Array.from({ length: 500 }, (_, id) => ({ id })))
    await posts.insert(
      Array.from({ length: 500 }, (_, i) => ({ id: 500 + i })),
      { partition: 'a' },
    )
    await posts.insert(
      Array.from({ length: 500 }, (_, i) => ({ id: 1_000 + i })),
      { partition: 'b' },
    )
    const seen: number[] = []
    for await (const { id } of posts.find()) {
      if (seen.length === 0) await posts.dropPartition('a')
      seen.push(id as number)
    }
    expect(seen.sort((x, y) => x - y)).toEqual([...Array(500).keys(), ...[...Array(500).keys()].map((i) => 1_000 + i)])
  })

  // Its number was looked up once: after a drop, documents went into the partition that had moved up to it, and nobody said so.
  it('take what a stream brings by their names, whatever is dropped meanwhile', async () => {
    const posts = await make()
    await posts.createPartition('c')
    async function* source(from: number, dropped: string) {
      for (let id = from; id < from + 2_500; id++) {
        if (id === from + 1_200) await posts.dropPartition(dropped)
        yield { id }
      }
    }
    expect(await posts.insert(source(0, 'a'), { partition: 'b' })).toMatchObject({ inserted: 2_500 })
    expect(await where(posts)).toEqual({ _default: 0, b: 2_500, c: 0 })
    const refused = posts.insert(source(10_000, 'b'), { partition: 'b' })
    await expect(refused).rejects.toThrow(/has no partition "b"; it has _default, c/)
    expect(await where(posts)).toEqual({ _default: 0, c: 0 })
  })

  it('of a dropped collection answer ClosedError', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', options)
    const waiting = posts.createPartition('late')
    await db.dropCollection('posts')
    await waiting
    await expect(posts.partitions()).rejects.toThrow(ClosedError)
    await expect(posts.createPartition('x')).rejects.toThrow(ClosedError)
  })
})

it.each([1, 4])('moves and batches over %i shards survive reopening', async (shards) => {
  const path = await newDirectory()
  const db = await open(path)
  const posts = await db.createCollection('posts', { shards })
  await posts.createPartition('a')
  await posts.insert(Array.from({ length: 100 }, (_, id) => ({ id, n: 1 })))
  await posts.upsert(
    Array.from({ length: 50 }, (_, id) => ({ id, n: 2 })),
    { partition: 'a' },
  )
  await posts.delete([0, 99])
  await db.close()
  const again = await open(path)
  const found = again.collection('posts')
  expect(await found.partitions()).toEqual([
    { name: '_default', documents: 49 },
    { name: 'a', documents: 49 },
  ])
  expect(await found.getMany([1, 49, 50, 98, 99])).toEqual([
    { id: 1, n: 2 },
    { id: 49, n: 2 },
    { id: 50, n: 1 },
    { id: 98, n: 1 },
    undefined,
  ])
  expect(await found.insert({ id: 1 })).toMatchObject({ errors: 1 })
  await again.close()
})

it('shards take about equal parts of the documents', async () => {
  const path = await newDirectory()
  const db = await open(path)
  const posts = await db.createCollection('posts', { shards: 8 })
  await posts.insert(Array.from({ length: 8_000 }, (_, id) => ({ id })))
  expect(await posts.count()).toBe(8_000)
  const [info] = await db.collections()
  expect(info).toMatchObject({ shards: 8, partitions: ['_default'] })
  await db.close()
})

// The cursor met the closed file of the partition, and failed where it should have gone on.
it('can be dropped while a cursor reads them from a large log', async () => {
  const path = await newDirectory()
  const db = await open(path, { durability: 'soft' })
  const made = await db.createCollection('posts')
  await made.createPartition('a')
  await made.createPartition('b')
  const documents = Array.from({ length: 10_000 }, (_, id) => ({ id, text: 'x'.repeat(600) }))
  await made.insert(documents, { partition: 'a' })
  await made.insert({ id: 'last' }, { partition: 'b' })
  await db.close()
  const again = await open(path, { durability: 'soft' })
  const posts = again.collection('posts')
  const cursor = posts.find()[Symbol.asyncIterator]()
  await cursor.next()
  await posts.dropPartition('a')
  let last: unknown
  for (let step = await cursor.next(); !step.done; step = await cursor.next()) last = step.value['id']
  expect(last).toBe('last')
  await again.close()
})
