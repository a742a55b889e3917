// Promise: a log that is larger than the memory it may take is read through a window, with the same outcome: groups and transactions that lie
// across the window's edge count as a whole, damage is told from a torn end, and what is salvaged is all but the damaged group.

import { beforeAll, describe, expect, it } from 'vitest'
import { CorruptError } from '../../../src/error/index.ts'
import { CollectionShapes, get, optionsFor, Partition, type PartitionOptions } from '../../core/partitions.ts'
import { expectSound } from '../../core/store-sound.ts'
import { SimulatedMedium } from '../../crash/simulated-storage.ts'

const MIB = 1_048_576
const LIMIT = 9 * MIB
const THROUGH = 'through'
const BATCHES = 24
const KEYS = 12

/** Every batch writes all the keys anew: about 1.1 MB in three frames. */
const documentOf = (key: number, batch: number) => ({
  key,
  batch,
  [`f${batch % 5}`]: String.fromCharCode(97 + batch).repeat(93_000),
  id: `k${key}`,
})

let medium: SimulatedMedium
/** Where the first log ends after each batch. */
const ends: number[] = []

/** Read in place, through a window for want of memory, or through a window while its records come later. */
type Way = number | typeof THROUGH | undefined

function optionsOf(on: SimulatedMedium, limit: Way, repair = false): PartitionOptions[] {
  const shapes = new CollectionShapes('id')
  const storage = on.reopen()
  return [0, 1].map((id) => ({
    ...optionsFor(storage, { id, shapes, stem: `c1.p${id}`, repair }),
    ...(limit === THROUGH
      ? { isPlain: true, passageBytesMin: 1 }
      : limit === undefined
        ? {}
        : { memoryLimitBytes: limit }),
  }))
}

beforeAll(async () => {
  const whole = new SimulatedMedium()
  const options = optionsOf(whole, undefined)
  const partitions = [await Partition.create(options[0]!), await Partition.create(options[1]!)]
  // In one stretch, so that no compaction comes between; every third batch is of both partitions.
  for (let batch = 0; batch < BATCHES; batch++) {
    const sides = batch % 3 === 2 ? [0, 1] : [0]
    const transaction =
      sides.length < 2 ? undefined : { id: options[0]!.shapes.nextTransaction(), participants: [0, 1] }
    const open = sides.map((side) => partitions[side]!.begin())
    for (const one of open) {
      for (let key = 0; key < KEYS; key++) one.put(documentOf(key, batch), 1)
      one.settle()
    }
    for (const one of open) one.commit({ hard: false, transaction })
    ends.push(partitions[0]!.logPosition)
  }
  medium = whole.crash({ seed: 1, mode: 'all' })
})

/** The batch whose documents a partition holds, all of them; throws when it holds a mixture. */
function batchOf(partition: Partition): number {
  expectSound(partition)
  const batch = get(partition, 'k0')?.['batch'] as number | undefined
  expect(partition.count).toBe(batch === undefined ? 0 : KEYS)
  for (let key = 0; key < partition.count; key++) expect(get(partition, `k${key}`)).toEqual(documentOf(key, batch!))
  return batch ?? -1
}

async function batchesOf(on: SimulatedMedium, limit: Way, repair = false): Promise<[number, number]> {
  const partitions = await Partition.openAll(optionsOf(on, limit, repair))
  if (typeof limit === 'number')
    for (const partition of partitions) expect(partition.store.memory.bytes()).toBeLessThanOrEqual(limit)
  return partitions.map(batchOf) as [number, number]
}

const log = 'c1.p0.1.log'

