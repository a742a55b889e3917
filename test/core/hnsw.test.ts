// Promise: a graph finds nearly all of what looking at every vector finds, whatever was written before, and the same on every run.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { S_GRAPHS } from '../../src/core/abi.ts'
import { FlatSearch, type Nearest, SlotSet } from '../../src/core/flat.ts'
import { LimitError } from '../../src/error/index.ts'
import { inMemory, type Partition, remove, upsert } from './partitions.ts'

type Vector = Float32Array | Uint8Array
type Metric = 'cosine' | 'l2' | 'ip' | 'hamming' | 'jaccard'

const LIMIT = 10

/** The generator of "Numerical Recipes", 0 to 1. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function digits(): Float32Array[] {
  const bytes = gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures/mnist.gz')))
  return Array.from({ length: bytes.length / 196 }, (_, i) => Float32Array.from(bytes.subarray(i * 196, (i + 1) * 196)))
}

/** Makes vectors around some centers. */
function clusters(seed: number, dimension: number, isBits = false): () => Vector {
  const draw = random(seed)
  const centers = Array.from({ length: 40 }, () => Float32Array.from({ length: dimension }, () => draw() * 2 - 1))
  return () => {
    const center = centers[Math.floor(draw() * centers.length)]!
    if (!isBits) return center.map((x) => x + (draw() - 0.5) * 0.8)
    const bits = new Uint8Array(dimension / 8)
    for (let i = 0; i < dimension; i++) if (center[i]! + (draw() - 0.5) * 1.5 > 0) bits[i >> 3]! |= 1 << (i & 7)
    return bits
  }
}

class Fixture {
  readonly partition: Partition
  private readonly rescored: number

  private constructor(partition: Partition, rescored: number) {
    this.partition = partition
    this.rescored = rescored
  }

  static async create(
    dimension: number,
    metric: Metric,
    { quantization = 'int8' as 'int8' | 'none' | 'binary', m = 16, memoryLimitBytes = 2 ** 32 } = {},
  ): Promise<Fixture> {
    const vectors = [{ name: 'v', dimension, metric, index: { quantization } }]
    const fixture = new Fixture(await inMemory({ vectors, memoryLimitBytes }), quantization === 'binary' ? 400 : 30)
    fixture.graphs.create(0, m, 100)
    return fixture
  }

  get graphs() {
    return this.partition.store.graphs
  }

  put(ids: readonly number[], make: () => Vector | null): void {
    for (let at = 0; at < ids.length; at += 500) {
      upsert(
        this.partition,
        ids.slice(at, at + 500).map((id) => ({ id, v: make() })),
      )
      this.graphs.settle(0)
    }
  }

  finish(): void {
    while (this.graphs.maintain(0, 50) > 0);
  }

  private search(
    query: Vector,
    slots: SlotSet | undefined,
    fill: (search: FlatSearch) => void,
    count = LIMIT,
  ): Nearest {
    const search = new FlatSearch(this.partition.store.memory, { field: 0, queries: [query], count, slots })
    fill(search)
    const nearest = search.nearest(0)
    search.release()
    return nearest
  }

  exact(query: Vector, slots?: SlotSet, count = LIMIT): Nearest {
    return this.search(query, slots, (search) => expect(search.scan(0, 2 ** 28)).toBe(-1), count)
  }

  walk(query: Vector, ef: number, slots?: SlotSet): Nearest {
    const options = { field: 0, ef, rescored: this.rescored, wanted: 0, budget: 2 ** 31 }
    return this.search(query, slots, (search) => expect(this.graphs.search(search, 0, options)).toBe(true))
  }

  /** Part of what is nearest that the walk finds; of equal distances any will do. */
  recall(queries: readonly Vector[], ef: number, slots?: SlotSet): number {
    let found = 0
    let wanted = 0
    for (const query of queries) {
      const { distances } = this.exact(query, slots)
      const farthest = distances[distances.length - 1]!
      wanted += distances.length
      for (const distance of this.walk(query, ef, slots).distances) if (distance <= farthest) found++
    }
    return found / wanted
  }

