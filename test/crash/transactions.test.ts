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

// It passed for the end of a write that a crash had interrupted: whatever the others had been given since was cut off, without a word.
it.each(['flipped', 'zeros', 'cut'])(
  'takes the damaged end of a log for no crash where the others say that it was flushed (%s)',
  async (how) => {
    const medium = new SimulatedMedium()
    const db = await openDatabase({ storage: medium.reopen(), durability: 'hard' })
    const posts = await db.createCollection('posts')
    await posts.createPartition('idle')
    await posts.insert([{ id: 'first' }], { partition: 'idle' })
    const from = medium.bytes('c1.p1.1.log').findLastIndex((byte) => byte !== 0) + 1
    await posts.insert([{ id: 'stays' }, { id: 'moved', partition: 1 }])
    // Both logs have a part of it: a deletion there, the document here.
    await posts.upsert([{ id: 'first', isMoved: true }, { id: 'with it' }], { partition: '_default' })
    const since = ['a', 'b', 'c'].map((id) => ({ id }))
    for (const document of since) await posts.insert(document)
    const left = medium.crash({ seed: 1, mode: 'all' })
    const bytes = left.bytes('c1.p1.1.log')
    const at = Math.ceil(from / 8) * 8
    if (how === 'flipped') bytes[at + 30]! ^= 1
    if (how === 'zeros') bytes.fill(0, at)
    left.put('c1.p1.1.log', how === 'cut' ? bytes.subarray(0, at) : bytes)
    const state = left.state()
    for (const readOnly of [false, true]) {
      const opening = openDatabase({ storage: left.reopen(), readOnly })
      await expect(opening).rejects.toMatchObject({
        name: 'CorruptError',
        details: { file: 'simulated/c1.p1.1.log', offset: at },
      })
    }
    expect(left.state()).toBe(state)
    const repaired = await openDatabase({ storage: left.reopen(), repair: true })
    expect(repaired.repairs.map(({ file }) => file)).toContain('c1.p1.1.log')
    const all = async (from: typeof db) => (await from.collection('posts').find().toArray()).map(({ id }) => id).sort()
    const ids = ['a', 'b', 'c', 'first', 'moved', 'stays', 'with it']
    expect(await all(repaired)).toEqual(ids)
    expect(await repaired.collection('posts').get('first')).toEqual({ id: 'first', isMoved: true })
    await repaired.close()
    const again = await openDatabase({ storage: left.reopen() })
    expect(await all(again)).toEqual(ids)
    await again.close()
    const third = await openDatabase({ storage: left.reopen(), repair: true })
    expect(third.repairs).toEqual([])
    expect(await all(third)).toEqual(ids)
    await third.close()
  },
)
