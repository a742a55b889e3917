// A write call: documents are built and indexed at once, and each step is recorded as an op, so that everything can be undone until the log
// has accepted it. Old records stay readable until the commit.

import {
  BATCH_SCRATCH, FAILED_DUPLICATE, FAILED_SKIPPED, KEY_BUFFER, KEY_UUID, MODE_INSERT, MODE_REPLACE, MODE_SKIP, OP_BYTES, OUTCOME_DELETED, OUTCOME_EXISTS, OUTCOME_FAILED,
  OUTCOME_INSERTED, OUTCOME_MISSING, OUTCOME_REPLACED, OUTCOME_UNCHANGED, PAGE_BYTES, PAGE_SCRATCH, S_BATCH_COUNTS, S_COUNT,
  S_LIVE_BYTES, S_OPS, S_OPS_CAPACITY, S_OPS_COUNT, S_ORDERED_CLASH, S_ORDERED_CLASH_ELEMENT, S_PAGES_LENT, S_STAGE_LENGTHS, S_STAGE_TEXT, S_STAGE_WIDES, S_STAGE_WORDS, SLOT_NONE,
  STATUS_OK, STATUS_OUT_OF_MEMORY,
} from "../abi";
import { hashAhead, hashFind, hashInsert, hashRemove, hashTouch, keyHash } from "../hash";
import { blockBytes, blockRelease, pagesAcquire, pagesRelease, pagesSpare } from "../memory";
import {
  buildFailure, buildMeasure, buildMode, buildRecord, buildSkip, buildStart, buildUuid, keyBytes, keyFailure, keyGiven, keyOfRecord, keyPointer, keyType,
  recordEquals,
} from "../record";
import { recordChanged, recordClash, recordsUndo } from "./change";
import { findSlot } from "./find";
import { gatherEnd } from "./frame";
import { slotAcquire, slotAddress, slotLogUnits, slotRelease, slotSetAddress, slotSetLogUnits } from "../slot";

const OPS_PER_PAGE: u32 = <u32>(PAGE_BYTES / OP_BYTES);

// @ts-ignore: decorator
@inline export function opAt(index: u32): usize {
  return <usize>load<u32>(S_OPS) + <usize>index * OP_BYTES;
}

/** Pages that a growing list of ops must leave, for the frame that the log needs before the list can be released. */
const PAGES_LEFT: u32 = 12;

/** Room for `count` more ops. */
function reserveOps(count: u32): bool {
  const used = load<u32>(S_OPS_COUNT);
  const capacity = load<u32>(S_OPS_CAPACITY);
  if (used + count <= capacity) return true;
  const pagesHeld = capacity / OPS_PER_PAGE;
  let pages = max<u32>(pagesHeld << 1, 1);
  while (pages * OPS_PER_PAGE < used + count) pages <<= 1;
  if (pagesHeld != 0 && pagesSpare() < pages + PAGES_LEFT) return false;
  const grown = pagesAcquire(pages, PAGE_SCRATCH);
  if (grown == 0) return false;
  const held = <usize>load<u32>(S_OPS);
  if (used != 0) memory.copy(grown, held, <usize>used * OP_BYTES);
  pagesRelease(held, pagesHeld);
  store<u32>(S_OPS, <u32>grown);
  store<u32>(S_OPS_CAPACITY, pages * OPS_PER_PAGE);
  return true;
}

function note(outcome: u32, slot: u32, fresh: usize, old: usize): usize {
  const index = load<u32>(S_OPS_COUNT);
  const op = opAt(index);
  store<u32>(op, outcome);
  store<u32>(op, slot, 4);
  store<u32>(op, <u32>fresh, 8);
  store<u32>(op, <u32>old, 12);
  store<u32>(op, 0, 16);
  store<u32>(op, 0, 20);
  store<u32>(S_OPS_COUNT, index + 1);
  const counter = S_BATCH_COUNTS + (<usize>outcome << 2);
  store<u32>(counter, load<u32>(counter) + 1);
  return op;
}