  /** The links of level 0 of the first slots, as they lie. */
  links(slots: number, m: number): string {
    const { memory } = this.partition.store
    const directory = memory.state(memory.state(S_GRAPHS))
    const lists = memory.state(directory + 4)
    return Buffer.from(memory.u8.slice(lists, lists + slots * m * 8)).toString('base64')
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

function shuffled(ids: readonly number[], draw: () => number): number[] {
  const order = [...ids]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1))
    const one = order[i]!
    order[i] = order[j]!
    order[j] = one
  }
  return order
}

describe('recall', () => {
  it.each(['l2', 'cosine'] as const)('of handwritten digits under %s', async (metric) => {
    const images = digits()
    const queries = images.splice(2_800)
    const fixture = await Fixture.create(196, metric)
    let next = 0
    fixture.put(range(0, 2_800), () => images[next++]!)
    fixture.finish()
    expect(fixture.recall(queries, 20)).toBeGreaterThan(0.95)
    expect(fixture.recall(queries, 60)).toBeGreaterThan(0.99)
  })

  // Their lanes are never negative: signs of the lanes themselves would all be alike, and a walk by them found a tenth of the nearest.
  it.each(['l2', 'cosine', 'ip'] as const)('of handwritten digits by signs under %s', async (metric) => {
    const images = digits()
    const queries = images.splice(2_800)
    const fixture = await Fixture.create(196, metric, { quantization: 'binary' })
    let next = 0
    fixture.put(range(0, 2_800), () => images[next++]!)
    fixture.finish()
    expect(fixture.recall(queries, 100)).toBeGreaterThan(0.95)
    expect(fixture.recall(queries, 256)).toBeGreaterThan(0.97)
  })

  it.each([
    ['l2', 'int8', 24, 0.99],
    ['cosine', 'none', 33, 0.99],
    ['ip', 'none', 40, 0.96],
    ['ip', 'int8', 40, 0.96],
    ['hamming', 'int8', 128, 0.99],
    ['jaccard', 'int8', 128, 0.99],
    ['cosine', 'binary', 256, 0.9],
    ['l2', 'int8', 3, 0.99],
  ] as const)('of clustered vectors under %s, %s', async (metric, quantization, dimension, floor) => {
    const make = clusters(11, dimension, metric === 'hamming' || metric === 'jaccard')
    const fixture = await Fixture.create(dimension, metric, { quantization })
    fixture.put(range(0, 2_000), make)
    fixture.finish()
    const queries = Array.from({ length: 60 }, make)
    expect(fixture.recall(queries, quantization === 'binary' ? 400 : 60)).toBeGreaterThanOrEqual(floor)
  })

  it.each([0.5, 0.1, 0.02])('when a share of %s of the slots may be answered', async (share) => {
    const make = clusters(5, 24)
    const draw = random(17)
    const fixture = await Fixture.create(24, 'l2')
    fixture.put(range(0, 3_000), make)
    fixture.finish()
    const slots = new SlotSet(fixture.partition.store.memory, 3_000)
    for (let slot = 0; slot < 3_000; slot++) if (draw() < share) slots.add(slot)
    const queries = Array.from({ length: 50 }, make)
    expect(fixture.recall(queries, 40, slots)).toBeGreaterThan(0.97)
    slots.release()
  })
})

