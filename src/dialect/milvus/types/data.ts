// Requests and results of calls that write and read rows.

import type {
  CompactionState,
  ConsistencyLevelEnum,
  DataType,
  FieldPartialUpdateOpType,
  HighlightType,
  RANKER_TYPE,
} from '../enums.ts'
import type { AggregationBucket, SearchAggregation } from './aggregation.ts'
import type { FunctionObject } from './collection.ts'
import type {
  Anything,
  collectionNameReq,
  GrpcTimeOut,
  keyValueObj,
  NumberArrayId,
  OrderByFields,
  resStatusResponse,
  StringArrayId,
} from './status.ts'
import type {
  BFloat16Vector,
  FieldData,
  Float16Vector,
  IdList,
  Ids,
  Int8Vector,
  RowData,
  SparseFloatVector,
  SparseVectorDic,
  VectorTypes,
} from './values.ts'

export type InsertTransformers = {
  [DataType.BFloat16Vector]?: (bf16: BFloat16Vector) => Uint8Array
  [DataType.Float16Vector]?: (f16: Float16Vector) => Uint8Array
}

interface BaseInsertReq extends collectionNameReq {
  partition_name?: string | null
  hash_keys?: number[]
  transformers?: InsertTransformers
  skip_check_schema?: boolean
}
interface DataInsertReq extends BaseInsertReq {
  /** One row or several. */
  data: RowData[] | RowData
  fields_data?: never
}
interface FieldsDataInsertReq extends BaseInsertReq {
  fields_data: RowData[] | RowData
  data?: never
}
export type InsertReq = DataInsertReq | FieldsDataInsertReq
export type FieldPartialUpdateOpName = keyof typeof FieldPartialUpdateOpType
export type FieldPartialUpdateOpValue = FieldPartialUpdateOpType | FieldPartialUpdateOpName
export interface FieldPartialUpdateOp {
  field_name: string
  op: FieldPartialUpdateOpValue
}
export type UpsertReq = (DataInsertReq | FieldsDataInsertReq) & {
  partial_update?: boolean
  field_ops?: FieldPartialUpdateOp[]
}

export interface MutationResult extends resStatusResponse {
  succ_index: number[]
  err_index: number[]
  acknowledged: boolean
  insert_cnt: string
  delete_cnt: string
  upsert_cnt: string
  timestamp: string
  IDs: StringArrayId | NumberArrayId
  /** The counts as numbers, and the ids, under pymilvus' names (not in the SDK). */
  insert_count: number
  delete_count: number
  upsert_count: number
  ids: string[]
}

interface BaseDeleteReq extends collectionNameReq {
  partition_name?: string
  consistency_level?: 'Strong' | 'Session' | 'Bounded' | 'Eventually' | 'Customized'
  exprValues?: keyValueObj
  filter_params?: keyValueObj
}
export type DeleteEntitiesReq = BaseDeleteReq & ({ expr?: string; filter?: never } | { filter?: string; expr?: never })
export interface DeleteByIdsReq extends BaseDeleteReq {
  ids: Ids
}
export interface DeleteByFilterReq extends BaseDeleteReq {
  filter: string
}
export type DeleteReq = DeleteByIdsReq | DeleteByFilterReq

export interface CountReq extends collectionNameReq {
  expr?: string
  filter?: string
  exprValues?: keyValueObj
  filter_params?: keyValueObj
  partition_names?: string[]
}
export interface CountResult extends resStatusResponse {
  data: number
}

export type OutputTransformers = {
  [DataType.BFloat16Vector]?: (bf16bytes: Uint8Array) => BFloat16Vector
  [DataType.Float16Vector]?: (f16: Uint8Array) => Float16Vector
  [DataType.SparseFloatVector]?: (sparse: SparseVectorDic) => SparseFloatVector
  [DataType.Int8Vector]?: (int8Vector: Int8Array) => Int8Vector
}

type BaseQueryReq = collectionNameReq & {
  output_fields?: string[]
  partition_names?: string[]
  ids?: Ids
  expr?: string
  filter?: string
  offset?: number
  limit?: number
  group_by_fields?: string[]
  order_by_fields?: OrderByFields
  order_by?: OrderByFields
  consistency_level?: ConsistencyLevelEnum
  transformers?: OutputTransformers
  exprValues?: keyValueObj
  filter_params?: keyValueObj
  params?: keyValueObj
}
export type QueryReq = BaseQueryReq & ({ expr?: string; filter?: never } | { filter?: string; expr?: never })
export interface QueryIteratorReq extends Omit<QueryReq, 'ids' | 'offset' | 'limit'> {
  limit?: number
  batchSize: number
}
export interface GetReq extends collectionNameReq {
  ids: Ids
  output_fields?: string[]
  partition_names?: string[]
  offset?: number
  limit?: number
  consistency_level?: ConsistencyLevelEnum
  transformers?: OutputTransformers
  exprValues?: keyValueObj
}
export interface QueryResults extends resStatusResponse {
  data: Record<string, Anything>[]
}

