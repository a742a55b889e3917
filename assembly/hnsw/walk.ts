// Walks over a graph: algorithms 2 and 5 of the paper. Neighbours not met before are gathered first, so that the loads of their rows
// overlap, and their distances are computed four at a time. A walk waits for memory more than for anything else.

import { CODE_INT8, SLOT_NONE } from "../abi";
import {
  codesDistance4, fieldChunkShift, fieldCode, fieldCodeBytes, fieldDirectory, fieldMetric, fieldMissing, fieldRowBytes, vectorCodeDistance, vectorCodeDistance4, vectorRow,
} from "../vector";
import {
  allHold, GRAPH_ENTRY, GRAPH_LEVEL, LINK_SLOT, linkHolds, linksMax, linkTo, listAt,
} from "./graph";
import { isHeld, reachList } from "./held";
import { keyDistance, keyOf, keySlot, popLeast, pushGreatest, pushLeast, replaceGreatest } from "./heap";
import { batchLinks, batchLists, batchRows, candidates, CANDIDATES_MAX, four, LISTS_MAX, marksAt, marksBegin, results } from "./scratch";

/** The position of a walk: the nearest node met so far, and the level on which it was met. */
let walkKey: u64 = 0;
export let walkLevel: u32 = 0;
/** Number of keys in `results`; whether they are sorted, or a heap. */
export let walkCount: u32 = 0;
export let walkIsSorted: bool = false;
/** Since walkReset: number of nodes whose lists were read, and of distances computed. */
export let walkVisited: u32 = 0;
export let walkComputed: u32 = 0;

export function walkReset(): void {
  walkVisited = 0;
  walkComputed = 0;
}

/** Starts at the entry, or near it if it has just lost its vector. Returns false if there is nowhere to start. */
export function walkEnter(graph: usize, field: usize, query: usize): bool {
  const entry = load<u32>(graph, GRAPH_ENTRY);
  const top = load<u32>(graph, GRAPH_LEVEL);
  let row = vectorRow(field, entry);
  if (row != 0) {
    walkKey = keyOf(vectorCodeDistance(query, row), entry);
    walkLevel = top;
    return true;
  }
  for (let level = <i32>top; level >= 0; level--) {
    if (level == 0) reachList(graph, entry);
    const list = listAt(graph, entry, level);
    const most = linksMax(graph, level);
    for (let i: u32 = 0; i < most; i++) {
      const link = load<u32>(list + (<usize>i << 2));
      if (link == 0) break;
      if (!linkHolds(graph, link)) continue;
      row = vectorRow(field, link & LINK_SLOT);
      if (row == 0) continue;
      walkKey = keyOf(vectorCodeDistance(query, row), link & LINK_SLOT);
      walkLevel = level;
      return true;
    }
  }
  return false;
}

/** Moves to ever nearer neighbours, level by level, down to `level`. */
export function walkDown(graph: usize, field: usize, query: usize, level: u32): void {
  while (walkLevel > level) {
    const most = linksMax(graph, walkLevel);
    for (;;) {
      const from = walkKey;
      const list = listAt(graph, keySlot(from), walkLevel);
      walkVisited++;
      for (let i: u32 = 0; i < most; i++) {
        const link = load<u32>(list + (<usize>i << 2));
        if (link == 0) break;
        const slot = link & LINK_SLOT;
        const row = vectorRow(field, slot);
        if (row == 0) continue;
        walkComputed++;
        const key = keyOf(vectorCodeDistance(query, row), slot);
        if (key < walkKey && linkHolds(graph, link)) walkKey = key;
      }
      if (walkKey == from) break;
    }
    walkLevel--;
  }
}

/** Drops candidates that are too far; returns how many are left. */
function dropFar(count: u32, worst: u64): u32 {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const key = load<u64>(candidates + (<usize>i << 3));
    if (key < worst) pushLeast(candidates, kept++, key);
  }
  return kept;
}

/** Kept, so that the loads are not optimized away. */
let touched: u32 = 0;

// @ts-ignore: decorator
@inline export function isAllowed(allowed: usize, slots: u32, slot: u32): bool {
  return slot < slots && (load<u8>(allowed + (slot >> 3)) >> (slot & 7) & 1) != 0;
}

