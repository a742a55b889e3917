// Record arena: two-level segregated fit (Masmano et al., "TLSF", ECRTS 2004) over blocks of 8-byte units. Freed
// neighbours merge at once, so a store that is rewritten for ever stays bounded.
//
// Block:      | word | content ... |                      word: see abi, BLOCK_*
// Free block: | word | next u32 | previous u32 | ... | own address u32 |   at least 16 bytes
// A run of pages holds | sentinel | blocks ... | sentinel |. The entries of a log are blocks too: a log read into memory
// is a run like any other, and its dead entries are freed where they lie.
//
// Lists: units 2-63 one list each (level 0); above, 16 lists for each power of two.

import {
  BLOCK_KIND, BLOCK_KIND_SHIFT, BLOCK_PREVIOUS_FREE, BLOCK_UNITS, BLOCKS_CONTROL, KIND_FREE, KIND_SENTINEL, PAGE_BYTES,
  PAGE_RECORD, PAGE_RUN, PAGE_TABLE, S_PAGES_TOP,
} from "../abi";
import { pagesAcquire, pagesFor, pagesRelease } from "./pages";

const LEVELS: u32 = 19;
const LEVEL_BITMAP: usize = BLOCKS_CONTROL;
const LIST_BITMAPS: usize = BLOCKS_CONTROL + 8; // u64[LEVELS]
const HEADS: usize = BLOCKS_CONTROL + 256; // u32[LEVELS][64]
const UNITS_MIN: u32 = 2;
const RUN_PAGES_MAX: u32 = 64;

// @ts-ignore: decorator
@inline function level(units: u32): u32 {
  return units < 64 ? 0 : 26 - clz<u32>(units);
}

// @ts-ignore: decorator
@inline function list(units: u32, lvl: u32): u32 {
  return lvl == 0 ? units : (units >> (lvl + 1)) & 15;
}

// @ts-ignore: decorator
@inline function head(lvl: u32, lst: u32): usize {
  return HEADS + (((<usize>lvl << 6) + lst) << 2);
}

// @ts-ignore: decorator
@inline export function blockUnits(block: usize): u32 {
  return load<u32>(block) & BLOCK_UNITS;
}

// @ts-ignore: decorator
@inline export function blockKind(block: usize): u32 {
  return (load<u32>(block) >> BLOCK_KIND_SHIFT) & BLOCK_KIND;
}

// @ts-ignore: decorator
@inline export function blockBytes(block: usize): usize {
  return <usize>(load<u32>(block) & BLOCK_UNITS) << 3;
}

function link(block: usize, units: u32): void {
  const lvl = level(units);
  const lst = list(units, lvl);
  const at = head(lvl, lst);
  const next = load<u32>(at);
  store<u32>(block, next, 4);
  store<u32>(block, 0, 8);
  if (next != 0) store<u32>(<usize>next, <u32>block, 8);
  store<u32>(at, <u32>block);
  store<u32>(block + (<usize>units << 3) - 4, <u32>block);
  const bitmap = LIST_BITMAPS + (<usize>lvl << 3);
  store<u64>(bitmap, load<u64>(bitmap) | (<u64>1 << lst));
  store<u32>(LEVEL_BITMAP, load<u32>(LEVEL_BITMAP) | (1 << lvl));
}

function unlink(block: usize, units: u32): void {
  const next = load<u32>(block, 4);
  const previous = load<u32>(block, 8);
  if (next != 0) store<u32>(<usize>next, previous, 8);
  if (previous != 0) {
    store<u32>(<usize>previous, next, 4);
    return;
  }
  const lvl = level(units);
  const lst = list(units, lvl);
  store<u32>(head(lvl, lst), next);
  if (next != 0) return;
  const bitmap = LIST_BITMAPS + (<usize>lvl << 3);
  const bits = load<u64>(bitmap) & ~(<u64>1 << lst);
  store<u64>(bitmap, bits);
  if (bits == 0) store<u32>(LEVEL_BITMAP, load<u32>(LEVEL_BITMAP) & ~(1 << lvl));
}

/** Marks [block, block + units) as free and lists it; the neighbours must not be free. */
function release(block: usize, units: u32): void {
  store<u32>(block, units | (KIND_FREE << BLOCK_KIND_SHIFT));
  const after = block + (<usize>units << 3);
  store<u32>(after, load<u32>(after) | BLOCK_PREVIOUS_FREE);
  link(block, units);
}

function find(units: u32): usize {
  // Rounded up to the lower bound of the next list, so that any block of the list fits.
  let wanted = units;
  let lvl = level(wanted);
  if (lvl != 0) {
    // A block freed at exactly this size is in the list below: its first few are checked, or such holes would stay
    // unused.
    let block = <usize>load<u32>(head(lvl, list(units, lvl)));
    let best: usize = 0;
    let bestUnits = u32.MAX_VALUE;
    for (let tries = 0; block != 0 && tries < 16; tries++) {
      const have = blockUnits(block);
      if (have == units) return block;
      if (have > units && have < bestUnits) {
        best = block;
        bestUnits = have;
      }
      block = load<u32>(block, 4);
    }
    if (best != 0) return best;
    wanted += (1 << (lvl + 1)) - 1;
    lvl = level(wanted);
  }
  if (lvl >= LEVELS) return 0;
  let bits = load<u64>(LIST_BITMAPS + (<usize>lvl << 3)) & (~<u64>0 << list(wanted, lvl));
  if (bits == 0) {
    const levels = load<u32>(LEVEL_BITMAP) & (lvl == 31 ? 0 : ~<u32>0 << (lvl + 1));
    if (levels == 0) return 0;
    lvl = ctz<u32>(levels);
    bits = load<u64>(LIST_BITMAPS + (<usize>lvl << 3));
  }
  return load<u32>(head(lvl, <u32>ctz<u64>(bits)));
}

