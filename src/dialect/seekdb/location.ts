// Where a client's store is, and how it is taken and given back. Clients of one path share a store, and so do those of one open
// database.

import { type Database, onePerDatabase, openShared } from '../../engine/index.ts'
import { SeekdbConnectionError } from './errors.ts'
import { Store } from './store.ts'

const MEMORY_PATH = ':memory:'

/** A store in use; to be released once. */
export interface Hold {
  readonly store: Store
  release(): Promise<void>
}

export interface Location {
  acquire(): Promise<Hold>
}

/** A path, or an open database of quiverdb, as a place for a store. */
export function locationOf(place: string | Database): Location {
  if (typeof place !== 'string') return { acquire: async () => ({ store: await storeIn(place), release: keep }) }
  if (place === MEMORY_PATH) return new PrivateMemory()
  return { acquire: () => openStore(place) }
}

/** Whether this is an open database of quiverdb, whichever copy of the package made it. */
export function isDatabase(value: unknown): value is Database {
  return typeof value === 'object' && value !== null && 'createCollection' in value && 'collections' in value
}

/** A store of one client, which lasts as long as the client: closing does not empty it. */
class PrivateMemory implements Location {
  #opening: Promise<Hold> | undefined

  async acquire(): Promise<Hold> {
    this.#opening ??= openStore(MEMORY_PATH)
    return { store: (await this.#opening).store, release: keep }
  }
}

/** What is not ours to close. */
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
