// Operands with their types, and which may be combined.

import {
  type Constant,
  EVERYTHING,
  type FilterNode,
  NOTHING,
  type Operand,
  type PathStep,
} from '../../../query/index.ts'
import { DataType } from '../enums.ts'
import { type Field, isIntegerType, isText, isVectorType } from '../schema.ts'
import { INT64_MAX, INT64_MIN, narrow } from '../values.ts'
import { ExpressionError } from './tokens.ts'

export const both = (of: readonly FilterNode[]): FilterNode => ({ kind: 'and', of })
export const not = (of: FilterNode): FilterNode => ({ kind: 'not', of })

/** The type of an operand. `json` may be anything. */
export type ValueType =
  | 'bool'
  | 'int'
  | 'float'
  | 'string'
  | 'json'
  | 'array'
  | 'time'
  | 'interval'
  | 'geometry'
  | 'vector'

/** An operand with its type. */
export interface Value {
  readonly type: ValueType
  readonly operand: Operand
  readonly at: number
  /** Set for a constant. */
  readonly constant?: Constant
  /** The field that the operand is, or is part of. */
  readonly field?: Field
  /** An element of an Array field: if its position does not exist, comparisons are false. */
  readonly isElement?: boolean
  /** The field of the structs, if the operand is their array. */
  readonly part?: string
  readonly isComputed?: boolean
  /** Added to a time before it is compared. */
  readonly shift?: Interval
}

/** A span of time; the length of a month depends on the calendar. */
export interface Interval {
  readonly months: number
  readonly microseconds: number
}

export function stepOf(step: string | number): PathStep {
  return typeof step === 'number' ? { name: null, index: step } : { name: step, index: null }
}

export function typeOf(type: DataType): ValueType {
  if (isIntegerType(type)) return 'int'
  if (isText(type)) return 'string'
  if (isVectorType(type)) return 'vector'
  switch (type) {
    case DataType.Bool:
      return 'bool'
    case DataType.Float:
    case DataType.Double:
      return 'float'
    case DataType.Timestamptz:
      return 'time'
    case DataType.Geometry:
      return 'geometry'
    default:
      return 'json'
  }
}

/** An operand as it appears in messages. */
export function nameOf({ type, constant, field }: Value): string {
  if (constant !== undefined) return typeof constant === 'string' ? JSON.stringify(constant) : `${constant as number}`
  if (field === undefined) return 'a dynamic field'
  return `${type === 'array' || type === 'json' ? DataType[field.type] : type} field ${field.name}`
}

export function constantValue(value: unknown, isInt: boolean, at: number): Value {
  let constant = value as Constant
  let type: ValueType = typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'float'
  if (isInt) {
    if ((value as bigint) > INT64_MAX || (value as bigint) < INT64_MIN) {
      throw new ExpressionError(`${value} is out of the range of int64`, at)
    }
    constant = narrow(value as bigint)
    type = 'int'
  }
  return { type, operand: { kind: 'constant', value: constant }, constant, at }
}

export function folded(operator: string, a: Value, b: Value, at: number): Value {
  if (a.type === 'int' && b.type === 'int') {
    const [x, y] = [BigInt(a.constant as number), BigInt(b.constant as number)]
    const whole = { '+': () => x + y, '-': () => x - y, '*': () => x * y, '/': () => x / y, '%': () => x % y }[
      operator
    ]!()
    return constantValue(whole, true, at)
  }
  const [x, y] = [Number(a.constant), Number(b.constant)]
  return constantValue(
    operator === '+' ? x + y : operator === '-' ? x - y : operator === '*' ? x * y : x / y,
    false,
    at,
  )
}

export function foldedComparison(operator: string, a: Value, b: Value, at: number): FilterNode {
  requireAlike(a, b, operator, at)
  const [x, y] = [a.constant as number, b.constant as number]
  const isTrue = {
    // biome-ignore lint/suspicious/noDoubleEquals: a number and a bigint may be equal
    '==': x == y,
    // biome-ignore lint/suspicious/noDoubleEquals: as above
    '!=': x != y,
    '<': x < y,
    '<=': x <= y,
    '>': x > y,
    '>=': x >= y,
  }[operator]
  return isTrue ? EVERYTHING : NOTHING
}

/** Throws if a whole array, JSON field, geometry or vector is compared. */
export function requireComparable(value: Value): void {
  const { type, field, operand, constant } = value
  const isWholeJson =
    type === 'json' && field?.type === DataType.JSON && operand.kind === 'path' && operand.steps.length === 1
  const isWhole = constant === undefined && (type === 'array' || isWholeJson)
  if (isWhole || type === 'vector' || type === 'geometry') {
    throw new ExpressionError(`${nameOf(value)} cannot be compared as a whole`, value.at)
  }
}

const isNumeric = (type: ValueType) => type === 'int' || type === 'float'

export function requireAlike(a: Value, b: Value, operator: string, at: number): void {
  if (a.type === b.type || a.type === 'json' || b.type === 'json') return
  if (isNumeric(a.type) && isNumeric(b.type)) return
  const isTime = (one: Value, other: Value) => one.type === 'time' && other.type === 'string'
  if (isTime(a, b) || isTime(b, a)) return
  throw new ExpressionError(`${operator} cannot compare ${nameOf(a)} with ${nameOf(b)}`, at)
}

/** A constant in the field's precision: for a Float column it is rounded like the rows. */
export function constantFor(value: Value, target: Value): Constant {
  const { constant } = value
  const type = target.isElement ? target.field?.element : target.field?.type
  if (type === DataType.Float && !target.isComputed && typeof constant === 'number') return Math.fround(constant)
  return constant!
}

export function rulesOf(...values: Value[]): { absent: 'unequal' | 'unknown'; isNullAbsent: true } {
  const isTwoValued = values.some((value) => value.constant === undefined && value.type === 'json')
  // A missing element makes a comparison false, a null array makes it unknown: see `guarded`.
  return { absent: isTwoValued || values.some((value) => value.isElement) ? 'unequal' : 'unknown', isNullAbsent: true }
}

/** A comparison with an element of an array: false for any operator if the element does not exist. */
export function guarded(node: FilterNode, ...values: Value[]): FilterNode {
  const elements = values.filter((value) => value.isElement)
  if (elements.length === 0) return node
  const there = both([node, ...elements.map(({ operand }) => ({ kind: 'exists' as const, operand }))])
  const arrays = elements
    .filter(({ field }) => field!.nullable && field!.type === DataType.Array)
    .map((value) => not(isArray(value)))
  return arrays.length === 0 ? there : { kind: 'or', of: [there, ...arrays] }
}

/** True for an array, unknown for null. */
function isArray({ field }: Value): FilterNode {
  const size: Operand = { kind: 'size', of: { kind: 'path', steps: [stepOf(field!.name)] } }
  const none: Operand = { kind: 'constant', value: 0 }
  return { kind: 'compare', operator: 'ge', left: size, right: none, absent: 'unknown', isNullAbsent: true }
}
