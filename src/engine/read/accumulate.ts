// What is computed over the documents of a group.

import type { NumberSum } from '../../core/derived/index.ts'
import { compareSorted } from '../../query/filters.ts'
import type { Constant } from '../../query/index.ts'

/** One aggregate of one group. Values that are missing are not added. */
export interface Accumulator {
  add(value: Constant): void
  /** Numbers that the core has added up. */
  addSum(sum: NumberSum): void
  result(): Constant
}

/**
 * Adds numbers of both kinds, and passes over everything else. Integers are added exactly, fractions with what rounding lost carried along.
 */
export class Sum implements Accumulator {
  /** How many numbers there were. */
  count = 0
  #hasBigints = false
  /** Integers, as long as their sum is safe; then it moves over. */
  #integer = 0
  #large = 0n
  #hasFractions = false
  #fraction = 0
  #lost = 0

  add(value: Constant): void {
    if (typeof value === 'number') this.addNumber(value)
    else if (typeof value === 'bigint') this.addBigint(value)
  }

  addNumber(value: number): void {
    this.count++
    if (Number.isSafeInteger(value)) this.#addInteger(value)
    else this.#addFraction(value)
  }

  addBigint(value: bigint): void {
    this.count++
    this.#hasBigints = true
    this.#large += value
  }

  addSum({ count, integers, hasFractions, fractions, lost }: NumberSum): void {
    this.count += count
    this.#large += integers
    if (!hasFractions) return
    this.#addFraction(fractions)
    this.#lost += lost
  }

  #addInteger(value: number): void {
    const sum = this.#integer + value
    if (Number.isSafeInteger(sum)) {
      this.#integer = sum
    } else {
      this.#large += BigInt(this.#integer)
      this.#integer = value
    }
  }

  /** Neumaier's summation. */
  #addFraction(value: number): void {
    this.#hasFractions = true
    const sum = this.#fraction + value
    this.#lost +=
      Math.abs(this.#fraction) >= Math.abs(value) ? this.#fraction - sum + value : value - sum + this.#fraction
    this.#fraction = sum
  }

  /** A bigint when there were bigints and nothing but integers, else a number; 0 for none. */
  result(): number | bigint {
    if (!this.#hasFractions && this.#hasBigints) return this.#large + BigInt(this.#integer)
    return this.total()
  }

  total(): number {
    const integers = this.#large === 0n ? this.#integer : Number(this.#large + BigInt(this.#integer))
    if (!this.#hasFractions) return integers
    // Infinity less Infinity has lost nothing.
    return this.#fraction + integers + (Number.isFinite(this.#lost) ? this.#lost : 0)
  }
}

/** The mean of the numbers, null for none. */
export class Average implements Accumulator {
  readonly sum = new Sum()

  add(value: Constant): void {
    this.sum.add(value)
  }

  addSum(sum: NumberSum): void {
    this.sum.addSum(sum)
  }

  result(): number | null {
    return this.sum.count === 0 ? null : this.sum.total() / this.sum.count
  }
}

/** The first or last value in the order of `sort`; null counts as none. */
export class Extreme implements Accumulator {
  readonly #sign: 1 | -1
  #best: Constant = null

  /** @param sign - 1 for the least, -1 for the greatest. */
  constructor(sign: 1 | -1) {
    this.#sign = sign
  }

  add(value: Constant): void {
    if (value === null) return
    if (this.#best === null || compareSorted(value, this.#best) * this.#sign < 0) this.#best = value
  }

  addSum({ count, least, most }: NumberSum): void {
    if (count > 0) this.add(this.#sign > 0 ? least : most)
  }

  result(): Constant {
    return this.#best
  }
}
