export type { ArchiveSource, ExportForm, ExportOptions } from '../archive/index.ts'
export { inTurn } from '../core/index.ts'
export type { AnalyzerDefinition, AnalyzerName, FilterDefinition, TokenizerDefinition } from '../text/index.ts'
export { Batch, Outcome, PutMode } from './batch.ts'
export type { Repair } from './catalog.ts'
export { Collection } from './collection.ts'
export type {
  CollectionStats,
  IndexInfo,
  NewDocument,
  OrderedIndexInfo,
  PartitionInfo,
  Patch,
  Selection,
  Source,
  SparseIndexInfo,
  TextIndexInfo,
} from './collection-types.ts'
export { ofProcess, onePerDatabase } from './copies.ts'
export { type CollectionInfo, Database } from './database.ts'
export { EMBEDDED, loadDriver } from './driver.ts'
export type { Progress } from './file/medium.ts'
export { between, type IndexRange, type IndexTuple, ofType, type RangeBounds, TypeRank } from './indexes/index-range.ts'
export type { IndexReader } from './indexes/index-reader.ts'
export type { SparseVector } from './indexes/sparse.ts'
export { copyDocument, ownField } from './merge.ts'
export { damagedSpares, type MediumOptions, type Open, type OpenOptions, open, openDatabase, openHere } from './open.ts'
export {
  type Conflict,
  type ConflictFunction,
  type Durability,
  type InsertOptions,
  requireDatabase,
  type WriteOptions,
} from './options.ts'
export {
  CollectionShapes,
  Partition,
  type PartitionOptions,
  type Projection,
  type Transaction,
  type VectorField,
} from './partition.ts'
export { Part } from './parts.ts'
export { clearTimeout, pause, performance, SLICE_MS, setTimeout, TIMER_MS_MAX } from './pause.ts'
export type { Aggregate, Aggregates, GroupRow } from './read/aggregate.ts'
export { Cursor, type Explanation } from './read/cursor.ts'
export { type Filter, matcherOf, resolveFilter, treeFilter, treeOf } from './read/filter.ts'
export type { FindOptions } from './read/find.ts'
export { fieldsProjection } from './read/projection.ts'
export type { Sort } from './read/sort.ts'
export type {
  QueryVector,
  SearchConditions,
  SearchExplanation,
  SearchHit,
  SearchIteratorOptions,
  SearchOptions,
  SearchResult,
} from './search/search-options.ts'
export type { RankedConditions, SparseSearchOptions, TextSearchOptions } from './search/search-ranked.ts'
export { collectionIn, openShared, type SharedDatabase } from './shared.ts'
export { VERSION } from './version.ts'
export type { PhraseMatchOptions, TextMatchOptions } from './words.ts'
export { type Change, ResultSum, type WriteResult } from './write/result.ts'
export { bytesOf } from './write/stream.ts'
export type { DocumentChange, Watcher } from './write/watch.ts'
