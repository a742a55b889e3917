// Links from a snapshot are unpacked when a walk first needs them: a walk needs few lists, and touching the memory of all for the first time takes
// longer than anything else about opening but reading. Until then the pieces (pack.ts) are in pages of their own. Only walks see them like this:
// whatever changes or packs a graph unpacks all lists first.
//
// Room:  | pieces of all graphs | 8-aligned: for each graph a table |
// Table: | 0 pieces u32 | 4 of them packed u32 | 8 bits of a slot u32 | 12 links have generations u32 | 16 {first slot u32, address u32, 0:
// unpacked}[] |
// The width of links is recorded, because slots and nodes come and go while they wait.

import { PAGE_SCRATCH } from "../abi";
import { pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { GRAPH_HELD, graphOf, hasLeft } from "./graph";
import { ownPages, pieceLists, slotBehind, slotWidth, unpack } from "./pack";

const TABLE_HEAD: usize = 16;
const ENTRY_BYTES: usize = 8;
/** Pieces are longer than this, except the last of each graph. */
const PIECE_BYTES_MIN: usize = 1024;
const SMALL_PIECES: usize = 64;

let room: usize = 0;
let roomPages: u32 = 0;
let roomEnd: usize = 0;
/** Address of the next entry. */
let entries: usize = 0;
/** Number of packed pieces of all graphs. */
let packed: u32 = 0;

/** Reserves room for `bytes` of pieces: returns its address, or 0 when memory is exhausted. */
export function hnsw_hold_room(bytes: u32): usize {
  const table = (bytes + 7) & ~7;
  const all = <usize>table + (bytes / PIECE_BYTES_MIN + SMALL_PIECES) * ENTRY_BYTES;
  roomPages = pagesFor(all);
  room = pagesAcquire(roomPages, PAGE_SCRATCH);
  roomEnd = room + all;
  entries = room + table;
  packed = 0;
  return room;
}

/** Called before the first piece of a graph. Returns false if there is no room for another table. */
export function hnsw_hold_begin(index: u32): bool {
  const graph = graphOf(index);
  if (entries + TABLE_HEAD > roomEnd) return false;
  store<u32>(graph, <u32>entries, GRAPH_HELD);
  store<u64>(entries, 0);
  store<u32>(entries, slotWidth(), 8);
  store<u32>(entries, hasLeft(graph), 12);
  entries += TABLE_HEAD;
  ownPages(graph);
  return true;
}

/** Notes a piece in the room, whose first list is that of `slot` or a later one. Returns what hnsw_pack does, or `slot` if there is no room. */
export function hnsw_hold(index: u32, piece: usize, slot: u32): u32 {
  if (entries + ENTRY_BYTES > roomEnd) return slot;
  const graph = graphOf(index);
  const table = <usize>load<u32>(graph, GRAPH_HELD);
  store<u32>(entries, slot);
  store<u32>(entries, <u32>piece, 4);
  entries += ENTRY_BYTES;
  store<u32>(table, load<u32>(table) + 1);
  store<u32>(table, load<u32>(table, 4) + 1, 4);
  packed++;
  return slotBehind(graph, slot, pieceLists(piece));
}

/** Whether level-0 lists may still be packed. */
// @ts-ignore: decorator
@inline export function isHeld(graph: usize): bool {
  return load<u32>(graph, GRAPH_HELD) != 0;
}

/** Unpacks the piece of an entry. */
function take(graph: usize, table: usize, entry: usize): void {
  const piece = <usize>load<u32>(entry, 4);
  if (piece == 0) return;
  unpack(graph, piece, load<u32>(piece), load<u32>(entry), load<u32>(table, 8), load<u32>(table, 12) != 0);
  store<u32>(entry, 0, 4);
  const left = load<u32>(table, 4) - 1;
  store<u32>(table, left, 4);
  if (left == 0) store<u32>(graph, 0, GRAPH_HELD);
  if (--packed != 0) return;
  pagesRelease(room, roomPages);
  room = 0;
}

/** Ensures that the list of a slot is unpacked. */
export function reachList(graph: usize, slot: u32): void {
  const table = <usize>load<u32>(graph, GRAPH_HELD);
  if (table == 0) return;
  let low: u32 = 0;
  let high = load<u32>(table);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (load<u32>(table + TABLE_HEAD + <usize>middle * ENTRY_BYTES) <= slot) low = middle;
    else high = middle;
  }
  take(graph, table, table + TABLE_HEAD + <usize>low * ENTRY_BYTES);
}

/** Unpacks up to `count` pieces. */
export function reachSome(graph: usize, count: u32): void {
  const table = <usize>load<u32>(graph, GRAPH_HELD);
  if (table == 0) return;
  const end = table + TABLE_HEAD + <usize>load<u32>(table) * ENTRY_BYTES;
  let left = count;
  for (let entry = table + TABLE_HEAD; entry < end && left != 0 && isHeld(graph); entry += ENTRY_BYTES) {
    if (load<u32>(entry, 4) == 0) continue;
    take(graph, table, entry);
    left--;
  }
}

export function reachAll(graph: usize): void {
  reachSome(graph, u32.MAX_VALUE);
}

/** The same; returns whether there may be more. */
export function hnsw_reach(index: u32, count: u32): bool {
  const graph = graphOf(index);
  if (graph == 0) return false;
  reachSome(graph, count);
  return isHeld(graph);
}
