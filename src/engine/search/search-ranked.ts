// `search` by words and by sparse vectors: checked options, and the hits.

import type { InvertedDefinition, SparseIndexDefinition, TextIndexDefinition } from '../../catalog/index.ts'
import { NotFoundError, TypeMismatchError, UsageError } from '../../error/index.ts'
import type { CompiledFilter } from '../../query/index.ts'
import type { Key } from '../../value/index.ts'
import { type SparseEntries, type SparseVector, sparseEntries, withoutSmallest } from '../indexes/sparse.ts'
import { describe, requireCount, requireOptions } from '../options.ts'
import type { Partition } from '../partition.ts'
import { FieldReader } from '../read/fields.ts'
import { type Filter, resolveFilter } from '../read/filter.ts'
import type { Projection } from '../read/projection.ts'
import type { CollectionState } from '../state.ts'
import { type RankedHit, type RankedRequest, searchSparse, searchText, withSettled } from './inverted-search.ts'
import { Marks } from './marks.ts'
import { GROUP_AHEAD, type Group, groupIdentity, pickGroups, type SearchGroup } from './search-group.ts'
import { countOrAll, groupOf, partsNamed, projectionOf, radiusOf, type SearchHit } from './search-options.ts'
import { type Attempt, STEP_HITS, type Steps, undisturbed, untilDone } from './undisturbed.ts'

/** Options that searches by words and by sparse vectors share. */
export interface RankedConditions {
  /** Name of the index. */
  readonly index?: string | undefined
  /** Instead of a name: a field that the index covers. With neither, there must be only one index of that kind. */
  readonly field?: string | undefined
  /** Hits wanted; default 10. With `group`, the number of groups. */
  readonly limit?: number | undefined
  /** Best hits, or groups, to skip; default 0. */
  readonly offset?: number | undefined
  readonly filter?: Filter | undefined
  /** Fields to return, as paths; default: all but vectors. */
  readonly select?: readonly string[] | undefined
  /** Maximum distance of a hit, inclusive. Distances are negated scores. */
  readonly radius?: number | undefined
  /** Names of the partitions to search; default: all. */
  readonly partitions?: readonly string[] | undefined
  /** At most `size` hits (default 1) per value of a field; documents without the field form a group of their own. */
  readonly group?: SearchGroup | undefined
}

/** Options of `search` for documents that contain words of a text, ranked by BM25. */
export interface TextSearchOptions extends RankedConditions {
  readonly text: string
}

/** Options of `search` for the greatest inner products with a sparse vector. */
export interface SparseSearchOptions extends RankedConditions {
  readonly sparse: SparseVector
  /** Share of the query's smallest values to drop, 0 to below 1; default 0. */
  readonly dropRatio?: number | undefined
}

const CONDITIONS = ['index', 'field', 'limit', 'offset', 'filter', 'select', 'radius', 'partitions', 'group']
const TEXT_OPTIONS = ['text', ...CONDITIONS]
const SPARSE_OPTIONS = ['sparse', 'dropRatio', ...CONDITIONS]

interface Ranked {
  readonly state: CollectionState
  readonly index: InvertedDefinition
  readonly filter: CompiledFilter
  readonly partitions: unknown
  readonly projection: Projection | undefined
  readonly limit: number
  readonly offset: number
  readonly radius: number
  readonly group: Group | undefined
  readonly run: (request: RankedRequest) => RankedHit[]
}

/** Whether these are options of a search by words or by a sparse vector. */
export function isRanked(options: unknown): options is TextSearchOptions | SparseSearchOptions {
  return typeof options === 'object' && options !== null && ('text' in options || 'sparse' in options)
}

/** @throws UsageError or a subclass; NotFoundError for an unknown index, field or partition. */
export async function runRanked(state: CollectionState, options: object): Promise<SearchHit[]> {
  const ranked = 'text' in options ? textRequest(state, options) : sparseRequest(state, options)
  const { index, filter, limit } = ranked
  if (limit === 0 || filter.isNever) return []
  const partsOf = () => {
    requireIndex(state, index)
    return partsNamed(state, ranked.partitions, 'search')
  }
  const marks = new Marks(state, filter)
  const attempt = (mayRest: boolean) =>
    withSettled<Attempt<SearchHit[]>>(state, index.id, partsOf, (parts) =>
      undisturbed(state, parts, hitsIn(ranked, parts, marks), mayRest),
    )
  for (;;) {
    const hits = await untilDone(attempt)
    if (!marks.areMissed) return hits
    await marks.make()
  }
}

function* hitsIn(ranked: Ranked, parts: readonly Partition[], marks: Marks): Steps<SearchHit[]> {
  const { state, index, filter, limit, offset } = ranked
  const within = (count: number) => {
    // Groups are picked in turns.
    requireIndex(state, index)
    const hits = ranked.run({ parts, filter, marks, limit: count })
    const end = hits.findIndex(({ score }) => -score > ranked.radius)
    return { hits: end < 0 ? hits : hits.slice(0, end), isAll: end >= 0 || hits.length < count }
  }
  const chosen =
    ranked.group === undefined ? within(limit + offset).hits.slice(offset) : yield* grouped(ranked, within, marks)
  const read = hitReader(ranked)
  const hits: SearchHit[] = []
  for (const hit of marks.areMissed ? [] : chosen) if (hits.push(read(hit)) % STEP_HITS === 0) yield
  return hits
}

