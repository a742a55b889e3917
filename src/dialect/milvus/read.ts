// Rows on their way out: which partitions, which rows, which fields, in which order.

import type { Collection, Filter } from '../../engine/index.ts'
import { compareText } from '../../query/index.ts'
import type { Entry } from './catalog.ts'
import {
  DataType,
  DEFAULT_COUNT_QUERY_STRING,
  DEFAULT_DYNAMIC_FIELD,
  DEFAULT_MAX_SEARCH_SIZE,
  NO_LIMIT,
} from './enums.ts'
import { Code, invalid, MilvusError, shown, told, unexpected } from './errors.ts'
import { expiries, expressions } from './lazy.ts'
import { loadedPartitions, notLoaded } from './load-state.ts'
import { put, type Row } from './rows.ts'
import { type Field, fieldAt, type Schema } from './schema.ts'
import type { keyValueObj, OutputTransformers } from './types/index.ts'
import { type Decode, decoderOf, integerOf, type LongForm } from './values.ts'
import { requireZone, timeParts } from './zone.ts'

export type Key = number | bigint | string

/** The partitions to read; undefined for all. Throws if the collection, or a named partition, is not loaded. */
export function readPartitions(
  entry: Entry,
  names: readonly string[] | undefined,
  operation: 'query' | 'search',
): string[] | undefined {
  const { keyed, partitions } = entry.record
  if (names === undefined && entry.record.loaded === 'all') return undefined
  const loaded = loadedPartitions(entry)
  if (loaded.length === 0) throw notLoaded(entry)
  const wanted = names?.filter((name) => name !== '') ?? []
  if (wanted.length > 0 && keyed > 0) {
    const reason = 'not support manually specifying the partition names if partition key mode is used'
    throw operation === 'query' ? invalid(reason) : unexpected(reason)
  }
  for (const name of wanted) {
    if (!partitions.some((one) => one.name === name)) throw unexpected(`partition name ${told(name)} not found`)
    if (!loaded.includes(name)) {
      throw new MilvusError(201, `partition not loaded[partition=${name}]`)
    }
  }
  if (keyed > 0) return undefined
  if (wanted.length > 0) return [...new Set(wanted)]
  return loaded.length === partitions.length ? undefined : [...loaded]
}

/** The part of a request that selects rows. */
export interface Filtered {
  readonly filter?: string | undefined
  readonly expr?: string | undefined
  readonly exprValues?: keyValueObj | undefined
  readonly filter_params?: keyValueObj | undefined
}

/** The fields as a request sees them: it may name a time zone, and the parts of times that it wants. */
export function schemaFor({ schema }: Entry, request: object): Schema {
  const zone = parameterOf(request, 'timezone')
  const parts = parameterOf(request, 'time_fields')
  if (zone !== undefined) requireZone(zone)
  return zone === undefined && !parts ? schema : schema.inZone(zone, parts ? timeParts(parts) : undefined)
}

function parameterOf(request: object, name: string): unknown {
  const { params, search_params, [name]: own } = request as Record<string, Record<string, unknown> | undefined>
  return own ?? params?.[name] ?? search_params?.[name]
}

export async function filterOfRequest(entry: Entry, data: Filtered): Promise<Filter | undefined> {
  const filter = await textFilter(entry, data)
  return entry.expires ? (await expiries()).liveFilter(entry, filter) : filter
}

async function textFilter(entry: Entry, data: Filtered): Promise<Filter | undefined> {
  if (data.exprValues) requireTemplates(data.exprValues)
  const text = data.filter || data.expr || ''
  if (text === '') return undefined
  if (typeof text !== 'string') throw invalid(`a filter is a string, got ${typeof text}`)
  const { filterFor } = await expressions()
  return filterFor(schemaFor(entry, data), text, data.exprValues ?? data.filter_params)
}

/** Which structs of a field may be hits in a search of single structs; undefined for all. */
export async function structTestOfRequest(
  { schema }: Entry,
  data: Filtered,
  owner: string,
): Promise<((struct: object) => boolean) | undefined> {
  const text = data.filter || data.expr
  if (!text || !/element_filter/i.test(text)) return undefined
  const { structTestFor } = await expressions()
  return structTestFor(schema, text, data.exprValues ?? data.filter_params ?? {}, owner)
}

/** Throws what the SDK throws for a value that no expression can hold. Undefined values count as not given. */
function requireTemplates(values: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined || Array.isArray(value)) continue
    const type = value === null ? 'null' : typeof value
    if (/^(string|number|boolean|bigint)$/.test(type)) continue
    const reason = `Unsupported expr value type for key "${key}": ${type}`
    throw new MilvusError(Code.Parameter, reason, { isThrown: true })
  }
}

