// Values of each type on their way in (checked and converted to their stored form) and out (in the SDK's form).
//
// Stored forms: Int64 is a number if a double holds it exactly, else a bigint; Float is rounded to f32; vectors are
// typed arrays; everything else is as given.

import { isDate } from '../../value/index.ts'
import { DataType } from './enums.ts'
import { invalid, MilvusError, shown, told, unexpected, wrongCall } from './errors.ts'
import {
  bf16BytesToF32Array,
  f16BytesToF32Array,
  f32ArrayToBf16Bytes,
  f32ArrayToF16Bytes,
  sparsePairs,
} from './halves.ts'
import { dimOf, type Field, isStructArray, isVectorType } from './schema.ts'
import type { InsertTransformers, OutputTransformers, SparseFloatVector } from './types/index.ts'
import { momentIn, partsOf, textIn } from './zone.ts'

/** Checks a value of row `row` and returns its stored form. Never called with null or undefined. */
export type Encode = (value: unknown, row: number, transformers?: InsertTransformers) => unknown

const JSON_BYTES_MAX = 65_536
export const INT64_MIN = -(2n ** 63n)
export const INT64_MAX = 2n ** 63n - 1n

/** The stored form of a 64-bit integer: a number if that is exact. */
export function narrow(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
}

/** Reads an integer given as number, digits, bigint or Long; undefined if it is none. */
export function integerOf(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return undefined
    return Number.isSafeInteger(value) ? value + 0 : BigInt(value)
  }
  if (typeof value === 'bigint') return narrow(value)
  if (typeof value === 'string')
    return /^\s*[+-]?\d+\s*$/.test(value) ? narrow(BigInt(value.replace('+', ''))) : undefined
  if (typeof value === 'object' && value !== null && 'low' in value && 'high' in value) {
    const { low, high, unsigned } = value as { low: number; high: number; unsigned?: boolean }
    if (typeof low !== 'number' || typeof high !== 'number') return undefined
    const whole = (BigInt(unsigned === true ? high >>> 0 : high | 0) << 32n) | BigInt(low >>> 0)
    return narrow(whole)
  }
  return undefined
}

function mismatch(field: Field, value: unknown, row: number): MilvusError {
  const want = DataType[field.type]
  return invalid(`field ${field.name} of row ${row}: expected ${want}, got ${shown(value)}`, want, typeof value)
}

const RANGES: Readonly<Record<number, readonly [number, number]>> = {
  [DataType.Int8]: [-128, 127],
  [DataType.Int16]: [-32_768, 32_767],
  [DataType.Int32]: [-2_147_483_648, 2_147_483_647],
}

function integerEncoder(field: Field, type: DataType): Encode {
  const range = RANGES[type]
  return (value, row) => {
    const whole = integerOf(value)
    if (whole === undefined) throw mismatch(field, value, row)
    const isFit =
      range === undefined
        ? typeof whole === 'number' || (whole >= INT64_MIN && whole <= INT64_MAX)
        : whole >= range[0] && whole <= range[1]
    if (!isFit) {
      const [from, to] = range ?? [INT64_MIN, INT64_MAX]
      throw invalid(`the ${row}-th element (${whole}) out of range: [${from}, ${to}]`)
    }
    return whole
  }
}

function floatEncoder(field: Field, isSingle: boolean): Encode {
  return (value, row) => {
    const number =
      typeof value === 'number'
        ? value
        : typeof value === 'bigint' || (typeof value === 'string' && value.trim() !== '')
          ? Number(value)
          : undefined
    if (number === undefined) throw mismatch(field, value, row)
    const stored = isSingle ? Math.fround(number) : number
    if (!Number.isFinite(stored)) {
      if (typeof value === 'string' && Number.isNaN(number) && value !== 'NaN') throw mismatch(field, value, row)
      throw invalid(`value '${number}' is not a number or infinity`)
    }
    return stored
  }
}

/** Length of a string in UTF-8 bytes. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    // A surrogate pair is four bytes for two units; every other unit from 0x800 on is three bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2
  }
  return bytes
}

function textEncoder(field: Field): Encode {
  const max = Number(field.params['max_length'] ?? 65_535)
  return (value, row) => {
    if (typeof value !== 'string') throw mismatch(field, value, row)
    // A string has at most three bytes per unit.
    if (value.length * 3 > max) {
      const length = utf8Length(value)
      if (length > max) {
        throw invalid(
          `length of varchar field ${field.name} exceeds max length, row number: ${row}, length: ${length}, max length: ${max}`,
        )
      }
    }
    return value
  }
}

/** A value as JSON would carry it: what JSON cannot hold is gone. Plain values are not copied. */
export function jsonOf(value: unknown, field: string): unknown {
  const plain = isPlainJson(value, 0) ? value : jsonCopy(value, field)
  if (jsonBound(plain) > JSON_BYTES_MAX) {
    const length = utf8Length(JSON.stringify(plain))
    if (length > JSON_BYTES_MAX) {
      throw invalid(`the length (${length}) of json field (${field}) exceeds max length (${JSON_BYTES_MAX})`)
    }
  }
  return plain
}

