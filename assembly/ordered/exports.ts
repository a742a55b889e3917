// The exports for JavaScript. An index is identified by its number, its place in STATE.

import { KEY_BUFFER, PAGE_SCRATCH, RECORD_HEADER_LARGE, S_ORDERED_UNIQUE, SLOT_NONE } from "../abi";
import { pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { touchRecords } from "../filter";
import { build, buildInParts, compareEntries, firstDouble } from "./build";
import {
  firstOf, INDEX_UNIQUE, indexAt, indexClear, indexCreate, indexDefine, indexDrop, indexEntries, indexFields, indexGiven, indexIs, indexSetBuilt,
  recordOf,
} from "./definition";
import { entryAt, entryElement, entrySlot, nodeCount } from "./node";
import { probeEntry, probeGiven } from "./probe";
import { seekPosition, treeRank, treeSeek } from "./tree";

/**
 * Creates an index; its definition, of `bytes`, must be written to the returned address, and is then read by
 * ordered_define. Returns 0 if memory is exhausted.
 */
export function ordered_create(number: u32, id: u32, flags: u32, fields: u32, steps: u32, bytes: u32): usize {
  const index = indexCreate(number, id, flags, fields, steps, bytes);
  return index == 0 ? 0 : indexGiven(index, steps);
}

export function ordered_define(number: u32, steps: u32): void {
  indexDefine(indexAt(number), steps);
}

export function ordered_drop(number: u32): void {
  indexDrop(number);
}

/** Adds the documents of the next `slots` slots. After STATUS_OUT_OF_MEMORY the index must be cleared or dropped. */
export function ordered_build(number: u32, slots: u32): i32 {
  return build(indexAt(number), slots);
}

export function ordered_build_parts(number: u32): i32 {
  return buildInParts(indexAt(number));
}

export function ordered_clear(number: u32): void {
  indexClear(indexAt(number));
  indexSetBuilt(indexAt(number), 0);
}

/** Called when the index is complete: from now on it follows every record, and is enforced if it is unique. */
export function ordered_ready(number: u32): void {
  const index = indexAt(number);
  indexSetBuilt(index, SLOT_NONE);
  if (indexIs(index, INDEX_UNIQUE)) store<u32>(S_ORDERED_UNIQUE, load<u32>(S_ORDERED_UNIQUE) + 1);
}

export function ordered_double(number: u32, ordinal: u32): u32 {
  return firstDouble(indexAt(number), ordinal);
}

/** Address of the constants of the next probe; kept between calls. */
let room: usize = 0;
let roomPages: u32 = 0;

/** Reserves room for a record of constants: one array, the tuple. Returns 0 if there is no memory. */
export function ordered_probe(bytes: u32): usize {
  const pages = pagesFor(<usize>bytes + 16);
  if (pages > roomPages) {
    pagesRelease(room, roomPages);
    roomPages = 0;
    room = pagesAcquire(pages, PAGE_SCRATCH);
    if (room == 0) return 0;
    roomPages = pages;
  }
  return room;
}

/**
 * Number of entries before the tuple that was written: those less than it and, with `isAfter`, those equal in its
 * fields. `rank`, or all ones: the tuple continues with the start of this type rank in the next field. `slot`, or all
 * ones: the tuple has all fields, and the slot decides between equal entries. `isHead`: its last value is a string that
 * stands for all strings beginning with it.
 */
export function ordered_rank(number: u32, isAfter: bool, rank: u32, slot: u32, isHead: bool): u32 {
  const index = indexAt(number);
  probeGiven(index, room, room + RECORD_HEADER_LARGE, rank, slot, isHead);
  return treeRank(index, isAfter ? 0 : -1);
}

/** The first entry with the same values as the existing entry number `ordinal`. */
export function ordered_group(number: u32, ordinal: u32): u32 {
  return groupStart(indexAt(number), ordinal);
}

function groupStart(index: usize, ordinal: u32): u32 {
  const leaf = treeSeek(index, ordinal);
  const position = seekPosition;
  const entry = entryAt(leaf, position);
  // Most groups are small and within one leaf.
  for (let before: u32 = 1; before <= min<u32>(position, 8); before++) {
    if (compareEntries(index, entryAt(leaf, position - before), entry) != 0) return ordinal + 1 - before;
  }
  const record = recordOf(entrySlot(entry));
  probeEntry(index, record, firstOf(index, record, entryElement(entry)), indexFields(index), SLOT_NONE);
  return treeRank(index, -1);
}

/**
 * Writes up to `count` (at most 1024) addresses of records, from entry number `ordinal` on, optionally backwards, to
 * the key buffer.
 */
export function ordered_read(number: u32, ordinal: u32, count: u32, isBackward: bool): u32 {
  const index = indexAt(number);
  const entries = indexEntries(index);
  let found: u32 = 0;
  let at = ordinal;
  while (found < count && at < entries) {
    const leaf = treeSeek(index, at);
    let position = seekPosition;
    const held = nodeCount(leaf);
    while (found < count && position < held) {
      store<u32>(KEY_BUFFER + (<usize>found << 2), <u32>recordOf(entrySlot(entryAt(leaf, position))));
      found++;
      if (isBackward) {
        position--;
        at--;
      } else {
        position++;
        at++;
      }
    }
  }
  touchRecords(KEY_BUFFER, found);
  return found;
}

/**
 * Writes the addresses of the entries [low, end) to the key buffer, from the greatest values to the least, equal ones
 * by slot: as many whole groups of equal entries as fit in `count` (at most 1024). Returns how many; 0 if even the
 * first group is larger.
 */
export function ordered_down(number: u32, end: u32, low: u32, count: u32): u32 {
  const index = indexAt(number);
  let found: u32 = 0;
  let top = end;
  while (top > low) {
    const start = max(low, groupStart(index, top - 1));
    if (top - start > count - found) break;
    for (let at = start; at < top; ) {
      const leaf = treeSeek(index, at);
      const held = nodeCount(leaf);
      for (let position = seekPosition; position < held && at < top; position++) {
        store<u32>(KEY_BUFFER + (<usize>found << 2), <u32>recordOf(entrySlot(entryAt(leaf, position))));
        found++;
        at++;
      }
    }
    top = start;
  }
  touchRecords(KEY_BUFFER, found);
  return found;
}
