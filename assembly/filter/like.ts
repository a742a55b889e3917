// SQL's `like` over UTF-8, by the rules of src/query/like.ts. The pattern is cut into pieces at each `%`: the first
// piece has to be at the start of the text, the last at the end, and each other one is taken at the first place it is
// found. All of this in linear time: pieces without `_` are needles, those with it use Shift-And (R. Baeza-Yates, G.
// Gonnet, "A new approach to text searching", CACM 1992) over code points.
//
// Like:  | 0 pieces u32 | 4 zero | 8 pieces ... |
// Piece: | 0 kind u32 | 4 points u32 | 8 needle (24 bytes) |                                              PIECE_PLAIN
//        | 0 kind u32 | 4 points u32 | 8 u32[] u32 | 12 blocks u32 | 16 table u32 | 20 table mask u32 | 24 masks u32 | 28 state u32 |
// Table: {code point + 1 u32, number of its mask u32}[], open addressing. Masks: u64[blocks] each; the first is for
// code points not in the table.

import { bytesEqual } from "../record";
import { NEEDLE_BYTES, needleBuild, needleFind } from "./text";
import { workSpend } from "./work";

const LIKE_PIECES: usize = 8;
const PIECE_NEEDLE: usize = 8;
const PIECE_BYTES: usize = 8 + NEEDLE_BYTES;
const PIECE_PLAIN: u32 = 0;
const PIECE_OPEN: u32 = 1;
const ANY: u32 = 0xffffffff;
const RUN: u32 = 0xfffffffe;

/** Where the code point last read ended. */
let pointEnd: usize = 0;

/**
 * The code point at `at`. A stray continuation byte, or the bytes of a character cut off by `end`, count one by one;
 * nothing at or after `end` is read.
 */
function pointAt(at: usize, end: usize): u32 {
  const byte = <u32>load<u8>(at);
  const bytes: usize = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  if (bytes == 1 || at + bytes > end) {
    pointEnd = at + 1;
    return byte;
  }
  let point: u32 = byte & (0xff >> (<u32>bytes + 1));
  for (let i: usize = 1; i < bytes; i++) point = (point << 6) | (<u32>load<u8>(at + i) & 0x3f);
  pointEnd = at + bytes;
  return point;
}

/** The next token of a pattern: a code point, ANY or RUN. */
function tokenAt(at: usize, end: usize): u32 {
  const point = pointAt(at, end);
  if (point == 0x25) return RUN;
  if (point == 0x5f) return ANY;
  return point == 0x5c && pointEnd < end ? pointAt(pointEnd, end) : point;
}

// --- preparing

/** Where memory for the parts is taken from; 0 while bytes are only counted. */
let room: usize = 0;
let roomUsed: u64 = 0;

function take(bytes: u64): usize {
  const at = room + <usize>roomUsed;
  roomUsed += (bytes + 7) & ~(<u64>7);
  return at;
}

/** Number of bytes that likeBuild takes for a pattern. */
export function likeBytes(pointer: usize, bytes: u32): u64 {
  room = 0;
  roomUsed = 0;
  build(pointer, bytes, false);
  return roomUsed;
}

/** Prepares a pattern at `like`, in zeroed memory. */
export function likeBuild(like: usize, pointer: usize, bytes: u32): void {
  room = like;
  roomUsed = 0;
  build(pointer, bytes, true);
}

function build(pointer: usize, bytes: u32, isReal: bool): void {
  const end = pointer + bytes;
  let runs: u32 = 0;
  for (let at = pointer; at < end; at = pointEnd) if (tokenAt(at, end) == RUN) runs++;
  const like = take(<u64>LIKE_PIECES + <u64>(runs + 1) * <u64>PIECE_BYTES);
  let pieces: u32 = 0;
  let from = pointer;
  while (true) {
    let to = from;
    let points: u32 = 0;
    let hasAny = false;
    while (to < end) {
      const token = tokenAt(to, end);
      if (token == RUN) break;
      if (token == ANY) hasAny = true;
      points++;
      to = pointEnd;
    }
    const isLast = to >= end;
    // An empty piece between two runs requires nothing.
    if (points != 0 || pieces == 0 || isLast) {
      const piece = like + LIKE_PIECES + <usize>pieces * PIECE_BYTES;
      if (hasAny) openPiece(piece, from, to, end, points, isReal);
      else plainPiece(piece, from, to, end, points, isReal);
      pieces++;
    }
    if (isLast) break;
    from = to + 1;
  }
  if (isReal) store<u32>(like, pieces);
}

