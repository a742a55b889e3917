// The worker of the page: the database, open on the origin's own file system, and everything that is asked of it.

import { type Collection, type Database, type Document, type Key, LockedError, open, type Sort } from 'quiverdb'
import { fromJson } from '../../../src/cli/typed-json.ts'
import {
  type CollectionFigures,
  DATABASE,
  type FindRequest,
  type Overview,
  type PageMessage,
  type RequestMessage,
  type RequestName,
  type Requests,
  type SearchAnswer,
  type SearchRequest,
  type WorkerMessage,
} from '../protocol.ts'
import { importFile } from './files.ts'
import { keepPlaces, mapOf, nearestOf } from './maps.ts'
import { runProgram } from './program.ts'
import { loadSet, setPage } from './sets.ts'

/** What a dedicated worker has, of which the types of a page know nothing. */
interface Port {
  postMessage(message: WorkerMessage): void
  addEventListener(type: 'message', listener: (event: MessageEvent<RequestMessage | PageMessage>) => void): void
}
const port = globalThis as unknown as Port
const WAIT_MS = 1_000

let db: Database
const tell = (what: string, part: number | undefined) => port.postMessage({ progress: { what, part } })

type Served = { readonly [K in RequestName]: (...args: Parameters<Requests[K]>) => Promise<ReturnType<Requests[K]>> }

const served: Served = {
  async open() {
    db = await openWaiting()
    return await overview()
  },
  overview,
  async load(set) {
    const began = performance.now()
    return { ...(await loadSet(db, set, tell)), ms: performance.now() - began }
  },
  async importFile(file) {
    const began = performance.now()
    return { ...(await importFile(db, file, tell)), ms: performance.now() - began }
  },
  find,
  async get(collection, key) {
    return await db.collection(collection).get(key)
  },
  search,
  async vectorOf(collection, field, key) {
    return (await db.collection(collection).get(key))?.[field] as Float32Array | undefined
  },
  async run(dialect, program) {
    return await runProgram(db, dialect, program, (line) => port.postMessage({ line }))
  },
  async map(collection, field) {
    return await mapOf(db, collection, field)
  },
  async neighbours(collection, field, keys, k) {
    return await nearestOf(db, collection, field, keys, k, (part) => tell('neighbours', part))
  },
  async keepMap(collection, field, places) {
    await keepPlaces(db, collection, field, places)
  },
  async optimize(collection) {
    const began = performance.now()
    await db.collection(collection).optimize()
    return { ms: performance.now() - began }
  },
  async drop(collection) {
    await db.dropCollection(collection)
  },
  async close() {
    await db.close()
  },
}

/** The files are one worker's: while another tab has them, this one waits. */
async function openWaiting(): Promise<Database> {
  for (;;) {
    try {
      return await open(DATABASE, {
        onProgress: ({ phase, done, total }) => tell(phase, total > 0 ? done / total : undefined),
      })
    } catch (error) {
      if (!(error instanceof LockedError)) throw error
      tell('waiting: the playground is open in another tab', undefined)
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
    }
  }
}

async function overview(): Promise<Overview> {
  const collections: CollectionFigures[] = []
  for (const { name, primaryKey, vectors, partitions } of await db.collections()) {
    const collection = db.collection(name)
    const [stats, indexes] = [await collection.stats(), await collection.indexes()]
    collections.push({ name, primaryKey, vectors, partitions, stats, indexes })
  }
  return { collections, usage: (await navigator.storage.estimate()).usage }
}

async function find({ collection: name, filter, sort, skip, limit }: FindRequest) {
  const collection = db.collection(name)
  const conditions = conditionsOf(filter)
  const began = performance.now()
  const options = sort === '' ? { filter: conditions } : { filter: conditions, sort: sort as Sort }
  const documents = await collection.find({ ...options, skip, limit }).toArray()
  const ms = performance.now() - began
  const { plan, index } = await collection.find({ ...options, skip, limit }).explain()
  const count = await collection.count(conditions)
  return { documents, count, plan: index === undefined ? plan : `${plan} ${index}`, ms }
}

async function search(request: SearchRequest): Promise<SearchAnswer> {
  const collection = db.collection(request.collection)
  const common = { limit: request.limit, filter: conditionsOf(request.filter) }
  if (request.text !== undefined) {
    const began = performance.now()
    const index = request.index === undefined ? {} : { index: request.index }
    const hits = await collection.search({ text: request.text, ...index, ...common })
    return { hits: hits.map(plainHit), ms: performance.now() - began }
  }
  const { field, key } = request
  const vector = request.vector ?? (await vectorOf(collection, field!, key!))
  const began = performance.now()
  const hits = await collection.search({ vector, field, ...common })
  const ms = performance.now() - began
  const explanation = await collection.explainSearch({ vector, field, ...common })
  return { hits: hits.map(plainHit), ms, explanation }
}

function plainHit({ id, distance, document }: { id: Key; distance: number; document: Document }) {
  return { id, distance, document }
}

async function vectorOf(collection: Collection, field: string, key: Key): Promise<Float32Array> {
  const vector = (await collection.get(key))?.[field]
  if (vector instanceof Float32Array) return vector
  throw new Error(`the document ${JSON.stringify(key)} has no vector in "${field}"`)
}

/** A filter as typed: JSON with or without quotes around names. */
function conditionsOf(text: string): Record<string, never> {
  if (text.trim() === '') return {}
  const quoted = text.replace(/([{,]\s*)([$A-Za-z_][\w$.]*)\s*:/g, '$1"$2":').replace(/'([^'"]*)'/g, '"$1"')
  try {
    return fromJson(quoted) as Record<string, never>
  } catch {
    throw new Error('the filter is an object like { genre: "Drama", "ratings.imdb.score": { $gt: 8 } }')
  }
}

port.addEventListener('message', async ({ data }) => {
  if ('page' in data) return setPage(data.page)
  const { id, name, args } = data
  try {
    const run = served[name] as (...args: readonly unknown[]) => Promise<unknown>
    port.postMessage({ id, value: await run(...args) })
  } catch (error) {
    const { name: kind, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
    port.postMessage({ id, error: { name: kind, message } })
  }
})
