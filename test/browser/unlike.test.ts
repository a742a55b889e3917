// Promise: where other browsers do otherwise than Chromium, everything works all the same. Checked in Chromium that is made to do as they
// do, so that it is checked everywhere.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { executablePath, isChromium, type Site, startSite } from './chromium.ts'

type Quiver = typeof import('../../src/index.ts')
declare const quiverdb: Quiver

describe.skipIf(executablePath === undefined || !isChromium)('in Chromium', () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite()
  })
  afterAll(() => site?.close())

  /** Keeps a document, and reads it after reopening, in workers that run `before` first; answers what lies in IndexedDB, too. */
  async function keep(before: string, name: string): Promise<unknown> {
    const page = await site.page(await site.context())
    const answer = await page.evaluate(
      async ([first, path]) => {
        const program = await (await fetch('/dist/browser/worker.js')).text()
        const url = URL.createObjectURL(new Blob([`${first}\n${program}`]))
        const worker = () => new Worker(url)
        const db = await quiverdb.open(path!, { worker })
        await (await db.createCollection('c')).insert({ id: 1, text: 'kept' })
        await db.close()
        const again = await quiverdb.open(path!, { worker })
        const kept = await again.collection('c').get(1)
        await again.close()
        return [kept?.['text'], (await indexedDB.databases()).map((one) => one.name)]
      },
      [before, name],
    )
    await page.context().close()
    return answer
  }

  // Every open of a name ended with "rename of data/catalog.new failed: Not enough arguments": nothing could be kept in Safari.
  it('files are renamed where that takes the folder as well, as in WebKit', async () => {
    const before = `const { move } = FileSystemFileHandle.prototype
FileSystemFileHandle.prototype.move = function (folder, name) {
  if (arguments.length < 2) throw new TypeError('Not enough arguments')
  return move.call(this, folder, name)
}`
    expect(await keep(before, 'renamed')).toEqual(['kept', []])
  })

  // The bare "UnknownError: The operation failed for an unknown transient reason" was all that a private window of Safari got.
  it.each(['SecurityError', 'UnknownError'])(
    'a file system that private windows are refused with %s is no reason to keep nothing',
    async (name) => {
      const before = `StorageManager.prototype.getDirectory = async () => { throw new DOMException('refused', '${name}') }`
      expect(await keep(before, 'private')).toEqual(['kept', ['quiverdb/private']])
    },
  )

  it('a file system that is refused once is asked again', async () => {
    const before = `const { getDirectory } = StorageManager.prototype
let asked = 0
StorageManager.prototype.getDirectory = async function () {
  if (asked++ === 0) throw new DOMException('refused', 'UnknownError')
  return await getDirectory.call(this)
}`
    expect(await keep(before, 'once')).toEqual(['kept', []])
  })

  // Firefox asks the user, and until there was an answer, which most never give, open did not come back.
  it('nobody waits for what the user says to persist', async () => {
    const page = await site.page(await site.context())
    const kept = await page.evaluate(async () => {
      StorageManager.prototype.persist = () => new Promise<boolean>(() => {})
      const db = await quiverdb.open('asking', { persist: true })
      await (await db.createCollection('c')).insert({ id: 1 })
      const count = await db.collection('c').count()
      await db.close()
      return count
    })
    expect(kept).toBe(1)
    await page.context().close()
  })

  // In Safari the next page of the same site never got the database: the worker of the one before was stopped with the lock in its hands.
  it('a page that is kept for the way back gives its database up', async () => {
    const context = await site.context()
    const first = await site.page(context)
    const left = await first.evaluate(async () => {
      const db = await quiverdb.open('left')
      const memory = await quiverdb.open(':memory:', { worker: true })
      await (await db.createCollection('c')).insert({ id: 1 })
      await memory.createCollection('m')
      dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
      const refused = await db.collections().catch((error) => `${error.name}: ${error.message}`)
      return [refused, (await memory.collections()).length]
    })
    expect(left).toEqual([expect.stringMatching(/^ClosedError: .*open it again/), 1])
    const second = await site.page(context)
    expect(await second.evaluate(async () => (await quiverdb.open('left')).collection('c').count())).toBe(1)
    await context.close()
  })
})
