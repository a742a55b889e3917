// A query that has not been run yet. Each method runs it from the start; match.ts says what it sees of concurrent
// writes.

import { performance } from '../../core/index.ts'
import type { AnyDocument, Document } from '../../value/index.ts'
import type { MergedReader } from '../indexes/merged-reader.ts'
import type { Partition } from '../partition.ts'
import { collatePart, derivedPart } from '../parts.ts'
import { pause, SLICE_MS } from '../pause.ts'
import type { CollectionState } from '../state.ts'
import type { FindRequest } from './find.ts'
import { countMatches, MatchScan } from './match.ts'
import { type Plan, planOf, sortedPlanOf } from './plan.ts'
import { compileProjection, type Projection } from './projection.ts'
import type { SortedReader } from './sorted-reader.ts'

/** How a query was or would be run. */
export interface Explanation {
  readonly plan: 'scan' | 'index' | 'key'
  readonly index?: string
  /** Documents examined. */
  readonly examined: number
  /** Documents returned. */
  readonly returned: number
}

/** Addresses taken per step; others may write between steps. */
const CHUNK = 256
/** Documents may be of any size, so the step adapts to the time that decoding takes. */
const CHUNK_MIN = 4
const CHUNK_MS = 2

/**
 * All or some of the documents of a collection. Nothing is read before it is requested; each call runs the query anew.
 *
 * Others may write while it runs. A document that exists and matches throughout is seen exactly once, in its state when
 * its turn comes. One that is inserted or deleted, or starts or stops matching, meanwhile may be seen or not, as may
 * one whose values change in an index that is used. None is seen twice unless it moves to another partition, and new
 * documents do not keep a query from ending: the loop over a cursor may write for each document. With `sort` the order
 * is fixed before the first document comes, or is that of an index. A document that is deleted or stops matching after
 * that is left out; one that changes comes in its new state, at its old place or, in an index, at its current one.
 *
 * @example
 * ```ts
 * for await (const post of posts.find({ select: ['id', 'title'] })) console.log(post.title)
 * const firstTen = await posts.find({ limit: 10 }).toArray()
 * ```
 */
export class Cursor<T extends object = AnyDocument> implements AsyncIterable<T> {
  readonly #state: CollectionState
  #request: FindRequest | (() => FindRequest)

  /**
   * Constructed by `Collection.find`. A function makes the request once filters can run; it throws for options that are
   * refused.
   */
  constructor(state: CollectionState, request: FindRequest | (() => FindRequest)) {
    this.#state = state
    this.#request = request
  }

  /** All documents. */
  toArray(): Promise<T[]> {
    return this.#gather(Infinity)
  }

  /** The first document, or undefined. */
  async first(): Promise<T | undefined> {
    return (await this.#gather(1))[0]
  }

  async #gather(limit: number): Promise<T[]> {
    const opened = this.#open(limit)
    const reader = opened instanceof ChunkReader ? opened : await opened
    const documents: T[] = []
    let began = performance.now()
    while (reader.read(documents as Document[])) {
      if (performance.now() - began < SLICE_MS) continue
      await pause()
      began = performance.now()
    }
    return documents
  }

  /** The number of documents in the result, with `skip` and `limit` applied. */
  async count(): Promise<number> {
    return (await this.#measure()).returned
  }

  /** How the query runs and what it costs; runs it to find out, but decodes only what it must. */
  async explain(): Promise<Explanation> {
    return await this.#measure()
  }

  async #measure(): Promise<Explanation> {
    const missing = this.#missing()
    if (missing !== undefined) await missing
    const { request, plan, parts } = this.#resolve()
    const { skip, limit, sort } = request
    // Finding the first few in an order takes a look at all, unless they are found in that order.
    const enough = limit === 0 ? 0 : sort === undefined || plan.isOrdered ? skip + limit : Infinity
    const { count, examined } = await countMatches(this.#state, plan, parts, enough)
    const { kind, index } = plan
    const returned = Math.min(limit, Math.max(0, count - skip))
    return index === undefined ? { plan: kind, examined, returned } : { plan: kind, index, examined, returned }
  }

  get [Symbol.toStringTag](): string {
    return 'Cursor'
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return new CursorIterator<T>(this.#state, () => this.#open(Infinity))
  }

  #resolve(limit = Infinity): Query {
    const request = this.#made()
    const state = this.#state
    const refusal = state.refuseRead()
    if (refusal !== null) throw refusal
    const { filter, sort, skip } = request
    const parts = this.#parts(request)
    const wanted = skip + Math.min(limit, request.limit)
    const plan = sort === undefined ? planOf(state, filter, parts) : sortedPlanOf(state, filter, sort, wanted, parts)
    return { request, plan, parts }
  }

  #made(): FindRequest {
    if (typeof this.#request === 'function') this.#request = this.#request()
    return this.#request
  }

  /** Resolves when everything that the query needs is loaded; undefined when it already is. */
  #missing(): Promise<unknown> | undefined {
    const state = this.#state
    const missing = state.line.last ?? this.#unloaded()
    return missing?.then(() => this.#missing())
  }

  #unloaded(): Promise<unknown> | undefined {
    const state = this.#state
    const isWithFilter = typeof this.#request === 'function' && !state.isQueryable
    if (!isWithFilter && this.#made().sort === undefined) return undefined
    // Sorting reads single fields, as filters do.
    if (!state.isQueryable) return state.prepare()
    return collatePart.now === undefined ? collatePart.load() : undefined
  }

  #parts({ partitions }: FindRequest): readonly Partition[] {
    const state = this.#state
    if (partitions === undefined) return state.parts
    const chosen = new Set(partitions.map((name) => state.groupIndex(name)))
    return state.groups.flatMap(({ parts }, index) => (chosen.has(index) ? parts : []))
  }

