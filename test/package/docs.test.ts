// Promise: every code block of README.md and docs/ holds: it runs as it stands and prints what its comments say, and what cannot run
// here has right types. Checked with the packed package in a fresh project; blocks.ts says how a block is marked.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../.ci/stamp.mjs'
import { type Block, blocksOf, documents } from './blocks.ts'
import { installTarball, type Project } from './tarball.ts'

/** What the programs import besides quiverdb and its dependencies. */
const BESIDE = ['@langchain', '@types', '@zilliz', 'rethinkdb', 'vitest', 'undici-types']

const all = documents().map((file) => ({ file, blocks: blocksOf(file) }))
/** What is left when pages and what needs others are put aside. */
const runnable = all.filter(({ blocks }) => blocks.some(({ kind }) => kind !== 'page' && kind !== 'types'))

let project: Project
beforeAll(async () => {
  project = await installTarball()
  const modules = join(project.folder, 'node_modules')
  for (const name of BESIDE) {
    if (existsSync(join(ROOT, 'node_modules', name)))
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction')
  }
  mkdirSync(join(modules, '.bin'), { recursive: true })
  if (process.platform !== 'win32') {
    project.write(
      'node_modules/.bin/quiverdb',
      `#!/bin/sh\nexec node "${join(project.installed, 'dist/cli.js')}" "$@"\n`,
    )
    project.write('node_modules/.bin/npx', '#!/bin/sh\nexec "$@"\n')
    execFileSync('chmod', ['+x', join(modules, '.bin/quiverdb'), join(modules, '.bin/npx')])
    symlinkSync(join(ROOT, 'node_modules/.bin/vitest'), join(modules, '.bin/vitest'))
  }
})
afterAll(() => project?.remove())

/** Programs make temporary folders there, and leave them behind as a reader's may. */
function environment(): NodeJS.ProcessEnv {
  const temporary = join(project.folder, 'temporary')
  mkdirSync(temporary, { recursive: true })
  return { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary }
}

/** Programs of a document share a folder, as a reader's would. */
function folderOf(file: string): string {
  return file.replace(/\.md$/, '').replaceAll('/', '-')
}

function pathOf({ file, name, line, language }: Block): string {
  return join(folderOf(file), name ?? `line-${line}.m${language}`)
}

function write(block: Block): string {
  return project.write(pathOf(block), block.text)
}

function runProgram(block: Block): string[] {
  const text = block.language === 'ts' ? transformSync(block.text, { loader: 'ts', target: 'es2022' }).code : block.text
  const path = project.write(join(folderOf(block.file), `line-${block.line}.mjs`), text)
  const { status, stdout, stderr } = spawnSync(process.execPath, [path], {
    cwd: dirname(path),
    env: environment(),
    encoding: 'utf8',
    timeout: 240_000,
  })
  // Bundles have long lines, and Node shows the one that threw.
  const complaints = stderr.split('\n').map((text) => text.slice(0, 200))
  return status === 0 ? printed(stdout) : [...printed(stdout), ...complaints]
}

function runShell(block: Block): string {
  const cwd = dirname(project.write(join(folderOf(block.file), 'package.json'), '{ "type": "module" }'))
  const path = `${join(project.folder, 'node_modules/.bin')}:${process.env['PATH']}`
  const env = { ...environment(), PATH: path, NO_COLOR: '1', VITEST: undefined, NODE_OPTIONS: undefined }
  return execFileSync('sh', ['-e', '-c', `exec 2>&1\n${block.text}`], { cwd, env, encoding: 'utf8', timeout: 240_000 })
}

function printed(output: string): string[] {
  return output.trimEnd() === '' ? [] : output.trimEnd().split('\n')
}

describe.each(runnable)('$file', ({ blocks }) => {
  for (const block of blocks) {
    const { kind, line, promised } = block
    if (kind === 'run') {
      it(`the program at line ${line} prints what it says`, () => {
        expect(runProgram(block)).toEqual(promised)
      })
    } else if (kind === 'shell') {
      it.skipIf(process.platform === 'win32')(`the commands at line ${line} work`, () => {
        const output = runShell(block)
        for (const text of promised) expect(output).toContain(text)
      })
    } else if (kind === 'file') {
      it(`line ${line} is a file ${block.name}`, () => {
        write(block)
      })
    }
  }
})

describe('the documents', () => {
  it('show programs', () => {
    expect(all.flatMap(({ blocks }) => blocks).filter(({ kind }) => kind === 'run').length).toBeGreaterThan(20)
  })

  it('show commands of a clone that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const named = ['AGENTS.md', ...documents()].flatMap((file) =>
      Array.from(readFileSync(join(ROOT, file), 'utf8').matchAll(/npm run ([\w:]+)/g), (match) => match[1]!),
    )
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  it('link to what there is', () => {
    const broken = documents().flatMap((file) =>
      Array.from(readFileSync(join(ROOT, file), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g), (match) => match[1]!)
        .filter((target) => !existsSync(join(ROOT, dirname(file), target)))
        .map((target) => `${file}: ${target}`),
    )
    expect(broken).toEqual([])
  })

  it('use names and types as they are', () => {
    const blocks = all.flatMap((one) => one.blocks)
    // What runs as JavaScript shows by running that it is right.
    const checked = blocks.filter(({ kind, language }) => language === 'ts' || kind === 'page' || kind === 'types')
    for (const block of checked) write(block)
    project.write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          ...{ target: 'ES2022', module: 'NodeNext', lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.AsyncIterable'] },
          ...{ allowJs: true, checkJs: true, noEmit: true, strict: true, noImplicitAny: false, skipLibCheck: true },
          types: ['node'],
        },
        files: checked.map(pathOf),
      }),
    )
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    let complaints = ''
    try {
      execFileSync(process.execPath, [tsc, '-p', project.folder], { cwd: project.folder, encoding: 'utf8' })
    } catch (error) {
      complaints = String((error as { stdout?: string }).stdout)
    }
    expect(complaints.trim()).toBe('')
  })
})
