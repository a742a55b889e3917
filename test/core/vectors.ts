// Vectors for tests, and their distances by plain loops over doubles.

import type { VectorField } from '../../src/core/index.ts'

export type Vector = Float32Array | Uint8Array

/** Numbers from 0 to 1, the same for a seed (a mixing of a counter: Mulberry32's steps). */
export function randomOf(seed: number): () => number {
  let counter = seed | 0
  return () => {
    counter = (counter + 0x6d2b79f5) | 0
    let mixed = Math.imul(counter ^ (counter >>> 15), 1 | counter)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const bitsSet = (byte: number) => byte.toString(2).replaceAll('0', '').length

/** As API.md defines it. */
export function distance(metric: VectorField['metric'], a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0
  let aa = 0
  let bb = 0
  let squares = 0
  let differ = 0
  let common = 0
  let all = 0
  const isBits = metric === 'hamming' || metric === 'jaccard'
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!
    const y = b[i]!
    if (isBits) {
      differ += bitsSet(x ^ y)
      common += bitsSet(x & y)
      all += bitsSet(x | y)
      continue
    }
    dot += x * y
    aa += x * x
    bb += y * y
    squares += (x - y) ** 2
  }
  if (metric === 'l2') return squares
  if (metric === 'ip') return 0 - dot
  if (metric === 'cosine') return aa === 0 || bb === 0 ? 1 : Math.max(0, 1 - dot / Math.sqrt(aa * bb))
  if (metric === 'hamming') return differ
  return all === 0 ? 0 : 1 - common / all
}
