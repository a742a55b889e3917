// Brings search requests to one form: the new way of calling, the old way with search_params, and the parts of a hybrid
// search.

import type { Filter } from '../../../engine/index.ts'
import type { Entry } from '../catalog.ts'
import { DataType, DEFAULT_MAX_SEARCH_SIZE, DEFAULT_TOPK } from '../enums.ts'
import { invalid, MilvusError, shown, told, unexpected, wrongCall } from '../errors.ts'
import { getSparseFloatVectorType } from '../halves.ts'
import { expressions, fillings } from '../lazy.ts'
import { metricOf } from '../metrics.ts'
import { type Order, orderOf } from '../order.ts'
import { defaultOf, placeOf } from '../paths.ts'
import {
  type Filtered,
  filterOfRequest,
  type Key,
  keysOf,
  readPartitions,
  structTestOfRequest,
  unexpired,
} from '../read.ts'
import type { Row } from '../rows.ts'
import { dimOf, type Field, fieldAt, isDense, isVectorType } from '../schema.ts'
import type { OrderByFields, SparseFloatVector } from '../types/index.ts'
import { encoderOf, sparseOf } from '../values.ts'
import { isElementwise } from './struct-search.ts'

export type Given = Record<string, unknown>

/** Whether scores of a metric are distances: lower is better. */
export function isDistance(metric: string): boolean {
  return metric === 'L2' || metric === 'HAMMING' || /JACCARD$/.test(metric)
}

export interface Range {
  /** Scores beyond it are not hits. */
  readonly radius: number
  /** Scores on the near side of it are not hits; undefined if there is no such bound. */
  readonly rangeFilter: number | undefined
}

export interface Group {
  /** The field, then keys inside it. */
  readonly place: readonly string[]
  readonly size: number
  readonly isStrict: boolean
  /** What null counts as. */
  readonly otherwise: unknown
}

/** A search over one field. */
export interface SearchPlan {
  readonly entry: Entry
  readonly field: Field
  /** The array of structs that contains the field. */
  readonly owner: string | undefined
  readonly metric: string
  /** Encoded vectors; texts if a function fills the field. */
  readonly queries: readonly unknown[]
  readonly filter: Filter | undefined
  readonly partitions: readonly string[] | undefined
  readonly limit: number
  readonly offset: number
  readonly range: Range | undefined
  readonly group: Group | undefined
  readonly orders: readonly Order[]
  readonly ef: number | undefined
  /** Number of decimals that scores are cut to; -1 for all. */
  readonly decimals: number
  /** Which structs may be hits, if each struct is a hit of its own. */
  readonly structs: ((struct: object) => boolean) | undefined
}

/** All parameters of a search, wherever they were given; inner ones win, as in the SDK. */
export function parametersOf(data: Given): Given {
  const old = data['search_params'] as Given | undefined
  if (old === undefined || old === null) {
    return data['params'] ? { ...data, ...(data['params'] as Given) } : data
  }
  let inner = old['params']
  try {
    if (typeof inner === 'string') inner = JSON.parse(inner === '' ? '{}' : inner)
  } catch {
    throw invalid(`params of search_params is JSON, got ${inner}`)
  }
  const { limit: _limit, topk: _topk, offset: _offset, ...rest } = data
  const given = { ...old, ...(inner as Given | undefined) }
  // The old form gives its window inside; the one outside is not read.
  const isWindowed = ['limit', 'topk', 'offset'].some((name) => given[name] !== undefined)
  return { ...(isWindowed ? rest : data), ...given, anns_field: old['anns_field'] ?? data['anns_field'] }
}

export function isHybrid(data: Given): boolean {
  const first: unknown = Array.isArray(data['data']) ? data['data'][0] : undefined
  return typeof first === 'object' && first !== null && !!(first as Given)['anns_field']
}

function vectorsGiven(data: Given): unknown {
  return data['vectors'] || data['vector'] || data['data']
}

