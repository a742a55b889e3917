// One index: what it covers, and where its tree is. All of it is in pages of its own, which are part of a snapshot and are released when the index is
// dropped.
//
// Index: | 0 id u32 | 4 flags | 8 fields u32 | 12 root u32 | 16 levels above the leaves u32 | 20 entries u32 | 24 free node u32 |
//        | 28 free nodes u32 | 32 pages of this run u32 | 36 further page u32 | 40 changes u32 | 44 texts u32 | 48 built up to slot u32 |
//        | 52 bytes of the definition u32 | 56 zero | 64 address of a path u32[16] | 128 names, paths, the definition as given | nodes |
// Definition as given: for each field a count of steps u32 and {position i32, bytes of the name u32 (all ones: none), UTF-8, padding to 4}[].

import { PAGE_BYTES, PAGE_STRUCT, S_DERIVED, S_ORDERED, S_ORDERED_TOP, S_ORDERED_UNIQUE, DERIVED_ORDERED, ORDERED_MAX, SLOT_NONE, TAG_ARRAY } from "../abi";
import { NAME_BYTES, PATH_STEPS, pathFollow } from "../filter";
import { pagesAcquire, pagesFor, pagesRelease } from "../memory";
import { slotAddress } from "../slot";
import { nodeOf } from "./order";

export const INDEX_UNIQUE: u32 = 1;
/** If the value of the first field is an array, each element has an entry. */
export const INDEX_MULTI: u32 = 2;
/** In place of an element number: the entry is for the value itself. */
export const ELEMENT_NONE: u32 = 0xffffffff;

const ID: usize = 0;
const FLAGS: usize = 4;
const FIELDS: usize = 8;
const ROOT: usize = 12;
const LEVELS: usize = 16;
const ENTRIES: usize = 20;
const FREE: usize = 24;
const FREE_COUNT: usize = 28;
const PAGES: usize = 32;
const FURTHER: usize = 36;
const CHANGES: usize = 40;
const TEXTS: usize = 44;
const BUILT: usize = 48;
const GIVEN_BYTES: usize = 52;
const PATHS: usize = 64;
const HEAD_BYTES: usize = 128;
const NO_NAME: u32 = 0xffffffff;

export const NODE_BYTES: usize = 1024;

// @ts-ignore: decorator
@inline export function indexAt(number: u32): usize {
  return <usize>load<u32>(S_ORDERED + (<usize>number << 2));
}

// @ts-ignore: decorator
@inline export function indexId(index: usize): u32 {
  return load<u32>(index, ID);
}

// @ts-ignore: decorator
@inline export function indexIs(index: usize, flag: u32): bool {
  return (load<u32>(index, FLAGS) & flag) != 0;
}

// @ts-ignore: decorator
@inline export function indexFields(index: usize): u32 {
  return load<u32>(index, FIELDS);
}

// @ts-ignore: decorator
@inline export function indexRoot(index: usize): usize {
  return <usize>load<u32>(index, ROOT);
}

// @ts-ignore: decorator
@inline export function indexLevels(index: usize): u32 {
  return load<u32>(index, LEVELS);
}

// @ts-ignore: decorator
@inline export function indexSetRoot(index: usize, root: usize, levels: u32): void {
  store<u32>(index, <u32>root, ROOT);
  store<u32>(index, levels, LEVELS);
}

// @ts-ignore: decorator
@inline export function indexEntries(index: usize): u32 {
  return load<u32>(index, ENTRIES);
}

// @ts-ignore: decorator
@inline export function indexAddEntries(index: usize, count: i32): void {
  store<u32>(index, load<u32>(index, ENTRIES) + count, ENTRIES);
}

/** Counts strings that have an entry under INDEX_MULTI without being elements. */
// @ts-ignore: decorator
@inline export function indexAddTexts(index: usize, count: i32): void {
  store<u32>(index, load<u32>(index, TEXTS) + count, TEXTS);
}

// @ts-ignore: decorator
@inline export function indexChanged(index: usize): void {
  store<u32>(index, load<u32>(index, CHANGES) + 1, CHANGES);
}

