// Promise: a partition that is full can be emptied by one call, whatever that call is; else the only way out of a full database would be
// to know that a call must not delete too much.

import { expect, it } from 'vitest'
import { type Collection, openDatabase } from '../../src/engine/index.ts'
import { LimitError } from '../../src/error/index.ts'
import { MemoryDirectory, type StorageDirectory } from '../../src/storage/index.ts'
import { SimulatedMedium } from '../crash/simulated-storage.ts'

const LIMIT = 12 * 1_048_576
const documentOf = (id: number) => ({ id, name: `n${id}`, likes: id % 7 })

async function full(storage: StorageDirectory | null, shards = 1) {
  const db = await openDatabase({ storage, durability: 'soft', memoryLimitBytes: LIMIT })
  const posts = await db.createCollection('posts', shards > 1 ? { shards } : {})
  return { db, posts, count: await fill(posts) }
}

/** Inserts until there is no room; answers how many. */
async function fill(posts: Collection): Promise<number> {
  for (let count = 0; ; count += 1_000) {
    const documents = Array.from({ length: 1_000 }, (_, i) => documentOf(count + i))
    const refused = await posts.insert(documents).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (refused === undefined) continue
    expect(refused).toBeInstanceOf(LimitError)
    return count
  }
}

type Full = Awaited<ReturnType<typeof full>>
const keysOf = (count: number) => Array.from({ length: count }, (_, id) => id)

const CALLS: readonly (readonly [string, (one: Full) => Promise<unknown>])[] = [
  ['a filter', async ({ posts, count }) => expect((await posts.delete({})).deleted).toBe(count)],
  ['keys', async ({ posts, count }) => expect((await posts.delete(keysOf(count))).deleted).toBe(count)],
  [
    'keys, one of them twice and one unknown',
    async ({ posts, count }) => {
      const result = await posts.delete([...keysOf(count), 0, 'x'])
      expect(result).toMatchObject({ deleted: count, skipped: 2, errors: 0 })
    },
  ],
  [
    'a filter, with all that changed',
    async ({ posts, count }) => {
      const { deleted, changes } = await posts.delete({ likes: { $gte: 0 } }, { returnChanges: true })
      expect(deleted).toBe(count)
      expect(changes!.length).toBe(count)
      for (let i = 0; i < count; i += 997) expect(changes![i]!.oldValue).toEqual(documentOf(changes![i]!.key as number))
    },
  ],
]

for (const [name, run] of CALLS) {
  it(`deletes everything by ${name}`, async () => {
    const storage = new MemoryDirectory()
    const one = await full(storage)
    expect(one.count).toBeGreaterThan(50_000)
    await run(one)
    expect(await one.posts.count()).toBe(0)
    // There is room again, and on the disk it is the same.
    expect((await one.posts.insert(keysOf(5_000).map(documentOf))).inserted).toBe(5_000)
    await one.db.close()
    const db = await openDatabase({ storage: storage.reopen() })
    expect(await db.collection('posts').count()).toBe(5_000)
    expect(await db.collection('posts').get(4_999)).toEqual(documentOf(4_999))
    await db.close()
  })
}

it('deletes everything from two full shards, and from memory', async () => {
  const sharded = await full(new MemoryDirectory(), 2)
  expect((await sharded.posts.delete({})).deleted).toBe(sharded.count)
  await sharded.db.close()
  const inMemory = await full(null)
  expect((await inMemory.posts.delete({})).deleted).toBe(inMemory.count)
  expect((await inMemory.posts.insert(documentOf(1))).inserted).toBe(1)
  await inMemory.db.close()
})

it('keeps deleted what it has answered for, of all the batches that it took', async () => {
  const medium = new SimulatedMedium()
  const { db: first, posts, count } = await full(medium.reopen())
  await first.sync()
  expect((await posts.delete({}, { durability: 'hard' })).deleted).toBe(count)
  const db = await openDatabase({ storage: medium.crash({ seed: 1, mode: 'nothing' }).reopen() })
  expect(await db.collection('posts').count()).toBe(0)
  await db.close()
})

it('deletes all or nothing when it is to be atomic', async () => {
  const { db, posts, count } = await full(new MemoryDirectory())
  await expect(posts.delete({}, { atomic: true })).rejects.toThrow(LimitError)
  expect(await posts.count()).toBe(count)
  expect(await posts.get(0)).toEqual(documentOf(0))
  await db.close()
})

// The pages that are kept for deletions and compactions are lent to a log that is read, and must be given back.
it('rewrites the log of what has become full after it was opened, and deletes everything', async () => {
  const storage = new MemoryDirectory()
  const made = await openDatabase({ storage })
  await (await made.createCollection('posts')).insert(Array.from({ length: 1_000 }, (_, i) => documentOf(-1 - i)))
  await made.close()
  const db = await openDatabase({ storage: storage.reopen(), durability: 'soft', memoryLimitBytes: LIMIT })
  const count = await fill(db.collection('posts'))
  await db.collection('posts').optimize()
  expect((await db.collection('posts').delete({})).deleted).toBe(count + 1_000)
  await db.close()
})