/** The field to search; throws what the SDK throws before it asks a server. */
function targetOf(entry: Entry, data: Given, parameters: Given): { field: Field; owner: string | undefined } {
  const { schema } = entry
  const target = fieldAt(schema, (parameters['anns_field'] as string | undefined) || firstVector(schema))
  if (target === undefined || !isVectorType(target.field.type)) throw wrongCall('NO_ANNS_FEILD_FOUND_IN_SEARCH')
  const ids = data['ids']
  if (Array.isArray(ids) && ids.length > 0) requireIdTypes(entry, ids)
  else if (!vectorsGiven(data)) throw thrown('Search data is required')
  return target
}

/** The name of the first vector field, in structs if there is no other. */
function firstVector({ vectors, fields }: Entry['schema']): string {
  if (vectors.length > 0) return vectors[0]!.name
  for (const { name, fields: parts = [] } of fields) {
    const part = parts.find(({ type }) => isVectorType(type))
    if (part !== undefined) return `${name}[${part.name}]`
  }
  return ''
}

function thrown(reason: string): MilvusError {
  return new MilvusError(1100, reason, { isThrown: true })
}

function requireIdTypes(entry: Entry, ids: readonly unknown[]): void {
  const { primary } = entry.schema
  const isInt = primary.type === DataType.Int64
  const isFit = (id: unknown) =>
    isInt
      ? typeof id === 'number' ||
        typeof id === 'bigint' ||
        (typeof id === 'string' && id !== '' && !Number.isNaN(Number(id)))
      : typeof id === 'string'
  if (ids.every(isFit)) return
  const want = isInt ? 'integer/string number' : 'string'
  throw thrown(
    `The type of ids should be ${want} because the primary key field ${primary.name} is ${DataType[primary.type]}.`,
  )
}

/** Reads a whole request over one field; synchronously unless it has a condition or searches by stored vectors. */
export function planOf(entry: Entry, data: Given): SearchPlan | Promise<SearchPlan> {
  const parameters = parametersOf(data)
  const { field, owner } = targetOf(entry, data, parameters)
  const partitions = readPartitions(entry, data['partition_names'] as string[] | undefined, 'search')
  const metric = metricOf(field, entry.record.indexes, owner)
  // Structs that are searched as wholes have a metric of their own.
  const isWhole = owner !== undefined && !isElementwise(metric)
  const wanted = parameters['metric_type'] as string | undefined
  if (wanted && wanted.toUpperCase() !== metric) throw invalid('metric type not match', metric, wanted)
  const { limit, offset } = windowOfSearch(parameters)
  const group = groupOf(entry, parameters)
  const range = rangeOf(metric, parameters)
  if (group !== undefined && range !== undefined)
    throw unexpected('Not allowed to do range-search when doing search-group-by')
  const ef = Number(parameters['ef'] ?? parameters['search_list'])
  const plan = (
    queries: readonly unknown[],
    filter: Filter | undefined,
    structs: SearchPlan['structs'] = undefined,
  ): SearchPlan => {
    requireCount('nq', queries.length)
    return {
      entry,
      field,
      owner,
      metric,
      queries,
      filter,
      partitions,
      limit,
      offset,
      range,
      group,
      orders: orderOf(entry, parameters['order_by_fields'] as OrderByFields | undefined),
      ef: Number.isInteger(ef) && ef > 0 ? Math.max(ef, limit + offset) : undefined,
      decimals: decimalsOf(parameters),
      structs,
    }
  }
  const queries = askedOf(entry, field, isWhole, data, parameters)
  // In a search the SDK prefers expr to filter; everywhere else it is the reverse.
  const text = data['expr'] || data['filter']
  const isIsolated = /true/i.test(entry.record.properties['partitionkey.isolation'] ?? '')
  if (Array.isArray(queries) && !text && !data['exprValues'] && !entry.expires && !isIsolated)
    return plan(queries, undefined)
  const request = { ...data, filter: text as string }
  const own = owner !== undefined && !isWhole ? structTestOfRequest(entry, request, owner) : undefined
  const filter = isIsolated
    ? requireOneKey(entry, request).then(() => filterOfRequest(entry, request))
    : filterOfRequest(entry, request)
  return Promise.all([queries, filter, own]).then((parts) => plan(...parts))
}

