// TypeScript's view: terms typed by their answers, results by the documents of their table. Where a query leaves the
// types (a function that answers anything, fields by path), it is `any`, as in the driver.

import type { Database } from '../../engine/index.ts'
import type { ConnectOptions } from './connect.ts'
import type { ERRORS } from './errors.ts'
import type {
  Answer,
  ArrayResult,
  BoundOptions,
  Callback,
  Change,
  Cursor,
  DbConfig,
  Feed,
  FeedOptions,
  IndexStatus,
  InsertOptions,
  Made,
  Runnable,
  TableConfig,
  WriteOptions,
  WriteResult,
} from './result-types.ts'

// biome-ignore lint/suspicious/noExplicitAny: the type that a query does not reveal
export type Any = any

/** A value, or a term that answers one. */
export type Value<T> =
  | T
  | Term<T>
  | (T extends readonly (infer I)[]
      ? readonly Value<I>[]
      : T extends Date
        ? never
        : T extends object
          ? { readonly [K in keyof T]: Value<T[K]> }
          : never)

/** A function in place of a value; a separate type, because `any` would leave the function's parameters untyped. */
export type Fn<T = Any> = (...values: Term<T>[]) => Any
export type Arg<T = Any> = string | number | boolean | object | null | undefined | Fn<T>
/** Takes values of all kinds, including functions. */
export interface Call<A> {
  (...args: Arg[]): A
  (...args: Any[]): A
}

type Field<T, K> = K extends keyof NonNullable<T> ? NonNullable<T>[K] : Any
type Element<T> = NonNullable<T> extends readonly (infer I)[] ? I : Any
/** A document to insert: `id` may be left out and is then generated. */
export type NewDocument<T> = T extends { id: infer I } ? Omit<T, 'id'> & { readonly id?: I } : T
type Partially<T> = T extends readonly unknown[] | Date | Uint8Array
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Partially<T[K]> | Term<Any> }
    : T

// Next to `any`, a function's parameters would be untyped; `object` keeps their types, for documents of unknown shape.
type Patch<T> = 0 extends 1 & T ? object : Partially<T>
type Next<T> = 0 extends 1 & T ? object : Value<T>

/** Picks a value from a row: a field's name, a function, or a term with r.row. */
type Pick1<T, U = Any> = string | Term<Any> | ((row: Term<T>) => Value<U>)
type Paths = readonly (string | object | Term<Any>)[]

/** What a mapping function answers, as a plain value. */
export type Unwrapped<V> =
  V extends Term<infer T>
    ? T
    : V extends readonly (infer I)[]
      ? Unwrapped<I>[]
      : V extends Date | Uint8Array
        ? V
        : V extends object
          ? { [K in keyof V]: Unwrapped<V[K]> }
          : V

/** A document with the fields of a patch merged over its own. */
export type Merged<T, P> = Omit<NonNullable<T>, keyof P> & Unwrapped<P>
/** A joined pair as one document. */
export type Zipped<T> = T extends { left: infer L; right: infer R } ? Omit<L, keyof R> & R : Any

interface Comparing {
  eq(...values: Any[]): Term<boolean>
  ne(...values: Any[]): Term<boolean>
  lt(...values: Any[]): Term<boolean>
  le(...values: Any[]): Term<boolean>
  gt(...values: Any[]): Term<boolean>
  ge(...values: Any[]): Term<boolean>
  and(...values: Any[]): Term<boolean>
  or(...values: Any[]): Term<boolean>
  not(): Term<boolean>
}

type Numeric = 'sub' | 'mul' | 'div' | 'mod' | 'bitAnd' | 'bitOr' | 'bitXor' | 'bitSal' | 'bitSar'
type Unary = 'floor' | 'ceil' | 'round' | 'bitNot'
type TimePart =
  | 'year'
  | 'month'
  | 'day'
  | 'dayOfWeek'
  | 'dayOfYear'
  | 'hours'
  | 'minutes'
  | 'seconds'
  | 'timeOfDay'
  | 'toEpochTime'
type TextTerm = 'upcase' | 'downcase' | 'timezone' | 'toISO8601' | 'toJSON' | 'toJsonString' | 'typeOf'
type ListTerm =
  | 'append'
  | 'prepend'
  | 'insertAt'
  | 'spliceAt'
  | 'deleteAt'
  | 'changeAt'
  | 'setInsert'
  | 'setUnion'
  | 'setIntersection'
  | 'setDifference'
  | 'difference'

