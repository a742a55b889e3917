// The lists of level 0 as a snapshot holds them: links that are there, each in as many bits as the highest slot has. In memory every list
// has room for 2m links of four bytes, and two thirds of that hold nothing.
//
// Piece: | 0 bytes of the piece u32 | 4 lists u32 | bits, the lowest of a byte first; zeros to a whole byte |
// List:  | links, as many bits as 2m has | links: slot, as many bits as the highest has, and generation, 4, if a node has ever left |
//
// Lists come in the order of their slots, links in that of the list. Chunks without lists are passed over: which those are, and all widths,
// is known from what else a snapshot holds.

import { KEY_BUFFER, KEY_BUFFER_BYTES, PAGE_BYTES, PAGE_LINKS, PAGE_TABLE, S_SLOT_TOP, SLOT_NONE } from "../abi";
import {
  CHUNK_SLOTS, chunksTop, graphOf, hasLeft, LINK_SHIFT, LINK_SLOT, linksCount, linksMax, listAt, listPages, listsAt,
} from "./graph";

const PIECE_HEAD: usize = 8;
const GENERATION_BITS: u32 = 4;

// @ts-ignore: decorator
@inline function widthOf(most: u32): u32 {
  return 32 - clz<u32>(most | 1);
}

/** The slot whose list is next, from `slot` on, or SLOT_NONE. */
function nextList(graph: usize, slot: u32): u32 {
  if ((slot & (CHUNK_SLOTS - 1)) != 0) return slot;
  for (let chunk = slot / CHUNK_SLOTS; chunk < chunksTop(graph); chunk++) {
    if (listsAt(graph, chunk) != 0) return chunk * CHUNK_SLOTS;
  }
  return SLOT_NONE;
}

/** The next lists, from `slot` on, as a piece in the key buffer. Answers the slot of the list to go on from, or SLOT_NONE. */
export function hnsw_pack(index: u32, slot: u32): u32 {
  const graph = graphOf(index);
  const most = linksMax(graph, 0);
  const countBits = widthOf(most);
  const slotBits = widthOf(load<u32>(S_SLOT_TOP) - 1);
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

/**
 * Takes the piece in the key buffer, whose first list is that of `slot` or behind it; the lists are empty. Answers as hnsw_pack does. What a
 * damaged piece says is written nowhere but into lists.
 */
export function hnsw_unpack(index: u32, slot: u32): u32 {
  const graph = graphOf(index);
  const most = linksMax(graph, 0);
  const countBits = widthOf(most);
  const slotBits = widthOf(load<u32>(S_SLOT_TOP) - 1);
  const isDated = hasLeft(graph);
  const linkBits = isDated ? slotBits + GENERATION_BITS : slotBits;
  const slotMask = (<u32>1 << slotBits) - 1;
  const linkMask = (<u64>1 << linkBits) - 1;
  // Of links without a generation it is the first.
  const generation: u32 = isDated ? 0 : 1;
  const bytes = linksMax(graph, 0) << 2;
  const end = <u32>KEY_BUFFER_BYTES << 3;
  let left = load<u32>(KEY_BUFFER, 4);
  let at: u32 = <u32>PIECE_HEAD << 3;
  let next = nextList(graph, slot);
  while (left != 0 && next != SLOT_NONE) {
    const inChunk = next & (CHUNK_SLOTS - 1);
    if (inChunk == 0) ownPages(graph, next / CHUNK_SLOTS);
    const count = min(left, CHUNK_SLOTS - inChunk);
    let list = listAt(graph, next, 0);
    for (let i: u32 = 0; i < count && at < end; i++) {
      const links = min<u32>(<u32>bitsAt(at) & ((1 << countBits) - 1), most);
      at += countBits;
      const listEnd = list + (<usize>links << 2);
      for (let to = list; to < listEnd; to += 4) {
        const word = <u32>(bitsAt(at) & linkMask);
        store<u32>(to, (word & slotMask) | ((word >> slotBits) + generation) << LINK_SHIFT);
        at += linkBits;
      }
      list += bytes;
    }
    left -= count;
    next = nextList(graph, next + count);
  }
  return next;
}

/** At least 57 bits of the key buffer, from bit `at` on. */
// @ts-ignore: decorator
@inline function bitsAt(at: u32): u64 {
  return load<u64>(KEY_BUFFER + (at >> 3)) >> (at & 7);
}

/** A snapshot has these among its pages, but says what is in them by pieces. */
function ownPages(graph: usize, chunk: u32): void {
  memory.fill(PAGE_TABLE + listsAt(graph, chunk) / PAGE_BYTES, PAGE_LINKS, listPages(graph));
}
