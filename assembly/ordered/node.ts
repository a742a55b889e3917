// Nodes of the tree, 1,024 bytes each:
//   Leaf:  | 0 count u16 | 2 level u16, 0 | 4 zero | 16 entries[63] |
//   Inner: | 0 count u16 | 2 level u16 | 4 zero | 16 children[42] |
// Entry: | 0 prefix u64 | 8 slot u32 | 12 element u32 |
// Child: | the first entry below it | 16 node u32 | 20 entries below it u32 |
//
// An inner node has no keys of its own: it repeats the first entry below each child. So every entry anywhere exists,
// and its value can be read from its record. The counts give the number of entries before any place.

import { NODE_BYTES } from "./definition";

export const NODE_HEAD: usize = 16;
export const ENTRY_BYTES: usize = 16;
export const CHILD_BYTES: usize = 24;
export const LEAF_MAX: u32 = <u32>((NODE_BYTES - NODE_HEAD) / ENTRY_BYTES);
export const INNER_MAX: u32 = <u32>((NODE_BYTES - NODE_HEAD) / CHILD_BYTES);

// @ts-ignore: decorator
@inline export function nodeCount(node: usize): u32 {
  return <u32>load<u16>(node);
}

// @ts-ignore: decorator
@inline export function nodeSetCount(node: usize, count: u32): void {
  store<u16>(node, <u16>count);
}

// @ts-ignore: decorator
@inline function nodeLevel(node: usize): u32 {
  return <u32>load<u16>(node, 2);
}

// @ts-ignore: decorator
@inline export function nodeSetLevel(node: usize, level: u32): void {
  store<u16>(node, <u16>level, 2);
}

// @ts-ignore: decorator
@inline export function entryAt(leaf: usize, position: u32): usize {
  return leaf + NODE_HEAD + (<usize>position << 4);
}

// @ts-ignore: decorator
@inline export function childAt(node: usize, position: u32): usize {
  return node + NODE_HEAD + <usize>position * CHILD_BYTES;
}

// @ts-ignore: decorator
@inline export function entryPrefix(entry: usize): u64 {
  return load<u64>(entry);
}

// @ts-ignore: decorator
@inline export function entrySlot(entry: usize): u32 {
  return load<u32>(entry, 8);
}

// @ts-ignore: decorator
@inline export function entryElement(entry: usize): u32 {
  return load<u32>(entry, 12);
}

// @ts-ignore: decorator
@inline export function childNode(child: usize): usize {
  return <usize>load<u32>(child, 16);
}

// @ts-ignore: decorator
@inline export function childEntries(child: usize): u32 {
  return load<u32>(child, 20);
}

// @ts-ignore: decorator
@inline export function childSetEntries(child: usize, count: u32): void {
  store<u32>(child, count, 20);
}

/** Repeats the first entry in or below a node in the child that refers to it. */
// @ts-ignore: decorator
@inline export function childTakeFirst(child: usize, node: usize): void {
  store<u64>(child, load<u64>(node, NODE_HEAD));
  store<u64>(child, load<u64>(node, NODE_HEAD + 8), 8);
}

/** Number of entries below a node. */
function entriesBelow(node: usize): u32 {
  const count = nodeCount(node);
  if (nodeLevel(node) == 0) return count;
  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; i++) sum += childEntries(childAt(node, i));
  return sum;
}

/** Fills in a child completely. */
export function childSet(child: usize, node: usize): void {
  childTakeFirst(child, node);
  store<u32>(child, <u32>node, 16);
  childSetEntries(child, entriesBelow(node));
}

/** Makes room for one more at a position. */
export function nodeOpen(node: usize, position: u32, width: usize): void {
  const count = nodeCount(node);
  const at = node + NODE_HEAD + <usize>position * width;
  memory.copy(at + width, at, <usize>(count - position) * width);
  nodeSetCount(node, count + 1);
}

/** Closes the gap where one was removed. */
export function nodeClose(node: usize, position: u32, width: usize): void {
  const count = nodeCount(node) - 1;
  const at = node + NODE_HEAD + <usize>position * width;
  memory.copy(at, at + width, <usize>(count - position) * width);
  nodeSetCount(node, count);
}

/** Moves everything from a position on to the end of another node. */
export function nodeMove(from: usize, position: u32, to: usize, width: usize): void {
  const count = nodeCount(from) - position;
  const have = nodeCount(to);
  memory.copy(to + NODE_HEAD + <usize>have * width, from + NODE_HEAD + <usize>position * width, <usize>count * width);
  nodeSetCount(to, have + count);
  nodeSetCount(from, position);
}
