// Converts between ReQL's values and documents as the engine stores them. An instant in UTC with whole milliseconds is
// stored as a Date and bytes as bytes, so that other interfaces on the same store see types they know; any other
// pseudo-type is stored as its object.

import { isDate } from '../../value/index.ts'
import {
  asArray,
  asText,
  type Datum,
  type Fields,
  field,
  fromBase64,
  isObject,
  Literal,
  printShort,
  setField,
  sortedKeys,
  Time,
  TYPE,
  typeName,
} from './datum.ts'
import { fail, failMissing } from './errors.ts'
import { isBuffer } from './host.ts'

/** Maximum number of elements in an array on disk, whatever a query's array limit. */
export const STORED_ARRAY_MAX = 100_000

/** Turns a stored document into a value, in place. */
export function fromStored(value: unknown): Datum {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value as Datum
  if (value instanceof Date) return new Time(value.getTime() / 1000, '+00:00')
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (typeof item === 'object' || typeof item === 'bigint') value[i] = fromStored(item)
    }
    return value
  }
  if (ArrayBuffer.isView(value)) {
    return value instanceof Uint8Array ? value : Array.from(value as unknown as ArrayLike<number | bigint>, Number)
  }
  const object = value as Record<string, unknown>
  for (const name in object) {
    const item = object[name]
    if ((typeof item === 'object' && item !== null) || typeof item === 'bigint') {
      setField(object as Fields, name, fromStored(item))
    }
  }
  return TYPE in object ? pseudo(object as Fields) : (object as Fields)
}

/** What is wrong with the fields of an instant: the first invalid field in their order, or a missing one. */
function timeComplaint(object: Fields): string | undefined {
  for (const name of sortedKeys(object)) {
    const value = object[name]
    const shown = () => `(got \`${printShort(value)}\` of type ${typeName(value)})`
    if (name === 'epoch_time') {
      if (typeof value !== 'number') return `field \`${name}\` must be a number ${shown()}`
    } else if (name === 'timezone') {
      if (typeof value !== 'string') return `field \`${name}\` must be a string ${shown()}`
      if (zoneOf(value) === undefined) return `invalid timezone string \`${printShort(value)}\``
    } else if (name !== TYPE) return `unrecognized field \`${name}\``
  }
  const missing = ['epoch_time', 'timezone'].find((name) => !Object.hasOwn(object, name))
  return missing === undefined ? undefined : `no field \`${missing}\``
}

/** A zone as `+hh:mm`, or undefined. */
function zoneOf(text: string): string | undefined {
  if (text === 'Z') return '+00:00'
  const match = /^([-+])([01]\d|2[0-4])(?::?([0-5]\d))?$/.exec(text)
  if (match === null || text === '-00' || text === '-00:00') return undefined
  return `${match[1]}${match[2]}:${match[3] ?? '00'}`
}

function requireGeometryFields(object: Fields): void {
  for (const name of sortedKeys(object)) {
    if (name === 'coordinates') asArray(object[name])
    else if (name === 'type') asText(object[name])
    else if (name !== 'crs' && name !== TYPE) fail(`Unrecognized field \`${name}\` found in geometry object.`)
  }
  for (const name of ['type', 'coordinates']) {
    if (!Object.hasOwn(object, name)) failMissing(`Field \`${name}\` not found in geometry object.`)
  }
}

/** The pseudo-type of a JSON object with `$reql_type$`. */
export function pseudo(object: Fields): Datum {
  const type = object[TYPE]
  if (type === 'TIME') {
    const wrong = timeComplaint(object)
    if (wrong !== undefined) fail(`Invalid time object constructed (${wrong}):\n${printShort(object)}`)
    return new Time(object.epoch_time as number, zoneOf(object.timezone as string) as string)
  }
  if (type === 'BINARY') {
    const data = field(object, 'data')
    for (const name of sortedKeys(object)) {
      if (name !== TYPE && name !== 'data') fail(`Invalid binary pseudotype: illegal \`${name}\` key.`)
    }
    if (data === undefined) fail('Invalid binary pseudotype: lacking `data` key.')
    return fromBase64(asText(data))
  }
  if (type === 'LITERAL') return new Literal(field(object, 'value'))
  if (type === 'GEOMETRY') {
    requireGeometryFields(object)
    return object
  }
  if (typeof type !== 'string') {
    fail(
      `Error: Field \`${TYPE}\` must be a string (got \`${printShort(type)}\` of type ${typeName(type)}):\n${printShort(object)}`,
    )
  }
  return fail(`Unknown $reql_type$ \`PTYPE<${type}>\`.`)
}

/** A caller's value, or parsed JSON, as one of our values. Copies only what it changes, and the containers of that. */
export function fromNative(value: unknown): Datum {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError(`Illegal non-finite number \`${value}\`.`)
  if (typeof value === 'bigint') throw new TypeError('Do not know how to serialize a BigInt')
  if (typeof value !== 'object' || value === null) return value as Datum
  if (isBuffer(value)) return new Uint8Array(value)
  if (Array.isArray(value)) return value.map(fromNative)
  if (Object.getPrototypeOf(value) !== Object.prototype && isDate(value))
    return new Time(value.getTime() / 1000, '+00:00')
  const object: Fields = {}
  for (const name of Object.keys(value)) setField(object, name, fromNative((value as Record<string, unknown>)[name]))
  return Object.hasOwn(object, TYPE) ? pseudo(object) : object
}

export function strayLiteral(): never {
  fail(
    'Stray literal keyword found: literal is only legal inside of the object passed to merge or update and cannot nest inside other literals.',
  )
}

/** The value with its literals replaced by their contents. */
export function dropLiterals(value: Datum): Datum | undefined {
  if (value instanceof Literal) return value.value
  if (Array.isArray(value)) {
    const items = value.map(dropLiterals)
    return items.every((item, i) => item === value[i]) ? value : items.filter((item) => item !== undefined)
  }
  if (!isObject(value)) return value
  let copy: Fields | undefined
  for (const name of Object.keys(value)) {
    const inner = dropLiterals(value[name])
    if (inner === value[name]) continue
    copy ??= { ...value }
    if (inner === undefined) delete copy[name]
    else setField(copy, name, inner)
  }
  return copy ?? value
}
