// What Milvus knows beside the rows: databases, schemas, aliases, partitions, indexes, load states. Each database and each
// collection is one document of an internal collection, so that a change is one write; all of them are held in memory.

import { type Collection, type Database, type Direct, directOf } from '../../engine/index.ts'
import { DEFAULT_DB } from './enums.ts'
import { Code, MilvusError, unexpected } from './errors.ts'
import { engineVectors, placeIndexes } from './placement.ts'
import { type Field, type FunctionSpec, Schema } from './schema.ts'

export interface IndexRecord {
  readonly name: string
  readonly id: string
  readonly field: string
  readonly type: string
  readonly metric?: string
  /** As JSON, as it was given. */
  readonly params?: string
  /** What else was given or altered. */
  readonly extra: Readonly<Record<string, string>>
}

export interface PartitionRecord {
  readonly name: string
  readonly id: string
  readonly created: number
}

export interface CollectionRecord {
  /** Key of the document. */
  readonly id: string
  readonly kind: 'collection'
  readonly db: string
  readonly name: string
  /** What `describeCollection` calls collectionID. */
  readonly number: string
  /** Name of the engine's collection that holds the rows. */
  readonly store: string
  readonly fields: readonly Field[]
  readonly functions: readonly FunctionSpec[]
  readonly isDynamic: boolean
  readonly description: string
  readonly consistency: string
  readonly shards: number
  /** How many partitions a partition key routes to; 0 without one. */
  readonly keyed: number
  readonly partitions: readonly PartitionRecord[]
  readonly properties: Readonly<Record<string, string>>
  readonly aliases: readonly string[]
  readonly indexes: readonly IndexRecord[]
  /** Which partitions are loaded. */
  readonly loaded: 'none' | 'all' | readonly string[]
  readonly created: number
  readonly updated: number
}

export interface DatabaseRecord {
  readonly id: string
  readonly kind: 'database'
  readonly name: string
  readonly number: string
  readonly properties: Readonly<Record<string, string>>
  readonly created: number
}

/** A collection, open. */
export class Entry {
  record: CollectionRecord
  schema: Schema
  #rows: Collection
  #direct: Direct | undefined
  /** Made by describe.ts; dropped with each change. */
  description: unknown = undefined
  /** Writers wait for it while the rows move to another engine collection. */
  moving: Promise<unknown> | undefined = undefined

  constructor(record: CollectionRecord, rows: Collection) {
    this.record = record
    this.#rows = rows
    this.#direct = directOf(rows)
    this.schema = new Schema(record.fields, record.functions, record.isDynamic)
  }

  get name(): string {
    return this.record.name
  }

  /** The engine's collection that holds the rows. */
  get rows(): Collection {
    return this.#rows
  }

  set rows(rows: Collection) {
    this.#rows = rows
    this.#direct = directOf(rows)
  }

  /** The same without promises; undefined where the engine is in another thread. */
  get direct(): Direct | undefined {
    return this.#direct
  }

  adopt(record: CollectionRecord): void {
    this.record = record
    this.schema = new Schema(record.fields, record.functions, record.isDynamic)
    this.description = undefined
  }
}

const CATALOG = 'milvus.catalog'

let lastId = 0n

/** A new 64-bit id: time in the upper bits, as the server's, and above all ids before it. */
export function newId(): bigint {
  const now = BigInt(Date.now()) << 18n
  lastId = now > lastId ? now : lastId + 1n
  return lastId
}

const STORES = Symbol.for('quiverdb.milvus.stores')

/** The Milvus side of a database: one for all clients on it, whichever bundle they come from. */
export function storeOf(database: Database): Promise<Store> {
  const home = globalThis as unknown as Record<symbol, WeakMap<Database, Promise<Store>> | undefined>
  home[STORES] ??= new WeakMap()
  const stores = home[STORES]
  let store = stores.get(database)
  if (store === undefined) {
    store = Store.open(database)
    stores.set(database, store)
    // A failed opening is tried again by the next client.
    store.catch(() => stores.delete(database))
  }
  return store
}

export class Store {
  readonly database: Database
  readonly databases = new Map<string, DatabaseRecord>()
  readonly entries = new Set<Entry>()
  /** By database and then by name or alias. */
  #names = new Map<string, Map<string, Entry>>()
  #catalog: Collection | undefined
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(database: Database) {
    this.database = database
  }

  static async open(database: Database): Promise<Store> {
    const store = new Store(database)
    store.databases.set(DEFAULT_DB, {
      id: databaseKey(DEFAULT_DB),
      kind: 'database',
      name: DEFAULT_DB,
      number: '1',
      properties: {},
      created: 0,
    })
    const known = new Set((await database.collections()).map((one) => one.name))
    if (known.has(CATALOG)) {
      store.#catalog = database.collection(CATALOG)
      for await (const record of store.#catalog.find({ sort: 'created' })) {
        if (record['kind'] === 'database') {
          store.databases.set(record['name'] as string, record as unknown as DatabaseRecord)
        } else if (known.has(record['store'] as string)) {
          const rows = database.collection(record['store'] as string)
          store.entries.add(new Entry(record as unknown as CollectionRecord, rows))
        }
      }
    }
    store.#index()
    return store
  }

