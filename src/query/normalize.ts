// The tree in negation normal form: `not` only at leaves, no constants inside, nested lists flattened. Kleene's logic
// allows all of this. It also makes unknown equivalent to false above the leaves, since only leaves are negated, and
// there unknown stays unknown.

import { evaluate } from './evaluate.ts'
import { typeOf, typesAround } from './order.ts'
import {
  type CompareNode,
  type Constant,
  type FilterNode,
  type InNode,
  type LeafNode,
  mayFail,
  operandsOf,
  type PathOperand,
} from './tree.ts'

export interface NormalLeaf {
  readonly kind: 'leaf'
  readonly leaf: LeafNode
  readonly isNegated: boolean
}

export interface NormalLogic {
  readonly kind: 'and' | 'or'
  readonly of: readonly NormalNode[]
}

export interface NormalConstant {
  readonly kind: 'constant'
  readonly value: boolean
}

export type NormalNode = NormalLeaf | NormalLogic | NormalConstant

const YES: NormalConstant = { kind: 'constant', value: true }
const NO: NormalConstant = { kind: 'constant', value: false }

export function normalize(node: FilterNode, isNegated = false): NormalNode {
  switch (node.kind) {
    case 'constant':
      return node.value !== isNegated ? YES : NO
    case 'not':
      return normalize(node.of, !isNegated)
    case 'and':
    case 'or': {
      const isAnd = (node.kind === 'and') !== isNegated
      return join(
        isAnd ? 'and' : 'or',
        node.of.map((part) => normalize(part, isNegated)),
      )
    }
    case 'compare': {
      const parts = withinTypes(node)
      if (parts === undefined) return normalLeaf(node, isNegated)
      return join(
        isNegated ? 'and' : 'or',
        parts.map((part) => normalLeaf(part, isNegated)),
      )
    }
    default:
      return normalLeaf(node, isNegated)
  }
}

function normalLeaf(leaf: LeafNode, isNegated: boolean): NormalNode {
  if (operandsOf(leaf).every((operand) => operand.kind === 'constant') && !mayFail(leaf)) {
    // The same for every document. Unknown is no match either way.
    const node: FilterNode = isNegated ? { kind: 'not', of: leaf } : leaf
    return evaluate(node, {}) ? YES : NO
  }
  return { kind: 'leaf', leaf, isNegated }
}

