// @ts-check
// npm run playground [-- --build] [-- --port 5173]
//
// Builds the package if it is stale, puts the data sets beside the page, and serves it; with --build the page is written to
// build/playground/site/, static files for any server.

import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createGzip } from 'node:zlib'
import { build, createServer } from 'vite'
import { ensureDist } from '../../.ci/dist.mjs'
import { ROOT } from '../../.ci/stamp.mjs'
import { readFilms } from '../../bench/demo/films.mjs'
import { readSynsets } from '../../bench/demo/wordnet.mjs'

const OUT = join(ROOT, 'build/playground')
const PUBLIC = join(OUT, 'public')
export const SITE = join(OUT, 'site')

const ENTRIES = ['rethinkdb', 'milvus', 'epsilla', 'seekdb']

/**
 * Vite's settings for the page.
 *
 * @returns {import('vite').InlineConfig}
 */
function settings() {
  const browser = (/** @type {string} */ name) => join(ROOT, `dist/browser/${name}.js`)
  return {
    root: join(ROOT, 'docs/playground'),
    configFile: false,
    // Any folder of a server will do.
    base: './',
    publicDir: PUBLIC,
    cacheDir: join(OUT, 'cache'),
    resolve: {
      alias: [
        ...ENTRIES.map((name) => ({ find: `quiverdb/${name}`, replacement: browser(name) })),
        { find: 'quiverdb', replacement: browser('index') },
      ],
    },
    worker: { format: 'es' },
    optimizeDeps: { include: ['csv-parse/browser/esm/sync', 'hyparquet', 'hyparquet-compressors', 'umap-js'] },
    build: { outDir: SITE, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 2_000 },
    server: { fs: { allow: [ROOT, join(ROOT, 'node_modules')] } },
  }
}

/** Writes the data sets that are not there yet. */
async function ensureData() {
  mkdirSync(PUBLIC, { recursive: true })
  await lines('films.ndjson.gz', readFilms())
  await lines('wordnet.ndjson.gz', glosses())
  const digits = join(PUBLIC, 'digits.bin.gz')
  if (!existsSync(digits)) await writeFile(digits, await readFile(join(ROOT, 'test/core/fixtures/mnist.gz')))
}

async function* glosses() {
  for await (const { id, pos, topic, words, definition, examples } of readSynsets()) {
    yield { id, pos, topic, words, definition, ...(examples.length > 0 ? { examples } : {}) }
  }
}

/**
 * @param {string} name
 * @param {Iterable<object> | AsyncIterable<object>} documents
 */
async function lines(name, documents) {
  const path = join(PUBLIC, name)
  if (existsSync(path)) return
  const draft = `${path}.${process.pid}`
  async function* text() {
    for await (const document of documents) yield `${JSON.stringify(document, tagged)}\n`
  }
  await pipeline(Readable.from(text()), createGzip({ level: 9 }), createWriteStream(draft))
  renameSync(draft, path)
}

/**
 * Dates as src/cli/typed-json.ts reads them. What JSON.stringify hands over is text already, so the holder is asked.
 *
 * @this {Record<string, unknown>}
 * @param {string} key
 * @param {unknown} value
 */
function tagged(key, value) {
  const own = this[key]
  return own instanceof Date ? { $quiver: 'date', value: own.toISOString() } : value
}

/** Writes the page as static files to SITE. */
export async function buildSite() {
  await ensureDist()
  await ensureData()
  await build({ ...settings(), logLevel: 'warn' })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { build: { type: 'boolean' }, port: { type: 'string' } } })
  if (values.build) {
    await buildSite()
    console.log(`the page is in ${SITE}`)
  } else {
    await ensureDist()
    await ensureData()
    const port = Number(values.port ?? 5173)
    const shared = settings()
    const server = await createServer({ ...shared, logLevel: 'error', server: { ...shared.server, port } })
    await server.listen()
    console.log(`the playground: ${server.resolvedUrls?.local[0]}`)
  }
}
