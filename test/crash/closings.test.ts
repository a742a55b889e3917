// Promise: closing lets go of every file and of the lock, whatever the medium has refused in the life of a database, and what was
// acknowledged is there when it is opened next. Storage operations of such a life fail in turn.

import { expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/engine/index.ts'
import { QuiverError } from '../../src/error/index.ts'
import { CrashSignal, SimulatedMedium } from './simulated-storage.ts'

/** Calls whose refusal leaves the others what they were. */
const LIFE: readonly ((db: Database, acknowledged: Set<unknown>) => Promise<unknown>)[] = [
  (db) => db.createCollection('posts', { shards: 2 }),
  async (db, acknowledged) => {
    const ids = Array.from({ length: 20 }, (_, id) => id)
    await db.collection('posts').insert(ids.map((id) => ({ id, n: id })))
    for (const id of ids) acknowledged.add(id)
  },
  async (db) => {
    // The logs that are left by this are still to be read by the export.
    const chunks = (await db.export({ as: 'stream' })).getReader()
    try {
      await chunks.read()
      await db.collection('posts').optimize()
    } finally {
      await chunks.cancel()
    }
  },
  (db) => db.createCollection('gone'),
  (db) => db.dropCollection('gone'),
  async (db, acknowledged) => {
    await db.collection('posts').insert({ id: 'soft' }, { durability: 'soft' })
    await db.collection('posts').optimize()
    acknowledged.add('soft')
  },
]

const expectTold = (error: unknown) => {
  if (!(error instanceof QuiverError) || error instanceof CrashSignal) throw error
}

async function live(medium: SimulatedMedium): Promise<Set<unknown>> {
  const acknowledged = new Set<unknown>()
  const db = await openDatabase({ storage: medium.reopen() })
  for (const act of LIFE) {
    try {
      await act(db, acknowledged)
    } catch (error) {
      expectTold(error)
    }
  }
  await db.close().catch(expectTold)
  return acknowledged
}

it('lets go of everything, and keeps what was acknowledged', async () => {
  const whole = new SimulatedMedium()
  expect((await live(whole)).size).toBe(21)
  expect(whole.openNames).toEqual([])
  for (let number = 1; number <= whole.operationsCount; number += 2) {
    const medium = new SimulatedMedium().failAt(number, { code: number % 4 === 1 ? 'EIO' : 'ENOSPC' })
    const acknowledged = await live(medium).catch((error: unknown) => {
      expectTold(error)
      return new Set()
    })
    const what = `operation ${number}`
    expect(medium.openNames, what).toEqual([])
    medium.heal()
    const db = await openDatabase({ storage: medium.reopen() })
    const posts = acknowledged.size === 0 ? [] : await db.collection('posts').find().toArray()
    expect(posts.filter(({ id }) => acknowledged.has(id)).length, what).toBe(acknowledged.size)
    let logs = 0
    for (const { name } of await db.collections()) {
      logs += (await db.collection(name).partitions()).length * (name === 'posts' ? 2 : 1)
    }
    await db.close()
    // Of nothing that is gone, or was given up, is anything left.
    expect(medium.openNames, what).toEqual([])
    expect(medium.names().filter((name) => name.endsWith('.log')).length, what).toBe(logs)
    expect(
      medium.names().filter((name) => /\.(tmp|new)$/.test(name)),
      what,
    ).toEqual([])
  }
})
