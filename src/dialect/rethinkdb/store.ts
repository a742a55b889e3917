// Databases, tables and indexes over one engine database. A table `t` of `db` is the collection `db.t`; what the engine
// does not store about it (ids, indexes, hooks, durability) is kept in a separate collection. Collections made by other
// interfaces are tables too: `name` in the database `test`, `db.name` in `db`.

import { v4 as uuid } from 'uuid'
import { type Direct, NAMES, prepareDirect } from '../../engine/direct.ts'
import { type Collection, collectionIn, type Database, ofProcess } from '../../engine/index.ts'
import { UnsupportedError } from '../../error/index.ts'
import type { Fields } from './datum.ts'
import { failOperation } from './errors.ts'
import type { Index } from './index-entries.ts'
import { fromWire, type Node } from './node.ts'
import { type AnyPart, indexPart, loadAll, noteAll } from './parts.ts'
import { fromStored } from './stored.ts'

/** The collection with the records. */
export const CATALOG = '_rethinkdb'
/** Collections in which the dialects on a store keep their bookkeeping: dropping all tables must not drop these. */
export const BOOKKEEPING: ReadonlySet<string> = new Set([CATALOG, 'milvus.catalog', 'epsilla.tables', 'seekdb'])
/** The name of the single server of an in-process database. */
export const SERVER_NAME = 'quiverdb'
const ADOPTED = /^(?:([A-Za-z0-9_-]+)\.)?([A-Za-z0-9_-]+)$/

export interface DatabaseInfo {
  readonly id: string
  readonly kind: 'db'
  name: string
}

/** A secondary index as stored. */
export interface IndexInfo {
  readonly name: string
  /** The function in the protocol's form. */
  readonly wire: unknown
  readonly multi: boolean
  readonly geo: boolean
  readonly query: string
  /** The engine's index with its entries, if there is one. */
  readonly engine?: string
}

export interface TableInfo {
  readonly id: string
  readonly kind: 'table'
  db: string
  name: string
  readonly collection: string
  readonly primaryKey: string
  durability: 'hard' | 'soft'
  indexes: IndexInfo[]
  /** Function and source of the write hook. */
  hook: { readonly wire: unknown; readonly query: string } | null
}

/** One document's change, as reported to feeds. */
export interface RowChange {
  readonly key: unknown
  readonly old: Fields | null
  readonly new: Fields | null
}

/** Told about every write to a table, whichever interface makes it. */
export interface Listener {
  changed(changes: readonly RowChange[]): void
  /** The table is gone, or its database is closing. */
  dropped(): void
}

/** What a feed can follow. */
export interface Followed {
  readonly primaryKey: string
  readonly isGone?: boolean
  listen(listener: Listener): void
  unlisten(listener: Listener): void
}

/**
 * What terms keep about a table. They live longer than it does: it leaves them when it is dropped, or when the last
 * connection to its database closes.
 */
export interface Known {
  table: Table | undefined
}

export class Table implements Followed {
  readonly known: Known = { table: undefined }
  readonly info: TableInfo
  readonly store: Store
  readonly direct: Direct
  readonly indexes = new Map<string, Index>()
  hook: Node | undefined
  readonly #listeners = new Set<Listener>()
  #unwatch: (() => void) | undefined

  constructor(store: Store, info: TableInfo, direct: Direct) {
    this.store = store
    this.info = info
    this.direct = direct
  }

  get name(): string {
    return this.info.name
  }

  get label(): string {
    return `${this.info.db}.${this.info.name}`
  }

  get primaryKey(): string {
    return this.info.primaryKey
  }

  /** Whether another interface has dropped or renamed its collection. */
  get isGone(): boolean {
    return !this.direct.isNamed(this.info.collection)
  }

  /** Whether its writes wait for the disk by default. */
  get isHard(): boolean {
    return this.info.durability === 'hard' && this.direct.isHard
  }

  /** Whether any index would make use of a write's changes. */
  get isFollowed(): boolean {
    if (this.indexes.size === 0) return false
    for (const index of this.indexes.values()) if (index.isLive) return true
    return false
  }

  /** Tells indexes about a write; `before` is the version preceding it. */
  changed(changes: readonly RowChange[], before: number): void {
    for (const index of this.indexes.values()) index.follow(changes, before)
  }

