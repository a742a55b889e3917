// The order of an index over all values: first by type rank (missing, null, boolean, number, string, date, binary, array, object), then by
// value; arrays element by element, objects as lists of (name, value) sorted by name. Equal in this order is equal in filters.
//
// Most comparisons are decided by a prefix, which preserves that order in 64 bits:
//   | 63-60 rank | 59-0 by rank |
//   number, date: the upper 59 bits of the double at or below it, in an order that unsigned integers share, and whether anything was lost
//   string, binary: the first 7 bytes, then how many there are, 8 standing for more
//   array: the upper 60 bits of its first element's prefix

import { SHAPE_INLINE, TAG_DOUBLE, TAG_TRUE } from "../abi";
import {
  compareBytes, compareValues, EQUAL, fieldName, fieldsCount, fieldWord, LESS, longOf, namedBytes, namedPointer, textBytes, textOf, textPointer,
} from "../filter";
import { payload, recordWords, wide } from "../record";

export const RANK_MISSING: u32 = 0;
export const RANK_BOOLEAN: u32 = 2;
export const RANK_NUMBER: u32 = 3;
export const RANK_STRING: u32 = 4;
export const RANK_DATE: u32 = 5;
export const RANK_BINARY: u32 = 6;
export const RANK_ARRAY: u32 = 7;
export const RANK_SHIFT: u64 = 60;
const PREFIX_TEXT_BYTES: u32 = 7;
const TEXT_IS_LONGER: u64 = 8;

/** By tag, a hexadecimal digit each: see abi, TAG_*. */
const RANKS: u64 = 0x8764453332210;

// @ts-ignore: decorator
@inline export function rankOf(word: u32): u32 {
  return <u32>(RANKS >> (<u64>(word >> 28) << 2)) & 15;
}

/** Order-preserving bits of a double; -0 becomes 0. */
// @ts-ignore: decorator
@inline function doubleBits(value: f64): u64 {
  const bits = reinterpret<u64>(value);
  const magnitude = bits & 0x7fffffffffffffff;
  return bits >> 63 ? 0x8000000000000000 - magnitude : 0x8000000000000000 + magnitude;
}

// @ts-ignore: decorator
@inline function numberPayload(bits: u64, isLossy: bool): u64 {
  return ((bits >> 5) << 1) | (isLossy || (bits & 31) != 0 ? 1 : 0);
}

function longPayload(value: i64): u64 {
  const near = <f64>value;
  const bits = doubleBits(near);
  // 2^63 itself is not an int64: whatever was rounded to it is below.
  if (near >= 9223372036854775808.0) return numberPayload(bits - 1, true);
  const back = <i64>near;
  return back > value ? numberPayload(bits - 1, true) : numberPayload(bits, back != value);
}

function bytesPayload(pointer: usize, bytes: u32): u64 {
  if (bytes > PREFIX_TEXT_BYTES) return ((bswap<u64>(load<u64>(pointer)) >> 8) << 4) | TEXT_IS_LONGER;
  let head: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) head |= <u64>load<u8>(pointer + i) << (<u64>(48 - (i << 3)));
  return (head << 4) | bytes;
}

export function prefixOf(record: usize, word: u32): u64 {
  const rank = rankOf(word);
  return (<u64>rank << RANK_SHIFT) | payloadOf(record, word, rank);
}

function payloadOf(record: usize, word: u32, rank: u32): u64 {
  if (rank == RANK_NUMBER) {
    return word >> 28 == TAG_DOUBLE ? numberPayload(doubleBits(load<f64>(wide(record, word))), false) : longPayload(longOf(record, word));
  }
  if (rank == RANK_STRING) {
    textOf(record, word, 0);
    return bytesPayload(textPointer, textBytes);
  }
  if (rank == RANK_DATE) return numberPayload(doubleBits(load<f64>(wide(record, word))), false);
  if (rank == RANK_BOOLEAN) return word >> 28 == TAG_TRUE ? 1 : 0;
  if (rank == RANK_BINARY) {
    const at = wide(record, word);
    return bytesPayload(record + load<u32>(at), load<u32>(at, 4) & 0xffffff);
  }
  if (rank == RANK_ARRAY) {
    const node = nodeOf(record, word);
    return load<u32>(node) == 0 ? 0 : prefixOf(record, load<u32>(node, 4)) >> 4;
  }
  return 0;
}

/** Whether all values with this prefix are equal. */
export function prefixIsWhole(prefix: u64): bool {
  const rank = <u32>(prefix >> RANK_SHIFT);
  if (rank <= RANK_BOOLEAN) return true;
  if (rank == RANK_NUMBER || rank == RANK_DATE) return (prefix & 1) == 0;
  return rank == RANK_STRING && (prefix & 15) < TEXT_IS_LONGER;
}

/** The greatest prefix of a string that begins with that of `word`, or one that only a comparison of texts can distinguish from it. */
export function prefixOfTextEnd(record: usize, word: u32): u64 {
  textOf(record, word, 0);
  const own = bytesPayload(textPointer, textBytes);
  const rank = <u64>RANK_STRING << RANK_SHIFT;
  if (textBytes >= PREFIX_TEXT_BYTES) return rank | (own & ~(<u64>15)) | TEXT_IS_LONGER;
  // No string has 15 as its number of bytes.
  return rank | own | (((<u64>1 << (<u64>(PREFIX_TEXT_BYTES - textBytes) << 3)) - 1) << 4) | 15;
}

