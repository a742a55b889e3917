// Examines rows: each meets all queries of a search, in pieces that stay in the cache.

import { CODE_BITS, CODE_INT8, METRIC_IP, METRIC_L2 } from "../abi";
import { dotCodes, dotCodes4, dotCodesShort4 } from "../kernel";
import {
  fieldChunkShift, fieldCode, fieldCodeBytes, fieldDimension, fieldHead, fieldIsPlain, fieldMetric, fieldRange, fieldRowBytes, laneFirst, laneSecond, queryCodes, queryNorm,
  queryResidual, ROW_CODES, rowNorm, rowResidual, rowVector, vectorExactDistance, vectorLaneDistance, vectorLaneDistances, vectorRow,
} from "../vector";
import { boundFloor, boundHeadFloor, boundLeast, boundLimit, boundMost, boundOf, candidates4, isBeyond, scales4 } from "./bound";
import { nearestAdd, nearestLimit } from "./nearest";
import { waitingAdd, waitingClear, waitingCount, waitingLeast, waitingLimit, waitingReset, waitingSlot } from "./waiting";

/** Rows of fewer lanes have no head (vector/field.ts), and one segment of codes. */
const SHORT_LANES: u32 = 160;

/** Rows whose lanes were read. */
export let rescored: u32 = 0;

export function resetRescored(): void {
  rescored = 0;
}

/** Nearer rows were returned already, and at this distance those in lower slots. */
let afterDistance: f64 = -Infinity;
let afterSlot: u32 = 0;

export function setAfter(distance: f64, slot: u32): void {
  afterDistance = distance;
  afterSlot = slot;
}

/** Measures a row exactly, and adds it if it is among the nearest. */
function rescore(query: usize, list: usize, row: usize, slot: u32): void {
  rescored++;
  const distance = vectorExactDistance(query, row);
  if (distance < afterDistance || (distance == afterDistance && slot < afterSlot)) return;
  nearestAdd(list, distance, slot);
}

/**
 * Whether rows that pass by their codes wait until scanEnd to be measured. Not after rows were already returned: bounds do not tell which
 * those were.
 */
let areWaiting: bool = false;

/** Called before the first row of a step, for each query. */
export function scanBegin(list: usize, field: usize): void {
  areWaiting = fieldCode(field) == CODE_INT8 && afterDistance == -Infinity;
  if (areWaiting) waitingReset(list, fieldMetric(field));
}

/** Called after the last row of a step. */
export function scanEnd(query: usize, list: usize, field: usize): void {
  if (areWaiting) measure(query, list, field);
}

function measure(query: usize, list: usize, field: usize): void {
  const metric = fieldMetric(field);
  const count = waitingCount(list);
  for (let i: u32 = 0; i < count; i++) {
    if (waitingLeast(list, i) > waitingLimit(list, metric)) continue;
    const slot = waitingSlot(list, i);
    rescore(query, list, vectorRow(field, slot), slot);
  }
  waitingClear(list);
}

/** Dots of the four rows last examined. */
const lastDots = memory.data(16);

/** Measures a row, or lets it wait. */
function take(query: usize, list: usize, field: usize, row: usize, slot: u32, dot: f32, isDot: bool): void {
  if (!areWaiting) rescore(query, list, row, slot);
  else if (!waitingAdd(list, slot, boundLeast(row, dot, isDot), boundMost(row, dot, isDot))) measure(query, list, field);
}

/** Takes those of four rows that have a bit, at least one; the first row is that of `slot`. */
// @ts-ignore: decorator
@inline function takeSome(query: usize, list: usize, field: usize, row: usize, stride: usize, slot: u32, candidates: i32, dots: v128, isDot: bool): void {
  let bits = candidates;
  v128.store(lastDots, dots);
  do {
    const k = ctz<i32>(bits);
    take(query, list, field, row + <usize>k * stride, slot + k, load<f32>(lastDots + (<usize>k << 2)), isDot);
    bits &= bits - 1;
  } while (bits != 0);
}

// @ts-ignore: decorator
@inline function limitOf(list: usize, metric: u32): f32 {
  return areWaiting ? waitingLimit(list, metric) : boundLimit(metric, nearestLimit(list));
}

