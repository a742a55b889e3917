// Finds the records that match, in slot order. It reads the slot table through its layout in abi, as a scan asks for
// every slot in turn.

import { KEY_BUFFER, S_SCAN_EXAMINED, S_SCAN_NEXT, S_SLOT_DIRECTORY, S_SLOT_TOP, SLOT_CHUNK_MASK, SLOT_CHUNK_SHIFT, SLOT_NONE } from "../abi";
import { recordSlot } from "../record";
import { run } from "./machine";
import { programCode, programScreen, programWords } from "./program";
import { laneAsk, laneFind } from "./lane";
import { OP_RETURN } from "./opcode";
import {
  screenBlock, screenCode, screened, screenExamined, screenLane, screenLaneSlots, screenName, screenWorks, SCREEN_RECORDS,
} from "./screen";
import { touchRecords } from "./touch";
import { workLeft, workSet, workSpend } from "./work";

/**
 * Writes the addresses of up to `count`, at most 1024, matching records in slot order, from `slot` on, to the key
 * buffer; returns how many. It stops early after `work` units (about 50 ns each; a row takes at least one). Sets
 * S_SCAN_NEXT to the slot to continue from, S_SCAN_EXAMINED to the number of records examined.
 */
export function filter_scan(program: usize, slot: u32, count: u32, work: u32): u32 {
  return scan(program, slot, min<u32>(count, 1024), work, LISTED, 0, u32.MAX_VALUE);
}

/** The same without addresses: only counts. */
export function filter_count(program: usize, slot: u32, work: u32): u32 {
  return scan(program, slot, u32.MAX_VALUE, work, COUNTED, 0, u32.MAX_VALUE);
}

/**
 * The same, but sets the bits of the matching slots in a bitmap of `slots` bits, zero before; slots beyond it are not
 * examined.
 */
export function filter_mark(program: usize, slot: u32, bitmap: usize, slots: u32, work: u32): u32 {
  return scan(program, slot, u32.MAX_VALUE, work, MARKED, bitmap, slots);
}

/** Announces a scan of all records, for which the field it reads may be laid out as a lane. May grow memory. */
export function filter_lane(program: usize): void {
  laneAsk(screenName(programScreen(program)));
}

export function filter_match(program: usize, record: usize): bool {
  workSet(0);
  return run(program, record);
}

// What is done with a match.
const COUNTED: u32 = 0;
const LISTED: u32 = 1;
const MARKED: u32 = 2;

/** State of the current scan. */
let found: u32 = 0;
let examined: u32 = 0;
/** Units of work charged for running the machine on a record: a filter may have thousands of conditions. */
let each: u32 = 1;

function scan(program: usize, slot: u32, count: u32, work: u32, use: u32, bitmap: usize, slots: u32): u32 {
  const top = min<u32>(load<u32>(S_SLOT_TOP), slots);
  const directory = <usize>load<u32>(S_SLOT_DIRECTORY);
  const screen = programScreen(program);
  const isScreened = screenWorks(screen);
  laneFind(screenName(screen));
  workSet(<i32>min<u32>(work, 0x3fffffff));
  found = 0;
  examined = 0;
  each = 1 + (programWords(program) >> 5);
  let at = slot;
  while (at < top && found < count && workLeft > 0) {
    const chunk = <usize>load<u32>(directory + (<usize>(at >> SLOT_CHUNK_SHIFT) << 2));
    const end = min<u32>(top, (at | SLOT_CHUNK_MASK) + 1);
    at = isScreened ? screenedChunk(program, screen, chunk, at, end, count, use, bitmap) : chunkOf(program, chunk, at, end, count, use, bitmap);
  }
  if (use == LISTED) touchRecords(KEY_BUFFER, found);
  store<u32>(S_SCAN_NEXT, at < top ? at : SLOT_NONE);
  store<u32>(S_SCAN_EXAMINED, examined);
  return found;
}

