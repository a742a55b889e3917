// Slot table: maps a document's dense number to the location of its record, in memory and in the log. A document keeps its slot as long as it exists;
// scans, vector columns and graphs use slots. Layout: see abi, SLOT_*.

import {
  S_SLOT_DIRECTORY, S_SLOT_FREE, S_SLOT_MARKED, S_SLOT_MARKS, S_SLOT_TOP, SLOT_CHUNK_MASK, SLOT_CHUNK_SHIFT, SLOT_DIRECTORY_CHUNKS, SLOT_NONE,
} from "../abi";
import { structAcquire } from "../memory";

// @ts-ignore: decorator
@inline function entry(slot: u32): usize {
  const chunk = load<u32>(<usize>load<u32>(S_SLOT_DIRECTORY) + (<usize>(slot >> SLOT_CHUNK_SHIFT) << 2));
  return <usize>chunk + (<usize>(slot & SLOT_CHUNK_MASK) << 3);
}

// @ts-ignore: decorator
@inline export function slotAddress(slot: u32): usize {
  return <usize>load<u32>(entry(slot));
}

// @ts-ignore: decorator
@inline export function slotLogUnits(slot: u32): u32 {
  return load<u32>(entry(slot), 4);
}

/**
 * For modules that cache what they read of records: from now on, for slots below `slots`, the byte of a slot's block is set to 255 whenever the slot
 * gets or loses a record.
 */
export function slotsMark(at: usize, slots: u32): void {
  store<u32>(S_SLOT_MARKS, <u32>at);
  store<u32>(S_SLOT_MARKED, slots);
}

// @ts-ignore: decorator
@inline function mark(slot: u32): void {
  if (slot < load<u32>(S_SLOT_MARKED)) store<u8>(<usize>load<u32>(S_SLOT_MARKS) + (slot >> 5), 255);
}

// @ts-ignore: decorator
@inline export function slotSetAddress(slot: u32, address: usize): void {
  mark(slot);
  store<u32>(entry(slot), <u32>address);
}

// @ts-ignore: decorator
@inline export function slotSetLogUnits(slot: u32, units: u32): void {
  store<u32>(entry(slot), units, 4);
}

/** Both at once. */
// @ts-ignore: decorator
@inline export function slotSet(slot: u32, address: usize, units: u32): void {
  mark(slot);
  const at = entry(slot);
  store<u32>(at, <u32>address);
  store<u32>(at, units, 4);
}

export function slotsCreate(): bool {
  const directory = structAcquire(<usize>SLOT_DIRECTORY_CHUNKS << 2);
  store<u32>(S_SLOT_DIRECTORY, <u32>directory);
  return directory != 0;
}

/** Extends the table to `slot`; new slots are neither live nor on the free list. Returns false when memory or the table is exhausted. */
export function slotsReach(slot: u32): bool {
  const chunk = slot >> SLOT_CHUNK_SHIFT;
  if (chunk >= SLOT_DIRECTORY_CHUNKS) return false;
  const directory = <usize>load<u32>(S_SLOT_DIRECTORY);
  for (let c = load<u32>(S_SLOT_TOP) >> SLOT_CHUNK_SHIFT; c <= chunk; c++) {
    const at = directory + (<usize>c << 2);
    if (load<u32>(at) != 0) continue;
    const fresh = structAcquire(<usize>8 << SLOT_CHUNK_SHIFT);
    if (fresh == 0) return false;
    store<u32>(at, <u32>fresh);
  }
  if (slot >= load<u32>(S_SLOT_TOP)) store<u32>(S_SLOT_TOP, slot + 1);
  return true;
}

/** Acquires a free slot, the most recently freed first; SLOT_NONE when memory is exhausted. */
export function slotAcquire(): u32 {
  const free = load<u32>(S_SLOT_FREE);
  if (free != 0) {
    store<u32>(S_SLOT_FREE, slotLogUnits(free - 1));
    return free - 1;
  }
  const slot = load<u32>(S_SLOT_TOP);
  return slotsReach(slot) ? slot : SLOT_NONE;
}

export function slotRelease(slot: u32): void {
  mark(slot);
  const at = entry(slot);
  store<u32>(at, 0);
  store<u32>(at, load<u32>(S_SLOT_FREE), 4);
  store<u32>(S_SLOT_FREE, slot + 1);
}
