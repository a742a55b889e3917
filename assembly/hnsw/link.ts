// Inserting a node: algorithm 1 of the paper.

import { CODE_BINARY, CODE_INT8, METRIC_IP, STATUS_OK, STATUS_OUT_OF_MEMORY } from "../abi";
import { fieldCode, fieldMetric, rowNorm, vectorCodeDistance4, vectorPrepareCodes, vectorPrepareRow, vectorRow, vectorRowDistance } from "../vector";
import {
  beginGeneration, clearDirty, GRAPH_EF, GRAPH_ENTRY, GRAPH_LEVEL, GRAPH_LINKED, GRAPH_M, GRAPH_SEED, LINK_SLOT, linkHolds, linksCount,
  linksMax, linkTo, listAt, markLinked, reachLists,
} from "./graph";
import { keyOf, keySlot, sortHeap, sortKeys } from "./heap";
import { levelOf } from "./level";
import { chosen, chosenRows, four, keys, orphans, ownQuery, results, rowQuery } from "./scratch";
import { choose } from "./select";
import { walkCount, walkDown, walkEnter, walkFrom, walkGather, walkIsSorted, walkLevel } from "./walk";

/** Norms count as alike when the longest is at most this many times the shortest. */
const NORMS_ALIKE: f32 = 1.25;

/**
 * How far a list is filled up with nodes that do not point apart, the paper's "keep pruned connections". With inner products few nodes
 * point apart where norms differ: nearly everything is nearest to the few longest vectors, and as they come and go the rest would lose its
 * links (recall fell from 0.99 to 0.91 when all vectors were replaced four times). Otherwise filling up costs a quarter of the build time,
 * and hardly finds more.
 */
function leastLinks(field: usize, own: usize, keys: usize, count: u32, most: u32): u32 {
  if (fieldMetric(field) != METRIC_IP) return 0;
  let shortest = rowNorm(own);
  let longest = shortest;
  for (let i: u32 = 0; i < count; i++) {
    const norm = rowNorm(vectorRow(field, keySlot(load<u64>(keys + (<usize>i << 3)))));
    shortest = min<f32>(shortest, norm);
    longest = max<f32>(longest, norm);
  }
  return longest > shortest * NORMS_ALIKE ? most : 0;
}

/**
 * Links a slot that has a vector and is not linked, by its int8 codes alone if its lanes may be missing. The scratch memory is reserved.
 */
export function link(graph: usize, field: usize, slot: u32, isByCodes: bool): i32 {
  if (!reachLists(graph, slot)) return STATUS_OUT_OF_MEMORY;
  const m = load<u32>(graph, GRAPH_M);
  const level = levelOf(slot, load<u32>(graph, GRAPH_SEED), m);
  for (let l: u32 = 0; l <= level; l++) memory.fill(listAt(graph, slot, l), 0, <usize>linksMax(graph, l) << 2);
  beginGeneration(graph, slot);
  if (load<u32>(graph, GRAPH_LINKED) != 0) {
    if (isByCodes && fieldCode(field) == CODE_INT8) vectorPrepareCodes(field, ownQuery, vectorRow(field, slot));
    else vectorPrepareRow(field, ownQuery, slot);
    const isEntered = walkEnter(graph, field, ownQuery);
    assert(isEntered);
    walkDown(graph, field, ownQuery, level);
    for (let l = <i32>walkLevel; l >= 0; l--) {
      walkGather(graph, field, ownQuery, l, load<u32>(graph, GRAPH_EF), 0, 0, u32.MAX_VALUE);
      if (walkCount == 0) break;
      if (!walkIsSorted) sortHeap(results, walkCount);
      walkFrom(load<u64>(results), max<i32>(l - 1, 0));
      if (fieldCode(field) == CODE_BINARY) measureAgain(field, vectorRow(field, slot), walkCount);
      connect(graph, field, slot, l, choose(field, results, walkCount, m, leastLinks(field, vectorRow(field, slot), results, walkCount, m)));
    }
  }
  clearDirty(graph, slot);
  markLinked(graph, slot);
  if (load<u32>(graph, GRAPH_LINKED) == 1 || level > load<u32>(graph, GRAPH_LEVEL)) {
    store<u32>(graph, slot, GRAPH_ENTRY);
    store<u32>(graph, level, GRAPH_LEVEL);
  }
  return STATUS_OK;
}

