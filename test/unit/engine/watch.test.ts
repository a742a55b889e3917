// Promise: who hears of a write that changed several partitions finds all of it, and nothing of it before.

import { expect, it } from 'vitest'
import { directOf } from '../../../src/engine/direct.ts'
import { open } from '../../../src/engine/index.ts'

// A document that moved was gone from the one partition and not yet in the other, and a feed over the collection told so.
it('tells of a write over several partitions when all of it stands', async () => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts', { shards: 3 })
  await posts.createPartition('archive')
  await posts.insert(Array.from({ length: 20 }, (_, id) => ({ id })))
  const direct = directOf(posts)!
  const counts: number[] = []
  direct.watch({ changed: () => counts.push(direct.count), dropped: () => {} })
  await posts.upsert(
    Array.from({ length: 20 }, (_, id) => ({ id })),
    { partition: 'archive' },
  )
  expect(counts).toEqual(Array(6).fill(20))
  await db.close()
})
