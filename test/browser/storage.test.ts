// Promise: in a page, a database with a name is kept in the browser's own file system, by a worker that the package starts, and where
// there is no such file system in IndexedDB, with the same promises. Checked in Chromium, on the built bundles.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserName, executablePath, MEDIA, type Site, startSite } from './chromium.ts'

type Quiver = typeof import('../../src/index.ts')
declare const quiverdb: Quiver

describe.skipIf(executablePath === undefined).each(MEDIA)(`in ${browserName}, on %s`, (medium) => {
  let site: Site
  beforeAll(async () => {
    site = await startSite()
  })
  afterAll(() => site?.close())

  it('keeps documents from one page to the next', async () => {
    const context = await site.context(medium)
    const first = await site.page(context)
    expect(await first.evaluate(() => crossOriginIsolated)).toBe(false)
    const written = await first.evaluate(async () => {
      const db = await quiverdb.open('kept')
      const posts = await db.createCollection('posts', { vectors: { v: { dimension: 2 } } })
      const documents = Array.from({ length: 2_500 }, (_, i) => ({ id: i, text: `t${i}`, at: new Date(i), v: [i, 1] }))
      const { inserted, errors } = await posts.insert(documents)
      await posts.upsert({ id: 5, text: 'five', big: 5n, bytes: new Uint8Array([1, 2]) })
      await posts.delete([7, 8])
      return { inserted, errors, count: await posts.count() }
    })
    expect(written).toEqual({ inserted: 2_500, errors: 0, count: 2_498 })
    // Not closed: the page just goes.
    await first.close()
    const second = await site.page(context)
    const read = await second.evaluate(async () => {
      const db = await quiverdb.open('kept')
      const posts = db.collection('posts')
      const five = await posts.get(5)
      const nine = await posts.get(9)
      const found = await posts.find({ filter: { id: { $lt: 10 } }, sort: '-id', limit: 3, select: ['id'] }).toArray()
      let iterated = 0
      for await (const document of posts.find()) if (document['id'] !== undefined) iterated++
      const answer = {
        five: [five?.['text'], five?.['big'] === 5n, five?.['bytes'] instanceof Uint8Array],
        nine: [(nine!['at'] as Date).getTime(), (nine!['v'] as Float32Array).length],
        found,
        iterated,
        gone: await posts.get(7),
        key: posts.primaryKey,
        collections: (await db.collections()).map(({ name }) => name),
      }
      await db.close()
      await db.close()
      return answer
    })
    expect(read).toEqual({
      five: ['five', true, true],
      nine: [9, 2],
      found: [{ id: 9 }, { id: 6 }, { id: 5 }],
      iterated: 2_498,
      gone: undefined,
      key: 'id',
      collections: ['posts'],
    })
    await context.close()
  })

  async function inPage<R>(run: (open: Quiver['open'], path: string) => Promise<R>, path: string): Promise<R> {
    const page = await site.page(await site.context(medium))
    try {
      return (await page.evaluate(`(${run})(quiverdb.open, ${JSON.stringify(path)})`)) as R
    } finally {
      await page.context().close()
    }
  }

  it.each(['named', ':memory:'])('runs functions of the page on documents of the worker: %s', async (path) => {
    const answer = await inPage(async (open, place) => {
      const db = await open(place, { worker: true })
      const c = await db.createCollection('c')
      await c.insert([
        { id: 1, n: 1 },
        { id: 2, n: 2 },
      ])
      const summed = await c.insert(
        [
          { id: 1, n: 10 },
          { id: 1, n: 100 },
          { id: 3, n: 3 },
        ],
        {
          conflict: (_, old, fresh) => ({ ...old, n: (old as { n: number }).n + (fresh as { n: number }).n }),
          returnChanges: true,
        },
      )
      const doubled = await c.update({}, (document) => ({ n: (document as { n: number }).n * 2 }))
      const dropped = await c.replace(2, () => null)
      const thrown = await c.update(1, () => {
        throw new Error('no')
      })
      const documents = await c.find({ sort: 'id' }).toArray()
      await db.close()
      return { summed, doubled, dropped, thrown, documents }
    }, path)
    expect(answer.summed).toMatchObject({ inserted: 1, replaced: 2, errors: 0 })
    expect(answer.summed.changes).toHaveLength(3)
    expect(answer.doubled).toMatchObject({ replaced: 3 })
    expect(answer.dropped).toMatchObject({ deleted: 1 })
    expect(answer.thrown).toMatchObject({ errors: 1, firstError: expect.stringContaining('no') })
    expect(answer.documents).toEqual([
      { id: 1, n: 222 },
      { id: 3, n: 6 },
    ])
  })

  it('refuses as everywhere, with the same errors', async () => {
    const answer = await inPage(async (open) => {
      const db = await open('refusing')
      const c = await db.createCollection('c')
      const mixed = await c.insert([{ id: 1, f: () => {} }, { id: 2 }] as object[])
      const errorOf = async (run: () => unknown) => {
        try {
          await run()
          return 'none'
        } catch (error) {
          const { name, code, message } = error as { name: string; code: string; message: string }
          return [name, code, message.length > 10]
        }
      }
      const errors = [
        await errorOf(() => c.find({ filter: { a: { $gtt: 1 } } }).toArray()),
        await errorOf(() => db.createCollection('c')),
        await errorOf(() => db.collection('missing')),
        await errorOf(() => c.insert({ id: 3 }, { signal: AbortSignal.abort(new Error('stopped before')) })),
        await errorOf(() => open('../up')),
      ]
      const count = await c.count()
      await db.renameCollection('c', 'd')
      const renamed = [c.name, await c.count(), await errorOf(() => db.collection('c'))]
      await db.close()
      const closed = await errorOf(() => c.count())
      return { mixed, errors, count, renamed, closed }
    }, 'refusing')
    expect(answer.mixed).toMatchObject({ inserted: 1, errors: 1, firstError: expect.stringContaining('f') })
    expect(answer.errors).toEqual([
      ['UnknownOptionError', 'QUIVER_UNKNOWN_OPTION', true],
      ['ConflictError', 'QUIVER_CONFLICT', true],
      ['NotFoundError', 'QUIVER_NOT_FOUND', true],
      ['Error', undefined, true],
      ['UsageError', 'QUIVER_USAGE', true],
    ])
    expect(answer.count).toBe(1)
    expect(answer.renamed).toEqual(['d', 1, ['NotFoundError', 'QUIVER_NOT_FOUND', true]])
    expect(answer.closed).toEqual(['ClosedError', 'QUIVER_CLOSED', true])
  })

  it('takes iterables, and stops iterations half-way', async () => {
    const answer = await inPage(async (open) => {
      const db = await open('streams')
      const c = await db.createCollection('c')
      const result = await c.insert(
        (async function* () {
          for (let i = 0; i < 3_000; i++) yield { id: i }
        })(),
      )
      let seen = 0
      for await (const _ of c.find()) if (++seen === 700) break
      const d = await db.createCollection('d')
      const copied = await d.insert(c.find({ limit: 1_500 }))
      const rest = await d.insert(c)
      await db.close()
      return { inserted: result.inserted, seen, copied: copied.inserted, rest: [rest.inserted, rest.errors] }
    }, 'streams')
    expect(answer).toEqual({ inserted: 3_000, seen: 700, copied: 1_500, rest: [1_500, 1_500] })
  })

  it('writes logs anew when they are mostly garbage, and gives the space back', async () => {
    const answer = await inPage(async (open, path) => {
      let db = await open(path)
      const c = await db.createCollection('c')
      const text = (round: number, id: number) => String.fromCharCode(97 + ((round + id) % 26)).repeat(2_000)
      const documents = (round: number) =>
        Array.from({ length: 100 }, (_, id) => ({ id, round, text: text(round, id) }))
      for (let round = 0; round < 60; round++) await c.upsert(documents(round))
      await c.optimize()
      const used = (await navigator.storage.estimate()).usage!
      await db.close()
      db = await open(path)
      const found = await db.collection('c').find({ sort: 'id' }).toArray()
      const isWhole = found.every(({ id, round, text: kept }) => round === 59 && kept === text(59, id as number))
      await db.close()
      return { count: found.length, isWhole, used }
    }, 'garbage')
    // 12 MB were written, 200 kB are alive.
    expect(answer).toMatchObject({ count: 100, isWhole: true })
  })

  it('works under a policy without eval', async () => {
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:"
    const context = await site.context(medium)
    const page = await context.newPage()
    await page.close()
    const guarded = await site.page(context, policy)
    const counts = await guarded.evaluate(async () => {
      const counts: number[] = []
      for (const path of [':memory:', 'guarded']) {
        const db = await quiverdb.open(path)
        const c = await db.createCollection('c')
        await c.insert(Array.from({ length: 300 }, (_, id) => ({ id, name: `n${id}` })))
        counts.push((await c.find().toArray()).length)
        await db.close()
      }
      return counts
    })
    expect(counts).toEqual([300, 300])
    await context.close()
  })

  describe('several tabs', () => {
    const add = (page: Page, id: number) =>
      page.evaluate(async (key) => {
        const scope = globalThis as { db?: Awaited<ReturnType<Quiver['open']>> }
        scope.db ??= await quiverdb.open('shared')
        const names = (await scope.db.collections()).map(({ name }) => name)
        const c = names.includes('c') ? scope.db.collection('c') : await scope.db.createCollection('c')
        const { inserted } = await c.insert({ id: key })
        return [inserted, await c.count()]
      }, id)

    it('use one database, and another takes over when the first closes', async () => {
      const context = await site.context(medium)
      const pages = [await site.page(context), await site.page(context), await site.page(context)]
      expect(await add(pages[0]!, 1)).toEqual([1, 1])
      expect(await add(pages[1]!, 2)).toEqual([1, 2])
      expect(await add(pages[2]!, 3)).toEqual([1, 3])
      expect(await add(pages[0]!, 4)).toEqual([1, 4])
      await pages[0]!.close()
      expect(await add(pages[1]!, 5)).toEqual([1, 5])
      expect(await add(pages[2]!, 6)).toEqual([1, 6])
      await pages[1]!.evaluate(() => (globalThis as unknown as { db: { close(): Promise<void> } }).db.close())
      expect(await add(pages[2]!, 7)).toEqual([1, 7])
      await context.close()
    })
  })
})
