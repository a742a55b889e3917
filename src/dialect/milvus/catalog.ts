// What Milvus knows besides the rows: databases, schemas, aliases, partitions, indexes, load states. Each database and
// each collection is one document of an internal collection, so that a change is one write; all of them are held in
// memory.

import { type Direct, directOf } from '../../engine/direct.ts'
import { type Collection, collectionIn, type Database, onePerDatabase } from '../../engine/index.ts'
import { DEFAULT_DB } from './enums.ts'
import { Code, MilvusError, told } from './errors.ts'
import { type Field, type FunctionSpec, Schema } from './schema.ts'
import { isZone } from './zone.ts'

export interface IndexRecord {
  readonly name: string
  readonly id: string
  readonly field: string
  readonly type: string
  readonly metric?: string
  /** The parameters as JSON, as they were given. */
  readonly params?: string
  /** Everything else that was given or altered. */
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
  /** The collectionID that `describeCollection` returns. */
  readonly number: string
  /** Name of the engine's collection with the rows. */
  readonly store: string
  /** Its previous name; still current if the rename never happened. */
  readonly storeBefore?: string | undefined
  /** The rows, partitions and indexes are not complete yet. */
  readonly isMaking?: boolean
  readonly fields: readonly Field[]
  readonly functions: readonly FunctionSpec[]
  readonly isDynamic: boolean
  readonly description: string
  readonly consistency: string
  readonly shards: number
  /** Number of partitions that a partition key routes to; 0 without a partition key. */
  readonly keyed: number
  readonly partitions: readonly PartitionRecord[]
  readonly properties: Readonly<Record<string, string>>
  /** When a TTL of rows was set, if not from the beginning. */
  readonly ttlSince?: number
  readonly aliases: readonly string[]
  readonly indexes: readonly IndexRecord[]
  /** The loaded partitions. */
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

function schemaOf({ fields, functions, isDynamic, properties }: CollectionRecord): Schema {
  const schema = new Schema(fields, functions, isDynamic)
  const zone = properties['timezone']
  return isZone(zone) ? schema.inZone(zone) : schema
}

function isExpiring({ properties }: CollectionRecord): boolean {
  return Number(properties['collection.ttl.seconds']) > 0 || !!properties['ttl_field']
}

/** An open collection. */
export class Entry {
  record: CollectionRecord
  schema: Schema
  #rows: Collection
  #direct: Direct | undefined
  /** Whether rows expire. */
  expires: boolean
  /** When expired rows were last removed. */
  sweptAt = 0
  /** Made by describe.ts; dropped on every change. */
  description: unknown = undefined
  /** Writers wait for this while the rows move to another engine collection. */
  moving: Promise<unknown> | undefined = undefined

  constructor(record: CollectionRecord, rows: Collection) {
    this.record = record
    this.#rows = rows
    this.#direct = directOf(rows)
    this.schema = schemaOf(record)
    this.expires = isExpiring(record)
  }

  get name(): string {
    return this.record.name
  }

  /** The engine's collection with the rows. */
  get rows(): Collection {
    return this.#rows
  }

  set rows(rows: Collection) {
    this.#rows = rows
    this.#direct = directOf(rows)
  }

  /** The same without promises; undefined if the engine is in another thread. */
  get direct(): Direct | undefined {
    return this.#direct
  }

