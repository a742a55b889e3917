// Vector fields of a partition, and where their vectors are. A vector stays in its record, as a binary; what is streamed is a column of
// codes made from it (row.ts). Nothing of this is in a snapshot: the rows are made anew when a partition is opened.
//
// Field: | 0 name id + 1 u32 | 4 dimension u32 | 8 metric u32 | 12 element type u32 | 16 code u32 | 20 bytes of a vector u32 |
//        | 24 bytes of a row's codes u32 | 28 bytes of a row u32 | 32 rows of a chunk, log2, u32 | 36 directory u32 -> u32[] chunks |
//        | 40 chunks that fit in the directory u32 | 44 rows with a vector u32 | 48 room for two decoded vectors u32, 0: f32 needs none |
//        | 52 unused | 64 lanes of a head u32 | 80 {shape + 1 u32, index i32}[64] |
//
// Directory: addresses of chunks u32[], then what is known of the rows of each, f32: | least norm | greatest norm | greatest residual |
//            greatest norm of what is behind the head |

import {
  CODE_BITS, CODE_INT8, DERIVED_VECTORS, ELEMENT_BF16, ELEMENT_CODES, ELEMENT_F16, ELEMENT_F32, KEY_BUFFER, PAGE_COLUMN, S_DERIVED,
  S_VECTOR_FIELDS, S_VECTOR_TABLE, SHAPE_INLINE, SLOT_NONE, STATUS_OK, STATUS_OUT_OF_MEMORY, TAG_BINARY, VECTOR_FIELDS_MAX, CODE_BINARY,
} from "../abi";
import { lanesOfBfloat, lanesOfCodes, lanesOfHalf, lanesOfInt8 } from "../kernel";
import { pagesAcquire, pagesFor } from "../memory";
import {
  bytesEqual, nameIntern, namePointer, payload, recordShape, recordString, recordWords, shapeIndexOf, shapePointer, stringBytes,
  stringPointer, wide,
} from "../record";

const PLACES: usize = 80;
const PLACES_MASK: u32 = 63;
const FIELD_BYTES: usize = PLACES + 8 * 64;
/** Offset of the codes of a row: see row.ts. */
export const ROW_CODES: usize = 16;
const LINE: u32 = 64;
/** Approximate size of a chunk, which has at least 16 rows. */
const CHUNK_BYTES: u32 = 262144;
const CHUNK_SHIFT_MIN: u32 = 4;
/** Rows of this length or more are examined in two parts. (Lanes are not: skipping halves of 3 KB in memory takes longer than reading all of it.) */
const HEAD_ROW_BYTES: u32 = 256;

// @ts-ignore: decorator
@inline export function vectorField(index: u32): usize {
  return <usize>load<u32>(S_VECTOR_TABLE) + <usize>index * FIELD_BYTES;
}

// @ts-ignore: decorator
@inline export function fieldDimension(field: usize): u32 {
  return load<u32>(field, 4);
}

// @ts-ignore: decorator
@inline export function fieldMetric(field: usize): u32 {
  return load<u32>(field, 8);
}

// @ts-ignore: decorator
@inline export function fieldCode(field: usize): u32 {
  return load<u32>(field, 16);
}

// @ts-ignore: decorator
@inline export function fieldVectorBytes(field: usize): u32 {
  return load<u32>(field, 20);
}

// @ts-ignore: decorator
@inline export function fieldCodeBytes(field: usize): u32 {
  return load<u32>(field, 24);
}

// @ts-ignore: decorator
@inline export function fieldRowBytes(field: usize): u32 {
  return load<u32>(field, 28);
}

// @ts-ignore: decorator
@inline export function fieldChunkShift(field: usize): u32 {
  return load<u32>(field, 32);
}

// @ts-ignore: decorator
@inline export function fieldDirectory(field: usize): usize {
  return <usize>load<u32>(field, 36);
}

// @ts-ignore: decorator
@inline export function fieldChunks(field: usize): u32 {
  return load<u32>(field, 40);
}

// @ts-ignore: decorator
@inline export function fieldCount(field: usize): u32 {
  return load<u32>(field, 44);
}

/** What is known of all rows of a chunk: see above. */
// @ts-ignore: decorator
@inline export function fieldRange(field: usize, chunk: u32): usize {
  return fieldDirectory(field) + (<usize>fieldChunks(field) << 2) + (<usize>chunk << 4);
}

/** Number of lanes that a scan examines first, reading the rest only if these do not rule the row out; 0: all at once. */
// @ts-ignore: decorator
@inline export function fieldHead(field: usize): u32 {
  return load<u32>(field, 64);
}

/** Whether vectors are stored as f32 lanes. */
// @ts-ignore: decorator
@inline export function fieldIsPlain(field: usize): bool {
  return load<u32>(field, 12) == ELEMENT_F32 && fieldCode(field) != CODE_BITS;
}

/** Rows from this slot on may still have to be made: see row.ts. SLOT_NONE: all exist. */
// @ts-ignore: decorator
@inline export function fieldMissing(field: usize): u32 {
  return load<u32>(field, 68);
}

export function fieldSetMissing(field: usize, slot: u32): void {
  store<u32>(field, slot, 68);
}

export function fieldSetDirectory(field: usize, directory: usize, chunks: u32): void {
  store<u32>(field, <u32>directory, 36);
  store<u32>(field, chunks, 40);
}

// @ts-ignore: decorator
@inline export function fieldSetCount(field: usize, count: u32): void {
  store<u32>(field, count, 44);
}

