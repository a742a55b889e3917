// Promise: `repair` drops what is damaged and nothing else, says all that it dropped, removes no bytes of which it could make nothing, and
// leaves a database that opens as ever and of which the next repair has nothing to say. What was put back from an older copy, or is
// damaged in its head only, is not silently taken for the database.

import { describe, expect, it } from 'vitest'
import { type Collection, type Database, openDatabase } from '../../src/engine/index.ts'
import { CorruptError, HostError } from '../../src/error/index.ts'
import { SimulatedMedium } from './simulated-storage.ts'

const HEAD_BYTES = 128
const SHARDS = 4
const BATCHES = 12
const BATCH = 50

const all = { seed: 1, mode: 'all' } as const

async function idsOf(db: Database, name: string): Promise<number[]> {
  const ids = (await db.collection(name).find().toArray()).map((document) => document['id'] as number)
  return ids.sort((a, b) => a - b)
}

/** Opens twice more: as ever, with a write, and for a repair. */
async function settle(medium: SimulatedMedium, name: string, ids: readonly number[]): Promise<void> {
  const db = await openDatabase({ storage: medium.reopen() })
  expect(await idsOf(db, name)).toEqual(ids)
  const batch = Array.from({ length: BATCH }, (_, i) => ({ id: 1e6 + i }))
  await db.collection(name).insert(batch)
  await db.close()
  const again = await openDatabase({ storage: medium.reopen(), repair: true })
  expect(again.repairs).toEqual([])
  expect(await idsOf(again, name)).toEqual([...ids, ...batch.map(({ id }) => id)])
  await again.close()
}

/** Other files under the same names. */
function changed(medium: SimulatedMedium, change: (name: string, bytes: Uint8Array) => Uint8Array | undefined) {
  const other = new SimulatedMedium()
  for (const name of medium.names()) {
    const bytes = change(name, medium.bytes(name).slice())
    if (bytes !== undefined) other.put(name, bytes)
  }
  return other
}

