// Promise: what is made of feeds tells what they tell for as long as they do, and ends when they have told all.

import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { type Any, r } from './cases.ts'

let connection: Any
const a = () => r.table('a')
const b = () => r.table('b')
const ids = (feed: Any) => feed.map((change: Any) => change('new_val')('id'))
const run = (term: Any) => term.run(connection)

beforeAll(async () => {
  connection = await r.connect()
  await run(r.tableCreate('a'))
  await run(r.tableCreate('b'))
})
afterAll(async () => await connection.close())
beforeEach(clear)

async function clear(): Promise<void> {
  await run(a().delete())
  await run(b().delete())
}

/** The first `count` rows, read while 1, 2 ... is inserted into one table and 11, 12 ... into the other. */
async function told(term: Any, count: number): Promise<unknown[]> {
  await clear()
  const feed = await run(term)
  const rows: unknown[] = []
  const reading = (async () => {
    while (rows.length < count) rows.push(await feed.next())
  })()
  for (let i = 1; i <= 4; i++) {
    await run(a().insert({ id: i }))
    await run(b().insert({ id: 10 + i }))
  }
  await reading
  await feed.close()
  return rows
}

const numbers = (rows: unknown[]) => (rows as number[]).sort((x, y) => x - y)

// The second event of a feed in a union was never read, and the query asked for it for ever: the whole process stood still.
it('goes on with unions of feeds', async () => {
  expect(numbers(await told(ids(a().changes().union(b().changes())), 8))).toEqual([1, 2, 3, 4, 11, 12, 13, 14])
  expect(numbers(await told(ids(a().changes()).union(ids(b().changes()), [7]), 9))).toEqual([
    1, 2, 3, 4, 7, 11, 12, 13, 14,
  ])
})

it('unions end with the last of their feeds, and go on without those that ended', async () => {
  expect(numbers(await told(ids(a().changes().limit(1).union(b().changes())), 5))).toEqual([1, 11, 12, 13, 14])
  const ended = await run(ids(a().changes().limit(1).union(b().changes().limit(2))))
  await run(a().insert([{ id: 21 }, { id: 22 }]))
  await run(b().insert([{ id: 31 }, { id: 32 }, { id: 33 }]))
  const rows: number[] = []
  await ended.eachAsync((id: number) => {
    rows.push(id)
  })
  expect(numbers(rows)).toEqual([21, 31, 32])
})

// One of two feeds had more than the other: the process stood still until the other had something.
it('maps several feeds row by row, and ends with the shortest', async () => {
  const pairs = (x: Any, y: Any) => [x, y]
  const uneven = await run(r.map(ids(a().changes()), ids(b().changes()), pairs))
  const first = uneven.next()
  await run(a().insert([{ id: 41 }, { id: 42 }]))
  await run(b().insert({ id: 51 }))
  expect(await first).toEqual([41, 51])
  const second = uneven.next()
  await run(b().insert({ id: 52 }))
  expect(await second).toEqual([42, 52])
  await uneven.close()
  for (const counted of [r.map(r.range(2), ids(a().changes()), pairs), r.map(ids(a().changes()), r.range(2), pairs)]) {
    await run(a().delete())
    const feed = await run(counted)
    await run(a().insert([{ id: 61 }, { id: 62 }, { id: 63 }]))
    const rows: number[][] = []
    await feed.eachAsync((row: number[]) => {
      rows.push(row)
    })
    expect(rows.map((row) => numbers(row))).toEqual([
      [0, 61],
      [1, 62],
    ])
  }
})

it('folds a feed, telling what is emitted; it stood still after the first read that found nothing', async () => {
  const running = { emit: (_old: Any, _row: Any, sum: Any) => [sum] }
  const add = (sum: Any, id: Any) => sum.add(id)
  expect(await told(ids(a().changes()).fold(0, add, running), 4)).toEqual([1, 3, 6, 10])
  const limited = ids(a().changes().limit(2)).fold(0, add, { ...running, finalEmit: (sum: Any) => ['all', sum] })
  expect(await told(limited, 4)).toEqual([1, 3, 'all', 3])
})

// Each write set a timer of its own for as long as the feed gathered, and they outlived the feed: a program that had followed a busy table
// with `squash: 60` had as many timers as writes in a minute, and could not end before the last of them was due.
it('sets one timer while it gathers, and none once it is closed', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const feed = await run(a().changes({ squash: 3600 }))
  const waiting = feed.next()
  for (let i = 0; i < 100; i++) await run(a().insert({ id: i }))
  expect(timers() - before).toBe(1)
  await feed.close()
  expect(timers() - before).toBe(0)
  waiting.catch(() => {})
  const unread = await run(a().changes({ squash: 3600 }))
  await run(a().insert({ id: 100 }))
  expect(timers() - before).toBe(0)
  await unread.close()
})

// An array's `shift` moves all that is behind: the reading of 120,000 first rows took 38 seconds, and an update of 20,000 rows beside a
// feed that nobody read, 20.
it('takes what waits without moving the rest', async () => {
  const shift = vi.spyOn(Array.prototype, 'shift')
  const moved = () => Math.max(0, ...shift.mock.contexts.map((array) => (array as unknown[]).length))
  await run(a().insert(r.range(5000).map((id: Any) => ({ id }))))
  const feed = await run(a().changes({ includeInitial: true, changefeedQueueSize: 3000 }))
  await run(a().update({ n: 1 }))
  for (let i = 0; i < 5000; i++) await feed.next()
  expect(await feed.next()).toEqual({ error: 'Changefeed cache over array size limit, skipped 2000 elements.' })
  for (let i = 0; i < 3000; i++) await feed.next()
  expect(moved()).toBeLessThan(1000)
  shift.mockRestore()
  await feed.close()
})

// Its reading began a turn later, found it closed, and had nobody to tell that: the rejection ended the process.
it('can be closed in the turn in which its events were asked for', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  const feed = await run(a().changes())
  const heard: unknown[] = []
  feed.on('data', (change: unknown) => heard.push(change))
  await feed.close()
  await run(a().insert({ id: 1 }))
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 0))
  process.off('unhandledRejection', unhandled)
  expect([heard, unhandled.mock.calls]).toEqual([[], []])
})
