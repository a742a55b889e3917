// The databases and collections of one quiverdb, as this dialect sees them.
//
// One engine collection, `seekdb`, is the catalog: one document for each database and for each collection with its
// settings. The records of each collection are in their own engine collection. What the catalog does not list does not
// exist: it is written last when a collection is created, and first when one is deleted; engine collections left by a
// crash in between are dropped at the next opening.

import { v4 as uuid } from 'uuid'
import type { Database, Collection as EngineCollection } from '../../engine/index.ts'
import { ADMIN_DATABASE, DEFAULT_DATABASE } from './constants.ts'
import type { EmbeddingFunction, SparseEmbeddingFunction } from './embedding.ts'
import { SeekdbError, SeekdbValueError } from './errors.ts'
import type { Metric } from './nearest.ts'
import { Records } from './records.ts'
import type { Schema, SchemaJson } from './schema.ts'
import type { Settings } from './settings.ts'
import type { DistanceMetric } from './types.ts'

const CATALOG = 'seekdb'
const PREFIX = 'seekdb/'
const ENGINE_NAME_UNITS_MAX = 255

interface DatabaseDocument {
  readonly id: string
  readonly kind: 'database'
  readonly name: string
}

/** A collection in the catalog. */
export interface CollectionDocument {
  /** 32 hex digits, new for every collection. */
  readonly id: string
  readonly kind: 'collection'
  readonly database: string
  readonly name: string
  /** Grows with every collection created. */
  readonly sequence: number
  /** Name of the engine collection with the records. */
  readonly records: string
  readonly dimension: number
  readonly distance: DistanceMetric
  readonly schema: SchemaJson
}

/** A collection that exists. */
export interface Member {
  readonly document: CollectionDocument
  readonly records: Records
  /** The functions it was created with in this process, in case they cannot be built from their names. */
  readonly functions: {
    readonly dense: EmbeddingFunction | undefined
    readonly sparse: SparseEmbeddingFunction | undefined
  }
}

const METRICS: Readonly<Record<DistanceMetric, Metric>> = { l2: 'l2', cosine: 'cosine', inner_product: 'ip' }

export class Store {
  readonly #engine: Database
  readonly #catalog: EngineCollection
  /** By database name. */
  readonly #databases = new Map<string, Map<string, Member>>([[DEFAULT_DATABASE, new Map()]])
  readonly #byId = new Map<string, Member>()
  #sequence = 0
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(engine: Database, catalog: EngineCollection) {
    this.#engine = engine
    this.#catalog = catalog
  }

  static async load(engine: Database): Promise<Store> {
    const infos = await engine.collections()
    const hasCatalog = infos.some((info) => info.name === CATALOG)
    const catalog = hasCatalog ? engine.collection(CATALOG) : await engine.createCollection(CATALOG)
    const store = new Store(engine, catalog)
    const documents = (await catalog.find().toArray()) as unknown as (DatabaseDocument | CollectionDocument)[]
    for (const document of documents) {
      if (document.kind === 'database') store.#databaseMap(document.name)
    }
    const unlisted = new Set(infos.map(({ name }) => name))
    for (const document of documents) {
      if (document.kind !== 'collection') continue
      if (unlisted.delete(document.records)) store.#adopt(document, { dense: undefined, sparse: undefined })
      // Another interface dropped its records. A database that cannot be written keeps the document, which does not count.
      else await catalog.delete(document.id).catch(() => {})
    }
    for (const name of unlisted) if (name.startsWith(PREFIX)) await engine.dropCollection(name)
    return store
  }

  // --- databases

  hasDatabase(name: string): boolean {
    return name === ADMIN_DATABASE || this.#databases.has(name)
  }

