// The decay reranker: scores fade with the distance of a number field from an origin.

import { normalizedScore, type ScoreKind } from '../../../text/fusion.ts'
import type { Entry } from '../catalog.ts'
import { DataType, FunctionType } from '../enums.ts'
import { invalid, told, unexpected } from '../errors.ts'
import { defaultOf } from '../paths.ts'
import { compareKeys } from '../read.ts'
import type { Found } from './search.ts'
import { type Given, type Group, isDistance } from './search-plan.ts'

export interface Decay {
  readonly field: string
  /** The value in rows that are older than the field. */
  readonly missing: unknown
  /** The factor for a score where the field has this value. */
  factor(value: number): number
  /** Which score counts for a hit of several searches. */
  readonly mode: 'max' | 'avg' | 'sum'
  /** Whether all scores are normalized, not only distances. */
  readonly isNormalized: boolean
}

const MODES = ['max', 'avg', 'sum'] as const

/** The functions of a rerank that is a function, or holds some. */
export function rerankFunctions(rerank: unknown): Given[] {
  const given = (rerank ?? {}) as Given
  // The manual also writes it as the Python client does.
  const isOne = 'type' in given || 'function_type' in given
  const functions = Array.isArray(given['functions']) ? (given['functions'] as Given[]) : isOne ? [given] : []
  for (const one of functions) {
    const type = one['type'] ?? one['function_type'] ?? FunctionType.RERANK
    if (type === FunctionType.RERANK || /^rerank$/i.test(String(type))) continue
    throw invalid(`the function of a rerank has the type RERANK, got ${told(type)}`, 'RERANK', type)
  }
  return functions
}

/** The one function of a rerank. */
export function rerankFunction(rerank: unknown): Given | undefined {
  const functions = rerankFunctions(rerank)
  if (functions.length > 1) throw unexpected('a search takes one rerank function, or several of boost')
  return functions[0]
}

/** Reads a decay reranker; undefined if the rerank is none. */
export function decayOf(entry: Entry, rerank: unknown): Decay | undefined {
  const isDecay = (one: Given) => (one['params'] as Given | undefined)?.['reranker'] === 'decay'
  if (!rerankFunctions(rerank).some(isDecay)) return undefined
  const given = rerankFunction(rerank)
  const params = given!['params'] as Given
  const inputs = [given!['input_field_names'] ?? []].flat()
  const field = inputs.length === 1 ? entry.schema.byName.get(String(inputs[0])) : undefined
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
  const mode = MODES.find((one) => one === (params['score_mode'] ?? 'max'))
  if (mode === undefined) throw invalid(`score_mode is ${MODES.join(', ')}`, MODES.join(' '), params['score_mode'])
  return {
    field: field.name,
    missing: defaultOf(field),
    factor: (value) => curve(Math.max(0, Math.abs(value - origin) - offset)),
    mode,
    isNormalized: String(params['norm_score']) === 'true',
  }
}

export function requireUngrouped(decay: Decay | undefined, group: Group | undefined): void {
  if (decay !== undefined && group !== undefined) throw unexpected('a decay reranker does not go with grouping')
}

const KINDS: Readonly<Record<string, ScoreKind>> = { COSINE: 'cosine', IP: 'ip', BM25: 'bm25' }

/** What the scores of a metric are. */
export function kindOf(metric: string): ScoreKind {
  return KINDS[metric] ?? 'distance'
}

/** Hits with faded scores, best first; a key in several lists has one score. */
export function decayed(decay: Decay, lists: readonly (readonly Found[])[], metrics: readonly string[]): Found[] {
  const bases = new Map<Found['key'], { found: Found; base: number; count: number }>()
  lists.forEach((list, i) => {
    const metric = metrics[i]!
    for (const found of list) {
      const base = decay.isNormalized || isDistance(metric) ? normalizedScore(kindOf(metric), found.score) : found.score
      const known = bases.get(found.key)
      if (known === undefined) bases.set(found.key, { found, base, count: 1 })
      else {
        known.base = decay.mode === 'max' ? Math.max(known.base, base) : known.base + base
        known.count++
      }
    }
  })
  return [...bases.values()]
    .map(({ found: { key, row }, base, count }) => {
      const value = row[decay.field] ?? decay.missing
      const factor = value === undefined ? 1 : decay.factor(Number(value))
      return { key, score: Math.fround((decay.mode === 'avg' ? base / count : base) * factor), row }
    })
    .sort((a, b) => b.score - a.score || compareKeys(a.key, b.key))
}
