// Primary and secondary keys: which values are valid, how long their encoded form is, and their form in the engine.

import { asText, type Datum, Extreme, isGeometry, print, printNumber, printShort, Time, typeName } from './datum.ts'
import { fail, failMissing } from './errors.ts'

/** Maximum length of an encoded primary key in bytes. */
const PRIMARY_BYTES_MAX = 128

const encoder = new TextEncoder()

/** Whether `text` has no lone surrogate. */
export const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text)

/** Length of a text in UTF-8 bytes. */
export function textBytes(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return encoder.encode(text).length
  return text.length
}

function refuse(value: Datum, text: string): never {
  return value === null ? failMissing(text) : fail(text)
}

/** What a key is for: an `entry` is kept in a secondary index, a `bound` is looked up in one. */
type Purpose = 'primary' | 'entry' | 'bound'

/** Length of the encoded key; throws for an invalid key. */
function keyBytes(value: Datum, isInside: boolean, purpose: Purpose): number {
  const isPrimary = purpose === 'primary'
  switch (typeof value) {
    case 'string':
      if (isPrimary) requireNoNull(value)
      return 1 + textBytes(value)
    case 'number':
      return 18 + printNumber(value === 0 ? 0 : value).length
    case 'boolean':
      return 2
  }
  if (value instanceof Extreme) {
    if (purpose === 'entry') fail('Cannot use `r.minval` or `r.maxval` in an index key.')
    return 1
  }
  if (value instanceof Time) return 24 + printNumber(value.epoch).length
  if (value instanceof Uint8Array) return value.reduce((bytes, byte) => bytes + (byte < 2 ? 2 : 1), 8)
  if (Array.isArray(value)) {
    let bytes = 1
    for (const item of value) bytes += keyBytes(item, true, purpose) + 1
    return bytes
  }
  if (isGeometry(value)) {
    fail('Cannot use a geometry value as a key value in a primary or non-geospatial secondary index.')
  }
  if (isInside) {
    return refuse(
      value,
      `Array keys can only contain numbers, strings, bools,  pseudotypes, or arrays (got ${print(value)} of type ${typeName(value)}).`,
    )
  }
  const name = typeName(value)
  if (isPrimary) {
    refuse(
      value,
      `Primary keys must be either a number, string, bool, pseudotype or array (got type ${name}):\n${printShort(value)}`,
    )
  }
  const got =
    purpose === 'bound' ? `(got ${print(value)} of type ${name}).` : `(got type ${name}):\n${printShort(value)}`
  return refuse(value, `Secondary keys must be a number, string, bool, pseudotype, or array ${got}`)
}

function requireNoNull(text: string): void {
  const at = text.indexOf('\0')
  if (at < 0) return
  const shown = text.slice(0, 20).replaceAll('\0', '\\x00')
  fail(`String "${shown}" (truncated) contains NULL byte at offset ${textBytes(text.slice(0, at))} in index key.`)
}

/** Whether the value is certainly a primary key, as most are. A character takes at most three bytes per UTF-16 unit. */
export function isPlainKey(value: unknown): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && value.length <= 42 && !value.includes('\0'))
}

/** Throws the server's text for a value that cannot be a primary key. */
export function requirePrimaryKey(value: Datum): void {
  if (isPlainKey(value)) return
  if (keyBytes(value, false, 'primary') > PRIMARY_BYTES_MAX)
    fail(`Primary key too long (max 127 characters): ${print(value)}`)
}

/** Throws the server's text for a value that cannot bound primary keys; a bound may be longer than a key. */
export function requirePrimaryBound(value: Datum): void {
  keyBytes(value, false, 'primary')
}

/** Whether the value contains r.minval or r.maxval. */
export function holdsExtreme(value: Datum): boolean {
  return value instanceof Extreme || (Array.isArray(value) && value.some(holdsExtreme))
}

/** Throws unless the value can be a key of a secondary index. */
export function requireSecondaryKey(value: Datum): void {
  keyBytes(value, false, 'entry')
}

/** Throws unless the value can be looked up in a secondary index. */
export function requireSecondaryBound(value: Datum): void {
  keyBytes(value, false, 'bound')
}

/** A primary key in the engine's form: instants as Dates. */
export function engineKey(value: Datum): never {
  if (value instanceof Time) return new Date(Math.round(value.epoch * 1000)) as never
  if (Array.isArray(value)) return value.map(engineKey) as never
  return value as never
}

/** Checks the name of a database or table. */
export function requireName(value: Datum, noun: 'Database' | 'Table'): string {
  const name = asText(value)
  if (!/^[A-Za-z0-9_-]+$/.test(name)) fail(`${noun} name \`${name}\` invalid (Use A-Z, a-z, 0-9, _ and - only).`)
  return name
}
