// Work memory of walks and selections. It belongs to the process, not to the graph: it is not in snapshots, and all
// graphs of a partition share it, because nothing else runs meanwhile.

import { PAGE_BYTES, PAGE_SCRATCH, S_SLOT_TOP } from "../abi";
import { pagesAcquire, pagesFor, pagesRelease } from "../memory";

/** Maximum number of results that a walk keeps. */
export const EF_MAX: u32 = 16384;
/** Maximum number of candidates waiting. */
export const CANDIDATES_MAX: u32 = 65536;
/**
 * Maximum number of lists followed together: with more, more cache misses overlap; with fewer, fewer are read in vain.
 */
export const LISTS_MAX: usize = 4;
/** Maximum number of links in a list. */
export const LINKS_MAX: u32 = 512;

const RESULTS_BYTES: usize = <usize>(EF_MAX + 2) << 3;
const KEYS_BYTES: usize = <usize>(LINKS_MAX + 8) << 3;
const LINKS_BYTES: usize = <usize>(LINKS_MAX + 8) << 2;
const BATCH_BYTES: usize = (<usize>LINKS_MAX * LISTS_MAX + 8) << 2;

/** u64[CANDIDATES_MAX], a heap with the least key on top. */
export let candidates: usize = 0;
/** u64[EF_MAX], a heap with the greatest key on top. */
export let results: usize = 0;
/** Keys of nodes from which a list is chosen. */
export let keys: usize = 0;
/** Lists followed together, their links that were not met before, and the rows of these. */
export let batchLists: usize = 0;
export let batchLinks: usize = 0;
export let batchRows: usize = 0;
/** Chosen slots, their rows, and their distances from the base. */
export let chosen: usize = 0;
export let chosenRows: usize = 0;
export let chosenDistances: usize = 0;
/** Neighbours of a node being removed, and their keys. */
export let orphans: usize = 0;
export let orphanKeys: usize = 0;
/** Four distances. */
export let four: usize = 0;
/** The query made from a node's own vector. */
export let ownQuery: usize = 0;
/** The query made from a row's codes, while neighbours are chosen. */
export let rowQuery: usize = 0;

let ownQueryBytes: usize = 0;
let marks: usize = 0;
let marksSlots: u32 = 0;
let epoch: u32 = 0;

/** Reserves room for walks with queries of `queryBytes`. Returns false if memory is exhausted. */
export function scratchReach(queryBytes: usize): bool {
  if (candidates == 0) {
    const bytes = (<usize>CANDIDATES_MAX << 3) + RESULTS_BYTES + 2 * KEYS_BYTES + 2 * BATCH_BYTES + 4 * LINKS_BYTES + 16 + (LISTS_MAX << 2);
    const at = pagesAcquire(pagesFor(bytes), PAGE_SCRATCH);
    if (at == 0) return false;
    candidates = at;
    results = at + (<usize>CANDIDATES_MAX << 3);
    keys = results + RESULTS_BYTES;
    orphanKeys = keys + KEYS_BYTES;
    batchLinks = orphanKeys + KEYS_BYTES;
    batchRows = batchLinks + BATCH_BYTES;
    chosen = batchRows + BATCH_BYTES;
    chosenRows = chosen + LINKS_BYTES;
    chosenDistances = chosenRows + LINKS_BYTES;
    orphans = chosenDistances + LINKS_BYTES;
    four = orphans + LINKS_BYTES;
    batchLists = four + 16;
  }
  if (queryBytes > ownQueryBytes) {
    pagesRelease(ownQuery, pagesFor(ownQueryBytes << 1));
    ownQueryBytes = 0;
    ownQuery = pagesAcquire(pagesFor(queryBytes << 1), PAGE_SCRATCH);
    if (ownQuery == 0) return false;
    rowQuery = ownQuery + queryBytes;
    ownQueryBytes = queryBytes;
  }
  const top = load<u32>(S_SLOT_TOP);
  if (top > marksSlots) {
    pagesRelease(marks, pagesFor(<usize>marksSlots));
    marksSlots = 0;
    const pages = pagesFor(<usize>(top + (top >> 2)));
    marks = pagesAcquire(pages, PAGE_SCRATCH);
    if (marks == 0) return false;
    marksSlots = pages * <u32>PAGE_BYTES;
    epoch = 0;
  }
  return true;
}

/** Forgets which slots were met. The returned number marks slots met from now on, at the address given by `marksAt`. */
export function marksBegin(): u32 {
  epoch++;
  if (epoch > 0xff) {
    memory.fill(marks, 0, <usize>marksSlots);
    epoch = 1;
  }
  return epoch;
}

// @ts-ignore: decorator
@inline export function marksAt(slot: u32): usize {
  return marks + <usize>slot;
}
