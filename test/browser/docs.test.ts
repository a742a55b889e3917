// Promise: the programs of README.md and docs/ that are for a page run in one, and print what they say. Checked in Chromium, on the
// built bundles; test/package/blocks.ts says how they are marked.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf, documents } from '../package/blocks.ts'
import { browserName, executablePath, type Site, startSite } from './chromium.ts'

const blocks = documents()
  .flatMap(blocksOf)
  .filter(({ kind }) => kind === 'page')

/** A page without an import map has to say where the package lies. */
function served(program: string): string {
  return program.replace(/from 'quiverdb(?:\/(\w+))?'/g, (_, entry = 'index') => `from '/dist/browser/${entry}.js'`)
}

describe.skipIf(executablePath === undefined)(`in ${browserName}`, () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite()
  })
  afterAll(() => site?.close())

  it('there are some', () => {
    expect(blocks.length).toBeGreaterThan(1)
  })

  it.each(blocks.map((block) => [`${block.file}:${block.line}`, block] as const))('%s', async (_, block) => {
    const page = await site.page()
    const printed: string[] = []
    page.on('console', (message) => printed.push(message.text()))
    page.on('pageerror', (error) => printed.push(String(error)))
    // The last line tells that those above have run.
    await page.addScriptTag({ type: 'module', content: `${served(block.text)}\nglobalThis.isDone = true` })
    await page.waitForFunction(() => 'isDone' in globalThis)
    expect(printed).toEqual(block.promised)
    await page.context().close()
  })
})
