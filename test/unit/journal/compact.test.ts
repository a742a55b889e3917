// Promise: a compaction that is refused, given up, or whose outcome is unknown costs no write that is acknowledged after it; nothing is
// removed before what takes its place is on stable storage.

import { expect, it } from 'vitest'
import { S_SEED_0 } from '../../../src/core/abi.ts'
import { PoisonedError, QuiverError } from '../../../src/error/index.ts'
import type { StorageFile } from '../../../src/storage/index.ts'
import { get, optionsFor, Partition, PutMode, remove, upsert } from '../../core/partitions.ts'
import { type Operation, SimulatedMedium } from '../../crash/simulated-storage.ts'
import { plainOptionsOf } from '../../crash/workload.ts'

const COUNT = 40

async function withGarbage(medium: SimulatedMedium): Promise<Partition> {
  const partition = await Partition.create(optionsFor(medium.reopen()))
  for (let version = 0; version < 3; version++) {
    upsert(
      partition,
      Array.from({ length: COUNT }, (_, id) => ({ id, version })),
      true,
    )
  }
  remove(partition, [0, 1], true)
  await partition.flush()
  return partition
}

async function reopened(medium: SimulatedMedium): Promise<Partition> {
  const [partition] = await Partition.openAll([optionsFor(medium.reopen())])
  return partition!
}

// Where the head of the new log may be complete on the disk, a write to the old one would be lost to a crash: also after it was opened again,
// as the new log was removed, but not for sure.
it('of unknown outcome is followed by no write that a crash would take', async () => {
  const whole = new SimulatedMedium()
  const first = await withGarbage(whole)
  const from = whole.operationsCount
  await first.compact()
  const to = whole.operationsCount
  const ends = { refused: 0, kept: 0 }
  let seed = 1
  for (let number = from + 1; number <= to; number++) {
    for (const moment of ['before', 'after'] as const) {
      const medium = new SimulatedMedium()
      const partition = await withGarbage(medium)
      medium.failAt(number, { code: 'EIO', moment })
      await partition.compact().catch(() => {})
      medium.heal()
      const writeLate = async (to: Partition) => {
        upsert(to, [{ id: 'late' }], true)
        await to.flush()
      }
      try {
        await writeLate(partition)
        ends.kept++
      } catch {
        ends.refused++
        await partition.close()
        await writeLate(await reopened(medium))
      }
      for (const mode of ['nothing', 'all', 'random', 'random', 'random', 'random'] as const) {
        const again = await reopened(medium.crash({ seed: seed++, mode }))
        expect(get(again, 'late'), `${moment} ${number}, ${mode}`).toEqual({ id: 'late' })
        expect(again.count).toBe(COUNT - 1)
      }
    }
  }
  expect(ends.refused).toBeGreaterThan(0)
  expect(ends.kept).toBeGreaterThan(10)
})

it('that has no room on the medium leaves nothing of it there, and can be made later', async () => {
  const medium = new SimulatedMedium()
  const partition = await withGarbage(medium)
  medium.failAt(medium.operationsCount + 1, { code: 'ENOSPC', kinds: ['write'] })
  await expect(partition.compact()).rejects.toThrow('no space left')
  expect(medium.names()).toEqual(['c1.p0.1.log'])
  await partition.compact()
  expect(medium.names().filter((name) => name.endsWith('.log'))).toEqual(['c1.p0.2.log'])
  await partition.close()
  expect(medium.openNames).toEqual([])
})

// One that failed for want of room let the log grow by a quarter before the next: that was so ever after, until the database was reopened.
it('that could not be made once is made as early as ever after the next', async () => {
  const medium = new SimulatedMedium()
  const partition = await withGarbage(medium)
  const text = 'x'.repeat(100_000)
  /** Replaces one document until the log has so many bytes more, or is a new one. */
  const grow = async (bytes: number) => {
    const { name } = partition.log!.file
    const to = partition.logPosition + bytes
    for (let version = 0; partition.logPosition < to && partition.log!.file.name === name; version++) {
      upsert(partition, [{ id: 'big', version, text }])
      await partition.compacted()
    }
    return partition.log!.file.name !== name
  }
  medium.onOperation = ({ kind, number }) => {
    if (kind === 'create') medium.failAt(number + 1, { code: 'ENOSPC' })
  }
  expect(await grow(5_500_000)).toBe(false)
  medium.onOperation = undefined
  medium.heal()
  await partition.compact()
  expect(await grow(4_500_000)).toBe(true)
  expect(partition.logPosition).toBeLessThan(1_000_000)
})

