// quiverdb's queries through its public door, as built.
import { readFileSync } from 'node:fs'

const ENTRY = new URL('../../../dist/index.js', import.meta.url)
const MANIFEST = new URL('../../../package.json', import.meta.url)

/** @param {{ medium: 'memory' | 'file', hasIndex?: boolean }} options - an index on likes. */
export async function load({ medium, hasIndex = false }) {
  const { open } = await import(ENTRY.href)
  return {
    version: JSON.parse(readFileSync(MANIFEST, 'utf8')).version,
    open: async ({ path }) => {
      const database = await open(medium === 'memory' ? ':memory:' : path, { durability: 'soft' })
      const collection = await database.createCollection('documents')
      if (hasIndex) await collection.createIndex('likes')
      return createStore(database, collection, hasIndex)
    },
  }
}

function createStore(database, collection, hasIndex) {
  const where = (lang, likesBelow) => ({ lang, likes: { $lt: likesBelow } })
  const store = {
    insertBatch: async (documents) => {
      const result = await collection.insert(documents)
      if (result.errors > 0) throw new Error(result.firstError)
    },
    find: (lang, likesBelow) => collection.find({ filter: where(lang, likesBelow) }).toArray(),
    count: (lang, likesBelow) => collection.count(where(lang, likesBelow)),
    group: async () => {
      const rows = await collection.groupBy('lang', { likes: { $sum: 'likes' } })
      return rows.map(({ key, count, likes }) => ({ lang: key, count, likes }))
    },
    top: (limit) => collection.find({ sort: '-likes', limit }).toArray(),
    close: () => database.close(),
  }
  if (hasIndex) {
    const within = (from, to) => ({ likes: { $gte: from, $lt: to } })
    store.range = (from, to) => collection.find({ filter: within(from, to) }).toArray()
    store.rangeCount = (from, to) => collection.count(within(from, to))
  }
  return store
}
