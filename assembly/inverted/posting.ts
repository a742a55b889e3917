// The postings of a term, by slot. A term of few documents, the usual case, has one block that grows with it; a larger
// one has a directory of full-sized blocks. See structs.ts for the layouts.

import { INVERTED_SPARSE } from "../abi";
import { arenaAcquire, arenaGrow, arenaRelease } from "./arena";
import { Inverted, Term } from "./structs";

export const BLOCK_POSTINGS: u32 = 256;
/** Neighbouring blocks are joined when both fit with room to grow. */
const JOIN_POSTINGS: u32 = 160;
export const DIRECTORY: u32 = 0x80000000;
const DIRECTORY_HEADER: usize = 8;
const DIRECTORY_ENTRY: usize = 12;
const DIRECTORY_LEAST: u32 = 4;

/** Size of a weight, as a shift: u16 counts of a text's term, f32 of a sparse vector. */
// @ts-ignore: decorator
@inline export function weightShift(index: Inverted): u32 {
  return index.kind == INVERTED_SPARSE ? 2 : 1;
}

// @ts-ignore: decorator
@inline function blockBytes(capacity: u32, shift: u32): usize {
  return (<usize>capacity << 2) + (<usize>capacity << shift);
}

// @ts-ignore: decorator
@inline function directoryBytes(entries: u32): usize {
  return DIRECTORY_HEADER + <usize>entries * DIRECTORY_ENTRY;
}

// @ts-ignore: decorator
@inline export function entryAt(directory: usize, entry: u32): usize {
  return directory + DIRECTORY_HEADER + <usize>entry * DIRECTORY_ENTRY;
}

// @ts-ignore: decorator
@inline export function weightAt(weights: usize, at: u32, shift: u32): f32 {
  return shift == 2 ? load<f32>(weights + (<usize>at << 2)) : <f32>load<u16>(weights + (<usize>at << 1));
}

/** Position of the first of `count` ascending slots that is not less than `slot`. */
export function lowerBound(slots: usize, count: u32, slot: u32): u32 {
  let from: u32 = 0;
  let left = count;
  while (left > 0) {
    const half = left >> 1;
    const isBelow = load<u32>(slots + (<usize>(from + half) << 2)) < slot;
    from = isBelow ? from + half + 1 : from;
    left = isBelow ? left - half - 1 : half;
  }
  return from;
}

/** The directory entry of the block in which `slot` is or would be. */
export function entryOf(directory: usize, slot: u32): u32 {
  let low: u32 = 0;
  let high = load<u32>(directory);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (load<u32>(entryAt(directory, middle)) <= slot) low = middle;
    else high = middle;
  }
  return low;
}

function put(block: usize, capacity: u32, at: u32, slot: u32, weight: f32, shift: u32): void {
  store<u32>(block + (<usize>at << 2), slot);
  const weights = block + (<usize>capacity << 2);
  if (shift == 2) store<f32>(weights + (<usize>at << 2), weight);
  else store<u16>(weights + (<usize>at << 1), <u16>weight);
}

/** Moves `moved` postings of a block from position `from` to `to`. */
function shiftBy(block: usize, capacity: u32, from: u32, to: u32, moved: u32, shift: u32): void {
  if (moved == 0) return;
  memory.copy(block + (<usize>to << 2), block + (<usize>from << 2), <usize>moved << 2);
  const weights = block + (<usize>capacity << 2);
  memory.copy(weights + (<usize>to << shift), weights + (<usize>from << shift), <usize>moved << shift);
}

function insertAt(block: usize, capacity: u32, count: u32, at: u32, slot: u32, weight: f32, shift: u32): void {
  shiftBy(block, capacity, at, at + 1, count - at, shift);
  put(block, capacity, at, slot, weight, shift);
}

/** Copies postings from one block to another. */
function copy(source: usize, sourceCapacity: u32, from: u32, target: usize, targetCapacity: u32, to: u32, count: u32, shift: u32): void {
  memory.copy(target + (<usize>to << 2), source + (<usize>from << 2), <usize>count << 2);
  memory.copy(
    target + (<usize>targetCapacity << 2) + (<usize>to << shift), source + (<usize>sourceCapacity << 2) + (<usize>from << shift), <usize>count << shift,
  );
}

