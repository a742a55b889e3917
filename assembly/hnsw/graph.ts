// A graph over the vectors of one field: hierarchical navigable small world (Malkov and Yashunin, arXiv 1603.09320). Its nodes are slots,
// and it holds no addresses of records: a snapshot holds it as it is, and records may move.
//
// Graph:  see the offsets below.  Its directory: for each 1,024 slots | head u32 | lists u32 |, grown by doubling.
// Head:   | 0 dirty u32 | 4 linked u32 | 8 stale u32 | 12 upper lists u32 | 16 state u8[1024] | 1040 first upper list u16[1024] |
// Lists:  of level 0: 2m links for each slot. Upper lists: m links for each level above 0 of each slot.
// Link:   | 0-27 slot | 28-31 generation |, 0 ends a list that is not full. A node's generation changes when it leaves the graph, so that
//         remaining links to it can be distinguished from links to the current node of its slot.
// State:  bits 0-3 generation (1 to 15; 0 before the first), then LINKED and DIRTY.
//
// A slot is dirty from the change of its vector until the upkeep has brought the graph up to date, that is, while a step waits for it
// (steps.ts). A slot that is linked and dirty is stale: its links belong to a vector that is gone.

import { PAGE_LINKS, S_GRAPHS, S_SLOT_TOP, SLOT_NONE, VECTOR_FIELDS_MAX } from "../abi";
import { pagesAcquire, pagesFor, structAcquire } from "../memory";
import { levelOf } from "./level";

const GRAPH_DIRECTORY: usize = 0;
const GRAPH_CAPACITY: usize = 4; // chunks the directory has room for
export const GRAPH_M: usize = 8;
export const GRAPH_EF: usize = 12; // candidates while inserting
export const GRAPH_ENTRY: usize = 16; // slot, or SLOT_NONE
export const GRAPH_LEVEL: usize = 20; // of the entry
export const GRAPH_LINKED: usize = 24; // nodes
export const GRAPH_DIRTY: usize = 28; // slots
export const GRAPH_STALE: usize = 32; // slots that are both
export const GRAPH_SEED: usize = 36;
export const GRAPH_CURSOR: usize = 40; // no earlier chunk has a dirty slot
export const GRAPH_MARKED: usize = 44; // u32 1: every existing vector is marked or linked
export const GRAPH_PEAK: usize = 48; // u32 most vectors there were since the graph was begun or restarted
export const GRAPH_LOST: usize = 52; // u32 1: the links are not what doing the steps in the order of the writes would give
const GRAPH_GONE: usize = 56; // u32 1: nodes have left, so that links may lead nowhere
export const GRAPH_HELD: usize = 60; // pieces whose links are still packed, or 0: see held.ts. Meaningless in a snapshot
export const GRAPH_OLDEST: usize = 64; // blocks of waiting steps: see steps.ts
export const GRAPH_NEWEST: usize = 68;
export const GRAPH_STEPS: usize = 72; // u32 waiting steps, counting each slot of one
export const GRAPH_KEPT: usize = 76; // u32 those of them that keep a row
const GRAPH_BYTES: usize = 80;

const CHUNK_SHIFT: u32 = 10;
export const CHUNK_SLOTS: u32 = 1024;
const CHUNK_MASK: u32 = 1023;
const CAPACITY_MIN: u32 = 16;

export const HEAD_DIRTY: usize = 0;
export const HEAD_LINKED: usize = 4;
export const HEAD_STALE: usize = 8;
const HEAD_UPPERS: usize = 12;
export const HEAD_STATES: usize = 16;
const HEAD_RANKS: usize = 1040;
const HEAD_BYTES: usize = 3088;

export const LINKED: u8 = 16;
export const DIRTY: u8 = 32;
const GENERATION: u8 = 15;

export const LINK_SLOT: u32 = 0x0fffffff;
export const LINK_SHIFT: u32 = 28;

/** The graph of a field, or 0. */
// @ts-ignore: decorator
@inline export function graphOf(field: u32): usize {
  return <usize>load<u32>(S_GRAPHS + (<usize>field << 2));
}

/** Creates a graph without nodes; returns false if memory is exhausted. */
export function graphCreate(field: u32, m: u32, ef: u32): bool {
  assert(field < VECTOR_FIELDS_MAX && graphOf(field) == 0);
  const graph = structAcquire(GRAPH_BYTES);
  if (graph == 0) return false;
  const directory = structAcquire(<usize>CAPACITY_MIN << 3);
  if (directory == 0) return false;
  store<u32>(graph, <u32>directory, GRAPH_DIRECTORY);
  store<u32>(graph, CAPACITY_MIN, GRAPH_CAPACITY);
  store<u32>(graph, m, GRAPH_M);
  store<u32>(graph, ef, GRAPH_EF);
  store<u32>(graph, SLOT_NONE, GRAPH_ENTRY);
  store<u32>(graph, 0x9e3779b9 * (field + 1), GRAPH_SEED);
  store<u32>(S_GRAPHS + (<usize>field << 2), <u32>graph);
  return true;
}

