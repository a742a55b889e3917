// What queries resolve to, and the options they take, as TypeScript sees them.

import type { Cursor as CursorClass, Feed as FeedClass } from './cursor.ts'
import type { AtomFeed } from './feeds.ts'
import type { Any, Connection, Term, Value } from './types.ts'

type Snake<S extends string> = S extends `${infer C}${infer R}`
  ? `${C extends Lowercase<C> ? C : `_${Lowercase<C>}`}${Snake<R>}`
  : S

/** Options by their JavaScript names and by those of the protocol. */
type Both<O> = O & { readonly [K in keyof O & string as Snake<K>]?: O[K] }

export interface RunOptions {
  readonly durability?: 'hard' | 'soft'
  readonly db?: string
  readonly arrayLimit?: number
  readonly noreply?: boolean
  readonly profile?: boolean
  readonly readMode?: 'single' | 'majority' | 'outdated'
  readonly timeFormat?: 'native' | 'raw'
  readonly binaryFormat?: 'native' | 'raw'
  readonly groupFormat?: 'native' | 'raw'
  readonly [option: string]: unknown
}

/** `error` is null on success; its type is open, since programs declare it as `Error`. */
export type Callback<A> = (error: Any, answer: A) => void

export interface Runnable<A> {
  run(connection: Connection, options?: RunOptions): Promise<A>
  run(connection: Connection, callback: Callback<A>): Promise<A>
  run(connection: Connection, options: RunOptions, callback: Callback<A>): Promise<A>
  toString(): string
}

interface Reading<T> {
  next(): Promise<T>
  next<U>(): Promise<U>
  next(callback: Callback<T>): Promise<T>
  next<U>(callback: Callback<U>): Promise<U>
  each(callback: (error: Any, row: T) => unknown, onFinished?: () => void): void
  each<U>(callback: (error: Any, row: U) => unknown, onFinished?: () => void): void
  eachAsync(handler: (row: T) => unknown, options?: { readonly concurrency: number }): Promise<void>
  close(): Promise<void>
  close(callback: Callback<void>): Promise<void>
}

/** Rows that arrive in batches. */
export interface Cursor<T = Any> extends Reading<T>, Pick<CursorClass, 'on' | 'once' | 'removeListener'> {
  toArray(): Promise<T[]>
  toArray<U>(): Promise<U[]>
  toArray(callback: Callback<T[]>): Promise<T[]>
  toArray<U>(callback: Callback<U[]>): Promise<U[]>
  [Symbol.asyncIterator](): AsyncGenerator<T>
}

/** Changes as they happen. */
export interface Feed<T = Any> extends Reading<T>, Pick<FeedClass | AtomFeed, 'on' | 'once' | 'removeListener'> {
  /** Throws: a feed has no end. It exists because programs call every answer a cursor. */
  toArray(...args: Any[]): never
  [Symbol.asyncIterator](): AsyncGenerator<T>
}

/** An array with the methods of a cursor. */
export type ArrayResult<T> = T[] & Cursor<T>

export interface Change<T> {
  readonly old_val: T | null
  readonly new_val: T | null
  readonly error?: string
}

export interface WriteResult<T = Any> {
  readonly deleted: number
  readonly errors: number
  readonly inserted: number
  readonly replaced: number
  readonly skipped: number
  readonly unchanged: number
  /** A text. Programs written with the driver's published types take it for an Error. */
  readonly first_error?: Any
  /** Present only if keys were generated; not optional, because programs read it without a check. */
  readonly generated_keys: string[]
  readonly warnings?: string[]
  readonly changes?: Change<T>[]
  /** With `returnVals`. */
  readonly old_val?: T | null
  readonly new_val?: T | null
}

interface RowOptions {
  readonly durability?: 'hard' | 'soft'
  readonly returnChanges?: boolean | 'always'
  readonly returnVals?: boolean
  readonly ignoreWriteHook?: boolean
}

export type WriteOptions = Both<RowOptions & { readonly nonAtomic?: boolean }>

export type InsertOptions<T = Any> = Both<
  RowOptions & {
    readonly conflict?:
      | 'error'
      | 'replace'
      | 'update'
      | ((key: Term<string>, old: Term<T>, next: Term<T>) => Value<Any>)
    readonly upsert?: boolean
  }
>

export type FeedOptions = Both<{
  readonly squash?: boolean | number
  readonly includeInitial?: boolean
  readonly includeStates?: boolean
  readonly includeTypes?: boolean
  readonly includeOffsets?: boolean
  readonly changefeedQueueSize?: number
}>

export type BoundOptions = Both<{
  readonly index?: string
  readonly leftBound?: 'open' | 'closed'
  readonly rightBound?: 'open' | 'closed'
}>

/** What `config()` answers for a table. */
export interface TableConfig {
  readonly id: string
  readonly name: string
  readonly db: string
  readonly primary_key: string
  readonly durability: 'hard' | 'soft'
  readonly indexes: string[]
  readonly shards: { primary_replica: string; replicas: string[]; nonvoting_replicas: string[] }[]
  readonly write_acks: string
  readonly write_hook: Any
}

export interface DbConfig {
  readonly id: string
  readonly name: string
}

/** The result of creating or dropping a database or a table. */
export type Made<Counts extends string, Config> = { readonly [C in Counts]: number } & {
  readonly config_changes: { old_val: Config | null; new_val: Config | null }[]
}

export interface IndexStatus {
  readonly index: string
  readonly ready: boolean
  readonly outdated: boolean
  readonly multi: boolean
  readonly geo: boolean
  readonly function: Uint8Array
  readonly query: string
}
