// How one partition is searched; this is the only place where that is decided.

import type { SlotSet } from '../../core/derived/index.ts'
import type { Partition } from '../partition.ts'
import { ExactSearch } from './search-exact.ts'
import { GraphSearch, graphQuery } from './search-graph.ts'
import type { SearchRequest } from './search-options.ts'

/** What a search of one partition found for one query, nearest first; ties by lower slot. */
export interface PartitionHits {
  readonly distances: Float64Array
  readonly slots: Uint32Array
  /** Addresses of the documents, valid until the next write. */
  readonly records: Uint32Array
}

/** Where a result continues: farther than `distance`, or at the same distance and in a slot from `slot` on. */
export interface After {
  readonly distance: number
  readonly slot: number
}

/** A search request to one partition. */
export interface PartitionQuery {
  readonly request: SearchRequest
  readonly partition: Partition
  /** Number of nearest documents wanted per query. */
  readonly count: number
  readonly after: After | undefined
  /** Approximate number of hits before that. */
  readonly passed: number
  /** The candidate documents; undefined for all. */
  readonly slots: SlotSet | undefined
}

/** A search of one partition, under way. */
export interface PartitionSearch {
  readonly plan: 'exact' | 'graph'
  readonly examined: number
  readonly rescored: number
  /** Graph nodes whose links were followed. */
  readonly visited: number
  /** Works for some milliseconds at most; returns false when there is no more to do. */
  step(): boolean
  /** Whether everything found is still stored and at the same distance: others may have written since. */
  holds(): boolean
  /** The hits of a query; called once per query, after the last step. */
  hits(query: number): PartitionHits
  release(): void
}

/** Begins the search of one partition in the way that is best for it. */
export function beginSearch(query: PartitionQuery): PartitionSearch {
  const walk = graphQuery(query)
  return walk === undefined ? new ExactSearch(query) : new GraphSearch(query, walk)
}
