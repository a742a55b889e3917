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

/** Numbers from here on are added apart, this much smaller: a sum that fits must not get lost because one on the way to it does not. */
const HUGE = 2 ** 960
const SCALE = 2 ** 64

/** Neumaier's summation. */
class Compensated {
  sum = 0
  lost = 0

  add(value: number): void {
    const sum = this.sum + value
    this.lost += Math.abs(this.sum) >= Math.abs(value) ? this.sum - sum + value : value - sum + this.sum
    this.sum = sum
  }

  get total(): number {
    return this.sum + this.lost
  }
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
  readonly #fractions = new Compensated()
  readonly #huge = new Compensated()

  add(value: Constant): void {
    if (typeof value === 'number') this.addNumber(value)
    else if (typeof value === 'bigint') this.addBigint(value)
  }

  addNumber(value: number): void {
    this.count++
    if (Number.isSafeInteger(value)) {
      this.#addInteger(value)
      return
    }
    this.#hasFractions = true
    if (Math.abs(value) < HUGE) this.#fractions.add(value)
    else this.#huge.add(value / SCALE)
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
    this.#hasFractions = true
    this.#fractions.add(fractions)
    this.#fractions.lost += lost
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

  /** A bigint when there were bigints and nothing but integers, else a number; 0 for none. */
  result(): number | bigint {
    if (!this.#hasFractions && this.#hasBigints) return this.#large + BigInt(this.#integer)
    return this.total()
  }

  total(): number {
    return this.#over(1)
  }

  /** The mean; null for none. */
  mean(): number | null {
    return this.count === 0 ? null : this.#over(this.count)
  }

  #over(count: number): number {
    const integers = this.#large === 0n ? this.#integer : Number(this.#large + BigInt(this.#integer))
    if (!this.#hasFractions) return integers / count
    const rest = this.#fractions.sum + integers + this.#fractions.lost
    const huge = this.#huge.total
    return huge === 0 ? rest / count : ((huge + rest / SCALE) / count) * SCALE
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
    return this.sum.mean()
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
