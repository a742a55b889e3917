// The level-0 lists as a snapshot holds them: only existing links, each with as many bits as the highest slot needs. In memory every list
// has room for 2m links of four bytes, two thirds of which are unused.
//
// Piece: | 0 bytes of the piece u32 | 4 lists u32 | bits, the lowest of a byte first; zeros to a whole byte |
// List:  | links, as many bits as 2m has | links: slot, as many bits as the highest has, and generation, 4, if a node has ever left |
//
// Lists are in slot order, links in list order. Chunks without nodes are skipped: which those are, and all widths, follows from the rest of
// a snapshot.

import { KEY_BUFFER, KEY_BUFFER_BYTES, PAGE_BYTES, PAGE_LINKS, PAGE_TABLE, S_SLOT_TOP, SLOT_NONE } from "../abi";
import {
  CHUNK_SLOTS, chunksTop, GRAPH_HELD, graphOf, hasLeft, HEAD_LINKED, headAt, LINK_SHIFT, LINK_SLOT, linksCount, linksMax, listAt, listPages, listsAt,
} from "./graph";
import { reachAll } from "./held";

const PIECE_HEAD: usize = 8;
const GENERATION_BITS: u32 = 4;

// @ts-ignore: decorator
@inline function widthOf(most: u32): u32 {
  return 32 - clz<u32>(most | 1);
}

/** The slot of the next list, from `slot` on, or SLOT_NONE. */
function nextList(graph: usize, slot: u32): u32 {
  if ((slot & (CHUNK_SLOTS - 1)) != 0) return slot;
  for (let chunk = slot / CHUNK_SLOTS; chunk < chunksTop(graph); chunk++) {
    const head = headAt(graph, chunk);
    if (head != 0 && load<u32>(head, HEAD_LINKED) != 0) return chunk * CHUNK_SLOTS;
  }
  return SLOT_NONE;
}

/** Packs the next lists, from `slot` on, into a piece in the key buffer. Returns the slot of the list to continue from, or SLOT_NONE. */
export function hnsw_pack(index: u32, slot: u32): u32 {
  const graph = graphOf(index);
  reachAll(graph);
  const most = linksMax(graph, 0);
  const countBits = widthOf(most);
  const slotBits = slotWidth();
  const isDated = hasLeft(graph);
  const linkBits = isDated ? slotBits + GENERATION_BITS : slotBits;
  const end = KEY_BUFFER + KEY_BUFFER_BYTES - (<usize>(countBits + most * linkBits) >> 3) - 8;
  let to = KEY_BUFFER + PIECE_HEAD;
  let lists: u32 = 0;
  let bits: u64 = 0;
  let held: u32 = 0;
  let next = nextList(graph, slot);
  while (next != SLOT_NONE && to < end) {
    const list = listAt(graph, next, 0);
    const count = linksCount(list, most);
    bits |= <u64>count << held;
    held += countBits;
    for (let i: u32 = 0; i < count; i++) {
      if (held >= 32) {
        store<u32>(to, <u32>bits);
        to += 4;
        bits >>= 32;
        held -= 32;
      }
      const link = load<u32>(list + (<usize>i << 2));
      const word = isDated ? (link & LINK_SLOT) | (link >> LINK_SHIFT) << slotBits : link & LINK_SLOT;
      bits |= <u64>word << held;
      held += linkBits;
    }
    while (held >= 8) {
      store<u8>(to, <u8>bits);
      to++;
      bits >>= 8;
      held -= 8;
    }
    lists++;
    next = nextList(graph, next + 1);
  }
  if (held != 0) store<u8>(to++, <u8>bits);
  store<u32>(KEY_BUFFER, <u32>(to - KEY_BUFFER));
  store<u32>(KEY_BUFFER, lists, 4);
  return next;
}

/** Number of lists in a piece. */
// @ts-ignore: decorator
@inline export function pieceLists(piece: usize): u32 {
  return load<u32>(piece, 4);
}

/** The slot of the list that follows `lists` lists starting with that of `slot`, or SLOT_NONE. */
export function slotBehind(graph: usize, slot: u32, lists: u32): u32 {
  let left = lists;
  let next = nextList(graph, slot);
  while (left != 0 && next != SLOT_NONE) {
    const count = min(left, CHUNK_SLOTS - (next & (CHUNK_SLOTS - 1)));
    left -= count;
    next = nextList(graph, next + count);
  }
  return next;
}

/** Bits of a slot in the links of a graph in its current state. */
export function slotWidth(): u32 {
  return widthOf(load<u32>(S_SLOT_TOP) - 1);
}

/**
 * Unpacks a piece of at most `bytes` bytes, whose first list is that of `slot` or a later one, into empty lists. Returns what hnsw_pack
 * does. The content of a damaged piece is written nowhere but into lists.
 */
export function unpack(graph: usize, piece: usize, bytes: u32, slot: u32, slotBits: u32, isDated: bool): u32 {
  const most = linksMax(graph, 0);
  const countBits = widthOf(most);
  const linkBits = isDated ? slotBits + GENERATION_BITS : slotBits;
  const slotMask = (<u32>1 << slotBits) - 1;
  const linkMask = (<u64>1 << linkBits) - 1;
  // Links without a generation have the first.
  const generation: u32 = isDated ? 0 : 1;
  const listBytes = most << 2;
  const end = bytes << 3;
  let left = pieceLists(piece);
  let at: u32 = <u32>PIECE_HEAD << 3;
  let next = nextList(graph, slot);
  while (left != 0 && next != SLOT_NONE) {
    const inChunk = next & (CHUNK_SLOTS - 1);
    const count = min(left, CHUNK_SLOTS - inChunk);
    let list = listAt(graph, next, 0);
    for (let i: u32 = 0; i < count && at < end; i++) {
      const links = min<u32>(<u32>bitsAt(piece, at) & ((1 << countBits) - 1), most);
      at += countBits;
      const listEnd = list + (<usize>links << 2);
      for (let to = list; to < listEnd; to += 4) {
        const word = <u32>(bitsAt(piece, at) & linkMask);
        store<u32>(to, (word & slotMask) | ((word >> slotBits) + generation) << LINK_SHIFT);
        at += linkBits;
      }
      list += listBytes;
    }
    left -= count;
    next = nextList(graph, next + count);
  }
  return next;
}

/** At least 57 bits of a piece, starting at bit `at`. */
// @ts-ignore: decorator
@inline function bitsAt(piece: usize, at: u32): u64 {
  return load<u64>(piece + (at >> 3)) >> (at & 7);
}

/** Unpacks the piece in the key buffer. */
export function hnsw_unpack(index: u32, slot: u32): u32 {
  const graph = graphOf(index);
  if (slot == 0) {
    store<u32>(graph, 0, GRAPH_HELD);
    ownPages(graph);
  }
  return unpack(graph, KEY_BUFFER, <u32>KEY_BUFFER_BYTES, slot, slotWidth(), hasLeft(graph));
}

/** Marks the pages of lists in the page table: a snapshot holds their content as pieces. */
export function ownPages(graph: usize): void {
  for (let chunk: u32 = 0; chunk < chunksTop(graph); chunk++) {
    const lists = listsAt(graph, chunk);
    if (lists != 0) memory.fill(PAGE_TABLE + lists / PAGE_BYTES, PAGE_LINKS, listPages(graph));
  }
}