/** Position for a slot that is not there yet: at the end, mostly. */
// @ts-ignore: decorator
@inline function placeOf(block: usize, count: u32, slot: u32): u32 {
  if (load<u32>(block + (<usize>(count - 1) << 2)) < slot) return count;
  return lowerBound(block, count, slot);
}

/** Adds a posting; the slot must have none yet. `extent`: see Term.least. Returns false when memory is exhausted. */
export function postingInsert(index: Inverted, term: Term, slot: u32, weight: f32, extent: f32): bool {
  const count = term.count;
  if (count == 0) {
    term.list = slot;
    term.most = weight;
    term.least = extent;
    term.count = 1;
    return true;
  }
  const shift = weightShift(index);
  if (term.capacity & DIRECTORY) {
    if (!insertLarge(index, term, slot, weight, shift)) return false;
  } else {
    if (!reserve(index, term, shift)) return false;
    if (term.capacity & DIRECTORY) {
      if (!insertLarge(index, term, slot, weight, shift)) return false;
    } else {
      insertAt(term.list, term.capacity, count, placeOf(term.list, count, slot), slot, weight, shift);
    }
  }
  term.count = count + 1;
  term.most = max(term.most, weight);
  term.least = min(term.least, extent);
  return true;
}

/** Makes room for one more posting in a list without a directory, which may get one. */
function reserve(index: Inverted, term: Term, shift: u32): bool {
  const count = term.count;
  const capacity = term.capacity;
  if (count < capacity) return true;
  if (capacity == BLOCK_POSTINGS) {
    const directory = arenaAcquire(index, directoryBytes(DIRECTORY_LEAST));
    if (directory == 0) return false;
    store<u32>(directory, 1);
    const entry = entryAt(directory, 0);
    store<u32>(entry, load<u32>(term.list));
    store<u32>(entry, term.list, 4);
    store<u32>(entry, count, 8);
    term.list = <u32>directory;
    term.capacity = DIRECTORY | DIRECTORY_LEAST;
    return true;
  }
  return resize(index, term, max<u32>(capacity << 1, 2), shift);
}

/** Moves a list without a directory into a block of another capacity. */
function resize(index: Inverted, term: Term, capacity: u32, shift: u32): bool {
  const block = arenaAcquire(index, blockBytes(capacity, shift));
  if (block == 0) return false;
  if (term.capacity == 0) {
    put(block, capacity, 0, term.list, term.most, shift);
  } else {
    copy(term.list, term.capacity, 0, block, capacity, 0, term.count, shift);
    arenaRelease(index, term.list, blockBytes(term.capacity, shift));
  }
  term.list = <u32>block;
  term.capacity = capacity;
  return true;
}

function insertLarge(index: Inverted, term: Term, slot: u32, weight: f32, shift: u32): bool {
  let directory = <usize>term.list;
  let number = entryOf(directory, slot);
  let entry = entryAt(directory, number);
  let block = <usize>load<u32>(entry, 4);
  let count = load<u32>(entry, 8);
  let place = placeOf(block, count, slot);
  if (count == BLOCK_POSTINGS) {
    const blocks = load<u32>(directory);
    const fresh = arenaAcquire(index, blockBytes(BLOCK_POSTINGS, shift));
    if (fresh == 0) return false;
    const capacity = term.capacity & ~DIRECTORY;
    if (blocks == capacity) {
      const grown = arenaGrow(index, directory, directoryBytes(capacity), directoryBytes(capacity << 1));
      if (grown == 0) {
        arenaRelease(index, fresh, blockBytes(BLOCK_POSTINGS, shift));
        return false;
      }
      directory = grown;
      term.list = <u32>grown;
      term.capacity = DIRECTORY | (capacity << 1);
      entry = entryAt(directory, number);
    }
    // While documents are added slots ascend: the last block is left full and a new one begun. Elsewhere half of it
    // moves.
    const isLast = number + 1 == blocks && place == count;
    const kept = isLast ? count : count >> 1;
    copy(block, BLOCK_POSTINGS, kept, fresh, BLOCK_POSTINGS, 0, count - kept, shift);
    store<u32>(entry, kept, 8);
    const after = entryAt(directory, number + 1);
    memory.copy(after + DIRECTORY_ENTRY, after, <usize>(blocks - number - 1) * DIRECTORY_ENTRY);
    store<u32>(after, isLast ? slot : load<u32>(fresh));
    store<u32>(after, <u32>fresh, 4);
    store<u32>(after, count - kept, 8);
    store<u32>(directory, blocks + 1);
    if (place > kept || isLast) {
      entry = after;
      block = fresh;
      place -= kept;
      count -= kept;
    } else {
      count = kept;
    }
  }
  insertAt(block, BLOCK_POSTINGS, count, place, slot, weight, shift);
  store<u32>(entry, load<u32>(block));
  store<u32>(entry, count + 1, 8);
  return true;
}

