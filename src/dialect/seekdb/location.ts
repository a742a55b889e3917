// Where a client's store is, and the stores that are open: clients of one path share one, an open database has one.

import { type Database, type Durability, open } from '../../engine/index.ts'
import { DEFAULT_PATH } from './constants.ts'
import { SeekdbConnectionError } from './errors.ts'
import { Store } from './store.ts'

const MEMORY_PATH = ':memory:'

/** Takes and gives back a store. Between the two it is open. */
export interface Location {
  acquire(): Promise<Store>
  release(store: Store): Promise<void>
}

/** A path, or an open database of quiverdb, as a place for a store. */
export function locationOf(place: string | Database, durability: Durability | undefined): Location {
  if (typeof place !== 'string') return new OpenDatabase(place)
  if (place === MEMORY_PATH) return new PrivateMemory()
  return new SharedPath(absolutePath(place), durability)
}

/** Whether this is an open database of quiverdb, whichever copy of the package made it. */
export function isDatabase(value: unknown): value is Database {
  return typeof value === 'object' && value !== null && 'createCollection' in value && 'collections' in value
}

interface Shared {
  /** Clients that have acquired it and not released it. */
  users: number
  opening: Promise<Store>
  closing: Promise<void> | undefined
}

const shared = new Map<string, Shared>()

class SharedPath implements Location {
  readonly #path: string
  readonly #durability: Durability | undefined

  constructor(path: string, durability: Durability | undefined) {
    this.#path = path
    this.#durability = durability
  }

  async acquire(): Promise<Store> {
    // The lock of a store that is being closed is not free yet.
    for (let found = shared.get(this.#path); found?.closing !== undefined; found = shared.get(this.#path)) {
      await found.closing.catch(() => {})
    }
    let entry = shared.get(this.#path)
    if (entry === undefined) {
      entry = { users: 0, opening: openStore(this.#path, this.#durability), closing: undefined }
      shared.set(this.#path, entry)
    }
    entry.users++
    try {
      return await entry.opening
    } catch (error) {
      entry.users--
      if (shared.get(this.#path) === entry) shared.delete(this.#path)
      throw error
    }
  }

  async release(store: Store): Promise<void> {
    const entry = shared.get(this.#path)
    if (entry === undefined || (await entry.opening) !== store) return
    entry.users--
    if (entry.users > 0) return
    entry.closing = store.close().finally(() => shared.delete(this.#path))
    await entry.closing
  }
}

/** A store of one client; it lasts as long as the client does. */
class PrivateMemory implements Location {
  #opening: Promise<Store> | undefined

  acquire(): Promise<Store> {
    this.#opening ??= openStore(MEMORY_PATH, undefined)
    return this.#opening
  }

  async release(): Promise<void> {}
}

const stores = new WeakMap<Database, Promise<Store>>()

class OpenDatabase implements Location {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  acquire(): Promise<Store> {
    let store = stores.get(this.#database)
    if (store === undefined) {
      store = Store.load(this.#database)
      stores.set(this.#database, store)
      store.catch(() => stores.delete(this.#database))
    }
    return store
  }

  /** It is its owner who closes it. */
  async release(): Promise<void> {}
}

async function openStore(path: string, durability: Durability | undefined): Promise<Store> {
  let database: Database | undefined
  try {
    database = await open(path, durability === undefined || path === MEMORY_PATH ? {} : { durability })
    return await Store.load(database)
  } catch (cause) {
    await database?.close().catch(() => {})
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new SeekdbConnectionError(`Failed to open "${path}": ${message}`, cause)
  }
}

function workingDirectory(): string {
  const host = globalThis as { process?: { cwd?: () => string } }
  return host.process?.cwd?.() ?? '/'
}

export function defaultPath(): string {
  return absolutePath(DEFAULT_PATH)
}

/** One spelling for each path: absolute, without `.`, `..` and a slash at its end. In a browser the root is that of its storage. */
function absolutePath(path: string): string {
  const isWindows = /^[A-Za-z]:[\\/]/.test(workingDirectory())
  const given = isWindows ? path.replaceAll('\\', '/') : path
  const isAbsolute = given.startsWith('/') || (isWindows && /^[A-Za-z]:\//.test(given))
  const whole = isAbsolute ? given : `${workingDirectory().replaceAll(isWindows ? '\\' : '/', '/')}/${given}`
  const drive = isWindows ? (/^[A-Za-z]:/.exec(whole)?.[0] ?? '') : ''
  const parts: string[] = []
  for (const part of whole.slice(drive.length).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `${drive}/${parts.join('/')}`
}
