// Promise: writers do not outrun a compaction: once the log has grown far beyond what is alive in it, a write is answered when the
// compaction has ended, whether or not it waits for a flush; then writes are fast again, until the next compaction falls behind.

import { expect, it } from 'vitest'
import { type Collection, type Database, openDatabase } from '../../src/engine/index.ts'
import { MemoryDirectory } from '../../src/storage/index.ts'

const MIB = 1_048_576
const text = 'x'.repeat(MIB)

interface Slow {
  readonly db: Database
  readonly posts: Collection
  /** Makes compactions wait for the files of their new logs, or lets them have these. */
  hold(isHeld: boolean): void
}

/** A database whose compactions can be made to wait. */
async function slow(shards = 1): Promise<Slow> {
  const storage = new MemoryDirectory()
  const open = storage.open.bind(storage)
  let isHeld = true
  let waiting: (() => void)[] = []
  storage.open = async (name, options) => {
    if (isHeld && /\.(?!1\.)\d+\.log$/.test(name)) await new Promise<void>((resolve) => waiting.push(resolve))
    return open(name, options)
  }
  const db = await openDatabase({ storage })
  const hold = (isTo: boolean) => {
    isHeld = isTo
    if (isHeld) return
    for (const run of waiting) run()
    waiting = []
  }
  return { db, posts: await db.createCollection('posts', shards > 1 ? { shards } : {}), hold }
}

/** Writes one document again and again: the next time, its log is four times as large as one that is compacted must be. */
async function outgrow({ posts }: Slow): Promise<void> {
  for (let i = 0; i < 15; i++) await posts.upsert({ id: 1, i, text }, { durability: 'soft' })
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

for (const durability of ['soft', 'hard'] as const) {
  for (const shards of [1, 3]) {
    it(`a ${durability} write to ${shards === 1 ? 'one partition' : `${shards} shards`} waits for it, each time`, async () => {
      const one = await slow(shards)
      for (let round = 0; round < 2; round++) {
        one.hold(true)
        await outgrow(one)
        let isAnswered = false
        const documents = [1, 2, 3, 4, 5, 6].map((id) => ({ id, round, text: id === 1 ? text : '' }))
        const write = one.posts.upsert(documents, { durability }).then(() => {
          isAnswered = true
        })
        // It is applied, and can be read.
        expect(await one.posts.get(6)).toEqual({ id: 6, round, text: '' })
        await turns()
        expect(isAnswered).toBe(false)
        one.hold(false)
        await write
        // All that is garbage in the new log, since it was written meanwhile.
        await one.posts.delete(1)
        await one.posts.optimize()
      }
      await one.db.close()
    })
  }
}

it('a write that is given up meanwhile was applied', async () => {
  const one = await slow()
  await outgrow(one)
  const controller = new AbortController()
  const write = one.posts.upsert({ id: 1, text }, { signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(write).rejects.toThrow('enough')
  expect(await one.posts.get(1)).toEqual({ id: 1, text })
  one.hold(false)
  await one.db.close()
})
