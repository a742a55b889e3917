// Removing a node. The paper has no algorithm for this; this one keeps the neighbourhood connected. Every neighbour of the node may lose
// two links, that to it and that from it, and gets another neighbour of the node instead. Links to the node that are not found here are
// void by its generation.

import { SLOT_NONE } from "../abi";
import { vectorRow, vectorRowDistance } from "../vector";
import {
  CHUNK_SLOTS, chunksTop, GRAPH_ENTRY, GRAPH_LEVEL, GRAPH_M, GRAPH_SEED, headAt, HEAD_LINKED, HEAD_STATES, GRAPH_LINKED, LINK_SLOT,
  LINKED, linkHolds, linkIsStale, linksCount, linksMax, linkTo, listAt, markDirty, markUnlinked,
} from "./graph";
import { keyDistance, keyOf, keySlot, sortKeys } from "./heap";
import { levelOf } from "./level";
import { offer, tidy } from "./link";
import { LINKS_MAX, orphanKeys, orphans } from "./scratch";

/** To how many of a lost node's neighbours each of them is linked instead. */
const ADOPTED: u32 = 2;

/** Unlinks a node; its vector may have changed by now, or be gone. */
export function unlink(graph: usize, field: usize, slot: u32): void {
  const level = levelOf(slot, load<u32>(graph, GRAPH_SEED), load<u32>(graph, GRAPH_M));
  const gone = linkTo(graph, slot);
  markUnlinked(graph, slot);
  for (let l: u32 = 0; l <= level; l++) leave(graph, field, slot, gone, l);
  if (load<u32>(graph, GRAPH_ENTRY) == slot) findEntry(graph, slot, level);
}

function leave(graph: usize, field: usize, slot: u32, gone: u32, level: u32): void {
  const list = listAt(graph, slot, level);
  const most = linksMax(graph, level);
  orphansCount = 0;
  for (let i: u32 = 0; i < most; i++) {
    const link = load<u32>(list + (<usize>i << 2));
    if (link == 0) break;
    const other = link & LINK_SLOT;
    if (linkHolds(graph, link)) {
      removeLink(listAt(graph, other, level), most, gone);
      addOrphan(other);
    } else if (linkIsStale(graph, link)) {
      // It leaves soon. The paths through both end here, or the two sides could become disconnected.
      addBehind(graph, listAt(graph, other, level), most, slot);
    }
  }
  for (let i: u32 = 0; i < orphansCount; i++) adopt(graph, field, load<u32>(orphans + (<usize>i << 2)), level);
  if (level != 0) return;
  for (let i: u32 = 0; i < orphansCount; i++) {
    const orphan = load<u32>(orphans + (<usize>i << 2));
    // A node that has lost every link is linked again.
    if (tidy(graph, listAt(graph, orphan, 0), most) == 0 && load<u32>(graph, GRAPH_LINKED) > 1) markDirty(graph, orphan);
  }
}

/** Number of entries in `orphans`. */
let orphansCount: u32 = 0;

function addOrphan(slot: u32): void {
  for (let i: u32 = 0; i < orphansCount; i++) if (load<u32>(orphans + (<usize>i << 2)) == slot) return;
  if (orphansCount == LINKS_MAX) return;
  store<u32>(orphans + (<usize>orphansCount << 2), slot);
  orphansCount++;
}

function addBehind(graph: usize, list: usize, most: u32, except: u32): void {
  for (let i: u32 = 0; i < most && orphansCount < most << 1; i++) {
    const link = load<u32>(list + (<usize>i << 2));
    if (link == 0) return;
    if ((link & LINK_SLOT) != except && linkHolds(graph, link)) addOrphan(link & LINK_SLOT);
  }
}

function removeLink(list: usize, most: u32, gone: u32): void {
  const count = linksCount(list, most);
  for (let i: u32 = 0; i < count; i++) {
    const at = list + (<usize>i << 2);
    if (load<u32>(at) != gone) continue;
    const last = list + (<usize>(count - 1) << 2);
    store<u32>(at, load<u32>(last));
    store<u32>(last, 0);
    return;
  }
}

