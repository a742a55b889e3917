// What a filter requires of single fields, as far as an ordered index can use it. Every match of the filter satisfies
// all of these tests; where they are the whole filter, nothing else needs to be checked.

import { TypeRank } from '../../core/index.ts'
import { compareSorted } from '../../query/filters.ts'
import type { Constant, FilterNode, Operand, PathStep } from '../../query/index.ts'

export type FieldTest = { readonly path: string; readonly isWhole: boolean } & (
  | { readonly kind: 'points'; readonly values: readonly Constant[] }
  | { readonly kind: 'lower' | 'upper'; readonly value: Constant; readonly isOpen: boolean }
  | { readonly kind: 'head'; readonly text: string }
  | { readonly kind: 'exists'; readonly isNullAbsent: boolean }
  /** An array has any of the values; with `isTextToo` a string that contains one matches as well. */
  | { readonly kind: 'elements'; readonly values: readonly Constant[]; readonly isTextToo: boolean }
)

/** A path as a key for maps. */
export function pathKey(steps: readonly PathStep[]): string {
  // Most paths are a single name; JSON never begins with a dot.
  if (steps.length === 1 && steps[0]!.index === null && steps[0]!.name !== null) return `.${steps[0]!.name}`
  return JSON.stringify(steps.map(({ name, index }) => [name, index]))
}

/** The rank of a value's type in the order of an index. */
export function typeRankOf(value: Constant): number {
  switch (typeof value) {
    case 'boolean':
      return TypeRank.Boolean
    case 'number':
    case 'bigint':
      return TypeRank.Number
    case 'string':
      return TypeRank.String
    default:
      if (value === null) return TypeRank.Null
      if (value instanceof Date) return TypeRank.Date
      if (ArrayBuffer.isView(value)) return TypeRank.Binary
      return Array.isArray(value) ? TypeRank.Array : TypeRank.Object
  }
}

export interface FieldTests {
  readonly tests: readonly FieldTest[]
  /** Whether the filter has no other conditions. */
  readonly areAll: boolean
}

export function fieldTests(tree: FilterNode): FieldTests {
  const tests: FieldTest[] = []
  let areAll = true
  const visit = (node: FilterNode): void => {
    if (node.kind === 'and') {
      node.of.forEach(visit)
      return
    }
    if (node.kind === 'constant' && node.value) return
    const test = testOf(node)
    if (test === undefined) areAll = false
    else tests.push(test)
  }
  visit(tree)
  return { tests, areAll }
}

function testOf(node: FilterNode): FieldTest | undefined {
  switch (node.kind) {
    case 'compare': {
      const { left, right, operator } = node
      if (left.kind === 'path' && right.kind === 'constant') return comparison(node, left, operator, right.value)
      if (left.kind === 'constant' && right.kind === 'path') {
        return comparison(node, right, SWAPPED[operator], left.value)
      }
      return undefined
    }
    case 'in': {
      const path = pathOf(node.operand)
      const isWhole = node.isNullAbsent !== true || !node.values.includes(null)
      return path === undefined ? undefined : { kind: 'points', path, values: node.values, isWhole }
    }
    case 'or':
      return alternatives(node.of)
    case 'text': {
      const path = pathOf(node.operand)
      if (path === undefined || node.isCaseIgnored === true) return undefined
      if (node.operator === 'startsWith') return { kind: 'head', path, text: node.text, isWhole: true }
      const text = node.operator === 'like' ? /^[^%_\\]*/.exec(node.text)![0] : ''
      return text === '' ? undefined : { kind: 'head', path, text, isWhole: false }
    }
    case 'exists': {
      const path = pathOf(node.operand)
      if (path === undefined) return undefined
      return { kind: 'exists', path, isNullAbsent: node.isNullAbsent === true, isWhole: true }
    }
    case 'contains': {
      const path = pathOf(node.operand)
      if (path === undefined || node.values.length === 0) return undefined
      const values = node.need === 'any' ? node.values : node.values.slice(0, 1)
      return { kind: 'elements', path, values, isTextToo: node.isTextToo === true, isWhole: false }
    }
    default:
      return undefined
  }
}

const SWAPPED = { eq: 'eq', ne: 'ne', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' } as const

function pathOf(operand: Operand): string | undefined {
  return operand.kind === 'path' ? pathKey(operand.steps) : undefined
}

function comparison(
  node: FilterNode & { readonly kind: 'compare' },
  operand: Operand,
  operator: keyof typeof SWAPPED,
  value: Constant,
): FieldTest | undefined {
  const path = pathOf(operand)
  if (path === undefined || operator === 'ne') return undefined
  const isWhole = value !== null || node.isNullAbsent !== true
  if (operator === 'eq') return { kind: 'points', path, values: [value], isWhole }
  // Filters do not order arrays and objects, and the total order of ReQL has another sequence of types.
  if (node.order === 'total' || typeRankOf(value) >= TypeRank.Array) return undefined
  const isOpen = operator === 'lt' || operator === 'gt'
  return { kind: operator === 'lt' || operator === 'le' ? 'upper' : 'lower', path, value, isOpen, isWhole }
}

/** Alternative values of one field. */
function alternatives(nodes: readonly FilterNode[]): FieldTest | undefined {
  const values: Constant[] = []
  let path: string | undefined
  let isWhole = true
  for (const node of nodes) {
    const test = testOf(node)
    if (test?.kind !== 'points' || (path !== undefined && test.path !== path)) return undefined
    path = test.path
    for (const value of test.values) values.push(value)
    isWhole &&= test.isWhole
  }
  return path === undefined ? undefined : { kind: 'points', path, values, isWhole }
}

/** Below 0, 0 or above 0. */
export function compareTuples(a: readonly Constant[], b: readonly Constant[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const outcome = compareSorted(a[i], b[i])
    if (outcome !== 0) return outcome
  }
  return a.length - b.length
}
