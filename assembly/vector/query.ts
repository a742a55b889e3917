// A query made ready: its lanes, and its codes, finer than those of rows because there is only one. Several may be alive; each lies
// where its owner put it, `queryBytes` long, 16-byte aligned.
//
// Query: | 0 field u32 | 4 scale f32 | 8 residual f32 | 12 norm f32 | 16 squared norm f32 | 20 sum of codes i32 | 24 squared norm of the lanes f64 |
//        | 32 1 / norm of the lanes f64 | 40 bits set u32 | 44 norm of the codes behind the head f32, for signs sum of the lanes | 64 codes | lanes f32 |
// Scale, residual and norms are of the lanes, under cosine of the lanes divided by their norm. Codes: i16, as many as a row has bytes;
// for rows of signs PLANES planes of bits; none for rows without codes. Bits stand where the lanes would.

import {
  CODE_BINARY, CODE_BITS, CODE_INT8, METRIC_COSINE, METRIC_HAMMING, METRIC_IP, METRIC_L2,
} from "../abi";
import {
  codesNormMax, codesOfRow, codesPaired, codesResidual, codesSquare, commonBits, cosineF64, countBits, dotCodes, dotCodes4, dotF32, dotF64, dotPairF32, dotRows, encodeInt16, firstF32, hammingBits, l2F32,
  l2F64, l2PairF32, lanesMax, lanesMeasure, lanesSquare, secondF32, SEGMENT,
} from "../kernel";
import {
  fieldCode, fieldCodeBytes, fieldDimension, fieldHead, fieldMetric, fieldVectorBytes, ROW_CODES, vectorLanes,
  vectorLanesBeside,
} from "./field";
import { NORM_MAX, NORM_MIN, rowMean, rowNorm, rowScale, rowVector, vectorRow } from "./row";
import { meanOf } from "./signs";

const CODES: usize = 64;
/** Largest code of a query, unless its norm requires less. */
const CODE_MAX: f64 = 32767;
/** Bits per lane of a query that is compared with signs. */
const PLANES: u32 = 6;
const PLANE_ZERO: i32 = 32;
const LANE_MIN: f32 = 1e-30;

// @ts-ignore: decorator
@inline function codesBytes(field: usize): usize {
  const code = fieldCode(field);
  const bytes = <usize>fieldCodeBytes(field);
  return code == CODE_INT8 ? bytes << 1 : code == CODE_BINARY ? bytes * PLANES : 0;
}

/** Size of a query of this field, in memory aligned to 16. */
export function queryBytes(field: usize): usize {
  const lanes = fieldCode(field) == CODE_BITS ? <usize>fieldVectorBytes(field) : <usize>fieldDimension(field) << 2;
  // The codes of a last group of four may extend past the end; the lanes are written after them.
  return (CODES + codesBytes(field) + lanes + 79) & ~63;
}

/** Address of its lanes, or bits, which queryReady then reads. */
export function queryLanes(field: usize, query: usize): usize {
  return query + CODES + codesBytes(field);
}

// @ts-ignore: decorator
@inline export function queryField(query: usize): usize {
  return <usize>load<u32>(query);
}

// @ts-ignore: decorator
@inline export function queryScale(query: usize): f32 {
  return load<f32>(query, 4);
}

// @ts-ignore: decorator
@inline export function queryResidual(query: usize): f32 {
  return load<f32>(query, 8);
}

// @ts-ignore: decorator
@inline export function queryNorm(query: usize): f32 {
  return load<f32>(query, 12);
}

// @ts-ignore: decorator
@inline export function querySquare(query: usize): f32 {
  return load<f32>(query, 16);
}

/** Norm of the codes after the field's head. */
// @ts-ignore: decorator
@inline export function queryTail(query: usize): f32 {
  return load<f32>(query, 44);
}

// @ts-ignore: decorator
@inline export function queryCodes(query: usize): usize {
  return query + CODES;
}

