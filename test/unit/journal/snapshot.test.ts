// Promise: a snapshot brings the index back as it was, at the place in the log that it covers, whatever was written behind it; one that does
// not fit is no use and no harm. The seed of the index tells a restored one from one built anew.

import { describe, expect, it } from 'vitest'
import { S_SEED_0 } from '../../../src/core/abi.ts'
import { writeSnapshot } from '../../../src/journal/snapshot.ts'
import { all, CollectionShapes, get, optionsFor, Partition, remove, upsert } from '../../core/partitions.ts'
import { expectSound } from '../../core/store-sound.ts'
import { SeededRandom, SimulatedMedium } from '../../crash/simulated-storage.ts'

const seedOf = (partition: Partition) => partition.store.memory.i64[S_SEED_0 / 8]!
const documentOf = (id: number, version: number) => ({
  id,
  version,
  [`f${id % 9}`]: { [`g${version % 5}`]: 'x'.repeat((id * version) % 300) },
})

/** Options of a partition whose snapshots hold the index, however few documents there are. */
const optionsOf = (medium: SimulatedMedium) => optionsFor(medium.reopen(), { buildDocumentsMax: 0 })

async function open(medium: SimulatedMedium): Promise<Partition> {
  const [partition] = await Partition.openAll([optionsOf(medium)])
  return partition!
}

class Life {
  readonly model = new Map<number, number>()
  private readonly random: SeededRandom
  private version = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
  }

  /** Batches of puts and deletes, some of them abandoned: slots come and go in many orders. */
  write(partition: Partition, batches: number): void {
    for (let i = 0; i < batches; i++) {
      const documents = Array.from({ length: 1 + this.random.below(20) }, () =>
        documentOf(this.random.below(400), ++this.version),
      )
      if (this.random.chance(0.2)) {
        const batch = partition.begin()
        for (const document of documents) batch.put(document, 1)
        batch.remove(this.random.below(400))
        batch.abandon()
        continue
      }
      upsert(partition, documents)
      for (const { id, version } of documents) this.model.set(id as number, version as number)
      const gone = Array.from({ length: this.random.below(15) }, () => this.random.below(400))
      remove(partition, gone)
      for (const id of gone) this.model.delete(id)
    }
  }

  expect(partition: Partition): void {
    expect(partition.count).toBe(this.model.size)
    for (const [id, version] of this.model) expect(get(partition, id)).toEqual(documentOf(id, version))
    expect(all(partition).length).toBe(this.model.size)
    expectSound(partition)
  }
}