  listen(listener: Listener): void {
    this.#listeners.add(listener)
    this.#unwatch ??= this.direct.watch({
      changed: (changes) => {
        const rows = changes.map(({ old, new: next }): RowChange => {
          const [before, after] = [rowOf(old), rowOf(next)]
          return { key: (after ?? before)![this.primaryKey], old: before, new: after }
        })
        for (const one of this.#listeners) one.changed(rows)
      },
      dropped: () => {
        for (const one of this.#listeners) one.dropped()
      },
    })
  }

  unlisten(listener: Listener): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return
    this.#unwatch?.()
    this.#unwatch = undefined
  }
}

export function newTable(own: Pick<TableInfo, 'db' | 'name' | 'collection' | 'primaryKey' | 'durability'>): TableInfo {
  return { id: uuid(), kind: 'table', ...own, indexes: [], hook: null }
}

function rowOf(document: object | undefined): Fields | null {
  return document === undefined ? null : (fromStored(document) as Fields)
}

/**
 * Which copy of the package holds the tables of a database, and for how many connections: copies do not see each
 * other's memory.
 */
interface Keeper {
  readonly stores: WeakMap<Database, Promise<Store>>
  connections: number
}

const STORES = new WeakMap<Database, Promise<Store>>()

export class Store {
  readonly database: Database
  /** Also the server's id, as `conn.server()` shows it. */
  readonly id = uuid()
  /** The stored databases and tables; undefined where nothing can be written. */
  catalog: Direct | undefined
  /** Databases by name. */
  readonly named = new Map<string, DatabaseInfo>()
  /** Tables by `db.name`. */
  readonly labelled = new Map<string, Table>()

  /** The number of saves. */
  saves = 0
  /** Called after each save: feeds of the system's tables. */
  readonly savers = new Set<() => void>()
  /** Saves that are under way. */
  readonly saving = new Set<Promise<unknown>>()
  readonly directOf: (collection: Collection) => Direct

  /** Set while a query waits for what it needs: later queries wait for it. */
  loading: Promise<unknown> | undefined
  /** Queries that take turns: closing a connection waits for them, lest one be refused half done. */
  readonly underWay = new Set<Promise<void>>()

  private constructor(database: Database, directOf: (collection: Collection) => Direct, catalog: Direct | undefined) {
    this.database = database
    this.directOf = directOf
    this.catalog = catalog
  }

  /**
   * The single store of an open database, held for one more connection until `release`.
   *
   * @throws {@link UnsupportedError} while another copy of the package has connections to it.
   */
  static async hold(database: Database): Promise<Store> {
    const keeper = Store.#keeperOf(database)
    keeper.connections++
    try {
      return await Store.#of(database)
    } catch (error) {
      keeper.connections--
      throw error
    }
  }

