// Random values of every kind that a document may hold, as fast-check arbitraries, and how often a property is tried.

import fc from '../property.ts'
import { setField } from './exact.ts'

/** Runs of a property: fewer on the debug binary, more when QUIVER_RUNS says so. */
export function settings(runs: number): { numRuns: number } {
  const factor = Number(process.env.QUIVER_RUNS ?? (process.env.QUIVER_WASM === 'debug' ? 0.4 : 1))
  return { numRuns: Math.max(1, Math.round(runs * factor)) }
}

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  2 ** 27 - 1,
  2 ** 27,
  2 ** 27 + 1,
  -(2 ** 27) + 1,
  -(2 ** 27),
  -(2 ** 27) - 1,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  0.5,
  -0.1,
  5e-324,
  -5e-324,
  2.2250738585072014e-308,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  1e21,
  123456789.125,
] as const

export const anyNumber = fc.oneof(
  fc.integer(),
  fc.integer({ min: -300, max: 300 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(...NUMBERS),
)

export const anyBigint = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 5n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)),
)

/** Lengths about which the staging of strings changes its way. */
const LENGTHS = [0, 1, 15, 16, 17, 36, 199, 200, 254, 255, 256, 257, 258, 259, 300] as const
const UNITS = [
  'a',
  'Z',
  '\0',
  '\u00e9',
  '\u20ac',
  '\ufeff',
  '\u2028',
  '\ud83d\ude00',
  '\uffff',
  '\u07ff',
  '\u0800',
] as const

export const anyString = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uuid() },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...UNITS), fc.constantFrom(...LENGTHS), fc.constantFrom('', 'x', '\u00fc', '\ud83c\udf08'))
      .map(([unit, length, end]) => unit.repeat(length) + end),
  },
)

export const anyDate = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(0, 1, -1, 8.64e15, -8.64e15, 1.5).map((time) => new Date(time)),
)

const ARRAYS = [
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const

/** A typed array of any kind that may begin in the middle of its buffer; sometimes a Buffer. */
export const anyTypedArray = fc
  .record({
    kind: fc.integer({ min: 0, max: ARRAYS.length }),
    bytes: fc.uint8Array({ maxLength: 40 }),
    before: fc.nat({ max: 3 }),
  })
  .map(({ kind, bytes, before }) => {
    const type = ARRAYS[kind]
    if (type === undefined) return Buffer.from(bytes)
    const lane = type.BYTES_PER_ELEMENT
    const lanes = Math.floor(bytes.length / lane)
    const buffer = new ArrayBuffer((before + lanes + 1) * lane)
    new Uint8Array(buffer).set(bytes.subarray(0, lanes * lane), before * lane)
    return new type(buffer, before * lane, lanes)
  })

export const anyScalar = fc.oneof(
  { weight: 4, arbitrary: anyNumber },
  { weight: 6, arbitrary: anyString },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: anyBigint },
  { weight: 1, arbitrary: anyDate },
  { weight: 1, arbitrary: anyTypedArray },
)

const NAMES = [
  'a',
  'b',
  'c',
  'name',
  'tags',
  '',
  '__proto__',
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'prototype',
  'length',
  'then',
  '0',
  '1',
  '7e3',
  'a.b',
  '$gt',
  'caf\u00e9',
  '\u65e5\u672c',
  '\ud83d\ude00',
  '\0',
  '"',
  '\\',
  '\u2028',
  'r',
  'i',
  'w',
] as const

export const anyName = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
)

/** An object of these fields, in this order; the last of equal names counts, without a prototype if asked. */
export function objectOf(fields: readonly (readonly [string, unknown])[], isBare = false): Record<string, unknown> {
  const object = isBare ? Object.create(null) : {}
  for (const [name, value] of fields) setField(object, name, value)
  return object
}

export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyScalar,
    fc.array(tie('value'), { maxLength: 6 }),
    fc
      .tuple(
        fc.array(
          fc.tuple(
            anyName,
            fc.oneof({ weight: 9, arbitrary: tie('value') }, { weight: 1, arbitrary: fc.constant(undefined) }),
          ),
          { maxLength: 6 },
        ),
        fc.boolean(),
      )
      .map(([fields, isBare]) => objectOf(fields, isBare)),
  ),
})).value

/** Documents with the key field `id` somewhere among the others; the key itself is for the test to set. */
export const anyDocument = fc
  .tuple(fc.array(fc.tuple(anyName, anyValue), { maxLength: 8 }), fc.nat({ max: 8 }))
  .map(([fields, at]) => objectOf([...fields.slice(0, at), ['id', 'unset'], ...fields.slice(at)]))