describe('one of four shards', () => {
  const hurtLog = 'c1.p1.1.log'

  async function written(isClosed: boolean): Promise<{ medium: SimulatedMedium; others: number[]; theirs: number[] }> {
    const medium = new SimulatedMedium()
    const db = await openDatabase({ storage: medium.reopen() })
    const things = await db.createCollection('things', { shards: SHARDS })
    for (let i = 0; i < BATCHES; i++)
      await things.insert(Array.from({ length: BATCH }, (_, j) => ({ id: i * BATCH + j, text: `t${i}` })))
    if (isClosed) await db.close()
    const left = medium.crash(all)
    // Which documents lie in the shard that will be hurt: those that are gone without its log.
    const bare = changed(left, (name, bytes) => (name === hurtLog ? undefined : bytes))
    const without = await openDatabase({ storage: bare.reopen(), repair: true })
    const others = await idsOf(without, 'things')
    await without.close()
    const theirs = Array.from({ length: BATCHES * BATCH }, (_, id) => id).filter((id) => !others.includes(id))
    return { medium: left, others, theirs }
  }

  const damages: Record<string, (bytes: Uint8Array) => Uint8Array | undefined> = {
    'is missing': () => undefined,
    'is empty': () => new Uint8Array(0),
    'has no head': (bytes) => bytes.fill(1, 0, HEAD_BYTES),
    'is cut in half': (bytes) => bytes.subarray(0, bytes.length >>> 1),
    'has a wrong byte': (bytes) => bytes.fill(bytes[900]! ^ 4, 900, 901),
    'is all zeros': (bytes) => bytes.fill(0),
  }
  for (const isClosed of [true, false]) {
    for (const [how, damage] of Object.entries(damages)) {
      it(`that ${how} takes nothing of the others along (${isClosed ? 'closed' : 'left'})`, async () => {
        const { medium, others, theirs } = await written(isClosed)
        // What is in the others was dropped to the last document, for every batch had a part in the shard that was gone.
        expect([others.length > 300, theirs.length > 80]).toEqual([true, true])
        const damaged = changed(medium, (name, bytes) => (name === hurtLog ? damage(bytes) : bytes))
        // Without a snapshot a cut tail is that of an interrupted write.
        if (!isClosed && how === 'is cut in half') return
        await expect(openDatabase({ storage: damaged.reopen() })).rejects.toThrow(CorruptError)
        const db = await openDatabase({ storage: damaged.reopen(), repair: true })
        const ids = await idsOf(db, 'things')
        expect(others.filter((id) => !ids.includes(id))).toEqual([])
        expect(db.repairs.map(({ file }) => file)).toEqual([how === 'is missing' ? 'c1.p1' : hurtLog])
        await db.close()
        const isHeadKnown = how === 'has no head' && isClosed
        if (isHeadKnown) expect(ids).toHaveLength(BATCHES * BATCH)
        const kept = damaged.names().filter((name) => name.startsWith('lost.') && name.endsWith('.log'))
        const isKept = how === 'is all zeros' || (how === 'has no head' && !isClosed)
        expect(kept).toEqual(isKept ? [`lost.${hurtLog}`] : [])
        await settle(damaged, 'things', ids)
      })
    }
  }

  it.each(['is missing', 'is empty', 'has no head', 'has a wrong byte', 'is all zeros'])(
    'that %s is repaired whenever the repair before was cut short',
    async (how) => {
      const { medium, others } = await written(true)
      const damaged = changed(medium, (name, bytes) => (name === hurtLog ? damages[how]!(bytes) : bytes))
      const left = new Map<string, SimulatedMedium>()
      damaged.onOperation = () => {
        for (const mode of ['all', 'nothing'] as const) {
          const died = damaged.crash({ seed: 1, mode })
          left.set(died.state(), died)
        }
      }
      await (await openDatabase({ storage: damaged.reopen(), repair: true })).close()
      damaged.onOperation = undefined
      expect(left.size).toBeGreaterThan(3)
      for (const died of left.values()) {
        // Refused as before, or repaired already.
        const db = await openDatabase({ storage: died.reopen() }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(CorruptError)
          return openDatabase({ storage: died.reopen(), repair: true })
        })
        const ids = await idsOf(db, 'things')
        expect(others.filter((id) => !ids.includes(id))).toEqual([])
        await db.close()
        await settle(died, 'things', ids)
      }
    },
  )
})

it('a log whose head is damaged comes back whole by the seed in its snapshot: it was replaced by an empty one', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts')
  await posts.createIndex('byText', { fields: ['text'] })
  for (let id = 0; id < 40; id++) await posts.insert({ id, text: `t${id % 5}` })
  await db.close()
  const ids = Array.from({ length: 40 }, (_, id) => id)
  const damaged = changed(medium, (name, bytes) => (name.endsWith('.log') ? bytes.fill(165, 0, HEAD_BYTES) : bytes))
  const repaired = await openDatabase({ storage: damaged.reopen(), repair: true })
  expect(await idsOf(repaired, 'posts')).toEqual(ids)
  expect(await repaired.collection('posts').count({ text: 't1' })).toBe(8)
  expect(repaired.repairs).toEqual([
    { collection: 'posts', file: 'c1.p0.1.log', offset: 0, bytes: HEAD_BYTES, reason: 'both copies of its head' },
  ])
  await repaired.close()
  await settle(damaged, 'posts', ids)
})

