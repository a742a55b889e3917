// Promise: a bit that is flipped in a file, or a log that is cut short, is never answered with wrong contents, another kind of error, or a
// hang. What was closed cleanly opens as it was or with CorruptError that names file and offset; after a crash only the last batch may
// be dropped; `repair` keeps every batch but the damaged one and lists what it dropped. Every bit of small files is tried.

import { beforeAll, describe, expect, it } from 'vitest'
import { CorruptError } from '../../src/error/index.ts'
import { Partition, PutMode } from '../core/partitions.ts'
import { type Contents, contentsOf, digestOf, documentOf } from './contents.ts'
import { SeededRandom, SimulatedMedium } from './simulated-storage.ts'
import { optionsOf, plainOptionsOf } from './workload.ts'

/** One batch: versions of what is put, undefined for what is deleted. */
type Change = readonly (readonly [key: string, version: number | undefined])[]

// New shapes come with several batches, and are used again by later ones. No slot is used twice.
const BATCHES: readonly Change[] = [
  [
    ['a', 1],
    ['b', 1],
  ],
  [
    ['c', 2],
    ['a', 2],
  ],
  [['d', 1]],
  [
    ['b', 3],
    ['e', 3],
  ],
  [
    ['e', 1],
    ['c', undefined],
    ['f', 2],
  ],
  [['a', 3]],
]
const HEAD_BYTES = 128

interface Written {
  readonly medium: SimulatedMedium
  /** Where the log ends after each batch. */
  readonly ends: readonly number[]
}

const log = 'c1.p0.1.log'
const snapshot = 'c1.p0.snapshot'

function contentsAfter(batches: readonly Change[]): string {
  const contents: Contents = new Map()
  for (const [key, version] of batches.flat()) {
    if (version === undefined) contents.delete(key)
    else contents.set(key, version)
  }
  return digestOf(contents)
}

async function write(batches: readonly Change[], isClosed: boolean, of = optionsOf): Promise<Written> {
  const medium = new SimulatedMedium()
  const partition = await Partition.create(of(medium)[0]!)
  const ends: number[] = []
  for (const changes of batches) {
    const batch = partition.begin()
    for (const [key, version] of changes) {
      if (version === undefined) batch.remove(key)
      else batch.put(documentOf(key, version), PutMode.Upsert)
    }
    batch.commit({ hard: true })
    await partition.flush()
    ends.push(partition.logPosition)
  }
  if (isClosed) await partition.close()
  return { medium: medium.crash({ seed: 1, mode: 'all' }), ends }
}

async function open(medium: SimulatedMedium, repair = false, of = optionsOf): Promise<Partition> {
  const [partition] = await Partition.openAll([{ ...of(medium)[0]!, repair }])
  return partition!
}

/** What opening a damaged copy gives: the digest of the contents, or 'corrupt'. Anything else is thrown on. */
async function outcomeOf(medium: SimulatedMedium, of = optionsOf): Promise<string> {
  let partition: Partition
  try {
    partition = await open(medium, false, of)
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error
    expect(error.message).toContain(String(error.details['offset']))
    expect(error.details['file']).toMatch(/c1\.p[01]/)
    expect(error.details['offset']).toBeGreaterThanOrEqual(0)
    return 'corrupt'
  }
  return digestOf(contentsOf(partition))
}