/** Number of records laid out before the first of them is indexed: meanwhile their index entries are fetched. */
const WAITING_MAX: u32 = 32;
const WAITING: usize = BATCH_SCRATCH; // u32 address, u32 mode, or 0 and FAILED_*; u64 hash
const WAITING_BYTES: usize = 16;

/** Runs the `count` staged documents. On STATUS_OUT_OF_MEMORY the batch must be abandoned. */
export function store_batch_put(count: u32): i32 {
  if (!reserveOps(count)) return STATUS_OUT_OF_MEMORY;
  buildStart(load<u32>(S_STAGE_WORDS), load<u32>(S_STAGE_WIDES), load<u32>(S_STAGE_LENGTHS), load<u32>(S_STAGE_TEXT));
  for (let from: u32 = 0; from < count; from += WAITING_MAX) {
    const wanted = min(count - from, WAITING_MAX);
    const built = buildWaiting(wanted);
    if (!indexWaiting(built) || built < wanted) return STATUS_OUT_OF_MEMORY;
  }
  return STATUS_OK;
}

/**
 * Runs the only staged document; returns its outcome, or STATUS_OUT_OF_MEMORY. `isAlone`: the batch has no log and no listener, so a change
 * is final at once; a batch that changes nothing is left to be abandoned.
 */
export function store_put_one(isAlone: bool): i32 {
  if (store_batch_put(1) != STATUS_OK) return STATUS_OUT_OF_MEMORY;
  const outcome = load<i32>(opAt(0));
  if (isAlone && (outcome == OUTCOME_INSERTED || outcome == OUTCOME_REPLACED)) store_batch_commit(false);
  return outcome;
}

/** Lays out the next `count` documents; returns how many there was memory for. */
function buildWaiting(count: u32): u32 {
  let at = WAITING;
  for (let i: u32 = 0; i < count; i++) {
    const mode = buildMode();
    if (mode == MODE_SKIP) {
      buildSkip();
      store<u64>(at, <u64>FAILED_SKIPPED << 32);
    } else if (!buildMeasure()) {
      store<u64>(at, <u64>buildFailure << 32);
    } else {
      // The index entry of a packed key is fetched while its record is laid out.
      const isUuid = buildUuid != 0;
      let hash: u64 = 0;
      if (isUuid) {
        hash = keyHash(KEY_UUID, buildUuid, 16);
        if (count == 1) hashAhead(hash);
      }
      const record = buildRecord();
      if (record == 0) {
        if (buildFailure == 0) return i;
        store<u64>(at, <u64>buildFailure << 32);
      } else if (!isUuid && !keyOfRecord(record)) {
        blockRelease(record);
        store<u64>(at, <u64>keyFailure << 32);
      } else {
        if (!isUuid) hash = keyHash(keyType, keyPointer, keyBytes);
        store<u32>(at, <u32>record);
        store<u32>(at, mode, 4);
        store<u64>(at, hash, 8);
      }
    }
    at += WAITING_BYTES;
  }
  return count;
}

/** Indexes the first `count` waiting records. Returns false if memory is exhausted; the records still waiting are then released. */
function indexWaiting(count: u32): bool {
  // A separate loop: with other work in between, the processor would wait for each read in turn.
  if (count > 1) {
    let touched: u32 = 0;
    for (let i: u32 = 0; i < count; i++) touched += hashTouch(load<u64>(WAITING + <usize>i * WAITING_BYTES, 8));
    store<u32>(KEY_BUFFER, touched);
  }
  let isEnough = true;
  for (let i: u32 = 0; i < count; i++) {
    const at = WAITING + <usize>i * WAITING_BYTES;
    const record = <usize>load<u32>(at);
    if (record == 0) note(OUTCOME_FAILED, load<u32>(at, 4), 0, 0);
    else if (isEnough) isEnough = putRecord(record, load<u32>(at, 4), load<u64>(at, 8));
    else blockRelease(record);
  }
  return isEnough;
}

/** Slot of the document with the key of `record`, or SLOT_NONE. */
// @ts-ignore: decorator
@inline function slotOfKey(record: usize, hash: u64): u32 {
  // Most keys are new, and need not be read again.
  if (hashFind(hash, 0) == 0) return SLOT_NONE;
  keyOfRecord(record);
  return findSlot(hash, keyType, keyPointer, keyBytes);
}

