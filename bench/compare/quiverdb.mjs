// quiverdb through its public door, as built: in memory, or on a directory with soft or hard durability.
import { readFileSync } from 'node:fs'
import { ALL_AWAITED } from './store.mjs'

const ENTRY = new URL('../../dist/index.js', import.meta.url)
const MANIFEST = new URL('../../package.json', import.meta.url)
// A partition holds 4 GiB; past this many documents of W1 a collection spreads over several.
const PARTITION_ROWS_COUNT = 4_000_000

/** @param {{ medium: 'memory' | 'file' }} options */
export async function load({ medium }) {
  const { open } = await import(ENTRY.href)
  if (open === undefined) throw new Error('dist/index.js does not export open: npm run build')
  return {
    version: JSON.parse(readFileSync(MANIFEST, 'utf8')).version,
    awaited: ALL_AWAITED,
    hasDurable: medium === 'file',
    open: async ({ path, isDurable = false, rowsCount }) => {
      const durability = isDurable ? 'hard' : 'soft'
      const database = await open(medium === 'memory' ? ':memory:' : path, { durability })
      const names = (await database.collections()).map((collection) => collection.name)
      const shards = Math.ceil(rowsCount / PARTITION_ROWS_COUNT)
      const collection = names.includes('documents')
        ? database.collection('documents')
        : await database.createCollection('documents', shards > 1 ? { shards } : {})
      return createStore(database, collection)
    },
  }
}

function createStore(database, collection) {
  const checked = (result) => {
    if (result.errors > 0) throw new Error(result.firstError)
  }
  return {
    insertBatch: async (documents) => checked(await collection.insert(documents)),
    // Of single writes no result is looked at: what is stored is compared at the end.
    insertOne: (document) => collection.insert(document),
    upsertBatch: async (documents) => checked(await collection.upsert(documents)),
    upsertOne: (document) => collection.upsert(document),
    get: (key) => collection.get(key),
    getMany: (keys) => collection.getMany(keys),
    scan: async (visit) => {
      for await (const document of collection.find()) visit(document)
    },
    insertDurable: (document) => collection.insert(document),
    insertBatchDurable: async (documents) => checked(await collection.insert(documents)),
    close: () => database.close(),
  }
}
