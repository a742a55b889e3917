// Dots of codes. Rows are int8, padded with zeros to a multiple of 16; the query is i16, padded to as many lanes. Sums are exact in i32:
// a query's codes are at most CODE_PRODUCT / lanes, so that lanes * 128 * code stays below 2^31.

import { sumI32, sumsI32 } from "./sum";

export const CODE_PRODUCT: u32 = 0x7fffffff / 128;

/** Of a query with one row; `bytes` is a multiple of 16. */
export function dotCodes(query: usize, row: usize, bytes: usize): i32 {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = row + bytes;
  const end32 = row + (bytes & ~31);
  while (row < end32) {
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load(query), v128.load8x8_s(row)));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.load(query, 16), v128.load8x8_s(row, 8)));
    s2 = i32x4.add(s2, i32x4.dot_i16x8_s(v128.load(query, 32), v128.load8x8_s(row, 16)));
    s3 = i32x4.add(s3, i32x4.dot_i16x8_s(v128.load(query, 48), v128.load8x8_s(row, 24)));
    row += 32;
    query += 64;
  }
  if (row < end) {
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load(query), v128.load8x8_s(row)));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.load(query, 16), v128.load8x8_s(row, 8)));
  }
  return sumI32(i32x4.add(i32x4.add(s0, s1), i32x4.add(s2, s3)));
}

/** The same of four rows; one result in each lane. */
// @ts-ignore: decorator
@inline export function dotCodes4(query: usize, r0: usize, r1: usize, r2: usize, r3: usize, bytes: usize): v128 {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let at: usize = 0; at < bytes; at += 16) {
    const q0 = v128.load(query);
    const q1 = v128.load(query, 16);
    s0 = i32x4.add(s0, i32x4.add(i32x4.dot_i16x8_s(q0, v128.load8x8_s(r0 + at)), i32x4.dot_i16x8_s(q1, v128.load8x8_s(r0 + at, 8))));
    s1 = i32x4.add(s1, i32x4.add(i32x4.dot_i16x8_s(q0, v128.load8x8_s(r1 + at)), i32x4.dot_i16x8_s(q1, v128.load8x8_s(r1 + at, 8))));
    s2 = i32x4.add(s2, i32x4.add(i32x4.dot_i16x8_s(q0, v128.load8x8_s(r2 + at)), i32x4.dot_i16x8_s(q1, v128.load8x8_s(r2 + at, 8))));
    s3 = i32x4.add(s3, i32x4.add(i32x4.dot_i16x8_s(q0, v128.load8x8_s(r3 + at)), i32x4.dot_i16x8_s(q1, v128.load8x8_s(r3 + at, 8))));
    query += 32;
  }
  return sumsI32(s0, s1, s2, s3);
}

/** Of two rows. */
export function dotRows(a: usize, b: usize, bytes: usize): i32 {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  const end = a + bytes;
  while (a < end) {
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load8x8_s(a), v128.load8x8_s(b)));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.load8x8_s(a, 8), v128.load8x8_s(b, 8)));
    a += 16;
    b += 16;
  }
  return sumI32(i32x4.add(s0, s1));
}
