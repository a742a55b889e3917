// lmdb-js with its default encoding (MessagePack). Soft writes are those of noSync, batches in a synchronous
// transaction (faster here than awaiting the last of a thousand put()s). Single writes await put(), the way its manual
// writes, or call putSync(). Durable writes wait for the flush of their own commit.
import { createRequire } from 'node:module'
import { versionOf } from './store.mjs'

const require = createRequire(import.meta.url)

/**
 * @param {{ hasStructures?: boolean, isSync?: boolean }} options - `hasStructures` stores field names once, which the
 *   manual offers; `isSync` writes single documents through putSync().
 */
export async function load({ hasStructures = false, isSync = false }) {
  const { open } = require('lmdb')
  return {
    version: versionOf('lmdb'),
    awaited: new Set(isSync ? ['close'] : ['insertOne', 'upsertOne', 'close']),
    hasDurable: true,
    open: async ({ path, isDurable = false, lanesCount }) => {
      const options = { path, noSync: !isDurable, separateFlushed: isDurable }
      if (hasStructures) options.sharedStructuresKey = Symbol.for('structures')
      if (lanesCount > 0) options.encoder = { moreTypes: true }
      return createStore(open(options), isSync)
    },
  }
}

function createStore(database, isSync) {
  const put = isSync
    ? (document) => {
        database.putSync(document.id, document)
      }
    : (document) => database.put(document.id, document)
  const putAll = (documents) => {
    database.transactionSync(() => {
      for (const document of documents) database.putSync(document.id, document)
    })
  }
  const get = (key) => database.get(key)
  return {
    insertBatch: putAll,
    insertOne: put,
    upsertBatch: putAll,
    upsertOne: put,
    get,
    getMany: (keys) => keys.map(get), // getMany() prefetches in a thread and takes half as long again.
    scan: (visit) => {
      for (const { key, value } of database.getRange()) if (typeof key === 'string') visit(value)
    },
    insertDurable: async (document) => {
      const committed = database.put(document.id, document)
      await committed.flushed
      await committed
    },
    insertBatchDurable: async (documents) => {
      putAll(documents)
      await database.flushed
    },
    close: () => database.close(),
  }
}
