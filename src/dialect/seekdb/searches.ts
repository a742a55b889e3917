// Searches among the records of one collection: by vectors, by sparse vectors, by words.

import {
  type Collection as EngineCollection,
  pause,
  type SearchConditions,
  type SearchHit,
} from '../../engine/index.ts'
import type { FilterNode } from '../../query/index.ts'
import type { AnalyzerDefinition } from '../../text/index.ts'
import { native, nativeFilter } from './native-filter.ts'
import { Best, distanceOf, type Metric, reportedDistance } from './nearest.ts'
import type { SparseColumn, StoredRecord } from './records.ts'
import { sparseDot } from './sparse.ts'

/** Which records a search covers, and how many results it returns. */
export interface Search {
  readonly filter: FilterNode | undefined
  readonly limit: number
}

export interface VectorSearch extends Search {
  readonly metric: Metric
  /** The fields to read of the records found. */
  readonly select: readonly string[]
  /** Whether every vector must be compared, however many there are. */
  readonly isExact: boolean
}

/** A record found, with its distance or score. */
export interface Found {
  readonly id: string
  readonly order: number
  readonly distance: number
}

/** A record found, with its selected fields. */
export interface Row {
  readonly id: string
  readonly distance: number
  readonly record: StoredRecord
}

/**
 * What is known about the places of records. If no deleted record left a gap, the engine's slots are in the same order.
 */
export interface Places {
  /** The number of records, valid if `isSurelyDense`. */
  readonly count: number
  /** Changes with each write; undefined if the engine runs in another thread. */
  readonly version: number | undefined
  /** Whether there are no gaps, as far as that is known at once. */
  isSurelyDense(): boolean
  /** The number of records; afterwards `isSurelyDense` knows whether there are gaps. */
  countWithPlaces(): Promise<number>
  isDense(): Promise<boolean>
}

type Hit = SearchHit<StoredRecord>
type IndexOptions = Parameters<EngineCollection['createIndex']>[1]

const READY = Promise.resolve()
const ROWS_AT_ONCE = 1000
const WITH_VECTORS = ['id', 'order', 'document', 'metadata', 'embedding']
/** Up to this many records, every search is exact; larger collections have a graph. */
export const EXACT_COUNT_MAX = 200_000

export class Searches {
  readonly #engine: EngineCollection<StoredRecord>
  readonly #metric: Metric
  readonly #places: Places
  /** Text and sparse indexes that exist or are being built. */
  #indexes: Promise<Map<string, Promise<void>>> | undefined

  constructor(engine: EngineCollection<StoredRecord>, metric: Metric, places: Places) {
    this.#engine = engine
    this.#metric = metric
    this.#places = places
  }

  /** For each vector, the nearest records, with the distances this dialect reports. */
  nearest(vectors: readonly Float32Array[], search: VectorSearch): Promise<Row[][]> {
    const { filter, limit, metric, select } = search
    if (vectors.length === 0 || limit === 0) return Promise.resolve(vectors.map(() => []))
    if (metric !== this.#metric) return this.#nearestByOther(vectors, search)
    if (!this.#places.isSurelyDense()) return this.#nearestInOrder(vectors, search)
    // The engine's slots are in order of place, so its answer is already ordered.
    const exact = search.isExact || this.#places.count <= EXACT_COUNT_MAX
    const conditions = { exact, select, filter: filter === undefined ? undefined : nativeFilter(filter) }
    return this.#engine
      .search({ ...conditions, vectors, limit })
      .then((lists) => lists.map((hits) => hits.map((hit) => rowOf(hit, metric))))
  }

  /** `nearest` for collections where slots are not in order of place. */
  async #nearestInOrder(vectors: readonly Float32Array[], search: VectorSearch): Promise<Row[][]> {
    const { filter, limit, metric, select } = search
    const exact = search.isExact || (await this.#places.countWithPlaces()) <= EXACT_COUNT_MAX
    const conditions = { ...native(filter), exact, select: [...select, 'order'] }
    // One more than requested, to show whether others are just as near as the last.
    const lists = await this.#engine.search({ ...conditions, vectors, limit: limit + 1 })
    const reported: Row[][] = []
    for (let i = 0; i < lists.length; i++) {
      const hits = await this.#inOrderOfPlaces(lists[i]!, vectors[i]!, limit, conditions)
      reported.push(hits.map((hit) => rowOf(hit, metric)))
    }
    return reported
  }

  /** Hits in order, with ties broken by the order in which records were added, whatever their slots. */
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

  /** By a metric that the engine does not index the vectors for: compares all of them. */
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

  /** For each sparse vector, the records with the largest dot product. Records without a sparse vector are left out. */
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

  /**
   * By the index, which finds only records that share a dimension with the vector; undefined when that is not enough.
   */
  async #indexedSparse(vector: SparseColumn, { filter, limit }: Search): Promise<Found[] | undefined> {
    if (vector.indices.length === 0) return undefined
    const select = ['id', 'order', 'sparse']
    const conditions = { ...native(filter), index: 'sparse', limit: limit + 1, select }
    const hits = await this.#engine.search({ ...conditions, sparse: vector })
    const last = hits[limit - 1]
    // Records that share no dimension have the product 0, which ranks before negative ones.
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

  /** The records with any word of a text, best first by BM25; none that scores below `least`. */
  async withWords(text: string, analyzer: AnalyzerDefinition, { filter, limit }: Search, least = 0): Promise<Found[]> {
    await this.#ensureIndex('document', { type: 'text', analyzer })
    const conditions = { ...native(filter), index: 'document', limit, radius: -least, select: ['id', 'order'] }
    const hits = await this.#engine.search({ ...conditions, text })
    const found = hits.map(({ document, distance }) => foundIn(document, 0 - distance))
    return found.sort((a, b) => b.distance - a.distance || a.order - b.order)
  }

  /** The matching records, in the order they were added. */
  async inOrder(filter: FilterNode | undefined): Promise<Found[]> {
    const records = await this.#engine.find({ ...native(filter), select: ['id', 'order'], sort: 'order' }).toArray()
    return records.map((record) => foundIn(record, 0))
  }

  /** Creates an index on first use: a collection never searched this way does without. */
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

  /** The records of a result at one moment; those deleted in the meantime are left out. */
  async rows(list: readonly Found[]): Promise<Row[]> {
    const ids = list.map(({ id }) => id)
    const { version } = this.#places
    const step = version === undefined ? ids.length : ROWS_AT_ONCE
    let records: (StoredRecord | undefined)[] = []
    for (let at = 0; at < ids.length; at += step) {
      if (at > 0) await pause()
      records = records.concat(await this.#engine.getMany(ids.slice(at, at + step)))
    }
    if (version !== this.#places.version) records = await this.#engine.getMany(ids)
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