/** Lower slots have their entries, the others none yet; SLOT_NONE: the index is complete. */
// @ts-ignore: decorator
@inline export function indexBuilt(index: usize): u32 {
  return load<u32>(index, BUILT);
}

// @ts-ignore: decorator
@inline export function indexSetBuilt(index: usize, slot: u32): void {
  store<u32>(index, slot, BUILT);
}

// --- values

/** A slot whose record currently differs from that in the slot table, and this record. */
let otherSlot: u32 = SLOT_NONE;
let otherRecord: usize = 0;

// @ts-ignore: decorator
@inline export function readSlotAs(slot: u32, record: usize): void {
  otherSlot = slot;
  otherRecord = record;
}

// @ts-ignore: decorator
@inline export function recordOf(slot: u32): usize {
  return slot == otherSlot ? otherRecord : slotAddress(slot);
}

/** The word of a field; 0 if it is missing. */
// @ts-ignore: decorator
@inline export function fieldOf(index: usize, record: usize, field: u32): u32 {
  return pathFollow(record, <usize>load<u32>(index + PATHS + (<usize>field << 2)));
}

/** The word of the first field of an entry. */
export function firstOf(index: usize, record: usize, element: u32): u32 {
  const word = fieldOf(index, record, 0);
  if (element == ELEMENT_NONE || word >> 28 != TAG_ARRAY) return word;
  return load<u32>(nodeOf(record, word) + 4 + (<usize>element << 2));
}

// --- making and dropping

/** Creates an index without entries; the caller then writes its definition at `indexGiven`. Returns 0 if memory is exhausted. */
export function indexCreate(number: u32, id: u32, flags: u32, fields: u32, steps: u32, givenBytes: u32): usize {
  const bytes = HEAD_BYTES + <usize>steps * (NAME_BYTES + 8) + <usize>fields * PATH_STEPS + ((<usize>givenBytes + 7) & ~7);
  const pages = pagesFor(bytes + NODE_BYTES);
  const index = pagesAcquire(pages, PAGE_STRUCT);
  if (index == 0) return 0;
  store<u32>(index, id, ID);
  store<u32>(index, flags, FLAGS);
  store<u32>(index, fields, FIELDS);
  store<u32>(index, pages, PAGES);
  store<u32>(index, givenBytes, GIVEN_BYTES);
  const nodes = (index + bytes + NODE_BYTES - 1) & ~(NODE_BYTES - 1);
  listNodes(index, nodes, index + <usize>pages * PAGE_BYTES);
  store<u32>(S_ORDERED + (<usize>number << 2), <u32>index);
  store<u32>(S_ORDERED_TOP, max(load<u32>(S_ORDERED_TOP), number + 1));
  store<u32>(S_DERIVED, load<u32>(S_DERIVED) | DERIVED_ORDERED);
  return index;
}

/** Address of the definition as given: after the names and paths made from it. */
export function indexGiven(index: usize, steps: u32): usize {
  return index + HEAD_BYTES + <usize>steps * (NAME_BYTES + 8) + <usize>indexFields(index) * PATH_STEPS;
}

/** Makes the paths from the definition. */
export function indexDefine(index: usize, steps: u32): void {
  let given = indexGiven(index, steps);
  let name = index + HEAD_BYTES;
  let path = name + <usize>steps * NAME_BYTES;
  const fields = indexFields(index);
  for (let field: u32 = 0; field < fields; field++) {
    const count = load<u32>(given);
    given += 4;
    store<u32>(index + PATHS + (<usize>field << 2), <u32>path);
    store<u32>(path, count);
    path += PATH_STEPS;
    for (let step: u32 = 0; step < count; step++) {
      const bytes = load<u32>(given, 4);
      store<i32>(path, load<i32>(given), 4);
      given += 8;
      if (bytes != NO_NAME) {
        store<u32>(name, bytes);
        store<u32>(name, <u32>given, 4);
        store<u32>(path, <u32>name);
        given += (<usize>bytes + 3) & ~3;
      }
      name += NAME_BYTES;
      path += 8;
    }
  }
}