async function eachBit(
  bytesCount: number,
  every: number,
  visit: (offset: number, bit: number) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < bytesCount * 8; at += every) {
    const [offset, bit] = [at >> 3, at & 7]
    try {
      await visit(offset, bit)
    } catch (error) {
      throw new Error(`bit ${bit} of byte ${offset}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      })
    }
  }
}

const isSoak = process.env.QUIVER_SOAK !== undefined

describe('a log that was closed cleanly', () => {
  let written: Written
  beforeAll(async () => {
    written = await write(BATCHES, true)
  })

  it('opens as it was or not at all, whichever bit is flipped', async () => {
    const size = written.medium.bytes(log).length
    expect(size).toBe(written.ends.at(-1))
    const whole = contentsAfter(BATCHES)
    let corrupt = 0
    await eachBit(size, isSoak ? 1 : 3, async (offset, bit) => {
      const outcome = await outcomeOf(written.medium.clone().flipBit(log, offset, bit))
      if (outcome === 'corrupt') corrupt++
      else expect(outcome).toBe(whole)
    })
    expect(corrupt).toBeGreaterThan(size * (isSoak ? 7 : 2))
  })

  it('opens as it was, whichever bit of its snapshot is flipped', async () => {
    const size = written.medium.bytes(snapshot).length
    expect(size).toBeGreaterThan(8_000)
    const whole = contentsAfter(BATCHES)
    const offsets = new Set<number>()
    for (let offset = 0; offset < 400; offset++) offsets.add(offset)
    for (let offset = 400; offset < size; offset += isSoak ? 5 : 61) offsets.add(offset)
    for (const offset of offsets) {
      const medium = written.medium.clone().flipBit(snapshot, offset, offset % 8)
      expect(digestOf(contentsOf(await open(medium))), `byte ${offset}`).toBe(whole)
    }
  })

  it('opens as it was when the snapshot is cut short, gone, or of another log', async () => {
    const whole = contentsAfter(BATCHES)
    const bytes = written.medium.bytes(snapshot)
    const other = (await write(BATCHES.slice(0, 3), true)).medium.bytes(snapshot)
    const lengths = [0, 1, 63, 64, 65, 3_135, 3_136, 3_137, 4_096, bytes.length - 1]
    const files = [...lengths.map((length) => bytes.subarray(0, length)), other, new Uint8Array(9_000).fill(255)]
    for (const file of files) {
      const medium = written.medium.clone().put(snapshot, file)
      expect(digestOf(contentsOf(await open(medium)))).toBe(whole)
    }
  })

  it('is not opened when its end is missing', async () => {
    for (let length = 0; length < written.ends.at(-1)!; length += 5) {
      const medium = written.medium.clone().put(log, written.medium.bytes(log).subarray(0, length))
      expect(await outcomeOf(medium), `${length} bytes`).toBe('corrupt')
    }
  })

  it('is not opened when its end is missing and the snapshot beside it is no good: the end was dropped without a word', async () => {
    const { medium, ends } = written
    const file = medium.bytes(snapshot)
    const ofLater = file.slice()
    const view = new DataView(ofLater.buffer)
    view.setUint32(16, view.getUint32(16, true) + 1, true)
    const { store } = await open(medium.clone())
    view.setBigUint64(56, store.hashBytes(ofLater.subarray(0, 56), 0n), true)
    for (const bytes of [file.subarray(0, 64), file.subarray(0, -1), ofLater]) {
      const short = medium.clone().put(snapshot, bytes)
      expect(await outcomeOf(short.clone())).toBe(contentsAfter(BATCHES))
      expect(await outcomeOf(short.put(log, medium.bytes(log).subarray(0, ends.at(-2))))).toBe('corrupt')
    }
  })
})

describe('a log that was not closed', () => {
  let written: Written
  beforeAll(async () => {
    written = await write(BATCHES, false)
  })

  it('loses its last batch at most, whichever bit is flipped', async () => {
    const end = written.ends.at(-1)!
    const last = written.ends.at(-2)!
    const [whole, without] = [contentsAfter(BATCHES), contentsAfter(BATCHES.slice(0, -1))]
    // Some of the zeros behind it, too.
    await eachBit(end + 100, isSoak ? 1 : 5, async (offset, bit) => {
      const outcome = await outcomeOf(written.medium.clone().flipBit(log, offset, bit))
      expect(outcome).toBe(offset >= end ? whole : offset >= last ? without : 'corrupt')
    })
  })

  it('holds the batches before a cut, wherever it is cut', async () => {
    for (let length = 0; length <= written.ends.at(-1)! + 20; length++) {
      const medium = written.medium.clone().put(log, written.medium.bytes(log).subarray(0, length))
      const count = written.ends.filter((end) => end <= length).length
      const expected = length < HEAD_BYTES ? 'corrupt' : contentsAfter(BATCHES.slice(0, count))
      expect(await outcomeOf(medium), `${length} bytes`).toBe(expected)
      if (length < HEAD_BYTES || length % 10 !== 0) continue
      // It goes on from there, and what was cut does not come back.
      const partition = await open(medium)
      const batch = partition.begin()
      batch.put(documentOf('z', 5), PutMode.Upsert)
      batch.commit({ hard: true })
      await partition.flush()
      const again = await open(medium.crash({ seed: length, mode: 'all' }))
      expect(digestOf(contentsOf(again))).toBe(contentsAfter([...BATCHES.slice(0, count), [['z', 5]]]))
    }
  })
})

describe('a log that is read through', () => {
  // The second partition builds its index, the first has it in its snapshot.
  for (const side of [0, 1] as const) {
    const of = (medium: SimulatedMedium) => [plainOptionsOf(medium)[side]!]
    const name = `c1.p${side}.1.log`

    const inPlace = (on: SimulatedMedium) => [{ ...of(on)[0]!, passageBytesMin: 2 ** 40 }]
    /** The contents, or what is said of the damage. */
    const fateOf = async (medium: SimulatedMedium, way: typeof optionsOf): Promise<string> => {
      try {
        return digestOf(contentsOf(await open(medium, false, way)))
      } catch (error) {
        if (!(error instanceof CorruptError)) throw error
        return error.message
      }
    }

    for (const isClosed of [true, false]) {
      it(`is damaged where it would be in place (${side}, ${isClosed ? 'closed' : 'left'})`, async () => {
        const { medium, ends } = await write(BATCHES, isClosed, of)
        const fates = new Set<string>()
        await eachBit(ends.at(-1)! + (isClosed ? 0 : 40), isSoak ? 1 : 23, async (offset, bit) => {
          const damaged = medium.clone().flipBit(name, offset, bit)
          const fate = await fateOf(damaged, of)
          expect(fate).toBe(await fateOf(damaged, inPlace))
          fates.add(fate)
        })
        expect(fates.size).toBeGreaterThan(6)
      })
    }

    it(`holds the batches before a cut, wherever it is cut (${side})`, async () => {
      const { medium, ends } = await write(BATCHES, false, of)
      for (let length = HEAD_BYTES; length <= ends.at(-1)! + 20; length += isSoak ? 1 : 3) {
        const cut = medium.clone().put(name, medium.bytes(name).subarray(0, length))
        const count = ends.filter((end) => end <= length).length
        expect(await outcomeOf(cut, of), `${length} bytes`).toBe(contentsAfter(BATCHES.slice(0, count)))
      }
    })
  }
})

describe('repair', () => {
  /** The batch whose frame holds a byte of the log. */
  const batchAt = (ends: readonly number[], offset: number) => ends.findIndex((end) => offset < end)

  for (const isClosed of [true, false]) {
    it(`keeps all but the batch that is damaged, in a log that was ${isClosed ? 'closed' : 'left'}`, async () => {
      const { medium, ends } = await write(BATCHES, isClosed)
      await eachBit(ends.at(-1)!, isSoak ? 1 : 11, async (offset, bit) => {
        const damaged = medium.clone().flipBit(log, offset, bit)
        const partition = await open(damaged, true)
        const hurt = offset < HEAD_BYTES ? -1 : batchAt(ends, offset)
        const expected = contentsAfter(BATCHES.filter((_, i) => i !== hurt))
        expect(digestOf(contentsOf(partition))).toBe(expected)
        expect(partition.repairs.length).toBe(1)
        const { file, offset: from, bytes } = partition.repairs[0]!
        expect(file).toBe(log)
        expect(from).toBeLessThanOrEqual(offset)
        if (hurt >= 0) expect(from + bytes).toBeGreaterThan(offset)
        if (offset % 10 !== 0) return
        // It is written anew: the next opening needs no repair.
        await partition.close()
        const again = await open(damaged)
        expect(again.repairs).toEqual([])
        expect(digestOf(contentsOf(again))).toBe(expected)
      })
    })
  }

  it('finds nothing to repair in what is whole', async () => {
    for (const isClosed of [true, false]) {
      const { medium } = await write(BATCHES, isClosed)
      const partition = await open(medium, true)
      expect(partition.repairs).toEqual([])
      expect(digestOf(contentsOf(partition))).toBe(contentsAfter(BATCHES))
    }
  })

  it('drops a batch of several frames as a whole, whichever of them is damaged', async () => {
    // 49 is a version of 60,000 bytes: nine of them fill a frame.
    const large: Change = Array.from({ length: 30 }, (_, i) => [`large${i}`, 49 + i * 50])
    const batches = [...BATCHES.slice(0, 3), large, ...BATCHES.slice(3)]
    const { medium, ends } = await write(batches, false)
    const [from, to] = [ends[2]!, ends[3]!]
    expect(to - from).toBeGreaterThan(1_500_000)
    const expected = contentsAfter(BATCHES)
    for (let offset = from + 3; offset < to; offset += 97_001) {
      const partition = await open(medium.clone().flipBit(log, offset, 3), true)
      expect(digestOf(contentsOf(partition)), `byte ${offset}`).toBe(expected)
      const { offset: start, bytes } = partition.repairs[0]!
      expect([partition.repairs.length, start, start + bytes]).toEqual([1, from, to])
    }
  })

  it('keeps what is whole between several damaged places, and counts what nobody can read any more', async () => {
    const many: Change[] = Array.from({ length: 60 }, (_, i) => [[`k${i}`, 1 + (i % 5)]])
    const { medium, ends } = await write(many, true)
    const random = new SeededRandom(5)
    for (let round = 0; round < 20; round++) {
      const damaged = medium.clone()
      const hurt = new Set<number>()
      for (let i = 0; i < 5; i++) {
        const index = random.below(many.length)
        const from = index === 0 ? HEAD_BYTES : ends[index - 1]!
        damaged.flipBit(log, from + random.below(ends[index]! - from), random.below(8))
        hurt.add(index)
      }
      const partition = await open(damaged, true)
      const kept = contentsOf(partition)
      for (const [index, [change]] of many.entries()) {
        const [key, version] = change!
        if (hurt.has(index)) expect(kept.has(key), key).toBe(false)
        else if (kept.get(key) !== version) {
          // Only where both copies of its shape were hit.
          expect(
            partition.repairs.some(({ reason }) => /field names/.test(reason)),
            key,
          ).toBe(true)
        }
      }
    }
  })

  it('says that the end is missing where a snapshot knows of more', async () => {
    const { medium, ends } = await write(BATCHES, true)
    for (const length of [ends[2]!, ends[2]! + 9, 200]) {
      const partition = await open(medium.clone().put(log, medium.bytes(log).subarray(0, length)), true)
      const count = ends.filter((end) => end <= length).length
      expect(digestOf(contentsOf(partition))).toBe(contentsAfter(BATCHES.slice(0, count)))
      const from = count === 0 ? HEAD_BYTES : ends[count - 1]!
      expect(partition.repairs).toEqual([
        { file: log, offset: from, bytes: ends.at(-1)! - from, reason: 'damaged frames' },
      ])
    }
  })

  it('makes an empty partition of a log that says nothing any more, and tells', async () => {
    const { medium } = await write(BATCHES, true)
    const partition = await open(medium.clone().put(log, new Uint8Array(500).fill(7)), true)
    expect(partition.count).toBe(0)
    expect(partition.repairs.length).toBe(1)
    const batch = partition.begin()
    batch.put(documentOf('a', 1), PutMode.Upsert)
    batch.commit({ hard: true })
    await partition.close()
  })
})
