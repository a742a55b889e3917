// Hash index: 64-bit key hash -> slot. Extendible hashing (Fagin et al., 1979) over segments of 4,096 entries; inside a segment,
// groups of 16 tag bytes are probed with one SIMD compare (the "Swiss table" layout). A full segment splits in two: no insert
// moves more than one segment, so none pauses.
//
// Segment: | 256 groups of 32 bytes: 0 tag u8[16], 16 overflow u16, 18 spare | 8192 entries u32 | 8196 depth u32 | 8256 entry {hash u32, slot u32}[4096] |
//   tag       0 = empty, else 0x80 | low 7 bits of the hash
//   hash u32  upper half of the hash: its top bits choose the segment, its low 8 bits the first group, so that a split needs no key
//   overflow  how many entries passed this group because it was full. A miss ends at the first group that nothing passed; a removal
//             counts down again, so there are no tombstones and deletes leave no decay.
//   spare     0; see hashAhead

import { S_DIRECTORY, S_DIRECTORY_DEPTH, S_SEGMENTS, S_SPLIT_SCRATCH } from "../abi";
import { pagesFor, pagesSpare, structAcquire } from "../memory";

const GROUPS: u32 = 256;
const OVERFLOW: usize = 16;
const SPARE: usize = 18;
const ENTRIES_COUNT: usize = 8192;
const DEPTH: usize = 8196;
/** A multiple of 64: the entries of a group span two cache lines. */
const ENTRIES: usize = 8256;
const SEGMENT_BYTES: usize = ENTRIES + 4096 * 8;
/** A load of 7/8: beyond it probes get long before the cost of the split is saved. */
const ENTRIES_MAX: u32 = 3584;
/** Deeper than 4 GiB of segments could ever require; only equal hashes get there. */
const DEPTH_MAX: u32 = 20;

// @ts-ignore: decorator
@inline function segmentOf(upper: u32): usize {
  const depth = load<u32>(S_DIRECTORY_DEPTH);
  const index: usize = depth == 0 ? 0 : <usize>(upper >> (32 - depth));
  return <usize>load<u32>(<usize>load<u32>(S_DIRECTORY) + (index << 2));
}

// @ts-ignore: decorator
@inline function groupAt(segment: usize, group: u32): usize {
  return segment + (<usize>group << 5);
}

// @ts-ignore: decorator
@inline function tagAt(segment: usize, position: u32): usize {
  return groupAt(segment, position >> 4) + (position & 15);
}

// @ts-ignore: decorator
@inline function tagOf(hash: u64): u32 {
  return 0x80 | (<u32>hash & 0x7f);
}

/** Creates an empty index with one segment; returns false when memory is exhausted. */
export function hashCreate(): bool {
  const directory = structAcquire(4);
  const segment = structAcquire(SEGMENT_BYTES);
  const scratch = structAcquire(SEGMENT_BYTES);
  if (directory == 0 || segment == 0 || scratch == 0) return false;
  store<u32>(directory, <u32>segment);
  store<u32>(S_DIRECTORY, <u32>directory);
  store<u32>(S_DIRECTORY_DEPTH, 0);
  store<u32>(S_SEGMENTS, 1);
  store<u32>(S_SPLIT_SCRATCH, <u32>scratch);
  return true;
}

/** Address of an entry whose 39 stored bits match; pass the previous result as `after` (0 at first) to continue. Returns 0 at the end. */
export function hashFind(hash: u64, after: usize): usize {
  const upper = <u32>(hash >> 32);
  const segment = segmentOf(upper);
  const tag = i8x16.splat(<i8>tagOf(hash));
  let group = upper & (GROUPS - 1);
  let skip: u32 = 0xffff;
  if (after != 0) {
    const position = <u32>((after - segment - ENTRIES) >> 3);
    group = position >> 4;
    skip = 0xfffe << (position & 15);
  }
  for (let probes: u32 = 0; probes < GROUPS; probes++) {
    let matches = <u32>i8x16.bitmask(i8x16.eq(v128.load(groupAt(segment, group)), tag)) & skip;
    skip = 0xffff;
    while (matches != 0) {
      const entry = segment + ENTRIES + (<usize>((group << 4) + ctz<u32>(matches)) << 3);
      if (load<u32>(entry) == upper) return entry;
      matches &= matches - 1;
    }
    if (load<u16>(groupAt(segment, group), OVERFLOW) == 0) return 0;
    group = (group + 1) & (GROUPS - 1);
  }
  return 0;
}

