// Promise: terms and connections hold nothing of tables that are gone.

import { expect, it } from 'vitest'
import r from '../../../src/dialect/rethinkdb/index.ts'
import { collect, held } from '../../core/garbage.ts'

const TABLES = 80
const SOME_TABLES = (TABLES / 4) * 1_048_576

/** What is held after so many tables more, each of which has more than 1 MB. */
async function grown(round: (i: number) => Promise<void>): Promise<number> {
  await round(0)
  const before = held()
  for (let i = 1; i <= TABLES; i++) await round(i)
  return held() - before
}

it('r.table(name), which is one term for all that name it, holds no table that was dropped', async () => {
  // Tables of a day, of a tenant, of a test: up to 1,000 of them stayed in memory with all their documents.
  const connection = await r.connect()
  const bytes = await grown(async (i) => {
    await r.tableCreate(`t${i}`).run(connection)
    await r.table(`t${i}`).insert({ id: 1 }).run(connection)
    await r.tableDrop(`t${i}`).run(connection)
  })
  await connection.close()
  expect(bytes).toBeLessThan(SOME_TABLES)
})

it('nor one of a connection that was closed', async () => {
  const bytes = await grown(async (i) => {
    const connection = await r.connect()
    await r.tableCreate(`t${i}`).run(connection)
    await r.table(`t${i}`).insert({ id: 1 }).run(connection)
    await connection.close()
  })
  expect(bytes).toBeLessThan(SOME_TABLES)
})

it('a connection forgets feeds that ended with their tables', async () => {
  const connection = await r.connect()
  const feeds: WeakRef<object>[] = []
  for (let i = 0; i < 150; i++) {
    await r.tableCreate('t').run(connection)
    const feed = await r.table('t').changes().run(connection)
    feeds.push(new WeakRef(feed))
    const next = feed.next().then(String, String)
    await r.tableDrop('t').run(connection)
    expect(await next).toMatch(/ReqlOpFailedError/)
  }
  await new Promise((resolve) => setTimeout(resolve))
  collect()
  // Those that are over go together, 64 of them.
  expect(feeds.filter((feed) => feed.deref() !== undefined).length).toBeLessThan(100)
  await connection.close()
})
