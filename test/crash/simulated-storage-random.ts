// Small numbers that look random and follow from a seed (mulberry32, Tommy Ettinger, public domain).

export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
    this.below(2) // Neighbouring seeds begin alike; one step separates them.
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }

  chance(share: number): boolean {
    return this.below(1_000_000) < share * 1_000_000
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] as T
  }
}
