// Replaying a log: frames are checked first, then applied. Replay goes by slot alone (the last entry of a slot wins) and the index is built
// at the end, so entries may even be applied twice, as happens after a compaction.

import {
  BATCH_SCRATCH, BLOCK_KIND_SHIFT, FRAME_BYTES, FRAME_CONTINUES, FRAME_GROUP, FRAME_MORE, KIND_DELETE, KIND_FRAME, KIND_RECORD, KIND_SHAPE,
  KIND_TRANSACTION, KEY_BUFFER, PAGE_RECORD, PAGE_SCRATCH, RECORD_HEADER, S_CHECK_DURABLE, S_CHECK_END, S_CHECK_GROUP, S_CHECK_OPEN, S_CHECK_SEQUENCE, S_CHECK_STOP,
  S_COUNT, S_LIVE_BYTES, S_LOG_SEED, S_SLOT_FREE, S_SLOT_TOP, S_WALK_AT, S_WALK_LIVE, S_WALK_LOST, SHAPE_INLINE, SLOT_NONE, STATUS_CORRUPT, STATUS_OK,
  STATUS_OUT_OF_MEMORY, WALK_COPY, WALK_COVERED, WALK_DISCARD, WALK_HASH, WALK_INDEX, WALK_SALVAGE, WALK_SHAPES, PAGE_BYTES,
} from "../abi";
import { hashExpect, hashInsert, hashRemove, hashTouch, keyHash, xxh64 } from "../hash";
import {
  blockAcquire, blockBytes, blockKind, blockRelease, blocksAddRange, blockUnits, pagesAcquire, pagesFor, pagesPromise, pagesReach, pagesRelease, sentinel,
} from "../memory";
import {
  keyBytes, keyOfRecord, keyPointer, keyType, recordIsReadable, recordShape, recordSlot, shapeKnown, shapeReadEntry,
} from "../record";
import { recordChanged } from "./change";
import { findSlot } from "./find";
import { slotAddress, slotLogUnits, slotRelease, slotSetAddress, slotSetLogUnits, slotsReach } from "../slot";

const FRAME_WORD: u32 = <u32>(FRAME_BYTES >> 3) | (KIND_FRAME << BLOCK_KIND_SHIFT);
const FRAME_WORD_MASK: u32 = ~(FRAME_MORE | FRAME_GROUP | FRAME_CONTINUES);

/**
 * Reserves pages to read a log of `bytes` into; its first byte goes 8 after the address. Returns 0 if it does not fit. `isWindow`: it is
 * only read through and never attached.
 */
export function store_log_reserve(bytes: usize, isWindow: bool): usize {
  return pagesAcquire(pagesFor(bytes + 32), isWindow ? PAGE_SCRATCH : PAGE_RECORD);
}

/** The same for a log that is read later; memory grows only as far as requested (`store_log_reach`). */
export function store_log_promise(bytes: usize): usize {
  return pagesPromise(pagesFor(bytes + 32), pagesFor(bytes >> 2));
}

/** Returns false if the platform refuses. */
export function store_log_reach(end: usize): bool {
  return pagesReach(end);
}

/** Makes the `bytes` read a part of the arena (its blocks in use until walked), and frees the rest of the pages. */
export function store_log_attach(run: usize, reserved: usize, bytes: usize): void {
  const end = run + <usize>pagesFor(reserved + 32) * PAGE_BYTES;
  sentinel(run);
  sentinel(run + 8 + bytes);
  const rest = run + 16 + bytes;
  sentinel(end - 8);
  if (end - 8 - rest >= 16) blocksAddRange(rest, end - 8);
}

/** Releases pages that were only read through. */
export function store_log_release(run: usize, reserved: usize): void {
  pagesRelease(run, pagesFor(reserved + 32));
}

/** Bytes of the valid frame at `frame`, or 0. */
function frameCheck(frame: usize, end: usize): u32 {
  if (frame + FRAME_BYTES > end) return 0;
  if ((load<u32>(frame) & FRAME_WORD_MASK) != FRAME_WORD) return 0;
  const payload = load<u32>(frame, 4);
  if ((payload & 7) != 0 || payload == 0 || <u64>payload > <u64>(end - frame - FRAME_BYTES)) return 0;
  const sum = load<u64>(frame, 16);
  store<u64>(frame, 0, 16);
  const isValid = xxh64(frame, FRAME_BYTES + payload, load<u64>(S_LOG_SEED)) == sum;
  store<u64>(frame, sum, 16);
  return isValid ? <u32>FRAME_BYTES + payload : 0;
}