type NumberMethods = { [M in Numeric]: (...values: Any[]) => Term<number> } & { [M in Unary]: () => Term<number> } & {
  [M in TimePart]: () => Term<number>
} & { [M in TextTerm]: () => Term<string> }

/** The methods of sequences and arrays of `T`; `S` is the type that one step of them yields. */
interface Sequence<T> {
  map<V>(change: (row: Term<T>) => V): Stream<Unwrapped<V>>
  map(...args: Arg[]): Stream<Any>
  concatMap<V>(change: (row: Term<T>) => V): Stream<Element<Unwrapped<V>>>
  reduce<V>(step: (left: Term<T>, right: Term<T>) => V): Term<T>
  fold<B>(base: B, step: (state: Term<Unwrapped<B>>, row: Term<T>) => Any, options?: object): Term<Any>
  count<V>(value?: V | Fn<T>): Term<number>
  sum(by?: Pick1<T>): Term<number>
  avg(by?: Pick1<T>): Term<number>
  min(by?: Pick1<T> | { readonly index: string }): Term<T>
  max(by?: Pick1<T> | { readonly index: string }): Term<T>
  distinct(options?: { readonly index: string }): Stream<T>
  contains(...values: Arg<T>[]): Term<boolean>
  contains(...values: Any[]): Term<boolean>
  group<K extends keyof T>(by: K): Grouped<T, T[K] | null>
  group(...by: Arg<T>[]): Grouped<T>
  union(...others: Any[]): Stream<Any>
  pluck<K extends keyof T>(...names: K[]): Stream<Pick<T, K>>
  pluck(...paths: Paths): Stream<Any>
  without<K extends keyof T>(...names: K[]): Stream<Omit<T, K>>
  without(...paths: Paths): Stream<Any>
  withFields(...paths: Paths): Stream<Any>
  hasFields(...paths: Paths): Stream<T>
  merge<P extends object>(patch: P | ((row: Term<T>) => P)): Stream<Merged<T, P>>
  merge(...patches: Any[]): Stream<Any>
  offsetsOf<V>(value: V | Fn<T>): Stream<number>
  isEmpty(): Term<boolean>
  innerJoin<U>(other: Sequence<U>, on: (left: Term<T>, right: Term<U>) => Any): Stream<{ left: T; right: U }>
  outerJoin<U>(other: Sequence<U>, on: (left: Term<T>, right: Term<U>) => Any): Stream<{ left: T; right?: U }>
  eqJoin<U extends object>(by: Pick1<T>, other: Table<U>, options?: object): Stream<{ left: T; right: U }>
  zip(): Stream<Zipped<T>>
  forEach(write: (row: Term<T>) => Any): Term<WriteResult>
  coerceTo(type: 'array'): Term<T[]>
  coerceTo(type: string): Term<Any>
  getField<K extends string>(name: K): Stream<Field<T, K>>
  changes(options?: FeedOptions): FeedTerm<Change<T>>
  info(): Term<Any>
  typeOf(): Term<string>
  default<V>(value: V): Any
}

/** A sequence that is not a selection. */
export interface Stream<T> extends Runnable<Cursor<T>>, Sequence<T> {
  (index: number): Term<T>
  <K extends string>(name: K): Stream<Field<T, K>>
  filter(
    predicate: Patch<T> | boolean | Term<Any> | ((row: Term<T>) => Any),
    options?: { readonly default?: Any },
  ): Stream<T>
  orderBy(...by: Arg<T>[]): Term<T[]>
  limit(count: Value<number>): Stream<T>
  skip(count: Value<number>): Stream<T>
  slice(from: Value<number>, to?: Any, options?: object): Stream<T>
  nth(index: Value<number>): Term<T>
  sample(count: Value<number>): Term<T[]>
}

/** Changes, typed by what they report. */
export interface FeedTerm<T> extends Runnable<Feed<T>>, Omit<Stream<T>, 'run'> {}

export interface Grouped<T, G = Any>
  extends Runnable<ArrayResult<{ group: G; reduction: T[] }>>,
    Omit<Sequence<T>, 'count' | 'sum' | 'avg' | 'min' | 'max' | 'reduce'> {
  count<V>(value?: V | Fn<T>): GroupedValue<number, G>
  sum(by?: Pick1<T>): GroupedValue<number, G>
  avg(by?: Pick1<T>): GroupedValue<number, G>
  min(by?: Pick1<T>): GroupedValue<T, G>
  max(by?: Pick1<T>): GroupedValue<T, G>
  reduce(step: (left: Term<T>, right: Term<T>) => Any): GroupedValue<T, G>
  ungroup(): Term<{ group: G; reduction: T[] }[]>
  [method: string]: Any
}

