// Promise: what a repair keeps of writes that reached several logs stays, whatever follows: another repair, where that one was cut short,
// or an opening as ever.

import { expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/engine/index.ts'
import { SimulatedMedium } from './simulated-storage.ts'

// The repair made room behind what was left: then the log did not seem to lack anything, and what the other one had of the write was dropped.
it('a write that reached two partitions, one of which lacks its end, is there after a repair that was cut short, too', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts')
  await posts.createPartition('old')
  await posts.insert({ id: 1 }, { partition: 'old' })
  const end = medium.bytes('c1.p1.1.log').findLastIndex((byte) => byte !== 0)
  await posts.upsert([{ id: 1, isMoved: true }, { id: 2 }], { partition: '_default' })
  await db.close()
  medium.put('c1.p1.1.log', medium.bytes('c1.p1.1.log').subarray(0, Math.ceil((end + 1) / 8) * 8))
  const cuts = await medium.cutsOf(
    async () => (await openDatabase({ storage: medium.reopen(), repair: true })).close(),
    ['all', 'nothing', 'random'],
  )
  expect(cuts.length).toBeGreaterThan(20)
  for (const cut of cuts) {
    const repaired = await openDatabase({ storage: cut.reopen(), repair: true })
    const found = await repaired.collection('posts').find().toArray()
    expect(found).toEqual([{ id: 1, isMoved: true }, { id: 2 }])
    await repaired.close()
  }
})

/** A log before a compaction, as if an export had held it, and the one after it, closed, without a mark of a later flush, or with. */
async function newerWithoutHead(isWritten: boolean): Promise<SimulatedMedium> {
  const medium = new SimulatedMedium()
  const first = await openDatabase({ storage: medium.reopen() })
  const posts = await first.createCollection('posts')
  await posts.insert([{ id: 1 }, { id: 2, text: 'x'.repeat(600) }])
  await first.close()
  const older = medium.bytes('c1.p0.1.log')
  const db = await openDatabase({ storage: medium.reopen() })
  await db.collection('posts').insert({ id: 3 })
  await db.collection('posts').optimize()
  if (isWritten) await db.collection('posts').insert({ id: 4 })
  await db.close()
  return medium.put('c1.p0.1.log', older).put('c1.p0.2.log', medium.bytes('c1.p0.2.log').fill(165, 0, 128))
}

// It passed for a compaction's draft.
it('a newer log without a head that a snapshot is of is not taken for a draft: the log before it was used without a word', async () => {
  const medium = await newerWithoutHead(false)
  const before = medium.names()
  await expect(openDatabase({ storage: medium.reopen() })).rejects.toThrow('c1.p0.2.log is damaged')
  await expect(openDatabase({ storage: medium.reopen(), readOnly: true })).rejects.toThrow('c1.p0.2.log is damaged')
  expect(medium.names()).toEqual(before)
  const repaired = await openDatabase({ storage: medium.reopen(), repair: true })
  expect(repaired.repairs.map(({ file }) => file)).toEqual(['c1.p0.2.log'])
  expect(await repaired.collection('posts').count()).toBe(2)
  await repaired.close()
  expect(medium.names()).toContain('lost.c1.p0.2.log')
})

// Without a frame and a snapshot, too: a log of a few hundred bytes passed for a draft, and was removed.
it('a newer log of which nothing can be read, nor its snapshot, is not taken for a draft', async () => {
  const ways: readonly ((bytes: Uint8Array) => Uint8Array)[] = [
    (bytes) => bytes.fill(0),
    (bytes) => bytes.fill(0, 0, 512),
    (bytes) => bytes.fill(165, 0, 128),
    (bytes) => bytes.fill(165, 0, 140),
    (bytes) => bytes.map((byte, i) => (i % 64 === 9 ? byte ^ 1 : byte)),
  ]
  for (const isWritten of [false, true]) {
    for (const damage of ways) {
      const whole = await newerWithoutHead(isWritten)
      const medium = new SimulatedMedium()
      for (const name of whole.names()) if (!name.endsWith('.snapshot')) medium.put(name, whole.bytes(name))
      medium.put('c1.p0.2.log', damage(whole.bytes('c1.p0.2.log')))
      const [before, state] = [medium.names(), medium.state()]
      for (const readOnly of [false, true]) {
        const opening = openDatabase({ storage: medium.reopen(), readOnly })
        await expect(opening).rejects.toMatchObject({ details: { file: expect.stringContaining('c1.p0.2.log') } })
        await expect(opening).rejects.toThrow(/c1\.p0\.2\.log is damaged at byte \d/)
      }
      expect(medium.names()).toEqual(before)
      expect(medium.state()).toBe(state)
      const repaired = await openDatabase({ storage: medium.reopen(), repair: true })
      expect(repaired.repairs.map(({ file }) => file)).toEqual(['c1.p0.2.log'])
      expect(await repaired.collection('posts').count()).toBe(2)
      await repaired.close()
      expect(medium.names()).toContain('lost.c1.p0.2.log')
      const again = await openDatabase({ storage: medium.reopen() })
      expect(await again.collection('posts').count()).toBe(2)
      await again.close()
    }
  }
})

