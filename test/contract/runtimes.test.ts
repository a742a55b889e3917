// Promise: every entry keeps its contract wherever JavaScript runs, with nothing to configure: Node as ESM and as CommonJS, Bun, Deno,
// workerd. Checked by running one suite there on the packed tarball.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import * as esbuild from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../.ci/stamp.mjs'
import type { Project } from '../package/tarball.ts'
import { contractProject, ENTRIES, expectAll, importing, outcomesIn, PRINTING } from './project.ts'

/** The binaries that the runtimes' packages bring for this machine. */
const { platform, arch } = process
const ending = platform === 'win32' ? '.exe' : ''
const libc = platform === 'linux' ? '-glibc' : ''
const BUN = binary(
  `@oven/bun-${platform === 'win32' ? 'windows' : platform}-${arch === 'arm64' ? 'aarch64' : arch}/bin/bun${ending}`,
)
const DENO = binary(`@deno/${platform}-${arch}${libc}/deno${ending}`)
const WORKERD = binary(
  `@cloudflare/workerd-${platform === 'win32' ? 'windows' : platform}-${arch === 'arm64' ? 'arm64' : '64'}/bin/workerd${ending}`,
)

function binary(path: string): string | undefined {
  const whole = join(ROOT, 'node_modules', path)
  return existsSync(whole) ? whole : undefined
}

const PLACES = `const placeOf = (name) => './kept-' + name + '-' + kind\n`
const program = (kind: string) =>
  `${importing()}const kind = '${kind}'\n${PLACES}const outcomes = await runSuite(modules, placeOf)\n${PRINTING}\n`

let project: Project
beforeAll(async () => {
  project = await contractProject()
})
afterAll(() => project?.remove())

function run(command: string, ...args: string[]): string {
  // A runtime may complain that a newer one of it is out; it is not to ask.
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' }
  return execFileSync(command, args, { cwd: project.folder, encoding: 'utf8', stdio: 'pipe', timeout: 240_000, env })
}

describe('the contract suite', () => {
  it('holds in Node, as ESM', () => {
    const path = project.write('node.mjs', program('node'))
    expectAll(outcomesIn(run(process.execPath, path)))
  })

  it('holds in Node, as CommonJS', () => {
    const requires = Object.entries(ENTRIES).map(([entry, specifier]) => `${entry}: require('${specifier}')`)
    const path = project.write(
      'node.cjs',
      `const kind = 'cjs'\n${PLACES}const modules = { ${requires.join(', ')} }
// The driver is its module; what imports it finds it as the default.
modules.rethinkdb = { default: modules.rethinkdb }
import('./suite/suite.mjs').then(async ({ runSuite }) => {
  const outcomes = await runSuite(modules, placeOf)
  ${PRINTING}
})`,
    )
    expectAll(outcomesIn(run(process.execPath, path)))
  })

  it.skipIf(BUN === undefined)('holds in Bun', () => {
    const path = project.write('bun.mjs', program('bun'))
    expectAll(outcomesIn(run(BUN!, 'run', path)))
  })

  it.skipIf(DENO === undefined)('holds in Deno', () => {
    const path = project.write('deno.mjs', program('deno'))
    expectAll(outcomesIn(run(DENO!, 'run', '-A', '--no-check', '--node-modules-dir=manual', path)))
  })

  it.skipIf(DENO === undefined)('keeps a directory in Deno within the folder that is permitted', () => {
    const path = project.write(
      'permitted.mjs',
      `import { open } from 'quiverdb'
const [place, how] = Deno.args
try {
  const db = await open(place, { readOnly: how === 'read' })
  const notes = how === 'make' ? await db.createCollection('notes') : db.collection('notes')
  if (how === 'make') await notes.insert({ id: 1, text: 'kept' })
  console.log((await notes.get(1)).text)
  await db.close()
} catch (error) {
  console.log(error.name + ': ' + error.message)
}`,
    )
    const deno = (permissions: readonly string[], ...args: string[]) =>
      run(DENO!, 'run', '--no-prompt', '--no-check', '--node-modules-dir=manual', ...permissions, path, ...args)
    const read = '--allow-read=./permitted'
    const write = '--allow-write=./permitted'
    const host = '--allow-sys=hostname'
    // The folder was made, and then opening failed: those above could not be flushed.
    expect(deno([read, write, host], './permitted', 'make')).toBe('kept\n')
    expect(deno([read, write, host], './permitted', 'again')).toBe('kept\n')
    // That a reader cannot leave a note of itself does not keep it from reading.
    expect(deno([read, host], './permitted', 'read')).toBe('kept\n')
    expect(deno([read, write], './permitted', 'again')).toMatch(/^HostError: .*"hostname".*--allow-sys/)
    expect(deno([read, host], './permitted', 'again')).toMatch(/^HostError: .*write access.*--allow-write/)
    expect(deno([], './permitted', 'again')).toMatch(/^HostError: .*read access.*--allow-read/)
  })

  it.skipIf(WORKERD === undefined)('holds in workerd, which compiles no WebAssembly from bytes', async () => {
    // As its own tools bundle: these conditions, and modules of WebAssembly as files.
    const entry = project.write(
      'workerd.mjs',
      `${importing()}
export default {
  async test() {
    const outcomes = await runSuite(modules, () => undefined)
    ${PRINTING}
    let refusal
    try {
      await native.open('named')
    } catch (error) {
      refusal = error.name + ' ' + error.message
    }
    console.log('REFUSAL ' + refusal)
  },
}`,
    )
    const folder = join(project.folder, 'workerd')
    mkdirSync(folder)
    const { outputFiles } = await esbuild.build({
      entryPoints: [entry],
      absWorkingDir: project.folder,
      bundle: true,
      format: 'esm',
      conditions: ['workerd', 'worker', 'browser'],
      loader: { '.wasm': 'copy' },
      assetNames: '[name]',
      outdir: folder,
      write: false,
      external: ['node:*'],
      logLevel: 'silent',
    })
    const modules = outputFiles.map(({ path, contents }) => {
      const name = path.slice(folder.length + 1)
      project.write(`workerd/${name}`, contents as never)
      return `(name = "${name}", ${name.endsWith('.wasm') ? 'wasm' : 'esModule'} = embed "${name}")`
    })
    // The first is where it begins.
    modules.sort((a, b) => Number(a.includes('wasm = ')) - Number(b.includes('wasm = ')))
    project.write(
      'workerd/config.capnp',
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .main)]);
const main :Workerd.Worker = (modules = [${modules.join(', ')}], compatibilityDate = "2025-01-01");
`,
    )
    const printed = run(WORKERD!, 'test', 'workerd/config.capnp')
    expectAll(outcomesIn(printed), { isKept: false })
    expect(printed).toMatch(/REFUSAL HostError nothing keeps files here/)
  })
})
