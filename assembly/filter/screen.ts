// Runs the first test of a program over a block of records, if it compares a number or a text, at the root or in an
// object there, with a constant, and failing it means no match. Most records are ruled out here, in half the time that
// the machine takes. The machine continues with the others after the test, or from the start if the screen does not
// know the type of the value. No branch depends on a record, so the cache misses of successive records overlap.
//
// Screen: | 0 kind u32 | 4 code to continue at | 8 name | 12 1: an absent field fails | 16 least int << 4 | 20 span << 4 |
//         | 24 operand f64 | 32 outcomes u32 | 36 text | 40 its bytes | 44 name within the object or 0 |
//         | 48 {head + 1 u32, offset u32}[128], by shape; offset 0: absent |
//         | the same for objects: {shape + 1 u32, offset of the value from the shape's word u32}[128] |

import { RECORD_ENDS_WIDTH, RECORD_HEADER, RECORD_HEADER_LARGE, RECORD_LARGE, RECORD_NON_ASCII, SHAPE_INLINE, TAG_DOUBLE, TAG_INT, TAG_OBJECT, TAG_STRING } from "../abi";
import { bytesEqual, payload, recordString, stringBytes, stringPointer, wide } from "../record";
import { ABSENT_ELSE, ABSENT_SHIFT, ABSENT_THEN, OP_COMPARE, OP_NUMBER, OP_RETURN, OUTCOMES_SHIFT } from "./opcode";
import { laneSlots, laneTakeStale, laneWords } from "./lane";
import { fieldIndex, nameId, PATH_STEPS, POSITION_NONE } from "./path";
import { workSpend } from "./work";
import { APART, compareDoubles, EQUAL, GREATER, LESS, SAME, textBytes, textOf, textPointer } from "./value";

const KIND_NONE: u32 = 0;
const KIND_NUMBER: u32 = 1;
const KIND_TEXT: u32 = 2;

const CODE: usize = 4;
const NAME: usize = 8;
const ABSENT_FAILS: usize = 12;
const LEAST: usize = 16;
const SPAN: usize = 20;
const NUMBER: usize = 24;
const OUTCOMES: usize = 32;
const TEXT: usize = 36;
const TEXT_BYTES: usize = 40;
const INNER_NAME: usize = 44;
const TABLE: usize = 48;
const INNER_TABLE: usize = TABLE + 8 * 128;
const PLACES_MASK: u32 = 127;
export const SCREEN_BYTES: usize = INNER_TABLE + 8 * 128;

/** The part of a record's third word that the tables are keyed by: its shape, and whether it is large. */
const HEAD: u32 = SHAPE_INLINE | (RECORD_LARGE << 24);

/** Maximum number of records in a block. */
export const SCREEN_RECORDS: u32 = 32;
/** Slots screened at once over a lane: few records pass, and the cache misses of reading those overlap. */
const LANE_SLOTS: u32 = 256;

// Instead of a field's word: there is no record (in a lane); or its names are inline, so the field was not looked for.
const WORD_NONE: u32 = 0xf0000000;
const WORD_UNSURE: u32 = 0xe0000000;
/** What passed the last screen: addresses of records, plus 1 where the machine has to begin at the start. */
export const screened: usize = memory.data(4 * 256, 16);
/** Number of records in the last block. */
export let screenExamined: u32 = 0;

/**
 * Makes the screen of linked code, in zeroed memory.
 *
 * @param constants - the program's record of constants.
 */
export function screenBuild(screen: usize, code: usize, constants: usize): void {
  const head = load<u32>(code);
  const op = head & 0xff;
  if (op != OP_NUMBER && op != OP_COMPARE) return;
  const path = <usize>load<u32>(code, 12);
  if (path == 0 || !isNamed(path)) return;
  const then = <usize>load<u32>(code, 4);
  const otherwise = <usize>load<u32>(code, 8);
  const isThenFail = isNoMatch(then);
  if (isThenFail == isNoMatch(otherwise)) return;
  const failing = isThenFail ? ABSENT_THEN : ABSENT_ELSE;
  let outcomes = head >> OUTCOMES_SHIFT;
  if (isThenFail) outcomes = ~outcomes;
  store<u32>(screen, <u32>(isThenFail ? otherwise : then), CODE);
  store<u32>(screen, load<u32>(path, PATH_STEPS), NAME);
  if (load<u32>(path) == 2) store<u32>(screen, load<u32>(path, PATH_STEPS + 8), INNER_NAME);
  store<u32>(screen, <u32>((head >> ABSENT_SHIFT & 3) == failing), ABSENT_FAILS);
  store<u32>(screen, outcomes, OUTCOMES);
  const isBuilt = op == OP_NUMBER ? buildNumber(screen, load<f64>(code, 16), outcomes) : buildText(screen, constants, load<u32>(code, 16), outcomes);
  if (isBuilt) store<u32>(screen, op == OP_NUMBER ? KIND_NUMBER : KIND_TEXT);
}

