// Promise: that filters are loaded with the first of them shows in nothing but the time it takes. Calls of which nobody awaited the first
// take effect in the order they were made, and each goes by what it was given when it was made. Checked on databases that were opened
// again, whose partitions run no filters yet: calls side by side against the same calls one after another.

import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/engine/index.ts'
import { ClosedError, type Collection, type Database, UnknownOptionError } from '../../src/index.ts'
import { MemoryDirectory } from '../../src/storage/index.ts'
import { settings } from '../core/values.ts'
import fc from '../property.ts'

interface Post {
  id: number
  likes: number
  tags?: string[]
}

/** A collection that was opened again and has had no filter since. */
async function reopened(shards = 1): Promise<{ db: Database; posts: Collection<Post>; storage: MemoryDirectory }> {
  const storage = new MemoryDirectory()
  const before = await openDatabase({ storage, durability: 'soft' })
  const made = await before.createCollection<Post>('posts', { shards })
  await made.insert(Array.from({ length: 9 }, (_, id) => ({ id, likes: id % 3 })))
  await before.close()
  const db = await openDatabase({ storage, durability: 'soft' })
  return { db, posts: db.collection<Post>('posts'), storage }
}

const all = async (posts: Collection<Post>) => (await posts.find().toArray()).sort((a, b) => a.id - b.id)

type Call = (posts: Collection<Post>) => Promise<unknown>

const someKey = fc.integer({ min: 0, max: 12 })
const someLikes = fc.integer({ min: 0, max: 4 })
const someCall: fc.Arbitrary<readonly [name: string, call: Call]> = fc.oneof(
  fc
    .tuple(someKey, someLikes)
    .map(([id, likes]) => [`upsert ${id} ${likes}`, (p: Collection<Post>) => p.upsert({ id, likes })] as const),
  fc
    .tuple(someKey, someLikes)
    .map(([id, likes]) => [`insert ${id}`, (p: Collection<Post>) => p.insert([{ id, likes }])] as const),
  fc
    .tuple(someLikes, someLikes)
    .map(
      ([from, likes]) =>
        [`update ${from} ${likes}`, (p: Collection<Post>) => p.update({ likes: from }, { likes })] as const,
    ),
  someLikes.map(
    (likes) => [`delete likes ${likes}`, (p: Collection<Post>) => p.delete({ likes: { $gte: likes + 2 } })] as const,
  ),
  someKey.map((id) => [`delete ${id}`, (p: Collection<Post>) => p.delete(id)] as const),
  fc
    .tuple(someKey, someLikes)
    .map(([id, likes]) => [`replace ${id}`, (p: Collection<Post>) => p.replace(id, { likes })] as const),
  someKey.map((id) => [`get ${id}`, (p: Collection<Post>) => p.get(id)] as const),
  someKey.map((id) => [`has ${id}`, (p: Collection<Post>) => p.has(id)] as const),
  someKey.map((id) => [`getMany ${id}`, (p: Collection<Post>) => p.getMany([id, 0])] as const),
)

describe('calls that nobody awaits', () => {
  it.each([1, 3])('take effect in the order they were made, %i shards', async (shards) => {
    await fc.assert(
      fc.asyncProperty(fc.array(someCall, { minLength: 2, maxLength: 12 }), async (calls) => {
        const [together, apart] = [await reopened(shards), await reopened(shards)]
        const answers = await Promise.all(calls.map(([, call]) => call(together.posts)))
        const wanted: unknown[] = []
        for (const [, call] of calls) wanted.push(await call(apart.posts))
        expect(answers).toEqual(wanted)
        expect(await all(together.posts)).toEqual(await all(apart.posts))
        await together.db.close()
        await apart.db.close()
      }),
      { ...settings, numRuns: 25 },
    )
  })

  it('are done before a closing that follows', async () => {
    const { db, posts, storage } = await reopened()
    const calls = [posts.delete({ likes: 1 }), posts.insert({ id: 20, likes: 1 })]
    const closed = db.close()
    await expect(posts.insert({ id: 21, likes: 1 })).rejects.toBeInstanceOf(ClosedError)
    await Promise.all([...calls, closed])
    const again = await openDatabase({ storage })
    expect(
      (
        await again
          .collection<Post>('posts')
          .find({ filter: { likes: 1 } })
          .toArray()
      ).map(({ id }) => id),
    ).toEqual([20])
    await again.close()
  })

  it('are done before a dropping that follows', async () => {
    const { db, posts } = await reopened()
    const deleted = posts.delete({ likes: 1 })
    await db.dropCollection('posts')
    expect((await deleted).deleted).toBe(3)
    await db.close()
  })

  it('see what came before them: counts, cursors, groups', async () => {
    const { db, posts } = await reopened()
    const deleted = posts.delete({ likes: 1 })
    const [count, counted, found, first, groups, likes] = await Promise.all([
      posts.count(),
      posts.count({ likes: { $lt: 2 } }),
      posts.find({ filter: { likes: 1 } }).toArray(),
      posts.find({ sort: '-likes' }).first(),
      posts.groupBy('likes'),
      posts.distinct('likes'),
    ])
    expect((await deleted).deleted).toBe(3)
    expect({ count, counted, found, first: first?.likes }).toEqual({ count: 6, counted: 3, found: [], first: 2 })
    expect(groups).toEqual([
      { key: 0, count: 3 },
      { key: 2, count: 3 },
    ])
    expect(likes).toEqual([0, 2])
    await db.close()
  })
})

