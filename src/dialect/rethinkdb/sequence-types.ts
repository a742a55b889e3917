// Tables and what is made of their rows, as TypeScript sees them. Every kind has all methods of `Sequence`, so a variable may hold one kind
// after another (`query = query.orderBy('age')`), as with the driver's published types; those that its kind refuses want another `this`.

import type {
  ArrayResult,
  BoundOptions,
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
import type {
  Any,
  Arg,
  Element,
  Field,
  Fn,
  IsAny,
  Merged,
  NewDocument,
  Partially,
  Paths,
  Picked,
  Rest,
  Term,
  Unwrapped,
  Value,
  Zipped,
} from './types.ts'

// Next to `any`, a function's parameters would be untyped; `object` keeps their types, for documents of unknown shape.
type Patch<T> = IsAny<T> extends true ? object : Partially<T>
type Next<T> = IsAny<T> extends true ? object : Value<T>
/** What a class that is generic in its documents has: there, the types above stay open. */
type Whole<T> = Pick<T, keyof T>

/** Picks a value from a row: a field's name, a function, or a term with r.row. */
type Pick1<T> = string | Term<Any> | ((row: Term<T>) => Any)
type Predicate<T> = Patch<T> | Partial<T> | boolean | Term<Any> | ((row: Term<T>) => Any)
interface FilterOptions {
  readonly default?: Any
}

export interface Writable<T> {
  update(
    patch: Patch<T> | Partial<T> | Term<Any> | ((row: Term<T>) => Any),
    options?: WriteOptions,
  ): Term<WriteResult<T>>
  replace(
    next: Next<T> | Whole<T> | Term<Any> | null | ((row: Term<T>) => Any),
    options?: WriteOptions,
  ): Term<WriteResult<T>>
  delete(options?: WriteOptions): Term<WriteResult<T>>
}

/** What is joined: any sequence. */
type Rows<T> = Runnable<Cursor<T>>

interface RowsOfTable {
  readonly 'only rows of a table are written or watched, or have bounds': never
}

/** What values do not take: they are no rows of a table. */
export interface Unwritable {
  update(this: RowsOfTable, patch: Any, options?: WriteOptions): Term<WriteResult>
  replace(this: RowsOfTable, next: Any, options?: WriteOptions): Term<WriteResult>
  delete(this: RowsOfTable, options?: WriteOptions): Term<WriteResult>
}

/** A chain over many documents, whatever its current kind. */
export interface Sequence<T = Any> extends Runnable<Cursor<T>>, Writable<T> {
  (index: number): Term<T>
  <K extends string>(name: K): Stream<Field<T, K>>
  filter(predicate: Predicate<T>, options?: FilterOptions): Sequence<T>
  orderBy(...by: Arg<T>[]): Sequence<T>
  limit(count: Value<number>): Sequence<T>
  skip(count: Value<number>): Sequence<T>
  slice(from: Value<number>, to?: Any, options?: object): Sequence<T>
  between(low: Any, high: Any, options?: BoundOptions): Sequence<T>
  nth(index: Value<number>): Term<T>
  sample(count: Value<number>): ArrayTerm<T>
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
  pluck<K extends keyof T>(...names: K[]): Stream<Picked<T, K>>
  pluck(...paths: Paths): Stream<Any>
  without<K extends keyof T>(...names: K[]): Stream<Rest<T, K>>
  without(...paths: Paths): Stream<Any>
  withFields(...paths: Paths): Stream<Any>
  hasFields(...paths: Paths): Stream<T>
  merge<P extends object>(patch: P | ((row: Term<T>) => P)): Stream<Merged<T, P>>
  merge(...patches: Any[]): Stream<Any>
  offsetsOf<V>(value: V | Fn<T>): Stream<number>
  isEmpty(): Term<boolean>
  innerJoin<U>(other: Rows<U>, on: (left: Term<T>, right: Term<U>) => Any): Stream<{ left: T; right: U }>
  outerJoin<U>(other: Rows<U>, on: (left: Term<T>, right: Term<U>) => Any): Stream<{ left: T; right?: U }>
  eqJoin<U>(by: Pick1<T>, other: Rows<U>, options?: object): Stream<{ left: T; right: U }>
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
export interface Stream<T> extends Sequence<T> {
  filter(predicate: Predicate<T>, options?: FilterOptions): Stream<T>
  orderBy(...by: Arg<T>[]): ArrayTerm<T>
  limit(count: Value<number>): Stream<T>
  skip(count: Value<number>): Stream<T>
  slice(from: Value<number>, to?: Any, options?: object): Stream<T>
  between(this: RowsOfTable, low: Any, high: Any, options?: BoundOptions): Stream<T>
  update: Unwritable['update']
  replace: Unwritable['replace']
  delete: Unwritable['delete']
}

/** Changes, typed by what they report. */
export interface FeedTerm<T> extends Omit<Stream<T>, 'run'>, Runnable<Feed<T>> {
  (index: number): Term<T>
  <K extends string>(name: K): Stream<Field<T, K>>
}

export interface Grouped<T, G = Any>
  extends Runnable<ArrayResult<{ group: G; reduction: T[] }>>,
    Omit<Sequence<T>, 'run' | 'count' | 'sum' | 'avg' | 'min' | 'max' | 'reduce' | keyof Writable<T>> {
  count<V>(value?: V | Fn<T>): GroupedValue<number, G>
  sum(by?: Pick1<T>): GroupedValue<number, G>
  avg(by?: Pick1<T>): GroupedValue<number, G>
  min(by?: Pick1<T>): GroupedValue<T, G>
  max(by?: Pick1<T>): GroupedValue<T, G>
  reduce(step: (left: Term<T>, right: Term<T>) => Any): GroupedValue<T, G>
  ungroup(): ArrayTerm<{ group: G; reduction: T[] }>
  [method: string]: Any
}

export interface GroupedValue<V, G = Any> extends Runnable<ArrayResult<{ group: G; reduction: V }>> {
  ungroup(): ArrayTerm<{ group: G; reduction: V }>
  [method: string]: Any
}

/** An array that a sequence has become; its answer has the methods of a cursor. */
export interface ArrayTerm<T> extends Omit<Term<T[]>, keyof Sequence>, Omit<Sequence<T>, 'run'> {
  run: Runnable<ArrayResult<T>>['run']
  (index: number): Term<T>
  <K extends string>(name: K): ArrayTerm<Field<T, K>>
  filter<V>(predicate: V | Fn<T>, options?: FilterOptions): ArrayTerm<T>
  orderBy(...by: Arg<T>[]): ArrayTerm<T>
  limit(count: Value<number>): ArrayTerm<T>
  skip(count: Value<number>): ArrayTerm<T>
  slice(from: Value<number>, to?: Any, options?: object): ArrayTerm<T>
  map<V>(change: (row: Term<T>) => V): ArrayTerm<Unwrapped<V>>
  map(...args: Arg[]): ArrayTerm<Any>
  concatMap<V>(change: (row: Term<T>) => V): ArrayTerm<Element<Unwrapped<V>>>
  distinct(): ArrayTerm<T>
  union(...others: Any[]): ArrayTerm<Any>
  pluck<K extends keyof T>(...names: K[]): ArrayTerm<Picked<T, K>>
  pluck(...paths: Paths): ArrayTerm<Any>
  without<K extends keyof T>(...names: K[]): ArrayTerm<Rest<T, K>>
  without(...paths: Paths): ArrayTerm<Any>
  withFields(...paths: Paths): ArrayTerm<Any>
  hasFields(...paths: Paths): ArrayTerm<T>
  merge<P extends object>(patch: P | ((row: Term<T>) => P)): ArrayTerm<Merged<T, P>>
  merge(...patches: Any[]): ArrayTerm<Any>
  offsetsOf<V>(value: V | Fn<T>): ArrayTerm<number>
  innerJoin<U>(other: Rows<U>, on: (left: Term<T>, right: Term<U>) => Any): ArrayTerm<{ left: T; right: U }>
  innerJoin(other: Any, on: (left: Term<T>, right: Term<Any>) => Any): ArrayTerm<Any>
  outerJoin<U>(other: Rows<U>, on: (left: Term<T>, right: Term<U>) => Any): ArrayTerm<{ left: T; right?: U }>
  outerJoin(other: Any, on: (left: Term<T>, right: Term<Any>) => Any): ArrayTerm<Any>
  eqJoin<U>(by: Pick1<T>, other: Rows<U>, options?: object): ArrayTerm<{ left: T; right: U }>
  zip(): ArrayTerm<Zipped<T>>
  getField<K extends string>(name: K): ArrayTerm<Field<T, K>>
  default<V>(value: V): Any
  between(this: RowsOfTable, low: Any, high: Any, options?: BoundOptions): ArrayTerm<T>
  update: Unwritable['update']
  replace: Unwritable['replace']
  delete: Unwritable['delete']
}

/** One document `D` of a table, that answers `T`. */
export interface SelectedRow<D, T = D> extends Term<T> {
  changes(options?: FeedOptions): FeedTerm<Change<D>>
  update: Writable<D>['update']
  replace: Writable<D>['replace']
  delete: Writable<D>['delete']
}

/** One document, which may be missing. */
export interface SingleSelection<T> extends SelectedRow<T, T | null> {}

/** Documents of one table. */
export interface Selection<T> extends Sequence<T> {
  (index: number): SelectedRow<T>
  <K extends string>(name: K): Stream<Field<T, K>>
  filter(predicate: Predicate<T>, options?: FilterOptions): Selection<T>
  orderBy(options: { readonly index: Any }): Selection<T>
  orderBy(...by: Arg<T>[]): ArraySelection<T>
  limit(count: Value<number>): Selection<T>
  skip(count: Value<number>): Selection<T>
  slice(from: Value<number>, to?: Any, options?: object): Selection<T>
  nth(index: Value<number>): SelectedRow<T>
  between(low: Any, high: Any, options?: BoundOptions): Selection<T>
}

/** Documents of one table in a computed order. */
export interface ArraySelection<T> extends Omit<ArrayTerm<T>, keyof Writable<T>>, Writable<T> {
  (index: number): SelectedRow<T>
  <K extends string>(name: K): ArrayTerm<Field<T, K>>
  filter<V>(predicate: V | Fn<T>, options?: FilterOptions): ArraySelection<T>
  orderBy(...by: Arg<T>[]): ArraySelection<T>
  limit(count: Value<number>): ArraySelection<T>
  nth(index: Value<number>): SelectedRow<T>
}

/** A primary key: of the type of `id` where the documents have one. */
type KeyOf<T> = IsAny<T> extends true ? Any : T extends { id: infer I } ? Value<I> : Any
/** Nothing, unless the caller has said what `U` is. */
type Given<U> = U extends unknown ? Any : never

export interface IndexOptions {
  readonly multi?: boolean
  readonly geo?: boolean
}

export interface Table<T extends object = Any> extends Selection<T> {
  get(key: KeyOf<T>): SingleSelection<T>
  /** With the document's type given by the caller. */
  get<U extends object = never>(key: Given<U>): SingleSelection<U>
  getAll(...keys: Any[]): Selection<T>
  insert(
    documents:
      | Value<NewDocument<T>>
      | readonly Value<NewDocument<T>>[]
      | Whole<T>
      | readonly Whole<T>[]
      | Sequence<Any>
      | Term<Any>,
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
  ): ArrayTerm<{ dist: number; doc: T }>
  setWriteHook(
    hook: Uint8Array | Term<Any> | null | ((context: Term<Any>, old: Term<T>, next: Term<T>) => Any),
  ): Term<Any>
  getWriteHook(): Term<{ function: Uint8Array; query: string } | null>
  config(): SingleSelection<TableConfig>
  status(): SingleSelection<Any>
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

/** What `r` and a database have. */
export interface Tables {
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
