// quiverdb through its public interface, documents and all: in memory for exact search, in a directory for graphs.
import { EF_CONSTRUCTION, M } from './store.mjs'

/** @param {{ quantization: 'int8' | 'none' | 'binary' }} options */
export async function load({ quantization }) {
  const { open } = await import('../../../dist/index.js')
  const { readFileSync } = await import('node:fs')
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  const opened = async ({ path, isGraph }) => await open(isGraph ? path : ':memory:', { durability: 'soft' })
  return {
    version,
    isAwaited: true,
    open: async (options) => {
      const db = await opened(options)
      const index = { type: options.isGraph ? 'hnsw' : 'flat', m: M, efConstruction: EF_CONSTRUCTION, quantization }
      const rows = await db.createCollection('rows', {
        vectors: { v: { dimension: options.dimension, metric: 'ip', index } },
      })
      return createStore(db, rows)
    },
    reopen: async (options) => {
      const db = await opened(options)
      return createStore(db, db.collection('rows'))
    },
  }
}

function createStore(db, rows) {
  return {
    insert: (batch, from) => rows.insert(batch.map((v, i) => ({ id: from + i, v }))),
    finish: () => rows.optimize(),
    search: async (vector, limit, ef) => {
      const hits = await rows.search({ vector, limit, ef, select: ['id'] })
      return hits.map(({ id }) => id)
    },
    close: () => db.close(),
  }
}
