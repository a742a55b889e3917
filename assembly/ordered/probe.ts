// What is looked up: a tuple of values, for all fields or the first few, and on which side of equal entries the place
// is.

import { SLOT_NONE } from "../abi";
import { entryElement, entryPrefix, entrySlot } from "./node";
import { fieldOf, firstOf, recordOf } from "./definition";
import { compareOrdered, compareTextHead, prefixIsWhole, prefixOf, prefixOfTextEnd, RANK_SHIFT, rankOf } from "./order";

/** The words of the tuple. */
const words = memory.data(64, 16);
const RANK_NONE: u32 = 0xffffffff;

let probeIndex: usize = 0;
/** The record that holds the values of the words. */
let probeRecord: usize = 0;
let probeCount: u32 = 0;
let probePrefix: u64 = 0;
/** The rank that bounds the field after the tuple, or RANK_NONE. */
let probeRank: u32 = RANK_NONE;
let probeSlot: u32 = SLOT_NONE;
/** The last value is a string that stands for all strings beginning with it. */
let probeIsHead: bool = false;

/** Sets the tuple to a record's entry in an index; `slot` is part of it. */
export function probeEntry(index: usize, record: usize, first: u32, fields: u32, slot: u32): void {
  probeIndex = index;
  probeRecord = record;
  probeCount = fields;
  probePrefix = prefixOf(record, first);
  probeRank = RANK_NONE;
  probeSlot = slot;
  probeIsHead = false;
  store<u32>(words, first);
  for (let field: u32 = 1; field < fields; field++) store<u32>(words + (<usize>field << 2), fieldOf(index, record, field));
}

/** Sets the tuple to the elements of the array at `node` of a record of constants. */
export function probeGiven(index: usize, record: usize, node: usize, rank: u32, slot: u32, isHead: bool): void {
  probeIndex = index;
  probeRecord = record;
  probeCount = load<u32>(node);
  probeRank = rank;
  probeSlot = slot;
  probeIsHead = isHead;
  for (let field: u32 = 0; field < probeCount; field++) store<u32>(words + (<usize>field << 2), load<u32>(node + 4 + (<usize>field << 2)));
  if (probeCount == 0) return;
  const first = load<u32>(words);
  probePrefix = isHead && probeCount == 1 ? prefixOfTextEnd(record, first) : prefixOf(record, first);
}

// @ts-ignore: decorator
@inline export function probedPrefix(): u64 {
  return probePrefix;
}

/** Whether an entry's prefix does not decide its order relative to the tuple, so that its record must be read. */
// @ts-ignore: decorator
@inline export function isTied(entry: usize): bool {
  return entryPrefix(entry) == probePrefix && (probeCount > 1 || !prefixIsWhole(probePrefix));
}

/** The order of an entry relative to the tuple: negative, 0 or positive. */
// @ts-ignore: decorator
@inline export function entryOrder(entry: usize): i32 {
  const prefix = entryPrefix(entry);
  if (probeCount != 0 && prefix != probePrefix) return prefix < probePrefix ? -1 : 1;
  return entryOrderBehind(entry, prefix);
}

function entryOrderBehind(entry: usize, prefix: u64): i32 {
  if (probeCount == 0) {
    if (probeRank == RANK_NONE) return 0;
    return <u32>(prefix >> RANK_SHIFT) < probeRank ? -1 : 1;
  }
  const isWhole = prefixIsWhole(prefix);
  // Most ties of short values end here, without reading the record.
  if (!isWhole || probeCount > 1 || probeRank != RANK_NONE) {
    const outcome = recordOrder(entry, recordOf(entrySlot(entry)), isWhole);
    if (outcome != 0) return outcome;
  }
  if (probeSlot == SLOT_NONE) return 0;
  const slot = entrySlot(entry);
  return slot == probeSlot ? 0 : slot < probeSlot ? -1 : 1;
}

function recordOrder(entry: usize, record: usize, isFirstKnown: bool): i32 {
  const last = probeCount - 1;
  if (!isFirstKnown) {
    const first = firstOf(probeIndex, record, entryElement(entry));
    const wanted = load<u32>(words);
    const isText = probeIsHead && last == 0;
    const outcome = isText ? compareTextHead(record, first, probeRecord, wanted) : compareOrdered(record, first, probeRecord, wanted);
    if (outcome != 0) return outcome;
  }
  for (let field: u32 = 1; field < probeCount; field++) {
    const word = fieldOf(probeIndex, record, field);
    const wanted = load<u32>(words + (<usize>field << 2));
    const isText = probeIsHead && field == last && rankOf(word) == rankOf(wanted);
    const outcome = isText ? compareTextHead(record, word, probeRecord, wanted) : compareOrdered(record, word, probeRecord, wanted);
    if (outcome != 0) return outcome;
  }
  if (probeRank == RANK_NONE) return 0;
  return rankOf(fieldOf(probeIndex, record, probeCount)) < probeRank ? -1 : 1;
}
