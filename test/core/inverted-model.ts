// An inverted index as anyone would write it: a map of documents, read through for every question. Sums are rounded to f32 in the order in
// which the core adds them up, so that both must agree to the last bit.

import type { InvertedKind } from '../../src/core/derived/index.ts'

export interface ModelDocument {
  readonly weights: ReadonlyMap<string | number, number>
  readonly length: number
}

export interface ModelQuery {
  readonly terms: readonly (string | number)[]
  readonly weights: readonly number[]
  readonly constant: number
  readonly slope: number
  readonly isAllowed?: (slot: number) => boolean
}

export interface ModelHit {
  readonly slot: number
  readonly score: number
}

const f = Math.fround

export class InvertedModel {
  readonly documents = new Map<number, ModelDocument>()
  readonly kind: InvertedKind

  constructor(kind: InvertedKind) {
    this.kind = kind
  }

  put(slot: number, tokens: readonly string[]): void {
    const weights = new Map<string, number>()
    for (const token of tokens) weights.set(token, (weights.get(token) ?? 0) + 1)
    this.documents.set(slot, { weights, length: tokens.length })
  }

  putVector(slot: number, indices: readonly number[], values: readonly number[]): void {
    this.documents.set(slot, { weights: new Map(indices.map((at, i) => [at, f(values[i]!)])), length: indices.length })
  }

  get lengths(): number {
    let sum = 0
    for (const { length } of this.documents.values()) sum += length
    return sum
  }

  get terms(): Set<string | number> {
    return new Set([...this.documents.values()].flatMap(({ weights }) => [...weights.keys()]))
  }

  countOf(term: string | number): number {
    return [...this.documents.values()].filter(({ weights }) => weights.has(term)).length
  }

  search(query: ModelQuery, limit: number): ModelHit[] {
    const constant = f(query.constant)
    const slope = f(query.slope)
    const hits: ModelHit[] = []
    for (const [slot, { weights, length }] of this.documents) {
      if (query.isAllowed !== undefined && !query.isAllowed(slot)) continue
      let score: number | undefined
      query.terms.forEach((term, i) => {
        const held = weights.get(term)
        if (held === undefined) return
        const weight = f(query.weights[i]!)
        const part =
          this.kind === 'text' ? f(f(weight * held) / f(held + f(constant + f(slope * length)))) : f(weight * held)
        score = score === undefined ? f(part + 0) : f(score + part)
      })
      if (score !== undefined) hits.push({ slot, score })
    }
    return hits.sort((a, b) => b.score - a.score || a.slot - b.slot).slice(0, limit)
  }

  match(terms: readonly string[], least: number): number[] {
    const unique = [...new Set(terms)]
    return [...this.documents]
      .filter(([, { weights }]) => unique.filter((term) => weights.has(term)).length >= least)
      .map(([slot]) => slot)
      .sort((a, b) => a - b)
  }
}
