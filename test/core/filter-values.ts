// Random documents and filter trees that meet: few names, few values, all types.

import type { Absent, Constant, FilterNode, LeafNode, Operand, PathStep } from '../../src/query/index.ts'
import fc from '../property.ts'
import { objectOf } from './values.ts'

const UUIDS = [
  '0123abcd-0000-4000-8000-00000000000a',
  '0123abcd-0000-4000-8000-00000000000b',
  '0123ABCD-0000-4000-8000-00000000000a',
]
const TEXTS = [
  '',
  'a',
  'b',
  'ab',
  'aab',
  'abab',
  'ba',
  'a%b',
  'a_b',
  '\\',
  '\u00e9',
  'a\u00e9b',
  '\u65e5\u672c',
  '\uff5e',
  '\ud83d\ude00',
  'a\ud83d\ude00b',
  '\uffff',
  'A',
  'aB',
  'xyz'.repeat(100),
  'b'.repeat(20),
  '\n',
  ...UUIDS,
]
const NUMBERS: readonly (number | bigint)[] = [
  0,
  1,
  -1,
  2,
  5,
  5n,
  0n,
  1n,
  0.5,
  -0.5,
  2 ** 27,
  -(2 ** 27),
  2 ** 31,
  2 ** 53,
  2n ** 53n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2 ** 62,
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2 ** 63,
  -(2 ** 63),
  1e300,
  5e-324,
  3,
  7,
  10,
  -7,
]
const BINARIES = [
  Uint8Array.of(),
  Uint8Array.of(1),
  Uint8Array.of(1, 2),
  Int8Array.of(1),
  Float32Array.of(1, 2),
  Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 64),
]
const NAMES = ['a', 'b', 'c', '0', '1', '__proto__', '', '\u00e9', 'toString'] as const

export const someText = fc.constantFrom(...TEXTS)
const someScalar: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 4, arbitrary: someText },
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(0, 1, -5, 1e12).map((time) => new Date(time)),
  fc.constantFrom(...BINARIES),
)

export const someValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    { weight: 5, arbitrary: someScalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
    { weight: 1, arbitrary: fieldsOf(tie('value'), 4) },
  ),
})).value

function fieldsOf(value: fc.Arbitrary<unknown>, maxLength: number): fc.Arbitrary<Record<string, unknown>> {
  return fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength }).map((fields) => objectOf(fields))
}

/** More names than a shape takes: they stand in the record. */
const FILLER = Object.entries(Object.fromEntries(Array.from({ length: 260 }, (_, i) => [`filler${i}`, i])))

export const someDocument = fc
  .tuple(fieldsOf(someValue, 6), fc.option(fc.constantFrom('root', 'inside'), { freq: 5 }))
  .map(([fields, widened]) => {
    if (widened === null) return fields
    const wide = objectOf([...Object.entries(fields), ...FILLER])
    return widened === 'root' ? wide : objectOf([...Object.entries(fields), ['a', wide]])
  })

/** Documents of one store: the first ones are found by UUIDs, which are stored packed. */
export const someDocuments = fc
  .array(someDocument, { minLength: 1, maxLength: 12 })
  .map((documents) =>
    documents.map((document, i) =>
      i < UUIDS.length ? objectOf([...Object.entries(document), ['id', UUIDS[i]]]) : document,
    ),
  )

export const someStep: fc.Arbitrary<PathStep> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...NAMES)
      .map((name) => ({ name, index: name === '0' || name === '1' ? Number(name) : null })),
  },
  { weight: 1, arbitrary: fc.integer({ min: -3, max: 2 }).map((index) => ({ name: null, index })) },
)
const somePath: fc.Arbitrary<Operand> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .array(someStep, { minLength: 1, maxLength: 3, size: 'xsmall' })
      .map((steps) => ({ kind: 'path' as const, steps })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'path' as const, steps: [{ name: 'id', index: null }] }) },
)
const someConstant: fc.Arbitrary<Operand> = someValue.map((value) => ({
  kind: 'constant' as const,
  value: value as Constant,
}))

