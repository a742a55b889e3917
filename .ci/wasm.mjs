// @ts-check
// assembly/ -> build/*.wasm, three modules in two builds each (asconfig.json), then the release builds -> src/core/binary.ts and
// those beside it, the base64 that the package inlines so that no bundler or runtime needs configuring.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import { filesBelow, hashOf, isFresh, ROOT, writeStamp, writeWhole } from './stamp.mjs'

/** Targets of asconfig.json and their entries. */
const TARGETS = {
  release: 'assembly/index.ts',
  debug: 'assembly/index.ts',
  'release-derived': 'assembly/derived/index.ts',
  'debug-derived': 'assembly/derived/index.ts',
  'release-filter': 'assembly/filter/exports.ts',
  'debug-filter': 'assembly/filter/exports.ts',
}

/** What is made of the release builds. */
export const BINARY_MODULES = {
  release: 'src/core/binary.ts',
  'release-derived': 'src/core/derived/binary.ts',
  'release-filter': 'src/core/filter/binary.ts',
}

const ENTRY = join(ROOT, 'assembly/index.ts')
const OUTPUTS = [
  ...Object.keys(TARGETS).map((target) => join(ROOT, `build/${target}.wasm`)),
  ...Object.values(BINARY_MODULES).map((path) => join(ROOT, path)),
]

function inputsHash() {
  return hashOf([
    ...filesBelow('assembly', (path) => path.endsWith('.ts')),
    join(ROOT, 'asconfig.json'),
    join(ROOT, '.ci/wasm.mjs'),
    join(ROOT, 'node_modules/assemblyscript/package.json'),
  ])
}

/** Compiles all targets; rejects with what the compiler said. */
export async function buildWasm() {
  if (!existsSync(ENTRY)) throw new Error('assembly/index.ts is not there')
  const hash = inputsHash()
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  await Promise.all(Object.entries(TARGETS).map(([target, entry]) => compile(target, entry)))
  for (const [target, path] of Object.entries(BINARY_MODULES)) {
    const bytes = readFileSync(join(ROOT, `build/${target}.wasm`))
    writeWhole(join(ROOT, path), binaryModule(bytes, target))
    console.log(`build/${target}.wasm ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`)
  }
  writeStamp('wasm', hash)
}

/**
 * Compiles unless what is there was made from the same sources.
 *
 * @returns {Promise<boolean>} whether it had to
 */
export async function ensureWasm() {
  if (existsSync(ENTRY) && isFresh('wasm', inputsHash(), OUTPUTS)) return false
  await buildWasm()
  return true
}

/** Whether there is a binary at all, however old. */
export function hasWasm() {
  return OUTPUTS.every((path) => existsSync(path))
}

/**
 * @param {string} target
 * @param {string} entry
 */
function compile(target, entry) {
  // The compiler writes to a draft: another process may be reading the last binary.
  const draft = `build/${target}.${process.pid}.wasm`
  const asc = join(ROOT, 'node_modules/assemblyscript/bin/asc.js')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [asc, entry, '--target', target, '--outFile', draft], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    child.stdout.on('data', (chunk) => (said += chunk))
    child.stderr.on('data', (chunk) => (said += chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0) {
        rmSync(join(ROOT, draft), { force: true })
        reject(new Error(`asc --target ${target} ended with ${code}\n${said}`))
        return
      }
      if (said !== '') console.log(said.trimEnd())
      renameSync(join(ROOT, draft), join(ROOT, `build/${target}.wasm`))
      resolve(undefined)
    })
  })
}

/**
 * @param {Uint8Array} bytes
 * @param {string} target
 */
export function binaryModule(bytes, target, isDeflated = false) {
  return `// Made by \`npm run build:wasm\` from assembly/; not in git.

/** Whether the bytes are to be inflated (RFC 1950). In the browser bundles they are: a quarter less to load; elsewhere that is not worth 10 ms. */
export const IS_DEFLATED: boolean = ${isDeflated}

/** Where a platform compiles no bytes, the build puts the module here that it was given instead. */
export const MODULE: WebAssembly.Module | undefined = undefined

/** build/${target}.wasm. */
export const BINARY_BASE64: string =
  '${(isDeflated ? deflateSync(bytes, { level: 9 }) : bytes).toString('base64')}'
`
}
