// Lays out a staged document as a record. JS stages numbers and strings separately (see src/core/record): words, wides,
// string lengths, and the text of a whole batch encoded at once; here they are combined.

import {
  FAILED_ILL_FORMED, FAILED_TOO_LARGE, KIND_RECORD, LENGTH_APART, RECORD_BYTES_MAX, RECORD_HEADER,
  RECORD_HEADER_LARGE, RECORD_LARGE, RECORD_NON_ASCII, STAGED_APART, STAGED_BINARY, STAGED_HEAD, STAGED_KEY, STAGED_MIXED, STAGED_MODE,
  STAGED_SHAPE, STAGED_STRINGS, STAGED_UNITS, STAGED_WIDES, STAGED_WORDS, TAG_BIGINT, TAG_BINARY, TAG_DATE, TAG_DOUBLE, TAG_STRING, TAG_UUID,
} from "../abi";
import { blockAcquire, blockUnits } from "../memory";
import { bytesCopy, utf8Bytes } from "./bytes";
import { uuidPack } from "./uuid";

/** Addresses of the next staged document's parts. */
let wordsAt: usize = 0;
let widesAt: usize = 0;
let lengthsAt: usize = 0;
let textAt: usize = 0;

/** Why the last build returned 0: a FAILED_* reason, or 0 for memory. */
export let buildFailure: u32 = 0;

export function buildStart(words: usize, wides: usize, lengths: usize, text: usize): void {
  wordsAt = words;
  widesAt = wides;
  lengthsAt = lengths;
  textAt = text;
}

// @ts-ignore: decorator
@inline export function buildMode(): u32 {
  return load<u32>(wordsAt) & 0xff;
}

// @ts-ignore: decorator
@inline function staged(field: u32): u32 {
  return load<u32>(wordsAt + (<usize>field << 2));
}

// Lengths of the document's strings, and where its staged parts end.
let heapBytes: u32 = 0;
let heapUnits: u32 = 0;
let lengthsEnd: usize = 0;
let textEnd: usize = 0;
/** Whether its part of the text is ASCII. */
let isAscii: bool = false;

/** Returns false if one of its strings ends within a character. */
function measure(): bool {
  const strings = staged(STAGED_STRINGS);
  const units = staged(STAGED_UNITS);
  const mode = staged(STAGED_MODE);
  // Its first bytes are ASCII exactly when all its units are: other characters take more bytes than units.
  isAscii = (mode & STAGED_MIXED) == 0 || <u32>utf8Bytes(textAt, units) == units;
  if (isAscii && (mode & STAGED_APART) == 0) {
    heapBytes = units;
    heapUnits = units;
    lengthsEnd = lengthsAt + (<usize>strings << 2);
    textEnd = textAt + units;
    return true;
  }
  return measureEach(strings);
}

function measureEach(strings: u32): bool {
  let bytes: u64 = 0;
  let units: u64 = 0;
  let at = lengthsAt;
  let text = textAt;
  let isWhole = true;
  for (let i: u32 = 0; i < strings; i++) {
    const length = load<u32>(at);
    if (length & LENGTH_APART) {
      bytes += load<u32>(at, 4);
      units += length & ~LENGTH_APART;
      at += 12;
    } else {
      let textBytes = length;
      if (!isAscii) {
        const counted = utf8Bytes(text, length);
        if (counted < 0) {
          // A surrogate pair across two strings; the rest of the batch stays aligned to whole characters.
          isWhole = false;
          textBytes = <u32>utf8Bytes(text, length + 1);
        } else {
          textBytes = <u32>counted;
        }
      }
      text += textBytes;
      bytes += textBytes;
      units += length;
      at += 4;
    }
  }
  lengthsEnd = at;
  textEnd = text;
  heapBytes = <u32>min<u64>(bytes, u32.MAX_VALUE);
  heapUnits = <u32>min<u64>(units, u32.MAX_VALUE);
  return isWhole;
}

function advance(): void {
  widesAt += <usize>staged(STAGED_WIDES) << 3;
  wordsAt += <usize>(STAGED_HEAD + staged(STAGED_WORDS)) << 2;
  lengthsAt = lengthsEnd;
  textAt = textEnd;
}

/** Skips the next staged document. */
export function buildSkip(): void {
  measure();
  advance();
}