/** Removes the posting of a slot; returns false if there is none. */
export function postingRemove(index: Inverted, term: Term, slot: u32): bool {
  const count = term.count;
  if (count == 0) return false;
  if (term.capacity == 0) {
    if (term.list != slot) return false;
    term.count = 0;
    return true;
  }
  const shift = weightShift(index);
  if (term.capacity & DIRECTORY) {
    if (!removeLarge(index, term, slot, shift)) return false;
    term.count = count - 1;
    return true;
  }
  const block = <usize>term.list;
  const at = lowerBound(block, count, slot);
  if (at == count || load<u32>(block + (<usize>at << 2)) != slot) return false;
  shiftBy(block, term.capacity, at + 1, at, count - at - 1, shift);
  term.count = count - 1;
  if (count == 2) {
    term.list = load<u32>(block);
    term.most = weightAt(block + (<usize>term.capacity << 2), 0, shift);
    if (shift == 2) term.least = term.most;
    arenaRelease(index, block, blockBytes(term.capacity, shift));
    term.capacity = 0;
  } else if (count - 1 <= term.capacity >> 2) {
    // Without memory for a smaller block the larger one stays.
    resize(index, term, term.capacity >> 1, shift);
  }
  return true;
}

function removeLarge(index: Inverted, term: Term, slot: u32, shift: u32): bool {
  const directory = <usize>term.list;
  const number = entryOf(directory, slot);
  const entry = entryAt(directory, number);
  const block = <usize>load<u32>(entry, 4);
  const count = load<u32>(entry, 8) - 1;
  const at = lowerBound(block, count + 1, slot);
  if (at > count || load<u32>(block + (<usize>at << 2)) != slot) return false;
  shiftBy(block, BLOCK_POSTINGS, at + 1, at, count - at, shift);
  store<u32>(entry, count, 8);
  if (count == 0) {
    dropEntry(index, directory, number, shift);
  } else {
    store<u32>(entry, load<u32>(block));
    if (number + 1 < load<u32>(directory)) join(index, directory, number, shift);
    else if (number > 0) join(index, directory, number - 1, shift);
  }
  if (load<u32>(directory) == 1) {
    const last = entryAt(directory, 0);
    const capacity = term.capacity & ~DIRECTORY;
    term.list = load<u32>(last, 4);
    term.capacity = BLOCK_POSTINGS;
    arenaRelease(index, directory, directoryBytes(capacity));
  }
  return true;
}

/** Joins a block with the next one when both are small. */
function join(index: Inverted, directory: usize, number: u32, shift: u32): void {
  const entry = entryAt(directory, number);
  const next = entryAt(directory, number + 1);
  const count = load<u32>(entry, 8);
  const more = load<u32>(next, 8);
  if (count + more > JOIN_POSTINGS) return;
  copy(load<u32>(next, 4), BLOCK_POSTINGS, 0, load<u32>(entry, 4), BLOCK_POSTINGS, count, more, shift);
  store<u32>(entry, count + more, 8);
  dropEntry(index, directory, number + 1, shift);
}

function dropEntry(index: Inverted, directory: usize, number: u32, shift: u32): void {
  const entry = entryAt(directory, number);
  const blocks = load<u32>(directory);
  arenaRelease(index, load<u32>(entry, 4), blockBytes(BLOCK_POSTINGS, shift));
  memory.copy(entry, entry + DIRECTORY_ENTRY, <usize>(blocks - number - 1) * DIRECTORY_ENTRY);
  store<u32>(directory, blocks - 1);
}
