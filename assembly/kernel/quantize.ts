// From f32 lanes to codes: x = scale * code + residual. The norm of the residual limits how wrong the codes can be.

import { lastLanes, sumF64 } from "./sum";

/** Of the lanes last measured: their greatest absolute value, and the sum of their squares. */
export let lanesMax: f32 = 0;
export let lanesSquare: f64 = 0;

export function lanesMeasure(from: usize, lanes: u32): void {
  let largest = f32x4.splat(0);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let at = from;
  const end = from + (<usize>lanes << 2);
  while (at < end) {
    const left = <u32>((end - at) >> 2);
    const x = left >= 4 ? v128.load(at) : lastLanes(at, left);
    largest = f32x4.max(largest, f32x4.abs(x));
    const x0 = f64x2.promote_low_f32x4(x);
    const x1 = f64x2.promote_low_f32x4(v128.shuffle<u32>(x, x, 2, 3, 0, 1));
    s0 = f64x2.add(s0, f64x2.mul(x0, x0));
    s1 = f64x2.add(s1, f64x2.mul(x1, x1));
    at += 16;
  }
  const half = f32x4.max(largest, v128.shuffle<u32>(largest, largest, 2, 3, 0, 1));
  lanesMax = max<f32>(f32x4.extract_lane(half, 0), f32x4.extract_lane(half, 1));
  lanesSquare = sumF64(f64x2.add(s0, s1));
}

/** Of the codes last made: the squared norm of what they leave out, and the sum of their squares. */
export let codesResidual: f64 = 0;
export let codesSquare: f64 = 0;

/**
 * Makes the codes nearest to lane * multiplier. They stand for code * scale; the residual is that of lane * factor.
 * `isWide`: i16, otherwise int8 in words of two (code.ts). Always writes whole groups of four, so there must be room
 * for the last one.
 */
// @ts-ignore: decorator
@inline function encode(from: usize, to: usize, lanes: u32, multiplier: f32, factor: f64, scale: f32, isWide: bool): void {
  const multipliers = f32x4.splat(multiplier);
  const factors = f64x2.splat(factor);
  const scales = f64x2.splat(<f64>scale);
  const shares = f32x4(0, 1.0 / 256, 0, 1.0 / 256);
  const places = i16x8(1, 256, 1, 256, 0, 0, 0, 0);
  let r0 = f64x2.splat(0);
  let r1 = r0;
  let squares0 = r0;
  let squares1 = r0;
  let at = from;
  const end = from + (<usize>lanes << 2);
  while (at < end) {
    const left = <u32>((end - at) >> 2);
    const x = left >= 4 ? v128.load(at) : lastLanes(at, left);
    const wanted = f32x4.mul(x, multipliers);
    let code = f32x4.nearest(wanted);
    let value = code;
    if (!isWide) {
      const share = f32x4.mul(v128.shuffle<u32>(code, code, 0, 0, 2, 2), shares);
      code = f32x4.nearest(f32x4.sub(wanted, share));
      value = f32x4.add(code, share);
    }
    const c0 = f64x2.promote_low_f32x4(value);
    const c1 = f64x2.promote_low_f32x4(v128.shuffle<u32>(value, value, 2, 3, 0, 1));
    const x0 = f64x2.promote_low_f32x4(x);
    const x1 = f64x2.promote_low_f32x4(v128.shuffle<u32>(x, x, 2, 3, 0, 1));
    const d0 = f64x2.sub(f64x2.mul(x0, factors), f64x2.mul(c0, scales));
    const d1 = f64x2.sub(f64x2.mul(x1, factors), f64x2.mul(c1, scales));
    r0 = f64x2.add(r0, f64x2.mul(d0, d0));
    r1 = f64x2.add(r1, f64x2.mul(d1, d1));
    squares0 = f64x2.add(squares0, f64x2.mul(c0, c0));
    squares1 = f64x2.add(squares1, f64x2.mul(c1, c1));
    const whole = i32x4.trunc_sat_f32x4_s(code);
    const narrow = i16x8.narrow_i32x4_s(whole, whole);
    if (isWide) {
      store<u64>(to, i64x2.extract_lane(narrow, 0));
      to += 8;
    } else {
      const words = i32x4.dot_i16x8_s(narrow, places);
      store<u32>(to, i32x4.extract_lane(i16x8.narrow_i32x4_s(words, words), 0));
      to += 4;
    }
    at += 16;
  }
  codesResidual = sumF64(f64x2.add(r0, r1));
  codesSquare = sumF64(f64x2.add(squares0, squares1));
}

export function encodeInt8(from: usize, to: usize, lanes: u32, multiplier: f32, factor: f64, scale: f32): void {
  encode(from, to, lanes, multiplier, factor, scale, false);
}

export function encodeInt16(from: usize, to: usize, lanes: u32, multiplier: f32, factor: f64, scale: f32): void {
  encode(from, to, lanes, multiplier, factor, scale, true);
}
