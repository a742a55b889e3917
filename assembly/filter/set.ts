// A filter's list of constants as a set: an element equal to a document's value is found by hash, whatever its type.
//
// Set: | 0 elements u32 | 4 address of the first's word | 8 table u32 | 12 table mask u32 | 16 distinct u32 | 20 epoch u32 |
//      | 24 marks u32 | 28 needles u32, for the elements that are strings, or 0 | 32 number of needles u32 | 36 zero |
// Table: u32[], number of the element + 1. Marks: u32[], by element: the epoch in which it was last seen.

import {
  S_SEED_0, TAG_ARRAY, TAG_BIGINT, TAG_BINARY, TAG_DATE, TAG_DOUBLE, TAG_FALSE, TAG_INT, TAG_NULL, TAG_TRUE,
} from "../abi";
import { payload, recordWords, wide } from "../record";
import { NEEDLE_BYTES, needleBuild } from "./text";
import {
  fieldName, fieldsCount, fieldWord, isString, longOf, namedBytes, namedPointer, textBytes, textOf, textPointer, valuesEqual,
} from "./value";
import { workSpend } from "./work";

const SET_HEAD: usize = 40;
const PRIME: u64 = 0x9e3779b97f4a7c15;

// @ts-ignore: decorator
@inline function mix(hash: u64, bits: u64): u64 {
  const product = (hash ^ bits) * PRIME;
  return product ^ (product >> 32);
}

function hashBytes(seed: u64, pointer: usize, bytes: u32): u64 {
  workSpend(bytes >> 7);
  let hash = mix(seed, bytes);
  let at = pointer;
  const end = pointer + bytes;
  for (; at + 8 <= end; at += 8) hash = mix(hash, load<u64>(at));
  let rest: u64 = 0;
  for (; at < end; at++) rest = (rest << 8) | load<u8>(at);
  return mix(mix(hash, rest), 1);
}

/** Equal values have equal hashes: numbers by value, objects whatever the order of their names. */
function hashValue(record: usize, word: u32, seed: u64): u64 {
  const tag = word >> 28;
  if (isString(word)) {
    textOf(record, word, 0);
    return hashBytes(seed + 1, textPointer, textBytes);
  }
  switch (tag) {
    case TAG_INT:
    case TAG_BIGINT:
      return mix(seed + 2, <u64>longOf(record, word));
    case TAG_DOUBLE: {
      const double = load<f64>(wide(record, word));
      const isLong = double >= -9223372036854775808.0 && double < 9223372036854775808.0 && trunc(double) == double;
      return isLong ? mix(seed + 2, <u64><i64>double) : mix(seed + 3, reinterpret<u64>(double));
    }
    case TAG_NULL:
    case TAG_FALSE:
    case TAG_TRUE:
      return mix(seed + 4, tag);
    case TAG_DATE:
      // A date of -0 equals one of 0.
      return mix(seed + 5, reinterpret<u64>(load<f64>(wide(record, word)) + 0.0));
    case TAG_BINARY: {
      const at = wide(record, word);
      return hashBytes(seed + 6, record + load<u32>(at), load<u32>(at, 4) & 0xffffff);
    }
    default:
      return hashNode(record, word, seed);
  }
}

function hashNode(record: usize, word: u32, seed: u64): u64 {
  const node = recordWords(record) + (<usize>payload(word) << 2);
  if (word >> 28 == TAG_ARRAY) {
    const count = load<u32>(node);
    workSpend(count >> 1);
    let hash = mix(seed + 7, count);
    for (let i: usize = 4; i <= <usize>count << 2; i += 4) hash = mix(hash, hashValue(record, load<u32>(node + i), seed));
    return hash;
  }
  const shape = load<u32>(node);
  const fields = fieldsCount(shape, node + 4);
  workSpend(fields);
  let sum: u64 = 0;
  for (let i: u32 = 0; i < fields; i++) {
    fieldName(record, shape, node + 4, i);
    const name = hashBytes(seed + 9, namedPointer, namedBytes);
    sum += mix(name, hashValue(record, fieldWord(shape, node + 4, i), seed));
  }
  return mix(seed + 8, sum);
}

