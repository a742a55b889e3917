// sqlite-vec in better-sqlite3: a vec0 table, exact by nature. Of unit vectors its L2 distance has the same order as the dot.
import { createRequire } from 'node:module'
import { versionOf } from './store.mjs'

const require = createRequire(import.meta.url)

export async function load() {
  const Database = require('better-sqlite3')
  const sqliteVec = require('sqlite-vec')
  new Database(':memory:').close()
  return {
    version: versionOf('sqlite-vec'),
    open: async ({ dimension }) => {
      const database = new Database(':memory:')
      sqliteVec.load(database)
      database.exec(`CREATE VIRTUAL TABLE rows USING vec0(id INTEGER PRIMARY KEY, v FLOAT[${dimension}])`)
      const insert = database.prepare('INSERT INTO rows (id, v) VALUES (?, ?)')
      const search = database.prepare('SELECT id FROM rows WHERE v MATCH ? AND k = ? ORDER BY distance').pluck()
      return {
        insert: database.transaction((rows, from) => {
          rows.forEach((row, i) => {
            insert.run(BigInt(from + i), row)
          })
        }),
        search: (query, limit) => search.all(query, limit),
        close: () => database.close(),
      }
    },
  }
}