/** Collects the links of a list whose nodes were not met before, and marks these. Returns the bytes of the links. */
// @ts-ignore: decorator
@inline function meetLinks(list: usize, most: u32, marks: usize, mark: u8, links: usize): usize {
  // Whether a node was met before is practically random: links are kept or overwritten without a branch.
  let met: usize = 0;
  const end = list + (<usize>most << 2);
  for (let from = list; from < end; from += 4) {
    const link = load<u32>(from);
    if (link == 0) break;
    const at = marks + <usize>(link & LINK_SLOT);
    const isNew = load<u8>(at) != mark;
    store<u8>(at, mark);
    store<u32>(links + met, link);
    met += <usize>isNew << 2;
  }
  return met;
}

/** Ensures that the rows of all linked nodes exist. */
function makeRows(field: usize, links: usize, met: usize): void {
  for (let at: usize = 0; at < met; at += 4) vectorRow(field, load<u32>(links + at) & LINK_SLOT);
}

/**
 * The rows of the linked nodes, each touched, padded with any row to a multiple of four. Addresses are computed first, so that the waiting
 * loads are close together: all that fit into the processor's look-ahead wait at the same time.
 */
// @ts-ignore: decorator
@inline function reachRows(links: usize, met: usize, rows: usize, shift: u32, rowBytes: usize, second: usize, linkRows: usize): u32 {
  const mask = (<u32>1 << shift) - 1;
  for (let at: usize = 0; at < met; at += 4) {
    const slot = load<u32>(links + at) & LINK_SLOT;
    const row = <usize>load<u32>(rows + (<usize>(slot >> shift) << 2)) + <usize>(slot & mask) * rowBytes;
    store<u32>(linkRows + at, <u32>row);
  }
  for (let at = met; (at & 15) != 0; at += 4) store<u32>(linkRows + at, load<u32>(linkRows));
  let fetched: u32 = 0;
  const end = linkRows + met;
  for (let at = linkRows; at < end; at += 16) {
    const r0 = <usize>load<u32>(at);
    const r1 = <usize>load<u32>(at, 4);
    const r2 = <usize>load<u32>(at, 8);
    const r3 = <usize>load<u32>(at, 12);
    fetched += load<u32>(r0) + load<u32>(r0 + second) + load<u32>(r1) + load<u32>(r1 + second)
      + load<u32>(r2) + load<u32>(r2 + second) + load<u32>(r3) + load<u32>(r3 + second);
  }
  return fetched;
}

/** Measures four rows, of which `left` bytes of addresses count, into `four`; returns a bit for each that is as near as `worst`. */
// @ts-ignore: decorator
@inline function nearOf(query: usize, row4: usize, left: usize, isInt8: bool, codeBytes: u32, metric: u32, worst: f32): i32 {
  const distances = isInt8
    ? codesDistance4(query, codeBytes, metric, load<u32>(row4), load<u32>(row4, 4), load<u32>(row4, 8), load<u32>(row4, 12))
    : vectorCodeDistance4(query, load<u32>(row4), load<u32>(row4, 4), load<u32>(row4, 8), load<u32>(row4, 12));
  const near = i32x4.bitmask(f32x4.le(distances, f32x4.splat(worst)));
  v128.store(four, distances);
  return left < 16 ? near & ((1 << <u32>(left >> 2)) - 1) : near;
}

/**
 * Gathers up to `ef` of the nodes nearest to the query into `results`, starting from the current position. `allowed`: a bitmap of the first
 * `slots` slots that may be gathered, or 0; others are only passed through. Stops early, returning false, when `budget` distances were
 * computed.
 */
