// Promise: in a page, too, whatever is written in whatever order, every result and everything stored are what the rules say, after
// reopening as well. The model test of test/model/collection.test.ts, in Chromium, on the private file system and on IndexedDB.
//
// A failure prints its seed and path; QUIVER_SEED repeats it, QUIVER_RUNS changes how many sequences are tried.

import { join } from 'node:path'
import * as esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserName, executablePath, MEDIA, type Site, startSite } from './chromium.ts'

const seed = Number(process.env['QUIVER_SEED'] ?? 1)
const numRuns = Number(process.env['QUIVER_RUNS'] ?? 8)

describe.skipIf(executablePath === undefined)(`in ${browserName}`, () => {
  let site: Site
  let program: string
  beforeAll(async () => {
    site = await startSite()
    const { outputFiles } = await esbuild.build({
      entryPoints: [join(import.meta.dirname, 'model-program.ts')],
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'browser',
    })
    program = outputFiles[0]!.text
  })
  afterAll(() => site?.close())

  it.each(MEDIA.flatMap((medium) => [1, 2].map((shards) => [medium, shards] as const)))(
    'a collection on %s, over %i shards, does what a Map does',
    async (medium, shards) => {
      const page = await site.page(await site.context(medium))
      await page.addScriptTag({ content: program })
      const settings = JSON.stringify({ seed, numRuns, shards })
      expect(await page.evaluate(`runModel(quiverdb.open, ${settings})`)).toBe(numRuns)
      await page.context().close()
    },
  )
})
