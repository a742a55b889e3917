// Shapes: ordered lists of field names, kept once per partition. The JS side assigns ids, for a whole collection.
//
// Shape: | 0 fields u32 | 4 index of the primary key i32, -1: none | 8 copies in the log u32 | 12 copies in the next log u32 | 16 name id u32[] |
// Name:  | 0 bytes u32 | 4 UTF-8 |
// A log holds each shape twice, in different groups: if one is damaged, the records of the others can still be salvaged.
// Entry of a log (KIND_SHAPE): | 0 block word | 4 shape id u32 | 8 fields u32 | 12 zero | 16 {bytes u32, UTF-8, padding to 4}[] |

import {
  KIND_SHAPE, S_NAME_CAPACITY, S_NAME_DIRECTORY, S_NAME_TABLE, S_NAME_TABLE_MASK, S_NAME_TOP, S_PRIMARY_NAME, S_SHAPE_CAPACITY,
  S_SHAPE_DIRECTORY, S_SHAPE_TOP, S_SHAPES_UNLOGGED, SHAPE_INLINE, STATUS_CORRUPT, STATUS_OK, STATUS_OUT_OF_MEMORY,
  BLOCK_KIND_SHIFT,
} from "../abi";
import { structAcquire } from "../memory";
import { bytesEqual } from "./bytes";

const COPIES: usize = 8;
const COPIES_NEXT: usize = 12;
export const SHAPE_COPIES: u32 = 2;
const SHAPE_NAMES: usize = 16;
const ENTRY_NAMES: usize = 16;

// FNV-1a: names are limited in number, so the table needs no keyed hash.
function nameHash(address: usize, bytes: u32): u32 {
  let hash: u32 = 2166136261;
  for (let i: u32 = 0; i < bytes; i++) hash = (hash ^ load<u8>(address + i)) * 16777619;
  return hash ^ (hash >> 15);
}

// @ts-ignore: decorator
@inline export function namePointer(id: u32): usize {
  return <usize>load<u32>(<usize>load<u32>(S_NAME_DIRECTORY) + (<usize>id << 2));
}

/** Grows an array of u32; returns the new one or 0. */
function growArray(array: u32, capacity: u32, wanted: u32): usize {
  const grown = structAcquire(<usize>wanted << 2);
  if (grown != 0 && array != 0) memory.copy(grown, array, <usize>capacity << 2);
  return grown;
}

function rehashNames(): bool {
  const mask = max<u32>(63, (load<u32>(S_NAME_TABLE_MASK) << 1) | 1);
  const table = structAcquire((<usize>mask + 1) << 2);
  if (table == 0) return false;
  const top = load<u32>(S_NAME_TOP);
  for (let id: u32 = 0; id < top; id++) {
    const name = namePointer(id);
    let at = nameHash(name + 4, load<u32>(name)) & mask;
    while (load<u32>(table + (<usize>at << 2)) != 0) at = (at + 1) & mask;
    store<u32>(table + (<usize>at << 2), id + 1);
  }
  store<u32>(S_NAME_TABLE, <u32>table);
  store<u32>(S_NAME_TABLE_MASK, mask);
  return true;
}

/** Id of a known name, plus 1; 0 if it is not known. */
export function nameFind(address: usize, bytes: u32): u32 {
  const table = <usize>load<u32>(S_NAME_TABLE);
  if (table == 0) return 0;
  const mask = load<u32>(S_NAME_TABLE_MASK);
  let at = nameHash(address, bytes) & mask;
  let id = load<u32>(table + (<usize>at << 2));
  while (id != 0) {
    const name = namePointer(id - 1);
    if (load<u32>(name) == bytes && bytesEqual(name + 4, address, bytes)) break;
    at = (at + 1) & mask;
    id = load<u32>(table + (<usize>at << 2));
  }
  return id;
}