/** Examines `rows` rows of one chunk, one after another; the first is that of `slot`. */
export function scanRows(query: usize, list: usize, field: usize, row: usize, slot: u32, rows: u32): void {
  const code = fieldCode(field);
  if (code == CODE_INT8) {
    const range = fieldRange(field, slot >> fieldChunkShift(field));
    const isDot = fieldMetric(field) == METRIC_IP;
    boundOf(query, fieldMetric(field));
    const fours = rows & ~3;
    const whole = wholeOf(fieldDimension(field));
    if (fours != 0) {
      if (whole != 0) scanShort(query, list, field, row, slot, fours, isDot, range, whole);
      else scanFours(query, list, field, row, slot, fours, isDot, range);
    }
    scanCodes(query, list, field, row + <usize>fours * <usize>fieldRowBytes(field), slot + fours, rows - fours, isDot);
  } else if (code == CODE_BITS) {
    scanBits(query, list, field, row, slot, rows);
  } else {
    scanLanes(query, list, field, row, slot, rows);
  }
}

/** The least dots of rows that may be near enough, for the current list. */
let floor: f32 = 0;
let headFloor: f32 = 0;

function findFloors(query: usize, range: usize, isDot: bool, limit: f32): void {
  floor = boundFloor(range, isDot, limit);
  headFloor = boundHeadFloor(floor, query, range);
}

/** Most rows are skipped after one comparison of four dots, long ones after half of their lanes. */
function scanFours(query: usize, list: usize, field: usize, row: usize, slot: u32, rows: u32, isDot: bool, range: usize): void {
  const stride = <usize>fieldRowBytes(field);
  const bytes = <usize>fieldCodeBytes(field);
  const head = <usize>fieldHead(field);
  const codes = queryCodes(query);
  const metric = fieldMetric(field);
  let limit = limitOf(list, metric);
  findFloors(query, range, isDot, limit);
  for (let i: u32 = 0; i < rows; i += 4) {
    const r0 = row;
    const r1 = r0 + stride;
    const r2 = r1 + stride;
    const r3 = r2 + stride;
    row = r3 + stride;
    const scales = scales4(r0, r1, r2, r3);
    let dots: v128;
    if (head == 0) {
      dots = dotCodes4(codes, r0 + ROW_CODES, r1 + ROW_CODES, r2 + ROW_CODES, r3 + ROW_CODES, bytes);
    } else {
      dots = dotCodes4(codes, r0 + ROW_CODES, r1 + ROW_CODES, r2 + ROW_CODES, r3 + ROW_CODES, head);
      if (areBelow(dots, scales, headFloor)) continue;
      const tail = ROW_CODES + head;
      dots = f32x4.add(dots, dotCodes4(codes + (head << 1), r0 + tail, r1 + tail, r2 + tail, r3 + tail, bytes - head));
    }
    if (areBelow(dots, scales, floor)) continue;
    const bits = candidates4(r0, r1, r2, r3, dots, isDot, limit);
    if (bits == 0) continue;
    takeSome(query, list, field, r0, stride, slot + i, bits, dots, isDot);
    limit = limitOf(list, metric);
    findFloors(query, range, isDot, limit);
  }
}

/** Bytes of the codes without the last few lanes, where dotCodesShort4 is faster; otherwise 0. */
// @ts-ignore: decorator
@inline function wholeOf(dimension: u32): usize {
  const rest = dimension & 15;
  return dimension > 16 && dimension < SHORT_LANES && rest != 0 && rest <= 4 ? dimension - rest : 0;
}

/** scanFours for such rows. (Combined in one function both are slower: values do not stay in registers.) */
function scanShort(query: usize, list: usize, field: usize, row: usize, slot: u32, rows: u32, isDot: bool, range: usize, whole: usize): void {
  const stride = <usize>fieldRowBytes(field);
  const codes = queryCodes(query);
  const metric = fieldMetric(field);
  let limit = limitOf(list, metric);
  findFloors(query, range, isDot, limit);
  for (let i: u32 = 0; i < rows; i += 4) {
    const r0 = row;
    const r1 = r0 + stride;
    const r2 = r1 + stride;
    const r3 = r2 + stride;
    row = r3 + stride;
    const dots = dotCodesShort4(codes, r0 + ROW_CODES, r1 + ROW_CODES, r2 + ROW_CODES, r3 + ROW_CODES, whole);
    if (areBelow(dots, scales4(r0, r1, r2, r3), floor)) continue;
    const bits = candidates4(r0, r1, r2, r3, dots, isDot, limit);
    if (bits == 0) continue;
    takeSome(query, list, field, r0, stride, slot + i, bits, dots, isDot);
    limit = limitOf(list, metric);
    findFloors(query, range, isDot, limit);
  }
}

