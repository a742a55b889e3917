// Collections, schemas, indexes, partitions, aliases, databases.

import type {
  DataType,
  DataTypeMap,
  FunctionType,
  IndexState,
  LoadState,
  MetricType,
  ShowCollectionsType,
  ShowPartitionsType,
} from '../enums.ts'
import type {
  Anything,
  collectionNameReq,
  GrpcTimeOut,
  KeyValuePair,
  keyValueObj,
  Properties,
  ResStatus,
  resStatusResponse,
  TimeStamp,
  TimeStampArray,
} from './status.ts'

export type TypeParam = string | number | boolean | Record<string, Anything>
export type TypeParamKey =
  | 'dim'
  | 'max_length'
  | 'max_capacity'
  | 'analyzer_params'
  | 'enable_analyzer'
  | 'enable_match'
  | 'multi_analyzer_params'
  | 'mmap.enabled'

/** A field as a program declares it. */
export type FieldType = {
  name: string
  description?: string
  data_type: DataType | keyof typeof DataTypeMap
  element_type?: DataType | keyof typeof DataTypeMap
  is_primary_key?: boolean
  is_partition_key?: boolean
  is_function_output?: boolean
  is_clustering_key?: boolean
  type_params?: Partial<Record<TypeParamKey, TypeParam>>
  autoID?: boolean
  default_value?: number | string | boolean
  nullable?: boolean
  external_field?: string
  fields?: FieldType[]
} & Partial<Record<TypeParamKey, TypeParam>>

/** A field as `describeCollection` returns it. */
export type FieldSchema = {
  type_params: KeyValuePair<TypeParamKey, TypeParam>[]
  index_params: KeyValuePair[]
  fieldID: string | number
  name: string
  is_primary_key: boolean
  description: string
  data_type: keyof typeof DataType
  autoID: boolean
  state: string
  element_type?: keyof typeof DataType
  default_value?: number | string | boolean | null
  dataType: DataType
  is_partition_key?: boolean
  is_dynamic?: boolean
  is_clustering_key?: boolean
  nullable?: boolean
  is_function_output: boolean
  external_field?: string
  fields?: FieldSchema[]
} & Partial<Record<TypeParamKey, TypeParam>>

export type FunctionTypeName = 'Unknown' | 'BM25' | 'TextEmbedding' | 'Rerank' | 'MinHash' | 'MolFingerprint'
export type FunctionObject = {
  name: string
  description?: string
  type: FunctionType | FunctionTypeName
  input_field_names: string[]
  output_field_names?: string[]
  params: Record<string, Anything>
}

export interface BaseCreateCollectionReq extends GrpcTimeOut {
  collection_name: string
  shards_num?: number
  description?: string
  consistency_level?: string
  num_partitions?: number
  partition_key_field?: string
  clustering_key_field?: string
  enable_dynamic_field?: boolean
  enableDynamicField?: boolean
  properties?: Properties
  db_name?: string
  functions?: FunctionObject[]
  external_source?: string
  external_spec?: string
}

export interface CreateCollectionWithFieldsReq extends BaseCreateCollectionReq {
  fields: FieldType[]
}
export interface CreateCollectionWithSchemaReq extends BaseCreateCollectionReq {
  schema: FieldType[]
}
export type CreateCollectionReq = CreateCollectionWithFieldsReq | CreateCollectionWithSchemaReq

/** The short form: one key, one vector. */
export interface CreateColReq extends collectionNameReq {
  dimension: number
  primary_field_name?: string
  id_type?: DataType.Int64 | DataType.VarChar | 'Int64' | 'VarChar' | 'int' | 'string'
  vector_field_name?: string
  metric_type?: string | MetricType
  enable_dynamic_field?: boolean
  enableDynamicField?: boolean
  description?: string
  auto_id?: boolean
  /** For a VarChar key. */
  max_length?: number
  consistency_level?: string
  index_params?: CreateIndexParam
}
export type CreateColWithSchemaAndIndexParamsReq = CreateCollectionReq & {
  index_params: Omit<CreateIndexSimpleReq, 'collection_name'>[] | Omit<CreateIndexSimpleReq, 'collection_name'>
}

