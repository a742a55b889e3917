// Promise: a partition knows at any time which documents have a vector, whatever was written, undone or replayed.

import { describe, expect, it } from 'vitest'
import { FlatSearch } from '../../src/core/flat.ts'
import type { VectorField } from '../../src/core/index.ts'
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

describe('rows of a field whose graph came back with a snapshot', () => {
  const GRAPHED: readonly VectorField[] = [{ name: 'v', dimension: 4, metric: 'l2', index: { quantization: 'int8' } }]
  const vectorOf = (id: number, version = 0) =>
    Float32Array.of(id % 97, (id * 7) % 89, (id * 13 + version) % 83, version)

  /** Closed with a graph of 2,500 vectors among 3,000 documents; some wait to be linked, some of those are nodes still. */
  async function reopened(as = GRAPHED): Promise<{ partition: Partition; model: Map<number, Float32Array> }> {
    const storage = new MemoryDirectory()
    const first = await Partition.create(optionsFor(storage, { vectors: GRAPHED }))
    first.store.graphs.create(0, 8, 40)
    const model = new Map<number, Float32Array>()
    const put = (partition: Partition, ids: number[], version: number) => {
      for (const id of ids) model.set(id, vectorOf(id, version))
      upsert(
        partition,
        ids.map((id) => ({ id, v: vectorOf(id, version) })),
      )
    }
    const numbers = Array.from({ length: 3000 }, (_, id) => id)
    upsert(
      first,
      numbers.filter((id) => id % 6 === 0).map((id) => ({ id })),
    )
    put(
      first,
      numbers.filter((id) => id % 6 !== 0),
      0,
    )
    while (first.store.graphs.maintain(0, 100) > 0);
    put(first, [1, 2, 1000, 6, 12], 1)
    remove(first, [3, 2999])
    model.delete(3)
    model.delete(2999)
    await first.close()
    const [partition] = await Partition.openAll([optionsFor(storage, { vectors: as })])
    return { partition: partition!, model }
  }

  const nearestOf = (partition: Partition, id: number, isWalk: boolean, count = 5) => {
    const query = vectorOf(id, 2)
    const search = new FlatSearch(partition.store.memory, { field: 0, queries: [query], count })
    if (isWalk) {
      const options = { field: 0, ef: 200, rescored: 200, wanted: 0, budget: 2 ** 31 }
      expect(partition.store.graphs.search(search, 0, options)).toBe(true)
    } else expect(search.scan(0, 2 ** 28)).toBe(-1)
    const { distances } = search.nearest(0)
    search.release()
    return [...distances]
  }
  const expected = (model: Map<number, Float32Array>, id: number, count = 5) => {
    const query = vectorOf(id, 2)
    const distanceTo = (vector: Float32Array) => vector.reduce((sum, lane, i) => sum + (lane - query[i]!) ** 2, 0)
    return [...model.values()]
      .map(distanceTo)
      .sort((a, b) => a - b)
      .slice(0, count)
  }

  it('are counted before they are made, through every kind of change', async () => {
    const { partition, model } = await reopened()
    const { vectors } = partition.store
    expect(vectors.count(0)).toBe(model.size)
    remove(partition, [4, 5, 6, 18])
    expect(vectors.count(0)).toBe(model.size - 3)
    upsert(partition, [
      { id: 4, v: vectorOf(4, 3) },
      { id: 7 },
      { id: 8, v: vectorOf(8, 3) },
      { id: 18, v: vectorOf(18, 3) },
    ])
    expect(vectors.count(0)).toBe(model.size - 2)
    const batch = partition.begin()
    batch.put({ id: 10, v: vectorOf(10, 3) }, PutMode.Upsert)
    batch.put({ id: 11 }, PutMode.Upsert)
    batch.remove(13)
    batch.abandon()
    expect(vectors.count(0)).toBe(model.size - 2)
    while (vectors.make(0, 100));
    expect(vectors.count(0)).toBe(model.size - 2)
  })

  it.each(['walks', 'scans', 'what makes them in the background'])(
    'are those of the vectors, made by %s',
    async (by) => {
      const { partition, model } = await reopened()
      const makes = () => partition.store.vectors.make(0, 700)
      if (by === 'what makes them in the background')
        expect([makes(), makes(), makes(), makes(), makes()]).toEqual([true, true, true, true, false])
      for (const isWalk of by === 'scans' ? [false, true] : [true, false]) {
        for (let id = 0; id < 3000; id += 250) expect(nearestOf(partition, id, isWalk)).toEqual(expected(model, id))
      }
      expect(makes()).toBe(false)
    },
  )

  it('are all made after some walks, where no background is', async () => {
    const { partition, model } = await reopened()
    for (let id = 0; id < 12; id++) expect(nearestOf(partition, id, true)).toEqual(expected(model, id))
    expect(partition.store.vectors.make(0, 1)).toBe(false)
  })

  it('are right where documents change before they are made', async () => {
    const { partition, model } = await reopened()
    const put = Array.from({ length: 400 }, (_, i) => i * 7 + 1)
    upsert(
      partition,
      put.map((id) => ({ id, v: vectorOf(id, 5) })),
    )
    for (const id of put) model.set(id, vectorOf(id, 5))
    const gone = Array.from({ length: 200 }, (_, i) => i * 11 + 2)
    remove(partition, gone)
    for (const id of gone) model.delete(id)
    expect(partition.store.vectors.count(0)).toBe(model.size)
    for (let round = 0; round < 2; round++) {
      for (let id = 0; id < 3000; id += 250) {
        expect(nearestOf(partition, id, true)).toEqual(expected(model, id))
        if (round > 0) expect(nearestOf(partition, id, false)).toEqual(expected(model, id))
      }
      while (partition.store.graphs.maintain(0, 100) > 0);
    }
  })

  it('are right where what waits was kept for other codes: by a release that made some of vectors of few lanes', async () => {
    // Rows kept with int8 codes, read as rows without, are no vectors: nodes would be linked by what stands there. They are forgotten.
    expect((await reopened()).partition.store.graphs.kept(0)).toBe(5)
    const { partition, model } = await reopened([{ ...GRAPHED[0]!, index: { quantization: 'none' } }])
    const { graphs } = partition.store
    expect(graphs.kept(0)).toBe(0)
    for (let round = 0; round < 2; round++) {
      for (let id = 0; id < 3000; id += 250) expect(nearestOf(partition, id, true)).toEqual(expected(model, id))
      while (graphs.maintain(0, 100) > 0);
      expect(graphs.linked(0)).toBe(model.size)
      remove(partition, [7])
      model.delete(7)
    }
  })
})
