// Promise: transactions over several partitions are told apart for ever. Their numbers were kept in 32 bits: the 2^32nd of a collection was
// number 0 in the logs, which counts as settled, and half of it would have been taken for a whole one.

import { expect, it } from 'vitest'
import { get, Partition, PutMode } from '../../core/partitions.ts'
import { SimulatedMedium } from '../../crash/simulated-storage.ts'
import { optionsOf, plainOptionsOf } from '../../crash/workload.ts'

const LAST = 2 ** 32 - 1

it('beyond 2^32, in logs, in their heads and after a crash', async () => {
  const medium = new SimulatedMedium()
  const options = optionsOf(medium)
  const { shapes } = options[0]!
  shapes.sawTransaction(LAST - 2)
  const partitions: Partition[] = []
  for (const one of options) partitions.push(await Partition.create(one))
  for (let i = 0; i < 5; i++) writeBoth(partitions, `k${i}`)
  await Promise.all(partitions.map((partition) => partition.flush()))
  // The head of the second log says how far all are settled.
  await partitions[1]!.compact()
  expect(partitions[1]!.header?.sealedTransaction).toBe(LAST + 3)
  writeBoth(partitions, 'half', [0])
  await partitions[0]!.flushOwn()
  const left = medium.crash({ seed: 1, mode: 'all' })
  const again = optionsOf(left)
  const opened = await Partition.openAll(again)
  for (const partition of opened) {
    for (let i = 0; i < 5; i++) expect(get(partition, `k${i}`)).toBeDefined()
    expect(get(partition, 'half')).toBeUndefined()
  }
  expect(again[0]!.shapes.nextTransaction()).toBeGreaterThan(LAST + 3)
})

/** Puts a document under the same id in each partition, as one transaction, of which only these sides are written. */
function writeBoth(partitions: readonly Partition[], id: string, sides: readonly number[] = [0, 1]): void {
  const transaction = { id: partitions[0]!.options.shapes.nextTransaction(), participants: [0, 1] }
  for (const side of sides) {
    const batch = partitions[side]!.begin()
    batch.put({ id, version: 1 }, PutMode.Upsert)
    batch.settle()
    batch.prepare(transaction)
    batch.commit({ hard: true, transaction })
  }
}

/** Closed with three transactions in both logs. */
async function written(): Promise<SimulatedMedium> {
  const medium = new SimulatedMedium()
  const partitions: Partition[] = []
  for (const one of plainOptionsOf(medium)) partitions.push(await Partition.create(one))
  for (const id of ['a', 'b', 'c']) writeBoth(partitions, id)
  for (const partition of partitions) await partition.close()
  return medium
}

it.each(['logs', 'heads'])(
  'are numbered on from those in the %s that are opened: half of one is not taken for an earlier one',
  async (where) => {
    const medium = await written()
    let partitions = await Partition.openAll(plainOptionsOf(medium))
    if (where === 'heads') {
      for (const partition of partitions) await partition.compact()
      for (const partition of partitions) await partition.close()
      partitions = await Partition.openAll(plainOptionsOf(medium))
    }
    writeBoth(partitions, 'half', [0])
    await partitions[0]!.flushOwn()
    for (const partition of await Partition.openAll(plainOptionsOf(medium.crash({ seed: 1, mode: 'all' })))) {
      expect(['a', 'b', 'c', 'half'].map((id) => get(partition, id) !== undefined)).toEqual([true, true, true, false])
    }
  },
)

// The other log would be cut before the first of them, which it still has.
it('stay settled in the head of a log that is rewritten after it was opened, however often', async () => {
  const medium = await written()
  for (let round = 0; round < 3; round++) {
    const partitions = await Partition.openAll(plainOptionsOf(medium))
    expect(partitions.map(({ count }) => count)).toEqual([3, 3])
    await partitions[0]!.compact()
    for (const partition of partitions) await partition.close()
  }
})

it('stay settled in the head of a log that a repair has made anew, when it is rewritten', async () => {
  const medium = new SimulatedMedium()
  const partitions: Partition[] = []
  for (const one of optionsOf(medium)) partitions.push(await Partition.create(one))
  writeBoth(partitions, 'both')
  await Promise.all(partitions.map((partition) => partition.flush()))
  const left = medium.crash({ seed: 1, mode: 'all' })
  await left.reopen().remove('c1.p0.1.log')
  const repaired = await Partition.openAll(optionsOf(left).map((one) => ({ ...one, repair: true })))
  expect(get(repaired[1]!, 'both')).toBeDefined()
  await repaired[0]!.compact()
  const again = await Partition.openAll(optionsOf(left.crash({ seed: 1, mode: 'all' })))
  expect(get(again[1]!, 'both')).toBeDefined()
})
