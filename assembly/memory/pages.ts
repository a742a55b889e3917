// 64 KiB pages of linear memory, the only caller of memory.grow. The page table holds one kind byte for each page;
// a run of pages is freed by whoever knows its length.

import {
  FIRST_PAGE, PAGE_BYTES, PAGE_CLEAN, PAGE_COLUMN, PAGE_FREE, PAGE_RECORD, PAGE_SCRATCH, PAGE_TABLE, PAGES_RESERVED, PAGES_RESERVED_SCRATCH, S_PAGES_FREE,
  S_PAGES_LENT, S_PAGES_LIMIT, S_PAGES_TOP, S_SLOT_TOP,
} from "../abi";
import { blocksGiveBack } from "./blocks";

/**
 * An engine counts grown memory as new: V8 marks its whole heap, whatever else is in it, after every 32 MiB of new memory. Up to
 * SMALL_PAGES memory grows by a quarter, so that many small collections do not count for much; beyond that it grows seldom and in large
 * steps, as untouched memory takes no room. A log about to be read requests a lot at once, and hardly more will be needed.
 */
const SMALL_PAGES: u32 = 32;
const MIDDLE_PAGES: u32 = 128;
const NEAR_PAGES: u32 = 480;
const FAR_PAGES: u32 = 2048;
const STEP_PAGES_MAX: u32 = 8192;

function sizeFor(pagesNeeded: u32, have: u32): u32 {
  if (pagesNeeded - have >= NEAR_PAGES) return pagesNeeded + (pagesNeeded >> 3);
  if (pagesNeeded <= SMALL_PAGES) return min<u32>(pagesNeeded + (pagesNeeded >> 2), SMALL_PAGES);
  if (pagesNeeded <= MIDDLE_PAGES) return MIDDLE_PAGES;
  if (pagesNeeded <= NEAR_PAGES) return NEAR_PAGES;
  let size = FAR_PAGES;
  while (size < pagesNeeded) size += min<u32>(size, STEP_PAGES_MAX);
  return size;
}

function grow(pagesNeeded: u32, limit: u32): bool {
  const have = <u32>memory.size();
  if (have >= pagesNeeded) return true;
  if (memory.grow(min<u32>(sizeFor(pagesNeeded, have), limit) - have) >= 0) return true;
  return memory.grow(pagesNeeded - have) >= 0;
}

function findRun(count: u32, top: u32): u32 {
  let run: u32 = 0;
  for (let page = FIRST_PAGE; page < top; page++) {
    const kind = load<u8>(PAGE_TABLE + page);
    run = kind == PAGE_FREE || kind == PAGE_CLEAN ? run + 1 : 0;
    if (run == count) return page - count + 1;
  }
  return 0;
}

/** Zeroes free pages. Those below a restored snapshot's top were never touched: filling them would cost a page fault per 4 KB. */
function clear(page: u32, count: u32): void {
  for (let i = page; i < page + count; i++) {
    if (load<u8>(PAGE_TABLE + i) != PAGE_CLEAN) memory.fill(<usize>i * PAGE_BYTES, 0, PAGE_BYTES);
  }
}

/** Pages that must remain after pages of a kind were acquired. A compaction needs four bytes of scratch per slot. */
function reserved(kind: u8): u32 {
  if (kind == PAGE_SCRATCH || load<u32>(S_PAGES_LENT) != 0) return 0;
  return (kind == PAGE_RECORD || kind == PAGE_COLUMN ? PAGES_RESERVED : PAGES_RESERVED_SCRATCH) + (load<u32>(S_SLOT_TOP) >> 14);
}

/** Number of further pages that the limit allows. */
export function pagesSpare(): u32 {
  return load<u32>(S_PAGES_LIMIT) + load<u32>(S_PAGES_FREE) - load<u32>(S_PAGES_TOP);
}

/** Acquires zeroed pages; 0 when the limit is reached or the platform refuses. Before failing, runs without records are released. */
export function pagesAcquire(count: u32, kind: u8): usize {
  const pages = acquire(count, kind);
  return pages != 0 || !blocksGiveBack() ? pages : acquire(count, kind);
}

function acquire(count: u32, kind: u8): usize {
  const top = load<u32>(S_PAGES_TOP);
  const free = load<u32>(S_PAGES_FREE);
  const limit = load<u32>(S_PAGES_LIMIT);
  if (<u64>top + count + reserved(kind) > <u64>limit + free) return 0;
  if (free >= count) {
    const page = findRun(count, top);
    if (page != 0) {
      clear(page, count);
      memory.fill(PAGE_TABLE + page, kind, count);
      store<u32>(S_PAGES_FREE, free - count);
      return <usize>page * PAGE_BYTES;
    }
  }
  if (<u64>top + count > <u64>limit || !grow(top + count, limit)) return 0;
  memory.fill(PAGE_TABLE + top, kind, count);
  store<u32>(S_PAGES_TOP, top + count);
  return <usize>top * PAGE_BYTES;
}

/**
 * Acquires pages that memory need not include yet (`pagesReach`), with `ahead` free ones before them for other uses meanwhile: pages beyond
 * them would make memory grow. Returns 0 if there are not enough.
 */
export function pagesPromise(count: u32, ahead: u32): usize {
  const top = load<u32>(S_PAGES_TOP);
  const limit = load<u32>(S_PAGES_LIMIT);
  if (<u64>top + ahead + count + reserved(PAGE_RECORD) > <u64>limit || !grow(top + ahead, limit)) return 0;
  memory.fill(PAGE_TABLE + top, PAGE_CLEAN, ahead);
  memory.fill(PAGE_TABLE + top + ahead, PAGE_RECORD, count);
  store<u32>(S_PAGES_FREE, load<u32>(S_PAGES_FREE) + ahead);
  store<u32>(S_PAGES_TOP, top + ahead + count);
  return <usize>(top + ahead) * PAGE_BYTES;
}

/** Grows memory to include `end`, which is in acquired pages; by at least a quarter, in case it is called for little at a time. */
export function pagesReach(end: usize): bool {
  const have = <u32>memory.size();
  const needed = pagesFor(end);
  if (needed <= have) return true;
  const size = min(max(needed, have + (have >> 2)), load<u32>(S_PAGES_TOP));
  return memory.grow(size - have) >= 0 || memory.grow(needed - have) >= 0;
}

/** Releases a run; its content is lost. */
export function pagesRelease(address: usize, count: u32): void {
  if (address == 0) return;
  const page = <u32>(address / PAGE_BYTES);
  assert(address % PAGE_BYTES == 0 && page >= FIRST_PAGE && page + count <= load<u32>(S_PAGES_TOP));
  memory.fill(PAGE_TABLE + page, PAGE_FREE, count);
  store<u32>(S_PAGES_FREE, load<u32>(S_PAGES_FREE) + count);
}

export function pagesFor(bytes: usize): u32 {
  return <u32>((bytes + PAGE_BYTES - 1) / PAGE_BYTES);
}
