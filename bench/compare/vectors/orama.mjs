// orama: vector mode, which compares with every row.
import { versionOf } from './store.mjs'

export async function load() {
  const { create, insertMultiple, searchVector } = await import('@orama/orama')
  return {
    version: versionOf('@orama/orama'),
    isAwaited: true,
    rowsCountMax: 20_000,
    open: async ({ dimension }) => {
      const database = create({ schema: { v: `vector[${dimension}]` } })
      return {
        insert: (rows, from) =>
          insertMultiple(
            database,
            rows.map((row, i) => ({ id: String(from + i), v: Array.from(row) })),
          ),
        search: async (query, limit) => {
          const vector = { value: Array.from(query), property: 'v' }
          const { hits } = await searchVector(database, { vector, similarity: -1, limit })
          return hits.map(({ id }) => Number(id))
        },
        close: () => {},
      }
    },
  }
}
