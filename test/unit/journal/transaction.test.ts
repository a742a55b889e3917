// Promise: transactions over several partitions are told apart for ever. Their numbers were kept in 32 bits: the 2^32nd of a collection was
// number 0 in the logs, which counts as settled, and half of it would have been taken for a whole one.

import { expect, it } from 'vitest'
import { get, Partition, PutMode } from '../../core/partitions.ts'
import { SimulatedMedium } from '../../crash/simulated-storage.ts'
import { optionsOf } from '../../crash/workload.ts'

const LAST = 2 ** 32 - 1

it('beyond 2^32, in logs, in their heads and after a crash', async () => {
  const medium = new SimulatedMedium()
  const options = optionsOf(medium)
  const { shapes } = options[0]!
  shapes.sawTransaction(LAST - 2)
  const partitions: Partition[] = []
  for (const one of options) partitions.push(await Partition.create(one))
  const write = (id: string, sides: readonly number[]) => {
    const transaction = { id: shapes.nextTransaction(), participants: [0, 1] }
    for (const side of sides) {
      const batch = partitions[side]!.begin()
      batch.put({ id, version: 1 }, PutMode.Upsert)
      batch.settle()
      batch.prepare(transaction)
      batch.commit({ hard: true, transaction })
    }
  }
  for (let i = 0; i < 5; i++) write(`k${i}`, [0, 1])
  await Promise.all(partitions.map((partition) => partition.flush()))
  // The head of the second log says how far all are settled.
  await partitions[1]!.compact()
  expect(partitions[1]!.header?.sealedTransaction).toBe(LAST + 3)
  write('half', [0])
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
