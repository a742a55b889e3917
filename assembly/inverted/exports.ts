import {
  INVERTED_MAX, INVERTED_SPARSE, KEY_BUFFER, S_INVERTED_ANSWER, S_INVERTED_COUNT, S_INVERTED_LIST, S_DERIVED, DERIVED_INVERTED,
  S_SLOT_TOP, STATUS_OK, STATUS_OUT_OF_MEMORY,
} from "../abi";
import { structAcquire } from "../memory";
import { slotAddress } from "../slot";
import { ARENA_CLASSES, arenaClear } from "./arena";
import { dirtyClear, dirtyList, dirtyMarkAll } from "./dirty";
import { documentInsert, documentRemove, joinPairs, releaseUnused } from "./document";
import { fieldsNote } from "./fields";
import { hitScore, hitSlot, scoreBegin, scoreBest, scoreBits, scoreCount, scoreTerms, scoreTouched } from "./score";
import { Inverted } from "./structs";
import { hashOfDimension, hashOfText, TERM_NONE, termAt, termFind, termReach } from "./term";
import { answerReserve, stageReserve, sumsReserve, sumsReset, workRelease } from "./work";

/** Maximum count of a term in a document; further occurrences are ignored. */
const COUNT_MAX: f32 = 65535;

// @ts-ignore: decorator
@inline function indexAt(handle: u32): Inverted {
  assert(handle < load<u32>(S_INVERTED_COUNT));
  return changetype<Inverted>(<usize>load<u32>(S_INVERTED_LIST + (<usize>handle << 2)));
}

/**
 * Creates an index of a kind under the caller's id, with every live slot marked. Returns its handle, -1 when memory is exhausted, -2 if
 * there are too many.
 */
export function inverted_create(id: u32, kind: u32): i32 {
  const count = load<u32>(S_INVERTED_COUNT);
  let handle: u32 = 0;
  while (handle < count && indexAt(handle).kind != 0) handle++;
  if (handle == count) {
    if (count == INVERTED_MAX) return -2;
    const address = structAcquire(offsetof<Inverted>() + (<usize>ARENA_CLASSES << 2));
    if (address == 0) return STATUS_OUT_OF_MEMORY;
    store<u32>(S_INVERTED_LIST + (<usize>count << 2), <u32>address);
    store<u32>(S_INVERTED_COUNT, count + 1);
  }
  const index = indexAt(handle);
  index.kind = kind;
  index.id = id;
  if (!dirtyMarkAll(index)) {
    arenaClear(index);
    return STATUS_OUT_OF_MEMORY;
  }
  store<u32>(S_DERIVED, load<u32>(S_DERIVED) | DERIVED_INVERTED);
  return <i32>handle;
}

/** Sets the top-level fields that a text index reads: see fields.ts. Without them every write of a document counts. */
export function inverted_fields(handle: u32, given: usize, count: u32, bytes: u32): i32 {
  return fieldsNote(indexAt(handle), given, count, bytes) ? STATUS_OK : STATUS_OUT_OF_MEMORY;
}

/** Drops an index and releases its memory. */
export function inverted_drop(handle: u32): void {
  arenaClear(indexAt(handle));
  for (let i: u32 = 0; i < load<u32>(S_INVERTED_COUNT); i++) if (indexAt(i).kind != 0) return;
  store<u32>(S_DERIVED, load<u32>(S_DERIVED) & ~DERIVED_INVERTED);
  workRelease();
}

/** The handle of the index with this id and kind, or -1. */
export function inverted_find(id: u32, kind: u32): i32 {
  for (let i: u32 = 0; i < load<u32>(S_INVERTED_COUNT); i++) if (indexAt(i).kind == kind && indexAt(i).id == id) return <i32>i;
  return -1;
}

/** The id of the index at a handle; -1 if there is none, -2 beyond the last handle. */
export function inverted_id(handle: u32): f64 {
  if (handle >= load<u32>(S_INVERTED_COUNT)) return -2;
  return indexAt(handle).kind == 0 ? -1 : <f64>indexAt(handle).id;
}

