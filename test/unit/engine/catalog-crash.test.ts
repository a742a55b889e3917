// Promise: a crash at any point of making, renaming or dropping a collection or partition leaves the state before or the state after,
// and no file that nothing lists. The workload runs once for every operation of the medium, which is crashed there in several ways.

import { describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../../src/engine/index.ts'
import { type CrashMode, SimulatedMedium } from '../../crash/simulated-storage.ts'

const STEPS: readonly ((db: Database) => Promise<unknown>)[] = [
  (db) => db.createCollection('a'),
  (db) => db.collection('a').insert([{ id: 1 }, { id: 2 }]),
  (db) => db.createCollection('b', { shards: 2 }),
  (db) => db.collection('a').createPartition('p'),
  (db) => db.collection('a').upsert([{ id: 1, moved: true }, { id: 3 }], { partition: 'p' }),
  (db) => db.collection('b').createPartition('q'),
  (db) => db.collection('b').insert([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }]),
  (db) => db.renameCollection('b', 'c'),
  (db) => db.collection('c').upsert([{ id: 1 }, { id: 2 }], { partition: 'q' }),
  (db) => db.collection('a').dropPartition('p'),
  (db) => db.dropCollection('c'),
  (db) => db.createCollection('b'),
  (db) => db.dropCollection('a'),
]

type Picture = Record<string, { partitions: string[]; documents: string[] }>

async function picture(db: Database): Promise<Picture> {
  const all: Picture = {}
  for (const { name, partitions } of await db.collections()) {
    const documents = (await db.collection(name).find().toArray()).map((document) => JSON.stringify(document)).sort()
    all[name] = { partitions: [...partitions], documents }
  }
  return all
}

/** What the database holds after each number of steps. */
async function pictures(): Promise<Picture[]> {
  const db = await openDatabase({ storage: null })
  const list = [await picture(db)]
  for (const step of STEPS) {
    await step(db)
    list.push(await picture(db))
  }
  await db.close()
  return list
}

const DATA_FILE = /^c(\d+)\.p(\d+)\./

/** Data files that belong to nothing. */
async function strays(medium: SimulatedMedium, db: Database): Promise<string[]> {
  const collections = await db.collections()
  const expected = collections.reduce((sum, { shards = 1, partitions }) => sum + shards * partitions.length, 0)
  const stems = new Set(medium.names().flatMap((name) => DATA_FILE.exec(name)?.[0] ?? []))
  return stems.size > expected ? [...stems] : []
}

interface Crash {
  readonly at: number
  readonly mode: CrashMode
  /** Steps that had been acknowledged; -1 before the database was open. */
  readonly done: number
  readonly after: SimulatedMedium
}

/** Runs all steps once; before each operation of the medium it notes what a crash would leave. */
async function crashes(modes: readonly CrashMode[]): Promise<Crash[]> {
  const medium = new SimulatedMedium()
  const list: Crash[] = []
  let done = -1
  medium.onOperation = ({ number: at }) => {
    for (const mode of modes) list.push({ at, mode, done, after: medium.crash({ seed: at, mode }) })
  }
  const db = await openDatabase({ storage: medium.reopen() })
  done = 0
  for (const step of STEPS) {
    await step(db)
    done++
  }
  await db.close()
  return list
}

describe('the catalog', () => {
  it('survives a crash at every operation, whatever part of what was not flushed is there', async () => {
    const expected = await pictures()
    const all = await crashes(['nothing', 'all', 'random'])
    expect(all.length).toBeGreaterThan(300)
    // Many crashes leave what another has left, to the byte: that is opened once.
    const known = new Map<string, Picture>()
    for (const { at, mode, done, after } of all) {
      const goesOn = at % 5 === 0
      const state = `${after.state()} ${goesOn}`
      const allowed = done < 0 ? [expected[0]] : expected.slice(done, done + 2)
      const where = `crash at ${at} (${mode}), after step ${done}`
      const before = known.get(state)
      if (before !== undefined) {
        expect(allowed, where).toContainEqual(before)
        continue
      }
      const db = await openDatabase({ storage: after.reopen() })
      const found = await picture(db)
      known.set(state, found)
      expect(allowed, where).toContainEqual(found)
      expect(await strays(after, db)).toEqual([])
      if (!goesOn) {
        await db.close()
        continue
      }
      // It goes on from there as if nothing had been.
      await (await db.createCollection('fresh', { shards: 2 })).insert([{ id: 1 }, { id: 2 }])
      await db.close()
      const again = await openDatabase({ storage: after.reopen() })
      expect(await again.collection('fresh').count()).toBe(2)
      await again.close()
    }
  })

  it('finds after a failed operation, at every one, what was acknowledged', async () => {
    const expected = await pictures()
    for (let at = 1; ; at++) {
      const medium = new SimulatedMedium({ seed: at })
      medium.failAt(at)
      let done = -1
      try {
        const db = await openDatabase({ storage: medium.reopen() })
        done = 0
        try {
          for (const step of STEPS) {
            await step(db)
            done++
          }
        } finally {
          await db.close().catch(() => {})
        }
      } catch (error) {
        expect(error).toHaveProperty('details')
      }
      const isOver = medium.operationsCount < at
      const after = medium.heal().crash({ seed: at, mode: 'random' })
      const db = await openDatabase({ storage: after.reopen() })
      const allowed = done < 0 ? [expected[0]] : expected.slice(done, done + 2)
      expect(allowed, `failure at ${at}, after step ${done}`).toContainEqual(await picture(db))
      expect(await strays(after, db)).toEqual([])
      await db.close()
      if (isOver) break
    }
  })
})
