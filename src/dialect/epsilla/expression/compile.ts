// Compiles expressions to nodes of the shared filter tree, which runs over encoded records.

import type { ArithmeticOperator } from '../../../query/arithmetic.ts'
import type { FilterNode, Operand } from '../../../query/index.ts'
import type { Expression } from './parse.ts'

const COMPARE = { '=': 'eq', '<>': 'ne', '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' } as const
/** The names of the operators in the tree. */
export const ARITHMETIC: Readonly<Record<string, ArithmeticOperator>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'remainder',
}

/** The filter as a tree; undefined if the tree has no node for it (`@distance`, joined strings, NEARBY). */
export function compile(expression: Expression): FilterNode | undefined {
  switch (expression.kind) {
    case 'literal':
      return { kind: 'constant', value: expression.value === true }
    case 'field':
      return { kind: 'compare', operator: 'eq', left: path(expression.name), right: constant(true) }
    case 'and':
    case 'or': {
      const left = compile(expression.left)
      const right = compile(expression.right)
      return left === undefined || right === undefined ? undefined : { kind: expression.kind, of: [left, right] }
    }
    case 'not': {
      const of = compile(expression.of)
      return of === undefined ? undefined : { kind: 'not', of }
    }
    case 'compare': {
      const left = operand(expression.left)
      const right = operand(expression.right)
      if (left === undefined || right === undefined) return undefined
      return { kind: 'compare', operator: COMPARE[expression.operator], left, right }
    }
    case 'like': {
      const of = operand(expression.of)
      const { pattern } = expression
      if (of === undefined || pattern.kind !== 'literal') return undefined
      // In this language a backslash is a character like any other.
      return { kind: 'text', operator: 'like', operand: of, text: String(pattern.value).replaceAll('\\', '\\\\') }
    }
    case 'in': {
      const of = operand(expression.of)
      if (of === undefined || expression.values.some(({ kind }) => kind !== 'literal')) return undefined
      return { kind: 'in', operand: of, values: expression.values.map((one) => (one as { value: string }).value) }
    }
    default:
      return undefined
  }
}

function operand(expression: Expression): Operand | undefined {
  if (expression.kind === 'literal') return constant(expression.value)
  if (expression.kind === 'field') return path(expression.name)
  if (expression.kind !== 'arithmetic' || expression.type === 'string') return undefined
  const left = operand(expression.left)
  const right = operand(expression.right)
  if (left === undefined || right === undefined) return undefined
  return { kind: 'arithmetic', operator: ARITHMETIC[expression.operator]!, left, right }
}

function path(name: string): Operand {
  return { kind: 'path', steps: [{ name, index: null }] }
}

function constant(value: number | string | boolean): Operand {
  return { kind: 'constant', value }
}