export interface SearchParam {
  anns_field: string
  topk: string | number
  metric_type: string
  params: string
  offset?: number
  round_decimal?: number
  ignore_growing?: boolean
  group_by_field?: string
  group_size?: number
  strict_group_size?: boolean
  order_by_fields?: OrderByFields
  hints?: string
  [key: string]: Anything
}
export interface LexicalHighlighter {
  type: HighlightType.Lexical
  pre_tags?: string[]
  post_tags?: string[]
  fragment_offset?: number
  fragment_size?: number
  num_of_fragments?: number
  highlight_query?: { type: string; field: string; text: string }[]
  highlight_search_text?: boolean
}
export interface SemanticHighlighter {
  type: HighlightType.Semantic
  queries: string[]
  input_fields: string[]
  pre_tags?: string[]
  post_tags?: string[]
  threshold?: number
  highlight_only?: boolean
  model_deployment_id?: string
  max_client_batch_size?: number
}
export type Highlighter = LexicalHighlighter | SemanticHighlighter
export interface HighlightData {
  fragments: string[]
  scores: number[]
}
export type HighlightResult = Record<string, HighlightData>

export type SearchText = string
export type SearchEmbList = VectorTypes[]
export type SearchVector = VectorTypes
export type SearchData = SearchVector | SearchText | SearchEmbList
// The tuple makes TypeScript see that a literal list holds one query, whose hits are a flat list.
type SearchQueries = SearchData | SearchData[] | [SearchData]
// Names that the SDK had up to 2.5.
export type SearchTextType = string | string[] | [string]
export type SearchVectorType = VectorTypes | VectorTypes[] | [VectorTypes]
export type SearchDataType = SearchVectorType | SearchTextType
export type SearchMultipleDataType = VectorTypes[] | SearchTextType[]

/** The old form of a search request. */
export interface SearchReq extends collectionNameReq {
  anns_field?: string
  partition_names?: string[]
  expr?: string
  exprValues?: keyValueObj
  search_params: SearchParam
  vectors?: SearchQueries
  output_fields?: string[]
  travel_timestamp?: string
  vector_type: DataType.BinaryVector | DataType.FloatVector
  nq?: number
  consistency_level?: ConsistencyLevelEnum
  transformers?: OutputTransformers
  ids?: IdList
  highlighter?: Highlighter
  search_aggregation?: SearchAggregation
}
export interface FunctionScore {
  functions: FunctionObject[]
  params: keyValueObj
}
export type RerankerObj = {
  strategy: RANKER_TYPE | string
  params: keyValueObj
}
export interface SearchSimpleReq extends collectionNameReq {
  partition_names?: string[]
  anns_field?: string
  data?: SearchData | SearchData[]
  vector?: SearchData | SearchData[]
  vectors?: SearchQueries
  output_fields?: string[]
  limit?: number
  topk?: number
  offset?: number
  filter?: string
  expr?: string
  exprValues?: keyValueObj
  filter_params?: keyValueObj
  params?: keyValueObj
  metric_type?: string
  consistency_level?: ConsistencyLevelEnum
  ignore_growing?: boolean
  group_by_field?: string
  group_size?: number
  strict_group_size?: boolean
  order_by_fields?: OrderByFields
  hints?: string
  round_decimal?: number
  transformers?: OutputTransformers
  rerank?: RerankerObj | FunctionObject | FunctionScore
  nq?: number
  ids?: IdList
  highlighter?: Highlighter
  search_aggregation?: SearchAggregation
}
export type HybridSearchSingleReq = Pick<SearchParam, 'anns_field' | 'ignore_growing' | 'group_by_field'> &
  GrpcTimeOut & {
    data: SearchData | SearchData[]
    expr?: string
    exprValues?: keyValueObj
    params?: keyValueObj
    transformers?: OutputTransformers
  }
export type HybridSearchReq = Omit<
  SearchSimpleReq,
  'data' | 'vector' | 'vectors' | 'anns_field' | 'expr' | 'exprValues' | 'order_by_fields' | 'search_aggregation'
