// Promise: a search that marks, groups or reads many documents lets the event loop turn meanwhile, and what it answers was stored at one
// moment, whatever is written in these turns. The clock is one that advances with each look at it, so that a slice is so many steps.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Collection, type Database, NotFoundError } from '../../src/index.ts'
import { turnsDuring } from '../turns.ts'
import { closeAfterEach, openMemory } from './configurations.ts'

closeAfterEach()
beforeEach(() => {
  let now = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 4))
})
afterEach(() => {
  vi.restoreAllMocks()
})

const COUNT = 4_000
const near = Float32Array.of(1, 0)
const far = Float32Array.of(0, 9)
const river = (id: number) => ({ id, group: id, title: 'river', v: near, tag: `t${(id + 4) % 4}` })
const stone = (id: number) => ({ id, group: id, title: 'stone', v: far, tag: `t${(id + 4) % 4}` })

async function make(shards = 1, db?: Database): Promise<Collection> {
  db ??= await openMemory()
  const c = await db.createCollection('c', {
    shards,
    vectors: { v: { dimension: 2, metric: 'l2', index: { type: 'flat' } } },
  })
  await c.createIndex('words', { type: 'text', fields: ['title'] })
  await c.insert(Array.from({ length: COUNT }, (_, id) => river(id)))
  await c.insert([river(-1), stone(-2)])
  // Its parts are loaded, and the index is up to date.
  await c.search({ text: 'river', limit: 1, filter: { tag: { $regex: 't' } } })
  return c
}

const WAYS = [
  ['words', { text: 'river' }],
  ['vectors', { vector: near, radius: 1 }],
] as const

describe.each(WAYS)('a search by %s', (way, search) => {
  it.each([
    ['reads many hits', {}, COUNT + 1],
    ['groups many hits', { group: { field: 'group' } }, COUNT + 1],
    ['marks documents that match', { filter: { tag: { $regex: '^t3$' } } }, COUNT / 4 + 1],
    ['does both', { filter: { tag: { $regex: '3$' } }, group: { field: 'tag', size: 500 } }, 500],
  ])('%s in slices', async (_, more, count) => {
    const c = await make()
    const [hits, turns] = await turnsDuring(
      c.search({ ...search, ...more, limit: COUNT + 10 } as never) as Promise<unknown[]>,
    )
    expect(hits).toHaveLength(count)
    expect(turns).toBeGreaterThan(3)
  })

  // Of the two, one is a river at any time. What was found before a turn is not there any more after it.
  it.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [Infinity, 1],
    // Of which one at least is not written to.
    [1, 5],
    [Infinity, 5],
  ])('answers with one moment when %d turns have writes, over %d shards', async (writes, shards) => {
    const c = await make(shards)
    const [hits, turns] = await turnsDuring(
      c.search({ ...search, limit: COUNT + 10 } as never) as Promise<unknown[]>,
      (turn) => {
        if (turn < writes)
          void c.upsert(turn % 2 === 0 ? [stone(-1), river(-2)] : [river(-1), stone(-2)], { atomic: true })
      },
    )
    expect(turns).toBeGreaterThan(1)
    for (const { document } of hits as { document: unknown }[]) expect(document).toMatchObject({ title: 'river' })
    const ids = new Set((hits as { id: unknown }[]).map(({ id }) => id))
    expect(ids.size).toBe(hits.length)
    for (let id = 0; id < COUNT; id++) expect(ids.has(id)).toBe(true)
    // A search by vectors may miss what was written while it compared them.
    if (way === 'words') expect(ids.size).toBe(COUNT + 1)
    else expect(ids.size).toBeLessThanOrEqual(COUNT + 1)
  })

  it('with a filter returns nothing that no longer matches, and misses nothing that matches throughout', async () => {
    const c = await make()
    const tags = new Map(Array.from({ length: COUNT }, (_, id) => [id, `t${id % 4}`]))
    const touched = new Set<number>()
    const filter = { tag: { $regex: '^t1$' } }
    let tagsThen = tags
    const searching = c.search({ ...search, filter, limit: COUNT } as never).then((hits) => {
      tagsThen = new Map(tags)
      return hits as { id: number }[]
    })
    const [hits, turns] = await turnsDuring(searching, (turn) => {
      const id = (turn * 37) % COUNT
      touched.add(id)
      tags.set(id, turn % 3 === 0 ? 't1' : 't2')
      void c.update(id, { tag: tags.get(id)! })
    })
    expect(turns).toBeGreaterThan(1)
    for (const { id } of hits) expect(tagsThen.get(id) ?? 't1').toBe('t1')
    const ids = new Set(hits.map(({ id }) => id))
    for (const [id, tag] of tagsThen) if (tag === 't1' && !touched.has(id)) expect(ids.has(id)).toBe(true)
  })

  it('with a filter finds as many as are asked for when those it marked are changed', async () => {
    const c = await make()
    const filter = { tag: { $regex: '^t1$' } }
    const searching = c.search({ ...search, filter, limit: 400 } as never) as Promise<unknown[]>
    const [hits] = await turnsDuring(searching, (turn) => {
      if (turn === 1)
        void c.update(
          Array.from({ length: 300 }, (_, i) => i * 4 + 1),
          { tag: 't2' },
        )
    })
    expect(hits).toHaveLength(400)
    for (const { document } of hits as { document: unknown }[]) expect(document).toMatchObject({ tag: 't1' })
  })
})

