// The records of one collection, in an engine collection. All of this dialect's calls to the engine about records are
// here.

import { type Direct, directOf } from '../../engine/direct.ts'
import {
  collectionIn,
  type Database,
  type Collection as EngineCollection,
  matcherOf,
  type Projection,
  resolveFilter,
  type WriteOptions,
} from '../../engine/index.ts'
import type { FilterNode } from '../../query/index.ts'
import { SeekdbValueError } from './errors.ts'
import { native, nativeFilter } from './native-filter.ts'
import type { Metric } from './nearest.ts'
import { EXACT_COUNT_MAX, type Places, Searches } from './searches.ts'
import type { Metadata } from './types.ts'
import { readVector } from './vector.ts'

/** Dimensions in ascending order, and their weights. */
export interface SparseColumn {
  readonly indices: Uint32Array
  readonly values: Float32Array
}

/** A record as stored. */
export interface StoredRecord {
  readonly id: string
  /** Grows with every record added, and never changes for a record: lists are in this order. */
  readonly order: number
  /** Left out if there is none. */
  readonly document?: string | null
  readonly metadata?: Metadata | null
  readonly embedding: Float32Array
  readonly sparse?: SparseColumn
}

/** A record to store: it gets its place when it is stored. */
export interface NewRecord {
  readonly id: string
  order: number
  document?: string
  metadata?: Metadata
  /** The engine reads its lanes, and refuses anything else. */
  readonly embedding: ArrayLike<number>
  sparse?: SparseColumn
}

/** Selects the records that meet all given conditions. */
export interface Selection {
  readonly ids?: readonly string[] | undefined
  readonly filter?: FilterNode | undefined
}

/** Which part of a list to return. */
export interface Window {
  readonly skip: number
  /** Infinity for all. */
  readonly limit: number
  readonly withVectors: boolean
}

type Merge = (old: StoredRecord | undefined, index: number) => NewRecord | undefined
const ATOMIC = { atomic: true } as const
const COPY_BATCH = 1000
const WITHOUT_VECTORS = ['id', 'order', 'document', 'metadata']
/** Up to this many ids are read one by one, all at once. */
const FEW_IDS = 16

export class Records implements Places {
  readonly #engine: EngineCollection<StoredRecord>
  readonly dimension: number
  readonly metric: Metric
  readonly searches: Searches
  /** The next record's place; -1 until looked up. */
  #next = -1
  /** Settles when the engine has what was called before; undefined if it has. */
  line: Promise<void> | undefined
  /** Answers without waiting; undefined if the engine runs in another thread. */
  readonly #direct: Direct | undefined

  constructor(engine: EngineCollection, dimension: number, metric: Metric) {
    this.#engine = engine as unknown as EngineCollection<StoredRecord>
    this.#direct = directOf(engine)
    this.dimension = dimension
    this.metric = metric
    this.searches = new Searches(this.#engine, metric, this)
  }

  static async create(database: Database, name: string, dimension: number, metric: Metric): Promise<Records> {
    const index = { graphFrom: EXACT_COUNT_MAX + 1 }
    const engine = await database.createCollection(name, { vectors: { embedding: { dimension, metric, index } } })
    return new Records(engine, dimension, metric)
  }

  /** Whether they are what has this name in the database. */
  areIn(database: Database, name: string): boolean {
    return collectionIn(database, name) === (this.#engine as unknown)
  }

  countAll(): Promise<number> {
    return this.#engine.count()
  }

  // --- for searches

  get count(): number {
    return this.#direct?.count ?? -1
  }

  get version(): number | undefined {
    return this.#direct?.version
  }

  isSurelyDense(): boolean {
    return this.#direct?.count === this.#next
  }

  async countWithPlaces(): Promise<number> {
    if (this.#next < 0) await this.#inLine(() => this.#load())
    return await this.#engine.count()
  }

  async isDense(): Promise<boolean> {
    return (await this.countWithPlaces()) === this.#next
  }

  // --- writing

  /** Whether records written now reach the engine before anything else runs. */
  get isReady(): boolean {
    return this.#direct !== undefined && this.#next >= 0 && this.line === undefined
  }

  /** Adds records, all or none. @throws SeekdbValueError naming an id that already exists or is given twice. */
  add(records: readonly NewRecord[]): Promise<void> {
    if (!this.isReady) return this.#addInTurn(records)
    return records.length === 1 ? this.#addOne(records[0]!) : this.#add(records)
  }

  /** Adds one record, at once if possible: a single record is atomic in any case. */
  #addOne(record: NewRecord): Promise<void> {
    const began = this.#next
    record.order = began
    this.#next = began + 1
    const { result, done } = this.#direct!.insert([record], false, this.#direct!.isHard)
    if (result.errors === 0) return done === undefined ? READY : done.then(nothing)
    this.#next = began
    return this.#refusal([record], result.firstError).then((error) => {
      throw error
    })
  }

