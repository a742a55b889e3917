// A query that was asked for but not run yet. Each of its methods runs it from the start.
//
// Documents come in slot order, partition by partition. A document keeps its slot for as long as it exists, so one that is there
// throughout is seen exactly once, whatever is written meanwhile; one that moves to another partition meanwhile counts as removed
// and inserted.

import type { Document } from '../value/index.ts'
import type { FindRequest } from './find.ts'
import type { Partition, Projection } from './partition.ts'
import { pause, SLICE_MS } from './pause.ts'
import type { CollectionState, PartitionGroup } from './state.ts'

/** How a query was or would be run. */
export interface Explanation {
  readonly plan: 'scan' | 'index' | 'key'
  readonly index?: string
  /** Documents looked at. */
  readonly examined: number
  /** Documents that came back. */
  readonly returned: number
}

/** Addresses taken at once: between two such steps others may write. */
const CHUNK = 256
/** Documents may be of any size, so the step adapts to what decoding takes. */
const CHUNK_MIN = 4
const CHUNK_MS = 2

/**
 * The documents of a collection, or some of them. Nothing is read before it is asked for; each call runs the query anew.
 *
 * @example
 * ```ts
 * for await (const post of posts.find({ select: ['id', 'title'] })) console.log(post.title)
 * const firstTen = await posts.find({ limit: 10 }).toArray()
 * ```
 */
export class Cursor<T extends object = Document> implements AsyncIterable<T> {
  readonly #state: CollectionState
  readonly #request: FindRequest | (() => never)

  /** Made by `Collection.find`. A request that throws stands for options that were refused. */
  constructor(state: CollectionState, request: FindRequest | (() => never)) {
    this.#state = state
    this.#request = request
  }

  /** All documents. */
  async toArray(): Promise<T[]> {
    const reader = this.#open()
    const documents: T[] = []
    let began = performance.now()
    while (reader.read(documents as Document[])) {
      if (performance.now() - began < SLICE_MS) continue
      await pause()
      began = performance.now()
    }
    return documents
  }

  /** The first document, or undefined. */
  async first(): Promise<T | undefined> {
    const reader = this.#open(1)
    const documents: T[] = []
    while (reader.read(documents as Document[])) {
      if (documents.length > 0) break
    }
    return documents[0]
  }

  /** How many documents the query has. */
  async count(): Promise<number> {
    const { request, groups } = this.#resolve()
    return returnedOf(countOf(groups), request)
  }

  /** How the query is run, and what it costs. */
  async explain(): Promise<Explanation> {
    const { request, groups } = this.#resolve()
    const returned = returnedOf(countOf(groups), request)
    const examined = request.limit === 0 ? 0 : Math.min(countOf(groups), request.skip + returned)
    return { plan: 'scan', examined, returned }
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return new CursorIterator<T>(this.#state, () => this.#open())
  }

  #resolve(): { request: FindRequest; groups: readonly PartitionGroup[] } {
    const request = typeof this.#request === 'function' ? this.#request() : this.#request
    const refusal = this.#state.refuseRead()
    if (refusal !== null) throw refusal
    const { partitions } = request
    const { groups } = this.#state
    if (partitions === undefined) return { request, groups }
    const chosen = new Set(partitions.map((name) => this.#state.groupIndex(name)))
    return { request, groups: groups.filter((_, index) => chosen.has(index)) }
  }

  #open(limit = Infinity): ChunkReader {
    const { request, groups } = this.#resolve()
    return new ChunkReader(this.#state, request, groups, Math.min(limit, request.limit))
  }
}

function countOf(groups: readonly PartitionGroup[]): number {
  let count = 0
  for (const group of groups) for (const part of group.parts) count += part.count
  return count
}

function returnedOf(total: number, request: FindRequest): number {
  return Math.min(request.limit, Math.max(0, total - request.skip))
}

/** Runs a query chunk by chunk. */
class ChunkReader {
  readonly #state: CollectionState
  readonly #request: FindRequest
  readonly #parts: readonly Partition[]
  #projection: Projection | undefined
  #part = -1
  #slot = -1
  #skip: number
  #left: number
  #chunk = CHUNK_MIN * 4
  #addresses = new Uint32Array(CHUNK)

  constructor(state: CollectionState, request: FindRequest, groups: readonly PartitionGroup[], limit: number) {
    this.#state = state
    this.#request = request
    this.#parts = groups.flatMap((group) => group.parts)
    this.#skip = request.skip
    this.#left = limit
  }

  /** Appends the next documents; false when there are no more. May append none. */
  read(documents: Document[]): boolean {
    const refusal = this.#state.refuseRead()
    if (refusal !== null) throw refusal
    if (this.#left === 0) return false
    if (this.#slot < 0 && !this.#nextPart()) return false
    const partition = this.#parts[this.#part]!
    if (this.#skip === 0) return this.#readFrom(partition, documents)
    this.#slot = partition.scan(this.#slot, this.#window(Math.min(CHUNK, this.#skip)))
    this.#skip -= partition.scanCount
    return true
  }

  #readFrom(partition: Partition, documents: Document[]): boolean {
    const began = performance.now()
    const addresses = this.#window(Math.min(this.#chunk, this.#left))
    this.#slot = partition.scan(this.#slot, addresses)
    const count = partition.scanCount
    const projection = this.#projection
    if (projection === undefined) for (let i = 0; i < count; i++) documents.push(partition.read(addresses[i]!))
    else for (let i = 0; i < count; i++) documents.push(partition.project(addresses[i]!, projection))
    this.#left -= count
    if (performance.now() - began > CHUNK_MS) this.#chunk = Math.max(CHUNK_MIN, this.#chunk >>> 1)
    else this.#chunk = Math.min(CHUNK, this.#chunk * 2)
    return true
  }

  #window(count: number): Uint32Array {
    if (this.#addresses.length !== count) this.#addresses = new Uint32Array(count)
    return this.#addresses
  }

  #nextPart(): boolean {
    for (;;) {
      this.#part++
      const partition = this.#parts[this.#part]
      if (partition === undefined) return false
      // One that was dropped since the query began has no documents any more.
      if (!this.#state.parts.includes(partition)) continue
      this.#slot = 0
      const { select } = this.#request
      this.#projection = select === undefined ? undefined : partition.compileProjection(select)
      return true
    }
  }
}

class CursorIterator<T extends object> implements AsyncIterableIterator<T> {
  readonly #state: CollectionState
  readonly #open: () => ChunkReader
  #reader: ChunkReader | undefined
  #documents: T[] = []
  #next = 0
  #isDone = false
  #sliceBegan = 0
  /** Calls of `next` that wait; those that do not wait for each other are answered in order. */
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(state: CollectionState, open: () => ChunkReader) {
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
        await this.#refill()
      }
      return { value: undefined, done: true }
    } catch (error) {
      this.#end()
      throw error
    } finally {
      this.#waiting--
    }
  }

  async #refill(): Promise<void> {
    if (this.#reader === undefined) {
      this.#reader = this.#open()
      this.#sliceBegan = performance.now()
    } else if (performance.now() - this.#sliceBegan > SLICE_MS) {
      await pause()
      this.#sliceBegan = performance.now()
      // `return` may have been called meanwhile.
      if (this.#isDone) return
    }
    this.#documents.length = 0
    this.#next = 0
    if (!this.#reader.read(this.#documents as Document[])) this.#end()
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