/** Returns false if memory is exhausted. The record is then in an op, or released. */
function putRecord(record: usize, mode: u32, hash: u64): bool {
  const slot = slotOfKey(record, hash);
  if (slot == SLOT_NONE) {
    if (mode == MODE_REPLACE) {
      blockRelease(record);
      note(OUTCOME_MISSING, SLOT_NONE, 0, 0);
      return true;
    }
    if (isForbidden(SLOT_NONE, record)) return true;
    const fresh = slotAcquire();
    if (fresh == SLOT_NONE) {
      blockRelease(record);
      return false;
    }
    if (!hashInsert(hash, fresh)) {
      slotRelease(fresh);
      blockRelease(record);
      return false;
    }
    store<u32>(record, fresh, 4);
    slotSetAddress(fresh, record);
    slotSetLogUnits(fresh, 0);
    note(OUTCOME_INSERTED, fresh, record, 0);
    return recordChanged(fresh, 0, record);
  }
  const old = slotAddress(slot);
  if (mode == MODE_INSERT) {
    blockRelease(record);
    note(OUTCOME_EXISTS, slot, old, old);
  } else if (recordEquals(old, record)) {
    blockRelease(record);
    note(OUTCOME_UNCHANGED, slot, old, old);
  } else if (!isForbidden(slot, record)) {
    store<u32>(record, slot, 4);
    slotSetAddress(slot, record);
    const op = note(OUTCOME_REPLACED, slot, record, old);
    store<u32>(op, slotLogUnits(slot), 20);
    return recordChanged(slot, old, record);
  }
  return true;
}

/** Releases a record with a value that a unique index forbids. */
function isForbidden(slot: u32, record: usize): bool {
  const other = recordClash(slot, record);
  if (other == SLOT_NONE) return false;
  blockRelease(record);
  const op = note(OUTCOME_FAILED, FAILED_DUPLICATE, 0, slotAddress(other));
  store<u32>(op, load<u32>(S_ORDERED_CLASH), 16);
  store<u32>(op, load<u32>(S_ORDERED_CLASH_ELEMENT), 20);
  return true;
}

/** Undoes the last op, which put a record, and marks it as failed: another partition has the same value in unique index `id`. */
export function store_batch_refuse(id: u32): void {
  const op = opAt(load<u32>(S_OPS_COUNT) - 1);
  const outcome = load<u32>(op);
  assert(outcome == OUTCOME_INSERTED || outcome == OUTCOME_REPLACED);
  beginUndo();
  undo(op);
  endUndo();
  const counter = S_BATCH_COUNTS + (<usize>outcome << 2);
  store<u32>(counter, load<u32>(counter) - 1);
  const failed = S_BATCH_COUNTS + (<usize>OUTCOME_FAILED << 2);
  store<u32>(failed, load<u32>(failed) + 1);
  store<u32>(op, OUTCOME_FAILED);
  store<u32>(op, FAILED_DUPLICATE, 4);
  store<u64>(op, 0, 8);
  store<u64>(op, id, 16);
}

/** Deletes the document whose key is in the key buffer. On STATUS_OUT_OF_MEMORY nothing has changed, and earlier steps may be committed. */
export function store_batch_remove(type: u32, bytes: u32): i32 {
  if (!reserveOps(1)) return STATUS_OUT_OF_MEMORY;
  keyGiven(type, KEY_BUFFER, bytes);
  const givenType = keyType;
  const givenPointer = keyPointer;
  const givenBytes = keyBytes;
  const hash = keyHash(givenType, givenPointer, givenBytes);
  const slot = findSlot(hash, givenType, givenPointer, givenBytes);
  if (slot == SLOT_NONE) {
    note(OUTCOME_MISSING, SLOT_NONE, 0, 0);
    return STATUS_OK;
  }
  hashRemove(hash, slot);
  const old = slotAddress(slot);
  const op = note(OUTCOME_DELETED, slot, 0, old);
  store<u32>(op, slotLogUnits(slot), 20);
  const isFollowed = recordChanged(slot, old, 0);
  slotRelease(slot);
  if (isFollowed) return STATUS_OK;
  takeBack(op);
  return STATUS_OUT_OF_MEMORY;
}

