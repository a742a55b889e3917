// Promise: a filter made ready to run means what it meant before, and thousands of alternatives for one field are one look-up. Each of
// them was a comparison of its own: `$or` of 5,000 values over 100,000 documents took 6 s, of 40,000 values a minute.

import { describe, expect, it } from 'vitest'
import { compileFilter, evaluate, parseFilter } from '../../../src/query/filters.ts'
import type { Absent, Constant, FilterNode } from '../../../src/query/index.ts'
import { denormalize, normalize } from '../../../src/query/normalize.ts'
import { settings } from '../../core/values.ts'
import fc from '../../property.ts'

const NUMBERS = [0, -0, 1, 1n, 2.5, 2n ** 53n, 2 ** 53, 2n ** 53n + 1n, 9_223_372_036_854_775_807n, 2 ** 63]
const SCALARS = [...NUMBERS, '', '1', 'a', null, true, false, new Date(0), new Date(1)]
const VALUES: readonly Constant[] = [
  ...SCALARS,
  Uint8Array.of(1),
  Int8Array.of(1),
  [],
  [1],
  [1n],
  {},
  { a: 1 },
  { a: 1n },
]
const someValue = fc.constantFrom(...VALUES)
const somePath = fc.constantFrom('a', 'b').map((name) => ({ kind: 'path' as const, steps: [{ name, index: null }] }))

function someLeaf(absent: readonly Absent[]): fc.Arbitrary<FilterNode> {
  const rules = fc.record({ absent: fc.constantFrom(...absent), isNullAbsent: fc.boolean() })
  const compared = fc.record({
    kind: fc.constant('compare' as const),
    operator: fc.constantFrom('eq' as const, 'eq' as const, 'ne' as const, 'lt' as const),
    left: somePath,
    right: someValue.map((value) => ({ kind: 'constant' as const, value })),
  })
  const turned = compared.map(({ left, right, ...node }) => ({ ...node, left: right, right: left }))
  const among = fc.record({
    kind: fc.constant('in' as const),
    operand: somePath,
    values: fc.array(someValue, { maxLength: 12 }),
  })
  return fc.tuple(fc.oneof(compared, turned, among), rules).map(([node, more]) => ({ ...node, ...more }) as FilterNode)
}

function someTree(absent: readonly Absent[]): fc.Arbitrary<FilterNode> {
  const leaf = someLeaf(absent)
  const either = fc.oneof(
    leaf,
    leaf.map((of): FilterNode => ({ kind: 'not', of })),
  )
  const wide = fc.record({
    kind: fc.constantFrom('and' as const, 'or' as const),
    of: fc.array(either, { minLength: 6, maxLength: 24 }),
  })
  return fc.tuple(wide, fc.boolean()).map(([of, isNegated]) => (isNegated ? { kind: 'not', of } : of))
}

const someDocument = fc.record({ a: someValue, b: someValue }, { requiredKeys: [] })

describe.each([
  ['unequal', ['unequal']],
  ['unknown', ['unequal', 'unknown']],
  ['failing', ['unequal', 'fail']],
] as const)('a filter of many alternatives, %s where nothing is', (_, absent) => {
  it('means what it meant', () => {
    const documents = fc.array(someDocument, { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(someTree(absent), documents, fc.boolean(), (tree, some, isFailMatch) => {
        const normal = denormalize(normalize(tree))
        for (const document of some) {
          expect(evaluate(normal, document, isFailMatch)).toBe(evaluate(tree, document, isFailMatch))
        }
      }),
      settings(2_000),
    )
  })
})

it('a list of many values holds for what equals one of them', () => {
  fc.assert(
    fc.property(fc.array(someValue, { minLength: 8, maxLength: 20 }), someValue, (values, a) => {
      const operand = { kind: 'path', steps: [{ name: 'a', index: null }] } as const
      const equal = values.map((value): FilterNode => {
        return { kind: 'compare', operator: 'eq', left: operand, right: { kind: 'constant', value } }
      })
      expect(evaluate({ kind: 'in', operand, values }, { a })).toBe(evaluate({ kind: 'or', of: equal }, { a }))
    }),
    settings(1_000),
  )
})

it('thousands of alternatives for a field are one instruction', () => {
  const many = Array.from({ length: 5_000 }, (_, a) => ({ a }))
  for (const filter of [
    { $or: many },
    { $nor: many },
    { $and: many.map(({ a }) => ({ a: { $ne: a } })) },
    { $or: [{ a: { $in: [1, 2] } }, ...many, { a: 'x' }] },
  ]) {
    expect(compileFilter(parseFilter(filter)).program!.code.length).toBeLessThan(12)
  }
  const two = { $or: [...many, { b: 1 }, ...many.map(({ a }) => ({ 'b.c': a }))] }
  expect(compileFilter(parseFilter(two)).program!.code.length).toBeLessThan(24)
})
