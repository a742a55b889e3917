// Promise: an export in memory that is given up leaves nothing of itself, wherever it was.

import { expect, it } from 'vitest'
import { open } from '../../../src/engine/index.ts'
import { STATES } from '../../../src/engine/state.ts'

it('gathers nothing any more once it is given up, and its memory is free', async () => {
  const db = await open(':memory:')
  const posts = await db.createCollection('posts', { shards: 3 })
  await posts.insert(Array.from({ length: 3_000 }, (_, id) => ({ id, text: 'x'.repeat(300) })))
  await db.export()
  const { memory } = await posts.stats()
  for (let reads = 1; reads < 20; reads++) {
    const reader = (await db.export({ as: 'stream' })).getReader()
    for (let i = 0; i < reads; i++) await reader.read()
    await reader.cancel()
    for (const { log } of STATES.get(posts)!.parts) expect(log).toBeUndefined()
  }
  expect((await posts.stats()).memory).toBe(memory)
  await db.close()
})
