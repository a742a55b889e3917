// quiverdb through its public interface, documents and all: in memory for exact search, in a directory for graphs.
import { EF_CONSTRUCTION, M } from './store.mjs'

/** @param {{ quantization: 'int8' | 'none' | 'binary', keepVectors?: boolean }} options */
export async function load(options) {
  const { open } = await import('../../../dist/index.js')
  const { readFileSync } = await import('node:fs')
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  const opened = async ({ path, isGraph }) => await open(isGraph ? path : ':memory:', { durability: 'soft' })
  return {
    version,
    isAwaited: true,
    open: async ({ dimension, path, isGraph }) => {
      const db = await opened({ path, isGraph })
      const index = { type: isGraph ? 'hnsw' : 'flat', m: M, efConstruction: EF_CONSTRUCTION, ...options }
      const rows = await db.createCollection('rows', {
        vectors: { v: { dimension, metric: 'ip', index } },
      })
      return createStore(db, rows)
    },
    reopen: async (place) => {
      const db = await opened(place)
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
