// Search by words and by sparse vectors over several partitions. The statistics behind scores (number of documents,
// document frequencies, lengths) are those of all searched partitions together, and terms are summed in the same order
// everywhere: the score of a document does not depend on how the collection is partitioned.

import type { SparseIndexDefinition, TextIndexDefinition } from '../../catalog/index.ts'
import type { InvertedHits, InvertedTerms } from '../../core/derived/index.ts'
import { performance } from '../../core/index.ts'
import type { CompiledFilter } from '../../query/index.ts'
import { analyzerFor } from '../indexes/inverted-part.ts'
import type { SparseEntries } from '../indexes/sparse.ts'
import type { Partition } from '../partition.ts'
import { pause, SLICE_MS } from '../pause.ts'
import { isEverything } from '../read/filter.ts'
import { matchesAt } from '../read/match.ts'
import type { CollectionState } from '../state.ts'
import type { Marks } from './marks.ts'

/** A document found; its address is valid until the next write. */
export interface RankedHit {
  readonly partition: Partition
  readonly address: number
  readonly slot: number
  readonly score: number
}

/** The request to an index, apart from the query. */
export interface RankedRequest {
  /** The partitions to search. */
  readonly parts: readonly Partition[]
  readonly limit: number
  readonly filter: CompiledFilter
  /** What the filter lets through; where it is missed, the hits are not complete. */
  readonly marks: Marks
}

/** The query as terms of one partition. */
interface PartQuery extends InvertedTerms {
  readonly partition: Partition
}

interface Weighing {
  /** Positions of the terms in the query, in the order in which they are summed. */
  readonly order: readonly number[]
  readonly weights: Float32Array
  readonly constant: number
  readonly slope: number
}

/**
 * Brings an index up to date in the partitions that `partsOf` returns, letting others run from time to time, and calls
 * `run` with them in the stretch in which they are up to date: later writes by others are not in the index.
 */
export async function withSettled<R>(
  state: CollectionState,
  id: number,
  partsOf: () => readonly Partition[],
  run: (parts: readonly Partition[]) => R | Promise<R>,
): Promise<R> {
  for (;;) {
    const parts = partsOf()
    const deadline = performance.now() + SLICE_MS
    if (parts.every((part) => part.inverted.of(id).settle(deadline))) return await run(parts)
    await pause()
    const refusal = state.refuseRead()
    if (refusal !== null) throw refusal
  }
}

/** The documents with the best BM25 scores for a text, best first. The index must be up to date. */
export function searchText(request: RankedRequest, definition: TextIndexDefinition, text: string): RankedHit[] {
  const frequencies = new Map<string, number>()
  for (const token of analyzerFor(definition).queryTokens(text))
    frequencies.set(token, (frequencies.get(token) ?? 0) + 1)
  if (frequencies.size === 0) return []
  const queries = partQueries(request, definition.id, [...frequencies.keys()])
  let documents = 0
  let lengths = 0
  for (const { partition } of queries) {
    const stats = partition.inverted.of(definition.id).stats
    documents += stats.documents
    lengths += stats.lengths
  }
  const { k1, b } = definition
  const counts = countsOf(queries, frequencies.size)
  const weights = [...frequencies.values()].map((frequency, i) => {
    const idf = Math.log(1 + (documents - counts[i]! + 0.5) / (counts[i]! + 0.5))
    return frequency * idf * (k1 + 1)
  })
  return rank(request, definition.id, queries, {
    ...ordered(weights, counts),
    constant: k1 * (1 - b),
    slope: lengths === 0 ? 0 : (k1 * b * documents) / lengths,
  })
}

/**
 * The documents with the greatest inner products, best first; those that share no dimension with the query are left
 * out.
 */
export function searchSparse(
  request: RankedRequest,
  definition: SparseIndexDefinition,
  query: SparseEntries,
): RankedHit[] {
  if (query.indices.length === 0) return []
  const queries = partQueries(request, definition.id, Uint32Array.from(query.indices))
  const counts = countsOf(queries, query.indices.length)
  return rank(request, definition.id, queries, { ...ordered(Array.from(query.values), counts), constant: 0, slope: 0 })
}

function partQueries(request: RankedRequest, id: number, wanted: readonly string[] | Uint32Array): PartQuery[] {
  return request.parts.map((partition) => {
    const { handle } = partition.inverted.of(id)
    return { partition, ...partition.store.inverted.terms(handle, wanted) }
  })
}

function countsOf(queries: readonly PartQuery[], terms: number): number[] {
  return Array.from({ length: terms }, (_, i) => queries.reduce((sum, { counts }) => sum + counts[i]!, 0))
}

/** Rare terms come first: they matter most, and later ones may be skipped. */
function ordered(weights: readonly number[], counts: readonly number[]): Pick<Weighing, 'order' | 'weights'> {
  const order = weights.map((_, i) => i).sort((a, b) => counts[a]! - counts[b]! || a - b)
  return { order, weights: Float32Array.from(order, (i) => weights[i]!) }
}

function rank(
  request: RankedRequest,
  id: number,
  queries: readonly PartQuery[],
  { order, weights, constant, slope }: Weighing,
): RankedHit[] {
  const { limit } = request
  let found: RankedHit[] = []
  for (const { partition, terms } of queries) {
    const { handle } = partition.inverted.of(id)
    const query = { terms: Uint32Array.from(order, (i) => terms[i]!), weights, constant, slope }
    const search = (count: number, filter?: Uint8Array) =>
      partition.store.inverted.search(handle, { ...query, limit: count, filter })
    const hits = filtered(request, partition, search)
    found = queries.length > 1 ? found.concat(hits) : hits
  }
  // Hits of one partition are already in order; across partitions the stable sort keeps the order of the list for ties.
  if (queries.length > 1) found.sort((a, b) => b.score - a.score)
  return found.length > limit ? found.slice(0, limit) : found
}

type Search = (limit: number, filter?: Uint8Array) => InvertedHits

/** Extra hits requested at first, so that a filter that passes most documents need not be run on all of them. */
const SPARE_HITS = 64

function filtered({ limit, filter, marks }: RankedRequest, partition: Partition, search: Search): RankedHit[] {
  if (isEverything(filter)) return hitsOf(partition, search(limit), limit)
  const isWanted = (address: number) => matchesAt(filter, partition, address)
  const marked = marks.of(partition)
  // Marked documents may no longer match: then others take their places.
  const isSure = marked?.commits === partition.commits
  for (let more = isSure ? limit : limit * 2 + SPARE_HITS; ; more *= 2) {
    const found = search(more, marked?.bitmap)
    const hits = isSure ? hitsOf(partition, found, limit) : hitsOf(partition, found, limit, isWanted)
    if (hits.length === limit || found.slots.length < more) return hits
    if (marked === undefined) {
      marks.miss(partition)
      return hits
    }
  }
}

function hitsOf(
  partition: Partition,
  found: InvertedHits,
  limit: number,
  isWanted: (address: number) => boolean = () => true,
): RankedHit[] {
  const hits: RankedHit[] = []
  for (let i = 0; i < found.slots.length && hits.length < limit; i++) {
    const address = found.addresses[i]!
    if (isWanted(address)) hits.push({ partition, address, slot: found.slots[i]!, score: found.scores[i]! })
  }
  return hits
}