  databaseNames(): string[] {
    return [ADMIN_DATABASE, ...this.#databases.keys()]
  }

  createDatabase(name: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.hasDatabase(name)) return
      await this.#catalog.insert({ id: `database/${name}`, kind: 'database', name })
      this.#databaseMap(name)
    })
  }

  /** Deletes a database and its collections. The default database stays, empty. */
  deleteDatabase(name: string): Promise<void> {
    if (name === ADMIN_DATABASE) throw new SeekdbValueError(`Database ${ADMIN_DATABASE} cannot be deleted`)
    return this.#inTurn(async () => {
      const collections = this.#databases.get(name)
      if (collections === undefined) return
      for (const member of [...collections.values()]) await this.#drop(member)
      if (name === DEFAULT_DATABASE) return
      await this.#catalog.delete(`database/${name}`)
      this.#databases.delete(name)
    })
  }

  // --- collections

  find(database: string, name: string): Member | undefined {
    return this.#databases.get(database)?.get(name)
  }

  /** By id; undefined once it is deleted. */
  get(id: string): Member | undefined {
    return this.#byId.get(id)
  }

  /** Newest first. */
  list(database: string): Member[] {
    const members = [...(this.#databases.get(database)?.values() ?? [])]
    return members.sort((a, b) => b.document.sequence - a.document.sequence)
  }

  /** @throws SeekdbValueError when the name is taken. */
  create(database: string, name: string, settings: Settings): Promise<Member> {
    const { schema, dimension, distance, embeddingFunction, sparseEmbeddingFunction } = settings
    const functions = { dense: embeddingFunction, sparse: sparseEmbeddingFunction }
    // Converted before anything is created, so that a config that is not JSON fails here.
    const json = jsonOf(schema)
    return this.#inTurn(async () => {
      this.#requireFree(database, name, `Collection '${name}' already exists`)
      return await this.#make({ database, name, dimension, distance, schema: json }, functions, async () => {})
    })
  }

  /** Copies a collection with its records and settings. @throws SeekdbValueError when the name is taken. */
  fork(source: Member, name: string): Promise<Member> {
    return this.#inTurn(async () => {
      const { database, dimension, distance, schema } = source.document
      this.#requireFree(database, name, `Collection '${name}' already exists. Please use a different name.`)
      const settings = { database, name, dimension, distance, schema }
      return await this.#make(settings, source.functions, (target) => target.copyFrom(source.records))
    })
  }

  async delete(database: string, name: string): Promise<void> {
    await this.#inTurn(async () => {
      const member = this.find(database, name)
      if (member === undefined) throw new SeekdbValueError(`Collection not found: ${name}`)
      await this.#drop(member)
    })
  }

  #requireFree(database: string, name: string, taken: string): void {
    if (database === ADMIN_DATABASE) {
      throw new SeekdbValueError(`Database ${ADMIN_DATABASE} holds no collections; name another with 'database'`)
    }
    const collections = this.#databases.get(database)
    if (collections === undefined) throw new SeekdbError(`Unknown database '${database}'`)
    if (collections.has(name)) throw new SeekdbValueError(taken)
  }

  async #make(
    settings: Pick<CollectionDocument, 'database' | 'name' | 'dimension' | 'distance' | 'schema'>,
    functions: Member['functions'],
    fill: (records: Records) => Promise<void>,
  ): Promise<Member> {
    const { database, name, dimension, distance } = settings
    const id = uuid().replaceAll('-', '')
    const readable = `${PREFIX}${database}/${name}`
    // Without a second slash, this cannot be another collection's readable name.
    const records = readable.length <= ENGINE_NAME_UNITS_MAX ? readable : `${PREFIX}${id}`
    const document: CollectionDocument = { id, kind: 'collection', sequence: ++this.#sequence, records, ...settings }
    const engine = await Records.create(this.#engine, records, dimension, METRICS[distance])
    try {
      await fill(engine)
      await this.#insert(document)
    } catch (error) {
      await this.#engine.dropCollection(records).catch(() => {})
      throw error
    }
    return this.#adopt(document, functions, engine)
  }

  async #insert(document: CollectionDocument): Promise<void> {
    const { errors, firstError } = await this.#catalog.insert(document)
    if (errors > 0) throw new SeekdbValueError(`Failed to insert collection metadata: ${firstError}`)
  }

  async #drop(member: Member): Promise<void> {
    const { id, database, name, records } = member.document
    await this.#catalog.delete(id)
    this.#byId.delete(id)
    this.#databases.get(database)!.delete(name)
    await this.#engine.dropCollection(records)
  }

  #adopt(document: CollectionDocument, functions: Member['functions'], made?: Records): Member {
    const { id, database, name, sequence, records, dimension, distance } = document
    const engine = made ?? new Records(this.#engine.collection(records), dimension, METRICS[distance])
    const member: Member = { document, records: engine, functions }
    this.#sequence = Math.max(this.#sequence, sequence)
    this.#byId.set(id, member)
    this.#databaseMap(database).set(name, member)
    return member
  }

  #databaseMap(name: string): Map<string, Member> {
    let collections = this.#databases.get(name)
    if (collections === undefined) this.#databases.set(name, (collections = new Map()))
    return collections
  }

  /** Runs changes of the catalog one after another. */
  #inTurn<R>(run: () => Promise<R>): Promise<R> {
    const turn = this.#tail.then(run)
    this.#tail = turn.catch(() => {})
    return turn
  }
}

/** @throws SeekdbValueError where a parameter is not JSON. */
function jsonOf(schema: Schema): SchemaJson {
  try {
    return JSON.parse(JSON.stringify(schema.toMetadataJson())) as SchemaJson
  } catch (error) {
    throw error instanceof TypeError ? new SeekdbValueError('configuration must be JSON', error) : error
  }
}
