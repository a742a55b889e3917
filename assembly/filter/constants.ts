// The constants of a filter: a large record whose root is an array and whose objects have their names inline.
// JavaScript lays it out; it is checked here, because the machine trusts records.

import {
  RECORD_ENDS_WIDTH, RECORD_HEADER_LARGE, RECORD_LARGE, SHAPE_INLINE, TAG_ARRAY, TAG_BIGINT, TAG_BINARY, TAG_DATE, TAG_DOUBLE, TAG_FALSE,
  TAG_INT, TAG_NULL, TAG_OBJECT, TAG_STRING, TAG_TRUE,
} from "../abi";
import { payload, recordEnds, recordFlags, recordStrings } from "../record";

const DEPTH_MAX: u32 = 210;

let record: usize = 0;
let recordBytes: usize = 0;
/** Upper bound on the number of words; really they end where the wides begin. */
let words: u32 = 0;
let wideFrom: u32 = 0;
let wideTo: u32 = 0;

/** Whether the `bytes` at `at`, a multiple of 8, are such a record. */
export function constantsValid(at: usize, bytes: usize): bool {
  if (bytes < RECORD_HEADER_LARGE + 4) return false;
  const flags = recordFlags(at);
  if ((flags & RECORD_LARGE) == 0 || (flags & ~RECORD_LARGE & ~RECORD_ENDS_WIDTH) != 0 || (flags & RECORD_ENDS_WIDTH) != 2) return false;
  const ends = recordEnds(at);
  const strings = recordStrings(at);
  if ((ends & 7) != 0 || <usize>ends > bytes || <u64>ends + (<u64>strings << 2) > <u64>bytes) return false;
  // The ends of strings are in order and within the record.
  const heap = <usize>ends + (<usize>strings << 2);
  let last: u32 = 0;
  for (let i: u32 = 0; i < strings; i++) {
    const end = load<u32>(at + ends + (<usize>i << 2));
    if (end < last || <u64>heap + end > <u64>bytes) return false;
    last = end;
  }
  record = at;
  recordBytes = bytes;
  words = (ends - RECORD_HEADER_LARGE) >> 2;
  wideFrom = RECORD_HEADER_LARGE >> 3;
  wideTo = ends >> 3;
  return nodeEnd(0, TAG_ARRAY, 0) != 0;
}

// @ts-ignore: decorator
@inline function wordAt(index: u32): u32 {
  return load<u32>(record + RECORD_HEADER_LARGE + (<usize>index << 2));
}

/**
 * Checks the node at a word and everything below it. Nodes are in depth-first order: returns the word after the last of
 * them; 0 if one is invalid.
 */
function nodeEnd(index: u32, tag: u32, depth: u32): u32 {
  if (depth > DEPTH_MAX || index >= words) return 0;
  let first = index + 1;
  let values: u64;
  if (tag == TAG_ARRAY) {
    values = <u64>wordAt(index);
  } else {
    if (wordAt(index) != SHAPE_INLINE || first >= words) return 0;
    values = <u64>wordAt(first++) << 1;
  }
  if (<u64>first + values > <u64>words) return 0;
  let end = first + <u32>values;
  const last = end;
  for (let at = first; at < last; at++) {
    const word = wordAt(at);
    const kind = word >> 28;
    if (tag == TAG_OBJECT && ((at - first) & 1) == 0 && kind != TAG_STRING) return 0;
    if (kind == TAG_ARRAY || kind == TAG_OBJECT) {
      if (payload(word) != end) return 0;
      end = nodeEnd(end, kind, depth + 1);
      if (end == 0) return 0;
    } else if (!scalarValid(word)) {
      return 0;
    }
  }
  return end;
}

function scalarValid(word: u32): bool {
  switch (word >> 28) {
    case TAG_NULL:
    case TAG_FALSE:
    case TAG_TRUE:
    case TAG_INT:
      return true;
    case TAG_STRING:
      return payload(word) < recordStrings(record);
    case TAG_DOUBLE:
    case TAG_BIGINT:
    case TAG_DATE:
      return payload(word) >= wideFrom && payload(word) < wideTo;
    case TAG_BINARY: {
      if (payload(word) < wideFrom || payload(word) >= wideTo) return false;
      const at = record + (<usize>payload(word) << 3);
      return <u64>load<u32>(at) + (load<u32>(at, 4) & 0xffffff) <= <u64>recordBytes;
    }
    default:
      return false;
  }
}
