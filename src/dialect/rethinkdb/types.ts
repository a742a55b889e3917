// TypeScript's view: terms typed by their answers, results by the documents of their table. Where a query leaves the
// types (a function that answers anything, fields by path), it is `any`, as in the driver.

import type { Database } from '../../engine/index.ts'
import type { ConnectOptions } from './connect.ts'
import type { ERRORS } from './errors.ts'
import type {
  BoundOptions,
  Callback,
  Cursor,
  DbConfig,
  FeedOptions,
  Made,
  Runnable,
  WriteResult,
} from './result-types.ts'
import type { ArrayTerm, Db, FeedTerm, Grouped, Stream, Tables, Unwritable } from './sequence-types.ts'

// biome-ignore lint/suspicious/noExplicitAny: the type that a query does not reveal
export type Any = any

/** A value, or a term that answers one. */
export type Value<T> =
  | T
  | Term<T>
  | (T extends readonly (infer I)[]
      ? readonly Value<I>[] | ArrayTerm<I>
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

/** Whether nothing is known of the documents. */
export type IsAny<T> = 0 extends 1 & T ? true : false

export type Field<T, K> = K extends keyof NonNullable<T> ? NonNullable<T>[K] : Any
export type Element<T> = NonNullable<T> extends readonly (infer I)[] ? I : Any
/** A document to insert: `id` may be left out and is then generated. */
export type NewDocument<T> = T extends { id: infer I } ? Omit<T, 'id'> & { readonly id?: I } : T
export type Partially<T> = T extends readonly unknown[] | Date | Uint8Array
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Partially<T[K]> | Term<Any> | ArrayTerm<Any> }
    : T

export type Paths = readonly (string | object | Term<Any>)[]

/** What a mapping function answers, as a plain value. */
export type Unwrapped<V> =
  IsAny<V> extends true
    ? Any
    : V extends Runnable<infer A>
      ? Answer<A>
      : V extends readonly (infer I)[]
        ? Unwrapped<I>[]
        : V extends Date | Uint8Array
          ? V
          : V extends object
            ? { [K in keyof V]: Unwrapped<V[K]> }
            : V

/** What a query's answer is as a part of a document. */
type Answer<A> = IsAny<A> extends true ? Any : A extends Cursor<infer I> ? I[] : A

// Of unknown documents, a part is unknown as well: programs say what it is when they read it.
export type Picked<T, K extends keyof T> = IsAny<T> extends true ? Any : Pick<T, K>
export type Rest<T, K extends keyof T> = IsAny<T> extends true ? Any : Omit<T, K>
/** A document with the fields of a patch merged over its own. */
export type Merged<T, P> = IsAny<T> extends true ? Any : Omit<NonNullable<T>, keyof Unwrapped<P>> & Unwrapped<P>
/** A joined pair as one document. */
export type Zipped<T> = T extends { left: infer L; right: infer R }
  ? IsAny<L> extends true
    ? Any
    : Omit<L, keyof R> & R
  : Any

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

type ListMethods = { [M in ListTerm]: (...args: Any[]) => Term<Any[]> }

/** A term that answers a value of type `T`. */
export interface Term<T = Any> extends Runnable<T>, Comparing, NumberMethods, ListMethods, Unwritable {
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
  pluck<K extends keyof NonNullable<T>>(...names: K[]): Term<Picked<NonNullable<T>, K>>
  pluck(...paths: Paths): Term<Any>
  without<K extends keyof NonNullable<T>>(...names: K[]): Term<Rest<NonNullable<T>, K>>
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
  map<V>(change: (row: Term<Element<T>>) => V): ArrayTerm<Unwrapped<V>>
  map(...args: Arg[]): ArrayTerm<Any>
  filter<V>(predicate: V | Fn<Element<T>>, options?: { readonly default?: Any }): Term<T>
  concatMap(change: (row: Term<Element<T>>) => Any): ArrayTerm<Any>
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
  offsetsOf<V>(value: V | Fn<Element<T>>): ArrayTerm<number>
  group<K extends keyof Element<T>>(by: K): Grouped<Element<T>, Element<T>[K] | null>
  group(...by: Arg<Element<T>>[]): Grouped<Element<T>>
  ungroup(): ArrayTerm<{ group: Any; reduction: Any }>
  union(...others: Any[]): ArrayTerm<Any>
  withFields(...paths: Paths): ArrayTerm<Any>
  innerJoin(other: Any, on: (left: Term<Element<T>>, right: Term<Any>) => Any): ArrayTerm<Any>
  outerJoin(other: Any, on: (left: Term<Element<T>>, right: Term<Any>) => Any): ArrayTerm<Any>
  eqJoin<V>(by: V | Fn<Element<T>>, other: Any, options?: object): ArrayTerm<Any>
  zip(): ArrayTerm<Any>
  forEach(write: (row: Term<Element<T>>) => Any): Term<WriteResult>
  changes(this: object & { readonly 'only rows of a table are watched': never }, options?: FeedOptions): FeedTerm<Any>
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

// biome-ignore lint/complexity/noBannedTypes: programs written with the driver's published types have listeners of this type
export type Listener = ((...args: Any[]) => unknown) | Function

/** The methods of Node's EventEmitter. Pages have no `prepend...`, `rawListeners`, `eventNames`, `getMaxListeners`. */
interface Emitting {
  on(event: string | symbol, listener: Listener): this
  addListener(event: string | symbol, listener: Listener): this
  once(event: string | symbol, listener: Listener): this
  off(event: string | symbol, listener: Listener): this
  removeListener(event: string | symbol, listener: Listener): this
  removeAllListeners(event?: string | symbol): this
  prependListener(event: string | symbol, listener: Listener): this
  prependOnceListener(event: string | symbol, listener: Listener): this
  emit(event: string | symbol, ...args: Any[]): boolean
  // biome-ignore lint/complexity/noBannedTypes: as in Node's types
  listeners(event: string | symbol): Function[]
  // biome-ignore lint/complexity/noBannedTypes: as in Node's types
  rawListeners(event: string | symbol): Function[]
  // biome-ignore lint/complexity/noBannedTypes: as in Node's types
  listenerCount(event: string | symbol, listener?: Function): number
  eventNames(): (string | symbol)[]
  getMaxListeners(): number
  setMaxListeners(count: number): this
}

export interface Connection extends Emitting {
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

export interface Expr {
  <T extends readonly unknown[]>(
    value: T & (IsAny<T> extends true ? never : unknown),
    nestingDepth?: number,
  ): ArrayTerm<Unwrapped<T[number]>>
  <T>(value: T, nestingDepth?: number): Term<Unwrapped<T>>
}

/** The type of `r`. */
export type R = Expr &
  Tables & { readonly [C in Constants]: Term<number> } & { [F in Free]: Call<Term<number>> } & {
    [F in FreeBoolean]: Call<Term<boolean>>
  } & { [F in FreeAny]: Call<Term<Any>> } & {
    connect(options?: ConnectOptions | string): Promise<Connection>
    connect(callback: Callback<Connection>): Promise<Connection>
    connect(options: ConnectOptions | string, callback: Callback<Connection>): Promise<Connection>
    expr: Expr
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