function jsonCopy(value: unknown, field: string): unknown {
  try {
    const text = JSON.stringify(value)
    return text === undefined ? null : JSON.parse(text)
  } catch (cause) {
    throw new MilvusError(1100, `field ${field} is not JSON: ${(cause as Error).message}: invalid parameter`)
  }
}

function isPlainJson(value: unknown, depth: number): boolean {
  if (value === null) return true
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object': {
      if (depth > 64) return false
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) if (!isPlainJson(value[i], depth + 1)) return false
        return true
      }
      const prototype = Object.getPrototypeOf(value)
      if (prototype !== Object.prototype && prototype !== null) return false
      if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false
      for (const key in value) {
        if (!isPlainJson((value as Record<string, unknown>)[key], depth + 1)) return false
      }
      return true
    }
    default:
      return false
  }
}

/** An upper bound for the bytes of a value's JSON. */
function jsonBound(value: unknown): number {
  if (typeof value === 'string') return value.length * 6 + 2
  if (typeof value !== 'object' || value === null) return 25
  let bytes = 2
  if (Array.isArray(value)) for (const item of value) bytes += jsonBound(item) + 1
  else for (const key in value) bytes += key.length * 6 + 4 + jsonBound((value as Record<string, unknown>)[key])
  return bytes
}

/** Whether a text begins with a day of the calendar, in ISO 8601: Date.parse takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}(?=$|[T ])/i.exec(text)?.[0]
  const time = Date.parse(`${day}T00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day!)
}

/** The stored form of a time: in UTC. A time without a zone is told by the clocks of `zone`. */
export function timeOf(value: unknown, zone?: string): string | undefined {
  if (isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (typeof value !== 'string' || !isDay(value)) return undefined
  const isZoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(value)
  const zoned = isZoned ? value : `${value.replace(' ', 'T')}Z`
  let time = Date.parse(/T/i.test(zoned) ? zoned : zoned.replace(/Z$/, ''))
  if (Number.isNaN(time)) return undefined
  if (!isZoned && zone !== undefined) time = momentIn(zone, time)
  if (/Z$/.test(value)) return value
  const [whole, fraction] = new Date(time).toISOString().replace('Z', '').split('.')
  const digits = fraction!.replace(/0+$/, '')
  return `${whole}${digits === '' ? '' : `.${digits}`}Z`
}

/** Capacity of an array whose field names none, and the largest that a field may name. */
export const CAPACITY_MAX = 4_096

function arrayEncoder(field: Field): Encode {
  const max = Number(field.params['max_capacity'] ?? CAPACITY_MAX)
  const encode = isStructArray(field) ? structEncoder(field) : scalarEncoder({ ...field, type: field.element })
  return (value, row, transformers) => {
    const items = ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as never) : value
    if (!Array.isArray(items)) throw mismatch(field, value, row)
    if (items.length > max) {
      throw invalid(`the length (${items.length}) of ${row}-th array exceeds max capacity (${max})`)
    }
    return items.map((item) => {
      if (item === null || item === undefined) {
        throw invalid(`array field ${field.name} of row ${row} has a null element`)
      }
      return encode(item, row, transformers)
    })
  }
}

function structEncoder(field: Field): Encode {
  const parts = new Map(field.fields!.map((part) => [part.name, encoderOf(part)]))
  return (value, row, transformers) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(field, value, row)
    for (const name of Object.keys(value)) if (!parts.has(name)) throw wrongCall('INSERT_CHECK_WRONG_FIELD', ` ${row}`)
    const stored: Record<string, unknown> = {}
    for (const [name, encode] of parts) {
      const part = (value as Record<string, unknown>)[name]
      if (part === undefined || part === null) {
        throw invalid(`field ${name} of a struct in field ${field.name}, row ${row}, is missing`)
      }
      stored[name] = encode(part, row, transformers)
    }
    return stored
  }
}

