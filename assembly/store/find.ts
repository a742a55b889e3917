// Looking keys up.

import { KEY_BINARY, KEY_BUFFER, KEY_STRING, S_STAGE_LENGTHS, S_STAGE_TEXT, S_STAGE_WIDES, S_STAGE_WORDS, SLOT_NONE } from "../abi";
import { entrySlot, hashFind, keyHash } from "../hash";
import { keyBytes, keyGiven, keyMatches, keyPointer, keyType, utf8Bytes } from "../record";
import { slotAddress } from "./slots";

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

/** Address of the record whose key stands in the key buffer, or 0. */
export function store_find(type: u32, bytes: u32): usize {
  return findAddress(type, KEY_BUFFER, bytes);
}

/**
 * Many keys at once. Staged: words {type, UTF-16 units of a string} for each key, strings in the text, other scalars in the wides
 * (8 bytes each, in order). Addresses, 0 where there is none, go to the lengths region.
 */
export function store_find_many(count: u32, isAscii: bool): void {
  let word = <usize>load<u32>(S_STAGE_WORDS);
  let wide = <usize>load<u32>(S_STAGE_WIDES);
  let text = <usize>load<u32>(S_STAGE_TEXT);
  const out = <usize>load<u32>(S_STAGE_LENGTHS);
  for (let i: u32 = 0; i < count; i++) {
    const type = load<u32>(word);
    const units = load<u32>(word, 4);
    word += 8;
    let address: usize = 0;
    if (type == KEY_STRING) {
      const bytes = isAscii ? <i32>units : utf8Bytes(text, units);
      // JS sends only well-formed strings here.
      assert(bytes >= 0);
      address = findAddress(type, text, <u32>bytes);
      text += bytes;
    } else {
      assert(type < KEY_BINARY);
      address = findAddress(type, wide, units);
      wide += 8;
    }
    store<u32>(out + (<usize>i << 2), <u32>address);
  }
}
