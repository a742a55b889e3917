// Searching: term by term, each posting adds to the sum of its slot. Terms come in an order fixed by the caller, rare
// ones first, and sums are f32, so a document's score has the same bits wherever it is stored.
//
// When the best k found so far beat everything that the remaining terms can add up to, no document without an earlier
// term can be among them: from there on only documents that still can are followed (the "continue" strategy of Moffat
// and Zobel, 1996, with exact bounds as in MaxScore), and they are looked up in long lists instead of reading these.

import { INVERTED_TEXT } from "../abi";
import { lengthsOf } from "./document";
import { DIRECTORY, entryAt, entryOf, lowerBound, BLOCK_POSTINGS, weightAt, weightShift } from "./posting";
import { Inverted, Term } from "./structs";
import { TERM_NONE, termAt } from "./term";
import { touchedList, UNTOUCHED } from "./work";

/** A look-up costs about as much as reading this many postings. */
const LOOKUP_POSTINGS: u32 = 24;

// State of the current search.
let isText: bool = false;
let sums: usize = 0;
let list: usize = 0;
let touched: u32 = 0;
let lengths: usize = 0;
let filter: usize = 0;
let saturation: f32 = 0;
let slope: f32 = 0;
/** Whether slots without a sum are still added. */
let isOpen: bool = true;

// @ts-ignore: decorator
@inline function isAllowed(slot: u32): bool {
  return filter == 0 || ((load<u8>(filter + <usize>(slot >> 3)) >> <u8>(slot & 7)) & 1) != 0;
}

// @ts-ignore: decorator
@inline function add(slot: u32, value: f32): void {
  const at = sums + (<usize>slot << 2);
  if (load<u32>(at) == UNTOUCHED) {
    if (!isOpen || !isAllowed(slot)) return;
    store<u32>(list + (<usize>touched << 2), slot);
    touched++;
    // -0 becomes 0, here and below.
    store<f32>(at, value + 0);
  } else {
    store<f32>(at, load<f32>(at) + value + 0);
  }
}

/**
 * The contribution of a text posting, up to rounding: idf (k1 + 1) f / (f + k1 (1 - b + b length / average)); the
 * caller supplies the factors.
 */
// @ts-ignore: decorator
@inline function saturated(weight: f32, frequency: f32, length: f32): f32 {
  return weight * frequency / (frequency + (saturation + slope * length));
}

function addBlock(slots: usize, weights: usize, count: u32, weight: f32): void {
  if (isText) {
    for (let i: u32 = 0; i < count; i++) {
      const slot = load<u32>(slots + (<usize>i << 2));
      add(slot, saturated(weight, <f32>load<u16>(weights + (<usize>i << 1)), load<f32>(lengths + (<usize>slot << 2))));
    }
  } else {
    for (let i: u32 = 0; i < count; i++) add(load<u32>(slots + (<usize>i << 2)), weight * load<f32>(weights + (<usize>i << 2)));
  }
}

function addTerm(term: Term, weight: f32): void {
  if (term.capacity == 0) {
    if (term.count != 0) add(term.list, isText ? saturated(weight, term.most, load<f32>(lengths + (<usize>term.list << 2))) : weight * term.most);
    return;
  }
  if ((term.capacity & DIRECTORY) == 0) {
    addBlock(term.list, <usize>term.list + (<usize>term.capacity << 2), term.count, weight);
    return;
  }
  const blocks = load<u32>(term.list);
  for (let i: u32 = 0; i < blocks; i++) {
    const entry = entryAt(term.list, i);
    const block = <usize>load<u32>(entry, 4);
    addBlock(block, block + (<usize>BLOCK_POSTINGS << 2), load<u32>(entry, 8), weight);
  }
}