/** Address of the primary key's text if it may be a UUID: a string staged in the batch's text, 36 units long. */
function uuidText(key: u32): usize {
  const word = staged(STAGED_HEAD + key);
  if (word >> 28 != TAG_STRING) return 0;
  const number = word & 0x0fffffff;
  let at = lengthsAt;
  let text = textAt;
  for (let i: u32 = 0; i < number; i++) {
    const length = load<u32>(at);
    if (length & LENGTH_APART) {
      at += 12;
    } else {
      at += 4;
      text += isAscii ? length : utf8Bytes(text, length);
    }
  }
  return load<u32>(at) == 36 ? text : 0;
}

// @ts-ignore: decorator
@inline function storeEnd(table: usize, width: u32, index: u32, end: u32): void {
  if (width == 0) store<u8>(table + index, <u8>end);
  else if (width == 1) store<u16>(table + (<usize>index << 1), <u16>end);
  else store<u32>(table + (<usize>index << 2), end);
}

/** For the next staged document, once measured: the address of its packed key, or 0, and of its text. */
export let buildUuid: usize = 0;
let uuidAt: usize = 0;

/** Measures the next staged document. Returns false if it is refused, see buildFailure, and skips it. */
export function buildMeasure(): bool {
  if (!measure()) {
    buildFailure = FAILED_ILL_FORMED;
    advance();
    return false;
  }
  uuidAt = uuidText(staged(STAGED_KEY));
  buildUuid = uuidAt != 0 && uuidPack(uuidAt, UUID_SCRATCH) ? UUID_SCRATCH : 0;
  return true;
}

/**
 * Builds a record, in a block of its own, from the document just measured; returns 0 on failure, see buildFailure. The
 * caller sets the slot and links neighbours.
 */
export function buildRecord(): usize {
  const wordsCount = staged(STAGED_WORDS);
  const widesCount = staged(STAGED_WIDES);
  const strings = staged(STAGED_STRINGS);
  const key = staged(STAGED_KEY);
  const isUuid = buildUuid != 0;
  if (isUuid) {
    heapBytes -= 36;
    heapUnits -= 36;
  }
  const isNonAscii = heapBytes != heapUnits;
  const width: u32 = heapBytes <= 0xff ? 0 : heapBytes <= 0xffff ? 1 : 2;
  const tables = (<u64>strings << width) << (isNonAscii ? 1 : 0);
  const wides = widesCount + (isUuid ? 2 : 0);
  let header = RECORD_HEADER;
  let widesOffset = <u64>header + (<u64>wordsCount << 2);
  if (wides != 0) widesOffset = (widesOffset + 7) & ~(<u64>7);
  let endsOffset = widesOffset + (<u64>wides << 3);
  const isLarge = (endsOffset >> 2) > 0xffff || strings > 0xffff;
  if (isLarge) {
    header = RECORD_HEADER_LARGE;
    widesOffset = (<u64>header + (<u64>wordsCount << 2) + 7) & ~(<u64>7);
    endsOffset = widesOffset + (<u64>wides << 3);
  }
  const heapOffset = endsOffset + tables;
  const total = heapOffset + heapBytes + staged(STAGED_BINARY);
  if (total > <u64>RECORD_BYTES_MAX) {
    buildFailure = FAILED_TOO_LARGE;
    advance();
    return 0;
  }
  const units = <u32>((total + 7) >> 3);
  const record = blockAcquire(units, KIND_RECORD);
  if (record == 0) {
    buildFailure = 0;
    advance();
    return 0;
  }
  // The last unit, and a unit that the arena may have added, are not fully written below: no stale bytes may reach the
  // log.
  const end = record + (<usize>blockUnits(record) << 3);
  store<u64>(end - 8, 0);
  store<u64>(record + (<usize>(units - 1) << 3), 0);
  const flags = width | (isNonAscii ? RECORD_NON_ASCII : 0) | (isLarge ? RECORD_LARGE : 0);
  store<u32>(record, staged(STAGED_SHAPE) | (flags << 24), 8);
  if (isLarge) {
    store<u32>(record, <u32>endsOffset, 12);
    store<u32>(record, strings, 16);
    store<u32>(record, 0, 20);
  } else {
    store<u16>(record, <u16>(endsOffset >> 2), 12);
    store<u16>(record, <u16>strings, 14);
  }

  // Words that refer to a wide are staged with the wide's number. Nodes and strings are already numbered from the
  // record's start.
  const widesBase = <u32>(widesOffset >> 3);
  const from = wordsAt + (STAGED_HEAD << 2);
  const to = record + header;
  if (wides != 0 && (wordsCount & 1) != 0) store<u32>(to + (<usize>wordsCount << 2), 0);
  const wordsBytes = <usize>wordsCount << 2;
  let hasBinary = false;
  if (widesCount == 0) {
    bytesCopy(to, from, wordsBytes);
  } else {
    for (let i: usize = 0; i < wordsBytes; i += 4) {
      const word = load<u32>(from + i);
      const tag = word >> 28;
      const isWide = (1 << tag) & ((1 << TAG_DOUBLE) | (1 << TAG_BIGINT) | (1 << TAG_DATE) | (1 << TAG_BINARY));
      store<u32>(to + i, isWide ? word + widesBase : word);
      if (tag == TAG_BINARY) hasBinary = true;
    }
  }
  const wideTo = record + <usize>widesOffset;
  if (widesCount != 0) bytesCopy(wideTo, widesAt, <usize>widesCount << 3);
  if (isUuid) {
    const uuidTo = wideTo + (<usize>widesCount << 3);
    v128.store(uuidTo, v128.load(UUID_SCRATCH));
    store<u32>(to + (<usize>key << 2), (TAG_UUID << 28) | (widesBase + widesCount));
  }

  // The packed key leaves an empty string behind, so that the numbers of the others remain valid.
  const keyString = isUuid ? staged(STAGED_HEAD + key) & 0x0fffffff : u32.MAX_VALUE;
  const table = record + <usize>endsOffset;
  const heap = record + <usize>heapOffset;
  if (isAscii && (staged(STAGED_MODE) & STAGED_APART) == 0) copyAscii(table, heap, width, strings, isUuid ? uuidAt : 0, keyString);
  else copyStrings(table, heap, width, strings, isNonAscii, keyString);
  if (hasBinary) copyBinaries(record, to, wordsCount, <u32>(heapOffset + heapBytes));
  advance();
  return record;
}

