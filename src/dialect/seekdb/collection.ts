// A collection as users see it.

import type { SeekdbClient } from './client.ts'
import { readColumns } from './columns.ts'
import type { EmbeddingFunction, SparseEmbeddingFunction } from './embedding.ts'
import { InvalidCollectionError, translated } from './errors.ts'
import { readHybrid, runHybrid } from './hybrid.ts'
import { validateCollectionName } from './name.ts'
import { readOptions, withSnakeCase } from './options.ts'
import { readQuery, runQuery } from './query.ts'
import { readDelete, readGet } from './read.ts'
import type { Records } from './records.ts'
import { getResult } from './result.ts'
import type { Schema } from './schema.ts'
import type { Session } from './session.ts'
import { SparseSource } from './sparse.ts'
import type { Member } from './store.ts'
import type {
  AddOptions,
  DeleteOptions,
  DistanceMetric,
  ForkOptions,
  GetOptions,
  GetResult,
  HybridSearchOptions,
  Metadata,
  QueryOptions,
  QueryResult,
  UpdateOptions,
  UpsertOptions,
} from './types.ts'
import {
  addAtOnce,
  addRecords,
  type Embedders,
  updateAtOnce,
  updateRecords,
  upsertAtOnce,
  upsertRecords,
} from './write.ts'

/** What a `Collection` is made from. */
export interface CollectionConfig {
  readonly name: string
  readonly collectionId: string
  readonly schema: Schema
  readonly dimension: number
  readonly distance: DistanceMetric
  readonly embeddingFunction: EmbeddingFunction | undefined
  readonly sparseEmbeddingFunction: SparseEmbeddingFunction | undefined
  readonly client: SeekdbClient
  readonly session: Session
}

/**
 * Records under one name: each has an id, a document, metadata and a vector.
 *
 * A call first checks all its arguments and embeds its texts; then it stores everything or nothing.
 */
export class Collection {
  readonly name: string
  readonly schema: Schema
  /** Number of lanes of every vector. */
  readonly dimension: number
  readonly distance: DistanceMetric
  /** Turns documents into vectors; undefined if the collection has no function. */
  readonly embeddingFunction?: EmbeddingFunction
  readonly sparseEmbeddingFunction?: SparseEmbeddingFunction
  /** Always undefined. */
  readonly metadata?: Metadata
  /** 32 hex digits, new for every collection created. */
  readonly collectionId: string
  readonly client: SeekdbClient
  readonly #session: Session
  readonly #embedders: Embedders

