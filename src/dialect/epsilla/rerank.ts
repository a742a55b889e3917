// The rerankers of the search engine. Loaded when a search has one.

import { reciprocalRankFusion, weightedFusion } from '../../text/fusion.ts'
import type { Candidate, RerankerConfig, RerankerName } from './search-engine.ts'

/** Fuses lists into one; each item holds the candidate that came first under its id. */
type Fusion = (lists: readonly Candidate[][], config: RerankerConfig) => readonly { readonly id: Candidate }[]

const FUSIONS: Readonly<Record<RerankerName, Fusion>> = {
  reciprocal_rank_fusion: byRanks,
  relative_score_fusion: byRelativeScores,
  distribution_based_score_fusion: byScales,
}

export function rerank(lists: readonly Candidate[][], name: RerankerName, config: RerankerConfig): Candidate[] {
  const ranked = FUSIONS[name](lists, config).map(({ id }) => id)
  return config.limit === undefined ? ranked : ranked.slice(0, config.limit)
}

const identity = (candidate: unknown) => (candidate as Candidate)['@id']

function byRanks(lists: readonly Candidate[][], { weights, k = 50 }: RerankerConfig): ReturnType<Fusion> {
  if (weights !== undefined && weights.length !== lists.length) {
    throw new Error('The length of weights should be equal to the number of candidate lists')
  }
  return reciprocalRankFusion(
    lists.map((list) => list.map((id) => ({ id, score: 0 }))),
    { k, weights, identity },
  )
}

function byRelativeScores(lists: readonly Candidate[][]): ReturnType<Fusion> {
  return bySums(lists, (distances) => {
    // Not as arguments: their number is limited.
    const min = distances.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    const range = distances.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) - min
    return (distance) => (range === 0 ? 1 : 1 - (distance - min) / range)
  })
}

function byScales(lists: readonly Candidate[][], { scaleRanges = [] }: RerankerConfig): ReturnType<Fusion> {
  if (scaleRanges.length !== lists.length) {
    throw new Error('The length of scaleRanges should be equal to the number of candidates lists.')
  }
  return bySums(lists, (_, which) => {
    const [low, high] = scaleRanges[which]!
    return (distance) => 1 - Math.max(0, Math.min(1, (distance - low) / (high - low)))
  })
}

/** Fuses by the sum, over all lists, of the scores that `scoreOf` gives to distances. */
function bySums(
  lists: readonly Candidate[][],
  scoreOf: (distances: readonly number[], which: number) => (distance: number) => number,
): ReturnType<Fusion> {
  const scored = lists.map((list, which) => {
    const distances = list.map((candidate) => Number(candidate['@distance']))
    const score = scoreOf(distances, which)
    return list.map((id, i) => ({ id, score: score(distances[i]!) }))
  })
  const kinds = lists.map(() => 'ip' as const)
  return weightedFusion(scored, { weights: lists.map(() => 1), kinds, isNormalized: false, identity })
}
