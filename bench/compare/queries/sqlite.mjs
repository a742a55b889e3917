// better-sqlite3: documents as JSON text, and the fields that are asked for read out of it each time, kept in generated columns, or
// kept and indexed.
import { createRequire } from 'node:module'
import { versionOf } from '../store.mjs'

const require = createRequire(new URL('../package.json', import.meta.url))

/** @param {{ columns: 'none' | 'stored' | 'indexed' }} options */
export async function load({ columns }) {
  const Database = require('better-sqlite3')
  new Database(':memory:').close()
  return {
    version: versionOf('better-sqlite3'),
    open: async ({ path }) => createStore(new Database(`${path}/documents.db`), columns),
  }
}

function createStore(database, columns) {
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  const extract = (field) => `json_extract(body, '$.${field}')`
  const generated = (field, type) => `, ${field} ${type} GENERATED ALWAYS AS (${extract(field)}) STORED`
  const hasColumns = columns !== 'none'
  const more = hasColumns ? generated('likes', 'INTEGER') + generated('lang', 'TEXT') : ''
  database.exec(`CREATE TABLE documents (id TEXT PRIMARY KEY, body TEXT NOT NULL${more})`)
  if (columns === 'indexed') database.exec('CREATE INDEX by_likes ON documents (likes)')
  const likes = hasColumns ? 'likes' : extract('likes')
  const lang = hasColumns ? 'lang' : extract('lang')
  const insert = database.prepare('INSERT INTO documents (id, body) VALUES (?, ?)')
  const select = database.prepare(`SELECT body FROM documents WHERE ${likes} < ? AND ${lang} = ?`).pluck()
  const count = database.prepare(`SELECT count(*) FROM documents WHERE ${likes} < ? AND ${lang} = ?`).pluck()
  const group = database.prepare(
    `SELECT ${lang} AS lang, count(*) AS count, sum(${likes}) AS likes FROM documents GROUP BY ${lang}`,
  )
  const top = database.prepare(`SELECT body FROM documents ORDER BY ${likes} DESC LIMIT ?`).pluck()
  const range = database.prepare(`SELECT body FROM documents WHERE ${likes} >= ? AND ${likes} < ?`).pluck()
  const rangeCount = database.prepare(`SELECT count(*) FROM documents WHERE ${likes} >= ? AND ${likes} < ?`).pluck()
  const parsed = (bodies) => bodies.map((body) => JSON.parse(body))
  const store = {
    insertBatch: database.transaction((documents) => {
      for (const document of documents) insert.run(document.id, JSON.stringify(document))
    }),
    find: (lang, likesBelow) => parsed(select.all(likesBelow, lang)),
    count: (lang, likesBelow) => count.get(likesBelow, lang),
    group: () => group.all(),
    top: (limit) => parsed(top.all(limit)),
    close: () => database.close(),
  }
  if (columns === 'indexed') {
    store.range = (from, to) => parsed(range.all(from, to))
    store.rangeCount = (from, to) => rangeCount.get(from, to)
  }
  return store
}
