// The column of codes. Rows lie by slot in chunks, so that a scan streams them and a walk finds one with two loads.
//
// Row: | 0 address of the vector in its record u32, 0: none | 4 scale f32 | 8 residual f32 | 12 norm f32 | 16 codes | pad |
//   int8     the vector is scale * codes + a rest whose norm is at most `residual`; `norm` is that of scale * codes.
//            Under cosine all of that is of the vector divided by its norm
//   none     `norm` is the vector's; no codes. `residual` is infinite where f32 does not hold a dot, else 0
//   binary   the same, but in the place of the residual the mean of the lanes, where it is not infinite; and signs as one bit each: a dot with
//            them times `scale` is about that with what is left without the mean (signs.ts)
//   bits     the bits themselves; `norm` counts those that are set
//
// Where a graph came back with a snapshot, rows are made when they are first asked for: a walk looks at few of them, and making all takes
// longer than everything else about opening. Until then a slot from `fieldMissing` on with a vector and without a row has one that is missing.

import {
  CODE_BINARY, CODE_BITS, CODE_INT8, METRIC_COSINE, PAGE_BYTES, PAGE_COLUMN, S_SLOT_TOP, S_VECTOR_FIELDS, SLOT_NONE,
  STATUS_OK, STATUS_OUT_OF_MEMORY,
} from "../abi";
import { codesResidual, codesSquare, countBits, encodeInt8, lanesMax, lanesMeasure, lanesSquare } from "../kernel";
import { pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { slotAddress } from "../slot";
import { encodeSigns, signsMean, signsScale } from "./signs";
import {
  fieldChunks, fieldChunkShift, fieldCode, fieldCodeBytes, fieldCount, fieldDimension, fieldDirectory, fieldHead, fieldMetric, fieldMissing, fieldRange, fieldRowBytes,
  fieldSetCount, fieldSetDirectory, fieldSetMissing, fieldVectorBytes, ROW_CODES, vectorField, vectorLanes, vectorOf,
} from "./field";

/** Number of chunks for which a directory page has room: an address and 16 bytes for each. */
const PAGE_CHUNKS: u32 = <u32>(PAGE_BYTES / 20);
/** Rounds a bound up when it becomes an f32. */
const UP: f64 = 1 + 1.0 / 4194304;
/** Smallest lane that codes are made for: below, multipliers would overflow. */
const LANE_MIN: f32 = 1e-30;
/** Largest norm for which bounds are computed: above, squares would overflow f32. */
export const NORM_MAX: f64 = 1e18;
/** And the smallest norm of lanes whose products f32 holds. */
export const NORM_MIN: f64 = 1e-15;

// @ts-ignore: decorator
@inline export function rowVector(row: usize): usize {
  return <usize>load<u32>(row);
}

// @ts-ignore: decorator
@inline export function rowScale(row: usize): f32 {
  return load<f32>(row, 4);
}

// @ts-ignore: decorator
@inline export function rowResidual(row: usize): f32 {
  return load<f32>(row, 8);
}

/** Of a row of signs. */
// @ts-ignore: decorator
@inline export function rowMean(row: usize): f32 {
  const mean = rowResidual(row);
  return mean == Infinity ? 0 : mean;
}

// @ts-ignore: decorator
@inline export function rowNorm(row: usize): f32 {
  return load<f32>(row, 12);
}

/** Address of the chunk that holds a slot's row, or 0. */
// @ts-ignore: decorator
@inline export function chunkOf(field: usize, slot: u32): usize {
  const chunk = slot >> fieldChunkShift(field);
  return chunk < fieldChunks(field) ? <usize>load<u32>(fieldDirectory(field) + (<usize>chunk << 2)) : 0;
}

/** The row of a slot, whether it has a vector or not; 0: no nearby row was ever set. */
// @ts-ignore: decorator
@inline function place(field: usize, slot: u32): usize {
  const chunk = chunkOf(field, slot);
  if (chunk == 0) return 0;
  const index = slot & ((1 << fieldChunkShift(field)) - 1);
  return chunk + <usize>index * <usize>fieldRowBytes(field);
}

/** The row of a slot, or 0 if it has no vector. */
// @ts-ignore: decorator
@inline export function vectorRow(field: usize, slot: u32): usize {
  const row = place(field, slot);
  return row != 0 && load<u32>(row) != 0 ? row : absentRow(field, slot);
}

/** The row of a slot without one in the column: 0, or a missing row made now. */
function absentRow(field: usize, slot: u32): usize {
  if (slot < fieldMissing(field) || slot >= load<u32>(S_SLOT_TOP)) return 0;
  const record = slotAddress(slot);
  const vector = record == 0 ? <usize>0 : vectorOf(field, record);
  const row = place(field, slot);
  if (vector == 0 || row == 0) return 0;
  makeRow(field, slot, row, vector);
  return row;
}

function reach(field: usize, slot: u32): bool {
  const shift = fieldChunkShift(field);
  const chunk = slot >> shift;
  const have = fieldChunks(field);
  if (chunk >= have) {
    const pages = max<u32>(have / PAGE_CHUNKS << 1, chunk / PAGE_CHUNKS + 1);
    const grown = pagesAcquire(pages, PAGE_COLUMN);
    if (grown == 0) return false;
    memory.copy(grown, fieldDirectory(field), <usize>have << 2);
    memory.copy(grown + (<usize>(pages * PAGE_CHUNKS) << 2), fieldRange(field, 0), <usize>have << 4);
    if (have != 0) pagesRelease(fieldDirectory(field), have / PAGE_CHUNKS);
    fieldSetDirectory(field, grown, pages * PAGE_CHUNKS);
  }
  const rows = pagesAcquire(pagesFor(<usize>fieldRowBytes(field) << shift), PAGE_COLUMN);
  if (rows == 0) return false;
  store<u32>(fieldDirectory(field) + (<usize>chunk << 2), <u32>rows);
  store<f32>(fieldRange(field, chunk), Infinity);
  return true;
}

function setRow(field: usize, slot: u32, old: usize, vector: usize): bool {
  let row = place(field, slot);
  let had = row != 0 && load<u32>(row) != 0;
  if (!had && slot >= fieldMissing(field)) had = old != 0 && vectorOf(field, old) != 0;
  if (vector == 0) {
    if (!had) return true;
    if (row != 0) store<u32>(row, 0);
    fieldSetCount(field, fieldCount(field) - 1);
    return true;
  }
  if (row == 0) {
    if (!reach(field, slot)) return false;
    row = place(field, slot);
  }
  if (!had) fieldSetCount(field, fieldCount(field) + 1);
  makeRow(field, slot, row, vector);
  return true;
}

function makeRow(field: usize, slot: u32, row: usize, vector: usize): void {
  store<u32>(row, <u32>vector);
  encodeRow(field, row, vector);
  widen(fieldRange(field, slot >> fieldChunkShift(field)), row);
}

/** The place of the row of a slot that once had a vector. */
export function vectorPlace(field: usize, slot: u32): usize {
  return place(field, slot);
}

/** Encodes a vector as a row outside of any column; its address is not set. */
export function vectorEncode(field: usize, row: usize, vector: usize): void {
  encodeRow(field, row, vector);
}

/** Norm of the part after the head, for the row encoded last. */
let tailNorm: f64 = 0;

/** Widens what is known of a chunk's rows to include this one. It is never narrowed. */
function widen(range: usize, row: usize): void {
  const norm = rowNorm(row);
  store<f32>(range, min<f32>(load<f32>(range), norm));
  store<f32>(range, max<f32>(load<f32>(range, 4), norm), 4);
  store<f32>(range, max<f32>(load<f32>(range, 8), rowResidual(row)), 8);
  store<f32>(range, max<f32>(load<f32>(range, 12), <f32>(tailNorm * UP)), 12);
}

function encodeRow(field: usize, row: usize, vector: usize): void {
  const code = fieldCode(field);
  const codes = row + ROW_CODES;
  if (code == CODE_BITS) {
    const bytes = fieldVectorBytes(field);
    memory.copy(codes, vector, bytes);
    store<f32>(row, <f32>countBits(codes, bytes), 12);
    return;
  }
  const lanes = vectorLanes(field, vector);
  const dimension = fieldDimension(field);
  lanesMeasure(lanes, dimension);
  const largest = lanesMax;
  const norm = sqrt(lanesSquare);
  const isUnit = fieldMetric(field) == METRIC_COSINE;
  // The value encoded is lane * factor.
  const factor = isUnit ? (norm == 0 ? 0 : 1 / norm) : 1;
  let scale: f32 = 0;
  let residual: f64 = 0;
  let codesNorm: f64 = 0;
  let mean: f32 = 0;
  if (code == CODE_INT8) {
    if (largest >= LANE_MIN) {
      scale = <f32>(<f64>largest * factor / 127);
      const head = fieldHead(field);
      encodeInt8(lanes, codes, head, 127 / largest, factor, scale);
      const headResidual = codesResidual;
      const headSquare = codesSquare;
      encodeInt8(lanes + (<usize>head << 2), codes + head, dimension - head, 127 / largest, factor, scale);
      residual = sqrt(headResidual + codesResidual);
      codesNorm = <f64>scale * sqrt(headSquare + codesSquare);
      tailNorm = <f64>scale * sqrt(codesSquare);
    } else {
      memory.fill(codes, 0, fieldCodeBytes(field));
      residual = norm * factor;
      tailNorm = 0;
    }
  } else if (code == CODE_BINARY) {
    encodeSigns(lanes, codes, dimension, factor, fieldCodeBytes(field));
    scale = signsScale;
    mean = signsMean;
  }
  if (code != CODE_INT8) {
    codesNorm = norm;
    if (norm < NORM_MIN) residual = Infinity;
  }
  // The residual is unknown, and no bound can rule the row out.
  if (codesNorm > NORM_MAX) residual = Infinity;
  store<f32>(row, scale, 4);
  store<f32>(row, residual == 0 ? mean : <f32>(residual * UP) + f32.MIN_VALUE, 8);
  store<f32>(row, <f32>codesNorm, 12);
}

/** The last step that failed, and how many fields had followed it: for one without a row nothing else tells whether its row is still missing. */
let failedSlot: u32 = SLOT_NONE;
let failedRecord: usize = 0;
let failedFields: u32 = 0;

/** Notes a failed step: only the first `fields` follow when it is undone, which comes next. */
export function vectorsFailed(slot: u32, fresh: usize, fields: u32): void {
  failedSlot = slot;
  failedRecord = fresh;
  failedFields = fields;
}

/** The record of `slot`, which was `old`, becomes `fresh`; see store/change. */
export function vectorsFollow(slot: u32, old: usize, fresh: usize): bool {
  let fields = load<u32>(S_VECTOR_FIELDS);
  if (slot == failedSlot && old == failedRecord) {
    fields = failedFields;
    failedSlot = SLOT_NONE;
  }
  for (let i: u32 = 0; i < fields; i++) {
    const field = vectorField(i);
    if (setRow(field, slot, old, fresh == 0 ? 0 : vectorOf(field, fresh))) continue;
    vectorsFailed(slot, fresh, i);
    return false;
  }
  return true;
}

/** Kept, so that the loads are not left out. */
let touched: u32 = 0;

/** Touches the records of the eight slots from `slot` on together, so that cache misses overlap. */
function touchRecords(slot: u32, end: u32, limit: usize): void {
  for (let i = slot; i < min(end, slot + 8); i++) touched += load<u32>(min<usize>(slotAddress(i), limit), 8);
}

// @ts-ignore: decorator
@inline function touchLimit(): usize {
  return (<usize>memory.size() << 16) - 80;
}

/** Makes the rows of the next slots, `slotsMax` from `from` on, after a log was read, except for fields whose rows may be missing. */
export function vector_follow(from: u32, slotsMax: u32): i32 {
  const fields = load<u32>(S_VECTOR_FIELDS);
  const end = min(load<u32>(S_SLOT_TOP), from + slotsMax);
  const limit = touchLimit();
  for (let slot = from; slot < end; slot++) {
    if ((slot & 7) == 0) touchRecords(slot, end, limit);
    const record = slotAddress(slot);
    if (record == 0) continue;
    for (let i: u32 = 0; i < fields; i++) {
      const field = vectorField(i);
      if (fieldMissing(field) == SLOT_NONE && !setRow(field, slot, 0, vectorOf(field, record))) return STATUS_OUT_OF_MEMORY;
    }
  }
  return STATUS_OK;
}

/** Reserves room for the row of a slot; returns false if memory is exhausted. */
export function vectorReach(field: usize, slot: u32): bool {
  return place(field, slot) != 0 || reach(field, slot);
}

/** Allows the rows of a field to be missing from now on; `count` documents have a vector, and there is room for the row of each. */
export function vectorsDefer(field: usize, count: u32): void {
  fieldSetCount(field, count);
  fieldSetMissing(field, 0);
}

/** Ensures that no row of the slots [from, to) is missing. */
export function vectorsMake(field: usize, from: u32, to: u32): void {
  const missing = fieldMissing(field);
  const limit = touchLimit();
  for (let slot = max(from, missing); slot < to; slot++) {
    if ((slot & 7) == 0) touchRecords(slot, to, limit);
    vectorRow(field, slot);
  }
  if (from <= missing && to > missing) fieldSetMissing(field, to < load<u32>(S_SLOT_TOP) ? to : SLOT_NONE);
}

/** Makes up to `count` of the missing rows, in order. */
export function vectorsMakeNext(field: usize, count: u32): void {
  const missing = fieldMissing(field);
  if (missing == SLOT_NONE) return;
  const top = load<u32>(S_SLOT_TOP);
  vectorsMake(field, missing, count < top - min(missing, top) ? missing + count : top);
}

/** The same; returns whether there may be more. */
export function vector_make(index: u32, count: u32): bool {
  const field = vectorField(index);
  vectorsMakeNext(field, count);
  return fieldMissing(field) != SLOT_NONE;
}

/** Number of documents that have a vector in a field. */
export function vector_count(index: u32): u32 {
  return fieldCount(vectorField(index));
}
