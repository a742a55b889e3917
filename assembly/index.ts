// The export table of the core, nothing else. Those of the other modules are derived/index.ts and filter/exports.ts.

export { hash_xxh64 } from "./hash/exports";
export { record_shape, record_surrogates } from "./record/exports";
export {
  store_batch_abandon, store_batch_commit, store_batch_put, store_batch_refuse, store_batch_remove, store_put_one, store_compact_abandon,
  store_compact_begin, store_compact_finish, store_compact_frame, store_compact_reseal, store_create, store_find, store_find_many, store_identified, store_identify,
  store_gather, store_gather_begin, store_gather_frame, store_log_attach, store_log_check, store_log_finish, store_log_index, store_log_promise,
  store_log_reach, store_log_release, store_log_reserve, store_log_resync, store_log_walk, store_pass, store_pass_candidate, store_pass_expect, store_pass_free,
  store_pass_index, store_pass_matches, store_pass_seek, store_restore_begin, store_restore_end, store_scan, store_stage, store_uuid,
} from "./store";
