// lmdb-js with its default encoding (MessagePack). Soft writes are those of noSync, made synchronously, which is
// faster here than awaiting put(); durable ones wait for the flush of their own commit.
import { createRequire } from 'node:module'
import { versionOf } from './store.mjs'

const require = createRequire(import.meta.url)

/** @param {{ hasStructures?: boolean }} options - `hasStructures` stores field names once, which the manual offers. */
export async function load({ hasStructures = false }) {
  const { open } = require('lmdb')
  return {
    version: versionOf('lmdb'),
    awaited: new Set(['close']),
    hasDurable: true,
    open: async ({ path, isDurable = false, lanesCount }) => {
      const options = { path, noSync: !isDurable, separateFlushed: isDurable }
      if (hasStructures) options.sharedStructuresKey = Symbol.for('structures')
      if (lanesCount > 0) options.encoder = { moreTypes: true }
      return createStore(open(options))
    },
  }
}

function createStore(database) {
  const put = document => {
    database.putSync(document.id, document)
  }
  const putAll = documents => {
    database.transactionSync(() => {
      for (const document of documents) database.putSync(document.id, document)
    })
  }
  const get = key => database.get(key)
  return {
    insertBatch: putAll,
    insertOne: put,
    upsertBatch: putAll,
    upsertOne: put,
    get,
    getMany: keys => keys.map(get), // getMany() prefetches in a thread and takes half as long again.
    scan: visit => {
      for (const { key, value } of database.getRange()) if (typeof key === 'string') visit(value)
    },
    insertDurable: async document => {
      const committed = database.put(document.id, document)
      await committed.flushed
      await committed
    },
    insertBatchDurable: async documents => {
      putAll(documents)
      await database.flushed
    },
    close: () => database.close(),
  }
}
