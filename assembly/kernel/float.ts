// Distances between f32 lanes: in f32, for walks and for scans without codes, and in f64, for results. A product of two
// f32 is exact in f64, so the error of a result is that of its additions, about 1e-16 of what was added.
//
// Several registers sum side by side; they are added to each other in the order of their numbers, and last their lanes.
// In f32 the error of a sum of products is at most (lanes / 16 + 6) * 2^-24 of the sum of their absolute values.

import { lastLanes, sumF32, sumF64 } from "./sum";

/** What a pair of lanes adds to a dot or to a squared L2. */
// @ts-ignore: decorator
@inline function term(a: v128, b: v128, isL2: bool): v128 {
  if (!isL2) return f32x4.mul(a, b);
  const d = f32x4.sub(a, b);
  return f32x4.mul(d, d);
}

// @ts-ignore: decorator
@inline function sumOf(a: usize, b: usize, lanes: u32, isL2: bool): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = a + (<usize>lanes << 2);
  const end16 = a + (<usize>(lanes & ~15) << 2);
  while (a < end16) {
    s0 = f32x4.add(s0, term(v128.load(a), v128.load(b), isL2));
    s1 = f32x4.add(s1, term(v128.load(a, 16), v128.load(b, 16), isL2));
    s2 = f32x4.add(s2, term(v128.load(a, 32), v128.load(b, 32), isL2));
    s3 = f32x4.add(s3, term(v128.load(a, 48), v128.load(b, 48), isL2));
    a += 64;
    b += 64;
  }
  while (a + 16 <= end) {
    s0 = f32x4.add(s0, term(v128.load(a), v128.load(b), isL2));
    a += 16;
    b += 16;
  }
  const rest = lanes & 3;
  if (rest != 0) s1 = f32x4.add(s1, term(lastLanes(a, rest), lastLanes(b, rest), isL2));
  return sumF32(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

export function dotF32(a: usize, b: usize, lanes: u32): f32 {
  return sumOf(a, b, lanes, false);
}

/** Squared L2. */
export function l2F32(a: usize, b: usize, lanes: u32): f32 {
  return sumOf(a, b, lanes, true);
}

/** Results of the last dotPairF32 or l2PairF32. */
export let firstF32: f32 = 0;
export let secondF32: f32 = 0;

// @ts-ignore: decorator
@inline function sumPair(from: usize, a: usize, b: usize, lanes: u32, isL2: bool): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  const end = from + (<usize>lanes << 2);
  const end16 = from + (<usize>(lanes & ~15) << 2);
  while (from < end16) {
    const q0 = v128.load(from);
    const q1 = v128.load(from, 16);
    const q2 = v128.load(from, 32);
    const q3 = v128.load(from, 48);
    a0 = f32x4.add(a0, term(q0, v128.load(a), isL2));
    b0 = f32x4.add(b0, term(q0, v128.load(b), isL2));
    a1 = f32x4.add(a1, term(q1, v128.load(a, 16), isL2));
    b1 = f32x4.add(b1, term(q1, v128.load(b, 16), isL2));
    a2 = f32x4.add(a2, term(q2, v128.load(a, 32), isL2));
    b2 = f32x4.add(b2, term(q2, v128.load(b, 32), isL2));
    a3 = f32x4.add(a3, term(q3, v128.load(a, 48), isL2));
    b3 = f32x4.add(b3, term(q3, v128.load(b, 48), isL2));
    from += 64;
    a += 64;
    b += 64;
  }
  while (from + 16 <= end) {
    const q = v128.load(from);
    a0 = f32x4.add(a0, term(q, v128.load(a), isL2));
    b0 = f32x4.add(b0, term(q, v128.load(b), isL2));
    from += 16;
    a += 16;
    b += 16;
  }
  const rest = lanes & 3;
  if (rest != 0) {
    const q = lastLanes(from, rest);
    a1 = f32x4.add(a1, term(q, lastLanes(a, rest), isL2));
    b1 = f32x4.add(b1, term(q, lastLanes(b, rest), isL2));
  }
  firstF32 = sumF32(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)));
  secondF32 = sumF32(f32x4.add(f32x4.add(b0, b1), f32x4.add(b2, b3)));
}

