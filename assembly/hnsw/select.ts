// Which of the nodes found become neighbours: algorithm 4 of the paper. A candidate is taken if it is nearer to the
// base than to every one taken before, so that links point in all directions and not just into the densest one.

import { CODE_INT8 } from "../abi";
import { fieldCode, vectorCodeDistance4, vectorPrepareCodes, vectorRow, vectorRowDistance } from "../vector";
import { keyDistance, keySlot } from "./heap";
import { chosen, chosenDistances, chosenRows, rowQuery } from "./scratch";

/**
 * Chooses up to `most` of the `count` keys, in ascending order, into `chosen`; returns how many. When fewer than
 * `least` point apart, the nearest of the others are added up to that number: equal vectors would be left with one link
 * otherwise.
 */
export function choose(field: usize, keys: usize, count: u32, most: u32, least: u32): u32 {
  let taken: u32 = 0;
  for (let i: u32 = 0; i < count && taken < most; i++) {
    const key = load<u64>(keys + (<usize>i << 3));
    const row = vectorRow(field, keySlot(key));
    if (!pointsApart(field, row, keyDistance(key), taken)) continue;
    take(taken++, key, row);
    // Taken keys are marked, so that filling up skips them.
    if (least > 0) store<u64>(keys + (<usize>i << 3), u64.MAX_VALUE);
  }
  for (let i: u32 = 0; i < count && taken < least; i++) {
    const key = load<u64>(keys + (<usize>i << 3));
    if (key != u64.MAX_VALUE) take(taken++, key, vectorRow(field, keySlot(key)));
  }
  return taken;
}

// @ts-ignore: decorator
@inline function take(index: u32, key: u64, row: usize): void {
  store<u32>(chosen + (<usize>index << 2), keySlot(key));
  store<f32>(chosenDistances + (<usize>index << 2), keyDistance(key));
  store<u32>(chosenRows + (<usize>index << 2), <u32>row);
}

/**
 * Whether a row at this distance from the base is nearer to it than to those chosen. Of three that are equally far from
 * each other two suffice: of vectors equal to the base one is enough. (Any other tie counts as pointing apart: next to
 * a vector equal to the base everything ties.)
 */
function pointsApart(field: usize, row: usize, distance: f32, taken: u32): bool {
  if (taken == 0) return true;
  // The one nearest to the base rejects most.
  if (isNearer(vectorRowDistance(field, row, <usize>load<u32>(chosenRows)), distance, 0)) return false;
  if (taken == 1) return true;
  if (fieldCode(field) == CODE_INT8) return pointsApart4(field, row, distance, taken);
  for (let at: usize = 4; at < <usize>taken << 2; at += 4) {
    if (isNearer(vectorRowDistance(field, row, <usize>load<u32>(chosenRows + at)), distance, at)) return false;
  }
  return true;
}

// @ts-ignore: decorator
@inline function isNearer(between: f32, distance: f32, at: usize): bool {
  return between < distance || (between == distance && load<f32>(chosenDistances + at) == distance);
}

/** The same for those chosen second and later, four at a time. */
function pointsApart4(field: usize, row: usize, distance: f32, taken: u32): bool {
  const limit = f32x4.splat(distance);
  vectorPrepareCodes(field, rowQuery, row);
  // What stands behind the last: any rows, so that there are four.
  for (let i: u32 = 0; i < 3; i++) store<u32>(chosenRows + (<usize>(taken + i) << 2), <u32>row);
  for (let i: u32 = 1; i < taken; i += 4) {
    const at = <usize>i << 2;
    const rows = chosenRows + at;
    const between = vectorCodeDistance4(rowQuery, load<u32>(rows), load<u32>(rows, 4), load<u32>(rows, 8), load<u32>(rows, 12));
    const ties = v128.and(f32x4.eq(between, limit), f32x4.eq(v128.load(chosenDistances + at), limit));
    let nearer = i32x4.bitmask(v128.or(f32x4.lt(between, limit), ties));
    if (taken - i < 4) nearer &= (1 << (taken - i)) - 1;
    if (nearer != 0) return false;
  }
  return true;
}
