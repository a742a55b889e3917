// Promise: an opening that fails leaves no file open and no lock behind, and the next one finds everything. A database that a crash has
// left in several shards is opened with each of its storage operations failing in turn. What it costs does not grow with the square of
// the partitions.

import { expect, it } from 'vitest'
import { openDatabase } from '../../src/engine/index.ts'
import type { StorageFile } from '../../src/storage/index.ts'
import { SimulatedMedium } from './simulated-storage.ts'

const COUNT = 300

/** What a crash leaves of one when a write has reached the disk in one shard and in another not: a repair rewrites one log. */
async function crashed(seed: number): Promise<SimulatedMedium> {
  const medium = new SimulatedMedium({ seed })
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts', { shards: 3 })
  await posts.insert(Array.from({ length: COUNT }, (_, id) => ({ id })))
  const cuts: SimulatedMedium[] = []
  medium.onOperation = ({ kind }) => {
    if (kind === 'flush' || kind === 'flushSync') cuts.push(medium.clone())
  }
  await posts.insert(Array.from({ length: 60 }, (_, i) => ({ id: COUNT + i })))
  medium.onOperation = undefined
  return cuts[seed]!.crash({ seed, mode: 'nothing' })
}

it.each([1, 2])('closes what it opened, whatever the medium refuses: seed %i', async (seed) => {
  const left = await crashed(seed)
  const whole = left.clone()
  await (await openDatabase({ storage: whole.reopen(), repair: true })).close()
  let failures = 0
  for (let number = 1; number <= whole.operationsCount; number++) {
    const medium = left.clone().failAt(number)
    const storage = medium.reopen()
    const files = new Set<StorageFile>()
    const openFile = storage.open.bind(storage)
    storage.open = async (name, options) => {
      const file = await openFile(name, options)
      const close = file.close.bind(file)
      files.add(file)
      file.close = () => {
        close()
        files.delete(file)
      }
      return file
    }
    try {
      const db = await openDatabase({ storage, repair: true })
      await db.close().catch(() => {})
    } catch {
      failures++
      expect([...files].map(({ name }) => name)).toEqual([])
    }
    medium.heal()
    const db = await openDatabase({ storage: medium.reopen() })
    expect(await db.collection('posts').count({ id: { $lt: COUNT } })).toBe(COUNT)
    await db.close()
  }
  expect(failures).toBeGreaterThan(3)
})

it('reads the names in the directory as often for a hundred partitions as for one', async () => {
  const listings = async (shards: number) => {
    const medium = new SimulatedMedium()
    const db = await openDatabase({ storage: medium.reopen() })
    for (let i = 0; i < shards; i += 10) await db.createCollection(`c${i}`, { shards: Math.min(10, shards) })
    await db.close()
    const storage = medium.reopen()
    const list = storage.list.bind(storage)
    let count = 0
    storage.list = () => {
      count++
      return list()
    }
    await (await openDatabase({ storage })).close()
    return count
  }
  expect(await listings(100)).toBe(await listings(1))
})
