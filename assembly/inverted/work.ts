// Scratch memory of the calls: their input and output, and sums by slot while a search runs. It is kept between calls
// and grows; snapshots do not include it.

import { PAGE_BYTES, PAGE_SCRATCH } from "../abi";
import { pagesAcquire, pagesFor, pagesRelease } from "../memory";

/** Input staged by JS, the answer of a call, and sums with the list of slots that have one. */
let staged: usize = 0;
let stagedPages: u32 = 0;
let answer: usize = 0;
let answerPages: u32 = 0;
let sums: usize = 0;
let sumsPages: u32 = 0;
let sumsSlots: u32 = 0;

/** A slot without a sum. No sum is ever -0: see score.ts. */
export const UNTOUCHED: u32 = 0x80000000;

/** Reserves room for `bytes` of input; 0 when memory is exhausted. The content is lost when it moves. */
export function stageReserve(bytes: usize): usize {
  const pages = pagesFor(bytes + 16);
  if (pages <= stagedPages) return staged;
  pagesRelease(staged, stagedPages);
  staged = pagesAcquire(pages, PAGE_SCRATCH);
  stagedPages = staged == 0 ? 0 : pages;
  return staged;
}

/** Reserves room for an answer; 0 when memory is exhausted. */
export function answerReserve(bytes: usize): usize {
  const pages = pagesFor(bytes + 16);
  if (pages <= answerPages) return answer;
  pagesRelease(answer, answerPages);
  answer = pagesAcquire(pages, PAGE_SCRATCH);
  answerPages = answer == 0 ? 0 : pages;
  return answer;
}

/**
 * Reserves sums for this many slots, all untouched, followed by room for as many slot numbers; 0 when memory is
 * exhausted.
 */
export function sumsReserve(slots: u32): usize {
  if (slots <= sumsSlots) return sums;
  pagesRelease(sums, sumsPages);
  const pages = pagesFor(<usize>slots << 3);
  sums = pagesAcquire(pages, PAGE_SCRATCH);
  sumsPages = sums == 0 ? 0 : pages;
  sumsSlots = sums == 0 ? 0 : <u32>((<usize>pages * PAGE_BYTES) >> 3);
  sumsClear();
  return sums;
}

/** Address of the list of touched slots. */
// @ts-ignore: decorator
@inline export function touchedList(): usize {
  return sums + (<usize>sumsSlots << 2);
}

/** Resets all sums to untouched. */
function sumsClear(): void {
  const end = sums + (<usize>sumsSlots << 2);
  const pattern = i32x4.splat(<i32>UNTOUCHED);
  for (let at = sums; at < end; at += 16) v128.store(at, pattern);
}

/** Resets the sums of the `count` slots in the list to untouched. */
export function sumsReset(count: u32): void {
  if (count > sumsSlots >> 3) {
    sumsClear();
    return;
  }
  const list = touchedList();
  for (let i: u32 = 0; i < count; i++) store<u32>(sums + (<usize>load<u32>(list + (<usize>i << 2)) << 2), UNTOUCHED);
}

/** Releases large scratch memory. */
export function workRelease(): void {
  pagesRelease(staged, stagedPages);
  pagesRelease(answer, answerPages);
  pagesRelease(sums, sumsPages);
  staged = 0;
  answer = 0;
  sums = 0;
  stagedPages = 0;
  answerPages = 0;
  sumsPages = 0;
  sumsSlots = 0;
}