const TURNED = { eq: 'eq', ne: 'ne', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' } as const

/**
 * Rewrites a comparison in the total order with a scalar constant: values of the constant's type compare as usual, all
 * others by their type alone. Both leaves agree where an operand is absent. Undefined for other comparisons.
 */
function withinTypes(leaf: CompareNode): LeafNode[] | undefined {
  if (leaf.order !== 'total') return undefined
  if (leaf.left.kind === 'constant' && leaf.right.kind !== 'constant') {
    return withinTypes({ ...leaf, left: leaf.right, right: leaf.left, operator: TURNED[leaf.operator] })
  }
  if (leaf.right.kind !== 'constant') return undefined
  const type = typeOf(leaf.right.value)
  // If null counts as absent, this would be a comparison with no value.
  if (type === 'array' || type === 'object' || type === 'null') return undefined
  const within: CompareNode = { ...leaf, order: 'within' }
  if (leaf.operator === 'eq' || leaf.operator === 'ne') return [within]
  const { before, behind } = typesAround(leaf.right.value)
  const types = leaf.operator === 'gt' || leaf.operator === 'ge' ? behind : before
  const { absent, isNullAbsent } = leaf
  const rules = { ...(absent === undefined ? {} : { absent }), ...(isNullAbsent === undefined ? {} : { isNullAbsent }) }
  return [within, { ...rules, kind: 'type', operand: leaf.left, types }]
}

/** `and` or `or` of normal nodes, without redundant parts. */
export function join(kind: 'and' | 'or', parts: readonly NormalNode[]): NormalNode {
  const decided = kind === 'or'
  const kept: NormalNode[] = []
  for (const part of parts) {
    if (part.kind === 'constant') {
      if (part.value !== decided) continue
      kept.push(part)
      // An earlier part may fail first; later parts are never reached.
      break
    }
    // One by one: as the arguments of a call they may be too many for the stack.
    if (part.kind === kind) for (const inner of part.of) kept.push(inner)
    else kept.push(part)
  }
  const last = kept.at(-1)
  if (last?.kind === 'constant' && !kept.some(normalMayFail)) return last
  const joined = gathered(kind, kept)
  if (joined.length === 0) return decided ? NO : YES
  return joined.length === 1 ? joined[0]! : { kind, of: joined }
}

/** With this many values a look-up is faster than comparing one by one. */
const GATHERED_MIN = 8

/** A leaf that holds for some values at a path, like `in`; with `isNegated`, for all others. */
interface Membership {
  readonly operand: PathOperand
  readonly values: readonly Constant[]
  readonly isNegated: boolean
}

function membershipOf(part: NormalNode): Membership | undefined {
  if (part.kind !== 'leaf') return undefined
  const { leaf, isNegated } = part
  if (leaf.kind === 'in') {
    const { operand, values } = leaf
    return operand.kind === 'path' ? { operand, values, isNegated } : undefined
  }
  if (leaf.kind !== 'compare' || leaf.order === 'total') return undefined
  if (leaf.operator !== 'eq' && leaf.operator !== 'ne') return undefined
  const [operand, constant] = leaf.left.kind === 'path' ? [leaf.left, leaf.right] : [leaf.right, leaf.left]
  if (operand.kind !== 'path' || constant.kind !== 'constant') return undefined
  // If null counts as absent, this is a comparison with no value.
  if (constant.value === null && leaf.isNullAbsent === true) return undefined
  return { operand, values: [constant.value], isNegated: isNegated !== (leaf.operator === 'ne') }
}

/** Parts that are merged into one. */
interface Gathered {
  readonly first: NormalNode
  readonly values: Constant[]
  readonly joined: NormalLeaf
}

/** Generated filters have thousands of alternatives: those that compare one field with constants become one look-up. */
function gathered(kind: 'and' | 'or', parts: readonly NormalNode[]): readonly NormalNode[] {
  if (parts.length < GATHERED_MIN) return parts
  const groups = new Map<string, Gathered>()
  const groupOf = new Map<NormalNode, Gathered>()
  for (const part of parts) {
    const found = membershipOf(part)
    if (found === undefined || found.isNegated !== (kind === 'and')) continue
    const { operand, isNegated } = found
    const { absent, isNullAbsent } = (part as NormalLeaf).leaf as InNode
    const steps = operand.steps.map(({ name, index }) => [name, index])
    const key = JSON.stringify([steps, absent ?? 'unequal', isNullAbsent === true])
    let group = groups.get(key)
    if (group === undefined) {
      const values: Constant[] = []
      const leaf: InNode = {
        kind: 'in',
        operand,
        values,
        ...(absent && { absent }),
        ...(isNullAbsent && { isNullAbsent }),
      }
      group = { first: part, values, joined: { kind: 'leaf', leaf, isNegated } }
      groups.set(key, group)
    }
    for (const value of found.values) group.values.push(value)
    groupOf.set(part, group)
  }
  const isLarge = ({ values }: Gathered) => values.length >= GATHERED_MIN
  // A failing part ends the filter, so the order must be kept.
  if (![...groups.values()].some(isLarge) || parts.some(normalMayFail)) return parts
  const kept: NormalNode[] = []
  for (const part of parts) {
    const group = groupOf.get(part)
    if (group === undefined || !isLarge(group)) kept.push(part)
    else if (group.first === part) kept.push(group.joined)
  }
  return kept
}

export function normalMayFail(node: NormalNode): boolean {
  if (node.kind === 'constant') return false
  return node.kind === 'leaf' ? mayFail(node.leaf) : node.of.some(normalMayFail)
}

/** Converts back to a tree, for the evaluator. */
export function denormalize(node: NormalNode): FilterNode {
  if (node.kind === 'constant') return node
  if (node.kind === 'leaf') return node.isNegated ? { kind: 'not', of: node.leaf } : node.leaf
  return { kind: node.kind, of: node.of.map(denormalize) }
}
