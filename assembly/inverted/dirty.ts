// Slots whose record has changed since they were indexed: a bitmap with a summary above it. A write only marks; the JS
// side reads and analyses the texts before the next search, or when there is time.
//
// | bits u64[slots / 64] | summary u64[slots / 4096], a bit for each word that is not 0 |

import { S_INVERTED_COUNT, S_INVERTED_LIST, S_SLOT_TOP } from "../abi";
import { slotAddress } from "../slot";
import { arenaAcquire, arenaRelease } from "./arena";
import { fieldsEqual } from "./fields";
import { Inverted } from "./structs";

const SLOTS_LEAST: u32 = 4096;

// @ts-ignore: decorator
@inline function bytesFor(slots: u32): usize {
  return <usize>(slots >> 3) + <usize>(slots >> 9);
}

// @ts-ignore: decorator
@inline function summaryOf(index: Inverted): usize {
  return <usize>index.dirty + <usize>(index.dirtySlots >> 3);
}

function reach(index: Inverted, slot: u32): bool {
  const slots = index.dirtySlots;
  let wanted = max<u32>(slots << 1, SLOTS_LEAST);
  while (wanted <= slot) wanted <<= 1;
  const grown = arenaAcquire(index, bytesFor(wanted));
  if (grown == 0) return false;
  memory.fill(grown, 0, bytesFor(wanted));
  if (slots != 0) {
    memory.copy(grown, index.dirty, slots >> 3);
    memory.copy(grown + <usize>(wanted >> 3), summaryOf(index), slots >> 9);
    arenaRelease(index, index.dirty, bytesFor(slots));
  }
  index.dirty = <u32>grown;
  index.dirtySlots = wanted;
  return true;
}

function mark(index: Inverted, slot: u32): bool {
  if (slot >= index.dirtySlots && !reach(index, slot)) return false;
  const word = <usize>index.dirty + (<usize>(slot >> 6) << 3);
  const bits = load<u64>(word);
  const bit = <u64>1 << (slot & 63);
  if (bits & bit) return true;
  store<u64>(word, bits | bit);
  index.dirtyCount++;
  if (bits == 0) {
    const summary = summaryOf(index) + (<usize>(slot >> 12) << 3);
    store<u64>(summary, load<u64>(summary) | (<u64>1 << ((slot >> 6) & 63)));
  }
  return true;
}

/**
 * The record of `slot` changes; every index that may be affected will look at it again. Returns false when memory is
 * exhausted.
 */
export function invertedChanged(slot: u32, old: usize, fresh: usize): bool {
  const count = load<u32>(S_INVERTED_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const index = changetype<Inverted>(<usize>load<u32>(S_INVERTED_LIST + (<usize>i << 2)));
    if (index.kind == 0 || (old != 0 && fresh != 0 && fieldsEqual(index, old, fresh))) continue;
    if (!mark(index, slot)) return false;
  }
  return true;
}

/** Marks every live slot. Returns false when memory is exhausted. */
export function dirtyMarkAll(index: Inverted): bool {
  const top = load<u32>(S_SLOT_TOP);
  if (top != 0 && top > index.dirtySlots && !reach(index, top - 1)) return false;
  for (let slot: u32 = 0; slot < top; slot++) if (slotAddress(slot) != 0) mark(index, slot);
  return true;
}

export function dirtyClear(index: Inverted, slot: u32): void {
  if (slot >= index.dirtySlots) return;
  const word = <usize>index.dirty + (<usize>(slot >> 6) << 3);
  const bits = load<u64>(word);
  const bit = <u64>1 << (slot & 63);
  if ((bits & bit) == 0) return;
  store<u64>(word, bits ^ bit);
  index.dirtyCount--;
  if (bits == bit) {
    const summary = summaryOf(index) + (<usize>(slot >> 12) << 3);
    store<u64>(summary, load<u64>(summary) ^ (<u64>1 << ((slot >> 6) & 63)));
  }
}

/**
 * Writes up to `count` marked slots, ascending, as pairs of a slot and the address of its record (0 if it has none).
 */
export function dirtyList(index: Inverted, target: usize, count: u32): u32 {
  const top = load<u32>(S_SLOT_TOP);
  const words = index.dirtySlots >> 12;
  const summary = summaryOf(index);
  let found: u32 = 0;
  for (let i: u32 = 0; i < words && found < count; i++) {
    let groups = load<u64>(summary + (<usize>i << 3));
    while (groups != 0 && found < count) {
      const group = (i << 6) + <u32>ctz<u64>(groups);
      groups &= groups - 1;
      let bits = load<u64>(<usize>index.dirty + (<usize>group << 3));
      while (bits != 0 && found < count) {
        const slot = (group << 6) + <u32>ctz<u64>(bits);
        bits &= bits - 1;
        const pair = target + (<usize>found << 3);
        store<u32>(pair, slot);
        store<u32>(pair, slot < top ? <u32>slotAddress(slot) : 0, 4);
        found++;
      }
    }
  }
  return found;
}
