// Comparisons of Timestamptz fields: by the moment that a text means, not by how it is written.

import type { FilterNode } from '../../../query/index.ts'
import { timeOf } from '../values.ts'
import { nameOf, type Value } from './operand.ts'
import { ExpressionError } from './tokens.ts'

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

/** A time field on the left, a constant on the right. */
export function timeNode(operator: string, left: Value, right: Value): FilterNode {
  const text = timeOf(right.constant)
  if (left.type !== 'time' || left.isComputed || text === undefined) {
    throw new ExpressionError(`a time is compared with ISO 8601 texts, got ${nameOf(right)}`, right.at)
  }
  const moment = momentOf(text)
  const holds = HOLDS[operator]!
  return {
    kind: 'test',
    operand: left.operand,
    test: (value) => typeof value === 'string' && holds(momentOf(value) - moment),
    absent: 'unknown',
    isNullAbsent: true,
  }
}

/** Microseconds. */
function momentOf(text: string): number {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? ''
  return Date.parse(text) * 1000 + Number(fraction.padEnd(6, '0').slice(3, 6))
}
