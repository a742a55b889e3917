// Which of the nodes found become neighbours: algorithm 4 of the paper. A candidate is taken when it is nearer to the base than to every
// one taken before it, so that links point in all directions and not into the densest one.

import { CODE_INT8, METRIC_COSINE, METRIC_IP } from "../abi";
import { dotRows } from "../kernel";
import {
  fieldCode, fieldCodeBytes, fieldMetric, ROW_CODES, rowNorm, rowScale, vectorRow, vectorRowDistance,
} from "../vector";
import { keyDistance, keySlot } from "./heap";
import { chosen, chosenDistances, chosenRows } from "./scratch";

/**
 * Chooses up to `most` of the `count` keys, the least first, into `chosen`; answers how many. When fewer than `least` point apart, the
 * nearest of the others fill up to that: equal vectors would be left with one link otherwise.
 */
export function choose(field: usize, keys: usize, count: u32, most: u32, least: u32): u32 {
  let taken: u32 = 0;
  for (let i: u32 = 0; i < count && taken < most; i++) {
    const key = load<u64>(keys + (<usize>i << 3));
    const row = vectorRow(field, keySlot(key));
    if (!pointsApart(field, row, keyDistance(key), taken)) continue;
    take(taken++, key, row);
    // What is taken is marked, so that the filling passes it over.
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
 * Whether a row at this distance from the base is nearer to it than to those chosen. Three that are equally far from each other are as good
 * as two: of vectors equal to the base one is enough. (Any other tie points apart: beside a vector equal to the base everything ties.)
 */
function pointsApart(field: usize, row: usize, distance: f32, taken: u32): bool {
  const isInt8 = fieldCode(field) == CODE_INT8;
  const bytes = <usize>fieldCodeBytes(field);
  const metric = fieldMetric(field);
  const scale = rowScale(row);
  const square = rowNorm(row) * rowNorm(row);
  for (let at: usize = 0; at < <usize>taken << 2; at += 4) {
    const other = <usize>load<u32>(chosenRows + at);
    let between: f32;
    if (isInt8) {
      // As vectorRowDistance has it: on this rests much of the time of a selection.
      const dot = dotRows(row + ROW_CODES, other + ROW_CODES, bytes) * scale * rowScale(other);
      if (metric == METRIC_COSINE) between = 1 - dot;
      else if (metric == METRIC_IP) between = -dot;
      else between = max<f32>(0, square + rowNorm(other) * rowNorm(other) - 2 * dot);
    } else {
      between = vectorRowDistance(field, row, other);
    }
    if (between < distance || (between == distance && load<f32>(chosenDistances + at) == distance)) return false;
  }
  return true;
}