it('that fails midway gives back its memory, each time', async () => {
  const medium = new SimulatedMedium()
  const partition = await withGarbage(medium)
  const fail = async () => {
    // The head is written, the first frame is not.
    let writes = 0
    medium.onOperation = ({ kind, number }) => {
      if (kind === 'write' && ++writes === 1) medium.failAt(number + 3, { code: 'ENOSPC' })
    }
    await expect(partition.compact()).rejects.toThrow('no space left')
    expect(writes).toBe(2)
    medium.onOperation = undefined
    medium.heal()
  }
  await fail()
  const { memory } = partition.stats()
  for (let i = 0; i < 5; i++) await fail()
  expect(partition.stats().memory).toBe(memory)
  await partition.compact()
  expect(partition.count).toBe(COUNT - 2)
})

// Its head says that all transactions so far are settled: nobody asks the others for their part then.
it('settles the transactions that it seals: a crash does not leave them in the one partition and not in the other', async () => {
  const medium = new SimulatedMedium()
  const options = plainOptionsOf(medium)
  const partitions: Partition[] = []
  for (const one of options) partitions.push(await Partition.create(one))
  const batches = partitions.map((partition) => {
    const batch = partition.begin()
    batch.put({ id: 'both', version: 1 }, PutMode.Upsert)
    batch.settle()
    return batch
  })
  const transaction = { id: options[0]!.shapes.nextTransaction(), participants: [0, 1] }
  for (const batch of batches) batch.prepare(transaction)
  for (const batch of batches) batch.commit({ hard: true, transaction })
  await partitions[0]!.compact()
  const again = await Partition.openAll(plainOptionsOf(medium.crash({ seed: 1, mode: 'nothing' })))
  expect(again.map((partition) => get(partition, 'both') !== undefined)).toEqual([true, true])
})

it('removes the old log when the new one is flushed, also where a flush is only put on its way', async () => {
  const medium = new SimulatedMedium()
  const storage = medium.reopen()
  const open = storage.open.bind(storage)
  const flushed: string[] = []
  storage.open = async (name, options) => {
    const file: StorageFile = await open(name, options)
    const flush = file.flush.bind(file)
    let isComplete = false
    return Object.assign(file, {
      isFlushedLater: true,
      // Nothing is flushed by it, and what was written before it counts for the next flush.
      flushSync: () => {
        isComplete = true
      },
      flush: async () => {
        const isLast = isComplete
        await flush()
        if (isLast) flushed.push(name)
      },
    })
  }
  const removed: (readonly string[])[] = []
  const removeFile = storage.remove.bind(storage)
  storage.remove = async (name) => {
    if (name === 'c1.p0.1.log' && medium.names().includes(name) && medium.names().length > 1) removed.push([...flushed])
    await removeFile(name)
  }
  const partition = await Partition.create(optionsFor(storage))
  upsert(partition, [{ id: 1 }], true)
  await partition.flush()
  await partition.compact()
  expect(removed.map((names) => names.at(-1))).toEqual(['c1.p0.2.log'])
  const again = await reopened(medium.crash({ seed: 1, mode: 'nothing' }))
  expect(get(again, 1)).toEqual({ id: 1 })
})

it.each([
  ['', false],
  [' after its log has failed', true],
])(
  'is given up when the partition is closed meanwhile%s, at whatever moment, and leaves the old log alone',
  async (_, isPoisoned) => {
    const whole = new SimulatedMedium()
    const first = await withGarbage(whole)
    const from = whole.operationsCount
    await first.compact()
    for (let number = from + 1; number <= whole.operationsCount; number++) {
      const medium = new SimulatedMedium()
      const partition = await withGarbage(medium)
      let closing: Promise<number> | undefined
      const close = () => {
        if (isPoisoned) partition.poison(new Error('an outcome that is unknown'))
        closing = partition.close().then(() => medium.operationsCount)
      }
      medium.onOperation = (operation) => {
        if (operation.number === number) queueMicrotask(close)
      }
      await partition.compact().catch(() => {})
      medium.onOperation = undefined
      // Nothing is done to a directory that may be another's by then.
      expect(await closing).toBe(medium.operationsCount)
      expect(medium.openNames).toEqual([])
      const again = await reopened(medium)
      expect(again.count).toBe(COUNT - 2)
      await again.close()
      expect(medium.names().filter((name) => name.endsWith('.log')).length).toBe(1)
    }
  },
)

