// Promise: a cursor yields every document that exists throughout exactly once, applies select, skip and limit, can be used in all the
// ways API.md names, and rejects with ClosedError when its collection is gone.

import { describe, expect, it } from 'vitest'
import { ClosedError, TypeMismatchError, UnknownOptionError, UsageError } from '../../src/index.ts'
import { closeAfterEach, describeEach, openMemory } from './configurations.ts'

closeAfterEach()

const COUNT = 2_000
const byId = (a: { id?: unknown }, b: { id?: unknown }) => (a.id as number) - (b.id as number)

describeEach('find', ({ openNew, collection: options }) => {
  const make = async (count = COUNT) => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(Array.from({ length: count }, (_, id) => ({ id, n: id, author: { name: `A${id}`, age: id } })))
    return posts
  }

  it('is iterated, gathered, asked for the first and counted', async () => {
    const posts = await make()
    const cursor = posts.find()
    const iterated: object[] = []
    for await (const document of cursor) iterated.push(document)
    const gathered = await cursor.toArray()
    expect(iterated).toEqual(gathered)
    expect(gathered.sort(byId)).toEqual(
      Array.from({ length: COUNT }, (_, id) => ({ id, n: id, author: { name: `A${id}`, age: id } })),
    )
    expect(await cursor.first()).toEqual(iterated[0])
    expect(await cursor.count()).toBe(COUNT)
    expect(await cursor.explain()).toEqual({ plan: 'scan', examined: COUNT, returned: COUNT })
  })

  it('yields nothing from an empty collection', async () => {
    const posts = await make(0)
    expect(await posts.find().toArray()).toEqual([])
    expect(await posts.find().first()).toBeUndefined()
    expect(await posts.find().count()).toBe(0)
    for await (const _ of posts.find()) expect.unreachable()
  })

  it('takes skip and limit, in the order of the whole', async () => {
    const posts = await make()
    const all = await posts.find().toArray()
    for (const [skip, limit] of [
      [0, 0],
      [0, 1],
      [5, 10],
      [300, 700],
      [COUNT - 3, 10],
      [COUNT, 1],
      [COUNT + 9, 5],
      [0, COUNT * 2],
    ] as const) {
      const cursor = posts.find({ skip, limit })
      const expected = all.slice(skip, skip + limit)
      expect(await cursor.toArray()).toEqual(expected)
      expect(await cursor.count()).toBe(expected.length)
      expect(await cursor.first()).toEqual(expected[0])
      expect((await cursor.explain()).returned).toBe(expected.length)
      const iterated: object[] = []
      for await (const document of cursor) iterated.push(document)
      expect(iterated).toEqual(expected)
    }
    expect(await posts.find({ skip: 10 }).count()).toBe(COUNT - 10)
    expect(await posts.find({ limit: 3 }).explain()).toEqual({ plan: 'scan', examined: 3, returned: 3 })
  })

  it('selects fields, nested as they stand', async () => {
    const posts = await make(3)
    const select = async (...fields: string[]) => (await posts.find({ select: fields }).toArray()).sort(byId)
    expect((await select('id', 'author.name'))[1]).toEqual({ id: 1, author: { name: 'A1' } })
    expect((await select('author', 'id'))[1]).toEqual({ id: 1, author: { name: 'A1', age: 1 } })
    expect((await select('author', 'author.name', 'id'))[1]).toEqual({ id: 1, author: { name: 'A1', age: 1 } })
    expect((await select('id', 'missing', 'author.missing', 'n.deeper'))[1]).toEqual({ id: 1 })
    expect(await posts.find({ select: [] }).toArray()).toEqual([{}, {}, {}])
    expect(await posts.find({ select: ['id'] }).first()).toEqual({ id: expect.any(Number) })
  })

  it('takes an empty filter', async () => {
    const posts = await make(3)
    expect((await posts.find({ filter: {} }).toArray()).length).toBe(3)
    expect(await posts.count({})).toBe(3)
  })

  it('sees each document that exists throughout exactly once, whatever is written meanwhile', async () => {
    const posts = await make()
    const seen = new Map<number, number>()
    let next = COUNT
    for await (const { id } of posts.find()) {
      const key = id as number
      seen.set(key, (seen.get(key) ?? 0) + 1)
      if (seen.size % 7 === 0) {
        await posts.update(key, { long: 'x'.repeat(seen.size) })
        await posts.insert({ id: next++ })
        // Odd keys above may go; even ones exist throughout.
        await posts.delete([COUNT - 1 - 2 * Math.floor(seen.size / 14)])
        await posts.update(((key * 31 + 2) % COUNT) & ~1, { again: seen.size })
      }
      if (next > COUNT + 5_000) break
    }
    for (let id = 0; id < COUNT; id += 2) expect(seen.get(id), `document ${id}`).toBe(1)
    for (const times of seen.values()) expect(times).toBe(1)
  })

  it('can be left early, and begun again', async () => {
    const posts = await make()
    const cursor = posts.find()
    for await (const _ of cursor) break
    const iterator = cursor[Symbol.asyncIterator]()
    await iterator.next()
    expect(await iterator.return!()).toEqual({ value: undefined, done: true })
    expect(await iterator.next()).toEqual({ value: undefined, done: true })
    expect((await cursor.toArray()).length).toBe(COUNT)
  })

  it('answers calls of next that do not wait for each other in order', async () => {
    const posts = await make(600)
    const iterator = posts.find()[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 602 }, () => iterator.next()))
    expect(results.slice(600)).toEqual([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ])
    expect(results.slice(0, 600).map(({ value }) => value)).toEqual(await posts.find().toArray())
  })

  it('rejects with ClosedError when the collection is dropped under it, even for what it has read ahead', async () => {
    const db = await openNew()
    const posts = await db.createCollection('posts', options)
    await posts.insert([{ id: 1 }, { id: 2 }, { id: 3 }])
    const iterator = posts.find()[Symbol.asyncIterator]()
    const cursor = posts.find()
    await iterator.next()
    await db.dropCollection('posts')
    await expect(iterator.next()).rejects.toThrow(ClosedError)
    await expect(cursor.toArray()).rejects.toThrow(ClosedError)
    expect(await iterator.next()).toEqual({ value: undefined, done: true })
  })

  it("hands out documents that are the caller's own", async () => {
    const posts = await make(1)
    const [first] = await posts.find().toArray()
    first!.n = 100
    expect(await posts.find().first()).toMatchObject({ n: 0 })
  })

  it.each<[object, new (...args: never[]) => Error]>([
    [{ limt: 5 }, UnknownOptionError],
    [{ limit: -1 }, UsageError],
    [{ limit: 1.5 }, UsageError],
    [{ limit: NaN }, UsageError],
    [{ limit: '5' }, UsageError],
    [{ skip: -1 }, UsageError],
    [{ skip: 0.5 }, UsageError],
    [{ select: 'id' }, TypeMismatchError],
    [{ select: [5] }, TypeMismatchError],
    [{ select: [''] }, UsageError],
    [{ partitions: 'a' }, TypeMismatchError],
    [{ filter: [] }, TypeMismatchError],
    [{ filter: null }, TypeMismatchError],
    [null as unknown as object, TypeMismatchError],
  ])('rejects the options %j when it is used', async (given, type) => {
    const posts = await make(1)
    const cursor = posts.find(given)
    await expect(cursor.toArray()).rejects.toThrow(type)
    await expect(cursor.first()).rejects.toThrow(type)
    await expect(cursor.count()).rejects.toThrow(type)
    await expect(cursor.explain()).rejects.toThrow(type)
    await expect(cursor[Symbol.asyncIterator]().next()).rejects.toThrow(type)
  })
})