// @ts-ignore: decorator
@inline function chunkAt(graph: usize, slot: u32): usize {
  return <usize>load<u32>(graph, GRAPH_DIRECTORY) + (<usize>(slot >> CHUNK_SHIFT) << 3);
}

/** Head of the chunk, or 0 if the graph does not extend to it. */
// @ts-ignore: decorator
@inline export function headAt(graph: usize, chunk: u32): usize {
  return chunk < load<u32>(graph, GRAPH_CAPACITY) ? <usize>load<u32>(<usize>load<u32>(graph, GRAPH_DIRECTORY) + (<usize>chunk << 3)) : 0;
}

/** Upper bound of the number of chunks. */
// @ts-ignore: decorator
@inline export function chunksTop(graph: usize): u32 {
  return min<u32>(load<u32>(graph, GRAPH_CAPACITY), (load<u32>(S_SLOT_TOP) + CHUNK_MASK) >> CHUNK_SHIFT);
}

function growDirectory(graph: usize, chunk: u32): bool {
  const held = load<u32>(graph, GRAPH_CAPACITY);
  let capacity = held;
  while (capacity <= chunk) capacity <<= 1;
  const grown = structAcquire(<usize>capacity << 3);
  if (grown == 0) return false;
  const old = <usize>load<u32>(graph, GRAPH_DIRECTORY);
  memory.copy(grown, old, <usize>held << 3);
  memory.fill(old, 0, <usize>held << 3);
  store<u32>(graph, <u32>grown, GRAPH_DIRECTORY);
  store<u32>(graph, capacity, GRAPH_CAPACITY);
  return true;
}

/** Creates the states of `slot`'s chunk; returns false if memory is exhausted. */
export function reachState(graph: usize, slot: u32): bool {
  const chunk = slot >> CHUNK_SHIFT;
  if (chunk >= load<u32>(graph, GRAPH_CAPACITY) && !growDirectory(graph, chunk)) return false;
  const at = chunkAt(graph, slot);
  if (load<u32>(at) != 0) return true;
  const head = structAcquire(HEAD_BYTES);
  if (head == 0) return false;
  store<u32>(at, <u32>head);
  return true;
}

/** Creates the lists of `slot`'s chunk, whose states exist; returns false if memory is exhausted. */
export function reachLists(graph: usize, slot: u32): bool {
  const at = chunkAt(graph, slot);
  if (load<u32>(at, 4) != 0) return true;
  const head = <usize>load<u32>(at);
  const m = load<u32>(graph, GRAPH_M);
  const seed = load<u32>(graph, GRAPH_SEED);
  const first = slot & ~CHUNK_MASK;
  let uppers: u32 = 0;
  for (let i: u32 = 0; i < CHUNK_SLOTS; i++) {
    store<u16>(head + (<usize>i << 1), <u16>uppers, HEAD_RANKS);
    uppers += levelOf(first + i, seed, m);
  }
  if (load<u32>(head, HEAD_UPPERS) == 0 && uppers != 0) {
    const lists = structAcquire(<usize>uppers * m << 2);
    if (lists == 0) return false;
    store<u32>(head, <u32>lists, HEAD_UPPERS);
  }
  const lists = pagesAcquire(listPages(graph), PAGE_LINKS);
  if (lists == 0) return false;
  store<u32>(at, <u32>lists, 4);
  return true;
}

/** Pages of the level-0 lists of a chunk. A snapshot holds them packed: see pack.ts. */
export function listPages(graph: usize): u32 {
  return pagesFor(<usize>load<u32>(graph, GRAPH_M) << 3 << CHUNK_SHIFT);
}

/** Level-0 lists of a chunk, or 0 if there are none. */
// @ts-ignore: decorator
@inline export function listsAt(graph: usize, chunk: u32): usize {
  return <usize>load<u32>(<usize>load<u32>(graph, GRAPH_DIRECTORY) + (<usize>chunk << 3), 4);
}

/** Address of the list of a node that reaches `level`. */
// @ts-ignore: decorator
@inline export function listAt(graph: usize, slot: u32, level: u32): usize {
  const at = chunkAt(graph, slot);
  const m = <usize>load<u32>(graph, GRAPH_M);
  const index = <usize>(slot & CHUNK_MASK);
  if (level == 0) return <usize>load<u32>(at, 4) + (index * m << 3);
  const head = <usize>load<u32>(at);
  return <usize>load<u32>(head, HEAD_UPPERS) + (<usize>load<u16>(head + (index << 1), HEAD_RANKS) + level - 1) * (m << 2);
}

// @ts-ignore: decorator
@inline export function linksMax(graph: usize, level: u32): u32 {
  const m = load<u32>(graph, GRAPH_M);
  return level == 0 ? m << 1 : m;
}

/** Links in a list. */
export function linksCount(list: usize, most: u32): u32 {
  let count: u32 = 0;
  while (count < most && load<u32>(list + (<usize>count << 2)) != 0) count++;
  return count;
}

/** Address of the state of a slot whose chunk exists. */
// @ts-ignore: decorator
@inline function stateAt(graph: usize, slot: u32): usize {
  return <usize>load<u32>(chunkAt(graph, slot)) + HEAD_STATES + <usize>(slot & CHUNK_MASK);
}

