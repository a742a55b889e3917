// Waiting steps, oldest first: what writes did to the vectors of a graph's slots since it was last up to date. A step that replaced or removed a
// slot's vector keeps the row it had before, so that the column can be rewound to when the oldest step was recorded (past.ts).
//
// Block: | 0 next u32 | 4 previous u32 | 8 pages u32 | 12 oldest step u32 | 16 newest step u32, 0: none | 20 end of the newest u32 | 32 steps |
// Step:  | 0 bytes u32 | 4 bytes of the step before it in the block u32 | 8 slot u32 | 12 slots u32 | 16 flags u32 | 20 record u32 | 32 row | vector
// |
// A step with slots: these, from `slot` on, got a vector where there was none. A step with 0 slots: `slot` had the vector of the row, and `record`
// has replaced its document.
// The vector follows its row where distances by codes are not all it is needed for; the row then refers to this copy.
//
// Blocks are structures: a snapshot holds the waiting steps. An empty block is all zero but for its head.

import { CODE_INT8, PAGE_BYTES, PAGE_STRUCT, S_PAGES_LIMIT } from "../abi";
import { pagesAcquire, pagesFor, pagesRelease, pagesSpare } from "../memory";
import { fieldCode, fieldRowBytes, fieldVectorBytes, vectorEncode } from "../vector";
import { GRAPH_KEPT, GRAPH_NEWEST, GRAPH_OLDEST, GRAPH_STEPS, isDirty } from "./graph";

const BLOCK_HEAD: usize = 32;
const STEP_HEAD: usize = 32;

const SCARCE_TO_KEEP: u32 = 8;

/** The slot has a vector after the step. */
const GIVES: u32 = 1;
/** Another step waited for the slot when this one was recorded. */
const FOLLOWS: u32 = 2;

// @ts-ignore: decorator
@inline function add(address: usize, by: u32): void {
  store<u32>(address, load<u32>(address) + by);
}

/** The oldest block, or 0; only a single block is ever empty. */
// @ts-ignore: decorator
@inline export function blockOldest(graph: usize): usize {
  return <usize>load<u32>(graph, GRAPH_OLDEST);
}

// @ts-ignore: decorator
@inline export function blockNewest(graph: usize): usize {
  return <usize>load<u32>(graph, GRAPH_NEWEST);
}

// @ts-ignore: decorator
@inline export function blockNext(block: usize): usize {
  return <usize>load<u32>(block);
}

// @ts-ignore: decorator
@inline export function blockPrevious(block: usize): usize {
  return <usize>load<u32>(block, 4);
}

/** The oldest step of a block, 0 if there is none. */
// @ts-ignore: decorator
@inline export function stepOldest(block: usize): usize {
  return load<u32>(block, 16) == 0 ? 0 : <usize>load<u32>(block, 12);
}

// @ts-ignore: decorator
@inline export function stepNewest(block: usize): usize {
  return <usize>load<u32>(block, 16);
}

/** The next step in the same block, 0 if there is none. */
// @ts-ignore: decorator
@inline export function stepNext(block: usize, step: usize): usize {
  return step == <usize>load<u32>(block, 16) ? 0 : step + <usize>load<u32>(step);
}

// @ts-ignore: decorator
@inline export function stepPrevious(block: usize, step: usize): usize {
  return step == <usize>load<u32>(block, 12) ? 0 : step - <usize>load<u32>(step, 4);
}

// @ts-ignore: decorator
@inline export function stepSlot(step: usize): u32 {
  return load<u32>(step, 8);
}

/** Whether it keeps the slot's previous row. */
// @ts-ignore: decorator
@inline export function stepKeeps(step: usize): bool {
  return load<u32>(step, 12) == 0;
}

// @ts-ignore: decorator
@inline export function stepGives(step: usize): bool {
  return (load<u32>(step, 16) & GIVES) != 0;
}

// @ts-ignore: decorator
@inline export function stepFollows(step: usize): bool {
  return (load<u32>(step, 16) & FOLLOWS) != 0;
}

