// Promise: exact search answers what a loop over doubles answers, ids, order and all, however hard the vectors make it for the codes.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { FlatSearch, type Nearest, SlotSet } from '../../src/core/flat.ts'
import type { VectorField } from '../../src/core/index.ts'
import { inMemory, type Partition, remove, upsert } from './partitions.ts'
import { distance, randomOf, type Vector } from './vectors.ts'

type Metric = VectorField['metric']
const LANE_METRICS: readonly Metric[] = ['l2', 'cosine', 'ip']

interface Found {
  readonly slots: number[]
  readonly distances: number[]
}

async function filled(vectors: readonly (Vector | null)[], field: Omit<VectorField, 'name'>): Promise<Partition> {
  const partition = await inMemory({ vectors: [{ name: 'v', ...field }] })
  for (let from = 0; from < vectors.length; from += 500) {
    upsert(
      partition,
      vectors.slice(from, from + 500).map((v, i) => ({ id: from + i, v })),
    )
  }
  return partition
}

function search(
  partition: Partition,
  queries: readonly Vector[],
  count: number,
  options: { radius?: number; slots?: SlotSet; step?: number; after?: { distance: number; slot: number } } = {},
): Nearest[] {
  const { step = 1e9, ...rest } = options
  const flat = new FlatSearch(partition.store.memory, { field: 0, queries, count, ...rest })
  for (let slot = 0; slot >= 0; ) slot = flat.scan(slot, step)
  expect(flat.holds()).toBe(true)
  const found = queries.map((_, i) => flat.nearest(i))
  flat.release()
  return found
}

/** By plain loops; slots are positions. */
function brute(vectors: readonly (Vector | null)[], query: Vector, metric: Metric, count: number): Found {
  const all = vectors.flatMap((vector, slot) =>
    vector === null ? [] : [{ slot, distance: distance(metric, query, vector) }],
  )
  all.sort((a, b) => a.distance - b.distance || a.slot - b.slot)
  return {
    slots: all.slice(0, count).map((one) => one.slot),
    distances: all.slice(0, count).map((one) => one.distance),
  }
}

function expectSame(found: Nearest, wanted: Found, scale = 1): void {
  expect([...found.slots]).toEqual(wanted.slots)
  for (const [i, value] of wanted.distances.entries()) {
    expect(Math.abs(found.distances[i]! - value)).toBeLessThanOrEqual(1e-12 * Math.max(scale, Math.abs(value)))
  }
}

