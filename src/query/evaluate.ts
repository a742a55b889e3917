// Evaluates a filter tree on a decoded document: for documents that are not in a store, for what the machine leaves
// over, and as the reference model in tests of the machine.

import { calculate, negate } from './arithmetic.ts'
import { likeMatches, likeTokens } from './like.ts'
import { ACCEPTED, compareTotal, compareValues, isEqual, typeOf } from './order.ts'
import { type BoundedRegex, boundRegex } from './regex.ts'
import type {
  Absent,
  CompareNode,
  Constant,
  ContainsNode,
  FilterNode,
  InNode,
  LeafNode,
  LogicNode,
  Operand,
  PathStep,
  RegexNode,
  TextNode,
} from './tree.ts'

// In this order `and` is the minimum and `or` the maximum of the answers (Kleene).
const FALSE = 0
const UNKNOWN = 1
const TRUE = 2
const FAILED = 3

/**
 * Whether a document matches.
 *
 * @param isFailMatch - the result when the filter fails.
 */
export function evaluate(node: FilterNode, document: object, isFailMatch = false): boolean {
  const answer = answerOf(node, document as Constant)
  return answer === FAILED ? isFailMatch : answer === TRUE
}

function answerOf(node: FilterNode, document: Constant): number {
  switch (node.kind) {
    case 'constant':
      return node.value ? TRUE : FALSE
    case 'and':
    case 'or':
      return logic(node, document)
    case 'not': {
      const answer = answerOf(node.of, document)
      return answer === FAILED ? FAILED : TRUE - answer
    }
    default:
      return leaf(node, document)
  }
}

function logic(node: LogicNode, document: Constant): number {
  const isAnd = node.kind === 'and'
  const decided = isAnd ? FALSE : TRUE
  let answer = isAnd ? TRUE : FALSE
  for (const part of node.of) {
    const next = answerOf(part, document)
    if (next === FAILED || next === decided) return next
    if (next === UNKNOWN) answer = UNKNOWN
  }
  return answer
}

function absentAnswer(absent: Absent | undefined, unequal: number): number {
  return absent === 'fail' ? FAILED : absent === 'unknown' ? UNKNOWN : unequal
}

function leaf(node: LeafNode, document: Constant): number {
  if (node.kind === 'compare') return compare(node, document)
  const value = operand(node.operand, document)
  const isAbsent = value === undefined || (value === null && node.isNullAbsent === true)
  if (node.kind === 'exists') return isAbsent ? FALSE : TRUE
  if (isAbsent) return absentAnswer(node.absent, FALSE)
  return holds(node, value) ? TRUE : FALSE
}

function compare(node: CompareNode, document: Constant): number {
  const left = operand(node.left, document)
  const right = operand(node.right, document)
  const isAbsent = left === undefined || right === undefined
  if (isAbsent || (node.isNullAbsent === true && (left === null || right === null))) {
    return absentAnswer(node.absent, node.operator === 'ne' ? TRUE : FALSE)
  }
  const outcome = node.order === 'total' ? compareTotal(left, right) : compareValues(left, right)
  return (ACCEPTED[node.operator] & outcome) !== 0 ? TRUE : FALSE
}

function holds(node: Exclude<LeafNode, { kind: 'compare' | 'exists' }>, value: Constant): boolean {
  switch (node.kind) {
    case 'in':
      return isAmong(node, value)
    case 'type':
      return node.types.includes(typeOf(value))
    case 'text':
      return typeof value === 'string' && textHolds(node, value)
    case 'contains':
      return contains(node, value)
    case 'test':
      return node.test(value)
    default:
      return typeof value === 'string' && regexOf(node).test(value)
  }
}

/** Shorter lists are searched linearly. */
const LOOKED_UP_MIN = 8

/** The values of a list that a Set can hold, and the others. */
interface Values {
  readonly scalars: ReadonlySet<unknown>
  readonly others: readonly Constant[]
}

