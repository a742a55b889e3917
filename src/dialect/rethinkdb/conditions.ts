// What the engine is asked in place of ReQL's comparisons.

import type { Constant, FilterNode, Operand } from '../../query/index.ts'
import { type Datum, Time } from './datum.ts'
import { isWellFormed } from './key.ts'

type TypeName = 'null' | 'boolean' | 'number' | 'bigint' | 'string' | 'date' | 'binary' | 'array' | 'object'

/** Types as the engine names them, in ReQL's order. */
const TYPES: readonly (readonly TypeName[])[] = [
  ['array'],
  ['boolean'],
  ['null'],
  ['number', 'bigint'],
  ['object'],
  ['binary'],
  ['date'],
  ['string'],
]

export function pathTo(...names: readonly string[]): Operand {
  return { kind: 'path', steps: names.map((name) => ({ name, index: null })) }
}

export const all = (of: readonly FilterNode[]): FilterNode => (of.length === 1 ? of[0] : { kind: 'and', of })
export const any = (of: readonly FilterNode[]): FilterNode => (of.length === 1 ? of[0] : { kind: 'or', of })
export const none = (of: FilterNode): FilterNode => ({ kind: 'not', of })
export const typed = (operand: Operand, ...types: TypeName[]): FilterNode => ({ kind: 'type', operand, types })
export const exists = (operand: Operand, isNullAbsent = false): FilterNode => ({
  kind: 'exists',
  operand,
  isNullAbsent,
})

/** A value that the engine compares as ReQL does; undefined for others. */
export function constantOf(value: Datum): Constant | undefined {
  switch (typeof value) {
    case 'number':
      // Beyond this, a bigint of the engine and the number that ReQL sees may differ.
      return Math.abs(value) < 2 ** 53 ? value : undefined
    case 'string':
      return isWellFormed(value) ? value : undefined
    case 'boolean':
      return value
  }
  if (value === null) return null
  if (!(value instanceof Time)) return undefined
  const ms = Math.round(value.epoch * 1000)
  return ms / 1000 === value.epoch && Math.abs(ms) <= 8.64e15 ? new Date(ms) : undefined
}

function rankOf(value: Constant): number {
  const type = value === null ? 'null' : value instanceof Date ? 'date' : (typeof value as TypeName)
  return TYPES.findIndex((names) => names.includes(type))
}

export const TURNED = { eq: 'eq', ne: 'ne', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' } as const
export type Comparison = keyof typeof TURNED

/** A comparison with a constant; values that need a closer look are added to `odd`. */
export function compared(operator: Comparison, left: Operand, value: Constant, odd: FilterNode[]): FilterNode {
  const right = { kind: 'constant', value } as const
  const absent = 'fail'
  // Instants with their own zone are objects to the engine.
  if (value instanceof Date) odd.push(typed(left, 'object'))
  if (operator === 'eq' || operator === 'ne') return { kind: 'compare', operator, left, right, absent }
  const rank = rankOf(value)
  // Typed arrays are arrays to ReQL, and so sort earlier; to the engine they are binary.
  if (rank < TYPES.length - 2) odd.push(typed(left, 'binary'))
  const isBefore = operator === 'lt' || operator === 'le'
  const types = (isBefore ? TYPES.slice(0, rank) : TYPES.slice(rank + 1)).flat()
  const parts: FilterNode[] = [{ kind: 'compare', operator, left, right, absent }]
  if (types.length > 0) parts.push({ kind: 'type', operand: left, types, absent })
  // Null is neither less nor greater than itself, and the engine does not order it.
  if (value === null) parts[0] = { kind: 'compare', operator: 'eq', left, right, absent }
  if (value === null && (operator === 'lt' || operator === 'gt')) parts.shift()
  return any(parts)
}
