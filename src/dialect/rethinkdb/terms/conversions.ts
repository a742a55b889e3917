// Conversion, rounding, bits, random numbers.

import { v5 as nameUuid, v4 as uuid } from 'uuid'
import {
  asArray,
  asInteger,
  asNumber,
  asText,
  type Datum,
  type Fields,
  field,
  finite,
  isObject,
  needField,
  plain,
  printNumber,
  printShort,
  setField,
  sortedKeys,
  Time,
  toJson,
  typeName,
} from '../datum.ts'
import { Failure, fail, failMissing } from '../errors.ts'
import { type Call, finite as finiteOf, toFunc, toStream } from '../evaluate.ts'
import { jsonComplaint, repeatedKey } from '../json.ts'
import type { Operations } from '../registry.ts'
import { fromNative } from '../stored.ts'
import {
  asDatum,
  collect,
  Db,
  Func,
  Grouped,
  Row,
  Selection,
  Special,
  TableSlice,
  type Val,
  VirtualTable,
} from '../values.ts'
import { folded, type Step } from './operators.ts'

const DATUM_TYPES = ['NULL', 'BINARY', 'BOOL', 'NUMBER', 'STRING', 'ARRAY', 'OBJECT', 'MINVAL', 'MAXVAL']
const TYPES = [
  ...['DB', 'TABLE', 'TABLE_SLICE', 'SELECTION<STREAM>', 'SELECTION<ARRAY>', 'STREAM', 'SELECTION<OBJECT>', 'DATUM'],
  ...['FUNCTION', 'GROUPED_DATA', ...DATUM_TYPES],
]

/** The type, as `coerceTo` names it. */
function basicType(value: Val): string {
  if (value instanceof Special && !(value instanceof Row)) return value.typeName
  const name = typeName(asDatum(value))
  return name === 'PTYPE<BINARY>' ? 'BINARY' : name.startsWith('PTYPE') ? 'OBJECT' : name
}

/** The types that a value counts as besides its own. */
function kindsOf(value: Val): readonly string[] {
  if (value instanceof Row) return ['SELECTION<OBJECT>', 'DATUM']
  if (!(value instanceof Special)) return ['DATUM', 'STREAM']
  if (value instanceof Func || value instanceof Db || value instanceof Grouped) return []
  if (value instanceof TableSlice || value instanceof VirtualTable) {
    return [value.kind, 'TABLE_SLICE', 'SELECTION<STREAM>', 'STREAM']
  }
  return value instanceof Selection ? ['SELECTION<STREAM>', 'STREAM'] : ['STREAM']
}

function coerce(call: Call): Val {
  const value = call.first
  const type = call.text(1).toUpperCase()
  if (!TYPES.includes(type)) fail(`Unknown Type: ${type}`)
  const from = basicType(value)
  // A value that already is of the type, even if only among others, stays as it is.
  if (type === from || kindsOf(value).includes(type)) return value
  if (type === 'BOOL') return from !== 'NULL'
  const datum = value instanceof Special && !(value instanceof Row) ? undefined : asDatum(value)
  if (datum !== undefined) {
    if (type === 'STRING') return datum instanceof Uint8Array ? decodeText(datum) : toJson(datum)
    if (type === 'BINARY' && typeof datum === 'string') return new TextEncoder().encode(datum)
    if (type === 'ARRAY' && (isObject(datum) || datum instanceof Time)) {
      const object = plain(datum)
      return sortedKeys(object).map((name) => [name, object[name]])
    }
    if (type === 'NUMBER' && typeof datum === 'string') return parseNumber(datum)
  }
  const isSequence = Array.isArray(datum) || (datum === undefined && !(value instanceof Func) && from !== 'DB')
  if (isSequence && (type === 'ARRAY' || type === 'DATUM')) {
    return Array.isArray(value) ? value : collect(finiteOf(toStream(value)), call.query)
  }
  if (isSequence && type === 'OBJECT') return objectOf(datum === undefined ? value : datum)
  const text = `Cannot coerce ${from} to ${type}.`
  return datum === null ? failMissing(text) : fail(text)
}

function objectOf(value: Val): Datum {
  const object: Fields = {}
  const { pull } = toStream(value)
  for (let pair = pull(); pair !== undefined; pair = pull()) {
    const list = asArray(pair)
    if (list.length !== 2) fail(`Expected array of size 2, but got size ${list.length}.`)
    const name = asText(list[0])
    const old = field(object, name)
    if (old !== undefined) {
      fail(`Duplicate key "${name}" in coerced object.  (got ${printShort(old)} and ${printShort(list[1])} as values)`)
    }
    setField(object, name, list[1])
  }
  return object
}