it('serves all who ask for it while another one runs: two at once would write to one file', async () => {
  const medium = new SimulatedMedium()
  const partition = await withGarbage(medium)
  const first = partition.compact()
  await new Promise<void>((resolve) => {
    medium.onOperation = () => resolve()
  })
  await Promise.all([first, partition.compact(), partition.compact()])
  expect(medium.names().filter((name) => name.endsWith('.log'))).toEqual(['c1.p0.3.log'])
  await Promise.all([partition.close(), partition.close()])
  expect(medium.openNames).toEqual([])
  expect((await reopened(medium)).count).toBe(COUNT - 2)
})

// The new log would be written on, though nobody knows what became of the write that failed.
it('is given up when the log is poisoned meanwhile, at whatever moment', async () => {
  const whole = new SimulatedMedium()
  const first = await withGarbage(whole)
  const from = whole.operationsCount
  await first.compact()
  for (let number = from + 1; number <= whole.operationsCount; number++) {
    const medium = new SimulatedMedium()
    const partition = await withGarbage(medium)
    medium.onOperation = (operation) => {
      if (operation.number === number) queueMicrotask(() => partition.poison(new Error('an outcome that is unknown')))
    }
    await partition.compact().catch(() => {})
    expect(() => partition.begin(), `operation ${number}`).toThrow(PoisonedError)
    medium.onOperation = undefined
    expect((await reopened(medium.crash({ seed: 1, mode: 'nothing' }))).count).toBe(COUNT - 2)
  }
})

// The snapshot said that the write was on stable storage: without it, the log was refused as damaged.
it('leaves a snapshot that covers nothing that could still be lost', async () => {
  const medium = new SimulatedMedium()
  const partition = await withGarbage(medium)
  medium.onOperation = ({ kind, name }) => {
    if (kind === 'create' && name === 'c1.p0.snapshot.tmp') queueMicrotask(() => upsert(partition, [{ id: 'soft' }]))
  }
  await partition.compact()
  expect(get(partition, 'soft')).toEqual({ id: 'soft' })
  const again = await reopened(medium.crash({ seed: 1, mode: 'nothing' }))
  expect(again.count - (get(again, 'soft') === undefined ? 0 : 1)).toBe(COUNT - 2)
})

// What waits for its flush is in memory only, and the log it waits for is about to go.
it('takes along what is written meanwhile, whatever its size and whether or not it waits for a flush', async () => {
  const medium = new SimulatedMedium()
  const partition = await withGarbage(medium)
  const texts = [1_700_000, 1_700_000, 1_700_000, 5_000_000, 10].map((length, i) => ({
    id: `t${i}`,
    text: 'x'.repeat(length),
  }))
  const compactBesideWrites = async () => {
    const began = medium.operationsCount
    medium.onOperation = ({ kind, number }) => {
      // The head, the names, and the first frame of the new log.
      if (kind !== 'write' || number < began + 4) return
      medium.onOperation = undefined
      queueMicrotask(() => {
        for (const document of texts) upsert(partition, [{ ...document, began }], true)
      })
    }
    await partition.compact()
    expect(medium.onOperation).toBeUndefined()
  }
  await compactBesideWrites()
  await compactBesideWrites()
  const { memory } = partition.stats()
  await compactBesideWrites()
  await compactBesideWrites()
  // Nothing of the windows through which that went is kept.
  expect(partition.stats().memory - memory).toBeLessThan(4_000_000)
  const again = await reopened(medium.crash({ seed: 1, mode: 'nothing' }))
  for (const { id, text } of texts) expect((get(again, id) as { text: string } | undefined)?.text === text).toBe(true)
  expect(again.count).toBe(COUNT - 2 + texts.length)
})

/** Writes documents that are durable in the old log while the new one is flushed for the first time: they are copied last of all. */
function writeLate(
  medium: SimulatedMedium,
  partition: Partition,
  then: (operation: Operation) => void = () => {},
  documents: readonly object[] = [{ id: 'late' }],
): void {
  let isLate = false
  medium.onOperation = (operation) => {
    if (operation.name !== 'c1.p0.2.log') return
    if (isLate) then(operation)
    else if (operation.kind === 'flush') {
      isLate = true
      queueMicrotask(() => {
        for (const document of documents) upsert(partition, [document])
        partition.log!.flushSync()
      })
    }
  }
}

