// One search: queries on one field, each with the list of its nearest rows. It runs in steps, between which others may write.
//
// Search: | 0 field u32 | 4 queries u32 | 8 capacity of a list u32 | 12 bytes of a block u32 | 16 pages u32 | 20 bitmap of slots u32, 0: all |
//         | 24 slots in the bitmap u32 | 28 rows looked at u32 | 32 radius f64 | 40 after: distance f64 | 48 after: slot u32 | 52 rescored u32 |
//         | 56 offset of the list in a block u32 | 64 blocks |
// Block:  | query | list | waiting |

import {
  CODE_INT8, PAGE_BYTES, PAGE_SCRATCH, S_FLAT_BUFFER, S_FLAT_PAGES, S_SLOT_TOP, SLOT_NONE,
} from "../abi";
import { pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { slotAddress } from "../slot";
import {
  chunkOf, fieldChunkShift, fieldCode, fieldCodeBytes, fieldMissing, fieldRowBytes, fieldVectorBytes, queryBytes, queryLanes, queryReady, vectorExactDistance, vectorField, vectorRow, vectorsMake,
} from "../vector";
import { ENTRY_BYTES, LIST_ENTRIES, nearestCount, nearestEntry, nearestReset, nearestSort } from "./nearest";
import { rescored, resetRescored, scanBegin, scanEnd, scanGathered, scanRow, scanRows, setAfter } from "./scan";
import { waitingBytes } from "./waiting";

const BLOCKS: usize = 64;
/** Maximum pages of a search that are kept for the next. */
const KEPT_PAGES: u32 = 8;
/** Size of the rows that all queries examine before the next rows are fetched: this many codes stay in the second-level cache. */
const PIECE_BYTES: u32 = 131072;
/** Of lanes that one query looks at: a long piece is two long streams (scan.ts). */
const STREAM_BYTES: u32 = 4194304;

// @ts-ignore: decorator
@inline export function searchBlock(search: usize, index: u32): usize {
  return search + BLOCKS + <usize>index * <usize>load<u32>(search, 12);
}

// @ts-ignore: decorator
@inline export function searchList(search: usize, block: usize): usize {
  return block + <usize>load<u32>(search, 56);
}

// What a walk over a graph needs of a search.

// @ts-ignore: decorator
@inline export function searchField(search: usize): usize {
  return <usize>load<u32>(search);
}

/** The bitmap of slots that may be results, or 0; and the number of slots it covers. */
// @ts-ignore: decorator
@inline export function searchBitmap(search: usize): usize {
  return <usize>load<u32>(search, 20);
}

// @ts-ignore: decorator
@inline export function searchSlots(search: usize): u32 {
  return load<u32>(search, 24);
}

/** Directs counts of examined rows to this search from now on; the rows must be after those it has already returned. */
export function searchFollow(search: usize): void {
  resetRescored();
  setAfter(load<f64>(search, 40), load<u32>(search, 48));
}

/** Adds the rows examined since searchFollow, and how many of them were measured. */
export function searchExamine(search: usize, rows: u32): void {
  store<u32>(search, load<u32>(search, 28) + rows, 28);
  store<u32>(search, load<u32>(search, 52) + rescored, 52);
}

/** Creates a search of `queries` queries for `capacity` rows each; 0 when memory is exhausted. Lanes and conditions are written into it. */
export function flat_begin(fieldIndex: u32, queries: u32, capacity: u32): usize {
  const field = vectorField(fieldIndex);
  const list = <u64>queryBytes(field);
  const block = (list + LIST_ENTRIES + <u64>capacity * ENTRY_BYTES + waitingBytes(capacity) + 63) & ~63;
  const total = BLOCKS + block * queries;
  if (total > <u64>u32.MAX_VALUE - PAGE_BYTES) return 0;
  let pages = pagesFor(<usize>total);
  let search: usize = 0;
  if (pages <= load<u32>(S_FLAT_PAGES)) {
    search = <usize>load<u32>(S_FLAT_BUFFER);
    pages = load<u32>(S_FLAT_PAGES);
    store<u32>(S_FLAT_PAGES, 0);
  } else {
    search = pagesAcquire(pages, PAGE_SCRATCH);
    if (search == 0) return 0;
  }
  memory.fill(search, 0, BLOCKS);
  store<u32>(search, <u32>field);
  store<u32>(search, queries, 4);
  store<u32>(search, capacity, 8);
  store<u32>(search, <u32>block, 12);
  store<u32>(search, pages, 16);
  store<f64>(search, Infinity, 32);
  store<f64>(search, -Infinity, 40);
  store<u32>(search, <u32>list, 56);
  return search;
}

/** Address for the lanes, or bits, of a query. */
export function flat_lanes(search: usize, index: u32): usize {
  return queryLanes(<usize>load<u32>(search), searchBlock(search, index));
}

/** Called before the first step, when the lanes are in place, and before starting over. */
export function flat_ready(search: usize): void {
  const field = <usize>load<u32>(search);
  for (let i: u32 = 0; i < load<u32>(search, 4); i++) {
    const block = searchBlock(search, i);
    queryReady(field, block);
    nearestReset(searchList(search, block), load<u32>(search, 8), load<f64>(search, 32));
  }
  store<u32>(search, 0, 28);
  store<u32>(search, 0, 52);
}

/** Examines the rows of about `slotsMax` slots from `slot` on; returns the slot to continue from, or SLOT_NONE. */
export function flat_scan(search: usize, slot: u32, slotsMax: u32): u32 {
  const field = <usize>load<u32>(search);
  const bitmap = <usize>load<u32>(search, 20);
  const top = bitmap == 0 ? load<u32>(S_SLOT_TOP) : min<u32>(load<u32>(search, 24), load<u32>(S_SLOT_TOP));
  const end = slotsMax < top - min(slot, top) ? slot + slotsMax : top;
  const shift = fieldChunkShift(field);
  // Without codes the lanes are fetched.
  const isLanes = fieldCodeBytes(field) == 0;
  const fetched = fieldRowBytes(field) + (isLanes ? fieldVectorBytes(field) : 0);
  const piece = max<u32>(4, (isLanes && load<u32>(search, 4) == 1 ? STREAM_BYTES : PIECE_BYTES) / fetched) & ~3;
  resetRescored();
  setAfter(load<f64>(search, 40), load<u32>(search, 48));
  for (let i: u32 = 0; i < load<u32>(search, 4); i++) scanBegin(searchList(search, searchBlock(search, i)), field);
  let at = slot;
  while (at < end) {
    const chunkEnd = min<u32>(end, ((at >> shift) + 1) << shift);
    const chunk = chunkOf(field, at);
    if (chunk == 0) {
      at = chunkEnd;
      continue;
    }
    const to = min<u32>(chunkEnd, at + piece);
    if (bitmap == 0) {
      if (fieldMissing(field) != SLOT_NONE) vectorsMake(field, at, to);
      const row = chunk + <usize>(at & ((1 << shift) - 1)) * <usize>fieldRowBytes(field);
      for (let i: u32 = 0; i < load<u32>(search, 4); i++) {
        const block = searchBlock(search, i);
        scanRows(block, searchList(search, block), field, row, at, to - at);
      }
      store<u32>(search, load<u32>(search, 28) + (to - at), 28);
    } else {
      scanMarked(search, field, bitmap, at, to);
    }
    at = to;
  }
  for (let i: u32 = 0; i < load<u32>(search, 4); i++) {
    const block = searchBlock(search, i);
    scanEnd(block, searchList(search, block), field);
  }
  store<u32>(search, load<u32>(search, 52) + rescored, 52);
  return at < top ? at : SLOT_NONE;
}

/** Rows of marked slots, collected until there are four. */
const gatheredRows = memory.data(16);
const gatheredSlots = memory.data(16);

function scanMarked(search: usize, field: usize, bitmap: usize, from: u32, to: u32): void {
  const isCoded = fieldCode(field) == CODE_INT8;
  let count: u32 = 0;
  let looked: u32 = 0;
  for (let base = from & ~31; base < to; base += 32) {
    let word = load<u32>(bitmap + (<usize>base >> 3));
    if (base < from) word &= ~<u32>0 << (from & 31);
    if (to - base < 32) word &= (1 << (to - base)) - 1;
    while (word != 0) {
      const slot = base + ctz<u32>(word);
      word &= word - 1;
      const row = vectorRow(field, slot);
      if (row == 0) continue;
      looked++;
      if (isCoded) {
        store<u32>(gatheredRows + (<usize>count << 2), <u32>row);
        store<u32>(gatheredSlots + (<usize>count << 2), slot);
        if (++count < 4) continue;
        count = 0;
        lookAtFour(search, field);
      } else {
        lookAt(search, field, row, slot);
      }
    }
  }
  for (let i: u32 = 0; i < count; i++) {
    lookAt(search, field, <usize>load<u32>(gatheredRows + (<usize>i << 2)), load<u32>(gatheredSlots + (<usize>i << 2)));
  }
  store<u32>(search, load<u32>(search, 28) + looked, 28);
}

function lookAtFour(search: usize, field: usize): void {
  for (let i: u32 = 0; i < load<u32>(search, 4); i++) {
    const block = searchBlock(search, i);
    scanGathered(block, searchList(search, block), field, gatheredRows, gatheredSlots);
  }
}

function lookAt(search: usize, field: usize, row: usize, slot: u32): void {
  for (let i: u32 = 0; i < load<u32>(search, 4); i++) {
    const block = searchBlock(search, i);
    scanRow(block, searchList(search, block), field, row, slot);
  }
}

/** Sorts the results of a query, nearest first, and fills in the records; returns the address of the entries. flat_count gives their number. */
export function flat_finish(search: usize, index: u32): usize {
  const list = searchList(search, searchBlock(search, index));
  nearestSort(list);
  const count = nearestCount(list);
  for (let i: u32 = 0; i < count; i++) {
    const entry = nearestEntry(list, i);
    store<u32>(entry, <u32>slotAddress(load<u32>(entry, 8)), 12);
  }
  return nearestEntry(list, 0);
}

export function flat_count(search: usize, index: u32): u32 {
  return nearestCount(searchList(search, searchBlock(search, index)));
}

/** Whether the results of a query are still stored, at the same distance: between steps others may have written. */
export function flat_holds(search: usize, index: u32): bool {
  const field = <usize>load<u32>(search);
  const block = searchBlock(search, index);
  const list = searchList(search, block);
  const count = nearestCount(list);
  for (let i: u32 = 0; i < count; i++) {
    const entry = nearestEntry(list, i);
    const row = vectorRow(field, load<u32>(entry, 8));
    if (row == 0 || vectorExactDistance(block, row) != load<f64>(entry)) return false;
  }
  return true;
}

export function flat_release(search: usize): void {
  const pages = load<u32>(search, 16);
  if (pages <= KEPT_PAGES && pages > load<u32>(S_FLAT_PAGES)) {
    if (load<u32>(S_FLAT_PAGES) != 0) pagesRelease(load<u32>(S_FLAT_BUFFER), load<u32>(S_FLAT_PAGES));
    store<u32>(S_FLAT_BUFFER, <u32>search);
    store<u32>(S_FLAT_PAGES, pages);
  } else {
    pagesRelease(search, pages);
  }
}

/** Zeroed bits for slots, or 0 when memory is exhausted; flat_unmark releases the pages. */
export function flat_mark(slots: u32): usize {
  return pagesAcquire(pagesFor((<usize>slots >> 3) + 8), PAGE_SCRATCH);
}

export function flat_unmark(bitmap: usize, slots: u32): void {
  pagesRelease(bitmap, pagesFor((<usize>slots >> 3) + 8));
}