it.each(['whole', 'zeros'])(
  'a log whose head is damaged comes back beside the draft of a compaction, too, which was taken for it (%s)',
  async (how) => {
    const medium = new SimulatedMedium()
    for (let id = 0; id < 2; id++) {
      const db = await openDatabase({ storage: medium.reopen() })
      const posts = id === 0 ? await db.createCollection('posts') : db.collection('posts')
      await posts.insert({ id })
      await db.close()
    }
    const db = await openDatabase({ storage: medium.reopen() })
    const [log, draft] = ['c1.p0.1.log', 'c1.p0.2.log']
    let left: SimulatedMedium | undefined
    medium.onOperation = ({ kind }) => {
      if (kind !== 'flush' || !medium.names().includes(draft)) return
      if (medium.bytes(draft).length > HEAD_BYTES) left ??= medium.crash(all)
    }
    await db.collection('posts').optimize()
    await db.close()
    const damaged = changed(left!, (name, bytes) => {
      if (name === draft && how === 'zeros') bytes.fill(0)
      return name === log ? bytes.fill(165, 0, HEAD_BYTES) : bytes
    })
    const hurt = how === 'zeros' ? draft : log
    await expect(openDatabase({ storage: damaged.reopen() })).rejects.toThrow(`${hurt} is damaged`)
    const repaired = await openDatabase({ storage: damaged.reopen(), repair: true })
    expect(repaired.repairs).toMatchObject([{ file: log, reason: 'both copies of its head' }])
    expect(await idsOf(repaired, 'posts')).toEqual([0, 1])
    expect(damaged.names().includes(`lost.${draft}`)).toBe(how === 'zeros')
    await repaired.close()
    await settle(damaged, 'posts', [0, 1])
  },
)

it('a log of which nothing can be read is kept, again and again', async () => {
  const medium = new SimulatedMedium()
  let held = medium
  for (const round of [1, 2]) {
    const db = await openDatabase({ storage: held.reopen() })
    if (round === 1) await db.createCollection('posts')
    await db.collection('posts').insert({ id: round })
    held = changed(held.crash(all), (name, bytes) =>
      name === 'c1.p0.1.log' ? bytes.fill(round, 0, HEAD_BYTES) : bytes,
    )
    held = changed(held, (name, bytes) => (name.endsWith('snapshot') ? undefined : bytes))
    const repaired = await openDatabase({ storage: held.reopen(), repair: true })
    expect(repaired.repairs[0]!.reason).toMatch(round === 1 ? /kept as lost\.c1\.p0/ : /kept as lost\.2\.c1\.p0/)
    await repaired.close()
  }
  expect(held.bytes('lost.c1.p0.1.log')[0]).toBe(1)
  expect(held.bytes('lost.2.c1.p0.1.log')[0]).toBe(2)
})

it('a log of which nothing can be read is kept with its snapshot, which knows by what its frames are recognized', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  await (await db.createCollection('posts')).insert({ id: 1 })
  await db.close()
  const snapshot = medium.bytes('c1.p0.snapshot')
  medium.put('c1.p0.1.log', medium.bytes('c1.p0.1.log').fill(165))
  const repaired = await openDatabase({ storage: medium.reopen(), repair: true })
  expect(repaired.repairs[0]!.reason).toContain('neither its head nor a frame is whole')
  await repaired.close()
  expect(medium.bytes('lost.c1.p0.snapshot')).toEqual(snapshot)
})

it('a write over shards that a crash has cut short is left out by a repair, too', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts', { shards: 2 })
  await posts.insert(Array.from({ length: 20 }, (_, id) => ({ id })))
  const cuts: SimulatedMedium[] = []
  medium.onOperation = () => cuts.push(medium.crash({ seed: 1, mode: 'nothing' }))
  await posts.insert(Array.from({ length: 20 }, (_, id) => ({ id: 20 + id })))
  medium.onOperation = undefined
  cuts.push(medium.crash({ seed: 1, mode: 'nothing' }))
  const counts = []
  for (const cut of cuts) {
    const repaired = await openDatabase({ storage: cut.reopen(), repair: true })
    counts.push(await repaired.collection('posts').count())
    await repaired.close()
  }
  expect(new Set(counts)).toEqual(new Set([20, 40]))
})

it('what was deleted over shards stays deleted in those that are whole', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts', { shards: 2 })
  const keys = Array.from({ length: 20 }, (_, id) => id)
  await posts.insert(keys.map((id) => ({ id })))
  const at = medium.bytes('c1.p1.1.log').findLastIndex((byte) => byte !== 0)
  await posts.delete(keys, { atomic: true })
  for (let id = 100; id < 110; id++) await posts.insert({ id })
  await db.close()
  medium.put('c1.p1.1.log', medium.bytes('c1.p1.1.log').fill(255, at + 40, at + 41))
  const repaired = await openDatabase({ storage: medium.reopen(), repair: true })
  const ids = await idsOf(repaired, 'posts')
  expect(ids.filter((id) => id >= 100)).toHaveLength(10)
  expect(repaired.repairs).toMatchObject([{ file: 'c1.p1.1.log', reason: 'damaged frames' }])
  await repaired.close()
})

