// Promise: what Chromium does the other engines do, in private windows, too: a database in memory, one with a name, kept from one page to
// the next and shared by two, searches and a dialect. Checked in Firefox and WebKit where they are installed; AGENTS.md says how the
// other suites of this folder run there.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Site } from './chromium.ts'
import { ENGINES, programOf } from './drivers.ts'
import { startElsewhere } from './elsewhere.ts'

type Quiver = typeof import('../../src/index.ts')
declare const quiverdb: Quiver

const WINDOWS = ENGINES.flatMap((engine) => [false, true].map((isPrivate) => [engine, isPrivate] as const))

describe.each(WINDOWS)('in %s, private: %s', (engine, isPrivate) => {
  const isMissing = programOf(engine) === undefined
  let site: Site
  beforeAll(async () => {
    if (!isMissing) site = await startElsewhere(engine, isPrivate)
  })
  afterAll(() => site?.close())

  it.skipIf(isMissing)(`all of it works${isMissing ? ` (skipped: ${engine} is not installed)` : ''}`, async () => {
    const context = await site.context()
    const first = await site.page(context)
    const written = await first.evaluate(async () => {
      const found: unknown[] = []
      for (const path of [':memory:', 'kept']) {
        const db = await quiverdb.open(path, { persist: true })
        const c = await db.createCollection('c', { vectors: { v: { dimension: 4, metric: 'l2' } } })
        await c.createIndex('words', { type: 'text', fields: ['text'], analyzer: 'english' })
        await c.insert(
          Array.from({ length: 500 }, (_, id) => ({ id, n: id % 7, text: `word${id % 5} running`, v: [id, 1, 0, 1] })),
        )
        await c.update({ n: 3 }, (document) => ({ n: (document['n'] as number) + 10 }))
        found.push(
          await c.count({ n: 13 }),
          (await c.search({ vector: [7, 1, 0, 1], limit: 1 }))[0]?.id,
          (await c.search({ text: 'word3 run', limit: 3 }))[0]!.id as number,
          await c.count({ text: { $regex: '^word[12]\\b' } }),
          (await c.find({ sort: '-id', limit: 2, select: ['id'] }).toArray()).map(({ id }) => id),
        )
        // The page goes with the other open.
        if (path === ':memory:') await db.close()
      }
      return [found, (await indexedDB.databases()).map(({ name }) => name)]
    })
    const found = [71, 7, expect.any(Number), 200, [499, 498]]
    const hasFiles = engine === 'firefox' && !isPrivate
    expect(written).toEqual([[...found, ...found], hasFiles ? [] : ['quiverdb/kept']])
    await first.close()

    const pages = [await site.page(context), await site.page(context)] as const
    const counts: unknown[] = []
    for (const [i, page] of pages.entries()) {
      counts.push(
        await page.evaluate(async (id) => {
          const db = await quiverdb.open('kept')
          const c = db.collection('c')
          await c.insert({ id, text: 'later', v: [0, 0, 0, 0] })
          return await c.count()
        }, 1_000 + i),
      )
    }
    expect(counts).toEqual([501, 502])
    const dialect = await pages[0].evaluate(`import('/dist/browser/rethinkdb.js').then(async ({ default: r }) => {
      const connection = await r.connect({ path: 'kept-r' })
      await r.tableCreate('t').run(connection)
      await r.table('t').insert([{ id: 1, n: 1 }, { id: 2, n: 2 }]).run(connection)
      const found = await r.table('t').filter(r.row('n').gt(1))('id').coerceTo('array').run(connection)
      let deep = r.expr(1)
      for (let i = 0; i < 30_000; i++) deep = deep.add(1)
      const refused = await Promise.resolve().then(() => deep.run(connection)).catch(({ name }) => name)
      await connection.close()
      return [found, refused]
    })`)
    expect(dialect).toEqual([[2], 'ReqlResourceLimitError'])
    await context.close()
  })
})