/** Expected number of entries in a presized segment; one with 3,584 entries splits. */
const ENTRIES_EXPECTED: u32 = 3200;

/** Pages that must remain free when an index is presized. */
const SPARE_PAGES: u32 = 64;

/** Sizes an empty index for `count` entries, so that none is moved while they are added. Without enough memory it is left as it is. */
export function hashExpect(count: u32): void {
  if (load<u32>(S_SEGMENTS) != 1) return;
  let depth: u32 = 0;
  while ((count >> depth) > ENTRIES_EXPECTED) depth++;
  if (depth == 0) return;
  const first = load<u32>(<usize>load<u32>(S_DIRECTORY));
  if (load<u32>(<usize>first + ENTRIES_COUNT) != 0) return;
  if (pagesSpare() < pagesFor(SEGMENT_BYTES << depth) + SPARE_PAGES) return;
  const directory = structAcquire(<usize>4 << depth);
  if (directory == 0) return;
  for (let i: usize = 0; i < <usize>1 << depth; i++) {
    const segment = i == 0 ? <usize>first : structAcquire(SEGMENT_BYTES);
    if (segment == 0) return;
    if (i != 0) store<u32>(segment + DEPTH, depth);
    store<u32>(directory + (i << 2), <u32>segment);
  }
  store<u32>(<usize>first + DEPTH, depth);
  store<u32>(S_DIRECTORY, <u32>directory);
  store<u32>(S_DIRECTORY_DEPTH, depth);
  store<u32>(S_SEGMENTS, 1 << depth);
}

/** Whether `count` entries fit without splits, assuming evenly distributed hashes. */
export function hashHolds(count: u32): bool {
  return count / load<u32>(S_SEGMENTS) <= ENTRIES_EXPECTED;
}

/** Prefetches the start of the search for a hash, for many hashes in a row; the result must be used somehow. */
export function hashTouch(hash: u64): u32 {
  const upper = <u32>(hash >> 32);
  const segment = segmentOf(upper);
  const group = upper & (GROUPS - 1);
  const entries = segment + ENTRIES + (<usize>group << 7);
  return <u32>load<u8>(groupAt(segment, group)) + load<u8>(entries) + load<u8>(entries, 64);
}

/** The same for a single hash, by a write that nothing waits for: there is no other way to prefetch. */
export function hashAhead(hash: u64): void {
  const upper = <u32>(hash >> 32);
  store<u8>(groupAt(segmentOf(upper), upper & (GROUPS - 1)), 0, SPARE);
}

// @ts-ignore: decorator
@inline export function entrySlot(entry: usize): u32 {
  return load<u32>(entry, 4);
}

function place(segment: usize, tag: u32, upper: u32, slot: u32): void {
  let group = upper & (GROUPS - 1);
  for (;;) {
    const empty = <u32>i8x16.bitmask(i8x16.eq(v128.load(groupAt(segment, group)), i8x16.splat(0)));
    if (empty != 0) {
      const position = (group << 4) + ctz<u32>(empty);
      store<u8>(tagAt(segment, position), <u8>tag);
      const entry = segment + ENTRIES + (<usize>position << 3);
      store<u32>(entry, upper);
      store<u32>(entry, slot, 4);
      store<u32>(segment + ENTRIES_COUNT, load<u32>(segment + ENTRIES_COUNT) + 1);
      return;
    }
    const passed = groupAt(segment, group) + OVERFLOW;
    assert(load<u16>(passed) < 4096);
    store<u16>(passed, load<u16>(passed) + 1);
    group = (group + 1) & (GROUPS - 1);
  }
}

