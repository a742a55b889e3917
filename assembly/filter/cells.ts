// The values of many records at one path, side by side: for sorting and grouping, which look at values rather than at
// documents.

import {
  CELL_KINDS, CELL_VALUES, CELLS_MAX, KEY_BUFFER, TAG_BIGINT, TAG_DATE, TAG_DOUBLE, TAG_INT, TAG_STRING,
} from "../abi";
import { recordString, stringBytes, stringPointer, payload, wide } from "../record";
import { pathFollow } from "./path";
import { programPath } from "./program";
import { workSet } from "./work";

/**
 * Fills the cells from one path of a program, for the `count` records whose addresses are in the key buffer. Inline
 * integers become doubles.
 */
export function filter_cells(program: usize, path: u32, count: u32): void {
  const steps = programPath(program, path);
  assert(steps != 0 && count <= CELLS_MAX);
  workSet(0x3fffffff);
  if (path == 0) touchAll(count);
  for (let i: usize = 0; i < <usize>count; i++) {
    const record = <usize>load<u32>(KEY_BUFFER + (i << 2));
    const word = pathFollow(record, steps);
    let kind = word >> 28;
    const value = CELL_VALUES + (i << 3);
    if (kind == TAG_INT) {
      kind = TAG_DOUBLE;
      store<f64>(value, <f64>((<i32>word << 4) >> 4));
    } else if (kind == TAG_STRING) {
      recordString(record, payload(word));
      kind |= hashOf(stringPointer, stringBytes) << 4;
      store<u32>(value, <u32>stringPointer);
      store<u32>(value, stringBytes, 4);
    } else if (kind == TAG_DOUBLE || kind == TAG_BIGINT || kind == TAG_DATE) {
      store<u64>(value, load<u64>(wide(record, word)));
    }
    store<u32>(CELL_KINDS + (i << 2), kind);
  }
}

/** Serves only to tell texts apart quickly: whoever uses it compares the texts, too. */
// @ts-ignore: decorator
@inline function hashOf(text: usize, bytes: u32): u32 {
  let hash = <u64>bytes * 0x9e3779b97f4a7c15;
  let at = text;
  const end = text + <usize>bytes;
  for (; at + 8 <= end; at += 8) hash = rotl<u64>((hash ^ load<u64>(at)) * 0xff51afd7ed558ccd, 29);
  for (; at < end; at++) hash = (hash ^ <u64>load<u8>(at)) * 0xc4ceb9fe1a85ec53;
  return <u32>((hash * 0x9e3779b97f4a7c15) >> 36);
}

/** Kept so that the compiler does not remove the loads. */
let touched: u32 = 0;

/** Reads the first lines of all records one after the other, so that their cache misses overlap. */
function touchAll(count: u32): void {
  const limit = (<usize>memory.size() << 16) - 80;
  let sum: u32 = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const record = min<usize>(<usize>load<u32>(KEY_BUFFER + (i << 2)), limit);
    sum += load<u32>(record, 8) + load<u32>(record, 72);
  }
  touched += sum;
}
