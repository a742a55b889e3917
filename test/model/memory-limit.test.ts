// Promise: a partition that is full says so before anything is written, stays readable, and takes deletions and compactions, which make
// room again; one that is rewritten for ever stays as large as what is alive in it, in memory and on disk.

import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/engine/index.ts'
import { LimitError } from '../../src/error/index.ts'
import { MemoryDirectory } from '../../src/storage/index.ts'
import { expectStored } from '../core/exact.ts'
import { get, inMemory, optionsFor, Partition, PutMode, remove, upsert } from '../core/partitions.ts'
import { expectSound } from '../core/store-sound.ts'
import { SimulatedMedium } from '../crash/simulated-storage.ts'

const MIB = 1_048_576
const isDebug = process.env.QUIVER_WASM === 'debug'

/** Fills a partition in batches until one is refused; answers how many documents are in it. */
function fill(partition: Partition, documentOf: (id: number) => object, batchCount: number): number {
  for (let from = 0; ; from += batchCount) {
    const before = { count: partition.count, log: partition.logPosition, live: partition.store.liveBytes }
    const documents = Array.from({ length: batchCount }, (_, i) => documentOf(from + i))
    try {
      upsert(partition, documents)
    } catch (error) {
      expect(error).toBeInstanceOf(LimitError)
      expect((error as LimitError).message).toMatch(/memory/)
      expect({ count: partition.count, log: partition.logPosition, live: partition.store.liveBytes }).toEqual(before)
      return from
    }
  }
}

const KINDS: readonly (readonly [string, number, number, (id: number) => object])[] = [
  ['small documents', 10 * MIB, 500, (id) => ({ id, name: `n${id}`, likes: id % 7 })],
  ['documents of 4 KB', 16 * MIB, 50, (id) => ({ id: `k${id}`, text: 'x'.repeat(4_000), n: id })],
  ['documents of 300 KB', 16 * MIB, 1, (id) => ({ id, text: 'y'.repeat(300_000) })],
  ['documents of many sizes', 12 * MIB, 20, (id) => ({ id, text: 'z'.repeat((id * 7_919) % 20_000), list: [id] })],
  ['nothing but keys', 10 * MIB, 1_000, (id) => ({ id })],
]

describe('a partition that is full', () => {
  for (const [name, limit, batchCount, documentOf] of KINDS) {
    it(`of ${name} goes on reading, deleting and compacting`, async () => {
      const storage = new MemoryDirectory()
      const partition = await Partition.create(optionsFor(storage, { memoryLimitBytes: limit }))
      const count = fill(partition, documentOf, batchCount)
      expect(partition.count).toBe(count)
      expect(partition.store.liveBytes).toBeGreaterThan(limit / 5)
      expect(partition.store.memory.bytes()).toBeLessThanOrEqual(limit)
      const sample = Array.from({ length: Math.min(count, 200) }, (_, i) =>
        Math.floor((i * count) / Math.min(count, 200)),
      )
      const expectAll = (one: Partition, isGone: (id: number) => boolean) => {
        for (const id of sample) {
          const document = documentOf(id) as { id: number | string }
          if (isGone(id)) expect(one.find(document.id)).toBe(0)
          else expectStored(document, get(one, document.id))
        }
      }
      expectAll(partition, () => false)
      // Refused again and again, it loses nothing to the attempts.
      for (let i = 0; i < 20; i++)
        expect(() =>
          upsert(
            partition,
            Array.from({ length: batchCount }, (_, j) => documentOf(count + j)),
          ),
        ).toThrow(LimitError)
      expectAll(partition, () => false)
      await partition.compact()
      expectAll(partition, () => false)

      // Opened anew while it is full, from a log that was closed and from one that was not.
      await partition.flush()
      const [again] = await Partition.openAll([optionsFor(storage, { memoryLimitBytes: limit })])
      expect(again!.count).toBe(count)
      expectAll(again!, () => false)
      expectSound(again!)

      // Every third goes, beside a compaction.
      const done = again!.compact()
      done.catch(() => {})
      const isGone = (id: number) => id % 3 === 0
      const gone = Array.from(
        { length: Math.ceil(count / 3) },
        (_, i) => (documentOf(i * 3) as { id: number | string }).id,
      )
      for (let from = 0; from < gone.length; from += 1_000) {
        remove(again!, gone.slice(from, from + 1_000))
        await new Promise((resolve) => setImmediate(resolve))
      }
      await done
      expectAll(again!, isGone)
      expectSound(again!)
      await again!.compact()

      // There is room again, whatever the sizes: for more than half of what went.
      const back = Array.from({ length: Math.floor(gone.length * 0.6) }, (_, i) => documentOf(i * 3))
      for (let from = 0; from < back.length; from += batchCount) upsert(again!, back.slice(from, from + batchCount))
      await again!.close()
      const [last] = await Partition.openAll([optionsFor(storage, { memoryLimitBytes: limit })])
      expect(last!.count).toBe(count - gone.length + back.length)
      expectAll(last!, (id) => isGone(id) && id / 3 >= back.length)
      expectSound(last!)
    })
  }

  it('compacts when it has very many slots', async () => {
    const limit = (isDebug ? 32 : 96) * MIB
    const storage = new MemoryDirectory()
    const partition = await Partition.create(optionsFor(storage, { memoryLimitBytes: limit }))
    const count = fill(partition, (id) => ({ id }), 5_000)
    expect(count).toBeGreaterThan(limit / 90)
    await partition.compact()
    expect(await storage.list()).toContain('c1.p0.2.log')
    remove(
      partition,
      Array.from({ length: 2_000 }, (_, i) => i * 5),
    )
    await partition.compact()
    expect(await storage.list()).toContain('c1.p0.3.log')
    expect(partition.count).toBe(count - 2_000)
    for (let i = 0; i < count; i += 997) if (i % 5 !== 0 || i >= 10_000) expectStored({ id: i }, get(partition, i))
  })

  it('that was emptied takes documents larger than those it was full of', async () => {
    const partition = await inMemory({ memoryLimitBytes: 48 * MIB })
    const count = fill(partition, (id) => ({ id, text: 'x'.repeat(4_000) }), 50)
    remove(
      partition,
      Array.from({ length: count }, (_, id) => id),
    )
    const large = { id: 'large', text: 'y'.repeat(6 * MIB) }
    for (let i = 0; i < 3; i++) {
      upsert(partition, [large])
      expectStored(large, get(partition, 'large'))
      expectSound(partition)
      remove(partition, ['large'])
    }
    const again = fill(partition, (id) => ({ id, text: 'x'.repeat(4_000) }), 50)
    expect(again).toBeGreaterThan(count * 0.9)
    expectSound(partition)
  })

  it('refuses a document that cannot fit, and takes the next one', async () => {
    const partition = await inMemory({ memoryLimitBytes: 8 * MIB })
    upsert(partition, [{ id: 'a', text: 'x'.repeat(100) }])
    for (const big of [
      { id: 'b', text: 'x'.repeat(12 * MIB) },
      { id: 'b', list: Array.from({ length: 1_500_000 }, (_, i) => i) },
      { id: 'b', data: new Uint8Array(12 * MIB) },
    ]) {
      const batch = partition.begin()
      expect(() => {
        batch.put({ id: 'c', text: 'beside' }, PutMode.Upsert)
        batch.put(big, PutMode.Upsert)
        batch.settle()
      }).toThrow(LimitError)
      batch.abandon()
      upsert(partition, [
        { id: 'd', text: 'after' },
        { id: 'e', list: [1, 2.5, 'z'] },
      ])
      expectStored({ id: 'e', list: [1, 2.5, 'z'] }, get(partition, 'e'))
      expect(partition.count).toBe(3)
      expectSound(partition)
    }
  })
})

