// What an expression becomes: a tree for the engine, and what only JavaScript can decide about rows that the tree let through.

import { type Filter, treeFilter } from '../../../engine/index.ts'
import { EVERYTHING, evaluate, type FilterNode } from '../../../query/index.ts'

/** A part that the shared tree has no node for. Answers undefined for unknown. */
export interface CustomNode {
  readonly kind: 'custom'
  test(row: object): boolean | undefined
}

export type Node =
  | FilterNode
  | CustomNode
  | { readonly kind: 'and' | 'or'; readonly of: readonly Node[] }
  | { readonly kind: 'not'; readonly of: Node }

/** An expression, ready to run. */
export interface Condition {
  /** Lets every match through. */
  readonly filter: Filter
  /** Decides about what came through; undefined when the filter says it all. */
  readonly residual: ((row: object) => boolean) | undefined
}

export const ALL: Condition = { filter: {}, residual: undefined }

function hasCustom(node: Node): boolean {
  if (node.kind === 'custom') return true
  if (node.kind === 'and' || node.kind === 'or') return node.of.some(hasCustom)
  return node.kind === 'not' && hasCustom(node.of)
}

export function conditionOf(node: Node): Condition {
  const parts = node.kind === 'and' ? node.of : [node]
  const native = parts.filter((part) => !hasCustom(part)) as FilterNode[]
  const rest = parts.filter(hasCustom)
  const tree =
    native.length === 0 ? EVERYTHING : native.length === 1 ? native[0]! : { kind: 'and' as const, of: native }
  return {
    filter: treeFilter(tree),
    residual: rest.length === 0 ? undefined : (row) => rest.every((part) => answer(part, row) === true),
  }
}

/** Kleene's logic with undefined for unknown. */
function answer(node: Node, row: object): boolean | undefined {
  if (node.kind === 'custom') return node.test(row)
  if (!hasCustom(node)) {
    const tree = node as FilterNode
    if (evaluate(tree, row)) return true
    return evaluate({ kind: 'not', of: tree }, row) ? false : undefined
  }
  if (node.kind === 'not') {
    const inner = answer(node.of as Node, row)
    return inner === undefined ? undefined : !inner
  }
  const decisive = node.kind === 'or'
  let isUnknown = false
  for (const part of (node as { of: readonly Node[] }).of) {
    const one = answer(part, row)
    if (one === decisive) return decisive
    if (one === undefined) isUnknown = true
  }
  return isUnknown ? undefined : !decisive
}