/** The queries of a request: by stored vectors, of whole structs, by text, or as given. */
function askedOf(
  entry: Entry,
  field: Field,
  isWhole: boolean,
  data: Given,
  parameters: Record<string, unknown>,
): readonly unknown[] | Promise<readonly unknown[]> {
  const { ids } = data
  if (Array.isArray(ids) && ids.length > 0) return storedQueries(entry, field, keysOf(entry, ids))
  const queries = isWhole ? structQueries(field, vectorsGiven(data)) : queriesOf(field, data)
  return entry.schema.filled.includes(field) ? filled(entry, field, queries, parameters['analyzer_name']) : queries
}

/** Isolated partitions are searched one at a time. */
async function requireOneKey({ schema }: Entry, data: Filtered): Promise<void> {
  const { name } = schema.partitionKey!
  const { keysIn } = await expressions()
  if (keysIn(data.filter ?? '', data.exprValues ?? data.filter_params ?? {}, name)?.size === 1) return
  throw invalid(
    `partition key isolation: a search needs a filter that has the partition key equal to one value, as ${name} == value`,
  )
}

function requireCount(name: string, value: number, given: unknown = value): void {
  if (Number.isInteger(value) && value >= 1 && value <= DEFAULT_MAX_SEARCH_SIZE) return
  const got = told(given)
  throw unexpected(`${name} [${got}] is invalid, it should be in range [1, ${DEFAULT_MAX_SEARCH_SIZE}], but got ${got}`)
}

export function windowOfSearch(parameters: Given): { limit: number; offset: number } {
  const asked = parameters['limit'] ?? parameters['topk'] ?? DEFAULT_TOPK
  const limit = Number(asked)
  const offset = Number(parameters['offset'] ?? 0)
  requireCount('topk', limit, asked)
  if (!Number.isInteger(offset) || offset < 0 || offset > DEFAULT_MAX_SEARCH_SIZE) {
    const got = told(parameters['offset'])
    throw unexpected(
      `offset [${got}] is invalid, it should be in range [0, ${DEFAULT_MAX_SEARCH_SIZE}], but got ${got}`,
    )
  }
  requireCount('offset+topk', offset + limit)
  return { limit, offset }
}

export function decimalsOf(parameters: Given): number {
  const decimals = Number(parameters['round_decimal'] ?? -1)
  if (Number.isInteger(decimals) && decimals >= -1 && decimals <= 6) return decimals
  throw invalid(`round_decimal should be in range [-1, 6]`, '-1..6', parameters['round_decimal'])
}

function rangeOf(metric: string, parameters: Given): Range | undefined {
  const { radius, range_filter: filter } = parameters
  if (radius === undefined || radius === null) return undefined
  const range = {
    radius: Number(radius),
    rangeFilter: filter === undefined || filter === null ? undefined : Number(filter),
  }
  if (Number.isNaN(range.radius) || Number.isNaN(range.rangeFilter ?? 0))
    throw invalid('radius and range_filter are numbers')
  if (range.rangeFilter !== undefined) {
    const isOrdered = isDistance(metric) ? range.rangeFilter < range.radius : range.rangeFilter > range.radius
    if (!isOrdered) {
      const relation = isDistance(metric) ? 'less' : 'greater'
      throw invalid(`metric type ${metric}, range_filter(${filter}) must be ${relation} than radius(${radius})`)
    }
  }
  return range
}

/** Whether a score lies in the range. */
export function isInRange(metric: string, { radius, rangeFilter }: Range, score: number): boolean {
  if (isDistance(metric)) return score < radius && (rangeFilter === undefined || score >= rangeFilter)
  return score > radius && (rangeFilter === undefined || score <= rangeFilter)
}

const GROUP_SIZE_MAX = 10