/** Matches what looks like well-known text. */
const WKT =
  /^\s*(SRID=\d+;)?\s*((MULTI)?(POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)\s*(Z|M|ZM)?\s*(EMPTY|\([-+\s\w.,()]*\))\s*$/i

function scalarEncoder(field: Field): Encode {
  switch (field.type) {
    case DataType.Bool:
      return (value, row) => {
        if (typeof value === 'boolean') return value
        throw mismatch(field, value, row)
      }
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
    case DataType.Int64:
      return integerEncoder(field, field.type)
    case DataType.Float:
    case DataType.Double:
      return floatEncoder(field, field.type === DataType.Float)
    case DataType.VarChar:
    case DataType.Text:
      return textEncoder(field)
    case DataType.Geometry:
      return (value, row) => {
        if (typeof value === 'string' && WKT.test(value)) return value
        throw mismatch(field, value, row)
      }
    case DataType.Timestamptz:
      return (value, row) => {
        const time = timeOf(value, field.zone)
        if (time === undefined) throw mismatch(field, value, row)
        return time
      }
    case DataType.JSON:
      return (value) => jsonOf(value, field.name)
    default:
      throw unexpected(`data type ${field.type} of field ${field.name} cannot be stored`)
  }
}

/** The encoder of a field: checks its values and makes their stored form. */
export function encoderOf(field: Field): Encode {
  if (field.type === DataType.Array) return arrayEncoder(field)
  return isVectorType(field.type) ? vectorEncoder(field) : scalarEncoder(field)
}

/** The same for the rows of a batch: floats are left to the engine, which looks at every lane anyway. */
export function columnEncoderOf(field: Field): Encode {
  const encode = encoderOf(field)
  if (field.type !== DataType.FloatVector) return encode
  const dim = dimOf(field)
  return (value, row) =>
    (Array.isArray(value) || value instanceof Float32Array) && value.length === dim ? value : encode(value, row)
}

type Lanes = ArrayLike<number> & ArrayBufferView

function isLanes(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

function lengthError(field: Field, length: number): MilvusError {
  const dim = dimOf(field)
  return invalid(`the length(${length}) of float data should divide the dim(${dim})`, dim, length)
}

/** Requires finite numbers in the field's dimension; returns them as f32. */
function floatLanes(field: Field, dim: number, value: unknown, row: number): Float32Array {
  if (!isLanes(value)) throw mismatch(field, value, row)
  if (value.length !== dim) throw lengthError(field, value.length)
  const lanes = new Float32Array(dim)
  for (let i = 0; i < dim; i++) {
    const lane: unknown = value[i]
    if (typeof lane !== 'number') throw mismatch(field, lane, row)
    lanes[i] = lane
    // Written so that NaN fails, and what has become infinite as f32.
    if (!(Math.abs(lanes[i]!) <= 3.5e38)) throw invalid(`value '${lane}' is not a number or infinity`)
  }
  return lanes
}

function vectorEncoder(field: Field): Encode {
  const { type } = field
  const dim = dimOf(field)
  switch (type) {
    case DataType.FloatVector:
      return (value, row) => floatLanes(field, dim, value, row)
    case DataType.Float16Vector:
    case DataType.BFloat16Vector: {
      const toBytes = type === DataType.Float16Vector ? f32ArrayToF16Bytes : f32ArrayToBf16Bytes
      const toLanes = type === DataType.Float16Vector ? f16BytesToF32Array : bf16BytesToF32Array
      return (value, row, transformers) => {
        let bytes = value
        if (!(value instanceof Uint8Array)) {
          const given = Array.from(floatLanes(field, dim, value, row))
          bytes = (transformers?.[type] ?? toBytes)(given as never)
        }
        if ((bytes as Uint8Array).length !== dim * 2) throw lengthError(field, (bytes as Uint8Array).length / 2)
        return floatLanes(field, dim, toLanes(bytes as Uint8Array), row)
      }
    }
    case DataType.Int8Vector:
      return (value, row) => {
        if (!isLanes(value)) throw mismatch(field, value, row)
        if (value.length !== dim) throw lengthError(field, value.length)
        const lanes = new Int8Array(dim)
        for (let i = 0; i < dim; i++) {
          const lane: unknown = value[i]
          if (typeof lane === 'number') lanes[i] = lane
          if (lanes[i] !== lane) throw invalid(`the ${i}-th element (${told(lane)}) out of range: [-128, 127]`)
        }
        return lanes
      }
    case DataType.BinaryVector:
      return (value, row) => {
        if (!isLanes(value)) throw mismatch(field, value, row)
        if (value.length !== dim / 8) throw wrongCall('INSERT_CHECK_WRONG_DIM')
        const bytes = new Uint8Array(dim / 8)
        for (let i = 0; i < bytes.length; i++) {
          const byte: unknown = value[i]
          if (typeof byte === 'number') bytes[i] = byte
          if (bytes[i] !== byte) throw invalid(`the ${i}-th byte (${told(byte)}) out of range: [0, 255]`)
        }
        return bytes
      }
    default:
      return (value) => sparseOf(value as SparseFloatVector)
  }
}

/** A sparse vector in stored form: ascending indices, no zeros. */
export interface StoredSparse {
  readonly indices: Uint32Array
  readonly values: Float32Array
}

/** Checks a sparse vector. A query may be empty; a row may not. */
export function sparseOf(value: SparseFloatVector, isQuery = false): StoredSparse {
  const pairs = sparsePairs(value)
  if (pairs.length === 0 && !isQuery) throw invalid('empty sparse float vector row')
  const indices = new Uint32Array(pairs.length)
  const values = new Float32Array(pairs.length)
  pairs.forEach(([index, lane], i) => {
    indices[i] = index
    values[i] = lane
    if (typeof lane !== 'number' || !Number.isFinite(values[i])) {
      throw invalid(`value '${lane}' is not a number or infinity`)
    }
    if (i > 0 && indices[i - 1] === index) throw invalid(`duplicated index ${index} in a sparse float vector`)
  })
  return { indices, values }
}

/** Turns a stored value into the SDK's form. */
export type Decode = (value: unknown) => unknown

/** The form in which 64-bit integers are returned. */
export type LongForm = (value: number | bigint) => unknown

export function decoderOf(field: Field, long: LongForm, transformers: OutputTransformers = {}): Decode {
  switch (field.type) {
    case DataType.Int64:
      return long as Decode
    case DataType.Array:
      if (isStructArray(field)) {
        const parts = field.fields!.map((part) => [part.name, decoderOf(part, long, transformers)] as const)
        return (value) =>
          (value as Record<string, unknown>[]).map((item) =>
            Object.fromEntries(parts.map(([name, decode]) => [name, decode(item[name])])),
          )
      }
      return field.element === DataType.Int64 ? (value) => (value as (number | bigint)[]).map(long) : (value) => value
    case DataType.Float16Vector:
    case DataType.BFloat16Vector: {
      const transform = transformers[field.type]
      if (transform === undefined) return lanesToArray
      const toBytes = field.type === DataType.Float16Vector ? f32ArrayToF16Bytes : f32ArrayToBf16Bytes
      return (value) => transform(toBytes(lanesToArray(value)))
    }
    case DataType.Int8Vector: {
      const transform = transformers[field.type]
      if (transform === undefined) return lanesToArray
      return (value) => transform(Int8Array.from(value as ArrayLike<number>))
    }
    case DataType.FloatVector:
    case DataType.BinaryVector:
      return lanesToArray
    case DataType.SparseFloatVector: {
      const transform = transformers[field.type]
      return (value) => {
        const { indices, values } = value as StoredSparse
        const dictionary: Record<string, number> = {}
        for (let i = 0; i < indices.length; i++) if (values[i] !== 0) dictionary[indices[i]!] = values[i]!
        return transform === undefined ? dictionary : transform(dictionary)
      }
    }
    case DataType.Timestamptz: {
      const { zone, timeParts } = field
      if (timeParts !== undefined) return (value) => partsOf(zone, value as string, timeParts).map(long)
      return zone === undefined ? (value) => value : (value) => textIn(zone, value as string)
    }
    default:
      return (value) => value
  }
}

// Array.from takes ten times as long.
function lanesToArray(value: unknown): number[] {
  const { length } = value as Lanes
  const lanes = new Array<number>(length)
  for (let i = 0; i < length; i++) lanes[i] = (value as Lanes)[i]!
  return lanes
}

/** A 64-bit integer as two halves, for `loaderOptions.longs: Function`. */
class Long {
  readonly low: number
  readonly high: number
  readonly unsigned = false

  constructor(value: bigint) {
    this.low = Number(BigInt.asIntN(32, value))
    this.high = Number(BigInt.asIntN(32, value >> 32n))
  }

  toBigInt(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0)
  }

  toNumber(): number {
    return Number(this.toBigInt())
  }

  toString(): string {
    return String(this.toBigInt())
  }

  toJSON(): string {
    return this.toString()
  }
}

/** The form that `loaderOptions.longs` asks for. */
export function longForm(longs: unknown): LongForm {
  if (longs === Number) return Number
  if (longs === undefined || longs === null || longs === String) return String
  return (value) => new Long(BigInt(value))
}