/** A piece as its literal bytes, without escapes. */
function plainPiece(piece: usize, from: usize, to: usize, end: usize, points: u32, isReal: bool): void {
  const text = take(<u64>(to - from));
  if (!isReal) return;
  let bytes: u32 = 0;
  for (let at = from; at < to; ) {
    tokenAt(at, end);
    const next = pointEnd;
    const start = load<u8>(at) == 0x5c && next > at + 1 ? at + 1 : at;
    memory.copy(text + bytes, start, next - start);
    bytes += <u32>(next - start);
    at = next;
  }
  store<u32>(piece, PIECE_PLAIN);
  store<u32>(piece, points, 4);
  needleBuild(piece + PIECE_NEEDLE, text, bytes);
}

function openPiece(piece: usize, from: usize, to: usize, end: usize, points: u32, isReal: bool): void {
  const blocks = (points + 63) >> 6;
  let tableMask: u32 = 7;
  while (tableMask < points << 1) tableMask = (tableMask << 1) | 1;
  const list = take(<u64>points << 2);
  const table = take((<u64>tableMask + 1) << 3);
  const masks = take((<u64>points + 1) * (<u64>blocks << 3));
  const state = take(<u64>blocks << 3);
  if (!isReal) return;
  store<u32>(piece, PIECE_OPEN);
  store<u32>(piece, points, 4);
  store<u32>(piece, <u32>list, 8);
  store<u32>(piece, blocks, 12);
  store<u32>(piece, <u32>table, 16);
  store<u32>(piece, tableMask, 20);
  store<u32>(piece, <u32>masks, 24);
  store<u32>(piece, <u32>state, 28);
  let count: u32 = 0;
  let distinct: u32 = 1;
  for (let at = from; at < to; at = pointEnd) {
    const token = tokenAt(at, end);
    store<u32>(list + (<usize>count << 2), token);
    if (token != ANY) {
      const place = placeOf(table, tableMask, token);
      if (load<u32>(place) == 0) {
        store<u32>(place, token + 1);
        store<u32>(place, distinct++, 4);
      }
      setBit(maskAt(masks, blocks, load<u32>(place, 4)), count);
    }
    count++;
  }
  for (let i: u32 = 0; i < points; i++) {
    if (load<u32>(list + (<usize>i << 2)) != ANY) continue;
    for (let mask: u32 = 0; mask < distinct; mask++) setBit(maskAt(masks, blocks, mask), i);
  }
}

// @ts-ignore: decorator
@inline function maskAt(masks: usize, blocks: u32, number: u32): usize {
  return masks + <usize>number * (<usize>blocks << 3);
}

// @ts-ignore: decorator
@inline function setBit(mask: usize, bit: u32): void {
  const at = mask + (<usize>(bit >> 6) << 3);
  store<u64>(at, load<u64>(at) | (<u64>1 << (bit & 63)));
}

/** The place of a code point in the table: its own, or the free one where it would go. */
function placeOf(table: usize, tableMask: u32, point: u32): usize {
  let at = (point * 0x9e3779b1) >> 8 & tableMask;
  while (true) {
    const place = table + (<usize>at << 3);
    const found = load<u32>(place);
    if (found == 0 || found == point + 1) return place;
    at = (at + 1) & tableMask;
  }
}

// --- matching

export function likeMatches(like: usize, from: usize, bytes: u32): bool {
  const pieces = load<u32>(like);
  const end = from + bytes;
  let piece = like + LIKE_PIECES;
  workSpend(bytes >> 7);
  let at = pieceAt(piece, from, end);
  if (at == 0) return false;
  if (pieces == 1) return at == end;
  const last = like + LIKE_PIECES + <usize>(pieces - 1) * PIECE_BYTES;
  const stop = pieceBefore(last, at, end);
  if (stop == 0) return false;
  for (piece += PIECE_BYTES; piece < last; piece += PIECE_BYTES) {
    at = pieceFind(piece, at, stop);
    if (at == 0) return false;
  }
  return true;
}

