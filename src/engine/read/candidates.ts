// Where the documents of a query come from, one partition at a time: all slots in turn, or the slots of given keys.
//
// A step is bounded, so that long queries can let others run in between. Nothing is held between steps but a position.

import { LimitError, UsageError } from '../../error/index.ts'
import type { CompiledFilter, FilterProgram } from '../../query/index.ts'
import type { Key } from '../../value/index.ts'
import type { Partition } from '../partition.ts'

/** Documents of one partition that the program of a filter lets through. */
export interface Candidates {
  /** There are no more. */
  readonly isDone: boolean
  /** Documents looked at so far. */
  readonly examined: number
  /**
   * Fills in addresses, good until the next write; answers how many. None does not mean that it is done. `mayBeUnread`: they are for
   * `readMany` of the partition alone.
   */
  next(addresses: Uint32Array, mayBeUnread?: boolean): number
  /** The same, but only counted. */
  count(): number
}

/**
 * Documents in the order of their slots. A slot is a document's own as long as it exists: each is met once. What comes into slots behind
 * `end` meanwhile is not met: else who writes for each document that he reads would never come to an end.
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

  /** Goes on from a slot; answers how many of the addresses lie before the end. */
  #goOn(next: number, addresses: Uint32Array, count: number): number {
    const isOver = next < 0 || next >= this.#end
    this.#slot = isOver ? -1 : next
    if (!isOver || this.#partition.slots === this.#end) return count
    // Something was written meanwhile, so all records are in memory.
    const { store } = this.#partition
    let within = count
    while (within > 0 && store.slotOf(addresses[within - 1]!) >= this.#end) within--
    return within
  }

  count(): number {
    if (this.#partition.residency?.readPiece()) return 0
    const { store } = this.#partition
    // What has no program has something else to check, or is counted without looking.
    const { count, next, examined } = store.filters.count(this.#program!, this.#slot)
    this.#slot = next < this.#end ? next : -1
    this.examined += examined
    return count
  }
}

/** Keys looked up in one step. */
const LOOKUPS_MAX = 256
const NO_ADDRESSES = new Uint32Array(LOOKUPS_MAX)

/** The documents with given keys. */
export class KeyCandidates implements Candidates {
  readonly #partition: Partition
  readonly #program: FilterProgram | undefined
  readonly #keys: readonly Key[]
  #at = 0
  examined = 0

  /** @param keys - each once; those of other partitions are passed over. */
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
      // Too long for a key, or no key at all: nobody has it.
      if (error instanceof UsageError || error instanceof LimitError) return 0
      throw error
    }
  }
}
