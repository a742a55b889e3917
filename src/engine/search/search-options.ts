// The options of a search, checked.

import type { Metric, VectorDefinition } from '../../catalog/index.ts'
import { NotFoundError, ShapeError, TypeMismatchError, UsageError } from '../../error/index.ts'
import type { CompiledFilter } from '../../query/index.ts'
import type { AnyDocument, Key, TypedArray } from '../../value/index.ts'
import { describe, requireBoolean, requireCount, requireOptions, requirePath } from '../options.ts'
import type { Partition } from '../partition.ts'
import { type Filter, resolveFilter } from '../read/filter.ts'
import { strings } from '../read/find.ts'
import { compileProjection, type Projection } from '../read/projection.ts'
import type { CollectionState } from '../state.ts'
import type { Group, SearchGroup } from './search-group.ts'

/** A query vector: lanes, or packed bits for `'hamming'` and `'jaccard'`. */
export type QueryVector = readonly number[] | Exclude<TypedArray, BigInt64Array | BigUint64Array>

/** Options that all searches have. */
export interface SearchConditions {
  /** The vector field; may be omitted if there is only one. */
  readonly field?: string | undefined
  /** Which documents are considered; default: all that have a vector. */
  readonly filter?: Filter | undefined
  /** Fields to return, as paths; default: all but vectors. */
  readonly select?: readonly string[] | undefined
  /** Maximum distance of a hit, inclusive. */
  readonly radius?: number | undefined
  /** Names of the partitions to search; default: all. */
  readonly partitions?: readonly string[] | undefined
  /** Candidates kept while a graph is walked; at least 1. More find more and cost more. No effect on exact searches. */
  readonly ef?: number | undefined
  /** Compares every vector, whatever indexes exist. Default `false`. */
  readonly exact?: boolean | undefined
}

/** Options of `search`: one `vector` or many `vectors`. */
export interface SearchOptions extends SearchConditions {
  readonly vector?: QueryVector | undefined
  readonly vectors?: readonly QueryVector[] | undefined
  /** Hits per query; default 10. With `group`, the number of groups. */
  readonly limit?: number | undefined
  /** Nearest hits, or groups, to skip; default 0. */
  readonly offset?: number | undefined
  /** At most `size` hits (default 1) per value of a field; documents without the field form a group of their own. */
  readonly group?: SearchGroup | undefined
}

/** Options of `searchIterator`. */
export interface SearchIteratorOptions extends SearchConditions {
  readonly vector: QueryVector
  /** Hits per page; default 100. */
  readonly batch?: number | undefined
  /** Total hits over all pages; default: all. */
  readonly limit?: number | undefined
}

/** A document found. */
export interface SearchHit<T extends object = AnyDocument> {
  /** Its primary key. */
  readonly id: Key
  /** Smaller is nearer: squared L2, 1 - cosine, -dot, bits that differ, 1 - shared bits / all bits. */
  readonly distance: number
  /** Includes vectors only if `select` names them. */
  readonly document: T
}

/** What `search` returns: a list of hits, or with `vectors` one list per query. */
export type SearchResult<O extends SearchOptions, T extends object> = O extends { readonly vectors: readonly unknown[] }
  ? SearchHit<T>[][]
  : SearchHit<T>[]

/** How a search was run. */
export interface SearchExplanation {
  /** `'exact'`: every candidate vector was considered; `'graph'`: those that a walk met. */
  readonly plan: 'exact' | 'graph'
  /** Documents that passed the filter; only with a filter. */
  readonly matched?: number
  /** Vectors considered, by their codes or their lanes. */
  readonly examined: number
  /** Vectors whose lanes were compared. */
  readonly rescored: number
  /** Graph nodes whose links were followed; only for walks. */
  readonly visited?: number
  /** Hits of all queries together. */
  readonly returned: number
}

/** One search, checked. */
export interface SearchRequest {
  /** Index of the vector field in the collection, and its definition. */
  readonly field: number
  readonly definition: VectorDefinition
  readonly queries: readonly (Float32Array | Uint8Array)[]
  readonly filter: CompiledFilter
  /** Undefined: everything but vectors. */
  readonly projection: Projection | undefined
  /** Infinity for all. */
  readonly limit: number
  readonly offset: number
  readonly radius: number
  readonly parts: readonly Partition[]
  readonly ef: number | undefined
  readonly isExact: boolean
  readonly group: Group | undefined
}