const valuesOf = new WeakMap<InNode, Values>()

/** A representation for a Set that is the same for equal values. Undefined for dates, binaries, arrays and objects. */
function scalarOf(value: Constant): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return BigInt(number) === value ? number : value
  }
  return typeof value === 'object' && value !== null ? undefined : value
}

function isAmong(node: InNode, value: Constant): boolean {
  if (node.values.length < LOOKED_UP_MIN) return node.values.some((one) => isEqual(one, value))
  let values = valuesOf.get(node)
  if (values === undefined) {
    const others = node.values.filter((one) => scalarOf(one) === undefined)
    values = { scalars: new Set(node.values.map(scalarOf)), others }
    valuesOf.set(node, values)
  }
  const scalar = scalarOf(value)
  return scalar === undefined ? values.others.some((one) => isEqual(one, value)) : values.scalars.has(scalar)
}

function textHolds(node: TextNode, value: string): boolean {
  const text = node.isCaseIgnored ? value.toLowerCase() : value
  const wanted = node.isCaseIgnored ? node.text.toLowerCase() : node.text
  switch (node.operator) {
    case 'contains':
      return text.includes(wanted)
    case 'startsWith':
      return text.startsWith(wanted)
    case 'endsWith':
      return text.endsWith(wanted)
    default:
      return likeMatches(likeTokens(wanted), text)
  }
}

function contains(node: ContainsNode, value: Constant): boolean {
  let has: (wanted: Constant) => boolean
  if (Array.isArray(value)) has = (wanted) => value.some((element) => isEqual(element as Constant, wanted))
  else if (node.isTextToo && typeof value === 'string')
    has = (wanted) => typeof wanted === 'string' && value.includes(wanted)
  else return false
  return node.need === 'all' ? node.values.every(has) : node.values.some(has)
}

const regexes = new WeakMap<RegexNode, BoundedRegex>()

function regexOf(node: RegexNode): BoundedRegex {
  let regex = regexes.get(node)
  if (regex === undefined) {
    regex = boundRegex(node.source, node.flags, 'filter')
    regexes.set(node, regex)
  }
  return regex
}

// --- operands

function operand(of: Operand, document: Constant): Constant | undefined {
  switch (of.kind) {
    case 'constant':
      // As stored, and as the machine sees it: -0 is 0.
      return of.value === 0 ? 0 : of.value
    case 'path':
      return valueAt(document, of.steps)
    case 'negate': {
      const value = operand(of.of, document)
      return isAmount(value) ? negate(value) : undefined
    }
    case 'size': {
      const value = operand(of.of, document)
      return Array.isArray(value) ? BigInt(value.length) : undefined
    }
    case 'first': {
      const value = operand(of.of, document)
      const isAbsent = value === undefined || (value === null && of.isNullAbsent === true)
      return isAbsent ? operand(of.otherwise, document) : value
    }
    default: {
      const left = operand(of.left, document)
      const right = operand(of.right, document)
      if (!isAmount(left) || !isAmount(right)) return undefined
      // biome-ignore lint/suspicious/noDoubleEquals: 0 and 0n
      const dividesByZero = (of.operator === 'divide' || of.operator === 'remainder') && right == 0
      return dividesByZero && of.isZeroDivisorAbsent ? undefined : calculate(of.operator, left, right)
    }
  }
}

function isAmount(value: Constant | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** The value at the end of a path, or undefined. */
export function valueAt(document: Constant, steps: readonly PathStep[]): Constant | undefined {
  let value: Constant | undefined = document
  for (const { name, index } of steps) {
    if (Array.isArray(value)) {
      if (index === null) return undefined
      value = value.at(index) as Constant | undefined
    } else if (typeof value === 'object' && value !== null && name !== null && typeOf(value) === 'object') {
      const fields = value as { readonly [name: string]: Constant }
      value = Object.hasOwn(fields, name) ? fields[name] : undefined
    } else {
      return undefined
    }
  }
  return value
}
