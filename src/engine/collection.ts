// The public `Collection`: checks arguments, takes the short way where there is one, and leaves the rest to the files beside it. Methods that
// return a promise never throw synchronously.

import type { IndexOptions, SparseIndexOptions, TextIndexOptions } from '../catalog/index.ts'
import { TypeMismatchError } from '../error/index.ts'
import type { Document, Key, Value } from '../value/index.ts'
import type {
  CollectionStats,
  IndexInfo,
  NewDocument,
  PartitionInfo,
  PartitionKeeper,
  Patch,
  Selection,
  Source,
} from './collection-types.ts'
import { collectionStats, indexInfos } from './figures.ts'
import { copyGiven } from './given.ts'
import { isObject } from './merge.ts'
import {
  describe,
  type InsertOptions,
  requirePath,
  type WriteOptions,
  type WriteRequest,
  writeRequest,
} from './options.ts'
import type { Partition } from './partition.ts'
import { collatePart, derivedPart, filesPart } from './parts.ts'
import type { Aggregates, GroupRow } from './read/aggregate.ts'
import { Cursor } from './read/cursor.ts'
import { type Filter, isEverything, resolveFilter } from './read/filter.ts'
import { type FindOptions, requestOf } from './read/find.ts'
import { countMatches } from './read/match.ts'
import { planOf } from './read/plan.ts'
import type {
  SearchExplanation,
  SearchHit,
  SearchIteratorOptions,
  SearchOptions,
  SearchResult,
} from './search/search-options.ts'
import type { SparseSearchOptions, TextSearchOptions } from './search/search-ranked.ts'
import { type CollectionState, STATES } from './state.ts'
import { checkExpiry } from './wait.ts'
import { acknowledge } from './write/acknowledge.ts'
import { applyInsert, insertOne } from './write/insert.ts'
import { ALONE } from './write/refusal.ts'
import type { WriteResult } from './write/result.ts'
import { heldSource, insertStream, isDocument, isSource } from './write/stream.ts'
import { type Alteration, alterationOf, applyAlteration } from './write/update.ts'

/**
 * Documents under one name, each with a primary key that is unique among them.
 *
 * @example
 * ```ts
 * const posts = await db.createCollection('posts')
 * await posts.insert({ id: 1, title: 'Hello' })
 * await posts.get(1) // { id: 1, title: 'Hello' }
 * ```
 */
export class Collection<T extends object = Document> {
  readonly #state: CollectionState
  readonly #keeper: PartitionKeeper

  /** Constructed by `Database`. */
  constructor(state: CollectionState, keeper: PartitionKeeper) {
    this.#state = state
    this.#keeper = keeper
    STATES.set(this, state)
  }

  /** Its current name; `renameCollection` changes it. */
  get name(): string {
    return this.#state.name
  }

  /** The field that identifies a document. */
  get primaryKey(): string {
    return this.#state.primaryKey
  }

  /**
   * Inserts a document, an array of documents, or all that an iterable yields.
   *
   * An array is written as one batch: after a crash all of it is there or none. An iterable (generator, stream, cursor) is written in batches of
   * about 1,000 documents or 1 MiB, in bounded memory; with `atomic` it is gathered first, up to 256 MiB.
   *
   * A document that cannot be stored, or whose key is taken under `conflict: 'error'`, counts in `errors` and does not stop the others.
   *
   * @returns counters, and the keys that were generated; positions in messages count from 0.
   * @throws {@link UsageError} for invalid options, {@link NotFoundError} for an unknown partition.
   * @throws {@link TimeoutError} or the signal's reason: the batch was written whole or not at all; earlier batches of a stream stay.
   * @throws {@link ClosedError}, {@link PoisonedError}, {@link HostError}, {@link LimitError} when memory is full.
   */
  insert(source: Source<T>, options?: InsertOptions<T>): Promise<WriteResult<T>> {
    return this.#put('insert', this.#state.insertRequest, source, options)
  }

  /** Inserts, or replaces where the key is taken; an existing document stays in its partition unless one is named. */
  upsert(source: Source<T>, options?: WriteOptions): Promise<WriteResult<T>> {
    return this.#put('upsert', this.#state.upsertRequest, source, options)
  }