/** Adds a term to the sums of only the first `alive` slots of the list. */
function lookUp(term: Term, weight: f32, shift: u32, alive: u32): void {
  for (let i: u32 = 0; i < alive; i++) {
    const slot = load<u32>(list + (<usize>i << 2));
    let block = <usize>term.list;
    let capacity = term.capacity;
    let count = term.count;
    if (capacity & DIRECTORY) {
      const entry = entryAt(block, entryOf(block, slot));
      block = load<u32>(entry, 4);
      capacity = BLOCK_POSTINGS;
      count = load<u32>(entry, 8);
    }
    const at = lowerBound(block, count, slot);
    if (at == count || load<u32>(block + (<usize>at << 2)) != slot) continue;
    const held = weightAt(block + (<usize>capacity << 2), at, shift);
    add(slot, isText ? saturated(weight, held, load<f32>(lengths + (<usize>slot << 2))) : weight * held);
  }
}

// @ts-ignore: decorator
@inline function upperOf(term: Term, weight: f32): f32 {
  if (isText) return saturated(weight, term.most, term.least);
  return max<f32>(max<f32>(weight * term.most, weight * term.least), 0);
}

// @ts-ignore: decorator
@inline function lowerOf(term: Term, weight: f32): f32 {
  return isText ? 0 : min<f32>(min<f32>(weight * term.most, weight * term.least), 0);
}

// --- the best

/** A score and a slot as one number: the greater, the better the hit. */
// @ts-ignore: decorator
@inline function keyOf(slot: u32): u64 {
  const bits = load<u32>(sums + (<usize>slot << 2));
  const ordered = (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
  return (<u64>ordered << 32) | <u64>~slot;
}

// @ts-ignore: decorator
@inline function scoreOf(key: u64): f32 {
  const ordered = <u32>(key >> 32);
  return reinterpret<f32>((ordered & 0x80000000) != 0 ? ordered ^ 0x80000000 : ~ordered);
}

/** Sinks `key` from the root of a heap of `count` keys, least on top. */
function sink(heap: usize, count: u32, key: u64): void {
  let at: u32 = 0;
  let child: u32 = 1;
  while (child < count) {
    if (child + 1 < count && load<u64>(heap + (<usize>(child + 1) << 3)) < load<u64>(heap + (<usize>child << 3))) child++;
    const lesser = load<u64>(heap + (<usize>child << 3));
    if (key <= lesser) {
      child = count;
    } else {
      store<u64>(heap + (<usize>at << 3), lesser);
      at = child;
      child = (child << 1) + 1;
    }
  }
  store<u64>(heap + (<usize>at << 3), key);
}

function rise(heap: usize, count: u32, key: u64): void {
  let at = count;
  while (at > 0 && load<u64>(heap + (<usize>((at - 1) >> 1) << 3)) > key) {
    store<u64>(heap + (<usize>at << 3), load<u64>(heap + (<usize>((at - 1) >> 1) << 3)));
    at = (at - 1) >> 1;
  }
  store<u64>(heap + (<usize>at << 3), key);
}

/** Fills `heap` with the best `limit` of the first `alive` slots of the list; returns how many there are. */
function best(heap: usize, limit: u32, alive: u32): u32 {
  const filled = min(limit, alive);
  for (let i: u32 = 0; i < filled; i++) rise(heap, i, keyOf(load<u32>(list + (<usize>i << 2))));
  if (filled == 0) return 0;
  let least = load<u64>(heap);
  for (let i = filled; i < alive; i++) {
    const key = keyOf(load<u32>(list + (<usize>i << 2)));
    if (key <= least) continue;
    sink(heap, filled, key);
    least = load<u64>(heap);
  }
  return filled;
}

/** Prepares a search over `index`; its sums must be reserved. `c0` is the constant, `c1` the factor of the length. */
export function scoreBegin(index: Inverted, reserved: usize, bitmap: usize, c0: f32, c1: f32): void {
  isText = index.kind == INVERTED_TEXT;
  sums = reserved;
  list = touchedList();
  touched = 0;
  lengths = lengthsOf(index);
  filter = bitmap;
  saturation = c0;
  slope = c1;
  isOpen = true;
}

/** Number of slots that have a sum to be reset. */
export function scoreTouched(): u32 {
  return touched;
}

/**
 * Adds up the `count` terms of the query: pairs of a term's number (TERM_NONE: not here) and its weight. Returns how
 * many slots of the list may be among the best.
 */
export function scoreTerms(index: Inverted, query: usize, count: u32, heap: usize, limit: u32): u32 {
  const shift = weightShift(index);
  let alive: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const number = load<u32>(query + (<usize>i << 3));
    if (number == TERM_NONE) continue;
    const term = termAt(index, number);
    const weight = load<f32>(query + (<usize>i << 3), 4);
    if (isOpen && touched >= limit && term.count > touched >> 1) alive = closeIf(index, query + (<usize>i << 3), count - i, heap, limit);
    if (!isOpen && term.capacity != 0 && <u64>alive * LOOKUP_POSTINGS < <u64>term.count) lookUp(term, weight, shift, alive);
    else addTerm(term, weight);
  }
  return isOpen ? touched : alive;
}