export function walkGather(graph: usize, field: usize, query: usize, level: u32, ef: u32, allowed: usize, slots: u32, budget: u32): bool {
  walkIsSorted = allowed == 0 && ef <= SORTED_MAX && linkHolds(graph, linkTo(graph, keySlot(walkKey)));
  if (walkIsSorted) return walkSorted(graph, field, query, level, ef, budget);
  const mark = <u8>marksBegin();
  const most = linksMax(graph, level);
  const rows = fieldDirectory(field);
  const shift = fieldChunkShift(field);
  const rowBytes = <usize>fieldRowBytes(field);
  // A row's second cache line, if it has one.
  const second: usize = rowBytes > 64 ? 64 : 0;
  const isInt8 = fieldCode(field) == CODE_INT8;
  const codeBytes = fieldCodeBytes(field);
  const metric = fieldMetric(field);
  const isWoven = allHold(graph);
  const isMissing = fieldMissing(field) != SLOT_NONE;
  // The compiler cannot know that these stay constant.
  const nextLine: usize = most > 16 ? 64 : 0;
  const marks = marksAt(0);
  const waiters = candidates;
  const found = results;
  const links = batchLinks;
  const linkRows = batchRows;
  const first = keySlot(walkKey);
  store<u8>(marks + <usize>first, mark);
  store<u64>(waiters, walkKey);
  let waiting: u32 = 1;
  let count: u32 = 0;
  // The entry may be stale: the walk starts from it, but does not gather it.
  if ((allowed == 0 || isAllowed(allowed, slots, first)) && linkHolds(graph, linkTo(graph, first))) {
    store<u64>(found, walkKey);
    count = 1;
  }
  let worst: u64 = count == ef ? walkKey : u64.MAX_VALUE;
  let worstDistance: f32 = count == ef ? keyDistance(walkKey) : Infinity;
  let computed: u32 = 0;
  let visited: u32 = 0;
  let fetched: u32 = 0;
  let isWhole = true;
  while (waiting != 0) {
    const nearest = popLeast(waiters, waiting--);
    if (nearest > worst) break;
    if (computed > budget) {
      isWhole = false;
      break;
    }
    visited++;
    if (level == 0 && isHeld(graph)) reachList(graph, keySlot(nearest));
    const list = listAt(graph, keySlot(nearest), level);
    // The list that is probably next is fetched meanwhile.
    if (waiting != 0) {
      const next = listAt(graph, keySlot(load<u64>(waiters)), level);
      fetched += load<u32>(next) + load<u32>(next + nextLine);
    }
    const met = meetLinks(list, most, marks, mark, links);
    if (isMissing) makeRows(field, links, met);
    fetched += reachRows(links, met, rows, shift, rowBytes, second, linkRows);
    computed += <u32>met >> 2;
    for (let at: usize = 0; at < met; at += 16) {
      let near = nearOf(query, linkRows + at, met - at, isInt8, codeBytes, metric, worstDistance);
      while (near != 0) {
        const j = <usize>ctz(near) << 2;
        near &= near - 1;
        const link = load<u32>(links + at + j);
        const slot = link & LINK_SLOT;
        const key = keyOf(load<f32>(four + j), slot);
        if (key >= worst || !(isWoven || linkHolds(graph, link))) continue;
        if (waiting == CANDIDATES_MAX) waiting = dropFar(waiting, worst);
        if (waiting < CANDIDATES_MAX) pushLeast(waiters, waiting++, key);
        if (allowed != 0 && !isAllowed(allowed, slots, slot)) continue;
        if (count < ef) pushGreatest(found, count++, key);
        else replaceGreatest(found, count, key);
        if (count == ef) {
          worst = load<u64>(found);
          worstDistance = keyDistance(worst);
        }
      }
    }
  }
  touched += fetched;
  walkCount = count;
  walkVisited += visited;
  walkComputed += computed;
  return isWhole;
}

/** Maximum number kept sorted: with more, moving half of them takes longer than the heaps. */
const SORTED_MAX: u32 = 1024;
const EXPANDED: u64 = 1;

// In a sorted list a key is | 32-63 distance | 1-28 slot | 0 its links were followed |.

/** Inserts a key into a sorted list that ends at `end`, where the last key is moved. */
// @ts-ignore: decorator
@inline function insertSorted(list: usize, end: usize, key: u64): usize {
  let at = end;
  while (at >= list + 32 && load<u64>(at - 32) > key) {
    const low = v128.load(at - 32);
    v128.store(at - 8, v128.load(at - 16));
    v128.store(at - 24, low);
    at -= 32;
  }
  while (at > list && load<u64>(at - 8) > key) {
    store<u64>(at, load<u64>(at - 8));
    at -= 8;
  }
  store<u64>(at, key);
  return at;
}

/** Addresses of the picked lists, in bytes. */
let pickedBytes: usize = 0;

/** Picks up to `width` of the nearest nodes whose links were not followed, from `next` on; returns the position of the next such node. */
// @ts-ignore: decorator
@inline function pick(graph: usize, level: u32, lists: usize, next: usize, end: usize, width: usize): usize {
  let picked: usize = 0;
  do {
    const nearest = load<u64>(next);
    store<u64>(next, nearest | EXPANDED);
    if (level == 0 && isHeld(graph)) reachList(graph, <u32>nearest >> 1);
    store<u32>(lists + picked, <u32>listAt(graph, <u32>nearest >> 1, level));
    picked += 4;
    do next += 8; while (next < end && (load<u64>(next) & EXPANDED) != 0);
  } while (picked < width << 2 && next < end);
  pickedBytes = picked;
  return next;
}

