// Promise: of many callers at once, some of whom wait for a flush, on shards and two partitions, nobody's acknowledged write is lost: hard ones
// outlive a loss of power, soft ones the process. Held at moments of the whole engine, with flushes that are quick and that are slow; and the
// same of single documents in one partition, whose frames wait in its memory, while that grows and the log is written anew.

import { afterEach, expect, it, vi } from 'vitest'
import { type Collection, openDatabase } from '../../src/engine/index.ts'
import { SeededRandom, SimulatedMedium } from './simulated-storage.ts'

const CALLERS = 12
const CALLS = 30
const MODES = ['all', 'nothing', 'random'] as const

type Versions = Map<string, number>

interface Cut {
  readonly at: string
  readonly medium: SimulatedMedium
  readonly hard: Versions
  readonly any: Versions
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** Lets them write; answers the medium at some of its operations, with what was acknowledged by then: versions only rise. */
async function cutsOf(seed: number, isSpread: boolean): Promise<Cut[]> {
  const medium = new SimulatedMedium({ seed })
  const random = new SeededRandom(seed)
  const db = await openDatabase({ storage: medium.reopen(), durability: 'hard' })
  const things = await db.createCollection('things', { shards: isSpread ? 2 : 1 })
  if (isSpread) await things.createPartition('other')
  const [hard, any]: [Versions, Versions] = [new Map(), new Map()]
  const cuts: Cut[] = []
  medium.onOperation = ({ number, kind, name }) => {
    if (number % 7 !== 0) return
    cuts.push({ at: `${number}, ${kind} of ${name}`, medium: medium.clone(), hard: new Map(hard), any: new Map(any) })
  }
  let version = 0
  const call = async (caller: number) => {
    for (let i = 0; i < CALLS; i++) {
      const v = ++version
      const durability = random.chance(0.35) ? 'soft' : 'hard'
      const ids = Array.from({ length: random.chance(0.4) ? 3 : 1 }, (_, j) => `${caller}.${(i + j) % 5}`)
      const isLarge = !isSpread && random.chance(0.03)
      const documents = ids.map((id) => ({ id, v, text: 'x'.repeat(random.below(isLarge ? 300_000 : 600)) }))
      if (isSpread) {
        const moved = random.chance(0.2) ? { partition: random.chance(0.5) ? 'other' : '_default' } : {}
        await things.upsert(documents, { durability, ...moved })
      } else if (durability === 'hard') {
        await Promise.all(documents.map((document) => things.upsert(document)))
      } else {
        await things.upsert(documents, { durability })
        if (random.chance(0.05)) await things.optimize()
      }
      for (const id of ids) for (const map of durability === 'hard' ? [hard, any] : [any]) map.set(id, v)
      for (let turn = random.below(5); turn > 0; turn--) await null
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
  medium.onOperation = undefined
  return cuts
}

const CASES = [
  [false, true],
  [true, true],
  [false, false],
  [true, false],
] as const

for (const [isSlow, isSpread] of CASES) {
  const what = `${isSpread ? 'of shards' : 'of one partition'} with ${isSlow ? 'slow' : 'quick'} flushes`
  it(`loses nothing ${what}`, async () => {
    let now = 0
    // Flushes of 3 ms and more are off the main thread.
    if (isSlow) vi.spyOn(performance, 'now').mockImplementation(() => (now += 4))
    const cuts = await cutsOf(isSlow ? 1 : 2, isSpread)
    expect(cuts.length).toBeGreaterThan(50)
    for (const [i, { at, medium, hard, any }] of cuts.entries()) {
      const mode = MODES[i % 3]!
      const db = await openDatabase({ storage: medium.crash({ seed: i, mode }).reopen() })
      const found: Versions = new Map()
      for await (const { id, v } of db.collection('things').find()) {
        expect(found.has(id as string), `${id} twice, ${at}`).toBe(false)
        found.set(id as string, v as number)
      }
      for (const [id, v] of mode === 'all' ? any : hard) {
        expect(found.get(id) ?? 0, `${id}, ${at}, ${mode}`).toBeGreaterThanOrEqual(v)
      }
      await db.close()
    }
  })
}

// Nothing is written then: but what is there already may still be on its way.
it.each([1, 2])(
  'loses nothing that a caller who waits for a flush has found to be so already, on %i shards',
  async (shards) => {
    const ids = [1, 2, 3, 4]
    const documents = ids.map((id) => ({ id, n: 1 }))
    const waiting = { durability: 'hard' } as const
    const calls: readonly ((things: Collection) => Promise<{ readonly unchanged: number }[]>)[] = [
      (things) => Promise.all(documents.map((document) => things.upsert(document, waiting))),
      async (things) => [await things.upsert(documents, waiting)],
      async (things) => [await things.upsert(documents, { ...waiting, atomic: true })],
      async (things) => [await things.upsert(documents, { ...waiting, returnChanges: true })],
      async (things) => [await things.insert(documents, { ...waiting, conflict: 'update' })],
      async (things) => [await things.update(ids, { n: 1 }, waiting)],
      async (things) => [await things.update({ n: 1 }, { n: 1 }, waiting)],
      (things) => Promise.all(documents.map((document) => things.replace(document.id, document, waiting))),
    ]
    for (const [i, call] of calls.entries()) {
      const medium = new SimulatedMedium()
      const db = await openDatabase({ storage: medium.reopen(), durability: 'soft' })
      const things = await db.createCollection('things', { shards })
      await things.insert(documents)
      const results = await call(things)
      expect(results.reduce((sum, { unchanged }) => sum + unchanged, 0)).toBe(ids.length)
      const again = await openDatabase({ storage: medium.crash({ seed: i, mode: 'nothing' }).reopen() })
      expect(await again.collection('things').getMany(ids), `call ${i}`).toEqual(documents)
      await again.close()
    }
  },
)