const someOperand: fc.Arbitrary<Operand> = fc.letrec<{ operand: Operand }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    { weight: 8, arbitrary: somePath },
    { weight: 2, arbitrary: someConstant },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('arithmetic' as const),
        operator: fc.constantFrom(
          'add' as const,
          'subtract' as const,
          'multiply' as const,
          'divide' as const,
          'remainder' as const,
        ),
        left: tie('operand'),
        right: tie('operand'),
        isZeroDivisorAbsent: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: tie('operand').map((of) => ({ kind: 'negate' as const, of })) },
    { weight: 1, arbitrary: tie('operand').map((of) => ({ kind: 'size' as const, of })) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('first' as const),
        of: tie('operand'),
        otherwise: tie('operand'),
        isNullAbsent: fc.boolean(),
      }),
    },
  ),
})).operand

const someValues = fc.array(someValue, { maxLength: 5 }) as fc.Arbitrary<Constant[]>

export const somePattern = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom('%', '_', '%', '_', '\\%', '\\_', '\\\\', '\\a') },
      { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'ab', '\u00e9', '\ud83d\ude00', 'xyz') },
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(''))

/** Leaves; `absents` says what may happen when an operand is missing. */
function someLeaf(absents: readonly Absent[]): fc.Arbitrary<LeafNode> {
  const rules = { absent: fc.constantFrom(...absents), isNullAbsent: fc.boolean() }
  const kind = <K extends string>(name: K) => fc.constant(name)
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        ...rules,
        kind: kind('compare'),
        operator: fc.constantFrom(
          'eq' as const,
          'ne' as const,
          'lt' as const,
          'le' as const,
          'gt' as const,
          'ge' as const,
        ),
        left: someOperand,
        right: fc.oneof({ weight: 3, arbitrary: someConstant }, { weight: 1, arbitrary: someOperand }),
        order: fc.oneof(
          { weight: 9, arbitrary: fc.constant('within' as const) },
          { weight: 2, arbitrary: fc.constant('total' as const) },
        ),
      }),
    },
    { weight: 2, arbitrary: fc.record({ ...rules, kind: kind('in'), operand: someOperand, values: someValues }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('exists'), operand: someOperand, isNullAbsent: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        ...rules,
        kind: kind('type'),
        operand: someOperand,
        types: fc.subarray(
          ['string', 'number', 'bigint', 'boolean', 'null', 'date', 'binary', 'array', 'object'] as const,
          { minLength: 1 },
        ),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        ...rules,
        kind: kind('text'),
        operator: fc.constantFrom('contains' as const, 'startsWith' as const, 'endsWith' as const, 'like' as const),
        operand: somePath,
        text: fc.oneof(someText, somePattern),
        isCaseIgnored: fc.oneof(
          { weight: 9, arbitrary: fc.constant(false) },
          { weight: 1, arbitrary: fc.constant(true) },
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        ...rules,
        kind: kind('contains'),
        operand: someOperand,
        values: someValues,
        need: fc.constantFrom('any' as const, 'all' as const),
        isTextToo: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        ...rules,
        kind: kind('regex'),
        operand: somePath,
        source: fc.constantFrom('a', '^a+b', '^$', '[^a]'),
        flags: fc.constantFrom('', 'i', 'u'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        ...rules,
        kind: kind('test'),
        operand: somePath,
        test: fc.constantFrom(isLong, isLow),
      }),
    },
  ) as fc.Arbitrary<LeafNode>
}

function isLong(value: unknown): boolean {
  return typeof value === 'string' && value.length > 1
}

function isLow(value: unknown): boolean {
  return typeof value === 'number' && value < 2
}

export function someTree(absents: readonly Absent[]): fc.Arbitrary<FilterNode> {
  return fc.letrec<{ node: FilterNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
      { weight: 4, arbitrary: someLeaf(absents) },
      { weight: 1, arbitrary: fc.boolean().map((value) => ({ kind: 'constant' as const, value })) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constantFrom('and' as const, 'or' as const),
          of: fc.array(tie('node'), { maxLength: 4 }),
        }),
      },
      { weight: 1, arbitrary: tie('node').map((of) => ({ kind: 'not' as const, of })) },
    ),
  })).node
}
