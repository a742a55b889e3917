// Evaluates expressions on one record in JavaScript: for facets, for `@distance`, and where the shared filter tree has
// no node. Numbers behave as in the tree: a filter selects the same records whichever of the two runs it.

import { calculate } from '../../../query/arithmetic.ts'
import { likeMatches, likeTokens } from '../../../query/like.ts'
import { narrow } from '../schema.ts'
import { ARITHMETIC } from './compile.ts'
import type { Expression } from './parse.ts'

export type Row = Readonly<Record<string, unknown>>

const EARTH_RADIUS_METRES = 6_371_000

type Value = number | bigint | string | boolean

/** A whole number that a double cannot hold exactly is a bigint. */
export function evaluate(expression: Expression, row: Row, distance: number): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'field':
      return row[expression.name] as Value
    case 'distance':
      return distance
    case 'arithmetic': {
      const left = evaluate(expression.left, row, distance)
      const right = evaluate(expression.right, row, distance)
      if (expression.type === 'string') return String(left) + String(right)
      return narrow(calculate(ARITHMETIC[expression.operator]!, left as number, right as number))
    }
    case 'compare': {
      const left = evaluate(expression.left, row, distance)
      const right = evaluate(expression.right, row, distance)
      return compare(expression.operator, left, right)
    }
    case 'like': {
      const pattern = evaluate(expression.pattern, row, distance)
      return isLike(String(evaluate(expression.of, row, distance)), String(pattern))
    }
    case 'in': {
      const value = evaluate(expression.of, row, distance)
      return expression.values.some((one) => evaluate(one, row, distance) === value)
    }
    case 'nearby':
      return metresFrom(row[expression.name], expression.circle) <= expression.circle[2]!
    case 'and':
      return evaluate(expression.left, row, distance) === true && evaluate(expression.right, row, distance)
    case 'or':
      return evaluate(expression.left, row, distance) === true || evaluate(expression.right, row, distance)
    case 'not':
      return !evaluate(expression.of, row, distance)
  }
}

function compare(operator: string, left: unknown, right: unknown): boolean {
  switch (operator) {
    case '=':
      // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number are equal by value
      return left == right
    case '<>':
      // biome-ignore lint/suspicious/noDoubleEquals: as above
      return left != right
    case '<':
      return (left as number) < (right as number)
    case '<=':
      return (left as number) <= (right as number)
    case '>':
      return (left as number) > (right as number)
    default:
      return (left as number) >= (right as number)
  }
}

/** `%` matches any run, `_` one character; everything else, even a backslash, matches itself. */
function isLike(text: string, pattern: string): boolean {
  return likeMatches(likeTokens(pattern.replaceAll('\\', '\\\\')), text)
}

/** Great-circle distance in metres, by the haversine formula. */
function metresFrom(point: unknown, circle: readonly number[]): number {
  const { latitude, longitude } = (point ?? {}) as { latitude?: number; longitude?: number }
  if (latitude === undefined || longitude === undefined) return Number.POSITIVE_INFINITY
  const radians = Math.PI / 180
  const sinLatitude = Math.sin(((latitude - circle[0]!) * radians) / 2)
  const sinLongitude = Math.sin(((longitude - circle[1]!) * radians) / 2)
  const half =
    sinLatitude * sinLatitude +
    Math.cos(latitude * radians) * Math.cos(circle[0]! * radians) * sinLongitude * sinLongitude
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.min(1, Math.sqrt(half)))
}
