// Values at one path of many records, copied out; strings stay in place until they are requested.

import {
  CELL_KINDS,
  CELL_VALUES,
  CELLS_MAX,
  TAG_BIGINT,
  TAG_DATE,
  TAG_DOUBLE,
  TAG_FALSE,
  TAG_NULL,
  TAG_STRING,
  TAG_TRUE,
} from '../abi.ts'
import type { Memory } from '../memory.ts'

/** Stands for a value that cells do not hold: binaries, arrays, objects, packed keys. */
export const ELSEWHERE = Symbol('elsewhere')

const TAG_MASK = 15

/** Filled by `Filters.cells`; its strings are valid until the next write. */
export class Cells {
  /** A tag in the low 4 bits, 0 where there is no value; for a string, the rest is a hash. */
  readonly kinds = new Uint32Array(CELLS_MAX)
  readonly numbers = new Float64Array(CELLS_MAX)
  private readonly bigints = new BigInt64Array(this.numbers.buffer)
  private readonly places = new Uint32Array(this.numbers.buffer)
  private memory: Memory | undefined

  /** Copies what the core has left. */
  take(memory: Memory, count: number): void {
    this.memory = memory
    this.kinds.set(memory.u32.subarray(CELL_KINDS >>> 2, (CELL_KINDS >>> 2) + count))
    this.numbers.set(memory.f64.subarray(CELL_VALUES >>> 3, (CELL_VALUES >>> 3) + count))
  }

  isNumber(i: number): boolean {
    return this.kinds[i] === TAG_DOUBLE
  }

  isText(i: number): boolean {
    return (this.kinds[i]! & TAG_MASK) === TAG_STRING
  }

  /** The value, undefined where there is none, or ELSEWHERE. */
  value(i: number): unknown {
    switch (this.kinds[i]! & TAG_MASK) {
      case 0:
        return undefined
      case TAG_DOUBLE:
        return this.numbers[i]
      case TAG_STRING:
        return this.text(i)
      case TAG_NULL:
        return null
      case TAG_FALSE:
        return false
      case TAG_TRUE:
        return true
      case TAG_BIGINT:
        return this.bigints[i]
      case TAG_DATE:
        return new Date(this.numbers[i]!)
      default:
        return ELSEWHERE
    }
  }

  text(i: number): string {
    const from = this.places[i * 2]!
    return this.memory!.utf8(from, from + this.places[i * 2 + 1]!)
  }

  /** A copy of the UTF-8 bytes of a string. */
  utf8(i: number): Uint8Array {
    const from = this.places[i * 2]!
    return this.memory!.u8.slice(from, from + this.places[i * 2 + 1]!)
  }

  /** Compares a string with another, given as UTF-8, by code point: negative, 0 or positive. */
  compareText(i: number, utf8: Uint8Array): number {
    const { u8 } = this.memory!
    const from = this.places[i * 2]!
    const bytes = this.places[i * 2 + 1]!
    const common = Math.min(bytes, utf8.length)
    for (let at = 0; at < common; at++) {
      const difference = u8[from + at]! - utf8[at]!
      if (difference !== 0) return difference
    }
    return bytes - utf8.length
  }
}