describe('after changes', () => {
  it.each([
    ['l2', 'int8'],
    ['cosine', 'none'],
    ['ip', 'int8'],
  ] as const)('recall under %s, %s does not fall when every vector is replaced twice', async (metric, quantization) => {
    const make = clusters(23, 24)
    const draw = random(3)
    const fixture = await Fixture.create(24, metric, { quantization, m: 12 })
    const ids = range(0, 1_500)
    fixture.put(ids, make)
    fixture.finish()
    const queries = Array.from({ length: 80 }, make)
    const before = fixture.recall(queries, 30)
    for (let round = 0; round < 2; round++) {
      const order = shuffled(ids, draw)
      for (let at = 0; at < order.length; at += 60) {
        const some = order.slice(at, at + 60)
        // Replaced in place, or deleted and inserted again.
        if (at % 120 === 0) remove(fixture.partition, some)
        fixture.put(some, make)
        fixture.finish()
      }
    }
    expect(fixture.graphs.linked(0)).toBe(1_500)
    expect(fixture.recall(queries, 30)).toBeGreaterThan(before - 0.02)
  })

  it('is the same graph however the upkeep fell between the writes', async () => {
    const run = async (pace: () => number) => {
      const make = clusters(31, 8)
      const fixture = await Fixture.create(8, 'l2', { m: 6 })
      const step = (act: () => void) => {
        act()
        for (let left = pace(); left > 0; left--) fixture.graphs.maintain(0, 7)
      }
      for (let at = 0; at < 400; at += 40) step(() => fixture.put(range(at, at + 40), make))
      step(() => fixture.put(range(30, 90), make))
      step(() => remove(fixture.partition, range(60, 160)))
      step(() => fixture.put(range(500, 640), make))
      step(() => remove(fixture.partition, [0, 1, 200, 399]))
      fixture.finish()
      expect(fixture.graphs.straighten(0)).toBe(false)
      return fixture.links(440, 6)
    }
    const draw = random(77)
    const first = await run(() => 0)
    expect(await run(() => 1_000)).toBe(first)
    for (let round = 0; round < 4; round++) expect(await run(() => Math.floor(draw() * 12))).toBe(first)
  })

  it('a vector that stays as it was leaves its node alone; undone writes change nothing for good', async () => {
    const make = clusters(1, 8)
    const fixture = await Fixture.create(8, 'l2')
    const v = make()
    upsert(fixture.partition, [{ id: 1, v, n: 1 }])
    fixture.finish()
    upsert(fixture.partition, [{ id: 1, v, n: 2 }])
    expect(fixture.graphs.dirty(0)).toBe(0)
    const batch = fixture.partition.begin()
    batch.remove(1)
    batch.settle()
    batch.abandon()
    fixture.finish()
    expect(fixture.graphs.linked(0)).toBe(1)
    expect(fixture.walk(v, 10).distances).toEqual(Float64Array.of(0))
  })

  it('answers are right between a write and the upkeep', async () => {
    const make = clusters(2, 16)
    const draw = random(9)
    const fixture = await Fixture.create(16, 'l2')
    fixture.put(range(0, 1_000), make)
    fixture.finish()
    const queries = Array.from({ length: 40 }, make)
    for (let round = 0; round < 4; round++) {
      const order = shuffled(range(0, 1_000), draw)
      remove(fixture.partition, order.slice(0, 60))
      fixture.put(order.slice(60, 120), make)
      fixture.put(order.slice(0, 30), make)
      const found = fixture.walk(queries[0]!, 64)
      expect(found.records.every((record) => record !== 0)).toBe(true)
      expect(fixture.recall(queries, 64)).toBeGreaterThan(0.97)
      fixture.graphs.maintain(0, 40)
      expect(fixture.recall(queries, 64)).toBeGreaterThan(0.97)
    }
  })

  it('everything is deleted, the entry again and again, and comes back', async () => {
    const make = clusters(4, 12)
    const fixture = await Fixture.create(12, 'cosine')
    for (let round = 0; round < 3; round++) {
      fixture.put(range(0, 400), make)
      fixture.finish()
      expect(fixture.graphs.linked(0)).toBe(400)
      for (let id = 0; id < 400; id += 8) {
        remove(fixture.partition, range(id, id + 8))
        fixture.finish()
      }
      expect(fixture.graphs.linked(0)).toBe(0)
      expect(fixture.walk(make(), 10).slots.length).toBe(0)
    }
    fixture.put([1, 2, 3], make)
    fixture.finish()
    expect(fixture.walk(make(), 10).slots.length).toBe(3)
  })

  it('so many are replaced at once that the graph is made anew', async () => {
    const make = clusters(6, 12)
    const fixture = await Fixture.create(12, 'l2')
    fixture.put(range(0, 800), make)
    fixture.finish()
    fixture.put(range(0, 800), make)
    fixture.finish()
    expect(fixture.recall(Array.from({ length: 40 }, make), 40)).toBeGreaterThan(0.98)
  })
})

