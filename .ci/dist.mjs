// @ts-check
// src/ -> dist/: what npm ships. The bundles of each entry and its types for both module systems:
//   dist/<entry>.js, dist/chunks/   ESM for Node, Bun, Deno; dependencies stay imports; lazy parts are chunks of their own
//   dist/<entry>.cjs                CommonJS, with chunks as well, so that all entries share one engine; uuid is inside, because
//                                   its package is ESM only
//   dist/browser/<entry>.js, .cjs   everything inside, nothing of Node; what bundlers and <script type="module"> get
//   dist/browser/worker.js          the program of a page's worker, for pages whose policy refuses one made from a blob
//   dist/workerd/<entry>.js         the same as for browsers, with the core as a module file: workerd compiles no bytes
//   dist/<entry>.d.ts, .d.cts       types

import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'
import { chunksOf, wholeStrings } from './chunks.mjs'
import { filesBelow, hashOf, isFresh, ROOT, writeStamp, writeWhole } from './stamp.mjs'
import { BINARY_MODULES, binaryModule, ensureWasm } from './wasm.mjs'

/** A new subpath export is one line here and one in the exports map of package.json. */
const ENTRIES = {
  index: 'src/index.ts',
  rethinkdb: 'src/dialect/rethinkdb/index.ts',
  milvus: 'src/dialect/milvus/index.ts',
  epsilla: 'src/dialect/epsilla/index.ts',
  seekdb: 'src/dialect/seekdb/index.ts',
  langchain: 'src/langchain/index.ts',
}

/** CommonJS entries that are their default export, as the driver they stand in for is; it names itself as `default` too. */
const WHOLE = new Set(['rethinkdb.cjs'])
// In a function of its own: what reads a file to know its exports is not to take this for its only one.
const AS_DEFAULT = '(()=>{module.exports=module.exports.default})();\n'

/** Entries for drivers that are CommonJS: in ESM the whole of such a module is its default export as well. */
const WITH_DEFAULT = ['milvus', 'epsilla']

/** @param {string} entry */
const defaultOf = (entry) => `export*as default from"./${entry}.js";\n`

/** Code that needs Node. The browser bundles refuse it with a sentence in place of an unresolved `node:fs`. */
const NODE_ONLY = join(ROOT, 'src/storage/file')

/** Above an error that nobody catches Node prints the line it was thrown in: a file of one line is 160 kB in the terminal. */
const LINE_LETTERS = 240

/** What `require('quiverdb/worker.js')` says. */
const WORKER_REQUIRED = `"use strict"
throw new Error('quiverdb/worker.js is the program of a worker: give its address to new Worker()')
`

/** Of entries that are of use only beside them. */
const PEERS = ['@langchain/core/*']

/**
 * Programs put Bluebird in the place of Promise. What it makes of ours, and ours of its, fails; so the bundles for Node keep the
 * language's. Pages do not pay for it.
 */
const NATIVE_PROMISE = join(ROOT, '.ci/promise.mjs')

/** What stays imports in ESM. */
const EXTERNAL = ['@assemblyscript/loader', 'uuid', ...PEERS, 'node:*', ...builtinModules]

/** Dependencies whose code is inside some bundle; their licences travel with it. */
const INLINED = [
  { name: 'geographiclib-geodesic', texts: ['node_modules/geographiclib-geodesic/LICENSE.txt'] },
  { name: 'csv-parse', texts: ['node_modules/csv-parse/LICENSE'] },
  { name: 'hyparquet', texts: ['node_modules/hyparquet/LICENSE'] },
  { name: 'hyparquet-compressors', texts: ['node_modules/hyparquet-compressors/LICENSE'] },
  { name: 'fzstd', texts: ['node_modules/fzstd/LICENSE'] },
  { name: 'hysnappy', texts: ['node_modules/hysnappy/LICENSE'] },
  { name: 'idb', texts: ['node_modules/idb/LICENSE'] },
  { name: '@orama/stemmers', texts: ['node_modules/@orama/stemmers/LICENSE.md'] },
  { name: 'uuid', texts: ['node_modules/uuid/LICENSE.md'] },
  {
    name: '@assemblyscript/loader',
    texts: ['node_modules/assemblyscript/LICENSE', 'node_modules/assemblyscript/NOTICE'],
  },
]

