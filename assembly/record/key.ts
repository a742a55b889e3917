// Keys in canonical form: equal keys have equal types and bytes, however they were written (1, 1n). See abi, KEY_*.

import {
  FAILED_KEY_TOO_LONG, FAILED_KEY_TYPE, KEY_ARRAY, KEY_BINARY, KEY_BOOL, KEY_BYTES_MAX, KEY_DATE, KEY_DOUBLE, KEY_INT, KEY_SCRATCH,
  KEY_STRING, KEY_UUID, SHAPE_INLINE, TAG_ARRAY, TAG_BIGINT, TAG_BINARY, TAG_DATE, TAG_DOUBLE, TAG_FALSE, TAG_INT, TAG_STRING,
  TAG_TRUE, TAG_UUID,
} from "../abi";
import { bytesEqual } from "./bytes";
import { payload, recordShape, recordString, recordWords, stringBytes, stringPointer, wide } from "./layout";
import { shapeKeyIndex, shapePointer } from "./shape";
import { uuidPack } from "./uuid";

/**
 * The last key: type, address, length. The bytes may be in the record, or in scratch memory that the next key
 * overwrites.
 */
export let keyType: u32 = 0;
export let keyPointer: usize = 0;
export let keyBytes: u32 = 0;
/** Why the last key was refused: a FAILED_* reason. */
export let keyFailure: u32 = 0;

const ELEMENT_SCRATCH: usize = KEY_SCRATCH + 40;
/** 16 bytes of UUID, one i64 or f64. */
const SCALAR_SCRATCH: usize = KEY_SCRATCH + 64;
/** For a key given by JS: its scalar does not share scratch memory with a record's. */
const GIVEN_SCRATCH: usize = KEY_SCRATCH + 96;
const ARRAY_SCRATCH: usize = KEY_SCRATCH + 128;
const GIVEN_ARRAY_SCRATCH: usize = KEY_SCRATCH + 128 + 2048;

// @ts-ignore: decorator
@inline function setKey(type: u32, pointer: usize, bytes: u32): void {
  keyType = type;
  keyPointer = pointer;
  keyBytes = bytes;
}

/** An integral double within int64 becomes an integer. 2^63 itself is out of range. */
function setNumber(value: f64, scratch: usize): void {
  if (value >= -9223372036854775808.0 && value < 9223372036854775808.0 && trunc(value) == value) {
    store<i64>(scratch, <i64>value);
    setKey(KEY_INT, scratch, 8);
  } else {
    store<f64>(scratch, value);
    setKey(KEY_DOUBLE, scratch, 8);
  }
}

/** The value word of a record's primary key; 0 if the record has none. */
function recordKeyWord(record: usize): u32 {
  const shape = recordShape(record);
  const words = recordWords(record);
  // An inline root begins with the index of its key's word.
  if (shape == SHAPE_INLINE) return load<u32>(words + (<usize>load<u32>(words) << 2));
  const index = shapeKeyIndex(shapePointer(shape));
  return index < 0 ? 0 : load<u32>(words + (<usize>index << 2));
}

/** Reads the key of a record; returns false on failure, see keyFailure. */
export function keyOfRecord(record: usize): bool {
  if (!setValue(record, recordKeyWord(record), SCALAR_SCRATCH)) return false;
  if (keyType == KEY_ARRAY) {
    // Comparing with keys of other records overwrites the scratch memory of arrays.
    memory.copy(GIVEN_ARRAY_SCRATCH, keyPointer, keyBytes);
    keyPointer = GIVEN_ARRAY_SCRATCH;
  }
  if (keyBytes <= KEY_BYTES_MAX) return true;
  keyFailure = FAILED_KEY_TOO_LONG;
  return false;
}

