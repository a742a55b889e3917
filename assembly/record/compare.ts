// Whether two records hold the same document. Equal bytes are the fast path; otherwise fields are compared by name,
// because the order of keys is not part of a document's value.

import {
  SHAPE_INLINE, TAG_ARRAY, TAG_BIGINT, TAG_BINARY, TAG_DATE, TAG_DOUBLE, TAG_INT, TAG_OBJECT, TAG_STRING, TAG_UUID,
} from "../abi";
import { blockBytes } from "../memory";
import { bytesEqual } from "./bytes";
import { payload, recordShape, recordString, recordWords, stringBytes, stringPointer, wide } from "./layout";
import { namePointer, shapeFields, shapeIndexOf, shapeName, shapePointer } from "./shape";

export function recordEquals(a: usize, b: usize): bool {
  const bytes = blockBytes(a);
  // The first word has flags that only memory uses, and the second the slot: neither is part of the document.
  if (bytes == blockBytes(b) && bytesEqual(a + 8, b + 8, bytes - 8)) return true;
  return objectEquals(a, recordShape(a), rootAt(a), b, recordShape(b), rootAt(b));
}

/** Start of a record's fields: after the index of the key's word if names are inline. */
function rootAt(record: usize): usize {
  return recordWords(record) + (recordShape(record) == SHAPE_INLINE ? 4 : 0);
}

// @ts-ignore: decorator
@inline function word(words: usize, index: u32): u32 {
  return load<u32>(words + (<usize>index << 2));
}

/**
 * `at`: in a node with a shape the first value; in an inline one the count, followed by names and values alternately.
 */
function objectEquals(a: usize, shapeA: u32, atA: usize, b: usize, shapeB: u32, atB: usize): bool {
  if (shapeA != SHAPE_INLINE && shapeA == shapeB) {
    const fields = shapeFields(shapePointer(shapeA));
    for (let i: u32 = 0; i < fields; i++) if (!valueEquals(a, word(atA, i), b, word(atB, i))) return false;
    return true;
  }
  const fields = fieldsCount(shapeA, atA);
  if (fields != fieldsCount(shapeB, atB)) return false;
  for (let i: u32 = 0; i < fields; i++) {
    const index = fieldIndex(b, shapeB, atB, fields, a, shapeA, atA, i);
    if (index < 0) return false;
    if (!valueEquals(a, fieldValue(shapeA, atA, i), b, fieldValue(shapeB, atB, <u32>index))) return false;
  }
  return true;
}

function fieldsCount(shape: u32, at: usize): u32 {
  return shape == SHAPE_INLINE ? load<u32>(at) : shapeFields(shapePointer(shape));
}

function fieldValue(shape: u32, at: usize, index: u32): u32 {
  return shape == SHAPE_INLINE ? word(at, 2 + (index << 1)) : word(at, index);
}

function fieldName(record: usize, shape: u32, at: usize, index: u32): void {
  if (shape == SHAPE_INLINE) {
    recordString(record, payload(word(at, 1 + (index << 1))));
    namedPointer = stringPointer;
    namedBytes = stringBytes;
  } else {
    const name = namePointer(shapeName(shapePointer(shape), index));
    namedPointer = name + 4;
    namedBytes = load<u32>(name);
  }
}

let namedPointer: usize = 0;
let namedBytes: u32 = 0;

/** Position in object B of the field with number `index` in object A, or -1. */
function fieldIndex(b: usize, shapeB: u32, atB: usize, fields: u32, a: usize, shapeA: u32, atA: usize, index: u32): i32 {
  if (shapeA != SHAPE_INLINE && shapeB != SHAPE_INLINE) {
    return shapeIndexOf(shapePointer(shapeB), shapeName(shapePointer(shapeA), index));
  }
  fieldName(a, shapeA, atA, index);
  const pointer = namedPointer;
  const bytes = namedBytes;
  // The order of keys is usually the same: start at the same position.
  for (let tried: u32 = 0; tried < fields; tried++) {
    const candidate = index + tried < fields ? index + tried : index + tried - fields;
    fieldName(b, shapeB, atB, candidate);
    if (namedBytes == bytes && bytesEqual(namedPointer, pointer, bytes)) return <i32>candidate;
  }
  return -1;
}

function valueEquals(a: usize, wordA: u32, b: usize, wordB: u32): bool {
  const tag = wordA >> 28;
  if (tag != wordB >> 28) return false;
  switch (tag) {
    case TAG_INT:
      return wordA == wordB;
    case TAG_DOUBLE:
    case TAG_BIGINT:
    case TAG_DATE:
      return load<u64>(wide(a, wordA)) == load<u64>(wide(b, wordB));
    case TAG_UUID:
      return bytesEqual(wide(a, wordA), wide(b, wordB), 16);
    case TAG_STRING: {
      recordString(a, payload(wordA));
      const pointer = stringPointer;
      const bytes = stringBytes;
      recordString(b, payload(wordB));
      return bytes == stringBytes && bytesEqual(pointer, stringPointer, bytes);
    }
    case TAG_BINARY: {
      const atA = wide(a, wordA);
      const atB = wide(b, wordB);
      if (load<u32>(atA, 4) != load<u32>(atB, 4)) return false;
      return bytesEqual(a + load<u32>(atA), b + load<u32>(atB), load<u32>(atA, 4) & 0xffffff);
    }
    case TAG_ARRAY: {
      const atA = recordWords(a) + (<usize>payload(wordA) << 2);
      const atB = recordWords(b) + (<usize>payload(wordB) << 2);
      const count = load<u32>(atA);
      if (count != load<u32>(atB)) return false;
      for (let i: u32 = 1; i <= count; i++) if (!valueEquals(a, word(atA, i), b, word(atB, i))) return false;
      return true;
    }
    case TAG_OBJECT: {
      const atA = recordWords(a) + (<usize>payload(wordA) << 2);
      const atB = recordWords(b) + (<usize>payload(wordB) << 2);
      return objectEquals(a, load<u32>(atA), atA + 4, b, load<u32>(atB), atB + 4);
    }
    default:
      return true; // null, false, true: the tag says all
  }
}
