// Fields and elements: what their terms answer, and how documents are merged.

import {
  asArray,
  asInteger,
  asObject,
  asShortInteger,
  type Datum,
  type Fields,
  field,
  isObject,
  isPseudo,
  Literal,
  needField,
  plain as plainOf,
  printShort,
  setField,
  Time,
  TYPE,
  typeName,
} from './datum.ts'
import { fail, failMissing } from './errors.ts'
import { type Call, plainFirst, toStream, waiting, withStep } from './evaluate.ts'
import type { Operations } from './registry.ts'
import { dropLiterals, pseudo, strayLiteral } from './stored.ts'
import { asDatum, failKind, Row, Selection, Special, Stream, TableSlice, type Val, VirtualTable } from './values.ts'

/** `row(key)`: a field of an object, an element of an array, the fields of an array of objects. */
export function fieldOf(row: Datum, key: Datum): Datum {
  if (typeof key === 'number') return nthOf(asArray(row), asInteger(key))
  if (typeof key !== 'string') return wrongKey(key)
  if (Array.isArray(row)) {
    return row.flatMap((item) => {
      const value = fieldIn(item, key, 'bracket')
      return value === undefined ? [] : [value]
    })
  }
  requireObject(row, 'bracket')
  return needField(row, key)
}

function wrongKey(key: Datum): never {
  const text = `Expected NUMBER or STRING as second argument to \`bracket\` but found ${typeName(key)}.`
  return key === null ? failMissing(text) : fail(text)
}

/** Throws unless the value is an object and not a pseudo-type; terms about objects do not accept bytes. */
export function requireObject(value: Datum, name: string): asserts value is Fields {
  if (value instanceof Uint8Array || !(isObject(value) || isPseudo(value))) nonSequence(value, name)
  if (isPseudo(value)) failKind(`Cannot call \`${name}\` on objects of type \`${typeName(value)}\`.`, value)
}

/** The field of an element of a sequence; undefined if it is missing or the element is null. */
function fieldIn(item: Datum, key: string, name: string): Datum | undefined {
  if (Array.isArray(item)) fail(`Cannot perform ${name} on a sequence of sequences.`)
  if (item === null) return undefined
  requireObject(item, name)
  return field(item, key)
}

export function nonSequence(value: Val, name: string): never {
  const shown = value instanceof Special && !(value instanceof Row) ? value.show() : printShort(asDatum(value))
  const text = `Cannot perform ${name} on a non-object non-sequence \`${shown}\`.`
  return failKind(text, value)
}

function nthOf(array: readonly Datum[], n: number): Datum {
  const at = n < 0 ? array.length + n : n
  const value = at < 0 ? undefined : array[at]
  return value === undefined ? failMissing(`Index out of bounds: ${n}`) : value
}

export function isSequence(value: Val): boolean {
  return (
    Array.isArray(value) ||
    value instanceof Stream ||
    value instanceof Selection ||
    value instanceof TableSlice ||
    value instanceof VirtualTable
  )
}

function getField(call: Call, name: string): Val {
  const value = plainFirst(call)
  if (!isSequence(value)) {
    if (value instanceof Special) return nonSequence(value, call.name)
    requireObject(value, call.name)
    return needField(value, name)
  }
  const apply = (item: Datum): Datum | undefined => fieldIn(item, name, call.name)
  return withStep(call, value, { kind: 'map', apply, isFixed: true })
}

function nth(call: Call, n: number): Val {
  const { first } = call
  if (!(first instanceof Special)) return nthOf(asArray(first), n)
  if (first instanceof Row) return nthOf(asArray(first.value), n)
  if (n < -1) fail(`Cannot use an index < -1 (${n}) on a stream.`)
  const pull = waiting(toStream(first))
  let last: Datum | undefined
  for (let i = 0; ; i++) {
    const value = pull()
    if (value === undefined) {
      if (n === -1 && last !== undefined) break
      return failMissing(`Index out of bounds: ${n}`)
    }
    last = value
    if (i === n) break
  }
  const found = last!
  if (first instanceof TableSlice || first instanceof Selection) {
    return new Row(first.table, needField(asObject(found), first.table.primaryKey), () => found)
  }
  return found
}

/** The object that merging sees: an instant counts as one. */
function fieldsOf(value: Datum | undefined): Fields | undefined {
  if (value instanceof Time) return plainOf(value)
  return isObject(value) ? value : undefined
}

/** Merges the fields of `b` over those of `a`, recursively; literals replace a field as a whole. */
export function merge(a: Datum, b: Datum): Datum {
  if (b instanceof Literal) return b.value ?? a
  const [old, given] = [fieldsOf(a), fieldsOf(b)]
  if (old === undefined || given === undefined) return b
  const merged = mergeFields(old, given)
  return Object.hasOwn(merged, TYPE) ? pseudo(merged) : merged
}

/** Like `merge`, but an instant or a shape changes only its like. */
export function mergePatch(a: Datum, patch: Datum): Datum {
  if (isPseudo(patch) && !(patch instanceof Literal || patch instanceof Uint8Array)) {
    fail(`Cannot merge objects of type \`${typeName(patch)}\`.`)
  }
  return merge(a, patch)
}

function mergeFields(a: Fields, b: Fields): Fields {
  const merged: Fields = { ...a }
  for (const name of Object.keys(b)) {
    const value = b[name]
    if (value instanceof Literal) {
      if (value.value === undefined) delete merged[name]
      else setField(merged, name, value.value)
      continue
    }
    const old = field(merged, name)
    const isDeep = old !== undefined && fieldsOf(value) !== undefined
    const next = isDeep ? merge(old, dropUnder(old, value)) : dropLiterals(value)
    if (next !== undefined) setField(merged, name, next)
  }
  return merged
}

/** The replacement for a value that is not an object: literals in it stand for their contents. */
function dropUnder(old: Datum, value: Datum): Datum {
  return fieldsOf(old) === undefined ? (dropLiterals(value) as Datum) : value
}

export const fieldTerms: Operations = {
  bracket(call) {
    const key = call.datum(1)
    if (typeof key === 'number') return nth(call, asShortInteger(key))
    return typeof key === 'string' ? getField(call, key) : wrongKey(key)
  },
  getField: (call) => getField(call, call.text(1)),
  nth: (call) => nth(call, call.shortInteger(1)),
  literal(call) {
    if (!call.isLiteralOk) strayLiteral()
    return new Literal(call.count === 0 ? undefined : call.datum(0))
  },
}