// @ts-ignore: decorator
@inline export function stepRow(step: usize): usize {
  return step + STEP_HEAD;
}

function newBlock(graph: usize, bytes: usize): usize {
  const pages = pagesFor(BLOCK_HEAD + bytes);
  const block = pagesAcquire(pages, PAGE_STRUCT);
  if (block == 0) return 0;
  store<u32>(block, pages, 8);
  store<u32>(block, <u32>(block + BLOCK_HEAD), 12);
  store<u32>(block, <u32>(block + BLOCK_HEAD), 20);
  const newest = blockNewest(graph);
  if (newest != 0 && stepNewest(newest) != 0) {
    store<u32>(newest, <u32>block);
    store<u32>(block, <u32>newest, 4);
  } else {
    if (newest != 0) pagesRelease(newest, load<u32>(newest, 8));
    store<u32>(graph, <u32>block, GRAPH_OLDEST);
  }
  store<u32>(graph, <u32>block, GRAPH_NEWEST);
  return block;
}

/** Appends a step, zeroed but for its length, and returns it; 0 when memory is exhausted. */
function append(graph: usize, bytes: usize): usize {
  let block = blockNewest(graph);
  if (block == 0 || <usize>load<u32>(block, 20) + bytes > block + <usize>load<u32>(block, 8) * PAGE_BYTES) {
    block = newBlock(graph, bytes);
    if (block == 0) return 0;
  }
  const step = <usize>load<u32>(block, 20);
  const before = stepNewest(block);
  store<u32>(step, <u32>bytes);
  store<u32>(step, before == 0 ? 0 : <u32>(step - before), 4);
  store<u32>(block, <u32>step, 16);
  store<u32>(block, <u32>(step + bytes), 20);
  return step;
}

/** Records that the slot got a vector. Returns false if memory is exhausted. */
export function stepLink(graph: usize, slot: u32): bool {
  const follows = isDirty(graph, slot) ? FOLLOWS : 0;
  const block = blockNewest(graph);
  const newest = block == 0 ? 0 : stepNewest(block);
  if (newest != 0 && !stepKeeps(newest) && (follows | load<u32>(newest, 16)) == 0 && stepSlot(newest) + load<u32>(newest, 12) == slot) {
    add(newest + 12, 1);
  } else {
    const step = append(graph, STEP_HEAD);
    if (step == 0) return false;
    store<u32>(step, slot, 8);
    store<u32>(step, 1, 12);
    store<u32>(step, follows, 16);
  }
  add(graph + GRAPH_STEPS, 1);
  return true;
}

/** Whether less than one in `share` of a partition's maximum pages is left. What steps keep matters less than future writes. */
export function isScarce(share: u32): bool {
  return pagesSpare() < load<u32>(S_PAGES_LIMIT) / share;
}

/** A step for a linked node needs no lanes; see past.ts for nodes that are linked again. */
// @ts-ignore: decorator
@inline function keepsVector(field: usize, flags: u32): bool {
  return (flags & FOLLOWS) != 0 || fieldCode(field) != CODE_INT8;
}

/** Address of the vector of a kept row: after the row, or, if it is not kept, the row. */
// @ts-ignore: decorator
@inline function keptVector(field: usize, row: usize, flags: u32): usize {
  return keepsVector(field, flags) ? row + <usize>fieldRowBytes(field) : row;
}

/** Whether the rows kept by steps match those of the field: a snapshot may come from a release with other codes. */
export function stepsFit(graph: usize, field: usize): bool {
  for (let block = blockOldest(graph); block != 0; block = blockNext(block)) {
    for (let step = stepOldest(block); step != 0; step = stepNext(block, step)) {
      const row = stepRow(step);
      if (stepKeeps(step) && <usize>load<u32>(row) != keptVector(field, row, load<u32>(step, 16))) return false;
    }
  }
  return true;
}

