// The driver's types: what its methods take and return.

import type { Database as EngineDatabase } from '../../engine/index.ts'
import type { EmbeddingConfig, EmbeddingFunction, SparseVector } from './embedding.ts'
import type { Key } from './key.ts'
import type { Schema } from './schema.ts'

export type MetadataValue = string | number | boolean | null | MetadataValue[] | { [key: string]: MetadataValue }
export type Metadata = Record<string, MetadataValue>
export type EmbeddingDocuments = string | string[]
export type Embeddings = number[][] | number[]
export type ColumnKey = 'embedding' | 'sparseEmbedding'
export type QueryKey = ColumnKey | Key
export type SourceKey = Key | string | null
export type DistanceMetric = 'l2' | 'cosine' | 'inner_product'

// --- filters

export interface WhereOperator<T = MetadataValue> {
  $eq?: T
  $ne?: T
  $gt?: number
  $gte?: number
  $lt?: number
  $lte?: number
  $in?: T[]
  $nin?: T[]
}
export interface WhereLogical {
  $and?: Where[]
  $or?: Where[]
}
export type Where = WhereLogical | Record<string, MetadataValue | WhereOperator>
export interface WhereDocumentOperator {
  $contains?: string
  $regex?: string
  /** Not in the driver. */
  $not_contains?: string
}
export interface WhereDocumentLogical {
  $and?: WhereDocument[]
  $or?: WhereDocument[]
}
export type WhereDocument = WhereDocumentLogical | WhereDocumentOperator

// --- answers

export interface RecordSet {
  ids: string[]
  embeddings?: number[][]
  metadatas?: Metadata[]
  documents?: string[]
}
/** Parallel lists; a column that was not requested is undefined. */
export interface GetResult<TMeta extends Metadata = Metadata> {
  readonly ids: readonly string[]
  readonly embeddings?: readonly (number[] | null)[]
  readonly metadatas?: readonly (TMeta | null)[]
  readonly documents?: readonly (string | null)[]
}
/** Parallel lists for each query vector, nearest first. */
export interface QueryResult<TMeta extends Metadata = Metadata> {
  readonly ids: readonly (readonly string[])[]
  readonly embeddings?: readonly (readonly (number[] | null)[])[]
  readonly metadatas?: readonly (readonly (TMeta | null)[])[]
  readonly documents?: readonly (readonly (string | null)[])[]
  readonly distances?: readonly (readonly (number | null)[])[]
}

// --- collections

export interface HNSWConfiguration {
  dimension: number
  distance?: DistanceMetric
}
export interface HnswParams {
  dimension?: number
  distance?: DistanceMetric
  type?: 'hnsw' | 'hnsw_sq' | 'hnsw_bq'
  lib?: 'vsag'
  m?: number
  ef_construction?: number
  ef_search?: number
  extra_info_max_size?: number
  refine_k?: number
  refine_type?: 'sq8' | 'fp32'
  bq_bits_query?: 0 | 4 | 32
  bq_use_fht?: boolean
}
export type FulltextAnalyzer = 'space' | 'ngram' | 'ngram2' | 'beng' | 'ik'
export interface SpaceProperties {
  min_token_size?: number
  max_token_size?: number
}
export interface NgramProperties {
  ngram_token_size?: number
}
export interface Ngram2Properties {
  min_ngram_size?: number
  max_ngram_size?: number
}
export interface BengProperties {
  min_token_size?: number
  max_token_size?: number
}
export interface IkProperties {
  ik_mode?: 'smart' | 'max_word'
}
export interface FulltextAnalyzerPropertiesMap {
  space: SpaceProperties
  ngram: NgramProperties
  ngram2: Ngram2Properties
  beng: BengProperties
  ik: IkProperties
}
export type FulltextProperties = FulltextAnalyzerPropertiesMap[FulltextAnalyzer]
export interface FulltextAnalyzerConfig<T extends FulltextAnalyzer = FulltextAnalyzer> {
  analyzer?: T
  properties?: FulltextAnalyzerPropertiesMap[T]
}
export interface Configuration {
  hnsw?: HNSWConfiguration
  fulltextConfig?: FulltextAnalyzerConfig
}
export type ConfigurationParam = HNSWConfiguration | Configuration

// --- options

