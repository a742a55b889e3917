// Databases shared by several holders in one process: clients of a dialect on one path. The first holder opens the
// database, the last one closes it.

import { NotFoundError } from '../error/index.ts'
import type { Collection } from './collection.ts'
import { ofProcess } from './copies.ts'
import type { Database } from './database.ts'
import { openDatabase, type PlaceOptions, placeOf } from './open.ts'

/** One holder's hold on a database. */
export interface SharedDatabase {
  readonly database: Database
  /** Ends the hold; closes the database when nobody else holds it. May be called again. */
  release(): Promise<void>
}

interface Entry {
  readonly opening: Promise<Database>
  holders: number
}

/** By the location of the database. */
const openEntries = () => ofProcess('shared', () => new Map<string, Entry>())
const closings = () => ofProcess('shared.closing', () => new Map<string, Promise<unknown>>())

/**
 * Opens the database in a directory, or returns the one that this function already has open there.
 *
 * @param path - any path of the directory; `':memory:'` is a new database each time.
 * @param options - used when the database is opened; ignored when it is open already.
 * @throws {@link LockedError} when somebody else has the directory open.
 */
export async function openShared(path: string | URL, options: PlaceOptions = {}): Promise<SharedDatabase> {
  if (path === ':memory:') {
    const database = await openDatabase({ storage: null })
    return { database, release: () => database.close() }
  }
  const place = await placeOf(path, options)
  const { location } = place
  const entries = openEntries()
  let entry = entries.get(location)
  if (entry === undefined) {
    const closed = closings().get(location)
    entry = { opening: Promise.resolve(closed).then(() => place.open()), holders: 0 }
    entries.set(location, entry)
  }
  entry.holders++
  try {
    const database = await entry.opening
    return { database, release: releaseOnce(location, entry, database) }
  } catch (error) {
    if (entries.get(location) === entry) entries.delete(location)
    throw error
  }
}

function releaseOnce(location: string, entry: Entry, database: Database): () => Promise<void> {
  let released: Promise<void> | undefined
  return () => {
    released ??= release(location, entry, database)
    return released
  }
}

async function release(location: string, entry: Entry, database: Database): Promise<void> {
  if (--entry.holders > 0) return
  openEntries().delete(location)
  const closing = closings()
  const done = database.close()
  const settled = done.catch(() => {})
  closing.set(location, settled)
  try {
    await done
  } finally {
    if (closing.get(location) === settled) closing.delete(location)
  }
}

/**
 * The collection that has this name now, or undefined: another interface may have dropped or renamed it.
 *
 * @throws {@link ClosedError} when the database is closed.
 */
export function collectionIn(database: Database, name: string): Collection | undefined {
  try {
    return database.collection(name)
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