/** Keys from a caller, in stored form; a caller may give an Int64 key as any form of integer that rows take. */
export function keysOf(entry: Entry, ids: unknown): Key[] {
  const list = Array.isArray(ids) ? ids : [ids]
  const { primary } = entry.schema
  if (list.length === 1 && typeof list[0] === 'string' && primary.type === DataType.VarChar) return [list[0]]
  return list.map((id) => {
    if (primary.type === DataType.VarChar) return String(id)
    const key = integerOf(id)
    if (key === undefined) {
      throw new MilvusError(
        Code.Parameter,
        `failed to create query plan: cannot parse expression: ${primary.name} in [${told(id)}], error: ${told(id)} is not an integer: invalid parameter`,
      )
    }
    return key
  })
}

export function compareKeys(a: Key, b: Key): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  return a < b ? -1 : a > b ? 1 : 0
}

// --- output fields

interface Part {
  readonly name: string
  readonly decode: Decode
  /** A key of the dynamic field. */
  readonly isDynamic: boolean
  /** The value for rows that lack the field. */
  readonly missing: unknown
  /** Every object has a property of this name. */
  readonly isInherited: boolean
}

/** The fields that a request wants of each row. */
export interface Projection {
  readonly parts: readonly Part[]
  /** The fields that the engine is asked for. */
  readonly select: string[]
  readonly isCount: boolean
}

export interface OutputRules {
  readonly long: LongForm
  readonly transformers: OutputTransformers | undefined
  /** Query and get always return the key. */
  readonly withKey: boolean
}

/** Number of projections without transformers that are kept: programs request the same fields again and again. */
const PROJECTIONS_MAX = 16

/** A projection and what it was made for. */
export interface KnownProjection {
  readonly names: readonly string[] | undefined
  readonly long: LongForm
  readonly withKey: boolean
  readonly projection: Projection
}

export function projectionOf(
  schema: Schema,
  outputFields: readonly string[] | undefined,
  rules: OutputRules,
): Projection {
  const { long, transformers, withKey } = rules
  if (transformers !== undefined) return makeProjection(schema, outputFields, rules)
  const { projections } = schema
  for (let i = 0; i < projections.length; i++) {
    const one = projections[i] as KnownProjection
    if (one.withKey === withKey && one.long === long && isSameList(one.names, outputFields)) return one.projection
  }
  const projection = makeProjection(schema, outputFields, rules)
  if (projections.length >= PROJECTIONS_MAX) projections.length = 0
  // A copy: the list is the caller's.
  const names = outputFields === undefined || outputFields === null ? undefined : [...outputFields]
  projections.push({ names, long, withKey, projection })
  return projection
}

function isSameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.length !== b?.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** The names that `*` stands for. */
function allFields({ fields, isDynamic }: Schema): string[] {
  const names = fields.filter((field) => !field.isFunctionOutput).map(({ name }) => name)
  return isDynamic ? [...names, DEFAULT_DYNAMIC_FIELD] : names
}

function makeProjection(schema: Schema, outputFields: readonly string[] | undefined, rules: OutputRules): Projection {
  // A string's characters would be taken for fields.
  if (outputFields !== undefined && outputFields !== null && !Array.isArray(outputFields)) {
    const reason = `output_fields is a list of strings, got ${shown(outputFields)}`
    throw new MilvusError(Code.Parameter, reason, { isThrown: true })
  }
  const names = new Set<string>()
  if (rules.withKey) names.add(schema.primary.name)
  let isCount = false
  for (const name of outputFields ?? ['*']) {
    if (name === '*') for (const one of allFields(schema)) names.add(one)
    else if (typeof name === 'string' && name.trim().toLowerCase() === DEFAULT_COUNT_QUERY_STRING) isCount = true
    else names.add(name)
  }
  const select = new Set<string>([schema.primary.name])
  const parts: Part[] = []
  for (const name of withStructs(schema, names)) {
    if (typeof name === 'object') {
      select.add(name.name)
      parts.push(partOf(name, rules))
      continue
    }
    const field = schema.byName.get(name)
    if (field !== undefined) {
      if (field.isFunctionOutput && field.type !== DataType.BinaryVector)
        throw invalid(`not allowed to retrieve raw data of field ${name}`)
      select.add(name)
      parts.push(partOf(field, rules))
    } else if (name === DEFAULT_DYNAMIC_FIELD && schema.isDynamic) {
      select.add(name)
      parts.push({ name, decode: (value) => value, isDynamic: false, missing: {}, isInherited: false })
    } else {
      const [path, key = name] = /^\$meta\[["']([^"'\]]*)["']\]$/.exec(String(name)) ?? []
      if (!schema.isDynamic || typeof key !== 'string') throw invalid(`field ${told(name)} not exist`)
      // What is inside a key comes with the key; on a server too.
      if (path === undefined && /^[\w$]+([[(]).*[\])]$/.test(key))
        throw invalid(`parse output field name failed: ${key}`)
      select.add(DEFAULT_DYNAMIC_FIELD)
      parts.push({ name: key, decode: (value) => value, isDynamic: true, missing: undefined, isInherited: true })
    }
  }
  return { parts, select: [...select], isCount }
}

