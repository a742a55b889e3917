// Promise: whatever is written, undone and kept up in whatever order, a search by graph answers only what is stored, measured right, as
// many as were asked for, and never misses what is dirty. The model is a map of vectors.

import { expect, it } from 'vitest'
import { FlatSearch } from '../../src/core/derived/index.ts'
import { inMemory, type Partition, PutMode } from '../core/partitions.ts'
import { settings } from '../core/values.ts'
import fc from '../property.ts'

const DIMENSION = 3
const KEYS = 60

type Step =
  | { readonly kind: 'put'; readonly keys: readonly number[]; readonly seed: number; readonly isUndone: boolean }
  | { readonly kind: 'remove'; readonly keys: readonly number[]; readonly isUndone: boolean }
  | { readonly kind: 'maintain'; readonly count: number }
  | { readonly kind: 'search'; readonly seed: number }

const keys = fc.array(fc.integer({ min: 0, max: KEYS - 1 }), { minLength: 1, maxLength: 25 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    keys,
    seed: fc.integer({ min: 0, max: 9 }),
    isUndone: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('remove' as const), keys, isUndone: fc.boolean() }),
  fc.record({ kind: fc.constant('maintain' as const), count: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('search' as const), seed: fc.integer({ min: 0, max: 9 }) }),
)

/** Few different vectors, so that many are equal; every ninth is none. */
function vectorOf(seed: number, key: number): Float32Array | null {
  const mixed = Math.imul(seed * 31 + key, 2_654_435_761) >>> 0
  if (mixed % 9 === 0) return null
  return Float32Array.from({ length: DIMENSION }, (_, i) => ((mixed >>> (i * 5)) & 7) - 3.5)
}

class Run {
  readonly partition: Partition
  readonly model = new Map<number, Float32Array | null>()

  constructor(partition: Partition) {
    this.partition = partition
  }

  take(one: Step): void {
    const { graphs } = this.partition.store
    if (one.kind === 'maintain') graphs.maintain(0, one.count)
    else if (one.kind === 'search') this.search(vectorOf(one.seed, 1) ?? new Float32Array(DIMENSION))
    else this.write(one)
  }

  private write(one: Extract<Step, { kind: 'put' | 'remove' }>): void {
    const batch = this.partition.begin()
    const changed = new Map<number, Float32Array | null | undefined>()
    for (const id of one.keys) {
      const v = one.kind === 'put' ? vectorOf(one.seed, id) : undefined
      if (v === undefined) batch.remove(id)
      else batch.put({ id, v }, PutMode.Upsert)
      changed.set(id, v)
    }
    batch.settle()
    if (one.isUndone) {
      batch.abandon()
      return
    }
    batch.commit({ hard: false })
    for (const [id, v] of changed) {
      if (v === undefined) this.model.delete(id)
      else this.model.set(id, v)
    }
  }

  private search(query: Float32Array): void {
    const { store } = this.partition
    const live = [...this.model].filter((entry): entry is [number, Float32Array] => entry[1] !== null)
    const distances = live.map(([, v]) => v.reduce((sum, x, i) => sum + (x - query[i]!) ** 2, 0)).sort((a, b) => a - b)
    const count = Math.min(8, live.length)
    const search = new FlatSearch(store.memory, { field: 0, queries: [query], count: 8 })
    const options = { field: 0, ef: 100, rescored: 100, wanted: 0, budget: 2 ** 31 }
    if (store.graphs.search(search, 0, options)) {
      const found = search.nearest(0)
      for (let i = 0; i < found.records.length; i++) {
        const document = this.partition.read(found.records[i]!) as { id: number; v: Float32Array }
        expect(this.model.get(document.id)).toEqual(document.v)
        expect(found.distances[i]).toBe(document.v.reduce((sum, x, lane) => sum + (x - query[lane]!) ** 2, 0))
      }
      if (store.graphs.stale(0) === 0) {
        // With nothing stale and more candidates than nodes, everything is met that can be reached: rarely one cannot.
        const near = found.distances.filter((distance) => distance <= distances[count - 1]!)
        expect(near.length).toBeGreaterThanOrEqual(count - 2)
      }
    }
    search.release()
  }

  finish(): void {
    const { graphs } = this.partition.store
    while (graphs.maintain(0, 7) > 0);
    expect(graphs.linked(0)).toBe([...this.model.values()].filter((v) => v !== null).length)
    expect(graphs.stale(0)).toBe(0)
    for (let seed = 0; seed < 10; seed++) this.take({ kind: 'search', seed })
  }
}

it('a graph and a map agree', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const vectors = [{ name: 'v', dimension: DIMENSION, metric: 'l2', index: { quantization: 'none' } }] as const
      const run = new Run(await inMemory({ vectors }))
      run.partition.store.graphs.create(0, 4, 20)
      for (const one of steps) run.take(one)
      run.finish()
    }),
    settings(150),
  )
})
