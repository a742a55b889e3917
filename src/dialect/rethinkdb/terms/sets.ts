// Sets of values.

import { compare, type Datum } from '../datum.ts'

/** A set of values under ReQL's equality. Strings and numbers, the most frequent values, take a fast path. */
export class DatumSet {
  readonly #short = new Set<string | number>()
  readonly #long: Datum[] = []

  get size(): number {
    return this.#short.size + this.#long.length
  }

  #find(value: Datum): number {
    let low = 0
    let high = this.#long.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compare(this.#long[middle], value) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  has(value: Datum): boolean {
    if (typeof value === 'string' || typeof value === 'number') return this.#short.has(value)
    const at = this.#find(value)
    return at < this.#long.length && compare(this.#long[at], value) === 0
  }

  /** Adds a value; returns whether it was new. */
  add(value: Datum): boolean {
    if (this.has(value)) return false
    if (typeof value === 'string' || typeof value === 'number') this.#short.add(value)
    else this.#long.splice(this.#find(value), 0, value)
    return true
  }

  delete(value: Datum): void {
    if (typeof value === 'string' || typeof value === 'number') this.#short.delete(value)
    else if (this.has(value)) this.#long.splice(this.#find(value), 1)
  }

  sorted(): Datum[] {
    return [...this.#short, ...this.#long].sort(compare)
  }
}
