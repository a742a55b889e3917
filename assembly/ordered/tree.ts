// A B+tree whose entries hold no keys, only prefix, slot and element. Equal values are ordered by slot. A node less
// than a quarter full is merged with a neighbour.

import {
  indexAddEntries, indexLevels, indexRoot, indexSetRoot, nodeAcquire, nodeRelease, nodesReserve, recordOf,
} from "./definition";
import {
  CHILD_BYTES, childAt, childEntries, childNode, childSet, childSetEntries, childTakeFirst, entryAt, ENTRY_BYTES, entrySlot, INNER_MAX, LEAF_MAX, NODE_HEAD, nodeClose,
  nodeCount, nodeMove, nodeOpen, nodeSetCount, nodeSetLevel,
} from "./node";
import { entryOrder, isTied, probedPrefix } from "./probe";

/** The path down to a leaf: by level, the inner node and the position of the child taken. */
const wayNodes = memory.data(64, 16);
const wayPositions = memory.data(64, 16);

// @ts-ignore: decorator
@inline function wayNode(level: u32): usize {
  return <usize>load<u32>(wayNodes + (<usize>level << 2));
}

// @ts-ignore: decorator
@inline function wayPosition(level: u32): u32 {
  return load<u32>(wayPositions + (<usize>level << 2));
}

let foundLeaf: usize = 0;
let foundPosition: u32 = 0;

/** Number of parts of a range whose borders are prefetched: the first four steps of a binary search. */
const TIES: u32 = 16;
/** Kept, so that the loads are not optimized away. */
let touched: u32 = 0;

/**
 * Reads in parallel what a search among entries with one prefix will compare one after the other: most of it is not in
 * the cache.
 */
function touchTies(from: usize, low: u32, high: u32, width: usize): void {
  const limit = (<usize>memory.size() << 16) - 256;
  let sum: u32 = 0;
  for (let i: u32 = 1; i < TIES; i++) {
    const entry = from + <usize>(low + ((high - low) * i) / TIES) * width;
    if (!isTied(entry)) continue;
    const record = min<usize>(recordOf(entrySlot(entry)), limit);
    sum += load<u32>(record, 8) + load<u32>(record, 72) + load<u32>(record, 136);
  }
  touched += sum;
}

