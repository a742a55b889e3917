// A lane has the words of one field for all records side by side, by slot; it is made for a field that is screened
// again and again. A screen over a lane reads four bytes per record, where over records it has two cache misses. A lane
// is filled block by block as it is screened. A write marks the block of its slot, which is then filled anew. Lanes are
// a cache: all are dropped when memory gets scarce or there are more slots than they hold.
//
// Entry: | 0 name id + 1 u32, 0: none | 4 words, 0: not made yet | 8 times asked for | 12 when last asked for |
// Marks: for each 32 slots a byte with the bits of the entries whose lane is stale there

import { PAGE_SCRATCH, S_PAGES_LIMIT, S_SLOT_TOP } from "../abi";
import { pagesAcquire, pagesFor, pagesRelease, pagesSpare } from "../memory";
import { slotsMark } from "../slot";

const ENTRIES: usize = 8;
const ENTRY_BYTES: usize = 16;
const WORDS: usize = 4;
const ASKED: usize = 8;
const LAST: usize = 12;
const entries: usize = memory.data(8 * 16, 16);

/** Maximum number of lanes: 16 bytes per document. */
const LANES_MAX: u32 = 4;
/** With fewer slots all records fit in the cache. */
const SLOTS_LEAST: u32 = 8192;
/** Fewer scans than this are not worth the memory. */
const ASKED_LEAST: u32 = 4;

/** Number of slots that marks and lanes cover. */
export let laneSlots: u32 = 0;
let marks: usize = 0;
let clock: u32 = 0;

/** Set by laneFind: the words by slot, 0 if there is no lane; and the lane's bit in the marks. */
export let laneWords: usize = 0;
let laneBit: u32 = 0;

// @ts-ignore: decorator
@inline function entryAt(i: usize): usize {
  return entries + i * ENTRY_BYTES;
}

/**
 * Notes that a scan over a field begins, and makes a lane of the field if that has become worth it. May grow memory.
 */
export function laneAsk(name: u32): void {
  const top = load<u32>(S_SLOT_TOP);
  if (name == 0 || top < SLOTS_LEAST) return;
  if (marks != 0 && (top > laneSlots || pagesSpare() < load<u32>(S_PAGES_LIMIT) >> 2)) dropAll();
  let entry = entryAt(0);
  for (let i: usize = 0; i < ENTRIES && load<u32>(entry) != name; i++) entry = entryAt(i);
  if (load<u32>(entry) != name) {
    entry = leastUsed(false);
    if (load<u32>(entry, WORDS) != 0) return;
    store<u32>(entry, name);
    store<u32>(entry, 0, ASKED);
  }
  store<u32>(entry, ++clock, LAST);
  store<u32>(entry, load<u32>(entry, ASKED) + 1, ASKED);
  if (load<u32>(entry, WORDS) == 0 && load<u32>(entry, ASKED) >= ASKED_LEAST) make(entry, top);
}

/**
 * The entry that was last asked for the longest ago, of those with a lane or of those without; the first entry if there
 * are none.
 */
function leastUsed(hasLane: bool): usize {
  let found = entryAt(0);
  let last: u32 = u32.MAX_VALUE;
  for (let i: usize = 0; i < ENTRIES; i++) {
    const entry = entryAt(i);
    if ((load<u32>(entry, WORDS) != 0) != hasLane || load<u32>(entry, LAST) >= last) continue;
    found = entry;
    last = load<u32>(entry, LAST);
  }
  return found;
}

function make(entry: usize, top: u32): void {
  if (pagesSpare() < load<u32>(S_PAGES_LIMIT) >> 1) return;
  if (marks == 0) {
    const slots = <u64>top + (top >> 2) + 8191 & ~(<u64>8191);
    if (slots > 0x20000000) return;
    marks = pagesAcquire(pagesFor(<usize>slots >> 5), PAGE_SCRATCH);
    if (marks == 0) return;
    laneSlots = <u32>slots;
    slotsMark(marks, laneSlots);
  }
  let lanes: u32 = 0;
  for (let i: usize = 0; i < ENTRIES; i++) lanes += <u32>(load<u32>(entryAt(i), WORDS) != 0);
  if (lanes == LANES_MAX) {
    const oldest = leastUsed(true);
    drop(oldest);
    // The field has to earn a lane again: otherwise fields asked for in turn would take each other's lane with every
    // scan.
    store<u32>(oldest, 0, ASKED);
  }
  const words = pagesAcquire(pagesFor(<usize>laneSlots << 2), PAGE_SCRATCH);
  store<u32>(entry, <u32>words, WORDS);
  if (words == 0) return;
  const bit = bitOf(entry);
  const end = marks + (laneSlots >> 5);
  for (let at = marks; at < end; at++) store<u8>(at, load<u8>(at) | <u8>bit);
}

function drop(entry: usize): void {
  pagesRelease(<usize>load<u32>(entry, WORDS), pagesFor(<usize>laneSlots << 2));
  store<u32>(entry, 0, WORDS);
}

function dropAll(): void {
  for (let i: usize = 0; i < ENTRIES; i++) drop(entryAt(i));
  slotsMark(0, 0);
  pagesRelease(marks, pagesFor(<usize>laneSlots >> 5));
  marks = 0;
  laneSlots = 0;
}

// @ts-ignore: decorator
@inline function bitOf(entry: usize): u32 {
  return 1 << <u32>((entry - entries) / ENTRY_BYTES);
}

/** Looks up the lane of a field: see laneWords. */
export function laneFind(name: u32): void {
  laneWords = 0;
  if (name == 0 || marks == 0) return;
  for (let i: usize = 0; i < ENTRIES; i++) {
    const entry = entryAt(i);
    if (load<u32>(entry) != name) continue;
    laneWords = <usize>load<u32>(entry, WORDS);
    laneBit = bitOf(entry);
  }
}

/** Whether the block of 32 slots has to be filled; from now on it counts as filled. */
// @ts-ignore: decorator
@inline export function laneTakeStale(slot: u32): bool {
  const mark = marks + (slot >> 5);
  const stale = load<u8>(mark);
  if ((stale & laneBit) == 0) return false;
  store<u8>(mark, stale & ~<u8>laneBit);
  return true;
}