/** Records that the slot had `vector`; `record` has replaced its document, or 0. Returns false if memory is scarce. */
export function stepChange(graph: usize, field: usize, slot: u32, vector: usize, gives: bool, record: usize): bool {
  if (isScarce(SCARCE_TO_KEEP)) return false;
  const follows = isDirty(graph, slot) ? FOLLOWS : 0;
  const rowBytes = <usize>fieldRowBytes(field);
  const vectorBytes: usize = keepsVector(field, follows) ? <usize>fieldVectorBytes(field) : 0;
  const step = append(graph, STEP_HEAD + rowBytes + ((vectorBytes + 15) & ~15));
  if (step == 0) return false;
  store<u32>(step, slot, 8);
  store<u32>(step, (gives ? GIVES : 0) | follows, 16);
  store<u32>(step, <u32>record, 20);
  const row = stepRow(step);
  vectorEncode(field, row, vector);
  memory.copy(row + rowBytes, vector, vectorBytes);
  store<u32>(row, <u32>keptVector(field, row, follows));
  add(graph + GRAPH_STEPS, 1);
  add(graph + GRAPH_KEPT, 1);
  return true;
}

/**
 * Forgets the newest step if it was recorded when `record` (0: a deletion) was written to the slot, and that write is being undone. Returns 0 if it
 * was not; 1 if no step waits for the slot now; 2 if one does.
 */
export function stepUndo(graph: usize, slot: u32, had: bool, record: usize): u32 {
  const block = blockNewest(graph);
  const step = block == 0 ? 0 : stepNewest(block);
  if (step == 0 || stepKeeps(step) != had) return 0;
  const slots = load<u32>(step, 12);
  if (had ? stepSlot(step) != slot || <usize>load<u32>(step, 20) != record : stepSlot(step) + slots - 1 != slot) return 0;
  const follows = stepFollows(step);
  add(graph + GRAPH_STEPS, -1);
  if (had) add(graph + GRAPH_KEPT, -1);
  if (slots > 1) store<u32>(step, slots - 1, 12);
  else removeNewest(graph, block, step);
  return follows ? 2 : 1;
}

function removeNewest(graph: usize, block: usize, step: usize): void {
  const before = stepPrevious(block, step);
  memory.fill(step, 0, <usize>load<u32>(step));
  store<u32>(block, <u32>before, 16);
  store<u32>(block, <u32>step, 20);
  if (before != 0) return;
  const previous = blockPrevious(block);
  if (previous == 0) {
    empty(block);
    return;
  }
  store<u32>(previous, 0);
  store<u32>(graph, <u32>previous, GRAPH_NEWEST);
  pagesRelease(block, load<u32>(block, 8));
}

/** Clears the block, which is the only one and has no steps. */
function empty(block: usize): void {
  const from = block + BLOCK_HEAD;
  memory.fill(from, 0, <usize>load<u32>(block, 20) - from);
  store<u32>(block, <u32>from, 12);
  store<u32>(block, 0, 16);
  store<u32>(block, <u32>from, 20);
}

/** Finishes the first slot of the oldest step. */
export function stepDone(graph: usize, block: usize, step: usize): void {
  add(graph + GRAPH_STEPS, -1);
  const slots = load<u32>(step, 12);
  if (slots > 1) {
    add(step + 8, 1);
    store<u32>(step, slots - 1, 12);
    return;
  }
  if (slots == 0) add(graph + GRAPH_KEPT, -1);
  const next = stepNext(block, step);
  if (next != 0) {
    store<u32>(block, <u32>next, 12);
    return;
  }
  const following = blockNext(block);
  if (following == 0) {
    empty(block);
    return;
  }
  store<u32>(following, 0, 4);
  store<u32>(graph, <u32>following, GRAPH_OLDEST);
  pagesRelease(block, load<u32>(block, 8));
}

/** Drops all waiting steps. */
export function stepsDrop(graph: usize): void {
  let block = blockOldest(graph);
  while (block != 0) {
    const next = blockNext(block);
    pagesRelease(block, load<u32>(block, 8));
    block = next;
  }
  store<u32>(graph, 0, GRAPH_OLDEST);
  store<u32>(graph, 0, GRAPH_NEWEST);
  store<u32>(graph, 0, GRAPH_STEPS);
  store<u32>(graph, 0, GRAPH_KEPT);
}
