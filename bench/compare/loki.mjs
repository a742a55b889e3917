// lokijs in memory with `clone: true` (its way of keeping stored documents from the caller) and a unique index.
import { createRequire } from 'node:module'
import { NOTHING_AWAITED, versionOf } from './store.mjs'

const require = createRequire(import.meta.url)

export async function load() {
  const Loki = require('lokijs')
  return {
    version: versionOf('lokijs'),
    awaited: NOTHING_AWAITED,
    open: async () => createStore(new Loki('bench.db').addCollection('documents', { unique: ['id'], clone: true })),
  }
}

function createStore(collection) {
  const insertOne = (document) => {
    collection.insert(document)
  }
  const upsertOne = (document) => {
    const stored = collection.by('id', document.id)
    if (stored === undefined) collection.insert(document)
    else collection.update({ ...document, $loki: stored.$loki, meta: stored.meta })
  }
  const get = (key) => collection.by('id', key)
  return {
    insertBatch: (documents) => {
      collection.insert(documents)
    },
    insertOne,
    upsertBatch: (documents) => {
      for (const document of documents) upsertOne(document)
    },
    upsertOne,
    get,
    getMany: (keys) => keys.map(get),
    scan: (visit) => {
      for (const document of collection.find()) visit(document)
    },
    close: () => collection.clear(),
  }
}
