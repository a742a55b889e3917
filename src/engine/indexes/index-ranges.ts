// Which ranges of an index contain the matches of a filter.

import type { IndexDefinition } from '../../catalog/index.ts'
import { TypeRank } from '../../core/index.ts'
import { compareSorted, parsePath } from '../../query/filters.ts'
import type { Constant } from '../../query/index.ts'
import type { Partition } from '../partition.ts'
import { compareTuples, type FieldTest, type FieldTests, pathKey, typeRankOf } from './index-tests.ts'
import type { IndexRange } from './index-walk.ts'

/** The part of an index that a query looks at. */
export interface IndexAccess {
  readonly index: IndexDefinition
  /** Ascending, disjoint. */
  readonly ranges: readonly IndexRange[]
  /** Whether every document in the ranges matches. */
  readonly isExact: boolean
  /** How many of the leading fields are fixed to a single value. */
  readonly fixed: number
}

/** With more points than this a scan is as good. */
const TUPLES_MAX = 1_000

const keys = new WeakMap<IndexDefinition, readonly string[]>()

/** The paths of an index as keys. */
export function pathKeysOf(index: IndexDefinition): readonly string[] {
  let paths = keys.get(index)
  if (paths === undefined) {
    paths = index.fields.map((field) => pathKey(parsePath(field)))
    keys.set(index, paths)
  }
  return paths
}

/** @returns undefined when the filter does not restrict the first field; with `isOpen` the whole index instead. */
export function accessOf(
  index: IndexDefinition,
  { tests, areAll }: FieldTests,
  parts: readonly Partition[],
  isOpen: boolean,
): IndexAccess | undefined {
  if (index.multi) return elementsAccess(index, tests, parts)
  const used = new Set<FieldTest>()
  let tuples: Constant[][] = [[]]
  let fixed = 0
  let range: FieldTest[] = []
  for (const path of pathKeysOf(index)) {
    const points = fewestPoints(tests, path)
    if (points === undefined || tuples.length * points.values.length > TUPLES_MAX) {
      range = rangeTests(tests, path)
      break
    }
    used.add(points)
    tuples = tuples.flatMap((tuple) => points.values.map((value) => [...tuple, value]))
    if (tuples.length === 1) fixed++
    else if (isOpen) break
  }
  for (const test of range) used.add(test)
  if (used.size === 0 && !isOpen) return undefined
  const isExact = areAll && tests.every((test) => test.isWhole && used.has(test))
  return { index, ranges: distinct(tuples).map((tuple) => rangeOf(tuple, range)), isExact, fixed }
}

function elementsAccess(
  index: IndexDefinition,
  tests: readonly FieldTest[],
  parts: readonly Partition[],
): IndexAccess | undefined {
  const path = pathKeysOf(index)[0]!
  for (const test of tests) {
    if (test.kind !== 'elements' || test.path !== path || test.values.length > TUPLES_MAX) continue
    // Strings are indexed whole, so the index does not find those that merely contain the text.
    const needsNoTexts = test.isTextToo && test.values.some((value) => typeof value === 'string')
    if (needsNoTexts && parts.some(({ store }) => store.ordered.texts(index.id) > 0)) continue
    const ranges = distinct(test.values.map((value) => [value])).map((tuple) => rangeOf(tuple, []))
    return { index, ranges, isExact: false, fixed: 0 }
  }
  return undefined
}

function fewestPoints(tests: readonly FieldTest[], path: string) {
  let fewest: (FieldTest & { readonly kind: 'points' }) | undefined
  for (const test of tests) {
    if (test.kind !== 'points' || test.path !== path) continue
    if (fewest === undefined || test.values.length < fewest.values.length) fewest = test
  }
  return fewest
}

/** At most one lower and one upper bound, or a string prefix, or a test for existence. */
function rangeTests(tests: readonly FieldTest[], path: string): FieldTest[] {
  const own = tests.filter((test) => test.path === path)
  const lower = tightest(own, 'lower', 1)
  const upper = tightest(own, 'upper', -1)
  if (lower !== undefined && upper !== undefined) {
    // No value is within bounds of two types; the filter program handles the other bound.
    return typeRankOf(lower.value) === typeRankOf(upper.value) ? [lower, upper] : [lower]
  }
  const one = lower ?? upper ?? own.find(({ kind }) => kind === 'head') ?? own.find(({ kind }) => kind === 'exists')
  return one === undefined ? [] : [one]
}

function tightest(tests: readonly FieldTest[], kind: 'lower' | 'upper', sign: number) {
  let best: (FieldTest & { readonly kind: 'lower' | 'upper' }) | undefined
  for (const test of tests) {
    if (test.kind !== kind) continue
    const outcome = best === undefined ? 1 : compareSorted(test.value, best.value) * sign
    if (outcome > 0 || (outcome === 0 && test.isOpen)) best = test
  }
  return best
}

function distinct(tuples: Constant[][]): Constant[][] {
  if (tuples.length < 2) return tuples
  tuples.sort(compareTuples)
  return tuples.filter((tuple, i) => i === 0 || compareTuples(tuples[i - 1]!, tuple) !== 0)
}

/** The entries that begin with a tuple and whose next field passes the tests. */
function rangeOf(tuple: readonly Constant[], tests: readonly FieldTest[]): IndexRange {
  let lower: IndexRange['lower'] = { values: tuple, isAfter: false }
  let upper: IndexRange['upper'] = { values: tuple, isAfter: true }
  for (const test of tests) {
    if (test.kind === 'head') {
      const values = [...tuple, test.text]
      return { lower: { values, isAfter: false }, upper: { values, isAfter: true, isHead: true } }
    }
    if (test.kind === 'exists') {
      const rank = test.isNullAbsent ? TypeRank.Boolean : TypeRank.Null
      return { lower: { values: tuple, isAfter: false, rank }, upper }
    }
    if (test.kind !== 'lower' && test.kind !== 'upper') continue
    const values = [...tuple, test.value]
    const rank = typeRankOf(test.value)
    const isBounded = tests.length === 2
    if (test.kind === 'lower') {
      lower = { values, isAfter: test.isOpen }
      if (!isBounded) upper = { values: tuple, isAfter: false, rank: rank + 1 }
    } else {
      upper = { values, isAfter: !test.isOpen }
      if (!isBounded) lower = { values: tuple, isAfter: false, rank }
    }
  }
  return { lower, upper }
}

/** How many entries the ranges currently hold; stops counting beyond `enough`. */
export function entriesIn({ index, ranges }: IndexAccess, parts: readonly Partition[], enough = Infinity): number {
  let count = 0
  for (const { store } of parts) {
    for (const { lower, upper } of ranges) {
      count += Math.max(0, store.ordered.rank(index.id, upper) - store.ordered.rank(index.id, lower))
      if (count > enough) return count
    }
  }
  return count
}