/** Declares the next field; its name is in the key buffer. Its column is empty: see vector_follow. */
export function vector_declare(nameBytes: u32, dimension: u32, metric: u32, element: u32, code: u32): i32 {
  const index = load<u32>(S_VECTOR_FIELDS);
  assert(index < VECTOR_FIELDS_MAX);
  if (index == 0) {
    const table = pagesAcquire(pagesFor(FIELD_BYTES * VECTOR_FIELDS_MAX), PAGE_COLUMN);
    if (table == 0) return STATUS_OUT_OF_MEMORY;
    store<u32>(S_VECTOR_TABLE, <u32>table);
  }
  const name = nameIntern(KEY_BUFFER, nameBytes);
  if (name == 0) return STATUS_OUT_OF_MEMORY;
  const field = vectorField(index);
  const isBits = code == CODE_BITS;
  const laneBytes: u32 = element == ELEMENT_F32 ? 4 : element == ELEMENT_F16 || element == ELEMENT_BF16 ? 2 : 1;
  const codeBytes: u32 = code == CODE_INT8 ? dimension : isBits || code == CODE_BINARY ? (dimension + 7) >> 3 : 0;
  const padded = (codeBytes + 15) & ~15;
  const rowBytes = padCodes(<u32>ROW_CODES + padded);
  let shift: u32 = CHUNK_SHIFT_MIN;
  while ((rowBytes << (shift + 1)) <= CHUNK_BYTES) shift++;
  store<u32>(field, name);
  store<u32>(field, dimension, 4);
  store<u32>(field, metric, 8);
  store<u32>(field, element, 12);
  store<u32>(field, code, 16);
  store<u32>(field, isBits ? dimension >> 3 : dimension * laneBytes + (element == ELEMENT_CODES ? 4 : 0), 20);
  store<u32>(field, padded, 24);
  store<u32>(field, rowBytes, 28);
  store<u32>(field, shift, 32);
  store<u32>(field, code == CODE_INT8 && rowBytes >= HEAD_ROW_BYTES ? headOf(padded) : 0, 64);
  fieldSetMissing(field, SLOT_NONE);
  if (!isBits && element != ELEMENT_F32) {
    const lanes = pagesAcquire(pagesFor(<usize>dimension << 3), PAGE_COLUMN);
    if (lanes == 0) return STATUS_OUT_OF_MEMORY;
    store<u32>(field, <u32>lanes, 48);
  }
  store<u32>(S_VECTOR_FIELDS, index + 1);
  store<u32>(S_DERIVED, load<u32>(S_DERIVED) | DERIVED_VECTORS);
  return STATUS_OK;
}

/** About half of the codes, ending with a cache line. */
function headOf(codeBytes: u32): u32 {
  return ((<u32>ROW_CODES + (codeBytes >> 1) + LINE / 2) & ~(LINE - 1)) - <u32>ROW_CODES;
}

/** Whole cache lines, except for rows so short that two or four share one. */
function padCodes(bytes: u32): u32 {
  if (bytes <= 16) return 16;
  return bytes <= 32 ? 32 : (bytes + LINE - 1) & ~(LINE - 1);
}

/** Address of a record's vector, or 0 when it has none. */
export function vectorOf(field: usize, record: usize): usize {
  const shape = recordShape(record);
  const words = recordWords(record);
  let word: u32 = 0;
  if (shape == SHAPE_INLINE) {
    word = inlineWord(field, record, words + 4);
  } else {
    const place = field + PLACES + (<usize>(shape & PLACES_MASK) << 3);
    if (load<u32>(place) != shape + 1) {
      store<u32>(place, shape + 1);
      store<i32>(place, shapeIndexOf(shapePointer(shape), load<u32>(field) - 1), 4);
    }
    const index = load<i32>(place, 4);
    if (index >= 0) word = load<u32>(words + (<usize>index << 2));
  }
  if (word >> 28 != TAG_BINARY) return 0;
  const binary = wide(record, word);
  // The binary is a vector of this field, unless the field was declared differently when the document was written.
  if (load<u32>(binary, 4) != (load<u32>(field, 20) | (load<u32>(field, 12) << 24))) return 0;
  return record + <usize>load<u32>(binary);
}

function inlineWord(field: usize, record: usize, at: usize): u32 {
  const name = namePointer(load<u32>(field) - 1);
  const bytes = load<u32>(name);
  const end = at + 4 + (<usize>load<u32>(at) << 3);
  for (let pair = at + 4; pair < end; pair += 8) {
    recordString(record, payload(load<u32>(pair)));
    if (stringBytes == bytes && bytesEqual(stringPointer, name + 4, bytes)) return load<u32>(pair, 4);
  }
  return 0;
}

/** The f32 lanes of a stored vector: in place, or decoded into the field's own buffer until the next such call. */
// @ts-ignore: decorator
@inline export function vectorLanes(field: usize, vector: usize): usize {
  const room = <usize>load<u32>(field, 48);
  return room == 0 ? vector : decode(field, vector, room);
}

/** The same for a second vector, next to the first. */
export function vectorLanesBeside(field: usize, vector: usize): usize {
  const room = <usize>load<u32>(field, 48);
  return room == 0 ? vector : decode(field, vector, room + (<usize>fieldDimension(field) << 2));
}

function decode(field: usize, vector: usize, room: usize): usize {
  const element = load<u32>(field, 12);
  const lanes = fieldDimension(field);
  if (element == ELEMENT_F16) lanesOfHalf(vector, room, lanes);
  else if (element == ELEMENT_BF16) lanesOfBfloat(vector, room, lanes);
  else if (element == ELEMENT_CODES) lanesOfCodes(vector, room, lanes);
  else lanesOfInt8(vector, room, lanes);
  return room;
}