const CONDITIONS = ['field', 'filter', 'select', 'radius', 'partitions', 'ef', 'exact']
const SEARCH_OPTIONS = ['vector', 'vectors', ...CONDITIONS, 'limit', 'offset', 'group']
const ITERATOR_OPTIONS = ['vector', ...CONDITIONS, 'batch', 'limit']

/** @throws UsageError or a subclass; NotFoundError for an unknown field or partition. */
export function searchRequest(state: CollectionState, options: unknown): SearchRequest {
  requireOptions(options, SEARCH_OPTIONS, 'of search')
  const given = options as Record<string, unknown>
  const { vector, vectors, limit, offset, group } = given
  if ((vector === undefined) === (vectors === undefined)) {
    throw new UsageError(`search takes either vector or vectors, got ${vector === undefined ? 'neither' : 'both'}`)
  }
  if (vectors !== undefined && !Array.isArray(vectors)) {
    throw new TypeMismatchError(`vectors of search is an array of vectors, got ${describe(vectors)}`)
  }
  const request = conditionsOf(state, given, 'search')
  const where = () => describeField(state, request.definition)
  // Written out: an object spread takes longer than everything else here.
  return {
    field: request.field,
    definition: request.definition,
    filter: request.filter,
    projection: request.projection,
    radius: request.radius,
    parts: request.parts,
    ef: request.ef,
    isExact: request.isExact,
    queries:
      vectors === undefined
        ? [queryLanes(vector, request.definition, 'vector', where)]
        : Array.from(vectors as unknown[], (one, i) => queryLanes(one, request.definition, `vectors[${i}]`, where)),
    limit: limit === undefined ? 10 : countOrAll(limit, 'limit of search'),
    offset: offset === undefined ? 0 : requireCount(offset, 'offset of search'),
    group: group === undefined ? undefined : groupOf(group),
  }
}

/** The same for an iterator; `limit` covers all its pages. */
export function iteratorRequest(
  state: CollectionState,
  options: unknown,
): { readonly request: SearchRequest; readonly batch: number } {
  requireOptions(options, ITERATOR_OPTIONS, 'of searchIterator')
  const given = options as Record<string, unknown>
  const { vector, limit, batch = 100 } = given
  const request = conditionsOf(state, given, 'searchIterator')
  const where = () => describeField(state, request.definition)
  return {
    request: {
      ...request,
      queries: [queryLanes(vector, request.definition, 'vector', where)],
      limit: limit === undefined ? Infinity : countOrAll(limit, 'limit of searchIterator'),
      offset: 0,
      group: undefined,
    },
    batch: requireFrom(1, batch, 'batch of searchIterator'),
  }
}

function conditionsOf(state: CollectionState, options: Record<string, unknown>, operation: string) {
  const { field, filter, select, radius, partitions, ef, exact } = options
  const number = fieldNumber(state, field, operation)
  return {
    field: number,
    definition: state.definition.vectors[number]!,
    filter: resolveFilter(filter, operation),
    projection: projectionOf(select, operation),
    radius: radiusOf(radius, operation),
    parts: partsNamed(state, partitions, operation),
    ef: ef === undefined ? undefined : requireFrom(1, ef, `ef of ${operation}`),
    isExact: exact === undefined ? false : requireBoolean(exact, `exact of ${operation}`),
  }
}

export function projectionOf(select: unknown, operation: string): Projection | undefined {
  if (select === undefined) return undefined
  return compileProjection(strings(select, `select of ${operation}`, 'paths of fields'))
}

export function radiusOf(radius: unknown, operation: string): number {
  if (radius === undefined) return Infinity
  if (typeof radius === 'number' && !Number.isNaN(radius)) return radius
  throw new UsageError(`radius of ${operation} is a number, got ${describe(radius)}`)
}

/** The physical partitions of the named partitions; all of them if undefined. */
export function partsNamed(state: CollectionState, partitions: unknown, operation: string): readonly Partition[] {
  if (partitions === undefined) return state.parts
  const names = strings(partitions, `partitions of ${operation}`, 'names of partitions')
  const chosen = new Set(names.map((name) => state.groupIndex(name)))
  return state.groups.flatMap(({ parts }, index) => (chosen.has(index) ? parts : []))
}