/** Adds a run of pages to the arena: all free, except for what is already in it. */
function blocksAddRun(address: usize, pages: u32): void {
  const units = <u32>((<usize>pages * PAGE_BYTES) >> 3) - 2;
  assert(units <= BLOCK_UNITS);
  sentinel(address);
  sentinel(address + ((<usize>units + 1) << 3));
  store<u8>(PAGE_TABLE + address / PAGE_BYTES, PAGE_RUN);
  release(address + 8, units);
}

/**
 * Releases the pages of runs that hold nothing. Called only when there are no other pages: otherwise a partition that
 * was full and then emptied would keep its memory in runs for ever, none of which can hold a document larger than
 * itself.
 */
export function blocksGiveBack(): bool {
  let some = false;
  for (let lvl = level(<u32>(PAGE_BYTES >> 3) - 2); lvl < LEVELS; lvl++) {
    for (let lst: u32 = 0; lst < 16; lst++) {
      let block = <usize>load<u32>(head(lvl, lst));
      while (block != 0) {
        const next = <usize>load<u32>(block, 4);
        if (giveBack(block)) some = true;
        block = next;
      }
    }
  }
  return some;
}

/** Releases the run of a free block, if it spans everything between the first and the last unit of the run. */
function giveBack(block: usize): bool {
  const run = block - 8;
  const units = blockUnits(block);
  const bytes = <usize>(units + 2) << 3;
  if ((run | bytes) % PAGE_BYTES != 0 || load<u8>(PAGE_TABLE + run / PAGE_BYTES) != PAGE_RUN) return false;
  unlink(block, units);
  pagesRelease(run, <u32>(bytes / PAGE_BYTES));
  return true;
}

/** A used unit at the end of a run, so that merging never crosses it. */
export function sentinel(address: usize): void {
  store<u64>(address, 1 | (KIND_SENTINEL << BLOCK_KIND_SHIFT));
}

/** Adds [from, to) to the arena, a range without a block structure; at least 16 bytes, between two used blocks. */
export function blocksAddRange(from: usize, to: usize): void {
  let at = from;
  while (to - at >= 16) {
    let units = <u32>min<usize>((to - at) >> 3, BLOCK_UNITS);
    // A remainder of one unit could not be a free block, so it gets two.
    if ((to - at) >> 3 == <usize>units + 1) units--;
    release(at, units);
    at += <usize>units << 3;
    if (to - at >= 16) {
      // Two free blocks must never touch: a sentinel separates them.
      sentinel(at);
      at += 8;
    }
  }
}

/**
 * Acquires a block of at least `units`, possibly one more, with its kind set and its content undefined; 0 when memory
 * is exhausted.
 */
export function blockAcquire(units: u32, kind: u32): usize {
  if (units < UNITS_MIN) units = UNITS_MIN;
  let block = find(units);
  if (block == 0) {
    const needed = pagesFor((<usize>units << 3) * 17 / 16 + 32);
    const pages = max<u32>(needed, min<u32>(load<u32>(S_PAGES_TOP) >> 3, RUN_PAGES_MAX));
    let run = pagesAcquire(pages, PAGE_RECORD);
    if (run != 0) {
      blocksAddRun(run, pages);
    } else {
      if (pages == needed) return 0;
      run = pagesAcquire(needed, PAGE_RECORD);
      if (run == 0) return 0;
      blocksAddRun(run, needed);
    }
    block = find(units);
    if (block == 0) return 0;
  }
  const have = blockUnits(block);
  assert(have >= units && blockKind(block) == KIND_FREE);
  unlink(block, have);
  const rest = have - units;
  const after = block + (<usize>have << 3);
  if (rest >= UNITS_MIN) {
    store<u32>(block, units | (kind << BLOCK_KIND_SHIFT));
    const tail = block + (<usize>units << 3);
    store<u32>(tail, rest);
    link(tail, rest);
  } else {
    store<u32>(block, have | (kind << BLOCK_KIND_SHIFT));
    store<u32>(after, load<u32>(after) & ~BLOCK_PREVIOUS_FREE);
  }
  return block;
}

/** Releases a block and merges it with free neighbours. */
export function blockRelease(address: usize): void {
  let block = address;
  let units = blockUnits(block);
  assert(blockKind(block) != KIND_FREE && units != 0);
  if (units < UNITS_MIN && !(load<u32>(block) & BLOCK_PREVIOUS_FREE)) {
    if (blockKind(block + 8) != KIND_FREE) return; // one lone unit: lost until its run goes
  }
  if (load<u32>(block) & BLOCK_PREVIOUS_FREE) {
    const before = <usize>load<u32>(block - 4);
    const beforeUnits = blockUnits(before);
    if (beforeUnits + units <= BLOCK_UNITS) {
      unlink(before, beforeUnits);
      block = before;
      units += beforeUnits;
    }
  }
  const after = block + (<usize>units << 3);
  if (blockKind(after) == KIND_FREE) {
    const afterUnits = blockUnits(after);
    if (afterUnits + units <= BLOCK_UNITS) {
      unlink(after, afterUnits);
      units += afterUnits;
    }
  }
  store<u32>(block, units);
  const end = block + (<usize>units << 3);
  store<u32>(end, load<u32>(end) | BLOCK_PREVIOUS_FREE);
  link(block, units);
}

/** Forgets every free block; used before the arena is rebuilt. */
export function blocksReset(): void {
  memory.fill(BLOCKS_CONTROL, 0, 256 + LEVELS * 64 * 4);
}