/** How often the event loop turned meanwhile, and the milliseconds of this process that it took: the machine may be busy. */
async function turnsDuring(work: () => Promise<unknown>): Promise<{ turns: number; ms: number }> {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const began = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(began)
  clearInterval(timer)
  return { turns, ms: (user + system) / 1_000 }
}

describe('reading many documents', () => {
  it('lets the event loop turn in between', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    await posts.insert(Array.from({ length: 60_000 }, (_, id) => ({ id, text: `some text ${id}`, n: id })))
    const { turns, ms } = await turnsDuring(async () => {
      await posts.find().toArray()
      for await (const _ of posts.find());
    })
    expect(turns).toBeGreaterThan(Math.min(4, Math.floor(ms / 40)))
  })
})

describe('looking for what is not there', () => {
  it('lets the event loop turn in between', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    const text = 'a text that a pattern goes through without finding anything '.repeat(4)
    await posts.insert(Array.from({ length: 20_000 }, (_, id) => ({ id, text })))
    const filter = { text: { $regex: '(x+x+)+y' } }
    const asks = [
      () => posts.find({ filter }).first(),
      () => posts.find({ filter }).count(),
      () => posts.count(filter),
      () => posts.find({ filter, sort: 'text' }).toArray(),
      () => posts.groupBy('text', {}, filter),
    ]
    for (const ask of asks) {
      const { turns, ms } = await turnsDuring(ask)
      expect(turns).toBeGreaterThanOrEqual(Math.min(3, Math.floor(ms / 60)))
    }
  })
})
