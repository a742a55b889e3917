// ReQL's values as evaluation sees them: JavaScript's own where they fit, and a class for each pseudo-type that is not
// a plain object; also how they are named, compared and printed.

import { compareText } from '../../query/index.ts'
import { fail, failMissing } from './errors.ts'

/** An instant with a zone: `+hh:mm` or `-hh:mm`. */
export class Time {
  /** Seconds since 1970, with milliseconds. */
  readonly epoch: number
  readonly zone: string

  constructor(epoch: number, zone: string) {
    this.epoch = wholeMilliseconds(epoch)
    this.zone = zone
  }
}

/** Rounds seconds to milliseconds: neither an instant nor the difference of two is finer. */
export function wholeMilliseconds(seconds: number): number {
  return (Math.sign(seconds) * Math.round(Math.abs(seconds) * 1000)) / 1000 || 0
}

/** `r.minval` or `r.maxval`. */
export class Extreme {
  readonly name: 'minval' | 'maxval'

  constructor(name: 'minval' | 'maxval') {
    this.name = name
  }
}

/** `r.literal(x)`, which exists only until the merge it was written for. */
export class Literal {
  readonly value: Datum | undefined

  constructor(value: Datum | undefined) {
    this.value = value
  }
}

export const MINVAL = new Extreme('minval')
export const MAXVAL = new Extreme('maxval')

export type Fields = { [name: string]: Datum }
export type Datum =
  | null
  | boolean
  | number
  | string
  | Datum[]
  | Time
  | Uint8Array
  | Extreme
  | Literal
  | { [name: string]: Datum }

export const TYPE = '$reql_type$'

/** A plain object. Includes geometry, which is one with a `$reql_type$`. */
export function isObject(value: unknown): value is Fields {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Time || value instanceof Uint8Array || value instanceof Extreme || value instanceof Literal)
  )
}

export function isGeometry(value: unknown): value is Fields {
  return isObject(value) && value[TYPE] === 'GEOMETRY'
}

export function typeName(value: Datum): string {
  switch (typeof value) {
    case 'boolean':
      return 'BOOL'
    case 'number':
      return 'NUMBER'
    case 'string':
      return 'STRING'
  }
  if (value === null) return 'NULL'
  if (Array.isArray(value)) return 'ARRAY'
  if (value instanceof Time) return 'PTYPE<TIME>'
  if (value instanceof Uint8Array) return 'PTYPE<BINARY>'
  if (value instanceof Extreme) return value.name.toUpperCase()
  if (value instanceof Literal) return 'PTYPE<LITERAL>'
  return Object.hasOwn(value, TYPE) ? `PTYPE<${value[TYPE]}>` : 'OBJECT'
}

/** Whether the value is of a pseudo-type, so that object terms refuse it. */
export function isPseudo(value: Datum): boolean {
  return typeof value === 'object' && value !== null && typeName(value).startsWith('PTYPE')
}

/** The field of this name, or undefined. Names are data: `__proto__` is a name like any other. */
export function field(object: Fields, name: string): Datum | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

export function setField(object: Fields, name: string, value: Datum): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  } else {
    object[name] = value
  }
}

export function needField(object: Fields, name: string): Datum {
  const value = field(object, name)
  if (value === undefined) failMissing(`No attribute \`${name}\` in object:\n${print(object)}`)
  return value
}

/** An object's field names in the order used everywhere: by UTF-8 bytes. */
export function sortedKeys(object: object): string[] {
  const keys = Object.keys(object)
  for (let i = 1; i < keys.length; i++) {
    if (compareText(keys[i - 1], keys[i]) > 0) return keys.sort(compareText)
  }
  return keys
}

const RANK: Readonly<Record<string, number>> = {
  MINVAL: 0,
  ARRAY: 1,
  BOOL: 2,
  NULL: 3,
  NUMBER: 4,
  OBJECT: 5,
  'PTYPE<BINARY>': 6,
  'PTYPE<GEOMETRY>': 7,
  'PTYPE<LITERAL>': 8,
  'PTYPE<TIME>': 9,
  STRING: 10,
  MAXVAL: 11,
}

/** ReQL's total order: by type, then by value. */
export function compare(a: Datum, b: Datum): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (a === b) return 0
  const areObjects = isObject(a) && isObject(b)
  if (!areObjects) {
    const order = RANK[typeName(a)] - RANK[typeName(b)]
    if (order !== 0) return order
  }
  if (typeof a === 'boolean') return a ? 1 : -1
  if (Array.isArray(a)) return compareLists(a, b as Datum[], compare)
  if (a instanceof Time) return compare(a.epoch, (b as Time).epoch)
  if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array)
  if (!areObjects) return 0
  const keys = sortedKeys(a)
  const otherKeys = sortedKeys(b)
  const length = Math.min(keys.length, otherKeys.length)
  for (let i = 0; i < length; i++) {
    const order = compareText(keys[i], otherKeys[i]) || compare(a[keys[i]], b[keys[i]])
    if (order !== 0) return order
  }
  return keys.length - otherKeys.length
}

function compareLists(a: Datum[], b: Datum[], by: (a: Datum, b: Datum) => number): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = by(a[i], b[i])
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

export function equal(a: Datum, b: Datum): boolean {
  return a === b || compare(a, b) === 0
}

