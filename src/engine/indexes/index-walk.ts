// Documents in the order of an ordered index, a step at a time.
//
// Nothing holds the index still between two steps. As long as it has not changed, a walk goes on by number; otherwise it looks for the
// place behind the document that came last, by the values and the slot that this one had. So a document that exists throughout and
// whose values in the index do not change is met exactly once. One whose values do is met once at most, and once something was written what
// came after the walk began is not met: else a walk would not end whose reader moves each document ahead of it, or puts another there.

import type { IndexDefinition } from '../../catalog/index.ts'
import type { IndexPlace } from '../../core/derived/index.ts'
import { StateError } from '../../error/index.ts'
import type { Partition } from '../partition.ts'
import { readerOf } from './unique.ts'

/** What lies between two places of an index. */
export interface IndexRange {
  readonly lower: IndexPlace
  readonly upper: IndexPlace
}

/** The document that came last, as it was then. */
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
  /** Slots of the documents that came already: under an index of elements from the start, else once the index has changed. */
  #seen: Set<number> | undefined
  /** The same until then, one after the other. */
  #came = new Uint32Array(0)
  #cameCount = 0
  #version = -1
  #range = -1
  /** Numbers of the entries left in the range; descending, without those of the group. */
  #from = 0
  #to = 0
  /** Descending, equal entries are met by slot as well: what is left of a group too large for one step. */
  #groupFrom = 0
  #groupTo = 0
  #mark: Mark | undefined
  #changes = -1

  /**
   * @param ranges - ascending, apart from each other; walked from the last when descending.
   * @param end - slots from there on came after the walk began.
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

  /** How many entries are left, as things stand. */
  left(): number {
    if (this.isDone) return 0
    this.#seek()
    let count = this.#to - this.#from + this.#groupTo - this.#groupFrom
    for (const range of this.#ranges.slice(this.#range + 1)) count += this.#rank(range.upper) - this.#rank(range.lower)
    return count
  }

  /** Fills in addresses, good until the next write; answers how many. None does not mean that it is done. */
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

  /** Finds the place to go on from anew, if the index has changed. */
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
