// Promise: after a crash at any moment of making, using or dropping an ordered index, the collection has exactly the indexes of the
// state before or the state after, each of them holds what the documents say, and a unique one is kept.

import { expect, it } from 'vitest'
import { IndexReader, restoreIndexes } from '../../src/engine/derived.ts'
import { between, type Database, openDatabase } from '../../src/engine/index.ts'
import { HostError } from '../../src/error/index.ts'
import type { Collection, Document } from '../../src/index.ts'
import { compare } from '../core/ordered-model.ts'
import { optionsFor, Partition, remove, upsert } from '../core/partitions.ts'
import { SimulatedMedium } from './simulated-storage.ts'

const SOFT = { durability: 'soft' } as const

function documents(count: number, from = 0): Document[] {
  return Array.from({ length: count }, (_, i) => ({
    id: from + i,
    n: (i * 7) % 50,
    email: `e${from + i}`,
    tags: [i % 3, i % 4],
  }))
}

const STEPS: readonly ((db: Database) => Promise<unknown>)[] = [
  (db) => db.createCollection('a', { shards: 2 }),
  (db) => db.collection('a').insert(documents(300)),
  (db) => db.collection('a').createIndex('n'),
  (db) => db.collection('a').createIndex('email', { unique: true }),
  (db) =>
    db.collection('a').update({ n: { $lt: 10 } }, (document: Document) => ({ n: (document['n'] as number) + 100 })),
  (db) => db.collection('a').createIndex('tags', { multi: true }),
  (db) => db.collection('a').createPartition('p'),
  (db) => db.collection('a').insert(documents(40, 500), { partition: 'p' }),
  (db) => db.collection('a').delete({ n: { $gte: 100 } }),
  (db) => db.collection('a').dropIndex('n'),
  (db) => db.collection('a').optimize(),
  (db) => db.collection('a').createIndex('n', { fields: ['tags', 'n'] }),
  (db) => db.renameCollection('a', 'b'),
]

const namesOf = async (db: Database) =>
  Promise.all(
    (await db.collections()).map(async ({ name }) => [
      name,
      (await db.collection(name).indexes()).map((one) => one.name),
    ]),
  )

async function expectIndexed(posts: Collection): Promise<void> {
  const all = await posts.find().toArray()
  for (const index of await posts.indexes()) {
    if (index.type !== 'ordered') continue
    const { name, fields, multi, entries } = index
    const reader = new IndexReader(posts, name)
    if (multi) {
      expect(entries).toBe(all.reduce((sum, { tags }) => sum + new Set(tags as number[]).size, 0))
      continue
    }
    expect(entries).toBe(all.length)
    const read = reader.scan(between(undefined, undefined))
    let last: Document | undefined
    const found = new Set<unknown>()
    for (let document = read(); document !== undefined; document = read()) {
      if (last !== undefined) expect(compare(last[fields[0]!], document[fields[0]!])).toBeLessThanOrEqual(0)
      found.add(document['id'])
      last = document
    }
    expect(found.size).toBe(all.length)
  }
}

it('holds before any operation of the medium', async () => {
  const medium = new SimulatedMedium({ seed: 3 })
  const cuts: { at: number; done: number; after: SimulatedMedium }[] = []
  const pictures: unknown[] = []
  let done = -1
  medium.onOperation = ({ number: at }) => {
    const mode = (['nothing', 'all', 'random'] as const)[at % 3]!
    cuts.push({ at, done, after: medium.crash({ seed: at, mode }) })
  }
  const db = await openDatabase({ storage: medium.reopen(), ...SOFT })
  done = 0
  pictures.push(await namesOf(db))
  for (const step of STEPS) {
    await step(db)
    done++
    pictures.push(await namesOf(db))
  }
  await db.close()
  expect(cuts.length).toBeGreaterThan(100)
  for (const { at, done: steps, after } of cuts) {
    const found = await openDatabase({ storage: after.reopen(), ...SOFT })
    const allowed = steps < 0 ? pictures.slice(0, 1) : pictures.slice(steps, steps + 2)
    expect(allowed, `crash at ${at}, after step ${steps}`).toContainEqual(await namesOf(found))
    for (const { name } of await found.collections()) {
      const posts = found.collection(name)
      await expectIndexed(posts)
      const first = await posts.find({ limit: 1 }).first()
      if (first === undefined || !(await posts.indexes()).some((one) => one.name === 'email')) continue
      expect((await posts.insert({ id: 'twin', email: first['email'] })).errors).toBe(1)
    }
    await found.close()
  }
})

