// Segments by height, so that those near a place are found without a look at all of them.

import type { Segment } from './shape.ts'

/** From how many segments on they are divided. */
const DIVIDED_FROM = 32

export class Bands<S extends Segment> {
  readonly #bands: S[][]
  readonly #perUnit: number
  #low = Infinity
  #high = -Infinity

  constructor(segments: readonly S[]) {
    for (const { from, to } of segments) {
      this.#low = Math.min(this.#low, from[1], to[1])
      this.#high = Math.max(this.#high, from[1], to[1])
    }
    // The root, because tall segments are in many bands.
    const count = segments.length < DIVIDED_FROM ? 1 : Math.ceil(2 * Math.sqrt(segments.length))
    const perUnit = count / (this.#high - this.#low)
    this.#perUnit = Number.isFinite(perUnit) ? perUnit : 0
    this.#bands = Array.from({ length: count }, () => [])
    for (const one of segments) {
      const [first, last] = this.#bandsOf(one)
      for (let i = first; i <= last; i++) this.#bands[i]!.push(one)
    }
  }

  /** The segments that may have a point at this height. */
  at(y: number): readonly S[] {
    return y >= this.#low && y <= this.#high ? this.#bands[this.#bandAt(y)]! : []
  }

  /** Visits all segments that may meet this one, each once. */
  beside(segment: Segment, visit: (one: S) => void): void {
    const [first, last] = this.#bandsOf(segment)
    for (let i = first; i <= last; i++) {
      for (const one of this.#bands[i]!) if (i === first || i === this.#bandsOf(one)[0]) visit(one)
    }
  }

  #bandsOf({ from, to }: Segment): [first: number, last: number] {
    return [this.#bandAt(Math.min(from[1], to[1])), this.#bandAt(Math.max(from[1], to[1]))]
  }

  #bandAt(y: number): number {
    return Math.max(0, Math.min(this.#bands.length - 1, Math.floor((y - this.#low) * this.#perUnit))) || 0
  }
}