  static #keeperOf(database: Database): Keeper {
    const keepers = ofProcess('rethinkdb.keepers', () => new WeakMap<Database, Keeper>())
    let keeper = keepers.get(database)
    if (keeper?.stores === STORES) return keeper
    if (keeper !== undefined && keeper.connections > 0) {
      throw new UnsupportedError(
        'another copy of quiverdb/rethinkdb has connections to this database: what was imported and what was required are two, and so ' +
          'is what is required after resetModules. Close its connections first, or use one copy',
        { details: { feature: 'two copies on one database' } },
      )
    }
    keeper = { stores: STORES, connections: 0 }
    keepers.set(database, keeper)
    // What was known before the other copy had the database may be out of date.
    STORES.delete(database)
    return keeper
  }

  static #of(database: Database): Promise<Store> {
    let store = STORES.get(database)
    if (store === undefined) {
      store = Store.#load(database)
      STORES.set(database, store)
      store.catch(() => STORES.delete(database))
    }
    return store
  }

  static async #load(database: Database): Promise<Store> {
    const directOf = await prepareDirect(database)
    const stored = collectionIn(database, CATALOG)
    // A read-only database has no more than what is in it.
    const catalog = stored ? directOf(stored) : await database.createCollection(CATALOG).then(directOf, () => undefined)
    const store = new Store(database, directOf, catalog)
    if (catalog !== undefined) {
      const gone: string[] = []
      const next = catalog.scan()
      for (let record = next(); record !== undefined; record = next()) {
        const info = record as unknown as DatabaseInfo | TableInfo
        if (info.kind === 'db') store.named.set(info.name, info)
        else if (store.adopt(info) === undefined) gone.push(info.id)
      }
      // Their records must not be applied to later collections of these names.
      if (gone.length > 0) (await import('./saving.ts')).forgetGone(store, gone)
    }
    store.#adoptNew()
    await store.#loadParts()
    if (store.named.size === 0) store.addDatabase('test')
    return store
  }

  /** Loads what the functions of indexes and hooks need. */
  async #loadParts(): Promise<void> {
    const missing = new Set<AnyPart>()
    for (const { info } of this.labelled.values()) {
      if (info.indexes.length > 0) missing.add(indexPart)
      for (const kept of [...info.indexes, info.hook]) if (kept !== null) noteAll(fromWire(kept.wire), missing)
    }
    await loadAll(missing)
  }

  /** Releases the store for one connection. */
  release(): void {
    if (--Store.#keeperOf(this.database).connections > 0) return
    for (const { known } of this.labelled.values()) known.table = undefined
  }

  /**
   * For a query that waits for `work`: what it is to wait for. Queries that arrive meanwhile wait, too, and run in order
   * of arrival after it.
   */
  hold<V>(work: Promise<V>): Promise<[V, unknown]> {
    // Another query may already be waiting: this one comes after it.
    const whole = Promise.all([work, this.loading])
    const end = () => {
      if (this.loading === line) this.loading = undefined
    }
    const line: Promise<void> = whole.then(end, end)
    this.loading = line
    return whole
  }

  databases(): DatabaseInfo[] {
    this.#adoptNew()
    return [...this.named.values()]
  }

  requireDatabase(name: string): DatabaseInfo {
    return this.named.get(name) ?? failOperation(`Database \`${name}\` does not exist.`)
  }

  tables(db: string): Table[] {
    this.#adoptNew()
    return [...this.labelled.values()].filter((table) => table.info.db === db && !table.isGone)
  }

  /** The table, or undefined. */
  find(db: string, name: string): Table | undefined {
    const key = `${db}.${name}`
    const table = this.labelled.get(key)
    if (table !== undefined && !table.isGone) return table
    if (table !== undefined) this.leave(table)
    // Another interface may have created it in the meantime.
    this.#adoptNative(key)
    if (db === 'test') this.#adoptNative(name)
    return this.labelled.get(key)
  }

  /** Removes the table, so that it is no longer found. */
  leave(table: Table): void {
    this.labelled.delete(table.label)
    table.known.table = undefined
  }

  table(db: string, name: string): Table {
    return this.find(db, name) ?? failOperation(`Table \`${db}.${name}\` does not exist.`)
  }

  addDatabase(name: string): DatabaseInfo {
    const info: DatabaseInfo = { id: uuid(), kind: 'db', name }
    this.named.set(name, info)
    return info
  }

  /** Resolves when everything saved so far is on disk: no query that saved something answers before that. */
  async saved(): Promise<void> {
    if (this.saving.size > 0) await Promise.all(this.saving)
  }

  adopt(info: TableInfo): Table | undefined {
    const collection = collectionIn(this.database, info.collection)
    // Another interface dropped it.
    if (collection === undefined) return undefined
    const table = new Table(this, info, this.directOf(collection))
    this.labelled.set(table.label, table)
    return table
  }

  /** Makes tables of the collections that other interfaces have created in the meantime. */
  #adoptNew(): void {
    for (const name of this.database[NAMES]) this.#adoptNative(name)
  }

  #adoptNative(collection: string): void {
    const match = ADOPTED.exec(collection)
    if (match === null || BOOKKEEPING.has(collection)) return
    const [, db = 'test', name] = match
    for (const table of this.labelled.values()) {
      if ((table.info.collection === collection || table.label === `${db}.${name}`) && !table.isGone) return
    }
    const primaryKey = collectionIn(this.database, collection)?.primaryKey
    if (primaryKey === undefined) return
    if (!this.named.has(db)) this.addDatabase(db)
    this.adopt(newTable({ db, name, collection, primaryKey, durability: 'hard' }))
  }
}
