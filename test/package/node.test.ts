// Promise: the package works as installed, in ESM and in CommonJS, with types for both. Checked on the packed tarball, with
// the tools that judge packages and with programs run in a fresh project.

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as door from '../../src/index.ts'
import { importedBy, installTarball, type Project } from './tarball.ts'

const hasEngine = 'open' in door

let project: Project
beforeAll(async () => {
  project = await installTarball()
})
afterAll(() => project?.remove())

describe('the tarball', () => {
  it('holds the bundles, the types and the papers, and no sources', () => {
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', 'dist/LICENSES.txt', 'dist/cli.js']
    papers.push('dist/workerd/core.wasm', 'dist/workerd/derived.wasm', 'dist/workerd/filter.wasm')
    papers.push('dist/browser/worker.js', 'dist/browser/worker.cjs', 'dist/worker.d.ts', 'dist/worker.d.cts')
    const bundles =
      /^dist\/(browser\/|workerd\/)?(index|rethinkdb|milvus|epsilla|seekdb|langchain|chunks\/[\w-]+)\.(js|cjs|d\.ts|d\.cts)$/
    expect(project.files.filter((path) => !bundles.test(path)).sort()).toEqual(papers.sort())
  })

  it('satisfies publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: project.installed, strict: true, pack: false })
    // The field is there beside `exports`, for bundlers that do not read those.
    const complaints = messages.filter(({ code }) => code !== 'USE_EXPORTS_OR_IMPORTS_BROWSER')
    expect(complaints.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  it('has types that resolve for every kind of import', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(project.tarball)))
    expect(analysis.types).toBeTruthy()
    expect('problems' in analysis ? analysis.problems : undefined).toEqual([])
  })
})