it('what a crash leaves of a draft is never taken for a damaged log', async () => {
  for (const count of [0, 1, 40]) {
    const medium = new SimulatedMedium()
    const db = await openDatabase({ storage: medium.reopen() })
    const posts = await db.createCollection('posts')
    await posts.insert(Array.from({ length: 60 }, (_, id) => ({ id, text: 'x'.repeat(200 + id) })))
    await posts.delete(Array.from({ length: 60 - count }, (_, i) => count + i))
    const cuts: SimulatedMedium[] = []
    let isFirst = true
    medium.onOperation = ({ number, kind }) => {
      // Its head is being written.
      const isHead = isFirst && kind === 'flush'
      if (isHead) isFirst = false
      for (let seed = 0; seed < (isHead ? 60 : 4); seed++) {
        cuts.push(medium.crash({ seed: number * 64 + seed, mode: 'random' }))
      }
    }
    await posts.optimize()
    medium.onOperation = undefined
    await db.close()
    const drafts = cuts.filter((cut) => cut.names().includes('c1.p0.2.log')).map((cut) => cut.bytes('c1.p0.2.log'))
    expect(drafts.some(({ length }) => length === 0)).toBe(true)
    expect(drafts.some((bytes) => bytes.length > 0 && bytes.every((byte) => byte === 0))).toBe(true)
    for (const cut of cuts) {
      const opened = await openDatabase({ storage: cut.reopen() })
      expect(await opened.collection('posts').count()).toBe(count)
      await opened.close()
      expect(cut.names().filter((name) => name.endsWith('.log'))).toHaveLength(1)
    }
  }
})

it('of two logs that cannot be read, a repair reads the one that the snapshot is of, and keeps the other', async () => {
  const medium = await newerWithoutHead(true)
  const [older, newer] = ['c1.p0.1.log', 'c1.p0.2.log']
  medium.put(older, medium.bytes(older).fill(165, 0, 128))
  const repaired = await openDatabase({ storage: medium.reopen(), repair: true })
  expect(repaired.repairs.map(({ file }) => file)).toEqual([newer])
  expect((await repaired.collection('posts').find().toArray()).map(({ id }) => id)).toEqual([1, 2, 3, 4])
  await repaired.close()
  expect(medium.names()).toContain(`lost.${older}`)
  const again = await openDatabase({ storage: medium.reopen() })
  expect(await again.collection('posts').count()).toBe(4)
  await again.close()
})

// Of two that cannot be read, only the newest was kept; the other was removed.
it('a repair that goes back behind two logs keeps both', async () => {
  const medium = await newerWithoutHead(true)
  medium.put('c1.p0.3.log', medium.bytes('c1.p0.2.log'))
  const repaired = await openDatabase({ storage: medium.reopen(), repair: true })
  expect(await repaired.collection('posts').count()).toBe(2)
  await repaired.close()
  expect(medium.names()).toEqual(expect.arrayContaining(['lost.c1.p0.2.log', 'lost.c1.p0.3.log', 'c1.p0.4.log']))
})

// The newer log was kept aside first: the next opening found nothing wrong with the one before it.
it('a repair that goes back to the log before a compaction, and is cut short, leaves a database that is damaged, or repaired', async () => {
  const medium = await newerWithoutHead(true)
  const cuts = await medium.cutsOf(
    async () => (await openDatabase({ storage: medium.reopen(), repair: true })).close(),
    ['all', 'nothing', 'random'],
  )
  expect(cuts.length).toBeGreaterThan(10)
  let damaged = 0
  for (const cut of cuts) {
    let db = await openDatabase({ storage: cut.reopen() }).catch(() => undefined)
    if (db === undefined) {
      damaged++
      db = await openDatabase({ storage: cut.reopen(), repair: true })
      expect(db.repairs.map(({ file }) => file)).toEqual(['c1.p0.2.log'])
    }
    expect(await db.collection('posts').count()).toBe(2)
    await db.close()
    expect(cut.names()).toContain('lost.c1.p0.2.log')
    expect(cut.names().filter((name) => name.startsWith('c1.p0.') && name.endsWith('.log'))).toEqual(['c1.p0.3.log'])
  }
  expect(damaged).toBeGreaterThan(5)
})