/** Prepares the query from the lanes stored in it. */
export function queryReady(field: usize, query: usize): void {
  const lanes = queryLanes(field, query);
  const code = fieldCode(field);
  store<u32>(query, <u32>field);
  if (code == CODE_BITS) {
    store<u32>(query, countBits(lanes, fieldVectorBytes(field)), 40);
    return;
  }
  const dimension = fieldDimension(field);
  lanesMeasure(lanes, dimension);
  const square = lanesSquare;
  const norm = sqrt(square);
  const isUnit = fieldMetric(field) == METRIC_COSINE;
  const factor = isUnit ? (norm == 0 ? 0 : 1 / norm) : 1;
  const unit = norm * factor;
  let scale: f32 = 0;
  let residual = unit;
  let tail: f64 = 0;
  const largest = lanesMax;
  if (code == CODE_INT8) {
    if (largest >= LANE_MIN) {
      const codeMax = <f32>min<f64>(CODE_MAX, codesNormMax(dimension) * <f64>largest / (dimension <= SEGMENT ? norm : segmentNorm(lanes, dimension)));
      scale = <f32>(<f64>largest * factor / <f64>codeMax);
      const head = fieldHead(field);
      encodeInt16(lanes, query + CODES, head, codeMax / largest, factor, scale);
      const headResidual = codesResidual;
      encodeInt16(lanes + (<usize>head << 2), query + CODES + (<usize>head << 1), dimension - head, codeMax / largest, factor, scale);
      const end = ((<usize>dimension + 3) & ~3) << 1;
      memory.fill(query + CODES + end, 0, codesBytes(field) - end);
      codesPaired(query + CODES, fieldCodeBytes(field));
      residual = sqrt(headResidual + codesResidual);
      tail = <f64>scale * sqrt(codesSquare);
      // A dot of codes is computed as 256 times its value.
      scale /= 256;
    } else {
      memory.fill(query + CODES, 0, codesBytes(field));
    }
  } else if (code == CODE_BINARY) {
    const mean = meanOf(lanes, dimension);
    // No lane is farther from the mean than this.
    const farthest = farthestFrom(lanes, dimension, mean);
    scale = farthest >= LANE_MIN ? <f32>(<f64>farthest * factor / <f64>(PLANE_ZERO - 1)) : 0;
    encodePlanes(field, query, lanes, mean, farthest >= LANE_MIN ? <f32>(PLANE_ZERO - 1) / farthest : 0);
    tail = <f64>mean * factor * <f64>dimension;
  }
  if (unit > NORM_MAX || (code != CODE_INT8 && (norm > NORM_MAX || norm < NORM_MIN))) residual = Infinity;
  store<f32>(query, scale, 4);
  store<f32>(query, <f32>(residual * 1.0000003) + f32.MIN_VALUE, 8);
  store<f32>(query, <f32>unit, 12);
  store<f32>(query, <f32>(unit * unit), 16);
  store<f64>(query, square, 24);
  store<f64>(query, norm == 0 ? 0 : 1 / norm, 32);
  store<f32>(query, <f32>(tail * 1.0000003), 44);
}

/** Largest norm of a segment. */
function segmentNorm(lanes: usize, dimension: u32): f64 {
  let largest: f64 = 0;
  for (let at: u32 = 0; at < dimension; at += SEGMENT) {
    lanesMeasure(lanes + (<usize>at << 2), min(SEGMENT, dimension - at));
    largest = max(largest, lanesSquare);
  }
  return sqrt(largest);
}

function farthestFrom(lanes: usize, count: u32, mean: f32): f32 {
  let farthest: f32 = 0;
  for (let i: u32 = 0; i < count; i++) farthest = max<f32>(farthest, abs<f32>(load<f32>(lanes + (<usize>i << 2)) - mean));
  return farthest;
}

