// Loaded databases: they belong to the process and are shared by all its clients.

import { type Collection, collectionIn, type Database, ofProcess, openShared } from '../../engine/index.ts'
import { SEQUENCE } from './document.ts'
import { Refusal, requireText } from './response.ts'
import type { Field } from './schema.ts'
import { Table, type TextIndex } from './table.ts'

/** Default record slots of a table; `loadDB` may set another number. */
export const SCALE = 150_000
/** The collection that holds the settings of a database's tables. */
const SETTINGS = 'epsilla.tables'
/** No other database can be loaded under this name. */
export const DEFAULT_NAME = 'default'

interface TableSettings {
  /** Id of the collection. */
  id: string
  fields: Field[]
  indices: TextIndex[]
}

/** A loaded database. */
export class LoadedDatabase {
  readonly path: string
  readonly scale: number
  readonly #database: Database
  readonly #release: () => Promise<void>
  readonly #prefix: string
  readonly #tables = new Map<string, Table>()
  /** Names of tables being created. */
  readonly #making = new Set<string>()
  /** Tables being removed: a new table of the same name waits for that. */
  readonly #dropping = new Map<string, Promise<void>>()
  #opening: Promise<unknown> = Promise.resolve()

  private constructor(path: string, scale: number, database: Database, release: () => Promise<void>, prefix: string) {
    this.path = path
    this.scale = scale
    this.#database = database
    this.#release = release
    this.#prefix = prefix
  }

  static async open(path: string, scale: number): Promise<LoadedDatabase> {
    const { database, release } = await openShared(path)
    const loaded = new LoadedDatabase(path, scale, database, release, '')
    await loaded.#load()
    return loaded
  }

  /** Opens the tables of an open database that belong to `name`. */
  static async within(database: Database, name: string, path: string, scale: number): Promise<LoadedDatabase> {
    const prefix = name === DEFAULT_NAME ? '' : `${name}.`
    const loaded = new LoadedDatabase(path, scale, database, async () => {}, prefix)
    await loaded.#load()
    return loaded
  }

  async #load(): Promise<void> {
    const names = new Set((await this.#database.collections()).map(({ name }) => name))
    if (!names.has(SETTINGS)) return
    const all = await this.#database.collection<TableSettings>(SETTINGS).find().toArray()
    for (const { id, fields, indices } of all) {
      const name = id.slice(this.#prefix.length)
      if (!id.startsWith(this.#prefix) || name.includes('.') || !names.has(id)) continue
      this.#tables.set(name, new Table(name, this.#database.collection(id), fields, indices))
    }
  }

  /** Whether both are the same store. */
  isOver(other: LoadedDatabase): boolean {
    return this.#database === other.#database
  }

  /** In order of creation. */
  get tables(): Table[] {
    return [...this.#tables.values()].filter(({ name }) => this.hasTable(name))
  }

  table(name: unknown, status: number): Table {
    requireText(name, 'table')
    if (!this.hasTable(name)) throw new Refusal(status, `Table not found: ${name}`)
    return this.#tables.get(name)!
  }

  /** Whether the table is there, and no other interface has dropped its collection. */
  hasTable(name: unknown): boolean {
    return (
      typeof name === 'string' &&
      this.#tables.has(name) &&
      collectionIn(this.#database, this.#prefix + name) !== undefined
    )
  }

  async createTable(name: string, fields: readonly Field[], indices: readonly TextIndex[]): Promise<void> {
    if (this.#making.has(name)) throw new Refusal(409, `Table already exists: ${name}`)
    this.#making.add(name)
    try {
      await this.#dropping.get(name)?.catch(() => {})
      this.#tables.set(name, await this.#makeTable(name, fields, indices))
    } finally {
      this.#making.delete(name)
    }
  }

  async #makeTable(name: string, fields: readonly Field[], indices: readonly TextIndex[]): Promise<Table> {
    const id = this.#prefix + name
    const settings = await this.#settings()
    const isTaken = (await this.#database.collections()).some((one) => one.name === id)
    // Before the collection: after a crash between the two, a collection without settings would block its name for
    // good.
    if (!isTaken) await settings.upsert({ id, fields: [...fields], indices: [...indices] })
    const vectors = fields.filter(({ type }) => type.startsWith('VECTOR_'))
    try {
      const collection = await this.#database.createCollection(id, {
        primaryKey: fields.find((field) => field.isKey)?.name ?? SEQUENCE,
        vectors: Object.fromEntries(
          vectors.map(({ name: field, dimensions, metric }) => [
            field,
            { dimension: dimensions, metric: METRICS[metric] },
          ]),
        ),
      })
      return new Table(name, collection, fields, indices)
    } catch (error) {
      if (!isTaken) await settings.delete(id)
      throw error
    }
  }

  async dropTable(name: string): Promise<void> {
    const { collection } = this.table(name, 500)
    this.#tables.delete(name)
    const done = this.#remove(name, collection.name)
    this.#dropping.set(name, done)
    try {
      await done
    } finally {
      this.#dropping.delete(name)
    }
  }

  async #remove(name: string, collection: string): Promise<void> {
    await this.#database.dropCollection(collection)
    await (await this.#settings()).delete(this.#prefix + name)
  }

  /** One at a time: of two tables created at once only one creates the collection. */
  #settings(): Promise<Collection<TableSettings>> {
    const opening = this.#opening.then(() => this.#openSettings())
    this.#opening = opening.catch(() => {})
    return opening
  }

  async #openSettings(): Promise<Collection<TableSettings>> {
    const isThere = (await this.#database.collections()).some(({ name }) => name === SETTINGS)
    return isThere
      ? this.#database.collection<TableSettings>(SETTINGS)
      : await this.#database.createCollection<TableSettings>(SETTINGS)
  }

  async unload(): Promise<void> {
    await this.#release()
  }

  /** Unloads, and removes what was written. Other files in the folder stay. */
  async drop(): Promise<void> {
    for (const { name } of this.tables) await this.dropTable(name)
    const others = (await this.#database.collections()).filter(({ name }) => name !== SETTINGS)
    if (others.length === 0 && this.#prefix === '') await this.#database.erase()
    await this.#release()
  }
}

const METRICS = { EUCLIDEAN: 'l2', COSINE: 'cosine', DOT_PRODUCT: 'ip' } as const

let databases: Map<string, LoadedDatabase> | undefined

/** The loaded databases by name; all copies of this code in a process share one map. */
export function loadedDatabases(): Map<string, LoadedDatabase> {
  databases ??= ofProcess('epsilla.databases', () => new Map())
  return databases
}
