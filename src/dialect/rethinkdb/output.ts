// What a query answers, as the driver hands it over: Dates, Buffers, arrays of groups, fields in order.

import { type Datum, Extreme, type Fields, Literal, plain, setField, sortedKeys, Time } from './datum.ts'
import { fail, ReqlDriverError } from './errors.ts'
import { asBuffer } from './host.ts'
import type { Grouped } from './values.ts'

export interface Formats {
  readonly isTimeRaw: boolean
  readonly isBinaryRaw: boolean
  readonly isGroupRaw: boolean
}

const FORMATS = { timeFormat: 'isTimeRaw', binaryFormat: 'isBinaryRaw', groupFormat: 'isGroupRaw' } as const

/** The formats among the run options. What is neither native nor raw is refused when it first matters, as the driver does. */
export function formatsOf(options: Readonly<Record<string, unknown>>): Formats {
  const formats = { isTimeRaw: false, isBinaryRaw: false, isGroupRaw: false }
  for (const [name, key] of Object.entries(FORMATS)) {
    const value = options[name] ?? options[name.replace('F', '_f')] ?? 'native'
    if (value !== 'native' && value !== 'raw') throw new ReqlDriverError(`Unknown ${name} run option ${value}.`)
    formats[key] = value === 'raw'
  }
  return formats
}

export function asDate(time: Time): Date {
  return new Date(time.epoch * 1000)
}

/** A value as the caller gets it: fresh, fields sorted. */
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

export function groupsToNative(grouped: Grouped, formats: Formats): unknown {
  const pairs = grouped.entries.map(([group, value]) => [toNative(group, formats), toNative(value, formats)])
  if (formats.isGroupRaw) return { $reql_type$: 'GROUPED_DATA', data: pairs }
  return pairs.map(([group, reduction]) => ({ group, reduction }))
}
