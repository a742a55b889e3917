// Compaction: the live records, slot by slot, become the frames of a new log while writes continue in the old one. Each
// call makes one frame; what was written meanwhile (the tail) is copied behind them, and then the log positions of all
// slots are adjusted.

import {
  FRAME_BYTES, FRAME_PAYLOAD_TARGET, PAGE_SCRATCH, S_GATHER, S_SHAPE_TOP, S_SHIFT, S_SHIFT_NEXT, S_SHIFT_PAGES, S_SHIFT_SEED,
  S_SHIFT_SLOTS, S_SLOT_TOP, S_LOG_SEED, FRAME_CONTINUES, FRAME_MORE, FRAME_GROUP, S_GATHER_BYTES,
} from "../abi";
import { blockBytes, pagesAcquire, pagesFor, pagesRelease } from "../memory";
import {
  SHAPE_COPIES, shapeAdoptCopies, shapeCopiesNext, shapeEntryBytes, shapeKnown, shapePointer, shapeSetCopiesNext, shapeWriteEntry,
} from "../record";
import { frameSeal, gatherReserve, writeRecord } from "./frame";
import { slotAddress, slotLogUnits, slotSetLogUnits } from "../slot";

/** Notes the current number of slots. The caller has set S_SHIFT_SEED. Returns false if memory is exhausted. */
export function store_compact_begin(): bool {
  const slots = load<u32>(S_SLOT_TOP);
  const pages = pagesFor((<usize>slots << 2) + 4);
  const shift = pagesAcquire(pages, PAGE_SCRATCH);
  if (shift == 0) return false;
  store<u32>(S_SHIFT, <u32>shift);
  store<u32>(S_SHIFT_PAGES, pages);
  store<u32>(S_SHIFT_SLOTS, slots);
  store<u32>(S_SHIFT_NEXT, 0);
  for (let id: u32 = 0; id < load<u32>(S_SHAPE_TOP); id++) if (shapeKnown(id)) shapeSetCopiesNext(shapePointer(id), 0);
  return true;
}

/** Address of the frame being laid out, and the current length of its payload. */
let frame: usize = 0;
let payload: u32 = 0;

/** Makes room for `bytes` more in the frame; returns false if they belong in the next one, or memory is exhausted. */
function makeRoom(bytes: u32): bool {
  if (roomFor(payload, bytes)) return true;
  if (payload != 0 || !gatherReserve(FRAME_BYTES + <usize>bytes)) return false;
  frame = <usize>load<u32>(S_GATHER);
  return true;
}

/**
 * Writes one copy of each shape of which the new log has fewer than `copies`; returns false if not all fit in this
 * frame.
 */
function writeShapes(copies: u32, target: u32): bool {
  const top = load<u32>(S_SHAPE_TOP);
  for (let id: u32 = 0; id < top; id++) {
    if (!shapeKnown(id)) continue;
    const shape = shapePointer(id);
    const have = shapeCopiesNext(shape);
    if (have >= copies) continue;
    if (payload >= target || !makeRoom(shapeEntryBytes(shape))) return false;
    payload += shapeWriteEntry(id, frame + FRAME_BYTES + payload);
    shapeSetCopiesNext(shape, have + 1);
  }
  return true;
}

/**
 * Lays out the next frame of the new log in the gather buffer, of about `payloadMax` bytes; returns 0 after the last,
 * -1 when memory is exhausted. Each frame begins with the shapes that writers have introduced since: ids belong to the
 * collection, so a new one may be lower than those already written.
 */
export function store_compact_frame(offsetUnits: u32, sequence: u32, durableUnits: u32, payloadMax: u32): i32 {
  const target = min(payloadMax, FRAME_PAYLOAD_TARGET);
  if (!gatherReserve(FRAME_BYTES + (<usize>target << 1))) return -1;
  frame = <usize>load<u32>(S_GATHER);
  payload = 0;
  let slot = load<u32>(S_SHIFT_NEXT);
  const slots = load<u32>(S_SHIFT_SLOTS);
  const shift = <usize>load<u32>(S_SHIFT);
  let isFull = !writeShapes(1, target);
  while (!isFull && slot < slots && payload < target) {
    const record = slotAddress(slot);
    if (record != 0) {
      isFull = !makeRoom(<u32>blockBytes(record));
      if (isFull) break;
      store<u32>(shift + (<usize>slot << 2), offsetUnits + <u32>((FRAME_BYTES + payload) >> 3));
      payload += writeRecord(record, frame + FRAME_BYTES + payload);
    }
    slot++;
  }
  store<u32>(S_SHIFT_NEXT, slot);
  // The second copies come last, in a frame of their own: see shape.ts.
  if (!isFull && payload == 0) isFull = !writeShapes(SHAPE_COPIES, target);
  if (payload == 0) return isFull ? -1 : 0;
  frameSeal(frame, payload, 0, sequence, durableUnits, load<u64>(S_SHIFT_SEED));
  return <i32>(<u32>FRAME_BYTES + payload);
}

// @ts-ignore: decorator
@inline function roomFor(payload: u32, bytes: u32): bool {
  return FRAME_BYTES + <usize>payload + bytes <= <usize>load<u32>(S_GATHER_BYTES);
}

/** Seals the frames in [from, end), copied from the old log, for the new one; returns the sequence after the last. */
export function store_compact_reseal(from: usize, end: usize, sequence: u32, durableUnits: u32): u32 {
  let next = sequence;
  for (let at = from; at < end; ) {
    const payload = load<u32>(at, 4);
    frameSeal(at, payload, load<u32>(at) & (FRAME_MORE | FRAME_GROUP | FRAME_CONTINUES), next++, durableUnits, load<u64>(S_SHIFT_SEED));
    at += FRAME_BYTES + payload;
  }
  return next;
}

/** Switches to the new log: what was written from `tailUnits` of the old one on is `delta` units further. */
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
  for (let id: u32 = 0; id < load<u32>(S_SHAPE_TOP); id++) if (shapeKnown(id)) shapeAdoptCopies(shapePointer(id));
  store<u64>(S_LOG_SEED, load<u64>(S_SHIFT_SEED));
  store_compact_abandon();
}

/** Abandons the compaction. */
export function store_compact_abandon(): void {
  pagesRelease(load<u32>(S_SHIFT), load<u32>(S_SHIFT_PAGES));
  store<u32>(S_SHIFT, 0);
  store<u32>(S_SHIFT_PAGES, 0);
}