/**
 * Checks frames from `from` on, each with a greater sequence than the one before and the first with at least `sequence`. Stops after the
 * first whole group that has a transaction (S_CHECK_GROUP), otherwise at the end or at an invalid frame. `open`: where a group began that
 * an earlier call left incomplete, or 0.
 */
export function store_log_check(from: usize, end: usize, sequence: u32, open: usize): void {
  let at = from;
  let next = sequence;
  store<u32>(S_CHECK_END, <u32>(open != 0 ? open : from));
  store<u32>(S_CHECK_GROUP, 0);
  while (at < end) {
    const bytes = frameCheck(at, end);
    if (bytes == 0) break;
    if (load<u32>(at, 12) < next) break;
    // The beginning of its group is lost.
    if (open == 0 && (load<u32>(at) & FRAME_CONTINUES) != 0) break;
    next = load<u32>(at, 12) + 1;
    if (load<u32>(at, 8) > load<u32>(S_CHECK_DURABLE)) store<u32>(S_CHECK_DURABLE, load<u32>(at, 8));
    if (open == 0) open = at;
    const flags = load<u32>(at);
    at += bytes;
    if ((flags & FRAME_MORE) == 0) {
      store<u32>(S_CHECK_END, <u32>at);
      const group = open;
      open = 0;
      if (flags & FRAME_GROUP) {
        store<u32>(S_CHECK_GROUP, <u32>group);
        break;
      }
    }
  }
  store<u32>(S_CHECK_STOP, <u32>at);
  store<u32>(S_CHECK_SEQUENCE, next);
  store<u32>(S_CHECK_OPEN, <u32>open);
}

/** Address of the next valid frame at or after `from`, or 0. */
export function store_log_resync(from: usize, end: usize): usize {
  for (let at = from; at + FRAME_BYTES <= end; at += 8) {
    if ((load<u32>(at) & FRAME_WORD_MASK) == FRAME_WORD && frameCheck(at, end) != 0) return at;
  }
  return 0;
}

function unindex(record: usize, slot: u32): void {
  if (keyOfRecord(record)) hashRemove(keyHash(keyType, keyPointer, keyBytes), slot);
}

/** Empties a slot during a replay. It is not added to the free list until the end, unless the index is maintained. */
function vacate(slot: u32, flags: u32): void {
  const old = slotAddress(slot);
  if (old == 0) return;
  if (flags & (WALK_INDEX | WALK_HASH)) {
    if (flags & WALK_INDEX) recordChanged(slot, old, 0);
    else if (pending != 0) flushPending(0);
    unindex(old, slot);
    store<u32>(S_COUNT, load<u32>(S_COUNT) - 1);
    store<u64>(S_LIVE_BYTES, load<u64>(S_LIVE_BYTES) - blockBytes(old));
  }
  slotSetAddress(slot, 0);
  blockRelease(old);
}

function settle(record: usize, slot: u32, units: u32, flags: u32): i32 {
  let address = record;
  if (flags & WALK_COPY) {
    const length = blockUnits(record);
    address = blockAcquire(length, KIND_RECORD);
    if (address == 0) return STATUS_OUT_OF_MEMORY;
    const have = blockUnits(address);
    memory.copy(address + 4, record + 4, (<usize>length << 3) - 4);
    if (have != length) store<u64>(address + (<usize>length << 3), 0);
  }
  slotSetAddress(slot, address);
  slotSetLogUnits(slot, units);
  if (flags & (WALK_INDEX | WALK_HASH)) {
    if (!keyOfRecord(address)) return STATUS_CORRUPT;
    const hash = keyHash(keyType, keyPointer, keyBytes);
    if (flags & WALK_HASH) {
      const at = BATCH_SCRATCH + <usize>pending * PENDING_BYTES;
      pending++;
      store<u64>(at, hash);
      store<u32>(at, slot, 8);
    } else if (!hashInsert(hash, slot) || !recordChanged(slot, 0, address)) {
      return STATUS_OUT_OF_MEMORY;
    }
    store<u32>(S_COUNT, load<u32>(S_COUNT) + 1);
    store<u64>(S_LIVE_BYTES, load<u64>(S_LIVE_BYTES) + blockBytes(address));
  }
  return STATUS_OK;
}

