// Runs a linked program over a record. A test reads an operand, or the two on the stack, and jumps; src/query/opcode.ts
// describes the words.
//
// No case has a `break` inside an `if`: asc 0.28 drops what follows a switch in which all other cases return or
// continue.

import { TAG_ARRAY, TAG_DOUBLE, TAG_INT, TAG_NULL } from "../abi";
import { payload, recordWords, wide } from "../record";
import { calculate, ENTRY_BYTES, entryRecord, entrySet, entrySetLong, entryWord, negate } from "./arithmetic";
import { likeMatches } from "./like";
import {
  ABSENT_SHIFT, ABSENT_THEN, ABSENT_ELSE, FLAG_ALL, FLAG_NULL_ABSENT, FLAG_TEXT_TOO, OP_ARITHMETIC, OP_COMPARE, OP_COMPARE_TWO, OP_CONTAINS,
  OP_ENDS_WITH, OP_EXISTS, OP_FIRST, OP_HAS_TEXT, OP_IN, OP_LIKE, OP_NEGATE, OP_NUMBER, OP_PUSH_CONSTANT, OP_PUSH_PATH, OP_RETURN, OP_SIZE,
  OP_STARTS_WITH, OP_TYPE, OUTCOMES_SHIFT,
} from "./opcode";
import { pathFollow } from "./path";
import { programCode, programConstants, programFailed, programStack } from "./program";
import { setAll, setAny, setHas } from "./set";
import { NEEDLE_BYTES, needleFind, textEnds, textStarts } from "./text";
import { APART, compareDoubles, compareLongDouble, compareValues, intOf, isNumber, isString, textBytes, textOf, textPointer } from "./value";
import { workSpend } from "./work";

const THEN: usize = 4;
const ELSE: usize = 8;
const PATH: usize = 12;
const OPERAND: usize = 16;

/** The operand of a test. */
let operandRecord: usize = 0;
let operandWord: u32 = 0;

// @ts-ignore: decorator
@inline function isAbsent(word: u32, head: u32): bool {
  return word == 0 || (word >> 28 == TAG_NULL && (head & FLAG_NULL_ABSENT) != 0);
}

/** @param at - an instruction that begins with nothing on the stack. */
export function run(program: usize, record: usize, at: usize = programCode(program)): bool {
  const stack = programStack(program);
  let top = stack;
  while (true) {
    const head = load<u32>(at);
    switch (head & 0xff) {
      case OP_RETURN:
        return (head & 0x100) != 0;

      case OP_PUSH_PATH:
        entrySet(top, record, pathFollow(record, <usize>load<u32>(at, 4)));
        top += ENTRY_BYTES;
        at += 8;
        continue;
      case OP_PUSH_CONSTANT:
        entrySet(top, programConstants(program), load<u32>(at, 4));
        top += ENTRY_BYTES;
        at += 8;
        continue;
      case OP_ARITHMETIC:
        top -= ENTRY_BYTES;
        calculate(head, top - ENTRY_BYTES, top);
        at += 4;
        continue;
      case OP_NEGATE:
        negate(top - ENTRY_BYTES);
        at += 4;
        continue;
      case OP_SIZE:
        size(top - ENTRY_BYTES);
        at += 4;
        continue;
      case OP_FIRST:
        top -= ENTRY_BYTES;
        if (isAbsent(entryWord(top - ENTRY_BYTES), head)) move(top, top - ENTRY_BYTES);
        at += 4;
        continue;

      case OP_NUMBER: {
        const path = <usize>load<u32>(at, PATH);
        let word: u32 = 0;
        let from = record;
        if (path != 0) {
          word = pathFollow(record, path);
        } else {
          word = entryWord(stack);
          from = entryRecord(stack);
          top = stack;
        }
        const tag = word >> 28;
        let outcome: u32 = APART;
        if (tag == TAG_INT) {
          outcome = compareDoubles(<f64>intOf(word), load<f64>(at, OPERAND));
        } else if (tag == TAG_DOUBLE) {
          outcome = compareDoubles(load<f64>(wide(from, word)), load<f64>(at, OPERAND));
        } else if (isAbsent(word, head)) {
          at = absentWay(at, head);
          if (at == 0) return programFailed(program);
          continue;
        } else {
          outcome = isNumber(word) ? compareLongDouble(load<i64>(wide(from, word)), load<f64>(at, OPERAND)) : APART;
        }
        at = <usize>((head >> OUTCOMES_SHIFT) & outcome ? load<u32>(at, THEN) : load<u32>(at, ELSE));
        continue;
      }

      case OP_COMPARE_TWO: {
        top = stack;
        const left = entryWord(stack);
        const right = entryWord(stack + ENTRY_BYTES);
        if (isAbsent(left, head) || isAbsent(right, head)) {
          at = absentWay(at, head);
          if (at == 0) return programFailed(program);
          continue;
        }
        const outcome = compareValues(entryRecord(stack), left, entryRecord(stack + ENTRY_BYTES), right, false);
        at = <usize>((head >> OUTCOMES_SHIFT) & outcome ? load<u32>(at, THEN) : load<u32>(at, ELSE));
        continue;
      }

      default: {
        const path = <usize>load<u32>(at, PATH);
        if (path != 0) {
          operandRecord = record;
          operandWord = pathFollow(record, path);
        } else {
          operandRecord = entryRecord(stack);
          operandWord = entryWord(stack);
          top = stack;
        }
        if (isAbsent(operandWord, head)) {
          at = absentWay(at, head);
          if (at == 0) return programFailed(program);
          continue;
        }
        at = <usize>(holds(program, head, at) ? load<u32>(at, THEN) : load<u32>(at, ELSE));
        continue;
      }
    }
  }
}

