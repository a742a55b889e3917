// How patterns and functions match a row.

import { asBool, type Datum, equal, isObject, Literal, typeError } from './datum.ts'
import { Failure, failMissing } from './errors.ts'
import { dropLiterals } from './stored.ts'
import { T } from './terms.ts'
import { asDatum, type Func } from './values.ts'

/** Whether a function's body is an object literal, which a filter treats as a pattern. */
export function isObjectTerm(func: Func): boolean {
  const body = func.node?.args[1]
  return body !== undefined && (body.type === T.MAKE_OBJ || body.type === T.DATUM)
}

/** Whether a filter keeps a row: by matching a pattern, or by the truth of an answer. */
export function filterTest(func: Func, row: Datum, pattern: boolean, otherwise: () => boolean): boolean {
  try {
    const answer = asDatum(func.call([row], true))
    return pattern && isObject(answer) ? matches(answer, row) : asBool(answer)
  } catch (error) {
    if (!(error instanceof Failure) || !error.isMissing) throw error
    try {
      return otherwise()
    } catch (second) {
      if (second instanceof Failure && second.isEmpty) throw error
      throw second
    }
  }
}

function matches(pattern: Datum, value: Datum): boolean {
  const wanted = dropLiterals(pattern)
  if (!isObject(wanted) || !isObject(pattern)) return wanted === undefined || equal(wanted, value)
  if (!isObject(value)) typeError(value, 'OBJECT')
  for (const name of Object.keys(pattern)) {
    const inner = pattern[name]
    const got = Object.hasOwn(value, name) ? value[name] : undefined
    if (got === undefined) failMissing(`No attribute \`${name}\` in object.`)
    if (isObject(inner) && isObject(got)) {
      if (!matches(inner, got)) return false
    } else if (inner instanceof Literal) {
      if (inner.value !== undefined && !equal(inner.value, got)) return false
    } else if (!equal(inner, got)) return false
  }
  return true
}
