// Searches among the records of one collection: by vectors, by sparse vectors, by words.

import type { Collection as EngineCollection, SearchConditions, SearchHit } from '../../engine/index.ts'
import type { FilterNode } from '../../query/index.ts'
import type { AnalyzerDefinition } from '../../text/index.ts'
import { native, nativeFilter } from './native-filter.ts'
import { Best, distanceOf, type Metric, reportedDistance } from './nearest.ts'
import type { SparseColumn, StoredRecord } from './records.ts'
import { sparseDot } from './sparse.ts'

/** What a search looks among, and how much of it is wanted. */
export interface Search {
  readonly filter: FilterNode | undefined
  readonly limit: number
}

export interface VectorSearch extends Search {
  readonly metric: Metric
  /** Fields of the records that are wanted. */
  readonly select: readonly string[]
  /** Whether every vector must be looked at, however many there are. */
  readonly isExact: boolean
}

/** What was found, and how far away or how good it is. */
export interface Found {
  readonly id: string
  readonly order: number
  readonly distance: number
}

/** The same with what is wanted of the record. */
export interface Row {
  readonly id: string
  readonly distance: number
  readonly record: StoredRecord
}

/** What is known of the places of records. When none was left by one that is gone, the engine's slots are in the same order. */
export interface Places {
  /** How many records there are, where `isSurelyDense`. */
  readonly count: number
  /** Whether none was left, if that shows at once. */
  isSurelyDense(): boolean
  /** How many records there are; from then on it shows at once whether places were left. */
  countWithPlaces(): Promise<number>
  isDense(): Promise<boolean>
}

type Hit = SearchHit<StoredRecord>
type IndexOptions = Parameters<EngineCollection['createIndex']>[1]

const READY = Promise.resolve()
const WITH_VECTORS = ['id', 'order', 'document', 'metadata', 'embedding']
/** Up to so many records every search is exact; more have a graph. */
export const EXACT_COUNT_MAX = 200_000

export class Searches {
  readonly #engine: EngineCollection<StoredRecord>
  readonly #metric: Metric
  readonly #places: Places
  /** Text and sparse indexes, there or being made. */
  #indexes: Promise<Map<string, Promise<void>>> | undefined

  constructor(engine: EngineCollection<StoredRecord>, metric: Metric, places: Places) {
    this.#engine = engine
    this.#metric = metric
    this.#places = places
  }