export interface SeekdbClientArgs {
  /** A directory, or `':memory:'` for a store private to this client. */
  path?: string
  host?: string
  port?: number
  tenant?: string
  /** Name of the database (default `'test'`); or an open quiverdb, which is used as it is and stays open. */
  database?: string | EngineDatabase
  user?: string
  password?: string
  charset?: string
  queryTimeout?: number
}
export interface SeekdbAdminClientArgs {
  path?: string
  host?: string
  port?: number
  tenant?: string
  user?: string
  password?: string
  charset?: string
  /** An open quiverdb. Not in the driver. */
  database?: EngineDatabase
}
export interface CreateCollectionOptions {
  name: string
  schema?: Schema
  configuration?: ConfigurationParam | null
  embeddingFunction?: EmbeddingFunction | null
}
export interface GetCollectionOptions {
  name: string
  embeddingFunction?: EmbeddingFunction | null
}
/** A vector as callers pass it. */
export type Lanes = readonly number[] | Float32Array | Float64Array
/** One value or a list of them. Undefined counts as not given; null is stored as null where possible. */
export type Column<V> = V | null | undefined | readonly (V | null | undefined)[]
export interface AddOptions {
  ids: string | readonly string[]
  embeddings?: Column<Lanes>
  metadatas?: Column<Metadata>
  documents?: Column<string>
}
export interface UpdateOptions {
  ids: string | readonly string[]
  embeddings?: Column<Lanes>
  metadatas?: Column<Metadata>
  documents?: Column<string>
}
export interface UpsertOptions {
  ids: string | readonly string[]
  embeddings?: Column<Lanes>
  metadatas?: Column<Metadata>
  documents?: Column<string>
}
export interface DeleteOptions {
  ids?: string | readonly string[]
  where?: Where
  whereDocument?: WhereDocument
}
export interface GetOptions {
  ids?: string | readonly string[]
  where?: Where
  whereDocument?: WhereDocument
  limit?: number
  offset?: number
  include?: readonly ('documents' | 'metadatas' | 'embeddings')[]
}
export type DenseQueryEmbeddings = Lanes | readonly Lanes[]
export type SparseQueryEmbeddings = SparseVector | SparseVector[]
export interface QueryOptions {
  queryKey?: QueryKey
  queryEmbeddings?: DenseQueryEmbeddings | SparseQueryEmbeddings
  queryTexts?: string | string[]
  nResults?: number
  where?: Where
  whereDocument?: WhereDocument
  include?: readonly ('documents' | 'metadatas' | 'embeddings' | 'distances')[]
  distance?: DistanceMetric
  approximate?: boolean
}
export interface HybridSearchQuery {
  whereDocument?: WhereDocument
  where?: Where
  nResults?: number
}
export interface HybridSearchKNN {
  queryEmbeddings?: number[] | number[][]
  queryTexts?: string | string[]
  where?: Where
  nResults?: number
}
export interface HybridSearchRank {
  rrf?: {
    rankWindowSize?: number
    rankConstant?: number
  }
}
export interface HybridSearchOptions {
  query?: HybridSearchQuery
  knn?: HybridSearchKNN
  rank?: HybridSearchRank
  nResults?: number
  include?: readonly ('documents' | 'metadatas' | 'embeddings' | 'distances')[]
}
export interface ForkOptions {
  name: string
}

// --- internal types of the driver, for programs that name them

export type CollectionVersion = 'v2'
export interface CollectionContext {
  name: string
  collectionId?: string
  schema?: Schema
  dimension?: number
  distance?: DistanceMetric
}
export interface CollectionMetadata {
  collectionId: string
  collectionName: string
  settings: {
    configuration?: ConfigurationParam | null
    version?: CollectionVersion
    embeddingFunction?: { name: string; properties: EmbeddingConfig }
    schema?: Schema
    [key: string]: unknown
  }
  createdAt?: Date
  updatedAt?: Date
}
export interface ConnectionConfig {
  host: string
  port: number
  user: string
  password: string
  database?: string
  charset: string
  queryTimeout?: number
}
export interface IInternalClient {
  isConnected(): boolean
  execute(sql: string, params?: unknown[]): Promise<Record<string, unknown>[] | null>
  close(): Promise<void>
}
export interface SQLResult {
  sql: string
  params: unknown[]
}
export interface FilterResult {
  clause: string
  params: unknown[]
}
export interface SearchFilterCondition {
  term?: Record<string, { value: unknown }>
  range?: Record<string, Record<string, unknown>>
  bool?: {
    must?: SearchFilterCondition[]
    should?: SearchFilterCondition[]
    must_not?: SearchFilterCondition[]
  }
}
