export { hnsw_hold, hnsw_hold_begin, hnsw_hold_room, hnsw_reach } from "./held";
export { hnsw_adopt } from "./adopt";
export { hnsw_pack, hnsw_unpack } from "./pack";
export { hnsw_search } from "./search";
export { hnsw_create, hnsw_dirty, hnsw_exists, hnsw_kept, hnsw_linked, hnsw_maintain, hnsw_replay, hnsw_rewind, hnsw_settle, hnsw_stale, hnsw_straighten } from "./upkeep";