/**
 * Recomputes the keys of what a walk found by signs, from row to row. Those of a query, whose lanes are finer, are not comparable with
 * distances between rows: where lanes are skewed, candidates would all seem nearer to one another than to the node, and lists would stay
 * nearly empty.
 */
function measureAgain(field: usize, own: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = results + (<usize>i << 3);
    const slot = keySlot(load<u64>(at));
    store<u64>(at, keyOf(vectorRowDistance(field, own, vectorRow(field, slot)), slot));
  }
  sortKeys(results, count);
}

/** Links the node to the chosen ones, and them to it. */
function connect(graph: usize, field: usize, slot: u32, level: u32, count: u32): void {
  const list = listAt(graph, slot, level);
  for (let i: u32 = 0; i < count; i++) {
    const other = load<u32>(chosen + (<usize>i << 2));
    store<u32>(list + (<usize>i << 2), linkTo(graph, other));
    // Choosing for the others overwrites `chosen`.
    store<u32>(orphans + (<usize>i << 2), other);
  }
  for (let i: u32 = 0; i < count; i++) offer(graph, field, load<u32>(orphans + (<usize>i << 2)), level, slot);
}

/** Removes void links; returns how many are left. */
export function tidy(graph: usize, list: usize, most: u32): u32 {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < most; i++) {
    const link = load<u32>(list + (<usize>i << 2));
    if (link == 0) break;
    if (!linkHolds(graph, link)) continue;
    store<u32>(list + (<usize>kept << 2), link);
    kept++;
  }
  for (let i = kept; i < most; i++) store<u32>(list + (<usize>i << 2), 0);
  return kept;
}

/** Adds a link from `node` to `newcomer`; when the list is full, its neighbours are chosen anew. */
export function offer(graph: usize, field: usize, node: u32, level: u32, newcomer: u32): void {
  const list = listAt(graph, node, level);
  const most = linksMax(graph, level);
  let count = linksCount(list, most);
  if (count == most) count = tidy(graph, list, most);
  if (count < most) {
    store<u32>(list + (<usize>count << 2), linkTo(graph, newcomer));
    return;
  }
  measureFrom(field, vectorRow(field, node), list, count, newcomer);
  sortKeys(keys, count + 1);
  const taken = choose(field, keys, count + 1, most, leastLinks(field, vectorRow(field, node), keys, count + 1, most));
  for (let i: u32 = 0; i < taken; i++) {
    store<u32>(list + (<usize>i << 2), linkTo(graph, load<u32>(chosen + (<usize>i << 2))));
  }
  for (let i = taken; i < most; i++) store<u32>(list + (<usize>i << 2), 0);
}

/** Keys of the first `count` nodes of a list, followed by the newcomer, by their distance from a row. */
function measureFrom(field: usize, own: usize, list: usize, count: u32, newcomer: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const other = load<u32>(list + (<usize>i << 2)) & LINK_SLOT;
    store<u32>(chosen + (<usize>i << 2), other);
    store<u32>(chosenRows + (<usize>i << 2), <u32>vectorRow(field, other));
  }
  store<u32>(chosen + (<usize>count << 2), newcomer);
  for (let i = count; i < count + 4; i++) store<u32>(chosenRows + (<usize>i << 2), <u32>vectorRow(field, newcomer));
  if (fieldCode(field) != CODE_INT8) {
    for (let i: u32 = 0; i <= count; i++) {
      const distance = vectorRowDistance(field, own, <usize>load<u32>(chosenRows + (<usize>i << 2)));
      store<u64>(keys + (<usize>i << 3), keyOf(distance, load<u32>(chosen + (<usize>i << 2))));
    }
    return;
  }
  vectorPrepareCodes(field, rowQuery, own);
  for (let i: u32 = 0; i <= count; i += 4) {
    const rows = chosenRows + (<usize>i << 2);
    v128.store(four, vectorCodeDistance4(rowQuery, load<u32>(rows), load<u32>(rows, 4), load<u32>(rows, 8), load<u32>(rows, 12)));
    for (let j: u32 = 0; j < 4 && i + j <= count; j++) {
      store<u64>(keys + (<usize>(i + j) << 3), keyOf(load<f32>(four + (<usize>j << 2)), load<u32>(chosen + (<usize>(i + j) << 2))));
    }
  }
}
