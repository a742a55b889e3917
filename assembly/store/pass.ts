// Applies a log that is only read through a window: its records are assigned their final addresses, in pages reserved for them, and nothing
// is written there. A record that has died since cannot be read again to find its index entry, so the hashes of keys are kept by slot. The
// index is built from them when the log has been read to its end, or later; until then keys are found by scanning the hashes. Meanwhile
// these occupy the beginning of the reserved pages, whose records are not loaded yet.

import {
  KEY_BUFFER, KIND_DELETE, KIND_FRAME, KIND_RECORD, KIND_SHAPE, KIND_TRANSACTION, RECORD_HEADER, S_COUNT, S_LIVE_BYTES, S_PASS_END,
  S_PASS_GAPS, S_PASS_HASHES, S_SCAN_NEXT, S_SLOT_TOP, S_WALK_AT, S_WALK_LIVE, SHAPE_INLINE, SLOT_NONE, STATUS_CORRUPT, STATUS_OK, STATUS_OUT_OF_MEMORY, WALK_COVERED,
} from "../abi";
import { entrySlot, hashExpect, hashFind, hashHolds, hashInsert, hashTouch, keyHash } from "../hash";
import { blockBytes, blockKind, blockRelease, blockUnits, pagesReach } from "../memory";
import { keyBytes, keyGiven, keyMatches, keyOfRecord, keyPointer, keyType, recordShape, recordSlot, shapeKnown, shapeReadEntry } from "../record";
import { slotAddress, slotLogUnits, slotSet, slotSetAddress, slotsReach } from "../slot";

/** Bits of a hash that the index does not use: they hold the block's units. */
const HASH_SPARE: u64 = 0xffffff80;
const UNITS_SHIFT: u64 = 7;
/** Marks a frame header in the list of gaps. Addresses are multiples of 8. */
const GAP_FRAME: usize = 1;

// @ts-ignore: decorator
@inline function hashAt(slot: u32): usize {
  return <usize>load<u32>(S_PASS_HASHES) + (<usize>slot << 3);
}

/** Adds a block to the list of gaps. */
function listGap(entry: usize): void {
  const at = <usize>load<u32>(S_PASS_GAPS);
  store<u32>(at, <u32>entry);
  store<u32>(S_PASS_GAPS, <u32>at + 4);
}

/** Makes room for the hashes of all slots. */
function reachHashes(): bool {
  const end = hashAt(load<u32>(S_SLOT_TOP));
  return end <= <usize>load<u32>(S_PASS_END) && pagesReach(end);
}

/** Empties a slot; its block is released later. */
function passOver(slot: u32, address: usize): void {
  store<u32>(S_COUNT, load<u32>(S_COUNT) - 1);
  const units = (load<u64>(hashAt(slot)) & HASH_SPARE) >> UNITS_SHIFT;
  store<u64>(S_LIVE_BYTES, load<u64>(S_LIVE_BYTES) - (units << 3));
  slotSetAddress(slot, 0);
  listGap(address);
}

function passRecord(record: usize, delta: usize, units: u32, flags: u32): i32 {
  if (blockBytes(record) <= RECORD_HEADER) return STATUS_CORRUPT;
  const slot = recordSlot(record);
  const shape = recordShape(record);
  if (slot == SLOT_NONE || (shape != SHAPE_INLINE && !shapeKnown(shape))) return STATUS_CORRUPT;
  if (flags & WALK_COVERED) {
    if (slot >= load<u32>(S_SLOT_TOP) || slotAddress(slot) == 0 || slotLogUnits(slot) != units) {
      listGap(record + delta);
      return STATUS_OK;
    }
    store<u32>(S_WALK_LIVE, load<u32>(S_WALK_LIVE) + 1);
    slotSetAddress(slot, record + delta);
    return STATUS_OK;
  }
  if (slot >= load<u32>(S_SLOT_TOP)) {
    if (!slotsReach(slot) || !reachHashes()) return STATUS_OUT_OF_MEMORY;
  } else {
    const old = slotAddress(slot);
    if (old != 0) passOver(slot, old);
  }
  if (!keyOfRecord(record)) return STATUS_CORRUPT;
  store<u64>(hashAt(slot), (keyHash(keyType, keyPointer, keyBytes) & ~HASH_SPARE) | (<u64>blockUnits(record) << UNITS_SHIFT));
  slotSet(slot, record + delta, units);
  store<u32>(S_COUNT, load<u32>(S_COUNT) + 1);
  store<u64>(S_LIVE_BYTES, load<u64>(S_LIVE_BYTES) + blockBytes(record));
  return STATUS_OK;
}

