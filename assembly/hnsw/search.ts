// Finds the nearest rows by a graph, for a search that would otherwise scan every row (flat/search). The walk uses codes; the nearest nodes
// it finds are measured exactly. Dirty slots are scanned, so that a result never misses what was just written.

import { CODE_INT8, S_GRAPH_VISITED, STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi";
import { rescored, scanRow, searchBitmap, searchBlock, searchExamine, searchField, searchFollow, searchList, searchSlots } from "../flat";
import { fieldCode, fieldVectorBytes, rowVector, vectorRow, vectorsMakeNext } from "../vector";
import { CHUNK_SLOTS, chunksTop, DIRTY, GRAPH_DIRTY, GRAPH_LINKED, graphOf, HEAD_DIRTY, HEAD_STATES, headAt } from "./graph";
import { reachSome } from "./held";
import { keySlot, sortLeast } from "./heap";
import { EF_MAX, results, scratchReach } from "./scratch";
import { isAllowed, walkComputed, walkCount, walkDown, walkEnter, walkGather, walkIsSorted, walkReset, walkVisited } from "./walk";

/**
 * Rows made with each walk while some are missing: without writes no background work makes them, and walks that must check for them are
 * slower.
 */
const ROWS_MADE: u32 = 256;
/** The same for packed links. */
const PIECES_UNPACKED: u32 = 4;
/** After this many consecutive nodes that int8 codes show to be too far, so are those that follow. */
const BEYOND_MAX: u32 = 32;

/** The graph found less than the search requests: every row must be scanned. */
export const SEARCH_GAVE_UP: i32 = 1;

/**
 * Fills the list of a query of a search that is ready. `ef`: number of nodes gathered; the first `measured` of them are measured exactly,
 * and more where int8 codes are too imprecise. Gives up if it gathers fewer than `wanted` of the slots that may be results, or computes
 * more than `budget` distances.
 */
export function hnsw_search(search: usize, index: u32, number: u32, ef: u32, measured: u32, wanted: u32, budget: u32): i32 {
  const graph = graphOf(index);
  const field = searchField(search);
  if (!scratchReach(0)) return STATUS_OUT_OF_MEMORY;
  const allowed = searchBitmap(search);
  const slots = searchSlots(search);
  const query = searchBlock(search, number);
  const list = searchList(search, query);
  const kept = min(ef, EF_MAX);
  walkReset();
  searchFollow(search);
  const status = walk(graph, field, query, list, allowed, slots, kept, min(measured, kept), wanted, budget);
  if (status == STATUS_OK && load<u32>(graph, GRAPH_DIRTY) != 0) lookAtDirty(graph, field, query, list, allowed, slots);
  searchExamine(search, walkComputed);
  vectorsMakeNext(field, ROWS_MADE);
  reachSome(graph, PIECES_UNPACKED);
  store<u32>(S_GRAPH_VISITED, load<u32>(S_GRAPH_VISITED) + walkVisited);
  return status;
}

let touched: u32 = 0;

function walk(
  graph: usize, field: usize, query: usize, list: usize, allowed: usize, slots: u32, ef: u32, measured: u32, wanted: u32, budget: u32,
): i32 {
  if (load<u32>(graph, GRAPH_LINKED) == 0) return STATUS_OK;
  if (!walkEnter(graph, field, query)) return SEARCH_GAVE_UP;
  walkDown(graph, field, query, 0);
  if (!walkGather(graph, field, query, 0, ef, allowed, slots, budget) || walkCount < wanted) return SEARCH_GAVE_UP;
  const count = min(walkCount, measured);
  const last = fieldCode(field) == CODE_INT8 ? walkCount : count;
  if (!walkIsSorted) sortLeast(results, walkCount, last);
  const bytes = min<u32>(fieldVectorBytes(field), 1024);
  for (let i: u32 = 0; i < count; i++) {
    const vector = rowVector(vectorRow(field, keySlot(load<u64>(results + (<usize>i << 3)))));
    for (let at: u32 = 0; at < bytes; at += 64) touched += load<u32>(vector + at);
  }
  for (let i: u32 = 0; i < count; i++) {
    const slot = keySlot(load<u64>(results + (<usize>i << 3)));
    scanRow(query, list, field, vectorRow(field, slot), slot);
  }
  measureFurther(field, query, list, count, last);
  return STATUS_OK;
}

/**
 * The order by codes is nearly right if vectors differ by more than codes leave out. If they do not (close together, and far from the
 * origin), the nearest may be anywhere: whatever its bound does not rule out is measured, too.
 */
function measureFurther(field: usize, query: usize, list: usize, from: u32, to: u32): void {
  let beyond: u32 = 0;
  for (let i = from; i < to && beyond < BEYOND_MAX; i++) {
    const slot = keySlot(load<u64>(results + (<usize>i << 3)));
    const before = rescored;
    scanRow(query, list, field, vectorRow(field, slot), slot);
    beyond = rescored == before ? beyond + 1 : 0;
  }
}

function lookAtDirty(graph: usize, field: usize, query: usize, list: usize, allowed: usize, slots: u32): void {
  for (let chunk: u32 = 0; chunk < chunksTop(graph); chunk++) {
    const head = headAt(graph, chunk);
    if (head == 0) continue;
    let left = load<u32>(head, HEAD_DIRTY);
    for (let i: u32 = 0; left > 0; i++) {
      if ((load<u8>(head + HEAD_STATES + i) & DIRTY) == 0) continue;
      left--;
      const slot = chunk * CHUNK_SLOTS + i;
      if (allowed != 0 && !isAllowed(allowed, slots, slot)) continue;
      const row = vectorRow(field, slot);
      if (row != 0) scanRow(query, list, field, row, slot);
    }
  }
}
