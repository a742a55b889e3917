// Restarting a graph, or continuing without knowing the order in which its vectors were written.

import { SLOT_NONE } from "../abi";
import { fieldCount, vectorRow } from "../vector";
import {
  CHUNK_SLOTS, chunksTop, forget, forgetLists, GRAPH_CURSOR, GRAPH_ENTRY, GRAPH_LEVEL, GRAPH_LOST, GRAPH_PEAK, HEAD_STATES, headAt, markDirty, resetLeft,
} from "./graph";
import { reachAll } from "./held";
import { pastGraph } from "./past";
import { stepLink, stepsDrop } from "./steps";

// @ts-ignore: decorator
@inline export function isLost(graph: usize): bool {
  return load<u32>(graph, GRAPH_LOST) != 0;
}

/**
 * Called when there is no memory for the steps, or what they would keep is gone: from now on only the waiting slots are
 * known.
 */
export function lose(graph: usize): void {
  assert(pastGraph != graph);
  if (isLost(graph)) return;
  stepsDrop(graph);
  store<u32>(graph, 1, GRAPH_LOST);
  store<u32>(graph, 0, GRAPH_CURSOR);
}

/**
 * Forgets every node; every vector waits to be linked, in slot order. Upper lists stay: each is overwritten with its
 * node.
 */
export function renew(graph: usize, field: usize): void {
  assert(pastGraph != graph);
  reachAll(graph);
  stepsDrop(graph);
  resetLeft(graph);
  store<u32>(graph, 0, GRAPH_LOST);
  store<u32>(graph, fieldCount(field), GRAPH_PEAK);
  store<u32>(graph, SLOT_NONE, GRAPH_ENTRY);
  store<u32>(graph, 0, GRAPH_LEVEL);
  let isNoted = true;
  for (let chunk: u32 = 0; chunk < chunksTop(graph); chunk++) {
    const head = headAt(graph, chunk);
    if (head == 0) continue;
    forgetLists(graph, chunk);
    for (let i: u32 = 0; i < CHUNK_SLOTS; i++) {
      const slot = chunk * CHUNK_SLOTS + i;
      if (load<u8>(head + HEAD_STATES + i) != 0) forget(graph, slot);
      if (vectorRow(field, slot) == 0) continue;
      isNoted = isNoted && stepLink(graph, slot);
      markDirty(graph, slot);
    }
  }
  if (!isNoted) lose(graph);
}
