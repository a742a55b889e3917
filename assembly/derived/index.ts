// The second module: what is derived from records besides the hash index, the searches over it, and groups of records.
// It shares the core's linear memory, but has static data of its own (see abi); what it needs of the lower rooms is
// compiled into both modules. JavaScript instantiates it when a partition first needs it, and puts its hooks into the
// core's table (store/change).

export { derived_changed, derived_clash, derived_undo } from "./hooks";
export {
  flat_begin, flat_count, flat_finish, flat_holds, flat_lanes, flat_mark, flat_ready, flat_release, flat_scan, flat_unmark,
} from "../flat/exports";
export { group_close, group_keys, group_numbers, group_open } from "../group";
export {
  hnsw_adopt, hnsw_create, hnsw_dirty, hnsw_exists, hnsw_hold, hnsw_hold_begin, hnsw_hold_room, hnsw_kept, hnsw_linked, hnsw_maintain, hnsw_pack, hnsw_reach, hnsw_replay, hnsw_rewind, hnsw_search, hnsw_settle, hnsw_stale, hnsw_straighten, hnsw_unpack,
} from "../hnsw/exports";
export { kernel_cosine, kernel_dot, kernel_dot_codes, kernel_hamming, kernel_jaccard, kernel_l2, kernel_pairs } from "../kernel/exports";
export {
  inverted_bitmap_bytes, inverted_create, inverted_drop, inverted_fields, inverted_find, inverted_id, inverted_marked, inverted_match, inverted_put_sparse,
  inverted_put_text, inverted_remove, inverted_search, inverted_stage, inverted_stats, inverted_terms,
} from "../inverted/exports";
export {
  ordered_build, ordered_build_parts, ordered_clear, ordered_create, ordered_define, ordered_double, ordered_down, ordered_drop, ordered_group, ordered_probe, ordered_rank, ordered_read, ordered_ready,
} from "../ordered/exports";
export { vector_count, vector_declare, vector_follow, vector_make } from "../vector/exports";
