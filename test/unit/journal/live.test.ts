// Promise: a log that is read in as little memory as can be gives the documents that it gives otherwise, whatever their size.

import { expect, it } from 'vitest'
import { all, get, optionsFor, Partition, remove, upsert } from '../../core/partitions.ts'
import { expectSound } from '../../core/store-sound.ts'
import { SimulatedMedium } from '../../crash/simulated-storage.ts'

/** Longer than the window through which such a log is read. */
const LONG = 1_150_000

const documentOf = (id: number, version: number, bytes: number) => ({ id, [`v${version}`]: 'x'.repeat(bytes) })

async function opened(medium: SimulatedMedium, repair: boolean, isTight: boolean): Promise<Partition> {
  const [partition] = await Partition.openAll([{ ...optionsFor(medium.reopen()), repair, isTight }])
  return partition!
}

/** That of the log as it is now, not as a compaction leaves it. */
async function expectDocuments(medium: SimulatedMedium, documents: ReadonlyMap<number, object>): Promise<void> {
  const left = Array.from({ length: 3 }, () => medium.crash({ seed: 1, mode: 'all' }))
  for (const [i, one] of left.entries()) {
    const partition = await opened(one, i === 2, i === 1)
    expect(partition.repairs).toEqual([])
    const { memory, bytes } = partition.stats()
    if (i > 0) expect(memory - bytes).toBeLessThan(2_500_000)
    expect(partition.count).toBe(documents.size)
    for (const [id, document] of documents) expect(JSON.stringify(get(partition, id))).toBe(JSON.stringify(document))
    expect(all(partition).length).toBe(documents.size)
    expectSound(partition)
    upsert(partition, [documentOf(1_000, 9, 10)])
    expect(get(partition, 1_000)).toEqual(documentOf(1_000, 9, 10))
    await partition.close()
  }
}

it('a record that is longer than its window is there if it is the last of its document, and only then', async () => {
  const medium = new SimulatedMedium()
  const partition = await Partition.create(optionsFor(medium.reopen()))
  const documents = new Map<number, object>()
  const put = (...batch: { id: number }[]) => {
    upsert(partition, batch)
    for (const document of batch) documents.set(document.id, document)
  }
  const drop = (...keys: number[]) => {
    remove(partition, keys)
    for (const key of keys) documents.delete(key)
  }
  // Alone, beside short ones in a frame, replaced by a short one and by a long one, gone, and in the slot of another.
  put(documentOf(1, 0, LONG))
  put(...Array.from({ length: 40 }, (_, i) => documentOf(10 + i, i % 3, 12_000)), documentOf(2, 1, LONG + 1_000))
  put(documentOf(3, 0, LONG), documentOf(4, 0, LONG), documentOf(5, 0, 20))
  put(documentOf(3, 2, 30), documentOf(5, 2, LONG + 80))
  put(documentOf(4, 3, LONG + 160))
  drop(1, 12, 13)
  put(documentOf(6, 1, LONG), documentOf(7, 1, 40))
  drop(6)
  put(documentOf(8, 4, 50), documentOf(14, 4, LONG))
  put(...Array.from({ length: 30 }, (_, i) => documentOf(60 + i, i % 4, 100)))
  drop(62, 63, 80)
  put(documentOf(70, 0, 200), documentOf(62, 0, 10))
  await expectDocuments(medium, documents)
  await partition.close()
})

// The log was said to contradict itself where nothing was left but deletions: a repair put the intact log aside.
it('a log is empty when all that it has was deleted, a record that is longer than its window, too', async () => {
  const medium = new SimulatedMedium()
  const partition = await Partition.create(optionsFor(medium.reopen()))
  upsert(partition, [documentOf(1, 0, LONG), documentOf(2, 0, 10)])
  remove(partition, [2, 1])
  await expectDocuments(medium, new Map())
  await partition.close()
})