function growDirectory(): bool {
  const depth = load<u32>(S_DIRECTORY_DEPTH);
  const from = <usize>load<u32>(S_DIRECTORY);
  const to = structAcquire(<usize>8 << depth);
  if (to == 0) return false;
  for (let i: usize = 0; i < <usize>1 << depth; i++) {
    const segment = load<u32>(from + (i << 2));
    store<u32>(to + (i << 3), segment);
    store<u32>(to + (i << 3), segment, 4);
  }
  store<u32>(S_DIRECTORY, <u32>to);
  store<u32>(S_DIRECTORY_DEPTH, depth + 1);
  return true;
}

function split(segment: usize, upper: u32): bool {
  const depth = load<u32>(segment + DEPTH);
  if (depth >= DEPTH_MAX) return false;
  if (depth == load<u32>(S_DIRECTORY_DEPTH) && !growDirectory()) return false;
  const sibling = structAcquire(SEGMENT_BYTES);
  if (sibling == 0) return false;
  const old = <usize>load<u32>(S_SPLIT_SCRATCH);
  memory.copy(old, segment, SEGMENT_BYTES);
  memory.fill(segment, 0, ENTRIES);
  store<u32>(segment + DEPTH, depth + 1);
  store<u32>(sibling + DEPTH, depth + 1);
  const shift = 31 - depth;
  for (let position: u32 = 0; position < 4096; position++) {
    const tag = load<u8>(tagAt(old, position));
    if (tag == 0) continue;
    const entry = old + ENTRIES + (<usize>position << 3);
    const bits = load<u32>(entry);
    place(((bits >> shift) & 1) != 0 ? sibling : segment, tag, bits, load<u32>(entry, 4));
  }
  // The upper half of the directory entries that referred to the segment now refer to its sibling.
  const global = load<u32>(S_DIRECTORY_DEPTH);
  const span: usize = <usize>1 << (global - depth);
  const first = (depth == 0 ? <usize>0 : <usize>(upper >> (32 - depth))) << (global - depth);
  const directory = <usize>load<u32>(S_DIRECTORY);
  for (let i = first + (span >> 1); i < first + span; i++) store<u32>(directory + (i << 2), <u32>sibling);
  store<u32>(S_SEGMENTS, load<u32>(S_SEGMENTS) + 1);
  return true;
}

/** Adds an entry, whose key must be absent; returns false when memory is exhausted, and then nothing has changed. */
export function hashInsert(hash: u64, slot: u32): bool {
  const upper = <u32>(hash >> 32);
  let segment = segmentOf(upper);
  while (load<u32>(segment + ENTRIES_COUNT) >= ENTRIES_MAX) {
    if (!split(segment, upper)) return false;
    segment = segmentOf(upper);
  }
  place(segment, tagOf(hash), upper, slot);
  return true;
}

/** Removes the entry of `slot`, which must exist. */
export function hashRemove(hash: u64, slot: u32): void {
  let entry = hashFind(hash, 0);
  while (entry != 0 && entrySlot(entry) != slot) entry = hashFind(hash, entry);
  assert(entry != 0);
  if (entry == 0) return;
  const upper = <u32>(hash >> 32);
  const segment = segmentOf(upper);
  const position = <u32>((entry - segment - ENTRIES) >> 3);
  store<u8>(tagAt(segment, position), 0);
  store<u32>(segment + ENTRIES_COUNT, load<u32>(segment + ENTRIES_COUNT) - 1);
  let group = upper & (GROUPS - 1);
  while (group != position >> 4) {
    const passed = groupAt(segment, group) + OVERFLOW;
    store<u16>(passed, load<u16>(passed) - 1);
    group = (group + 1) & (GROUPS - 1);
  }
}