/** Id of a name plus 1, added if necessary; 0 when memory is exhausted. */
export function nameIntern(address: usize, bytes: u32): u32 {
  const known = nameFind(address, bytes);
  if (known != 0) return known;
  const id = load<u32>(S_NAME_TOP);
  if (id >= load<u32>(S_NAME_CAPACITY)) {
    const wanted = max<u32>(64, id << 1);
    const grown = growArray(load<u32>(S_NAME_DIRECTORY), id, wanted);
    if (grown == 0) return 0;
    store<u32>(S_NAME_DIRECTORY, <u32>grown);
    store<u32>(S_NAME_CAPACITY, wanted);
  }
  // At most half full.
  if (load<u32>(S_NAME_TABLE) == 0 || (id << 1) >= load<u32>(S_NAME_TABLE_MASK)) {
    if (!rehashNames()) return 0;
  }
  const name = structAcquire(<usize>bytes + 4);
  if (name == 0) return 0;
  store<u32>(name, bytes);
  memory.copy(name + 4, address, bytes);
  store<u32>(<usize>load<u32>(S_NAME_DIRECTORY) + (<usize>id << 2), <u32>name);
  const table = <usize>load<u32>(S_NAME_TABLE);
  const mask = load<u32>(S_NAME_TABLE_MASK);
  let at = nameHash(address, bytes) & mask;
  while (load<u32>(table + (<usize>at << 2)) != 0) at = (at + 1) & mask;
  store<u32>(table + (<usize>at << 2), id + 1);
  store<u32>(S_NAME_TOP, id + 1);
  return id + 1;
}

// @ts-ignore: decorator
@inline export function shapePointer(id: u32): usize {
  return <usize>load<u32>(<usize>load<u32>(S_SHAPE_DIRECTORY) + (<usize>id << 2));
}

export function shapeKnown(id: u32): bool {
  return id < load<u32>(S_SHAPE_TOP) && shapePointer(id) != 0;
}

// @ts-ignore: decorator
@inline export function shapeFields(shape: usize): u32 {
  return load<u32>(shape);
}

// @ts-ignore: decorator
@inline export function shapeKeyIndex(shape: usize): i32 {
  return load<i32>(shape, 4);
}

// @ts-ignore: decorator
@inline export function shapeName(shape: usize, field: u32): u32 {
  return load<u32>(shape + SHAPE_NAMES + (<usize>field << 2));
}

/** Position of a name in a shape, or -1. */
export function shapeIndexOf(shape: usize, name: u32): i32 {
  const fields = shapeFields(shape);
  for (let i: u32 = 0; i < fields; i++) if (shapeName(shape, i) == name) return <i32>i;
  return -1;
}

/** Adds a shape of `fields` names, each `bytes u32, UTF-8, padding to 4`. `copies`: how many copies the log has, counting this one. */
export function shapeDefine(id: u32, fields: u32, names: usize, copies: u32): i32 {
  if (id >= SHAPE_INLINE) return STATUS_CORRUPT;
  if (shapeKnown(id)) {
    if (copies != 0) shapeLogged(shapePointer(id));
    return STATUS_OK;
  }
  const capacity = load<u32>(S_SHAPE_CAPACITY);
  if (id >= capacity) {
    const wanted = max<u32>(max<u32>(64, capacity << 1), id + 1);
    const grown = growArray(load<u32>(S_SHAPE_DIRECTORY), capacity, wanted);
    if (grown == 0) return STATUS_OUT_OF_MEMORY;
    store<u32>(S_SHAPE_DIRECTORY, <u32>grown);
    store<u32>(S_SHAPE_CAPACITY, wanted);
  }
  const shape = structAcquire(SHAPE_NAMES + (<usize>fields << 2));
  if (shape == 0) return STATUS_OUT_OF_MEMORY;
  const primary = load<u32>(S_PRIMARY_NAME);
  let keyIndex: i32 = -1;
  let at = names;
  for (let i: u32 = 0; i < fields; i++) {
    const bytes = load<u32>(at);
    const name = nameIntern(at + 4, bytes);
    if (name == 0) return STATUS_OUT_OF_MEMORY;
    if (name == primary) keyIndex = <i32>i;
    store<u32>(shape + SHAPE_NAMES + (<usize>i << 2), name - 1);
    at += 4 + ((<usize>bytes + 3) & ~3);
  }
  store<u32>(shape, fields);
  store<i32>(shape, keyIndex, 4);
  store<u32>(shape, copies, COPIES);
  store<u32>(S_SHAPES_UNLOGGED, load<u32>(S_SHAPES_UNLOGGED) + 1);
  store<u32>(<usize>load<u32>(S_SHAPE_DIRECTORY) + (<usize>id << 2), <u32>shape);
  if (id >= load<u32>(S_SHAPE_TOP)) store<u32>(S_SHAPE_TOP, id + 1);
  return STATUS_OK;
}

