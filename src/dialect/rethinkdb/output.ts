// Converts a query's answer to the driver's form: Dates, Buffers, arrays of groups, sorted fields.

import { compareText } from '../../query/index.ts'
import { type Datum, Extreme, type Fields, Literal, plain, setField, sortedKeys, Time, TYPE } from './datum.ts'
import { fail, ReqlDriverError } from './errors.ts'
import { asBuffer } from './host.ts'
import { fromStored } from './stored.ts'

export interface Formats {
  readonly isTimeRaw: boolean
  readonly isBinaryRaw: boolean
  readonly isGroupRaw: boolean
}

const FORMATS = { timeFormat: 'isTimeRaw', binaryFormat: 'isBinaryRaw', groupFormat: 'isGroupRaw' } as const

/** The formats without any options. */
export const NATIVE: Formats = { isTimeRaw: false, isBinaryRaw: false, isGroupRaw: false }

/**
 * The formats among the run options. A value other than native and raw is refused when it first matters, as in the
 * driver.
 */
export function formatsOf(options: Readonly<Record<string, unknown>>): Formats {
  const formats = { isTimeRaw: false, isBinaryRaw: false, isGroupRaw: false }
  for (const [name, key] of Object.entries(FORMATS)) {
    const value = options[name] ?? options[name.replace('F', '_f')] ?? 'native'
    if (value !== 'native' && value !== 'raw') throw new ReqlDriverError(`Unknown ${name} run option ${String(value)}.`)
    formats[key] = value === 'raw'
  }
  return formats
}

function asDate(time: Time): Date {
  // The product of 1.001 and 1000 is less than 1001, and a Date truncates to whole milliseconds.
  return new Date(Math.round(time.epoch * 1000))
}

/** A value as the caller gets it: fresh, with sorted fields. */
export function toNative(value: Datum, formats: Formats): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const list = new Array<unknown>(value.length)
    for (let i = 0; i < value.length; i++) list[i] = toNative(value[i], formats)
    return list
  }
  if (value instanceof Time) return formats.isTimeRaw ? plain(value) : asDate(value)
  if (value instanceof Uint8Array) return formats.isBinaryRaw ? plain(value) : asBuffer(value)
  if (value instanceof Extreme) fail(`Cannot convert \`r.${value.name}\` to JSON.`)
  if (value instanceof Literal) return toNative(plain(value), formats)
  const object: Record<string, unknown> = {}
  for (const name of sortedKeys(value)) {
    const field = value[name]
    if (name === '__proto__') setField(object as Fields, name, toNative(field, formats) as Datum)
    else object[name] = typeof field === 'object' && field !== null ? toNative(field, formats) : field
  }
  return object
}

/** A stored document, fresh from the engine, as the caller gets it: a fast path for `toNative(fromStored(...))`. */
export function storedToNative(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? Number(value) : value
  if (value instanceof Date) return value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (typeof item === 'object' || typeof item === 'bigint') value[i] = storedToNative(item)
    }
    return value
  }
  if (ArrayBuffer.isView(value) || TYPE in value) return toNative(fromStored(value), NATIVE)
  const document = value as Record<string, unknown>
  const names = Object.keys(document)
  for (let i = 0; i < names.length; i++) {
    const inner = document[names[i]]
    if ((typeof inner === 'object' && inner !== null) || typeof inner === 'bigint') {
      setField(document as Fields, names[i], storedToNative(inner) as Datum)
    }
  }
  const order = orderOf(names)
  if (order === names) return document
  const sorted: Record<string, unknown> = {}
  for (let i = 0; i < order.length; i++) {
    const name = order[i]
    if (name === '__proto__') setField(sorted as Fields, name, document[name] as Datum)
    else sorted[name] = document[name]
  }
  return sorted
}

/** Recent lists of names with their order; the documents of a table have few distinct ones. */
const ORDERS: { readonly names: readonly string[]; readonly order: readonly string[] }[] = []
const ORDERS_MAX = 64

/** The names in byte order: the same list if it is already in order. */
function orderOf(names: readonly string[]): readonly string[] {
  const count = names.length
  if (count === 0) return names
  const at = (count * 31 + names[0].length * 7 + names[count - 1].length) % ORDERS_MAX
  const known = ORDERS[at]
  if (known !== undefined && known.names.length === count) {
    let same = 0
    while (same < count && known.names[same] === names[same]) same++
    if (same === count) return known.order === known.names ? names : known.order
  }
  const sorted = names.slice().sort(compareText)
  const order = sorted.every((name, i) => name === names[i]) ? names : sorted
  ORDERS[at] = { names, order }
  return order
}
