// Heaps of keys. A key is a distance and a slot in one u64: | 32-63 distance, in an order that integers share | 0-31
// slot |, so that one comparison orders by distance and then by slot, and every walk is deterministic. Which of two
// keys is nearer is practically random, so the choice is made without a branch.

/** The bits of a distance, mapped so that their order as u32 is that of the distances, including negative ones. */
// @ts-ignore: decorator
@inline export function keyOf(distance: f32, slot: u32): u64 {
  const bits = reinterpret<i32>(distance);
  return (<u64><u32>(bits ^ ((bits >> 31) | <i32>0x80000000)) << 32) | slot;
}

// @ts-ignore: decorator
@inline export function keySlot(key: u64): u32 {
  return <u32>key;
}

// @ts-ignore: decorator
@inline export function keyDistance(key: u64): f32 {
  const bits = <i32>(key >> 32);
  return reinterpret<f32>(bits < 0 ? bits ^ <i32>0x80000000 : ~bits);
}

// @ts-ignore: decorator
@inline function at(heap: usize, index: u32): usize {
  return heap + (<usize>index << 3);
}

/** Adds a key to a heap of `count` keys with the greatest on top. */
export function pushGreatest(heap: usize, count: u32, key: u64): void {
  let i = count;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const above = load<u64>(at(heap, parent));
    if (above >= key) break;
    store<u64>(at(heap, i), above);
    i = parent;
  }
  store<u64>(at(heap, i), key);
}

/** Replaces the greatest key by a smaller one. There must be room for one key after the heap. */
export function replaceGreatest(heap: usize, count: u32, key: u64): void {
  // Less than any key: a last child without a sibling counts as the greater of two.
  store<u64>(at(heap, count), 0);
  let i: u32 = 0;
  for (;;) {
    const child = (i << 1) + 1;
    if (child >= count) break;
    const left = load<u64>(at(heap, child));
    const right = load<u64>(at(heap, child), 8);
    const below = select<u64>(right, left, right > left);
    if (below <= key) break;
    store<u64>(at(heap, i), below);
    i = child + <u32>(right > left);
  }
  store<u64>(at(heap, i), key);
}

/** Sorts such a heap in ascending order. */
export function sortHeap(heap: usize, count: u32): void {
  for (let left = count; left > 1; left--) {
    const greatest = load<u64>(heap);
    const last = load<u64>(at(heap, left - 1));
    replaceGreatest(heap, left - 1, last);
    store<u64>(at(heap, left - 1), greatest);
  }
}

/** Keeps the `kept` least keys of such a heap, in ascending order. */
export function sortLeast(heap: usize, count: u32, kept: u32): void {
  // The front of a heap is a heap itself.
  for (let i = kept; i < count; i++) {
    const key = load<u64>(at(heap, i));
    if (key < load<u64>(heap)) replaceGreatest(heap, kept, key);
  }
  sortHeap(heap, min(kept, count));
}

/** Adds a key to a heap of `count` keys with the least on top. */
export function pushLeast(heap: usize, count: u32, key: u64): void {
  let i = count;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const above = load<u64>(at(heap, parent));
    if (above <= key) break;
    store<u64>(at(heap, i), above);
    i = parent;
  }
  store<u64>(at(heap, i), key);
}

/** Removes the least key from a heap of `count` keys. */
export function popLeast(heap: usize, count: u32): u64 {
  const least = load<u64>(heap);
  const rest = count - 1;
  const key = load<u64>(at(heap, rest));
  // Greater than any key: a last child without a sibling counts as the lesser of two.
  store<u64>(at(heap, rest), u64.MAX_VALUE);
  let i: u32 = 0;
  for (;;) {
    const child = (i << 1) + 1;
    if (child >= rest) break;
    const left = load<u64>(at(heap, child));
    const right = load<u64>(at(heap, child), 8);
    const below = select<u64>(right, left, right < left);
    if (below >= key) break;
    store<u64>(at(heap, i), below);
    i = child + <u32>(right < left);
  }
  store<u64>(at(heap, i), key);
  return least;
}

/** Sorts keys in ascending order. There must be room for one key after them. */
export function sortKeys(keys: usize, count: u32): void {
  for (let i: u32 = 1; i < count; i++) pushGreatest(keys, i, load<u64>(at(keys, i)));
  sortHeap(keys, count);
}
