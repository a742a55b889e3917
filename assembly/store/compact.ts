// Compaction: the live records, slot by slot, become the frames of a new log while writes go on in the old one. Each call makes one
// frame; what was written meanwhile (the tail) is copied behind them, and then the log positions of all slots are moved over.

import {
  FRAME_BYTES, FRAME_PAYLOAD_TARGET, PAGE_SCRATCH, S_GATHER, S_SHAPE_TOP, S_SHIFT, S_SHIFT_NEXT, S_SHIFT_PAGES, S_SHIFT_SEED,
  S_SHIFT_SHAPE, S_SHIFT_SLOTS, S_SLOT_TOP, S_LOG_SEED, FRAME_MORE, FRAME_GROUP, S_GATHER_BYTES,
} from "../abi";
import { blockBytes, pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { shapeEntryBytes, shapeKnown, shapePointer, shapeWriteEntry } from "../record";
import { frameSeal, gatherReserve, writeRecord } from "./frame";
import { slotAddress, slotLogUnits, slotSetLogUnits } from "./slots";

/** Notes how far the slots go now. S_SHIFT_SEED is set by the caller. False: memory exhausted. */
export function store_compact_begin(): bool {
  const slots = load<u32>(S_SLOT_TOP);
  const pages = pagesFor((<usize>slots << 2) + 4);
  const shift = pagesAcquire(pages, PAGE_SCRATCH);
  if (shift == 0) return false;
  store<u32>(S_SHIFT, <u32>shift);
  store<u32>(S_SHIFT_PAGES, pages);
  store<u32>(S_SHIFT_SLOTS, slots);
  store<u32>(S_SHIFT_NEXT, 0);
  store<u32>(S_SHIFT_SHAPE, 0);
  return true;
}

/** The next frame of the new log, in the gather buffer, of about `payloadMax` bytes; 0 after the last, -1 when memory is exhausted. */
export function store_compact_frame(offsetUnits: u32, sequence: u32, durableUnits: u32, payloadMax: u32): i32 {
  const target = min(payloadMax, FRAME_PAYLOAD_TARGET);
  if (!gatherReserve(FRAME_BYTES + (<usize>target << 1))) return -1;
  let frame = <usize>load<u32>(S_GATHER);
  let payload: u32 = 0;
  let shape = load<u32>(S_SHIFT_SHAPE);
  const top = load<u32>(S_SHAPE_TOP);
  let slot = load<u32>(S_SHIFT_NEXT);
  const slots = load<u32>(S_SHIFT_SLOTS);
  const shift = <usize>load<u32>(S_SHIFT);
  while (shape < top && payload < target) {
    if (shapeKnown(shape)) {
      const bytes = shapeEntryBytes(shapePointer(shape));
      if (!roomFor(payload, bytes)) {
        if (payload != 0) break;
        if (!gatherReserve(FRAME_BYTES + <usize>bytes)) return -1;
        frame = <usize>load<u32>(S_GATHER);
      }
      payload += shapeWriteEntry(shape, frame + FRAME_BYTES + payload);
    }
    shape++;
  }
  if (shape >= top) {
    while (slot < slots && payload < target) {
      const record = slotAddress(slot);
      if (record != 0) {
        const bytes = <u32>blockBytes(record);
        if (!roomFor(payload, bytes)) {
          if (payload != 0) break;
          if (!gatherReserve(FRAME_BYTES + <usize>bytes)) return -1;
          frame = <usize>load<u32>(S_GATHER);
        }
        store<u32>(shift + (<usize>slot << 2), offsetUnits + <u32>((FRAME_BYTES + payload) >> 3));
        payload += writeRecord(record, frame + FRAME_BYTES + payload);
      }
      slot++;
    }
  }
  store<u32>(S_SHIFT_SHAPE, shape);
  store<u32>(S_SHIFT_NEXT, slot);
  if (payload == 0) return 0;
  frameSeal(frame, payload, 0, sequence, durableUnits, load<u64>(S_SHIFT_SEED));
  return <i32>(<u32>FRAME_BYTES + payload);
}

// @ts-ignore: decorator
@inline function roomFor(payload: u32, bytes: u32): bool {
  return FRAME_BYTES + <usize>payload + bytes <= <usize>load<u32>(S_GATHER_BYTES);
}

/** Seals the frames in [from, end), copied from the old log, for the new one; answers the sequence after the last. */
export function store_compact_reseal(from: usize, end: usize, sequence: u32, durableUnits: u32): u32 {
  let next = sequence;
  for (let at = from; at < end; ) {
    const payload = load<u32>(at, 4);
    frameSeal(at, payload, load<u32>(at) & (FRAME_MORE | FRAME_GROUP), next++, durableUnits, load<u64>(S_SHIFT_SEED));
    at += FRAME_BYTES + payload;
  }
  return next;
}

/** The new log is the log: what was written from `tailUnits` of the old one on lies `delta` units further. */
export function store_compact_finish(tailUnits: u32, delta: i32): void {
  const slots = load<u32>(S_SLOT_TOP);
  const covered = load<u32>(S_SHIFT_SLOTS);
  const shift = <usize>load<u32>(S_SHIFT);
  for (let slot: u32 = 0; slot < slots; slot++) {
    if (slotAddress(slot) == 0) continue;
    const units = slotLogUnits(slot);
    if (units >= tailUnits) {
      slotSetLogUnits(slot, units + delta);
    } else {
      assert(slot < covered);
      slotSetLogUnits(slot, load<u32>(shift + (<usize>slot << 2)));
    }
  }
  store<u64>(S_LOG_SEED, load<u64>(S_SHIFT_SEED));
  store_compact_abandon();
}

/** Forgets the compaction that was begun. */
export function store_compact_abandon(): void {
  pagesRelease(load<u32>(S_SHIFT), load<u32>(S_SHIFT_PAGES));
  store<u32>(S_SHIFT, 0);
  store<u32>(S_SHIFT_PAGES, 0);
}
