// Promise: a page whose content security policy allows no worker made from a blob hands over the program that the package ships, and all
// is as elsewhere; without it the error says so. Checked in Chromium.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserName, executablePath, type Site, startSite } from './chromium.ts'

type Quiver = typeof import('../../src/index.ts')
declare const quiverdb: Quiver

const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"

describe.skipIf(executablePath === undefined)('under a policy without blob:', () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite()
  })
  afterAll(() => site?.close())

  it.each(['named', ':memory:'])('%s runs in the worker that the page makes', async (path) => {
    const page = await site.page(await site.context(), POLICY)
    const answer = await page.evaluate(async (place) => {
      const worker = () => new Worker('/dist/browser/worker.js')
      const db = await quiverdb.open(place, { worker })
      const c = await db.createCollection('c', { vectors: { v: { dimension: 2 } } })
      await c.createIndex('words', { type: 'text', fields: ['text'], analyzer: 'english' })
      await c.insert(Array.from({ length: 300 }, (_, id) => ({ id, text: `word${id % 3}`, v: [id, 1] })))
      const words = (await c.search({ text: 'word1', limit: 200 })).length
      const [near] = await c.search({ vector: [7, 1], limit: 1 })
      await db.close()
      return [words, typeof near?.id]
    }, path)
    expect(answer).toEqual([100, 'number'])
    await page.context().close()
  })

  it('without the program the error says what to give', async () => {
    const page = await site.page(await site.context(), POLICY)
    const refused = await page.evaluate(async () => {
      try {
        await quiverdb.open('named')
        return 'opened'
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}`
      }
    })
    expect(refused).toMatch(/^HostError: .*quiverdb\/worker\.js/)
    await page.context().close()
  })

  it('refuses the worker of another version', async () => {
    const page = await site.page()
    const refused = await page.evaluate(async () => {
      const text = await (await fetch('/dist/browser/worker.js')).text()
      const program = `const listen = self.addEventListener.bind(self)
listen('message', (event) => { if (event.data.open) event.data.open.version = '9.9.9' })
${text}`
      const worker = () => new Worker(URL.createObjectURL(new Blob([program])))
      try {
        await quiverdb.open('named', { worker })
        return 'opened'
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}`
      }
    })
    expect(refused).toMatch(/^StateError: the worker is of quiverdb \d.*, the page of 9\.9\.9/)
    await page.context().close()
  })
})

// The error was "crypto.randomUUID is not a function": whoever tried a page on another machine of the house by its address had no idea why.
// WebKit knows no such host.
describe.skipIf(executablePath === undefined || browserName === 'webkit')('on a page by http: of another host', () => {
  it('memory works, and a name is refused with the reason', async () => {
    const site = await startSite()
    try {
      const page = await site.page(await site.context())
      await page.goto(site.origin.replace('localhost', 'plain.test'))
      // As text: vitest turns an import() in a function into a call of its own.
      const answer = await page.evaluate(`(async () => {
        const { open } = await import('/dist/browser/index.js')
        const c = await (await open(':memory:')).createCollection('c')
        await c.insert({ n: 1 })
        const refused = await open('named').catch((error) => error.name + ': ' + error.message)
        return [isSecureContext, await c.count(), refused]
      })()`)
      expect(answer).toEqual([false, 1, expect.stringMatching(/^HostError: .*secure context.*https:/)])
    } finally {
      await site.close()
    }
  })
})
