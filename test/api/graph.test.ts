// Promise: a graph makes searches fast and leaves them right: whatever is written, filtered, closed or lost in a crash meanwhile.

import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/engine/index.ts'
import { type Collection, LimitError, open, type SearchHit } from '../../src/index.ts'
import { MemoryDirectory } from '../../src/storage/index.ts'
import { closeAfterEach, newDirectory, openMemory } from './configurations.ts'
import { randomOf } from './nearest.ts'

closeAfterEach()

const DIMENSION = 16
const next = randomOf(29)
const centers = Array.from({ length: 60 }, () => Float32Array.from({ length: DIMENSION }, () => next() * 2 - 1))
const vector = () => centers[Math.floor(next() * centers.length)]!.map((x) => x + (next() - 0.5) * 0.7)
const documents = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => {
    const id = from + i
    return { id, half: id % 2, tenth: id % 10, hundredth: id % 100, thousandth: id % 1000, v: vector() }
  })
const vectors = (type: 'hnsw' | 'auto' | 'flat' = 'hnsw') =>
  ({ v: { dimension: DIMENSION, metric: 'l2', index: { type, m: 12, efConstruction: 80 } } }) as const
const QUERIES = Array.from({ length: 30 }, vector)
const EF = 48

async function recallOf(collection: Collection, options: object = {}): Promise<number> {
  let found = 0
  let wanted = 0
  for (const query of QUERIES) {
    const exact = await collection.search({ vector: query, exact: true, ...options })
    const hits = await collection.search({ vector: query, ef: EF, ...options })
    expect(hits.length).toBe(exact.length)
    const ids = new Set(exact.map(({ id }) => id))
    wanted += exact.length
    found += hits.filter(({ id }) => ids.has(id)).length
  }
  return found / wanted
}

const planOf = async (collection: Collection, options: object = {}) =>
  (await collection.explainSearch({ vector: QUERIES[0]!, ef: EF, ...options })).plan

async function filled(count: number, options: object = {}): Promise<Collection> {
  const db = await openMemory()
  const collection = await db.createCollection('things', { vectors: vectors(), ...options })
  await collection.insert(documents(0, count))
  return collection
}