/** Writes to the key buffer: | documents u32 | marked u32 | terms u32 | pages u32 | sum of lengths f64 |. */
export function inverted_stats(handle: u32): void {
  const index = indexAt(handle);
  store<u32>(KEY_BUFFER, index.documents);
  store<u32>(KEY_BUFFER, index.dirtyCount, 4);
  store<u32>(KEY_BUFFER, index.termsCount, 8);
  store<u32>(KEY_BUFFER, index.pages, 12);
  store<f64>(KEY_BUFFER, <f64>index.tokens, 16);
}

/** Writes up to `count`, at most 500, marked slots and the addresses of their records, as pairs, to the key buffer. */
export function inverted_marked(handle: u32, count: u32): u32 {
  return dirtyList(indexAt(handle), KEY_BUFFER, min<u32>(count, 500));
}

/** Reserves room for this many bytes of input; 0 when memory is exhausted. */
export function inverted_stage(bytes: usize): usize {
  return stageReserve(bytes);
}

/** Removes the document of a slot, and the slot's mark. */
export function inverted_remove(handle: u32, slot: u32): void {
  const index = indexAt(handle);
  documentRemove(index, slot);
  dirtyClear(index, slot);
}

/**
 * Replaces the texts of slots. `heads`: for each of `count` documents | slot u32 | tokens u32 |; `text`: all tokens in order, UTF-8, each
 * followed by a zero byte. Removes the marks of the slots that were written.
 */
export function inverted_put_text(handle: u32, heads: usize, count: u32, text: usize): i32 {
  const index = indexAt(handle);
  let at = text;
  for (let i: u32 = 0; i < count; i++) {
    const slot = load<u32>(heads + (<usize>i << 3));
    const tokens = load<u32>(heads + (<usize>i << 3), 4);
    documentRemove(index, slot);
    const pairs = answerReserve(<usize>tokens << 3);
    if (pairs == 0) return STATUS_OUT_OF_MEMORY;
    for (let t: u32 = 0; t < tokens; t++) {
      let end = at;
      while (load<u8>(end) != 0) end++;
      const bytes = <u32>(end - at);
      const term = termReach(index, hashOfText(at, bytes), <u32>at, bytes);
      if (term == TERM_NONE) {
        releaseUnused(index, pairs, joinPairs(pairs, t));
        return STATUS_OUT_OF_MEMORY;
      }
      store<u32>(pairs + (<usize>t << 3), term);
      store<f32>(pairs + (<usize>t << 3), 1, 4);
      at = end + 1;
    }
    const terms = joinPairs(pairs, tokens);
    for (let t: u32 = 0; t < terms; t++) {
      const weight = pairs + (<usize>t << 3) + 4;
      store<f32>(weight, min<f32>(load<f32>(weight), COUNT_MAX));
    }
    if (!documentInsert(index, slot, pairs, terms, <f32>tokens)) return STATUS_OUT_OF_MEMORY;
    dirtyClear(index, slot);
  }
  return STATUS_OK;
}

/**
 * The same for sparse vectors: for each document | slot u32 | entries u32 | dimension u32, value f32 ... |, without repeated dimensions or
 * zeros.
 */
export function inverted_put_sparse(handle: u32, vectors: usize, count: u32): i32 {
  const index = indexAt(handle);
  let at = vectors;
  for (let i: u32 = 0; i < count; i++) {
    const slot = load<u32>(at);
    const entries = load<u32>(at, 4);
    at += 8;
    documentRemove(index, slot);
    for (let e: u32 = 0; e < entries; e++) {
      const pair = at + (<usize>e << 3);
      const dimension = load<u32>(pair);
      const term = termReach(index, hashOfDimension(dimension), dimension, 0);
      if (term == TERM_NONE) {
        releaseUnused(index, at, joinPairs(at, e));
        return STATUS_OUT_OF_MEMORY;
      }
      store<u32>(pair, term);
    }
    const terms = joinPairs(at, entries);
    if (!documentInsert(index, slot, at, terms, <f32>entries)) return STATUS_OUT_OF_MEMORY;
    dirtyClear(index, slot);
    at += <usize>entries << 3;
  }
  return STATUS_OK;
}