/** Whether the path is a name at the root, or a name in an object there and not a position in an array. */
function isNamed(path: usize): bool {
  const steps = load<u32>(path);
  if (load<u32>(path, PATH_STEPS) == 0 || steps > 2) return false;
  return steps == 1 || (load<u32>(path, PATH_STEPS + 8) != 0 && load<i32>(path, PATH_STEPS + 12) == POSITION_NONE);
}

function isNoMatch(code: usize): bool {
  return (load<u32>(code) & 0x1ff) == OP_RETURN;
}

/** The ints that pass form a range. */
function buildNumber(screen: usize, operand: f64, outcomes: u32): bool {
  if (operand != operand) return false;
  const hasLess = (outcomes & LESS) != 0;
  const hasEqual = (outcomes & EQUAL) != 0;
  const hasGreater = (outcomes & GREATER) != 0;
  if (hasLess && hasGreater && !hasEqual) return false;
  const lowest = -<f64>(1 << 27);
  const highest = <f64>((1 << 27) - 1);
  const from = hasLess ? lowest : hasEqual ? Math.ceil(operand) : Math.floor(operand) + 1;
  const to = hasGreater ? highest : hasEqual ? Math.floor(operand) : Math.ceil(operand) - 1;
  const least = Math.max(from, lowest);
  const most = Math.min(to, highest);
  const isEmpty = !(least <= most) || (!hasLess && !hasEqual && !hasGreater);
  // An int shifted left by the width of its tag is never 1.
  store<i32>(screen, isEmpty ? 1 : <i32>least << 4, LEAST);
  store<u32>(screen, isEmpty ? 0 : <u32>(<i32>most - <i32>least) << 4, SPAN);
  store<f64>(screen, operand, NUMBER);
  return true;
}

function buildText(screen: usize, constants: usize, word: u32, outcomes: u32): bool {
  if (word >> 28 != TAG_STRING || (outcomes & (LESS | EQUAL | GREATER | APART | SAME)) != (EQUAL | SAME)) return false;
  textOf(constants, word, 0);
  store<u32>(screen, <u32>textPointer, TEXT);
  store<u32>(screen, textBytes, TEXT_BYTES);
  return true;
}

// @ts-ignore: decorator
@inline export function screenWorks(screen: usize): bool {
  return load<u32>(screen) != KIND_NONE;
}

/** Where the machine continues with a record that passed. */
// @ts-ignore: decorator
@inline export function screenCode(screen: usize): usize {
  return <usize>load<u32>(screen, CODE);
}

/** The name of the field's lane, id + 1; 0 if it can have none. */
export function screenName(screen: usize): u32 {
  return load<u32>(screen) == KIND_NUMBER && load<u32>(screen, INNER_NAME) == 0 ? nameId(<usize>load<u32>(screen, NAME)) : 0;
}

/**
 * Number of slots from `slot` on to be screened over the lane that was found; 0 if there is none, or `slot` is within a
 * block.
 */
// @ts-ignore: decorator
@inline export function screenLaneSlots(slot: u32, end: u32): u32 {
  if (laneWords == 0 || (slot & 31) != 0 || slot >= laneSlots) return 0;
  return min<u32>(min<u32>(end, laneSlots) - slot, LANE_SLOTS) & ~31;
}