describe('a partition that is rewritten for ever', () => {
  it('stays bounded in memory and on disk', async () => {
    const storage = new MemoryDirectory()
    const partition = await Partition.create(optionsFor(storage))
    const documentOf = (id: number, round: number) => ({
      id,
      round,
      text: 'x'.repeat(200 + ((id * 31 + round * 17) % 900)),
    })
    const COUNT = 3_000
    const peaks = { memory: 0, log: 0, disk: 0 }
    const rounds = isDebug ? 25 : 60
    for (let round = 0; round < rounds; round++) {
      for (let from = 0; from < COUNT; from += 500) {
        upsert(
          partition,
          Array.from({ length: 500 }, (_, i) => documentOf(from + i, round)),
        )
        if (partition.pressure !== undefined) await partition.pressure
        await new Promise((resolve) => setImmediate(resolve))
        peaks.memory = Math.max(peaks.memory, partition.stats().memory)
        peaks.log = Math.max(peaks.log, partition.logPosition)
      }
      let disk = 0
      for (const name of await storage.list()) disk += (await storage.open(name, { create: false })).size()
      peaks.disk = Math.max(peaks.disk, disk)
    }
    const live = partition.store.liveBytes
    expect(live).toBeGreaterThan(COUNT * 500)
    // 2 MB of structures and staging; a log is worth writing anew from 4 MB on.
    expect(peaks.memory).toBeLessThan(live * 2 + 4 * MIB)
    expect(peaks.log).toBeLessThan(live * 5 + 12 * MIB)
    expect(peaks.disk).toBeLessThan(live * 8 + 24 * MIB)
    expectSound(partition)
    for (let id = 0; id < COUNT; id += 37) expectStored(documentOf(id, rounds - 1), get(partition, id))
  })
})

it('a log that fits with its garbage, but leaves no room for the index, opens after a crash: it was refused', async () => {
  const limits = { memoryLimitBytes: 8 * MIB }
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen(), ...limits })
  const posts = await db.createCollection('posts')
  await posts.createIndex('byLikes', { fields: ['likes'] })
  const batch = (from: number, likes: number) =>
    Array.from({ length: 250 }, (_, i) => ({ id: from + i, likes: likes + from + i, text: 'x'.repeat(300 >> likes) }))
  const soft = { durability: 'soft' } as const
  let checked = 0
  for (let from = 0; from < 60_000; from += 250) {
    try {
      await posts.insert(batch(from, 0), soft)
      if (from % 500 === 0) await posts.upsert(batch(from, 8), soft)
    } catch (error) {
      expect(error).toBeInstanceOf(LimitError)
      break
    }
    if (from % 2_000 !== 0) continue
    const left = medium.crash({ seed: 1, mode: 'all' })
    const again = await openDatabase({ storage: left.reopen(), ...limits })
    const found = again.collection('posts')
    expect(await found.count({ likes: { $gte: 0 } })).toBe(await posts.count())
    expect(await found.get(from)).toEqual(await posts.get(from))
    await again.close()
    checked++
  }
  expect(checked).toBeGreaterThan(5)
  await db.close()
})