/** Hashes and slots of applied records on their way into the index: many at a time, so that the cache misses overlap. */
let pending: u32 = 0;
const PENDING_MAX: u32 = 512;
const PENDING_BYTES: usize = 16;
/** Set when memory could not hold the index. */
let isIndexFull: bool = false;

/** `expected`: approximate number of entries that the index will have. */
function flushPending(expected: u32): void {
  const end = BATCH_SCRATCH + <usize>pending * PENDING_BYTES;
  pending = 0;
  if (expected != 0) hashExpect(expected);
  let touched: u32 = 0;
  for (let at = BATCH_SCRATCH; at < end; at += PENDING_BYTES) touched += hashTouch(load<u64>(at));
  store<u32>(KEY_BUFFER, touched);
  for (let at = BATCH_SCRATCH; at < end; at += PENDING_BYTES) {
    if (!hashInsert(load<u64>(at), load<u32>(at, 8))) isIndexFull = true;
  }
}

/** Removes a slot from the free list, in the order slots were assigned; only while the index is maintained. */
function occupy(slot: u32): bool {
  const top = load<u32>(S_SLOT_TOP);
  if (slot >= top) {
    if (!slotsReach(slot)) return false;
    // The slots in between are free.
    for (let s = top; s < slot; s++) slotRelease(s);
    return true;
  }
  if (slotAddress(slot) != 0) return true;
  let head = load<u32>(S_SLOT_FREE);
  if (head == slot + 1) {
    store<u32>(S_SLOT_FREE, slotLogUnits(slot));
    return true;
  }
  while (head != 0) {
    const next = slotLogUnits(head - 1);
    if (next == slot + 1) {
      slotSetLogUnits(head - 1, slotLogUnits(slot));
      return true;
    }
    head = next;
  }
  return true;
}

function applyRecord(record: usize, units: u32, flags: u32): i32 {
  const slot = recordSlot(record);
  const shape = recordShape(record);
  if (slot == SLOT_NONE) return STATUS_CORRUPT;
  if (flags & WALK_SALVAGE) {
    if (!recordIsReadable(record)) {
      store<u32>(S_WALK_LOST, load<u32>(S_WALK_LOST) + 1);
      return STATUS_OK;
    }
  } else if (shape != SHAPE_INLINE && !shapeKnown(shape)) {
    return STATUS_CORRUPT;
  }
  if (flags & WALK_COVERED) {
    if (slot >= load<u32>(S_SLOT_TOP) || slotAddress(slot) == 0 || slotLogUnits(slot) != units) return STATUS_OK;
    store<u32>(S_WALK_LIVE, load<u32>(S_WALK_LIVE) + 1);
    // The index already exists.
    return settle(record, slot, units, flags & ~WALK_INDEX);
  }
  if (flags & WALK_INDEX) {
    if (!occupy(slot)) return STATUS_OUT_OF_MEMORY;
  } else if (!slotsReach(slot)) {
    return STATUS_OUT_OF_MEMORY;
  }
  vacate(slot, flags);
  return settle(record, slot, units, flags);
}

/**
 * Applies the checked frames in [from, end), about `bytesMax` of them, which are at `units` of the log; S_WALK_AT: where to continue.
 * Without WALK_COPY the records stay in place and everything else is released to the arena.
 */