function quote(text: string): string {
  return JSON.stringify(text).replace(CONTROL, (whole) => whole.slice(0, -2) + whole.slice(-2).toUpperCase())
}

const CONTROL = /(?<!\\)(?:\\\\)*\\u00[01][0-9a-f]/g

/** A number as the server writes it: anything but a safe integer has a point or an exponent. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value)
  if (Number.isInteger(value) && Math.abs(value) <= 2 ** 53) return text
  if (text.includes('e')) return text.replace('e+', 'e')
  return text.includes('.') ? text : `${text}.0`
}

/** The value as JSON on one line with sorted object fields: the answer of `toJSON` and `coerceTo('string')`. */
export function toJson(value: Datum): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return numberText(value)
  if (value === null || typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`
  const object = plain(value)
  return `{${sortedKeys(object)
    .map((key) => `${quote(key)}:${toJson(object[key])}`)
    .join(',')}}`
}

/** The value as error texts show it: one tab per level, and a tab after each field's colon. */
export function print(value: Datum, indent = ''): string {
  if (value === null || typeof value !== 'object') return toJson(value)
  const deeper = `${indent}\t`
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((item) => deeper + print(item, deeper)).join(',\n')}\n${indent}]`
  }
  const object = plain(value)
  const keys = sortedKeys(object)
  if (keys.length === 0) return '{}'
  return `{\n${keys.map((key) => `${deeper}${quote(key)}:\t${print(object[key], deeper)}`).join(',\n')}\n${indent}}`
}

/** The printed value, cut at 300 characters. */
export function printShort(value: Datum): string {
  const text = print(value)
  return text.length > 300 ? `${text.slice(0, 297)}...` : text
}

/** Pseudo-types as their JSON objects. */
export function plain(value: Exclude<Datum, null | boolean | number | string | Datum[]>): Fields {
  if (value instanceof Time) return { [TYPE]: 'TIME', epoch_time: value.epoch, timezone: value.zone }
  if (value instanceof Uint8Array) return { [TYPE]: 'BINARY', data: toBase64(value) }
  if (value instanceof Extreme) fail(`Cannot convert \`r.${value.name}\` to JSON.`)
  if (value instanceof Literal) {
    return value.value === undefined ? { [TYPE]: 'LITERAL' } : { [TYPE]: 'LITERAL', value: value.value }
  }
  return value as Fields
}

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

export function fromBase64(text: string): Uint8Array {
  const wrong = /[^A-Za-z0-9+/=\s]/.exec(text)
  const body = text.replace(/\s/g, '')
  const padding = body.indexOf('=')
  if (padding >= 0 && /[^=]/.test(body.slice(padding))) {
    fail("Invalid base64 format, data found after padding character '='.")
  }
  if (wrong !== null) fail(`Invalid base64 character found: '${wrong[0]}'.`)
  const data = body.replace(/=/g, '')
  if (data.length % 4 === 1) {
    fail('Invalid base64 length: 1 character remaining, cannot decode a full byte.')
  }
  return Uint8Array.from(atob(data), (character) => character.charCodeAt(0))
}

/** A number in C's `%.20g` format, which error texts use for numbers that should be whole. */
export function printNumber(value: number): string {
  const text = value.toPrecision(20)
  const [digits, exponent] = text.split('e')
  const short = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
  if (exponent === undefined) return short
  return `${short}e${exponent.length === 2 ? `${exponent[0]}0${exponent[1]}` : exponent}`
}

// What a term demands of a value: returns the value, or fails with the server's text for one of another type.

export function typeError(value: Datum, expected: string): never {
  const text = `Expected type ${expected} but found ${typeName(value)}.`
  return value === null ? failMissing(text) : fail(text)
}

export function asNumber(value: Datum): number {
  return typeof value === 'number' ? value : typeError(value, 'NUMBER')
}

export function asText(value: Datum): string {
  return typeof value === 'string' ? value : typeError(value, 'STRING')
}

/** Only `null` and `false` are false. */
export function asBool(value: Datum): boolean {
  return typeof value === 'boolean' ? value : value !== null
}

export function asArray(value: Datum): Datum[] {
  return Array.isArray(value) ? value : typeError(value, 'ARRAY')
}

export function asObject(value: Datum): Fields {
  return isObject(value) ? value : typeError(value, 'OBJECT')
}

export function asTime(value: Datum): Time {
  return value instanceof Time ? value : fail(`Not a TIME pseudotype: \`${printShort(value)}\`.`)
}

/** A whole number that a double holds exactly. */
export function asInteger(value: Datum): number {
  const number = asNumber(value)
  if (!Number.isInteger(number)) fail(`Number not an integer: ${printNumber(number)}`)
  if (Math.abs(number) > 2 ** 53)
    fail(`Number not an integer (${number > 0 ? '>2^53' : '<-2^53'}): ${printNumber(number)}`)
  return number
}

/** A 32-bit integer. */
export function asShortInteger(value: Datum): number {
  const integer = asInteger(value)
  return integer === (integer | 0) ? integer : fail(`Integer too large: ${integer}`)
}

/** A result of arithmetic, which must be finite. */
export function finite(value: number): number {
  if (!Number.isFinite(value)) fail(`Non-finite number: ${value > 0 ? 'inf' : value < 0 ? '-inf' : '-nan'}`)
  return value
}