function tableMaskFor(elements: u32): u32 {
  let mask: u32 = 3;
  while (mask < elements << 1) mask = (mask << 1) | 1;
  return mask;
}

/** Number of bytes that setBuild takes. */
export function setBytes(elements: u32, hasNeedles: bool): u64 {
  const tables = ((<u64>tableMaskFor(elements) + 1) << 2) + ((<u64>elements << 2) + 7 & ~(<u64>7));
  return <u64>SET_HEAD + tables + (hasNeedles ? <u64>elements * <u64>NEEDLE_BYTES : 0);
}

/** Prepares a set of the `elements` constants whose words are at `words`, in zeroed memory. */
export function setBuild(set: usize, constants: usize, words: usize, elements: u32, hasNeedles: bool): void {
  const mask = tableMaskFor(elements);
  const table = set + SET_HEAD;
  const marks = table + ((<usize>mask + 1) << 2);
  store<u32>(set, elements);
  store<u32>(set, <u32>words, 4);
  store<u32>(set, <u32>table, 8);
  store<u32>(set, mask, 12);
  store<u32>(set, <u32>marks, 24);
  let distinct: u32 = 0;
  for (let i: u32 = 0; i < elements; i++) {
    const place = placeOf(set, constants, constants, load<u32>(words + (<usize>i << 2)));
    if (load<u32>(place) != 0) continue;
    store<u32>(place, i + 1);
    distinct++;
  }
  store<u32>(set, distinct, 16);
  if (!hasNeedles) return;
  const needles = marks + ((<usize>elements << 2) + 7 & ~7);
  let count: u32 = 0;
  for (let i: u32 = 0; i < elements; i++) {
    const word = load<u32>(words + (<usize>i << 2));
    if (!isString(word)) continue;
    textOf(constants, word, 1);
    needleBuild(needles + <usize>count * NEEDLE_BYTES, textPointer, textBytes);
    count++;
  }
  store<u32>(set, <u32>needles, 28);
  store<u32>(set, count, 32);
}

/** The place of a value in the table: that of the element it equals, or a free one. */
function placeOf(set: usize, constants: usize, record: usize, word: u32): usize {
  const table = <usize>load<u32>(set, 8);
  const mask = load<u32>(set, 12);
  const words = <usize>load<u32>(set, 4);
  const hash = hashValue(record, word, load<u64>(S_SEED_0));
  let at = <u32>(hash >> 20) & mask;
  while (true) {
    const place = table + (<usize>at << 2);
    const element = load<u32>(place);
    if (element == 0) return place;
    if (valuesEqual(record, word, constants, load<u32>(words + (<usize>(element - 1) << 2)), true)) return place;
    at = (at + 1) & mask;
  }
}

export function setHas(set: usize, constants: usize, record: usize, word: u32): bool {
  return load<u32>(set) != 0 && load<u32>(placeOf(set, constants, record, word)) != 0;
}

/** Whether the array at `node` has any of the set's elements. */
export function setAny(set: usize, constants: usize, record: usize, node: usize): bool {
  const count = load<u32>(node);
  workSpend(count >> 1);
  for (let i: usize = 4; i <= <usize>count << 2; i += 4) {
    if (setHas(set, constants, record, load<u32>(node + i))) return true;
  }
  return false;
}

/** Whether the array at `node` has all of the set's elements. */
export function setAll(set: usize, constants: usize, record: usize, node: usize): bool {
  const count = load<u32>(node);
  let missing = load<u32>(set, 16);
  if (missing == 0) return true;
  if (missing > count) return false;
  workSpend(count >> 1);
  const epoch = load<u32>(set, 20) + 1;
  store<u32>(set, epoch, 20);
  const marks = <usize>load<u32>(set, 24);
  for (let i: usize = 4; i <= <usize>count << 2; i += 4) {
    const element = load<u32>(placeOf(set, constants, record, load<u32>(node + i)));
    if (element == 0) continue;
    const mark = marks + (<usize>(element - 1) << 2);
    if (load<u32>(mark) == epoch) continue;
    store<u32>(mark, epoch);
    if (--missing == 0) return true;
  }
  return false;
}
