// Promise: what a full partition held is there again after a crash, under the same limit, and room can be made: an opening needs no more
// memory than writing took. A repair opens whatever an opening opens.

import { expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/engine/index.ts'
import { LimitError } from '../../src/error/index.ts'
import { SimulatedMedium } from './simulated-storage.ts'

const MIB = 1_048_576
const soft = { durability: 'soft' } as const
type Items = ReturnType<Database['collection']>

class Life {
  readonly medium = new SimulatedMedium()
  readonly memoryLimitBytes: number
  db!: Database

  constructor(mebibytes: number) {
    this.memoryLimitBytes = mebibytes * MIB
  }

  async open(storage = this.medium.reopen(), repair = false): Promise<Database> {
    this.db = await openDatabase({ storage, memoryLimitBytes: this.memoryLimitBytes, repair })
    return this.db
  }

  get items(): Items {
    return this.db.collection('items')
  }

  /** Writes batches until several were refused, each smaller than the one before; returns the next id. */
  async fill(documentOf: (id: number) => object, from: number, batch: number): Promise<number> {
    let id = from
    for (let count = batch; count > 0; count >>= 1) {
      for (;;) {
        const documents = Array.from({ length: count }, (_, i) => documentOf(id + i) as { id: number })
        if (!(await this.isTaken(documents))) break
        id += count
      }
    }
    return id
  }

  async isTaken(documents: { id: number | string }[]): Promise<boolean> {
    try {
      await this.items.upsert(documents, soft)
      return true
    } catch (error) {
      expect(error).toBeInstanceOf(LimitError)
      return false
    }
  }

  /** A crash, and an opening of each kind. */
  async crash(check: (again: Items) => Promise<void>): Promise<void> {
    const count = await this.items.count()
    const left = this.medium.crash({ seed: 1, mode: 'all' })
    await this.db.close()
    for (const repair of [false, true]) {
      await this.open(left.clone().reopen(), repair)
      expect(this.db.repairs).toEqual([])
      expect(await this.items.count()).toBe(count)
      await check(this.items)
      const { deleted } = await this.items.delete({ id: { $lt: 500 } }, soft)
      expect(await this.items.count()).toBe(count - deleted)
      expect(await this.isTaken([{ id: 1 }])).toBe(true)
      await this.db.close()
    }
  }
}

it('indexes whose entries came in order, which fill their nodes: built anew, they took more and did not fit', async () => {
  const life = new Life(12)
  const items = await (await life.open()).createCollection('items')
  for (const name of ['a', 'b', 'c']) await items.createIndex(name, { fields: [name] })
  await life.fill((id) => ({ id, a: id, b: id, c: id }), 0, 256)
  await life.crash(async (again) => {
    const count = await again.count()
    expect(count).toBeGreaterThan(20_000)
    for (const name of ['a', 'b', 'c']) expect(await again.count({ [name]: { $gte: 100 } })).toBe(count - 100)
    const last = await again.find({ sort: '-b', limit: 3, select: ['id'] }).toArray()
    expect(last.map((one) => (one as { id?: number }).id)).toEqual([count - 1, count - 2, count - 3])
  })
})

it('a document that is longer than what was left free: its frame was to be held beside it', async () => {
  const life = new Life(36)
  await (await life.open()).createCollection('items')
  for (let i = 0; i < 2; i++)
    expect(await life.isTaken([{ id: 'long', text: 'h'.repeat(4 * MIB + i) } as never])).toBe(true)
  const documentOf = (id: number) => ({ id, text: 'y'.repeat(1_000) })
  await life.fill(documentOf, 0, 128)
  for (let id = 0; id < 2_000; id += 100) {
    await life.isTaken(Array.from({ length: 50 }, (_, i) => ({ ...documentOf(id + i), z: 1 })))
  }
  await life.crash(async (again) => {
    const { text } = (await again.get('long')) as unknown as { text: string }
    expect(text.length).toBe(4 * MIB + 1)
  })
})

it('a log that brings its garbage along leaves room for deletions and compactions: both were refused, and after every opening', async () => {
  const life = new Life(8)
  await (await life.open()).createCollection('items')
  for (let i = 0; i < 180; i++)
    expect(await life.isTaken([{ id: i % 30, text: 'y'.repeat(40_000 + i) } as never])).toBe(true)
  await life.db.close()
  await life.open()
  await life.fill((id) => ({ id, text: 'z'.repeat(40_000) }), 100, 1)
  await life.fill((id) => ({ id }), 2_000, 32)
  expect(await life.items.delete({ id: { $lt: 10 } }, soft)).toMatchObject({ deleted: 10 })
  await life.items.optimize()
  await life.crash((again) => again.optimize().then(() => {}))
})

it('a text index that was searched before a crash is searched after it: beside the garbage of the log it did not fit', async () => {
  const life = new Life(6)
  const items = await (await life.open()).createCollection('items')
  await items.createIndex('words', { type: 'text', fields: ['words'] })
  for (let from = 0; from < 14_000; from += 1_000) {
    for (let version = 0; version < 4; version++) {
      const wordsOf = (i: number) => `alpha a${(from + i) % 300} b${(version + i) % 77}`
      await items.upsert(
        Array.from({ length: 1_000 }, (_, i) => ({ id: from + i, words: wordsOf(i) })),
        soft,
      )
    }
  }
  const found = await items.search({ text: 'b7' })
  expect(found.length).toBe(10)
  await life.crash(async (again) => expect(await again.search({ text: 'b7' })).toEqual(found))
})
