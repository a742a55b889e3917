// Promise: whatever is written in whatever order, every result object and everything stored are what the rules say. Random sequences
// of operations, with partitions, shards, reopening and compaction among them, run on the engine and on a plain Map side by side.
//
// A failure prints its seed and path; QUIVER_SEED repeats it, QUIVER_RUNS changes how many sequences are tried.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { open } from '../../src/index.ts'
import fc from '../property.ts'
import { type Claims, operation, Pair } from './collection-pair.ts'

const claims: Claims = {
  equal: (got, wanted) => expect(got).toEqual(wanted),
  refused: (call, words) => expect(call).rejects.toThrow(words),
}

const numRuns = Number(process.env.QUIVER_RUNS ?? 150)

it.each([
  ['in memory', false, 1],
  ['in memory, over 3 shards', false, 3],
  ['in a directory', true, 1],
  ['in a directory, over 2 shards', true, 2],
] as const)('a collection %s does what a Map does', async (_, isOnDisk, shards) => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 25 }), async (operations) => {
      const directory = isOnDisk ? await mkdtemp(join(tmpdir(), 'quiverdb-')) : undefined
      const path = directory ?? ':memory:'
      const db = await open(path, { durability: 'soft' })
      const pair = new Pair(
        db,
        await db.createCollection('posts', { shards }),
        claims,
        directory === undefined ? undefined : () => open(path),
      )
      try {
        await pair.run(operations)
      } finally {
        await pair.db.close()
        if (directory !== undefined) await rm(directory, { recursive: true })
      }
    }),
    { numRuns: isOnDisk ? Math.ceil(numRuns / 3) : numRuns },
  )
})
