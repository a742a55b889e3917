// lancedb: a table without an index, which it scans.
import { versionOf } from './store.mjs'

export async function load() {
  const { connect } = await import('@lancedb/lancedb')
  return {
    version: versionOf('@lancedb/lancedb'),
    isAwaited: true,
    open: async ({ path }) => {
      const database = await connect(path)
      let table
      return {
        insert: async (rows, from) => {
          const batch = rows.map((row, i) => ({ id: from + i, vector: Array.from(row) }))
          if (table === undefined) table = await database.createTable('rows', batch)
          else await table.add(batch)
        },
        finish: () => table.optimize(),
        search: async (query, limit) => {
          const hits = await table.search(query).distanceType('dot').select(['id']).limit(limit).toArray()
          return hits.map(({ id }) => Number(id))
        },
        close: () => database.close(),
      }
    },
  }
}