/** Lane i's code plus PLANE_ZERO, bit j of it in bit i of plane j. */
function encodePlanes(field: usize, query: usize, lanes: usize, mean: f32, multiplier: f32): void {
  const bytes = <usize>fieldCodeBytes(field);
  const planes = query + CODES;
  memory.fill(planes, 0, bytes * PLANES);
  const dimension = fieldDimension(field);
  let sum: i32 = 0;
  for (let i: u32 = 0; i < dimension; i++) {
    const code = <i32>nearest<f32>((load<f32>(lanes + (<usize>i << 2)) - mean) * multiplier);
    sum += code;
    const bits = <u32>(code + PLANE_ZERO);
    for (let j: u32 = 0; j < PLANES; j++) {
      const byte = planes + bytes * j + (i >> 3);
      store<u8>(byte, load<u8>(byte) | (((bits >> j) & 1) << (i & 7)));
    }
  }
  store<i32>(query, sum, 20);
}

/** Dot of the query's codes with a row's signs. */
function dotSigns(query: usize, codes: usize, bytes: usize): i32 {
  let set: i32 = 0;
  let ones: u64 = 0;
  for (let j: u32 = 0; j < PLANES; j++) set += <i32>commonBits(query + CODES + bytes * j, codes, bytes) << j;
  for (let at: usize = 0; at < bytes; at += 8) ones += popcnt<u64>(load<u64>(codes + at));
  // Lanes with a set bit count once more than they are subtracted: 2 * (sum over set bits) - sum over all.
  return 2 * (set - PLANE_ZERO * <i32>ones) - load<i32>(query, 20);
}

/** Prepares a query from the lanes at `pointer`. */
function vectorPrepare(field: usize, query: usize, pointer: usize): void {
  const bytes = fieldCode(field) == CODE_BITS ? <usize>fieldVectorBytes(field) : <usize>fieldDimension(field) << 2;
  memory.copy(queryLanes(field, query), pointer, bytes);
  queryReady(field, query);
}

/** Prepares a query from the vector of a slot, which must have one. */
export function vectorPrepareRow(field: usize, query: usize, slot: u32): void {
  vectorPrepare(field, query, vectorLanes(field, rowVector(vectorRow(field, slot))));
}

/**
 * Prepares a query from a row's int8 codes alone, for distances by codes. It is faster than vectorPrepareRow, and its distances equal
 * vectorRowDistance bit for bit.
 */
export function vectorPrepareCodes(field: usize, query: usize, row: usize): void {
  const norm = rowNorm(row);
  store<u32>(query, <u32>field);
  store<f32>(query, rowScale(row) / 256, 4);
  store<f32>(query, norm * norm, 16);
  codesOfRow(row + ROW_CODES, query + CODES, fieldCodeBytes(field));
}

// --- distances, smaller is nearer: squared L2, 1 - cosine, -dot, bits that differ, 1 - shared bits / all bits

/** From the dot of a query with the values of a row's codes. */
// @ts-ignore: decorator
@inline function distanceOf(query: usize, row: usize, metric: u32, dot: f32): f32 {
  if (metric == METRIC_COSINE) return 1 - dot;
  if (metric == METRIC_IP) return -dot;
  const norm = rowNorm(row);
  return max<f32>(0, querySquare(query) + norm * norm - 2 * dot);
}

/** The distance by codes: approximate, or exact for bits and (in f32) for rows without codes. */
export function vectorCodeDistance(query: usize, row: usize): f32 {
  const field = queryField(query);
  const code = fieldCode(field);
  if (code == CODE_INT8) {
    const dot = dotCodes(query + CODES, row + ROW_CODES, fieldCodeBytes(field));
    return distanceOf(query, row, fieldMetric(field), dot * (queryScale(query) * rowScale(row)));
  }
  if (code == CODE_BINARY) {
    const dot = <f32>dotSigns(query, row + ROW_CODES, fieldCodeBytes(field)) * (queryScale(query) * rowScale(row));
    return distanceOf(query, row, fieldMetric(field), dot + queryTail(query) * rowMean(row));
  }
  return code == CODE_BITS ? <f32>bitsDistance(query, row) : vectorLaneDistance(query, row);
}

