// lokijs in memory with `clone: true`, without a binary index.
import { createRequire } from 'node:module'
import { versionOf } from '../store.mjs'

const require = createRequire(new URL('../package.json', import.meta.url))

export async function load() {
  const Loki = require('lokijs')
  return {
    version: versionOf('lokijs'),
    open: async () => createStore(new Loki('bench.db').addCollection('documents', { unique: ['id'], clone: true })),
  }
}

function createStore(collection) {
  const where = (lang, likesBelow) => ({ $and: [{ likes: { $lt: likesBelow } }, { lang }] })
  return {
    insertBatch: (documents) => {
      collection.insert(documents)
    },
    find: (lang, likesBelow) => collection.find(where(lang, likesBelow)),
    count: (lang, likesBelow) => collection.count(where(lang, likesBelow)),
    group: () =>
      collection.mapReduce(
        ({ lang, likes }) => ({ lang, likes }),
        (pairs) => {
          const groups = new Map()
          for (const { lang, likes } of pairs) {
            const group = groups.get(lang) ?? { lang, count: 0, likes: 0 }
            group.count++
            group.likes += likes
            groups.set(lang, group)
          }
          return [...groups.values()]
        },
      ),
    top: (limit) => collection.chain().simplesort('likes', { desc: true }).limit(limit).data(),
    close: () => collection.clear(),
  }
}
