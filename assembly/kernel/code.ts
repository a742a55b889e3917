// Dots of codes. The codes of a row are int8, in words of two: the even lane is the lower byte as a signed number. The
// word divided by 256 is the odd lane, so the code of an odd lane is a whole number plus 1/256 of its neighbour. A word
// is multiplied as it is, for the odd lane, and again shifted left by 8 bits, for the even one: one instruction less
// per 16 lanes than widening bytes to words. Of each 16 i16 codes of a query the odd ones come first. Rows are padded
// with zeros to a multiple of 16 bytes, queries to as many codes.
//
// Every result is 256 times the dot of the codes. Sums are exact: within a segment, of at most SEGMENT lanes, a query's
// codes have a norm of at most codesNormMax, so no sum of products exceeds i32 (Cauchy and Schwarz); longer rows are
// summed in f64.

import { sumI32, sumsI32 } from "./sum";

/** Lanes summed in i32. */
export const SEGMENT: u32 = 512;
const SEGMENT_BYTES: usize = SEGMENT;
/** The greatest absolute value of 256 times a code. */
const WORD_MAX: f64 = 127.5 * 256;

/** The greatest norm of a query's codes in one segment of a vector of this many lanes, their rounding included. */
export function codesNormMax(lanes: u32): f64 {
  const root = sqrt(<f64>min<u32>((lanes + 15) & ~15, SEGMENT));
  // A head may end anywhere, so a sum may cover parts of two segments.
  const most = <f64>i32.MAX_VALUE / (WORD_MAX * root);
  return (lanes > SEGMENT ? most / 1.4143 : most) - root / 2 - 1;
}

// @ts-ignore: decorator
@inline function of16(odd: v128, even: v128, words: v128): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(odd, words), i32x4.dot_i16x8_s(even, i16x8.shl(words, 8)));
}

// @ts-ignore: decorator
@inline function add16(sum: v128, odd: v128, even: v128, words: v128): v128 {
  return i32x4.add(sum, of16(odd, even, words));
}

/** Dot of one segment. */
// @ts-ignore: decorator
@inline function dot1(query: usize, row: usize, bytes: usize): i32 {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  const end = row + bytes;
  const end32 = row + (bytes & ~31);
  while (row < end32) {
    s0 = add16(s0, v128.load(query), v128.load(query, 16), v128.load(row));
    s1 = add16(s1, v128.load(query, 32), v128.load(query, 48), v128.load(row, 16));
    row += 32;
    query += 64;
  }
  if (row < end) s0 = add16(s0, v128.load(query), v128.load(query, 16), v128.load(row));
  return sumI32(i32x4.add(s0, s1));
}

/**
 * The first 16 bytes start the sums. Then it takes 32 at a time: fewer steps of the loop, and no more than what stays
 * in registers.
 */
// @ts-ignore: decorator
@inline function dot4(query: usize, r0: usize, r1: usize, r2: usize, r3: usize, bytes: usize): v128 {
  let odd = v128.load(query);
  let even = v128.load(query, 16);
  let s0 = of16(odd, even, v128.load(r0));
  let s1 = of16(odd, even, v128.load(r1));
  let s2 = of16(odd, even, v128.load(r2));
  let s3 = of16(odd, even, v128.load(r3));
  const end = query + (bytes << 1);
  query += 32;
  while (query + 32 < end) {
    odd = v128.load(query);
    even = v128.load(query, 16);
    s0 = add16(s0, odd, even, v128.load(r0, 16));
    s1 = add16(s1, odd, even, v128.load(r1, 16));
    s2 = add16(s2, odd, even, v128.load(r2, 16));
    s3 = add16(s3, odd, even, v128.load(r3, 16));
    odd = v128.load(query, 32);
    even = v128.load(query, 48);
    s0 = add16(s0, odd, even, v128.load(r0, 32));
    s1 = add16(s1, odd, even, v128.load(r1, 32));
    s2 = add16(s2, odd, even, v128.load(r2, 32));
    s3 = add16(s3, odd, even, v128.load(r3, 32));
    query += 64;
    r0 += 32;
    r1 += 32;
    r2 += 32;
    r3 += 32;
  }
  if (query < end) {
    odd = v128.load(query);
    even = v128.load(query, 16);
    s0 = add16(s0, odd, even, v128.load(r0, 16));
    s1 = add16(s1, odd, even, v128.load(r1, 16));
    s2 = add16(s2, odd, even, v128.load(r2, 16));
    s3 = add16(s3, odd, even, v128.load(r3, 16));
  }
  return sumsI32(s0, s1, s2, s3);
}

