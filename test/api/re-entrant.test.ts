// Promise: what the caller wrote may use the collection that calls it. A function or getter in the midst of a write reads, and is refused
// what it writes; a loop over a cursor writes what it likes, meets each document once, and ends.

import { describe, expect, it } from 'vitest'
import { type Collection, type FindOptions, type Key, StateError } from '../../src/index.ts'
import { closeAfterEach, counters, describeEach, openMemory } from './configurations.ts'

closeAfterEach()

const COUNT = 1_200
/** More than any of these loops is to go round. */
const ROUNDS_MAX = 3 * COUNT

describeEach('a function of a write', ({ openNew, collection: options }) => {
  const make = async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(Array.from({ length: 20 }, (_, id) => ({ id, n: id, text: 'x'.repeat(40) })))
    return posts
  }
  /** Frees what is stored, and writes over it. */
  const meddle = (posts: Collection, keys: Key[]) => [
    posts.delete(keys).catch((error: unknown) => error),
    posts
      .insert(Array.from({ length: 50 }, (_, i) => ({ id: 1_000 + i, other: 'y'.repeat(40) })))
      .catch((error: unknown) => error),
  ]
  const refused = [expect.any(StateError), expect.any(StateError)]

  it('that decides about a conflict is refused what it writes, from the first document on', async () => {
    const posts = await make()
    let inner: Promise<unknown>[] = []
    const result = await posts.insert(
      { id: 1, b: 1 },
      {
        returnChanges: true,
        conflict: (_, old, fresh) => {
          inner = meddle(posts, [1])
          return { ...old, ...fresh }
        },
      },
    )
    const [before, after] = [
      { id: 1, n: 1, text: 'x'.repeat(40) },
      { id: 1, n: 1, text: 'x'.repeat(40), b: 1 },
    ]
    expect(result).toEqual({ ...counters({ replaced: 1 }), changes: [{ key: 1, oldValue: before, newValue: after }] })
    expect(await Promise.all(inner)).toEqual(refused)
    expect(await posts.count()).toBe(20)
  })

  // Keys that are strings were looked up through the memory that held the document: it was refused as too large, or stored as it was not.
  it('looks keys up while documents wait to be written', async () => {
    const posts = await make()
    const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`)
    await posts.insert(keys.map((id) => ({ id, text: `of ${id}` })))
    const inner: Promise<unknown>[] = []
    const document = (id: string, look: boolean) => ({
      id,
      before: `before ${id}`,
      list: [`first of ${id}`, 'second'],
      get read() {
        if (look) inner.push(posts.getMany(keys))
        return `read ${id}`
      },
      after: `after ${id}`,
    })
    const ids = Array.from({ length: 40 }, (_, i) => `new ${i}`)
    expect(await posts.insert(ids.map((id) => document(id, true)))).toEqual(counters({ inserted: 40 }))
    const result = await posts.update(keys, ({ text }) => {
      inner.push(posts.getMany(ids))
      return { text: `${text}, again` }
    })
    expect(result).toEqual(counters({ replaced: 30 }))
    expect(await posts.getMany(ids)).toEqual(ids.map((id) => ({ ...document(id, false) })))
    expect(await posts.getMany(keys)).toEqual(keys.map((id) => ({ id, text: `of ${id}, again` })))
    const read = (await Promise.all(inner)) as ({ id: string } | undefined)[][]
    expect(read.length).toBe(70)
    for (const [i, found] of read.entries()) expect(found.map((one) => one?.id)).toEqual(i < 40 ? keys : ids)
  })

  it('that makes a patch is refused what it writes, by key and by filter, with an index and without', async () => {
    const posts = await make()
    await posts.createIndex('n')
    for (const selection of [7, { n: { $gte: 0 } }, {}]) {
      let inner: Promise<unknown>[] | undefined
      const seen: unknown[] = []
      const result = await posts.update(selection, ({ id }) => {
        seen.push(id)
        inner ??= meddle(posts, [3, 4, 5, 6, 7])
        return { n: seen.length }
      })
      expect(result.errors).toBe(0)
      expect(new Set(seen).size).toBe(selection === 7 ? 1 : 20)
      expect(await Promise.all(inner!)).toEqual(refused)
      expect(await posts.count()).toBe(20)
    }
  })

  it('reads', async () => {
    const posts = await make()
    const reads: Promise<unknown>[] = []
    await posts.update([1, 2], ({ id }) => {
      reads.push(posts.get(1), posts.find({ filter: { id: 19 } }).toArray())
      return { n: (id as number) + 100 }
    })
    const found = await Promise.all(reads)
    expect(found[0]).toMatchObject({ n: 1 })
    expect(found[2]).toMatchObject({ id: 1 })
    expect(found[3]).toEqual([expect.objectContaining({ n: 19 })])
  })

  it('a getter in a patch is refused what it writes', async () => {
    const posts = await make()
    await posts.createIndex('n')
    let inner: Promise<unknown>[] | undefined
    const patch = {
      get n() {
        inner ??= meddle(posts, [3, 4, 5, 6, 7])
        return 5
      },
    }
    expect(await posts.update({ n: { $gte: 0 } }, patch)).toEqual(counters({ replaced: 19, unchanged: 1 }))
    expect(await Promise.all(inner!)).toEqual(refused)
  })

  // What lay where the document had been was merged into it, and stored: another document's fields.
  it('a getter in a patch of one document may write before it is read, and nothing of what it writes gets into the document', async () => {
    const posts = await make()
    let inner: Promise<unknown>[] | undefined
    const patch = {
      get id() {
        inner ??= meddle(posts, [3])
        return 3
      },
      patched: true,
    }
    expect(await posts.update(3, patch)).toMatchObject({ errors: 0 })
    await Promise.all(inner!)
    expect(await posts.get(3)).toEqual({ id: 3, n: 3, text: 'x'.repeat(40), patched: true })
  })

  it('a key that is another one each time it is asked for is the one under which the document is found', async () => {
    for (const returnChanges of [false, true]) {
      const posts = await (await openNew()).createCollection('posts', options)
      let id = 0
      const document = {
        get id() {
          return id++
        },
      }
      for (let i = 0; i < 8; i++) await posts.insert([document], { returnChanges })
      const stored = await posts.find().toArray()
      expect(stored.length).toBe(8)
      for (const one of stored) expect(await posts.get(one['id'] as Key)).toEqual(one)
    }
  })

  // The key that chose the shard or the partition was compared once with the document's, and read again to be stored.
  it('a key that is another one after some readings does not bring a document to where the first one belongs', async () => {
    const db = await openNew()
    for (const returnChanges of [false, true]) {
      for (let readings = 1; readings < 6; readings++) {
        const posts = await db.createCollection(`posts ${readings} ${returnChanges}`, options)
        await posts.createPartition('other')
        await posts.insert({ id: 100 }, { partition: 'other' })
        const changing = (first: number, later: number) => {
          let reads = 0
          return {
            get id() {
              return reads++ < readings ? first : later
            },
          }
        }
        for (let i = 0; i < 8; i++) await posts.upsert([changing(i, 10 + i), changing(20 + i, 100)], { returnChanges })
        const rename = { conflict: () => changing(0, 50) }
        await posts.insert([{ id: 0 }], rename)
        await posts.insert([{ id: 10 }], rename)
        const stored = await posts.find().toArray()
        expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length)
        for (const one of stored) expect(await posts.get(one['id'] as Key)).toEqual(one)
      }
    }
  })
})

describeEach('a loop over a cursor', ({ openNew, collection: options }) => {
  const make = async () => {
    const posts = await (await openNew()).createCollection('posts', options)
    await posts.insert(Array.from({ length: COUNT }, (_, id) => ({ id, n: id })))
    return posts
  }

  it.each([
    ['a scan', {}],
    ['a filter', { filter: { n: { $gte: 0 } } }],
    ['an order', { sort: 'n' }],
  ])('that inserts for each document of %s meets those that were there', async (_, query) => {
    const posts = await make()
    const met: unknown[] = []
    for await (const { id } of posts.find(query)) {
      if (met.push(id) > ROUNDS_MAX) break
      await posts.insert({ n: 5_000 }, { durability: 'soft' })
    }
    expect(met.sort((a, b) => (a as number) - (b as number))).toEqual([...Array(COUNT).keys()])
    expect(await posts.count()).toBe(2 * COUNT)
  })

  it.each<[string, FindOptions]>([
    ['a filter', { filter: { n: { $gte: 0 } } }],
    ['an order', { sort: 'n' }],
    ['an order, reversed', { sort: '-n' }],
    ['two ranges', { filter: { $or: [{ n: { $lt: 300 } }, { n: { $gt: 299 } }] } }],
  ])('through an index that moves each document ahead meets none twice: %s', async (_, query) => {
    const posts = await make()
    await posts.createIndex('n')
    const isDown = query.sort === '-n'
    const met = new Set<unknown>()
    for await (const { id, n } of posts.find(query)) {
      expect(met.has(id)).toBe(false)
      met.add(id)
      await posts.update(id as Key, { n: (n as number) + (isDown ? -10_000 : 10_000) }, { durability: 'soft' })
    }
    expect(met.size).toBe(COUNT)
  })

  it('through an index, once it was written to, goes on with what it has not met', async () => {
    const posts = await make()
    await posts.createIndex('n')
    const met: unknown[] = []
    for await (const { id } of posts.find({ filter: { n: { $gte: 0 } } })) {
      met.push(id)
      if (met.length === 700) await posts.update(0, { n: 50_000 })
    }
    expect(met.length).toBe(COUNT)
    expect(new Set(met).size).toBe(COUNT)
  })

  it('as the source of an insert into the same collection copies what was there', async () => {
    const posts = await make()
    await posts.delete([100, 101, 102])
    const left = COUNT - 3
    expect(await posts.insert(posts.find({ select: ['n'] }))).toMatchObject({ inserted: left, errors: 0 })
    expect(await posts.count()).toBe(2 * left)
  })
})

describe('a loop over a cursor of several partitions', () => {
  it('ends, whichever of them it writes to', async () => {
    const posts = await (await openMemory()).createCollection('posts')
    await posts.createPartition('b')
    await posts.insert(Array.from({ length: COUNT }, (_, id) => ({ id, n: id })))
    let met = 0
    for await (const _ of posts.find()) {
      if (++met > ROUNDS_MAX) break
      await posts.insert({ n: 1 }, { partition: met % 2 === 0 ? 'b' : '_default' })
    }
    expect(met).toBe(COUNT)
  })
})
