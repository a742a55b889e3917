// What a write does to the graphs: it only marks slots as dirty, and records a step for each.

import { S_VECTOR_FIELDS, VECTOR_FIELDS_MAX } from "../abi";
import { fieldVectorBytes, vectorField, vectorOf } from "../vector";
import { clearDirty, graphOf, isDirty, isNode, markDirty, reachState } from "./graph";
import { isLost, lose } from "./renew";
import { stepChange, stepLink, stepUndo } from "./steps";

let isUndoing = false;

/** Begins or ends undoing steps. */
export function graphsUndo(isBegun: bool): void {
  isUndoing = isBegun;
}

/** The record of `slot` becomes `fresh`; see store/change. An unchanged vector keeps its node. */
export function graphsFollow(slot: u32, old: usize, fresh: usize): bool {
  for (let index: u32 = 0; index < VECTOR_FIELDS_MAX; index++) {
    const graph = graphOf(index);
    if (graph == 0) continue;
    if (index >= load<u32>(S_VECTOR_FIELDS)) {
      if (!followUnknown(graph, slot)) return false;
      continue;
    }
    const field = vectorField(index);
    const was = old == 0 ? <usize>0 : vectorOf(field, old);
    const is = fresh == 0 ? <usize>0 : vectorOf(field, fresh);
    if (!isOther(field, was, is)) continue;
    if (!reachState(graph, slot)) return false;
    if (isUndoing) undo(graph, slot, is != 0, old);
    else follow(graph, field, slot, was, is, fresh);
  }
  return true;
}

function isOther(field: usize, was: usize, is: usize): bool {
  if (was == 0 || is == 0) return was != is;
  return memory.compare(was, is, fieldVectorBytes(field)) != 0;
}

function follow(graph: usize, field: usize, slot: u32, was: usize, is: usize, record: usize): void {
  const isNoted = isLost(graph) || (was == 0 ? stepLink(graph, slot) : stepChange(graph, field, slot, was, is != 0, record));
  markDirty(graph, slot);
  if (!isNoted) lose(graph);
}

/** An undone step leaves no trace, if it is still the last one. */
function undo(graph: usize, slot: u32, had: bool, record: usize): void {
  const waits = isLost(graph) ? <u32>0 : stepUndo(graph, slot, had, record);
  if (waits == 0) {
    lose(graph);
    markDirty(graph, slot);
  } else if (waits == 1) {
    clearDirty(graph, slot);
  }
}

/**
 * While the tail of a log is read after a snapshot, fields are not declared yet: the slot's old vector is unknown,
 * unless it had none.
 */
function followUnknown(graph: usize, slot: u32): bool {
  if (!reachState(graph, slot)) return false;
  if (isNode(graph, slot) || isDirty(graph, slot) || (!isLost(graph) && !stepLink(graph, slot))) lose(graph);
  return markDirty(graph, slot);
}