export function indexDrop(number: u32): void {
  const index = indexAt(number);
  if (index == 0) return;
  if (indexIs(index, INDEX_UNIQUE) && indexBuilt(index) == SLOT_NONE) store<u32>(S_ORDERED_UNIQUE, load<u32>(S_ORDERED_UNIQUE) - 1);
  let page = <usize>load<u32>(index, FURTHER);
  while (page != 0) {
    const next = <usize>load<u32>(page);
    pagesRelease(page, 1);
    page = next;
  }
  pagesRelease(index, load<u32>(index, PAGES));
  store<u32>(S_ORDERED + (<usize>number << 2), 0);
  let top: u32 = ORDERED_MAX;
  while (top > 0 && indexAt(top - 1) == 0) top--;
  store<u32>(S_ORDERED_TOP, top);
  if (top == 0) store<u32>(S_DERIVED, load<u32>(S_DERIVED) & ~DERIVED_ORDERED);
}

// --- nodes

/** Turns [from, to) into free nodes. */
function listNodes(index: usize, from: usize, to: usize): void {
  let head = load<u32>(index, FREE);
  let count = load<u32>(index, FREE_COUNT);
  // The first node will be handed out first.
  for (let node = to - NODE_BYTES; node >= from; node -= NODE_BYTES) {
    store<u32>(node, head, 4);
    head = <u32>node;
    count++;
  }
  store<u32>(index, head, FREE);
  store<u32>(index, count, FREE_COUNT);
}

/** Ensures that `count` nodes can be acquired; returns false if memory is exhausted. */
export function nodesReserve(index: usize, count: u32): bool {
  while (load<u32>(index, FREE_COUNT) < count) {
    const page = pagesAcquire(1, PAGE_STRUCT);
    if (page == 0) return false;
    // The first node's place holds the link to the next page.
    store<u32>(page, load<u32>(index, FURTHER));
    store<u32>(index, <u32>page, FURTHER);
    listNodes(index, page + NODE_BYTES, page + PAGE_BYTES);
  }
  return true;
}

/** A reserved node, with a zeroed head. */
export function nodeAcquire(index: usize): usize {
  const node = <usize>load<u32>(index, FREE);
  assert(node != 0);
  store<u32>(index, load<u32>(node, 4), FREE);
  store<u32>(index, load<u32>(index, FREE_COUNT) - 1, FREE_COUNT);
  store<u64>(node, 0);
  store<u64>(node, 0, 8);
  return node;
}

export function nodeRelease(index: usize, node: usize): void {
  store<u32>(node, load<u32>(index, FREE), 4);
  store<u32>(index, <u32>node, FREE);
  store<u32>(index, load<u32>(index, FREE_COUNT) + 1, FREE_COUNT);
}

/** Removes all entries; the nodes stay with the index. */
export function indexClear(index: usize): void {
  store<u32>(index, 0, FREE);
  store<u32>(index, 0, FREE_COUNT);
  indexSetRoot(index, 0, 0);
  store<u32>(index, 0, ENTRIES);
  store<u32>(index, 0, TEXTS);
  indexChanged(index);
  const steps = stepsOf(index);
  const bytes = indexGiven(index, steps) - index + ((<usize>load<u32>(index, GIVEN_BYTES) + 7) & ~7);
  listNodes(index, (index + bytes + NODE_BYTES - 1) & ~(NODE_BYTES - 1), index + <usize>load<u32>(index, PAGES) * PAGE_BYTES);
  for (let page = <usize>load<u32>(index, FURTHER); page != 0; page = <usize>load<u32>(page)) listNodes(index, page + NODE_BYTES, page + PAGE_BYTES);
}

function stepsOf(index: usize): u32 {
  let steps: u32 = 0;
  const fields = indexFields(index);
  for (let field: u32 = 0; field < fields; field++) steps += load<u32>(<usize>load<u32>(index + PATHS + (<usize>field << 2)));
  return steps;
}
