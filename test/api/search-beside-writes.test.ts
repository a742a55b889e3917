// Promise: a long search lets others run, and what it answers is stored as it says when it resolves: no hit that was deleted meanwhile,
// none at a distance that is no longer its own, none that the filter lets no longer through; and what nobody touched is not missed.

import { expect, it } from 'vitest'
import { closeAfterEach, openMemory } from './configurations.ts'
import { distance, randomOf } from './nearest.ts'

closeAfterEach()

const DIMENSION = 32
const ROWS = 12_000

it.each([
  ['without a filter', undefined],
  ['with a filter', { tag: { $lt: 5 } }],
])('searches beside writes, %s', async (_, filter) => {
  const next = randomOf(8)
  const vector = () => Float32Array.from({ length: DIMENSION }, () => next() * 2 - 1)
  const db = await openMemory()
  const made = await db.createCollection('c', {
    vectors: { v: { dimension: DIMENSION, metric: 'l2', index: { type: 'flat' } } },
  })
  const stored = new Map<number, { id: number; tag: number; v: Float32Array }>()
  for (let id = 0; id < ROWS; id++) stored.set(id, { id, tag: id % 10, v: vector() })
  await made.insert([...stored.values()])
  const vectors = Array.from({ length: 3_000 }, vector)
  const touched = new Set<number>()
  let turns = 0
  let isSearching = true
  const writer = async () => {
    while (isSearching) {
      const id = Math.floor(next() * ROWS)
      touched.add(id)
      if (turns % 3 === 0) {
        await made.delete(id)
        stored.delete(id)
      } else {
        const document = { id, tag: turns % 10, v: turns % 5 === 1 ? vectors[turns % 3_000]!.slice() : vector() }
        await made.upsert(document)
        stored.set(id, document)
      }
      turns++
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const writing = writer()
  const lists = await made.search({ vectors, limit: 10, filter, exact: true }).then((found) => {
    isSearching = false
    return found
  })
  // Nothing runs between the answer and here but the writer's last step.
  const before = new Map(stored)
  await writing
  expect(turns).toBeGreaterThan(2)
  const wrong = new Set<unknown>()
  for (const [i, hits] of lists.entries()) {
    for (const hit of hits) {
      const document = before.get(hit.id as number)
      const isStored = document !== undefined && Math.abs(distance('l2', vectors[i]!, document.v) - hit.distance) < 1e-9
      const isMatch = filter === undefined || (document !== undefined && document.tag < 5)
      if (!isStored || !isMatch) wrong.add(hit.id)
    }
    if (i >= 20) continue
    const farthest = hits.at(-1)!.distance
    const ids = new Set(hits.map(({ id }) => id))
    for (const { id, tag, v } of before.values()) {
      if (touched.has(id) || (filter !== undefined && tag >= 5)) continue
      if (distance('l2', vectors[i]!, v) < farthest - 1e-9) expect(ids.has(id)).toBe(true)
    }
  }
  // The writer may have been between its write and its note of it.
  expect(wrong.size).toBeLessThanOrEqual(1)
})
