// Finds a text in a text, in linear time: compares candidates with the right first and last byte, found sixteen bytes
// at a time, as long as that is cheap; then Two-Way (M. Crochemore, D. Perrin, "Two-way string-matching", JACM 1991),
// which makes at most two comparisons per byte of the text.
//
// Needle: | 0 address u32 | 4 bytes u32 | 8 split u32 | 12 period u32 | 16 memory u32, 0: not periodic | 20 zero |

import { bytesEqual } from "../record";
import { workSpend } from "./work";

export const NEEDLE_BYTES: usize = 24;

/** Prepares a needle for the `bytes` at `pointer`. */
export function needleBuild(needle: usize, pointer: usize, bytes: u32): void {
  store<u32>(needle, <u32>pointer);
  store<u32>(needle, bytes, 4);
  const forward = maximalSuffix(pointer, bytes, false);
  let period = suffixPeriod;
  let split = forward;
  const backward = maximalSuffix(pointer, bytes, true);
  if (backward > forward) {
    split = backward;
    period = suffixPeriod;
  }
  const isPeriodic = split + period <= bytes && bytesEqual(pointer, pointer + period, split);
  store<u32>(needle, split, 8);
  store<u32>(needle, isPeriodic ? period : max(split, bytes - split) + 1, 12);
  store<u32>(needle, isPeriodic ? bytes - period : 0, 16);
}

let suffixPeriod: u32 = 1;

/**
 * Offset of the suffix that is greatest in the order of bytes, or in the reverse order; its period goes to
 * suffixPeriod.
 */
function maximalSuffix(pointer: usize, bytes: u32, isReversed: bool): u32 {
  let start: u32 = 0;
  let other: u32 = 1;
  let k: u32 = 0;
  let period: u32 = 1;
  while (other + k < bytes) {
    const a = load<u8>(pointer + other + k);
    const b = load<u8>(pointer + start + k);
    if (a == b) {
      if (k + 1 == period) {
        other += period;
        k = 0;
      } else {
        k++;
      }
    } else if (isReversed ? a > b : a < b) {
      other += k + 1;
      k = 0;
      period = other - start;
    } else {
      start = other;
      other++;
      k = 0;
      period = 1;
    }
  }
  suffixPeriod = period;
  return start;
}

/** Address of the first occurrence of the needle in [from, end), or 0. */
export function needleFind(needle: usize, from: usize, end: usize): usize {
  const bytes = <usize>load<u32>(needle, 4);
  if (bytes == 0) return from;
  if (end - from < bytes) return 0;
  const pointer = <usize>load<u32>(needle);
  workSpend(<u32>((end - from) >> 9));
  const stop = end - bytes;
  const first = i8x16.splat(load<i8>(pointer));
  const last = i8x16.splat(load<i8>(pointer + bytes - 1));
  // The bytes that may be compared for candidates before Two-Way takes over.
  let patience = <isize>((end - from) << 1) + 256;
  let at = from;
  for (; at + 15 <= stop; at += 16) {
    let mask = i8x16.bitmask(v128.and(i8x16.eq(v128.load(at), first), i8x16.eq(v128.load(at + bytes - 1), last)));
    while (mask != 0) {
      const candidate = at + ctz(mask);
      if (bytesEqual(candidate, pointer, bytes)) return candidate;
      patience -= <isize>bytes;
      if (patience < 0) return twoWay(needle, candidate + 1, end);
      mask &= mask - 1;
    }
  }
  const byte = load<u8>(pointer);
  for (; at <= stop; at++) {
    if (load<u8>(at) != byte) continue;
    if (bytesEqual(at, pointer, bytes)) return at;
    patience -= <isize>bytes;
    if (patience < 0) return twoWay(needle, at + 1, end);
  }
  return 0;
}

function twoWay(needle: usize, from: usize, end: usize): usize {
  const pointer = <usize>load<u32>(needle);
  const bytes = <usize>load<u32>(needle, 4);
  const split = <usize>load<u32>(needle, 8);
  const period = <usize>load<u32>(needle, 12);
  const memory = <usize>load<u32>(needle, 16);
  workSpend(<u32>((end - from) >> 5));
  let known: usize = 0;
  let at = from;
  while (end >= at && end - at >= bytes) {
    let k = max(split, known);
    while (k < bytes && load<u8>(pointer + k) == load<u8>(at + k)) k++;
    if (k < bytes) {
      at += k - split + 1;
      known = 0;
      continue;
    }
    k = split;
    while (k > known && load<u8>(pointer + k - 1) == load<u8>(at + k - 1)) k--;
    if (k <= known) return at;
    at += period;
    known = memory;
  }
  return 0;
}

export function textStarts(from: usize, bytes: u32, needle: usize): bool {
  const wanted = load<u32>(needle, 4);
  return wanted <= bytes && bytesEqual(from, <usize>load<u32>(needle), wanted);
}

export function textEnds(from: usize, bytes: u32, needle: usize): bool {
  const wanted = load<u32>(needle, 4);
  return wanted <= bytes && bytesEqual(from + bytes - wanted, <usize>load<u32>(needle), wanted);
}
