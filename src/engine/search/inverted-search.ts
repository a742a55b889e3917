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
import { MatchScan, matchesAt } from '../read/match.ts'
import { planOf } from '../read/plan.ts'
import type { CollectionState } from '../state.ts'

/** A document found; its address is valid until the next write. */
export interface RankedHit {
  readonly partition: Partition
  readonly address: number
  readonly slot: number
  readonly score: number
}

/** The request to an index, apart from the query. */
export interface RankedRequest {
  readonly state: CollectionState
  /** The partitions to search. */
  readonly parts: readonly Partition[]
  readonly limit: number
  readonly filter: CompiledFilter
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
  run: (parts: readonly Partition[]) => R,
): Promise<R> {
  for (;;) {
    const parts = partsOf()
    const deadline = performance.now() + SLICE_MS
    if (parts.every((part) => part.inverted.of(id).settle(deadline))) return run(parts)
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
  const found: RankedHit[] = []
  for (const { partition, terms } of queries) {
    const { handle } = partition.inverted.of(id)
    const query = { terms: Uint32Array.from(order, (i) => terms[i]!), weights, constant, slope }
    const search = (count: number, filter?: Uint8Array) =>
      partition.store.inverted.search(handle, { ...query, limit: count, filter })
    found.push(...filtered(request, partition, search))
  }
  // Hits of one partition are already in order; across partitions the stable sort keeps the order of the list for ties.
  if (queries.length > 1) found.sort((a, b) => b.score - a.score)
  return found.length > limit ? found.slice(0, limit) : found
}

type Search = (limit: number, filter?: Uint8Array) => InvertedHits

/** Extra hits requested at first, so that a filter that passes most documents need not be run on all of them. */
const SPARE_HITS = 64

function filtered(request: RankedRequest, partition: Partition, search: Search): RankedHit[] {
  const { limit, filter } = request
  if (filter.isNever) return []
  if (isEverything(filter)) return hitsOf(partition, search(limit), limit)
  const more = limit * 2 + SPARE_HITS
  const first = search(more)
  const hits = hitsOf(partition, first, limit, (address) => matchesAt(filter, partition, address))
  if (hits.length === limit || first.slots.length < more) return hits
  return hitsOf(partition, search(limit, bitmapOf(request, partition)), limit)
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

/** Bitmap of the slots whose documents match the filter. */
function bitmapOf({ state, filter }: RankedRequest, partition: Partition): Uint8Array {
  const { store } = partition
  const scan = new MatchScan(state, planOf(state, filter), [partition])
  const addresses = new Uint32Array(1024)
  let bitmap = new Uint8Array(1024)
  for (let count = scan.read(addresses); count >= 0; count = scan.read(addresses)) {
    for (let i = 0; i < count; i++) {
      const slot = store.slotOf(addresses[i]!)
      if (slot >>> 3 >= bitmap.length) {
        const grown = new Uint8Array(Math.max(bitmap.length * 2, (slot >>> 3) + 1))
        grown.set(bitmap)
        bitmap = grown
      }
      bitmap[slot >>> 3]! |= 1 << (slot & 7)
    }
  }
  return bitmap
}
