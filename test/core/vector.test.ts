// Promise: a partition knows at any time which documents have a vector, whatever was written, undone or replayed.

import { describe, expect, it } from 'vitest'
import { MemoryDirectory } from '../../src/storage/index.ts'
import { inMemory, optionsFor, Partition, PutMode, remove, upsert } from './partitions.ts'

const FIELDS = [
  { name: 'v', dimension: 5, metric: 'l2' },
  { name: 'bits', dimension: 24, metric: 'hamming' },
] as const

const v = (x: number) => Float32Array.of(x, 1, 2, 3, 4)
const counts = (partition: Partition) => FIELDS.map((_, i) => partition.store.vectors.count(i))

describe('rows follow', () => {
  it('inserts, updates and deletes; missing and null are no vector', async () => {
    const partition = await inMemory({ vectors: FIELDS })
    expect(counts(partition)).toEqual([0, 0])
    upsert(partition, [
      { id: 1, v: v(1) },
      { id: 2, v: null },
      { id: 3 },
      { id: 4, v: v(4), bits: Uint8Array.of(1, 2, 3) },
    ])
    expect(counts(partition)).toEqual([2, 1])
    upsert(partition, [{ id: 1, v: null }, { id: 2, v: v(2) }, { id: 3, v: v(3) }, { id: 4 }])
    expect(counts(partition)).toEqual([2, 0])
    remove(partition, [2, 3, 4])
    expect(counts(partition)).toEqual([0, 0])
  })

  it('what is taken back', async () => {
    const partition = await inMemory({ vectors: FIELDS })
    upsert(partition, [{ id: 1, v: v(1) }, { id: 2 }])
    const batch = partition.begin()
    batch.remove(1)
    batch.put({ id: 2, v: v(2) }, PutMode.Upsert)
    batch.put({ id: 3, v: v(3), bits: Uint8Array.of(1, 2, 3) }, PutMode.Upsert)
    batch.settle()
    expect(counts(partition)).toEqual([2, 1])
    batch.abandon()
    expect(counts(partition)).toEqual([1, 0])
  })

  it('documents that carry their names inside', async () => {
    const partition = await inMemory({ vectors: FIELDS })
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`field${i}`, i]))
    upsert(partition, [
      { id: 1, ...wide, v: v(1) },
      { id: 2, ...wide },
    ])
    expect(counts(partition)).toEqual([1, 0])
  })

  it('a log read back, with and without a snapshot', async () => {
    for (const buildDocumentsMax of [0, 1_000_000]) {
      const storage = new MemoryDirectory()
      const options = optionsFor(storage, { vectors: FIELDS, buildDocumentsMax })
      const first = await Partition.create(options)
      upsert(
        first,
        Array.from({ length: 3000 }, (_, id) => (id % 3 === 0 ? { id } : { id, v: v(id) })),
      )
      remove(
        first,
        Array.from({ length: 300 }, (_, id) => id),
      )
      await first.close()
      const [second] = await Partition.openAll([optionsFor(storage, { vectors: FIELDS, buildDocumentsMax })])
      expect(counts(second!)).toEqual([1800, 0])
      upsert(second!, [{ id: 300, v: v(1) }])
      expect(counts(second!)).toEqual([1801, 0])
      await second!.close()
    }
  })
})
