// Promise: what stands behind a transaction over two partitions and was acknowledged is not taken back with it, at whatever moment of the
// flushes of others it was written: as soft it outlives the process, as hard a loss of power.

import { afterEach, expect, it, vi } from 'vitest'
import { openDatabase } from '../../src/engine/index.ts'
import { get, Partition, PutMode } from '../core/partitions.ts'
import { type CrashMode, SimulatedMedium } from './simulated-storage.ts'
import { plainOptionsOf } from './workload.ts'

const BOTH = [0, 1] as const

afterEach(() => {
  vi.restoreAllMocks()
})

/** One transaction is being flushed when a second comes, and `turns` later a write behind that; is it there after a crash? */
async function isKept(before: number, turns: number, hard: boolean, pause: () => unknown): Promise<boolean> {
  const medium = new SimulatedMedium()
  const options = plainOptionsOf(medium)
  const partitions: Partition[] = []
  for (const one of options) partitions.push(await Partition.create(one))
  const flushes: Promise<void>[] = []
  const write = (side: 0 | 1, id: string, isHard: boolean) => {
    const batch = partitions[side]!.begin()
    batch.put({ id, version: 1 }, PutMode.Upsert)
    batch.commit({ hard: isHard })
  }
  const writeBoth = (id: string) => {
    const batches = BOTH.map((side) => {
      const batch = partitions[side]!.begin()
      batch.put({ id, version: 1 }, PutMode.Upsert)
      batch.settle()
      return batch
    })
    const transaction = { id: options[0]!.shapes.nextTransaction(), participants: [0, 1] }
    for (const batch of batches) batch.prepare(transaction)
    for (const batch of batches) batch.commit({ hard: true, transaction })
    for (const side of BOTH) flushes.push(partitions[side]!.flush())
  }
  // Whether flushes are slow is known from the first.
  writeBoth('before')
  await Promise.all(flushes)
  writeBoth('first')
  for (let i = 0; i < before; i++) await pause()
  writeBoth('second')
  for (let i = 0; i < turns; i++) {
    // Others go on writing: the flush waits for them.
    for (const side of BOTH) write(side, `beside ${i}`, true)
    await pause()
  }
  write(0, 'last', hard)
  let mode: CrashMode = 'all'
  if (hard) {
    await partitions[0]!.flush()
    mode = 'nothing'
  }
  const after = medium.crash({ seed: 1, mode })
  await Promise.all(flushes)
  const again = await Partition.openAll(plainOptionsOf(after))
  return get(again[0]!, 'last') !== undefined
}

const PAUSES: readonly (readonly [string, () => unknown])[] = [
  ['in a flush at once', () => null],
  // Each takes a turn of the event loop, off the main thread.
  ['in a slow flush', () => new Promise((resolve) => setImmediate(resolve))],
]

for (const hard of [false, true]) {
  for (const [name, pause] of PAUSES) {
    it(`keeps a ${hard ? 'hard' : 'soft'} write behind one that is ${name}`, async () => {
      let now = 0
      if (name === 'in a slow flush') vi.spyOn(performance, 'now').mockImplementation(() => (now += 100))
      const lost: string[] = []
      for (let before = 0; before < 8; before++) {
        for (let turns = 0; turns < 10; turns++) {
          if (!(await isKept(before, turns, hard, pause))) lost.push(`${before}/${turns}`)
        }
      }
      expect(lost).toEqual([])
    })
  }
}

// The list of them stands in a buffer of the core while the batch is written out; a longer one would have gone over the core's own data.
it('refuses a transaction over more partitions than can be listed, and goes on', async () => {
  const [options] = plainOptionsOf(new SimulatedMedium())
  const partition = await Partition.create(options!)
  const participants = Array.from({ length: 12_000 }, (_, id) => id)
  const batch = partition.begin()
  batch.put({ id: 'refused' }, PutMode.Upsert)
  expect(() => batch.prepare({ id: 1, participants })).toThrow(/too many partitions/)
  batch.abandon()
  const next = partition.begin()
  next.put({ id: 'kept' }, PutMode.Upsert)
  const transaction = { id: 2, participants: participants.slice(0, 11_000) }
  next.prepare(transaction)
  next.commit({ hard: true, transaction })
  await partition.flush()
  expect(get(partition, 'kept')).toEqual({ id: 'kept' })
  expect(get(partition, 'refused')).toBe(undefined)
})