  adopt(record: CollectionRecord): void {
    this.record = record
    this.schema = schemaOf(record)
    this.expires = isExpiring(record)
    this.description = undefined
  }
}

/** The internal collection of records. */
export const CATALOG = 'milvus.catalog'

let lastId = 0n

/** A new 64-bit id: the time in the upper bits, as in the server's, and greater than all ids before it. */
export function newId(): bigint {
  const now = BigInt(Date.now()) << 18n
  lastId = now > lastId ? now : lastId + 1n
  return lastId
}

/** The Milvus side of a database: one for all its clients, whichever bundle they come from. */
export function storeOf(database: Database): Promise<Store> {
  return onePerDatabase('milvus.stores', database, () => Store.open(database))
}

export class Store {
  readonly database: Database
  readonly databases = new Map<string, DatabaseRecord>()
  readonly entries = new Set<Entry>()
  /** Entries by database, then by name or alias. */
  #names = new Map<string, Map<string, Entry>>()
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
    const known = new Map((await database.collections()).map((one) => [one.name, one.partitions]))
    if (known.has(CATALOG)) {
      const halves: CollectionRecord[] = []
      for await (const document of database.collection(CATALOG).find({ sort: 'created' })) {
        if (document['kind'] === 'database') {
          store.databases.set(document['name'] as string, document as unknown as DatabaseRecord)
          continue
        }
        const record = document as unknown as CollectionRecord
        const name = [record.store, record.storeBefore].find((one) => one !== undefined && known.has(one))
        if (name === undefined || record.isMaking === true) halves.push(record)
        else store.entries.add(new Entry(withPartitions(record, known.get(name)!), database.collection(name)))
      }
      for (const record of halves) await store.#clear(record, known.has(record.store))
    }
    store.index()
    return store
  }

  /**
   * The internal collection; undefined until something is created.
   *
   * @throws ClosedError when the database is closed.
   */
  get catalog(): Collection | undefined {
    return collectionIn(this.database, CATALOG)
  }

  /** All that the internal collection holds. */
  records(): (DatabaseRecord | CollectionRecord)[] {
    return [...this.databases.values(), ...Array.from(this.entries, ({ record }) => record)]
  }

  /** Removes what a process left when it died while it created or dropped a collection. */
  async #clear(record: CollectionRecord, hasRows: boolean): Promise<void> {
    try {
      if (hasRows) await this.database.dropCollection(record.store)
      await this.catalog?.delete(record.id)
    } catch {
      // The store cannot be written; the record does not count.
    }
  }

  /** Rebuilds the lookup by name and alias; after each change. */
  index(): void {
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

  /** @throws ClosedError when the database is closed. */
  requireOpen(): void {
    collectionIn(this.database, CATALOG)
  }

  requireDatabase(db: string): void {
    if (!this.databases.has(db)) {
      throw new MilvusError(Code.DatabaseNotFound, `database not found[database=${told(db)}]`)
    }
  }

  /** The collection of this name or alias; undefined if there is none. */
  find(db: string, name: string): Entry | undefined {
    const entry = this.#names.get(db)?.get(name)
    return entry !== undefined && this.#isThere(entry) ? entry : undefined
  }

  /** Whether no other interface has dropped or renamed the rows; if one has, the collection is forgotten. */
  #isThere(entry: Entry): boolean {
    const { record, rows } = entry
    const { name } = rows
    const isOwn = name === record.store || name === record.storeBefore || entry.moving !== undefined
    if (isOwn && collectionIn(this.database, name) === rows) return true
    this.entries.delete(entry)
    this.index()
    // Its record is not to count for a later collection of this name.
    this.change(async () => this.catalog?.delete(record.id)).catch(() => {})
    return false
  }

  /** The collection of this name or alias. */
  entry(db: string, name: string): Entry {
    const entry = this.find(db, name)
    if (entry !== undefined) return entry
    this.requireDatabase(db)
    throw new MilvusError(Code.CollectionNotFound, `collection not found[database=${db}][collection=${told(name)}]`)
  }

  /** The collections of a database, in order of creation. */
  list(db: string): Entry[] {
    this.requireDatabase(db)
    return [...this.entries].filter((entry) => entry.record.db === db && this.#isThere(entry))
  }
}

/** The record without partitions that the engine's collection no longer has: they are dropped there first. */
function withPartitions(record: CollectionRecord, names: readonly string[]): CollectionRecord {
  if (record.keyed !== 0 || record.partitions.every(({ name }) => names.includes(name))) return record
  const { loaded } = record
  return {
    ...record,
    partitions: record.partitions.filter(({ name }) => names.includes(name)),
    loaded: Array.isArray(loaded) ? loaded.filter((name) => names.includes(name)) : loaded,
  }
}

export function databaseKey(name: string): string {
  return `database/${name}`
}
