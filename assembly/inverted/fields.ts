// The top-level fields that a text index reads: a write that leaves them unchanged does not affect the index.
//
// Fields: paths of one step each, one after the other, and their names: see filter/path.

import { NAME_BYTES, PATH_STEPS, pathFollow, valuesEqual } from "../filter";
import { arenaAcquire } from "./arena";
import { Inverted } from "./structs";

const PATH_BYTES: usize = PATH_STEPS + 8;
const FIELD_BYTES: usize = PATH_BYTES + NAME_BYTES;

/** Stores the fields: `count` times | bytes u32 | UTF-8, padded to 4 |. Returns false when memory is exhausted. */
export function fieldsNote(index: Inverted, given: usize, count: u32, bytes: u32): bool {
  const fields = arenaAcquire(index, <usize>count * FIELD_BYTES + bytes);
  if (fields == 0) return false;
  memory.fill(fields, 0, <usize>count * FIELD_BYTES);
  let text = fields + <usize>count * FIELD_BYTES;
  memory.copy(text, given, bytes);
  for (let i: u32 = 0; i < count; i++) {
    const path = fields + <usize>i * FIELD_BYTES;
    const name = path + PATH_BYTES;
    const length = load<u32>(text);
    store<u32>(path, 1);
    store<u32>(path, <u32>name, PATH_STEPS);
    store<i32>(path, i32.MIN_VALUE, PATH_STEPS + 4);
    store<u32>(name, length);
    store<u32>(name, <u32>text + 4, 4);
    text += 4 + ((length + 3) & ~3);
  }
  index.fields = <u32>fields;
  index.fieldsCount = count;
  return true;
}

/** Whether all these fields are equal in both records. */
export function fieldsEqual(index: Inverted, a: usize, b: usize): bool {
  const count = index.fieldsCount;
  for (let i: u32 = 0; i < count; i++) {
    const path = <usize>index.fields + <usize>i * FIELD_BYTES;
    const wordA = pathFollow(a, path);
    const wordB = pathFollow(b, path);
    if (wordA == 0 && wordB == 0) continue;
    if (wordA == 0 || wordB == 0 || !valuesEqual(a, wordA, b, wordB, false)) return false;
  }
  return count != 0;
}
