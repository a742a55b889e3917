// What a write means for the graphs: only that some slots are dirty.

import { S_VECTOR_FIELDS, VECTOR_FIELDS_MAX } from "../abi";
import { fieldVectorBytes, vectorField, vectorOf } from "../vector";
import { graphOf, markDirty } from "./graph";

/** The record of `slot` becomes `fresh`; see store/change. A vector that stays the same leaves its node where it is. */
export function graphsFollow(slot: u32, old: usize, fresh: usize): bool {
  for (let index: u32 = 0; index < VECTOR_FIELDS_MAX; index++) {
    const graph = graphOf(index);
    if (graph == 0) continue;
    // While a log's tail is read, behind a snapshot, the fields are not declared yet.
    if (index < load<u32>(S_VECTOR_FIELDS) && !isOther(vectorField(index), old, fresh)) continue;
    if (!markDirty(graph, slot)) return false;
  }
  return true;
}

function isOther(field: usize, old: usize, fresh: usize): bool {
  const was = old == 0 ? <usize>0 : vectorOf(field, old);
  const is = fresh == 0 ? <usize>0 : vectorOf(field, fresh);
  if (was == 0 || is == 0) return was != is;
  return memory.compare(was, is, fieldVectorBytes(field)) != 0;
}