/**
 * Copies strings that are adjacent in the text, all ASCII, except the packed key at `keyText` (0: none), whose number
 * is `keyString`.
 */
function copyAscii(table: usize, heap: usize, width: u32, strings: u32, keyText: usize, keyString: u32): void {
  let end: u32 = 0;
  for (let i: u32 = 0; i < strings; i++) {
    if (i != keyString) end += load<u32>(lengthsAt + (<usize>i << 2));
    storeEnd(table, width, i, end);
  }
  if (keyText == 0) {
    bytesCopy(heap, textAt, textEnd - textAt);
    return;
  }
  const before = keyText - textAt;
  if (before != 0) bytesCopy(heap, textAt, before);
  bytesCopy(heap + before, keyText + 36, textEnd - keyText - 36);
}

function copyStrings(table: usize, heap: usize, width: u32, strings: u32, isNonAscii: bool, keyString: u32): void {
  const unitsTable = table + (<usize>strings << width);
  let at = lengthsAt;
  let text = textAt;
  let end8: u32 = 0;
  let end16: u32 = 0;
  // One copy for each run of strings that are adjacent in the text.
  let runFrom = text;
  let runTo = heap;
  for (let i: u32 = 0; i < strings; i++) {
    const length = load<u32>(at);
    if (length & LENGTH_APART) {
      if (text != runFrom) memory.copy(runTo, runFrom, text - runFrom);
      const bytes = load<u32>(at, 4);
      memory.copy(heap + end8, <usize>load<u32>(at, 8), bytes);
      end8 += bytes;
      end16 += length & ~LENGTH_APART;
      runFrom = text;
      runTo = heap + end8;
      at += 12;
    } else if (i == keyString) {
      if (text != runFrom) memory.copy(runTo, runFrom, text - runFrom);
      text += 36;
      runFrom = text;
      runTo = heap + end8;
      at += 4;
    } else {
      const bytes = isAscii ? length : <u32>utf8Bytes(text, length);
      text += bytes;
      end8 += bytes;
      end16 += length;
      at += 4;
    }
    storeEnd(table, width, i, end8);
    if (isNonAscii) storeEnd(unitsTable, width, i, end16);
  }
  if (text != runFrom) memory.copy(runTo, runFrom, text - runFrom);
}

/** The wide of a staged binary is its address; in the record it is the offset from the record's start. */
function copyBinaries(record: usize, words: usize, count: u32, offset: u32): void {
  let next = offset;
  for (let i: u32 = 0; i < count; i++) {
    const word = load<u32>(words + (<usize>i << 2));
    if (word >> 28 != TAG_BINARY) continue;
    const at = record + (<usize>(word & 0x0fffffff) << 3);
    const bytes = load<u32>(at, 4) & 0xffffff;
    memory.copy(record + next, <usize>load<u32>(at), bytes);
    store<u32>(at, next);
    next += bytes;
  }
}

const UUID_SCRATCH: usize = 16384;