function passDelete(entry: usize, flags: u32): void {
  if (flags & WALK_COVERED) return;
  const slot = load<u32>(entry, 4);
  const old = slot < load<u32>(S_SLOT_TOP) ? slotAddress(slot) : 0;
  if (old != 0) passOver(slot, old);
}

/**
 * Applies the checked frames in [from, end), about `bytesMax` of them, which are at `units` of the log and belong `delta` further on;
 * S_WALK_AT: where to continue. Gaps are listed at S_PASS_GAPS, with at most eight bytes for every 16 of these. `flags`: WALK_HASH or
 * WALK_COVERED.
 */
export function store_pass(from: usize, end: usize, units: u32, delta: usize, flags: u32, bytesMax: u32): i32 {
  let at = from;
  let position = units;
  const stop = min<usize>(end, from + bytesMax);
  while (at < stop) {
    const length = blockUnits(at);
    const kind = blockKind(at);
    const next = at + (<usize>length << 3);
    if (length < 2 || next > end) return STATUS_CORRUPT;
    if (kind == KIND_RECORD) {
      const status = passRecord(at, delta, position, flags);
      if (status != STATUS_OK) return status;
    } else {
      if (kind == KIND_SHAPE) {
        const status = (flags & WALK_COVERED) != 0 ? STATUS_OK : shapeReadEntry(at, <u32>(next - at));
        if (status != STATUS_OK) return status;
      } else if (kind == KIND_DELETE) {
        passDelete(at, flags);
      } else if (kind != KIND_FRAME && kind != KIND_TRANSACTION) {
        return STATUS_CORRUPT;
      }
      listGap((at + delta) | (kind == KIND_FRAME ? GAP_FRAME : 0));
    }
    position += length;
    at = next;
  }
  store<u32>(S_WALK_AT, <u32>at);
  return STATUS_OK;
}

/**
 * Called when the log has been read to its end: reserves memory for its index. Returns false if it must be built to see whether it fits.
 */
export function store_pass_expect(): bool {
  hashExpect(load<u32>(S_COUNT));
  return hashHolds(load<u32>(S_COUNT));
}

/** Adds the next slots, `slotsMax` from `from` on, to the index. */
export function store_pass_index(from: u32, slotsMax: u32): i32 {
  const end = min(load<u32>(S_SLOT_TOP), from + slotsMax);
  let touched: u32 = 0;
  for (let slot = from; slot < end; slot++) if (slotAddress(slot) != 0) touched += hashTouch(load<u64>(hashAt(slot)));
  store<u32>(KEY_BUFFER, touched);
  for (let slot = from; slot < end; slot++) {
    if (slotAddress(slot) != 0 && !hashInsert(load<u64>(hashAt(slot)), slot)) return STATUS_OUT_OF_MEMORY;
  }
  return STATUS_OK;
}

/** Releases to the arena the gaps listed in the key buffer; everything is in its place by now. */
export function store_pass_free(count: u32): void {
  for (let i: usize = 0; i < <usize>count; i++) blockRelease(<usize>load<u32>(KEY_BUFFER + (i << 2)) & ~GAP_FRAME);
}

/**
 * Address, now or later, of a record in the index that may have the key in the key buffer, 0 if none; skips the first `skip` with its hash.
 */
export function store_pass_candidate(type: u32, bytes: u32, skip: u32): usize {
  keyGiven(type, KEY_BUFFER, bytes);
  const hash = keyHash(keyType, keyPointer, keyBytes);
  let entry = hashFind(hash, 0);
  for (let i: u32 = 0; i < skip && entry != 0; i++) entry = hashFind(hash, entry);
  return entry == 0 ? 0 : slotAddress(entrySlot(entry));
}

/**
 * Before the index exists: the address, now or later, of the next record from `slot` on that may have the key in the key buffer, 0 if none;
 * S_SCAN_NEXT: where to continue.
 */
export function store_pass_seek(type: u32, bytes: u32, slot: u32): usize {
  keyGiven(type, KEY_BUFFER, bytes);
  const hash = keyHash(keyType, keyPointer, keyBytes) & ~HASH_SPARE;
  const top = load<u32>(S_SLOT_TOP);
  let at = hashAt(slot);
  for (; slot < top; slot++) {
    if ((load<u64>(at) & ~HASH_SPARE) == hash && slotAddress(slot) != 0) {
      store<u32>(S_SCAN_NEXT, slot + 1);
      return slotAddress(slot);
    }
    at += 8;
  }
  return 0;
}

/** Whether the loaded record at an address has the key in the key buffer. */
export function store_pass_matches(type: u32, bytes: u32, record: usize): bool {
  keyGiven(type, KEY_BUFFER, bytes);
  return keyMatches(record, keyType, keyPointer, keyBytes);
}
