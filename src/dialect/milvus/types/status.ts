// Types that most calls share. The names are the SDK's, so that typed programs compile against either.

// biome-ignore lint/suspicious/noExplicitAny: programs that compile against the SDK expect it here
export type Anything = any

export interface KeyValuePair<T = string, U = string | number> {
  key: T
  value: U
}

export type keyValueObj = Record<string, string | number | string[] | number[] | boolean | unknown>

/** Options of every call. */
export interface GrpcTimeOut {
  /** Milliseconds. */
  timeout?: number
  client_request_id?: string
  'client-request-id'?: string
  cluster_id?: string
}

export interface ResStatus {
  extra_info: Record<string, Anything>
  error_code: string | number
  reason: string
  code?: number
  retriable: boolean
  detail: string
}

export interface resStatusResponse {
  status: ResStatus
}

export interface TimeStamp {
  created_timestamp: string
  created_utc_timestamp: string
}

export interface TimeStampArray {
  created_timestamps: string[]
  created_utc_timestamps: string[]
}

export type OrderByOrder = 'asc' | 'desc' | 'ascending' | 'descending'
export type OrderByField = string | { field: string; order?: OrderByOrder }
export type OrderByFields = string | OrderByField[]

export interface collectionNameReq extends GrpcTimeOut {
  collection_name: string
  db_name?: string
}

export interface partitionNameReq extends collectionNameReq {
  partition_name?: string
}

interface NumberArray {
  data: number[]
}

interface StringArray {
  data: string[]
}

export interface NumberArrayId {
  int_id: NumberArray
}

export interface StringArrayId {
  str_id: StringArray
}

export type Properties = Record<string, string | number | boolean>

export interface BoolResponse extends resStatusResponse {
  value: boolean
}

export interface GetVersionResponse {
  version: string
}

export interface CheckHealthResponse {
  isHealthy: boolean
  reasons: []
}

/** What `new MilvusClient(config)` takes. */
export interface ClientConfig {
  id?: string
  /** `':memory:'`, the path of a directory, or the host of a real server. */
  address: string
  token?: string
  ssl?: boolean
  username?: string
  password?: string
  channelOptions?: Record<string, Anything>
  option?: Record<string, string>
  timeout?: number | string
  maxRetries?: number
  retryDelay?: number
  database?: string
  logLevel?: string
  logPrefix?: string
  tls?: Record<string, Anything>
  pool?: Record<string, Anything>
  __SKIP_CONNECT__?: boolean
  loaderOptions?: { longs?: unknown; [option: string]: unknown }
  trace?: boolean
  telemetry?: unknown
  isGlobal?: boolean
}
