// The memory of one index: blocks in size classes (powers of two and the steps half-way), each class with a free list.
// Small blocks are cut from runs of pages, large ones are runs of their own. Dropping an index releases all its pages.
//
// Run: | 0 next run u32 | 4 pages u32 | 8 run before u32 (large only) | 12 zero | content |

import { PAGE_BYTES, PAGE_STRUCT } from "../abi";
import { pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { Inverted } from "./structs";

export const ARENA_CLASSES: u32 = 32;
const RUN_HEADER: usize = 16;
/** The largest size class in bytes; larger blocks have pages of their own. */
const SMALL_BYTES_MAX: usize = 24576;
const RUN_PAGES_MAX: u32 = 16;

/** 16, 24, 32, 48, 64, ... */
// @ts-ignore: decorator
@inline function classOf(bytes: usize): u32 {
  if (bytes <= 16) return 0;
  const top = 31 - clz<u32>(<u32>bytes - 1);
  return ((top - 4) << 1) + 1 + ((<u32>bytes - 1) >> (top - 1) & 1);
}

// @ts-ignore: decorator
@inline function classBytes(size: u32): usize {
  return size & 1 ? <usize>24 << (size >> 1) : <usize>16 << (size >> 1);
}

// @ts-ignore: decorator
@inline function freeHead(index: Inverted, size: u32): usize {
  return changetype<usize>(index) + offsetof<Inverted>() + (<usize>size << 2);
}

/** Acquires bytes, not zeroed, 8-byte aligned; 0 when memory is exhausted. */
export function arenaAcquire(index: Inverted, bytes: usize): usize {
  if (bytes > SMALL_BYTES_MAX) return acquireLarge(index, bytes);
  const size = classOf(bytes);
  const head = freeHead(index, size);
  const free = <usize>load<u32>(head);
  if (free != 0) {
    store<u32>(head, load<u32>(free));
    return free;
  }
  const length = classBytes(size);
  if (<usize>index.runNext + length > <usize>index.runEnd && !extend(index, length)) return 0;
  const at = index.runNext;
  index.runNext = at + <u32>length;
  return at;
}

/** Releases a block that was acquired with the same number of bytes. */
export function arenaRelease(index: Inverted, address: usize, bytes: usize): void {
  if (address == 0) return;
  if (bytes > SMALL_BYTES_MAX) {
    releaseLarge(index, address - RUN_HEADER);
    return;
  }
  const head = freeHead(index, classOf(bytes));
  store<u32>(address, load<u32>(head));
  store<u32>(head, <u32>address);
}

/** Releases everything; the struct can then be used for another index. */
export function arenaClear(index: Inverted): void {
  releaseRuns(<usize>index.run);
  releaseRuns(<usize>index.large);
  memory.fill(changetype<usize>(index), 0, offsetof<Inverted>() + (<usize>ARENA_CLASSES << 2));
}

function releaseRuns(first: usize): void {
  let run = first;
  while (run != 0) {
    const next = <usize>load<u32>(run);
    pagesRelease(run, load<u32>(run, 4));
    run = next;
  }
}

function extend(index: Inverted, bytes: usize): bool {
  // The rest of the old run goes to the free lists, largest pieces first.
  let at = <usize>index.runNext;
  for (let size = <i32>classOf(SMALL_BYTES_MAX); size >= 0; size--) {
    const length = classBytes(<u32>size);
    while (at + length <= <usize>index.runEnd) {
      arenaRelease(index, at, length);
      at += length;
    }
  }
  index.runNext = 0;
  index.runEnd = 0;
  const least = pagesFor(bytes + RUN_HEADER);
  let pages = max<u32>(least, min<u32>(index.pages >> 3, RUN_PAGES_MAX));
  let run = pagesAcquire(pages, PAGE_STRUCT);
  if (run == 0 && pages > least) {
    pages = least;
    run = pagesAcquire(pages, PAGE_STRUCT);
  }
  if (run == 0) return false;
  store<u32>(run, index.run);
  store<u32>(run, pages, 4);
  index.run = <u32>run;
  index.runNext = <u32>(run + RUN_HEADER);
  index.runEnd = <u32>(run + <usize>pages * PAGE_BYTES);
  index.pages += pages;
  return true;
}

function acquireLarge(index: Inverted, bytes: usize): usize {
  const pages = pagesFor(bytes + RUN_HEADER);
  const run = pagesAcquire(pages, PAGE_STRUCT);
  if (run == 0) return 0;
  const next = <usize>index.large;
  store<u32>(run, <u32>next);
  store<u32>(run, pages, 4);
  store<u32>(run, 0, 8);
  if (next != 0) store<u32>(next, <u32>run, 8);
  index.large = <u32>run;
  index.pages += pages;
  return run + RUN_HEADER;
}

function releaseLarge(index: Inverted, run: usize): void {
  const next = <usize>load<u32>(run);
  const before = <usize>load<u32>(run, 8);
  const pages = load<u32>(run, 4);
  if (next != 0) store<u32>(next, <u32>before, 8);
  if (before != 0) store<u32>(before, <u32>next);
  else index.large = <u32>next;
  index.pages -= pages;
  pagesRelease(run, pages);
}

/**
 * Grows an array from `oldBytes` to `bytes`: a copy, followed by zeros; 0 when memory is exhausted, and then nothing
 * has changed.
 */
export function arenaGrow(index: Inverted, address: usize, oldBytes: usize, bytes: usize): usize {
  const grown = arenaAcquire(index, bytes);
  if (grown == 0) return 0;
  if (address != 0) {
    memory.copy(grown, address, oldBytes);
    arenaRelease(index, address, oldBytes);
  } else {
    oldBytes = 0;
  }
  memory.fill(grown + oldBytes, 0, bytes - oldBytes);
  return grown;
}
