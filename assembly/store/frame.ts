// Frames, which make up the log. Layout: see abi, FRAME_*; docs/format.md describes it for readers of files. A batch is a group of frames,
// all but the last marked FRAME_MORE; it counts only if the last one exists.

import {
  BLOCK_KIND_SHIFT, BLOCK_PREVIOUS_FREE, FRAME_BYTES, FRAME_PAYLOAD_TARGET, KIND_DELETE, KIND_FRAME, OUTCOME_DELETED,
  OUTCOME_INSERTED, OUTCOME_REPLACED, PAGE_BYTES, PAGE_SCRATCH, S_GATHER, S_GATHER_BYTES, S_GATHER_OP, S_GATHER_PAGES, S_GATHER_SHAPE, S_GATHER_TOTAL,
  S_LOG_SEED, S_OPS_COUNT, S_SHAPE_TOP, S_SHAPES_UNLOGGED, FRAME_MORE, KEY_BUFFER, FRAME_GROUP, S_GATHER_FLAGS, FRAME_CONTINUES,
} from "../abi";
import { xxh64 } from "../hash";
import { blockBytes, pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { SHAPE_COPIES, shapeCopies, shapeEntryBytes, shapeKnown, shapeLogged, shapePointer, shapeWriteEntry } from "../record";
import { opAt } from "./batch";

const DELETE_BYTES: u32 = 16;
/** Value of S_GATHER_FLAGS until a frame has been gathered. */
const FIRST_FRAME: u32 = 0xffffffff;

/** Ensures that the output buffer has room for `bytes`. */
export function gatherReserve(bytes: usize): bool {
  if (bytes <= <usize>load<u32>(S_GATHER_BYTES)) return true;
  const pages = pagesFor(bytes);
  const buffer = pagesAcquire(pages, PAGE_SCRATCH);
  if (buffer == 0) return false;
  pagesRelease(load<u32>(S_GATHER), load<u32>(S_GATHER_PAGES));
  store<u32>(S_GATHER, <u32>buffer);
  store<u32>(S_GATHER_PAGES, pages);
  store<u32>(S_GATHER_BYTES, <u32>(<usize>pages * PAGE_BYTES));
  return true;
}

/** Writes the header of the frame whose payload follows it. */
export function frameSeal(frame: usize, payload: u32, flags: u32, sequence: u32, durableUnits: u32, seed: u64): void {
  store<u32>(frame, <u32>(FRAME_BYTES >> 3) | (KIND_FRAME << BLOCK_KIND_SHIFT) | flags);
  store<u32>(frame, payload, 4);
  store<u32>(frame, durableUnits, 8);
  store<u32>(frame, sequence, 12);
  store<u64>(frame, 0, 16);
  store<u64>(frame, xxh64(frame, FRAME_BYTES + payload, seed), 16);
}

/** Copies a record as the log holds it: without the flag that only memory uses. */
// @ts-ignore: decorator
@inline export function writeRecord(record: usize, to: usize): u32 {
  const bytes = blockBytes(record);
  memory.copy(to, record, bytes);
  store<u32>(to, load<u32>(to) & ~BLOCK_PREVIOUS_FREE);
  return <u32>bytes;
}

// @ts-ignore: decorator
@inline function entryBytes(op: usize): u32 {
  const outcome = load<u32>(op);
  if (outcome == OUTCOME_DELETED) return DELETE_BYTES;
  return outcome == OUTCOME_INSERTED || outcome == OUTCOME_REPLACED ? <u32>blockBytes(load<u32>(op, 8)) : 0;
}

/** Next shape from `id` on of which the log has too few copies; S_SHAPE_TOP if there is none. */
function nextUnlogged(id: u32): u32 {
  const top = load<u32>(S_SHAPE_TOP);
  while (id < top && (!shapeKnown(id) || shapeCopies(shapePointer(id)) >= SHAPE_COPIES)) id++;
  return id;
}

/**
 * Starts writing out the open batch; returns the bytes of its whole group, 0 if there is nothing to write, -1 when memory is exhausted.
 * `transactionBytes`: length of an entry in the key buffer, or 0.
 */
export function store_gather_begin(transactionBytes: u32): f64 {
  let total: u64 = transactionBytes;
  let widest: u32 = transactionBytes;
  const count = load<u32>(S_OPS_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const bytes = entryBytes(opAt(i));
    total += bytes;
    widest = max(widest, bytes);
  }
  if (total == transactionBytes) return 0;
  store<u32>(S_GATHER_OP, 0);
  store<u32>(S_GATHER_SHAPE, 0);
  store<u32>(S_GATHER_FLAGS, FIRST_FRAME);
  if (load<u32>(S_SHAPES_UNLOGGED) != 0) {
    const top = load<u32>(S_SHAPE_TOP);
    for (let id = nextUnlogged(0); id < top; id = nextUnlogged(id + 1)) {
      const bytes = shapeEntryBytes(shapePointer(id));
      total += bytes;
      widest = max(widest, bytes);
    }
  } else {
    store<u32>(S_GATHER_SHAPE, load<u32>(S_SHAPE_TOP));
  }
  const needed = min<u64>(total, <u64>FRAME_PAYLOAD_TARGET + widest) + FRAME_BYTES;
  if (!gatherReserve(<usize>needed)) return -1;
  return <f64>(total + <u64>FRAME_BYTES * (total / FRAME_PAYLOAD_TARGET + 1));
}

/**
 * Starts writing out the open batch and lays out its first frame, see below; returns the frame's bytes, 0 if there is nothing to write, -1
 * when memory is exhausted. S_GATHER_TOTAL is then an upper bound for the whole group.
 */
export function store_gather(transactionBytes: u32, offsetUnits: u32, sequence: u32, durableUnits: u32): i32 {
  const total = store_gather_begin(transactionBytes);
  if (total <= 0) return <i32>total;
  store<f64>(S_GATHER_TOTAL, total);
  return <i32>store_gather_frame(offsetUnits, transactionBytes, sequence, durableUnits);
}

/**
 * Lays out the next frame of the group in the gather buffer, as it will be at `offsetUnits` of the log; returns its bytes, 0 after the
 * last. S_GATHER_FLAGS says whether there are more.
 */
export function store_gather_frame(offsetUnits: u32, transactionBytes: u32, sequence: u32, durableUnits: u32): u32 {
  const frame = <usize>load<u32>(S_GATHER);
  const payload = frame + FRAME_BYTES;
  const limit = payload + FRAME_PAYLOAD_TARGET;
  let at = payload;
  let op = load<u32>(S_GATHER_OP);
  let shape = nextUnlogged(load<u32>(S_GATHER_SHAPE));
  const top = load<u32>(S_SHAPE_TOP);
  const count = load<u32>(S_OPS_COUNT);
  if (transactionBytes != 0 && load<u32>(S_GATHER_FLAGS) == FIRST_FRAME) {
    memory.copy(at, KEY_BUFFER, transactionBytes);
    at += transactionBytes;
  }
  while (shape < top && at < limit) {
    at += shapeWriteEntry(shape, at);
    shape = nextUnlogged(shape + 1);
  }
  if (shape >= top) {
    while (op < count && at < limit) {
      const entry = opAt(op++);
      const bytes = entryBytes(entry);
      if (bytes == 0) continue;
      store<u32>(entry, offsetUnits + <u32>((at - frame) >> 3), 16);
      if (load<u32>(entry) == OUTCOME_DELETED) {
        store<u64>(at, (DELETE_BYTES >> 3) | (KIND_DELETE << BLOCK_KIND_SHIFT) | (<u64>load<u32>(entry, 4) << 32));
        store<u64>(at, 0, 8);
        at += DELETE_BYTES;
      } else {
        at += writeRecord(load<u32>(entry, 8), at);
      }
    }
    // If the remaining ops have nothing to write, this frame is the last.
    while (op < count && entryBytes(opAt(op)) == 0) op++;
  }
  store<u32>(S_GATHER_OP, op);
  store<u32>(S_GATHER_SHAPE, shape);
  if (at == payload) return 0;
  let flags: u32 = shape < top || op < count ? FRAME_MORE : 0;
  if (load<u32>(S_GATHER_FLAGS) != FIRST_FRAME) flags |= FRAME_CONTINUES;
  if (transactionBytes != 0) flags |= FRAME_GROUP;
  store<u32>(S_GATHER_FLAGS, flags);
  frameSeal(frame, <u32>(at - payload), flags, sequence, durableUnits, load<u64>(S_LOG_SEED));
  return <u32>(at - frame);
}

/** Called when the log has accepted the group, and with it one more copy of the shapes in it. */
export function gatherEnd(): void {
  if (load<u32>(S_SHAPES_UNLOGGED) != 0) {
    const top = load<u32>(S_SHAPE_TOP);
    for (let id = nextUnlogged(0); id < top; id = nextUnlogged(id + 1)) shapeLogged(shapePointer(id));
  }
  // A buffer enlarged by one huge document is not kept.
  if (load<u32>(S_GATHER_BYTES) > FRAME_PAYLOAD_TARGET << 2) {
    pagesRelease(load<u32>(S_GATHER), load<u32>(S_GATHER_PAGES));
    store<u32>(S_GATHER, 0);
    store<u32>(S_GATHER_PAGES, 0);
    store<u32>(S_GATHER_BYTES, 0);
  }
}