describe('a snapshot', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`restores the index through openings, crashes and compactions (${seed})`, async () => {
      const life = new Life(seed)
      let medium = new SimulatedMedium({ seed })
      let partition = await Partition.create(optionsOf(medium))
      life.write(partition, 30)
      for (let round = 0; round < 6; round++) {
        const index = seedOf(partition)
        // Closed: covered to the end.
        await partition.close()
        partition = await open(medium)
        expect(seedOf(partition)).toBe(index)
        life.expect(partition)
        // Left: covered up to where it was opened, and what follows replayed into the restored index.
        life.write(partition, 12)
        await partition.flush()
        medium = medium.crash({ seed: round, mode: 'all' })
        partition = await open(medium)
        expect(seedOf(partition)).toBe(index)
        life.expect(partition)
        life.write(partition, 3)
        // Written anew: the snapshot that a compaction leaves is of the new log.
        if (round % 2 === 0) {
          const done = partition.compact()
          for (let i = 0; i < 5; i++) {
            life.write(partition, 1)
            await new Promise((resolve) => setImmediate(resolve))
          }
          await done
          life.write(partition, 5)
          await partition.flush()
          medium = medium.crash({ seed: round, mode: 'nothing' })
          partition = await open(medium)
          expect(seedOf(partition)).toBe(index)
          life.expect(partition)
        }
      }
    })
  }

  it('of an empty partition, and of one that was emptied, is as good as any', async () => {
    const medium = new SimulatedMedium()
    let partition = await Partition.create(optionsOf(medium))
    for (let round = 0; round < 3; round++) {
      await partition.close()
      partition = await open(medium)
      expect(partition.count).toBe(0)
      upsert(
        partition,
        Array.from({ length: 500 }, (_, i) => documentOf(i, round)),
      )
      await partition.close()
      partition = await open(medium)
      expect(partition.count).toBe(500)
      remove(
        partition,
        Array.from({ length: 500 }, (_, i) => i),
      )
      if (round === 1) await partition.compact()
    }
    await partition.close()
    expect((await open(medium)).count).toBe(0)
  })

  // What had been written of it stayed, and took the last of a full disk until the next one.
  it('that has no room on the medium leaves nothing of it there', async () => {
    const medium = new SimulatedMedium()
    const partition = await Partition.create(optionsOf(medium))
    const life = new Life(5)
    life.write(partition, 20)
    await partition.flush()
    medium.failAt(medium.operationsCount + 4, { code: 'ENOSPC', kinds: ['write'] })
    await partition.close()
    expect(medium.names()).toEqual(['c1.p0.1.log'])
    life.expect(await open(medium))
  })

  // It said that what a flush beside it had lost was on the disk: the next opening refused the log, which ended before that.
  it('is not left when a flush of the log fails that was under way', async () => {
    const medium = new SimulatedMedium()
    const partition = await Partition.create(optionsOf(medium))
    upsert(partition, [documentOf(1, 1)])
    const { options, store, header, log } = partition
    const covered = { seed: header!.seed, covered: log!.position, sequence: log!.sequence }
    const cover = () => ({ ...covered, flushed: () => Promise.reject(new Error('EIO')) })
    await expect(writeSnapshot(options.storage!, options.stem, store, cover)).rejects.toThrow('EIO')
    expect(medium.names()).toEqual(['c1.p0.1.log'])
    await partition.close()
  })

  // The next opening did again what had been done to a graph or an index while the snapshot was on its way.
  it('is followed by another one on closing if an index changes while it is written', async () => {
    const medium = new SimulatedMedium()
    const partition = await Partition.create(optionsOf(medium))
    upsert(partition, [documentOf(1, 1)])
    const written: string[] = []
    const isWritten = new Promise<void>((resolve) => {
      medium.onOperation = ({ kind, name }) => {
        if (kind === 'flush' && name.endsWith('.tmp') && written.length === 0) partition.onDerivedChanged()
        if (kind !== 'rename') return
        written.push(name)
        resolve()
      }
    })
    partition.saveGraphs()
    await isWritten
    await partition.close()
    expect(written.length).toBe(2)
  })

  it('is not used with the log of another time', async () => {
    const medium = new SimulatedMedium()
    let partition = await Partition.create(optionsOf(medium))
    upsert(partition, [documentOf(1, 1)])
    await partition.close()
    const old = medium.bytes('c1.p0.snapshot')
    partition = await open(medium)
    upsert(partition, [documentOf(1, 2), documentOf(2, 2)])
    await partition.compact()
    await partition.close()
    const after = medium.crash({ seed: 1, mode: 'all' }).put('c1.p0.snapshot', old)
    partition = await open(after)
    expect(all(partition)).toEqual([documentOf(1, 2), documentOf(2, 2)])
  })

  it('that ends where the log does not is refused, when the log ends too early', async () => {
    const medium = new SimulatedMedium()
    const partition = await Partition.create(optionsOf(medium))
    upsert(partition, [documentOf(1, 1)])
    upsert(partition, [documentOf(2, 1)])
    await partition.close()
    const bytes = medium.bytes('c1.p0.1.log')
    const after = medium.crash({ seed: 1, mode: 'all' }).put('c1.p0.1.log', bytes.subarray(0, bytes.length - 8))
    await expect(open(after)).rejects.toMatchObject({
      code: 'QUIVER_CORRUPT',
      details: { file: 'simulated/c1.p0.1.log' },
    })
  })

  // Documents that were written anew behind it keep their slots: by their number, the snapshot would fit.
  it('that covers a part of a log that is read through does not hide what was written behind it', async () => {
    const optionsOf = (medium: SimulatedMedium) =>
      optionsFor(medium.reopen(), { buildDocumentsMax: 0, isPlain: true, passageBytesMin: 1 })
    const documents = (version: number) => Array.from({ length: 200 }, (_, id) => documentOf(id, version))
    const medium = new SimulatedMedium()
    const first = await Partition.create(optionsOf(medium))
    upsert(first, documents(1))
    await first.close()
    const [left] = await Partition.openAll([optionsOf(medium)])
    upsert(left!, documents(2), true)
    await left!.flush()
    const [again] = await Partition.openAll([optionsOf(medium.crash({ seed: 1, mode: 'nothing' }))])
    expect(all(again!)).toEqual(documents(2))
    expect(get(again!, 7)).toEqual(documentOf(7, 2))
  })

  // It is written between a write to two partitions and the flush of the other one. What it has of that write must not stay.
  it.each([
    ['with pages', { buildDocumentsMax: 0 }],
    ['without pages', {}],
  ])('that covers what another log lacks is forgotten with it, %s', async (_, more) => {
    const medium = new SimulatedMedium()
    const pairOf = (on: SimulatedMedium) => {
      const [shapes, storage] = [new CollectionShapes('id'), on.reopen()]
      return [0, 1].map((id) => optionsFor(storage, { id, stem: `c1.p${id}`, shapes, ...more }))
    }
    const options = pairOf(medium)
    const [first, second] = [await Partition.create(options[0]!), await Partition.create(options[1]!)]
    upsert(first, [documentOf(1, 1), documentOf(2, 1)])
    await first.flush()
    medium.onOperation = ({ kind, name }) => {
      if (kind !== 'create' || name !== 'c1.p0.snapshot.tmp') return
      medium.onOperation = undefined
      queueMicrotask(() => {
        const transaction = { id: options[0]!.shapes.nextTransaction(), participants: [0, 1] }
        const batches = [first.begin(), second.begin()]
        batches[0]!.remove(documentOf(1, 1).id)
        batches[1]!.put(documentOf(1, 2), 1)
        for (const batch of batches) batch.commit({ hard: false, transaction })
      })
    }
    await first.compact()
    expect([first.count, second.count]).toEqual([1, 1])
    const after = medium.crash({ seed: 1, mode: 'nothing' })
    for (let opening = 0; opening < 3; opening++) {
      const [one, other] = await Partition.openAll(pairOf(after))
      expect(all(one!)).toEqual([documentOf(1, 1), documentOf(2, 1)])
      expect(get(one!, documentOf(1, 1).id)).toEqual(documentOf(1, 1))
      expect(other!.count).toBe(0)
      if (opening === 1) for (const partition of [one!, other!]) await partition.close()
    }
  })
})