// @ts-ignore: decorator
@inline export function nodeOf(record: usize, word: u32): usize {
  return recordWords(record) + (<usize>payload(word) << 2);
}

/** Negative, 0 or positive. A word of 0 stands for a missing value. */
export function compareOrdered(a: usize, wordA: u32, b: usize, wordB: u32): i32 {
  const rank = rankOf(wordA);
  const rankB = rankOf(wordB);
  if (rank != rankB) return rank < rankB ? -1 : 1;
  if (rank < RANK_BOOLEAN) return 0;
  if (rank < RANK_ARRAY) {
    const outcome = compareValues(a, wordA, b, wordB, false);
    return outcome == EQUAL ? 0 : outcome == LESS ? -1 : 1;
  }
  return rank == RANK_ARRAY ? compareArrays(a, nodeOf(a, wordA), b, nodeOf(b, wordB)) : compareObjects(a, nodeOf(a, wordA), b, nodeOf(b, wordB));
}

/** Compares two strings, the first only up to the length of the second. */
export function compareTextHead(a: usize, wordA: u32, b: usize, wordB: u32): i32 {
  textOf(a, wordA, 0);
  const pointer = textPointer;
  const bytes = textBytes;
  textOf(b, wordB, 1);
  const outcome = compareBytes(pointer, min(bytes, textBytes), textPointer, textBytes);
  return outcome == EQUAL ? 0 : outcome == LESS ? -1 : 1;
}

function compareArrays(a: usize, atA: usize, b: usize, atB: usize): i32 {
  const countA = load<u32>(atA);
  const countB = load<u32>(atB);
  const count = min(countA, countB);
  for (let i: u32 = 1; i <= count; i++) {
    const outcome = compareOrdered(a, load<u32>(atA + (<usize>i << 2)), b, load<u32>(atB + (<usize>i << 2)));
    if (outcome != 0) return outcome;
  }
  return countA == countB ? 0 : countA < countB ? -1 : 1;
}

function compareObjects(a: usize, atA: usize, b: usize, atB: usize): i32 {
  const shapeA = load<u32>(atA);
  const shapeB = load<u32>(atB);
  if (shapeA == shapeB && shapeA != SHAPE_INLINE) return compareAlike(a, atA + 4, b, atB + 4, shapeA);
  const countA = fieldsCount(shapeA, atA + 4);
  const countB = fieldsCount(shapeB, atB + 4);
  const count = min(countA, countB);
  // Field by field in name order; such values are rare in an index, so they are not kept sorted.
  let lastA: i32 = -1;
  let lastB: i32 = -1;
  for (let i: u32 = 0; i < count; i++) {
    lastA = nextField(a, shapeA, atA + 4, countA, lastA);
    lastB = nextField(b, shapeB, atB + 4, countB, lastB);
    fieldName(a, shapeA, atA + 4, lastA);
    const pointer = namedPointer;
    const bytes = namedBytes;
    fieldName(b, shapeB, atB + 4, lastB);
    const names = compareBytes(pointer, bytes, namedPointer, namedBytes);
    if (names != EQUAL) return names == LESS ? -1 : 1;
    const outcome = compareOrdered(a, fieldWord(shapeA, atA + 4, lastA), b, fieldWord(shapeB, atB + 4, lastB));
    if (outcome != 0) return outcome;
  }
  return countA == countB ? 0 : countA < countB ? -1 : 1;
}

/** Compares two objects with the same names by the first name, in order, whose values differ. Visits each field once. */
function compareAlike(a: usize, atA: usize, b: usize, atB: usize, shape: u32): i32 {
  const count = fieldsCount(shape, atA);
  let found: i32 = 0;
  let foundPointer: usize = 0;
  let foundBytes: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    fieldName(a, shape, atA, i);
    const pointer = namedPointer;
    const bytes = namedBytes;
    if (found != 0 && compareBytes(pointer, bytes, foundPointer, foundBytes) != LESS) continue;
    const outcome = compareOrdered(a, fieldWord(shape, atA, i), b, fieldWord(shape, atB, i));
    if (outcome == 0) continue;
    found = outcome;
    foundPointer = pointer;
    foundBytes = bytes;
  }
  return found;
}

/** The field whose name follows that of field `last` in name order; `last` is -1 for the first. */
function nextField(record: usize, shape: u32, at: usize, count: u32, last: i32): i32 {
  let lastPointer: usize = 0;
  let lastBytes: u32 = 0;
  if (last >= 0) {
    fieldName(record, shape, at, last);
    lastPointer = namedPointer;
    lastBytes = namedBytes;
  }
  let best: i32 = -1;
  let bestPointer: usize = 0;
  let bestBytes: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    fieldName(record, shape, at, i);
    const pointer = namedPointer;
    const bytes = namedBytes;
    if (last >= 0 && compareBytes(pointer, bytes, lastPointer, lastBytes) <= EQUAL) continue;
    if (best >= 0 && compareBytes(pointer, bytes, bestPointer, bestBytes) != LESS) continue;
    best = <i32>i;
    bestPointer = pointer;
    bestBytes = bytes;
  }
  return best;
}
