// The boost reranker: multiplies the scores of hits that satisfy a condition by a weight, or adds it.

import type { Entry } from '../catalog.ts'
import { invalid, told, unexpected } from '../errors.ts'
import { expressions } from '../lazy.ts'
import { compareKeys, type Key, matchingKeys } from '../read.ts'
import { rerankFunctions } from './decay.ts'
import type { Found } from './search.ts'
import { type Given, isDistance } from './search-plan.ts'

interface Boost {
  readonly weight: number
  /** Selects the hits whose scores change; empty for all hits. */
  readonly filter: string
  readonly isRandom: boolean
}

type Mode = (a: number, b: number) => number

export interface Boosts {
  readonly boosts: readonly Boost[]
  /** How the weights of a hit are combined, and how the result is applied to its score. */
  readonly together: Mode
  readonly apply: Mode
}

function modeOf(value: unknown, name: string): Mode {
  const mode = String(value ?? 'multiply').toLowerCase()
  if (mode === 'multiply') return (a, b) => a * b
  if (mode === 'sum') return (a, b) => a + b
  throw invalid(`${name} is Multiply or Sum`, 'Multiply Sum', value)
}

/** Reads boost rerankers; undefined if the rerank is none. Throws for a function of another kind. */
export function boostsOf(rerank: unknown): Boosts | undefined {
  const functions = rerankFunctions(rerank)
  if (functions.length === 0) return undefined
  const boosts = functions.map((one) => {
    const { reranker, weight, filter, random_score } = (one['params'] ?? {}) as Given
    if (reranker !== 'boost')
      throw unexpected(`rerank function ${told(reranker)} is not supported in process: boost and decay are`)
    if (!(typeof weight === 'number' || typeof weight === 'string') || !Number.isFinite(Number(weight))) {
      throw invalid('a boost reranker needs a weight', 'a number', weight)
    }
    return { weight: Number(weight), filter: String(filter ?? ''), isRandom: random_score !== undefined }
  })
  const modes = ((rerank as Given)['params'] ?? {}) as Given
  return {
    boosts,
    together: modeOf(modes['function_mode'], 'function_mode'),
    apply: modeOf(modes['boost_mode'], 'boost_mode'),
  }
}

/** The same hits with their new scores, best first. */
export async function boosted(
  entry: Entry,
  { boosts, together, apply }: Boosts,
  hits: readonly Found[],
  metric: string,
): Promise<Found[]> {
  const weights = new Map<Key, number>()
  const { filterFor } = await expressions()
  const keys = hits.map(({ key }) => key)
  for (const { weight, filter, isRandom } of boosts) {
    const text = `(${filter}) and ${entry.schema.primary.name} in {keys}`
    const chosen = filter === '' ? keys : await matchingKeys(entry, filterFor(entry.schema, text, { keys }), undefined)
    for (const key of chosen) {
      const own = isRandom ? weight * Math.random() : weight
      const before = weights.get(key)
      weights.set(key, before === undefined ? own : together(before, own))
    }
  }
  const sign = isDistance(metric) ? 1 : -1
  return hits
    .map((hit) => {
      const weight = weights.get(hit.key)
      return weight === undefined ? hit : { ...hit, score: Math.fround(apply(hit.score, weight)) }
    })
    .sort((a, b) => sign * (a.score - b.score) || compareKeys(a.key, b.key))
}
