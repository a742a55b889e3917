// Promise: what graphs keep for changes that wait is bounded: writers that wait for their writes wait for it, and the event loop turns.

import { expect, it } from 'vitest'
import { inMemory, upsert } from '../../core/partitions.ts'

const DIMENSION = 4_096
/** 64 MB of vectors that are gone. */
const KEPT_MAX = Math.ceil(67_108_864 / (5 * DIMENSION))
const ROWS = 300

it('writers wait when very many changes do', async () => {
  const index = { type: 'hnsw', m: 3, efConstruction: 6, quantization: 'int8' } as const
  const partition = await inMemory({ vectors: [{ name: 'v', dimension: DIMENSION, metric: 'l2', index }] })
  const { graphs } = partition.store
  const replace = (round: number) =>
    upsert(
      partition,
      Array.from({ length: ROWS }, (_, id) => ({ id, v: new Float32Array(DIMENSION).fill(id + 1, round * 100) })),
    )
  replace(0)
  let round = 1
  for (; graphs.kept(0) <= KEPT_MAX; round++) {
    expect(partition.pressure).toBeUndefined()
    replace(round)
  }
  expect(graphs.kept(0)).toBe((round - 1) * ROWS)
  const { pressure } = partition
  expect(pressure).toBeDefined()
  expect(partition.pressure).toBe(pressure)
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  await pressure
  clearInterval(timer)
  expect(turns).toBeGreaterThan(0)
  expect(graphs.kept(0)).toBeLessThanOrEqual(KEPT_MAX / 2)
  expect(partition.pressure).toBeUndefined()
  await partition.upkeep!.finish()
  expect([graphs.kept(0), graphs.dirty(0), graphs.linked(0)]).toEqual([0, 0, ROWS])
})
