// The names in the driver's published types (@types/rethinkdb), for programs written with them. Where those types say
// less than ours, or differ from what the driver does, the looser of the two is used here.

import type { ConnectOptions } from './connect.ts'
import type { ERRORS } from './errors.ts'
import type { FeedOptions, Runnable, RunOptions, WriteOptions } from './result-types.ts'
import type { Writable } from './sequence-types.ts'
import type { Any, Call, Term } from './types.ts'

export type ConnectionOptions = ConnectOptions
export type OperationOptions = RunOptions
export type ChangesOptions = FeedOptions
export type UpdateOptions = WriteOptions

export type Operation<T> = Runnable<T>
export type Row = Term<Any>
export type Sort = Term<Any>
export type Aggregator = Term<Any> | Call<Term<number>>
export type Geometry = Term<Any>
export type Point = Term<Any>
export type Polygon = Term<Any>
export type Writeable = Writable<Any>
export type waitFor = 'ready_for_outdated_reads' | 'ready_for_reads' | 'ready_for_writes'

export interface HasFields<T> {
  hasFields(...selectors: Any[]): T
}

/** A term that may be a row of a table. */
export interface Expression<T> extends Term<T> {
  update: Writable<Any>['update']
  replace: Writable<Any>['replace']
  delete: Writable<Any>['delete']
}

export type IndexFunction<U> = Term<U> | Term<U>[] | ((row: Term<Any>) => Term<U> | Term<U>[])
export type ExpressionFunction<U> = (row: Term<Any>) => Term<U>
export type JoinFunction<U> = (left: Term<Any>, right: Term<Any>) => Term<U>
export type ReduceFunction<U> = (left: Term<Any>, right: Term<Any>) => Term<U>

// The published types have `created` and `dropped` in the result of each; a database or a table has them under other names.

/** The result of creating a database, a table or an index. */
export interface CreateResult {
  readonly created?: Any
  readonly dbs_created?: number
  readonly tables_created?: number
  readonly config_changes?: Any[]
}

/** The result of dropping a database, a table or an index. */
export interface DropResult {
  readonly dropped?: Any
  readonly dbs_dropped?: number
  readonly tables_dropped?: number
  readonly config_changes?: Any[]
}

export interface JoinResult {
  left: Any
  right: Any
}

export interface Index {
  index: string
  left_bound?: 'open' | 'closed'
  right_bound?: 'open' | 'closed'
}

export interface GetTableOptions {
  useOutdated: boolean
}

export interface NoReplyWait {
  noreplyWait: boolean
}

export interface WaitOptions {
  waitFor?: string
  timeout?: number
}

export interface WaitResult {
  ready: number
}

export interface ServerResult {
  id: string
  proxy: boolean
  name?: string
}

export interface DistanceOptions {
  unit?: 'm' | 'km' | 'mi' | 'nm' | 'ft'
  geoSystem?: 'WGS84' | 'unit_sphere'
}

export interface CircleOptions extends DistanceOptions {
  numVertices?: number
  fill?: boolean
}

export interface BooleanMap {
  [key: string]: boolean | BooleanMap
}

export interface ReqlType {
  $reql_type$: string
}

interface RawTime extends ReqlType {
  $reql_type$: 'TIME'
  epoch_time: number
  timezone: string
}

interface RawBinary extends ReqlType {
  $reql_type$: 'BINARY'
  data: string
}

/** A Date, or with `timeFormat: 'raw'` an object; its fields can be read without asking which. */
export type Time = (Date & { readonly [K in keyof RawTime]?: Any }) | RawTime
/** Bytes, or with `binaryFormat: 'raw'` an object. */
export type Binary = (Uint8Array & { readonly [K in keyof RawBinary]?: Any }) | RawBinary

export type ReqlError = InstanceType<(typeof ERRORS)['ReqlError']>
export type ReqlDriverError = InstanceType<(typeof ERRORS)['ReqlDriverError']>
