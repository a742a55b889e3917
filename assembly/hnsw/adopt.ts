// A graph restored from a snapshot: what it knows of vectors spares the partition from reading each of them when it is
// opened.

import { STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi";
import { vectorField, vectorReach, vectorRow, vectorsDefer } from "../vector";
import { CHUNK_SLOTS, chunksTop, DIRTY, GRAPH_DIRTY, GRAPH_LINKED, GRAPH_STALE, HEAD_DIRTY, HEAD_LINKED, HEAD_STATES, graphOf, headAt, LINKED } from "./graph";
import { lose } from "./renew";
import { stepsFit } from "./steps";
import { hnsw_exists } from "./upkeep";

/** There is no graph: rows are made from the documents. */
const ADOPT_NONE: i32 = 1;

/**
 * Called when the field has just been declared, and has no rows. Every vector belongs to a node or a dirty slot, so
 * their number is known, and rows can wait until they are requested.
 */
export function hnsw_adopt(index: u32): i32 {
  if (!hnsw_exists(index)) return ADOPT_NONE;
  const graph = graphOf(index);
  const field = vectorField(index);
  if (!stepsFit(graph, field)) lose(graph);
  const chunks = chunksTop(graph);
  for (let chunk: u32 = 0; chunk < chunks; chunk++) {
    const head = headAt(graph, chunk);
    if (head == 0 || (load<u32>(head, HEAD_LINKED) | load<u32>(head, HEAD_DIRTY)) == 0) continue;
    for (let i: u32 = 0; i < CHUNK_SLOTS; i++) {
      if ((load<u8>(head + HEAD_STATES + i) & (LINKED | DIRTY)) == 0) continue;
      if (!vectorReach(field, chunk * CHUNK_SLOTS + i)) return STATUS_OUT_OF_MEMORY;
    }
  }
  // Void links may lead to slots after the last vector: the directory must include them.
  if (chunks != 0 && !vectorReach(field, chunks * CHUNK_SLOTS - 1)) return STATUS_OUT_OF_MEMORY;
  vectorsDefer(field, 0);
  let count = load<u32>(graph, GRAPH_LINKED) - load<u32>(graph, GRAPH_STALE);
  for (let chunk: u32 = 0; chunk < chunks && load<u32>(graph, GRAPH_DIRTY) != 0; chunk++) {
    const head = headAt(graph, chunk);
    if (head == 0 || load<u32>(head, HEAD_DIRTY) == 0) continue;
    for (let i: u32 = 0; i < CHUNK_SLOTS; i++) {
      if ((load<u8>(head + HEAD_STATES + i) & DIRTY) == 0) continue;
      if (vectorRow(field, chunk * CHUNK_SLOTS + i) != 0) count++;
    }
  }
  vectorsDefer(field, count);
  return STATUS_OK;
}