/**
 * Closes the search for new slots if the remaining terms (`count` from `query` on) cannot bring one among the best.
 * Slots that still can be are moved to the front of the list; returns how many.
 */
function closeIf(index: Inverted, query: usize, count: u32, heap: usize, limit: u32): u32 {
  let upper: f64 = 0;
  let lower: f64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const number = load<u32>(query + (<usize>i << 3));
    if (number == TERM_NONE) continue;
    const weight = load<f32>(query + (<usize>i << 3), 4);
    upper += upperOf(termAt(index, number), weight);
    lower += lowerOf(termAt(index, number), weight);
  }
  best(heap, limit, touched);
  const floor = <f64>scoreOf(load<u64>(heap)) + lower;
  // More than the rounding errors of f32 sums can amount to.
  const margin = (abs<f64>(floor) + upper - lower) * 1e-5 * <f64>(count + 1);
  if (!(floor - margin > upper)) return 0;
  isOpen = false;
  let alive: u32 = 0;
  for (let i: u32 = 0; i < touched; i++) {
    const at = list + (<usize>i << 2);
    const slot = load<u32>(at);
    if (<f64>load<f32>(sums + (<usize>slot << 2)) + upper < floor - margin) continue;
    // Both stay in the list, because all of it is reset in the end.
    const front = list + (<usize>alive << 2);
    store<u32>(at, load<u32>(front));
    store<u32>(front, slot);
    alive++;
  }
  return alive;
}

/** The best `limit` of the first `alive` slots, best first, ties by lower slot, as keys; returns how many. */
export function scoreBest(heap: usize, limit: u32, alive: u32): u32 {
  const found = best(heap, limit, alive);
  for (let count = found; count > 1; count--) {
    const least = load<u64>(heap);
    sink(heap, count - 1, load<u64>(heap + (<usize>(count - 1) << 3)));
    store<u64>(heap + (<usize>(count - 1) << 3), least);
  }
  return found;
}

// @ts-ignore: decorator
@inline export function hitSlot(key: u64): u32 {
  return ~<u32>key;
}

// @ts-ignore: decorator
@inline export function hitScore(key: u64): f32 {
  return scoreOf(key);
}

// --- matching

function countBlock(slots: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) add(load<u32>(slots + (<usize>i << 2)), 1);
}

/** Adds 1 to the sum of each slot that has the term. */
export function scoreCount(term: Term): void {
  if (term.capacity == 0) {
    if (term.count != 0) add(term.list, 1);
  } else if ((term.capacity & DIRECTORY) == 0) {
    countBlock(term.list, term.count);
  } else {
    const blocks = load<u32>(term.list);
    for (let i: u32 = 0; i < blocks; i++) countBlock(load<u32>(entryAt(term.list, i), 4), load<u32>(entryAt(term.list, i), 8));
  }
}

/** Sets the bits of the slots whose sum is at least `least`; returns how many. */
export function scoreBits(bitmap: usize, least: f32): u32 {
  let found: u32 = 0;
  for (let i: u32 = 0; i < touched; i++) {
    const slot = load<u32>(list + (<usize>i << 2));
    if (load<f32>(sums + (<usize>slot << 2)) < least) continue;
    const at = bitmap + <usize>(slot >> 3);
    store<u8>(at, load<u8>(at) | <u8>(<u32>1 << (slot & 7)));
    found++;
  }
  return found;
}