  #index(): void {
    this.#names = new Map([...this.databases.keys()].map((name) => [name, new Map()]))
    for (const entry of this.entries) {
      const names = this.#names.get(entry.record.db)
      names?.set(entry.name, entry)
      for (const alias of entry.record.aliases) names?.set(alias, entry)
    }
  }

  /** Runs changes of the catalog one after another. */
  change<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run)
    this.#turn = turn.catch(() => {})
    return turn
  }

  requireDatabase(db: string): void {
    if (!this.databases.has(db)) {
      throw new MilvusError(Code.DatabaseNotFound, `database not found[database=${db}]`)
    }
  }

  /** By name or alias; undefined where there is none. */
  find(db: string, name: string): Entry | undefined {
    return this.#names.get(db)?.get(name)
  }

  /** By name or alias. */
  entry(db: string, name: string): Entry {
    const entry = this.find(db, name)
    if (entry !== undefined) return entry
    this.requireDatabase(db)
    throw new MilvusError(Code.CollectionNotFound, `collection not found[database=${db}][collection=${name}]`)
  }

  /** The collections of a database, in the order they were created. */
  list(db: string): Entry[] {
    this.requireDatabase(db)
    return [...this.entries].filter((entry) => entry.record.db === db)
  }

  async #save(record: CollectionRecord | DatabaseRecord): Promise<void> {
    this.#catalog ??= await this.database.createCollection(CATALOG)
    const result = await this.#catalog.upsert(record)
    if (result.errors > 0) throw unexpected(`${result.firstError}`)
  }

  async saveDatabase(record: DatabaseRecord): Promise<void> {
    await this.#save(record)
    this.databases.set(record.name, record)
    this.#index()
  }

  async dropDatabase(name: string): Promise<void> {
    await this.#catalog?.delete(databaseKey(name))
    this.databases.delete(name)
    this.#index()
  }

  /** Makes the engine's collection, then the record that names it. */
  async create(record: Omit<CollectionRecord, 'store'>): Promise<Entry> {
    const plain = record.db === DEFAULT_DB ? record.name : `${record.db}/${record.name}`
    const rows = await this.#makeRows(plain, record)
    const whole = { ...record, store: rows.name }
    try {
      await this.#save(whole)
    } catch (error) {
      await this.database.dropCollection(rows.name).catch(() => {})
      throw error
    }
    const entry = new Entry(whole, rows)
    this.entries.add(entry)
    this.#index()
    return entry
  }

  async #makeRows(plain: string, record: Omit<CollectionRecord, 'store'>): Promise<Collection> {
    const taken = new Set((await this.database.collections()).map((one) => one.name))
    let name = plain
    for (let i = 2; taken.has(name); i++) name = `${plain}~${i}`
    const rows = await this.database.createCollection(name, {
      primaryKey: record.fields.find((field) => field.isPrimary)!.name,
      vectors: engineVectors(record.fields, record.indexes),
    })
    await placeIndexes(rows, undefined, record)
    if (record.keyed === 0) {
      for (const partition of record.partitions.slice(1)) await rows.createPartition(partition.name)
    }
    return rows
  }

  async update(entry: Entry, change: Partial<CollectionRecord>): Promise<void> {
    if (change.indexes !== undefined || change.fields !== undefined) {
      await placeIndexes(entry.rows, entry.record, { ...entry.record, ...change })
    }
    await this.#adopt(entry, change)
  }

  async #adopt(entry: Entry, change: Partial<CollectionRecord>): Promise<void> {
    const record = { ...entry.record, ...change, updated: Date.now() }
    await this.#save(record)
    entry.adopt(record)
    this.#index()
  }

  async drop(entry: Entry): Promise<void> {
    await this.#catalog!.delete(entry.record.id)
    this.entries.delete(entry)
    this.#index()
    await this.database.dropCollection(entry.rows.name)
  }

  /** Moves the rows to an engine collection made for `change`: other metrics, other vector fields; with `isEmpty` leaves them. */
  async rebuild(entry: Entry, change: Partial<CollectionRecord>, isEmpty = false): Promise<void> {
    const from = entry.rows
    let done: () => void = () => {}
    entry.moving = new Promise<void>((resolve) => {
      done = resolve
    })
    try {
      const { record } = entry
      const plain = record.db === DEFAULT_DB ? record.name : `${record.db}/${record.name}`
      const to = await this.#makeRows(plain, { ...record, ...change })
      if (!isEmpty) {
        for (const { name } of await from.partitions()) {
          await to.insert(from.find({ partitions: [name] }), { partition: name })
        }
      }
      await this.#adopt(entry, { ...change, store: to.name })
      entry.rows = to
      await this.database.dropCollection(from.name)
    } finally {
      entry.moving = undefined
      done()
    }
  }
}

export function databaseKey(name: string): string {
  return `database/${name}`
}