// With one flush for both, its head may be on the disk and what it took along not.
it('has all that it takes along on the disk before it is the log', async () => {
  const medium = new SimulatedMedium()
  const partition = await withGarbage(medium)
  let isComplete = false
  const after: SimulatedMedium[] = []
  writeLate(medium, partition, ({ kind, position }) => {
    if (kind === 'write' && position === 0) isComplete = true
    if (kind !== 'flushSync' || !isComplete) return
    for (let seed = 1; seed <= 16; seed++) after.push(medium.crash({ seed, mode: 'random' }))
    medium.onOperation = undefined
  })
  await partition.compact()
  expect(after.length).toBe(16)
  for (const crashed of after) {
    const again = await reopened(crashed)
    expect(get(again, 'late')).toEqual({ id: 'late' })
    expect(again.count).toBe(COUNT - 1)
    await again.close()
  }
})

it('takes along what is written while it is flushed, though it is more than a step copies, and lets later writes wait for their flush', async () => {
  const medium = new SimulatedMedium()
  const partition = await withGarbage(medium)
  const late = Array.from({ length: 4 }, (_, i) => ({ id: `t${i}`, text: 'x'.repeat(1_700_000) }))
  writeLate(medium, partition, undefined, late)
  await partition.compact()
  upsert(partition, [{ id: 'next' }], true)
  const began = medium.operationsCount
  upsert(partition, [{ id: 'last' }], true)
  expect(medium.operationsCount).toBe(began)
  await partition.flush()
  const again = await reopened(medium.crash({ seed: 1, mode: 'nothing' }))
  for (const { id, text } of late) expect((get(again, id) as { text: string } | undefined)?.text === text).toBe(true)
  expect(again.count).toBe(COUNT - 2 + late.length + 2)
})

// On a disk that was full again by then it was reported as failed, and the other partitions were not compacted; a repair was refused.
it('succeeds without the snapshot that follows it', async () => {
  const medium = new SimulatedMedium()
  const partition = await withGarbage(medium)
  medium.onOperation = ({ kind, name, number }) => {
    if (kind === 'create' && name.endsWith('.tmp')) medium.failAt(number + 1, { code: 'ENOSPC' })
  }
  await partition.compact()
  expect(medium.names()).toEqual(['c1.p0.2.log'])
  medium.onOperation = undefined
  await partition.close()
  expect((await reopened(medium)).count).toBe(COUNT - 2)
})

it('knows where in the new log is what it took along: a snapshot has the places', async () => {
  const medium = new SimulatedMedium()
  const options = () => optionsFor(medium.reopen(), { buildDocumentsMax: 0 })
  const partition = await Partition.create(options())
  upsert(
    partition,
    Array.from({ length: COUNT }, (_, id) => ({ id, text: 'x'.repeat(id) })),
  )
  remove(partition, [0, 1])
  await partition.flush()
  writeLate(medium, partition)
  await partition.compact()
  medium.onOperation = undefined
  const seedOf = ({ store }: Partition) => store.memory.i64[S_SEED_0 / 8]!
  const seed = seedOf(partition)
  await partition.close()
  const [again] = await Partition.openAll([options()])
  // Otherwise it is built anew.
  expect(seedOf(again!)).toBe(seed)
  expect(get(again!, 'late')).toEqual({ id: 'late' })
  expect(get(again!, 5)).toEqual({ id: 5, text: 'xxxxx' })
  await again!.close()
})

// They were sealed with a checksum of their own in the new log: what had been damage that is told of was a document like any other.
it('does not take bytes along that cannot be what was written', async () => {
  const whole = new SimulatedMedium()
  const first = await withGarbage(whole)
  const from = first.logPosition
  upsert(first, [{ id: 'late', text: 'as it was written' }])
  const to = first.logPosition
  let refused = 0
  for (let offset = from; offset < to; offset += 3) {
    const medium = new SimulatedMedium()
    const partition = await withGarbage(medium)
    const began = medium.operationsCount
    medium.onOperation = ({ kind, number }) => {
      // The head, the names, and the first frame of the new log.
      if (kind !== 'write' || number < began + 4) return
      medium.onOperation = undefined
      queueMicrotask(() => {
        upsert(partition, [{ id: 'late', text: 'as it was written' }])
        medium.flipBit('c1.p0.1.log', offset, offset % 8)
      })
    }
    await partition.compact().catch((error: unknown) => {
      expect(error).toBeInstanceOf(QuiverError)
      refused++
    })
    expect(medium.onOperation).toBeUndefined()
    expect(medium.names().filter((name) => name.endsWith('.log'))).toEqual(['c1.p0.1.log'])
    expect(get(partition, 'late')).toEqual({ id: 'late', text: 'as it was written' })
  }
  expect(refused).toBe(Math.ceil((to - from) / 3))
})