/** Touches lists: see reachRows. */
// @ts-ignore: decorator
@inline function fetchLists(lists: usize, picked: usize, nextLine: usize): u32 {
  let fetched: u32 = 0;
  for (let at: usize = 0; at < picked; at += 4) {
    const list = <usize>load<u32>(lists + at);
    fetched += load<u32>(list) + load<u32>(list + nextLine);
  }
  return fetched;
}

/**
 * The same as walkGather without a bitmap, from a valid node: one sorted list holds both candidates and results, because the walk never
 * continues from what drops out of the nearest `ef`.
 */
function walkSorted(graph: usize, field: usize, query: usize, level: u32, ef: u32, budget: u32): bool {
  const mark = <u8>marksBegin();
  const most = linksMax(graph, level);
  const rows = fieldDirectory(field);
  const shift = fieldChunkShift(field);
  const rowBytes = <usize>fieldRowBytes(field);
  // A row's second cache line, if it has one.
  const second: usize = rowBytes > 64 ? 64 : 0;
  const isInt8 = fieldCode(field) == CODE_INT8;
  const codeBytes = fieldCodeBytes(field);
  const metric = fieldMetric(field);
  const nextLine: usize = most > 16 ? 64 : 0;
  const marks = marksAt(0);
  const found = results;
  const links = batchLinks;
  const linkRows = batchRows;
  const lists = batchLists;
  const isWoven = allHold(graph);
  const isMissing = fieldMissing(field) != SLOT_NONE;
  const full = found + (<usize>ef << 3);
  const first = keySlot(walkKey);
  store<u8>(marks + <usize>first, mark);
  store<u64>(found, (walkKey & 0xffffffff00000000) | (<u64>first << 1));
  let end = found + 8;
  let next = found;
  let worst: u64 = ef == 1 ? load<u64>(found) : u64.MAX_VALUE;
  let worstDistance: f32 = ef == 1 ? keyDistance(worst) : Infinity;
  let computed: u32 = 0;
  let visited: u32 = 0;
  let fetched: u32 = 0;
  let isWhole = true;
  let picked: usize = 0;
  while (picked != 0 || next < end) {
    if (computed > budget) {
      isWhole = false;
      break;
    }
    if (picked == 0) {
      next = pick(graph, level, lists, next, end, end == full ? LISTS_MAX : 1);
      picked = pickedBytes;
      fetched += fetchLists(lists, picked, nextLine);
    }
    visited += <u32>picked >> 2;
    let met: usize = 0;
    for (let at: usize = 0; at < picked; at += 4) met += meetLinks(<usize>load<u32>(lists + at), most, marks, mark, links + met);
    picked = 0;
    // The next lists are chosen before these distances are known, so that they are fetched along with the rows.
    if (end == full && next < end) {
      next = pick(graph, level, lists, next, end, LISTS_MAX);
      picked = pickedBytes;
    }
    if (isMissing) makeRows(field, links, met);
    fetched += reachRows(links, met, rows, shift, rowBytes, second, linkRows);
    fetched += fetchLists(lists, picked, nextLine);
    computed += <u32>met >> 2;
    for (let at: usize = 0; at < met; at += 16) {
      let near = nearOf(query, linkRows + at, met - at, isInt8, codeBytes, metric, worstDistance);
      while (near != 0) {
        const j = <usize>ctz(near) << 2;
        near &= near - 1;
        const link = load<u32>(links + at + j);
        const key = keyOf(load<f32>(four + j), (link & LINK_SLOT) << 1);
        if (key >= worst || !(isWoven || linkHolds(graph, link))) continue;
        if (end < full) end += 8;
        const place = insertSorted(found, end - 8, key);
        if (place < next) next = place;
        if (end == full) {
          worst = load<u64>(end - 8);
          worstDistance = keyDistance(worst);
        }
      }
    }
  }
  const count = <u32>((end - found) >> 3);
  for (let at = found; at < end; at += 8) store<u32>(at, load<u32>(at) >> 1);
  touched += fetched;
  walkCount = count;
  walkVisited += visited;
  walkComputed += computed;
  return isWhole;
}

/** Continues from this node, on this level. */
export function walkFrom(key: u64, level: u32): void {
  walkKey = key;
  walkLevel = level;
}
