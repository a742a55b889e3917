// A vector store for LangChain.js: texts, their metadata and vectors as documents of one collection.

import type { DocumentInterface } from '@langchain/core/documents'
import { Document } from '@langchain/core/documents'
import type { EmbeddingsInterface } from '@langchain/core/embeddings'
import { maximalMarginalRelevance } from '@langchain/core/utils/math'
import { type MaxMarginalRelevanceSearchOptions, VectorStore } from '@langchain/core/vectorstores'
import { v4 as uuid } from 'uuid'
import type { VectorIndexOptions } from '../catalog/index.ts'
import { type Collection, type Database, type Filter, open } from '../engine/index.ts'
import { UsageError } from '../error/index.ts'

/** Where the documents are stored. */
export interface QuiverVectorStoreConfig {
  /** An open database; it stays open when the store is closed. */
  readonly database?: Database
  /** A directory, a name in a browser, or `':memory:'` (default). Not together with `database`. */
  readonly path?: string
  /** Default `'langchain'`. Created if missing. */
  readonly collection?: string
  /** Default `'cosine'`; fixed when the collection is created. */
  readonly metric?: 'cosine' | 'l2' | 'ip'
  /** Options of the vector index, as `createCollection` takes them. */
  readonly index?: VectorIndexOptions
}

/**
 * Which documents: an object of metadata fields with quiverdb's operators (`{ year: { $gt: 2000 } }`), or a function
 * that is called for each document, nearest first.
 */
export type QuiverFilter = Filter | ((document: DocumentInterface) => boolean)

interface Row {
  id: string
  text: string
  metadata: Record<string, unknown>
  vector: Float32Array
}

const FIELD = 'vector'
const COLLECTION = 'langchain'
/** Documents embedded at a time. */
const BATCH = 256

/**
 * A LangChain `VectorStore` on quiverdb.
 *
 * Scores are similarities, greatest first: the cosine, the dot product, or 1 / (1 + squared distance).
 *
 * @example
 * ```ts
 * const store = await QuiverVectorStore.fromTexts(['a', 'b'], [{ n: 1 }, { n: 2 }], embeddings, { path: './data' })
 * const found = await store.similaritySearch('a', 1, { n: { $lt: 2 } })
 * ```
 */
export class QuiverVectorStore extends VectorStore {
  declare FilterType: QuiverFilter
  readonly #config: QuiverVectorStoreConfig
  #opening: Promise<Database> | undefined
  #collection: Promise<Collection<Row>> | undefined
  /** Metric of the existing collection, which never changes. */
  #metric: string | undefined

  constructor(embeddings: EmbeddingsInterface, config: QuiverVectorStoreConfig = {}) {
    super(embeddings, {})
    if (config.database !== undefined && config.path !== undefined) {
      throw new UsageError('QuiverVectorStore takes a database or a path, not both')
    }
    this.#config = config
  }

  get [Symbol.toStringTag](): string {
    return 'QuiverVectorStore'
  }

  static override lc_name(): string {
    return 'QuiverVectorStore'
  }

  override _vectorstoreType(): string {
    return 'quiverdb'
  }