// The log before it lacks those writes, and was not rewritten to say that they are settled: the opening after the repair dropped them.
it('what another shard has is there after a repair that went back to the log before a compaction', async () => {
  const documents = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ id: from + i }))
  const medium = new SimulatedMedium()
  const first = await openDatabase({ storage: medium.reopen() })
  await (await first.createCollection('posts', { shards: 2 })).insert(documents(20))
  await first.close()
  // As if an export had held it.
  const older = medium.bytes('c1.p0.1.log')
  const db = await openDatabase({ storage: medium.reopen() })
  await db.collection('posts').optimize()
  for (const from of [20, 40, 60]) await db.collection('posts').insert(documents(20, from))
  const left = medium.crash({ seed: 1, mode: 'all' })
  left.put('c1.p0.1.log', older).put('c1.p0.2.log', left.bytes('c1.p0.2.log').fill(165, 0, 128))
  const repaired = await openDatabase({ storage: left.reopen(), repair: true })
  const count = await repaired.collection('posts').count()
  expect(count).toBeGreaterThan(40)
  await repaired.close()
  const again = await openDatabase({ storage: left.reopen() })
  expect(await again.collection('posts').count()).toBe(count)
  await again.close()
})

// With one copy of its head it did not count as intact, and was not rewritten to say that those writes are settled, either.
it('what other shards have is there after a repair of a log that was cut off within its head', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts', { shards: 2 })
  for (const from of [0, 20]) await posts.insert(Array.from({ length: 20 }, (_, i) => ({ id: from + i })))
  const left = medium.crash({ seed: 1, mode: 'all' })
  left.put('c1.p0.1.log', left.bytes('c1.p0.1.log').subarray(0, 104))
  const repaired = await openDatabase({ storage: left.reopen(), repair: true })
  expect(repaired.repairs.map(({ file }) => file)).toEqual(['c1.p0.1.log'])
  const count = await repaired.collection('posts').count()
  expect(count).toBeGreaterThan(10)
  await repaired.close()
  const again = await openDatabase({ storage: left.reopen() })
  expect(await again.collection('posts').count()).toBe(count)
  await again.close()
})

/** Two partitions that moved a document to each other, and have both lost what came; others may have taken the slots since. */
async function swapped(isTaken: boolean): Promise<SimulatedMedium> {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts')
  await posts.createPartition('other')
  const write = async (round: number) => {
    await posts.upsert({ id: 3, round })
    await posts.upsert({ id: 4, round }, { partition: 'other' })
  }
  if (!isTaken) await write(1)
  const hurt = new Map<string, number>()
  for (const [id, from, to, log] of [
    [1, '_default', 'other', 'c1.p1.1.log'],
    [2, 'other', '_default', 'c1.p0.1.log'],
  ] as const) {
    await posts.insert({ id }, { partition: from })
    hurt.set(log, medium.bytes(log).findLastIndex((byte) => byte !== 0) + 40)
    await posts.upsert({ id, isMoved: true }, { partition: to })
  }
  await write(2)
  await db.close()
  for (const [log, at] of hurt) medium.put(log, medium.bytes(log).fill(255, at, at + 1))
  return medium
}

async function expectBoth(medium: SimulatedMedium): Promise<void> {
  const repaired = await openDatabase({ storage: medium.reopen(), repair: true })
  const found = await repaired
    .collection('posts')
    .find({ sort: { id: 1 } })
    .toArray()
  expect(found).toEqual([{ id: 1 }, { id: 2 }, { id: 3, round: 2 }, { id: 4, round: 2 }])
  await repaired.close()
}

// One was rewritten first, and said that all is settled: what the other had of its lost write counted, and deleted the document.
it.each([false, true])(
  'documents that two partitions moved to each other, and both lost, are there after a repair that was cut short (slots taken: %s)',
  async (isTaken) => {
    const medium = await swapped(isTaken)
    const cuts = await medium.cutsOf(
      async () => (await openDatabase({ storage: medium.reopen(), repair: true })).close(),
      ['all', 'nothing', 'random'],
    )
    expect(cuts.length).toBeGreaterThan(20)
    for (const cut of cuts) await expectBoth(cut)
  },
)

it('they are there after a repair that the medium refused, too, and that says so', async () => {
  for (const isTaken of [false, true]) {
    const whole = await swapped(isTaken)
    let refusals = 0
    for (let number = 1; number < 60; number += 2) {
      const medium = whole.clone()
      medium.failAt(number, {
        code: number % 4 === 1 ? 'ENOSPC' : 'EIO',
        lasts: 'forever',
        kinds: ['write', 'flush', 'flushSync', 'create'],
      })
      const db = await openDatabase({ storage: medium.reopen(), repair: true }).catch((error: unknown) => error)
      if (db instanceof Error) {
        refusals++
        expect(['HostError', 'PoisonedError'], String(db.stack)).toContain(db.name)
      } else await (db as Database).close().catch(() => {})
      await expectBoth(medium.crash({ seed: number, mode: 'random' }))
    }
    expect(refusals).toBeGreaterThan(5)
  }
})