function inputsHash() {
  return hashOf([
    ...filesBelow('src', (path) => path.endsWith('.ts')),
    join(ROOT, 'package.json'),
    join(ROOT, 'package-lock.json'),
    join(ROOT, 'tsconfig.json'),
    join(ROOT, '.ci/dist.mjs'),
    join(ROOT, '.ci/chunks.mjs'),
    NATIVE_PROMISE,
  ])
}

/** Bundles everything anew; the WASM must be there. */
export async function buildDist() {
  const hash = inputsHash()
  const draft = `build/dist.${process.pid}`
  rmSync(join(ROOT, draft), { recursive: true, force: true })
  mkdirSync(join(ROOT, draft), { recursive: true })
  try {
    await Promise.all([bundle(draft), types(draft)])
    keepIgnored(draft)
    writeWhole(join(ROOT, draft, 'LICENSES.txt'), licences())
    replaceFolder(join(ROOT, draft), join(ROOT, 'dist'))
  } finally {
    rmSync(join(ROOT, draft), { recursive: true, force: true })
  }
  writeStamp('dist', hash)
  for (const path of filesBelow('dist')) report(path)
}

/** Builds the WASM and the bundles unless they were made from the same sources. */
export async function ensureDist() {
  await ensureWasm()
  const outputs = Object.keys(ENTRIES).map((name) => join(ROOT, 'dist', `${name}.js`))
  if (!isFresh('dist', inputsHash(), outputs)) await buildDist()
}

/** @param {string} folder */
async function bundle(folder) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  /** @satisfies {import('esbuild').BuildOptions} */
  const shared = {
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    bundle: true,
    target: 'es2022',
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
    // Names stay, so that a stack trace can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: /** @type {const} */ ('none'),
    define: { QUIVERDB_VERSION: JSON.stringify(version) },
  }
  const worker = await bundleWorker(shared.define)
  /** @satisfies {import('esbuild').BuildOptions} */
  const browser = {
    ...shared,
    platform: /** @type {const} */ ('browser'),
    external: PEERS,
    outdir: `${folder}/browser`,
    plugins: [refuseNodeOnly, deflateBinary, workerSource(worker)],
  }
  const [forNode, forBrowsers] = await Promise.all([
    bundleModules({
      ...shared,
      entryPoints: { ...ENTRIES, cli: 'src/cli/bin.ts' },
      inject: [NATIVE_PROMISE],
      lineLimit: LINE_LETTERS,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      external: EXTERNAL,
      outdir: folder,
    }),
    bundleModules(browser),
    build({
      ...browser,
      format: 'esm',
      splitting: true,
      outdir: `${folder}/workerd`,
      loader: { '.wasm': 'copy' },
      assetNames: '[name]',
      plugins: [refuseNodeOnly, moduleBinary(folder), withoutWorker],
    }),
  ])
  const common = await bundleModules({
    ...shared,
    inject: [NATIVE_PROMISE],
    platform: 'node',
    external: ['@assemblyscript/loader', ...PEERS],
    outdir: folder,
  })
  writeModules(folder, forNode)
  writeModules(`${folder}/browser`, forBrowsers)
  for (const entry of WITH_DEFAULT) {
    for (const sub of ['', 'browser', 'workerd'])
      appendFileSync(join(ROOT, folder, sub, `${entry}.js`), defaultOf(entry))
  }
  await writeCommon(folder, common, 'node')
  await writeCommon(`${folder}/browser`, forBrowsers, 'browser')
  writeFileSync(join(ROOT, folder, 'browser/worker.js'), worker)
  // A program is no module; what resolves it as one finds these.
  writeFileSync(join(ROOT, folder, 'browser/worker.cjs'), WORKER_REQUIRED)
  for (const extension of ['ts', 'cts']) writeFileSync(join(ROOT, folder, `worker.d.${extension}`), 'export {}\n')
  for (const name of Object.values(WASM_FILES)) rmSync(join(ROOT, folder, name))
}

/** The `require` that CommonJS has for the drivers' `import(name)`, however its lines are broken. */
const REQUIRED_DRIVER = /Promise\s*\.\s*resolve\(\)\s*\.\s*then\(\(\)=>\s*__toESM\(\s*require\(name\)\)\)/g

