// lmdb-js: a key-value store, so a query is a loop over all documents as they are decoded.
import { createRequire } from 'node:module'
import { versionOf } from '../store.mjs'

const require = createRequire(new URL('../package.json', import.meta.url))

export async function load() {
  const { open } = require('lmdb')
  return {
    version: versionOf('lmdb'),
    open: async ({ path }) => createStore(open({ path, noSync: true, sharedStructuresKey: Symbol.for('structures') })),
  }
}

function createStore(database) {
  const isDocument = ({ key }) => typeof key === 'string'
  function* documents() {
    for (const entry of database.getRange()) if (isDocument(entry)) yield entry.value
  }
  return {
    insertBatch: (batch) => {
      database.transactionSync(() => {
        for (const document of batch) database.putSync(document.id, document)
      })
    },
    find: (lang, likesBelow) => {
      const found = []
      for (const document of documents()) {
        if (document.likes < likesBelow && document.lang === lang) found.push(document)
      }
      return found
    },
    count: (lang, likesBelow) => {
      let count = 0
      for (const document of documents()) if (document.likes < likesBelow && document.lang === lang) count++
      return count
    },
    group: () => {
      const groups = new Map()
      for (const { lang, likes } of documents()) {
        const group = groups.get(lang) ?? { lang, count: 0, likes: 0 }
        group.count++
        group.likes += likes
        groups.set(lang, group)
      }
      return [...groups.values()]
    },
    top: (limit) => {
      let best = []
      for (const document of documents()) {
        best.push(document)
        if (best.length >= limit * 10) best = best.sort((a, b) => b.likes - a.likes).slice(0, limit)
      }
      return best.sort((a, b) => b.likes - a.likes).slice(0, limit)
    },
    close: () => database.close(),
  }
}
