// The best few of many, and the distances that this dialect reports.

export type Metric = 'l2' | 'cosine' | 'ip'

/** Keeps the best of the items offered; ties are broken by the order in which records were added to the collection. */
export class Best<F extends { readonly distance: number; readonly order: number }> {
  readonly #limit: number
  readonly #sign: number
  #kept: F[] = []

  /** @param isLargest - whether the largest are the best, rather than the smallest. */
  constructor(limit: number, isLargest: boolean) {
    this.#limit = limit
    this.#sign = isLargest ? -1 : 1
  }

  offer(found: F): void {
    this.#kept.push(found)
    if (this.#kept.length >= 2 * this.#limit + 1000) this.#cut()
  }

  take(): F[] {
    this.#cut()
    return this.#kept
  }

  #cut(): void {
    this.#kept.sort((a, b) => this.#sign * (a.distance - b.distance) || a.order - b.order)
    if (this.#kept.length > this.#limit) this.#kept.length = this.#limit
  }
}

/** Converts the engine's distance to the one this dialect reports. */
export function reportedDistance(metric: Metric, distance: number): number {
  if (metric === 'l2') return Math.sqrt(distance)
  return metric === 'ip' ? 0 - distance : Math.min(2, distance)
}

/** The reported distance: Euclidean, 1 - cosine similarity, or the dot product itself. */
export function distanceOf(metric: Metric, a: ArrayLike<number>, b: ArrayLike<number>): number {
  const lanes = a.length
  let dot = 0
  if (metric === 'ip') {
    for (let i = 0; i < lanes; i++) dot += a[i]! * b[i]!
    return dot
  }
  if (metric === 'l2') {
    for (let i = 0; i < lanes; i++) dot += (a[i]! - b[i]!) ** 2
    return Math.sqrt(dot)
  }
  let first = 0
  let second = 0
  for (let i = 0; i < lanes; i++) {
    dot += a[i]! * b[i]!
    first += a[i]! * a[i]!
    second += b[i]! * b[i]!
  }
  // Nothing is similar to the zero vector, and nothing is its opposite.
  if (first === 0 || second === 0) return 1
  return Math.min(2, Math.max(0, 1 - dot / Math.sqrt(first * second)))
}
