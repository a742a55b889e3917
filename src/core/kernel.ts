// Distances of one pair of vectors that lie in linear memory, by their addresses. Searches do not come this way: their loops run inside
// the core.

import type { Memory } from './memory.ts'

export class Kernel {
  private readonly memory: Memory

  constructor(memory: Memory) {
    this.memory = memory
  }

  dot(a: number, b: number, lanes: number, isDouble = false): number {
    return this.memory.derived.kernel_dot(a, b, lanes, isDouble ? 1 : 0)
  }

  /** Squared. */
  l2(a: number, b: number, lanes: number, isDouble = false): number {
    return this.memory.derived.kernel_l2(a, b, lanes, isDouble ? 1 : 0)
  }

  /** 1 - cosine similarity, in f64. */
  cosine(a: number, b: number, lanes: number): number {
    return this.memory.derived.kernel_cosine(a, b, lanes)
  }

  hamming(a: number, b: number, bytes: number): number {
    return this.memory.derived.kernel_hamming(a, b, bytes) >>> 0
  }

  jaccard(a: number, b: number, bytes: number): number {
    return this.memory.derived.kernel_jaccard(a, b, bytes)
  }

  /** `a`: i16 lanes, `b`: int8 lanes; `bytes` of b, a multiple of 16. */
  dotCodes(a: number, b: number, bytes: number): number {
    return this.memory.derived.kernel_dot_codes(a, b, bytes)
  }
}