export interface GroupedValue<V, G = Any> extends Runnable<ArrayResult<{ group: G; reduction: V }>> {
  ungroup(): Term<{ group: G; reduction: V }[]>
  [method: string]: Any
}

type ListMethods = { [M in ListTerm]: (...args: Any[]) => Term<Any[]> }

/** A term that answers a value of type `T`. */
export interface Term<T = Any> extends Runnable<Answer<T>>, Comparing, NumberMethods, ListMethods {
  (index: number): Term<Element<T>>
  <K extends keyof NonNullable<T> & string>(name: K): Term<Field<T, K>>
  (name: Any): Term<Any>
  bracket(name: Any): Term<Any>
  getField<K extends string>(name: K): Term<Field<T, K>>
  add(...values: Any[]): Term<T>
  default<V>(value: V): Term<NonNullable<T> | Unwrapped<V>>
  do<V>(use: (value: Term<T>) => V): Term<Unwrapped<V>>
  do(...args: Arg[]): Term<Any>
  branch(...args: Any[]): Term<Any>
  coerceTo(type: 'string'): Term<string>
  coerceTo(type: 'number'): Term<number>
  coerceTo(type: 'bool'): Term<boolean>
  coerceTo(type: string): Term<Any>
  info(): Term<Any>
  pluck<K extends keyof NonNullable<T>>(...names: K[]): Term<Pick<NonNullable<T>, K>>
  pluck(...paths: Paths): Term<Any>
  without<K extends keyof NonNullable<T>>(...names: K[]): Term<Omit<NonNullable<T>, K>>
  without(...paths: Paths): Term<Any>
  merge<P extends object>(patch: P | ((value: Term<T>) => P)): Term<Merged<T, P>>
  merge(...patches: Any[]): Term<Any>
  hasFields(...paths: Paths): Term<boolean>
  keys(): Term<string[]>
  values(): Term<Any[]>
  match(pattern: Value<string>): Term<{ str: string; start: number; end: number; groups: Any[] } | null>
  split(separator?: Any, count?: Any): Term<string[]>
  inTimezone(zone: Value<string>): Term<Date>
  during(from: Any, to: Any, options?: BoundOptions): Term<boolean>
  date(): Term<Date>
  // Arrays.
  map<V>(change: (row: Term<Element<T>>) => V): Term<Unwrapped<V>[]>
  map(...args: Arg[]): Term<Any[]>
  filter<V>(predicate: V | Fn<Element<T>>, options?: { readonly default?: Any }): Term<T>
  concatMap(change: (row: Term<Element<T>>) => Any): Term<Any[]>
  reduce(step: (left: Term<Element<T>>, right: Term<Element<T>>) => Any): Term<Element<T>>
  fold(base: Any, step: (state: Term<Any>, row: Term<Element<T>>) => Any, options?: object): Term<Any>
  orderBy(...by: Arg<Element<T>>[]): Term<T>
  limit(count: Value<number>): Term<T>
  skip(count: Value<number>): Term<T>
  slice(from: Value<number>, to?: Any, options?: object): Term<T>
  nth(index: Value<number>): Term<Element<T>>
  sample(count: Value<number>): Term<T>
  distinct(): Term<T>
  count<V>(value?: V | Fn<Element<T>>): Term<number>
  sum<V>(by?: V | Fn<Element<T>>): Term<number>
  avg<V>(by?: V | Fn<Element<T>>): Term<number>
  min<V>(by?: V | Fn<Element<T>>): Term<Element<T>>
  max<V>(by?: V | Fn<Element<T>>): Term<Element<T>>
  contains(...values: Arg<Element<T>>[]): Term<boolean>
  contains(...values: Any[]): Term<boolean>
  isEmpty(): Term<boolean>
  offsetsOf<V>(value: V | Fn<Element<T>>): Term<number[]>
  group<K extends keyof Element<T>>(by: K): Grouped<Element<T>, Element<T>[K] | null>
  group(...by: Arg<Element<T>>[]): Grouped<Element<T>>
  ungroup(): Term<{ group: Any; reduction: Any }[]>
  union(...others: Any[]): Term<Any[]>
  withFields(...paths: Paths): Term<Any[]>
  innerJoin(other: Any, on: (left: Term<Element<T>>, right: Term<Any>) => Any): Term<Any[]>
  outerJoin(other: Any, on: (left: Term<Element<T>>, right: Term<Any>) => Any): Term<Any[]>
  eqJoin<V>(by: V | Fn<Element<T>>, other: Any, options?: object): Term<Any[]>
  zip(): Term<Any[]>
  forEach(write: (row: Term<Element<T>>) => Any): Term<WriteResult>
  // Geometry.
  toGeojson(): Term<Any>
  distance(other: Any, options?: object): Term<number>
  intersects(other: Any): Term<boolean>
  includes(other: Any): Term<boolean>
  fill(): Term<Any>
  polygonSub(other: Any): Term<Any>
  /** The term in the protocol's form. */
  build(): unknown
}

