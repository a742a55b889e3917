// Maintaining indexes as records change, and enforcing unique ones.

import { S_ORDERED_CLASH, S_ORDERED_CLASH_ELEMENT, S_ORDERED_TOP, S_ORDERED_UNIQUE, S_PAGES_LENT, SLOT_NONE, TAG_ARRAY } from "../abi";
import {
  ELEMENT_NONE, fieldOf, INDEX_MULTI, INDEX_UNIQUE, indexAddTexts, indexAt, indexBuilt, indexChanged, indexEntries, indexFields, indexId, indexIs,
  readSlotAs,
} from "./definition";
import { entryAt, entryElement, entrySlot } from "./node";
import { compareOrdered, nodeOf, RANK_MISSING, RANK_STRING, rankOf } from "./order";
import { entryOrder, probeEntry } from "./probe";
import { INSERT_DONE, INSERT_FAILED, seekPosition, treeInsert, treeRank, treeRemove, treeSeek } from "./tree";

/** The last step that failed and was undone at once: when the batch undoes it again, nothing changes. */
let failedSlot: u32 = SLOT_NONE;
let failedRecord: usize = 0;
let isUndoing: bool = false;

/** While a batch is undone, old entries must be restored, using the reserve if necessary. */
export function orderedUndo(isBegun: bool): void {
  isUndoing = isBegun;
}

/**
 * The record of `slot` becomes `fresh`; 0 stands for none. Returns false if memory is exhausted, with everything as
 * before. Must be called before anything else that follows records, so that it has seen every step that is undone.
 */
export function orderedFollow(slot: u32, old: usize, fresh: usize): bool {
  if (failedSlot == slot && failedRecord == old && isUndoing) {
    failedSlot = SLOT_NONE;
    return true;
  }
  const top = load<u32>(S_ORDERED_TOP);
  for (let number: u32 = 0; number < top; number++) {
    if (followOne(number, slot, old, fresh)) continue;
    const lent = load<u32>(S_PAGES_LENT);
    store<u32>(S_PAGES_LENT, 1);
    const isBack = undoTo(number, slot, old, fresh);
    store<u32>(S_PAGES_LENT, lent);
    // An index that does not match what is stored must not be written to any more: a trap ends all writing until the
    // next opening.
    if (!isBack || isUndoing) unreachable();
    failedSlot = slot;
    failedRecord = fresh;
    readSlotAs(SLOT_NONE, 0);
    return false;
  }
  readSlotAs(SLOT_NONE, 0);
  return true;
}

function undoTo(number: u32, slot: u32, old: usize, fresh: usize): bool {
  for (let undone: u32 = 0; undone <= number; undone++) if (!followOne(undone, slot, fresh, old)) return false;
  return true;
}

function followOne(number: u32, slot: u32, old: usize, fresh: usize): bool {
  const index = indexAt(number);
  if (index == 0 || slot >= indexBuilt(index)) return true;
  if (old != 0 && fresh != 0 && isSame(index, old, fresh)) return true;
  indexChanged(index);
  if (old != 0) removeAll(index, slot, old);
  return fresh == 0 || insertAll(index, slot, fresh);
}

/** Whether two records have the same entries. */
function isSame(index: usize, old: usize, fresh: usize): bool {
  const fields = indexFields(index);
  for (let field: u32 = 0; field < fields; field++) {
    if (compareOrdered(old, fieldOf(index, old, field), fresh, fieldOf(index, fresh, field)) != 0) return false;
  }
  return true;
}

/** Whether a record has an entry for each element of an array. */
// @ts-ignore: decorator
@inline export function hasElements(index: usize, word: u32): bool {
  return indexIs(index, INDEX_MULTI) && word >> 28 == TAG_ARRAY;
}

