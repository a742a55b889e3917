// Compares values of two records without decoding them. A value is a record and a word; the constants of a filter are a
// record, too. The rules are those of src/query/order.ts.

import {
  SHAPE_INLINE, TAG_ARRAY, TAG_BIGINT, TAG_BINARY, TAG_DATE, TAG_DOUBLE, TAG_FALSE, TAG_INT, TAG_NULL, TAG_OBJECT, TAG_STRING,
  TAG_TRUE, TAG_UUID,
} from "../abi";
import {
  bytesEqual, namePointer, payload, recordString, recordWords, shapeFields, shapeName, shapePointer, stringBytes, stringPointer,
  uuidFormat, wide,
} from "../record";
import { workSpend } from "./work";

/** Outcomes of a comparison, as bits. */
export const LESS: u32 = 1;
export const EQUAL: u32 = 2;
export const GREATER: u32 = 4;
/** Unequal, and neither is less. */
export const APART: u32 = 8;
/** Equal, but of a type that has no order. */
export const SAME: u32 = 16;

const NUMBERS: u32 = (1 << TAG_INT) | (1 << TAG_DOUBLE) | (1 << TAG_BIGINT);
const STRINGS: u32 = (1 << TAG_STRING) | (1 << TAG_UUID);
const BOOLEANS: u32 = (1 << TAG_FALSE) | (1 << TAG_TRUE);

// @ts-ignore: decorator
@inline export function isNumber(word: u32): bool {
  return ((1 << (word >> 28)) & NUMBERS) != 0;
}

// @ts-ignore: decorator
@inline export function isString(word: u32): bool {
  return ((1 << (word >> 28)) & STRINGS) != 0;
}

// @ts-ignore: decorator
@inline export function intOf(word: u32): i32 {
  return <i32>(word << 4) >> 4;
}

/** NaN, which only arithmetic makes, is apart from everything. */
// @ts-ignore: decorator
@inline export function compareDoubles(a: f64, b: f64): u32 {
  return a == b ? EQUAL : a < b ? LESS : a > b ? GREATER : APART;
}

// @ts-ignore: decorator
@inline function compareLongs(a: i64, b: i64): u32 {
  return a == b ? EQUAL : a < b ? LESS : GREATER;
}

/** Compares exactly: no long is rounded to a double. */
export function compareLongDouble(a: i64, b: f64): u32 {
  if (b != b) return APART;
  if (b >= 9223372036854775808.0) return LESS;
  if (b < -9223372036854775808.0) return GREATER;
  const whole = <i64>b;
  if (a != whole) return a < whole ? LESS : GREATER;
  // A double with a fraction is so small that its whole part is exact as a double.
  return compareDoubles(<f64>whole, b);
}

// @ts-ignore: decorator
@inline function swapped(outcome: u32): u32 {
  return outcome == LESS ? GREATER : outcome == GREATER ? LESS : outcome;
}

function compareNumbers(a: usize, wordA: u32, b: usize, wordB: u32): u32 {
  const isDoubleA = wordA >> 28 == TAG_DOUBLE;
  const isDoubleB = wordB >> 28 == TAG_DOUBLE;
  if (isDoubleA) {
    const x = load<f64>(wide(a, wordA));
    return isDoubleB ? compareDoubles(x, load<f64>(wide(b, wordB))) : swapped(compareLongDouble(longOf(b, wordB), x));
  }
  const x = longOf(a, wordA);
  return isDoubleB ? compareLongDouble(x, load<f64>(wide(b, wordB))) : compareLongs(x, longOf(b, wordB));
}

/** The value of an int or a bigint. */
// @ts-ignore: decorator
@inline export function longOf(record: usize, word: u32): i64 {
  return word >> 28 == TAG_INT ? <i64>intOf(word) : load<i64>(wide(record, word));
}

export let textPointer: usize = 0;
export let textBytes: u32 = 0;

/** Room for the texts of two UUIDs, which are stored packed. */
const uuidText = memory.data(80, 16);

/**
 * Sets textPointer and textBytes to the UTF-8 of a string word. They are valid until the next call with the same
 * `side`, 0 or 1.
 */
export function textOf(record: usize, word: u32, side: usize): void {
  if (word >> 28 == TAG_UUID) {
    textPointer = uuidText + side * 40;
    textBytes = 36;
    uuidFormat(wide(record, word), textPointer);
    return;
  }
  recordString(record, payload(word));
  textPointer = stringPointer;
  textBytes = stringBytes;
}

export function compareBytes(a: usize, bytesA: u32, b: usize, bytesB: u32): u32 {
  const bytes = <usize>min(bytesA, bytesB);
  workSpend(<u32>(bytes >> 9));
  let i: usize = 0;
  while (i + 8 <= bytes && load<u64>(a + i) == load<u64>(b + i)) i += 8;
  for (; i < bytes; i++) {
    const x = load<u8>(a + i);
    const y = load<u8>(b + i);
    if (x != y) return x < y ? LESS : GREATER;
  }
  return bytesA == bytesB ? EQUAL : bytesA < bytesB ? LESS : GREATER;
}

function compareTexts(a: usize, wordA: u32, b: usize, wordB: u32): u32 {
  textOf(a, wordA, 0);
  const pointer = textPointer;
  const bytes = textBytes;
  textOf(b, wordB, 1);
  return compareBytes(pointer, bytes, textPointer, textBytes);
}

function compareBinaries(a: usize, wordA: u32, b: usize, wordB: u32): u32 {
  const atA = wide(a, wordA);
  const atB = wide(b, wordB);
  const sizeA = load<u32>(atA, 4);
  const sizeB = load<u32>(atB, 4);
  const outcome = compareBytes(a + load<u32>(atA), sizeA & 0xffffff, b + load<u32>(atB), sizeB & 0xffffff);
  // Equal bytes are ordered by element type, which is in the upper byte.
  return outcome != EQUAL ? outcome : sizeA == sizeB ? EQUAL : sizeA < sizeB ? LESS : GREATER;
}

