// Rows that may be near enough, by their codes, and wait to be measured. Codes say how far a row is at most, too: the k least of those bounds
// are what the k nearest do not lie beyond, long before one of them was measured. What still comes into question at the end is measured.
//
// It lies behind the list: | 0 rows that wait u32 | 4 bounds u32 | 8 {at least f32, slot u32}[ROWS] | bounds f32[capacity], a heap, the greatest first |
//
// All bounds are of what boundLimit makes of a distance.

import { boundLimit } from "./bound";
import { ENTRY_BYTES, LIST_ENTRIES, nearestCount, nearestEntry, nearestLimit } from "./nearest";

const ROWS: u32 = 256;
const PLACES: usize = 8;
const BOUNDS: usize = PLACES + 8 * <usize>ROWS;

/** Bytes behind a list of `capacity` entries. */
// @ts-ignore: decorator
@inline export function waitingBytes(capacity: u32): u64 {
  return <u64>BOUNDS + (<u64>capacity << 2);
}

// @ts-ignore: decorator
@inline function waitingOf(list: usize): usize {
  return list + LIST_ENTRIES + <usize>load<u32>(list, 4) * ENTRY_BYTES;
}

/** Nothing waits; what was measured already bounds the nearest. (Their distances are a heap in the list as well.) */
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

/** What is surely farther is not among the nearest. */
export function waitingLimit(list: usize, metric: u32): f32 {
  const limit = boundLimit(metric, nearestLimit(list));
  const waiting = waitingOf(list);
  return load<u32>(waiting, 4) < load<u32>(list, 4) ? limit : min<f32>(limit, load<f32>(boundAt(waiting, 0)));
}

/** A row that is so far at least, and at most; an infinite or NaN bound says nothing. False: first measure those that wait. */
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

/** Puts a bound in the place of the greatest. */
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

/** Those that waited were measured. */
// @ts-ignore: decorator
@inline export function waitingClear(list: usize): void {
  store<u32>(waitingOf(list), 0);
}