  /** For each vector the records nearest to it, with the distance as this dialect reports it. */
  nearest(vectors: readonly Float32Array[], search: VectorSearch): Promise<Row[][]> {
    const { filter, limit, metric, select } = search
    if (vectors.length === 0 || limit === 0) return Promise.resolve(vectors.map(() => []))
    if (metric !== this.#metric) return this.#nearestByOther(vectors, search)
    if (!this.#places.isSurelyDense()) return this.#nearestInOrder(vectors, search)
    // The slots of the engine are in the order of places: what it answers can stay as it is.
    const exact = search.isExact || this.#places.count <= EXACT_COUNT_MAX
    const conditions = { exact, select, filter: filter === undefined ? undefined : nativeFilter(filter) }
    return this.#engine
      .search({ ...conditions, vectors, limit })
      .then((lists) => lists.map((hits) => hits.map((hit) => rowOf(hit, metric))))
  }

  /** The same where slots say nothing of places. */
  async #nearestInOrder(vectors: readonly Float32Array[], search: VectorSearch): Promise<Row[][]> {
    const { filter, limit, metric, select } = search
    const exact = search.isExact || (await this.#places.countWithPlaces()) <= EXACT_COUNT_MAX
    const conditions = { ...native(filter), exact, select: [...select, 'order'] }
    // One more than asked for shows whether there are others just as near as the last.
    const lists = await this.#engine.search({ ...conditions, vectors, limit: limit + 1 })
    const reported: Row[][] = []
    for (let i = 0; i < lists.length; i++) {
      const hits = await this.#inOrderOfPlaces(lists[i]!, vectors[i]!, limit, conditions)
      reported.push(hits.map((hit) => rowOf(hit, metric)))
    }
    return reported
  }

  /** Hits as they come, but among equals those that were added first, whatever slots the engine gave them. */
  async #inOrderOfPlaces(
    hits: Hit[],
    vector: Float32Array,
    limit: number,
    conditions: Omit<SearchConditions, 'radius'>,
  ): Promise<Hit[]> {
    const last = hits[limit - 1]
    const isTie = last !== undefined && hits[limit]?.distance === last.distance
    const all =
      isTie && !(await this.#places.isDense())
        ? await this.#engine.search({ ...conditions, vector, limit: Infinity, radius: last.distance })
        : hits
    all.sort((a, b) => a.distance - b.distance || a.document.order - b.document.order)
    return all.slice(0, limit)
  }

  /** By a metric that the engine does not keep the vectors for: looks at all of them. */
  async #nearestByOther(vectors: readonly Float32Array[], { metric, filter, limit }: VectorSearch): Promise<Row[][]> {
    const best = vectors.map(() => new Best<Row & Found>(limit, metric === 'ip'))
    for await (const record of this.#engine.find({ ...native(filter), select: WITH_VECTORS })) {
      for (let i = 0; i < vectors.length; i++) {
        const distance = distanceOf(metric, vectors[i]!, record.embedding)
        best[i]!.offer({ id: record.id, order: record.order, distance, record })
      }
    }
    return best.map((one) => one.take())
  }

  /** For each sparse vector the records with the largest dot product. Those without a sparse vector are left out. */
  async nearestSparse(vectors: readonly SparseColumn[], search: Search): Promise<Row[][]> {
    if (search.limit === 0) return vectors.map(() => [])
    await this.#ensureIndex('sparse', { type: 'sparse' })
    return await Promise.all(
      vectors.map(async (vector) => {
        const found = (await this.#indexedSparse(vector, search)) ?? (await this.#allSparse(vector, search))
        return await this.rows(found)
      }),
    )
  }

  /** By the index, which has only what shares a dimension with the vector; undefined when that is not enough. */
  async #indexedSparse(vector: SparseColumn, { filter, limit }: Search): Promise<Found[] | undefined> {
    if (vector.indices.length === 0) return undefined
    const select = ['id', 'order', 'sparse']
    const conditions = { ...native(filter), index: 'sparse', limit: limit + 1, select }
    const hits = await this.#engine.search({ ...conditions, sparse: vector })
    const last = hits[limit - 1]
    // Those that share nothing have 0, and come before negative products.
    if (last === undefined || last.distance >= 0) return undefined
    if (hits[limit]?.distance === last.distance && !(await this.#places.isDense())) return undefined
    const best = new Best<Found>(limit, true)
    for (const { document } of hits) best.offer(foundIn(document, sparseDot(vector, document.sparse!)))
    return best.take()
  }

  async #allSparse(vector: SparseColumn, { filter, limit }: Search): Promise<Found[]> {
    const best = new Best<Found>(limit, true)
    for await (const record of this.#engine.find({ ...native(filter), select: ['id', 'order', 'sparse'] })) {
      if (record.sparse !== undefined) best.offer(foundIn(record, sparseDot(vector, record.sparse)))
    }
    return best.take()
  }

  /** The records with any word of a text, best first by BM25; none that is worse than `least`. */
  async withWords(text: string, analyzer: AnalyzerDefinition, { filter, limit }: Search, least = 0): Promise<Found[]> {
    await this.#ensureIndex('document', { type: 'text', analyzer })
    const conditions = { ...native(filter), index: 'document', limit, radius: -least, select: ['id', 'order'] }
    const hits = await this.#engine.search({ ...conditions, text })
    const found = hits.map(({ document, distance }) => foundIn(document, 0 - distance))
    return found.sort((a, b) => b.distance - a.distance || a.order - b.order)
  }

  /** The records that match, in the order they were added. */
  async inOrder(filter: FilterNode | undefined): Promise<Found[]> {
    const records = await this.#engine.find({ ...native(filter), select: ['id', 'order'], sort: 'order' }).toArray()
    return records.map((record) => foundIn(record, 0))
  }

  /** Makes an index when it is first asked for: a collection that is never searched this way does without. */
  async #ensureIndex(name: string, options: IndexOptions): Promise<void> {
    this.#indexes ??= this.#engine.indexes().then((infos) => new Map(infos.map((info) => [info.name, READY])))
    const indexes = await this.#indexes
    let index = indexes.get(name)
    if (index === undefined) {
      index = this.#engine.createIndex(name, options)
      indexes.set(name, index)
      index.catch(() => indexes.delete(name))
    }
    await index
  }

  /** The records of what was found; those that were deleted meanwhile are left out. */
  async rows(list: readonly Found[]): Promise<Row[]> {
    const records = await this.#engine.getMany(list.map(({ id }) => id))
    return records.flatMap((record, index) =>
      record === undefined ? [] : [{ id: record.id, distance: list[index]!.distance, record }],
    )
  }
}

function rowOf({ id, distance, document }: Hit, metric: Metric): Row {
  return { id: id as string, distance: reportedDistance(metric, distance), record: document }
}

function foundIn({ id, order }: StoredRecord, distance: number): Found {
  return { id, order, distance }
}
