// Promise: a partition of vectors that is full says so before anything is written; it stays readable and searchable, opens again, and
// takes deletions, which make room again.

import { expect, it } from 'vitest'
import { FlatSearch } from '../../src/core/derived/index.ts'
import type { VectorField } from '../../src/core/index.ts'
import { LimitError } from '../../src/error/index.ts'
import { MemoryDirectory } from '../../src/storage/index.ts'
import { optionsFor, Partition, remove, upsert } from '../core/partitions.ts'
import { distance, randomOf } from '../core/vectors.ts'

const LIMIT = 12 * 1_048_576
const FIELDS: readonly VectorField[] = [
  { name: 'v', dimension: 100, metric: 'l2' },
  { name: 'half', dimension: 33, metric: 'cosine', element: 'f16', index: { quantization: 'none' } },
]
const next = randomOf(21)
const lanes = (dimension: number) => Float32Array.from({ length: dimension }, () => next() - 0.5)
const documentOf = (id: number) => ({ id, v: lanes(100), half: id % 2 === 0 ? lanes(33) : null })
type Doc = ReturnType<typeof documentOf>

function expectSearch(partition: Partition, alive: readonly Doc[]): void {
  expect(partition.count).toBe(alive.length)
  expect(partition.store.vectors.count(0)).toBe(alive.length)
  expect(partition.store.vectors.count(1)).toBe(alive.filter(({ half }) => half !== null).length)
  const query = lanes(100)
  const flat = new FlatSearch(partition.store.memory, { field: 0, queries: [query], count: 20 })
  for (let slot = 0; slot >= 0; ) slot = flat.scan(slot, 1e9)
  const { records, distances } = flat.nearest(0)
  flat.release()
  const wanted = alive
    .map(({ id, v }) => ({ id, distance: distance('l2', query, v) }))
    .sort((a, b) => a.distance - b.distance)
  expect([...records].map((record) => partition.readKey(record))).toEqual(wanted.slice(0, 20).map(({ id }) => id))
  for (const [i, value] of distances.entries()) expect(value).toBeCloseTo(wanted[i]!.distance, 12)
}

it('of a full partition are searched, deleted and read back', async () => {
  const storage = new MemoryDirectory()
  let partition = await Partition.create(optionsFor(storage, { memoryLimitBytes: LIMIT, vectors: FIELDS }))
  let alive: Doc[] = []
  let id = 0
  for (let round = 0; round < 3; round++) {
    for (;;) {
      const batch = Array.from({ length: 250 }, () => documentOf(id++))
      try {
        upsert(partition, batch)
      } catch (error) {
        expect(error).toBeInstanceOf(LimitError)
        break
      }
      alive.push(...batch)
    }
    expect(alive.length).toBeGreaterThan(8_000)
    expectSearch(partition, alive)
    await partition.flush()
    // From a log that nobody closed, and from one with a snapshot.
    if (round === 2) await partition.close()
    const [again] = await Partition.openAll([optionsFor(storage, { memoryLimitBytes: LIMIT, vectors: FIELDS })])
    partition = again!
    expectSearch(partition, alive)
    const gone = alive.filter((_, i) => i % 3 === 0).map((document) => document.id)
    remove(partition, gone)
    alive = alive.filter((_, i) => i % 3 !== 0)
    expectSearch(partition, alive)
    await partition.compact()
  }
  await partition.close()
})
