// Where a client's store is, and how it is acquired and released. Clients of one path share a store, and so do clients
// of one open database.

import { type Database, onePerDatabase, openShared } from '../../engine/index.ts'
import { SeekdbConnectionError } from './errors.ts'
import { Store } from './store.ts'

const MEMORY_PATH = ':memory:'

/** A store in use; must be released once. */
export interface Hold {
  readonly store: Store
  release(): Promise<void>
}

export interface Location {
  acquire(): Promise<Hold>
}

/** The location of a store: a path, or an open quiverdb database. */
export function locationOf(place: string | Database): Location {
  if (typeof place !== 'string') return { acquire: async () => ({ store: await storeIn(place), release: keep }) }
  if (place === MEMORY_PATH) return new PrivateMemory()
  return { acquire: () => openStore(place) }
}

/** Whether `value` is an open quiverdb database, whichever copy of the package opened it. */
export function isDatabase(value: unknown): value is Database {
  return typeof value === 'object' && value !== null && 'createCollection' in value && 'collections' in value
}

/** A store private to one client, which lasts as long as the client: closing does not empty it. */
class PrivateMemory implements Location {
  #opening: Promise<Hold> | undefined

  async acquire(): Promise<Hold> {
    this.#opening ??= openStore(MEMORY_PATH)
    return { store: (await this.#opening).store, release: keep }
  }
}

/** Closes nothing: the database is not ours. */
async function keep(): Promise<void> {}

async function openStore(path: string): Promise<Hold> {
  let release: (() => Promise<void>) | undefined
  try {
    const shared = await openShared(path)
    release = () => shared.release()
    return { store: await storeIn(shared.database), release }
  } catch (cause) {
    await release?.().catch(() => {})
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new SeekdbConnectionError(`Failed to open "${path}": ${message}`, cause)
  }
}

function storeIn(database: Database): Promise<Store> {
  return onePerDatabase('seekdb.stores', database, () => Store.load(database))
}
