// How one partition is searched: decided here and nowhere else.

import type { SlotSet } from '../../core/derived/index.ts'
import type { Partition } from '../partition.ts'
import { ExactSearch } from './search-exact.ts'
import { GraphSearch, graphQuery } from './search-graph.ts'
import type { SearchRequest } from './search-options.ts'

/** What a search of one partition found of one query, nearest first; of equal distances the lower slot. */
export interface PartitionHits {
  readonly distances: Float64Array
  readonly slots: Uint32Array
  /** Addresses of the documents, good until the next write. */
  readonly records: Uint32Array
}

/** Where an answer goes on: farther than `distance`, or just as far and in a slot from `slot` on. */
export interface After {
  readonly distance: number
  readonly slot: number
}

/** What is asked of one partition. */
export interface PartitionQuery {
  readonly request: SearchRequest
  readonly partition: Partition
  /** Nearest documents wanted of each query. */
  readonly count: number
  readonly after: After | undefined
  /** About how many lie before that. */
  readonly passed: number
  /** The documents that come into question; undefined: all of them. */
  readonly slots: SlotSet | undefined
}

/** A search of one partition, under way. */
export interface PartitionSearch {
  readonly plan: 'exact' | 'graph'
  readonly examined: number
  readonly rescored: number
  /** Nodes of a graph whose links were followed. */
  readonly visited: number
  /** Does a little, some milliseconds at most; false when there is no more to do. */
  step(): boolean
  /** Whether everything found is still there and just as far: others may have written since. */
  holds(): boolean
  /** What was found of a query; asked for once, when nothing is left to do. */
  hits(query: number): PartitionHits
  release(): void
}

/** Begins the search of one partition, by the way that is best for it. */
export function beginSearch(query: PartitionQuery): PartitionSearch {
  const walk = graphQuery(query)
  return walk === undefined ? new ExactSearch(query) : new GraphSearch(query, walk)
}