  #addInTurn(records: readonly NewRecord[]): Promise<void> {
    return this.#writeInLine(async () => {
      await this.#load()
      return { done: this.#add(records) }
    })
  }

  async #add(records: readonly NewRecord[]): Promise<void> {
    // Nothing else runs from here until the engine has the records.
    const began = this.#next
    for (let i = 0; i < records.length; i++) records[i]!.order = this.#next++
    const ended = this.#next
    const given = records as readonly (NewRecord & object)[] as unknown as StoredRecord[]
    const { errors, firstError } = await this.#engine.insert(given, ATOMIC)
    if (errors === 0) return
    if (this.#next === ended) this.#next = began
    throw await this.#refusal(records, firstError)
  }

  /**
   * Rewrites records, all or none.
   *
   * @param ids - each once.
   * @param fields - what `merge` reads of an existing record.
   * @param merge - the record to store under an id, given the existing one; undefined leaves it. It keeps its place, or
   * has -1 for a new one. If `merge` throws, the call fails.
   */
  rewrite(ids: readonly string[], fields: Projection, merge: Merge): Promise<void> {
    if (!this.isReady) return this.#rewriteInTurn(ids, merge)
    const old = ids.map((id) => this.#direct!.getFields(id, fields) as StoredRecord | undefined)
    return this.#replace(mergedRecords(old, merge))
  }

  #rewriteInTurn(ids: readonly string[], merge: Merge): Promise<void> {
    return this.#writeInLine(async () => {
      await this.#load()
      const merged = mergedRecords(await this.#engine.getMany(ids), merge)
      // Others may proceed while this write is flushed.
      return { done: this.#replace(merged) }
    })
  }

  async #replace(records: readonly NewRecord[]): Promise<void> {
    if (records.length === 0) return
    const began = this.#next
    // Only now, so that a throwing merge leaves no gap.
    for (const record of records) if (record.order < 0) record.order = this.#next++
    const ended = this.#next
    const given = records as readonly (NewRecord & object)[] as unknown as StoredRecord[]
    const { errors, firstError } = await (given.length === 1
      ? this.#engine.upsert(given[0]!)
      : this.#engine.upsert(given, ATOMIC))
    if (errors === 0) return
    if (this.#next === ended) this.#next = began
    this.#requireVectors(records)
    throw new SeekdbValueError(firstError ?? 'The records were refused')
  }

  delete({ ids, filter }: Selection): Promise<void> {
    return this.#writeInLine(async () => {
      if (ids === undefined) return { done: this.#engine.delete(filter === undefined ? {} : nativeFilter(filter)) }
      const chosen = filter === undefined ? ids : (await this.#chosen(ids, filter)).map(({ id }) => id)
      return { done: this.#engine.delete(chosen) }
    })
  }

  /** Copies all records of another collection into this one, which must be empty. */
  async copyFrom(source: Records): Promise<void> {
    await source.#inLine(async () => {
      let batch: StoredRecord[] = []
      const write = async (options: WriteOptions) => {
        const { errors, firstError } = await this.#engine.insert(batch, options)
        if (errors > 0) throw new SeekdbValueError(firstError ?? 'refused')
        batch = []
      }
      for await (const record of source.#engine.find()) {
        // Only the last batch is flushed; that flushes the earlier ones too.
        if (batch.length === COPY_BATCH) await write({ ...ATOMIC, durability: 'soft' })
        batch.push(record)
      }
      if (batch.length > 0) await write(ATOMIC)
    })
  }

  async #load(): Promise<void> {
    if (this.#next >= 0) return
    const last = await this.#engine.find({ select: ['order'], sort: '-order', limit: 1 }).first()
    this.#next = last === undefined ? 0 : last.order + 1
  }

  #requireVectors(records: readonly NewRecord[]): void {
    for (const [index, { embedding }] of records.entries()) readVector(embedding, this.dimension, index)
  }

  async #refusal(records: readonly NewRecord[], firstError: string | undefined): Promise<SeekdbValueError> {
    this.#requireVectors(records)
    const seen = new Set<string>()
    const twice = records.find(({ id }) => seen.size === seen.add(id).size)
    if (twice !== undefined) return new SeekdbValueError(`Duplicate id '${twice.id}' in one call`)
    for (const { id } of records) {
      if (await this.#engine.has(id)) return new SeekdbValueError(`Duplicate id '${id}': it exists already`)
    }
    return new SeekdbValueError(firstError ?? 'The records were refused')
  }

  /** What is called later need not wait until the write is on disk. */
  async #writeInLine(write: () => Promise<{ done: Promise<unknown> }>): Promise<void> {
    const { done } = await this.#inLine(write)
    await done
  }

  /** Runs after what was called before has run, and before what is called later. */
  #inLine<R>(run: () => Promise<R>): Promise<R> {
    const result = this.line === undefined ? run() : this.line.then(run)
    const line = result.catch(nothing).then(() => {
      if (this.line === line) this.line = undefined
    })
    this.line = line
    return result
  }

  // --- reading

  /** Like `read`, but at once; undefined where that is not possible. */
  readNow({ ids, filter }: Selection, { skip, limit }: Window): StoredRecord[] | undefined {
    if (this.#direct === undefined || ids === undefined || ids.length > FEW_IDS) return undefined
    const chosen: StoredRecord[] = []
    // In a collection with vectors, everything that filters need is loaded.
    const matches = filter && resolveFilter(nativeFilter(filter), 'get').matches
    for (let i = 0; i < ids.length; i++) {
      // The same id may be given twice.
      if (i > 0 && ids.indexOf(ids[i]!) < i) continue
      const record = this.#direct.get(ids[i]!) as unknown as StoredRecord | undefined
      if (record !== undefined && (matches === undefined || matches(record))) chosen.push(record)
    }
    if (chosen.length > 1) chosen.sort(byOrder)
    return skip === 0 && limit >= chosen.length ? chosen : chosen.slice(skip, skip + limit)
  }

  /** Records in the order they were added. */
  async read({ ids, filter }: Selection, { skip, limit, withVectors }: Window): Promise<StoredRecord[]> {
    if (limit === 0) return []
    if (ids !== undefined) {
      const chosen = await this.#chosen(ids, filter)
      return chosen.sort(byOrder).slice(skip, skip + limit)
    }
    const select = withVectors ? {} : { select: WITHOUT_VECTORS }
    if (skip === 0 && limit === Infinity) {
      return sorted(await this.#engine.find({ ...select, ...native(filter) }).toArray())
    }
    if (this.isSurelyDense()) {
      // Slots are in order of place, so the scan ends with the last record wanted.
      return await this.#engine.find({ ...select, ...native(filter), skip, limit }).toArray()
    }
    if (filter === undefined && (skip === 0 || (await this.isDense()))) {
      // Records with places 0, 1, 2, ... are the first ones, and the scan mostly finds them in this order.
      const records = await this.#engine.find({ ...select, skip, limit }).toArray()
      if (records.every((record, index) => record.order === skip + index)) return records
    }
    return await this.#engine.find({ ...select, ...native(filter), sort: 'order', skip, limit }).toArray()
  }

  async #chosen(ids: readonly string[], filter: FilterNode | undefined): Promise<StoredRecord[]> {
    const found = await this.#engine.getMany([...new Set(ids)])
    const matches = filter && (await matcherOf(nativeFilter(filter)))
    const chosen: StoredRecord[] = []
    for (const record of found) {
      if (record !== undefined && (matches === undefined || matches(record))) chosen.push(record)
    }
    return chosen
  }
}

function mergedRecords(old: readonly (StoredRecord | undefined)[], merge: Merge): NewRecord[] {
  const merged: NewRecord[] = []
  for (let i = 0; i < old.length; i++) {
    const record = merge(old[i], i)
    if (record !== undefined) merged.push(record)
  }
  return merged
}

const READY = Promise.resolve()

function nothing(): void {}

function byOrder(a: StoredRecord, b: StoredRecord): number {
  return a.order - b.order
}

/** Records mostly arrive in order. */
function sorted(records: StoredRecord[]): StoredRecord[] {
  for (let i = 1; i < records.length; i++) {
    if (records[i]!.order < records[i - 1]!.order) return records.sort(byOrder)
  }
  return records
}
