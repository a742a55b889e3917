// Waiting steps are done as if each had been done at once. For that, the column and the states of slots are rewound to when the oldest step was
// recorded: newest first, each step with a row swaps it for the one in the column. Then the oldest steps are done, and the remaining ones are
// replayed forwards to the present. So links are made between vectors as they were at the time of the write, whenever they are made, and only the
// upkeep ever sees the past.

import { SLOT_NONE, STATUS_OK } from "../abi";
import { fieldRowBytes, vectorPlace, vectorRow } from "../vector";
import {
  CHUNK_SLOTS, chunksTop, clearDirty, DIRTY, GRAPH_KEPT, GRAPH_STALE, GRAPH_STEPS, HEAD_STALE, HEAD_STATES, headAt, isNode, LINKED, markDirty,
} from "./graph";
import { link } from "./link";
import {
  blockNewest, blockNext, blockOldest, blockPrevious, stepDone, stepFollows, stepGives, stepKeeps, stepNewest, stepNext, stepOldest, stepPrevious, stepRow, stepSlot,
} from "./steps";
import { unlink } from "./unlink";

/** The graph whose vectors are in the past, or 0. */
export let pastGraph: usize = 0;
/** Whether anything in it differs from the present. */
let isOther = false;

function swap(field: usize, slot: u32, kept: usize): void {
  const row = vectorPlace(field, slot);
  for (let at: usize = 0; at < <usize>fieldRowBytes(field); at += 16) {
    const bytes = v128.load(row + at);
    v128.store(row + at, v128.load(kept + at));
    v128.store(kept + at, bytes);
  }
}

/** Called before steps are done. */
export function rewind(graph: usize, field: usize): void {
  assert(pastGraph == 0);
  pastGraph = graph;
  isOther = load<u32>(graph, GRAPH_KEPT) != 0;
  if (!isOther) return;
  for (let block = blockNewest(graph); block != 0; block = blockPrevious(block)) {
    for (let step = stepNewest(block); step != 0; step = stepPrevious(block, step)) {
      if (!stepKeeps(step)) continue;
      swap(field, stepSlot(step), stepRow(step));
      clearDirty(graph, stepSlot(step));
    }
  }
}

/** Returns to the present. */
export function replay(graph: usize, field: usize): void {
  assert(pastGraph == graph);
  pastGraph = 0;
  if (!isOther) return;
  for (let block = blockOldest(graph); block != 0; block = blockNext(block)) {
    for (let step = stepOldest(block); step != 0; step = stepNext(block, step)) {
      if (stepKeeps(step)) swap(field, stepSlot(step), stepRow(step));
      else if (!stepFollows(step)) continue;
      markDirty(graph, stepSlot(step));
    }
  }
}

/**
 * Does up to `count` of the oldest steps. On STATUS_OUT_OF_MEMORY the slot of the failed one is dirty, and the remaining steps do not tell how to
 * continue.
 */
export function doSteps(graph: usize, field: usize, count: u32): i32 {
  assert(pastGraph == graph);
  for (let left = count; left > 0 && load<u32>(graph, GRAPH_STEPS) != 0; left--) {
    const block = blockOldest(graph);
    const step = stepOldest(block);
    const status = stepKeeps(step) ? change(graph, field, step) : enter(graph, field, stepSlot(step));
    // A step with a row has given it back by now.
    if (status == STATUS_OK || stepKeeps(step)) stepDone(graph, block, step);
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

function enter(graph: usize, field: usize, slot: u32): i32 {
  if (vectorRow(field, slot) != 0) return link(graph, field, slot, false);
  // For steps read from a log after a snapshot it was unknown whether the slot has a vector.
  clearDirty(graph, slot);
  return STATUS_OK;
}

function change(graph: usize, field: usize, step: usize): i32 {
  const slot = stepSlot(step);
  if (isNode(graph, slot)) unlink(graph, field, slot);
  let status = linkOrphans(graph, field);
  swap(field, slot, stepRow(step));
  if (status == STATUS_OK && stepGives(step)) status = link(graph, field, slot, false);
  if (status != STATUS_OK) markDirty(graph, slot);
  return status;
}

/** Links again the nodes that have lost every link: nothing else is stale. */
function linkOrphans(graph: usize, field: usize): i32 {
  let status = STATUS_OK;
  while (status == STATUS_OK && load<u32>(graph, GRAPH_STALE) != 0) {
    const orphan = firstStale(graph);
    unlink(graph, field, orphan);
    // Its next step may keep only the codes.
    status = link(graph, field, orphan, true);
  }
  return status;
}

/** The first stale slot of a graph that has one. */
export function firstStale(graph: usize): u32 {
  for (let chunk: u32 = 0; chunk < chunksTop(graph); chunk++) {
    const head = headAt(graph, chunk);
    if (head == 0 || load<u32>(head, HEAD_STALE) == 0) continue;
    for (let i: u32 = 0; i < CHUNK_SLOTS; i++) {
      if ((load<u8>(head + HEAD_STATES + i) & (LINKED | DIRTY)) == (LINKED | DIRTY)) return chunk * CHUNK_SLOTS + i;
    }
  }
  return SLOT_NONE;
}
