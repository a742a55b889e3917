// Promise: the steps of a write without promises see each other, however the collection is spread.

import { expect, it } from 'vitest'
import { directOf } from '../../../src/engine/direct.ts'
import { open } from '../../../src/engine/index.ts'

const SPREADS = [
  ['in one partition', {}],
  ['over shards', { shards: 3 }],
] as const

// A removal in one shard hid what was staged in the others: the second of two changes to a document began from its state before the first,
// which was lost.
it.each(SPREADS)('what was put before a removal is seen after it, %s', async (_, options) => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts', options)
  const ids = Array.from({ length: 12 }, (_, id) => id)
  await posts.insert(ids.map((id) => ({ id, n: 0 })))
  const write = directOf(posts)!.begin(false)
  for (const id of ids) write.put({ id, n: 1 })
  write.remove(0)
  expect(ids.map((id) => write.get(id)?.['n'])).toEqual([undefined, ...Array(11).fill(1)])
  write.put({ id: 0, n: 2 })
  write.remove(1)
  expect([write.get(0), write.get(1)]).toEqual([{ id: 0, n: 2 }, undefined])
  write.commit()
  expect(await posts.count({ n: { $gt: 0 } })).toBe(11)
  await db.close()
})
