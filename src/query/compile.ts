// Compiles a filter tree into a program that the machine runs over encoded records, and a residue for JavaScript:
// regular expressions, functions and the rare nodes that the machine lacks. The program passes every match, and only
// documents that the residue must still check.

import { assemble } from './assemble.ts'
import { evaluate } from './evaluate.ts'
import { denormalize, join, type NormalNode, normalize, normalMayFail } from './normalize.ts'
import { OP_RETURN } from './opcode.ts'
import {
  type Constant,
  EVERYTHING,
  type FilterNode,
  type LeafNode,
  mayFail,
  type Operand,
  operandsOf,
  type PathStep,
} from './tree.ts'

const RETURN_TRUE = 1 << 8

/** For the core's Filters; shared by all partitions. */
export interface FilterProgram {
  readonly code: Uint32Array
  readonly paths: readonly (readonly PathStep[])[]
  readonly constants: readonly Constant[]
  /** The result for a document on which the filter failed. */
  readonly isFailMatch: boolean
}

/** What JavaScript must still decide about documents that passed the program. */
export interface Residual {
  /** The top-level fields that it reads; a document with only these may be passed to it. */
  readonly fields: readonly string[]
  matches(document: object): boolean
}

export interface CompiledFilter {
  readonly tree: FilterNode
  /** Built on first use; throws a LimitError when it is too large. Undefined: every document passes. */
  readonly program: FilterProgram | undefined
  readonly hasProgram: boolean
  readonly residual: Residual | undefined
  /** No document can match. */
  readonly isNever: boolean
  /** A document on which the filter failed matches, and failures are possible. */
  readonly isFailMatch: boolean
  /** Whether a decoded document matches; does not use the machine. */
  matches(document: object): boolean
}

export interface CompileOptions {
  /** The result for a document on which the filter failed (nodes with `absent: 'fail'`); default false. */
  readonly isFailMatch?: boolean
}

/** Compiles a tree. */
export function compileFilter(tree: FilterNode, options: CompileOptions = {}): CompiledFilter {
  const isFailMatch = options.isFailMatch ?? false
  const [runs, rest] = split(normalize(tree))
  const hasProgram = !isConstant(runs, true)
  let program: FilterProgram | undefined
  return {
    tree,
    hasProgram,
    // Not needed where an index or a key decides everything.
    get program() {
      if (hasProgram) program ??= programOf(runs, isFailMatch)
      return program
    },
    residual: rest === undefined ? undefined : residualOf(denormalize(rest), isFailMatch),
    isNever: isConstant(runs, false),
    isFailMatch: isFailMatch && mayFail(tree),
    matches: (document) => evaluate(tree, document, isFailMatch),
  }
}

/** A program that passes every document, used to read the values at its paths. */
export function fieldsProgram(paths: readonly (readonly PathStep[])[]): FilterProgram {
  return { code: Uint32Array.of(OP_RETURN | RETURN_TRUE), paths, constants: [], isFailMatch: false }
}

function isConstant(node: NormalNode, value: boolean): boolean {
  return node.kind === 'constant' && node.value === value
}

function programOf(node: NormalNode, isFailMatch: boolean): FilterProgram {
  return { ...assemble(normalMayFail(node) ? node : cheapFirst(node)), isFailMatch }
}

function residualOf(node: FilterNode, isFailMatch: boolean): Residual {
  const fields = new Set<string>()
  collectFields(node, fields)
  return { fields: [...fields], matches: (document) => evaluate(node, document, isFailMatch) }
}

function collectFields(node: FilterNode, fields: Set<string>): void {
  switch (node.kind) {
    case 'constant':
      return
    case 'not':
      collectFields(node.of, fields)
      return
    case 'and':
    case 'or':
      for (const part of node.of) collectFields(part, fields)
      return
    default:
      for (const operand of operandsOf(node)) collectOperand(operand, fields)
  }
}