function parseNumber(text: string): number {
  if (/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return finite(Number(text))
  const [, sign, word, whole, part, power] =
    /^\s*([+-]?)(?:(inf(?:inity)?|nan)|0x([\da-f]*)\.?([\da-f]*)(?:p([+-]?\d+))?)$/i.exec(text) ?? []
  const factor = sign === '-' ? -1 : 1
  if (word !== undefined) fail(`Non-finite number: ${factor < 0 ? '-' : ''}${word.slice(0, 3).toLowerCase()}`)
  if (whole === undefined || `${whole}${part}` === '') fail(`Could not coerce \`${text}\` to NUMBER.`)
  return finite(factor * Number(`0x${whole}${part}`) * 2 ** (Number(power ?? 0) - 4 * part.length))
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return fail('The bytes are not a UTF-8 string.')
  }
}

function parseJson(text: string): Datum {
  try {
    const value: unknown = JSON.parse(text)
    const twice = repeatedKey(text)
    if (twice !== undefined) fail(`Duplicate key ${toJson(twice)} in JSON.`)
    return fromNative(value)
  } catch (error) {
    if (error instanceof Failure) throw error
    return fail(
      `Failed to parse "${text.length > 200 ? `${text.slice(0, 197)}...` : text}" as JSON: ${jsonComplaint(text)}`,
    )
  }
}

const UUID_NAMESPACE = '91461c99-f89d-49d2-af96-d8e2e14e9b58'

function random(call: Call): Datum {
  const bounds = call.rest(0).map(asNumber)
  const isFloat = call.boolOption('float', bounds.length === 0)
  const [low, high] = bounds.length === 2 ? bounds : [0, bounds[0] ?? 1]
  if (isFloat) {
    // Halves, because the difference of the bounds may exceed a double.
    const value = (low / 2 + Math.random() * (high / 2 - low / 2)) * 2
    return (high > low ? value >= high : value <= high) ? low : value
  }
  if (bounds.length === 0) fail('Generating a random integer requires one or two bounds.')
  const name = ['Lower', 'Upper']
  ;[low, high].forEach((bound, i) => {
    if (Number.isInteger(bound) && Math.abs(bound) <= 2 ** 53) return
    fail(`${name[i]} bound (${printNumber(bound)}) could not be safely converted to an integer.`)
  })
  if (low >= high) fail(`Lower bound (${low}) is not less than upper bound (${high}).`)
  return low + Math.floor(Math.random() * (high - low))
}

function format(call: Call): Datum {
  const object = call.datum(1)
  if (!isObject(object)) return asDatum(toFunc(call.val(1)).call([]))
  return call.text(0).replace(/\{\{|\}\}|\{([^{}]*)\}/g, (whole, name: string | undefined) => {
    if (name === undefined) return whole[0]
    const value = needField(object, name)
    return typeof value === 'string' ? value : toJson(value)
  })
}

/** Whole numbers that doubles hold: the operands of bit operations. */
function bits(step: (a: bigint, b: bigint) => bigint): Step {
  return (a, b) => Number(step(wholeOf(a), wholeOf(b)))
}

function wholeOf(value: Datum): bigint {
  const number = asInteger(value)
  if (number === 2 ** 53) fail(`Integer too large: ${number}`)
  return BigInt(number)
}

function shift(isLeft: boolean): (call: Call) => Val {
  return (call) => {
    const value = wholeOf(call.datum(0))
    const count = call.integer(1)
    if (count < 0) fail('Cannot bit-shift by a negative value')
    if (isLeft) return value === 0n ? 0 : finite(Number(value) * 2 ** count)
    return count > 63 ? (value < 0n ? -1 : 0) : Number(value >> BigInt(count))
  }
}

export const conversionTerms: Operations = {
  floor: (call) => Math.floor(call.number(0)),
  ceil: (call) => Math.ceil(call.number(0)),
  // Halves round away from zero. Adding a half first would change odd integers above 2 ** 52.
  round: (call) => Math.sign(call.number(0)) * Math.round(Math.abs(call.number(0))),
  bitAnd: folded(bits((a, b) => a & b)),
  bitOr: folded(bits((a, b) => a | b)),
  bitXor: folded(bits((a, b) => a ^ b)),
  bitNot: (call) => Number(~wholeOf(call.datum(0))),
  bitSal: shift(true),
  bitSar: shift(false),
  coerceTo: coerce,
  json: (call) => parseJson(call.text(0)),
  toJsonString: (call) => toJson(call.datum(0)),
  binary(call) {
    const value = call.datum(0)
    return value instanceof Uint8Array ? value : new TextEncoder().encode(asText(value))
  },
  uuid: (call) => (call.count === 0 ? uuid() : nameUuid(call.text(0), UUID_NAMESPACE)),
  random,
  format,
}