  /** Creates a store from these texts. */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    config: QuiverVectorStoreConfig = {},
  ): Promise<QuiverVectorStore> {
    const documents = texts.map((pageContent, i) => {
      const metadata = (Array.isArray(metadatas) ? metadatas[i] : metadatas) as Record<string, unknown> | undefined
      return new Document({ pageContent, metadata: metadata ?? {} })
    })
    return await QuiverVectorStore.fromDocuments(documents, embeddings, config)
  }

  /** Creates a store from these documents. */
  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    config: QuiverVectorStoreConfig = {},
  ): Promise<QuiverVectorStore> {
    const store = new QuiverVectorStore(embeddings, config)
    await store.addDocuments(documents)
    return store
  }

  /** Opens a store on an existing collection. */
  static async fromExistingCollection(
    embeddings: EmbeddingsInterface,
    config: QuiverVectorStoreConfig,
  ): Promise<QuiverVectorStore> {
    return new QuiverVectorStore(embeddings, config)
  }

  /**
   * Embeds documents and stores them. Those with an id, or with one in `ids`, replace documents with that id. Returns
   * the ids.
   */
  override async addDocuments(documents: DocumentInterface[], options?: { ids?: string[] }): Promise<string[]> {
    const ids: string[] = []
    for (let from = 0; from < documents.length; from += BATCH) {
      const part = documents.slice(from, from + BATCH)
      const vectors = await this.embeddings.embedDocuments(part.map(({ pageContent }) => pageContent))
      const given = options?.ids === undefined ? undefined : { ids: options.ids.slice(from, from + BATCH) }
      ids.push(...(await this.addVectors(vectors, part, given)))
    }
    return ids
  }

  /** Stores documents with given vectors. Returns the ids. */
  override async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    options?: { ids?: string[] },
  ): Promise<string[]> {
    if (vectors.length !== documents.length) {
      throw new UsageError(`addVectors got ${vectors.length} vectors for ${documents.length} documents`)
    }
    if (options?.ids !== undefined && options.ids.length !== documents.length) {
      throw new UsageError(`addVectors got ${options.ids.length} ids for ${documents.length} documents`)
    }
    if (vectors.length === 0) return []
    const collection = await this.#use(vectors[0]!.length)
    const rows = documents.map(({ pageContent, metadata, id }, i) => ({
      id: options?.ids?.[i] ?? id ?? uuid(),
      text: pageContent,
      metadata: metadata as Record<string, unknown>,
      vector: vectors[i]!,
    }))
    const { errors, firstError } = await collection.upsert(rows as never, { atomic: true })
    if (errors > 0)
      throw new UsageError(`${errors} documents were refused, and none was stored; the first: ${firstError}`)
    return rows.map(({ id }) => id)
  }

  /** Deletes by id, by filter, or everything. */
  override async delete(params: { ids?: string[]; filter?: Filter; deleteAll?: boolean } = {}): Promise<void> {
    const collection = await this.#existing()
    const { ids, filter, deleteAll } = params
    if (ids === undefined && filter === undefined && deleteAll !== true) {
      throw new UsageError('delete takes { ids }, { filter }, or { deleteAll: true }')
    }
    if (collection === undefined) return
    if (ids !== undefined) await collection.delete(ids)
    if (filter !== undefined) await collection.delete(onMetadata(filter))
    if (deleteAll === true) await collection.delete({})
  }

  /** The `k` nearest documents, with their similarities. */
  override async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: QuiverFilter,
  ): Promise<[DocumentInterface, number][]> {
    const found = await this.#nearest(query, k, filter, false)
    return found.map(({ document, score }) => [document, score])
  }

  /** Documents that are near to the query, and unlike each other. */
  override async maxMarginalRelevanceSearch(
    query: string,
    options: MaxMarginalRelevanceSearchOptions<QuiverFilter>,
  ): Promise<DocumentInterface[]> {
    const { k, fetchK = 20, lambda = 0.5, filter } = options
    const vector = await this.embeddings.embedQuery(query)
    const found = await this.#nearest(vector, Math.max(k, fetchK), filter, true)
    const chosen = maximalMarginalRelevance(
      vector,
      found.map((one) => one.vector!),
      lambda,
      k,
    )
    return chosen.map((i) => found[i]!.document)
  }

  async #nearest(query: number[], k: number, filter: QuiverFilter | undefined, hasVectors: boolean) {
    const found: { document: DocumentInterface; score: number; vector: number[] | undefined }[] = []
    const collection = await this.#existing()
    if (collection === undefined || k <= 0) return found
    const select = hasVectors ? ['text', 'metadata', FIELD] : ['text', 'metadata']
    const conditions = { vector: query, field: FIELD, select }
    const metric = (this.#metric ??= await this.#readMetric())
    const add = (hit: { id: unknown; distance: number; document: object }) => {
      const { text, metadata, vector } = hit.document as Partial<Row>
      const document = new Document({ pageContent: text ?? '', metadata: metadata ?? {}, id: String(hit.id) })
      if (typeof filter === 'function' && !filter(document)) return
      found.push({ document, score: scoreOf(metric, hit.distance), vector: vector && Array.from(vector) })
    }
    if (typeof filter !== 'function') {
      const where = filter === undefined ? {} : { filter: onMetadata(filter) }
      for (const hit of await collection.search({ ...conditions, limit: k, ...where })) add(hit)
      return found
    }
    // A function is called for ever farther documents, until enough have passed.
    for await (const page of collection.searchIterator({ ...conditions, batch: Math.max(50, k * 2) })) {
      for (const hit of page) {
        add(hit)
        if (found.length === k) return found
      }
    }
    return found
  }

  /** Closes the database, unless it was passed in. */
  async close(): Promise<void> {
    if (this.#config.database === undefined) await (await this.#opening)?.close()
  }

  #database(): Promise<Database> {
    this.#opening ??=
      this.#config.database === undefined
        ? open(this.#config.path ?? ':memory:')
        : Promise.resolve(this.#config.database)
    return this.#opening
  }

  get #name(): string {
    return this.#config.collection ?? COLLECTION
  }

  async #readMetric(): Promise<string> {
    const all = await (await this.#database()).collections()
    const info = all.find(({ name }) => name === this.#name)
    return info?.vectors.find(({ name }) => name === FIELD)?.metric ?? this.#config.metric ?? 'cosine'
  }

  async #existing(): Promise<Collection<Row> | undefined> {
    if (this.#collection !== undefined) return await this.#collection
    const database = await this.#database()
    const isThere = (await database.collections()).some(({ name }) => name === this.#name)
    if (!isThere) return undefined
    this.#collection = Promise.resolve(database.collection<Row>(this.#name))
    return await this.#collection
  }

  /** The collection; if missing, it is created for vectors of this length. */
  #use(dimension: number): Promise<Collection<Row>> {
    this.#collection ??= this.#make(dimension).catch((error: unknown) => {
      this.#collection = undefined
      throw error
    })
    return this.#collection
  }

  async #make(dimension: number): Promise<Collection<Row>> {
    const database = await this.#database()
    const isThere = (await database.collections()).some(({ name }) => name === this.#name)
    if (isThere) return database.collection<Row>(this.#name)
    const { metric = 'cosine', index } = this.#config
    const field = { dimension, metric, ...(index === undefined ? {} : { index }) }
    return await database.createCollection<Row>(this.#name, { vectors: { [FIELD]: field } })
  }
}

function scoreOf(metric: string, distance: number): number {
  if (metric === 'l2') return 1 / (1 + distance)
  return metric === 'ip' ? -distance : 1 - distance
}

/** Turns a filter on metadata into one on documents, where these fields are one level deeper. */
function onMetadata(filter: Filter): Filter {
  const result: Record<string, unknown> = {}
  for (const [name, condition] of Object.entries(filter)) {
    if (name === '$and' || name === '$or' || name === '$nor') {
      result[name] = Array.isArray(condition) ? condition.map((one) => onMetadata(one as Filter)) : condition
    } else if (name === '$not') result[name] = onMetadata(condition as Filter)
    else result[name.startsWith('$') ? name : `metadata.${name}`] = condition
  }
  return result
}
