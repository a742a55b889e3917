// The nearest rows seen so far: a heap with the farthest one on top. Of equal distances the lower slot is nearer, so a
// result does not depend on the order in which rows are examined.
//
// List:  | 0 entries u32 | 4 capacity u32 | 8 limit f64: nothing farther is taken | 16 entries, 16 bytes each |
// Entry: | 0 distance f64 | 8 slot u32 | 12 record u32, filled in at the end |

export const LIST_ENTRIES: usize = 16;
export const ENTRY_BYTES: usize = 16;

/** `limit`: inclusive. */
export function nearestReset(list: usize, capacity: u32, limit: f64): void {
  store<u32>(list, 0);
  store<u32>(list, capacity, 4);
  store<f64>(list, capacity == 0 ? -Infinity : limit, 8);
}

// @ts-ignore: decorator
@inline export function nearestCount(list: usize): u32 {
  return load<u32>(list);
}

/** Rows farther than this are not added. */
// @ts-ignore: decorator
@inline export function nearestLimit(list: usize): f64 {
  return load<f64>(list, 8);
}

// @ts-ignore: decorator
@inline export function nearestEntry(list: usize, index: u32): usize {
  return list + LIST_ENTRIES + <usize>index * ENTRY_BYTES;
}

// @ts-ignore: decorator
@inline function isFarther(entry: usize, distance: f64, slot: u32): bool {
  const other = load<f64>(entry);
  return other > distance || (other == distance && load<u32>(entry, 8) > slot);
}

// @ts-ignore: decorator
@inline function put(entry: usize, distance: f64, slot: u32): void {
  store<f64>(entry, distance);
  store<u32>(entry, slot, 8);
}

/** Adds a row if it is among the nearest. NaN never is. */
export function nearestAdd(list: usize, distance: f64, slot: u32): void {
  if (!(distance <= nearestLimit(list))) return;
  const count = load<u32>(list);
  const capacity = load<u32>(list, 4);
  if (count == capacity) {
    if (!isFarther(nearestEntry(list, 0), distance, slot)) return;
    sink(list, count, distance, slot);
  } else {
    store<u32>(list, count + 1);
    let at = count;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = nearestEntry(list, parent);
      if (isFarther(above, distance, slot)) break;
      put(nearestEntry(list, at), load<f64>(above), load<u32>(above, 8));
      at = parent;
    }
    put(nearestEntry(list, at), distance, slot);
    if (count + 1 < capacity) return;
  }
  store<f64>(list, load<f64>(list, LIST_ENTRIES), 8);
}

/** Replaces the first of `count` entries. */
function sink(list: usize, count: u32, distance: f64, slot: u32): void {
  let at: u32 = 0;
  while (true) {
    let child = (at << 1) + 1;
    if (child >= count) break;
    let below = nearestEntry(list, child);
    if (child + 1 < count) {
      const other = nearestEntry(list, child + 1);
      if (isFarther(other, load<f64>(below), load<u32>(below, 8))) {
        child++;
        below = other;
      }
    }
    if (!isFarther(below, distance, slot)) break;
    put(nearestEntry(list, at), load<f64>(below), load<u32>(below, 8));
    at = child;
  }
  put(nearestEntry(list, at), distance, slot);
}

/** Sorts nearest first; nothing can be added afterwards. */
export function nearestSort(list: usize): void {
  let count = load<u32>(list);
  while (count > 1) {
    count--;
    const last = nearestEntry(list, count);
    const distance = load<f64>(last);
    const slot = load<u32>(last, 8);
    const first = nearestEntry(list, 0);
    put(last, load<f64>(first), load<u32>(first, 8));
    sink(list, count, distance, slot);
  }
}