/** Dot of a query with one row; `bytes` is a multiple of 16. */
export function dotCodes(query: usize, row: usize, bytes: usize): f32 {
  if (bytes <= SEGMENT_BYTES) return <f32>dot1(query, row, bytes);
  let sum: f64 = 0;
  for (let at: usize = 0; at < bytes; at += SEGMENT_BYTES) {
    sum += <f64>dot1(query + (at << 1), row + at, min<usize>(SEGMENT_BYTES, bytes - at));
  }
  return <f32>sum;
}

function dotLong4(query: usize, r0: usize, r1: usize, r2: usize, r3: usize, bytes: usize): v128 {
  let low = f64x2.splat(0);
  let high = low;
  for (let at: usize = 0; at < bytes; at += SEGMENT_BYTES) {
    const dots = dot4(query + (at << 1), r0 + at, r1 + at, r2 + at, r3 + at, min<usize>(SEGMENT_BYTES, bytes - at));
    low = f64x2.add(low, f64x2.convert_low_i32x4_s(dots));
    high = f64x2.add(high, f64x2.convert_low_i32x4_s(v128.shuffle<u32>(dots, dots, 2, 3, 0, 1)));
  }
  return v128.shuffle<u32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** The same of four rows, an f32 in each lane. */
// @ts-ignore: decorator
@inline export function dotCodes4(query: usize, r0: usize, r1: usize, r2: usize, r3: usize, bytes: usize): v128 {
  if (bytes > SEGMENT_BYTES) return dotLong4(query, r0, r1, r2, r3, bytes);
  return f32x4.convert_i32x4_s(dot4(query, r0, r1, r2, r3, bytes));
}

/** For rows with one to four lanes after the last whole 16 bytes: those of all four rows are multiplied together. */
// @ts-ignore: decorator
@inline export function dotCodesShort4(query: usize, r0: usize, r1: usize, r2: usize, r3: usize, whole: usize): v128 {
  const sums = dot4(query, r0, r1, r2, r3, whole);
  const rest = query + (whole << 1);
  const low = v128.shuffle<u32>(v128.load32_zero(r0 + whole), v128.load32_zero(r1 + whole), 0, 4, 1, 5);
  const high = v128.shuffle<u32>(v128.load32_zero(r2 + whole), v128.load32_zero(r3 + whole), 0, 4, 1, 5);
  return f32x4.convert_i32x4_s(add16(sums, v128.load32_splat(rest), v128.load32_splat(rest, 16), v128.shuffle<u64>(low, high, 0, 2)));
}

/** Dot of one segment of two rows, the first rounded as by codesOfRow. */
// @ts-ignore: decorator
@inline function dotRows1(a: usize, b: usize, bytes: usize): i32 {
  const half = i16x8.splat(128);
  let s0 = i32x4.splat(0);
  let s1 = s0;
  for (let at: usize = 0; at < bytes; at += 16) {
    const x = v128.load(a + at);
    const y = v128.load(b + at);
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(i16x8.shr_s(i16x8.add(x, half), 8), y));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(i16x8.shr_s(i16x8.shl(x, 8), 8), i16x8.shl(y, 8)));
  }
  return sumI32(i32x4.add(s0, s1));
}

/** Dot of two rows' codes, those of the first rounded to whole numbers. */
export function dotRows(a: usize, b: usize, bytes: usize): f32 {
  if (bytes <= SEGMENT_BYTES) return <f32>dotRows1(a, b, bytes);
  let sum: f64 = 0;
  for (let at: usize = 0; at < bytes; at += SEGMENT_BYTES) sum += <f64>dotRows1(a + at, b + at, min<usize>(SEGMENT_BYTES, bytes - at));
  return <f32>sum;
}

/** Makes a row's codes, rounded to whole numbers, the codes of a query. */
export function codesOfRow(row: usize, query: usize, bytes: usize): void {
  const half = i16x8.splat(128);
  const end = row + bytes;
  while (row < end) {
    const words = v128.load(row);
    v128.store(query, i16x8.shr_s(i16x8.add(words, half), 8));
    v128.store(query, i16x8.shr_s(i16x8.shl(words, 8), 8), 16);
    row += 16;
    query += 32;
  }
}

/** Moves the odd ones of each 16 i16 codes before the even ones. */
export function codesPaired(query: usize, bytes: usize): void {
  const end = query + (bytes << 1);
  while (query < end) {
    const a = v128.load(query);
    const b = v128.load(query, 16);
    v128.store(query, v128.shuffle<u16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15));
    v128.store(query, v128.shuffle<u16>(a, b, 0, 2, 4, 6, 8, 10, 12, 14), 16);
    query += 32;
  }
}
