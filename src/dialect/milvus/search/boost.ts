// The boost reranker: multiplies the scores of hits that satisfy a condition by a weight, or adds it.

import type { Entry } from '../catalog.ts'
import { invalid, told, unexpected } from '../errors.ts'
import { expressions } from '../lazy.ts'
import { matchingKeys } from '../pages.ts'
import { compareKeys, type Key } from '../read.ts'
import { rerankFunctions } from './decay.ts'
import type { Found } from './search.ts'
import { type Given, isDistance } from './search-plan.ts'

interface Boost {
  readonly weight: number
  /** Selects the hits whose scores change; empty for all hits. */
  readonly filter: string
  /** A factor from 0 to 1 for a hit; undefined for none. */
  readonly random: ((hit: Found) => number) | undefined
  /** The field that the factor depends on. */
  readonly field: string | undefined
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

/** The same factor for the same seed and value of the field: of the key, if no field is named. */
function randomOf(entry: Entry, given: unknown): Pick<Boost, 'random' | 'field'> {
  if (given === undefined || given === null) return { random: undefined, field: undefined }
  const { seed, field: name } = given as Given
  if (seed === undefined && name === undefined) return { random: Math.random, field: undefined }
  if (seed !== undefined && !Number.isInteger(Number(seed))) {
    throw invalid('seed of random_score is a whole number', 'a whole number', seed)
  }
  const { schema } = entry
  const field = name === undefined ? schema.primary : schema.byName.get(told(name))
  if (field === undefined) throw invalid(`field ${told(name)} of random_score not exist`)
  const start = seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(seed)
  return {
    random: ({ row, key }) => fraction(`${start} ${field.isPrimary ? key : row[field.name]}`),
    field: field.name,
  }
}

/** FNV-1a and the last steps of MurmurHash3, so that neighbours are far apart. */
function fraction(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** Reads boost rerankers; undefined if the rerank is none. Throws for a function of another kind. */
export function boostsOf(entry: Entry, rerank: unknown): Boosts | undefined {
  const functions = rerankFunctions(rerank)
  if (functions.length === 0) return undefined
  const boosts = functions.map((one) => {
    const { reranker, weight, filter, random_score } = (one['params'] ?? {}) as Given
    if (reranker !== 'boost')
      throw unexpected(`rerank function ${told(reranker)} is not supported in process: boost and decay are`)
    if (!(typeof weight === 'number' || typeof weight === 'string') || !Number.isFinite(Number(weight))) {
      throw invalid('a boost reranker needs a weight', 'a number', weight)
    }
    return { weight: Number(weight), filter: String(filter ?? ''), ...randomOf(entry, random_score) }
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
  const byKey = new Map(hits.map((hit) => [hit.key, hit]))
  const keys = [...byKey.keys()]
  for (const { weight, filter, random } of boosts) {
    const text = `(${filter}) and ${entry.schema.primary.name} in {keys}`
    const chosen = filter === '' ? keys : await matchingKeys(entry, filterFor(entry.schema, text, { keys }), undefined)
    for (const key of chosen) {
      const own = random === undefined ? weight : weight * random(byKey.get(key)!)
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