function* grouped(
  { group, limit, offset }: Ranked,
  within: (count: number) => { hits: RankedHit[]; isAll: boolean },
  marks: Marks,
): Steps<RankedHit[]> {
  const { path, size } = group!
  const fields = new FieldReader([path])
  const identityOf = ({ partition, address }: RankedHit) => {
    fields.fill(partition, Uint32Array.of(address), 1)
    return groupIdentity(fields.value(0, 0), group!)
  }
  const groups = limit + offset
  for (let count = Math.min(groups * size * GROUP_AHEAD, 1e9); ; count *= GROUP_AHEAD) {
    const { hits, isAll } = within(count)
    if (marks.areMissed) return []
    const picked = yield* pickGroups(hits, identityOf, groups, size, offset, isAll)
    if (picked !== undefined) return picked
  }
}

function hitReader({ state, projection }: Ranked): (hit: RankedHit) => SearchHit {
  const vectors = new Set(state.definition.vectors.map(({ name }) => name))
  return ({ partition, address, score }) => {
    const { reader } = partition.store
    const document =
      projection === undefined ? reader.readExcept(address, vectors) : partition.project(address, projection)
    // A score of 0 is at distance 0, not -0.
    return { id: reader.readKey(address) as Key, distance: 0 - score, document }
  }
}

// --- options

function textRequest(state: CollectionState, options: object): Ranked {
  requireOptions(options, TEXT_OPTIONS, 'of a search by text')
  const { text } = options as { readonly text: unknown }
  if (typeof text !== 'string') throw new TypeMismatchError(`text of search is a string, got ${describe(text)}`)
  const conditions = conditionsOf<TextIndexDefinition>(state, options, 'text')
  return { ...conditions, run: (request) => searchText(request, conditions.index, text) }
}

function sparseRequest(state: CollectionState, options: object): Ranked {
  requireOptions(options, SPARSE_OPTIONS, 'of a search by a sparse vector')
  const { sparse, dropRatio = 0 } = options as SparseSearchOptions
  const entries = requireEntries(sparse)
  if (typeof dropRatio !== 'number' || !(dropRatio >= 0 && dropRatio < 1)) {
    throw new UsageError(`dropRatio of search is a number from 0 to below 1, got ${describe(dropRatio)}`)
  }
  const query = withoutSmallest(entries, dropRatio)
  const conditions = conditionsOf<SparseIndexDefinition>(state, options, 'sparse')
  return { ...conditions, run: (request) => searchSparse(request, conditions.index, query) }
}

function requireEntries(sparse: unknown): SparseEntries {
  const entries = sparseEntries(sparse)
  if (entries !== undefined) return entries
  throw new TypeMismatchError(
    'sparse of search is { indices, values } or an object of dimension -> value: each dimension once, a whole number from 0 to ' +
      '4294967294, with a finite value',
  )
}

function conditionsOf<D extends InvertedDefinition>(
  state: CollectionState,
  options: RankedConditions,
  type: D['type'],
): Omit<Ranked, 'run'> & { readonly index: D } {
  const { limit, offset, filter, select, radius, partitions, group } = options
  const index = definitionOf<D>(state, options, type)
  partsNamed(state, partitions, 'search')
  return {
    state,
    index,
    filter: resolveFilter(filter, 'search'),
    partitions: Array.isArray(partitions) ? [...partitions] : undefined,
    projection: projectionOf(select, 'search'),
    limit: limit === undefined ? 10 : countOrAll(limit, 'limit of search'),
    offset: offset === undefined ? 0 : requireCount(offset, 'offset of search'),
    radius: radiusOf(radius, 'search'),
    group: group === undefined ? undefined : groupOf(group),
  }
}

function definitionOf<D extends InvertedDefinition>(
  state: CollectionState,
  { index, field }: RankedConditions,
  type: D['type'],
): D {
  const own = state.definition.inverted.filter((one): one is D => one.type === type)
  const names = own.map(({ name }) => `"${name}"`).join(', ')
  const has = `collection "${state.name}" has ${own.length === 0 ? `no ${type} index` : `the ${type} indexes ${names}`}`
  if (index !== undefined && field !== undefined) throw new UsageError('search takes either index or field, got both')
  const given = index ?? field
  if (given !== undefined && typeof given !== 'string')
    throw new TypeMismatchError(
      `${index === undefined ? 'field' : 'index'} of search is a name, got ${describe(given)}`,
    )
  if (given === undefined) {
    if (own.length === 1) return own[0]!
    throw new UsageError(own.length === 0 ? `${has} to search` : `search needs index or field: ${has}`)
  }
  // A field selects the index on it alone, if there is one.
  const found =
    index === undefined
      ? (own.find(({ fields }) => fields.length === 1 && fields[0] === field) ??
        own.find(({ fields }) => (fields as readonly string[]).includes(given)))
      : own.find(({ name }) => name === index)
  if (found !== undefined) return found
  const what = index === undefined ? `${type} index on the field` : `${type} index`
  throw new NotFoundError(`there is no ${what} ${describe(given)}: ${has}`, {
    details: { collection: state.name, index: given },
  })
}

/** Another of its name, made meanwhile, is not the one that was asked for. */
function requireIndex(state: CollectionState, { id, name }: InvertedDefinition): void {
  if (state.definition.inverted.some((one) => one.id === id)) return
  throw new NotFoundError(`index "${name}" of collection "${state.name}" was dropped while it was searched`, {
    details: { collection: state.name, index: name },
  })
}
