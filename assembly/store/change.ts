// What is derived from records besides the hash index (ordered indexes, vectors, text) follows them through one door:
// each step of a batch, done or undone, and each step of a replay that maintains its indexes. It is a separate module,
// derived/, called through the table; without it nothing is derived.

import { DERIVED_GRAPHS, DERIVED_ORDERED, HOOK_CHANGED, HOOK_CLASH, HOOK_UNDO, S_DERIVED, S_ORDERED_UNIQUE, SLOT_NONE } from "../abi";

/**
 * The record of `slot` becomes `fresh`; 0 stands for none. Both records are readable during the call, and nothing else
 * has changed between the two. Returns false if memory is exhausted; the batch is then abandoned, and undoing a step
 * that was half done, or not done at all, must be harmless: entries to be removed that do not exist are skipped.
 */
// @ts-ignore: decorator
@inline export function recordChanged(slot: u32, old: usize, fresh: usize): bool {
  return load<u32>(S_DERIVED) == 0 || call_indirect<bool>(HOOK_CHANGED, slot, old, fresh);
}

/**
 * Whether `record`, which belongs to `slot` or to none yet, has a value that a unique index forbids: returns the slot
 * of the document with this value, or SLOT_NONE.
 */
// @ts-ignore: decorator
@inline export function recordClash(slot: u32, record: usize): u32 {
  return load<u32>(S_ORDERED_UNIQUE) == 0 ? SLOT_NONE : call_indirect<u32>(HOOK_CLASH, slot, record);
}

/** Begins or ends undoing steps. */
export function recordsUndo(isBegun: bool): void {
  if ((load<u32>(S_DERIVED) & (DERIVED_ORDERED | DERIVED_GRAPHS)) != 0) call_indirect<void>(HOOK_UNDO, isBegun);
}