describe('a call that waits', () => {
  it('goes by what it was given when it was made', async () => {
    const { db, posts } = await reopened()
    const filter = { likes: 1, $or: [{ id: { $in: [1, 4] } }] }
    const patch = { tags: ['a'] }
    const document = { id: 30, likes: 9, tags: ['b'] }
    const keys = [1, 30]
    const cursorFilter = { likes: 9 }
    const calls = [
      posts.update(filter, patch),
      posts.insert(document),
      posts.upsert([document]),
      posts.getMany(keys),
    ] as const
    const cursor = posts.find({ filter: cursorFilter })
    const count = posts.count(cursorFilter)
    filter.likes = 2
    filter.$or[0]!.id.$in.push(7)
    patch.tags.push('c')
    document.tags.push('d')
    document.likes = 0
    keys[0] = 8
    cursorFilter.likes = 0
    const [updated, inserted, upserted, got] = await Promise.all(calls)
    expect([updated.replaced, inserted.inserted, upserted.unchanged]).toEqual([2, 1, 1])
    expect(got).toEqual([
      { id: 1, likes: 1, tags: ['a'] },
      { id: 30, likes: 9, tags: ['b'] },
    ])
    expect(await count).toBe(1)
    expect((await cursor.toArray()).map(({ id }) => id)).toEqual([30])
    await db.close()
  })

  it('takes a source as it is, and a set as it was', async () => {
    const { db, posts } = await reopened()
    const deleted = posts.delete({ id: { $gte: 0 } })
    const set = new Set([{ id: 1, likes: 1 }])
    const inserted = [posts.insert(set), posts.insert((function* () { yield { id: 2, likes: 2 } })())] // biome-ignore format: one line
    set.clear()
    await Promise.all([deleted, ...inserted])
    expect(await all(posts)).toEqual([
      { id: 1, likes: 1 },
      { id: 2, likes: 2 },
    ])
    await db.close()
  })

  it('is refused as ever, and what comes after it goes on', async () => {
    const { db, posts } = await reopened()
    const refused = posts.delete({ likes: { $gtx: 1 } })
    const inserted = posts.insert({ id: 40, likes: 4 })
    await expect(refused).rejects.toBeInstanceOf(UnknownOptionError)
    expect((await inserted).inserted).toBe(1)
    await expect(posts.find({ filter: { $nix: [] } }).toArray()).rejects.toBeInstanceOf(UnknownOptionError)
    await db.close()
  })

  it('keeps a database closed that the call itself closes', async () => {
    const { db, posts } = await reopened()
    let closing: Promise<void> | undefined
    const updated = posts.update({ likes: 1 }, () => {
      closing = db.close()
      return { likes: 2 }
    })
    await updated.catch(() => {})
    await closing
    await expect(posts.insert({ id: 50, likes: 5 })).rejects.toBeInstanceOf(ClosedError)
    await expect(posts.get(1)).rejects.toBeInstanceOf(ClosedError)
  })

  it('is seen by figures, and comes before its partition is dropped', async () => {
    const { db, posts } = await reopened()
    const deleted = posts.delete({ likes: 1 })
    const counts = [
      posts.partitions().then(([{ documents } = { documents: -1 }]) => documents),
      posts.stats().then(({ documents }) => documents),
      db.collections().then(([{ documents } = { documents: -1 }]) => documents),
    ]
    expect(await Promise.all(counts)).toEqual([6, 6, 6])
    await deleted
    await db.close()

    const again = await reopened()
    await again.posts.createPartition('x')
    await again.posts.insert({ id: 60, likes: 7 }, { partition: 'x' })
    const gone = again.posts.delete({ likes: 7 }, { partition: 'x' })
    await again.posts.dropPartition('x')
    expect((await gone).deleted).toBe(1)
    await again.db.close()
  })

  it('comes before an index that is made after it', async () => {
    const { db, posts } = await reopened()
    await (await db.createCollection('others')).createIndex('likes')
    const deleted = [3, 4, 5, 6, 7, 8].map((id) => posts.delete({ id: { $eq: id } }))
    await posts.createIndex('likes', { unique: true })
    expect((await Promise.all(deleted)).map((result) => result.deleted)).toEqual([1, 1, 1, 1, 1, 1])
    await expect(posts.insert({ id: 80, likes: 2 })).resolves.toMatchObject({ inserted: 0, errors: 1 })
    await db.close()
  })

  it('makes no more of a document that cannot be read than its error', async () => {
    const { db, posts } = await reopened()
    const deleted = posts.delete({ likes: 1 })
    const bad = Object.defineProperty({ id: 71 }, 'likes', {
      enumerable: true,
      get: () => {
        throw new Error('not to be read')
      },
    }) as unknown as Post
    const { inserted, errors, firstError } = await posts.insert([{ id: 70, likes: 1 }, bad])
    expect({ inserted, errors }).toEqual({ inserted: 1, errors: 1 })
    expect(firstError).toContain('not to be read')
    await deleted
    await db.close()
  })

  it('ends with a filter that holds itself many times over', async () => {
    const { db, posts } = await reopened()
    const filter: Record<string, unknown> = { likes: 1 }
    filter['$or'] = [filter, filter]
    await expect(posts.count(filter)).rejects.toThrow('nested deeper')
    await db.close()
  })
})