describe('a log larger than the memory it may take', () => {
  it('is read as a small one is', async () => {
    expect(medium.bytes(log).length).toBeGreaterThan(LIMIT * 2.5)
    expect(await batchesOf(medium.clone(), undefined)).toEqual([BATCHES - 1, BATCHES - 1])
    expect(await batchesOf(medium.clone(), LIMIT)).toEqual([BATCHES - 1, BATCHES - 1])
    expect(await batchesOf(medium.clone(), THROUGH)).toEqual([BATCHES - 1, BATCHES - 1])
  })

  it('ends before the batch that is cut, and before a transaction that the other log lacks', async () => {
    for (const batch of [3, 10, 14, 17, 20, 23]) {
      for (const back of [8, 400_000, 900_000]) {
        const cut = medium.clone().put(log, medium.bytes(log).subarray(0, ends[batch]! - back))
        const expected = [batch - 1, Math.floor(batch / 3) * 3 - 1]
        expect(await batchesOf(cut.clone(), undefined)).toEqual(expected)
        expect(await batchesOf(cut.clone(), THROUGH)).toEqual(expected)
        expect(await batchesOf(cut, LIMIT)).toEqual(expected)
      }
    }
    const other = medium.clone()
    other.put('c1.p1.1.log', other.bytes('c1.p1.1.log').subarray(0, 4_000_000))
    expect(await batchesOf(other.clone(), THROUGH)).toEqual([10, 8])
    expect(await batchesOf(other, LIMIT)).toEqual([10, 8])
  })

  // Frames are handed over one by one, into a file that is filled with zeros ahead of them: this is what a process leaves that is killed
  // between two of them.
  it.each([
    ['the file ends', 0],
    ['zeros follow', 40_000],
  ])('ends before a batch of which some frames are whole, where %s behind them', async (_, zeros) => {
    const bytes = medium.bytes(log)
    const frames = new DataView(bytes.buffer, bytes.byteOffset)
    for (const batch of [4, 23]) {
      let end = ends[batch - 1]!
      let count = 0
      for (; end < ends[batch]!; count++) {
        const left = new Uint8Array(end + zeros)
        left.set(bytes.subarray(0, end))
        const cut = medium.clone().put(log, left)
        for (const way of [THROUGH, LIMIT, undefined] as const)
          expect(await batchesOf(cut.clone(), way)).toEqual([batch - 1, Math.floor(batch / 3) * 3 - 1])
        end += 24 + frames.getUint32(end + 4, true)
      }
      expect(count).toBeGreaterThan(1)
    }
  })

  it('is damaged where something is flipped that was flushed, and torn where it was not', async () => {
    // Nothing was flushed here: what follows a hole may have come to the disk before it.
    const torn = medium.clone().flipBit(log, ends[12]! + 700_000, 3)
    expect(await batchesOf(torn.clone(), undefined)).toEqual([12, 11])
    expect(await batchesOf(torn.clone(), THROUGH)).toEqual([12, 11])
    expect(await batchesOf(torn, LIMIT)).toEqual([12, 11])
    // Opened and written on, it has been flushed: later frames say so.
    const flushed = medium.clone()
    const partitions = await Partition.openAll(optionsOf(flushed, LIMIT))
    const batch = partitions[0]!.begin()
    batch.put(documentOf(0, BATCHES), 1)
    batch.commit({ hard: true })
    await partitions[0]!.flush()
    // At once: the partition is about to rewrite its log.
    const crashed = flushed.crash({ seed: 1, mode: 'all' })
    for (const offset of [ends[2]! + 200_000, ends[12]! + 700_000, ends[22]! + 30]) {
      for (const limit of [LIMIT, undefined, THROUGH] as const) {
        const damaged = crashed.clone().flipBit(log, offset, 3)
        await expect(batchesOf(damaged, limit)).rejects.toThrow(CorruptError)
      }
    }
  })

  it('is salvaged but for the damaged group', async () => {
    for (const hurt of [0, 5, 13, 22, 23]) {
      const damaged = medium.clone().flipBit(log, (hurt === 0 ? 128 : ends[hurt - 1]!) + 650_000, 5)
      const [first, second] = await Partition.openAll(optionsOf(damaged, undefined, true))
      const last = hurt === 23 ? 22 : 23
      // The other partition keeps its part of a transaction that this one has lost.
      expect([batchOf(first!), batchOf(second!)]).toEqual([last, 23])
      expect(first!.repairs).toEqual([
        { file: log, offset: hurt === 0 ? 128 : ends[hurt - 1]!, bytes: expect.any(Number), reason: 'damaged frames' },
      ])
      const bytes = first!.repairs[0]!.bytes
      if (hurt < 23) expect(bytes).toBe(ends[hurt]! - first!.repairs[0]!.offset)
    }
  })
})

// The window was filled anew behind every transaction: a repair of 57 MB of sharded logs read 320 GB, which took half a minute.
it('reads a log of many transactions as often as any other, when it is repaired', async () => {
  const medium = new SimulatedMedium()
  const options = optionsOf(medium, undefined)
  const partitions = [await Partition.create(options[0]!), await Partition.create(options[1]!)]
  const count = 500
  for (let n = 0; n < count; n++) {
    const transaction = { id: options[0]!.shapes.nextTransaction(), participants: [0, 1] }
    const batches = partitions.map((partition) => partition.begin())
    for (const batch of batches) batch.put({ id: n % 50, n }, 1)
    for (const batch of batches) batch.commit({ hard: false, transaction })
  }
  let read = 0
  const after = medium.crash({ seed: 1, mode: 'all' })
  const bytes = after.names().reduce((sum, name) => sum + after.bytes(name).length, 0)
  const repaired = optionsOf(after, undefined, true)
  const { storage } = repaired[0]!
  const open = storage!.open.bind(storage)
  storage!.open = async (...given) => {
    const file = await open(...given)
    const own = file.read.bind(file)
    file.read = (position, target) => {
      const got = own(position, target)
      read += got
      return got
    }
    return file
  }
  const again = await Partition.openAll(repaired)
  for (const partition of again) {
    expect(partition.repairs).toEqual([])
    for (let id = 0; id < 50; id++) expect(get(partition, id)).toEqual({ id, n: count - 50 + id })
  }
  expect(read).toBeLessThan(bytes * 4)
})