// It counted as empty, and was removed.
it('a log that cannot be read for now stays', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  await (await db.createCollection('posts')).insert({ id: 1 })
  await db.close()
  const left = changed(medium, (name, bytes) => (name.endsWith('.snapshot') ? undefined : bytes))
  for (const copy of [0, 64]) left.flipBit('c1.p0.1.log', copy + 20, 0)
  const bytes = left.bytes('c1.p0.1.log')
  const storage = left.reopen()
  const openFile = storage.open.bind(storage)
  let opened = 0
  storage.open = async (name, options) => {
    // Once for its place, once to read it, and then for its size.
    if (name === 'c1.p0.1.log' && ++opened === 3) throw new HostError('it cannot be read', { details: { code: 'EIO' } })
    return openFile(name, options)
  }
  await expect(openDatabase({ storage, repair: true })).rejects.toThrow('it cannot be read')
  expect(left.bytes('c1.p0.1.log')).toEqual(bytes)
})

it('logs that have changed places are kept, and the rest opens: a repair was refused', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  for (const name of ['one', 'two', 'three']) {
    const things = await db.createCollection(name, { primaryKey: name === 'two' ? 'key' : 'id' })
    for (let i = 0; i < 9; i++) await things.insert({ [name === 'two' ? 'key' : 'id']: i, [name]: i })
  }
  await db.close()
  const [one, two] = [medium.bytes('c1.p0.1.log'), medium.bytes('c2.p0.1.log')]
  const swapped = changed(medium, (name, bytes) =>
    name === 'c1.p0.1.log' ? two : name === 'c2.p0.1.log' ? one : bytes,
  )
  const repaired = await openDatabase({ storage: swapped.reopen(), repair: true })
  expect(await idsOf(repaired, 'three')).toHaveLength(9)
  await repaired.close()
  const bytes = swapped.names().map((name) => swapped.bytes(name).join())
  for (const log of [one, two]) expect(bytes).toContain(log.join())
})

describe('a document that was moved, where one of the two partitions has lost its part', () => {
  async function moved(hurt: 0 | 1, isSlotTaken: boolean) {
    const medium = new SimulatedMedium()
    const db = await openDatabase({ storage: medium.reopen() })
    const posts = await db.createCollection('posts')
    await posts.createPartition('old')
    await posts.insert([{ id: 1 }, { id: 2 }])
    await posts.insert({ id: 5 }, { partition: 'old' })
    const name = `c1.p${hurt}.1.log`
    const at = medium.bytes(name).findLastIndex((byte) => byte !== 0)
    await posts.upsert({ id: 1, isMoved: true }, { partition: 'old' })
    if (isSlotTaken) await posts.insert({ id: 3 })
    await posts.insert({ id: 6 }, { partition: 'old' })
    await db.close()
    medium.put(name, medium.bytes(name).fill(255, at + 40, at + 41))
    const repaired = await openDatabase({ storage: medium.reopen(), repair: true })
    const ids = await idsOf(repaired, 'posts')
    const one = await repaired.collection('posts').get(1)
    const said = repaired.repairs.map(({ file, reason }) => [file, reason])
    await repaired.close()
    await settle(medium, 'posts', ids)
    return { ids, one, said }
  }

  it('is there once, where it came to: its new state was dropped, and its old one had no slot any more', async () => {
    for (const isSlotTaken of [true, false]) {
      const { ids, one, said } = await moved(0, isSlotTaken)
      expect(ids).toEqual(isSlotTaken ? [1, 2, 3, 5, 6] : [1, 2, 5, 6])
      expect(one).toEqual({ id: 1, isMoved: true })
      expect(said[0]).toEqual(['c1.p0.1.log', 'damaged frames'])
      expect(said.slice(1).map(([, reason]) => reason)).toEqual(
        isSlotTaken ? [] : ['1 documents that had been moved to another partition'],
      )
    }
  })

  it('is there once, where it was, and what is left out is said', async () => {
    // With the slot of its old state taken by another document, it was nowhere.
    for (const isSlotTaken of [true, false]) {
      const { ids, one, said } = await moved(1, isSlotTaken)
      expect(ids).toEqual(isSlotTaken ? [1, 2, 3, 5, 6] : [1, 2, 5, 6])
      expect(one).toEqual({ id: 1 })
      expect(said).toEqual([
        ['c1.p0.1.log', 'a write over several partitions, of which another one has no part'],
        ['c1.p1.1.log', 'damaged frames'],
      ])
    }
  })
})

