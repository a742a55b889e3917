// Promise: what was found when a database was opened again, after its process died or a call of the medium failed, and what was acknowledged
// from then on, is there after a loss of power. What is seen then may be with the operating system only: nobody else flushes it.

import { expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/engine/index.ts'
import type { Document } from '../../src/index.ts'
import { describeOperation, type Operation, SimulatedMedium } from './simulated-storage.ts'

const documents = (count: number, from = 0): Document[] =>
  Array.from({ length: count }, (_, i) => ({ id: from + i, n: i % 5, text: `text ${i}` }))

const SOFT = { durability: 'soft' } as const

const STEPS: readonly ((db: Database) => Promise<unknown>)[] = [
  (db) => db.createCollection('a', { shards: 2 }),
  (db) => db.collection('a').insert(documents(30)),
  (db) => db.collection('a').insert(documents(20, 100), SOFT),
  (db) => db.collection('a').createIndex('n'),
  (db) => db.collection('a').createPartition('p'),
  (db) => db.collection('a').insert(documents(10, 200), { partition: 'p' }),
  (db) => db.collection('a').upsert(documents(5, 198), { partition: 'p', ...SOFT }),
  (db) => db.createCollection('b'),
  (db) => db.collection('b').insert(documents(10), SOFT),
  (db) => db.collection('a').optimize(),
  (db) => db.collection('a').delete({ n: 2 }, SOFT),
  (db) => db.renameCollection('b', 'c'),
  (db) => db.collection('a').dropPartition('p'),
  (db) => db.collection('a').optimize(),
  (db) => db.dropCollection('c'),
  (db) => db.collection('a').dropIndex('n'),
  (db) => db.collection('a').insert(documents(3, 300)),
]

async function contentsOf(db: Database): Promise<unknown> {
  const all = []
  for (const { name, partitions } of await db.collections()) {
    const indexes = (await db.collection(name).indexes()).map((one) => one.name)
    for (const partition of partitions) {
      const found = await db
        .collection(name)
        .find({ partitions: [partition], sort: { id: 1 } })
        .toArray()
      all.push({ name, partition, indexes, found })
    }
  }
  return all
}

async function runSteps(storage: ReturnType<SimulatedMedium['reopen']>): Promise<void> {
  let db: Database | undefined
  try {
    db = await openDatabase({ storage })
    for (const step of STEPS) await step(db)
  } finally {
    await db?.close()
  }
}

/** Opens what is left, writes to it, cuts the power, and opens that. */
async function goOn(left: SimulatedMedium, seed: number, where: string): Promise<void> {
  const db = await openDatabase({ storage: left.reopen() })
  for (const { name } of await db.collections()) await db.collection(name).insert({ id: 'late' })
  const before = await contentsOf(db)
  for (const mode of ['nothing', 'random'] as const) {
    const after = left.crash({ seed: seed++, mode })
    const again = await openDatabase({ storage: after.reopen() }).catch((error: unknown) => {
      throw new Error(`${where}, ${mode}: ${error}`)
    })
    expect(await contentsOf(again), `${where}, ${mode}`).toEqual(before)
    await again.close()
  }
  await db.close()
}

it('is there after a process died, at any moment', async () => {
  const medium = new SimulatedMedium({ seed: 7 })
  const cuts: { operation: Operation; left: SimulatedMedium }[] = []
  medium.onOperation = (operation) => cuts.push({ operation, left: medium.clone() })
  await runSteps(medium.reopen())
  expect(cuts.length).toBeGreaterThan(100)
  for (const { operation, left } of cuts) await goOn(left, operation.number, `died at ${describeOperation(operation)}`)
})

it('is there after a call of the medium failed, any one', async () => {
  const whole = new SimulatedMedium({ seed: 7 })
  await runSteps(whole.reopen())
  for (let number = 1; number <= whole.operationsCount; number++) {
    const medium = new SimulatedMedium({ seed: number }).failAt(number, { code: 'EIO' })
    await runSteps(medium.reopen()).catch(() => {})
    const operation = medium.operations[number - 1]
    await goOn(medium.heal(), number, `failed at ${operation && describeOperation(operation)}`)
  }
})
