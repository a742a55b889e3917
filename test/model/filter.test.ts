// Promise: over encoded records a filter lets through exactly the documents that the evaluator of the same tree does. Random
// documents of all types (nested, missing, null, names inside the record) against random trees; every pair of types under every
// operator is enumerated.

import { describe, expect, it } from 'vitest'
import { compileFilter, evaluate, parseFilter, parsePath } from '../../src/query/filters.ts'
import type { FilterNode, Operand } from '../../src/query/index.ts'
import { compiled, filterStore } from '../core/filter-store.ts'
import { someDocuments, someTree, someValue } from '../core/filter-values.ts'
import { settings } from '../core/values.ts'
import fc from '../property.ts'

/** What the evaluator says of the documents as they are read back. */
function expected(documents: readonly object[], tree: FilterNode, isFailMatch = false): number[] {
  return documents.flatMap((document, index) => {
    const whole = Object.hasOwn(document, 'id') ? document : { ...document, id: `k${index}` }
    return evaluate(tree, whole, isFailMatch) ? [index] : []
  })
}

describe('random trees over random documents', () => {
  for (const absents of [['unequal'], ['unequal', 'unknown'], ['unequal', 'fail']] as const) {
    it(`with operands that are absent: ${absents.join(', ')}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          someDocuments,
          fc.array(someTree(absents), { minLength: 1, maxLength: 12 }),
          fc.boolean(),
          async (documents, trees, isFailMatch) => {
            const store = await filterStore(documents)
            for (const tree of trees) {
              const filter = compiled(tree, isFailMatch)
              const matches = expected(documents, tree, isFailMatch)
              expect(store.matching(filter)).toEqual(filter.isNever ? [] : matches)
              expect(matches.length === 0 || !filter.isNever).toBe(true)
            }
          },
        ),
        settings(300),
      )
    })
  }

  it('with documents of new shapes after the filter was loaded', async () => {
    await fc.assert(
      fc.asyncProperty(someDocuments, someDocuments, someTree(['unequal']), async (first, second, tree) => {
        const filter = compiled(tree)
        const later = second.filter((document) => !Object.hasOwn(document, 'id'))
        const store = await filterStore(first)
        store.matching(filter)
        store.add(later)
        expect(store.matching(filter)).toEqual(expected([...first, ...later], tree))
      }),
      settings(100),
    )
  })
})

describe('native filters', () => {
  it('answer the same for every pair of random values and every operator', async () => {
    const operators = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$contains'] as const
    await fc.assert(
      fc.asyncProperty(fc.array(someValue, { minLength: 1, maxLength: 20 }), async (values) => {
        const documents = [{}, ...values.map((value) => ({ v: value, w: { x: [value] } }))]
        const store = await filterStore(documents)
        for (const value of values) {
          for (const operator of operators) {
            for (const filter of [{ v: { [operator]: value } }, { 'w.x.0': { $not: { [operator]: value } } }]) {
              expect(store.find(filter)).toEqual(expected(documents, parseFilter(filter)))
            }
          }
          for (const filter of [
            { v: { $in: values.slice(1) } },
            { v: { $nin: [value] } },
            { w: { x: [value] } },
            { 'w.x': { $containsAll: [value] } },
          ]) {
            expect(store.find(filter)).toEqual(expected(documents, parseFilter(filter)))
          }
        }
      }),
      settings(40),
    )
  })

  it('find among many constants what the evaluator finds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(someValue, { maxLength: 200 }),
        fc.array(someValue, { minLength: 1, maxLength: 30 }),
        async (values, stored) => {
          const documents = stored.map((v) => ({ v }))
          const store = await filterStore(documents)
          for (const operator of ['$in', '$nin', '$containsAny', '$containsAll']) {
            const tree = parseFilter({ v: { [operator]: values } })
            expect(store.matching(compileFilter(tree))).toEqual(expected(documents, tree))
          }
        },
      ),
      settings(60),
    )
  })
})

describe('arithmetic', () => {
  // 0 and -0 compare equal: only what is divided by one tells them apart.
  it('of every two numbers gives the same, down to the sign of zero', async () => {
    const numbers = [0, 0n, 1, -1, 1n, 5, -5, 2.5, -2.5, 0.5, 5e-324, -5e-324, -6, 3, 2 ** 62, 2n ** 63n - 1n, 1e300]
    const documents = numbers.flatMap((a) => numbers.map((b) => ({ a, b })))
    const store = await filterStore(documents)
    const a: Operand = { kind: 'path', steps: parsePath('a') }
    const b: Operand = { kind: 'path', steps: parsePath('b') }
    const negated: Operand = { kind: 'negate', of: a }
    const constants: Operand[] = [0, -0, -1, 5].map((value) => ({ kind: 'constant', value }))
    for (const operator of ['add', 'subtract', 'multiply', 'divide', 'remainder'] as const) {
      for (const right of [b, negated, ...constants]) {
        const result: Operand = { kind: 'arithmetic', operator, left: a, right }
        const inverse: Operand = {
          kind: 'arithmetic',
          operator: 'divide',
          left: { kind: 'constant', value: 1 },
          right: result,
        }
        for (const left of [result, inverse]) {
          for (const order of ['lt', 'eq', 'gt'] as const) {
            const tree: FilterNode = { kind: 'compare', operator: order, left, right: { kind: 'constant', value: 0 } }
            expect(store.matching(compiled(tree)), `${operator} ${order}`).toEqual(expected(documents, tree))
          }
        }
      }
    }
  })
})
