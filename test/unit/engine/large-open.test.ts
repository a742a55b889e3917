// Promise: what goes through the whole of a large log that was just opened lets the event loop turn meanwhile. Checked by how much is read
// between two turns.

import { expect, it } from 'vitest'
import { type Collection, type Database, openDatabase } from '../../../src/engine/index.ts'
import { MemoryDirectory, type StorageDirectory } from '../../../src/storage/index.ts'

const DOCUMENTS = 60_000
const text = 'x'.repeat(300)

/** Notes in `most` how many bytes were read of all files in one stretch. */
function watched(storage: StorageDirectory, reads: { stretch: number; most: number }): StorageDirectory {
  const openFile = storage.open.bind(storage)
  storage.open = async (name, options) => {
    const file = await openFile(name, options)
    const read = file.read.bind(file)
    file.read = (position, target) => {
      reads.stretch += target.length
      reads.most = Math.max(reads.most, reads.stretch)
      // A scan goes by time.
      for (const end = performance.now() + 3; performance.now() < end; );
      return read(position, target)
    }
    return file
  }
  return storage
}

/** A database that was closed, with one collection. */
async function filled(more: (id: number) => object = () => ({})): Promise<MemoryDirectory> {
  const storage = new MemoryDirectory()
  const written = await openDatabase({ storage, durability: 'soft' })
  const c = await written.createCollection('c')
  await c.insert(Array.from({ length: DOCUMENTS }, (_, id) => ({ id, ...more(id), text })))
  await written.close()
  return storage
}

/** Runs the work, and ends a stretch at each turn of the event loop. */
async function duringTurns<R>(reads: { stretch: number }, work: () => Promise<R>): Promise<R> {
  let isOver = false
  const turn = () => {
    reads.stretch = 0
    if (!isOver) setImmediate(turn)
  }
  turn()
  try {
    return await work()
  } finally {
    isOver = true
  }
}

// All of it was read at once: of a database of 336 MB nothing else ran for 0.4 s.
it.each<[string, (db: Database) => Promise<unknown>]>([
  ['an export', (db) => db.export()],
  ['optimize', (db) => db.collection('c').optimize()],
  ['a first index', (db) => db.collection('c').createIndex('n')],
  ['a first insert', (db) => db.collection('c').insert({ id: -1 })],
  ['a first upsert', (db) => db.collection('c').upsert([{ id: 5, n: 5 }])],
  ['a first update', (db) => db.collection('c').update(7, { more: 1 })],
  ['a first delete by a filter', (db) => db.collection('c').delete({ n: -1 })],
  ['a count', (db) => db.collection('c').count({ n: 1 })],
  [
    'a filter',
    (db) =>
      db
        .collection('c')
        .find({ filter: { n: 1 } })
        .toArray(),
  ],
  ['an order', (db) => db.collection('c').find({ sort: 'n', limit: 3 }).toArray()],
  ['groups', (db) => db.collection('c').groupBy('n')],
  ['distinct values', (db) => db.collection('c').distinct('n')],
  ['many keys', (db) => db.collection('c').getMany(Array.from({ length: 5_000 }, (_, i) => i * 7))],
])('%s goes in slices', async (_, run) => {
  const storage = await filled((id) => ({ n: id % 10 }))
  // What is loaded for it is there then; loading it takes turns.
  const other = await openDatabase({ storage: null })
  await other.createCollection('c')
  await run(other)
  await other.close()
  const reads = { stretch: 0, most: 0 }
  const db = await openDatabase({ storage: watched(storage.reopen(), reads), durability: 'soft' })
  reads.most = 0
  await duringTurns(reads, () => run(db))
  expect(reads.most).toBeGreaterThan(500_000)
  expect(reads.most).toBeLessThan(9_000_000)
  expect(await db.collection('c').count({ n: 3 })).toBe(DOCUMENTS / 10)
  await db.close()
})

// All of a log was read, checked and applied at once: 70 ms for 260 MB, 200 with an index or vectors.
it.each<[string, Parameters<Database['createCollection']>[1], (c: Collection) => Promise<unknown>, string | undefined]>(
  [
    ['documents', {}, async () => 0, undefined],
    ['an index', {}, (c) => c.createIndex('n'), undefined],
    ['an index that no snapshot holds', {}, (c) => c.createIndex('n'), 'c1.p0.snapshot'],
    ['vectors', { vectors: { v: { dimension: 2, metric: 'l2' } } }, async () => 0, 'c1.p0.snapshot'],
  ],
)('opening %s goes in slices', async (_, options, change, removed) => {
  const storage = new MemoryDirectory()
  const written = await openDatabase({ storage, durability: 'soft' })
  const c = await written.createCollection('c', options)
  await c.insert(Array.from({ length: DOCUMENTS }, (_, id) => ({ id, n: id % 10, v: Float32Array.of(id, 1), text })))
  await change(c)
  await written.close()
  const reopened = storage.reopen()
  if (removed !== undefined) await reopened.remove(removed)
  const reads = { stretch: 0, most: 0 }
  const db = await duringTurns(reads, () => openDatabase({ storage: watched(reopened, reads), durability: 'soft' }))
  expect(reads.most).toBeGreaterThan(500_000)
  expect(reads.most).toBeLessThan(9_000_000)
  expect(await db.collection('c').count({ n: 3 })).toBe(DOCUMENTS / 10)
  await db.close()
})

// All of the log was read for them: 0.2 s for 260 MB.
it('a few keys are looked up without reading all of it', async () => {
  const storage = await filled()
  const reads = { stretch: 0, most: 0 }
  const db = await openDatabase({ storage: watched(storage.reopen(), reads), durability: 'soft' })
  const again = db.collection('c')
  reads.stretch = 0
  const found = again.getMany([5, -1, 30_000])
  // Two pieces of 20 MB.
  expect(reads.stretch).toBeLessThan(2_000_000)
  expect(await found).toEqual([{ id: 5, text }, undefined, { id: 30_000, text }])
  // Calls behind one that waits for the rest see nothing else than what was there.
  const keys = Array.from({ length: 100 }, (_, id) => id)
  const [before, , after] = await Promise.all([again.getMany(keys), again.delete(7), again.getMany(keys), keys.fill(0)])
  expect(before.map((one) => one?.['id'])).toEqual(Array.from({ length: 100 }, (_, id) => id))
  expect(after.map((one) => one?.['id'])).toEqual(Array.from({ length: 100 }, (_, id) => (id === 7 ? undefined : id)))
  await db.close()
})

it('a first write waits for that, and calls behind it take effect in their order', async () => {
  const storage = await filled()
  const db = await openDatabase({ storage: storage.reopen(), durability: 'soft' })
  const again = db.collection('c')
  const document = { id: 'new', n: 1 }
  const answers = [
    again.insert(document),
    again.get('new'),
    again.update('new', (old) => ({ ...old, n: (old['n'] as number) + 1 })),
    again.get('new'),
    again.count(),
    again.delete({ n: 2 }),
    again.has('new'),
    again.insert([{ id: 'other' }, { id: 3 }]),
    again.count({ id: { $in: ['other', 3] } }),
    db.close(),
  ]
  document.n = 100
  expect(await Promise.all(answers)).toMatchObject([
    { inserted: 1 },
    { id: 'new', n: 1 },
    { replaced: 1 },
    { id: 'new', n: 2 },
    DOCUMENTS + 1,
    { deleted: 1 },
    false,
    { inserted: 1, errors: 1 },
    2,
    undefined,
  ])
})
