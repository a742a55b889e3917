// Where the documents of a query come from, one partition at a time: all slots in turn, or the slots of given keys.
//
// A step is bounded, so that others may run in between. Only a position is kept between steps.

import { LimitError, UsageError } from '../../error/index.ts'
import type { CompiledFilter, FilterProgram } from '../../query/index.ts'
import type { Key } from '../../value/index.ts'
import type { Partition } from '../partition.ts'

/** The documents of one partition that pass the program of a filter. */
export interface Candidates {
  /** Whether there are no more. */
  readonly isDone: boolean
  /** Documents looked at so far. */
  readonly examined: number
  /**
   * Fills in addresses, valid until the next write; returns how many. A result of 0 does not mean that the end is
   * reached. With `mayBeUnread` the addresses may only be passed to `readMany` of the partition.
   */
  next(addresses: Uint32Array, mayBeUnread?: boolean): number
  /** The same, but only counts. */
  count(): number
}

/**
 * Documents in slot order. A document keeps its slot as long as it exists, so each is met once. Documents that go into
 * slots from `end` on meanwhile are not met: otherwise a loop that writes for each document it reads would never end.
 */
export class ScanCandidates implements Candidates {
  readonly #partition: Partition
  readonly #program: FilterProgram | undefined
  readonly #end: number
  #slot = 0
  examined = 0

  constructor(partition: Partition, filter: CompiledFilter, end: number) {
    this.#partition = partition
    this.#program = filter.program
    this.#end = end
  }

  get isDone(): boolean {
    return this.#slot < 0
  }

  next(addresses: Uint32Array, mayBeUnread = false): number {
    const partition = this.#partition
    const program = this.#program
    const isUnread = mayBeUnread && program === undefined
    if (!isUnread && partition.residency?.readPiece()) return 0
    const store = isUnread ? partition.bare : partition.store
    const found: { count: number; next: number; examined?: number } =
      program === undefined ? store.scan(this.#slot, addresses) : store.filters.scan(program, this.#slot, addresses)
    const { count, next, examined = count } = found
    this.examined += examined
    return this.#goOn(next, addresses, count)
  }

  /** Continues from a slot; returns how many of the addresses are before the end. */
  #goOn(next: number, addresses: Uint32Array, count: number): number {
    const isOver = next < 0 || next >= this.#end
    this.#slot = isOver ? -1 : next
    if (!isOver || this.#partition.slots === this.#end) return count
    // Something was written meanwhile, which means that all records are in memory.
    const { store } = this.#partition
    let within = count
    while (within > 0 && store.slotOf(addresses[within - 1]!) >= this.#end) within--
    return within
  }

  count(): number {
    if (this.#partition.residency?.readPiece()) return 0
    const { store } = this.#partition
    // Without a program the caller has something else to check, or counts without looking.
    const { count, next, examined } = store.filters.count(this.#program!, this.#slot)
    this.#slot = next < this.#end ? next : -1
    this.examined += examined
    return count
  }
}

/** Keys looked up in one step. */
const LOOKUPS_MAX = 256
const NO_ADDRESSES = new Uint32Array(LOOKUPS_MAX)

/** The documents with the given keys. */
export class KeyCandidates implements Candidates {
  readonly #partition: Partition
  readonly #program: FilterProgram | undefined
  readonly #keys: readonly Key[]
  #at = 0
  examined = 0

  /** @param keys - without duplicates; keys in other partitions are skipped. */
  constructor(partition: Partition, keys: readonly Key[], program: FilterProgram | undefined) {
    this.#partition = partition
    this.#program = program
    this.#keys = keys
  }

  get isDone(): boolean {
    return this.#at >= this.#keys.length
  }

  next(addresses: Uint32Array): number {
    const end = Math.min(this.#keys.length, this.#at + LOOKUPS_MAX)
    let count = 0
    while (this.#at < end && count < addresses.length) {
      const address = this.#find(this.#keys[this.#at++]!)
      if (address === 0) continue
      this.examined++
      if (this.#program !== undefined && !this.#partition.store.filters.matches(this.#program, address)) continue
      addresses[count++] = address
    }
    return count
  }

  count(): number {
    return this.next(NO_ADDRESSES)
  }

  #find(key: Key): number {
    try {
      return this.#partition.find(key)
    } catch (error) {
      // Too long for a key, or not a key at all: no document has it.
      if (error instanceof UsageError || error instanceof LimitError) return 0
      throw error
    }
  }
}