/** Links a node to the nearest other orphans that point apart from its neighbours, and them to it. */
function adopt(graph: usize, field: usize, node: u32, level: u32): void {
  const list = listAt(graph, node, level);
  const most = linksMax(graph, level);
  let have = linksCount(list, most);
  if (have == most) return;
  const own = vectorRow(field, node);
  let found: u32 = 0;
  for (let i: u32 = 0; i < orphansCount; i++) {
    const other = load<u32>(orphans + (<usize>i << 2));
    if (other == node) continue;
    store<u64>(orphanKeys + (<usize>found << 3), keyOf(vectorRowDistance(field, own, vectorRow(field, other)), other));
    found++;
  }
  sortKeys(orphanKeys, found);
  let adopted: u32 = 0;
  for (let i: u32 = 0; i < found && adopted < ADOPTED && have < most; i++) {
    const key = load<u64>(orphanKeys + (<usize>i << 3));
    if (!liesApart(graph, field, list, have, keySlot(key), keyDistance(key))) continue;
    store<u32>(list + (<usize>have << 2), linkTo(graph, keySlot(key)));
    have++;
    adopted++;
    if (!isLinked(listAt(graph, keySlot(key), level), most, node)) offer(graph, field, keySlot(key), level, node);
  }
}

function isLinked(list: usize, most: u32, slot: u32): bool {
  for (let i: u32 = 0; i < most; i++) {
    const link = load<u32>(list + (<usize>i << 2));
    if (link == 0) return false;
    if ((link & LINK_SLOT) == slot) return true;
  }
  return false;
}

/** Whether a slot is not among the neighbours, and is nearer to the base, at this distance, than to any of them. */
function liesApart(graph: usize, field: usize, list: usize, count: u32, slot: u32, distance: f32): bool {
  const row = vectorRow(field, slot);
  for (let i: u32 = 0; i < count; i++) {
    const link = load<u32>(list + (<usize>i << 2));
    if ((link & LINK_SLOT) == slot) return false;
    if (linkHolds(graph, link) && vectorRowDistance(field, row, vectorRow(field, link & LINK_SLOT)) < distance) return false;
  }
  return true;
}

/** Chooses a new entry after `slot` has left: one of its neighbours on its level, otherwise the highest node. */
function findEntry(graph: usize, slot: u32, level: u32): void {
  const list = listAt(graph, slot, level);
  const most = linksMax(graph, level);
  for (let i: u32 = 0; i < most; i++) {
    const link = load<u32>(list + (<usize>i << 2));
    if (link == 0) break;
    if (!linkHolds(graph, link)) continue;
    store<u32>(graph, link & LINK_SLOT, GRAPH_ENTRY);
    return;
  }
  const m = load<u32>(graph, GRAPH_M);
  const seed = load<u32>(graph, GRAPH_SEED);
  let entry = SLOT_NONE;
  let highest: u32 = 0;
  for (let chunk: u32 = 0; chunk < chunksTop(graph) && (entry == SLOT_NONE || highest < level); chunk++) {
    const head = headAt(graph, chunk);
    if (head == 0 || load<u32>(head, HEAD_LINKED) == 0) continue;
    for (let i: u32 = 0; i < CHUNK_SLOTS; i++) {
      if ((load<u8>(head + HEAD_STATES + i) & LINKED) == 0) continue;
      const one = chunk * CHUNK_SLOTS + i;
      const reached = levelOf(one, seed, m);
      if (entry != SLOT_NONE && reached <= highest) continue;
      entry = one;
      highest = reached;
      if (highest >= level) break;
    }
  }
  store<u32>(graph, entry, GRAPH_ENTRY);
  store<u32>(graph, highest, GRAPH_LEVEL);
}
