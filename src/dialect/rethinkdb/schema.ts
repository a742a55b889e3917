// Creates, drops and renames databases and tables.

import { ConflictError, NotFoundError } from '../../error/index.ts'
import { failOperation } from './errors.ts'
import { forget, save } from './saving.ts'
import { BOOKKEEPING, type DatabaseInfo, newTable, type Store, type Table } from './store.ts'

export function createDatabase(store: Store, name: string): DatabaseInfo {
  if (name === 'rethinkdb' || store.named.has(name)) failOperation(`Database \`${name}\` already exists.`)
  // What exists only because the store was new is saved from now on.
  for (const info of store.named.values()) save(store, info)
  const info = store.addDatabase(name)
  save(store, info)
  return info
}

export async function dropDatabase(store: Store, name: string): Promise<{ info: DatabaseInfo; tables: number }> {
  const info = store.requireDatabase(name)
  const tables = store.tables(name)
  for (const table of tables) await dropTable(table)
  store.named.delete(name)
  for (const other of store.named.values()) save(store, other)
  forget(store, info.id)
  return { info, tables: tables.length }
}

export function renameDatabase(store: Store, info: DatabaseInfo, name: string): void {
  const tables = store.tables(info.name)
  store.named.delete(info.name)
  info.name = name
  store.named.set(name, info)
  save(store, info)
  for (const table of tables) renameTable(table, name, table.name)
}

export async function createTable(
  store: Store,
  db: string,
  name: string,
  primaryKey: string,
  durability: 'hard' | 'soft',
): Promise<Table> {
  store.requireDatabase(db)
  const taken = () => failOperation(`Table \`${db}.${name}\` already exists.`)
  if (store.find(db, name) !== undefined) taken()
  const collection = await freeCollection(store, `${db}.${name}`)
  await store.database.createCollection(collection, { primaryKey }).catch((error) => {
    // Another query created it in the meantime.
    if (error instanceof ConflictError) taken()
    throw error
  })
  const info = newTable({ db, name, collection, primaryKey, durability })
  store.labelled.delete(collection)
  const table = store.adopt(info)
  save(store, info)
  return table!
}

/** The collection of a new table. A renamed table keeps the collection it was created with. */
async function freeCollection(store: Store, label: string): Promise<string> {
  const taken = new Set(BOOKKEEPING)
  for (const table of store.labelled.values()) if (!table.isGone) taken.add(table.info.collection)
  if (!taken.has(label)) return label
  // A collection left by a process that died before saving the table belongs to no table.
  for (const { name } of await store.database.collections()) taken.add(name)
  let collection = label
  // Two dots: no other interface's collection is mistaken for a table of this name.
  for (let i = 2; taken.has(collection); i++) collection = `${label}.${i}`
  return collection
}

export async function dropTable(table: Table): Promise<void> {
  const { store, info } = table
  store.leave(table)
  // The record is removed last: without it, the documents would be found as a table of another interface, under the
  // first name.
  await store.database.dropCollection(info.collection).catch((error) => {
    // Another query dropped it in the meantime.
    if (error instanceof NotFoundError) failOperation(`Table \`${table.label}\` does not exist.`)
    store.labelled.set(table.label, table)
    throw error
  })
  forget(store, info.id)
}

export function renameTable(table: Table, db: string, name: string): void {
  const { store, info } = table
  store.labelled.delete(table.label)
  info.db = db
  info.name = name
  store.labelled.set(table.label, table)
  save(store, info)
}
