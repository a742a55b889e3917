// Promise: what is read of a large log turn by turn is read once, also when several read, and what is no record is given to the arena once.
// Given twice, documents that were written later lay in one another.

import { expect, it } from 'vitest'
import { Partition } from '../../../src/engine/partition.ts'
import { MemoryDirectory } from '../../../src/storage/index.ts'
import { get, optionsFor, upsert } from '../../core/partitions.ts'
import { expectSound } from '../../core/store-sound.ts'

const COUNT = 4_000
const BATCH = 100
const PLAIN = { isPlain: true, passageBytesMin: 1 }

/** Writes all documents, a batch at a time. */
function write(partition: Partition, textOf: (id: number) => string): void {
  for (let from = 0; from < COUNT; from += BATCH) {
    const documents = Array.from({ length: BATCH }, (_, i) => ({ id: from + i, text: textOf(from + i) }))
    upsert(partition, documents)
  }
}

/** Longer than what reads while nobody waits rests. */
const rest = () => new Promise((resolve) => setTimeout(resolve, 20))

it.each<[string, (partition: Partition) => Promise<unknown>]>([
  ['one', ({ residency }) => residency!.readInTurns()],
  ['two', ({ residency }) => Promise.all([residency!.readInTurns(), residency!.readInTurns()])],
  [
    'a scan and one',
    async ({ residency }) => {
      while (residency!.readPiece()) await null
      await residency!.readInTurns()
    },
  ],
])('read by %s beside the timer', async (_, read) => {
  const storage = new MemoryDirectory()
  const written = await Partition.create(optionsFor(storage, PLAIN))
  write(written, (id) => `${id}`.repeat(1_200))
  await written.close()
  const [partition] = await Partition.openAll([optionsFor(storage.reopen(), PLAIN)])
  await read(partition!)
  await rest()
  write(partition!, (id) => `${id}`.repeat(id % 1_000))
  expectSound(partition!)
  expect(get(partition!, 3_999)?.['text']).toBe('3999'.repeat(999))
  await partition!.close()
})
