// Changes to the catalog. Each is one write of one record, plus a second one where the engine's collection is created
// or renamed with it. Callers take turns (`Store.change`).

import { type Collection, collectionIn } from '../../engine/index.ts'
import { CATALOG, type CollectionRecord, type DatabaseRecord, databaseKey, Entry, type Store } from './catalog.ts'
import { DEFAULT_DB } from './enums.ts'
import { unexpected } from './errors.ts'
import { engineVectors, placeIndexes } from './placement.ts'

type Unplaced = Omit<CollectionRecord, 'store'>

async function save(store: Store, record: CollectionRecord | DatabaseRecord): Promise<void> {
  const { catalog } = store
  const into = catalog ?? (await store.database.createCollection(CATALOG))
  // Another interface may have dropped the one there was.
  const result = await into.upsert(catalog === undefined ? [...store.records(), record] : record)
  if (result.errors > 0) throw unexpected(`${result.firstError}`)
}

export async function saveDatabase(store: Store, record: DatabaseRecord): Promise<void> {
  await save(store, record)
  store.databases.set(record.name, record)
  store.index()
}

export async function removeDatabase(store: Store, name: string): Promise<void> {
  await store.catalog?.delete(databaseKey(name))
  store.databases.delete(name)
  store.index()
}

/**
 * Creates the engine's collection under a record that says so: what a process leaves when it dies in between is removed
 * when the store is opened.
 */
export async function createEntry(store: Store, record: Unplaced): Promise<Entry> {
  const whole = { ...record, store: freeName(store, record) }
  let rows: Collection | undefined
  try {
    await save(store, { ...whole, isMaking: true })
    rows = await makeRows(store, whole.store, record)
    await save(store, whole)
  } catch (error) {
    if (rows !== undefined) await store.database.dropCollection(whole.store).catch(() => {})
    await store.catalog?.delete(record.id).catch(() => {})
    throw error
  }
  const entry = new Entry(whole, rows)
  store.entries.add(entry)
  store.index()
  return entry
}

/** The name of the engine's collection if it is free. */
function plainName({ db, name }: Unplaced): string {
  return db === DEFAULT_DB ? name : `${db}/${name}`
}

function freeName({ database }: Store, record: Unplaced): string {
  const plain = plainName(record)
  let name = plain
  for (let i = 2; collectionIn(database, name) !== undefined; i++) name = `${plain}~${i}`
  return name
}

async function makeRows({ database }: Store, name: string, record: Unplaced): Promise<Collection> {
  const rows = await database.createCollection(name, {
    primaryKey: record.fields.find((field) => field.isPrimary)!.name,
    vectors: engineVectors(record.fields, record.indexes),
  })
  try {
    await placeIndexes(rows, undefined, record)
    if (record.keyed === 0) {
      for (const partition of record.partitions.slice(1)) await rows.createPartition(partition.name)
    }
  } catch (error) {
    await database.dropCollection(name).catch(() => {})
    throw error
  }
  return rows
}

export async function updateEntry(store: Store, entry: Entry, change: Partial<CollectionRecord>): Promise<void> {
  if (change.indexes !== undefined || change.fields !== undefined) {
    await placeIndexes(entry.rows, entry.record, { ...entry.record, ...change })
  }
  await adopt(store, entry, change)
  if (change.name !== undefined) await nameRows(store, entry)
}

/** Gives the engine's collection its plain name. */
async function nameRows(store: Store, entry: Entry): Promise<void> {
  const { name } = entry.rows
  const plain = plainName(entry.record)
  if (name === plain || collectionIn(store.database, plain) !== undefined) return
  await adopt(store, entry, { store: plain, storeBefore: name })
  await store.database.renameCollection(name, plain)
}

async function adopt(store: Store, entry: Entry, change: Partial<CollectionRecord>): Promise<void> {
  const record = { ...entry.record, ...change, updated: Date.now() }
  await save(store, record)
  entry.adopt(record)
  store.index()
}

export async function dropEntry(store: Store, entry: Entry): Promise<void> {
  store.entries.delete(entry)
  store.index()
  // A record without rows does not count; rows without a record would stay forever. Another interface may have dropped
  // the rows.
  const { name } = entry.rows
  if (collectionIn(store.database, name) !== undefined) await store.database.dropCollection(name)
  await store.catalog?.delete(entry.record.id)
}

/** Copies all rows; throws if one is refused: the rows that it leaves are dropped after it. */
async function moveRows(from: Collection, to: Collection): Promise<void> {
  for (const { name } of await from.partitions()) {
    const { errors, firstError } = await to.insert(from.find({ partitions: [name] }), { partition: name })
    if (errors > 0) throw unexpected(`${errors} rows cannot be moved: ${firstError}`)
  }
}

/**
 * Moves the rows to an engine collection made for `change`: other metrics or other vector fields. With `isEmpty` the
 * rows are dropped.
 */
export async function rebuildEntry(
  store: Store,
  entry: Entry,
  change: Partial<CollectionRecord>,
  isEmpty = false,
): Promise<void> {
  const from = entry.rows
  let done: () => void = () => {}
  entry.moving = new Promise<void>((resolve) => {
    done = resolve
  })
  try {
    const next = { ...entry.record, ...change }
    const to = await makeRows(store, freeName(store, next), next)
    try {
      if (!isEmpty) await moveRows(from, to)
    } catch (error) {
      await store.database.dropCollection(to.name).catch(() => {})
      throw error
    }
    await adopt(store, entry, { ...change, store: to.name, storeBefore: undefined })
    entry.rows = to
    await store.database.dropCollection(from.name)
    await nameRows(store, entry)
  } finally {
    entry.moving = undefined
    done()
  }
}
