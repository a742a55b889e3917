// Exact search of one partition: considers every candidate vector, first by its codes.

import { FlatSearch } from '../../core/derived/index.ts'
import type { PartitionHits, PartitionQuery, PartitionSearch } from './search-plan.ts'

/** Approximate duration of a step. */
const STEP_NS = 2_000_000
/** Approximate cost of a row, and of each 16 of its lanes. */
const ROW_NS = 5
const LANES_NS = 1
/** A row costs more where many results are kept. */
const STEP_SLOTS_MAX = 8_192

export class ExactSearch implements PartitionSearch {
  readonly plan = 'exact'
  readonly visited = 0
  readonly #search: FlatSearch
  readonly #slotsPerStep: number
  #slot = 0

  constructor({ request, partition, count, after, slots }: PartitionQuery) {
    const { field, queries, radius, definition } = request
    const rows = partition.store.vectors.count(field)
    this.#search = new FlatSearch(partition.store.memory, {
      field,
      queries,
      count: Math.min(count, slots === undefined ? rows : slots.count),
      radius,
      after,
      slots,
    })
    const rowNs = ROW_NS + (definition.dimension / 16) * LANES_NS
    this.#slotsPerStep = Math.min(STEP_SLOTS_MAX, Math.max(64, Math.ceil(STEP_NS / (rowNs * queries.length))))
  }

  get examined(): number {
    return this.#search.examined
  }

  get rescored(): number {
    return this.#search.rescored
  }

  step(): boolean {
    this.#slot = this.#search.scan(this.#slot, this.#slotsPerStep)
    return this.#slot >= 0
  }

  holds(): boolean {
    return this.#search.holds()
  }

  hits(query: number): PartitionHits {
    return this.#search.nearest(query)
  }

  release(): void {
    this.#search.release()
  }
}
