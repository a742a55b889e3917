// Search of one partition by its graph: a walk meets a small part of the vectors and measures the nearest of them
// exactly. Where an exact search is better, or the walk does not find enough, every vector is considered instead.

import { FlatSearch, type GraphQuery } from '../../core/derived/index.ts'
import { performance } from '../../core/index.ts'
import { ExactSearch } from './search-exact.ts'
import type { PartitionHits, PartitionQuery, PartitionSearch } from './search-plan.ts'

/** Approximate duration of a step. */
const STEP_MS = 2
/** Default number of candidates of a walk; chosen on 100,000 word vectors for a recall@10 of 0.95. */
const EF_DEFAULT = 128
/** The most candidates a walk can keep; a search for more considers every vector. */
const EF_MAX = 8_192
/** Minimum number of nodes measured exactly, and the number per hit: the order by codes is nearly right. */
const RESCORED_MIN = 32
const RESCORED_PER_HIT = 1.5
/** Sign codes carry little information, so more of the nodes found are measured. */
const RESCORED_SIGNS = 8
/** Approximate number of distances computed per candidate kept, and the cost of one relative to one of a scan. */
const COMPUTED_PER_EF = 16
const WALK_COST = 3

/** The walk for a query, or undefined if considering every vector is better. */
export function graphQuery({ request, partition, count, passed, slots }: PartitionQuery): GraphQuery | undefined {
  const { field, definition, isExact } = request
  const { graphs, vectors } = partition.store
  if (isExact || !graphs.has(field) || !graphs.isWalkable(field)) return undefined
  const linked = graphs.linked(field)
  const rows = vectors.count(field)
  const matched = slots === undefined ? rows : Math.min(slots.count, rows)
  // A walk has to get past the hits of earlier pages.
  const wanted = Math.min(count + passed, matched)
  const ef = Math.max(request.ef ?? Math.max(EF_DEFAULT, 2 * wanted), Math.ceil(wanted * RESCORED_PER_HIT))
  if (ef > EF_MAX) return undefined
  // Only this share of the nodes met are candidates.
  const share = matched / rows
  const computed = Math.min(linked, (ef * COMPUTED_PER_EF) / share)
  if (computed * WALK_COST > matched) return undefined
  const isSigns = definition.index.quantization === 'binary'
  const rescored = Math.max(RESCORED_MIN, Math.ceil(wanted * RESCORED_PER_HIT)) * (isSigns ? RESCORED_SIGNS : 1)
  // Vectors waiting for upkeep are scanned; if the walk gathers fewer of the rest than it could, it was caught in an
  // island.
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
    // For a later page, what precedes it is measured as well.
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

  /** For a later page: the hits of earlier pages occupy places among the candidates. */
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
