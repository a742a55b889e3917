// The aggregates computed over the documents of a group.

import type { NumberSum } from '../../core/derived/index.ts'
import { compareSorted } from '../../query/filters.ts'
import type { Constant } from '../../query/index.ts'

/** One aggregate of one group. Missing values are not added. */
export interface Accumulator {
  add(value: Constant): void
  /** Adds a sum of numbers that the core has computed. */
  addSum(sum: NumberSum): void
  result(): Constant
}

/** Larger numbers are added separately, scaled down: a sum that fits must not overflow on the way. */
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
 * Adds numbers and bigints, and skips everything else. Integers are added exactly, fractions with compensation of
 * rounding errors.
 */
export class Sum implements Accumulator {
  /** How many numbers were added. */
  count = 0
  #hasBigints = false
  /** Sum of integers as long as it is a safe integer; then it moves to `#large`. */
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

  /** A bigint if bigints were added and otherwise only integers, else a number; 0 for no values. */
  result(): number | bigint {
    if (!this.#hasFractions && this.#hasBigints) return this.#large + BigInt(this.#integer)
    return this.total()
  }

  total(): number {
    return this.#over(1)
  }

  /** The mean; null for no values. */
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

/** The mean of the numbers, null for no values. */
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

/** The first or last value in the order of `sort`; null is skipped. */
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