describe.each(LANE_METRICS)('under %s', (metric) => {
  it.each(['int8', 'none', 'binary'] as const)('agrees for every dimension, quantization %s', async (quantization) => {
    for (const dimension of [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 34, 64, 67, 100, 127, 200, 301, 640, 1100]) {
      const next = randomOf(dimension * 7 + 1)
      const vector = () => Float32Array.from({ length: dimension }, () => next() * 2 - 1)
      const vectors = Array.from({ length: 333 }, (_, i) => (i % 11 === 3 ? null : vector()))
      const partition = await filled(vectors, { dimension, metric, index: { quantization } })
      const queries = [vector(), vector(), vectors[0]!, new Float32Array(dimension)]
      for (const [i, found] of search(partition, queries, 10).entries()) {
        const wanted = brute(vectors, queries[i]!, metric, 10)
        // A loop and the kernel add in different orders: equal to the eye, not to the bit.
        if (dimension > 2) expectSame(found, wanted)
        else expect([...found.distances]).toEqual(wanted.distances.map((value) => expect.closeTo(value, 12)))
      }
    }
  })

  it('finds all there are when asked for more', async () => {
    const vectors = Array.from({ length: 50 }, (_, i) => Float32Array.of(i + 1, 1, -i))
    const partition = await filled(vectors, { dimension: 3, metric })
    const [found] = search(partition, [Float32Array.of(3, 1, 2)], 1000)
    expectSame(found!, brute(vectors, Float32Array.of(3, 1, 2), metric, 1000), 100)
  })

  it('is not led astray by near ties', async () => {
    const next = randomOf(5)
    const dimension = 100
    const base = Float32Array.from({ length: dimension }, () => next() * 2 - 1)
    // Differences far below what a code can tell, some below what f32 sums can.
    const vectors = Array.from({ length: 2000 }, () => {
      const other = base.slice()
      other[Math.floor(next() * dimension)]! += (next() - 0.5) * 10 ** -Math.ceil(next() * 7)
      return other
    })
    const query = base.map((lane) => lane * 1.25 + 0.01)
    for (const quantization of ['int8', 'none'] as const) {
      const partition = await filled(vectors, { dimension, metric, index: { quantization } })
      const [found] = search(partition, [query], 50)
      const wanted = brute(vectors, query, metric, 50)
      for (const [i, value] of wanted.distances.entries()) expect(found!.distances[i]).toBeCloseTo(value, 12)
    }
  })

  it.each([
    ['huge norms', (next: () => number) => (next() - 0.5) * 3e38],
    ['norms where squares leave f32', (next: () => number) => (next() - 0.5) * 4e18],
    ['tiny norms', (next: () => number) => (next() - 0.5) * 1e-30],
    ['denormals', (next: () => number) => (next() - 0.5) * 1e-42],
    ['norms of every size', (next: () => number) => (next() - 0.5) * 10 ** (next() * 76 - 38)],
    ['constant vectors', (_: () => number, __: number, row: number) => row],
    ['few values', (next: () => number) => Math.round(next() * 2) - 1],
    ['one large lane', (next: () => number, lane: number) => (lane === 0 ? 1000 : next())],
    ['points far from the origin', (next: () => number) => 1e5 + next()],
    ['lanes of one size', (next: () => number) => (next() < 0.5 ? -1 : 1)],
    ['heads of nothing', (next: () => number, lane: number) => (lane < 12 ? 0 : next() - 0.5)],
    [
      'most of it behind the head',
      (next: () => number, lane: number, row: number) => (lane < 20 ? 1 : row % 7) * next(),
    ],
    ['half of them zero', (next: () => number, _: number, row: number) => (row % 2 === 0 ? 0 : next() - 0.5)],
  ])('agrees on %s', async (_, lane) => {
    // Short rows are looked at as a whole, long ones by their heads first, and summed in segments.
    for (const dimension of [24, 640]) await agree(dimension, (next, i, row) => lane(next, (i * 24) / dimension, row))
  })

  async function agree(dimension: number, lane: (next: () => number, i: number, row: number) => number) {
    const next = randomOf(77)
    const vectors = Array.from({ length: dimension > 100 ? 120 : 600 }, (_, row) =>
      Float32Array.from({ length: dimension }, (_, i) => lane(next, i, row)),
    )
    const queries = [
      vectors[17]!,
      Float32Array.from({ length: dimension }, (_, i) => lane(next, i, 3)),
      Float32Array.from({ length: dimension }, () => next() - 0.5),
      new Float32Array(dimension),
    ]
    const kinds = dimension > 100 ? (['int8'] as const) : (['int8', 'none', 'binary'] as const)
    for (const quantization of kinds) {
      const partition = await filled(vectors, { dimension, metric, index: { quantization } })
      const results = search(partition, queries, 20)
      for (const [i, found] of results.entries()) {
        const wanted = brute(vectors, queries[i]!, metric, 20)
        for (const [j, value] of wanted.distances.entries()) {
          const slack = metric === 'cosine' ? 1e-12 : 1e-12 * Math.max(Math.abs(value), magnitude(queries[i]!, vectors))
          expect(Math.abs(found.distances[j]! - value), `${quantization} query ${i} rank ${j}`).toBeLessThanOrEqual(
            slack,
          )
        }
      }
    }
  }

  it('answers the same however many wait to be measured, in steps of any size', async () => {
    for (const [spread, dimension] of [
      [1e-1, 20],
      [1e-2, 100],
      [1e-4, 100],
      [1e-6, 33],
      [1e-2, 400],
    ] as const) {
      const next = randomOf(dimension)
      const lanes = () => Float32Array.from({ length: dimension }, () => next() - 0.4)
      const middles = [lanes(), lanes(), new Float32Array(dimension)]
      // Three heaps, one around zero, in which codes tell more or less of the rows apart; and one row more often than there is room to wait.
      const vectors = Array.from({ length: 1200 }, (_, i) =>
        i % 4 === 3 ? middles[0]! : middles[i % 3]!.map((lane) => lane + spread * (next() - 0.5)),
      )
      const partition = await filled(vectors, { dimension, metric })
      const queries = [middles[0]!, middles[2]!, lanes(), vectors[600]!]
      const slots = new SlotSet(partition.store.memory, 1200)
      const chosen = vectors.map((vector, i) => (i % 5 < 3 ? vector : null))
      for (const [slot, vector] of chosen.entries()) if (vector !== null) slots.add(slot)
      for (const count of [1, 10, 700]) {
        const whole = search(partition, queries, count)
        for (const step of [4, 50, 999]) expect(search(partition, queries, count, { step })).toEqual(whole)
        for (const [i, found] of whole.entries()) expectNear(found, brute(vectors, queries[i]!, metric, count))
        for (const [i, found] of search(partition, queries, count, { slots, step: 500 }).entries())
          expectNear(found, brute(chosen, queries[i]!, metric, count))
      }
      slots.release()
    }
  })

  /** Which of equal distances comes first is up to rounding. */
  function expectNear(found: Nearest, wanted: Found) {
    expect(found.distances.length).toBe(wanted.distances.length)
    for (const [i, value] of wanted.distances.entries()) {
      expect(Math.abs(found.distances[i]! - value)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)))
    }
  }

  it('takes a radius, its rim included, and goes on behind an answer', async () => {
    const vectors = Array.from({ length: 300 }, (_, i) => Float32Array.of(Math.floor(i / 2), 1, 1, 2))
    const query = Float32Array.of(20, 1, 1, 2)
    const partition = await filled(vectors, { dimension: 4, metric })
    const all = search(partition, [query], 300)[0]!
    const radius = all.distances[40]!
    const within = search(partition, [query], 300, { radius })[0]!
    expect([...within.slots]).toEqual([...all.slots].filter((_, i) => all.distances[i]! <= radius))
    const after = { distance: all.distances[9]!, slot: all.slots[9]! + 1 }
    expect([...search(partition, [query], 10, { after })[0]!.slots]).toEqual([...all.slots.subarray(10, 20)])
  })

  it('looks only at the slots it is given, and at live ones', async () => {
    const next = randomOf(3)
    const vectors = Array.from({ length: 3000 }, () => Float32Array.from({ length: 16 }, () => next() - 0.5))
    const partition = await filled(vectors, { dimension: 16, metric })
    for (const share of [0.001, 0.02, 0.5, 1]) {
      const chosen: (Vector | null)[] = vectors.map((vector) => (next() < share ? vector : null))
      const slots = new SlotSet(partition.store.memory, 3000)
      for (const [slot, vector] of chosen.entries()) if (vector !== null) slots.add(slot)
      expectSame(search(partition, [vectors[5]!], 10, { slots })[0]!, brute(chosen, vectors[5]!, metric, 10))
      expectSame(search(partition, [vectors[5]!], 10, { slots, step: 37 })[0]!, brute(chosen, vectors[5]!, metric, 10))
      slots.release()
    }
    remove(
      partition,
      Array.from({ length: 1500 }, (_, i) => i * 2),
    )
    const left = vectors.map((vector, i) => (i % 2 === 0 ? null : vector))
    expectSame(search(partition, [vectors[4]!], 10, { step: 100 })[0]!, brute(left, vectors[4]!, metric, 10))
  })
})

