// The kernels as JavaScript calls them: one pair of vectors at a time, or all pairs of two lists.

import { METRIC_COSINE, METRIC_L2 } from "../abi";
import { commonBits, countBits, hammingBits } from "./bits";
import { dotCodes } from "./code";
import { cosineF64, dotF32, dotF64, l2F32, l2F64 } from "./float";

export function kernel_dot(a: usize, b: usize, lanes: u32, isDouble: bool): f64 {
  return isDouble ? dotF64(a, b, lanes) : <f64>dotF32(a, b, lanes);
}

export function kernel_l2(a: usize, b: usize, lanes: u32, isDouble: bool): f64 {
  return isDouble ? l2F64(a, b, lanes) : <f64>l2F32(a, b, lanes);
}

export function kernel_cosine(a: usize, b: usize, lanes: u32): f64 {
  return cosineF64(a, b, lanes, dotF64(a, a, lanes));
}

export function kernel_hamming(a: usize, b: usize, bytes: usize): u32 {
  return hammingBits(a, b, bytes);
}

export function kernel_jaccard(a: usize, b: usize, bytes: usize): f64 {
  const common = commonBits(a, b, bytes);
  const all = countBits(a, bytes) + countBits(b, bytes) - common;
  return all == 0 ? 0 : 1 - <f64>common / <f64>all;
}

/** `a` are i16 codes, `b` int8 codes, both in the order of code.ts; `bytes` is a multiple of 16. */
export function kernel_dot_codes(a: usize, b: usize, bytes: usize): f32 {
  return dotCodes(a, b, bytes);
}

/**
 * Measures every query against every vector, all f32 and one after another.
 *
 * @param out - f64s, those of the first query first: squared L2, 1 - cosine, or dot products.
 */
export function kernel_pairs(
  queries: usize,
  queriesCount: u32,
  vectors: usize,
  vectorsCount: u32,
  lanes: u32,
  metric: u32,
  out: usize,
): void {
  const bytes = <usize>lanes << 2;
  const queriesEnd = queries + <usize>queriesCount * bytes;
  const vectorsEnd = vectors + <usize>vectorsCount * bytes;
  for (let query = queries; query < queriesEnd; query += bytes) {
    const square = metric == METRIC_COSINE ? dotF64(query, query, lanes) : 0;
    for (let vector = vectors; vector < vectorsEnd; vector += bytes) {
      store<f64>(out, measured(query, vector, lanes, metric, square));
      out += 8;
    }
  }
}

// @ts-ignore: decorator
@inline function measured(a: usize, b: usize, lanes: u32, metric: u32, square: f64): f64 {
  if (metric == METRIC_COSINE) return cosineF64(a, b, lanes, square);
  return metric == METRIC_L2 ? l2F64(a, b, lanes) : dotF64(a, b, lanes);
}
