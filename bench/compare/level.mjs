// classic-level (LevelDB): JSON values, batches through batch(), durable with its `sync` option.
import { createRequire } from 'node:module'
import { ALL_AWAITED, fromJson, toJson, versionOf } from './store.mjs'

const require = createRequire(import.meta.url)

export async function load() {
  const { ClassicLevel } = require('classic-level')
  return {
    version: versionOf('classic-level'),
    awaited: ALL_AWAITED,
    hasDurable: true,
    open: async ({ path }) => {
      const database = new ClassicLevel(path, { valueEncoding: 'utf8' })
      await database.open()
      return createStore(database)
    },
  }
}

function createStore(database) {
  const put = (document) => database.put(document.id, toJson(document))
  const operations = (documents) =>
    documents.map((document) => ({ type: 'put', key: document.id, value: toJson(document) }))
  const putAll = (documents) => database.batch(operations(documents))
  return {
    insertBatch: putAll,
    insertOne: put,
    upsertBatch: putAll,
    upsertOne: put,
    get: async (key) => {
      const text = await database.get(key)
      return text === undefined ? undefined : fromJson(text)
    },
    getMany: async (keys) => {
      const texts = await database.getMany(keys)
      return texts.map((text) => (text === undefined ? undefined : fromJson(text)))
    },
    scan: async (visit) => {
      const iterator = database.iterator({ keys: false })
      try {
        for (let entries = await iterator.nextv(1_000); entries.length > 0; entries = await iterator.nextv(1_000)) {
          for (const entry of entries) visit(fromJson(entry[1]))
        }
      } finally {
        await iterator.close()
      }
    },
    insertDurable: (document) => database.put(document.id, toJson(document), { sync: true }),
    insertBatchDurable: (documents) => database.batch(operations(documents), { sync: true }),
    close: () => database.close(),
  }
}
