// Tables: which fields they may have, and how a given value becomes a stored one.

import { numbersOf } from '../../value/index.ts'
import type { Type } from './expression/parse.ts'
import { Refusal, shown } from './response.ts'

/** A field as `createTable` takes it. */
export interface TableField {
  name: string
  /** Default `INT`; in any letter case. */
  dataType?: string
  primaryKey?: boolean
  /** For a vector. */
  dimensions?: number
  /** `EUCLIDEAN` (default), `COSINE` or `DOT_PRODUCT`, in any letter case. */
  metricType?: string
}

/** An index as `createTable` takes it: a STRING field that a model embeds. */
export interface TableIndex {
  name: string
  field: string
  model?: string
  dimensions?: number
}

export type Metric = 'EUCLIDEAN' | 'COSINE' | 'DOT_PRODUCT'

/** A checked field; `isHidden` marks the vector field of an index. */
export interface Field {
  readonly name: string
  readonly type: string
  readonly isKey: boolean
  readonly dimensions: number
  readonly metric: Metric
  readonly isHidden: boolean
}

export interface SparseVector {
  readonly indices: number[]
  readonly values: number[]
}

const NAME = /^[A-Za-z_][A-Za-z_0-9]*$/
const NAME_RULE = "should start with a letter or '_' and can contain only letters, digits, and underscores."
const INTEGER_BITS: Readonly<Record<string, number>> = { TINYINT: 8, SMALLINT: 16, INT: 32, BIGINT: 64 }
const TYPES = new Set([
  ...Object.keys(INTEGER_BITS),
  ...['FLOAT', 'DOUBLE', 'STRING', 'BOOL', 'JSON', 'GEO_POINT'],
  ...['VECTOR_FLOAT', 'VECTOR_DOUBLE', 'SPARSE_VECTOR_FLOAT', 'SPARSE_VECTOR_DOUBLE'],
])
const METRICS = new Set(['EUCLIDEAN', 'COSINE', 'DOT_PRODUCT'])
/** Smallest squared length at which a COSINE vector is scaled to unit length. */
const SQUARED_LENGTH_MIN = 1e-10
/** Stands for a value that cannot be stored: its record is skipped. */
export const SKIP = Symbol('skip')

export function requireTitle(name: unknown, noun: string): asserts name is string {
  if (typeof name !== 'string' || !NAME.test(name)) throw new Refusal(500, `${noun} name ${NAME_RULE}`)
}

export function isDense({ type }: Field): boolean {
  return type.startsWith('VECTOR_')
}

export function isSparse({ type }: Field): boolean {
  return type.startsWith('SPARSE_')
}

/** Makes the checks of fields that come before those of database and table. */
export function readFields(given: readonly TableField[]): Field[] {
  let hasKey = false
  // Not `map`, which skips the holes of a list.
  return Array.from(given, (field) => {
    const { name, dataType, primaryKey, dimensions, metricType } = field ?? ({} as TableField)
    const type = dataType === undefined || dataType === null ? 'INT' : shown(dataType).toUpperCase()
    const isKey = primaryKey === true
    if (isKey && hasKey) throw new Refusal(400, 'At most one field can be primary key.')
    hasKey ||= isKey
    if (type.startsWith('VECTOR_') && (dimensions === undefined || dimensions === null)) {
      throw new Refusal(400, 'Vector field must have dimensions.')
    }
    const metric = metricType === undefined || metricType === null ? 'EUCLIDEAN' : shown(metricType).toUpperCase()
    if (!METRICS.has(metric)) throw new Refusal(400, `invalid metric type: ${shown(metricType)}`)
    if (dimensions !== undefined && dimensions !== null && !(Number.isInteger(dimensions) && dimensions >= 0)) {
      throw new Refusal(400, 'Vector dimension must be positive.')
    }
    return { name, type, isKey, dimensions: dimensions ?? 0, metric: metric as Metric, isHidden: false }
  })
}

/** Makes the checks of fields that come after those. */
export function requireFields(fields: readonly Field[], hasIndices: boolean): void {
  const names = new Set<string>()
  for (const field of fields) {
    const { name, type, isKey } = field
    if (typeof name !== 'string' || !NAME.test(name)) throw new Refusal(500, `${shown(name)}: Field name ${NAME_RULE}`)
    if (names.has(name)) throw new Refusal(500, 'Field names can not be duplicated.')
    names.add(name)
    if (!TYPES.has(type)) throw new Refusal(500, `Type of ${name} is not valid.`)
    const isVector = isDense(field) || isSparse(field)
    if (isVector && field.dimensions === 0) throw new Refusal(500, 'Vector dimension must be positive.')
    if (isKey && type !== 'STRING' && INTEGER_BITS[type] === undefined) {
      throw new Refusal(
        500,
        'Primary key can only be set to a field with type TINYINT, SMALLINT, INT, BIGINT, or STRING.',
      )
    }
  }
  if (!hasIndices && !fields.some((field) => isDense(field) || isSparse(field))) {
    throw new Refusal(500, 'At lease one vector field is required.')
  }
}