/** What rounding is in proportion to: products of norms, not the small difference that is left of them. */
function magnitude(query: Vector, vectors: readonly Vector[]): number {
  const square = (vector: Vector) => Array.from(vector).reduce((sum, lane) => sum + lane * lane, 0)
  return square(query) + Math.max(...vectors.map(square))
}

describe.each(['hamming', 'jaccard'] as const)('under %s', (metric) => {
  it('agrees for every length', async () => {
    for (const bytes of [1, 2, 3, 7, 8, 9, 15, 16, 17, 64, 100]) {
      const next = randomOf(bytes)
      const vector = () => Uint8Array.from({ length: bytes }, () => next() * 256)
      const vectors: Vector[] = [new Uint8Array(bytes), ...Array.from({ length: 200 }, vector)]
      const partition = await filled(vectors, { dimension: bytes * 8, metric })
      const queries = [vector(), vectors[7]!, new Uint8Array(bytes)]
      for (const [i, found] of search(partition, queries, 15).entries()) {
        expectSame(found, brute(vectors, queries[i]!, metric, 15))
      }
    }
  })
})

it.each(LANE_METRICS)('agrees on handwritten digits under %s, and looks at few of them', async (metric) => {
  const bytes = gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures/mnist.gz')))
  const digits = Array.from({ length: 3000 }, (_, i) => Float32Array.from(bytes.subarray(i * 196, (i + 1) * 196)))
  const partition = await filled(digits.slice(50), { dimension: 196, metric })
  const queries = digits.slice(0, 50)
  const flat = new FlatSearch(partition.store.memory, { field: 0, queries, count: 10 })
  for (let slot = 0; slot >= 0; ) slot = flat.scan(slot, 1000)
  for (const [i, query] of queries.entries()) {
    const wanted = brute(digits.slice(50), query, metric, 10)
    const found = flat.nearest(i)
    for (const [j, value] of wanted.distances.entries()) expect(found.distances[j]).toBeCloseTo(value, 9)
    // Whole lanes: ties are ties on both sides, but for cosine.
    if (metric !== 'cosine') expect([...found.slots]).toEqual(wanted.slots)
  }
  expect(flat.rescored / queries.length).toBeLessThan(40)
  flat.release()
})

it('holds what it found against later writes', async () => {
  const vectors = Array.from({ length: 100 }, (_, i) => Float32Array.of(i, 0))
  const partition = await filled(vectors, { dimension: 2, metric: 'l2' })
  const options = { field: 0, queries: [Float32Array.of(50, 0)], count: 3 }
  const changed = () => {
    const flat = new FlatSearch(partition.store.memory, options)
    flat.scan(0, 1e9)
    return flat
  }
  const first = changed()
  upsert(partition, [{ id: 3, v: Float32Array.of(1, 1) }])
  expect(first.holds()).toBe(true)
  upsert(partition, [{ id: 50, v: Float32Array.of(50, 1) }])
  expect(first.holds()).toBe(false)
  first.release()
  const second = changed()
  expect(second.holds()).toBe(true)
  remove(partition, [49])
  expect(second.holds()).toBe(false)
  second.release()
})
