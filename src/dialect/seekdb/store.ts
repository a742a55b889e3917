// The databases and collections of one quiverdb, as this dialect sees them.
//
// One engine collection, `seekdb`, is the catalog: one document for each database and for each collection with its
// settings. The records of each collection are in their own engine collection. A document says so until its collection
// is complete, and outlives its records; what a crash leaves is removed at the next opening. Other interfaces may drop
// and rename all of these at any time.

import { v4 as uuid } from 'uuid'
import { collectionIn, type Database, type Collection as EngineCollection } from '../../engine/index.ts'
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
  /** The records are not complete yet. */
  readonly isMaking?: true
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

type StoredDocument = DatabaseDocument | CollectionDocument

const METRICS: Readonly<Record<DistanceMetric, Metric>> = { l2: 'l2', cosine: 'cosine', inner_product: 'ip' }

export class Store {
  readonly #engine: Database
  /** By database name. */
  readonly #databases = new Map<string, Map<string, Member>>([[DEFAULT_DATABASE, new Map()]])
  readonly #byId = new Map<string, Member>()
  #sequence = 0
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(engine: Database) {
    this.#engine = engine
  }

  static async load(engine: Database): Promise<Store> {
    const store = new Store(engine)
    const names = new Set((await engine.collections()).map(({ name }) => name))
    const documents = ((await store.#catalog?.find().toArray()) ?? []) as unknown as StoredDocument[]
    for (const document of documents) {
      if (document.kind === 'database') store.#databaseMap(document.name)
    }
    for (const document of documents) {
      if (document.kind !== 'collection') continue
      const hasRecords = names.has(document.records)
      if (hasRecords && !document.isMaking) store.#adopt(document, { dense: undefined, sparse: undefined })
      // A database that cannot be written keeps it, and it does not count.
      else await store.#remove(document).catch(() => {})
    }
    return store
  }

  /** Undefined until something is created. */
  get #catalog(): EngineCollection | undefined {
    return collectionIn(this.#engine, CATALOG)
  }

  /** @throws ClosedError when the database is closed. */
  requireOpen(): void {
    collectionIn(this.#engine, CATALOG)
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
      await this.#save(databaseDocument(name))
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
      await this.#catalog?.delete(databaseDocument(name).id)
      this.#databases.delete(name)
    })
  }

  // --- collections

  find(database: string, name: string): Member | undefined {
    return this.#present(this.#databases.get(database)?.get(name))
  }

  /** By id; undefined once it is deleted. */
  get(id: string): Member | undefined {
    return this.#present(this.#byId.get(id))
  }

  /** The collection, unless another interface has dropped or renamed its records: it is forgotten then. */
  #present(member: Member | undefined): Member | undefined {
    if (member === undefined || member.records.areIn(this.#engine, member.document.records)) return member
    const { id } = this.#forget(member)
    this.#inTurn(async () => this.#catalog?.delete(id)).catch(() => {})
    return undefined
  }

  /** Newest first. */
  list(database: string): Member[] {
    const members = [...(this.#databases.get(database)?.values() ?? [])].filter((member) => this.#present(member))
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
    if (this.find(database, name) !== undefined) throw new SeekdbValueError(taken)
  }

  async #make(
    settings: Pick<CollectionDocument, 'database' | 'name' | 'dimension' | 'distance' | 'schema'>,
    functions: Member['functions'],
    fill: (records: Records) => Promise<void>,
  ): Promise<Member> {
    const { database, name, dimension, distance } = settings
    const id = uuid().replaceAll('-', '')
    const readable = `${PREFIX}${database}/${name}`
    const isFree = readable.length <= ENGINE_NAME_UNITS_MAX && collectionIn(this.#engine, readable) === undefined
    // Without a second slash, this cannot be another collection's readable name.
    const records = isFree ? readable : PREFIX + id
    const document: CollectionDocument = { id, kind: 'collection', sequence: ++this.#sequence, records, ...settings }
    await this.#save({ ...document, isMaking: true })
    try {
      const engine = await Records.create(this.#engine, records, dimension, METRICS[distance])
      await fill(engine)
      await this.#save(document)
      return this.#adopt(document, functions, engine)
    } catch (error) {
      await this.#remove(document).catch(() => {})
      throw error
    }
  }

  /** Writes a document of the catalog; all of them where it is new, or another interface has dropped it. */
  async #save(document: StoredDocument): Promise<void> {
    const catalog = this.#catalog
    const known = () => [
      ...[...this.#databases.keys()].map(databaseDocument),
      ...[...this.#byId.values()].map((one) => one.document),
    ]
    const { errors, firstError } =
      catalog === undefined
        ? await (await this.#engine.createCollection(CATALOG)).upsert([...known(), document])
        : await catalog.upsert(document)
    if (errors > 0) throw new SeekdbValueError(`Failed to insert collection metadata: ${firstError}`)
  }

  #drop(member: Member): Promise<void> {
    return this.#remove(this.#forget(member))
  }

  #forget({ document }: Member): CollectionDocument {
    this.#byId.delete(document.id)
    this.#databases.get(document.database)!.delete(document.name)
    return document
  }

  /** Removes the records, and then what says whose they are. */
  async #remove({ id, records }: CollectionDocument): Promise<void> {
    if (collectionIn(this.#engine, records) !== undefined) await this.#engine.dropCollection(records)
    await this.#catalog?.delete(id)
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

function databaseDocument(name: string): DatabaseDocument {
  return { id: `database/${name}`, kind: 'database', name }
}

/** @throws SeekdbValueError where a parameter is not JSON. */
function jsonOf(schema: Schema): SchemaJson {
  try {
    return JSON.parse(JSON.stringify(schema.toMetadataJson())) as SchemaJson
  } catch (error) {
    throw error instanceof TypeError ? new SeekdbValueError('configuration must be JSON', error) : error
  }
}