/** Where a test with an absent operand leads; 0: the filter failed. */
function absentWay(at: usize, head: u32): usize {
  const way = (head >> ABSENT_SHIFT) & 3;
  return way == ABSENT_ELSE ? <usize>load<u32>(at, ELSE) : way == ABSENT_THEN ? <usize>load<u32>(at, THEN) : 0;
}

/** Whether a test other than OP_NUMBER and OP_COMPARE_TWO holds for its operand, which is present. */
function holds(program: usize, head: u32, at: usize): bool {
  const record = operandRecord;
  const word = operandWord;
  switch (head & 0xff) {
    case OP_EXISTS:
      return true;
    case OP_TYPE:
      return ((load<u32>(at, OPERAND) >> (word >> 28)) & 1) != 0;
    case OP_COMPARE:
      return ((head >> OUTCOMES_SHIFT) & compareValues(record, word, programConstants(program), load<u32>(at, OPERAND), true)) != 0;
    case OP_IN:
      return setHas(<usize>load<u32>(at, OPERAND), programConstants(program), record, word);
    case OP_CONTAINS:
      return contains(<usize>load<u32>(at, OPERAND), programConstants(program), record, word, head);
    default:
      return isString(word) && textHolds(head & 0xff, <usize>load<u32>(at, OPERAND), record, word);
  }
}

function textHolds(op: u32, operand: usize, record: usize, word: u32): bool {
  textOf(record, word, 0);
  switch (op) {
    case OP_STARTS_WITH:
      return textStarts(textPointer, textBytes, operand);
    case OP_ENDS_WITH:
      return textEnds(textPointer, textBytes, operand);
    case OP_HAS_TEXT:
      return needleFind(operand, textPointer, textPointer + textBytes) != 0;
    case OP_LIKE:
      return likeMatches(operand, textPointer, textBytes);
    default:
      return false;
  }
}

function contains(set: usize, constants: usize, record: usize, word: u32, head: u32): bool {
  const isAll = (head & FLAG_ALL) != 0;
  if (word >> 28 == TAG_ARRAY) {
    const node = recordWords(record) + (<usize>payload(word) << 2);
    return isAll ? setAll(set, constants, record, node) : setAny(set, constants, record, node);
  }
  if (!(head & FLAG_TEXT_TOO) || !isString(word)) return false;
  const needles = load<u32>(set, 32);
  workSpend(needles >> 4);
  // An element that is not a string is in no text.
  if (isAll && needles != load<u32>(set)) return false;
  textOf(record, word, 0);
  const from = textPointer;
  const end = textPointer + textBytes;
  let needle = <usize>load<u32>(set, 28);
  for (let i: u32 = 0; i < needles; i++, needle += NEEDLE_BYTES) {
    if ((needleFind(needle, from, end) != 0) != isAll) return !isAll;
  }
  return isAll;
}

/** Replaces an array in an entry by its length. */
function size(entry: usize): void {
  const word = entryWord(entry);
  if (word >> 28 != TAG_ARRAY) entrySet(entry, entry, 0);
  else entrySetLong(entry, <i64>load<u32>(recordWords(entryRecord(entry)) + (<usize>payload(word) << 2)));
}

function move(from: usize, to: usize): void {
  store<i64>(to, load<i64>(from, 8), 8);
  // A result is in its own entry.
  entrySet(to, entryRecord(from) == from ? to : entryRecord(from), entryWord(from));
}
