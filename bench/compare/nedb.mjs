// @seald-io/nedb in memory with a unique index on the key.
import { createRequire } from 'node:module'
import { ALL_AWAITED, versionOf } from './store.mjs'

const require = createRequire(import.meta.url)

export async function load() {
  const Datastore = require('@seald-io/nedb')
  return {
    version: versionOf('@seald-io/nedb'),
    awaited: ALL_AWAITED,
    rowsCountMax: 20_000,
    open: async () => {
      const store = new Datastore({ inMemoryOnly: true })
      await store.ensureIndexAsync({ fieldName: 'id', unique: true })
      return createStore(store)
    },
  }
}

function createStore(store) {
  const upsertOne = (document) => store.updateAsync({ id: document.id }, document, { upsert: true })
  return {
    insertBatch: (documents) => store.insertAsync(documents),
    insertOne: (document) => store.insertAsync(document),
    upsertBatch: async (documents) => {
      for (const document of documents) await upsertOne(document)
    },
    upsertOne,
    get: async (key) => (await store.findOneAsync({ id: key })) ?? undefined,
    getMany: async (keys) => {
      const found = new Map()
      for (const document of await store.findAsync({ id: { $in: keys } })) found.set(document.id, document)
      return keys.map((key) => found.get(key))
    },
    scan: async (visit) => {
      for (const document of await store.findAsync({})) visit(document)
    },
    close: async () => {},
  }
}
