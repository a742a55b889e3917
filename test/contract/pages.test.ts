// Promise: every entry keeps its contract in a page, loaded as it is or through any bundler without configuration. Checked by running one
// suite in Chromium, on the built files and on what vite, webpack and esbuild make of the packed tarball; and what rollup and esbuild
// make for Node in Node.

import { join } from 'node:path'
import * as esbuild from 'esbuild'
import type { Page } from 'playwright-core'
import { rollup } from 'rollup'
import * as vite from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import webpack from 'webpack'
import { browserName, executablePath, type Site, startSite } from '../browser/chromium.ts'
import type { Project } from '../package/tarball.ts'
import { contractProject, ENTRIES, expectAll, importing, type Outcome, outcomesIn, PRINTING } from './project.ts'

let project: Project
beforeAll(async () => {
  project = await contractProject()
  project.write('page.mjs', `${importing()}globalThis.outcomes = runSuite(modules, (name) => name)\n`)
  project.write(
    'node.mjs',
    `${importing()}const outcomes = await runSuite(modules, (name) => './bundled-' + process.argv[2] + name)\n${PRINTING}\n`,
  )
})
afterAll(() => project?.remove())

describe.skipIf(executablePath === undefined)(`in ${browserName}`, () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite()
  })
  afterAll(() => site?.close())

  async function outcomesOf(html: string): Promise<Outcome[]> {
    project.write(
      html,
      project.files.includes(html) ? '' : `<!doctype html><script type="module" src="./page.js"></script>`,
    )
    return await outcomesAt(`${site.mount(join(project.folder, html, '..'))}index.html`)
  }

  async function outcomesAt(url: string): Promise<Outcome[]> {
    const context = await site.context()
    const page: Page = await context.newPage()
    const complaints: string[] = []
    const complaint = new Promise<void>((resolve) => {
      page.on('pageerror', (error) => {
        complaints.push(String(error))
        resolve()
      })
    })
    await page.goto(url)
    const isDone = page
      .waitForFunction('globalThis.outcomes !== undefined')
      .catch((error) => complaints.push(String(error)))
    await Promise.race([isDone, complaint])
    expect(complaints).toEqual([])
    const outcomes = await page.evaluate('globalThis.outcomes')
    await context.close()
    return outcomes as Outcome[]
  }

  it('the files themselves hold', async () => {
    const suite = site.mount(join(project.folder, 'suite'))
    const page = await site.page()
    const entries = Object.keys(ENTRIES).filter((entry) => entry !== 'langchain')
    const imports = entries.map((entry) => `import('/dist/browser/${entry === 'native' ? 'index' : entry}.js')`)
    const outcomes = await page.evaluate(`Promise.all([import('${suite}suite.mjs'), ${imports}]).then(
      ([{ runSuite }, ${entries}]) => runSuite({ ${entries} }, (name) => name),
    )`)
    // LangChain's own package has bare imports, which a page resolves by an import map only.
    expectAll(outcomes as Outcome[], { without: ['langchain'] })
    await page.context().close()
  })

  it('what vite makes holds', async () => {
    project.write('index.html', '<!doctype html><script type="module" src="/page.mjs"></script>')
    const outDir = join(project.folder, 'vite')
    await vite.build({ root: project.folder, base: './', configFile: false, logLevel: 'silent', build: { outDir } })
    expectAll(await outcomesAt(`${site.mount(outDir)}index.html`))
  })

  it('what webpack makes holds', async () => {
    const path = join(project.folder, 'webpack')
    const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
      webpack(
        { mode: 'production', context: project.folder, entry: './page.mjs', output: { path, filename: 'page.js' } },
        (error, made) => (error === null ? resolve(made) : reject(error)),
      )
    })
    const { errors = [], warnings = [] } = stats!.toJson({ all: false, errors: true, warnings: true })
    expect(errors.map(({ message }) => message)).toEqual([])
    // It says that half a megabyte of code is much, and is right.
    expect(
      warnings.map(({ message }) => message).filter((text) => !/size limit|code splitting|performance/i.test(text)),
    ).toEqual([])
    expectAll(await outcomesOf('webpack/index.html'))
  })

  it('what esbuild makes holds', async () => {
    const { warnings } = await esbuild.build({
      absWorkingDir: project.folder,
      entryPoints: ['page.mjs'],
      bundle: true,
      format: 'esm',
      outfile: 'esbuild/page.js',
      logLevel: 'silent',
    })
    expect(warnings).toEqual([])
    expectAll(await outcomesOf('esbuild/index.html'))
  })
})

describe('in Node', () => {
  it('what rollup makes holds', async () => {
    const warnings: string[] = []
    const bundled = await rollup({
      input: join(project.folder, 'node.mjs'),
      onwarn: ({ code }) => warnings.push(String(code)),
    })
    await bundled.write({ file: join(project.folder, 'rolled.mjs') })
    await bundled.close()
    // Without a plug-in it leaves packages where they are.
    expect([...new Set(warnings)]).toEqual(['UNRESOLVED_IMPORT'])
    expectAll(outcomesIn(project.run('rolled.mjs', 'rollup')))
  })

  it('what esbuild makes holds', async () => {
    await esbuild.build({
      absWorkingDir: project.folder,
      entryPoints: ['node.mjs'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: 'built.mjs',
      logLevel: 'silent',
    })
    expectAll(outcomesIn(project.run('built.mjs', 'esbuild')))
  })
})
