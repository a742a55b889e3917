// Rows that may be near enough, judging by their codes, and wait to be measured. Codes also bound from above how far
// away a row is: none of the k nearest is farther than the greatest of the k least bounds, which is known long before
// any of them is measured. What is still possible at the end is measured.
//
// Behind the list: | 0 rows that wait u32 | 4 upper bounds u32 | 8 {lower bound f32, slot u32}[ROWS] |
//                  | upper bounds f32[capacity], a heap with the greatest on top |
//
// All bounds are in the measure that boundLimit makes of a distance.

import { boundLimit } from "./bound";
import { ENTRY_BYTES, LIST_ENTRIES, nearestCount, nearestEntry, nearestLimit } from "./nearest";

const ROWS: u32 = 256;
const PLACES: usize = 8;
const BOUNDS: usize = PLACES + 8 * <usize>ROWS;

/** Bytes after a list of `capacity` entries. */
// @ts-ignore: decorator
@inline export function waitingBytes(capacity: u32): u64 {
  return <u64>BOUNDS + (<u64>capacity << 2);
}

// @ts-ignore: decorator
@inline function waitingOf(list: usize): usize {
  return list + LIST_ENTRIES + <usize>load<u32>(list, 4) * ENTRY_BYTES;
}

/**
 * Lets no row wait; the bounds are those of the rows measured so far. (In the list their distances are a heap in the
 * same order.)
 */
export function waitingReset(list: usize, metric: u32): void {
  const waiting = waitingOf(list);
  const count = nearestCount(list);
  store<u32>(waiting, 0);
  store<u32>(waiting, count, 4);
  for (let i: u32 = 0; i < count; i++) store<f32>(boundAt(waiting, i), boundLimit(metric, load<f64>(nearestEntry(list, i))));
}

// @ts-ignore: decorator
@inline function boundAt(waiting: usize, index: u32): usize {
  return waiting + BOUNDS + (<usize>index << 2);
}

/** A row surely farther than this is not among the nearest. */
export function waitingLimit(list: usize, metric: u32): f32 {
  const limit = boundLimit(metric, nearestLimit(list));
  const waiting = waitingOf(list);
  return load<u32>(waiting, 4) < load<u32>(list, 4) ? limit : min<f32>(limit, load<f32>(boundAt(waiting, 0)));
}

/**
 * Adds a row with its lower and upper bound; an infinite or NaN bound says nothing. Returns false when those that wait
 * have to be measured before the next.
 */
export function waitingAdd(list: usize, slot: u32, least: f32, most: f32): bool {
  const waiting = waitingOf(list);
  const rows = load<u32>(waiting);
  const place = waiting + PLACES + (<usize>rows << 3);
  store<f32>(place, least);
  store<u32>(place, slot, 4);
  store<u32>(waiting, rows + 1);
  if (most < Infinity) bound(waiting, load<u32>(list, 4), most);
  return rows + 1 < ROWS;
}

function bound(waiting: usize, capacity: u32, most: f32): void {
  const count = load<u32>(waiting, 4);
  if (count < capacity) {
    store<u32>(waiting, count + 1, 4);
    let at = count;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = load<f32>(boundAt(waiting, parent));
      if (above >= most) break;
      store<f32>(boundAt(waiting, at), above);
      at = parent;
    }
    store<f32>(boundAt(waiting, at), most);
  } else if (most < load<f32>(boundAt(waiting, 0))) {
    sink(waiting, count, most);
  }
}

/** Replaces the greatest bound. */
function sink(waiting: usize, count: u32, most: f32): void {
  let at: u32 = 0;
  while (true) {
    let child = (at << 1) + 1;
    if (child >= count) break;
    let below = load<f32>(boundAt(waiting, child));
    if (child + 1 < count) {
      const other = load<f32>(boundAt(waiting, child + 1));
      if (other > below) {
        child++;
        below = other;
      }
    }
    if (below <= most) break;
    store<f32>(boundAt(waiting, at), below);
    at = child;
  }
  store<f32>(boundAt(waiting, at), most);
}

// @ts-ignore: decorator
@inline export function waitingCount(list: usize): u32 {
  return load<u32>(waitingOf(list));
}

// @ts-ignore: decorator
@inline export function waitingLeast(list: usize, index: u32): f32 {
  return load<f32>(waitingOf(list) + PLACES + (<usize>index << 3));
}

// @ts-ignore: decorator
@inline export function waitingSlot(list: usize, index: u32): u32 {
  return load<u32>(waitingOf(list) + PLACES + (<usize>index << 3), 4);
}

/** Called when those that waited have been measured. */
// @ts-ignore: decorator
@inline export function waitingClear(list: usize): void {
  store<u32>(waitingOf(list), 0);
}