export interface Writable<T> {
  update(patch: Patch<T> | Term<Any> | ((row: Term<T>) => Any), options?: WriteOptions): Term<WriteResult<T>>
  replace(next: Next<T> | Term<Any> | null | ((row: Term<T>) => Any), options?: WriteOptions): Term<WriteResult<T>>
  delete(options?: WriteOptions): Term<WriteResult<T>>
}

/** One document, which may be missing. */
export interface SingleSelection<T> extends Term<T | null>, Writable<T> {
  changes(options?: FeedOptions): FeedTerm<Change<T>>
}

/** Documents of one table. */
export interface Selection<T>
  extends Omit<Stream<T>, 'filter' | 'orderBy' | 'limit' | 'skip' | 'slice' | 'nth'>,
    Writable<T> {
  (index: number): SingleSelection<T>
  <K extends string>(name: K): Stream<Field<T, K>>
  filter(
    predicate: Patch<T> | boolean | Term<Any> | ((row: Term<T>) => Any),
    options?: { readonly default?: Any },
  ): Selection<T>
  orderBy(options: { readonly index: Any }): Selection<T>
  orderBy(...by: Arg<T>[]): ArraySelection<T>
  limit(count: Value<number>): Selection<T>
  skip(count: Value<number>): Selection<T>
  slice(from: Value<number>, to?: Any, options?: object): Selection<T>
  nth(index: Value<number>): SingleSelection<T>
  between(low: Any, high: Any, options?: BoundOptions): Selection<T>
}

/** Documents of one table in a computed order. */
export interface ArraySelection<T> extends Omit<Term<T[]>, 'filter' | 'limit' | 'nth'>, Writable<T> {
  (index: number): SingleSelection<T>
  filter<V>(predicate: V | Fn<T>, options?: { readonly default?: Any }): ArraySelection<T>
  limit(count: Value<number>): ArraySelection<T>
  nth(index: Value<number>): SingleSelection<T>
}

/** A primary key: of the type of `id` where the documents have one. */
type KeyOf<T> = 0 extends 1 & T ? Any : T extends { id: infer I } ? Value<I> : Any

export interface IndexOptions {
  readonly multi?: boolean
  readonly geo?: boolean
}

export interface Table<T extends object = Any> extends Selection<T> {
  get(key: KeyOf<T>): SingleSelection<T>
  /** With the document's type given by the caller. */
  get<U extends object = never>(key: [U] extends [never] ? never : Any): SingleSelection<U>
  getAll(...keys: Any[]): Selection<T>
  insert(
    documents: Value<NewDocument<T>> | readonly Value<NewDocument<T>>[] | Sequence<Any> | Term<Any>,
    options?: InsertOptions<T>,
  ): Term<WriteResult<T>>
  sync(): Term<{ synced: number }>
  indexCreate(name: string, options?: IndexOptions): Term<{ created: number }>
  indexCreate<V>(name: string, by: V | Fn<T>, options?: IndexOptions): Term<{ created: number }>
  indexDrop(name: string): Term<{ dropped: number }>
  indexList(): Term<string[]>
  indexRename(from: string, to: string, options?: { readonly overwrite?: boolean }): Term<{ renamed: number }>
  indexStatus(...names: string[]): Term<IndexStatus[]>
  indexWait(...names: string[]): Term<IndexStatus[]>
  getIntersecting(geometry: Any, options: { readonly index: string }): Selection<T>
  getNearest(
    point: Any,
    options: { readonly index: string; readonly [option: string]: unknown },
  ): Term<{ dist: number; doc: T }[]>
  setWriteHook(
    hook: Uint8Array | Term<Any> | null | ((context: Term<Any>, old: Term<T>, next: Term<T>) => Any),
  ): Term<Any>
  getWriteHook(): Term<{ function: Uint8Array; query: string } | null>
  config(): SingleSelection<TableConfig>
  status(): Term<Any>
  wait(options?: object): Term<{ ready: number }>
  reconfigure(options: object): Term<Any>
  rebalance(): Term<Any>
}

