// Small functions that programs import next to the client.

import { RANKER_TYPE } from '../enums.ts'
import type { KeyValuePair, RerankerObj } from '../types/index.ts'

/** Fuses by rank: the sum of 1 / (k + rank). */
export function RRFRanker(k = 60): RerankerObj {
  return { strategy: RANKER_TYPE.RRF, params: { k } }
}

/** Fuses by score: the sum of weight times score. */
export function WeightedRanker(weights: number[]): RerankerObj {
  return { strategy: RANKER_TYPE.WEIGHTED, params: { weights } }
}

/** The value of a key in a list of pairs. */
export function findKeyValue(pairs: KeyValuePair[], key: string): string | number | undefined {
  return pairs.find((pair) => pair.key === key)?.value
}

/** The values of some keys in a list of pairs, as an object. */
export function formatKeyValueData(data: KeyValuePair[], keys: string[]): Record<string, string | number | undefined> {
  return Object.fromEntries(keys.map((key) => [key, findKeyValue(data, key)]))
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