export function groupOf(entry: Entry, parameters: Given): Group | undefined {
  const name = parameters['group_by_field'] as string | undefined
  if (!name) return undefined
  const field = entry.schema.byName.get(name)
  const place = placeOf(entry.schema, name)
  if (place === undefined) throw invalid(`group by field ${name} not exist`)
  if (field !== undefined) {
    const isFit = field.type < DataType.Float || field.type === DataType.VarChar
    if (!isFit) throw invalid(`not support search_group_by operation based on ${DataType[field.type]} field ${name}`)
  }
  const size = Number(parameters['group_size'] ?? 1)
  if (!Number.isInteger(size) || size < 1 || size > GROUP_SIZE_MAX) {
    throw invalid(
      `input group size:${told(parameters['group_size'])} exceeds configured max group size:${GROUP_SIZE_MAX}`,
    )
  }
  const isStrict = parameters['strict_group_size'] === true || parameters['strict_group_size'] === 'true'
  return { place, size, isStrict, otherwise: defaultOf(field) ?? null }
}

// --- query vectors

function queriesOf(field: Field, data: Given): unknown[] {
  const given = vectorsGiven(data)
  if (field.isFunctionOutput) {
    const texts = Array.isArray(given) ? given : [given]
    if (!texts.every((text) => typeof text === 'string')) throw invalid(`field ${field.name} is searched by text`)
    return texts
  }
  const list = isOneQuery(field, given) ? [given] : (given as unknown[])
  if (!Array.isArray(list)) throw invalid(`the vectors of a search are arrays of numbers, got ${shown(given)}`)
  return list.map((query) => encodeQuery(field, query))
}

function isOneQuery(field: Field, given: unknown): boolean {
  if (!Array.isArray(given)) return true
  if (field.type === DataType.SparseFloatVector) return getSparseFloatVectorType(given) !== 'unknown'
  return given.length === 0 || typeof given[0] === 'number'
}

/** The given lists of vectors: one or several. */
function structQueries(field: Field, given: unknown): unknown[] {
  const depth = (value: unknown): number =>
    Array.isArray(value) || ArrayBuffer.isView(value) ? 1 + depth((value as unknown[])[0]) : 0
  const lists = depth(given) === 3 ? given : [depth(given) === 1 ? [given] : given]
  return (lists as unknown[][]).map((list) => list.map((vector) => encodeQuery(field, vector)))
}

function encodeQuery(field: Field, query: unknown): unknown {
  if (!isDense(field.type)) return sparseOf(query as SparseFloatVector, true)
  const length = (query as { length?: unknown } | null | undefined)?.length
  if (typeof length !== 'number' || typeof query === 'string') {
    throw invalid(`a query of vector field ${field.name} is an array of numbers, got ${shown(query)}`)
  }
  const dim = dimOf(field)
  const isHalf = query instanceof Uint8Array && /Float16/.test(DataType[field.type]!)
  const wanted = field.type === DataType.BinaryVector ? dim / 8 : isHalf ? dim * 2 : dim
  if (length !== wanted) {
    throw invalid(`vector dimension mismatch, expected vector size(byte) of field ${field.name}`, wanted, length)
  }
  // The engine itself checks f32 lanes.
  if (field.type === DataType.FloatVector && (Array.isArray(query) || query instanceof Float32Array)) return query
  try {
    return encoderOf(field)(query, 0)
  } catch (error) {
    // The lanes are no numbers.
    if (!(error instanceof TypeError)) throw error
    throw invalid(`a query of vector field ${field.name} is an array of numbers, got ${shown(query)}`)
  }
}

async function filled(entry: Entry, field: Field, texts: unknown[], analyzer: unknown): Promise<unknown[]> {
  return (await fillings()).filledQueries(entry.schema, field, texts, analyzer)
}

async function storedQueries(entry: Entry, field: Field, keys: readonly Key[]): Promise<unknown[]> {
  const rows = await unexpired(entry, (await entry.rows.getMany(keys as string[])) as (Row | undefined)[])
  const { schema } = entry
  const isText = field.isFunctionOutput && !schema.filled.includes(field)
  const source = isText ? schema.textOf(field)!.name : field.name
  return rows.map((row, i) => {
    const value = row?.[source]
    if (row === undefined) throw invalid(`some of the provided primary key IDs do not exist: ${keys[i]}`)
    if (value === undefined || value === null)
      throw invalid(`the row with primary key ${keys[i]} has no vector to search by: its ${source} is null`)
    return value
  })
}