/** Undoes the last op without a trace. */
function takeBack(op: usize): void {
  const counter = S_BATCH_COUNTS + (<usize>load<u32>(op) << 2);
  store<u32>(counter, load<u32>(counter) - 1);
  beginUndo();
  undo(op);
  endUndo();
  store<u32>(S_OPS_COUNT, load<u32>(S_OPS_COUNT) - 1);
}

/** Called when the log has accepted the batch (or there is none): it is final, and what it replaced is freed. */
export function store_batch_commit(isLogged: bool): void {
  if (isLogged) gatherEnd();
  const count = load<u32>(S_OPS_COUNT);
  let documents = load<u32>(S_COUNT);
  let live = load<u64>(S_LIVE_BYTES);
  for (let i: u32 = 0; i < count; i++) {
    const op = opAt(i);
    const outcome = load<u32>(op);
    if (outcome != OUTCOME_INSERTED && outcome != OUTCOME_REPLACED && outcome != OUTCOME_DELETED) continue;
    const slot = load<u32>(op, 4);
    const fresh = <usize>load<u32>(op, 8);
    const old = <usize>load<u32>(op, 12);
    if (fresh != 0) {
      live += blockBytes(fresh);
      // A later op of this batch may have reused the slot, and then handles it.
      if (slotAddress(slot) != 0) slotSetLogUnits(slot, load<u32>(op, 16));
    }
    if (old != 0) {
      live -= blockBytes(old);
      blockRelease(old);
    }
    if (outcome == OUTCOME_INSERTED) documents++;
    else if (outcome == OUTCOME_DELETED) documents--;
  }
  store<u32>(S_COUNT, documents);
  store<u64>(S_LIVE_BYTES, live);
  finish();
}

/** Undoes everything, in reverse order. */
export function store_batch_abandon(): void {
  beginUndo();
  for (let i = <i32>load<u32>(S_OPS_COUNT) - 1; i >= 0; i--) undo(opAt(<u32>i));
  endUndo();
  finish();
}

/** Restoring what was there must not fail: the pages otherwise left free may be used. */
function beginUndo(): void {
  store<u32>(S_PAGES_LENT, 1);
  recordsUndo(true);
}

function endUndo(): void {
  store<u32>(S_PAGES_LENT, 0);
  recordsUndo(false);
}

function undo(op: usize): void {
  const outcome = load<u32>(op);
  const slot = load<u32>(op, 4);
  const fresh = <usize>load<u32>(op, 8);
  const old = <usize>load<u32>(op, 12);
  if (outcome == OUTCOME_INSERTED) {
    recordChanged(slot, fresh, 0);
    keyOfRecord(fresh);
    hashRemove(keyHash(keyType, keyPointer, keyBytes), slot);
    slotRelease(slot);
    blockRelease(fresh);
  } else if (outcome == OUTCOME_REPLACED) {
    recordChanged(slot, fresh, old);
    slotSetAddress(slot, old);
    slotSetLogUnits(slot, load<u32>(op, 20));
    blockRelease(fresh);
  } else if (outcome == OUTCOME_DELETED) {
    const again = slotAcquire();
    assert(again == slot);
    slotSetAddress(slot, old);
    slotSetLogUnits(slot, load<u32>(op, 20));
    keyOfRecord(old);
    const isBack = hashInsert(keyHash(keyType, keyPointer, keyBytes), slot);
    assert(isBack);
    recordChanged(slot, 0, old);
  }
}

function finish(): void {
  store<u32>(S_OPS_COUNT, 0);
  v128.store(S_BATCH_COUNTS, i64x2.splat(0));
  v128.store(S_BATCH_COUNTS, i64x2.splat(0), 16);
  // The list of a huge batch is not kept.
  const pages = load<u32>(S_OPS_CAPACITY) / OPS_PER_PAGE;
  if (pages > 4) {
    pagesRelease(load<u32>(S_OPS), pages);
    store<u32>(S_OPS, 0);
    store<u32>(S_OPS_CAPACITY, 0);
  }
}