// @ts-ignore: decorator
@inline function keep(record: usize, slot: u32, use: u32, bitmap: usize): void {
  if (use == LISTED) {
    store<u32>(KEY_BUFFER + (<usize>found << 2), <u32>record);
  } else if (use == MARKED) {
    const byte = bitmap + (slot >> 3);
    store<u8>(byte, load<u8>(byte) | <u8>(<u32>1 << (slot & 7)));
  }
  found++;
}

/** Runs the machine on each record of one chunk; returns the slot to continue from. */
function chunkOf(program: usize, chunk: usize, slot: u32, end: u32, count: u32, use: u32, bitmap: usize): u32 {
  let at = slot;
  let entry = chunk + (<usize>(at & SLOT_CHUNK_MASK) << 3);
  let touchedTo = entry;
  while (at < end) {
    if (entry >= touchedTo) {
      // Free slots cost something, too: there may be millions in a row.
      if (workLeft <= 0) break;
      workSpend(1);
      touchedTo = touch(entry, min<u32>(end - at, 16));
    }
    const record = <usize>load<u32>(entry);
    at++;
    entry += 8;
    if (record == 0) continue;
    examined++;
    workSpend(each);
    if (run(program, record)) {
      keep(record, at - 1, use, bitmap);
      if (found == count) break;
    }
    if (workLeft <= 0) break;
  }
  return at;
}

/** The same block by block: the machine runs only on what passes the screen. */
function screenedChunk(program: usize, screen: usize, chunk: usize, slot: u32, end: u32, count: u32, use: u32, bitmap: usize): u32 {
  const code = screenCode(screen);
  const isRead = (load<u32>(code) & 0xff) != OP_RETURN;
  let at = slot;
  while (at < end && found < count && workLeft > 0) {
    const entry = chunk + (<usize>(at & SLOT_CHUNK_MASK) << 3);
    const laned = screenLaneSlots(at, end);
    const slots = laned != 0 ? laned : min<u32>(end - at, SCREEN_RECORDS - (at & SCREEN_RECORDS - 1));
    const through = laned != 0 ? screenLane(screen, entry, at, slots) : screenBlock(screen, entry, slots);
    const throughEnd = screened + (<usize>through << 2);
    // A record that does not pass the screen takes about 5 ns, over a lane 0.5.
    workSpend(1 + (screenExamined >> (laned != 0 ? 6 : 3)));
    if (laned != 0 && isRead) touchRecords(screened, through);
    let next = at + slots;
    for (let place = screened; place < throughEnd; place += 4) {
      const mark = load<u32>(place);
      const record = <usize>(mark & ~1);
      workSpend(each);
      if (!run(program, record, mark & 1 ? programCode(program) : code)) continue;
      keep(record, use == MARKED ? recordSlot(record) : 0, use, bitmap);
      if (found < count) continue;
      next = recordSlot(record) + 1;
      break;
    }
    examined += next == at + slots ? screenExamined : taken(entry, next - at);
    at = next;
  }
  return at;
}

/** Number of slots with a record. */
function taken(entry: usize, slots: u32): u32 {
  let count: u32 = 0;
  for (const end = entry + (<usize>slots << 3); entry < end; entry += 8) count += <u32>(load<u32>(entry) != 0);
  return count;
}

/** Kept so that the compiler does not remove the loads. */
let touched: u32 = 0;

/**
 * Reads the first lines of the next records side by side: their cache misses overlap, while the machine would wait for
 * each in turn (on a number in the first line 42 M records/s, without this 27). Returns where the touched entries end.
 */
// @ts-ignore: decorator
@inline function touch(entry: usize, slots: u32): usize {
  const end = entry + (<usize>slots << 3);
  let sum: u32 = 0;
  const limit = (<usize>memory.size() << 16) - 80;
  for (let at = entry; at < end; at += 8) {
    const record = min<usize>(<usize>load<u32>(at), limit);
    sum += load<u32>(record, 8) + load<u32>(record, 72);
  }
  touched += sum;
  return end;
}
