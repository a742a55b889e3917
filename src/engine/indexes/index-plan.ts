// Whether a query uses an index, and which one. Estimates come from the index itself, which knows how many entries a
// range holds. Costs are approximate, in microseconds.

import { parsePath } from '../../query/filters.ts'
import type { CompiledFilter } from '../../query/index.ts'
import type { Partition } from '../partition.ts'
import type { Plan } from '../read/plan.ts'
import type { SortField } from '../read/sort.ts'
import type { CollectionState } from '../state.ts'
import { IndexCandidates } from './index-candidates.ts'
import { accessOf, entriesIn, type IndexAccess, pathKeysOf } from './index-ranges.ts'
import { type FieldTests, fieldTests, pathKey } from './index-tests.ts'
import { indexesOf } from './key-index.ts'

/** Scanning a document, filter program included. */
const SCANNED = 0.05
/** Reaching a document through an index, and running the filter program on it. */
const REACHED = 0.15
const CHECKED = 0.15
/** Reading, keeping and sorting the sort values of a document. */
const SORTED = 0.7
/** Merging one document from several partitions. */
const MERGED = 2
/** Seeking a position in an index. */
const SOUGHT = 2
/** With fewer documents everything is fast, and an index that fits is used. */
const FEW = 2_000

interface Candidate {
  readonly access: IndexAccess
  readonly entries: number
  readonly cost: number
}

/** The plan that uses an index, or undefined where a scan is as good. */
export function indexPlan(
  state: CollectionState,
  filter: CompiledFilter,
  parts: readonly Partition[],
): Plan | undefined {
  const best = bestIndex(state, filter, parts)
  return best === undefined ? undefined : planThrough(best.access, filter, false, false)
}

const hasNone = ({ indexes, keyIndex }: CollectionState) => indexes.length === 0 && keyIndex === null
const pathOf = ({ path }: { readonly path: string }) => path

function bestIndex(state: CollectionState, filter: CompiledFilter, parts: readonly Partition[]): Candidate | undefined {
  // The filter might fail on documents outside the ranges, and a failure would count as a match.
  if (hasNone(state) || filter.isNever || filter.isFailMatch) return undefined
  const found = fieldTests(filter.tree)
  if (found.tests.length === 0) return undefined
  const indexes = indexesOf(state, found.tests.map(pathOf))
  const total = parts.reduce((sum, { count }) => sum + count, 0)
  const scan = Math.max(total, FEW * 4) * SCANNED
  let best: Candidate | undefined
  for (const index of indexes) {
    const access = accessOf(index, found, parts, false)
    if (access === undefined) continue
    const candidate = costed(access, parts, Math.min(scan, best?.cost ?? Infinity))
    if (candidate !== undefined && candidate.cost < Math.min(scan, best?.cost ?? Infinity)) best = candidate
  }
  return best
}

function costed(access: IndexAccess, parts: readonly Partition[], costMax: number): Candidate | undefined {
  const seeking = access.ranges.length * parts.length * SOUGHT
  const each = access.isExact ? REACHED : REACHED + CHECKED
  if (seeking > Math.max(costMax, FEW * SCANNED)) return undefined
  const entries = entriesIn(access, parts, costMax / each)
  return { access, entries, cost: seeking + entries * each }
}

/** The documents in some ranges of an index that pass a filter. */
export function planThrough(
  access: IndexAccess,
  filter: CompiledFilter,
  isOrdered: boolean,
  isDescending: boolean,
): Plan {
  const program = access.isExact ? undefined : filter.program
  return {
    kind: 'index',
    index: access.index.name,
    filter,
    isMovedByWrites: true,
    isOrdered,
    open: (partition, _part, end) => new IndexCandidates(partition, access, program, isDescending, end),
  }
}

// --- in order

/** The plan that yields the documents in the requested order without sorting, or undefined where sorting is as good. */
export function orderedPlan(
  state: CollectionState,
  filter: CompiledFilter,
  sort: readonly SortField[],
  wanted: number,
  parts: readonly Partition[],
): Plan | undefined {
  if (hasNone(state) || filter.isNever || filter.isFailMatch) return undefined
  const isDescending = sort[0]!.isDescending
  if (sort.some((field) => field.isDescending !== isDescending)) return undefined
  const found = fieldTests(filter.tree)
  const paths = sort.map(({ path }) => pathKey(parsePath(path)))
  const total = parts.reduce((sum, { count }) => sum + count, 0)
  const other = bestIndex(state, filter, parts)
  let best: Candidate | undefined
  for (const index of indexesOf(state, [...paths, ...found.tests.map(pathOf)])) {
    const access = index.multi ? undefined : accessOf(index, found, parts, true)
    if (access === undefined || access.ranges.length !== 1 || !isInOrder(access, paths)) continue
    const candidate = costedInOrder(access, filter, found, wanted, parts)
    if (best === undefined || candidate.cost < best.cost) best = candidate
  }
  if (best === undefined) return undefined
  const matches = best.entries * shareOf(best.access, filter, parts)
  const sorting = (other?.cost ?? total * SCANNED) + matches * SORTED
  if (total > FEW && best.cost >= sorting) return undefined
  return planThrough(best.access, filter, true, isDescending)
}

/** Whether the index fields after the fixed ones are those to sort by. */
function isInOrder({ index, fixed }: IndexAccess, paths: readonly string[]): boolean {
  const fields = pathKeysOf(index)
  for (let from = 0; from <= fixed; from++) {
    const rest = fields.slice(from)
    if (rest.length === paths.length && rest.every((path, i) => path === paths[i])) return true
  }
  return false
}

function costedInOrder(
  access: IndexAccess,
  filter: CompiledFilter,
  { tests }: FieldTests,
  wanted: number,
  parts: readonly Partition[],
): Candidate {
  const entries = entriesIn(access, parts)
  const isPlain = access.isExact || (tests.length === 0 && !filter.hasProgram)
  const share = isPlain ? 1 : shareOf(access, filter, parts)
  const looked = Math.min(entries, wanted / share)
  const each = (isPlain ? REACHED : REACHED + CHECKED) + (parts.length > 1 ? MERGED : 0)
  return { access, entries, cost: parts.length * SOUGHT + looked * each }
}

const SAMPLES = 64
const SAMPLE = new Uint32Array(1)

/** The share of the documents in the ranges that match, estimated from a sample; above 0. */
function shareOf(access: IndexAccess, filter: CompiledFilter, parts: readonly Partition[]): number {
  const { program } = filter
  if (access.isExact || program === undefined) return 1
  let looked = 0
  let matching = 0
  const { lower, upper } = access.ranges[0]!
  for (const { store } of parts) {
    const from = store.ordered.rank(access.index.id, lower)
    const to = store.ordered.rank(access.index.id, upper)
    const step = Math.max(1, Math.floor(((to - from) * parts.length) / SAMPLES))
    for (let at = from; at < to; at += step) {
      store.ordered.read(access.index.id, at, SAMPLE, false)
      looked++
      if (store.filters.matches(program, SAMPLE[0]!)) matching++
    }
  }
  return (matching + 0.5) / (looked + 1)
}