/**
 * Writes the numbers of terms and their document counts, as pairs, to the answer; returns -1 when memory is exhausted. `text` as for
 * inverted_put_text; for a sparse index the dimensions, u32 each.
 */
export function inverted_terms(handle: u32, count: u32, text: usize): i32 {
  const index = indexAt(handle);
  const answer = answerReserve(<usize>count << 3);
  if (answer == 0) return STATUS_OUT_OF_MEMORY;
  let at = text;
  for (let i: u32 = 0; i < count; i++) {
    let term: u32 = 0;
    if (index.kind == INVERTED_SPARSE) {
      term = termFind(index, hashOfDimension(load<u32>(at)), load<u32>(at), 0);
      at += 4;
    } else {
      let end = at;
      while (load<u8>(end) != 0) end++;
      const bytes = <u32>(end - at);
      term = termFind(index, hashOfText(at, bytes), <u32>at, bytes);
      at = end + 1;
    }
    store<u32>(answer + (<usize>i << 3), term);
    store<u32>(answer + (<usize>i << 3), term == TERM_NONE ? 0 : termAt(index, term).count, 4);
  }
  store<u32>(S_INVERTED_ANSWER, <u32>answer);
  return STATUS_OK;
}

/**
 * Finds the best `limit` documents for the `count` terms at `query` (pairs of number and weight; rare terms first). `filter`: a bitmap over
 * all slots of those that may be found, or 0. Text: sums weight f / (f + c0 + c1 length); sparse: weight times value. Writes to the answer,
 * best first and ties by slot: | slot u32 | record u32 | score f32 |. Returns how many, or -1 when memory is exhausted.
 */
export function inverted_search(handle: u32, query: usize, count: u32, limit: u32, filter: usize, c0: f32, c1: f32): i32 {
  const index = indexAt(handle);
  if (index.slots == 0 || limit == 0) return 0;
  const room = min<u32>(limit, index.documents);
  const sums = sumsReserve(index.slots);
  const heap = answerReserve(<usize>room * 20 + 8);
  if (sums == 0 || heap == 0) return STATUS_OUT_OF_MEMORY;
  scoreBegin(index, sums, filter, c0, c1);
  const alive = scoreTerms(index, query, count, heap, room);
  const found = scoreBest(heap, room, alive);
  sumsReset(scoreTouched());
  const hits = heap + (<usize>room << 3);
  for (let i: u32 = 0; i < found; i++) {
    const key = load<u64>(heap + (<usize>i << 3));
    const hit = hits + <usize>i * 12;
    store<u32>(hit, hitSlot(key));
    store<u32>(hit, <u32>slotAddress(hitSlot(key)), 4);
    store<f32>(hit, hitScore(key), 8);
  }
  store<u32>(S_INVERTED_ANSWER, <u32>hits);
  return <i32>found;
}

/** Bytes of a bitmap over all slots. */
export function inverted_bitmap_bytes(): u32 {
  return ((load<u32>(S_SLOT_TOP) + 63) >> 6) << 3;
}

/**
 * Finds the documents that have at least `least` of the `count` terms at `terms` (numbers, u32), and writes them to the answer as a bitmap
 * over all slots, in words of 64 bits. Returns how many, or -1 when memory is exhausted.
 */
export function inverted_match(handle: u32, terms: usize, count: u32, least: u32): i32 {
  const index = indexAt(handle);
  const bytes = <usize>inverted_bitmap_bytes();
  const bitmap = answerReserve(bytes);
  if (bitmap == 0) return STATUS_OUT_OF_MEMORY;
  memory.fill(bitmap, 0, bytes);
  store<u32>(S_INVERTED_ANSWER, <u32>bitmap);
  if (index.slots == 0) return 0;
  const sums = sumsReserve(index.slots);
  if (sums == 0) return STATUS_OUT_OF_MEMORY;
  scoreBegin(index, sums, 0, 0, 0);
  for (let i: u32 = 0; i < count; i++) {
    const number = load<u32>(terms + (<usize>i << 2));
    if (number != TERM_NONE) scoreCount(termAt(index, number));
  }
  const found = scoreBits(bitmap, <f32>least);
  sumsReset(scoreTouched());
  return <i32>found;
}
