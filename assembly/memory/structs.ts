// Structures of a partition (hash segments, slot chunks, shapes): bump allocation, 16-byte aligned, zeroed, never freed one
// by one. Their pages are what a snapshot holds.

import { PAGE_BYTES, PAGE_STRUCT, S_STRUCT_END, S_STRUCT_NEXT } from "../abi";
import { pagesAcquire, pagesFor } from "./pages";

/** Seven hash segments fill a run of four pages to 99.8 %. */
const RUN_PAGES: u32 = 4;

/** Acquires zeroed bytes; 0 when memory is exhausted. */
export function structAcquire(bytes: usize): usize {
  const size = (bytes + 15) & ~15;
  if (size >= PAGE_BYTES) return pagesAcquire(pagesFor(size), PAGE_STRUCT);
  let next = <usize>load<u32>(S_STRUCT_NEXT);
  if (next == 0 || next + size > <usize>load<u32>(S_STRUCT_END)) {
    next = pagesAcquire(RUN_PAGES, PAGE_STRUCT);
    if (next == 0) return 0;
    store<u32>(S_STRUCT_END, <u32>(next + <usize>RUN_PAGES * PAGE_BYTES));
  }
  store<u32>(S_STRUCT_NEXT, <u32>(next + size));
  return next;
}
