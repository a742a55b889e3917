// What a document has contributed, by slot, so that it can be removed when its record is long gone: the numbers of its
// terms, ascending, as differences in groups of 7 bits.
//
// By slot: | forward entry u32[slots] | length f32[slots] |         Forward entry: | terms u32 | bytes of the entry u32
// | differences |

import { INVERTED_TEXT } from "../abi";
import { arenaAcquire, arenaRelease } from "./arena";
import { postingInsert, postingRemove } from "./posting";
import { Inverted } from "./structs";
import { termAt, termRelease } from "./term";

const FORWARD_HEADER: u32 = 8;
const SLOTS_LEAST: u32 = 2048;

// @ts-ignore: decorator
@inline function forwardOf(index: Inverted, slot: u32): usize {
  return slot < index.slots ? <usize>load<u32>(<usize>index.forwards + (<usize>slot << 2)) : 0;
}

/** Address of the lengths, as f32 by slot. */
// @ts-ignore: decorator
@inline export function lengthsOf(index: Inverted): usize {
  return <usize>index.forwards + (<usize>index.slots << 2);
}

function reachSlot(index: Inverted, slot: u32): bool {
  const slots = index.slots;
  if (slot < slots) return true;
  let wanted = max<u32>(slots << 1, SLOTS_LEAST);
  while (wanted <= slot) wanted <<= 1;
  const held = <usize>slots << 2;
  const bytes = <usize>wanted << 2;
  const grown = arenaAcquire(index, bytes << 1);
  if (grown == 0) return false;
  memory.fill(grown, 0, bytes << 1);
  if (held != 0) {
    memory.copy(grown, index.forwards, held);
    memory.copy(grown + bytes, lengthsOf(index), held);
    arenaRelease(index, index.forwards, held << 1);
  }
  index.forwards = <u32>grown;
  index.slots = wanted;
  return true;
}

/** Sorts pairs of a number and a weight by number (Shell sort with gaps that grow by 9 / 4). */
function sortPairs(pairs: usize, count: u32): void {
  let gap: u32 = 1;
  while (gap < count / 3) gap = (gap * 9 >> 2) + 1;
  for (; gap > 0; gap = gap == 1 ? 0 : max<u32>((gap << 2) / 9, 1)) {
    for (let i = gap; i < count; i++) {
      const pair = load<u64>(pairs + (<usize>i << 3));
      let at = i;
      while (at >= gap && load<u32>(pairs + (<usize>(at - gap) << 3)) > <u32>pair) {
        store<u64>(pairs + (<usize>at << 3), load<u64>(pairs + (<usize>(at - gap) << 3)));
        at -= gap;
      }
      store<u64>(pairs + (<usize>at << 3), pair);
    }
  }
}

/** Sorts the pairs by number and adds up the weights of equal ones; returns how many are left. */
export function joinPairs(pairs: usize, count: u32): u32 {
  if (count == 0) return 0;
  sortPairs(pairs, count);
  let last: u32 = 0;
  for (let i: u32 = 1; i < count; i++) {
    const pair = pairs + (<usize>i << 3);
    const kept = pairs + (<usize>last << 3);
    if (load<u32>(pair) == load<u32>(kept)) {
      store<f32>(kept, load<f32>(kept, 4) + load<f32>(pair, 4), 4);
    } else {
      last++;
      store<u64>(pairs + (<usize>last << 3), load<u64>(pair));
    }
  }
  return last + 1;
}

function writeForward(index: Inverted, pairs: usize, count: u32): usize {
  let bytes = FORWARD_HEADER;
  let before: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const number = load<u32>(pairs + (<usize>i << 3));
    bytes += (38 - clz<u32>((number - before) | 1)) / 7;
    before = number;
  }
  const entry = arenaAcquire(index, bytes);
  if (entry == 0) return 0;
  store<u32>(entry, count);
  store<u32>(entry, bytes, 4);
  let at = entry + FORWARD_HEADER;
  before = 0;
  for (let i: u32 = 0; i < count; i++) {
    const number = load<u32>(pairs + (<usize>i << 3));
    let left = number - before;
    while (left > 127) {
      store<u8>(at++, left | 128);
      left >>= 7;
    }
    store<u8>(at++, left);
    before = number;
  }
  return entry;
}

/**
 * Adds a document that is not in the index: `count` pairs of a term's number, ascending, and its weight. Returns false
 * when memory is exhausted; then it is not in the index, and terms without postings are released.
 */
export function documentInsert(index: Inverted, slot: u32, pairs: usize, count: u32, length: f32): bool {
  const entry = reachSlot(index, slot) ? writeForward(index, pairs, count) : 0;
  if (entry == 0) {
    releaseUnused(index, pairs, count);
    return false;
  }
  store<u32>(<usize>index.forwards + (<usize>slot << 2), <u32>entry);
  store<f32>(lengthsOf(index) + (<usize>slot << 2), length);
  index.documents++;
  index.tokens += <u64>length;
  const isText = index.kind == INVERTED_TEXT;
  for (let i: u32 = 0; i < count; i++) {
    const pair = pairs + (<usize>i << 3);
    const weight = load<f32>(pair, 4);
    if (postingInsert(index, termAt(index, load<u32>(pair)), slot, weight, isText ? length : weight)) continue;
    documentRemove(index, slot);
    releaseUnused(index, pairs + (<usize>i << 3), count - i);
    return false;
  }
  return true;
}

/** Releases those of the terms that have no postings; no number may occur twice. */
export function releaseUnused(index: Inverted, pairs: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const number = load<u32>(pairs + (<usize>i << 3));
    const term = termAt(index, number);
    if (term.count == 0) termRelease(index, number);
  }
}

/** Removes a document, if it is in the index. */
export function documentRemove(index: Inverted, slot: u32): void {
  const entry = forwardOf(index, slot);
  if (entry == 0) return;
  const lengths = lengthsOf(index);
  const end = entry + load<u32>(entry, 4);
  let number: u32 = 0;
  let at = entry + FORWARD_HEADER;
  while (at < end) {
    let bits: u32 = 0;
    let byte = load<u8>(at++);
    let difference: u32 = byte & 127;
    while (byte & 128) {
      byte = load<u8>(at++);
      bits += 7;
      difference |= <u32>(byte & 127) << bits;
    }
    number += difference;
    const term = termAt(index, number);
    // After a failed insertion some of them do not exist.
    if (postingRemove(index, term, slot) && term.count == 0) termRelease(index, number);
  }
  index.documents--;
  index.tokens -= <u64>load<f32>(lengths + (<usize>slot << 2));
  store<f32>(lengths + (<usize>slot << 2), 0);
  store<u32>(<usize>index.forwards + (<usize>slot << 2), 0);
  arenaRelease(index, entry, load<u32>(entry, 4));
}
