// Promise: the package runs in a browser, through a bundler without configuration or by <script type="module">, and stays
// small. Checked by bundling the packed tarball and reading what comes out; test/browser runs it.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as esbuild from 'esbuild'
import * as vite from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import webpack from 'webpack'
import { ROOT } from '../../.ci/stamp.mjs'
import { importedBy, installTarball, type Project } from './tarball.ts'

const design = () => readFileSync(join(ROOT, 'docs/design.md'), 'utf8')

/** What docs/design.md says that a page loads at most, in bytes: the core with its WASM, and each dialect beyond it. */
function limits(): [entry: string, bytes: number][] {
  return [...design().matchAll(/^\| `(quiverdb(?:\/\w+)?)` \| ([\d.]+) \|/gm)].map((row) => [
    row[1]!,
    Number(row[2]) * 1_000,
  ])
}

let project: Project
let folder: string
beforeAll(async () => {
  project = await installTarball()
  folder = join(project.installed, 'dist/browser')
  project.write('main.js', `import * as quiverdb from 'quiverdb'\nglobalThis.quiverdb = quiverdb\n`)
  project.write('required.cjs', `globalThis.quiverdb = require('quiverdb')\n`)
  project.write('index.html', '<!doctype html><script type="module" src="/main.js"></script>\n')
})
afterAll(() => project?.remove())

function bundles(): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.c?js$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }))
}

describe('the browser bundles', () => {
  it('import nothing but each other, and LangChain for its store', async () => {
    const imports = (await Promise.all(bundles().map(({ path }) => importedBy(join(folder, path))))).flat()
    expect(imports.length).toBeGreaterThan(0)
    expect(imports.filter(({ path }) => !/^(\.{1,2}\/|@langchain\/core\/)/.test(path))).toEqual([])
  })

  it('have no Node word in them', () => {
    // What asks whether there is such a module is no import of it.
    const words =
      /(?<!getBuiltinModule\?\.\()['"]node:|\brequire\(['"](?!\.{1,2}\/|@langchain\/core\/)|(?<![.\w])(process|Buffer)\./
    expect(
      bundles()
        .filter(({ text }) => words.test(text))
        .map(({ path }) => path),
    ).toEqual([])
  })

  it('weigh what docs/design.md says when a page loads them, minified and gzipped', async () => {
    const said = limits()
    expect(said.map(([entry]) => entry)).toEqual(['quiverdb', ...DIALECTS.map((name) => `quiverdb/${name}`)])
    const core = await firstLoad('quiverdb')
    const weights = await Promise.all(
      said.map(async ([entry, most]) => {
        const bytes = entry === 'quiverdb' ? core : (await firstLoad(entry)) - core
        return { entry, bytes, isWithin: bytes <= most && bytes > most * 0.85 }
      }),
    )
    // Much less than what is said is news, too: the table is to be true.
    expect(weights.filter(({ isWithin }) => !isWithin)).toEqual([])
    const [, withFilter] = /^\| with a first filter \| ([\d.]+) \|$/m.exec(design())!
    const all = await firstLoad('quiverdb', ['queries', 'filter'])
    expect(all).toBeLessThanOrEqual(Number(withFilter) * 1_000)
    expect(all).toBeGreaterThan(Number(withFilter) * 850)
  })
})

const DIALECTS = ['rethinkdb', 'milvus', 'epsilla', 'seekdb']

/** Bytes of what is loaded at once with an entry, and then with parts that are imported when they are needed, by the names of their files. */
async function firstLoad(entry: string, parts: readonly string[] = []): Promise<number> {
  const { outputFiles, metafile } = await esbuild.build({
    stdin: { contents: `import * as all from '${entry}'\nglobalThis.all = all`, resolveDir: project.folder },
    bundle: true,
    minify: true,
    splitting: true,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    outdir: 'page',
    // The names of chunks come from paths: those below a folder whose name is random made every weight another by some bytes each time.
    absWorkingDir: project.folder,
    write: false,
  })
  const first = new Set<string>()
  const follow = (path: string) => {
    if (first.has(path)) return
    first.add(path)
    for (const one of metafile.outputs[path]!.imports) {
      if (one.kind === 'import-statement' && one.external !== true) follow(one.path)
    }
  }
  follow(Object.keys(metafile.outputs).find((path) => metafile.outputs[path]!.entryPoint === '<stdin>')!)
  for (const part of parts) {
    const path = Object.keys(metafile.outputs).find((one) => metafile.outputs[one]!.entryPoint?.includes(`/${part}-`))
    expect(path, part).toBeDefined()
    expect([...first], part).not.toContain(path)
    follow(path!)
  }
  return outputFiles
    .filter(({ path }) => first.has(relative(project.folder, path).replaceAll('\\', '/')))
    .reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0)
}

describe('bundlers without configuration', () => {
  it.each(['main.js', 'required.cjs'])('esbuild takes %s', async (entry) => {
    const result = await esbuild.build({
      absWorkingDir: project.folder,
      entryPoints: [entry],
      bundle: true,
      write: false,
      platform: 'browser',
      logLevel: 'silent',
    })
    expect(result.warnings).toEqual([])
    expect(result.outputFiles[0]?.text).toContain('QUIVER_LOCKED')
  })

  it('vite takes a page', async () => {
    const result = await vite.build({
      root: project.folder,
      configFile: false,
      logLevel: 'silent',
      build: { write: false },
    })
    const { output } = result as Extract<typeof result, { output: unknown }>
    const code = output.map((part) => ('code' in part ? part.code : '')).join('')
    expect(code).toContain('QUIVER_LOCKED')
    expect(code).not.toContain('__vite-browser-external')
  })

  // It warned of a request that is an expression, and the bundle found no driver, whatever was installed beside it.
  it('webpack takes CommonJS for Node, and leaves a driver to be found beside the bundle', async () => {
    project.write('server.cjs', `module.exports = require('quiverdb/milvus').MilvusClient`)
    project.write(
      'out/main.cjs.test.cjs',
      `const Client = require('./main.cjs')
new Client('localhost:19530').getVersion().then(({ version }) => console.log(version))`,
    )
    project.write(
      'out/node_modules/@zilliz/milvus2-sdk-node/index.js',
      `exports.MilvusClient = class { getVersion() { return Promise.resolve({ version: 'beside' }) } }`,
    )
    const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
      const output = { path: join(project.folder, 'out'), filename: 'main.cjs', library: { type: 'commonjs2' } }
      const entry = './server.cjs'
      webpack({ context: project.folder, target: 'node', mode: 'none', entry, output }, (error, done) =>
        error === null ? resolve(done) : reject(error),
      )
    })
    expect(stats?.compilation.warnings.map(String)).toEqual([])
    expect(stats?.compilation.errors.map(String)).toEqual([])
    expect(project.run(join(project.folder, 'out/main.cjs.test.cjs')).trim()).toBe('beside')
  })

  it('drop the package when nothing of it is used', async () => {
    const result = await esbuild.build({
      absWorkingDir: project.folder,
      stdin: { contents: `import { LockedError } from 'quiverdb'\nconsole.log(1)`, resolveDir: project.folder },
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      logLevel: 'silent',
    })
    expect(result.outputFiles[0]?.text.length).toBeLessThan(200)
  })
})
