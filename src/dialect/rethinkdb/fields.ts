// Fields and elements: what terms for them answer, and documents merged.

import {
  asArray,
  asObject,
  asText,
  type Datum,
  type Fields,
  field,
  isObject,
  isPseudo,
  Literal,
  needField,
  printShort,
  setField,
  typeName,
} from './datum.ts'
import { fail, failMissing } from './errors.ts'
import { type Call, toStream, waiting, withStep } from './evaluate.ts'
import { type Operations, streaming } from './registry.ts'
import { dropLiterals, strayLiteral } from './stored.ts'
import { asDatum, Row, Selection, Special, Stream, TableSlice, type Val, VirtualTable } from './values.ts'

/** `row(key)`: a field of an object, an element of an array, the fields of an array of objects. */
export function fieldOf(row: Datum, key: Datum): Datum {
  if (isObject(row) && typeof key === 'string') {
    if (isPseudo(row)) fail(`Cannot call \`bracket\` on objects of type \`${typeName(row)}\`.`)
    return needField(row, key)
  }
  if (Array.isArray(row)) {
    if (typeof key === 'number') return nthOf(row, key)
    const name = asText(key)
    return row.flatMap((item) => {
      const value = isObject(item) ? field(item, name) : undefined
      return value === undefined ? [] : [value]
    })
  }
  return nonSequence(row, 'bracket')
}

export function nonSequence(value: Val, name: string): never {
  const shown = value instanceof Special && !(value instanceof Row) ? value.show() : printShort(asDatum(value))
  const text = `Cannot perform ${name} on a non-object non-sequence \`${shown}\`.`
  return asNullable(value) === null ? failMissing(text) : fail(text)
}

function asNullable(value: Val): unknown {
  return value instanceof Row ? value.value : value
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

export function pseudoRefused(call: Call, value: Datum): never {
  return fail(`Cannot call \`${call.name}\` on objects of type \`${typeName(value)}\`.`)
}

function getField(call: Call, name: string): Val {
  const { first } = call
  const value = first instanceof Row ? first.value : first
  if (isObject(value) && !(value instanceof Special)) {
    if (isPseudo(value)) pseudoRefused(call, value)
    return needField(value, name)
  }
  if (!isSequence(value)) {
    if (!(value instanceof Special) && isPseudo(value)) pseudoRefused(call, value)
    return nonSequence(first, call.name)
  }
  const apply = (item: Datum): Datum | undefined => {
    if (isObject(item) && !isPseudo(item)) return field(item, name)
    if (item === null) return undefined
    if (Array.isArray(item)) fail(`Cannot perform ${call.name} on a sequence of sequences.`)
    return isObject(item) ? pseudoRefused(call, item) : nonSequence(item, call.name)
  }
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

/** Fields of `b` over those of `a`, objects within objects too; literals are put as they are. */
export function merge(a: Datum, b: Datum): Datum {
  if (b instanceof Literal) return b.value ?? a
  if (!isObject(b) || !isObject(a) || isPseudo(a) || isPseudo(b)) return b
  const merged: Fields = { ...a }
  for (const name of Object.keys(b)) {
    const value = b[name]
    if (value instanceof Literal) {
      if (value.value === undefined) delete merged[name]
      else setField(merged, name, value.value)
      continue
    }
    const old = field(merged, name)
    const isDeep = old !== undefined && isObject(value) && isObject(old)
    const next = isDeep ? merge(old, value) : dropLiterals(value)
    if (next !== undefined) setField(merged, name, next)
  }
  return merged
}

export const fieldTerms: Operations = {
  bracket(call) {
    const key = call.datum(1)
    if (typeof key === 'number') return nth(call, call.integer(1))
    if (typeof key === 'string') return getField(call, key)
    const text = `Expected NUMBER or STRING as second argument to \`bracket\` but found ${typeName(key)}.`
    return key === null ? failMissing(text) : fail(text)
  },
  getField: (call) => getField(call, call.text(1)),
  nth: (call) => nth(call, call.integer(1)),
  literal(call) {
    if (!call.isLiteralOk) strayLiteral()
    return new Literal(call.count === 0 ? undefined : call.datum(0))
  },
}
streaming('bracket', 'getField', 'nth')