describe.each(WAYS)('a search by %s that is under way', (_, search) => {
  it.each([
    ['reads', {}],
    ['groups', { group: { field: 'group' } }],
    ['marks', { filter: { tag: { $regex: '3$' } } }],
  ])('and %s ends with an error when its collection is dropped or its database closed', async (_, more) => {
    for (const isClosed of [false, true]) {
      const db = await openMemory()
      const c = await make(1, db)
      const searching = expect(c.search({ ...search, ...more, limit: COUNT } as never)).rejects.toThrow(
        isClosed ? /database .* is closed/ : 'collection "c" was dropped',
      )
      await turnsDuring(searching, (turn) => {
        if (turn === 0) void (isClosed ? db.close() : db.dropCollection('c'))
      })
    }
  })
})

// They are marked, since others are better hits: a bit for each document, at first in a thousand bytes.
it.each([
  [8_193, [8_192]],
  [20_000, [19_990, 19_999]],
  [40_000, [5_000, 8_191, 8_192, 16_383, 16_384, 39_999]],
])('a search by words among %d documents finds those that match its filter', async (count, ids) => {
  const db = await openMemory()
  const c = await db.createCollection('c')
  await c.createIndex('words', { type: 'text', fields: ['title'] })
  await c.insert(
    Array.from({ length: count }, (_, id) => ({ id, title: 'river', tag: ids.includes(id) ? 'yes' : 'no' })),
  )
  const hits = await c.search({ text: 'river', filter: { tag: { $regex: '^y' } }, limit: ids.length, select: ['id'] })
  expect(hits.map(({ id }) => id as number).sort((a, b) => a - b)).toEqual(ids)
})

// Another index of the name is another index: its hits are not those that were asked for. The search ended with a TypeError.
it.each([['dropped'], ['replaced']])('a search by words that groups says that its index was %s', async (how) => {
  const c = await make()
  await c.update({}, { group: 0 })
  const search = c.search({ text: 'river', index: 'words', limit: 5, group: { field: 'group' } })
  const answer = expect(search).rejects.toThrow(NotFoundError)
  const changes: Promise<void>[] = []
  await turnsDuring(answer, (turn) => {
    if (turn !== 0) return
    changes.push(c.dropIndex('words'))
    if (how === 'replaced') changes.push(c.createIndex('words', { type: 'text', fields: ['tag'] }))
  })
  await Promise.all(changes)
})

// All hits were arguments of one call: "Maximum call stack size exceeded" from about 120,000 on.
it('a search by words has any number of hits and groups', async () => {
  vi.restoreAllMocks()
  const db = await openMemory()
  const c = await db.createCollection('c')
  const count = 140_000
  await c.createIndex('words', { type: 'text', fields: ['title'] })
  await c.insert(Array.from({ length: count }, (_, id) => ({ id, title: 'river' })))
  expect(await c.search({ text: 'river', limit: count + 1, select: ['id'] })).toHaveLength(count)
  expect(await c.search({ text: 'river', limit: 10, group: { field: 'id', size: 2 }, select: ['id'] })).toHaveLength(10)
})
