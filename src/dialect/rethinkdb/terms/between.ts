// `between`, and its engine filter.

import { type Filter, treeFilter } from '../../../engine/index.ts'
import type { FilterNode } from '../../../query/index.ts'
import { all as allOf, compared, constantOf, pathTo } from '../conditions.ts'
import { MAXVAL, MINVAL } from '../datum.ts'
import { fail } from '../errors.ts'
import type { Call } from '../evaluate.ts'
import { requirePrimaryBound, requireSecondaryBound } from '../key.ts'
import type { Table } from '../store.ts'
import { type Bounds, TableSlice, type Val, wrongKind } from '../values.ts'
import { requireIndex } from './reading.ts'

/** The filter for the keys between two bounds; undefined if they must be compared here, or if all are wanted. */
export function boundsFilter(table: Table, bounds: Bounds): Filter | undefined {
  const parts: FilterNode[] = []
  const ends = [
    [bounds.low, bounds.isLowOpen ? 'gt' : 'ge', MINVAL],
    [bounds.high, bounds.isHighOpen ? 'lt' : 'le', MAXVAL],
  ] as const
  for (const [bound, operator, all] of ends) {
    if (bound === all) continue
    const constant = constantOf(bound)
    if (constant === undefined) return undefined
    // Keys contain nothing odd.
    parts.push(compared(operator, pathTo(table.primaryKey), constant, []))
  }
  return parts.length === 0 ? undefined : treeFilter(allOf(parts))
}

export function between(call: Call): Val {
  const value = call.first
  if (!(value instanceof TableSlice)) return wrongKind('TABLE_SLICE', value)
  const { slice, table } = value
  const [low, high] = [call.datum(1), call.datum(2)]
  for (const bound of [low, high]) {
    if (bound === null) {
      fail('Cannot use `null` in BETWEEN, use `r.minval` or `r.maxval` to denote unboundedness.')
    }
  }
  const index = call.textOption('index') ?? slice.index ?? table.primaryKey
  if (slice.bounds !== undefined) fail('Cannot perform multiple BETWEENs on the same table.')
  if (slice.index !== undefined && slice.index !== index) {
    fail(`Cannot call BETWEEN on index \`${index}\` after ordering on index \`${slice.index}\`.`)
  }
  const bounds = { low, high, isLowOpen: call.isOpen('left_bound'), isHighOpen: call.isOpen('right_bound') }
  const bounded = { ...slice, index, bounds }
  // Errors about the index are thrown before anything is read.
  const isPrimary = index === table.primaryKey
  call.query.readOn(table)
  if (!isPrimary) requireIndex(bounded)
  for (const bound of [low, high]) isPrimary ? requirePrimaryBound(bound) : requireSecondaryBound(bound)
  return new TableSlice(bounded)
}