/** Screens the records of `slots` slots over the lane; returns how many passed. */
export function screenLane(screen: usize, entry: usize, slot: u32, slots: u32): u32 {
  const least = i32x4.splat(load<u32>(screen, LEAST));
  const span = i32x4.splat(load<u32>(screen, SPAN));
  const int = i32x4.splat(TAG_INT);
  const none = i32x4.splat(WORD_NONE);
  const absent = i32x4.splat(load<u32>(screen, ABSENT_FAILS) != 0 ? 0 : WORD_NONE);
  let words = laneWords + (<usize>slot << 2);
  let to = screened;
  let examined: u32 = 0;
  for (const end = slot + slots; slot < end; slot += 32) {
    if (laneTakeStale(slot)) fillLane(screen, entry, words);
    let through: u32 = 0;
    for (let i: u32 = 0; i < 32; i += 4) {
      const four = v128.load(words + (<usize>i << 2));
      const isNone = i32x4.eq(four, none);
      const isWithin = i32x4.le_u(i32x4.sub(i32x4.shl(four, 4), least), span);
      const isOther = v128.not(v128.or(isNone, i32x4.eq(four, absent)));
      const isThrough = v128.bitselect(isWithin, isOther, i32x4.eq(i32x4.shr_u(four, 28), int));
      through |= <u32>i32x4.bitmask(isThrough) << i;
      examined += 4 - popcnt<u32>(i32x4.bitmask(isNone));
    }
    for (; through != 0; through &= through - 1) {
      const at = <usize>ctz<u32>(through);
      const record = <usize>load<u32>(entry + (at << 3));
      const word = load<u32>(words + (at << 2));
      store<u32>(to, <u32>record);
      if (word >> 28 == TAG_INT) to += 4;
      else to += <usize>rarer(screen, record, load<u32>(record, 8) & HEAD, word, to) << 2;
    }
    words += 128;
    entry += 256;
  }
  screenExamined = examined;
  return <u32>(to - screened) >> 2;
}

function fillLane(screen: usize, entry: usize, words: usize): void {
  workSpend(8);
  touch(entry, 32);
  for (const end = entry + 256; entry < end; entry += 8) {
    const record = <usize>load<u32>(entry);
    let word = WORD_NONE;
    if (record != 0) {
      const head = load<u32>(record, 8) & HEAD;
      word = wordOf(screen, record, head);
      if (word == 0 && (head & SHAPE_INLINE) == SHAPE_INLINE) word = WORD_UNSURE;
    }
    store<u32>(words, word);
    words += 4;
  }
}

/** Screens the records of at most 32 slots; returns how many passed. */
export function screenBlock(screen: usize, entry: usize, slots: u32): u32 {
  touch(entry, slots);
  return load<u32>(screen) == KIND_NUMBER ? numbers(screen, entry, slots) : texts(screen, entry, slots);
}

/** Where the field last read was in its record. */
let lastOffset: usize = 0;
/** Kept so that the compiler does not remove the loads. */
let touched: u32 = 0;

/**
 * Reads the lines that the screen will read: the head of each record, and the field, most likely at the same offset as
 * in the last record.
 */
// @ts-ignore: decorator
@inline function touch(entry: usize, slots: u32): void {
  const end = entry + (<usize>slots << 3);
  const offset = lastOffset;
  const limit = (<usize>memory.size() << 16) - max<usize>(offset + 4, 16);
  let sum: u32 = 0;
  for (; entry < end; entry += 8) {
    const record = min<usize>(<usize>load<u32>(entry), limit);
    sum += load<u32>(record, 8) + load<u32>(record + offset);
  }
  touched += sum;
}

/** The word of the field; 0 if absent. */
// @ts-ignore: decorator
@inline function wordOf(screen: usize, record: usize, head: u32): u32 {
  const place = screen + TABLE + (<usize>(head & PLACES_MASK) << 3);
  const offset = <usize>(load<u32>(place) == head + 1 ? load<u32>(place, 4) : findOffset(screen, head, place));
  lastOffset = offset;
  if (offset == 0) return 0;
  const word = load<u32>(record + offset);
  return load<u32>(screen, INNER_NAME) == 0 ? word : innerWord(screen, record, head, word);
}

/** The word of the field within the object at the root; 0 if absent. */
function innerWord(screen: usize, record: usize, head: u32, word: u32): u32 {
  if (word >> 28 != TAG_OBJECT) return 0;
  const words = record + (head == (head & SHAPE_INLINE) ? RECORD_HEADER : RECORD_HEADER_LARGE);
  const node = words + (<usize>payload(word) << 2);
  const shape = load<u32>(node);
  if (shape == SHAPE_INLINE) return WORD_UNSURE;
  const place = screen + INNER_TABLE + (<usize>(shape & PLACES_MASK) << 3);
  const behind = <usize>(load<u32>(place) == shape + 1 ? load<u32>(place, 4) : findInner(screen, shape, place));
  if (behind == 0) return 0;
  lastOffset = node + behind - record;
  return load<u32>(node + behind);
}

