// How values compare in filters. The machine in assembly/filter/value.ts does the same over encoded records.

import { elementTypeOf } from './binary.ts'
import { compareText } from './text-order.ts'
import type { Constant, TypeName } from './tree.ts'

/** The outcome of a comparison; an operator accepts a set of these. */
export const LESS = 1
export const EQUAL = 2
export const GREATER = 4
/** Unequal, and neither is less. */
export const APART = 8
/** Equal, but of a type without an order. */
export const SAME = 16

/** Outcomes an operator accepts. */
export const ACCEPTED = {
  eq: EQUAL | SAME,
  ne: LESS | GREATER | APART,
  lt: LESS,
  le: LESS | EQUAL,
  gt: GREATER,
  ge: GREATER | EQUAL,
} as const

export function typeOf(value: unknown): TypeName {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'number':
      return 'number'
    case 'bigint':
      return 'bigint'
    case 'boolean':
      return 'boolean'
    default:
      if (value === null) return 'null'
      if (Array.isArray(value)) return 'array'
      if (value instanceof Date) return 'date'
      return ArrayBuffer.isView(value) ? 'binary' : 'object'
  }
}

function compareStrings(a: string, b: string): number {
  const order = compareText(a, b)
  return order === 0 ? EQUAL : order < 0 ? LESS : GREATER
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

function compareBinaries(a: ArrayBufferView, b: ArrayBufferView): number {
  const x = bytesOf(a)
  const y = bytesOf(b)
  const bytes = Math.min(x.length, y.length)
  for (let i = 0; i < bytes; i++) if (x[i] !== y[i]) return x[i]! < y[i]! ? LESS : GREATER
  if (x.length !== y.length) return x.length < y.length ? LESS : GREATER
  return plain(elementTypeOf(a), elementTypeOf(b))
}

/** JavaScript compares number and bigint by exact value. */
function plain(a: number | bigint, b: number | bigint): number {
  if (a < b) return LESS
  if (a > b) return GREATER
  // NaN, which only arithmetic produces, is unordered with everything.
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number are equal by value
  return a == b ? EQUAL : APART
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

export function compareValues(a: Constant, b: Constant): number {
  if (isNumber(a) && isNumber(b)) return plain(a, b)
  const type = typeOf(a)
  if (type !== typeOf(b)) return APART
  switch (type) {
    case 'null':
      return EQUAL
    case 'boolean':
      return plain(Number(a), Number(b))
    case 'string':
      return compareStrings(a as string, b as string)
    case 'date':
      return plain((a as Date).getTime(), (b as Date).getTime())
    case 'binary':
      return compareBinaries(a as ArrayBufferView, b as ArrayBufferView)
    default:
      return isEqual(a, b) ? SAME : APART
  }
}

type Fields = { readonly [name: string]: Constant }

export function isEqual(a: Constant, b: Constant): boolean {
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    return a.every((element, index) => isEqual(element as Constant, b[index] as Constant))
  }
  if (typeOf(a) !== 'object') return compareValues(a, b) === EQUAL
  if (typeOf(b) !== 'object') return false
  const names = definedNames(a as Fields)
  if (names.length !== definedNames(b as Fields).length) return false
  return names.every((name) => {
    const other = Object.hasOwn(b as Fields, name) ? (b as Fields)[name] : undefined
    return other !== undefined && isEqual((a as Fields)[name]!, other)
  })
}

function definedNames(fields: Fields): string[] {
  return Object.keys(fields).filter((name) => fields[name] !== undefined)
}

// --- orders over all types

type Rank = (value: Constant) => number

/** Types by the names ReQL gives them, in alphabetical order: ARRAY BOOL NULL NUMBER OBJECT PTYPE<BINARY> PTYPE<TIME> STRING. */
const TOTAL: readonly TypeName[] = ['array', 'boolean', 'null', 'number', 'object', 'binary', 'date', 'string']
/** After a missing field. */
const SORTED: readonly TypeName[] = ['null', 'boolean', 'number', 'string', 'date', 'binary', 'array', 'object']

function rankAmong(types: readonly TypeName[]): Rank {
  const number = types.indexOf('number')
  return (value) => (isNumber(value) ? number : types.indexOf(typeOf(value)))
}

const totalRank = rankAmong(TOTAL)
const sortedRank = rankAmong(SORTED)

/** The types before that of a value in ReQL's order, and those after it. */
export function typesAround(value: Constant): {
  readonly before: readonly TypeName[]
  readonly behind: readonly TypeName[]
} {
  const rank = totalRank(value)
  // Both kinds of numbers have the same rank.
  const named = (types: readonly TypeName[]) =>
    types.flatMap((type) => (type === 'number' ? [type, 'bigint' as const] : [type]))
  return { before: named(TOTAL.slice(0, rank)), behind: named(TOTAL.slice(rank + 1)) }
}

/** ReQL's order. */
export function compareTotal(a: Constant, b: Constant): number {
  return compareRanked(a, b, totalRank)
}

/**
 * The order of `sort`: missing, null, boolean, number, string, date, binary, array, object. Arrays compare element by
 * element, objects as lists of names and values, sorted by name.
 *
 * @returns negative, 0 or positive.
 */
export function compareSorted(a: Constant | undefined, b: Constant | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  return compareRanked(a, b, sortedRank) - EQUAL
}

function compareRanked(a: Constant, b: Constant, rankOf: Rank): number {
  const rank = rankOf(a)
  const other = rankOf(b)
  if (rank !== other) return rank < other ? LESS : GREATER
  if (Array.isArray(a)) return compareLists(a as readonly Constant[], b as readonly Constant[], rankOf)
  if (typeOf(a) !== 'object') return compareValues(a, b)
  return compareLists(pairsOf(a as Fields), pairsOf(b as Fields), rankOf)
}

function pairsOf(fields: Fields): Constant[] {
  const names = definedNames(fields).sort((a, b) => compareText(a, b))
  return names.flatMap((name) => [name, fields[name]!])
}

function compareLists(a: readonly Constant[], b: readonly Constant[], rankOf: Rank): number {
  const count = Math.min(a.length, b.length)
  for (let i = 0; i < count; i++) {
    const outcome = compareRanked(a[i]!, b[i]!, rankOf)
    if (outcome !== EQUAL) return outcome
  }
  return plain(a.length, b.length)
}