// Its number was given out again: what a snapshot had of it was taken for the next index, which found other documents than those with its values.
it.each([
  ['ordered', (posts: Collection) => posts.find({ filter: { other: 'left' } }).toArray()],
  ['text', (posts: Collection) => posts.search({ text: 'left' })],
] as const)('takes nothing of an index that was not made for one that was (%s)', async (type, search) => {
  const found = async (medium: SimulatedMedium) => {
    const db = await openDatabase({ storage: medium.reopen() })
    const documents: readonly object[] = await search(db.collection('posts'))
    return documents.map((document) => (document as Document)['id']).sort()
  }
  for (let failing = 1, isMade = false; !isMade; failing++) {
    const medium = new SimulatedMedium({ seed: failing })
    const storage = medium.reopen()
    const openFile = storage.open.bind(storage)
    const db = await openDatabase({ storage })
    // Only a snapshot of much, or of a graph, has indexes in it.
    const posts = await db.createCollection('posts', { vectors: { at: { dimension: 2, index: { graphFrom: 1 } } } })
    await posts.insert(
      Array.from({ length: 40 }, (_, id) => ({ id, one: 'all', other: id < 2 ? 'left' : 'right', at: [1, id] })),
    )
    let saves = 0
    storage.open = async (name, options) => {
      if (name === 'catalog.new' && ++saves === failing) {
        await posts.optimize()
        throw new HostError('no room', { details: { code: 'ENOSPC' } })
      }
      return openFile(name, options)
    }
    isMade = await posts.createIndex('n', { type, fields: ['one'] }).then(
      () => true,
      () => false,
    )
    storage.open = openFile
    if (isMade) await posts.dropIndex('n')
    await posts.createIndex('n', { type, fields: ['other'] })
    for (const mode of ['all', 'nothing'] as const) expect(await found(medium.crash({ seed: 1, mode }))).toEqual([0, 1])
    await db.close()
    expect(await found(medium)).toEqual([0, 1])
  }
})

it('of which a snapshot has a part, as it was written meanwhile, is whole after opening', async () => {
  const medium = new SimulatedMedium()
  const options = () => optionsFor(medium.reopen(), { buildDocumentsMax: 0 })
  const index = { id: 0, name: 'n', fields: ['n'], unique: false, multi: false }
  const partition = await Partition.create(options())
  upsert(
    partition,
    Array.from({ length: 10 }, (_, id) => ({ id, n: -id })),
  )
  partition.store.ordered.create({ id: 0, fields: [[{ name: 'n', index: null }]], isUnique: false, isMulti: false })
  partition.store.ordered.build(index.id, 4)
  await partition.close()
  const [again] = await Partition.openAll([options()])
  const { ordered } = again!.store
  expect(ordered.ids).toEqual([index.id])
  await restoreIndexes(again!, [index], undefined)
  expect(ordered.entries(index.id)).toBe(10)
  remove(again!, [9, 1])
  upsert(again!, [{ id: 11, n: -11 }])
  expect(ordered.entries(index.id)).toBe(9)
  const read = new Uint32Array(9)
  expect(ordered.read(index.id, 0, read, false)).toBe(9)
  expect(Array.from(read, (address) => again!.readKey(address))).toEqual([11, 8, 7, 6, 5, 4, 3, 2, 0])
  await again!.close()
})