/** The distances by int8 codes of four rows, one per lane; codeBytes and metric are those of the field. */
// @ts-ignore: decorator
@inline export function codesDistance4(query: usize, codeBytes: u32, metric: u32, r0: usize, r1: usize, r2: usize, r3: usize): v128 {
  const dots = dotCodes4(queryCodes(query), r0 + ROW_CODES, r1 + ROW_CODES, r2 + ROW_CODES, r3 + ROW_CODES, codeBytes);
  const h0 = v128.load(r0);
  const h1 = v128.load(r1);
  const h2 = v128.load(r2);
  const h3 = v128.load(r3);
  const scales = v128.shuffle<u64>(v128.shuffle<u32>(h0, h1, 1, 5, 1, 5), v128.shuffle<u32>(h2, h3, 1, 5, 1, 5), 0, 2);
  const dot = f32x4.mul(dots, f32x4.mul(f32x4.splat(queryScale(query)), scales));
  if (metric == METRIC_COSINE) return f32x4.sub(f32x4.splat(1), dot);
  if (metric == METRIC_IP) return f32x4.neg(dot);
  const norms = v128.shuffle<u64>(v128.shuffle<u32>(h0, h1, 3, 7, 3, 7), v128.shuffle<u32>(h2, h3, 3, 7, 3, 7), 0, 2);
  const sum = f32x4.add(f32x4.splat(querySquare(query)), f32x4.mul(norms, norms));
  return f32x4.max(f32x4.splat(0), f32x4.sub(sum, f32x4.add(dot, dot)));
}

/** vectorCodeDistance of four rows, one per lane of the result. */
export function vectorCodeDistance4(query: usize, r0: usize, r1: usize, r2: usize, r3: usize): v128 {
  const field = queryField(query);
  if (fieldCode(field) == CODE_INT8) return codesDistance4(query, fieldCodeBytes(field), fieldMetric(field), r0, r1, r2, r3);
  const d0 = f32x4.replace_lane(f32x4.splat(vectorCodeDistance(query, r0)), 1, vectorCodeDistance(query, r1));
  return f32x4.replace_lane(f32x4.replace_lane(d0, 2, vectorCodeDistance(query, r2)), 3, vectorCodeDistance(query, r3));
}

/** The distance by the codes of two rows; for signs and rows without codes by their lanes. */
export function vectorRowDistance(field: usize, a: usize, b: usize): f32 {
  const metric = fieldMetric(field);
  const code = fieldCode(field);
  if (code == CODE_BITS) {
    const bytes = fieldVectorBytes(field);
    if (metric == METRIC_HAMMING) return <f32>hammingBits(a + ROW_CODES, b + ROW_CODES, bytes);
    return <f32>jaccard(commonBits(a + ROW_CODES, b + ROW_CODES, bytes), <u32>rowNorm(a) + <u32>rowNorm(b));
  }
  let dot: f32;
  if (code == CODE_INT8) {
    // The same operations as by vectorPrepareCodes, so that equal distances are equal.
    dot = dotRows(a + ROW_CODES, b + ROW_CODES, fieldCodeBytes(field)) * (rowScale(a) / 256 * rowScale(b));
  } else if (code == CODE_BINARY) {
    const lanes = <f32>fieldDimension(field);
    const cosine = cosineOfSigns(<f32>hammingBits(a + ROW_CODES, b + ROW_CODES, fieldCodeBytes(field)) / lanes);
    dot = lanes * rowMean(a) * rowMean(b) + restNorm(a, metric, lanes) * restNorm(b, metric, lanes) * cosine;
  } else {
    const aLanes = vectorLanes(field, rowVector(a));
    const bLanes = vectorLanesBeside(field, rowVector(b));
    if (metric == METRIC_L2) return l2F32(aLanes, bLanes, fieldDimension(field));
    dot = dotF32(aLanes, bLanes, fieldDimension(field));
    if (metric == METRIC_COSINE) dot /= max<f32>(rowNorm(a) * rowNorm(b), 1e-37);
  }
  if (metric == METRIC_COSINE) return 1 - dot;
  if (metric == METRIC_IP) return -dot;
  const aNorm = rowNorm(a);
  const bNorm = rowNorm(b);
  return max<f32>(0, aNorm * aNorm + bNorm * bNorm - 2 * dot);
}

