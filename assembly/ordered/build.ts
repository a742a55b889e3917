// Building an index from the stored documents: entries are collected slot by slot, sorted, and packed into nodes; or,
// if the index already has some, added one by one in order, which is cache-friendly.

import { PAGE_SCRATCH, S_COUNT, S_SLOT_TOP, STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi";
import { pagesAcquire, pagesFor, pagesRelease, pagesSpare } from "../memory";
import { slotAddress } from "../slot";
import {
  ELEMENT_NONE, fieldOf, firstOf, INDEX_MULTI, indexAddTexts, indexBuilt, indexChanged, indexEntries, indexFields, indexIs, indexSetBuilt,
  nodesReserve, recordOf,
} from "./definition";
import { hasElements } from "./follow";
import { entryAt, ENTRY_BYTES, entryElement, entryPrefix, entrySlot, nodeCount } from "./node";
import { compareOrdered, nodeOf, prefixIsWhole, prefixOf, RANK_STRING, rankOf } from "./order";
import { probeEntry } from "./probe";
import { INSERT_FAILED, packedNodes, seekPosition, treeInsert, treePack, treeSeek } from "./tree";

/** More entries do not fit in memory twice, nor their bytes in 32 bits. */
const ENTRIES_MAX: u64 = 0x7ffffff;

/**
 * Adds the documents of the next `slots` slots. On STATUS_OUT_OF_MEMORY some of them were added, and the index must be
 * dropped.
 */
export function build(index: usize, slots: u32): i32 {
  const from = indexBuilt(index);
  const top = load<u32>(S_SLOT_TOP);
  if (from >= top) return STATUS_OK;
  const to = top - from < slots ? top : from + slots;
  const capacity = countEntries(index, from, to);
  if (capacity > ENTRIES_MAX) return STATUS_OUT_OF_MEMORY;
  const pages = pagesFor(<usize>capacity * ENTRY_BYTES + 64);
  const run = (pages << 1) + 1;
  const entries = pagesAcquire(run, PAGE_SCRATCH);
  if (entries == 0) return STATUS_OUT_OF_MEMORY;
  counts = entries + (<usize>pages << 17);
  const count = collect(index, from, to, entries);
  const sorted = sort(index, entries, entries + (<usize>pages << 16), count);
  const status = takeIn(index, sorted, dropDoubles(index, sorted, count));
  pagesRelease(entries, run);
  if (status == STATUS_OK) indexSetBuilt(index, to);
  return status;
}

function takeIn(index: usize, entries: usize, count: u32): i32 {
  indexChanged(index);
  if (indexEntries(index) == 0) {
    if (!nodesReserve(index, packedNodes(count))) return STATUS_OUT_OF_MEMORY;
    treePack(index, entries, count);
    return STATUS_OK;
  }
  return addAll(index, entries, count);
}

function addAll(index: usize, entries: usize, count: u32): i32 {
  const fields = indexFields(index);
  for (let i: u32 = 0; i < count; i++) {
    const entry = entries + <usize>i * ENTRY_BYTES;
    const slot = entrySlot(entry);
    const record = recordOf(slot);
    probeEntry(index, record, firstOf(index, record, entryElement(entry)), fields, slot);
    if (treeInsert(index, slot, entryElement(entry)) == INSERT_FAILED) return STATUS_OUT_OF_MEMORY;
  }
  return STATUS_OK;
}

/** An upper bound of the number of entries of the documents in [from, to). */
function countEntries(index: usize, from: u32, to: u32): u64 {
  if (!indexIs(index, INDEX_MULTI)) return <u64>(to - from);
  let count: u64 = 0;
  for (let slot = from; slot < to; slot++) {
    const record = slotAddress(slot);
    if (record == 0) continue;
    const word = fieldOf(index, record, 0);
    count += hasElements(index, word) ? <u64>load<u32>(nodeOf(record, word)) : 1;
  }
  return count;
}

/** Number of records whose first cache lines are read together, so that their cache misses overlap. */
const AHEAD: u32 = 16;
let touched: u32 = 0;

function collect(index: usize, from: u32, to: u32, entries: usize): u32 {
  const isMulti = indexIs(index, INDEX_MULTI);
  const limit = (<usize>memory.size() << 16) - 128;
  let at = entries;
  for (let slot = from; slot < to; slot++) {
    if (((slot - from) & (AHEAD - 1)) == 0) {
      const end = min(to, slot + AHEAD);
      for (let ahead = slot; ahead < end; ahead++) {
        const record = min<usize>(slotAddress(ahead), limit);
        touched += load<u32>(record) + load<u32>(record, 72);
      }
    }
    const record = slotAddress(slot);
    if (record == 0) continue;
    const word = fieldOf(index, record, 0);
    if (isMulti && word == 0) continue;
    if (!hasElements(index, word)) {
      if (isMulti && rankOf(word) == RANK_STRING) indexAddTexts(index, 1);
      at = put(at, prefixOf(record, word), slot, ELEMENT_NONE);
      continue;
    }
    const node = nodeOf(record, word);
    const count = load<u32>(node);
    for (let element: u32 = 0; element < count; element++) {
      at = put(at, prefixOf(record, load<u32>(node + 4 + (<usize>element << 2))), slot, element);
    }
  }
  return <u32>((at - entries) / ENTRY_BYTES);
}

// --- building where memory is short

/** Entries sorted at a time: at most, and at least. */
const PART_MAX: u32 = 1 << 20;
const PART_MIN: u32 = 1 << 11;
/** With fewer, there would be too many passes. */
const PART_PAGES: u32 = 5;
/** Entries in a page of full nodes, with those above them. */
const ENTRIES_IN_PAGE: u64 = 3_860;

/** The part being collected: entries in slot order, of those after `partLow` and before `partHigh`. */
let part: usize = 0;
let partCount: u32 = 0;
let partCapacity: u32 = 0;
let hasLow: bool = false;
let hasHigh: bool = false;
const partLow = memory.data(16, 16);
const partHigh = memory.data(16, 16);
const offered = memory.data(16, 16);

/**
 * Adds all documents to an empty index. Each pass over them takes the next entries in their order, as many as there is room to sort, so all
 * nodes are full: no index of these documents is smaller. On STATUS_OUT_OF_MEMORY the index must be dropped.
 */
export function buildInParts(index: usize): i32 {
  const top = load<u32>(S_SLOT_TOP);
  const entries = indexIs(index, INDEX_MULTI) ? countEntries(index, 0, top) : <u64>load<u32>(S_COUNT);
  const spare = <u64>pagesSpare();
  const nodes = entries / ENTRIES_IN_PAGE + 2;
  const most = spare > nodes + PART_PAGES ? spare - nodes : <u64>PART_PAGES;
  let pages: u32 = 0;
  part = 0;
  for (partCapacity = PART_MAX; part == 0 && partCapacity >= PART_MIN; ) {
    pages = <u32>((<usize>partCapacity * ENTRY_BYTES) >> 15) + 1;
    if (pages <= most) part = pagesAcquire(pages, PAGE_SCRATCH);
    if (part == 0) partCapacity >>= 1;
  }
  if (part == 0) return STATUS_OUT_OF_MEMORY;
  counts = part + (<usize>(pages - 1) << 16);
  hasLow = false;
  let status = STATUS_OK;
  do {
    collectPart(index, top);
    sortPart(index);
    status = addAll(index, part, partCount);
    if (partCount > 0) v128.store(partLow, v128.load(part + <usize>(partCount - 1) * ENTRY_BYTES));
    hasLow = true;
  } while (hasHigh && status == STATUS_OK);
  pagesRelease(part, pages);
  indexChanged(index);
  if (status == STATUS_OK) indexSetBuilt(index, top);
  return status;
}

function collectPart(index: usize, top: u32): void {
  const isMulti = indexIs(index, INDEX_MULTI);
  partCount = 0;
  hasHigh = false;
  for (let slot: u32 = 0; slot < top; slot++) {
    const record = slotAddress(slot);
    if (record == 0) continue;
    const word = fieldOf(index, record, 0);
    if (isMulti && word == 0) continue;
    if (!hasElements(index, word)) {
      if (isMulti && !hasLow && rankOf(word) == RANK_STRING) indexAddTexts(index, 1);
      offer(index, prefixOf(record, word), slot, ELEMENT_NONE);
      continue;
    }
    const node = nodeOf(record, word);
    const count = load<u32>(node);
    for (let element: u32 = 0; element < count; element++) {
      offer(index, prefixOf(record, load<u32>(node + 4 + (<usize>element << 2))), slot, element);
    }
  }
}

function offer(index: usize, prefix: u64, slot: u32, element: u32): void {
  put(offered, prefix, slot, element);
  // Equal elements of a document have one entry.
  if ((hasLow && order(index, offered, partLow) <= 0) || (hasHigh && order(index, offered, partHigh) >= 0)) return;
  v128.store(part + <usize>partCount * ENTRY_BYTES, v128.load(offered));
  if (++partCount < partCapacity) return;
  sortPart(index);
  partCount >>= 1;
  v128.store(partHigh, v128.load(part + <usize>partCount * ENTRY_BYTES));
  hasHigh = true;
}

function order(index: usize, a: usize, b: usize): i32 {
  const outcome = compareEntries(index, a, b);
  return outcome != 0 ? outcome : <i32>(entrySlot(a) > entrySlot(b)) - <i32>(entrySlot(a) < entrySlot(b));
}

function sortPart(index: usize): void {
  const bytes = <usize>partCapacity * ENTRY_BYTES;
  const sorted = sort(index, part, part + bytes, partCount);
  if (sorted != part) memory.copy(part, sorted, <usize>partCount * ENTRY_BYTES);
}

// @ts-ignore: decorator
@inline function put(at: usize, prefix: u64, slot: u32, element: u32): usize {
  store<u64>(at, prefix);
  store<u32>(at, slot, 8);
  store<u32>(at, element, 12);
  return at + ENTRY_BYTES;
}

// --- sorting

const DIGIT_BITS: u64 = 11;
const DIGITS: usize = 1 << 11;
const PASSES: u64 = 6;
/** The tables of all passes; they fit in a page. */
let counts: usize = 0;

/** Sorts entries that are in slot order; `other` is as much room again. Returns where the result is. */
function sort(index: usize, entries: usize, other: usize, count: u32): usize {
  const from = count < 64 ? entries : sortByPrefix(entries, other, count);
  const to = from == entries ? other : entries;
  if (count < 64) {
    sortRange(index, from, to, 0, count);
    return from;
  }
  const fields = indexFields(index);
  for (let i: u32 = 0; i < count; ) {
    const prefix = entryPrefix(from + <usize>i * ENTRY_BYTES);
    let end = i + 1;
    while (end < count && entryPrefix(from + <usize>end * ENTRY_BYTES) == prefix) end++;
    // Equal short values are already in slot order.
    if (end - i > 1 && (fields > 1 || !prefixIsWhole(prefix))) sortRange(index, from, to, i, end);
    i = end;
  }
  return from;
}

/** Radix sort, least significant digit first; digits that are all equal take no pass. */
function sortByPrefix(entries: usize, other: usize, count: u32): usize {
  memory.fill(counts, 0, <usize>PASSES * DIGITS << 2);
  const end = entries + <usize>count * ENTRY_BYTES;
  for (let at = entries; at < end; at += ENTRY_BYTES) {
    let prefix = entryPrefix(at);
    for (let pass: usize = 0; pass < <usize>PASSES; pass++) {
      const counter = counts + ((pass * DIGITS + <usize>(prefix & (DIGITS - 1))) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
      prefix >>= DIGIT_BITS;
    }
  }
  let from = entries;
  let to = other;
  for (let pass: u64 = 0; pass < PASSES; pass++) {
    const table = counts + (<usize>pass * DIGITS << 2);
    const shift = pass * DIGIT_BITS;
    const first = <usize>(entryPrefix(from) >> shift) & (DIGITS - 1);
    if (load<u32>(table + (first << 2)) == count) continue;
    let sum: u32 = 0;
    for (let digit: usize = 0; digit < DIGITS; digit++) {
      const held = load<u32>(table + (digit << 2));
      store<u32>(table + (digit << 2), sum);
      sum += held;
    }
    const stop = from + <usize>count * ENTRY_BYTES;
    for (let at = from; at < stop; at += ENTRY_BYTES) {
      const place = table + ((<usize>(entryPrefix(at) >> shift) & (DIGITS - 1)) << 2);
      const position = load<u32>(place);
      store<u32>(place, position + 1);
      v128.store(to + <usize>position * ENTRY_BYTES, v128.load(at));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  return from;
}

/** Compares two entries by their values alone. */
export function compareEntries(index: usize, a: usize, b: usize): i32 {
  const prefix = entryPrefix(a);
  const other = entryPrefix(b);
  if (prefix != other) return prefix < other ? -1 : 1;
  const fields = indexFields(index);
  const isWhole = prefixIsWhole(prefix);
  if (isWhole && fields == 1) return 0;
  const recordA = recordOf(entrySlot(a));
  const recordB = recordOf(entrySlot(b));
  if (!isWhole) {
    const outcome = compareOrdered(recordA, firstOf(index, recordA, entryElement(a)), recordB, firstOf(index, recordB, entryElement(b)));
    if (outcome != 0) return outcome;
  }
  for (let field: u32 = 1; field < fields; field++) {
    const outcome = compareOrdered(recordA, fieldOf(index, recordA, field), recordB, fieldOf(index, recordB, field));
    if (outcome != 0) return outcome;
  }
  return 0;
}

/** Stable merge sort of [low, high), with insertion-sorted runs of 8; overwrites the same range of `room`. */
function sortRange(index: usize, entries: usize, room: usize, low: u32, high: u32): void {
  for (let run = low; run < high; run += 8) insertionSort(index, entries, run, min(high, run + 8));
  let from = entries;
  let to = room;
  for (let width: u32 = 8; width < high - low; width <<= 1) {
    for (let left = low; left < high; left += width << 1) {
      mergeRuns(index, from, to, left, min(high, left + width), min(high, left + (width << 1)));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != entries) {
    memory.copy(entries + <usize>low * ENTRY_BYTES, from + <usize>low * ENTRY_BYTES, <usize>(high - low) * ENTRY_BYTES);
  }
}

function insertionSort(index: usize, entries: usize, low: u32, high: u32): void {
  for (let i = low + 1; i < high; i++) {
    const held = v128.load(entries + <usize>i * ENTRY_BYTES);
    v128.store(heldEntry, held);
    let at = i;
    while (at > low && compareEntries(index, entries + <usize>(at - 1) * ENTRY_BYTES, heldEntry) > 0) {
      v128.store(entries + <usize>at * ENTRY_BYTES, v128.load(entries + <usize>(at - 1) * ENTRY_BYTES));
      at--;
    }
    v128.store(entries + <usize>at * ENTRY_BYTES, held);
  }
}

const heldEntry = memory.data(16, 16);

function mergeRuns(index: usize, from: usize, to: usize, low: u32, middle: u32, high: u32): void {
  let left = low;
  let right = middle;
  for (let at = low; at < high; at++) {
    const isLeft =
      left < middle && (right >= high || compareEntries(index, from + <usize>left * ENTRY_BYTES, from + <usize>right * ENTRY_BYTES) <= 0);
    const source = isLeft ? left++ : right++;
    v128.store(to + <usize>at * ENTRY_BYTES, v128.load(from + <usize>source * ENTRY_BYTES));
  }
}

/** Keeps one of the entries for equal elements of one document; returns how many are left. */
function dropDoubles(index: usize, entries: usize, count: u32): u32 {
  if (!indexIs(index, INDEX_MULTI) || count == 0) return count;
  let kept: u32 = 1;
  for (let i: u32 = 1; i < count; i++) {
    const entry = entries + <usize>i * ENTRY_BYTES;
    const last = entries + <usize>(kept - 1) * ENTRY_BYTES;
    if (entrySlot(entry) == entrySlot(last) && compareEntries(index, last, entry) == 0) continue;
    if (kept != i) v128.store(entries + <usize>kept * ENTRY_BYTES, v128.load(entry));
    kept++;
  }
  return kept;
}

/** Whether a document lacks a field, and so equals no other. */
function lacksField(index: usize, record: usize): bool {
  const fields = indexFields(index);
  for (let field: u32 = 0; field < fields; field++) if (fieldOf(index, record, field) == 0) return true;
  return false;
}

/**
 * The number of the first entry from `ordinal` on whose values equal those of the next one, plus 1; 0 if all are
 * distinct.
 */
export function firstDouble(index: usize, ordinal: u32): u32 {
  const entries = indexEntries(index);
  let last: usize = 0;
  for (let at = ordinal; at < entries; ) {
    const leaf = treeSeek(index, at);
    const held = nodeCount(leaf);
    for (let position = seekPosition; position < held; position++) {
      const entry = entryAt(leaf, position);
      if (last != 0 && compareEntries(index, last, entry) == 0 && !lacksField(index, recordOf(entrySlot(entry)))) return at;
      last = entry;
      at++;
    }
  }
  return 0;
}