/** A link to the current generation of a node. */
// @ts-ignore: decorator
@inline export function linkTo(graph: usize, slot: u32): u32 {
  return slot | (<u32>(load<u8>(stateAt(graph, slot)) & GENERATION) << LINK_SHIFT);
}

/** Whether a node has ever left: only then can links have generations other than the first. */
export function hasLeft(graph: usize): bool {
  return load<u32>(graph, GRAPH_GONE) != 0;
}

/** Whether every link is valid. */
// @ts-ignore: decorator
@inline export function allHold(graph: usize): bool {
  return (load<u32>(graph, GRAPH_GONE) | load<u32>(graph, GRAPH_STALE)) == 0;
}

/** Whether a link leads to a node in the graph that is unchanged since the link was made. */
// @ts-ignore: decorator
@inline export function linkHolds(graph: usize, link: u32): bool {
  return <u32>load<u8>(stateAt(graph, link & LINK_SLOT)) == ((link >> LINK_SHIFT) | LINKED);
}

/** The same for a node whose vector has changed since: walks go neither through it nor from it. */
export function linkIsStale(graph: usize, link: u32): bool {
  return <u32>load<u8>(stateAt(graph, link & LINK_SLOT)) == ((link >> LINK_SHIFT) | LINKED | DIRTY);
}

// @ts-ignore: decorator
@inline function count(address: usize, by: u32): void {
  store<u32>(address, load<u32>(address) + by);
}

function setState(graph: usize, slot: u32, state: u8): void {
  const at = stateAt(graph, slot);
  const was = load<u8>(at);
  const head = <usize>load<u32>(chunkAt(graph, slot));
  const linked = <u32>((state & LINKED) != 0) - <u32>((was & LINKED) != 0);
  const dirty = <u32>((state & DIRTY) != 0) - <u32>((was & DIRTY) != 0);
  const stale = <u32>((state & (LINKED | DIRTY)) == (LINKED | DIRTY)) - <u32>((was & (LINKED | DIRTY)) == (LINKED | DIRTY));
  store<u8>(at, state);
  count(head + HEAD_LINKED, linked);
  count(graph + GRAPH_LINKED, linked);
  count(head + HEAD_DIRTY, dirty);
  count(graph + GRAPH_DIRTY, dirty);
  count(head + HEAD_STALE, stale);
  count(graph + GRAPH_STALE, stale);
}

/** Marks the slot after a change of its vector. Returns false if memory is exhausted. */
export function markDirty(graph: usize, slot: u32): bool {
  if (!reachState(graph, slot)) return false;
  const state = load<u8>(stateAt(graph, slot));
  if (state & DIRTY) return true;
  setState(graph, slot, state | DIRTY);
  const chunk = slot >> CHUNK_SHIFT;
  if (chunk < load<u32>(graph, GRAPH_CURSOR)) store<u32>(graph, chunk, GRAPH_CURSOR);
  return true;
}

/** Whether a slot whose chunk exists is dirty. */
// @ts-ignore: decorator
@inline export function isDirty(graph: usize, slot: u32): bool {
  return (load<u8>(stateAt(graph, slot)) & DIRTY) != 0;
}

/** Whether a slot whose chunk exists is a node. */
// @ts-ignore: decorator
@inline export function isNode(graph: usize, slot: u32): bool {
  return (load<u8>(stateAt(graph, slot)) & LINKED) != 0;
}

export function clearDirty(graph: usize, slot: u32): void {
  setState(graph, slot, load<u8>(stateAt(graph, slot)) & ~DIRTY);
}

/** Begins the generation under which a node will be linked; it is not linked yet. */
export function beginGeneration(graph: usize, slot: u32): void {
  const state = load<u8>(stateAt(graph, slot));
  const generation = (state & GENERATION) == 0 ? <u8>1 : state & GENERATION;
  setState(graph, slot, (state & ~GENERATION) | generation);
}

export function markLinked(graph: usize, slot: u32): void {
  setState(graph, slot, load<u8>(stateAt(graph, slot)) | LINKED);
}

/** Resets the slot as if it had never been marked. */
export function forget(graph: usize, slot: u32): void {
  setState(graph, slot, 0);
}

/** Clears the level-0 lists of a chunk. */
export function forgetLists(graph: usize, chunk: u32): void {
  const lists = listsAt(graph, chunk);
  if (lists != 0) memory.fill(lists, 0, <usize>load<u32>(graph, GRAPH_M) << 3 << CHUNK_SHIFT);
}

/** Records that no node has left. */
export function resetLeft(graph: usize): void {
  store<u32>(graph, 0, GRAPH_GONE);
}

/** Removes a node: every link to it becomes void. */
export function markUnlinked(graph: usize, slot: u32): void {
  const state = load<u8>(stateAt(graph, slot));
  const generation = (state & GENERATION) == GENERATION ? <u8>1 : (state & GENERATION) + 1;
  setState(graph, slot, (state & DIRTY) | generation);
  store<u32>(graph, 1, GRAPH_GONE);
}
