// Parsed filters in the engine's form.

import { type Filter, treeFilter } from '../../engine/index.ts'
import type { FilterNode } from '../../query/index.ts'

const filters = new WeakMap<FilterNode, Filter>()

/** A tree in the engine's form, compiled once. */
export function nativeFilter(node: FilterNode): Filter {
  let filter = filters.get(node)
  if (filter === undefined) filters.set(node, (filter = treeFilter(node)))
  return filter
}

export function native(node: FilterNode | undefined): { filter?: Filter } {
  return node === undefined ? {} : { filter: nativeFilter(node) }
}