/** Names of output fields; names inside arrays of structs become the array with only these fields. */
function withStructs(schema: Schema, names: ReadonlySet<string>): (string | Field)[] {
  const chosen = new Map<string, Field[]>()
  const others: string[] = []
  for (const name of names) {
    const inner = typeof name === 'string' && name.endsWith(']') ? fieldAt(schema, name) : undefined
    if (inner?.owner === undefined) others.push(name)
    else if (!names.has(inner.owner)) chosen.set(inner.owner, [...(chosen.get(inner.owner) ?? []), inner.field])
  }
  const structs = Array.from(chosen, ([owner, fields]) => ({ ...schema.byName.get(owner)!, fields }))
  return [...others, ...structs]
}

function partOf(field: Field, { long, transformers }: OutputRules): Part {
  const decode = decoderOf(field, long, transformers ?? undefined)
  const missing = field.isAdded && field.defaultValue !== undefined ? decode(field.defaultValue) : null
  const { name } = field
  return { name, decode, isDynamic: false, missing, isInherited: name in Object.prototype }
}

/** Sets the requested fields of a stored row on an answer. */
export function project({ parts }: Projection, stored: Row, answer: Row): Row {
  for (let i = 0; i < parts.length; i++) {
    const { name, decode, isDynamic, missing, isInherited } = parts[i]!
    if (isDynamic) {
      const meta = stored[DEFAULT_DYNAMIC_FIELD] as Row | undefined
      if (meta !== undefined && Object.hasOwn(meta, name)) put(answer, name, meta[name])
      continue
    }
    const own = stored[name]
    const isMissing = own === undefined || own === null
    const value = isMissing ? (typeof missing === 'object' && missing ? {} : missing) : decode(own)
    if (isInherited) put(answer, name, value)
    else answer[name] = value
  }
  return answer
}

// --- windows

// --- windows

export interface RowWindow {
  readonly limit: number | undefined
  readonly offset: number
}

const ALL_ROWS: RowWindow = { limit: undefined, offset: 0 }

/** Checked limit and offset of a query. */
export function windowOf(data: Readonly<Record<string, unknown>>): RowWindow {
  if (data['limit'] === undefined && data['offset'] === undefined) return ALL_ROWS
  const numberOf = (name: string) => {
    const value = data[name]
    if (value === undefined || value === null || (name === 'limit' && value === NO_LIMIT)) return undefined
    const number = Number(value)
    if (!Number.isInteger(number)) throw invalid(`${name} [${value}] is invalid`)
    return number
  }
  const limit = numberOf('limit')
  const offset = numberOf('offset') ?? 0
  if (limit !== undefined && limit <= 0) throw invalid(`limit [${limit}] is invalid, it should be greater than 0`)
  if (offset < 0) throw invalid(`offset [${offset}] is invalid, it should be greater than or equal to 0`)
  const end = offset + (limit ?? 0)
  if (end > DEFAULT_MAX_SEARCH_SIZE) {
    throw unexpected(
      `invalid max query result window, (offset+limit) should be in range [1, ${DEFAULT_MAX_SEARCH_SIZE}], but got ${end}`,
    )
  }
  return { limit, offset }
}

// --- rows

/** What find and search take so that they look at these rows only. */
export function within(
  filter: Filter | undefined,
  partitions: readonly string[] | undefined,
): { filter?: Filter; partitions?: readonly string[] } {
  return { ...(filter === undefined ? {} : { filter }), ...(partitions === undefined ? {} : { partitions }) }
}

/** Stored rows that have not expired. */
export async function unexpired(
  entry: Entry,
  rows: readonly (Row | undefined)[],
): Promise<readonly (Row | undefined)[]> {
  return entry.expires ? (await expiries()).liveRows(entry, rows) : rows
}

/** The existing rows with these keys, each once, by ascending key. */
export async function rowsByKey(
  entry: Entry,
  keys: readonly Key[],
  partitions: readonly string[] | undefined,
): Promise<Row[]> {
  const { name } = entry.schema.primary
  const rows = entry.rows as Collection<Row>
  const unique = [...new Set(keys)]
  const stored =
    partitions === undefined
      ? await rows.getMany(unique)
      : await rows.find({ filter: { [name]: { $in: unique } }, partitions }).toArray()
  const found = (await unexpired(entry, stored)).filter((row) => row !== undefined)
  return found.sort((a, b) => compareKeys(a[name] as Key, b[name] as Key))
}
