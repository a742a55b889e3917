// Initializing a partition's memory, restoring it from a snapshot, the staging region, scans.

import {
  DERIVED_VECTORS, FIRST_PAGE, KEY_BUFFER, LAYOUT_VERSION, S_BATCH_COUNTS, PAGE_CLEAN, PAGE_SCRATCH, PAGE_STRUCT, PAGE_TABLE, PAGES_MAX, S_GATHER, S_GATHER_BYTES,
  S_GATHER_PAGES, S_DERIVED, S_FLAT_BUFFER, S_FLAT_PAGES, S_LAYOUT, S_OPS, S_OPS_CAPACITY, S_OPS_COUNT, S_PAGES_FREE, S_PAGES_LIMIT, S_PAGES_TOP, S_PRIMARY_NAME, S_SCAN_NEXT,
  S_SEED_0, S_SEED_1, S_SHIFT, S_SHIFT_PAGES, S_SLOT_MARKED, S_SLOT_TOP, S_STAGE_BYTES, S_STAGE_LENGTHS, S_STAGE_PAGES, S_STAGE_TEXT, S_STAGE_WIDES,
  S_STAGE_WORDS, S_VECTOR_FIELDS, S_VECTOR_TABLE, SLOT_NONE, STATIC_DERIVED, STATUS_CORRUPT, STATUS_OK,
  STATUS_OUT_OF_MEMORY,
} from "../abi";
import { hashCreate } from "../hash";
import { blocksReset, pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { bytesCopy, nameIntern, uuidFormat } from "../record";
import { slotAddress, slotsCreate } from "../slot";

/** Creates an empty partition. The name of the primary key field is in the key buffer. */
export function store_create(pagesLimit: u32, seed0: u64, seed1: u64, primaryBytes: u32): i32 {
  assert(__heap_base <= STATIC_DERIVED);
  store<u32>(S_LAYOUT, LAYOUT_VERSION);
  store<u32>(S_PAGES_TOP, FIRST_PAGE);
  store<u32>(S_PAGES_LIMIT, min(pagesLimit, PAGES_MAX));
  store<u64>(S_SEED_0, seed0);
  store<u64>(S_SEED_1, seed1);
  blocksReset();
  if (!hashCreate() || !slotsCreate()) return STATUS_OUT_OF_MEMORY;
  const primary = nameIntern(KEY_BUFFER, primaryBytes);
  store<u32>(S_PRIMARY_NAME, primary);
  return primary == 0 ? STATUS_OUT_OF_MEMORY : STATUS_OK;
}

/**
 * Called before a snapshot's pages are copied in: grows memory to include them, and to the wanted number of pages if
 * possible.
 */
export function store_restore_begin(pagesTop: u32, pagesWanted: u32, pagesLimit: u32): i32 {
  if (pagesTop > pagesLimit || pagesTop < FIRST_PAGE) return STATUS_OUT_OF_MEMORY;
  const have = <u32>memory.size();
  if (have < pagesWanted && memory.grow(pagesWanted - have) >= 0) return STATUS_OK;
  if (have < pagesTop && memory.grow(pagesTop - have) < 0) return STATUS_OUT_OF_MEMORY;
  return STATUS_OK;
}

/**
 * Called after STATE and the pages were copied in, their kinds set to PAGE_STRUCT: resets everything that lived only
 * for the old process.
 */
export function store_restore_end(pagesTop: u32, pagesLimit: u32): i32 {
  if (load<u32>(S_LAYOUT) != LAYOUT_VERSION) return STATUS_CORRUPT;
  let free: u32 = 0;
  for (let page = FIRST_PAGE; page < pagesTop; page++) {
    if (load<u8>(PAGE_TABLE + page) == PAGE_STRUCT) continue;
    store<u8>(PAGE_TABLE + page, PAGE_CLEAN);
    free++;
  }
  store<u32>(S_PAGES_TOP, pagesTop);
  store<u32>(S_PAGES_LIMIT, min(pagesLimit, PAGES_MAX));
  store<u32>(S_PAGES_FREE, free);
  store<u32>(S_STAGE_PAGES, 0);
  store<u32>(S_STAGE_WORDS, 0);
  store<u32>(S_OPS, 0);
  store<u32>(S_OPS_CAPACITY, 0);
  store<u32>(S_OPS_COUNT, 0);
  memory.fill(S_BATCH_COUNTS, 0, 32);
  store<u32>(S_GATHER, 0);
  store<u32>(S_GATHER_PAGES, 0);
  store<u32>(S_GATHER_BYTES, 0);
  store<u32>(S_SHIFT, 0);
  store<u32>(S_SHIFT_PAGES, 0);
  store<u32>(S_SLOT_MARKED, 0);
  store<u32>(S_DERIVED, load<u32>(S_DERIVED) & ~DERIVED_VECTORS);
  store<u32>(S_VECTOR_FIELDS, 0);
  store<u32>(S_VECTOR_TABLE, 0);
  store<u32>(S_FLAT_BUFFER, 0);
  store<u32>(S_FLAT_PAGES, 0);
  blocksReset();
  return STATUS_OK;
}

/**
 * Renews the region that JS stages into: five parts of the requested sizes (bytes, multiples of 8). Their addresses are
 * in STATE.
 */
export function store_stage(words: u32, wides: u32, lengths: u32, text: u32, bytes: u32): i32 {
  pagesRelease(load<u32>(S_STAGE_WORDS), load<u32>(S_STAGE_PAGES));
  store<u32>(S_STAGE_PAGES, 0);
  store<u32>(S_STAGE_WORDS, 0);
  // 16 extra bytes, because text is read in vectors.
  const total = <u64>words + wides + lengths + text + bytes + 16;
  if (total > <u64>u32.MAX_VALUE) return STATUS_OUT_OF_MEMORY;
  const pages = pagesFor(<usize>total);
  const region = pagesAcquire(pages, PAGE_SCRATCH);
  if (region == 0) return STATUS_OUT_OF_MEMORY;
  store<u32>(S_STAGE_PAGES, pages);
  store<u32>(S_STAGE_WORDS, <u32>region);
  store<u32>(S_STAGE_WIDES, <u32>region + words);
  store<u32>(S_STAGE_LENGTHS, <u32>region + words + wides);
  store<u32>(S_STAGE_TEXT, <u32>region + words + wides + lengths);
  store<u32>(S_STAGE_BYTES, <u32>region + words + wides + lengths + text);
  return STATUS_OK;
}

/**
 * Writes up to `count` (at most 1024) addresses of records in slot order, from `slot` on, to the key buffer;
 * S_SCAN_NEXT: where to continue.
 */
export function store_scan(slot: u32, count: u32): u32 {
  const top = load<u32>(S_SLOT_TOP);
  let found: u32 = 0;
  let at = slot;
  while (at < top && found < count) {
    const record = slotAddress(at++);
    if (record == 0) continue;
    store<u32>(KEY_BUFFER + (<usize>found << 2), <u32>record);
    found++;
  }
  store<u32>(S_SCAN_NEXT, at < top ? at : SLOT_NONE);
  return found;
}

/** Writes the 36 characters of the UUID at `from` to the start of the key buffer, followed by `bytes` of text. */
export function store_uuid(from: usize, text: usize, bytes: u32): void {
  uuidFormat(from, KEY_BUFFER);
  if (bytes != 0) bytesCopy(KEY_BUFFER + 36, text, bytes);
}