/** Whether all four are below `least`; NaN never is. */
// @ts-ignore: decorator
@inline function areBelow(dots: v128, scales: v128, least: f32): bool {
  return i32x4.all_true(f32x4.lt(f32x4.mul(dots, scales), f32x4.splat(least)));
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

/** What f32 loses, relative to the terms: the additions (kernel/float), then the product with both norms. */
let rounding: f32 = 0;

/** Without codes: distances in f32 tell which rows need one in f64. */
function scanLanes(query: usize, list: usize, field: usize, row: usize, slot: u32, rows: u32): void {
  const stride = <usize>fieldRowBytes(field);
  const metric = fieldMetric(field);
  rounding = <f32>(<f64>fieldDimension(field) / 16 + 12) * 6e-8;
  const isLoose = queryResidual(query) == Infinity;
  // Two rows far apart at a time: memory delivers two streams a fifth faster than one.
  const half: u32 = isLoose || !fieldIsPlain(field) ? 0 : rows >> 1;
  const apart = <usize>half * stride;
  for (let i: u32 = 0; i < half; i++, row += stride) {
    const other = row + apart;
    if (rowVector(row) == 0 || rowVector(other) == 0) {
      lookAtLanes(query, list, metric, row, slot + i, false);
      lookAtLanes(query, list, metric, other, slot + half + i, false);
      continue;
    }
    vectorLaneDistances(query, row, other);
    const second = laneSecond;
    if (!isBeyondByLanes(query, list, metric, row, laneFirst)) rescore(query, list, row, slot + i);
    if (!isBeyondByLanes(query, list, metric, other, second)) rescore(query, list, other, slot + half + i);
  }
  row += apart;
  for (let i = half << 1; i < rows; i++, row += stride) lookAtLanes(query, list, metric, row, slot + i, isLoose);
}

function lookAtLanes(query: usize, list: usize, metric: u32, row: usize, slot: u32, isLoose: bool): void {
  if (rowVector(row) == 0) return;
  if (isLoose || !isBeyondByLanes(query, list, metric, row, vectorLaneDistance(query, row))) rescore(query, list, row, slot);
}

// @ts-ignore: decorator
@inline function isBeyondByLanes(query: usize, list: usize, metric: u32, row: usize, distance: f32): bool {
  if (rowResidual(row) == Infinity) return false;
  let error = rounding;
  if (metric == METRIC_L2) error *= distance;
  else if (metric == METRIC_IP) error *= queryNorm(query) * rowNorm(row);
  return distance - error - 1e-33 > <f32>nearestLimit(list) + <f32>abs(nearestLimit(list)) * 3e-7;
}

/** Examines one row of any field. */
export function scanRow(query: usize, list: usize, field: usize, row: usize, slot: u32): void {
  scanRows(query, list, field, row, slot, 1);
}

/** Examines four rows, wherever they are. */
export function scanGathered(query: usize, list: usize, field: usize, rows: usize, slots: usize): void {
  const r0 = <usize>load<u32>(rows);
  const r1 = <usize>load<u32>(rows, 4);
  const r2 = <usize>load<u32>(rows, 8);
  const r3 = <usize>load<u32>(rows, 12);
  const metric = fieldMetric(field);
  const isDot = metric == METRIC_IP;
  boundOf(query, metric);
  const dots = dotCodes4(queryCodes(query), r0 + ROW_CODES, r1 + ROW_CODES, r2 + ROW_CODES, r3 + ROW_CODES, fieldCodeBytes(field));
  let bits = candidates4(r0, r1, r2, r3, dots, isDot, limitOf(list, metric));
  if (bits != 0) v128.store(lastDots, dots);
  while (bits != 0) {
    const at = <usize>ctz<i32>(bits) << 2;
    take(query, list, field, <usize>load<u32>(rows + at), load<u32>(slots + at), load<f32>(lastDots + at), isDot);
    bits &= bits - 1;
  }
}