export interface TableOptions {
  readonly primaryKey?: string
  readonly primary_key?: string
  readonly durability?: 'hard' | 'soft'
  readonly shards?: number
  readonly replicas?: Any
  readonly primaryReplicaTag?: string
}

interface Tables {
  table<T extends object = Any>(name: string, options?: object): Table<T>
  tableCreate(name: string, options?: TableOptions): Term<Made<'tables_created', TableConfig>>
  tableDrop(name: string): Term<Made<'tables_dropped', TableConfig>>
  tableList(): Term<string[]>
}

export interface Db extends Tables {
  info(): Term<Any>
  config(): SingleSelection<DbConfig>
  wait(options?: object): Term<{ ready: number }>
}

export interface Connection {
  db: string | undefined
  readonly open: boolean
  /** The underlying database; undefined for a real server. */
  readonly database?: Database | undefined
  use(db: string): void
  isOpen(): boolean
  close(options?: { readonly noreplyWait?: boolean } | Callback<void>, callback?: Callback<void>): Promise<void>
  reconnect(
    options?: { readonly noreplyWait?: boolean } | Callback<Connection>,
    callback?: Callback<Connection>,
  ): Promise<Connection>
  noreplyWait(callback?: Callback<void>): Promise<void>
  server(callback?: Callback<Any>): Promise<{ id: string; name: string; proxy: boolean }>
  cancel(): void
  on(event: string, listener: (...args: Any[]) => unknown): unknown
  addListener(event: string, listener: (...args: Any[]) => unknown): unknown
  once(event: string, listener: (...args: Any[]) => unknown): unknown
  removeListener(event: string, listener: (...args: Any[]) => unknown): unknown
}

type Constants =
  | 'monday'
  | 'tuesday'
  | 'wednesday'
  | 'thursday'
  | 'friday'
  | 'saturday'
  | 'sunday'
  | 'january'
  | 'february'
  | 'march'
  | 'april'
  | 'may'
  | 'june'
  | 'july'
  | 'august'
  | 'september'
  | 'october'
  | 'november'
  | 'december'
type Free =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'mod'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'bitAnd'
  | 'bitOr'
  | 'bitXor'
  | 'bitNot'
  | 'bitSal'
  | 'bitSar'
  | 'count'
  | 'sum'
  | 'avg'
  | 'random'
  | 'distance'
type FreeBoolean = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'and' | 'or' | 'not' | 'contains' | 'intersects'
type FreeAny =
  | 'min'
  | 'max'
  | 'reduce'
  | 'distinct'
  | 'group'
  | 'info'
  | 'object'
  | 'args'
  | 'literal'
  | 'geojson'
  | 'point'
  | 'line'
  | 'polygon'
  | 'circle'
  | 'grant'
  | 'http'
  | 'js'
  | 'json'
  | 'error'

/** The type of `r`. */
export type R = (<T>(value: T) => Term<Unwrapped<T>>) &
  Tables & { readonly [C in Constants]: Term<number> } & { [F in Free]: Call<Term<number>> } & {
    [F in FreeBoolean]: Call<Term<boolean>>
  } & { [F in FreeAny]: Call<Term<Any>> } & {
    connect(options?: ConnectOptions | string): Promise<Connection>
    connect(callback: Callback<Connection>): Promise<Connection>
    connect(options: ConnectOptions | string, callback: Callback<Connection>): Promise<Connection>
    expr<T>(value: T, nestingDepth?: number): Term<Unwrapped<T>>
    readonly row: Term<Any>
    readonly minval: Term<Any>
    readonly maxval: Term<Any>
    readonly Error: typeof ERRORS
    db(name: string): Db
    dbCreate(name: string): Term<Made<'dbs_created', DbConfig>>
    dbDrop(name: string): Term<Made<'dbs_dropped' | 'tables_dropped', DbConfig>>
    dbList(): Term<string[]>
    do: Call<Term<Any>>
    branch(...args: Any[]): Term<Any>
    map: Call<Stream<Any>>
    union(...args: Any[]): Stream<Any>
    range(from?: Value<number>, to?: Value<number>): Stream<number>
    asc: Call<Term<Any>>
    desc: Call<Term<Any>>
    now(): Term<Date>
    time(...parts: Any[]): Term<Date>
    epochTime(seconds: Value<number>): Term<Date>
    ISO8601(text: Value<string>, options?: { readonly defaultTimezone?: string }): Term<Date>
    binary(bytes: Uint8Array | Term<Any>): Term<Uint8Array>
    uuid(name?: Value<string>): Term<string>
    typeOf(value: Any): Term<string>
    format(template: Value<string>, values: Any): Term<string>
  }
