// A write only records steps; this brings the graph up to date afterwards, a few steps at a time. Where steps were lost, it goes by the
// dirty slots: nodes whose vectors have changed are removed first, because until then their links lead walks to where they used to be.

import { DERIVED_GRAPHS, S_DERIVED, S_SLOT_TOP, STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi";
import { fieldCount, queryBytes, vectorField, vectorRow } from "../vector";
import {
  CHUNK_SLOTS, chunksTop, clearDirty, DIRTY, GRAPH_CURSOR, GRAPH_DIRTY, GRAPH_KEPT, GRAPH_LINKED, GRAPH_MARKED, GRAPH_PEAK, GRAPH_STALE, GRAPH_STEPS, graphCreate, graphOf,
  HEAD_DIRTY, HEAD_STATES, headAt, reachState,
} from "./graph";
import { reachAll } from "./held";
import { link } from "./link";
import { doSteps, firstStale, pastGraph, replay, rewind } from "./past";
import { isLost, lose, renew } from "./renew";
import { scratchReach } from "./scratch";
import { isScarce } from "./steps";
import { unlink } from "./unlink";

/** When more than one in this many nodes is stale, rebuilding the graph is faster and better. */
const RENEWAL: u32 = 2;
const THINNED: u32 = 4;
const SCARCE: u32 = 16;

/**
 * Creates the graph of a field; no vector is a node yet. If memory runs out half-way there is no graph, and the next attempt continues with
 * what exists.
 */
export function hnsw_create(index: u32, m: u32, ef: u32): i32 {
  if (graphOf(index) == 0 && !graphCreate(index, m, ef)) return STATUS_OUT_OF_MEMORY;
  const graph = graphOf(index);
  const field = vectorField(index);
  store<u32>(S_DERIVED, load<u32>(S_DERIVED) | DERIVED_GRAPHS);
  lose(graph);
  const top = load<u32>(S_SLOT_TOP);
  for (let slot: u32 = 0; slot < top; slot++) {
    if (vectorRow(field, slot) != 0 && !reachState(graph, slot)) return STATUS_OUT_OF_MEMORY;
  }
  renew(graph, field);
  store<u32>(graph, 1, GRAPH_MARKED);
  return STATUS_OK;
}

/**
 * Called after a batch. When only one in so many of the peak number of vectors is left, the graph is rebuilt, since it consists mostly of
 * repairs by then; and when memory gets scarce, steps keep no rows. Returns how many steps keep a row, or -1 without a graph.
 */
export function hnsw_settle(index: u32): i32 {
  if (!hnsw_exists(index)) return -1;
  const graph = graphOf(index);
  const count = fieldCount(vectorField(index));
  const peak = load<u32>(graph, GRAPH_PEAK);
  if (count > peak) store<u32>(graph, count, GRAPH_PEAK);
  else if (count < peak / THINNED && !isLost(graph)) renew(graph, vectorField(index));
  if (load<u32>(graph, GRAPH_KEPT) != 0 && isScarce(SCARCE)) lose(graph);
  return <i32>load<u32>(graph, GRAPH_KEPT);
}

/** From now until hnsw_replay the vectors of the field are those before all waiting steps, and only hnsw_maintain may read them. */
export function hnsw_rewind(index: u32): void {
  const graph = graphOf(index);
  if (graph == 0 || load<u32>(graph, GRAPH_KEPT) == 0) return;
  rewind(graph, vectorField(index));
}

export function hnsw_replay(index: u32): void {
  const graph = graphOf(index);
  if (graph != 0 && pastGraph == graph) replay(graph, vectorField(index));
}

/**
 * Processes up to `count` waiting steps. Returns how many are left, or STATUS_OUT_OF_MEMORY: then the rest stays dirty, and searches scan
 * it.
 */
export function hnsw_maintain(index: u32, count: u32): i32 {
  const graph = graphOf(index);
  const field = vectorField(index);
  if (graph == 0 || (load<u32>(graph, GRAPH_DIRTY) | load<u32>(graph, GRAPH_STEPS)) == 0) return 0;
  if (!scratchReach(queryBytes(field))) return STATUS_OUT_OF_MEMORY;
  reachAll(graph);
  if (isLost(graph) && load<u32>(graph, GRAPH_STALE) > load<u32>(graph, GRAPH_LINKED) / RENEWAL) renew(graph, field);
  if (isLost(graph)) return catchUp(graph, field, count);
  const isPast = pastGraph == graph;
  if (!isPast) rewind(graph, field);
  const status = doSteps(graph, field, count);
  if (!isPast || status != STATUS_OK) replay(graph, field);
  if (status == STATUS_OK) return <i32>load<u32>(graph, GRAPH_STEPS);
  lose(graph);
  return status;
}

/** The same without steps. */
function catchUp(graph: usize, field: usize, count: u32): i32 {
  let left = count;
  // Searched from the start each time: a node that leaves may leave another without links, which is then stale, wherever it is.
  for (; left > 0 && load<u32>(graph, GRAPH_STALE) != 0; left--) unlink(graph, field, firstStale(graph));
  const chunks = chunksTop(graph);
  while (left > 0 && load<u32>(graph, GRAPH_DIRTY) != 0) {
    const chunk = load<u32>(graph, GRAPH_CURSOR);
    assert(chunk < chunks);
    const head = headAt(graph, chunk);
    const status = head == 0 ? STATUS_OK : linkChunk(graph, field, head, chunk * CHUNK_SLOTS, left);
    if (status < 0) return status;
    left -= <u32>status;
    if (head == 0 || load<u32>(head, HEAD_DIRTY) == 0) store<u32>(graph, chunk + 1, GRAPH_CURSOR);
  }
  return <i32>load<u32>(graph, GRAPH_DIRTY);
}

/** Links up to `count` dirty slots of a chunk, none of which is stale. Returns how many, or STATUS_OUT_OF_MEMORY. */
function linkChunk(graph: usize, field: usize, head: usize, first: u32, count: u32): i32 {
  let done: u32 = 0;
  for (let i: u32 = 0; done < count && load<u32>(head, HEAD_DIRTY) != 0; i++) {
    if ((load<u8>(head + HEAD_STATES + i) & DIRTY) == 0) continue;
    if (vectorRow(field, first + i) == 0) {
      clearDirty(graph, first + i);
    } else {
      const status = link(graph, field, first + i, false);
      if (status != STATUS_OK) return status;
    }
    done++;
  }
  return <i32>done;
}

/** Whether the order of the writes was lost; then the next calls of hnsw_maintain link everything again, in slot order. */
export function hnsw_straighten(index: u32): bool {
  const graph = graphOf(index);
  if (!hnsw_exists(index) || !isLost(graph)) return false;
  renew(graph, vectorField(index));
  return true;
}

/** Number of steps that keep a row. */
export function hnsw_kept(index: u32): u32 {
  return load<u32>(graphOf(index), GRAPH_KEPT);
}

/** Number of nodes, of dirty slots, and of slots that are both. */
export function hnsw_linked(index: u32): u32 {
  return load<u32>(graphOf(index), GRAPH_LINKED);
}

export function hnsw_dirty(index: u32): u32 {
  return load<u32>(graphOf(index), GRAPH_DIRTY);
}

export function hnsw_stale(index: u32): u32 {
  return load<u32>(graphOf(index), GRAPH_STALE);
}

export function hnsw_exists(index: u32): bool {
  const graph = graphOf(index);
  return graph != 0 && load<u32>(graph, GRAPH_MARKED) != 0;
}
