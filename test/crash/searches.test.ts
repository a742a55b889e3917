// Promise: after a crash at any moment, searches by graph, by text and by ordered index answer what is stored, whatever of these a snapshot
// brought back and whatever had to be caught up with. One run is crashed before each of its storage operations.

import { expect, it } from 'vitest'
import { IndexReader } from '../../src/engine/derived.ts'
import { between, type Database, openDatabase } from '../../src/engine/index.ts'
import type { Collection, Document } from '../../src/index.ts'
import { randomOf } from '../core/vectors.ts'
import { SimulatedMedium } from './simulated-storage.ts'

const SOFT = { durability: 'soft' } as const
const DIMENSION = 6
const WORDS = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heath']

const draw = randomOf(41)
const vector = () => Float32Array.from({ length: DIMENSION }, () => draw() - 0.5)
const text = () => Array.from({ length: 4 }, () => WORDS[Math.floor(draw() * WORDS.length)]).join(' ')
const documents = (from: number, to: number): Document[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: from + i, n: (from + i) % 17, v: vector(), text: text() }))

/** So many that a narrow walk is cheaper than looking at every vector. */
const COUNT = 900
const STEPS: readonly ((db: Database) => Promise<unknown>)[] = [
  (db) =>
    db.createCollection('a', {
      vectors: { v: { dimension: DIMENSION, metric: 'l2', index: { type: 'hnsw', m: 8, efConstruction: 40 } } },
    }),
  (db) => db.collection('a').insert(documents(0, COUNT)),
  (db) => db.collection('a').createIndex('n'),
  (db) => db.collection('a').createIndex('text', { type: 'text', fields: ['text'] }),
  (db) => db.collection('a').optimize(),
  (db) => db.collection('a').upsert(documents(20, 60)),
  (db) => db.collection('a').delete({ n: 3 }),
  (db) => db.collection('a').optimize(),
  (db) => db.close(),
]

const distanceOf = (a: Float32Array, b: Float32Array) => a.reduce((sum, lane, i) => sum + (lane - b[i]!) ** 2, 0)

async function expectSearches(posts: Collection): Promise<void> {
  const all = await posts.find({ select: ['id', 'n', 'v', 'text'] }).toArray()
  const query = vector()
  const wanted = all
    .map((one) => ({ id: one['id'], distance: distanceOf(query, one['v'] as Float32Array) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 10)
    .map(({ id }) => id)
  const by = async (options: object) => (await posts.search({ vector: query, ...options })).map(({ id }) => id)
  expect(await by({ exact: true })).toEqual(wanted)
  const walked = await by({ ef: 16 })
  expect(walked.filter((id) => wanted.includes(id)).length).toBeGreaterThanOrEqual(Math.min(7, all.length))
  for (const index of await posts.indexes()) {
    if (index.type === 'ordered') {
      const read = new IndexReader(posts, index.name).scan(between(undefined, undefined))
      const found: unknown[] = []
      for (let document = read(); document !== undefined; document = read()) found.push(document['n'])
      expect(found).toEqual(all.map((one) => one['n'] as number).sort((a, b) => a - b))
    } else if (index.type === 'text') {
      for (const word of WORDS.slice(0, 3)) {
        const hits = await posts.search({ text: word, limit: 2_000 })
        const having = all.filter((one) => (one['text'] as string).includes(word)).map((one) => one['id'] as number)
        expect(hits.map(({ id }) => id as number).sort((a, b) => a - b)).toEqual(having.sort((a, b) => a - b))
      }
    }
  }
}

it('holds before any operation of the medium', async () => {
  const medium = new SimulatedMedium({ seed: 8 })
  const cuts: { at: number; after: SimulatedMedium }[] = []
  medium.onOperation = ({ number: at }) => {
    cuts.push({ at, after: medium.crash({ seed: at, mode: (['nothing', 'all', 'random'] as const)[at % 3]! }) })
  }
  let db = await openDatabase({ storage: medium.reopen(), ...SOFT })
  for (const step of STEPS) await step(db)
  // What a snapshot brings back is written on, too.
  db = await openDatabase({ storage: medium.reopen(), ...SOFT })
  await db.collection('a').upsert(documents(100, 130))
  await db.collection('a').delete([1, 2, 3])
  await db.close()
  let graphs = 0
  for (const { at, after } of cuts) {
    const found = await openDatabase({ storage: after.reopen(), ...SOFT })
    for (const { name } of await found.collections()) {
      const posts = found.collection(name)
      try {
        await expectSearches(posts)
        if ((await posts.count()) > 0) {
          await posts.upsert(documents(COUNT - 10, COUNT + 10))
          await posts.optimize()
          await expectSearches(posts)
          if ((await posts.explainSearch({ vector: vector(), ef: 16 })).plan === 'graph') graphs++
        }
      } catch (error) {
        throw new Error(`crash before operation ${at}`, { cause: error })
      }
    }
    await found.close()
  }
  expect(cuts.length).toBeGreaterThan(40)
  expect(graphs).toBeGreaterThan(10)
})
