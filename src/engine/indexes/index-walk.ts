// Walks documents in the order of an ordered index, step by step.
//
// The index may change between two steps. While it is unchanged the walk continues by entry number; otherwise it seeks
// the position after the last document, by the values and slot that this document had. So a document that exists
// throughout, with unchanged values in the index, is met exactly once, and one whose values change at most once. After
// a write, documents added since the walk began are not met: otherwise a walk would never end if its reader moved each
// document ahead of it, or inserted another there.

import type { IndexDefinition } from '../../catalog/index.ts'
import type { IndexPlace } from '../../core/derived/index.ts'
import { StateError } from '../../error/index.ts'
import type { Partition } from '../partition.ts'
import { readerOf } from './unique.ts'

/** The entries between two positions of an index. */
export interface IndexRange {
  readonly lower: IndexPlace
  readonly upper: IndexPlace
}

/** The last document met, as it was then. */
interface Mark {
  readonly values: readonly unknown[]
  readonly slot: number
}

export class IndexWalk {
  isDone = false
  readonly #partition: Partition
  readonly #index: IndexDefinition
  readonly #ranges: readonly IndexRange[]
  readonly #isDescending: boolean
  readonly #end: number
  /** Slots of documents already met: with a multi index from the start, otherwise once the index has changed. */
  #seen: Set<number> | undefined
  /** Until then the same as a list. */
  #came = new Uint32Array(0)
  #cameCount = 0
  #version = -1
  #range = -1
  /** Range of entry numbers still to come; when descending, without those of the group. */
  #from = 0
  #to = 0
  /** When descending, equal entries still come in slot order: the rest of a group too large for one step. */
  #groupFrom = 0
  #groupTo = 0
  #mark: Mark | undefined
  #changes = -1

  /**
   * @param ranges - ascending and disjoint; walked from the last one when descending.
   * @param end - slots from here on were taken after the walk began.
   */
  constructor(
    partition: Partition,
    index: IndexDefinition,
    ranges: readonly IndexRange[],
    isDescending: boolean,
    end: number,
  ) {
    this.#end = end
    this.#partition = partition
    this.#index = index
    this.#ranges = isDescending ? [...ranges].reverse() : ranges
    this.#isDescending = isDescending
    this.#seen = index.multi ? new Set() : undefined
    this.#nextRange()
  }

  /** How many entries are left at the moment. */
  left(): number {
    if (this.isDone) return 0
    this.#seek()
    let count = this.#to - this.#from + this.#groupTo - this.#groupFrom
    for (const range of this.#ranges.slice(this.#range + 1)) count += this.#rank(range.upper) - this.#rank(range.lower)
    return count
  }

  /**
   * Fills in addresses, valid until the next write; returns how many. A result of 0 does not mean that the end is
   * reached.
   */
  next(addresses: Uint32Array): number {
    if (this.isDone) return 0
    this.#seek()
    const count = this.#isDescending ? this.#down(addresses) : this.#up(addresses)
    const last = addresses[count - 1]
    const { store } = this.#partition
    if (this.#from === this.#to && this.#groupFrom === this.#groupTo) this.#nextRange()
    else if (!this.#index.multi && last !== undefined) {
      this.#mark = { values: readerOf(this.#index).read(this.#partition, last), slot: store.slotOf(last) }
    }
    if (this.#seen !== undefined) return this.#unseen(this.#seen, addresses, count)
    if (!this.isDone) this.#note(addresses, count)
    return count
  }

  #up(addresses: Uint32Array): number {
    const wanted = Math.min(addresses.length, this.#to - this.#from)
    const count = this.#partition.store.ordered.read(this.#index.id, this.#from, addresses.subarray(0, wanted), false)
    this.#from += count
    return count
  }

  #down(addresses: Uint32Array): number {
    const { ordered } = this.#partition.store
    const { id } = this.#index
    if (this.#groupFrom === this.#groupTo) {
      if (this.#from === this.#to) return 0
      const count = ordered.readDown(id, this.#to, this.#from, addresses)
      this.#to -= count
      if (count > 0) return count
      this.#groupFrom = Math.max(this.#from, ordered.groupStart(id, this.#to - 1))
      this.#groupTo = this.#to
      this.#to = this.#groupFrom
    }
    const wanted = Math.min(addresses.length, this.#groupTo - this.#groupFrom)
    const count = ordered.read(id, this.#groupFrom, addresses.subarray(0, wanted), false)
    this.#groupFrom += count
    return count
  }

  #note(addresses: Uint32Array, count: number): void {
    const end = this.#cameCount + count
    if (end > this.#came.length) {
      const before = this.#came
      this.#came = new Uint32Array(Math.max(end * 2, 2_048))
      this.#came.set(before)
    }
    this.#partition.store.ordered.slotsOf(addresses, count, this.#came, this.#cameCount)
    this.#cameCount = end
  }

  #unseen(seen: Set<number>, addresses: Uint32Array, count: number): number {
    const { store } = this.#partition
    let kept = 0
    for (let i = 0; i < count; i++) {
      const slot = store.slotOf(addresses[i]!)
      if (slot >= this.#end || seen.has(slot)) continue
      seen.add(slot)
      addresses[kept++] = addresses[i]!
    }
    return kept
  }

  #nextRange(): void {
    this.#range++
    this.#mark = undefined
    this.#changes = -1
    this.isDone = this.#range >= this.#ranges.length
  }

  #rank(place: IndexPlace): number {
    return this.#partition.store.ordered.rank(this.#index.id, place)
  }

  /** Seeks the position to continue from, if the index has changed. */
  #seek(): void {
    const { ordered } = this.#partition.store
    const { id, name } = this.#index
    if (!ordered.has(id)) {
      throw new StateError(`index "${name}" was dropped while a query used it; run the query again`, {
        details: { index: name },
      })
    }
    const changes = ordered.changes(id)
    if (changes !== this.#version && this.#cameCount > 0) {
      this.#seen = new Set(this.#came.subarray(0, this.#cameCount))
      this.#cameCount = 0
    }
    this.#version = changes
    if (changes === this.#changes) return
    this.#changes = changes
    const { lower, upper } = this.#ranges[this.#range]!
    const from = this.#rank(lower)
    const to = this.#rank(upper)
    const mark = this.#mark
    this.#from = from
    this.#to = Math.max(from, to)
    this.#groupFrom = 0
    this.#groupTo = 0
    if (mark === undefined) return
    const behind = this.#rank({ values: mark.values, slot: mark.slot, isAfter: true })
    if (!this.#isDescending) {
      this.#from = Math.min(behind, this.#to)
      return
    }
    this.#to = Math.max(from, this.#rank({ values: mark.values, isAfter: false }))
    this.#groupFrom = behind
    this.#groupTo = this.#rank({ values: mark.values, isAfter: true })
  }
}
