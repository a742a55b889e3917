// Promise: the screen before the machine answers as the machine does: at the edges of inline ints, for every type in one field, over more
// shapes than it remembers, over large records, free slots and blocks that a limit cuts.

import { describe, expect, it } from 'vitest'
import { compileFilter, evaluate, parseFilter } from '../../src/query/filters.ts'
import fc from '../property.ts'
import { filterStore } from './filter-store.ts'

const EDGE = 2 ** 27
const NUMBERS = [
  0,
  1,
  -1,
  2,
  0.5,
  -0.5,
  2.5,
  EDGE - 1,
  EDGE,
  EDGE + 1,
  -EDGE,
  -EDGE - 1,
  -EDGE - 0.5,
  EDGE - 0.5,
  2 ** 40,
  1e300,
  -1e300,
]
const VALUES = [
  ...NUMBERS,
  5n,
  2n ** 60n,
  null,
  true,
  'a',
  'b',
  'ab',
  '',
  'x'.repeat(300),
  '\u00e9',
  new Date(1),
  [1],
  ['a'],
  { a: 1 },
]
const OPERATORS = ['$eq', '$ne', '$lt', '$lte', '$gt', '$gte']

/** Documents of many shapes, a few of them large, some with other texts before and behind the field. */
function documentOf(value: unknown, index: number): object {
  const before = index % 3 === 0 ? { first: '\u00e9'.repeat(index % 40) } : {}
  const behind = index % 5 === 0 ? { [`other${index % 150}`]: index } : {}
  const large = index % 97 === 0 ? { long: 'y'.repeat(70_000) } : {}
  return index % 11 === 0 ? { ...before, ...behind } : { ...before, ...large, v: value, ...behind }
}

/** The same with the field in an object, which has many shapes itself, or in what is no object. */
function outerOf(value: unknown, index: number): object {
  if (index % 13 === 0) return documentOf([{ v: value }], index)
  if (index % 17 === 0) return documentOf(value, index)
  // More names than a shape has.
  const many = index % 101 === 0 ? Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`n${i}`, i])) : {}
  return documentOf({ ...many, ...documentOf(value, index * 7) }, index)
}

describe('the screen', () => {
  it.each([
    ['v', documentOf],
    ['v.v', outerOf],
    ['v.0', outerOf],
  ])('agrees with the evaluator on every value, operator and operand at %s', async (path, made) => {
    const documents = Array.from({ length: 900 }, (_, index) => made(VALUES[index % VALUES.length], index))
    const store = await filterStore(documents)
    for (const operand of VALUES) {
      for (const operator of OPERATORS) {
        for (const isNot of [false, true]) {
          const condition = { [operator]: operand }
          const filter = { [path]: isNot ? { $not: condition } : condition }
          const tree = parseFilter(filter)
          const wanted = documents.flatMap((document, index) => (evaluate(tree, document) ? [index] : []))
          expect(
            store.find(filter),
            JSON.stringify(filter, (_, x) => (typeof x === 'bigint' ? `${x}n` : x)),
          ).toEqual(wanted)
        }
      }
    }
  })

  it('looks no further than where the last match of a page is', async () => {
    const store = await filterStore(Array.from({ length: 200 }, (_, v) => ({ v })))
    const program = compileFilter(parseFilter({ v: { $gte: 10 } })).program!
    const first = store.store.filters.scan(program, 0, new Uint32Array(3))
    expect(first).toEqual({ count: 3, next: 13, examined: 13 })
    expect(store.store.filters.scan(program, first.next, new Uint32Array(30))).toEqual({
      count: 30,
      next: 43,
      examined: 30,
    })
  })

  it('goes on behind the first test, whichever way the rest goes', async () => {
    const leaf = fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(...OPERATORS), fc.constantFrom(1, 2.5, 'a', 'b'))
    const filters = fc.letrec<{ node: object }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        leaf.map(([name, operator, operand]) => ({ [name]: { [operator]: operand } })),
        fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((of) => ({ $and: of })),
        fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((of) => ({ $or: of })),
        tie('node').map((of) => ({ $not: of })),
      ),
    })).node
    const values = [1, 2, 2.5, 3, 'a', 'b', null]
    const documents = values.flatMap((a) => values.map((b) => ({ a, b })))
    const store = await filterStore([...documents, {}, { a: 1 }, { b: 'a' }])
    const all = [...documents, {}, { a: 1 }, { b: 'a' }]
    fc.assert(
      fc.property(filters, (filter) => {
        const tree = parseFilter(filter)
        expect(store.find(filter)).toEqual(all.flatMap((document, index) => (evaluate(tree, document) ? [index] : [])))
      }),
      { numRuns: 300, seed: 7 },
    )
  })
})