function setValue(record: usize, word: u32, scratch: usize): bool {
  switch (word >> 28) {
    case TAG_STRING:
      recordString(record, payload(word));
      setKey(KEY_STRING, stringPointer, stringBytes);
      return true;
    case TAG_UUID:
      setKey(KEY_UUID, wide(record, word), 16);
      return true;
    case TAG_INT:
      store<i64>(scratch, <i64>(<i32>(word << 4) >> 4));
      setKey(KEY_INT, scratch, 8);
      return true;
    case TAG_BIGINT:
      setKey(KEY_INT, wide(record, word), 8);
      return true;
    case TAG_DOUBLE:
      setNumber(load<f64>(wide(record, word)), scratch);
      return true;
    case TAG_FALSE:
    case TAG_TRUE:
      store<u8>(scratch, word >> 28 == TAG_TRUE ? 1 : 0);
      setKey(KEY_BOOL, scratch, 1);
      return true;
    case TAG_DATE:
      setKey(KEY_DATE, wide(record, word), 8);
      return true;
    case TAG_BINARY: {
      const at = wide(record, word);
      const lengthAndType = load<u32>(at, 4);
      if (lengthAndType >> 24 != 0) break; // only Uint8Array
      setKey(KEY_BINARY, record + load<u32>(at), lengthAndType);
      return true;
    }
    case TAG_ARRAY: {
      const end = writeArray(record, word, ARRAY_SCRATCH);
      if (end == 0) return false;
      setKey(KEY_ARRAY, ARRAY_SCRATCH, <u32>(end - ARRAY_SCRATCH));
      return true;
    }
    default:
      break;
  }
  keyFailure = FAILED_KEY_TYPE;
  return false;
}

/** Appends the elements of an array; returns where they end, 0 if refused. */
function writeArray(record: usize, word: u32, to: usize): usize {
  const node = recordWords(record) + (<usize>payload(word) << 2);
  const count = load<u32>(node);
  let at = to;
  for (let i: u32 = 1; i <= count; i++) {
    const element = load<u32>(node + (<usize>i << 2));
    if (at + 3 > ARRAY_SCRATCH + KEY_BYTES_MAX) {
      keyFailure = FAILED_KEY_TOO_LONG;
      return 0;
    }
    if (element >> 28 == TAG_ARRAY) {
      // Each level takes three bytes, so the depth is limited by the length of a key.
      const end = writeArray(record, element, at + 3);
      if (end == 0) return 0;
      store<u8>(at, <u8>KEY_ARRAY);
      store<u16>(at, <u16>(end - at - 3), 1);
      at = end;
      continue;
    }
    if (!setValue(record, element, ELEMENT_SCRATCH)) return 0;
    if (at + 3 + keyBytes > ARRAY_SCRATCH + KEY_BYTES_MAX) {
      keyFailure = FAILED_KEY_TOO_LONG;
      return 0;
    }
    store<u8>(at, <u8>keyType);
    store<u16>(at, <u16>keyBytes, 1);
    memory.copy(at + 3, keyPointer, keyBytes);
    at += 3 + keyBytes;
  }
  return at;
}

/** Sets a key written by JS: a string may be a UUID, a double may be an integer; the rest is already canonical. */
export function keyGiven(type: u32, pointer: usize, bytes: u32): void {
  if (type == KEY_STRING && bytes == 36 && uuidPack(pointer, GIVEN_SCRATCH)) setKey(KEY_UUID, GIVEN_SCRATCH, 16);
  else if (type == KEY_DOUBLE) setNumber(load<f64>(pointer), GIVEN_SCRATCH);
  else setKey(type, pointer, bytes);
}

/** Whether a record's key is (type, pointer, bytes). */
export function keyMatches(record: usize, type: u32, pointer: usize, bytes: u32): bool {
  const word = recordKeyWord(record);
  switch (word >> 28) {
    case TAG_UUID: {
      if (type != KEY_UUID) return false;
      const at = wide(record, word);
      return load<u64>(at) == load<u64>(pointer) && load<u64>(at, 8) == load<u64>(pointer, 8);
    }
    case TAG_STRING:
      if (type != KEY_STRING) return false;
      recordString(record, payload(word));
      return stringBytes == bytes && bytesEqual(stringPointer, pointer, bytes);
    default: {
      // Numbers and the rest: compares canonical forms. The records' scratch memory is free: `pointer` is never in it
      // here.
      if (!setValue(record, word, RECORD_SIDE_SCRATCH)) return false;
      return keyType == type && keyBytes == bytes && bytesEqual(keyPointer, pointer, bytes);
    }
  }
}

const RECORD_SIDE_SCRATCH: usize = KEY_SCRATCH + 112;
