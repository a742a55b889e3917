// Distances between f32 lanes: in f32, for walks and for scans without codes, and in f64, for answers. A product of two f32 is exact in
// f64, so an answer's error is that of its additions, about 1e-16 of what was added.
//
// Summed by several registers side by side, then across them in the order of their numbers, then the rest. In f32 the error of a sum
// of products is at most (lanes / 16 + 6) * 2^-24 of the sum of their absolute values.

import { lastLanes, sumF32, sumF64 } from "./sum";

export function dotF32(a: usize, b: usize, lanes: u32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = a + (<usize>lanes << 2);
  const end16 = a + (<usize>(lanes & ~15) << 2);
  while (a < end16) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a, 32), v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
    a += 64;
    b += 64;
  }
  while (a + 16 <= end) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
  }
  const rest = lanes & 3;
  if (rest != 0) s1 = f32x4.add(s1, f32x4.mul(lastLanes(a, rest), lastLanes(b, rest)));
  return sumF32(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

/** Squared L2. */
export function l2F32(a: usize, b: usize, lanes: u32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = a + (<usize>lanes << 2);
  const end16 = a + (<usize>(lanes & ~15) << 2);
  while (a < end16) {
    const d0 = f32x4.sub(v128.load(a), v128.load(b));
    const d1 = f32x4.sub(v128.load(a, 16), v128.load(b, 16));
    const d2 = f32x4.sub(v128.load(a, 32), v128.load(b, 32));
    const d3 = f32x4.sub(v128.load(a, 48), v128.load(b, 48));
    s0 = f32x4.add(s0, f32x4.mul(d0, d0));
    s1 = f32x4.add(s1, f32x4.mul(d1, d1));
    s2 = f32x4.add(s2, f32x4.mul(d2, d2));
    s3 = f32x4.add(s3, f32x4.mul(d3, d3));
    a += 64;
    b += 64;
  }
  while (a + 16 <= end) {
    const d = f32x4.sub(v128.load(a), v128.load(b));
    s0 = f32x4.add(s0, f32x4.mul(d, d));
    a += 16;
    b += 16;
  }
  const rest = lanes & 3;
  if (rest != 0) {
    const d = f32x4.sub(lastLanes(a, rest), lastLanes(b, rest));
    s1 = f32x4.add(s1, f32x4.mul(d, d));
  }
  return sumF32(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
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

/** 1 - cosine similarity, in f64; `aSquare` is the dot of `a` with itself. 1 when either is zero. */
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
  // Two vectors of one direction may come out a hair beyond 1.
  return max<f64>(0, 1 - sumF64(f64x2.add(dots, dots1)) / sqrt(product));
}
