// Promise: what one place exports another imports, a page of any kind and Node alike; what the browser has no space for is refused and
// takes nothing else along. Checked in Chromium.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { open } from '../../src/index.ts'
import { browserName, executablePath, isChromium, MEDIA, type Site, startSite } from './chromium.ts'

type Quiver = typeof import('../../src/index.ts')
type Database = import('../../src/index.ts').Database
declare const quiverdb: Quiver

describe.skipIf(executablePath === undefined)(`in ${browserName}`, () => {
  let site: Site
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quiverdb-travel-'))
    site = await startSite()
  })
  afterAll(async () => {
    await site?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** What a page exports, and what Node does, as base64: the way between the two. */
  async function exportOf(page: Page, path: string): Promise<Buffer> {
    const text = await page.evaluate(async (place) => {
      const db = await quiverdb.open(place)
      const c = await db.createCollection('c', { shards: 2, vectors: { v: { dimension: 3 } } })
      await c.createIndex('n')
      const documents = Array.from({ length: 900 }, (_, id) => ({
        id,
        n: id % 9,
        at: new Date(id),
        big: BigInt(id),
        v: [id, 0, 1],
      }))
      await c.insert(documents)
      await c.delete({ n: 8 })
      const blob = await db.export()
      const bytes = await db.export({ as: 'bytes' })
      let streamed = 0
      const reader = (await db.export({ as: 'stream' })).getReader()
      for (let next = await reader.read(); !next.done; next = await reader.read()) streamed += next.value.length
      await db.close()
      if (place !== ':memory:' && (bytes.length !== blob.size || streamed !== blob.size))
        throw new Error('sizes differ')
      return await new Promise<string>((resolve) => {
        const file = new FileReader()
        file.onload = () => resolve(String(file.result))
        file.readAsDataURL(blob)
      })
    }, path)
    return Buffer.from(text.slice(text.indexOf(',') + 1), 'base64')
  }

  const check = async (db: Database) => {
    const c = db.collection('c')
    const seven = (await c.get(7))!
    const [near] = await c.search({ vector: [700, 0, 1], limit: 1, filter: { id: { $gt: 600 } }, exact: true })
    return [
      await c.count(),
      (seven['at'] as Date).getTime(),
      String(seven['big']),
      typeof near?.id,
      (await c.find({ filter: { n: 3 } }).explain()).plan,
    ]
  }
  const CHECKED = [800, 7, '7', 'number', 'index']

  it.each(MEDIA.flatMap((medium) => ['travelling', ':memory:'].map((path) => [medium, path] as const)))(
    'a page with %s and Node exchange %s',
    async (medium, path) => {
      const page = await site.page(await site.context(medium))
      const bytes = await exportOf(page, path)
      const target = path === ':memory:' ? path : join(folder, medium)
      const there = await open.import(bytes, target)
      expect(await check(there)).toEqual(CHECKED)
      const back = Buffer.from(await there.export({ as: 'bytes' })).toString('base64')
      await there.close()
      const answer = await page.evaluate(
        `fetch('data:application/octet-stream;base64,${back}').then(async (response) => {
          const file = await response.blob()
          const place = ${JSON.stringify(path === ':memory:' ? path : 'returned')}
          const db = await quiverdb.open.import(file, place)
          const answer = await (${check})(db)
          await db.close()
          const errorOf = (run) => run.then((db) => db.close().then(() => 'none'), (error) => error.name)
          const damaged = file.slice(0, file.size - 10)
          const refusals = [await errorOf(quiverdb.open.import(damaged, 'fresh'))]
          if (place !== ':memory:') {
            refusals.push(await errorOf(quiverdb.open.import(file, place)))
            const again = await quiverdb.open(place)
            answer[0] += (await again.collection('c').count()) - 800
            await again.close()
          }
          // Nothing is left of it: a whole one goes in.
          refusals.push(await errorOf(quiverdb.open.import(file.stream(), 'fresh')))
          return { answer, refusals }
        })`,
      )
      const refusals = path === ':memory:' ? ['CorruptError', 'none'] : ['CorruptError', 'ConflictError', 'none']
      expect(answer).toEqual({ answer: CHECKED, refusals })
      const databases = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
      expect(databases.includes('quiverdb/fresh')).toBe(medium === 'IndexedDB')
      await page.context().close()
    },
  )

  it.skipIf(!isChromium).each(MEDIA)('a quota that is used up on %s loses nothing', async (medium) => {
    const context = await site.profileOnDisk(medium)
    const page = await site.page(context)
    const session = await context.newCDPSession(page)
    // Before anything is opened: browsers ask for the quota now and then only.
    const quotaSize = 6_000_000
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize })
    await page.evaluate(async () => {
      const db = await quiverdb.open('full')
      const c = await db.createCollection('c')
      await c.insert({ id: 'first' })
      Object.assign(globalThis, { db, c })
    })
    const outcome = await page.evaluate(async () => {
      const { db, c } = globalThis as unknown as { db: Database; c: ReturnType<Database['collection']> }
      const acknowledged: number[] = []
      let refusal: Error | undefined
      for (let id = 0; id < 200 && refusal === undefined; id++) {
        try {
          await c.insert({
            id,
            text: Array.from({ length: 20_000 }, () => Math.random().toString(36).slice(2, 7)).join(''),
          })
          acknowledged.push(id)
        } catch (error) {
          refusal = error as Error
        }
      }
      const isReadable = (await c.get('first')) !== undefined && (await c.count()) > acknowledged.length
      await db.close().catch(() => {})
      return { acknowledged, isReadable, name: refusal?.name, message: refusal?.message }
    })
    expect(outcome.acknowledged.length).toBeGreaterThan(5)
    expect(outcome.name).toMatch(/^(HostError|PoisonedError)$/)
    expect(outcome.message).toMatch(/space|quota/i)
    expect(outcome.isReadable).toBe(true)
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin })
    const kept = await page.evaluate(async () => {
      const db = await quiverdb.open('full')
      const c = db.collection('c')
      const ids = (await c.find({ select: ['id'] }).toArray()).map(({ id }) => id)
      const { inserted } = await c.insert({ id: 'after' })
      await db.close()
      return { ids, inserted }
    })
    expect(kept.inserted).toBe(1)
    expect(outcome.acknowledged.filter((id) => !kept.ids.includes(id))).toEqual([])
    await context.close()
  })

  it('asks the browser to keep the data where that is wanted', async () => {
    const context = await site.context()
    const page = await site.page(context)
    const asked = await page.evaluate(async () => {
      let asked = 0
      const persist = navigator.storage.persist.bind(navigator.storage)
      navigator.storage.persist = () => {
        asked++
        return persist()
      }
      await (await quiverdb.open('kept', { persist: true })).close()
      await (await quiverdb.open('other')).close()
      return asked
    })
    expect(asked).toBe(1)
    await context.close()
  })
})