function findInner(screen: usize, shape: u32, place: usize): u32 {
  const behind = <u32>(fieldIndex(shape, <usize>load<u32>(screen, INNER_NAME)) + 1) << 2;
  store<u32>(place, shape + 1);
  store<u32>(place, behind, 4);
  return behind;
}

function numbers(screen: usize, entry: usize, slots: u32): u32 {
  const least = load<u32>(screen, LEAST);
  const span = load<u32>(screen, SPAN);
  const end = entry + (<usize>slots << 3);
  let to = screened;
  let examined: u32 = 0;
  for (; entry < end; entry += 8) {
    const record = <usize>load<u32>(entry);
    if (record == 0) continue;
    examined++;
    const head = load<u32>(record, 8) & HEAD;
    const word = wordOf(screen, record, head);
    store<u32>(to, <u32>record);
    if (word >> 28 == TAG_INT) to += <usize>((word << 4) - least <= span) << 2;
    else to += <usize>rarer(screen, record, head, word, to) << 2;
  }
  screenExamined = examined;
  return <u32>(to - screened) >> 2;
}

/** Whether a record without an int in the field passes; marks it if the machine has to decide. */
function rarer(screen: usize, record: usize, head: u32, word: u32, to: usize): bool {
  if (word >> 28 == TAG_DOUBLE) {
    return (load<u32>(screen, OUTCOMES) & compareDoubles(load<f64>(wide(record, word)), load<f64>(screen, NUMBER))) != 0;
  }
  return isUnsure(screen, record, head, word, to);
}

// @ts-ignore: decorator
@inline function isUnsure(screen: usize, record: usize, head: u32, word: u32, to: usize): bool {
  if (word == 0 && (head & SHAPE_INLINE) != SHAPE_INLINE && load<u32>(screen, ABSENT_FAILS) != 0) return false;
  store<u32>(to, <u32>record | 1);
  return true;
}

function texts(screen: usize, entry: usize, slots: u32): u32 {
  const text = <usize>load<u32>(screen, TEXT);
  const bytes = load<u32>(screen, TEXT_BYTES);
  const end = entry + (<usize>slots << 3);
  let to = screened;
  let examined: u32 = 0;
  for (; entry < end; entry += 8) {
    const record = <usize>load<u32>(entry);
    if (record == 0) continue;
    examined++;
    const flags = load<u32>(record, 8);
    const head = flags & HEAD;
    const word = wordOf(screen, record, head);
    store<u32>(to, <u32>record);
    if (word >> 28 == TAG_STRING) to += <usize>isText(record, flags >> 24, payload(word), text, bytes) << 2;
    else to += <usize>isUnsure(screen, record, head, word, to) << 2;
  }
  screenExamined = examined;
  return <u32>(to - screened) >> 2;
}

/** recordString with a fast path for the common case, ends of one byte each. */
// @ts-ignore: decorator
@inline function isText(record: usize, flags: u32, index: u32, text: usize, bytes: u32): bool {
  if (flags & (RECORD_LARGE | RECORD_ENDS_WIDTH)) {
    recordString(record, index);
    return stringBytes == bytes && bytesEqual(stringPointer, text, bytes);
  }
  const ends = record + (<usize>load<u16>(record, 12) << 2);
  const start = index == 0 ? 0 : <u32>load<u8>(ends + index - 1);
  if (<u32>load<u8>(ends + index) - start != bytes) return false;
  const strings = <usize>load<u16>(record, 14);
  return bytesEqual(ends + (flags & RECORD_NON_ASCII ? strings << 1 : strings) + start, text, bytes);
}

function findOffset(screen: usize, head: u32, place: usize): u32 {
  const shape = head & SHAPE_INLINE;
  const index = shape == SHAPE_INLINE ? -1 : fieldIndex(shape, <usize>load<u32>(screen, NAME));
  const words = head == shape ? RECORD_HEADER : RECORD_HEADER_LARGE;
  const offset = index < 0 ? 0 : words + (<u32>index << 2);
  store<u32>(place, head + 1);
  store<u32>(place, offset, 4);
  return offset;
}