function collectOperand(operand: Operand, fields: Set<string>): void {
  switch (operand.kind) {
    case 'constant':
      return
    case 'path': {
      const name = operand.steps[0]?.name
      if (name !== null && name !== undefined) fields.add(name)
      return
    }
    case 'arithmetic':
      collectOperand(operand.left, fields)
      collectOperand(operand.right, fields)
      return
    case 'first':
      collectOperand(operand.of, fields)
      collectOperand(operand.otherwise, fields)
      return
    default:
      collectOperand(operand.of, fields)
  }
}

// --- the two parts

/** Whether the machine has an instruction for a leaf. */
function canRun(leaf: LeafNode): boolean {
  if (leaf.kind === 'regex' || leaf.kind === 'test') return false
  if (leaf.kind === 'text') return leaf.isCaseIgnored !== true
  return leaf.kind !== 'compare' || leaf.order !== 'total'
}

function runsWhole(node: NormalNode): boolean {
  if (node.kind === 'constant') return true
  return node.kind === 'leaf' ? canRun(node.leaf) : node.of.every(runsWhole)
}

/** Splits a tree into the part that the machine decides, and what must still be checked where that passes. */
function split(node: NormalNode): [runs: NormalNode, rest: NormalNode | undefined] {
  if (runsWhole(node)) return [node, undefined]
  // A failing part ends the filter, and only the whole tree in its order determines which part fails first.
  if (normalMayFail(node)) return [EVERYTHING, node]
  const parts = node.kind === 'and' ? node.of : [node]
  const left = parts.filter((part) => !runsWhole(part))
  return [join('and', parts.map(loosened)), join('and', left)]
}

/** A filter that the machine can run and that passes everything that `node` does. */
function loosened(node: NormalNode): NormalNode {
  if (node.kind === 'constant') return node
  if (node.kind !== 'leaf') return join(node.kind, node.of.map(loosened))
  const { leaf, isNegated } = node
  if (canRun(leaf)) return node
  if (isNegated || leaf.kind === 'compare') return EVERYTHING
  // Patterns and text tests match strings only.
  const operand = operandsOf(leaf)[0]!
  const needed: LeafNode =
    leaf.kind === 'test' ? { kind: 'exists', operand } : { kind: 'type', operand, types: ['string'] }
  return { kind: 'leaf', leaf: needed, isNegated: false }
}

// --- order

/** Cheap conditions first: leaves have no side effects, so `and` and `or` may be reordered. */
function cheapFirst(node: NormalNode): NormalNode {
  if (node.kind === 'constant' || node.kind === 'leaf') return node
  const parts = node.of.map(cheapFirst).map((part) => ({ part, cost: costOf(part) }))
  parts.sort((a, b) => a.cost - b.cost)
  return { kind: node.kind, of: parts.map(({ part }) => part) }
}

function costOf(node: NormalNode): number {
  if (node.kind === 'constant') return 0
  if (node.kind !== 'leaf') return node.of.reduce((sum, part) => sum + costOf(part), 1)
  const { leaf } = node
  const operands = operandsOf(leaf).reduce((sum, operand) => sum + operandCost(operand), 0)
  switch (leaf.kind) {
    case 'compare':
      return operands + (isCheap(leaf.left) && isCheap(leaf.right) ? 1 : 4)
    case 'in':
      return operands + 6
    case 'text':
      return operands + (leaf.operator === 'contains' ? 12 : leaf.operator === 'like' ? 16 : 4)
    case 'contains':
      return operands + 12 + leaf.values.length
    default:
      return operands + 1
  }
}

function operandCost(operand: Operand): number {
  switch (operand.kind) {
    case 'constant':
      return 0
    case 'path':
      return operand.steps.length
    case 'arithmetic':
      return operandCost(operand.left) + operandCost(operand.right) + 2
    case 'first':
      return operandCost(operand.of) + operandCost(operand.otherwise) + 1
    default:
      return operandCost(operand.of) + 1
  }
}

/** Whether it is known not to be a string, binary, array or object. */
function isCheap(operand: Operand): boolean {
  if (operand.kind !== 'constant') return true
  const { value } = operand
  return value === null || value instanceof Date || (typeof value !== 'object' && typeof value !== 'string')
}
