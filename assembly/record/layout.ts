// The location of the parts of a record; see abi, RECORD_*, TAG_*. A record is read in place: any field of it is
// reached through its shape without visiting the others.
//
// | head | words u32[] | padding to 8 | wides 8 bytes[] | string ends [] | (UTF-16 ends []) | UTF-8 | binaries |
// padding to 8 |

import {
  RECORD_ENDS_WIDTH, RECORD_HEADER, RECORD_HEADER_LARGE, RECORD_LARGE, RECORD_NON_ASCII, SHAPE_INLINE,
} from "../abi";

// @ts-ignore: decorator
@inline export function recordSlot(record: usize): u32 {
  return load<u32>(record, 4);
}

// @ts-ignore: decorator
@inline export function recordShape(record: usize): u32 {
  return load<u32>(record, 8) & SHAPE_INLINE;
}

// @ts-ignore: decorator
@inline export function recordFlags(record: usize): u32 {
  return load<u32>(record, 8) >> 24;
}

// @ts-ignore: decorator
@inline export function recordWords(record: usize): usize {
  return record + (recordFlags(record) & RECORD_LARGE ? RECORD_HEADER_LARGE : RECORD_HEADER);
}

// @ts-ignore: decorator
@inline export function recordEnds(record: usize): u32 {
  return recordFlags(record) & RECORD_LARGE ? load<u32>(record, 12) : <u32>load<u16>(record, 12) << 2;
}

// @ts-ignore: decorator
@inline export function recordStrings(record: usize): u32 {
  return recordFlags(record) & RECORD_LARGE ? load<u32>(record, 16) : <u32>load<u16>(record, 14);
}

// @ts-ignore: decorator
@inline function endAt(table: usize, width: u32, index: u32): u32 {
  return width == 0 ? <u32>load<u8>(table + index) : width == 1 ? <u32>load<u16>(table + (<usize>index << 1)) : load<u32>(table + (<usize>index << 2));
}

/** Address and length of the last string requested. */
export let stringPointer: usize = 0;
export let stringBytes: u32 = 0;

export function recordString(record: usize, index: u32): void {
  const flags = recordFlags(record);
  const width = flags & RECORD_ENDS_WIDTH;
  const strings = recordStrings(record);
  const table = record + recordEnds(record);
  const heap = table + ((<usize>strings << width) << (flags & RECORD_NON_ASCII ? 1 : 0));
  const start = index == 0 ? 0 : endAt(table, width, index - 1);
  stringPointer = heap + start;
  stringBytes = endAt(table, width, index) - start;
}

// @ts-ignore: decorator
@inline export function payload(word: u32): u32 {
  return word & 0x0fffffff;
}

/** Address of a wide value. */
// @ts-ignore: decorator
@inline export function wide(record: usize, word: u32): usize {
  return record + (<usize>payload(word) << 3);
}