> & {
  data: HybridSearchSingleReq[]
  rerank?: RerankerObj | FunctionObject | FunctionScore
}
export interface SearchIteratorReq
  extends Omit<SearchSimpleReq, 'vectors' | 'offset' | 'limit' | 'topk' | 'search_aggregation'> {
  limit?: number
  batchSize: number
  external_filter_fn?: (row: SearchResultData) => boolean
}

export interface SearchResultData {
  [field: string]: Anything
  score: number
  id: string
  offset?: number | string
  group_by_field_values?: Record<string, FieldData>
  highlight?: HighlightResult
}
export type DetermineResultsType<T extends Record<string, Anything>> = T['vectors'] extends [SearchData]
  ? SearchResultData[]
  : T['vectors'] extends SearchData[]
    ? SearchResultData[][]
    : T['vector'] extends SearchData
      ? SearchResultData[]
      : T['data'] extends SearchData
        ? SearchResultData[]
        : T['data'] extends SearchData[]
          ? SearchResultData[][]
          : SearchResultData[]
export type DetermineAggregationResultsType<T extends Record<string, Anything>> = T['vectors'] extends [SearchData]
  ? AggregationBucket[]
  : T['vectors'] extends SearchData[]
    ? AggregationBucket[][]
    : T['vector'] extends SearchData
      ? AggregationBucket[]
      : T['data'] extends SearchData
        ? AggregationBucket[]
        : T['data'] extends SearchData[]
          ? AggregationBucket[][]
          : AggregationBucket[]
export interface SearchResults<T extends SearchReq | SearchSimpleReq | HybridSearchReq> extends resStatusResponse {
  results: DetermineResultsType<T>
  recalls: number[]
  session_ts: number
  collection_name: string
  all_search_count?: number
  agg_buckets?: DetermineAggregationResultsType<T>
}

export interface FlushReq extends GrpcTimeOut {
  collection_names: string[]
  db_name?: string
}
export interface FlushResult extends resStatusResponse {
  coll_segIDs: Anything
}
export interface GetFlushStateReq extends GrpcTimeOut {
  segmentIDs?: number[]
  flush_ts?: number
  db_name?: string
  collection_name?: string
}
export interface GetFlushStateResponse extends resStatusResponse {
  flushed: boolean
}
export interface FlushAllReq extends GrpcTimeOut {
  db_name?: string
}
export interface FlushAllResponse extends resStatusResponse {
  flush_all_ts: number
}
export interface GetFlushAllStateReq extends GrpcTimeOut {
  flush_all_ts?: number
  db_name?: string
  flush_all_tss?: Record<string, number>
}
export interface GetFlushAllStateResponse extends resStatusResponse {
  flushed: boolean
}
export interface CompactReq extends collectionNameReq {
  [option: string]: Anything
}
export interface CompactionResponse extends resStatusResponse {
  compactionID: string
  compactionPlanCount: number
}
export interface GetCompactionStateReq extends GrpcTimeOut {
  compactionID: number | string
}
export interface GetCompactionPlansReq extends GrpcTimeOut {
  compactionID: number | string
}
export interface GetCompactionStateResponse extends resStatusResponse {
  state: CompactionState
  executingPlanNo: string
  timeoutPlanNo: string
  completedPlanNo: string
  failedPlanNo: string
}
export interface GetCompactionPlansResponse extends resStatusResponse {
  state: CompactionState
  mergeInfos: { sources: string[]; target: string }[]
}
export interface GetMetricsRequest extends GrpcTimeOut {
  request: { metric_type: 'system_info' | 'system_statistics' | 'system_log' }
}
export interface GetMetricsResponse extends resStatusResponse {
  response: Anything
  component_name: string
}
export interface GetQuerySegmentInfoReq extends GrpcTimeOut {
  collectionName: string
  dbName?: string
}
export interface GetQuerySegmentInfoResponse extends resStatusResponse {
  infos: Anything[]
}
export interface GePersistentSegmentInfoReq extends GetQuerySegmentInfoReq {}
export interface GePersistentSegmentInfoResponse extends resStatusResponse {
  infos: Anything[]
}
export interface RunAnalyzerRequest {
  analyzer_params?: Record<string, Anything>
  text: string | string[]
  with_detail?: boolean
  with_hash?: boolean
  db_name?: string
  collection_name?: string
  field_name?: string
  analyzer_names?: string[]
}
export type AnalyzerResult = { tokens: { token: string; [detail: string]: Anything }[] }
export interface RunAnalyzerResponse extends resStatusResponse {
  results: AnalyzerResult[]
}