/** Number of copies in the log. */
export function shapeCopies(shape: usize): u32 {
  return load<u32>(shape, COPIES);
}

/** Counts one more copy in the log. */
export function shapeLogged(shape: usize): void {
  const copies = load<u32>(shape, COPIES) + 1;
  store<u32>(shape, copies, COPIES);
  if (copies == SHAPE_COPIES) store<u32>(S_SHAPES_UNLOGGED, load<u32>(S_SHAPES_UNLOGGED) - 1);
}

/** Number of copies in the log that a compaction writes. */
export function shapeCopiesNext(shape: usize): u32 {
  return load<u32>(shape, COPIES_NEXT);
}

export function shapeSetCopiesNext(shape: usize, copies: u32): void {
  store<u32>(shape, copies, COPIES_NEXT);
}

/** Called when the next log becomes the log: takes over its number of copies, unless the appended tail already has enough. */
export function shapeAdoptCopies(shape: usize): void {
  if (load<u32>(shape, COPIES) >= SHAPE_COPIES || load<u32>(shape, COPIES_NEXT) < SHAPE_COPIES) return;
  store<u32>(shape, SHAPE_COPIES, COPIES);
  store<u32>(S_SHAPES_UNLOGGED, load<u32>(S_SHAPES_UNLOGGED) - 1);
}

/** Length in bytes of the shape's entry in a log. */
export function shapeEntryBytes(shape: usize): u32 {
  let bytes: u32 = <u32>ENTRY_NAMES;
  const fields = shapeFields(shape);
  for (let i: u32 = 0; i < fields; i++) bytes += 4 + ((load<u32>(namePointer(shapeName(shape, i))) + 3) & ~3);
  return (bytes + 7) & ~7;
}

/** Writes the shape's entry. */
export function shapeWriteEntry(id: u32, to: usize): u32 {
  const shape = shapePointer(id);
  const bytes = shapeEntryBytes(shape);
  memory.fill(to, 0, bytes);
  store<u32>(to, (bytes >> 3) | (KIND_SHAPE << BLOCK_KIND_SHIFT));
  store<u32>(to, id, 4);
  const fields = shapeFields(shape);
  store<u32>(to, fields, 8);
  let at = to + ENTRY_NAMES;
  for (let i: u32 = 0; i < fields; i++) {
    const name = namePointer(shapeName(shape, i));
    const nameBytes = load<u32>(name);
    store<u32>(at, nameBytes);
    memory.copy(at + 4, name + 4, nameBytes);
    at += 4 + ((<usize>nameBytes + 3) & ~3);
  }
  return bytes;
}

/** Adds a shape from its entry, which is checked, not trusted. */
export function shapeReadEntry(entry: usize, bytes: u32): i32 {
  const id = load<u32>(entry, 4);
  const fields = load<u32>(entry, 8);
  let at = entry + ENTRY_NAMES;
  const end = entry + bytes;
  for (let i: u32 = 0; i < fields; i++) {
    if (at + 4 > end) return STATUS_CORRUPT;
    const nameBytes = load<u32>(at);
    if (nameBytes > bytes || at + 4 + nameBytes > end) return STATUS_CORRUPT;
    at += 4 + ((<usize>nameBytes + 3) & ~3);
  }
  return shapeDefine(id, fields, entry + ENTRY_NAMES, 1);
}
