// Ranges of an ordered index, as they are asked for.

import { TypeRank } from '../../core/index.ts'
import type { Constant } from '../../query/index.ts'
import type { IndexRange } from './index-walk.ts'

export { type IndexRange, TypeRank }

/** Values for the first fields of an index, or for all of them. */
export type IndexTuple = readonly Constant[]

export interface RangeBounds {
  /** Without what equals the lower tuple; default `false`. */
  readonly isLowerOpen?: boolean
  /** Without what equals the upper tuple; default `false`. */
  readonly isUpperOpen?: boolean
}

/**
 * What lies from `lower` to `upper` in the order of `sort`, whatever the types; undefined for no bound. A tuple with fewer values than the
 * index has fields equals all that begins with it.
 *
 * @example
 * ```ts
 * between([10], [20], { isUpperOpen: true })
 * between(['ann'], ['ann']) // all of ann's, in the order of the fields behind
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

/** What begins with `tuple` and goes on with a value of one type: orders that put types in another sequence go from type to type. */
export function ofType(rank: (typeof TypeRank)[keyof typeof TypeRank], tuple: IndexTuple = []): IndexRange {
  return {
    lower: { values: tuple, isAfter: false, rank },
    upper: { values: tuple, isAfter: false, rank: rank + 1 },
  }
}