describe('a graph in memory', () => {
  it.each(['hnsw', 'auto'] as const)('is there from as many vectors on as was asked for, %s', async (type) => {
    const index = { type, m: 12, graphFrom: 6_001 }
    const collection = await filled(6_000, { vectors: { v: { dimension: DIMENSION, metric: 'l2', index } } })
    expect((await collection.stats()).pending).toBeUndefined()
    await collection.optimize()
    expect(await planOf(collection)).toBe('exact')
    await collection.insert(documents(6_000, 6_001))
    await collection.optimize()
    expect(await planOf(collection)).toBe('graph')
    for (const graphFrom of [0, 1.5, '9']) {
      await expect(filled(0, { vectors: { v: { dimension: 2, index: { graphFrom } } } })).rejects.toThrow('graphFrom')
    }
  })

  it('is the same however the event loop turned: after inserts, and after changes', async () => {
    const pauses = {
      none: async () => {},
      immediate: () => new Promise<void>((resolve) => setImmediate(resolve)),
      uneven: (step: number) => new Promise<void>((resolve) => setTimeout(resolve, (step * 7) % 11)),
    }
    /** What answers and the work for them tell of a graph: a link more or less shows in them. */
    const traceOf = async (collection: Collection) => {
      const traces: unknown[] = []
      for (const query of QUERIES) {
        const hits = await collection.search({ vector: query, ef: 12, select: [] })
        const { plan, examined, visited } = await collection.explainSearch({ vector: query, ef: 12 })
        traces.push([plan, examined, visited, hits.map(({ id, distance }) => [id, distance])])
      }
      return traces
    }
    const caughtUp = async (collection: Collection) => {
      while ((await collection.stats()).pending !== undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const rows = documents(0, 4_000)
    const later = documents(0, 4_000)
    const traces: unknown[][] = []
    for (const pause of Object.values(pauses)) {
      const collection = await filled(0, { shards: 2 })
      for (let from = 0; from < rows.length; from += 150) {
        await collection.insert(rows.slice(from, from + 150))
        await pause(from / 150)
      }
      if (pause !== pauses.immediate) await caughtUp(collection)
      for (let step = 0; step < 25; step++) {
        await collection.upsert(Array.from({ length: 12 }, (_, i) => later[(step * 131 + i * 17) % 4_000]!))
        await pause(step)
        await collection.delete([step * 90, step * 90 + 1])
        await collection.insert(documents(5_000 + step, 5_001 + step).map((one) => ({ ...one, v: later[step]!.v })))
        await pause(step + 3)
      }
      await caughtUp(collection)
      const changed = await traceOf(collection)
      // Finding nothing to do, it changes nothing.
      await collection.optimize()
      expect(await traceOf(collection)).toEqual(changed)
      await collection.delete({ id: { $gte: 900 } })
      await pause(5)
      await collection.insert(later.slice(1_000, 1_500))
      await caughtUp(collection)
      traces.push([changed, await traceOf(collection)])
    }
    expect(traces[0]![0]).toContainEqual(expect.arrayContaining(['graph']))
    expect(traces[1]).toEqual(traces[0])
    expect(traces[2]).toEqual(traces[0])
  })

  it('lets files and sockets have their turns while several are built', async () => {
    // Two timers, each due after the slice of the other, once kept Node from everything else until both graphs were done.
    const collections = await Promise.all([filled(6_000), filled(6_000)])
    const arePending = async () => {
      const stats = await Promise.all(collections.map((collection) => collection.stats()))
      return stats.every(({ pending }) => pending !== undefined)
    }
    let turns = 0
    while (turns < 5 && (await arePending())) {
      await new Promise((resolve) => setImmediate(resolve))
      turns++
    }
    expect(turns).toBe(5)
  })

  it('is built in the background, or at once by optimize', async () => {
    const collection = await filled(6_000)
    const before = await collection.stats()
    await collection.optimize()
    expect((await collection.stats()).pending).toBeUndefined()
    expect(before.pending).toBeGreaterThan(0)
    expect(await planOf(collection)).toBe('graph')
    expect(await planOf(collection, { exact: true })).toBe('exact')
    const explained = await collection.explainSearch({ vector: QUERIES[0]!, ef: EF })
    expect(explained.examined).toBeLessThan(2_500)
    expect(explained.visited).toBeGreaterThan(10)
    expect(await recallOf(collection)).toBeGreaterThan(0.97)
    expect(await recallOf(collection, { limit: 40, offset: 5 })).toBeGreaterThan(0.97)
  })

  it('finds the nearest among vectors that lie closer together than int8 codes tell', async () => {
    // Only the 32 that codes put first were measured: of the ten nearest of such places (degrees of towns, say) it found five.
    const towns = Array.from({ length: 120 }, () => Array.from({ length: 16 }, () => (next() * 2 - 1) * 180))
    const place = () => towns[Math.floor(next() * towns.length)]!.map((lane) => lane + (next() - 0.5) * 0.7)
    const collection = await filled(0, { vectors: { v: { dimension: 16, metric: 'l2', index: { type: 'hnsw' } } } })
    await collection.insert(Array.from({ length: 12_000 }, (_, id) => ({ id, v: place() })))
    await collection.optimize()
    let found = 0
    for (let i = 0; i < 30; i++) {
      const query = { vector: place(), select: [] }
      const farthest = (await collection.search({ ...query, exact: true })).at(-1)!.distance
      found += (await collection.search(query)).filter(({ distance }) => distance <= farthest).length
      const { plan, examined, rescored } = await collection.explainSearch(query)
      expect(plan).toBe('graph')
      expect(rescored).toBeGreaterThanOrEqual(32)
      expect(rescored).toBeLessThan(examined)
    }
    expect(found / 300).toBeGreaterThan(0.8)
  })

  it('finds the nearest of points in a plane, far from the origin', async () => {
    // Walked by int8 codes, whose steps are wider than all of a town, it found one in ten of them.
    const collection = await filled(0, { vectors: { v: { dimension: 2, metric: 'l2', index: { type: 'hnsw' } } } })
    const point = () => [48.8 + next() * 0.1, 102.3 + next() * 0.1]
    await collection.insert(Array.from({ length: 10_000 }, (_, id) => ({ id, v: point() })))
    await collection.optimize()
    let found = 0
    for (let i = 0; i < 20; i++) {
      const query = { vector: point(), select: [] }
      const farthest = (await collection.search({ ...query, exact: true })).at(-1)!.distance
      found += (await collection.search(query)).filter(({ distance }) => distance <= farthest).length
      expect((await collection.explainSearch(query)).plan).toBe('graph')
    }
    expect(found / 200).toBeGreaterThan(0.95)
  })

  it('answers as many as there are right after the vectors that everything was linked to have gone', async () => {
    // What waited for the upkeep counted as found, deleted documents too: of 3,960 vectors a search for 37 answered 1.
    const collection = await filled(0, {
      vectors: { v: { dimension: 8, metric: 'ip', index: { type: 'hnsw', m: 8, efConstruction: 64 } } },
    })
    const lanes = (length: number) => Array.from({ length: 8 }, () => (next() * 2 - 1) * length)
    await collection.insert(Array.from({ length: 4_000 }, (_, id) => ({ id, v: lanes(id < 40 ? 10 + next() : 1) })))
    await collection.optimize()
    await collection.delete(Array.from({ length: 40 }, (_, id) => id))
    for (let i = 0; i < 20; i++) {
      expect(await collection.search({ vector: lanes(1), limit: 37, ef: 1, select: [] })).toHaveLength(37)
    }
  })

  it('answers right at any moment while it is built and while documents come, change and go', async () => {
    const collection = await filled(4_000)
    for (let round = 0; round < 12; round++) {
      const fresh = documents(4_000 + round * 100, 4_100 + round * 100)
      const writing = collection.insert(fresh)
      await Promise.all([writing, collection.search({ vector: QUERIES[round]!, ef: EF })])
      await collection.delete(Array.from({ length: 50 }, (_, i) => round * 50 + i))
      const changed = vector()
      await collection.update(3_000 + round, { v: changed })
      const [hit] = await collection.search({ vector: fresh[7]!.v, limit: 1, ef: EF })
      expect(hit?.id).toBe(fresh[7]!.id)
      const [other] = await collection.search({ vector: changed, limit: 1, ef: EF })
      expect(other?.id).toBe(3_000 + round)
      const hits = await collection.search({ vector: QUERIES[round]!, limit: 50, ef: EF })
      expect(hits.every(({ id }) => (id as number) >= (round + 1) * 50)).toBe(true)
    }
    expect(await recallOf(collection)).toBeGreaterThan(0.95)
    await collection.optimize()
    expect(await recallOf(collection)).toBeGreaterThan(0.97)
  })

  it('pages through everything once, ever farther', async () => {
    const collection = await filled(3_000)
    await collection.optimize()
    const seen = new Set<unknown>()
    let farthest = -1
    for await (const hits of collection.searchIterator({ vector: QUERIES[1]!, batch: 60, limit: 900, ef: EF })) {
      for (const { id, distance } of hits) {
        expect(distance).toBeGreaterThanOrEqual(farthest)
        expect(seen.has(id)).toBe(false)
        farthest = distance
        seen.add(id)
      }
    }
    expect(seen.size).toBe(900)
    const wanted = await collection.search({ vector: QUERIES[1]!, limit: 900, exact: true })
    expect(wanted.filter(({ id }) => seen.has(id)).length).toBeGreaterThan(870)
  })

  // Each page was a walk as wide as the first: what the earlier pages had taken up its places, and what was passed by was on no later page.
  it('misses no more in many pages than in one', async () => {
    const collection = await filled(8_000)
    await collection.optimize()
    let missed = 0
    for (const query of QUERIES.slice(0, 10)) {
      const seen = new Set<unknown>()
      for await (const hits of collection.searchIterator({ vector: query, batch: 5, limit: 400 })) {
        for (const { id } of hits) seen.add(id)
      }
      const wanted = await collection.search({ vector: query, limit: 400, exact: true })
      missed += wanted.filter(({ id }) => !seen.has(id)).length
    }
    expect(missed).toBeLessThan(20)
  })

  it('keeps to a radius, to groups and to many queries', async () => {
    const collection = await filled(4_000)
    await collection.optimize()
    const within = await collection.search({ vector: QUERIES[2]!, limit: 200, radius: 1.2, exact: true })
    const hits = await collection.search({ vector: QUERIES[2]!, limit: 200, radius: 1.2, ef: 200 })
    expect(hits.every(({ distance }) => distance <= 1.2)).toBe(true)
    expect(hits.length).toBeGreaterThanOrEqual(within.length * 0.97)
    const groups = await collection.search({
      vector: QUERIES[2]!,
      limit: 5,
      group: { field: 'tenth', size: 2 },
      select: ['tenth'],
      ef: EF,
    })
    expect(new Set(groups.map(({ document }) => document['tenth'])).size).toBe(5)
    expect(groups.length).toBe(10)
    const lists: SearchHit[][] = await collection.search({ vectors: QUERIES, ef: EF })
    for (const [i, list] of lists.entries())
      expect(list).toEqual(await collection.search({ vector: QUERIES[i]!, ef: EF }))
  })

  it('over shards and partitions, some of them dropped', async () => {
    const db = await openMemory()
    const collection = await db.createCollection('things', { vectors: vectors(), shards: 2 })
    await collection.createPartition('old')
    await collection.insert(documents(0, 6_000))
    await collection.insert(documents(6_000, 9_000), { partition: 'old' })
    await collection.optimize()
    expect(await planOf(collection)).toBe('graph')
    expect(await recallOf(collection)).toBeGreaterThan(0.97)
    const [hit] = await collection.search({ vector: QUERIES[0]!, partitions: ['old'], limit: 1 })
    expect(hit!.id).toBeGreaterThanOrEqual(6_000)
    await collection.insert(documents(9_000, 10_000), { partition: 'old' })
    await collection.dropPartition('old')
    expect(await recallOf(collection)).toBeGreaterThan(0.97)
    expect((await collection.search({ vector: QUERIES[0]!, limit: 10_000 })).length).toBe(6_000)
  })

  it('auto: none while exact search is as fast, one above; flat: never', async () => {
    const db = await openMemory()
    const auto = await db.createCollection('auto', { vectors: { v: { dimension: 512, metric: 'l2' } } })
    const flat = await db.createCollection('flat', {
      vectors: { v: { dimension: 512, metric: 'l2', index: { type: 'flat' } } },
    })
    const wide = (id: number) => {
      const short = vector()
      return { id, v: Float32Array.from({ length: 512 }, (_, i) => short[i % DIMENSION]!) }
    }
    const rows = Array.from({ length: 5_000 }, (_, id) => wide(id))
    await auto.insert(rows.slice(0, 3_000))
    await flat.insert(rows)
    await auto.optimize()
    await flat.optimize()
    const query = { vector: rows[9]!.v, ef: 40 }
    expect((await auto.explainSearch(query)).plan).toBe('exact')
    await auto.insert(rows.slice(3_000))
    await auto.optimize()
    expect((await auto.explainSearch(query)).plan).toBe('graph')
    expect((await flat.explainSearch(query)).plan).toBe('exact')
    expect((await auto.search(query))[0]!.id).toBe(9)
  })
})

describe('filtered searches', () => {
  let collection: Collection
  beforeAll(async () => {
    const db = await open(':memory:')
    collection = (await db.createCollection('things', { vectors: vectors() })) as unknown as Collection
    await collection.insert(documents(0, 20_000))
    await collection.optimize()
    return () => db.close()
  })

  it.each([
    ['half', 'graph'],
    ['tenth', 'exact'],
    ['hundredth', 'exact'],
    ['thousandth', 'exact'],
  ] as const)('one %s of the documents', async (field, plan) => {
    const filter = { [field]: 1 }
    expect(await planOf(collection, { filter })).toBe(plan)
    expect(await recallOf(collection, { filter })).toBeGreaterThan(0.95)
  })

  it('a filter that goes against the query: what matches is far away', async () => {
    const query = QUERIES[4]!
    const near = await collection.search({ vector: query, limit: 10_000, exact: true, select: ['id'] })
    const far = new Set(near.map(({ id }) => id))
    const filter = { id: { $nin: [...far].slice(0, 8_000) } }
    const exact = await collection.search({ vector: query, filter, exact: true })
    const hits = await collection.search({ vector: query, filter, ef: EF })
    expect(hits.length).toBe(10)
    const ids = new Set(exact.map(({ id }) => id))
    expect(hits.filter(({ id }) => ids.has(id)).length).toBeGreaterThanOrEqual(8)
  })
})

describe('a graph on disk', () => {
  it('is there after reopening, as it was', async () => {
    const path = join(await newDirectory(), 'data')
    const db = await open(path)
    const made = await db.createCollection('things', { vectors: vectors() })
    await made.insert(documents(0, 4_000))
    await made.optimize()
    const before = await Promise.all(QUERIES.map((query) => made.search({ vector: query, ef: EF })))
    await db.close()
    for (let round = 0; round < 2; round++) {
      const again = await open(path, round === 1 ? { readOnly: true } : {})
      const collection = again.collection('things')
      expect((await collection.stats()).pending).toBeUndefined()
      expect(await planOf(collection)).toBe('graph')
      expect(await Promise.all(QUERIES.map((query) => collection.search({ vector: query, ef: EF })))).toEqual(before)
      await again.close()
    }
  })

  it('goes on from where it was when it is closed in the midst of being built', async () => {
    const path = join(await newDirectory(), 'data')
    const db = await open(path)
    const made = await db.createCollection('things', { vectors: vectors() })
    await made.insert(documents(0, 6_000))
    while ((await made.stats()).pending === undefined) await new Promise((resolve) => setTimeout(resolve, 1))
    await db.close()
    const again = await open(path)
    const collection = again.collection('things')
    expect((await collection.stats()).pending).toBeGreaterThan(0)
    expect(await recallOf(collection)).toBeGreaterThan(0.97)
    await collection.optimize()
    expect((await collection.stats()).pending).toBeUndefined()
    expect(await recallOf(collection)).toBeGreaterThan(0.97)
    await again.close()
  })

  it('after a crash is brought up to date with what was written since', async () => {
    const path = join(await newDirectory(), 'data')
    const crashed = join(await newDirectory(), 'data')
    const db = await open(path)
    const made = await db.createCollection('things', { vectors: vectors() })
    await made.insert(documents(0, 4_000))
    await made.optimize()
    await made.insert(documents(4_000, 4_300))
    await made.delete(Array.from({ length: 200 }, (_, i) => i * 3))
    const changed = documents(900, 1_000)
    await made.upsert(changed)
    await cp(path, crashed, { recursive: true, filter: (file) => !file.includes('quiver.lock') })
    await db.close()
    const again = await open(crashed)
    const collection = again.collection('things')
    expect((await collection.stats()).documents).toBe(4_100)
    const { pending } = await collection.stats()
    expect(pending).toBeGreaterThan(0)
    expect(pending).toBeLessThanOrEqual(600)
    expect((await collection.search({ vector: changed[5]!.v, limit: 1, ef: EF }))[0]!.id).toBe(905)
    expect(await recallOf(collection)).toBeGreaterThan(0.97)
    await collection.optimize()
    expect(await recallOf(collection)).toBeGreaterThan(0.97)
    await again.close()
  })
})

describe('memory', () => {
  // Undoing what an ordered index had no room for counted vectors off whose rows opening had put off: each refused write hid one from searches.
  it('that does not suffice for a write leaves the count of vectors as it was, also right after opening', async () => {
    const settings = { storage: new MemoryDirectory(), memoryLimitBytes: 7 * 2 ** 20, durability: 'soft' } as const
    const document = (id: number) => ({
      id,
      v: vector(),
      tags: Array.from({ length: 3_000 }, (_, i) => id * 3_000 + i),
    })
    const fill = async (collection: Collection, refusals: number) => {
      let id = (await collection.stats()).documents
      for (let refused = 0; refused < refusals; ) {
        try {
          await collection.insert(document(id))
          id++
        } catch (error) {
          expect(error).toBeInstanceOf(LimitError)
          refused++
        }
      }
      return id
    }
    const first = await openDatabase(settings)
    const index = { type: 'hnsw', graphFrom: 1, m: 2 } as const
    const things = await first.createCollection('things', { vectors: { v: { dimension: DIMENSION, index } } })
    await things.createIndex('tags', { multi: true })
    await fill(things, 1)
    await first.close()
    const again = await openDatabase(settings)
    const reopened = again.collection('things')
    const stored = await fill(reopened, 20)
    expect((await reopened.stats()).vectors).toBe(stored)
    expect((await reopened.search({ vector: QUERIES[0]!, limit: Infinity })).length).toBe(stored)
    await again.close()
  })

  it('that does not suffice for the graph: optimize says so, searches go on', async () => {
    const db = await openDatabase({ storage: null, memoryLimitBytes: 10 * 2 ** 20 })
    const collection = await db.createCollection('things', {
      vectors: { v: { dimension: DIMENSION, metric: 'l2', index: { type: 'hnsw', m: 200 } } },
    })
    await collection.insert(documents(0, 5_000))
    await expect(collection.optimize()).rejects.toThrow(LimitError)
    expect((await collection.search({ vector: QUERIES[0]! })).length).toBe(10)
    await db.close()
  })
})
