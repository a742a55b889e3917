// Ranges of an ordered index, as callers specify them.

import { TypeRank } from '../../core/index.ts'
import type { Constant } from '../../query/index.ts'
import type { IndexRange } from './index-walk.ts'

export { type IndexRange, TypeRank }

/** Values for the first fields of an index, or for all of them. */
export type IndexTuple = readonly Constant[]

export interface RangeBounds {
  /** Excludes entries equal to the lower tuple; default `false`. */
  readonly isLowerOpen?: boolean
  /** Excludes entries equal to the upper tuple; default `false`. */
  readonly isUpperOpen?: boolean
}

/**
 * The entries from `lower` to `upper` in the order of `sort`, across types; undefined means no bound. A tuple shorter
 * than the index's list of fields equals every entry that begins with it.
 *
 * @example
 * ```ts
 * between([10], [20], { isUpperOpen: true })
 * between(['ann'], ['ann']) // all entries of ann, in the order of the remaining fields
 * ```
 */
export function between(
  lower: IndexTuple | undefined,
  upper: IndexTuple | undefined,
  { isLowerOpen = false, isUpperOpen = false }: RangeBounds = {},
): IndexRange {
  return {
    lower: { values: lower ?? [], isAfter: lower !== undefined && isLowerOpen },
    upper: { values: upper ?? [], isAfter: upper === undefined || !isUpperOpen },
  }
}

/**
 * The entries that begin with `tuple`, followed by a value of one type; for query languages that order types
 * differently and go from type to type.
 */
export function ofType(rank: (typeof TypeRank)[keyof typeof TypeRank], tuple: IndexTuple = []): IndexRange {
  return {
    lower: { values: tuple, isAfter: false, rank },
    upper: { values: tuple, isAfter: false, rank: rank + 1 },
  }
}
