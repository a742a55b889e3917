// The documents in some ranges of an ordered index that pass a filter.

import type { FilterProgram } from '../../query/index.ts'
import type { Partition } from '../partition.ts'
import type { Candidates } from '../read/candidates.ts'
import type { IndexAccess } from './index-ranges.ts'
import { IndexWalk } from './index-walk.ts'

const COUNTED = new Uint32Array(1_024)

export class IndexCandidates implements Candidates {
  examined = 0
  readonly #partition: Partition
  readonly #walk: IndexWalk
  /** Undefined if everything in the ranges matches. */
  readonly #program: FilterProgram | undefined
  readonly #isCountable: boolean
  #isCounted = false

  /** @param end - slots from here on were taken after the query began. */
  constructor(
    partition: Partition,
    access: IndexAccess,
    program: FilterProgram | undefined,
    isDescending: boolean,
    end: number,
  ) {
    this.#partition = partition
    this.#walk = new IndexWalk(partition, access.index, access.ranges, isDescending, end)
    this.#program = program
    this.#isCountable = program === undefined && !access.index.multi
  }

  get isDone(): boolean {
    return this.#isCounted || this.#walk.isDone
  }

  next(addresses: Uint32Array): number {
    const count = this.#walk.next(addresses)
    this.examined += count
    const program = this.#program
    if (program === undefined) return count
    const { filters } = this.#partition.store
    let kept = 0
    for (let i = 0; i < count; i++) {
      if (filters.matches(program, addresses[i]!)) addresses[kept++] = addresses[i]!
    }
    return kept
  }

  count(): number {
    if (!this.#isCountable) return this.next(COUNTED)
    const count = this.#walk.left()
    this.examined += count
    this.#isCounted = true
    return count
  }
}