/**
 * Puts back what bundlers are told about the drivers' `import(name)` (src/engine/driver.ts): comments go with the white space. In CommonJS
 * webpack warns of a `require` of any name and finds no driver by it; there it keeps the `import()`. Jest has none without a flag.
 *
 * @param {string} folder
 */
function keepIgnored(folder) {
  for (const path of filesBelow(folder, (file) => /\.c?js$/.test(file))) {
    const text = readFileSync(path, 'utf8')
    const ignored = 'import(/* @vite-ignore */ /* webpackIgnore: true */ name)'
    const told = path.endsWith('.cjs')
      ? text.replace(REQUIRED_DRIVER, `(typeof __webpack_require__=="function"?${ignored}:$&)`)
      : text.replaceAll('import(name)', ignored)
    if (told !== text) writeFileSync(path, told)
  }
}

/** @param {import('esbuild').BuildOptions & { entryPoints: Record<string, string>, outdir: string }} options */
async function bundleModules(options) {
  const { outputFiles } = await build({ ...options, format: 'esm', splitting: true, write: false })
  return await chunksOf(outputFiles, Object.keys(options.entryPoints), join(ROOT, options.outdir), options.lineLimit)
}

/**
 * @param {string} folder
 * @param {{ name: string, text: string }[]} modules
 */
function writeModules(folder, modules) {
  for (const { name, text } of modules) {
    const target = join(ROOT, folder, name)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
}

/**
 * The program of the worker that runs the engine for a page, as one classic script.
 *
 * @param {Record<string, string>} define
 */
async function bundleWorker(define) {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/worker/entry.ts'],
    bundle: true,
    target: 'es2022',
    format: 'iife',
    platform: 'browser',
    minify: true,
    write: false,
    legalComments: 'none',
    define,
    plugins: [refuseNodeOnly, deflateBinary, withoutWorker],
  })
  return outputFiles[0]?.text ?? ''
}

/** @type {import('esbuild').Plugin} */
const withoutWorker = {
  name: 'without-worker',
  setup(build) {
    // A worker starts no other.
    build.onResolve({ filter: /worker[\\/]index\.ts$/ }, (args) => ({ path: args.path, namespace: 'without-worker' }))
    build.onLoad({ filter: /.*/, namespace: 'without-worker' }, () => ({ contents: 'export {}' }))
  },
}

/**
 * @param {string} text
 * @returns {import('esbuild').Plugin}
 */
function workerSource(text) {
  return {
    name: 'worker-source',
    setup(build) {
      build.onLoad({ filter: /src[\\/]worker[\\/]source\.ts$/ }, () => ({
        contents: `export const WORKER_SOURCE = ${JSON.stringify(text)}`,
      }))
    },
  }
}

/**
 * CommonJS with shared chunks, which esbuild splits for ESM only: the ESM files are translated one by one.
 *
 * @param {string} folder
 * @param {{ name: string, text: string }[]} modules
 * @param {'node' | 'browser'} platform
 */
async function writeCommon(folder, modules, platform) {
  const translated = modules.map(async ({ name, text }) => {
    const { code } = await transform(text, {
      format: 'cjs',
      target: 'es2022',
      platform,
      minifyWhitespace: true,
      minifySyntax: true,
      lineLimit: platform === 'node' ? LINE_LETTERS : 0,
      supported: { 'dynamic-import': false },
    })
    const inFolder = name.replace(/\.js$/, '.cjs')
    // Only specifiers of our own chunks look like this.
    const linked = wholeStrings(code).replace(/(require\(")(\.{1,2}\/[\w./-]+)\.js("\))/g, '$1$2.cjs$3')
    return { name: inFolder, text: WHOLE.has(inFolder) ? `${linked}${AS_DEFAULT}` : linked }
  })
  writeModules(folder, await Promise.all(translated))
}

/** @type {import('esbuild').Plugin} */
const deflateBinary = {
  name: 'deflate-binary',
  setup(build) {
    for (const [target, module] of Object.entries(BINARY_MODULES)) {
      build.onLoad({ filter: filterOf(module) }, () => ({
        loader: 'ts',
        contents: binaryModule(readFileSync(join(ROOT, `build/${target}.wasm`)), target, true),
      }))
    }
  },
}