function removeAll(index: usize, slot: u32, record: usize): void {
  readSlotAs(slot, record);
  const fields = indexFields(index);
  const first = fieldOf(index, record, 0);
  if (!hasElements(index, first)) {
    probeEntry(index, record, first, fields, slot);
    if (treeRemove(index) && indexIs(index, INDEX_MULTI) && rankOf(first) == RANK_STRING) indexAddTexts(index, -1);
    return;
  }
  const node = nodeOf(record, first);
  const count = load<u32>(node);
  for (let element: u32 = 0; element < count; element++) {
    probeEntry(index, record, load<u32>(node + 4 + (<usize>element << 2)), fields, slot);
    treeRemove(index);
  }
}

/** Equal elements of one document share an entry. */
function insertAll(index: usize, slot: u32, record: usize): bool {
  readSlotAs(slot, record);
  const fields = indexFields(index);
  const first = fieldOf(index, record, 0);
  if (!hasElements(index, first)) {
    if (indexIs(index, INDEX_MULTI) && rankOf(first) == RANK_MISSING) return true;
    probeEntry(index, record, first, fields, slot);
    const outcome = treeInsert(index, slot, ELEMENT_NONE);
    if (outcome == INSERT_DONE && indexIs(index, INDEX_MULTI) && rankOf(first) == RANK_STRING) indexAddTexts(index, 1);
    return outcome != INSERT_FAILED;
  }
  const node = nodeOf(record, first);
  const count = load<u32>(node);
  for (let element: u32 = 0; element < count; element++) {
    probeEntry(index, record, load<u32>(node + 4 + (<usize>element << 2)), fields, slot);
    if (treeInsert(index, slot, element) == INSERT_FAILED) return false;
  }
  return true;
}

// --- unique

/**
 * Whether `record`, which belongs to `slot` or to none yet, has a value that a unique index forbids: returns the slot
 * of the document with this value, or SLOT_NONE. S_ORDERED_CLASH: the id of the index; S_ORDERED_CLASH_ELEMENT: the
 * element of that document's array.
 */
export function orderedClash(slot: u32, record: usize): u32 {
  if (load<u32>(S_ORDERED_UNIQUE) == 0) return SLOT_NONE;
  const top = load<u32>(S_ORDERED_TOP);
  for (let number: u32 = 0; number < top; number++) {
    const index = indexAt(number);
    if (index == 0 || !indexIs(index, INDEX_UNIQUE) || indexBuilt(index) != SLOT_NONE) continue;
    const other = clashIn(index, slot, record);
    if (other == SLOT_NONE) continue;
    store<u32>(S_ORDERED_CLASH, indexId(index));
    return other;
  }
  return SLOT_NONE;
}

function clashIn(index: usize, slot: u32, record: usize): u32 {
  const fields = indexFields(index);
  // A record that lacks a field never collides.
  for (let field: u32 = 0; field < fields; field++) if (fieldOf(index, record, field) == 0) return SLOT_NONE;
  const first = fieldOf(index, record, 0);
  if (!hasElements(index, first)) return holderOf(index, slot, record, first, fields);
  const node = nodeOf(record, first);
  const count = load<u32>(node);
  for (let element: u32 = 0; element < count; element++) {
    const other = holderOf(index, slot, record, load<u32>(node + 4 + (<usize>element << 2)), fields);
    if (other != SLOT_NONE) return other;
  }
  return SLOT_NONE;
}

/** The slot of another document with the same values, or SLOT_NONE. */
function holderOf(index: usize, slot: u32, record: usize, first: u32, fields: u32): u32 {
  probeEntry(index, record, first, fields, SLOT_NONE);
  const from = treeRank(index, -1);
  const entries = indexEntries(index);
  for (let ordinal = from; ordinal < entries; ordinal++) {
    const leaf = treeSeek(index, ordinal);
    const entry = entryAt(leaf, seekPosition);
    if (entryOrder(entry) != 0) return SLOT_NONE;
    if (entrySlot(entry) == slot) continue;
    store<u32>(S_ORDERED_CLASH_ELEMENT, entryElement(entry));
    return entrySlot(entry);
  }
  return SLOT_NONE;
}