describe('special cases', () => {
  it('a thousand equal vectors among others', async () => {
    const make = clusters(8, 16)
    const same = make()
    const fixture = await Fixture.create(16, 'l2')
    fixture.put(range(0, 500), make)
    fixture.put(range(500, 1_500), () => same)
    fixture.put(range(1_500, 2_000), make)
    fixture.finish()
    expect([...fixture.walk(same, 40).distances]).toEqual(new Array(LIMIT).fill(0))
    expect(fixture.recall(Array.from({ length: 60 }, make), 60)).toBeGreaterThan(0.97)
  })

  it('documents without a vector, zero vectors, one vector, none', async () => {
    const fixture = await Fixture.create(4, 'cosine')
    expect(fixture.walk(Float32Array.of(1, 0, 0, 0), 10).slots.length).toBe(0)
    fixture.put(range(0, 50), () => null)
    fixture.finish()
    expect(fixture.graphs.linked(0)).toBe(0)
    fixture.put([7], () => Float32Array.of(1, 1, 0, 0))
    fixture.finish()
    expect([...fixture.walk(Float32Array.of(1, 1, 0, 0), 10).slots]).toEqual([7])
    fixture.put(range(100, 150), () => new Float32Array(4))
    fixture.finish()
    const { distances } = fixture.walk(Float32Array.of(1, 1, 0, 0), 10)
    expect(distances[0]).toBeCloseTo(0)
    expect(distances[9]).toBe(1)
  })

  it('two runs of the same operations make the same graph, link by link', async () => {
    const run = async () => {
      const make = clusters(31, 20)
      const fixture = await Fixture.create(20, 'cosine', { m: 8 })
      fixture.put(range(0, 900), make)
      fixture.finish()
      fixture.put(range(100, 300), make)
      remove(fixture.partition, range(50, 120))
      fixture.finish()
      const found = fixture.walk(make(), 30)
      return [fixture.links(900, 8), [...found.slots], [...found.distances], fixture.graphs.visited]
    }
    expect(await run()).toEqual(await run())
  })

  it('a graph whose states do not fit is none, until they do', async () => {
    const make = clusters(13, 4)
    const vectors = [{ name: 'v', dimension: 4, metric: 'l2', index: { quantization: 'none' } }] as const
    const partition = await inMemory({ vectors, memoryLimitBytes: 6 * 2 ** 20 })
    const { graphs } = partition.store
    let stored = 0
    try {
      for (; ; stored += 100)
        upsert(
          partition,
          range(stored, stored + 100).map((id) => ({ id, v: make() })),
        )
    } catch (error) {
      expect(error).toBeInstanceOf(LimitError)
    }
    const attempt = () => {
      try {
        graphs.create(0, 4, 8)
        return true
      } catch (error) {
        expect(error).toBeInstanceOf(LimitError)
        return false
      }
    }
    const isMade = attempt()
    expect(graphs.has(0)).toBe(isMade)
    expect(attempt()).toBe(isMade)
    if (isMade) expect(graphs.dirty(0)).toBe(stored)
  })

  it('changes for which there is no memory to keep what was there are made all the same', async () => {
    const make = clusters(15, 96)
    const memoryLimitBytes = 9 * 2 ** 20
    const fixture = await Fixture.create(96, 'l2', { quantization: 'none', m: 4, memoryLimitBytes })
    fixture.put(range(0, 3_000), make)
    fixture.finish()
    let kept = 0
    for (let round = 0; fixture.graphs.kept(0) >= kept; round++) {
      expect(round).toBeLessThan(200)
      kept = fixture.graphs.kept(0)
      fixture.put(range((round * 200) % 3_000, ((round * 200) % 3_000) + 200), make)
    }
    expect(fixture.graphs.kept(0)).toBe(0)
    fixture.put(range(0, 50), make)
    const queries = Array.from({ length: 30 }, make)
    expect(fixture.recall(queries, 100)).toBeGreaterThan(0.9)
    fixture.finish()
    expect(fixture.graphs.linked(0)).toBe(3_000)
    expect(fixture.recall(queries, 100)).toBeGreaterThan(0.95)
    fixture.graphs.straighten(0)
    fixture.finish()
    expect(fixture.graphs.straighten(0)).toBe(false)
    expect(fixture.recall(queries, 100)).toBeGreaterThan(0.95)
  })

  // The upkeep passed such a neighbour over and read on behind the states: it took four seconds, and took nodes out that were never linked again,
  // so that searches by the graph missed documents until optimize().
  it('where the order of the writes was lost, nodes that leave and leave others alone', async () => {
    const fixture = await Fixture.create(1, 'cosine', { m: 2, memoryLimitBytes: 2 ** 25 })
    const draw = random(5)
    const make = () => Float32Array.of(draw() - 0.5)
    fixture.put(range(0, 1_700), make)
    fixture.finish()
    const data = new Uint8Array(2 ** 15)
    expect(() => {
      for (let id = -1; ; id--) upsert(fixture.partition, [{ id, data }])
    }).toThrow(LimitError)
    remove(fixture.partition, range(-20, 0))
    for (let round = 0; round < 12; round++) {
      fixture.put(
        range(0, 700).map(() => Math.floor(draw() * 1_700)),
        make,
      )
      expect(fixture.graphs.kept(0)).toBe(0)
      fixture.finish()
      expect(fixture.graphs.linked(0)).toBe(1_700)
    }
  })

  it('a graph that does not fit leaves a store that works', async () => {
    const make = clusters(12, 32)
    const fixture = await Fixture.create(32, 'l2', { m: 128, memoryLimitBytes: 9 * 2 ** 20 })
    fixture.put(range(0, 8_000), make)
    expect(() => fixture.finish()).toThrow(LimitError)
    expect(() => fixture.finish()).toThrow(LimitError)
    fixture.put(range(0, 100), make)
    remove(fixture.partition, range(200, 300))
    const query = make()
    expect(fixture.exact(query).slots.length).toBe(LIMIT)
  })
})

describe('a query that finds too little', () => {
  it('says so: fewer than wanted, or more distances than it may compute', async () => {
    const make = clusters(14, 16)
    const fixture = await Fixture.create(16, 'l2')
    fixture.put(range(0, 1_000), make)
    fixture.finish()
    const options = { field: 0, ef: 50, rescored: 30 }
    const { memory } = fixture.partition.store
    const slots = new SlotSet(memory, 1_000)
    for (const slot of [1, 5, 999]) slots.add(slot)
    const search = new FlatSearch(memory, { field: 0, queries: [make()], count: 10, slots })
    expect(fixture.graphs.search(search, 0, { ...options, wanted: 4, budget: 2 ** 31 })).toBe(false)
    search.restart()
    expect(fixture.graphs.search(search, 0, { ...options, wanted: 3, budget: 100 })).toBe(false)
    search.restart()
    expect(fixture.graphs.search(search, 0, { ...options, wanted: 3, budget: 2 ** 31 })).toBe(true)
    expect([...search.nearest(0).slots].sort((a, b) => a - b)).toEqual([1, 5, 999])
    search.release()
    slots.release()
  })
})