/** What was written to two partitions, and where the log of the second one has its part of the last write to both. */
async function writtenTogether(): Promise<{ left: SimulatedMedium; at: number }> {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen(), durability: 'hard' })
  const posts = await db.createCollection('posts')
  await posts.createPartition('idle')
  await posts.insert([{ id: 'first' }], { partition: 'idle' })
  const end = medium.bytes('c1.p1.1.log').findLastIndex((byte) => byte !== 0) + 1
  // Both logs have a part of it: a deletion there, the document here.
  await posts.upsert([{ id: 'first', isMoved: true }, { id: 'with it' }], { partition: '_default' })
  for (const id of ['a', 'b', 'c']) await posts.insert({ id })
  return { left: medium.crash({ seed: 1, mode: 'all' }), at: Math.ceil(end / 8) * 8 }
}

async function idsIn(left: SimulatedMedium, repair = false): Promise<unknown[]> {
  const db = await openDatabase({ storage: left.reopen(), repair })
  const found = await db.collection('posts').find().toArray()
  await db.close()
  return found.map(({ id }) => id).sort()
}

// It passed for the end of a write that a crash had interrupted: what the others had been given since was cut off, without a word.
it('takes the damaged end of a log for no crash where the others say that it was flushed', async () => {
  const { left, at } = await writtenTogether()
  left.flipBit('c1.p1.1.log', at + 30, 0)
  const state = left.state()
  for (const readOnly of [false, true]) {
    const opening = openDatabase({ storage: left.reopen(), readOnly })
    const details = { file: 'simulated/c1.p1.1.log', offset: at }
    await expect(opening).rejects.toMatchObject({ name: 'CorruptError', details })
  }
  expect(left.state()).toBe(state)
  const repaired = await openDatabase({ storage: left.reopen(), repair: true })
  expect(repaired.repairs.map(({ file }) => file)).toContain('c1.p1.1.log')
  expect(await repaired.collection('posts').get('first')).toEqual({ id: 'first', isMoved: true })
  await repaired.close()
  const ids = ['a', 'b', 'c', 'first', 'with it']
  expect(await idsIn(left)).toEqual(ids)
  expect(await idsIn(left, true)).toEqual(ids)
})

it('opens a copy made while writes went on, one log of which is from an earlier moment, as it was then', async () => {
  for (const isCut of [false, true]) {
    const { left, at } = await writtenTogether()
    const bytes = left.bytes('c1.p1.1.log')
    left.put('c1.p1.1.log', isCut ? bytes.subarray(0, at) : bytes.fill(0, at))
    expect(await idsIn(left)).toEqual(['first'])
  }
})

it('names the log that is damaged, not the one that only ends before what it lacks', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen(), durability: 'hard' })
  const posts = await db.createCollection('posts')
  for (const name of ['one', 'two']) await posts.createPartition(name)
  const move = (id: number, to: string) => posts.upsert([{ id, to }], { partition: to })
  for (const id of [1, 2, 3, 4]) await posts.insert({ id })
  const at = medium.bytes('c1.p2.1.log').findLastIndex((byte) => byte !== 0) + 1
  await move(1, 'two')
  // The first one has this, and the last, and nothing after them that says that they were flushed.
  await move(2, 'one')
  for (const id of [5, 6, 7]) await posts.insert({ id }, { partition: 'one' })
  const left = medium.crash({ seed: 1, mode: 'all' })
  left.flipBit('c1.p2.1.log', Math.ceil(at / 8) * 8 + 30, 0)
  await expect(openDatabase({ storage: left.reopen() })).rejects.toThrow('c1.p2.1.log is damaged')
  expect(await idsIn(left, true)).toEqual([1, 2, 3, 4, 5, 6, 7])
})
