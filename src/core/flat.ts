// Exact search in one partition: queries on one vector field, each with the list of its nearest documents. It runs in
// steps, between which others may write; the caller checks that the results still hold.

import { SLOT_NONE } from './abi.ts'
import { type Memory, outOfMemory } from './memory.ts'

/** Offsets in a search: see assembly/flat/search.ts. */
const BITMAP = 20
const BITMAP_SLOTS = 24
const EXAMINED = 28
const RADIUS = 32
const AFTER_DISTANCE = 40
const AFTER_SLOT = 48
const RESCORED = 52

export interface FlatOptions {
  /** Number of the vector field. */
  readonly field: number
  /** f32 lanes, or packed bits; all of the field's length. */
  readonly queries: readonly (Float32Array | Uint8Array)[]
  /** Number of nearest documents wanted per query. */
  readonly count: number
  /** Maximum distance of a result. */
  readonly radius?: number | undefined
  /** Only results farther than this, or at the same distance in a slot from `slot` on. */
  readonly after?: { readonly distance: number; readonly slot: number } | undefined
  /** Only these slots; released by the caller, after the search. */
  readonly slots?: SlotSet | undefined
}

/** Nearest first; ties by lower slot. Record addresses are valid until the next write. */
export interface Nearest {
  readonly distances: Float64Array
  readonly slots: Uint32Array
  readonly records: Uint32Array
}

/** A set of slots in the core's memory. */
export class SlotSet {
  readonly address: number
  readonly size: number
  private readonly memory: Memory

  /** @throws LimitError when the partition's memory does not hold it. */
  constructor(memory: Memory, size: number) {
    this.memory = memory
    this.size = size
    this.address = memory.derived.flat_mark(size) >>> 0
    memory.refresh()
    if (this.address === 0) throw outOfMemory('the set of documents that match')
  }

  /** Number of slots in the set. */
  count = 0

  add(slot: number): void {
    if (slot >= this.size) return
    const at = this.address + (slot >>> 3)
    const byte = this.memory.u8[at]!
    const bit = 1 << (slot & 7)
    if ((byte & bit) !== 0) return
    this.memory.u8[at] = byte | bit
    this.count++
  }

  /** Adds the slots of the first records of a list. */
  addRecords(records: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) this.add(this.memory.u32[(records[i]! >>> 2) + 1]!)
  }

  release(): void {
    this.memory.derived.flat_unmark(this.address, this.size)
  }
}

export class FlatSearch {
  /** Its address in the core's memory. */
  readonly address: number
  private readonly memory: Memory
  private readonly queries: number

  /** @throws LimitError when the partition's memory does not hold it. */
  constructor(memory: Memory, options: FlatOptions) {
    const { field, queries, count, slots } = options
    this.memory = memory
    this.queries = queries.length
    this.address = memory.derived.flat_begin(field, queries.length, count) >>> 0
    memory.refresh()
    if (this.address === 0) throw outOfMemory('the search')
    for (let i = 0; i < queries.length; i++) {
      const query = queries[i]!
      const at = memory.derived.flat_lanes(this.address, i) >>> 0
      if (query instanceof Float32Array) memory.f32.set(query, at >>> 2)
      else memory.u8.set(query, at)
    }
    if (options.radius !== undefined) memory.f64[(this.address + RADIUS) >>> 3] = options.radius
    if (options.after !== undefined) {
      memory.f64[(this.address + AFTER_DISTANCE) >>> 3] = options.after.distance
      memory.setState(this.address + AFTER_SLOT, options.after.slot)
    }
    if (slots !== undefined) {
      memory.setState(this.address + BITMAP, slots.address)
      memory.setState(this.address + BITMAP_SLOTS, slots.size)
    }
    memory.derived.flat_ready(this.address)
  }

  /** Examines about `slots` slots, starting at `slot`; returns the slot to continue from, or -1. */
  scan(slot: number, slots: number): number {
    const next = this.memory.derived.flat_scan(this.address, slot, slots) >>> 0
    return next === SLOT_NONE ? -1 : next
  }

  /** Discards what was found. */
  restart(): void {
    this.memory.derived.flat_ready(this.address)
  }

  /** Number of results that a query has so far. */
  found(query: number): number {
    return this.memory.derived.flat_count(this.address, query) >>> 0
  }

  /** Whether what was found is still stored, at the same distance. */
  holds(): boolean {
    for (let i = 0; i < this.queries; i++) if (this.memory.derived.flat_holds(this.address, i) === 0) return false
    return true
  }

  /** The results of a query; called once per query. */
  nearest(query: number): Nearest {
    const { memory } = this
    const at = memory.derived.flat_finish(this.address, query) >>> 0
    const count = memory.derived.flat_count(this.address, query) >>> 0
    const distances = new Float64Array(count)
    const slots = new Uint32Array(count)
    const records = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      distances[i] = memory.f64[(at >>> 3) + i * 2]!
      slots[i] = memory.u32[(at >>> 2) + i * 4 + 2]!
      records[i] = memory.u32[(at >>> 2) + i * 4 + 3]!
    }
    return { distances, slots, records }
  }

  /** Rows examined over all queries, and how many of them had their lanes compared. */
  get examined(): number {
    return this.memory.state(this.address + EXAMINED)
  }

  get rescored(): number {
    return this.memory.state(this.address + RESCORED)
  }

  release(): void {
    this.memory.derived.flat_release(this.address)
  }
}
