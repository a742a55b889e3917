// The best few of many, and the distances that this dialect reports.

import type { Metric } from './records.ts'

export interface Candidate {
  readonly id: string
  readonly order: number
  /** Smaller is better; what is reported is derived from it. */
  readonly rank: number
}

/** Keeps the `limit` best candidates; among equals those that were added to the collection first. */
export class Best {
  readonly #limit: number
  #kept: Candidate[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  offer(candidate: Candidate): void {
    this.#kept.push(candidate)
    if (this.#kept.length >= 2 * this.#limit + 1000) this.#cut()
  }

  take(): Candidate[] {
    this.#cut()
    return this.#kept
  }

  #cut(): void {
    this.#kept.sort((a, b) => a.rank - b.rank || a.order - b.order)
    if (this.#kept.length > this.#limit) this.#kept.length = this.#limit
  }
}

/** As reported: Euclidean distance, 1 - cosine similarity, or the dot product itself. */
export function distanceOf(metric: Metric, a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0
  let first = 0
  let second = 0
  const lanes = a.length
  if (metric === 'ip') {
    for (let i = 0; i < lanes; i++) dot += a[i]! * b[i]!
    return dot
  }
  if (metric === 'l2') {
    for (let i = 0; i < lanes; i++) {
      const difference = a[i]! - b[i]!
      dot += difference * difference
    }
    return Math.sqrt(dot)
  }
  for (let i = 0; i < lanes; i++) {
    dot += a[i]! * b[i]!
    first += a[i]! * a[i]!
    second += b[i]! * b[i]!
  }
  // Nothing is like the zero vector, and nothing is its opposite.
  if (first === 0 || second === 0) return 1
  return Math.min(2, Math.max(0, 1 - dot / Math.sqrt(first * second)))
}

/** Large dot products are near, large distances are far. */
export function rankOf(metric: Metric, distance: number): number {
  return metric === 'ip' ? -distance : distance
}