/**
 * Compares two values that are present. With `isConstant`, `b` is a constant of a filter, whose objects have their
 * names sorted.
 */
export function compareValues(a: usize, wordA: u32, b: usize, wordB: u32, isConstant: bool): u32 {
  const tagA = wordA >> 28;
  const tagB = wordB >> 28;
  const kinds: u32 = (1 << tagA) | (1 << tagB);
  if ((kinds & ~NUMBERS) == 0) return compareNumbers(a, wordA, b, wordB);
  if ((kinds & ~STRINGS) == 0) return compareTexts(a, wordA, b, wordB);
  if ((kinds & ~BOOLEANS) == 0) return tagA == tagB ? EQUAL : tagA < tagB ? LESS : GREATER;
  if (tagA != tagB) return APART;
  switch (tagA) {
    case TAG_NULL:
      return EQUAL;
    case TAG_DATE:
      return compareDoubles(load<f64>(wide(a, wordA)), load<f64>(wide(b, wordB)));
    case TAG_BINARY:
      return compareBinaries(a, wordA, b, wordB);
    default:
      return valuesEqual(a, wordA, b, wordB, isConstant) ? SAME : APART;
  }
}

// @ts-ignore: decorator
@inline function nodeOf(record: usize, word: u32): usize {
  return recordWords(record) + (<usize>payload(word) << 2);
}

export function valuesEqual(a: usize, wordA: u32, b: usize, wordB: u32, isConstant: bool): bool {
  const tag = wordA >> 28;
  if (tag != TAG_ARRAY && tag != TAG_OBJECT) return compareValues(a, wordA, b, wordB, isConstant) == EQUAL;
  if (tag != wordB >> 28) return false;
  const atA = nodeOf(a, wordA);
  const atB = nodeOf(b, wordB);
  if (tag == TAG_OBJECT) return objectsEqual(a, load<u32>(atA), atA + 4, b, load<u32>(atB), atB + 4, isConstant);
  const count = load<u32>(atA);
  if (count != load<u32>(atB)) return false;
  for (let i: usize = 4; i <= <usize>count << 2; i += 4) {
    if (!valuesEqual(a, load<u32>(atA + i), b, load<u32>(atB + i), isConstant)) {
      workSpend(<u32>(i >> 4));
      return false;
    }
  }
  workSpend(count >> 2);
  return true;
}

// --- objects, by name

export let namedPointer: usize = 0;
export let namedBytes: u32 = 0;

/** `at`: in a node with a shape the first value, in an inline one the count. */
export function fieldsCount(shape: u32, at: usize): u32 {
  return shape == SHAPE_INLINE ? load<u32>(at) : shapeFields(shapePointer(shape));
}

export function fieldWord(shape: u32, at: usize, index: u32): u32 {
  return load<u32>(at + (shape == SHAPE_INLINE ? 8 + (<usize>index << 3) : <usize>index << 2));
}

export function fieldName(record: usize, shape: u32, at: usize, index: u32): void {
  if (shape == SHAPE_INLINE) {
    recordString(record, payload(load<u32>(at + 4 + (<usize>index << 3))));
    namedPointer = stringPointer;
    namedBytes = stringBytes;
  } else {
    const name = namePointer(shapeName(shapePointer(shape), index));
    namedPointer = name + 4;
    namedBytes = load<u32>(name);
  }
}

function objectsEqual(a: usize, shapeA: u32, atA: usize, b: usize, shapeB: u32, atB: usize, isConstant: bool): bool {
  const fields = fieldsCount(shapeA, atA);
  if (fields != fieldsCount(shapeB, atB)) return false;
  workSpend(fields >> 1);
  for (let i: u32 = 0; i < fields; i++) {
    fieldName(a, shapeA, atA, i);
    const index = isConstant ? sortedIndex(b, atB, fields) : searchedIndex(b, shapeB, atB, fields, i);
    if (index < 0) return false;
    if (!valuesEqual(a, fieldWord(shapeA, atA, i), b, fieldWord(shapeB, atB, <u32>index), isConstant)) return false;
  }
  return true;
}

/**
 * The index of the name in `namedPointer` within an object of a constant, whose inline names are sorted; -1 if absent.
 */
function sortedIndex(b: usize, atB: usize, fields: u32): i32 {
  const pointer = namedPointer;
  const bytes = namedBytes;
  let low: u32 = 0;
  let high = fields;
  while (low < high) {
    const middle = (low + high) >> 1;
    recordString(b, payload(load<u32>(atB + 4 + (<usize>middle << 3))));
    const outcome = compareBytes(stringPointer, stringBytes, pointer, bytes);
    if (outcome == EQUAL) return <i32>middle;
    if (outcome == LESS) low = middle + 1;
    else high = middle;
  }
  return -1;
}

/** The same in any object, beginning at `first`: most often the index is the same in both objects. */
function searchedIndex(b: usize, shapeB: u32, atB: usize, fields: u32, first: u32): i32 {
  const pointer = namedPointer;
  const bytes = namedBytes;
  for (let tried: u32 = 0; tried < fields; tried++) {
    const index = first + tried < fields ? first + tried : first + tried - fields;
    fieldName(b, shapeB, atB, index);
    if (namedBytes == bytes && bytesEqual(namedPointer, pointer, bytes)) {
      workSpend(tried >> 3);
      return <i32>index;
    }
  }
  workSpend(fields >> 3);
  return -1;
}