/** @param {string} path relative to the repository */
function filterOf(path) {
  return new RegExp(`${path.replaceAll('/', '[\\\\/]').replace('.', '\\.')}$`)
}

/** What the files of the core are called where they are files. */
const WASM_FILES = { release: 'core.wasm', 'release-derived': 'derived.wasm', 'release-filter': 'filter.wasm' }

/**
 * The core as files that are imported as modules.
 *
 * @param {string} folder for the files, until they are copied to where their importers are
 * @returns {import('esbuild').Plugin}
 */
function moduleBinary(folder) {
  return {
    name: 'module-binary',
    setup(build) {
      for (const [target, module] of Object.entries(BINARY_MODULES)) {
        const name = WASM_FILES[/** @type {keyof typeof WASM_FILES} */ (target)]
        const path = join(ROOT, folder, name)
        copyFileSync(join(ROOT, `build/${target}.wasm`), path)
        build.onLoad({ filter: filterOf(module) }, () => ({
          resolveDir: ROOT,
          contents: `export { default as MODULE } from ${JSON.stringify(path)}
export const IS_DEFLATED = false
export const BINARY_BASE64 = ''`,
        }))
      }
    },
  }
}

/** @type {import('esbuild').Plugin} */
const refuseNodeOnly = {
  name: 'refuse-node-only',
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\// }, (args) => {
      const path = join(args.resolveDir, args.path)
      const isNodeOnly = path === `${NODE_ONLY}.ts` || path.startsWith(NODE_ONLY + sep)
      return isNodeOnly ? { path: relative(ROOT, path), namespace: 'node-only' } : undefined
    })
    build.onLoad({ filter: /.*/, namespace: 'node-only' }, () => ({
      resolveDir: ROOT,
      loader: 'js',
      // Thrown by the call, not by loading: it may share a file with what browsers need.
      contents: `import { HostError } from './src/error/index.ts'
export async function openFileDirectory() {
  throw new HostError('a directory on disk needs Node, Bun or Deno; this is the browser build of quiverdb', {
    details: { operation: 'open' },
  })
}`,
    }))
  },
}

/** `await using` is of a library that few programs name, so the types that need it do. */
const NAMING_LIBRARIES = {
  name: 'naming-libraries',
  /** @param {string} code */
  renderChunk: (code) =>
    code.includes('Symbol.asyncDispose') ? `/// <reference lib="esnext.disposable" />\n${code}` : null,
}

/** @param {string} folder */
async function types(folder) {
  const bundled = await rollup({
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(ROOT, path)])),
    external: (id) => !/^([./]|[a-z]:)/i.test(id),
    plugins: [
      dts({ tsconfig: join(ROOT, 'tsconfig.json'), compilerOptions: { stripInternal: true } }),
      NAMING_LIBRARIES,
    ],
    onwarn: (warning) => {
      // What an entry takes from another room without lending it out has no public name, and needs none.
      if (warning.message.includes('no public re-export')) return
      throw new Error(warning.message)
    },
  })
  for (const extension of ['ts', 'cts']) {
    await bundled.write({
      dir: join(ROOT, folder),
      format: 'es',
      entryFileNames: `[name].d.${extension}`,
      chunkFileNames: `chunks/[name]-[hash].d.${extension}`,
    })
  }
  await bundled.close()
  for (const entry of WITH_DEFAULT) appendFileSync(join(ROOT, folder, `${entry}.d.ts`), defaultOf(entry))
}

function licences() {
  return INLINED.map(({ name, texts }) =>
    [name, ...texts.map((path) => readFileSync(join(ROOT, path), 'utf8').trim())].join('\n\n'),
  ).join('\n\n\n')
}

/**
 * @param {string} from
 * @param {string} to
 */
function replaceFolder(from, to) {
  const old = `${from}.old`
  if (existsSync(to)) renameSync(to, old)
  renameSync(from, to)
  rmSync(old, { recursive: true, force: true })
}

/** @param {string} path */
function report(path) {
  const gzipped = gzipSync(readFileSync(path), { level: 9 }).length
  console.log(`${relative(ROOT, path)} ${statSync(path).size} bytes, ${gzipped} gzipped`)
}