  #put(
    operation: 'insert' | 'upsert',
    prepared: WriteRequest,
    source: Source<T>,
    options: InsertOptions<T> | undefined,
  ): Promise<WriteResult<T>> {
    const state = this.#state
    try {
      const refusal = state.refuseWrite()
      if (refusal !== null) return Promise.reject(refusal)
      if (state.line.keepsWrites) {
        const given = heldSource(source) as Source<T>
        const copy = options && { ...options }
        return state.line.enter(() => this.#put(operation, prepared, given, copy), true)
      }
      if (options === undefined && state.single !== null && isDocument(source)) {
        return this.#insertOne(state.single, source, prepared)
      }
      const request = writeRequest(state, operation, options as InsertOptions | undefined)
      return this.#insert(source, request, operation) as Promise<WriteResult<T>>
    } catch (error) {
      return state.reject(error)
    }
  }

  /** The path of most single writes. */
  #insertOne(partition: Partition, document: object, request: WriteRequest): Promise<WriteResult<T>> {
    const state = this.#state
    const joined = request.isHard ? filesPart.now!.joinGroup(state, partition, document, request) : undefined
    return (joined ?? acknowledge(state, request, insertOne(state, partition, document, request, ALONE))) as Promise<
      WriteResult<T>
    >
  }

  #insert(source: unknown, request: WriteRequest, operation: string): Promise<WriteResult> {
    const state = this.#state
    if (typeof source !== 'object' || source === null || ArrayBuffer.isView(source)) {
      const got = ArrayBuffer.isView(source) ? 'a typed array' : describe(source)
      throw new TypeMismatchError(
        `${operation} takes a document, an array of documents, or an iterable of them, got ${got}`,
      )
    }
    checkExpiry(request, `${operation} into collection "${state.name}"`)
    let documents: readonly unknown[]
    let base = 0
    // A Set is complete: its present elements are taken.
    if (Array.isArray(source)) documents = source
    else if (source instanceof Set) documents = [...source]
    else if (isSource(source)) return insertStream(state, source, request)
    else {
      documents = [source]
      base = ALONE
    }
    return acknowledge(state, request, applyInsert(state, documents, request, base))
  }

  /**
   * Merges a patch into the selected documents: objects are merged field by field at every depth, everything else is replaced. A function gets a
   * copy of the document and returns its patch, or `null` to delete the document.
   *
   * @param selection - a key, an array of keys, or a filter (`{}` for all documents). Missing keys count in `skipped`. The documents that match
   *   a filter are written in one synchronous stretch, each once, whatever the write does to it.
   */
  update(
    selection: Selection,
    patch: Patch<T> | ((document: T) => Patch<T> | null),
    options?: WriteOptions,
  ): Promise<WriteResult<T>> {
    return this.#alter('update', selection, patch, options)
  }

  /**
   * Replaces the selected documents. A function gets a copy of the document and returns its replacement, or `null` to delete it. The primary key
   * may be left out, but not changed.
   */
  replace(
    selection: Selection,
    document: NewDocument<T> | ((document: T) => NewDocument<T> | null),
    options?: WriteOptions,
  ): Promise<WriteResult<T>> {
    return this.#alter('replace', selection, document, options)
  }

  /** Deletes the selected documents; with `partition` only those in it. */
  delete(selection: Selection, options?: WriteOptions): Promise<WriteResult<T>> {
    return this.#alter('delete', selection, undefined, options)
  }

  #alter(
    kind: Alteration['kind'],
    selection: unknown,
    value: unknown,
    options?: WriteOptions,
  ): Promise<WriteResult<T>> {
    const state = this.#state
    try {
      const refusal = state.refuseRead() ?? state.refuseWrite()
      if (refusal !== null) return Promise.reject(refusal)
      if (state.line.keepsWrites || state.line.keeps(isObject(selection) ? selection : undefined)) {
        return this.#later([selection, value, options] as const, (given) => this.#alter(kind, ...given), true)
      }
      const request = writeRequest(state, kind, options)
      const alteration: Alteration = kind === 'delete' ? { kind } : alterationOf(kind, value)
      checkExpiry(request, `${kind} in collection "${state.name}"`)
      const result = applyAlteration(state, selection, alteration, request)
      return acknowledge(state, request, result) as Promise<WriteResult<T>>
    } catch (error) {
      return state.reject(error)
    }
  }

  /** The document with this key, as a fresh object, or undefined. */
  get(key: Key): Promise<T | undefined> {
    const state = this.#state
    try {
      const refusal = state.refuseRead()
      if (refusal !== null) return Promise.reject(refusal)
      if (state.line.last !== null) return this.#later(key, (given) => this.get(given))
      const { single } = state
      if (single !== null) {
        const address = single.find(key)
        return Promise.resolve(address === 0 ? undefined : (single.read(address) as T))
      }
      const address = state.locate(key)
      return Promise.resolve(address === 0 ? undefined : (state.parts[state.locatedPart]!.read(address) as T))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The documents with these keys, in the same order; undefined for a key that does not exist. */
  getMany(keys: readonly Key[]): Promise<(T | undefined)[]> {
    const state = this.#state
    try {
      const refusal = state.refuseRead()
      if (refusal !== null) return Promise.reject(refusal)
      if (!Array.isArray(keys)) throw new TypeMismatchError(`getMany takes an array of keys, got ${describe(keys)}`)
      if (state.line.last !== null || (state.isUnread && keys.length > 64)) {
        return this.#later(keys, (given) => this.getMany(given), true)
      }
      const documents: (T | undefined)[] = []
      const addresses = new Uint32Array(keys.length)
      let { single } = state
      // A few keys are looked up in a large log without reading all of it.
      if (single?.residency?.isWhole === false) single = null
      single?.findMany(keys, addresses)
      for (let i = 0; i < keys.length; i++) {
        const address = single === null ? state.locate(keys[i] as Key) : addresses[i]!
        documents[i] = address === 0 ? undefined : ((single ?? state.parts[state.locatedPart]!).read(address) as T)
      }
      return Promise.resolve(documents)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Whether there is a document with this key. */
  has(key: Key): Promise<boolean> {
    const state = this.#state
    try {
      const refusal = state.refuseRead()
      if (refusal !== null) return Promise.reject(refusal)
      if (state.line.last !== null) return this.#later(key, (given) => this.has(given))
      return Promise.resolve(state.locate(key) !== 0)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** How many documents there are, or how many match a filter. */
  async count(filter?: Filter): Promise<number> {
    const state = this.#state
    this.#requireOpen()
    if (state.line.keeps(filter)) return await this.#later(filter, (given) => this.count(given))
    const resolved = resolveFilter(filter, 'count')
    if (isEverything(resolved)) return state.count()
    return (await countMatches(state, planOf(state, resolved), state.parts)).count
  }

  /** A cursor over all or some documents. Nothing is read, and no option refused, before the cursor is used. */
  find(options?: FindOptions): Cursor<T> {
    return new Cursor<T>(this.#state, requestOf(options, this.#state.isQueryable))
  }

  get [Symbol.toStringTag](): string {
    return 'Collection'
  }

  /** All documents, as from `find()`: a collection can be inserted into another, or used in `for await`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.find()[Symbol.asyncIterator]()
  }

  /** Creates a partition; it is durable when this resolves. */
  async createPartition(name: string): Promise<void> {
    this.#requireOpen()
    await this.#keeper.create(this.#state, name)
  }

  /** Drops a partition and the documents in it. */
  async dropPartition(name: string): Promise<void> {
    this.#requireOpen()
    await this.#keeper.drop(this.#state, name)
  }

  /** The partitions, `_default` first. */
  async partitions(): Promise<PartitionInfo[]> {
    this.#requireOpen()
    if (this.#state.line.last !== null) return await this.#later(undefined, () => this.partitions())
    return this.#state.groups.map(({ name, parts }) => ({
      name,
      documents: parts.reduce((sum, part) => sum + part.count, 0),
    }))
  }

  async stats(): Promise<CollectionStats> {
    this.#requireOpen()
    if (this.#state.line.last !== null) return await this.#later(undefined, () => this.stats())
    return collectionStats(this.#state)
  }

  /**
   * Completes graphs, text and sparse indexes, and compaction now; writes and searches continue meanwhile.
   *
   * @throws {@link LimitError} when a graph does not fit in memory; searches then continue without it.
   */
  async optimize(): Promise<void> {
    const refusal = this.#state.refuseWrite()
    if (refusal !== null) throw refusal
    if (this.#state.definition.inverted.length > 0) await derivedPart.now!.completeInverted(this.#state)
    let failure: unknown
    for (const part of this.#state.parts) {
      // Another call may have dropped the partition while this one waited.
      const isThere = () => this.#state.parts.includes(part)
      if (isThere())
        await part.upkeep?.finish().catch((error: unknown) => {
          failure ??= error
        })
      if (isThere()) await part.compact()
    }
    if (failure !== undefined) throw failure
  }

  /** The indexes, the ordered ones first, each kind in order of creation. */
  async indexes(): Promise<IndexInfo[]> {
    this.#requireOpen()
    return indexInfos(this.#state)
  }

  /**
   * Creates an index; it is complete and durable when this resolves. Others may write meanwhile.
   *
   * Queries use an ordered index automatically where it helps. A unique one holds across the whole collection: a document with the values of
   * another is refused, as one whose key is taken. A million documents take about a second. Text and sparse indexes serve `search`; writes only
   * mark what they change, which is indexed before the next search or when there is time.
   *
   * @param name - any string of 1 to 255 UTF-16 units; without `fields` the index covers the field of that name.
   * @throws {@link ConflictError} when the name is taken, {@link DuplicateKeyError} when a unique index is asked for and two documents
   *   have the same values, {@link LimitError} when memory is full. No index is left behind then.
   *
   * @example
   * ```ts
   * await posts.createIndex('likes')
   * await posts.createIndex('by_author', { fields: ['author.name', 'likes'] })
   * await posts.createIndex('tags', { multi: true }) // for { tags: { $contains: 'red' } }
   * await posts.createIndex('words', { type: 'text', fields: ['title', 'body'], analyzer: 'english' })
   * await posts.createIndex('terms', { type: 'sparse' }) // { terms: { indices: [3, 90], values: [0.5, 2] } }
   * ```
   */
  async createIndex(name: string, options?: IndexOptions | TextIndexOptions | SparseIndexOptions): Promise<void> {
    this.#requireOpen()
    await this.#keeper.createIndex(this.#state, name, options)
  }

  /** @throws {@link NotFoundError} when there is no index of that name. */
  async dropIndex(name: string): Promise<void> {
    this.#requireOpen()
    await this.#keeper.dropIndex(this.#state, name)
  }

  /**
   * The documents whose vectors are nearest to a query vector, or to each of several. Ties are ordered by partition, then by slot, which is
   * insertion order as long as nothing is deleted. Distances are computed in f64. Documents without a vector in the field are not found.
   *
   * @returns hits, nearest first; with `vectors` one such list for each query vector.
   * @throws {@link ShapeError} for a vector of the wrong length, {@link NotFoundError} for an unknown field or partition,
   *   {@link UsageError} or a subclass for invalid options.
   *
   * @example
   * ```ts
   * const hits = await posts.search({ vector: [0.1, 0.7], limit: 3, filter: { lang: 'en' } })
   * hits[0] // { id: 1, distance: 0.02, document: { id: 1, lang: 'en' } }
   * ```
   */
  search<O extends SearchOptions>(options: O): Promise<SearchResult<O, T>>
  /**
   * The documents that contain words of a text, best first by BM25, or those whose sparse vectors have the greatest inner products with a query.
   * `distance` is the negated score. Writes made before the call are found. Ties are ordered as for vectors.
   *
   * @throws {@link NotFoundError} for an unknown index or partition, {@link UsageError} or a subclass for invalid options.
   *
   * @example
   * ```ts
   * await posts.createIndex('words', { type: 'text', fields: ['title', 'body'], analyzer: 'english' })
   * const hits = await posts.search({ text: 'running shoes', limit: 3, filter: { lang: 'en' } })
   * hits[0] // { id: 7, distance: -4.2, document: { id: 7, lang: 'en', title: 'Shoes for a run' } }
   * ```
   */
  search(options: TextSearchOptions | SparseSearchOptions): Promise<SearchHit<T>[]>
  async search(options: SearchOptions | TextSearchOptions | SparseSearchOptions): Promise<unknown> {
    this.#requireOpen()
    const derived = derivedPart.now ?? (await derivedPart.load())
    if (derived.isRanked(options)) return await derived.runRanked(this.#state, options)
    const { lists } = await derived.runSearch(this.#state, derived.searchRequest(this.#state, options))
    return options.vector === undefined ? lists : lists[0]
  }

  /** How a search runs and what it costs; runs the search to find out. */
  async explainSearch(options: SearchOptions): Promise<SearchExplanation> {
    this.#requireOpen()
    const { runSearch, searchRequest } = await derivedPart.load()
    return (await runSearch(this.#state, searchRequest(this.#state, options))).explanation
  }

  /**
   * Pages of ever farther hits, `batch` per page. A document stored throughout comes exactly once; a walk over a graph may miss some, unless
   * `exact`.
   *
   * @example
   * ```ts
   * for await (const hits of posts.searchIterator({ vector, batch: 50, radius: 0.4 })) show(hits)
   * ```
   */
  async *searchIterator(options: SearchIteratorOptions): AsyncGenerator<SearchHit<T>[], void, void> {
    yield* (await derivedPart.load()).searchPages(this.#state, options) as AsyncGenerator<SearchHit<T>[], void, void>
  }

  /**
   * The distinct values at a path, in the order of `sort`. Documents without the field contribute none; an array is one value; `1` and `1n` are
   * the same value.
   */
  async distinct(field: string, filter?: Filter): Promise<Value[]> {
    this.#requireOpen()
    const path = requirePath(field, 'distinct')
    if (this.#state.line.keeps(filter, true)) return await this.#later(filter, (given) => this.distinct(field, given))
    const resolved = resolveFilter(filter, 'distinct')
    return await (await collatePart.load()).distinctValues(this.#state, resolved, path)
  }

  /**
   * Groups documents by their value at a path, sorted by that value: `{ key, count, ... }` with the aggregates under names of their own.
   * Documents without the field form a group of their own, with `key` undefined.
   *
   * `$count: true` counts documents. `$sum` and `$avg` use numbers and skip everything else; integers are summed exactly, and if any are bigints
   * the sum is a bigint. `$min` and `$max` use the order of `sort` and skip null. `$avg`, `$min` and `$max` of nothing are null, `$sum` is 0.
   *
   * @throws {@link UnknownOptionError} for an operator that does not exist, {@link UsageError} for an aggregate called `key` or `count`.
   *
   * @example
   * ```ts
   * await posts.groupBy('lang', { top: { $max: 'likes' } }) // [{ key: 'de', count: 2, top: 7 }, ...]
   * ```
   */
  async groupBy<A extends Aggregates = Record<never, never>>(
    field: string,
    aggregates?: A,
    filter?: Filter,
  ): Promise<GroupRow<A>[]> {
    this.#requireOpen()
    const path = requirePath(field, 'groupBy')
    if (this.#state.line.keeps(filter, true)) {
      return await this.#later([aggregates, filter] as const, (given) => this.groupBy(field, ...given))
    }
    const resolved = resolveFilter(filter, 'groupBy')
    const { aggregateRequests, groupBy } = await collatePart.load()
    const requests = aggregates === undefined ? [] : aggregateRequests(aggregates)
    return (await groupBy(this.#state, resolved, path, requests)) as GroupRow<A>[]
  }

  /** Queues a call, with its arguments as they are now, behind those that wait. */
  #later<G, R>(given: G, call: (given: G) => Promise<R>, isWrite = false): Promise<R> {
    const copy = copyGiven(given)
    return this.#state.line.enter(() => call(copy), isWrite)
  }

  #requireOpen(): void {
    const refusal = this.#state.refuseRead()
    if (refusal !== null) throw refusal
  }
}
