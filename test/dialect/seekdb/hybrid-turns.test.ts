// Promise: hybridSearch over many records is as over few: fused by rank in whole lists, its records read at one moment, while the event loop
// turns.

import { expect, it } from 'vitest'
import type { Collection } from '../../../src/dialect/seekdb/index.ts'
import { randomOf } from '../../api/nearest.ts'
import { turnsDuring } from '../../turns.ts'
import { plainCollection } from './fixtures.ts'

const COUNT = 4_000
const all = { query: { where: { n: { $gte: 0 } } }, nResults: COUNT }

async function filled(count: number): Promise<Collection> {
  const collection = await plainCollection()
  const ids = Array.from({ length: count }, (_, i) => `r${i}`)
  await collection.add({
    ids,
    embeddings: ids.map((_, i) => [i, 0, 0]),
    documents: ids.map((_, i) => 'river '.repeat(1 + (i % 7))),
    metadatas: ids.map((_, i) => ({ n: i, version: 0 })),
  })
  return collection
}

// They were read in one stretch: 0.2 s for 10,000.
it('the records of a long result are read in turns', async () => {
  const collection = await filled(COUNT)
  await collection.hybridSearch(all)
  const [result, turns] = await turnsDuring(collection.hybridSearch(all))
  expect(result.ids[0]).toEqual(Array.from({ length: COUNT }, (_, i) => `r${i}`))
  expect(turns).toBeGreaterThanOrEqual(COUNT / 1_000 - 1)
})

it.each([1, 2, Infinity])('they are as they were at one moment when %d turns have writes', async (writes) => {
  const collection = await filled(COUNT)
  await collection.hybridSearch(all)
  let version = 0
  const [{ metadatas }] = await turnsDuring(collection.hybridSearch(all), (turn) => {
    if (turn >= writes) return
    version++
    // One of the first records, and one of the last.
    const given = [0, COUNT - 1].map((n) => ({ n, version }))
    void collection.update({ ids: ['r0', `r${COUNT - 1}`], metadatas: given })
  })
  const found = metadatas![0] as { n: number; version: number }[]
  expect(found).toHaveLength(COUNT)
  expect(found.at(-1)!.version).toBe(found[0]!.version)
})

it('ranks far down a list count, whatever the limit', async () => {
  const next = randomOf(5)
  const collection = await filled(300)
  for (let round = 0; round < 20; round++) {
    const limit = 1 + Math.floor(next() * 8)
    const near = Math.floor(next() * 300)
    const knn = { queryEmbeddings: [near + 0.25, 0, 0], nResults: 1 + Math.floor(next() * 6) }
    const options = { query: { whereDocument: { $contains: 'river' } }, knn, rank: { rrf: {} } }
    const whole = await collection.hybridSearch({ ...options, nResults: 300 })
    expect(whole.ids[0]).toHaveLength(300)
    const { ids, distances } = await collection.hybridSearch({ ...options, nResults: limit })
    expect(ids[0]).toEqual(whole.ids[0]!.slice(0, limit))
    expect(distances![0]).toEqual(whole.distances![0]!.slice(0, limit))
  }
})
