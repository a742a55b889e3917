// Promise: what was run before a connection is closed is answered. Terms come in parts that are loaded when a query first names them, so
// these tests are a file of their own: the first of them finds none loaded.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { r } from './cases.ts'

let path = ''
beforeAll(() => {
  path = mkdtempSync(join(tmpdir(), 'quiver-closing-'))
})
afterAll(() => rmSync(path, { recursive: true, force: true }))

// The first of its kind in a process was refused, the database being closed; a tableCreate was refused and had made the table.
it('answers queries that wait for their terms, or make tables, when the connection is closed right behind them', async () => {
  let connection = await r.connect({ path })
  const made = r.tableCreate('t').run(connection)
  await connection.close()
  expect(await made).toMatchObject({ tables_created: 1 })
  connection = await r.connect({ path })
  await r
    .table('t')
    .insert([{ id: 1 }, { id: 2 }])
    .run(connection)
  const answers = Promise.all([
    r.table('t').update({ n: 1 }).run(connection),
    r.table('t').orderBy({ index: 'id' }).coerceTo('array').run(connection),
    r.tableCreate('u').run(connection),
    r.table('t').indexCreate('n').run(connection),
    r.dbCreate('d').run(connection),
    r.table('t').get(1).delete().run(connection),
  ])
  await connection.close()
  expect(await answers).toMatchObject([
    { replaced: 2 },
    [
      { id: 1, n: 1 },
      { id: 2, n: 1 },
    ],
    { tables_created: 1 },
    { created: 1 },
    { dbs_created: 1 },
    { deleted: 1 },
  ])
  connection = await r.connect({ path })
  expect(await r.tableList().run(connection)).toEqual(['t', 'u'])
  expect(await r.table('t').indexList().run(connection)).toEqual(['n'])
  expect(await r.table('t').coerceTo('array').run(connection)).toEqual([{ id: 2, n: 1 }])
  await connection.close()
})

it('ends a query that waits for a change within it; it was never heard of again', async () => {
  const connection = await r.connect({ path })
  const answer = r
    .table('t')
    .changes()
    .limit(1)
    .coerceTo('array')
    .run(connection)
    .catch((error: Error) => error.message)
  await r.table('t').count().run(connection)
  await connection.close()
  expect(await answer).toMatch('Connection is closed')
})

it('does not wait for a feed, or what nobody answers', async () => {
  const connection = await r.connect({ path })
  const feed = await r.table('t').changes().run(connection)
  const next = feed.next().catch((error: Error) => error.message)
  await connection.close()
  // As the driver does it, the message names the feed; a program that has many could not tell which one ended.
  expect(await next).toMatch(/^Connection is closed in:\nr\.table\("t"\)\.changes\(\)\n\^{22}$/)
})