  /** Called by the client. */
  constructor(config: CollectionConfig) {
    this.name = config.name
    this.schema = config.schema
    this.dimension = config.dimension
    this.distance = config.distance
    this.collectionId = config.collectionId
    this.client = config.client
    this.#session = config.session
    const { embeddingFunction, sparseEmbeddingFunction, schema } = config
    if (embeddingFunction !== undefined) this.embeddingFunction = embeddingFunction
    if (sparseEmbeddingFunction !== undefined) this.sparseEmbeddingFunction = sparseEmbeddingFunction
    const source = schema.sparseVectorIndex?.sourceKey
    this.#embedders = {
      dense: embeddingFunction,
      sparse:
        sparseEmbeddingFunction === undefined || source === undefined
          ? undefined
          : new SparseSource(sparseEmbeddingFunction, source),
    }
  }

  get [Symbol.toStringTag](): string {
    return 'Collection'
  }

  /**
   * Adds records. An id that already exists makes the whole call fail.
   *
   * @param options.ids - one id or several; the columns are single values or lists of the same length.
   * @throws SeekdbValueError for anything that cannot be stored as given; then nothing is stored.
   */
  add(options: AddOptions): Promise<void> {
    return this.#write(options, true, addAtOnce, addRecords)
  }

  /** Changes the given columns of existing records; ignores ids that do not exist. */
  update(options: UpdateOptions): Promise<void> {
    return this.#write(options, false, updateAtOnce, updateRecords)
  }

  /** Adds records, or changes the given columns of existing ones; the other columns are kept. */
  upsert(options: UpsertOptions): Promise<void> {
    return this.#write(options, true, upsertAtOnce, upsertRecords)
  }

  /** Writes without waiting if possible; otherwise copies the arguments first. */
  #write(options: unknown, keepsFalsy: boolean, atOnce: typeof addAtOnce, inTurn: typeof addRecords): Promise<void> {
    return this.#begin(() => {
      const given = readOptions(options)
      const records = this.#openRecords
      const written = records === undefined ? undefined : atOnce(records, this.#embedders, given)
      if (written !== undefined) return written
      const columns = readColumns(given, this.dimension, keepsFalsy, inTurn !== addRecords)
      return this.#run((member) => inTurn(member.records, this.#embedders, columns))
    })
  }

  /** Deletes the records that match all given conditions. Fails without any condition. */
  async delete(options: DeleteOptions): Promise<void> {
    const selection = readDelete(readOptions(options))
    await this.#run(({ records }) => records.delete(selection))
  }

  /** Records in the order they were added, as parallel lists; all columns unless `include` names some. */
  get<TMeta extends Metadata = Metadata>(options: GetOptions = {}): Promise<GetResult<TMeta>> {
    return this.#begin(() => {
      const { selection, window, include } = readGet(readOptions(options))
      const found = this.#openRecords?.readNow(selection, window)
      if (found !== undefined) return getResult(found, include)
      return this.#read(async ({ records }) => getResult(await records.read(selection, window), include))
    }) as Promise<GetResult<TMeta>>
  }

  /**
   * The records nearest to each query, as lists of parallel lists.
   *
   * `distances` are Euclidean distances for `l2`, 1 - cosine similarity for `cosine`, and dot products, largest first,
   * for `inner_product` and sparse vectors.
   */
  query<TMeta extends Metadata = Metadata>(options: QueryOptions): Promise<QueryResult<TMeta>> {
    return this.#begin(() => {
      const request = readQuery(readOptions(options), this)
      const records = this.#openRecords
      if (records !== undefined) return runQuery(records, request, this)
      return this.#read((member) => runQuery(member.records, request, this))
    }) as Promise<QueryResult<TMeta>>
  }

  /** Full-text and vector search in one list, fused by a record's rank in each. */
  async hybridSearch<TMeta extends Metadata = Metadata>(options: HybridSearchOptions): Promise<QueryResult<TMeta>> {
    const request = readHybrid(readOptions(options), this)
    const result = await this.#read(({ records }) => runHybrid(records, request, this))
    return result as QueryResult<TMeta>
  }

  /** Copies the collection under another name. @throws SeekdbValueError when the name is taken. */
  async fork(options: ForkOptions): Promise<Collection> {
    const name: unknown = typeof options === 'string' ? options : readOptions(options)['name']
    validateCollectionName(name)
    const store = await this.#session.store()
    return await this.#run(async (member) => {
      const { document } = await store.fork(member, name)
      return opened({
        name,
        collectionId: document.id,
        schema: this.schema,
        dimension: this.dimension,
        distance: this.distance,
        embeddingFunction: this.embeddingFunction,
        sparseEmbeddingFunction: this.sparseEmbeddingFunction,
        client: this.client,
        session: this.#session,
      })
    })
  }

  count(): Promise<number> {
    return this.#read(({ records }) => records.countAll())
  }

  /** The first records; `limit` defaults to 10. */
  peek<TMeta extends Metadata = Metadata>(limit: number = 10): Promise<GetResult<TMeta>> {
    return this.get<TMeta>({ limit, include: ['documents', 'metadatas', 'embeddings'] })
  }

  describe(): Promise<{ name: string; dimension: number; distance: DistanceMetric; metadata?: Metadata }> {
    return this.#run(async () => {
      const { name, dimension, distance } = this
      return { name, dimension, distance, metadata: undefined } as never
    })
  }

  /** The same as `describe`, under its pyseekdb name. */
  detail(): ReturnType<Collection['describe']> {
    return this.describe()
  }

  /** Does nothing: everything written can be found at once. */
  refresh_index(): Promise<void> {
    return this.#run(async () => {})
  }

  /** Rejects with an error of this dialect when `run` throws or rejects. */
  #begin<R>(run: () => R | Promise<R>): Promise<R> {
    try {
      const result = run()
      return result instanceof Promise ? result.catch(rejectTranslated) : Promise.resolve(result)
    } catch (error) {
      return Promise.reject(translated(error))
    }
  }

  /** The records of this collection if its store is open and nothing was called that they do not have yet. */
  get #openRecords(): Records | undefined {
    const records = this.#session.openStore?.get(this.collectionId)?.records
    return records?.line ? undefined : records
  }

  /** Reads what the writes that were called before leave. */
  #read<R>(operation: (member: Member) => Promise<R>): Promise<R> {
    return this.#run((member) => member.records.line?.then(() => operation(member)) ?? operation(member))
  }

  /** Runs an operation on the very collection this object was made for, never on another of the same name. */
  async #run<R>(operation: (member: Member) => Promise<R>): Promise<R> {
    const store = this.#session.openStore ?? (await this.#session.store())
    try {
      const member = store.get(this.collectionId)
      if (member === undefined) throw new InvalidCollectionError(`Collection not found: ${this.name}`)
      return await operation(member)
    } catch (error) {
      throw translated(error)
    }
  }
}

/** Outside the class: a class that names itself in its body gets another name in the bundles. */
function opened(config: CollectionConfig): Collection {
  return new Collection(config)
}

function rejectTranslated(error: unknown): never {
  throw translated(error)
}

withSnakeCase(Collection.prototype)
