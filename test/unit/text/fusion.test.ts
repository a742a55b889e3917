// Promise: ranked lists are joined by the published formulas, worked out by hand here.

import { describe, expect, it } from 'vitest'
import { normalizedScore, reciprocalRankFusion, weightedFusion } from '../../../src/text/fusion.ts'

const A = [
  { id: 'x', score: 0.9 },
  { id: 'y', score: 0.8 },
  { id: 'z', score: 0.1 },
]
const B = [
  { id: 'y', score: 12 },
  { id: 'w', score: 3 },
]

describe('reciprocalRankFusion', () => {
  it('adds 1 / (k + rank)', () => {
    expect(reciprocalRankFusion([A, B])).toEqual([
      { id: 'y', score: 1 / 62 + 1 / 61 },
      { id: 'x', score: 1 / 61 },
      { id: 'w', score: 1 / 62 },
      { id: 'z', score: 1 / 63 },
    ])
  })

  it('takes k and weights', () => {
    const [first, second] = reciprocalRankFusion([A, B], { k: 1, weights: [1, 0] })
    expect([first, second]).toEqual([
      { id: 'x', score: 1 / 2 },
      { id: 'y', score: 1 / 3 },
    ])
    expect(reciprocalRankFusion([])).toEqual([])
    expect(reciprocalRankFusion([A, []])).toHaveLength(3)
  })

  it('knows equal ids by what the caller says, and counts the best place of one in a list', () => {
    const list = [
      { id: { key: 1 }, score: 1 },
      { id: { key: 1 }, score: 0.5 },
    ]
    const identity = (id: unknown) => (id as { key: number }).key
    expect(reciprocalRankFusion([list, list], { identity })).toEqual([{ id: { key: 1 }, score: 2 / 61 }])
  })

  it('refuses what makes no sense', () => {
    expect(() => reciprocalRankFusion([A], { k: -1 })).toThrow(/from 0 on/)
    expect(() => reciprocalRankFusion([A], { weights: [1, 2] })).toThrow(/1 lists needs as many weights, got 2/)
    expect(() => reciprocalRankFusion([A], { weights: [Number.NaN] })).toThrow(/finite/)
  })
})

describe('weightedFusion', () => {
  it('brings scores to 0..1', () => {
    expect(normalizedScore('cosine', 1)).toBe(1)
    expect(normalizedScore('cosine', -1)).toBe(0)
    expect(normalizedScore('ip', 0)).toBe(0.5)
    expect(normalizedScore('ip', 1)).toBeCloseTo(0.75, 12)
    expect(normalizedScore('bm25', 1)).toBeCloseTo(0.5, 12)
    expect(normalizedScore('distance', 0)).toBe(1)
    expect(normalizedScore('distance', 1)).toBeCloseTo(0.5, 12)
  })

  it('sums them', () => {
    const hits = weightedFusion([A, B], { weights: [0.7, 0.3], kinds: ['cosine', 'bm25'] })
    expect(hits.map(({ id }) => id)).toEqual(['y', 'x', 'z', 'w'])
    expect(hits[0]!.score).toBeCloseTo(0.7 * 0.9 + (0.3 * 2 * Math.atan(12)) / Math.PI, 12)
    expect(hits[3]!.score).toBeCloseTo((0.3 * 2 * Math.atan(3)) / Math.PI, 12)
  })

  it('takes them as they are, but for distances among others', () => {
    const raw = weightedFusion([A, B], { weights: [1, 1], kinds: ['ip', 'ip'], isNormalized: false })
    expect(raw[0]).toEqual({ id: 'y', score: 12.8 })
    const mixed = weightedFusion([A, B], { weights: [1, 1], kinds: ['distance', 'ip'], isNormalized: false })
    expect(mixed[0]!.score).toBeCloseTo(12 + 1 - (2 * Math.atan(0.8)) / Math.PI, 12)
  })

  it('puts the smallest sum of distances first', () => {
    const hits = weightedFusion([A, B], { weights: [1, 1], kinds: ['distance', 'distance'], isNormalized: false })
    expect(hits.map(({ id }) => id)).toEqual(['z', 'x', 'w', 'y'])
  })

  it('refuses what does not fit', () => {
    expect(() => weightedFusion([A, B], { weights: [1], kinds: ['ip', 'ip'] })).toThrow(/2 lists/)
    expect(() => weightedFusion([A], { weights: [1], kinds: [] })).toThrow(/kinds/)
  })
})