export interface AddCollectionFieldReq extends collectionNameReq {
  field: FieldType
}
export interface AddCollectionFieldsReq extends collectionNameReq {
  fields: FieldType[]
}
export interface HasCollectionReq extends collectionNameReq {}
export interface DescribeCollectionReq extends collectionNameReq {
  cache?: boolean
}
export interface BatchDescribeCollectionReq extends GrpcTimeOut {
  collection_names: string[]
  db_name?: string
  collectionIDs?: number[]
}
export interface ShowCollectionsReq extends GrpcTimeOut {
  type?: ShowCollectionsType
  collection_names?: string[]
  db_name?: string
}
export interface GetCollectionStatisticsReq extends collectionNameReq {}
export interface LoadCollectionReq extends collectionNameReq {
  replica_number?: number
  resource_groups?: string[]
  refresh?: boolean
  load_fields?: string[]
  skip_load_dynamic_field?: boolean
}
export interface RefreshLoadReq extends collectionNameReq {}
export interface ReleaseLoadCollectionReq extends collectionNameReq {}
export interface DropCollectionReq extends collectionNameReq {}
export interface RenameCollectionReq extends collectionNameReq {
  new_collection_name: string
  new_db_name?: string
}
export interface AlterCollectionReq extends collectionNameReq {
  properties: Properties
  delete_keys?: string[]
}
export interface AlterCollectionFieldPropertiesReq extends collectionNameReq {
  field_name: string
  properties: Properties
}
export interface DropCollectionPropertiesReq extends collectionNameReq {
  properties: string[]
}
export type DropCollectionFieldReq = collectionNameReq &
  ({ field_name: string; field_id?: never } | { field_name?: never; field_id: number | string })

export interface CollectionSchema {
  name: string
  description: string
  enable_dynamic_field: boolean
  autoID: boolean
  fields: FieldSchema[]
  functions: FunctionObject[]
  struct_array_fields: FieldSchema[]
}
export interface DescribeCollectionResponse extends TimeStamp {
  status: ResStatus
  schema: CollectionSchema
  collectionID: string
  collection_name: string
  consistency_level: string
  aliases: string[]
  virtual_channel_names: string[]
  physical_channel_names: string[]
  start_positions: string[]
  properties: KeyValuePair[]
  shards_num: number
  num_partitions?: string
  db_name: string
  functions: FunctionObject[]
  update_timestamp_str: string
  update_timestamp: number
  anns_fields: Record<string, FieldSchema>
  scalar_fields: Record<string, FieldSchema>
  function_fields: Record<string, FieldSchema>
}
export interface BatchDescribeCollectionResponse extends resStatusResponse {
  responses: DescribeCollectionResponse[]
}
export interface CollectionData {
  name: string
  id: string
  timestamp: string
  loadedPercentage: string
}
export interface ShowCollectionsResponse extends TimeStampArray {
  status: ResStatus
  data: CollectionData[]
}
export interface StatisticsResponse extends resStatusResponse {
  stats: KeyValuePair[]
  data: { [name: string]: Anything }
}
export interface GetLoadingProgressReq extends collectionNameReq {
  partition_names?: string[]
}
export interface GetLoadingProgressResponse extends resStatusResponse {
  progress: string
}
export interface GetLoadStateReq extends GetLoadingProgressReq {}
export interface GetLoadStateResponse extends resStatusResponse {
  state: LoadState
}

export interface CreateAliasReq extends collectionNameReq {
  alias: string
}
export interface DescribeAliasReq extends CreateAliasReq {}
export interface DropAliasReq extends GrpcTimeOut {
  alias: string
}
export interface AlterAliasReq extends CreateAliasReq {}
export interface ListAliasesReq extends collectionNameReq {}
export interface DescribeAliasResponse extends resStatusResponse {
  db_name: string
  alias: string
  collection: string
}
export interface ListAliasesResponse extends resStatusResponse {
  db_name: string
  aliases: string[]
  collection_name: string
}

