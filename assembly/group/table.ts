// Groups records by the cells that filter_cells has filled: which group each belongs to by its key, and the sums of a
// group's numbers. What is less common is left to JavaScript: keys that are not scalars, groups that do not fit in the
// table, values that are not numbers or are huge.
//
// Table: | 0 pages u32 | 4 groups u32 | 8 free text u32 | 12 aggregates u32 | 16 rows left u32[256] | groups of rows u32[256] |
//        | places u32[8192] | groups 32 bytes[4096] | sums 48 bytes[aggregates][4096] | texts |
// Group: | 0 kind u32, as a cell's | 4 row of the cells in which it first occurred u32 | 8 double, long or address of a text |
//        | 16 bytes of the text u32 | 20 records u32 | 24 zero |
// Sum:   | 0 numbers u32 | 4 1: has fractions u32 | 8 integers i64 | 16 fractions f64 | 24 their rounding error f64 | 32 least f64 |
//        | 40 greatest f64 |

import { CELL_KINDS, CELL_VALUES, PAGE_SCRATCH, TAG_BIGINT, TAG_DATE, TAG_DOUBLE, TAG_NULL, TAG_STRING, TAG_TRUE } from "../abi";
import { pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { bytesEqual } from "../record";

const PAGES: usize = 0;
const GROUPS: usize = 4;
const TEXT_FREE: usize = 8;
const AGGREGATES: usize = 12;
const REST: usize = 16;
const ROWS: usize = REST + 4 * 256;
const PLACES: usize = ROWS + 4 * 256;
const PLACES_MASK: u32 = 8191;
const GROUPS_AT: usize = PLACES + 4 * 8192;
const GROUPS_MAX: u32 = 4096;
const GROUP_BYTES: usize = 32;
const SUMS: usize = GROUPS_AT + GROUP_BYTES * <usize>GROUPS_MAX;
const SUM_BYTES: usize = 48;
const TEXT_BYTES: usize = 1 << 18;
/** The row has no group. */
const GROUP_NONE: u32 = 0xffffffff;

const KIND: usize = 0;
const FIRST: usize = 4;
const VALUE: usize = 8;
const BYTES: usize = 16;
const COUNT: usize = 20;

const SUM_FRACTIONS: usize = 4;
const SUM_INTEGERS: usize = 8;
const SUM_FRACTION: usize = 16;
const SUM_LOST: usize = 24;
const SUM_LEAST: usize = 32;
const SUM_MOST: usize = 40;
const SAFE: f64 = 9007199254740991.0;
const INTEGERS_MAX: i64 = 1 << 62;
/** 2^960: a sum of as many values below it as there can be stays within the range of doubles. */
const HUGE: f64 = reinterpret<f64>(0x7bf0000000000000);

/** Creates an empty table for this many aggregates; 0 if there are too many or memory is exhausted. */
export function group_open(aggregates: u32): usize {
  if (aggregates > 1024) return 0;
  const sums = SUMS + SUM_BYTES * <usize>GROUPS_MAX * <usize>aggregates;
  const pages = pagesFor(sums + TEXT_BYTES);
  const table = pagesAcquire(pages, PAGE_SCRATCH);
  if (table == 0) return 0;
  store<u32>(table, pages, PAGES);
  store<u32>(table, <u32>(table + sums), TEXT_FREE);
  store<u32>(table, aggregates, AGGREGATES);
  return table;
}

export function group_close(table: usize): void {
  pagesRelease(table, load<u32>(table, PAGES));
}

/**
 * Finds the groups of the rows in the cells, and adds those that are new; GROUP_NONE for rows left to JavaScript.
 * Returns how many those are.
 *
 * @param count - number of rows, at most CELLS_MAX.
 */
export function group_keys(table: usize, count: u32): u32 {
  let left: u32 = 0;
  for (let row: u32 = 0; row < count; row++) {
    const kind = load<u32>(CELL_KINDS + (<usize>row << 2));
    const group = isScalar(kind & 15) ? groupOf(table, row, kind) : GROUP_NONE;
    store<u32>(table + ROWS + (<usize>row << 2), group);
    if (group == GROUP_NONE) left++;
    else countOne(table + GROUPS_AT + <usize>group * GROUP_BYTES);
  }
  return left;
}

// @ts-ignore: decorator
@inline function countOne(group: usize): void {
  store<u32>(group, load<u32>(group, COUNT) + 1, COUNT);
}

// @ts-ignore: decorator
@inline function isScalar(tag: u32): bool {
  return tag <= TAG_TRUE || isWide(tag) || tag == TAG_STRING;
}

// @ts-ignore: decorator
@inline function isWide(tag: u32): bool {
  return tag == TAG_DOUBLE || tag == TAG_BIGINT || tag == TAG_DATE;
}

function groupOf(table: usize, row: u32, kind: u32): u32 {
  const cell = CELL_VALUES + (<usize>row << 3);
  const tag = kind & 15;
  const value: u64 = isWide(tag) || tag == TAG_STRING ? load<u64>(cell) : 0;
  // The hash of a text is part of its kind.
  const hash = tag == TAG_STRING ? kind >> 4 : <u32>(((value ^ <u64>kind) * 0x9e3779b97f4a7c15) >> 40);
  let place = hash & PLACES_MASK;
  while (true) {
    const at = table + PLACES + (<usize>place << 2);
    const number = load<u32>(at);
    if (number == 0) return add(table, at, row, kind, value);
    const group = table + GROUPS_AT + <usize>(number - 1) * GROUP_BYTES;
    if (load<u32>(group, KIND) == kind && (tag == TAG_STRING ? isText(group, cell) : load<u64>(group, VALUE) == value)) return number - 1;
    place = (place + 1) & PLACES_MASK;
  }
}

// @ts-ignore: decorator
@inline function isText(group: usize, cell: usize): bool {
  const bytes = load<u32>(cell, 4);
  return load<u32>(group, BYTES) == bytes && bytesEqual(<usize>load<u32>(group, VALUE), <usize>load<u32>(cell), bytes);
}

function add(table: usize, place: usize, row: u32, kind: u32, value: u64): u32 {
  const number = load<u32>(table, GROUPS);
  if (number == GROUPS_MAX) return GROUP_NONE;
  const group = table + GROUPS_AT + <usize>number * GROUP_BYTES;
  if ((kind & 15) == TAG_STRING) {
    const bytes = <u32>(value >> 32);
    const text = load<u32>(table, TEXT_FREE);
    if (<u64>text + bytes > <u64>table + ((<u64>load<u32>(table, PAGES)) << 16)) return GROUP_NONE;
    memory.copy(text, <usize><u32>value, bytes);
    store<u32>(table, text + bytes, TEXT_FREE);
    store<u64>(group, <u64>text, VALUE);
    store<u32>(group, bytes, BYTES);
  } else {
    store<u64>(group, value, VALUE);
  }
  store<u32>(group, kind, KIND);
  store<u32>(group, row, FIRST);
  store<u32>(table, number + 1, GROUPS);
  store<u32>(place, number + 1);
  return number;
}

/**
 * Adds the numbers in the cells to an aggregate of the groups that group_keys found for the same rows. Rows of a group
 * whose value is present, not null, and not a number that can be added are then in the table's list; returns how many
 * those are.
 */
export function group_numbers(table: usize, aggregate: u32, count: u32): u32 {
  assert(aggregate < load<u32>(table, AGGREGATES));
  const sums = table + SUMS + SUM_BYTES * <usize>GROUPS_MAX * <usize>aggregate;
  let left: u32 = 0;
  for (let row: u32 = 0; row < count; row++) {
    const kind = load<u32>(CELL_KINDS + (<usize>row << 2));
    const group = load<u32>(table + ROWS + (<usize>row << 2));
    if (kind <= TAG_NULL || group == GROUP_NONE) continue;
    if (kind == TAG_DOUBLE && addNumber(sums + <usize>group * SUM_BYTES, load<f64>(CELL_VALUES + (<usize>row << 3)))) continue;
    store<u32>(table + REST + (<usize>left << 2), row);
    left++;
  }
  return left;
}

/** Adds integers exactly, fractions by Neumaier's summation; false if the sum could become too large on the way. */
function addNumber(sum: usize, value: f64): bool {
  if (Math.abs(value) <= SAFE && Math.floor(value) == value) {
    const integers = load<i64>(sum, SUM_INTEGERS) + <i64>value;
    if (integers > INTEGERS_MAX || integers < -INTEGERS_MAX) return false;
    store<i64>(sum, integers, SUM_INTEGERS);
  } else {
    if (Math.abs(value) >= HUGE) return false;
    const before = load<f64>(sum, SUM_FRACTION);
    const after = before + value;
    const lost = Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before;
    store<f64>(sum, after, SUM_FRACTION);
    store<f64>(sum, load<f64>(sum, SUM_LOST) + lost, SUM_LOST);
    store<u32>(sum, 1, SUM_FRACTIONS);
  }
  const numbers = load<u32>(sum);
  store<f64>(sum, numbers == 0 ? value : Math.min(load<f64>(sum, SUM_LEAST), value), SUM_LEAST);
  store<f64>(sum, numbers == 0 ? value : Math.max(load<f64>(sum, SUM_MOST), value), SUM_MOST);
  store<u32>(sum, numbers + 1);
  return true;
}