/** Where the piece ends if it begins at `from`; 0 if it does not match there. */
function pieceAt(piece: usize, from: usize, end: usize): usize {
  if (load<u32>(piece) == PIECE_PLAIN) {
    const wanted = <usize>load<u32>(piece + PIECE_NEEDLE, 4);
    return end - from >= wanted && bytesEqual(from, <usize>load<u32>(piece + PIECE_NEEDLE), wanted) ? from + wanted : 0;
  }
  const list = <usize>load<u32>(piece, 8);
  const points = load<u32>(piece, 4);
  let at = from;
  for (let i: u32 = 0; i < points; i++) {
    if (at >= end) return 0;
    const wanted = load<u32>(list + (<usize>i << 2));
    if (pointAt(at, end) != wanted && wanted != ANY) return 0;
    at = pointEnd;
  }
  return at;
}

/** Where the piece begins if it ends at `end`, not before `from`; 0 if it does not match there. */
function pieceBefore(piece: usize, from: usize, end: usize): usize {
  if (load<u32>(piece) == PIECE_PLAIN) {
    const wanted = <usize>load<u32>(piece + PIECE_NEEDLE, 4);
    return end - from >= wanted && bytesEqual(end - wanted, <usize>load<u32>(piece + PIECE_NEEDLE), wanted) ? end - wanted : 0;
  }
  let start = end;
  for (let i = load<u32>(piece, 4); i > 0; i--) {
    if (start <= from) return 0;
    start--;
    while (start > from && (load<u8>(start) & 0xc0) == 0x80) start--;
  }
  return pieceAt(piece, start, end) == end ? start : 0;
}

/** Where the first match of the piece in [from, end) ends, or 0. */
function pieceFind(piece: usize, from: usize, end: usize): usize {
  if (load<u32>(piece) == PIECE_PLAIN) {
    const found = needleFind(piece + PIECE_NEEDLE, from, end);
    return found == 0 ? 0 : found + load<u32>(piece + PIECE_NEEDLE, 4);
  }
  const blocks = load<u32>(piece, 12);
  workSpend((<u32>(end - from) >> 5) * blocks);
  return blocks == 1 ? shiftAnd(piece, from, end) : shiftAndLong(piece, blocks, from, end);
}

// @ts-ignore: decorator
@inline function maskOf(piece: usize, blocks: u32, point: u32): usize {
  const place = placeOf(<usize>load<u32>(piece, 16), load<u32>(piece, 20), point);
  return maskAt(<usize>load<u32>(piece, 24), blocks, load<u32>(place, 4));
}

/** Bit i of the state: the last i + 1 code points match the first i + 1 of the piece. */
function shiftAnd(piece: usize, from: usize, end: usize): usize {
  const found: u64 = <u64>1 << (load<u32>(piece, 4) - 1);
  let state: u64 = 0;
  for (let at = from; at < end; at = pointEnd) {
    const point = pointAt(at, end);
    state = ((state << 1) | 1) & load<u64>(maskOf(piece, 1, point));
    if (state & found) return pointEnd;
  }
  return 0;
}

function shiftAndLong(piece: usize, blocks: u32, from: usize, end: usize): usize {
  const state = <usize>load<u32>(piece, 28);
  const bytes = <usize>blocks << 3;
  const found: u64 = <u64>1 << ((load<u32>(piece, 4) - 1) & 63);
  memory.fill(state, 0, bytes);
  for (let at = from; at < end; at = pointEnd) {
    const mask = maskOf(piece, blocks, pointAt(at, end));
    let carry: u64 = 1;
    for (let i: usize = 0; i < bytes; i += 8) {
      const block = load<u64>(state + i);
      store<u64>(state + i, ((block << 1) | carry) & load<u64>(mask + i));
      carry = block >> 63;
    }
    if (load<u64>(state + bytes - 8) & found) return pointEnd;
  }
  return 0;
}
