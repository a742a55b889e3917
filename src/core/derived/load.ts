// Instantiates the derived/ module over the memory of a partition's core, and puts its hooks into the core's table.

import { HOOK_CHANGED, HOOK_CLASH, HOOK_UNDO } from '../abi.ts'
import { InlinedModule } from '../load.ts'
import type { Memory } from '../memory.ts'
import { BINARY_BASE64, IS_DEFLATED, MODULE } from './binary.ts'

/** The export table of assembly/derived/index.ts. Addresses come back signed: `>>> 0` before use. */
export interface DerivedExports {
  derived_changed(slot: number, old: number, fresh: number): number
  derived_clash(slot: number, record: number): number
  derived_undo(isBegun: number): void
  flat_begin(field: number, queries: number, capacity: number): number
  flat_count(search: number, index: number): number
  flat_finish(search: number, index: number): number
  flat_holds(search: number, index: number): number
  flat_lanes(search: number, index: number): number
  flat_mark(slots: number): number
  flat_ready(search: number): void
  flat_release(search: number): void
  flat_scan(search: number, slot: number, slotsMax: number): number
  flat_unmark(bitmap: number, slots: number): void
  group_close(table: number): void
  group_keys(table: number, count: number): number
  group_numbers(table: number, aggregate: number, count: number): number
  group_open(aggregates: number): number
  hnsw_adopt(field: number): number
  hnsw_create(field: number, m: number, ef: number): number
  hnsw_dirty(field: number): number
  hnsw_exists(field: number): number
  hnsw_hold(field: number, piece: number, slot: number): number
  hnsw_hold_begin(field: number): number
  hnsw_hold_room(bytes: number): number
  hnsw_kept(field: number): number
  hnsw_linked(field: number): number
  hnsw_maintain(field: number, count: number): number
  hnsw_pack(field: number, slot: number): number
  hnsw_reach(field: number, count: number): number
  hnsw_replay(field: number): void
  hnsw_rewind(field: number): void
  hnsw_search(
    search: number,
    field: number,
    query: number,
    ef: number,
    rescored: number,
    wanted: number,
    budget: number,
  ): number
  hnsw_settle(field: number): number
  hnsw_stale(field: number): number
  hnsw_straighten(field: number): number
  hnsw_unpack(field: number, slot: number): number
  kernel_cosine(a: number, b: number, lanes: number): number
  kernel_dot(a: number, b: number, lanes: number, isDouble: number): number
  kernel_dot_codes(a: number, b: number, bytes: number): number
  kernel_hamming(a: number, b: number, bytes: number): number
  kernel_jaccard(a: number, b: number, bytes: number): number
  kernel_l2(a: number, b: number, lanes: number, isDouble: number): number
  kernel_pairs(
    queries: number,
    queriesCount: number,
    vectors: number,
    vectorsCount: number,
    lanes: number,
    metric: number,
    out: number,
  ): void
  inverted_bitmap_bytes(): number
  inverted_create(id: number, kind: number): number
  inverted_drop(handle: number): void
  inverted_fields(handle: number, given: number, count: number, bytes: number): number
  inverted_find(id: number, kind: number): number
  inverted_id(handle: number): number
  inverted_marked(handle: number, count: number): number
  inverted_match(handle: number, terms: number, count: number, least: number): number
  inverted_put_sparse(handle: number, vectors: number, count: number): number
  inverted_put_text(handle: number, heads: number, count: number, text: number): number
  inverted_remove(handle: number, slot: number): void
  inverted_search(
    handle: number,
    query: number,
    count: number,
    limit: number,
    filter: number,
    constant: number,
    slope: number,
  ): number
  inverted_stage(bytes: number): number
  inverted_stats(handle: number): void
  inverted_terms(handle: number, count: number, text: number): number
  ordered_build(number: number, slots: number): number
  ordered_build_parts(number: number): number
  ordered_clear(number: number): void
  ordered_create(number: number, id: number, flags: number, fields: number, steps: number, bytes: number): number
  ordered_define(number: number, steps: number): void
  ordered_double(number: number, ordinal: number): number
  ordered_down(number: number, end: number, low: number, count: number): number
  ordered_drop(number: number): void
  ordered_group(number: number, ordinal: number): number
  ordered_probe(bytes: number): number
  ordered_rank(number: number, isAfter: number, rank: number, slot: number, isHead: number): number
  ordered_read(number: number, ordinal: number, count: number, isBackward: number): number
  ordered_ready(number: number): void
  vector_count(field: number): number
  vector_declare(nameBytes: number, dimension: number, metric: number, element: number, code: number): number
  vector_follow(from: number, slotsMax: number): number
  vector_make(field: number, count: number): number
}

const inlined = new InlinedModule('derived', BINARY_BASE64, IS_DEFLATED, MODULE)

export async function instantiateDerived(memory: Memory): Promise<DerivedExports> {
  const { core } = memory
  const derived = (await inlined.instantiate(core.memory as WebAssembly.Memory)) as unknown as DerivedExports
  const { table } = core
  if (table.length <= HOOK_UNDO) table.grow(HOOK_UNDO + 1 - table.length)
  table.set(HOOK_CHANGED, derived.derived_changed)
  table.set(HOOK_CLASH, derived.derived_clash)
  table.set(HOOK_UNDO, derived.derived_undo)
  return derived
}
