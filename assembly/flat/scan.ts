// Looking at rows: each goes past all queries of a search, in pieces that stay in the cache. Rows are taken one by one or four side by
// side, whichever their length favours.

import { CODE_BITS, CODE_INT8, METRIC_IP, METRIC_L2 } from "../abi";
import { dotCodes, dotCodes4 } from "../kernel";
import {
  fieldCode, fieldCodeBytes, fieldDimension, fieldMetric, fieldRowBytes, queryCodes, queryNorm, queryResidual, ROW_CODES, rowNorm, rowResidual,
  rowVector, vectorExactDistance, vectorLaneDistance,
} from "../vector";
import { boundLimit, boundOf, candidates4, isBeyond } from "./bound";
import { nearestAdd, nearestLimit } from "./nearest";

/** Rows up to this many bytes are taken four at a time: longer ones come from memory, where one stream is faster than four. */
const FOUR_ROWS_BYTES: u32 = 320;

/** Rows whose lanes were looked at. */
export let rescored: u32 = 0;

export function resetRescored(): void {
  rescored = 0;
}

/** Answers nearer than this were given already, and of those just as far the ones in lower slots. */
let afterDistance: f64 = -Infinity;
let afterSlot: u32 = 0;

export function setAfter(distance: f64, slot: u32): void {
  afterDistance = distance;
  afterSlot = slot;
}

/** Measures a row exactly. */
export function rescore(query: usize, list: usize, row: usize, slot: u32): void {
  rescored++;
  const distance = vectorExactDistance(query, row);
  if (distance < afterDistance || (distance == afterDistance && slot < afterSlot)) return;
  nearestAdd(list, distance, slot);
}

/** Looks at `rows` rows that lie together; the first is that of `slot`. */
export function scanRows(query: usize, list: usize, field: usize, row: usize, slot: u32, rows: u32): void {
  const code = fieldCode(field);
  if (code == CODE_INT8) {
    const isDot = fieldMetric(field) == METRIC_IP;
    boundOf(query, fieldMetric(field));
    const single = fieldRowBytes(field) > FOUR_ROWS_BYTES ? rows : rows & 3;
    // Those that do not make four come last.
    if (single != rows) scanFours(query, list, field, row, slot, rows - single, isDot);
    const done = rows - single;
    scanCodes(query, list, field, row + <usize>done * <usize>fieldRowBytes(field), slot + done, single, isDot);
  } else if (code == CODE_BITS) {
    scanBits(query, list, field, row, slot, rows);
  } else {
    scanLanes(query, list, field, row, slot, rows);
  }
}

function scanFours(query: usize, list: usize, field: usize, row: usize, slot: u32, rows: u32, isDot: bool): void {
  const stride = <usize>fieldRowBytes(field);
  const bytes = <usize>fieldCodeBytes(field);
  const codes = queryCodes(query);
  const metric = fieldMetric(field);
  let limit = boundLimit(metric, nearestLimit(list));
  for (let i: u32 = 0; i < rows; i += 4) {
    const r1 = row + stride;
    const r2 = r1 + stride;
    const r3 = r2 + stride;
    const dots = dotCodes4(codes, row + ROW_CODES, r1 + ROW_CODES, r2 + ROW_CODES, r3 + ROW_CODES, bytes);
    let bits = candidates4(row, r1, r2, r3, dots, isDot, limit);
    if (bits != 0) {
      do {
        const k = ctz<i32>(bits);
        rescore(query, list, row + <usize>k * stride, slot + i + k);
        bits &= bits - 1;
      } while (bits != 0);
      limit = boundLimit(metric, nearestLimit(list));
    }
    row = r3 + stride;
  }
}

function scanCodes(query: usize, list: usize, field: usize, row: usize, slot: u32, rows: u32, isDot: bool): void {
  const stride = <usize>fieldRowBytes(field);
  const bytes = <usize>fieldCodeBytes(field);
  const codes = queryCodes(query);
  const metric = fieldMetric(field);
  let limit = boundLimit(metric, nearestLimit(list));
  for (let i: u32 = 0; i < rows; i++, row += stride) {
    if (rowVector(row) == 0) continue;
    if (isBeyond(row, dotCodes(codes, row + ROW_CODES, bytes), isDot, limit)) continue;
    rescore(query, list, row, slot + i);
    limit = boundLimit(metric, nearestLimit(list));
  }
}

function scanBits(query: usize, list: usize, field: usize, row: usize, slot: u32, rows: u32): void {
  const stride = <usize>fieldRowBytes(field);
  for (let i: u32 = 0; i < rows; i++, row += stride) {
    if (rowVector(row) != 0) rescore(query, list, row, slot + i);
  }
}

/** Without codes: distances in f32 say which rows need theirs in f64. */
function scanLanes(query: usize, list: usize, field: usize, row: usize, slot: u32, rows: u32): void {
  const stride = <usize>fieldRowBytes(field);
  const metric = fieldMetric(field);
  // See kernel/float: additions, and then the product with both norms.
  const rounding = <f32>(<f64>fieldDimension(field) / 16 + 12) * 6e-8;
  const isLoose = queryResidual(query) == Infinity;
  for (let i: u32 = 0; i < rows; i++, row += stride) {
    if (rowVector(row) == 0) continue;
    if (!isLoose && rowResidual(row) != Infinity) {
      const distance = vectorLaneDistance(query, row);
      let error = rounding;
      if (metric == METRIC_L2) error *= distance;
      else if (metric == METRIC_IP) error *= queryNorm(query) * rowNorm(row);
      if (distance - error - 1e-33 > <f32>nearestLimit(list) + <f32>abs(nearestLimit(list)) * 3e-7) continue;
    }
    rescore(query, list, row, slot + i);
  }
}

/** Looks at one row of any field. */
export function scanRow(query: usize, list: usize, field: usize, row: usize, slot: u32): void {
  scanRows(query, list, field, row, slot, 1);
}

/** Looks at four rows that lie anywhere. */
export function scanGathered(query: usize, list: usize, field: usize, rows: usize, slots: usize): void {
  const r0 = <usize>load<u32>(rows);
  const r1 = <usize>load<u32>(rows, 4);
  const r2 = <usize>load<u32>(rows, 8);
  const r3 = <usize>load<u32>(rows, 12);
  const metric = fieldMetric(field);
  boundOf(query, metric);
  const dots = dotCodes4(queryCodes(query), r0 + ROW_CODES, r1 + ROW_CODES, r2 + ROW_CODES, r3 + ROW_CODES, fieldCodeBytes(field));
  let bits = candidates4(r0, r1, r2, r3, dots, metric == METRIC_IP, boundLimit(metric, nearestLimit(list)));
  while (bits != 0) {
    const at = <usize>ctz<i32>(bits) << 2;
    rescore(query, list, <usize>load<u32>(rows + at), load<u32>(slots + at));
    bits &= bits - 1;
  }
}