export interface CreateIndexParam {
  index_type?: string
  metric_type: string
  params?: string
}
export interface CreateIndexReq extends collectionNameReq {
  field_name: string
  index_name?: string
  extra_params?: CreateIndexParam
}
export interface CreateIndexSimpleReq extends collectionNameReq {
  field_name: string
  index_type: string
  metric_type?: string
  index_name?: string
  params?: keyValueObj
}
export type CreateIndexRequest = CreateIndexReq | CreateIndexSimpleReq
export type CreateIndexesReq = CreateIndexRequest[] | CreateIndexRequest
export interface DescribeIndexReq extends collectionNameReq {
  field_name?: string
  index_name?: string
}
export interface FieldNameReq extends collectionNameReq {
  field_name: string
}
export interface IndexNameReq extends collectionNameReq {
  index_name: string
}
export interface GetIndexStateReq extends DescribeIndexReq {}
export type GetIndexBuildProgressReq = FieldNameReq | IndexNameReq
export interface DropIndexReq extends DescribeIndexReq {}
export interface IndexDescription {
  index_name: string
  indexID: number
  params: KeyValuePair[]
  field_name: string
  indexed_rows: string
  total_rows: string
  state: string
  index_state_fail_reason: string
  pending_index_rows: string
  /** The index that actually runs (not in the SDK). */
  actual_index_type?: string
}
export interface DescribeIndexResponse extends resStatusResponse {
  index_descriptions: IndexDescription[]
}
export interface ListIndexResponse extends resStatusResponse {
  indexes: string[]
}
export interface GetIndexStateResponse extends resStatusResponse {
  state: IndexState
}
export interface GetIndexBuildProgressResponse extends resStatusResponse {
  indexed_rows: number
  total_rows: number
}
export interface AlterIndexReq extends collectionNameReq {
  index_name: string
  params: Record<string, number | string | boolean>
}
export interface DropIndexPropertiesReq extends collectionNameReq {
  index_name: string
  properties: string[]
}

interface PartitionParent extends collectionNameReq {
  partition_name: string
}
export interface CreatePartitionReq extends PartitionParent {}
export interface HasPartitionReq extends PartitionParent {}
export interface DropPartitionReq extends PartitionParent {}
export interface GetPartitionStatisticsReq extends PartitionParent {}
export interface ShowPartitionsReq extends collectionNameReq {
  type?: ShowPartitionsType
}
export interface LoadPartitionsReq extends collectionNameReq {
  partition_names: string[]
  replica_number?: number
  resource_groups?: string[]
}
export interface ReleasePartitionsReq extends collectionNameReq {
  partition_names: string[]
}
export interface PartitionData extends CollectionData {}
export interface ShowPartitionsResponse extends TimeStampArray {
  status: ResStatus
  partition_names: string[]
  partitionIDs: number[]
  data: PartitionData[]
}

export interface databaseReq extends GrpcTimeOut {
  db_name: string
}
export interface CreateDatabaseRequest extends databaseReq {
  properties?: Properties
}
export interface DropDatabasesRequest extends databaseReq {}
export interface DescribeDatabaseRequest extends databaseReq {}
export interface ListDatabasesRequest extends GrpcTimeOut {}
export interface ListDatabasesResponse extends resStatusResponse {
  db_names: string[]
  db_ids: string[]
  created_timestamp: string[]
}
export interface DescribeDatabaseResponse extends resStatusResponse {
  db_name: string
  dbID: number
  created_timestamp: number
  properties: KeyValuePair[]
}
export interface AlterDatabaseRequest extends GrpcTimeOut {
  db_name: string
  db_id?: string
  properties: Properties
  delete_keys?: string[]
}
export interface DropDatabasePropertiesRequest extends GrpcTimeOut {
  db_name: string
  properties: string[]
}
export interface AlterDatabaseResponse extends resStatusResponse {}
