// Cases of `quiverdb/epsilla`.

import { close, equal } from './expect.mjs'

const FIELDS = [
  { name: 'ID', dataType: 'INT', primaryKey: true },
  { name: 'Doc', dataType: 'STRING' },
  { name: 'Embedding', dataType: 'VECTOR_FLOAT', dimensions: 2, metricType: 'EUCLIDEAN' },
]
const RECORDS = [
  { ID: 1, Doc: 'one', Embedding: [0, 1] },
  { ID: 2, Doc: 'two', Embedding: [3, 5] },
  { ID: 3, Doc: 'three', Embedding: [6, 8] },
]

async function opened(EpsillaDB, place) {
  const db = new EpsillaDB()
  await db.loadDB(place, 'contract')
  db.useDB('contract')
  return db
}

export const epsilla = {
  async 'inserts, upserts and queries'({ EpsillaDB }, place) {
    const db = await opened(EpsillaDB, place)
    equal((await db.createTable('t', FIELDS)).statusCode, 200)
    equal((await db.insert('t', RECORDS)).result, { inserted: 3, skipped: 0 })
    equal((await db.insert('t', RECORDS.slice(0, 1))).result, { inserted: 0, skipped: 1 })
    const upserted = await db.upsert('t', [
      { ...RECORDS[1], Doc: 'zwei' },
      { ID: 4, Doc: 'four', Embedding: [9, 9] },
    ])
    equal(upserted.statusCode, 200)
    const near = await db.query('t', { queryVector: [3, 4], limit: 2, withDistance: true })
    equal(
      near.result.map(({ ID, Doc }) => [ID, Doc]),
      [
        [2, 'zwei'],
        [1, 'one'],
      ],
    )
    close(near.result[0]['@distance'], 1, 'distance')
    const filtered = await db.query('t', { queryVector: [3, 4], limit: 9, filter: "ID > 1 AND Doc <> 'zwei'" })
    equal(
      filtered.result.map(({ ID }) => ID),
      [3, 4],
    )
    equal(
      (await db.get('t', { primaryKeys: [3] })).result.map(({ Doc }) => Doc),
      ['three'],
    )
    equal((await db.delete('t', { filter: 'ID >= 3' })).statusCode, 200)
    equal((await db.get('t', {})).result.length, 2)
    await db.unloadDB('contract')
  },

  async 'answers errors as statuses'({ EpsillaDB }, place) {
    const db = await opened(EpsillaDB, place)
    const missing = await db.query('none', { queryVector: [1], limit: 1 })
    equal([missing.statusCode === 200, typeof missing.message], [false, 'string'])
    await db.createTable('t', FIELDS)
    const short = await db.insert('t', [{ ID: 1, Doc: 'x', Embedding: [1] }])
    equal(short.statusCode === 200 && short.result?.inserted === 1, false, 'a short vector')
    await db.unloadDB('contract')
  },

  async 'keeps tables on disk'({ EpsillaDB }, place) {
    const first = await opened(EpsillaDB, place)
    await first.createTable('kept', FIELDS)
    await first.insert('kept', RECORDS)
    await first.unloadDB('contract')
    const second = await opened(EpsillaDB, place)
    const { result } = await second.query('kept', { queryVector: [6, 7], limit: 1 })
    equal(
      result.map(({ ID }) => ID),
      [3],
    )
    await second.unloadDB('contract')
  },
}