/** The type of a field in expressions; null if it may not be in one. */
export function expressionType(field: Field): Type | null {
  const { type } = field
  if (type === 'STRING') return 'string'
  if (type === 'BOOL') return 'boolean'
  if (type === 'GEO_POINT') return 'point'
  return INTEGER_BITS[type] !== undefined || type === 'FLOAT' || type === 'DOUBLE' ? 'number' : null
}

/**
 * Turns a value of this field into its stored form, or SKIP.
 *
 * @param index - position of the record, for the message when a vector holds something other than a number.
 * @param taking - how texts and vectors are taken.
 */
export type ToStored = (value: unknown, index: number, taking: Taking) => unknown

/**
 * How texts and vectors are taken. Copies: vectors are copied. Borrows: vectors stay the caller's own, because the
 * engine takes them before the caller can change them. Trusts: in addition, nobody looks at vector lanes or the
 * characters of texts, because the engine refuses lanes that are no numbers, and lone surrogates.
 */
export const Taking = { Copies: 0, Borrows: 1, Trusts: 2 } as const
export type Taking = (typeof Taking)[keyof typeof Taking]

export function toStored(field: Field): ToStored {
  const { type } = field
  const bits = INTEGER_BITS[type]
  if (bits !== undefined) {
    const end = 2 ** (bits - 1)
    // A value that fits as it is needs no more.
    return (value) =>
      typeof value === 'number' && (value | 0) === value && value >= -end && value < end
        ? value
        : storedInteger(sent(value), bits)
  }
  switch (type) {
    case 'FLOAT':
      return (value) => finite(Math.fround(numberOf(value)))
    case 'DOUBLE':
      return (value) => finite(numberOf(value))
    case 'STRING':
      return (value, _index, taking) => {
        const text = typeof value === 'string' ? value : sent(value)
        return typeof text !== 'string' ? '' : taking === Taking.Trusts ? text : wellFormed(text)
      }
    case 'BOOL':
      return (value) => value === true || sent(value) === true
    case 'JSON':
      return (value, index) =>
        value === null || typeof value !== 'object' ? jsonScalar(value) : jsonCopy(value, field.name, index)
    case 'GEO_POINT':
      return storedPoint
    default:
      if (isSparse(field)) return (value) => storedSparse(field, value)
      return (value, index, taking) => storedDense(field, value, index, taking)
  }
}

/** The value that the original gets: a Date, say, reaches it as the text that JSON makes of it. */
// biome-ignore lint/suspicious/noExplicitAny: anything may be given
export function sent(value: any): unknown {
  return typeof value?.toJSON === 'function' ? value.toJSON() : value
}

function numberOf(value: unknown): number {
  const number = typeof value === 'number' ? value : sent(value)
  return typeof number === 'number' || typeof number === 'bigint' ? Number(number) : 0
}

/** Whether values of this field are mostly stored as given, not converted. */
export function isKept({ type, metric }: Field): boolean {
  if (type.startsWith('VECTOR_')) return metric !== 'COSINE'
  return type !== 'JSON' && type !== 'GEO_POINT' && !type.startsWith('SPARSE_')
}

const SURROGATE = /[\ud800-\udfff]/

/** A lone surrogate has no UTF-8 form: U+FFFD takes its place. */
export function wellFormed(text: string): string {
  return SURROGATE.test(text) ? text.replace(/\p{Surrogate}/gu, '\ufffd') : text
}

function storedInteger(value: unknown, bits: number): number | bigint {
  if (typeof value === 'bigint') return narrow(BigInt.asIntN(bits, value))
  if (typeof value !== 'number' || !Number.isFinite(value)) return 0
  const whole = Math.trunc(value)
  if (whole >= -(2 ** (bits - 1)) && whole < 2 ** (bits - 1) && Number.isSafeInteger(whole)) return whole + 0
  return narrow(BigInt.asIntN(bits, BigInt(whole)))
}

/** As a number if that is exact. */
export function narrow(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** JSON has no NaN and no infinities, so the original never gets them; here 0 takes their place. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}

