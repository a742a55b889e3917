// A write only marks slots; this brings the graph up to date afterwards, a few slots at a time. Nodes whose vector has changed leave
// first: as long as one is there, its links lead walks to where it used to be.

import { DERIVED_GRAPHS, S_DERIVED, S_SLOT_TOP, SLOT_NONE, STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi";
import { queryBytes, vectorField, vectorRow } from "../vector";
import {
  CHUNK_SLOTS, chunksTop, clearDirty, DIRTY, forget, forgetLists, GRAPH_CURSOR, GRAPH_DIRTY, GRAPH_ENTRY, GRAPH_LEVEL, GRAPH_LINKED, GRAPH_MARKED, GRAPH_MIXED, GRAPH_STALE, graphCreate, graphOf,
  HEAD_DIRTY, HEAD_STALE, HEAD_STATES, headAt, LINKED, markDirty, resetOrder,
} from "./graph";
import { reachAll } from "./held";
import { link } from "./link";
import { scratchReach } from "./scratch";
import { unlink } from "./unlink";

/** When more of the nodes than one in so many are stale, it is quicker, and better, to build the graph anew. */
const RENEWAL: u32 = 2;

/**
 * Gives a field a graph, of which every vector is still to become a node. When memory ends in the midst of it there is none yet, and the next
 * attempt goes on with what is there.
 */
export function hnsw_create(index: u32, m: u32, ef: u32): i32 {
  if (graphOf(index) == 0 && !graphCreate(index, m, ef)) return STATUS_OUT_OF_MEMORY;
  const graph = graphOf(index);
  const field = vectorField(index);
  store<u32>(S_DERIVED, load<u32>(S_DERIVED) | DERIVED_GRAPHS);
  const top = load<u32>(S_SLOT_TOP);
  for (let slot: u32 = 0; slot < top; slot++) {
    if (vectorRow(field, slot) != 0 && !markDirty(graph, slot)) return STATUS_OUT_OF_MEMORY;
  }
  store<u32>(graph, 1, GRAPH_MARKED);
  return STATUS_OK;
}

/**
 * Brings up to `count` slots up to date. Answers how many are left, or STATUS_OUT_OF_MEMORY: then the rest stays dirty, and searches
 * look at it one by one.
 */
export function hnsw_maintain(index: u32, count: u32): i32 {
  const graph = graphOf(index);
  const field = vectorField(index);
  if (graph == 0 || load<u32>(graph, GRAPH_DIRTY) == 0) return 0;
  if (!scratchReach(queryBytes(field))) return STATUS_OUT_OF_MEMORY;
  reachAll(graph);
  if (load<u32>(graph, GRAPH_STALE) > load<u32>(graph, GRAPH_LINKED) / RENEWAL) renew(graph, field);
  let left = count;
  for (let chunk: u32 = 0; left > 0 && load<u32>(graph, GRAPH_STALE) != 0; chunk++) {
    const head = headAt(graph, chunk);
    if (head == 0) continue;
    for (let i: u32 = 0; left > 0 && load<u32>(head, HEAD_STALE) != 0; i++) {
      if ((load<u8>(head + HEAD_STATES + i) & (LINKED | DIRTY)) != (LINKED | DIRTY)) continue;
      unlink(graph, field, chunk * CHUNK_SLOTS + i);
      left--;
    }
  }
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

/** Links up to `count` dirty slots of a chunk, none of which is stale. Answers how many, or STATUS_OUT_OF_MEMORY. */
function linkChunk(graph: usize, field: usize, head: usize, first: u32, count: u32): i32 {
  let done: u32 = 0;
  for (let i: u32 = 0; done < count && load<u32>(head, HEAD_DIRTY) != 0; i++) {
    if ((load<u8>(head + HEAD_STATES + i) & DIRTY) == 0) continue;
    if (vectorRow(field, first + i) == 0) {
      clearDirty(graph, first + i);
    } else {
      const status = link(graph, field, first + i);
      if (status != STATUS_OK) return status;
    }
    done++;
  }
  return <i32>done;
}

/** Forgets every node, and marks every vector. Upper lists stay as they are: each is written anew with its node. */
function renew(graph: usize, field: usize): void {
  resetOrder(graph);
  for (let chunk: u32 = 0; chunk < chunksTop(graph); chunk++) {
    const head = headAt(graph, chunk);
    if (head == 0) continue;
    forgetLists(graph, chunk);
    for (let i: u32 = 0; i < CHUNK_SLOTS; i++) {
      const slot = chunk * CHUNK_SLOTS + i;
      // A slot without a state has no vector.
      if (load<u8>(head + HEAD_STATES + i) == 0) continue;
      forget(graph, slot);
      if (vectorRow(field, slot) != 0) markDirty(graph, slot);
    }
  }
  store<u32>(graph, SLOT_NONE, GRAPH_ENTRY);
  store<u32>(graph, 0, GRAPH_LEVEL);
}

/**
 * Whether what was linked depends on when it was, between the writes; then everything is linked anew, in the order of the slots, by the
 * next calls of hnsw_maintain.
 */
export function hnsw_straighten(index: u32): bool {
  const graph = graphOf(index);
  if (graph == 0 || load<u32>(graph, GRAPH_MIXED) == 0) return false;
  reachAll(graph);
  renew(graph, vectorField(index));
  return true;
}

/** Nodes of the graph, slots that are dirty, and slots that are both. */
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
