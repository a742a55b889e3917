// The dictionary of an index: maps a term's text, or a sparse vector's dimension, to the number of the term. Open
// addressing with linear probing; the table holds numbers plus one, and a removal moves later entries back, so there
// are no tombstones.

import { INVERTED_SPARSE, S_SEED_0 } from "../abi";
import { xxh64 } from "../hash";
import { arenaAcquire, arenaGrow, arenaRelease } from "./arena";
import { Inverted, Term } from "./structs";

const CHUNK_SHIFT: u32 = 9;
const CHUNK_MASK: u32 = (1 << CHUNK_SHIFT) - 1;
const TABLE_LEAST: u32 = 1024;

export const TERM_NONE: u32 = 0xffffffff;

// @ts-ignore: decorator
@inline export function termAt(index: Inverted, term: u32): Term {
  const chunk = load<u32>(<usize>index.termChunks + (<usize>(term >> CHUNK_SHIFT) << 2));
  return changetype<Term>(<usize>chunk + <usize>(term & CHUNK_MASK) * offsetof<Term>());
}

// @ts-ignore: decorator
@inline export function hashOfText(pointer: usize, bytes: u32): u32 {
  return <u32>(xxh64(pointer, bytes, load<u64>(S_SEED_0)) >> 32);
}

// @ts-ignore: decorator
@inline export function hashOfDimension(dimension: u32): u32 {
  return dimension * 0x9e3779b1;
}

// @ts-ignore: decorator
@inline function home(index: Inverted, hash: u32): u32 {
  // The upper bits of a product are better distributed.
  return (hash ^ (hash >> 15)) & index.tableMask;
}

function equalBytes(a: usize, b: usize, bytes: u32): bool {
  let at: u32 = 0;
  for (; at + 8 <= bytes; at += 8) if (load<u64>(a + at) != load<u64>(b + at)) return false;
  for (; at < bytes; at++) if (load<u8>(a + at) != load<u8>(b + at)) return false;
  return true;
}

/** Text: `key` is an address. Sparse: the dimension, and `bytes` is 0. */
export function termFind(index: Inverted, hash: u32, key: u32, bytes: u32): u32 {
  const table = <usize>index.table;
  if (table == 0) return TERM_NONE;
  const isSparse = index.kind == INVERTED_SPARSE;
  let at = home(index, hash);
  let held = load<u32>(table + (<usize>at << 2));
  while (held != 0) {
    const term = termAt(index, held - 1);
    if (term.hash == hash && term.keyBytes == bytes && (isSparse ? term.key == key : equalBytes(term.key, key, bytes))) return held - 1;
    at = (at + 1) & index.tableMask;
    held = load<u32>(table + (<usize>at << 2));
  }
  return TERM_NONE;
}

/** The term, created without postings if it does not exist; TERM_NONE when memory is exhausted. */
export function termReach(index: Inverted, hash: u32, key: u32, bytes: u32): u32 {
  const found = termFind(index, hash, key, bytes);
  if (found != TERM_NONE) return found;
  if (!makeRoom(index)) return TERM_NONE;
  let copy = key;
  if (index.kind != INVERTED_SPARSE) {
    copy = <u32>arenaAcquire(index, bytes);
    if (copy == 0) return TERM_NONE;
    memory.copy(copy, key, bytes);
  }
  let number = index.termsFree;
  if (number != 0) {
    number--;
    index.termsFree = termAt(index, number).list;
  } else {
    number = index.termsTop++;
  }
  const term = termAt(index, number);
  term.hash = hash;
  term.key = copy;
  term.keyBytes = bytes;
  term.count = 0;
  term.list = 0;
  term.capacity = 0;
  index.termsCount++;
  enter(index, number, hash);
  return number;
}

/** Removes a term that has no postings. */
export function termRelease(index: Inverted, number: u32): void {
  const term = termAt(index, number);
  assert(term.count == 0 && term.capacity == 0);
  const table = <usize>index.table;
  const mask = index.tableMask;
  let at = home(index, term.hash);
  while (load<u32>(table + (<usize>at << 2)) != number + 1) at = (at + 1) & mask;
  // Later entries whose home is at or before the gap move into it.
  let gap = at;
  let held: u32 = 0;
  do {
    at = (at + 1) & mask;
    held = load<u32>(table + (<usize>at << 2));
    if (held != 0 && ((at - home(index, termAt(index, held - 1).hash)) & mask) >= ((at - gap) & mask)) {
      store<u32>(table + (<usize>gap << 2), held);
      gap = at;
    }
  } while (held != 0);
  store<u32>(table + (<usize>gap << 2), 0);
  if (index.kind != INVERTED_SPARSE) arenaRelease(index, term.key, term.keyBytes);
  term.list = index.termsFree;
  index.termsFree = number + 1;
  index.termsCount--;
}

function enter(index: Inverted, number: u32, hash: u32): void {
  const table = <usize>index.table;
  let at = home(index, hash);
  while (load<u32>(table + (<usize>at << 2)) != 0) at = (at + 1) & index.tableMask;
  store<u32>(table + (<usize>at << 2), number + 1);
}

/** Makes room for one more: in the table, which stays at most two thirds full, and among the chunks. */
function makeRoom(index: Inverted): bool {
  const capacity: u32 = index.table == 0 ? 0 : index.tableMask + 1;
  if ((<u64>index.termsCount + 1) * 3 > <u64>capacity * 2) {
    const wanted = max<u32>(capacity << 1, TABLE_LEAST);
    const table = arenaGrow(index, 0, 0, <usize>wanted << 2);
    if (table == 0) return false;
    const old = <usize>index.table;
    index.table = <u32>table;
    index.tableMask = wanted - 1;
    for (let i: u32 = 0; i < capacity; i++) {
      const held = load<u32>(old + (<usize>i << 2));
      if (held != 0) enter(index, held - 1, termAt(index, held - 1).hash);
    }
    arenaRelease(index, old, <usize>capacity << 2);
  }
  if (index.termsFree != 0 || (index.termsTop & CHUNK_MASK) != 0) return true;
  const chunk = index.termsTop >> CHUNK_SHIFT;
  if (chunk >= index.termChunksCapacity) {
    const wanted = max<u32>(index.termChunksCapacity << 1, 16);
    const grown = arenaGrow(index, index.termChunks, <usize>index.termChunksCapacity << 2, <usize>wanted << 2);
    if (grown == 0) return false;
    index.termChunks = <u32>grown;
    index.termChunksCapacity = wanted;
  }
  const at = <usize>index.termChunks + (<usize>chunk << 2);
  if (load<u32>(at) != 0) return true;
  const fresh = arenaGrow(index, 0, 0, offsetof<Term>() << CHUNK_SHIFT);
  store<u32>(at, <u32>fresh);
  return fresh != 0;
}