describe('in Node', () => {
  const names = JSON.stringify(Object.keys(door).sort())

  it('imports as ESM', () => {
    const path = project.write(
      'names.mjs',
      `import * as quiverdb from 'quiverdb'; console.log(JSON.stringify(Object.keys(quiverdb).sort()))`,
    )
    expect(project.run(path).trim()).toBe(names)
  })

  it('is required as CommonJS', () => {
    const path = project.write('names.cjs', `console.log(JSON.stringify(Object.keys(require('quiverdb')).sort()))`)
    // Node 20 before 20.19 cannot require ESM: a dependency that is ESM only must be inside the bundle.
    expect(project.run('--no-experimental-require-module', path).trim()).toBe(names)
  })

  it('imports and requires every entry but that for LangChain without any package beside it', () => {
    const entries = ['', '/rethinkdb', '/milvus', '/epsilla', '/seekdb'].map((entry) => `quiverdb${entry}`)
    const list = JSON.stringify(entries)
    const imports = project.write('alone.mjs', `for (const name of ${list}) await import(name)\nconsole.log('all')`)
    expect(project.run(imports).trim()).toBe('all')
    const requires = project.write('alone.cjs', `for (const name of ${list}) require(name)\nconsole.log('all')`)
    expect(project.run('--no-experimental-require-module', requires).trim()).toBe('all')
  })

  it('has classes that go by the names they are exported under', () => {
    // Bundlers rename a class that names itself in its body, and an inspected or logged object then says so.
    const path = project.write(
      'classes.mjs',
      `const found = []
      for (const entry of ['', '/milvus', '/epsilla', '/seekdb']) {
        const all = Object.entries(await import('quiverdb' + entry))
        for (const [name, value] of all) {
          if (typeof value !== 'function' || !/^class\\b/.test(String(value)) || all.some(([other, same]) => same === value && other === value.name)) continue
          found.push(name + ': ' + value.name)
        }
      }
      console.log(JSON.stringify(found))`,
    )
    expect(JSON.parse(project.run(path))).toEqual([])
  })

  // Lost: `import epsillajs from 'epsillajs'` ended with a SyntaxError once its name was changed.
  it('has the whole of a driver that is CommonJS as the default of its module', () => {
    const path = project.write(
      'defaults.mjs',
      `import epsillajs, * as epsilla from 'quiverdb/epsilla'
      import milvus, * as all from 'quiverdb/milvus'
      console.log(epsillajs === epsilla, milvus === all, milvus.MilvusClient === all.MilvusClient)`,
    )
    expect(project.run(path).trim()).toBe('true true true')
  })

  it('loads what touches files only when a directory is opened', async () => {
    const chunks = project.files.filter((path) => /^dist\/chunks\/core-[\w-]+\.js$/.test(path))
    const files = ['dist/index.js', ...chunks].map((path) => importedBy(join(project.installed, path)))
    const imports = (await Promise.all(files)).flat()
    const dynamic = imports.filter(({ kind }) => kind === 'dynamic-import')
    const lazy = [...new Set(dynamic.map(({ path }) => path.replace(/^\.\/(\w+)-.*/, '$1')))].sort()
    // Where files, a page's worker and the like begin; dialects have lazy parts of their own.
    expect(lazy).toEqual(
      expect.arrayContaining(['collate', 'derived', 'files', 'filter', 'origin', 'queries', 'worker']),
    )
    expect(imports.filter(({ path }) => path.startsWith('node:'))).toEqual([])
    // In CommonJS the call of `require` waits.
    const path = project.write(
      'lazy.cjs',
      `const Module = require('node:module')
const load = Module._load
const loaded = []
Module._load = (request, ...rest) => { loaded.push(request); return load(request, ...rest) }
require('quiverdb')
console.log(loaded.join(' '))`,
    )
    const loaded = project.run('--no-experimental-require-module', path).trim().split(' ')
    expect(loaded[0]).toBe('quiverdb')
    expect(loaded.filter((name) => /^(node:)?(fs|net|os|path)/.test(name))).toEqual([])
  })

  // Where a long line was cut within 'ENOENT', Rollup indented what came behind: no directory could be created any more.
  it('is the same when a bundler indents it', () => {
    const text = (path: string) => readFileSync(join(project.folder, 'node_modules/quiverdb', path), 'utf8')
    const programs = project.files.filter((path) => /\.c?js$/.test(path))
    expect(programs.filter((path) => /\\\n/.test(text(path)))).toEqual([])
  })

  // Node prints the line an uncaught error was thrown in, and the bundles were one line a file: 160 kB of it above four lines of message.
  it.each([
    [
      'a.mjs',
      `import { open } from 'quiverdb'\n(await open(':memory:')).collection(3)`,
      /the name of a collection is a string/,
    ],
    [
      'b.cjs',
      `const { SeekdbClient } = require('quiverdb/seekdb')\nnew SeekdbClient({})`,
      /SeekdbClient requires either/,
    ],
  ])('an error that nobody catches leaves its message in sight: %s', (name, program, message) => {
    const { stderr } = spawnSync(process.execPath, [project.write(name, program)], {
      cwd: project.folder,
      encoding: 'utf8',
    })
    expect(stderr).toMatch(message)
    expect(stderr.length).toBeLessThan(4000)
  })

  // Node refuses fsync under its permission model (20.20, 22.22, 24.13 and later): no directory could be opened there.
  it('keeps a directory under the permission model, within the folder that is permitted', () => {
    const folder = realpathSync.native(project.folder)
    const path = project.write(
      'permitted.mjs',
      `import { open } from 'quiverdb'
const [folder, access] = process.argv.slice(2)
const db = await open(folder, { readOnly: access === 'read' })
if (access === 'write') {
  const c = await db.createCollection('c')
  for (let id = 0; id < 20; id++) await c.insert({ id })
  await c.delete(3)
}
console.log(await db.collection('c').count(), (await db.collection('c').get(19)).id)
await db.close()`,
    )
    const [major] = process.versions.node.split('.').map(Number)
    const flag = major === 20 ? '--experimental-permission' : '--permission'
    const data = join(folder, 'permitted')
    const reading = [flag, '--no-warnings', '--allow-fs-read=*']
    const writing = [...reading, `--allow-fs-write=${data}`, `--allow-fs-write=${join(data, '*')}`]
    expect(project.run(...writing, path, data, 'write').trim()).toBe('19 19')
    expect(project.run(...reading, path, data, 'read').trim()).toBe('19 19')
  })

  // Node 20 and 22 take a socket that was looked at last for the end of the next path they resolve. Once a database was closed, whatever
  // was imported for the first time lost its dependencies, in every project that pnpm installed.
  it('leaves packages installed by links to be found after a database was closed', () => {
    project.write('store/lazy/node_modules/lazy/index.cjs', `module.exports = require('needed')`)
    project.write('store/lazy/node_modules/needed/index.js', `module.exports = 'found'`)
    for (const name of ['lazy', 'eager']) {
      project.write(`store/${name}/node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.cjs' }))
      symlinkSync(
        join(project.folder, `store/${name}/node_modules/${name}`),
        join(project.folder, 'node_modules', name),
        'junction',
      )
    }
    project.write('store/eager/node_modules/eager/index.cjs', '')
    const path = project.write(
      'linked.mjs',
      `import { open } from 'quiverdb'
import 'eager'
const db = await open('./linked')
await db.createCollection('c')
await db.close()
console.log((await import('lazy')).default)`,
    )
    expect(project.run(path).trim()).toBe('found')
  })

  // A bare RangeError of WebAssembly said neither which limit was met nor what would help. Later versions of Node set the flag by
  // themselves where addresses are short.
  it.skipIf(process.platform !== 'linux')(
    'tells of a limit of addresses, and works under it by the flag it names',
    () => {
      const path = project.write(
        'addresses.mjs',
        `import { open } from 'quiverdb'
const db = await open(':memory:')
console.log(await db.createCollection('c').then((c) => c.name, (error) => error.code + ' ' + error.message))`,
      )
      const limited = (flags: string) =>
        execFileSync('sh', ['-c', `ulimit -v 6000000; exec "$0" ${flags} "$1"`, process.execPath, path], {
          encoding: 'utf8',
        })
      expect(limited('').trim()).toMatch(/^c$|^QUIVER_HOST .*ulimit -v.*--disable-wasm-trap-handler/)
      expect(limited('--disable-wasm-trap-handler').trim()).toBe('c')
    },
  )

  // An override that puts this package in a driver's place made a client of a host load itself without end, and the process stood still.
  it('refuses a host where an official driver is this package under its name', () => {
    for (const [name, dialect] of [
      ['rethinkdb', 'rethinkdb'],
      ['@zilliz/milvus2-sdk-node', 'milvus'],
      ['epsillajs', 'epsilla'],
      ['seekdb', 'seekdb'],
    ]) {
      project.write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }))
      project.write(`node_modules/${name}/index.js`, `module.exports = require('quiverdb/${dialect}')`)
    }
    const path = project.write(
      'aliased.mjs',
      `import r from 'rethinkdb'
import { MilvusClient } from '@zilliz/milvus2-sdk-node'
import Epsilla from 'epsillajs'
import { SeekdbClient } from 'seekdb'
for (const call of [
  () => r.connect({ host: '127.0.0.1', port: 1 }),
  () => new MilvusClient({ address: '127.0.0.1:1' }).listCollections(),
  () => new Epsilla.EpsillaDB({ protocol: 'http', host: '127.0.0.1', port: 1 }).loadDB('/tmp/e', 'e'),
  () => new SeekdbClient({ host: '127.0.0.1', port: 1 }).listCollections(),
]) {
  const { message } = await call().catch((error) => error)
  console.log(/the package "\\S+" is quiverdb under its name/.test(message) || message)
}`,
    )
    expect(project.run(path).trim().split('\n')).toEqual(['true', 'true', 'true', 'true'])
  })

  it('knows the errors of one copy in the other', () => {
    const path = project.write(
      'both.mjs',
      `import { createRequire } from 'node:module'
import * as esm from 'quiverdb'
const cjs = createRequire(import.meta.url)('quiverdb')
const error = new esm.LockedError('m')
console.log(esm.LockedError !== cjs.LockedError, error instanceof cjs.LockedError, error instanceof cjs.ShapeError)`,
    )
    expect(project.run(path).trim()).toBe('true true false')
  })

  // Filters of one copy were taken for plain objects by the other: queries found nothing, deletes deleted nothing, and nobody was told.
  it('runs each interface of one copy on a database of the other', () => {
    const path = project.write(
      'mixed.mjs',
      `import { createRequire } from 'node:module'
import { open } from 'quiverdb'
const require = createRequire(import.meta.url)
const db = await open(':memory:')
const found = {}

const r = require('quiverdb/rethinkdb')
const conn = await r.connect({ database: db })
await r.tableCreate('rows').run(conn)
await r.table('rows').indexCreate('n').run(conn)
await r.table('rows').insert([{ id: 1, n: 5 }, { id: 2, n: 7 }]).run(conn)
found.rethinkdb = [
  await r.table('rows').filter(r.row('n').gt(5))('id').coerceTo('array').run(conn),
  await r.table('rows').getAll(5, { index: 'n' })('id').coerceTo('array').run(conn),
  await r.table('none').run(conn).catch((error) => error.name),
]

const { MilvusClient } = require('quiverdb/milvus')
const milvus = new MilvusClient({ database: db })
const at = { collection_name: 'm' }
await milvus.createCollection({ ...at, dimension: 2 })
await milvus.insert({ ...at, data: [{ id: 1, vector: [1, 0] }, { id: 2, vector: [0, 1] }] })
found.milvus = [
  (await milvus.query({ ...at, filter: 'id > 1', output_fields: ['id'] })).data,
  (await milvus.search({ ...at, data: [1, 0], filter: 'id > 1' })).results.length,
  (await milvus.delete({ ...at, filter: 'id > 1' })).delete_cnt,
]

const { EpsillaDB } = require('quiverdb/epsilla')
const epsilla = new EpsillaDB({ database: db })
const fields = [{ name: 'ID', dataType: 'INT', primaryKey: true }, { name: 'V', dataType: 'VECTOR_FLOAT', dimensions: 2 }]
await epsilla.createTable('e', fields)
await epsilla.insert('e', [{ ID: 1, V: [1, 0] }, { ID: 2, V: [0, 1] }])
found.epsilla = (await epsilla.get('e', { filter: 'ID > 1' })).result.length

const { SeekdbClient } = require('quiverdb/seekdb')
const seekdb = new SeekdbClient({ database: db })
const notes = await seekdb.createCollection({ name: 's', configuration: { dimension: 2 }, embeddingFunction: null })
await notes.add({ ids: ['a', 'b'], embeddings: [[1, 0], [0, 1]], metadatas: [{ n: 1 }, { n: 2 }] })
found.seekdb = (await notes.get({ where: { n: { $gt: 1 } } })).ids
console.log(JSON.stringify(found))`,
    )
    expect(JSON.parse(project.run(path))).toEqual({
      rethinkdb: [[2], [1], 'ReqlOpFailedError'],
      milvus: [[{ id: '2' }], 1, '1'],
      epsilla: 1,
      seekdb: ['b'],
    })
  })

  it('lets one copy of RethinkDB at a time keep the tables of a database', () => {
    const path = project.write(
      'turns.mjs',
      `import { createRequire } from 'node:module'
import { open } from 'quiverdb'
import r from 'quiverdb/rethinkdb'
const other = createRequire(import.meta.url)('quiverdb/rethinkdb')
const database = await open(':memory:')
const first = await r.connect({ database })
await r.tableCreate('a', { primaryKey: 'k' }).run(first)
const refused = await other.connect({ database }).catch((error) => error.message)
await first.close()
const second = await other.connect({ database })
await other.dbCreate('more').run(second)
await other.db('more').tableCreate('b').run(second)
await second.close()
const third = await r.connect({ database })
const key = await r.table('a').config()('primary_key').run(third)
console.log(JSON.stringify([refused, key, await r.db('more').tableList().run(third)]))`,
    )
    const [refused, key, tables] = JSON.parse(project.run(path))
    expect(refused).toMatch(/another copy of quiverdb\/rethinkdb has connections .* Close its connections first/)
    expect([key, tables]).toEqual(['k', ['b']])
  })

  // Jest runs ES modules so; parts of the package that were imported side by side failed there with "request for ... is not in cache".
  it('works where a test runner links its ES modules', () => {
    const path = project.write(
      'linked.mjs',
      `import { readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'
const context = vm.createContext({ ...Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((n) => [n, globalThis[n]])) })
const modules = new Map()
const linking = new Map()
async function load(specifier, parent) {
  const url = specifier.startsWith('.') ? new URL(specifier, parent).href : isBuiltin(specifier) ? specifier : resolved(specifier)
  let module = modules.get(url)
  if (module !== undefined) return module
  if (isBuiltin(url)) {
    const ns = await import(url)
    module = new vm.SyntheticModule(Object.keys(ns), function () { for (const name of Object.keys(ns)) this.setExport(name, ns[name]) }, { context, identifier: url })
  } else {
    module = new vm.SourceTextModule(readFileSync(new URL(url), 'utf8'), { context, identifier: url, importModuleDynamically: (name) => linked(name, url) })
  }
  modules.set(url, module)
  return module
}
function resolved(name) {
  return import.meta.resolve(name)
}
async function linked(specifier, parent) {
  const module = await load(specifier, parent)
  if (module.status === 'unlinked') linking.set(module, module.link((name, from) => load(name, from.identifier)))
  await linking.get(module)
  if (module.status === 'linked') await module.evaluate()
  return module
}
const { namespace } = await linked('quiverdb', import.meta.url)
const db = await namespace.open(':memory:')
const items = await db.createCollection('items', { vectors: { v: { dimension: 2, metric: 'l2' } } })
await items.insert({ id: 1, v: [0, 1] })
console.log((await items.search({ vector: [0, 1], filter: { id: 1 } }))[0].id)`,
    )
    expect(project.run('--experimental-vm-modules', '--no-warnings', path).trim()).toBe('1')
  })

  // What async functions make is the language's, and what `Promise.all` made was Bluebird's: methods of one were called on the other, and
  // a chain of Bluebird's that a query's promise was returned to ended the process.
  it.each(['before', 'after'])('works where Bluebird is put in the place of Promise %s it is loaded', (when) => {
    const bluebird = JSON.stringify(createRequire(import.meta.url).resolve('bluebird'))
    const replace = `global.Promise = require(${bluebird})`
    const path = project.write(
      `bluebird-${when}.cjs`,
      `${when === 'before' ? replace : ''}
const r = require('quiverdb/rethinkdb')
${replace}
const story = (connection) =>
  Promise.resolve(connection)
    .then(() => r.tableCreate('t').run(connection))
    .then(() => r.table('t').insert([{ id: 1 }, { id: 2 }]).run(connection, { noreply: true }))
    .then(() => connection.noreplyWait())
    .then(() => r.table('t').run(connection))
    .then((cursor) => cursor.eachAsync((row) => Promise.delay(1).then(() => console.log(row.id))))
    .then(() => r.table('none').run(connection).catch(r.Error.ReqlOpFailedError, (error) => console.log(error.msg)))
    .then(() => Promise.all([r.expr(3).run(connection), r.expr(4).run(connection)]))
    .then((values) => console.log(...values))
    .then(() => connection.close())
r.connect((error, connection) => story(connection).done())`,
    )
    expect(project.run(path)).toBe('1\n2\nTable `test.none` does not exist.\n3 4\n')
  })

  const STORY = `
async function story({ open }) {
  for (const path of [':memory:', './data-' + process.pid]) {
    const db = await open(path)
    const posts = await db.createCollection('posts')
    const { inserted } = await posts.insert([{ id: 1, title: 'one' }, { id: 2, title: 'two' }])
    console.log(inserted, (await posts.get(2)).title, await posts.count())
    await db.close()
  }
}`
  const TOLD = '2 two 2\n2 two 2\n'

  it.skipIf(!hasEngine)('stores and finds a document as ESM', () => {
    const path = project.write('story.mjs', `import { open } from 'quiverdb'\n${STORY}\nawait story({ open })`)
    expect(project.run(path)).toBe(TOLD)
  })

  it.skipIf(!hasEngine)('stores and finds a document as CommonJS', () => {
    const path = project.write('story.cjs', `${STORY}\nstory(require('quiverdb'))`)
    expect(project.run('--no-experimental-require-module', path)).toBe(TOLD)
  })
})

describe('the types', () => {
  const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc')
  const typeRoots = [join(import.meta.dirname, '../../node_modules/@types')]
  const program = `import { LockedError, QuiverError } from 'quiverdb'
import r from 'quiverdb/rethinkdb'
export async function rows(connection: r.Connection): Promise<number[]> {
  const cursor: r.Cursor<{ n: number }> = await r.table<{ n: number }>('t').run(connection)
  return (await cursor.toArray()).map(({ n }) => n)
}
export function holder(error: unknown): unknown {
  if (error instanceof LockedError) return error.details.pid
  return error instanceof QuiverError ? error.code : undefined
}
`
  const strict = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false, target: 'ES2022' }

  it.each([
    ['Node', { module: 'NodeNext', lib: ['ES2022'], types: ['node'], typeRoots }],
    ['a browser', { module: 'ESNext', moduleResolution: 'Bundler', lib: ['ES2022', 'DOM'], types: [] }],
  ])('compile in ESM and in CommonJS for %s', (_, options) => {
    project.write('types/main.mts', program)
    project.write('types/main.cts', program)
    const config = { compilerOptions: { ...strict, ...options }, files: ['main.mts', 'main.cts'] }
    project.write('types/tsconfig.json', JSON.stringify(config))
    expect(project.run(tsc, '-p', 'types')).toBe('')
  })
})
