// Promise: what vectors and indexes need may fail to load (a page that has lost its network); then the call that needed it says so, and the
// next one tries again.

import { expect, it, vi } from 'vitest'

const failures = vi.hoisted(() => ({ left: 0 }))
vi.mock('../../../src/core/derived/derived.ts', async (original) => {
  const { derive, ...rest } = await original<typeof import('../../../src/core/derived/derived.ts')>()
  return {
    ...rest,
    derive: async (...given: Parameters<typeof derive>) => {
      if (failures.left-- > 0) throw new TypeError('Failed to fetch dynamically imported module')
      return await derive(...given)
    },
  }
})

const { openDatabase } = await import('../../../src/engine/index.ts')

it('makes an index although the first attempt could not load what it takes', async () => {
  const db = await openDatabase({ storage: null })
  const posts = await db.createCollection('posts')
  await posts.insert([{ id: 1, likes: 3 }])
  failures.left = 1
  await expect(posts.createIndex('likes')).rejects.toThrow('Failed to fetch')
  await posts.createIndex('likes')
  expect((await posts.find({ filter: { likes: 3 } }).explain()).plan).toBe('index')
  await db.close()
})
