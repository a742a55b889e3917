// The decay reranker: scores fade with the distance of a number field from an origin.

import { normalizedScore } from '../../../text/fusion.ts'
import type { Entry } from '../catalog.ts'
import { DataType } from '../enums.ts'
import { invalid, told } from '../errors.ts'
import { compareKeys } from '../read.ts'
import type { Found } from './search.ts'
import { type Given, isDistance } from './search-plan.ts'

export interface Decay {
  readonly field: string
  /** The factor for a score where the field has this value. */
  factor(value: number): number
}

/** The functions of a rerank that is a function, or holds some. */
export function rerankFunctions(rerank: unknown): Given[] {
  const given = (rerank ?? {}) as Given
  if (Array.isArray(given['functions'])) return given['functions'] as Given[]
  // The manual also writes it as the Python client does.
  return 'type' in given || 'function_type' in given ? [given] : []
}

/** The first function of a rerank. */
export function rerankFunction(rerank: unknown): Given | undefined {
  return rerankFunctions(rerank)[0]
}

/** Reads a decay reranker; undefined if the rerank is none. */
export function decayOf(entry: Entry, rerank: unknown): Decay | undefined {
  const given = rerankFunction(rerank)
  const params = (given?.['params'] ?? {}) as Given
  if (params['reranker'] !== 'decay') return undefined
  const field = entry.schema.byName.get(String((given!['input_field_names'] as string[] | undefined)?.[0]))
  if (field === undefined || field.type > DataType.Double || field.type === DataType.Bool) {
    throw invalid('a decay reranker takes one number field as its input')
  }
  const [origin, scale, offset, decay] = ['origin', 'scale', 'offset', 'decay'].map((name, i) =>
    Number(params[name] ?? [Number.NaN, Number.NaN, 0, 0.5][i]),
  ) as [number, number, number, number]
  if (!(Number.isFinite(origin) && scale > 0 && offset >= 0 && decay > 0 && decay < 1)) {
    throw invalid('a decay reranker needs an origin, scale > 0, offset >= 0 and 0 < decay < 1')
  }
  const curves: Record<string, (far: number) => number> = {
    gauss: (far) => decay ** ((far / scale) ** 2),
    exp: (far) => decay ** (far / scale),
    linear: (far) => Math.max(0, 1 - (far * (1 - decay)) / scale),
  }
  const name = told(params['function'])
  const curve = Object.hasOwn(curves, name) ? curves[name] : undefined
  if (curve === undefined) throw invalid(`decay function is gauss, exp or linear, got ${name}`)
  return { field: field.name, factor: (value) => curve(Math.max(0, Math.abs(value - origin) - offset)) }
}

/** Hits with faded scores, best first; for a key in several lists, the best score counts. */
export function decayed(decay: Decay, lists: readonly (readonly Found[])[], metrics: readonly string[]): Found[] {
  const best = new Map<Found['key'], Found>()
  lists.forEach((list, i) => {
    const isFar = isDistance(metrics[i]!)
    for (const { key, score, row } of list) {
      const value = row[decay.field]
      const base = isFar ? normalizedScore('distance', score) : score
      const faded = Math.fround(base * (value === undefined ? 1 : decay.factor(Number(value))))
      if (faded > (best.get(key)?.score ?? -Infinity)) best.set(key, { key, score: faded, row })
    }
  })
  return [...best.values()].sort((a, b) => b.score - a.score || compareKeys(a.key, b.key))
}
