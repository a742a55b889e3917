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
const { prepareDirect } = await import('../../../src/engine/direct.ts')
const { STATES } = await import('../../../src/engine/state.ts')

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

// What was to clean up after the failure found nothing to clean up, and that was the error.
it('the same of a text index', async () => {
  const db = await openDatabase({ storage: null })
  const posts = await db.createCollection('posts', { shards: 2 })
  await posts.insert([{ id: 1, words: 'running shoes' }])
  failures.left = 1
  await expect(posts.createIndex('words', { type: 'text' })).rejects.toThrow('Failed to fetch')
  await posts.createIndex('words', { type: 'text' })
  expect(await posts.search({ text: 'shoes' })).toHaveLength(1)
  await db.close()
})

// A dialect that was opened on a database in which somebody dropped or renamed a collection meanwhile failed with NotFoundError.
it('gets collections ready for calls without promises while some of them are dropped', async () => {
  const db = await openDatabase({ storage: null })
  const kept = await db.createCollection('kept')
  await db.createCollection('dropped')
  const state = STATES.get(kept)!
  const { prepare } = state
  state.prepare = async () => {
    await db.dropCollection('dropped')
    await prepare.call(state)
  }
  const direct = (await prepareDirect(db))(kept)
  expect(direct.countOf({ n: 1 })).toBe(0)
  await db.close()
})

// A process that never had a database on a medium has not loaded what logs take, and in memory an export gathers what is written in one:
// with much garbage in it a write threw although it stood, and one over several shards was refused until the export was read.
it('writes to a database in memory while it is exported, although nothing else has loaded logs', async () => {
  const db = await openDatabase({ storage: null })
  const posts = await db.createCollection('posts', { shards: 2 })
  const documents = (version: number) =>
    Array.from({ length: 200 }, (_, id) => ({ id, version, text: 'x'.repeat(20_000) }))
  await posts.insert(documents(0))
  const reader = (await db.export({ as: 'stream' })).getReader()
  const pieces = [(await reader.read()).value!]
  for (let version = 1; version <= 4; version++) {
    expect(await posts.upsert(documents(version))).toMatchObject({ replaced: 200 })
    expect((await posts.stats()).documents).toBe(200)
  }
  for (let step = await reader.read(); !step.done; step = await reader.read()) pieces.push(step.value)
  await db.close()
  const { open } = await import('../../../src/engine/index.ts')
  const copy = await open.import(new Blob(pieces as BlobPart[]))
  expect(await copy.collection('posts').count({ version: 4 })).toBe(200)
  await copy.close()
})
