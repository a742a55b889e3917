// Merges several ranked lists: by rank, or by weighted scores. An item gets nothing from a list that lacks it.

import { UsageError } from '../error/index.ts'

/** One list, best first. */
export type RankedList<Id> = readonly { readonly id: Id; readonly score: number }[]

export interface FusedHit<Id> {
  readonly id: Id
  readonly score: number
}

export interface ReciprocalOptions {
  /** Added to each rank, which counts from 1; the greater it is, the less the first places stand out. Default 60. */
  readonly k?: number | undefined
  /** One per list; default 1. */
  readonly weights?: readonly number[] | undefined
  /** Maps an id to what is compared for equality; default: the id itself. */
  readonly identity?: ((id: unknown) => unknown) | undefined
}

/**
 * Reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009): the sum of weight / (k + rank). Best first; ties in
 * order of first appearance.
 */
export function reciprocalRankFusion<Id>(
  lists: readonly RankedList<Id>[],
  options: ReciprocalOptions = {},
): FusedHit<Id>[] {
  const { k = 60, weights, identity } = options
  if (!(k >= 0) || k === Infinity) throw new UsageError(`k of a rank fusion is a number from 0 on, got ${k}`)
  requireWeights(lists.length, weights)
  return fused(lists, (list, rank) => (weights?.[list] ?? 1) / (k + rank), identity)
}

/** The meaning of the scores of a list. */
export type ScoreKind = 'cosine' | 'ip' | 'bm25' | 'distance'

export interface WeightedOptions {
  /** One for each list. */
  readonly weights: readonly number[]
  /** The kind of scores in each list. */
  readonly kinds: readonly ScoreKind[]
  /**
   * True: every score is normalized to 0..1, more is better. False: raw scores are used, and `distance` lists are
   * converted only if other lists rank in the opposite direction; if all are distances, so is the sum, and the smallest
   * comes first. Default true.
   */
  readonly isNormalized?: boolean | undefined
  readonly identity?: ((id: unknown) => unknown) | undefined
}

/** Normalizes a score to 0..1, more being better, as Milvus does. */
export function normalizedScore(kind: ScoreKind, score: number): number {
  switch (kind) {
    case 'cosine':
      return (1 + score) / 2
    case 'ip':
      return 0.5 + Math.atan(score) / Math.PI
    case 'bm25':
      return (2 * Math.atan(score)) / Math.PI
    case 'distance':
      return 1 - (2 * Math.atan(score)) / Math.PI
  }
}

/** The sum of weighted scores. Best first; ties in order of first appearance. */
export function weightedFusion<Id>(lists: readonly RankedList<Id>[], options: WeightedOptions): FusedHit<Id>[] {
  const { weights, kinds, isNormalized = true, identity } = options
  requireWeights(lists.length, weights)
  if (kinds.length !== lists.length)
    throw new UsageError(
      `a weighted fusion of ${lists.length} lists needs as many kinds of scores, got ${kinds.length}`,
    )
  const areDistances = kinds.every((kind) => kind === 'distance')
  const isMixed = !areDistances && kinds.includes('distance')
  const part = (list: number, _rank: number, score: number) => {
    const kind = kinds[list]!
    const isConverted = isNormalized || (isMixed && kind === 'distance')
    return weights[list]! * (isConverted ? normalizedScore(kind, score) : score)
  }
  const hits = fused(lists, part, identity)
  return areDistances && !isNormalized ? hits.sort((a, b) => a.score - b.score) : hits
}

function fused<Id>(
  lists: readonly RankedList<Id>[],
  part: (list: number, rank: number, score: number) => number,
  identity: (id: unknown) => unknown = (id) => id,
): FusedHit<Id>[] {
  const sums = new Map<unknown, { id: Id; score: number }>()
  lists.forEach((list, number) => {
    const seen = new Set<unknown>()
    list.forEach(({ id, score }, index) => {
      const key = identity(id)
      // Only its best place counts.
      if (seen.has(key)) return
      seen.add(key)
      const value = part(number, index + 1, score)
      const sum = sums.get(key)
      if (sum === undefined) sums.set(key, { id, score: value })
      else sum.score += value
    })
  })
  return [...sums.values()].sort((a, b) => b.score - a.score)
}

function requireWeights(lists: number, weights: readonly number[] | undefined): void {
  if (weights === undefined) return
  if (weights.length !== lists)
    throw new UsageError(`a fusion of ${lists} lists needs as many weights, got ${weights.length}`)
  const bad = weights.find((weight) => !Number.isFinite(weight))
  if (bad !== undefined) throw new UsageError(`a weight of a fusion is a finite number, got ${bad}`)
}