/** Norm of a row of signs without its mean; for cosine that of the vector divided by its norm. */
// @ts-ignore: decorator
@inline function restNorm(row: usize, metric: u32, lanes: f32): f32 {
  const norm: f32 = metric == METRIC_COSINE ? 1 : rowNorm(row);
  return sqrt<f32>(max<f32>(0, norm * norm - lanes * rowMean(row) * rowMean(row)));
}

/** Cosine of the angle between two directions that differ in a share of the signs: cos(pi * share), by its series around the middle. */
function cosineOfSigns(share: f32): f32 {
  const x = <f32>Math.PI * (0.5 - share);
  const square = x * x;
  return x * (1 - square / 6 * (1 - square / 20 * (1 - square / 42)));
}

// @ts-ignore: decorator
@inline function laneDistanceOf(query: usize, row: usize, metric: u32, dot: f32): f32 {
  if (metric == METRIC_IP) return -dot;
  const norm = rowNorm(row);
  return norm == 0 ? 1 : 1 - dot * <f32>load<f64>(query, 32) / norm;
}

/** The distance by lanes, in f32. Only for fields without codes. */
export function vectorLaneDistance(query: usize, row: usize): f32 {
  const field = queryField(query);
  const metric = fieldMetric(field);
  const lanes = vectorLanes(field, rowVector(row));
  const dimension = fieldDimension(field);
  if (metric == METRIC_L2) return l2F32(queryLanes(field, query), lanes, dimension);
  return laneDistanceOf(query, row, metric, dotF32(queryLanes(field, query), lanes, dimension));
}

/** Results of the last vectorLaneDistances. */
export let laneFirst: f32 = 0;
export let laneSecond: f32 = 0;

/** vectorLaneDistance of two rows; only where vectors are stored as f32 lanes. */
export function vectorLaneDistances(query: usize, a: usize, b: usize): void {
  const field = queryField(query);
  const metric = fieldMetric(field);
  if (metric == METRIC_L2) {
    l2PairF32(queryLanes(field, query), rowVector(a), rowVector(b), fieldDimension(field));
    laneFirst = firstF32;
    laneSecond = secondF32;
  } else {
    dotPairF32(queryLanes(field, query), rowVector(a), rowVector(b), fieldDimension(field));
    laneFirst = laneDistanceOf(query, a, metric, firstF32);
    laneSecond = laneDistanceOf(query, b, metric, secondF32);
  }
}

/** The distance by lanes, in f64, which searches return. */
export function vectorExactDistance(query: usize, row: usize): f64 {
  const field = queryField(query);
  if (fieldCode(field) == CODE_BITS) return bitsDistance(query, row);
  const metric = fieldMetric(field);
  const from = queryLanes(field, query);
  const lanes = vectorLanes(field, rowVector(row));
  const dimension = fieldDimension(field);
  if (metric == METRIC_L2) return l2F64(from, lanes, dimension);
  // 0 - x: a dot of 0 is a distance of 0, not of -0.
  if (metric == METRIC_IP) return 0 - dotF64(from, lanes, dimension);
  return cosineF64(from, lanes, dimension, load<f64>(query, 24));
}

// @ts-ignore: decorator
@inline function jaccard(common: u32, sum: u32): f64 {
  const all = sum - common;
  return all == 0 ? 0 : 1 - <f64>common / <f64>all;
}

function bitsDistance(query: usize, row: usize): f64 {
  const field = queryField(query);
  const bytes = <usize>fieldVectorBytes(field);
  const bits = query + CODES;
  if (fieldMetric(field) == METRIC_HAMMING) return <f64>hammingBits(bits, row + ROW_CODES, bytes);
  return jaccard(commonBits(bits, row + ROW_CODES, bytes), load<u32>(query, 40) + <u32>rowNorm(row));
}
