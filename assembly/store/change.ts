// What is derived from records beside the hash index (ordered indexes, vectors, text) follows them through one door: each step of a
// batch, done or undone, and each step of a replay that keeps its indexes.

import { DERIVED_GRAPHS, DERIVED_INVERTED, DERIVED_ORDERED, DERIVED_VECTORS, S_DERIVED } from "../abi";
import { graphsFollow } from "../hnsw";
import { invertedChanged } from "../inverted";
import { orderedFollow } from "../ordered";
import { vectorsFollow } from "../vector";

/**
 * The record of `slot` becomes `fresh`; 0 stands for none. Both records are readable while this runs, and nothing else has changed
 * on the way between the two. False: memory is exhausted; the batch is then abandoned, and undoing a step that was only half
 * done, or not at all, must be harmless: what is to be removed and is not there is passed over.
 */
// @ts-ignore: decorator
@inline export function recordChanged(slot: u32, old: usize, fresh: usize): bool {
  return load<u32>(S_DERIVED) == 0 || follow(slot, old, fresh);
}

/** Ordered indexes come first: a step that fails in them they undo at once, and one that fails behind them they have to have seen. */
function follow(slot: u32, old: usize, fresh: usize): bool {
  const derived = load<u32>(S_DERIVED);
  if ((derived & DERIVED_ORDERED) != 0 && !orderedFollow(slot, old, fresh)) return false;
  if ((derived & DERIVED_VECTORS) != 0 && !vectorsFollow(slot, fresh)) return false;
  if ((derived & DERIVED_INVERTED) != 0 && !invertedChanged(slot, old, fresh)) return false;
  if ((derived & DERIVED_GRAPHS) != 0 && !graphsFollow(slot, old, fresh)) return false;
  return true;
}
