// The table of Epsilla's own documentation, and a client with it.

import { EpsillaDB, type EpsillaResponse } from '../../../src/dialect/epsilla/index.ts'

export const FIELDS = [
  { name: 'ID', dataType: 'INT', primaryKey: true },
  { name: 'Doc', dataType: 'STRING' },
  { name: 'Embedding', dataType: 'VECTOR_FLOAT', dimensions: 4 },
]

export const RECORDS = [
  { ID: 1, Doc: 'The garden was blooming.', Embedding: [0.05, 0.61, 0.76, 0.74] },
  { ID: 2, Doc: 'In the busy city streets.', Embedding: [0.19, 0.81, 0.75, 0.11] },
  { ID: 3, Doc: 'The library was a quiet haven.', Embedding: [0.36, 0.55, 0.47, 0.94] },
  { ID: 4, Doc: 'High in the mountains.', Embedding: [0.18, 0.01, 0.85, 0.8] },
  { ID: 5, Doc: 'At the beach.', Embedding: [0.24, 0.18, 0.22, 0.44] },
]

let count = 0

/** A client that uses a new database in memory. */
export async function client(): Promise<EpsillaDB> {
  const db = new EpsillaDB()
  const name = `db_${process.pid}_${++count}`
  await db.loadDB(':memory:', name)
  db.useDB(name)
  return db
}

/** The same, with the documentation's table and its five records. */
export async function withRecords(): Promise<EpsillaDB> {
  const db = await client()
  await db.createTable('MyTable', FIELDS)
  await db.insert('MyTable', RECORDS)
  return db
}

/** Status, message, and the IDs of the records. */
export async function ids(call: Promise<EpsillaResponse | Error>): Promise<unknown[]> {
  const response = (await call) as EpsillaResponse<{ ID: unknown }[]>
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${response.message}`)
  return response.result!.map(({ ID }) => ID)
}
