// Promise: what has left a partition before it was dropped outlives it. The catalog that no longer listed the partition was durable before
// the log with the new place of a document, and a power cut between the two took the document out of both.

import { expect, it } from 'vitest'
import { openDatabase } from '../../src/engine/index.ts'
import { SimulatedMedium } from './simulated-storage.ts'

it.each([1, 2])('keeps a document that was moved away, with %i shards', async (shards) => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts', { shards })
  await posts.createPartition('old')
  const ids = Array.from({ length: 20 }, (_, id) => id)
  await posts.insert(
    ids.map((id) => ({ id, n: 1 })),
    { partition: 'old', durability: 'hard' },
  )
  await posts.upsert(
    ids.map((id) => ({ id, n: 2 })),
    { partition: '_default', durability: 'soft' },
  )
  const cuts: SimulatedMedium[] = []
  medium.onOperation = ({ number }) => {
    cuts.push(medium.crash({ seed: number, mode: 'nothing' }), medium.crash({ seed: number, mode: 'random' }))
  }
  await posts.dropPartition('old')
  medium.onOperation = undefined
  await db.close()
  expect(cuts.length).toBeGreaterThan(10)
  for (const cut of cuts) {
    const again = await openDatabase({ storage: cut.reopen() })
    const left = again.collection('posts')
    expect(await left.count()).toBe(ids.length)
    expect((await left.getMany(ids)).every((document) => document !== null)).toBe(true)
    await again.close()
  }
})
