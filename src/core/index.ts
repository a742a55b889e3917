export {
  BLOCK_KIND,
  BLOCK_KIND_SHIFT,
  BLOCK_UNITS,
  CELLS_MAX,
  DERIVED_GRAPHS,
  FAILED_DUPLICATE,
  FAILED_ILL_FORMED,
  FAILED_KEY_TOO_LONG,
  FAILED_KEY_TYPE,
  FAILED_SKIPPED,
  FAILED_TOO_LARGE,
  FIRST_PAGE,
  FRAME_BYTES,
  KEY_BUFFER,
  KEY_BUFFER_BYTES,
  KEY_BYTES_MAX,
  KIND_DELETE,
  KIND_FRAME,
  KIND_RECORD,
  KIND_TRANSACTION,
  MODE_INSERT,
  MODE_REPLACE,
  MODE_UPSERT,
  ORDERED_MAX,
  OUTCOME_DELETED,
  OUTCOME_EXISTS,
  OUTCOME_FAILED,
  OUTCOME_INSERTED,
  OUTCOME_MISSING,
  OUTCOME_REPLACED,
  OUTCOME_UNCHANGED,
  PAGE_BYTES,
  PAGES_RESERVED_SCRATCH,
  RECORD_BYTES_MAX,
  S_DERIVED,
  S_PAGES_FREE,
  S_PAGES_LIMIT,
  S_PAGES_TOP,
  S_SLOT_TOP,
  STATE,
  STATE_END,
  WALK_COPY,
  WALK_COVERED,
  WALK_DISCARD,
  WALK_HASH,
  WALK_INDEX,
  WALK_SALVAGE,
  WALK_SHAPES,
} from './abi.ts'
export type { FilterProgram, FilterScan, Filters } from './filter/index.ts'
export { HELD_BYTES, type HeldFrames } from './gather.ts'
export { inTurn, setBinary } from './load.ts'
export { NodeBuffer, outOfMemory } from './memory.ts'
export { TypeRank } from './ordered/rank.ts'
export { LogPass, PASS_GAPS_BYTES } from './pass.ts'
export { clearTimeout, pause, performance, SLICE_MS, setTimeout, TIMER_MS_MAX } from './pause.ts'
export { CollectionShapes, forbidCompiling, kindOf, type ProjectionTree, type VectorField } from './record/index.ts'
export { isDate, isError, isRegExp } from './record/realm.ts'
export { WELL_FORMED } from './record/refuse.ts'
export { type FrameCheck, Store, type StoreOptions } from './store.ts'
