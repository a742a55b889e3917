// Arithmetic on values, by the rules of src/query/arithmetic.ts. A result is a value like any other: its record is the
// stack entry itself, and its wide is 8 bytes into it.
//
// Stack entry: | 0 record u32, for a result the entry's own address | 4 word u32, 0: absent | 8 wide |

import { TAG_BIGINT, TAG_DOUBLE } from "../abi";
import {
  ARITHMETIC_ADD, ARITHMETIC_DIVIDE, ARITHMETIC_MULTIPLY, ARITHMETIC_SUBTRACT, FLAG_ALL, OUTCOMES_SHIFT,
} from "./opcode";
import { isNumber, longOf } from "./value";
import { wide } from "../record";

export const ENTRY_BYTES: usize = 16;
const RESULT_WIDE: u32 = 1;

// @ts-ignore: decorator
@inline export function entryRecord(entry: usize): usize {
  return <usize>load<u32>(entry);
}

// @ts-ignore: decorator
@inline export function entryWord(entry: usize): u32 {
  return load<u32>(entry, 4);
}

// @ts-ignore: decorator
@inline export function entrySet(entry: usize, record: usize, word: u32): void {
  store<u32>(entry, <u32>record);
  store<u32>(entry, word, 4);
}

export function entrySetLong(entry: usize, value: i64): void {
  store<i64>(entry, value, 8);
  entrySet(entry, entry, (TAG_BIGINT << 28) | RESULT_WIDE);
}

function entrySetDouble(entry: usize, value: f64): void {
  store<f64>(entry, value, 8);
  entrySet(entry, entry, (TAG_DOUBLE << 28) | RESULT_WIDE);
}

/** The number last read, in both forms; `long` only if isLong. */
let long: i64 = 0;
let isLong: bool = false;
let double: f64 = 0;

function read(entry: usize): void {
  const word = entryWord(entry);
  if (word >> 28 == TAG_DOUBLE) {
    double = load<f64>(wide(entryRecord(entry), word));
    isLong = double >= -9223372036854775808.0 && double < 9223372036854775808.0 && trunc(double) == double;
    if (isLong) long = <i64>double;
  } else {
    long = longOf(entryRecord(entry), word);
    double = <f64>long;
    isLong = true;
  }
}

/** Replaces the left entry by the result. */
export function calculate(head: u32, left: usize, right: usize): void {
  if (!isNumber(entryWord(left)) || !isNumber(entryWord(right))) {
    entrySet(left, left, 0);
    return;
  }
  const operator = (head >> OUTCOMES_SHIFT) & 7;
  read(right);
  const b = long;
  const y = double;
  const bothLong = isLong;
  read(left);
  if (operator >= ARITHMETIC_DIVIDE && y == 0 && (head & FLAG_ALL) != 0) entrySet(left, left, 0);
  else if (!bothLong || !isLong || !calculateLongs(operator, long, b, left)) calculateDoubles(operator, double, y, left);
}

/** False if there is no exact result within 64 bits. */
function calculateLongs(operator: u32, a: i64, b: i64, to: usize): bool {
  let result: i64 = 0;
  switch (operator) {
    case ARITHMETIC_ADD:
      result = a + b;
      if (((a ^ result) & (b ^ result)) < 0) return false;
      break;
    case ARITHMETIC_SUBTRACT:
      result = a - b;
      if (((a ^ b) & (a ^ result)) < 0) return false;
      break;
    case ARITHMETIC_MULTIPLY:
      if (a == i64.MIN_VALUE || b == i64.MIN_VALUE) {
        if (a != 0 && b != 0 && a != 1 && b != 1) return false;
      }
      result = a * b;
      if (a != 0 && (a == -1 ? result != 0 - b : result / a != b)) return false;
      break;
    case ARITHMETIC_DIVIDE:
      if (b == 0 || (b == -1 && a == i64.MIN_VALUE) || (b != -1 && a % b != 0)) return false;
      result = a / b;
      break;
    default:
      if (b == 0) return false;
      result = b == -1 ? 0 : a % b;
  }
  entrySetLong(to, result);
  return true;
}

function calculateDoubles(operator: u32, x: f64, y: f64, to: usize): void {
  switch (operator) {
    case ARITHMETIC_ADD:
      entrySetDouble(to, x + y);
      break;
    case ARITHMETIC_SUBTRACT:
      entrySetDouble(to, x - y);
      break;
    case ARITHMETIC_MULTIPLY:
      entrySetDouble(to, x * y);
      break;
    case ARITHMETIC_DIVIDE:
      entrySetDouble(to, x / y);
      break;
    default:
      entrySetDouble(to, x % y);
  }
}

export function negate(entry: usize): void {
  if (!isNumber(entryWord(entry))) {
    entrySet(entry, entry, 0);
    return;
  }
  read(entry);
  if (isLong && long != i64.MIN_VALUE) entrySetLong(entry, 0 - long);
  else entrySetDouble(entry, -double);
}
