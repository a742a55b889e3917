// The hooks that the core calls, through its table, for each step of a batch, done or undone, and of a replay that
// maintains its indexes.

import { DERIVED_GRAPHS, DERIVED_INVERTED, DERIVED_ORDERED, DERIVED_VECTORS, S_DERIVED, STATIC_FILTER } from "../abi";
import { graphsFollow, graphsUndo } from "../hnsw";
import { invertedChanged } from "../inverted";
import { orderedClash, orderedFollow, orderedUndo } from "../ordered";
import { vectorsFailed, vectorsFollow } from "../vector";

/**
 * See recordChanged in store/change. Ordered indexes come first: they undo a step that fails in them at once, and must
 * have seen a step that fails after them.
 */
export function derived_changed(slot: u32, old: usize, fresh: usize): bool {
  assert(__heap_base <= STATIC_FILTER);
  const derived = load<u32>(S_DERIVED);
  if ((derived & DERIVED_ORDERED) != 0 && !orderedFollow(slot, old, fresh)) {
    vectorsFailed(slot, fresh, 0);
    return false;
  }
  if ((derived & DERIVED_VECTORS) != 0 && !vectorsFollow(slot, old, fresh)) return false;
  if ((derived & DERIVED_INVERTED) != 0 && !invertedChanged(slot, old, fresh)) return false;
  if ((derived & DERIVED_GRAPHS) != 0 && !graphsFollow(slot, old, fresh)) return false;
  return true;
}

export function derived_clash(slot: u32, record: usize): u32 {
  return orderedClash(slot, record);
}

export function derived_undo(isBegun: bool): void {
  orderedUndo(isBegun);
  graphsUndo(isBegun);
}
