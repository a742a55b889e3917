// Promise: a test that fakes timers and the clock can use a database meanwhile. What builds indexes and graphs in slices waited for
// timers that never came, and a program in RethinkDB's words for its events: the test hung until its runner gave up.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import r from '../../src/dialect/rethinkdb/index.ts'
import { open } from '../../src/index.ts'

interface Emitter {
  on(event: 'data', listener: (row: unknown) => void): void
}

const NOW = new Date(2020, 1, 1)
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quiverdb-timers-'))
  // As Jest's modern timers do; nextTick is Node's own affair.
  vi.useFakeTimers({
    now: NOW,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'Date'],
  })
})

afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

for (const where of ['memory', 'a directory']) {
  it(`builds, finds, waits and closes in ${where}`, async () => {
    const path = where === 'memory' ? ':memory:' : join(folder, 'db')
    const db = await open(path)
    const items = await db.createCollection('items', {
      vectors: { v: { dimension: 2, metric: 'l2', index: { type: 'hnsw' } } },
    })
    async function* documents() {
      for (let id = 0; id < 3_000; id++) yield { id, at: new Date(), n: id % 9, text: `some words ${id}`, v: [id, 1] }
    }
    expect(await items.insert(documents(), { timeout: 60_000 })).toMatchObject({ inserted: 3_000 })
    await items.createIndex('n')
    await items.createIndex('words', { type: 'text', fields: ['text'] })
    await items.optimize()
    expect((await items.search({ vector: [7, 1], limit: 1 }))[0]?.id).toBe(7)
    expect((await items.search({ text: '77', limit: 1 }))[0]?.id).toBe(77)
    expect(await items.find({ sort: 'n', skip: 2_999 }).toArray()).toHaveLength(1)
    expect((await items.get(5))?.['at']).toStrictEqual(NOW)
    expect((await db.export()).size).toBeGreaterThan(1)
    if (path !== ':memory:') await expect(open(path)).rejects.toThrow('is open for writing by this process')
    await db.close()
  })
}

it('hands the rows of a RethinkDB cursor to its listeners', async () => {
  const conn = await r.connect()
  const cursor = (await r.expr([1, 2, 3]).run(conn)) as unknown as Emitter
  const rows: unknown[] = []
  await new Promise<void>((done) => {
    cursor.on('data', (row) => {
      if (rows.push(row) === 3) done()
    })
  })
  expect(rows).toEqual([1, 2, 3])
  await conn.close()
})