// What had been settled before a compaction is in its head alone: nobody can say that the write never came there.
it('a document that was moved stays where it is, if that log has lost its head', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts')
  await posts.createPartition('new')
  await posts.insert({ id: 1 })
  await posts.upsert({ id: 1, isMoved: true }, { partition: 'new' })
  await db.close()
  const before = medium.clone()
  const again = await openDatabase({ storage: medium.reopen() })
  await again.collection('posts').optimize()
  await again.close()
  // As if only the one log had been compacted.
  const left = changed(medium, (name, bytes) => (name.startsWith('c1.p0.') ? undefined : bytes))
  left.put('c1.p0.1.log', before.bytes('c1.p0.1.log'))
  for (const copy of [0, 64]) left.flipBit('c1.p1.2.log', copy + 20, 0)
  const repaired = await openDatabase({ storage: left.reopen(), repair: true })
  expect(await repaired.collection('posts').find().toArray()).toEqual([{ id: 1, isMoved: true }])
  await repaired.close()
})

// The damaged log was rewritten first, and said that the write was settled: the other one's deletion counted then, and the document was gone.
it('a document that was moved is there after a repair that was cut short, at whatever moment', async () => {
  const medium = new SimulatedMedium()
  const db = await openDatabase({ storage: medium.reopen() })
  const posts = await db.createCollection('posts')
  await posts.createPartition('old')
  await posts.insert({ id: 1 }, { partition: 'old' })
  await posts.insert({ id: 2 })
  const at = medium.bytes('c1.p0.1.log').findLastIndex((byte) => byte !== 0)
  await posts.upsert({ id: 1, isMoved: true }, { partition: '_default' })
  await posts.insert({ id: 3 })
  await db.close()
  medium.put('c1.p0.1.log', medium.bytes('c1.p0.1.log').fill(255, at + 40, at + 41))
  const cuts = await medium.cutsOf(
    async () => (await openDatabase({ storage: medium.reopen(), repair: true })).close(),
    ['all', 'nothing'],
  )
  expect(cuts.length).toBeGreaterThan(10)
  for (const cut of cuts) {
    const repaired = await openDatabase({ storage: cut.reopen(), repair: true })
    expect(
      await repaired
        .collection('posts')
        .find({ sort: { id: 1 } })
        .toArray(),
    ).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
    await repaired.close()
  }
})