function fieldNumber(state: CollectionState, field: unknown, operation: string): number {
  const { vectors } = state.definition
  const names = vectors.map(({ name }) => `"${name}"`).join(', ')
  if (field === undefined) {
    if (vectors.length === 1) return 0
    throw new UsageError(
      vectors.length === 0
        ? `collection "${state.name}" has no vector field to search`
        : `${operation} needs field, one of ${names}: collection "${state.name}" has several vector fields`,
    )
  }
  if (typeof field !== 'string') throw new TypeMismatchError(`field of ${operation} is a name, got ${describe(field)}`)
  const number = vectors.findIndex(({ name }) => name === field)
  if (number >= 0) return number
  throw new NotFoundError(
    `collection "${state.name}" has no vector field "${field}"; it has ${names === '' ? 'none' : names}`,
    { details: { collection: state.name, field } },
  )
}

export function groupOf(group: unknown): Group {
  requireOptions(group, ['field', 'size', 'default'], 'in group of search')
  const { field, size = 1, default: otherwise } = group as Record<string, unknown>
  return {
    path: requirePath(field, 'field in group of search'),
    size: requireFrom(1, size, 'size in group of search'),
    default: otherwise,
  }
}

export function countOrAll(value: unknown, what: string): number {
  return value === Infinity ? Infinity : requireCount(value, what)
}

function requireFrom(least: number, value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value
  throw new UsageError(`${what} is a whole number from ${least} on, got ${describe(value)}`)
}

function describeField(state: CollectionState, definition: VectorDefinition): string {
  return `field "${definition.name}" of collection "${state.name}"`
}

function isBits(metric: Metric): boolean {
  return metric === 'hamming' || metric === 'jaccard'
}

/** A query as the core takes it; does not keep the caller's array. */
function queryLanes(
  given: unknown,
  { dimension, metric }: VectorDefinition,
  what: string,
  where: () => string,
): Float32Array | Uint8Array {
  if (given instanceof Float32Array && given.length === dimension && !isBits(metric) && isFinite32(given))
    return given.slice()
  const isView = ArrayBuffer.isView(given) && !(given instanceof DataView)
  if (!isView && !Array.isArray(given)) {
    throw new TypeMismatchError(`${what} is an array of numbers or a typed array, got ${describe(given)}`)
  }
  const lanes = given as unknown as ArrayLike<unknown>
  const wanted = isBits(metric) ? dimension / 8 : dimension
  if (lanes.length !== wanted) {
    const noun = isBits(metric) ? 'bytes' : 'lanes'
    throw new ShapeError(`${what} has ${lanes.length} ${noun}, ${where()} needs ${wanted}`, {
      details: { got: lanes.length, wanted },
    })
  }
  if (isBits(metric)) {
    const wrong = indexOf(lanes, (byte) => byte !== ((byte as number) & 0xff))
    if (wrong < 0) return Uint8Array.from(lanes as ArrayLike<number>)
    throw new UsageError(`${what}[${wrong}] is a byte of packed bits, 0 to 255, got ${describe(lanes[wrong])}`)
  }
  const query = new Float32Array(wanted)
  for (let i = 0; i < wanted; i++) {
    const lane = lanes[i]
    if (typeof lane !== 'number') throw new TypeMismatchError(`${what}[${i}] is a number, got ${describe(lane)}`)
    query[i] = lane
  }
  if (isFinite32(query)) return query
  const infinite = indexOf(query, (lane) => !Number.isFinite(lane))
  throw new UsageError(`${what}[${infinite}] is a finite number that f32 holds, got ${describe(lanes[infinite])}`)
}

/** Whether every lane is finite. */
function isFinite32(lanes: Float32Array): boolean {
  // The sum is 0 for finite lanes, NaN otherwise.
  let rest = 0
  for (let i = 0; i < lanes.length; i++) rest += lanes[i]! - lanes[i]!
  return rest === 0
}

function indexOf<L>(lanes: ArrayLike<L>, isWrong: (lane: L) => boolean): number {
  for (let i = 0; i < lanes.length; i++) if (isWrong(lanes[i]!)) return i
  return -1
}
