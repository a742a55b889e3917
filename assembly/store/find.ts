// Key look-ups.

import {
  CELL_KINDS, CELL_VALUES, CELLS_MAX, KEY_BUFFER, KEY_STRING, S_SLOT_TOP, S_STAGE_LENGTHS, S_STAGE_TEXT, S_STAGE_WIDES, S_STAGE_WORDS,
  SLOT_NONE,
} from "../abi";
import { entrySlot, hashFind, keyHash } from "../hash";
import { keyBytes, keyGiven, keyMatches, keyOfRecord, keyPointer, keyType, recordSlot, utf8Bytes } from "../record";
import { slotAddress } from "../slot";

/** Slot of the document with this key, or SLOT_NONE. */
export function findSlot(hash: u64, type: u32, pointer: usize, bytes: u32): u32 {
  for (let entry = hashFind(hash, 0); entry != 0; entry = hashFind(hash, entry)) {
    const slot = entrySlot(entry);
    if (keyMatches(slotAddress(slot), type, pointer, bytes)) return slot;
  }
  return SLOT_NONE;
}

function findAddress(type: u32, pointer: usize, bytes: u32): usize {
  keyGiven(type, pointer, bytes);
  const givenType = keyType;
  const givenPointer = keyPointer;
  const givenBytes = keyBytes;
  const slot = findSlot(keyHash(givenType, givenPointer, givenBytes), givenType, givenPointer, givenBytes);
  return slot == SLOT_NONE ? 0 : slotAddress(slot);
}

/** Address of the record whose key is in the key buffer, or 0. */
export function store_find(type: u32, bytes: u32): usize {
  return findAddress(type, KEY_BUFFER, bytes);
}

/**
 * Looks up many string keys at once. Staged: UTF-16 lengths in the words, the strings in the text. Addresses, 0 for
 * missing keys, go to the lengths region. Each pass is a short loop of independent steps, so that the cache misses of
 * many keys overlap.
 */
export function store_find_many(count: u32, isAscii: bool): void {
  const lengths = <usize>load<u32>(S_STAGE_WORDS);
  const hashes = <usize>load<u32>(S_STAGE_WIDES);
  const out = <usize>load<u32>(S_STAGE_LENGTHS);
  const start = <usize>load<u32>(S_STAGE_TEXT);
  let text = start;
  for (let i: usize = 0; i < count; i++) {
    const units = load<u32>(lengths + (i << 2));
    const bytes = isAscii ? units : <u32>utf8Bytes(text, units);
    keyGiven(KEY_STRING, text, bytes);
    store<u64>(hashes + (i << 3), keyHash(keyType, keyPointer, keyBytes));
    store<u32>(lengths + (i << 2), bytes);
    text += bytes;
  }
  for (let i: usize = 0; i < count; i++) {
    const entry = hashFind(load<u64>(hashes + (i << 3)), 0);
    store<u32>(out + (i << 2), entry == 0 ? SLOT_NONE : entrySlot(entry));
  }
  for (let i: usize = 0; i < count; i++) {
    const slot = load<u32>(out + (i << 2));
    store<u32>(out + (i << 2), slot == SLOT_NONE ? 0 : <u32>slotAddress(slot));
  }
  // The record will be read soon: its first cache lines are fetched now.
  let touched: u32 = 0;
  const limit = (<usize>memory.size() << 16) - 256;
  for (let i: usize = 0; i < count; i++) {
    const record = <usize>load<u32>(out + (i << 2));
    if (record > limit) continue;
    touched += load<u8>(record) + load<u8>(record, 64) + load<u8>(record, 128) + load<u8>(record, 192);
  }
  text = start;
  for (let i: usize = 0; i < count; i++) {
    const bytes = load<u32>(lengths + (i << 2));
    const record = <usize>load<u32>(out + (i << 2));
    if (record != 0) {
      keyGiven(KEY_STRING, text, bytes);
      const givenType = keyType;
      const givenPointer = keyPointer;
      const givenBytes = keyBytes;
      if (!keyMatches(record, givenType, givenPointer, givenBytes)) {
        // Two keys share 39 bits of hash: use the slow path.
        store<u32>(out + (i << 2), <u32>findAddress(KEY_STRING, text, bytes));
      }
    }
    text += bytes;
  }
  store<u32>(KEY_BUFFER, touched);
}

/**
 * Identifies records so that they can be found again: for the addresses in the key buffer, writes their slots to the
 * place of the cells' kinds, and the hashes of their keys to that of the cells' values. A slot alone may belong to
 * another document later.
 */
export function store_identify(count: u32): void {
  assert(count <= CELLS_MAX);
  for (let i: usize = 0; i < <usize>count; i++) {
    const record = <usize>load<u32>(KEY_BUFFER + (i << 2));
    store<u32>(CELL_KINDS + (i << 2), recordSlot(record));
    store<u64>(CELL_VALUES + (i << 3), hashOfRecord(record));
  }
}

/** Address of the document in a slot if it still has that hash, or 0. */
export function store_identified(slot: u32, low: u32, high: u32): usize {
  if (slot >= load<u32>(S_SLOT_TOP)) return 0;
  const record = slotAddress(slot);
  return record != 0 && hashOfRecord(record) == (<u64>high << 32 | <u64>low) ? record : 0;
}

function hashOfRecord(record: usize): u64 {
  return keyOfRecord(record) ? keyHash(keyType, keyPointer, keyBytes) : 0;
}
