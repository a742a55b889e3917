// Promise: a page may be closed, or its process die, at any moment: nothing is lost that was acknowledged as hard. Checked in Chromium by
// doing that to pages amid their writes, and looking from the next page at what is there.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserName, executablePath, isChromium, MEDIA, type Site, startSite } from './chromium.ts'

type Quiver = typeof import('../../src/index.ts')
declare const quiverdb: Quiver
declare const acknowledge: (ids: number[]) => Promise<void>

/** Kills on each medium; QUIVER_KILLS sets another number for both. */
const KILLS = { OPFS: 100, IndexedDB: 40 }
const given = process.env['QUIVER_KILLS'] || undefined
/** So many profiles at a time, each with a database of its own. */
const PROFILES = 2
/** Every so many kills it is the process that dies. */
const CRASH_EVERY = 5

describe.skipIf(executablePath === undefined)(`in ${browserName}`, () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite()
  })
  afterAll(() => site?.close())

  async function profile(medium: (typeof MEDIA)[number], kills: number): Promise<void> {
    const context = await site.context(medium)
    const acknowledged = new Set<number>()
    let heard = () => {}
    await context.exposeFunction('acknowledge', (ids: number[]) => {
      for (const id of ids) acknowledged.add(id)
      heard()
    })
    for (let round = 0; round < kills; round++) {
      const page = await site.page(context)
      // Never finishes: the page goes under it.
      page
        .evaluate(async (first) => {
          const db = await quiverdb.open('amid')
          const names = (await db.collections()).map(({ name }) => name)
          const c = names.includes('c') ? db.collection('c') : await db.createCollection('c', { shards: 2 })
          for (let id = first; ; id += 3) {
            // Over both shards, all or nothing.
            const batch = [0, 1, 2].map((i) => ({ id: id + i, batch: id, text: 'x'.repeat((id * 7) % 3_000) }))
            await c.insert(batch, { atomic: true })
            await acknowledge(batch.map((document) => document.id))
            if (id % 5 === 0) await c.upsert({ id: -1, text: 'y'.repeat(id % 30_000) })
          }
        }, round * 30_000)
        .catch(() => {})
      const wanted = acknowledged.size + 3 * (1 + (round % 7))
      await new Promise<void>((resolve) => {
        heard = () => {
          if (acknowledged.size >= wanted) resolve()
        }
      })
      if (isChromium && round % CRASH_EVERY === CRASH_EVERY - 1) {
        const session = await context.newCDPSession(page)
        const crashed = new Promise((resolve) => page.once('crash', resolve))
        session.send('Page.crash').catch(() => {})
        await crashed
      }
      await page.close()
    }
    const last = await site.page(context)
    const kept = await last.evaluate(async () => {
      const db = await quiverdb.open('amid')
      const documents = await db
        .collection('c')
        .find({ filter: { id: { $gte: 0 } }, select: ['id', 'batch'] })
        .toArray()
      await db.close()
      return documents.map((document) => [document['id'], document['batch']] as [number, number])
    })
    const ids = new Set(kept.map(([id]) => id))
    expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([])
    for (const [, batch] of kept) expect([0, 1, 2].every((i) => ids.has(batch + i))).toBe(true)
    // Of each page at most the batch that was on its way.
    expect(kept.length).toBeLessThanOrEqual(acknowledged.size + 3 * kills)
    await context.close()
  }

  it.each(MEDIA)('lose nothing acknowledged on %s', { timeout: 600_000 }, async (medium) => {
    const kills = given === undefined ? KILLS[medium] : Number(given)
    await Promise.all(Array.from({ length: PROFILES }, () => profile(medium, Math.ceil(kills / PROFILES))))
  })
})