describe('a newer generation with a damaged head, beside the one before', () => {
  async function written(): Promise<SimulatedMedium> {
    const medium = new SimulatedMedium()
    const db = await openDatabase({ storage: medium.reopen() })
    const posts = await db.createCollection('posts')
    const text = 'x'.repeat(60_000)
    const write = async (from: number, to: number) => {
      for (let i = from; i < to; i++) await posts.upsert({ id: i % 7, text, i })
    }
    // An export in hand keeps the log that a compaction leaves.
    const stream = await db.export({ as: 'stream' })
    await write(0, 100)
    for (let i = 100; !medium.names().includes('c1.p0.2.log'); i++) await write(i, i + 1)
    while ((await generation(medium)) === 0) await write(0, 7)
    await posts.insert({ id: 'last' })
    const left = medium.crash(all)
    await stream.cancel()
    await db.close()
    expect(left.names()).toEqual(expect.arrayContaining(['c1.p0.1.log', 'c1.p0.2.log']))
    return left
  }
  const generation = async (medium: SimulatedMedium) => {
    await new Promise((resolve) => setImmediate(resolve))
    return new DataView(medium.bytes('c1.p0.2.log').buffer).getUint32(32, true)
  }

  it('is no draft: what was acknowledged since the compaction was gone, and its log removed', async () => {
    const whole = await written()
    const db = await openDatabase({ storage: whole.clone().reopen() })
    expect(await db.collection('posts').get('last')).toEqual({ id: 'last' })
    await db.close()
    // Of its head alone, or of the first sector, in which there is a frame, too.
    for (const [value, end] of [
      [165, HEAD_BYTES],
      [0, 512],
    ] as const) {
      const damaged = changed(whole, (name, bytes) => (name === 'c1.p0.2.log' ? bytes.fill(value, 0, end) : bytes))
      const before = damaged.names()
      await expect(openDatabase({ storage: damaged.reopen() })).rejects.toThrow(CorruptError)
      expect(damaged.names()).toEqual(before)
      const repaired = await openDatabase({ storage: damaged.reopen(), repair: true })
      expect(repaired.repairs.map(({ file }) => file)).toEqual(['c1.p0.2.log'])
      expect(await repaired.collection('posts').count()).toBe(7)
      await repaired.close()
      expect(damaged.names()).toContain('lost.c1.p0.2.log')
    }
  })
})

describe('a catalog that was put back from an older copy', () => {
  async function written(): Promise<{ medium: SimulatedMedium; older: Uint8Array }> {
    const medium = new SimulatedMedium()
    const db = await openDatabase({ storage: medium.reopen() })
    await (await db.createCollection('first')).insert({ id: 1 })
    const older = medium.bytes('catalog').slice()
    const late: Collection = await db.createCollection('late')
    await late.insert({ id: 2 })
    await late.createPartition('more')
    await late.insert({ id: 3 }, { partition: 'more' })
    await db.close()
    return { medium, older }
  }

  it('is refused beside files that it does not know, which were removed; a repair goes by the copy', async () => {
    const { medium, older } = await written()
    medium.put('catalog', older)
    await expect(openDatabase({ storage: medium.reopen() })).rejects.toThrow('older than its second copy')
    expect(medium.names().sort()).toEqual(expect.arrayContaining(['c2.p0.1.log', 'c2.p1.1.log']))
    const db = await openDatabase({ storage: medium.reopen(), repair: true })
    expect(db.repairs.map(({ file }) => file)).toEqual(['catalog'])
    expect(await idsOf(db, 'late')).toEqual([2, 3])
    await db.close()
    await settle(medium, 'late', [2, 3])
  })

  // The first of them was removed as what is left of a creation, the others when their numbers were given out again.
  it('together with its second copy is refused beside files of numbers that it has yet to give out; a repair keeps them aside', async () => {
    const { medium, older } = await written()
    const db = await openDatabase({ storage: medium.reopen() })
    await (await db.createCollection('last')).insert({ id: 4 })
    await db.collection('first').createPartition('more')
    await db.collection('first').insert({ id: 5 }, { partition: 'more' })
    await db.close()
    medium.put('catalog', older).put('catalog.copy', older)
    const logs = ['c1.p1.1.log', 'c2.p0.1.log', 'c2.p1.1.log', 'c3.p0.1.log']
    const before = medium.names()
    await expect(openDatabase({ storage: medium.reopen() })).rejects.toThrow(
      'catalog is older than the files of c1.p1, c2.p0, c2.p1, c3.p0: put the catalog back',
    )
    expect(medium.names()).toEqual(before)
    const bytes = logs.map((name) => medium.bytes(name))
    const repaired = await openDatabase({ storage: medium.reopen(), repair: true })
    expect(repaired.repairs.map(({ file }) => file)).toEqual(expect.arrayContaining(['catalog', ...logs]))
    for (const name of ['second', 'third']) await repaired.createCollection(name)
    await repaired.close()
    expect(logs.map((name) => medium.bytes(`lost.${name}`))).toEqual(bytes)
    await settle(medium, 'first', [1])
  })
})