/** dotF32 of `from` with `a` and with `b`. */
export function dotPairF32(from: usize, a: usize, b: usize, lanes: u32): void {
  sumPair(from, a, b, lanes, false);
}

/** l2F32 of `from` to `a` and to `b`. */
export function l2PairF32(from: usize, a: usize, b: usize, lanes: u32): void {
  sumPair(from, a, b, lanes, true);
}

// @ts-ignore: decorator
@inline function low(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

// @ts-ignore: decorator
@inline function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<u32>(v, v, 2, 3, 0, 1));
}

export function dotF64(a: usize, b: usize, lanes: u32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  const end = a + (<usize>(lanes & ~3) << 2);
  while (a < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    s0 = f64x2.add(s0, f64x2.mul(low(x), low(y)));
    s1 = f64x2.add(s1, f64x2.mul(high(x), high(y)));
    a += 16;
    b += 16;
  }
  const rest = lanes & 3;
  if (rest != 0) {
    const x = lastLanes(a, rest);
    const y = lastLanes(b, rest);
    s0 = f64x2.add(s0, f64x2.mul(low(x), low(y)));
    s1 = f64x2.add(s1, f64x2.mul(high(x), high(y)));
  }
  return sumF64(f64x2.add(s0, s1));
}

/** Squared L2. */
export function l2F64(a: usize, b: usize, lanes: u32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  const end = a + (<usize>(lanes & ~3) << 2);
  while (a < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    const d0 = f64x2.sub(low(x), low(y));
    const d1 = f64x2.sub(high(x), high(y));
    s0 = f64x2.add(s0, f64x2.mul(d0, d0));
    s1 = f64x2.add(s1, f64x2.mul(d1, d1));
    a += 16;
    b += 16;
  }
  const rest = lanes & 3;
  if (rest != 0) {
    const x = lastLanes(a, rest);
    const y = lastLanes(b, rest);
    const d0 = f64x2.sub(low(x), low(y));
    const d1 = f64x2.sub(high(x), high(y));
    s0 = f64x2.add(s0, f64x2.mul(d0, d0));
    s1 = f64x2.add(s1, f64x2.mul(d1, d1));
  }
  return sumF64(f64x2.add(s0, s1));
}

/** 1 - cosine similarity, in f64; `aSquare` is the dot of `a` with itself. 1 if either vector is zero. */
export function cosineF64(a: usize, b: usize, lanes: u32, aSquare: f64): f64 {
  let dots = f64x2.splat(0);
  let squares = dots;
  let dots1 = dots;
  let squares1 = dots;
  const end = a + (<usize>(lanes & ~3) << 2);
  while (a < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    const y0 = low(y);
    const y1 = high(y);
    dots = f64x2.add(dots, f64x2.mul(low(x), y0));
    dots1 = f64x2.add(dots1, f64x2.mul(high(x), y1));
    squares = f64x2.add(squares, f64x2.mul(y0, y0));
    squares1 = f64x2.add(squares1, f64x2.mul(y1, y1));
    a += 16;
    b += 16;
  }
  const rest = lanes & 3;
  if (rest != 0) {
    const x = lastLanes(a, rest);
    const y = lastLanes(b, rest);
    const y0 = low(y);
    const y1 = high(y);
    dots = f64x2.add(dots, f64x2.mul(low(x), y0));
    dots1 = f64x2.add(dots1, f64x2.mul(high(x), y1));
    squares = f64x2.add(squares, f64x2.mul(y0, y0));
    squares1 = f64x2.add(squares1, f64x2.mul(y1, y1));
  }
  const product = aSquare * sumF64(f64x2.add(squares, squares1));
  if (product == 0) return 1;
  // The similarity of two vectors of one direction may be rounded to a little more than 1.
  return max<f64>(0, 1 - sumF64(f64x2.add(dots, dots1)) / sqrt(product));
}