/** Of `count` ordered items `width` apart, how many are at most the tuple (`most` 0) or below it (`most` -1). */
// @ts-ignore: decorator
@inline function countUpTo(from: usize, count: u32, width: usize, most: i32): u32 {
  let low: u32 = 0;
  let high = count;
  let isTouched = false;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (!isTouched && high - low > 2 && isTied(from + <usize>middle * width)) {
      touchTies(from, low, high, width);
      isTouched = true;
    }
    if (entryOrder(from + <usize>middle * width) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Descends to where the entry of the probe is or would be; returns whether it is there. The probe has all fields and
 * the slot.
 */
function descend(index: usize): bool {
  let node = indexRoot(index);
  for (let level = indexLevels(index); level > 0; level--) {
    const upTo = countUpTo(childAt(node, 1), nodeCount(node) - 1, CHILD_BYTES, 0);
    store<u32>(wayNodes + (<usize>level << 2), <u32>node);
    store<u32>(wayPositions + (<usize>level << 2), upTo);
    node = childNode(childAt(node, upTo));
  }
  const count = nodeCount(node);
  foundLeaf = node;
  foundPosition = countUpTo(entryAt(node, 0), count, ENTRY_BYTES, -1);
  return foundPosition < count && entryOrder(entryAt(node, foundPosition)) == 0;
}

/** Number of entries that are at most the probe (`most` 0) or below it (-1). */
export function treeRank(index: usize, most: i32): u32 {
  let node = indexRoot(index);
  if (node == 0) return 0;
  let before: u32 = 0;
  for (let level = indexLevels(index); level > 0; level--) {
    const upTo = countUpTo(childAt(node, 1), nodeCount(node) - 1, CHILD_BYTES, most);
    for (let i: u32 = 0; i < upTo; i++) before += childEntries(childAt(node, i));
    node = childNode(childAt(node, upTo));
  }
  return before + countUpTo(entryAt(node, 0), nodeCount(node), ENTRY_BYTES, most);
}

/** The leaf with the existing entry number `ordinal`; `seekPosition` is its position there. */
export function treeSeek(index: usize, ordinal: u32): usize {
  let node = indexRoot(index);
  let left = ordinal;
  for (let level = indexLevels(index); level > 0; level--) {
    let child = childAt(node, 0);
    while (left >= childEntries(child)) {
      left -= childEntries(child);
      child += CHILD_BYTES;
    }
    node = childNode(child);
  }
  seekPosition = left;
  return node;
}

export let seekPosition: u32 = 0;

export const INSERT_FAILED: i32 = -1;
export const INSERT_PRESENT: i32 = 0;
export const INSERT_DONE: i32 = 1;

function entrySet(entry: usize, slot: u32, element: u32): void {
  store<u64>(entry, probedPrefix());
  store<u32>(entry, slot, 8);
  store<u32>(entry, element, 12);
}

/**
 * Adds the entry of the probe, unless one with the same value and slot exists. INSERT_FAILED: memory is exhausted,
 * nothing has changed.
 */
export function treeInsert(index: usize, slot: u32, element: u32): i32 {
  if (indexRoot(index) == 0) {
    if (!nodesReserve(index, 1)) return INSERT_FAILED;
    const root = nodeAcquire(index);
    nodeSetCount(root, 1);
    entrySet(entryAt(root, 0), slot, element);
    indexSetRoot(index, root, 0);
    indexAddEntries(index, 1);
    return INSERT_DONE;
  }
  if (descend(index)) return INSERT_PRESENT;
  const levels = indexLevels(index);
  let split: usize = 0;
  if (nodeCount(foundLeaf) == LEAF_MAX) {
    let needed: u32 = 1;
    let level: u32 = 1;
    while (level <= levels && nodeCount(wayNode(level)) == INNER_MAX) {
      needed++;
      level++;
    }
    if (!nodesReserve(index, level > levels ? needed + 1 : needed)) return INSERT_FAILED;
    split = splitLeaf(index, slot, element);
  } else {
    nodeOpen(foundLeaf, foundPosition, ENTRY_BYTES);
    entrySet(entryAt(foundLeaf, foundPosition), slot, element);
  }
  indexAddEntries(index, 1);
  climb(index, levels, split);
  return INSERT_DONE;
}

/** Puts the new entry into the full leaf or the one split off, which is returned. */
function splitLeaf(index: usize, slot: u32, element: u32): usize {
  const right = nodeAcquire(index);
  // Entries inserted in ascending order fill their leaves.
  const middle = foundPosition == LEAF_MAX ? LEAF_MAX : (LEAF_MAX + 1) >> 1;
  nodeMove(foundLeaf, middle, right, ENTRY_BYTES);
  const isRight = foundPosition > middle || foundPosition == LEAF_MAX;
  const leaf = isRight ? right : foundLeaf;
  const position = isRight ? foundPosition - middle : foundPosition;
  nodeOpen(leaf, position, ENTRY_BYTES);
  entrySet(entryAt(leaf, position), slot, element);
  return right;
}

/** Called after an entry was added: updates the nodes above the leaf, and adds the node that was split off. */
function climb(index: usize, levels: u32, splitOff: usize): void {
  let below = foundLeaf;
  let split = splitOff;
  for (let level: u32 = 1; level <= levels; level++) {
    const node = wayNode(level);
    const position = wayPosition(level);
    const child = childAt(node, position);
    if (split == 0) {
      childTakeFirst(child, below);
      childSetEntries(child, childEntries(child) + 1);
    } else {
      childSet(child, below);
      split = addChild(index, node, position + 1, split, level);
    }
    below = node;
  }
  if (split == 0) return;
  const root = nodeAcquire(index);
  nodeSetLevel(root, levels + 1);
  nodeSetCount(root, 2);
  childSet(childAt(root, 0), below);
  childSet(childAt(root, 1), split);
  indexSetRoot(index, root, levels + 1);
}

/** Adds a child; returns the node that had to be split off, or 0. */
function addChild(index: usize, node: usize, position: u32, added: usize, level: u32): usize {
  if (nodeCount(node) < INNER_MAX) {
    nodeOpen(node, position, CHILD_BYTES);
    childSet(childAt(node, position), added);
    return 0;
  }
  const right = nodeAcquire(index);
  nodeSetLevel(right, level);
  const middle = position == INNER_MAX ? INNER_MAX : (INNER_MAX + 1) >> 1;
  nodeMove(node, middle, right, CHILD_BYTES);
  const isRight = position > middle || position == INNER_MAX;
  const to = isRight ? right : node;
  const at = isRight ? position - middle : position;
  nodeOpen(to, at, CHILD_BYTES);
  childSet(childAt(to, at), added);
  return right;
}

/** Removes the entry of the probe; returns false if it does not exist. */
export function treeRemove(index: usize): bool {
  if (indexRoot(index) == 0 || !descend(index)) return false;
  const levels = indexLevels(index);
  nodeClose(foundLeaf, foundPosition, ENTRY_BYTES);
  indexAddEntries(index, -1);
  let below = foundLeaf;
  for (let level: u32 = 1; level <= levels; level++) {
    const node = wayNode(level);
    const position = wayPosition(level);
    if (nodeCount(below) == 0) {
      nodeRelease(index, below);
      nodeClose(node, position, CHILD_BYTES);
    } else {
      const child = childAt(node, position);
      childTakeFirst(child, below);
      childSetEntries(child, childEntries(child) - 1);
      mergeChild(index, node, position, level);
    }
    below = node;
  }
  // `below` is the root.
  if (nodeCount(below) == 0) {
    nodeRelease(index, below);
    indexSetRoot(index, 0, 0);
    return true;
  }
  let left = levels;
  while (left > 0 && nodeCount(below) == 1) {
    const only = childNode(childAt(below, 0));
    nodeRelease(index, below);
    below = only;
    left--;
  }
  indexSetRoot(index, below, left);
  return true;
}

function mergeChild(index: usize, node: usize, position: u32, level: u32): void {
  const most = level == 1 ? LEAF_MAX : INNER_MAX;
  const width = level == 1 ? ENTRY_BYTES : CHILD_BYTES;
  const own = nodeCount(childNode(childAt(node, position)));
  if (own >= most >> 2) return;
  const room = most - (most >> 2);
  let left = position;
  if (position + 1 >= nodeCount(node) || own + nodeCount(childNode(childAt(node, position + 1))) > room) {
    if (position == 0 || own + nodeCount(childNode(childAt(node, position - 1))) > room) return;
    left = position - 1;
  }
  const to = childAt(node, left);
  const from = childAt(node, left + 1);
  nodeMove(childNode(from), 0, childNode(to), width);
  childSetEntries(to, childEntries(to) + childEntries(from));
  nodeRelease(index, childNode(from));
  nodeClose(node, left + 1, CHILD_BYTES);
}

// --- building from sorted entries

/** Fill of packed nodes: the first writes after a build then need not split everything. */
const LEAF_FILL: u32 = 57;
const INNER_FILL: u32 = 38;

/** Number of nodes needed to pack this many entries. */
export function packedNodes(entries: u32): u32 {
  let nodes: u32 = 0;
  let count = (entries + LEAF_FILL - 1) / LEAF_FILL;
  nodes += count;
  while (count > 1) {
    count = (count + INNER_FILL - 1) / INNER_FILL;
    nodes += count;
  }
  return nodes;
}

/** Makes the tree of an empty index from sorted entries; the nodes must be reserved. */
export function treePack(index: usize, entries: usize, count: u32): void {
  if (count == 0) return;
  let level: u32 = 0;
  // The nodes of the level below, as children; they overwrite the entries they were made from.
  let below = packLevel(index, entries, count, 0);
  while (below > 1) {
    level++;
    below = packLevel(index, entries, below, level);
  }
  indexSetRoot(index, childNode(entries), level);
  indexAddEntries(index, <i32>count);
}

/**
 * Packs `count` entries or children into nodes, and replaces them by children that refer to these. Returns how many.
 */
function packLevel(index: usize, from: usize, count: u32, level: u32): u32 {
  const fill = level == 0 ? LEAF_FILL : INNER_FILL;
  const width = level == 0 ? ENTRY_BYTES : CHILD_BYTES;
  let made: u32 = 0;
  for (let done: u32 = 0; done < count; done += fill) {
    const node = nodeAcquire(index);
    const held = min(fill, count - done);
    nodeSetLevel(node, level);
    nodeSetCount(node, held);
    memory.copy(node + NODE_HEAD, from + <usize>done * width, <usize>held * width);
    childSet(from + <usize>made * CHILD_BYTES, node);
    made++;
  }
  return made;
}