/** The value after a round trip through JSON. */
function jsonCopy(value: object, name: string, index: number): unknown {
  try {
    return JSON.parse(JSON.stringify(value)) as unknown
  } catch {
    throw new Refusal(
      400,
      `Record ${index} field ${name}: the value cannot be stored as JSON: it holds a bigint, or itself.`,
    )
  }
}

function jsonScalar(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'string') return wellFormed(value)
  return typeof value === 'boolean' || typeof value === 'bigint' ? value : null
}

function storedPoint(value: unknown): unknown {
  const { latitude, longitude } = (value ?? {}) as { latitude?: unknown; longitude?: unknown }
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return SKIP
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return SKIP
  return {
    latitude: Math.max(-90, Math.min(90, latitude)),
    longitude: Math.max(-180, Math.min(180, longitude)),
  }
}

/** A dense vector of this field; COSINE vectors become unit vectors. @param index - of the record; -1 for a query. */
export function storedDense(
  field: Field,
  value: unknown,
  index: number,
  taking: Taking,
): ArrayLike<number> | typeof SKIP {
  if (!isList(value)) return SKIP
  const list = value as ArrayLike<number>
  const isWhole = list.length === field.dimensions
  if (!isWhole || taking !== Taking.Trusts || field.metric === 'COSINE') requireLanes(field, list, index)
  if (!isWhole) return SKIP
  if (field.metric === 'COSINE') return unit(Float32Array.from(list)) as Float32Array
  return taking === Taking.Copies ? Float32Array.from(list) : list
}

/** Whether a value can be a dense vector. */
export function isList(value: unknown): boolean {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

/** Requires that every lane is finite as f32. */
function requireLanes(field: Field, list: ArrayLike<unknown>, index: number): void {
  let rest = 0
  for (let i = 0; i < list.length; i++) {
    const lane = list[i]
    if (typeof lane !== 'number') throw laneRefusal(field, list, index)
    rest += Math.fround(lane) * 0
  }
  if (rest !== 0) throw laneRefusal(field, list, index)
}

function laneRefusal(field: Field, list: ArrayLike<unknown>, index: number): Refusal {
  const at = Array.from(list).findIndex((lane) => typeof lane !== 'number' || !Number.isFinite(Math.fround(lane)))
  const where = index < 0 ? 'Query' : `Record ${index}`
  return new Refusal(400, `${where} field ${field.name}: a vector holds numbers only, got ${shown(list[at])} at ${at}.`)
}

/** A sparse vector of this field; COSINE vectors become unit vectors. */
export function storedSparse(field: Field, value: unknown): SparseVector | typeof SKIP {
  const { indices, values } = (value ?? {}) as { indices?: unknown; values?: unknown }
  if (!Array.isArray(indices) || !Array.isArray(values)) return SKIP
  if (indices.length === 0 || indices.length !== values.length) return SKIP
  let last = -1
  for (const index of indices) {
    if (!Number.isInteger(index) || index <= last || index >= field.dimensions) return SKIP
    last = index
  }
  if (!values.every((one) => typeof one === 'number' && Number.isFinite(Math.fround(one)))) return SKIP
  const rounded = values.map(Math.fround)
  return { indices: [...indices], values: field.metric === 'COSINE' ? Array.from(unit(rounded)) : rounded }
}

function unit(lanes: number[] | Float32Array): number[] | Float32Array {
  let squared = 0
  for (const lane of lanes) squared += lane * lane
  if (squared <= SQUARED_LENGTH_MIN) return lanes
  const length = Math.sqrt(squared)
  for (let i = 0; i < lanes.length; i++) lanes[i] = Math.fround(lanes[i]! / length)
  return lanes
}

/** A stored value as the client returns it. */
export function shownValue(value: unknown): unknown {
  return value instanceof Float32Array ? numbersOf(value) : value
}

/** The distance of two sparse vectors over the union of their indices. */
export function sparseDistance(metric: Metric, a: SparseVector, b: SparseVector): number {
  let squares = 0
  let product = 0
  let i = 0
  let j = 0
  while (i < a.indices.length || j < b.indices.length) {
    const left = a.indices[i] ?? Number.POSITIVE_INFINITY
    const right = b.indices[j] ?? Number.POSITIVE_INFINITY
    const x = left <= right ? a.values[i++]! : 0
    const y = right <= left ? b.values[j++]! : 0
    squares += (x - y) * (x - y)
    product += x * y
  }
  if (metric === 'EUCLIDEAN') return squares
  return metric === 'COSINE' ? 1 - product : -product
}
