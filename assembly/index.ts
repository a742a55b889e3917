// The export table, nothing else.

export { filter_cells, filter_count, filter_load, filter_mark, filter_match, filter_release, filter_reserve, filter_scan } from "./filter/exports";
export {
  flat_begin, flat_count, flat_finish, flat_holds, flat_lanes, flat_mark, flat_ready, flat_release, flat_scan, flat_unmark,
} from "./flat/exports";
export { hash_xxh64 } from "./hash/exports";
export { hnsw_create, hnsw_dirty, hnsw_exists, hnsw_linked, hnsw_maintain, hnsw_search, hnsw_stale } from "./hnsw/exports";
export { kernel_cosine, kernel_dot, kernel_dot_codes, kernel_hamming, kernel_jaccard, kernel_l2 } from "./kernel/exports";
export {
  inverted_bitmap_bytes, inverted_create, inverted_drop, inverted_fields, inverted_find, inverted_id, inverted_marked, inverted_match, inverted_put_sparse,
  inverted_put_text, inverted_remove, inverted_search, inverted_stage, inverted_stats, inverted_terms,
} from "./inverted/exports";
export {
  ordered_build, ordered_clear, ordered_create, ordered_define, ordered_double, ordered_down, ordered_drop, ordered_group, ordered_probe, ordered_rank, ordered_read, ordered_ready,
} from "./ordered/exports";
export { record_equals, record_shape } from "./record/exports";
export {
  store_batch_abandon, store_batch_begin, store_batch_commit, store_batch_put, store_batch_refuse, store_batch_remove, store_compact_abandon,
  store_compact_begin, store_compact_finish, store_compact_frame, store_compact_reseal, store_create, store_find, store_find_many, store_identified, store_identify,
  store_gather_begin, store_gather_end, store_gather_frame, store_log_attach, store_log_check, store_log_finish, store_log_index, store_log_release,
  store_log_reserve, store_log_resync, store_log_walk, store_restore_begin, store_restore_end, store_scan, store_stage, store_uuid,
} from "./store";
export { vector_count, vector_declare, vector_follow } from "./vector/exports";
