// Search of one partition by its graph: a walk meets a small part of the vectors and measures the nearest of them exactly. Where that is
// not the better way, or does not find enough, every vector is considered after all.

import { FlatSearch, type GraphQuery } from '../../core/derived/index.ts'
import { performance } from '../../core/index.ts'
import { ExactSearch } from './search-exact.ts'
import type { PartitionHits, PartitionQuery, PartitionSearch } from './search-plan.ts'

/** What a step may take, about. */
const STEP_MS = 2
/** Candidates of a walk unless the caller says; found on 100,000 word vectors: recall@10 of 0.95. */
const EF_DEFAULT = 128
/** Most that a walk keeps; a search for more considers every vector. */
const EF_MAX = 8_192
/** Nodes measured exactly, at least, and for each hit: the order by codes is right but for a few places. */
const RESCORED_MIN = 32
const RESCORED_PER_HIT = 1.5
/** Signs tell little: more of the nodes found are measured. */
const RESCORED_SIGNS = 8
/** Distances computed for each candidate kept, about; and what one of a walk costs in those of a scan. */
const COMPUTED_PER_EF = 16
const WALK_COST = 3

/** How a query is walked, or undefined: considering every vector is better. */
export function graphQuery({ request, partition, count, passed, slots }: PartitionQuery): GraphQuery | undefined {
  const { field, definition, isExact } = request
  const { graphs, vectors } = partition.store
  if (isExact || !graphs.has(field) || !graphs.isWalkable(field)) return undefined
  const linked = graphs.linked(field)
  const rows = vectors.count(field)
  const matched = slots === undefined ? rows : Math.min(slots.count, rows)
  // A walk has to get past what earlier pages had.
  const wanted = Math.min(count + passed, matched)
  const ef = Math.max(request.ef ?? Math.max(EF_DEFAULT, 2 * wanted), Math.ceil(wanted * RESCORED_PER_HIT))
  if (ef > EF_MAX) return undefined
  // Of the nodes met only a share is among those that come into question.
  const share = matched / rows
  const computed = Math.min(linked, (ef * COMPUTED_PER_EF) / share)
  if (computed * WALK_COST > matched) return undefined
  const isSigns = definition.index.quantization === 'binary'
  const rescored = Math.max(RESCORED_MIN, Math.ceil(wanted * RESCORED_PER_HIT)) * (isSigns ? RESCORED_SIGNS : 1)
  // What waits for the upkeep is looked at one by one; of the rest a walk that does not gather all it may has met an island.
  const waiting = rows - (linked - graphs.stale(field))
  const kept = Math.max(ef, isSigns ? Math.min(rescored, EF_MAX) : 0)
  return {
    field,
    ef: kept,
    rescored,
    wanted: Math.min(kept, Math.max(0, matched - waiting)),
    budget: Math.min(Math.max(4 * computed, 1000), 0x7fffffff),
  }
}

export class GraphSearch implements PartitionSearch {
  readonly #asked: PartitionQuery
  #walk: GraphQuery
  readonly #search: FlatSearch
  readonly #visitedBefore: number
  #query = 0
  /** Set when the walk did not find enough. */
  #exact: ExactSearch | undefined

  constructor(asked: PartitionQuery, walk: GraphQuery) {
    const { request, partition, count, after, slots } = asked
    const { field, queries, radius } = request
    this.#asked = asked
    // What lies before a page is measured, too.
    this.#walk = after === undefined ? walk : { ...walk, rescored: walk.ef }
    this.#visitedBefore = partition.store.graphs.visited
    const rows = slots === undefined ? partition.store.vectors.count(field) : slots.count
    this.#search = new FlatSearch(partition.store.memory, {
      field,
      queries,
      count: Math.min(count, rows),
      radius,
      after,
      slots,
    })
  }

  get plan(): 'exact' | 'graph' {
    return this.#exact === undefined ? 'graph' : 'exact'
  }

  get examined(): number {
    return this.#search.examined + (this.#exact?.examined ?? 0)
  }

  get rescored(): number {
    return this.#search.rescored + (this.#exact?.rescored ?? 0)
  }

  get visited(): number {
    return this.#asked.partition.store.graphs.visited - this.#visitedBefore
  }

  step(): boolean {
    if (this.#exact !== undefined) return this.#exact.step()
    const { request, partition } = this.#asked
    const end = performance.now() + STEP_MS
    do {
      if (this.#query === request.queries.length) return false
      if (!partition.store.graphs.search(this.#search, this.#query, this.#walk)) return this.#giveUp()
      if (this.#asked.after !== undefined && this.#search.found(this.#query) < this.#asked.count) return this.#widen()
      this.#query++
    } while (performance.now() < end)
    return this.#query < request.queries.length
  }

  #giveUp(): true {
    this.#exact = new ExactSearch(this.#asked)
    return true
  }

  /** A later page: what was given before takes up the places of what is asked for now. */
  #widen(): true {
    const ef = this.#walk.ef * 2
    if (ef > EF_MAX) return this.#giveUp()
    this.#walk = { ...this.#walk, ef, rescored: ef }
    this.#search.restart()
    return true
  }

  holds(): boolean {
    return (this.#exact ?? this.#search).holds()
  }

  hits(query: number): PartitionHits {
    return this.#exact === undefined ? this.#search.nearest(query) : this.#exact.hits(query)
  }

  release(): void {
    this.#search.release()
    this.#exact?.release()
  }
}
