// Comparisons of Timestamptz fields.

import { timeOf } from '../values.ts'
import type { Node } from './condition.ts'
import { nameOf, type Value } from './operand.ts'
import { ExpressionError } from './tokens.ts'

/** Times are compared by the moment they mean, not by how they are written. */
export function timeNode(operator: string, left: Value, right: Value, at: number): Node {
  const read = (value: Value): ((row: object) => number | undefined) => {
    if (value.constant !== undefined) {
      const text = timeOf(value.constant)
      if (text === undefined) throw new ExpressionError(`${nameOf(value)} is no ISO 8601 time`, value.at)
      const time = momentOf(text)
      return () => time
    }
    if (value.type !== 'time' || value.field === undefined || value.isComputed) {
      throw new ExpressionError(`a time cannot be compared with ${nameOf(value)}`, at)
    }
    const { name, defaultValue } = value.field
    return (row) => {
      const text = (row as Record<string, unknown>)[name] ?? defaultValue
      return typeof text === 'string' ? momentOf(text) : undefined
    }
  }
  const [a, b] = [read(left), read(right)]
  return {
    kind: 'custom',
    test: (row) => {
      const [x, y] = [a(row), b(row)]
      if (x === undefined || y === undefined) return undefined
      switch (operator) {
        case '==':
          return x === y
        case '!=':
          return x !== y
        case '<':
          return x < y
        case '<=':
          return x <= y
        case '>':
          return x > y
        default:
          return x >= y
      }
    },
  }
}

/** Microseconds. */
function momentOf(text: string): number {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? ''
  const micros = Number(fraction.padEnd(6, '0').slice(3, 6))
  return Date.parse(text) * 1000 + micros
}
