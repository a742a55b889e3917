// Promise: a table tells its changes to nobody but the feeds that somebody can still read.

import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import driver from '../../../../src/dialect/rethinkdb/index.ts'
import { Table } from '../../../../src/dialect/rethinkdb/store.ts'

// biome-ignore lint/suspicious/noExplicitAny: terms are called with whatever the case needs
type Any = any
const r = driver as Any

let connection: Any
const a = () => r.table('a')
const ids = (feed: Any) => feed.map((change: Any) => change('new_val')('id'))
const run = (term: Any) => term.run(connection)

beforeAll(async () => {
  connection = await r.connect()
  await run(r.tableCreate('a'))
})
afterAll(async () => await connection.close())

// Whatever a query followed and did not answer with went on gathering up to 100,000 changes, and cost each write to its table time, until
// the database was closed: of a query that takes the first changes of a feed, that fails, or whose feed has ended with an error.
it('follows nothing more than what somebody can read', async () => {
  const listen = vi.spyOn(Table.prototype, 'listen')
  const unlisten = vi.spyOn(Table.prototype, 'unlisten')
  const following = () => {
    const ended = new Set(unlisten.mock.calls.map(([one]) => one))
    return listen.mock.calls.filter(([one]) => !ended.has(one)).length
  }
  const first = run(a().changes().nth(0)('new_val')('id'))
  const some = run(ids(a().changes()).limit(2).coerceTo('array'))
  await vi.waitFor(() => expect(following()).toBe(2))
  await run(a().insert([{ id: 1 }, { id: 2 }]))
  expect([await first, [...(await some)]]).toEqual([1, [1, 2]])
  expect(following()).toBe(0)

  const failing = a().map((row: Any) => row('none'))
  await expect(run(failing.changes({ includeInitial: true }))).rejects.toThrow('No attribute `none`')
  await expect(run(a().union(failing).changes({ includeInitial: true }))).rejects.toThrow('No attribute `none`')
  expect(following()).toBe(0)

  const feed = await run(
    a()
      .changes()
      .map((change: Any) => change('new_val')('none')),
  )
  expect(following()).toBe(1)
  await run(a().insert({ id: 3 }))
  await expect(feed.next()).rejects.toThrow('No attribute `none`')
  expect(following()).toBe(0)

  const other = await r.connect({ database: connection.database })
  const waiting = a().changes().nth(0).run(other)
  await vi.waitFor(() => expect(following()).toBe(1))
  await other.close()
  await expect(waiting).rejects.toThrow('Connection is closed')
  expect(following()).toBe(0)
  vi.restoreAllMocks()
})
