// Promise: the playground, built as static files, loads data, runs programs in all five interfaces, searches and shows hits, shows how
// things are stored, and has it all again after a reload. Checked in Chromium; PLAYGROUND_IMAGES=1 writes what README shows anew.

import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildSite, SITE } from '../../docs/playground/site.mjs'
import { executablePath, isChromium, launchChromium } from './chromium.ts'
import { WAIT_MS } from './drivers.ts'

const IMAGES = join(import.meta.dirname, '../../docs/images')
const isWriting = process.env['PLAYGROUND_IMAGES'] === '1'
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** What each interface's sample program prints in the end. */
const SAMPLES: readonly (readonly [dialect: string, first: RegExp, last: RegExp])[] = [
  ['quiverdb', /inserted\s?3/, /distance/],
  ['rethinkdb', /inserted\s?3/, /19/],
  ['milvus', /"Success"/, /"crimson"/],
  ['epsilla', /Create poems successfully/, /The garden was blooming/],
  ['seekdb', /3/, /"walden"/],
]

describe.skipIf(executablePath === undefined || !isChromium)('the playground in Chromium', () => {
  let origin = ''
  let end = async () => {}
  let context: BrowserContext
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    await buildSite()
    const server = createServer((request, response) => {
      // Below a folder, as on a server that has other pages, too.
      const path = new URL(request.url!, 'http://localhost').pathname.replace(/^\/some\/folder\//, '')
      const file = join(SITE, path === '' ? 'index.html' : path)
      const isThere = existsSync(file) && extname(file) !== ''
      response.writeHead(isThere ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
      response.end(isThere ? readFileSync(file) : '')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://localhost:${(server.address() as AddressInfo).port}/some/folder/`
    const browser = await launchChromium()
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
    end = async () => {
      await browser.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
    context.setDefaultTimeout(WAIT_MS)
    page = await openPage()
  })
  afterAll(() => end())

  async function openPage(): Promise<Page> {
    const opened = await context.newPage()
    opened.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    opened.on('pageerror', (error) => complaints.push(String(error)))
    opened.on('dialog', (dialog) => dialog.accept())
    await opened.goto(origin)
    await opened.waitForSelector('html[data-ready]')
    return opened
  }

  const pane = (name: string) => page.click(`#tab-${name}`)
  const status = (text: RegExp) => page.locator('.status').filter({ hasText: text }).waitFor()
  const shows = (where: string, text: RegExp) =>
    expect.poll(() => page.locator(where).innerText(), { timeout: WAIT_MS }).toMatch(text)
  const collections = () => page.locator('.collection span').allTextContents()

  async function write(text: string): Promise<void> {
    await page.click('.cm-content')
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.insertText(text)
  }

  async function image(name: string): Promise<void> {
    const picture = await page.screenshot(isWriting ? { path: join(IMAGES, `playground-${name}.png`) } : {})
    expect(picture.length).toBeGreaterThan(20_000)
  }

  it.each(SAMPLES)('runs the sample of %s, and shows what it answers', async (dialect, first, last) => {
    await page.check(`input[name=interface][value=${dialect}]`, { force: true })
    await page.click('.cm-content')
    await page.keyboard.press('Control+Enter')
    await page.locator('.results .took').filter({ hasText: 'done in' }).waitFor()
    const lines = await page.locator('.output .line').allInnerTexts()
    expect(lines[0]).toMatch(first)
    expect(lines.at(-1)).toMatch(last)
    if (dialect === 'rethinkdb') await image('program')
  })

  it('keeps a program that was changed, and says what a wrong one threw', async () => {
    await page.check('input[name=interface][value=quiverdb]', { force: true })
    await write("console.log('so far'); await db.collection('nowhere').get(1)")
    await page.click('button:has-text("Run")')
    await page.locator('.results .took').filter({ hasText: 'failed after' }).waitFor()
    await shows('.output', /so far[\s\S]*NotFoundError: .*nowhere/)
    await page.reload()
    await page.waitForSelector('html[data-ready]')
    await shows('.cm-content', /nowhere/)
  })

  it('stops a program without end, and goes on with the same data', async () => {
    await write('for (;;);')
    await page.click('button:has-text("Run")')
    await page.click('button:has-text("Stop"):not([disabled])')
    await status(/was stopped/)
    await write("return await db.collection('notes').count()")
    await page.click('button:has-text("Run")')
    await page.locator('.output .line-result').filter({ hasText: '3' }).waitFor()
  })

  it('loads films, and shows them filtered and sorted', async () => {
    await page.click('[data-set=films]')
    await status(/3,201 documents/)
    await page.fill('#find-filter', `{ genre: 'Drama', 'ratings.imdb.score': { $gte: 8.9 } }`)
    await page.fill('#find-sort', 'title')
    await page.keyboard.press('Enter')
    await page.locator('#panel-documents .took').filter({ hasText: 'by index by_genre' }).waitFor()
    const titles = await page.locator('.documents tbody td:nth-child(2)').allTextContents()
    expect(titles).toEqual([...titles].sort())
    expect(titles).toContain('The Shawshank Redemption')
    await page.fill('#find-filter', '{ genre: }')
    await page.keyboard.press('Enter')
    await status(/the filter is an object/)
    expect(await page.locator('.status').getAttribute('class')).toContain('error')
  })

  it('finds films by words, and opens what it found', async () => {
    await pane('search')
    await page.fill('#search-text', 'star wars')
    await page.keyboard.press('Enter')
    await page.click('.hit:has-text("Star Wars Ep. IV")')
    await shows('.hits .detail', /director"George Lucas"/)
  })

  it('takes files that are dropped: CSV, and NDJSON with vectors', async () => {
    const csv = Buffer.from('id,city,people\n1,Ulm,126000\n2,Bern,134000\n')
    await page.setInputFiles('.drop input', { name: 'cities.csv', mimeType: 'text/csv', buffer: csv })
    await status(/2 documents into cities/)
    await shows('.documents tbody', /Bern\s+134000/)
    const points = Array.from({ length: 40 }, (_, id) =>
      JSON.stringify({ id, kind: id % 2 ? 'odd' : 'even', at: [id % 2, id / 40, 1] }),
    )
    const buffer = Buffer.from(points.join('\n'))
    await page.setInputFiles('.drop input', { name: 'points.ndjson', mimeType: 'text/plain', buffer })
    await status(/40 documents into points/)
    await pane('search')
    await page.fill('#search-text', '8')
    await page.keyboard.press('Enter')
    await shows('.hits li >> nth=0', /kind even/)
  })

  it('finds the neighbours of a digit, and lights them up on the map', async () => {
    await page.click('[data-set=digits]')
    await page
      .locator('.map-note')
      .filter({ hasText: /^3,000 documents$/ })
      .waitFor()
    await page.fill('#search-text', '30')
    await page.keyboard.press('Enter')
    await page.locator('.map[data-hits="11"]').waitFor()
    const digits = await page.locator('.hits small').allTextContents()
    expect(digits).toEqual(digits.map(() => 'digit 0'))
    await page.click('button[title="Show hits"]')
    await page.fill('#search-filter', '{ digit: { $ne: 0 } }')
    await page.keyboard.press('Enter')
    await page.locator('.hits small').filter({ hasNotText: 'digit 0' }).first().waitFor()
    await page.fill('#search-filter', '')
    await page.click('button[title="Show all"]')
    await page.fill('#search-text', '2532')
    await page.keyboard.press('Enter')
    await page.locator('.hits small').filter({ hasText: 'digit 8' }).first().waitFor()
    await image('map')
  })

  it('finds what looks like a drawing', async () => {
    const { x, y, width } = (await page.locator('.pad').boundingBox())!
    await page.mouse.move(x + width / 2, y + width * 0.2)
    await page.mouse.down()
    await page.mouse.move(x + width / 2, y + width * 0.8, { steps: 8 })
    await page.mouse.up()
    await page.locator('.hits small').filter({ hasText: 'digit 1' }).first().waitFor()
  })

  it('shows the bytes of a log, and of a record by field', async () => {
    await page.click('.collection:has-text("films")')
    await page.check('input[name=interface][value=quiverdb]', { force: true })
    await pane('program')
    await write(`return await db.collection('films').update({ genre: 'Western' }, { wild: true })`)
    await page.keyboard.press('Control+Enter')
    // Then no more news come that the pane would be made anew by.
    await page.locator('.results .took').filter({ hasText: 'done in' }).waitFor()
    await pane('storage')
    await page.locator('.strips .piece-replaced').waitFor()
    const legend = await page.locator('.strips figcaption').innerText()
    expect(legend).toMatch(/documents [\d.]+ kB/)
    const spans = await page.locator('.spans tbody').innerText()
    expect(spans).toMatch(/title\s+"The Land Girls"/)
    expect(spans).toMatch(/ratings.imdb.score\s+6.1, f64/)
    expect(spans).toMatch(/released\s+1998-06-12T00:00:00.000Z/)
    await page.locator('.spans .tag:has-text("title")').first().hover()
    await expect.poll(() => page.locator('.byte.lit').count(), { timeout: WAIT_MS }).toBe(4 + 'The Land Girls'.length)
    await page.mouse.move(0, 0)
    await image('storage')
  })

  it('has everything again in another tab when this one goes, the map as well', async () => {
    const before = await collections()
    // Another tab waits for this one.
    const [second, opening] = [context.waitForEvent('page'), openPage()]
    await (await second).locator('.status').filter({ hasText: 'open in another tab' }).waitFor()
    await page.close()
    page = await opening
    expect(await collections()).toEqual(before)
    await page.click('.collection:has-text("digits")')
    await pane('search')
    await page
      .locator('.map-note')
      .filter({ hasText: /^3,000 documents$/ })
      .waitFor()
    expect(await page.locator('.timings').innerText()).not.toContain('umap')
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.click('.map')
    await page.locator('.map[data-hits="11"]').waitFor()
    await page.fill('#search-text', '75')
    await page.keyboard.press('Enter')
    await page.locator('.hits small').filter({ hasText: 'digit 5' }).first().waitFor()
    await page.click('button[title="Show hits"]')
    await image('dark')
  })

  it('drops a collection', async () => {
    await page.hover('.collection:has-text("cities")')
    await page.click('button[title="Drop cities"]')
    await page.locator('.collection:has-text("cities")').waitFor({ state: 'detached' })
  })

  it('complains about nothing', () => {
    expect(complaints).toEqual([])
  })
})
