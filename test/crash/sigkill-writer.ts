// A process of its own, run as a bundle: opens the partitions in a directory, writes hard batches from a number on, tells which are
// acknowledged, compacts all the while, and is killed in the midst of it.
//   <path> <first number> <compact|>

import { writeSync } from 'node:fs'
import { openFileDirectory } from '../../src/storage/file/index.ts'
import { type Batch, Partition, PutMode } from '../core/partitions.ts'
import { changesOf, documentOf, optionsOf, UNDER_WAY } from './sigkill-plan.ts'

const [path = '', first = '', compacts = ''] = process.argv.slice(2)
const storage = await openFileDirectory(path)
const options = optionsOf(storage)
const isNew = (await storage.list()).length === 0
const partitions: Partition[] = []
if (isNew) for (const one of options) partitions.push(await Partition.create(one))
else partitions.push(...(await Partition.openAll(options)))
writeSync(1, 'open\n')

if (compacts === 'compact') {
  for (const partition of partitions) {
    void (async () => {
      for (;;) await partition.compact()
    })()
  }
}

const acknowledged: Promise<void>[] = []
for (let number = Number(first); ; number++) {
  const changes = changesOf(number)
  const sides = [0, 1].filter((side) => changes[side]!.length > 0)
  const batches = new Map<number, Batch>()
  for (const side of sides) {
    const batch = partitions[side]!.begin()
    for (const { key, version } of changes[side]!) {
      if (version === undefined) batch.remove(key)
      else batch.put(documentOf(key, version), PutMode.Upsert)
    }
    batch.settle()
    batches.set(side, batch)
  }
  const transaction = sides.length < 2 ? undefined : { id: options[0]!.shapes.nextTransaction(), participants: sides }
  for (const batch of batches.values()) batch.commit({ hard: true, transaction })
  const done = Promise.all(sides.map((side) => partitions[side]!.flush())).then(() => {
    writeSync(1, `${number}\n`)
  })
  acknowledged.push(done)
  if (acknowledged.length >= UNDER_WAY) await acknowledged.shift()
  // Compaction needs turns of the event loop, too.
  if (number % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
}