  /** @param limit - in addition to that of the query. */
  #open(limit: number): ChunkReader | Promise<ChunkReader> {
    const open = () => new ChunkReader(this.#state, this.#resolve(limit), limit)
    return this.#missing()?.then(open) ?? open()
  }
}

/** A query about to run. */
interface Query {
  readonly request: FindRequest
  readonly plan: Plan
  readonly parts: readonly Partition[]
}

/** Runs a query in chunks. */
class ChunkReader {
  readonly #state: CollectionState
  readonly #scan: MatchScan
  readonly #sorted: SortedReader | MergedReader | undefined
  readonly #projection: Projection | undefined
  #skip: number
  #left: number
  #chunk = CHUNK_MIN * 4
  #addresses = new Uint32Array(CHUNK)

  constructor(state: CollectionState, { request, plan, parts }: Query, limit: number) {
    this.#state = state
    this.#scan = new MatchScan(state, plan, parts)
    this.#projection = request.select === undefined ? undefined : compileProjection(request.select)
    this.#skip = request.skip
    this.#left = Math.min(limit, request.limit)
    const { sort, skip } = request
    if (sort === undefined || (plan.isOrdered && parts.length === 1)) return
    const query = { plan, parts, sort, projection: this.#projection, skip, limit: this.#left }
    this.#sorted = plan.isOrdered
      ? new derivedPart.now!.MergedReader(state, query)
      : new collatePart.now!.SortedReader(state, query)
  }

  /** Appends the next documents, possibly none; returns false when there are no more. */
  read(documents: Document[]): boolean {
    const refusal = this.#state.refuseRead()
    if (refusal !== null) throw refusal
    if (this.#left === 0) return false
    if (this.#sorted === undefined && this.#skip > 0) return this.#passOver()
    const began = performance.now()
    const isMore = this.#sorted?.read(documents, this.#chunk) ?? this.#readOn(documents)
    if (performance.now() - began > CHUNK_MS) this.#chunk = Math.max(CHUNK_MIN, this.#chunk >>> 1)
    else this.#chunk = Math.min(CHUNK, this.#chunk * 2)
    return isMore
  }

  #passOver(): boolean {
    const count = this.#scan.read(this.#window(Math.min(CHUNK, this.#skip)))
    if (count > 0) this.#skip -= count
    return count >= 0
  }

  #readOn(documents: Document[]): boolean {
    const addresses = this.#window(Math.min(this.#chunk, this.#left))
    const projection = this.#projection
    const count = this.#scan.read(addresses, projection === undefined)
    if (count < 0) return false
    const { partition } = this.#scan
    if (projection === undefined) partition.readMany(addresses, count, documents)
    else for (let i = 0; i < count; i++) documents.push(partition.project(addresses[i]!, projection))
    this.#left -= count
    return true
  }

  #window(count: number): Uint32Array {
    if (this.#addresses.length !== count) this.#addresses = new Uint32Array(count)
    return this.#addresses
  }
}

class CursorIterator<T extends object> implements AsyncIterableIterator<T> {
  readonly #state: CollectionState
  readonly #open: () => ChunkReader | Promise<ChunkReader>
  #reader: ChunkReader | undefined
  #documents: T[] = []
  #next = 0
  #isDone = false
  #sliceBegan = 0
  /** Number of pending calls of `next`; calls that do not wait for each other are answered in order. */
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(state: CollectionState, open: () => ChunkReader | Promise<ChunkReader>) {
    this.#state = state
    this.#open = open
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waiting === 0 && this.#next < this.#documents.length && this.#state.refuseRead() === null) {
      return Promise.resolve({ value: this.#documents[this.#next++]!, done: false })
    }
    this.#waiting++
    const turn = this.#waiting === 1 ? this.#take() : this.#last.then(() => this.#take())
    this.#last = turn.catch(() => {})
    return turn
  }

  async #take(): Promise<IteratorResult<T, undefined>> {
    try {
      while (!this.#isDone) {
        const refusal = this.#state.refuseRead()
        if (refusal !== null) throw refusal
        if (this.#next < this.#documents.length) return { value: this.#documents[this.#next++]!, done: false }
        // Awaiting is seldom necessary, and a step that awaits nothing saves two microtask turns.
        if (this.#reader === undefined) await this.#begin()
        else if (performance.now() - this.#sliceBegan > SLICE_MS) await this.#rest()
        else this.#refill(this.#reader)
      }
      return { value: undefined, done: true }
    } catch (error) {
      this.#end()
      throw error
    } finally {
      this.#waiting--
    }
  }

  async #begin(): Promise<void> {
    const opened = this.#open()
    const reader = opened instanceof ChunkReader ? opened : await opened
    // `return` may have been called in the meantime.
    if (this.#isDone) return
    this.#reader = reader
    this.#sliceBegan = performance.now()
  }

  async #rest(): Promise<void> {
    await pause()
    this.#sliceBegan = performance.now()
  }

  #refill(reader: ChunkReader): void {
    this.#documents.length = 0
    this.#next = 0
    if (!reader.read(this.#documents as Document[])) this.#end()
  }

  #end(): void {
    this.#isDone = true
    this.#documents = []
    this.#next = 0
    this.#reader = undefined
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#end()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this
  }
}
