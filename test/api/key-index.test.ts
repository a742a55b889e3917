// Promise: documents that are wanted by the order of their keys again and again come through an index that the engine has made for itself;
// they are the same then, whatever is written, and nothing shows of it but the plan.

import { expect, it, vi } from 'vitest'
import { type Collection, LimitError, open } from '../../src/index.ts'
import { closeAfterEach, describeEach, newDirectory, openMemory } from './configurations.ts'

closeAfterEach()

const COUNT = 3_000

/** Keys that are not in order. */
const keyOf = (i: number) => (i * 7_919) % 100_003

async function fill(posts: Collection): Promise<void> {
  await posts.insert(Array.from({ length: COUNT }, (_, i) => ({ id: keyOf(i), i })))
}

/** Wants them in order until there is an index. */
async function order(posts: Collection): Promise<void> {
  const query = posts.find({ sort: 'id', limit: 1 })
  for (let i = 0; i < 500 && (await query.explain()).plan === 'scan'; i++) {
    await query.toArray()
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  expect(await query.explain()).toMatchObject({ plan: 'index', index: 'id', examined: 1 })
}

/** What queries by the order of the key answer, beside what is stored. */
async function check(posts: Collection): Promise<void> {
  const keys = (await posts.find().toArray()).map(({ id }) => id as number).sort((a, b) => a - b)
  const found = async (query: object) => (await posts.find(query).toArray()).map(({ id }) => id)
  expect(await found({ sort: 'id' })).toEqual(keys)
  expect(await found({ sort: '-id', skip: 5, limit: 20 })).toEqual(keys.toReversed().slice(5, 25))
  const between = (low: number, high: number) => keys.filter((key) => key > low && key <= high)
  for (const [low, high] of [
    [0, 1_000],
    [50_000, 50_500],
    [99_000, 200_000],
    [7, 7],
  ] as const) {
    const filter = { id: { $gt: low, $lte: high } }
    expect(await found({ filter, sort: 'id' })).toEqual(between(low, high))
    expect(new Set(await found({ filter }))).toEqual(new Set(between(low, high)))
    expect(await posts.count(filter)).toBe(between(low, high).length)
  }
}

describeEach('the index of the key', ({ openNew, collection: options }) => {
  it('comes when their order is wanted again, and gives what sorting gave', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await fill(posts)
    await posts.find({ sort: 'id' }).toArray()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await posts.find({ sort: 'id', limit: 1 }).explain()).plan).toBe('scan')
    await check(posts)
    await order(posts)
    await check(posts)
    expect(await posts.indexes()).toEqual([])
    expect((await posts.stats()).indexes).toBe(0)
    await posts.delete({ i: { $lt: 500 } })
    await posts.insert(Array.from({ length: 700 }, (_, i) => ({ id: keyOf(COUNT + i), i: -i })))
    await posts.update({ id: { $lt: 20_000 } }, { m: 1 })
    await check(posts)
    expect((await posts.delete({ id: { $gte: 40_000, $lt: 60_000 } })).deleted).toBeGreaterThan(400)
    await check(posts)
  })

  it('takes in what came since when it is wanted, unless that is much', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await fill(posts)
    await order(posts)
    const plan = async () => (await posts.find({ sort: 'id', limit: 1 }).explain()).plan
    for (const count of [1, 1_000, 4_000]) {
      await posts.delete({ i: { $lt: 100 } })
      await posts.insert(Array.from({ length: count }, (_, i) => ({ id: keyOf(COUNT + i) + count / 10_000, i })))
      expect(await plan()).toBe(count < 2_000 ? 'index' : 'scan')
      await check(posts)
    }
    await order(posts)
    await check(posts)
  })

  it('follows partitions that come and go', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await fill(posts)
    await order(posts)
    const walk = posts.find({ sort: 'id' })[Symbol.asyncIterator]()
    const { value: least } = await walk.next()
    await posts.createPartition('more')
    await posts.insert(
      Array.from({ length: 500 }, (_, i) => ({ id: keyOf(COUNT + i) + 0.5, i })),
      { partition: 'more' },
    )
    await check(posts)
    await order(posts)
    await check(posts)
    await posts.dropPartition('more')
    await check(posts)
    // What began before any of this still goes on, in order.
    const keys: unknown[] = [least['id']]
    for (let next = await walk.next(); !next.done; next = await walk.next()) keys.push(next.value['id'])
    expect(keys).toEqual((await posts.find().toArray()).map(({ id }) => id as number).sort((a, b) => a - b))
  })

  it('is made while others write', async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await fill(posts)
    const ordered = order(posts)
    let isOrdered = false
    void ordered.finally(() => {
      isOrdered = true
    })
    for (let i = 0; !isOrdered; i++) {
      await posts.insert({ id: -i, i })
      await posts.delete(keyOf(i))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await ordered
    await check(posts)
  })
})

it('is gone after closing, and leaves the files as they were without it', async () => {
  const path = await newDirectory()
  let db = await open(path, { durability: 'soft' })
  const posts = await db.createCollection('posts')
  await fill(posts)
  await order(posts)
  await db.close()
  for (const readOnly of [true, false]) {
    db = await open(path, { readOnly })
    expect((await db.collection('posts').find({ sort: 'id', limit: 1 }).explain()).plan).toBe('scan')
    await order(db.collection('posts'))
    await check(db.collection('posts'))
    await db.close()
  }
})

it('makes room for one that is made by hand', async () => {
  const posts = await (await openMemory()).createCollection('posts')
  await fill(posts)
  await order(posts)
  for (let i = 0; i < 60; i++) await posts.createIndex(`i${i}`)
  await expect(posts.createIndex('one more')).rejects.toThrow(LimitError)
  await check(posts)
  expect((await posts.find({ sort: 'id', limit: 1 }).explain()).plan).toBe('scan')
})

it('keeps no place when partitions go while it is made: one of 60 was lost for good', async () => {
  const posts = await (await openMemory()).createCollection('posts')
  await posts.createPartition('more')
  await posts.insert(Array.from({ length: 60_000 }, (_, i) => ({ id: keyOf(i), i })))
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  let clock = 0
  // Every slice of the work is over at once, so each few thousand documents take a turn.
  const now = vi.spyOn(performance, 'now').mockImplementation(() => {
    clock += 1_000
    return clock
  })
  try {
    for (let i = 0; i < 2; i++) await posts.find({ sort: 'id', limit: 1 }).toArray()
    for (let i = 0; i < 3; i++) await turn()
    await posts.dropPartition('more')
    for (let i = 0; i < 100; i++) await turn()
  } finally {
    now.mockRestore()
  }
  expect((await posts.find({ sort: 'id', limit: 1 }).explain()).plan).toBe('scan')
  for (let i = 0; i < 60; i++) await posts.createIndex(`i${i}`, { multi: true })
  await expect(posts.createIndex('one more')).rejects.toThrow(LimitError)
})

it('is not made of keys whose name is more to a path than a name', async () => {
  for (const primaryKey of ['a.b', '0']) {
    const posts = await (await openMemory()).createCollection('posts', { primaryKey })
    await posts.insert(Array.from({ length: COUNT }, (_, i) => ({ [primaryKey]: keyOf(i) })))
    for (let i = 0; i < 4; i++) {
      await posts.find({ sort: primaryKey, limit: 1 }).toArray()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect((await posts.find({ sort: primaryKey, limit: 1 }).explain()).plan).toBe('scan')
  }
})
