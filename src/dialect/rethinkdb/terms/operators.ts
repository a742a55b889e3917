// Terms of arithmetic, comparison and logic, and control flow: `do`, `branch`, `default`, `error`, `args`.

import {
  asArray,
  asBool,
  asInteger,
  asNumber,
  asText,
  compare,
  type Datum,
  equal,
  finite,
  MAXVAL,
  MINVAL,
  Time,
  typeName,
  wholeMilliseconds,
} from '../datum.ts'
import { Failure, fail, ReqlQueryLogicError, ReqlUserError } from '../errors.ts'
import { type Call, evaluate, toFunc } from '../evaluate.ts'
import type { Operations } from '../registry.ts'
import { asDatum, Func, Grouped, Row, Special, type Val } from '../values.ts'

export type Step = (a: Datum, b: Datum, call: Call) => Datum

export function folded(step: Step): (call: Call) => Val {
  return (call) => {
    let value = call.datum(0)
    for (let i = 1; i < call.count; i++) value = step(value, call.datum(i), call)
    return value
  }
}

function add(a: Datum, b: Datum, call: Call): Datum {
  if (a instanceof Time) return new Time(finite(a.epoch + asNumber(b)), a.zone)
  if (b instanceof Time) return new Time(finite(asNumber(a) + b.epoch), b.zone)
  if (typeof a === 'string') return a + asText(b)
  if (Array.isArray(a)) return call.query.sized([...a, ...asArray(b)])
  return finite(asNumber(a) + asNumber(b))
}

function subtract(a: Datum, b: Datum): Datum {
  if (a instanceof Time) {
    return b instanceof Time ? wholeMilliseconds(a.epoch - b.epoch) : new Time(finite(a.epoch - asNumber(b)), a.zone)
  }
  return finite(asNumber(a) - asNumber(b))
}

function multiply(a: Datum, b: Datum, call: Call): Datum {
  if (!Array.isArray(a) && !Array.isArray(b)) return finite(asNumber(a) * asNumber(b))
  const array = Array.isArray(a) ? a : (b as Datum[])
  const times = asInteger(Array.isArray(a) ? b : a)
  if (times < 0) fail('Cannot multiply an ARRAY by a negative number.')
  if (times * array.length > call.query.arrayLimit) call.query.arrayTooLarge()
  // An empty array stays empty: a list of that many copies would not fit into memory.
  return array.length === 0 ? [] : Array.from({ length: times }, () => array).flat(1)
}

function divide(a: Datum, b: Datum): Datum {
  const dividend = asNumber(a)
  const divisor = asNumber(b)
  if (divisor === 0) fail('Cannot divide by zero.')
  return finite(dividend / divisor)
}

/** Compares each argument with the next; the first that fails decides. */
function chained(holds: (a: Datum, b: Datum) => boolean, isInverted = false): (call: Call) => Val {
  return (call) => {
    let left = call.datum(0)
    for (let i = 1; i < call.count; i++) {
      const right = call.datum(i)
      if (!holds(left, right)) return isInverted
      left = right
    }
    return !isInverted
  }
}

/** `default`: the answer in place of null and of what does not exist. */
function orDefault(call: Call): Val {
  let found: Val = null
  let missing: Failure | undefined
  try {
    found = call.first
    if (found instanceof Special && !(found instanceof Row)) return found
    if (asDatum(found) !== null) return found
  } catch (error) {
    if (!(error instanceof Failure) || !error.isMissing) throw error
    missing = error
  }
  try {
    const other = call.val(1)
    return other instanceof Func ? other.call([missing === undefined ? null : missing.text]) : other
  } catch (error) {
    if (!(error instanceof Failure) || !error.isEmpty) throw error
    if (missing !== undefined) throw missing
    return found
  }
}

function doCall(call: Call): Val {
  const func = toFunc(call.val(0, call.isLiteralOk), 'constant')
  if (call.count === 1) return func.call([], call.isLiteralOk)
  const values: Datum[] = []
  const { query } = call
  const first = query.steered(() => {
    const value = evaluate(call.args[1], call.scope, query, call.isLiteralOk)
    return value instanceof Grouped ? value : asDatum(value)
  })
  // Functions take only plain values, except where the body is evaluated with tables and selections.
  for (let i = 2; i < call.count; i++) values.push(query.steered(() => call.datum(i)))
  if (first instanceof Grouped) {
    const entries = first.entries.map(([group, value]) => [group, asDatum(func.call([value, ...values]))] as const)
    return new Grouped(entries, false)
  }
  return func.call([first, ...values], call.isLiteralOk)
}

function branch(call: Call): Val {
  if (call.count % 2 === 0) fail('Cannot call `branch` term with an even number of arguments.')
  let i = 0
  for (; i < call.count - 1; i += 2) {
    if (call.query.steered(() => call.bool(i))) return call.val(i + 1, call.isLiteralOk)
  }
  return call.val(i, call.isLiteralOk)
}

export const operatorTerms: Operations = {
  add: folded(add),
  sub: folded(subtract),
  mul: folded(multiply),
  div: folded(divide),
  mod(call) {
    const dividend = call.integer(0)
    const divisor = call.integer(1)
    if (divisor === 0) fail('Cannot take a number modulo 0.')
    return dividend % divisor || 0
  },
  eq: chained(equal),
  ne: chained(equal, true),
  lt: chained((a, b) => compare(a, b) < 0),
  le: chained((a, b) => compare(a, b) <= 0),
  gt: chained((a, b) => compare(a, b) > 0),
  ge: chained((a, b) => compare(a, b) >= 0),
  not: (call) => !call.bool(0),
  and(call) {
    let value: Val = true
    for (let i = 0; i < call.count; i++) {
      value = call.val(i)
      if (!asBool(asDatum(value))) break
    }
    return value
  },
  or(call) {
    for (let i = 0; i < call.count; i++) {
      const value = call.val(i)
      if (asBool(asDatum(value))) return value
    }
    return false
  },
  branch,
  do: doCall,
  default: orDefault,
  error(call) {
    if (call.count === 0) throw new Failure(ReqlQueryLogicError, 'Empty ERROR term outside a default block.', true)
    throw new Failure(ReqlUserError, call.text(0))
  },
  array: (call) => {
    const values: Datum[] = []
    // Literals are allowed only in the first argument: the server evaluates the others by different rules.
    for (let i = 0; i < call.count; i++) values.push(asDatum(call.val(i, call.isLiteralOk && i === 0)))
    return call.query.sized(values)
  },
  args: (call) => asArray(call.datum(0)),
  minval: () => MINVAL,
  maxval: () => MAXVAL,
  // The query's clock.
  now: (call) => call.query.now,
  typeOf: (call) => (call.first instanceof Special ? call.first.typeName : typeName(call.first)),
  asc: (call) => call.first,
  desc: (call) => call.first,
}