export function store_log_walk(from: usize, end: usize, units: u32, flags: u32, bytesMax: u32): i32 {
  pending = 0;
  isIndexFull = false;
  let at = from;
  const stop = min<usize>(end, from + bytesMax);
  // Each block is located through the previous one: without this, every step would wait for memory.
  let touched: u32 = 0;
  for (let line = from; line < stop; line += 64) touched += load<u8>(line);
  store<u32>(KEY_BUFFER, touched);
  let position = units;
  while (at < stop) {
    // Releasing a block overwrites it, so its length is read first.
    const length = blockUnits(at);
    const kind = blockKind(at);
    const next = at + (<usize>length << 3);
    if (length < 2 || next > end) return STATUS_CORRUPT;
    let isKept = false;
    if (flags & WALK_SHAPES) {
      const status = kind == KIND_SHAPE ? shapeReadEntry(at, <u32>(next - at)) : STATUS_OK;
      if (status != STATUS_OK) return status;
    } else if ((flags & WALK_DISCARD) == 0) {
      if (kind == KIND_RECORD) {
        if (<u32>(next - at) <= RECORD_HEADER) return STATUS_CORRUPT;
        const status = applyRecord(at, position, flags);
        if (status != STATUS_OK) return status;
        isKept = (flags & WALK_COPY) == 0 && slotAddressOr(recordSlot(at)) == at;
      } else if (kind == KIND_DELETE) {
        const slot = load<u32>(at, 4);
        if ((flags & WALK_COVERED) == 0 && slot < load<u32>(S_SLOT_TOP) && slotAddress(slot) != 0) {
          vacate(slot, flags);
          if (flags & WALK_INDEX) slotRelease(slot);
        }
      } else if (kind == KIND_SHAPE) {
        // A snapshot has already counted the shapes it covers, and a salvage those of the whole log.
        const isCounted = (flags & (WALK_COVERED | WALK_SALVAGE)) != 0;
        const status = isCounted ? STATUS_OK : shapeReadEntry(at, <u32>(next - at));
        if (status != STATUS_OK) return status;
      } else if (kind != KIND_FRAME && kind != KIND_TRANSACTION) {
        return STATUS_CORRUPT;
      }
    }
    if (!isKept && (flags & WALK_COPY) == 0) blockRelease(at);
    position += length;
    at = next;
    if (pending == PENDING_MAX || (pending != 0 && at >= stop)) {
      flushPending(<u32>(<f64>pending * <f64>(end - from) / <f64>(at - from)));
    }
  }
  if (isIndexFull) return STATUS_OUT_OF_MEMORY;
  store<u32>(S_WALK_AT, <u32>at);
  return STATUS_OK;
}

function slotAddressOr(slot: u32): usize {
  return slot < load<u32>(S_SLOT_TOP) ? slotAddress(slot) : 0;
}

/**
 * Adds the next slots, `slotsMax` from `from` on, to the counts and the hash index, after a replay that maintained neither: that of a
 * salvaged log, which may have a key twice where frames are missing.
 */
export function store_log_index(from: u32, slotsMax: u32): i32 {
  const end = min(load<u32>(S_SLOT_TOP), from + slotsMax);
  let documents = load<u32>(S_COUNT);
  let live = load<u64>(S_LIVE_BYTES);
  for (let slot = from; slot < end; slot++) {
    const record = slotAddress(slot);
    if (record == 0) continue;
    if (!keyOfRecord(record)) return STATUS_CORRUPT;
    const hash = keyHash(keyType, keyPointer, keyBytes);
    const twin = findSlot(hash, keyType, keyPointer, keyBytes);
    if (twin != SLOT_NONE) {
      // The later entry is valid.
      const drop = slotLogUnits(twin) < slotLogUnits(slot) ? twin : slot;
      const gone = slotAddress(drop);
      if (drop == twin) {
        unindex(gone, drop);
        documents--;
        live -= blockBytes(gone);
      }
      slotSetAddress(drop, 0);
      blockRelease(gone);
      if (drop == slot) continue;
    }
    if (!hashInsert(hash, slot)) return STATUS_OUT_OF_MEMORY;
    documents++;
    live += blockBytes(record);
  }
  store<u32>(S_COUNT, documents);
  store<u64>(S_LIVE_BYTES, live);
  return STATUS_OK;
}

/** Called after the last slot was indexed: builds the free list, low slots first. */
export function store_log_finish(): void {
  store<u32>(S_SLOT_FREE, 0);
  if (load<u32>(S_COUNT) == load<u32>(S_SLOT_TOP)) return;
  for (let slot = load<u32>(S_SLOT_TOP); slot > 0; slot--) if (slotAddress(slot - 1) == 0) slotRelease(slot - 1);
}
