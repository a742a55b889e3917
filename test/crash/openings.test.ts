// Promise: an opening that fails leaves no file open and no lock behind, and the next one finds everything. A database that a crash has
// left in several shards is opened with each of its storage operations failing in turn. What it costs does not grow with the square of
// the partitions.

import { expect, it } from 'vitest'
import { type MediumOptions, openDatabase } from '../../src/engine/index.ts'
import { HostError } from '../../src/error/index.ts'
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

/** What is left, how many documents of it are sure to come back, and how it is opened. */
interface Left {
  readonly medium: SimulatedMedium
  readonly documents: number
  readonly options: Partial<MediumOptions>
}

/** A document was moved to another partition, and the frame of its deletion is damaged: a repair writes to a partition that is open. */
async function damaged(): Promise<Left> {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts')
  await posts.createIndex('n', { unique: true })
  await posts.createIndex('words', { type: 'text', fields: ['text'] })
  await posts.createPartition('old')
  await posts.insert(Array.from({ length: COUNT }, (_, id) => ({ id, n: id, text: `word${id}` })))
  const log = 'c1.p0.1.log'
  const at = medium.bytes(log).findLastIndex((byte) => byte !== 0)
  await posts.upsert({ id: 1, n: 1 }, { partition: 'old' })
  await (await db.createCollection('more')).insert({ id: 1 })
  await db.close()
  medium.put(log, medium.bytes(log).fill(255, at + 40, at + 41))
  // And a log under the name of another's.
  medium.put('c2.p7.1.log', medium.bytes('c2.p0.1.log'))
  return { medium, documents: COUNT, options: { repair: true } }
}

/** Logs that are read through, their records later. */
async function passed(): Promise<Left> {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  for (const name of ['posts', 'others']) {
    const collection = await db.createCollection(name, { shards: 2 })
    await collection.insert(Array.from({ length: COUNT }, (_, id) => ({ id })))
  }
  return { medium: medium.crash({ seed: 1, mode: 'all' }), documents: COUNT, options: { passageBytesMin: 0 } }
}

const LEFT: Record<string, () => Promise<Left>> = {
  'a crash, seed 1': async () => ({ medium: await crashed(1), documents: COUNT, options: { repair: true } }),
  'a crash, seed 2': async () => ({ medium: await crashed(2), documents: COUNT, options: { repair: true } }),
  'damage of a move between partitions': damaged,
  'a crash of large logs': passed,
}

it.each(Object.keys(LEFT))('closes what it opened, whatever the medium refuses: %s', async (name) => {
  const { medium: left, documents, options } = await LEFT[name]!()
  const whole = left.clone()
  await (await openDatabase({ storage: whole.reopen(), ...options })).close()
  let failures = 0
  for (let number = 1; number <= whole.operationsCount; number++) {
    for (const code of ['EIO', 'ENOSPC'] as const) {
      const medium = left.clone().failAt(number, { code })
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
        const db = await openDatabase({ storage, ...options })
        await db.close().catch(() => {})
      } catch (error) {
        failures++
        expect(error).toBeInstanceOf(HostError)
      }
      expect([...files].map(({ name }) => name)).toEqual([])
      medium.heal()
      const db = await openDatabase({ storage: medium.reopen(), ...options })
      expect(await db.collection('posts').count({ id: { $lt: COUNT } })).toBe(documents)
      await db.close()
    }
  }
  expect(failures).toBeGreaterThan(3)
})

// A repair that was cut short had rewritten the log that was damaged, and forgot that it was: the next one found a document twice, or dropped it.
it('repairs what a repair that was cut short has left', async () => {
  const { medium: left, documents, options } = await damaged()
  const cut = new Map<string, SimulatedMedium>()
  left.onOperation = ({ number }) => {
    for (const mode of ['all', 'nothing', 'random'] as const) {
      const died = left.crash({ seed: number, mode })
      cut.set(died.state(), died)
    }
  }
  await (await openDatabase({ storage: left.reopen(), ...options })).close()
  left.onOperation = undefined
  expect(cut.size).toBeGreaterThan(10)
  for (const medium of cut.values()) {
    const db = await openDatabase({ storage: medium.reopen(), ...options })
    const posts = db.collection('posts')
    expect(await posts.count({ id: { $lt: COUNT } })).toBe(documents)
    expect(await posts.getMany([0, 1])).toEqual([
      { id: 0, n: 0, text: 'word0' },
      { id: 1, n: 1 },
    ])
    expect(await db.collection('more').count()).toBe(1)
    await db.close()
  }
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

// Its frames count as flushed: a flush after that does nothing for them, and later frames say so.
it('flushes what a process that died had handed to the operating system only', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts')
  await posts.insert({ id: 'soft' }, { durability: 'soft' })
  // Nobody closes it.
  const died = medium.clone()
  await (await openDatabase({ storage: died.reopen() })).sync()
  const last = await openDatabase({ storage: died.crash({ seed: 1, mode: 'nothing' }).reopen() })
  expect(await last.collection('posts').get('soft')).toEqual({ id: 'soft' })
})

// The old log was removed first: when the power failed then, neither had the documents.
it('removes the log that a compaction has replaced only once the new one is on the disk', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts')
  await posts.insert([{ id: 1 }, { id: 2 }])
  let died: SimulatedMedium | undefined
  let isNext = false
  medium.onOperation = ({ kind, name, position }) => {
    // The head that says that the new log is complete is written, and not flushed yet.
    if (isNext) died ??= medium.clone()
    isNext = kind === 'write' && name === 'c1.p0.2.log' && position === 0 && medium.bytes(name).length > 0
  }
  await posts.optimize()
  medium.onOperation = undefined
  const cuts: SimulatedMedium[] = []
  died!.onOperation = () => {
    for (let seed = 0; seed < 8; seed++) cuts.push(died!.crash({ seed, mode: seed === 0 ? 'nothing' : 'random' }))
  }
  await (await openDatabase({ storage: died!.reopen() })).close()
  died!.onOperation = undefined
  expect(cuts.length).toBeGreaterThan(20)
  for (const cut of cuts) {
    const last = await openDatabase({ storage: cut.reopen() })
    expect(await last.collection('posts').count()).toBe(2)
    await last.close()
  }
})
