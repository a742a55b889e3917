// What evaluation passes around besides plain values: databases, tables and selections from them, streams, functions,
// groups.

import { type Datum, type Fields, print } from './datum.ts'
import { Failure, ReqlNonExistenceError, ReqlQueryLogicError } from './errors.ts'
import type { Node } from './node.ts'
import type { Planned } from './planned.ts'
import type { Query } from './query.ts'
import type { Followed, Table } from './store.ts'

/** Returns the next value, or undefined at the end. */
export type Pull = () => Datum | undefined

/** Every value that is not plain. */
export abstract class Special {
  /** Its name in error texts. */
  abstract readonly kind: string
  /** Its name in `typeOf`. */
  abstract readonly typeName: string
  /** Its form in error texts. */
  show(): string {
    return `VALUE ${this.kind}`
  }
}

export type Val = Datum | Special

export class Db extends Special {
  readonly kind = 'DATABASE'
  readonly typeName = 'DB'
  readonly id: string | null
  readonly name: string
  constructor(id: string | null, name: string) {
    super()
    this.id = id
    this.name = name
  }
  override show(): string {
    return `db("${this.name}")`
  }
}

/** Bounds of `between`, in key order. */
export interface Bounds {
  readonly low: Datum
  readonly high: Datum
  readonly isLowOpen: boolean
  readonly isHighOpen: boolean
}

/** Documents that a stream starts from, ordered or not. Opened anew for each reader. */
export interface Slice {
  readonly table: Table
  /** The index whose entries are walked; undefined for the primary key. */
  readonly index: string | undefined
  readonly bounds: Bounds | undefined
  readonly order: 'asc' | 'desc' | undefined
  /** Keys of `getAll`. */
  readonly keys?: readonly Datum[]
  /** For `getIntersecting`: whether it includes a key, and its rows. */
  readonly holds?: (key: Datum) => boolean
  readonly open?: () => Pull
}

/** A computed table: one of the database `rethinkdb`. */
export interface Virtual extends Followed {
  readonly name: string
  readonly db: string
  rows(): Fields[]
  /** Applies a decided row, or null for none; resolves to the resulting row. */
  write(old: Fields | null, next: Datum): Promise<Fields | null>
}

/** What a step of a stream does to each value: returns another value, or undefined to leave it out. */
export interface Step {
  readonly kind: 'map' | 'filter' | 'zip'
  readonly apply: (value: Datum) => Datum | undefined
  /** Whether it always gives the same answer. */
  readonly isFixed: boolean
  /** Called when a value was left out; what it throws may end the call of `pull`, and the next one continues. */
  isLeft?: (() => void) | undefined
}

/** A sequence that is not an array: read once, from the beginning. */
export class Stream extends Special {
  readonly kind: string = 'SEQUENCE'
  readonly typeName: string = 'STREAM'
  readonly pull: Pull
  readonly isInfinite: boolean
  /** Set for streams of changes. */
  feed: Feed | undefined
  /** Its source and what was done to it since; what `changes` needs to know. */
  slice: Slice | undefined
  /** The same for a computed table. */
  virtual: Virtual | undefined
  steps: readonly Step[] = []
  /** What the engine is asked for, if it can find everything. */
  planned: Planned | undefined
  /** The number of values, if known without reading them. */
  count: (() => number | undefined) | undefined
  /** Set by `limit` right after an indexed order. */
  limit: number | undefined
  /** Set for a union: `changes` follows all parts. */
  parts: readonly Stream[] | undefined
  /** Set if it was derived in a way that changes cannot follow. */
  unfollowable: string | undefined
  /** Set for a part of a feed: whether it has reported all it will. */
  isOver: (() => boolean) | undefined

  constructor(pull: Pull, isInfinite = false) {
    super()
    this.pull = pull
    this.isInfinite = isInfinite
  }
}

/** A live source of changes. */
export interface Feed {
  readonly className: 'Feed' | 'AtomFeed' | 'OrderByLimitFeed' | 'UnionedFeed'
  /** The next change; undefined while there is none. Throws the error that ended the feed. */
  poll(): Datum | undefined
  /** Calls back once, when something has arrived. */
  wait(wake: () => void): void
  close(): void
}

/** A table, or part of it by index. */
export class TableSlice extends Special {
  readonly table: Table
  readonly slice: Slice
  constructor(slice: Slice) {
    super()
    this.table = slice.table
    this.slice = slice
  }
  get isWhole(): boolean {
    const { bounds, order, index, keys } = this.slice
    return bounds === undefined && order === undefined && index === undefined && keys === undefined
  }
  get kind(): string {
    return this.isWhole ? 'TABLE' : 'TABLE_SLICE'
  }
  get typeName(): string {
    return this.kind
  }
  override show(): string {
    return this.isWhole ? `table("${this.table.name}")` : `SELECTION ON table(${this.table.name})`
  }
}

export class VirtualTable extends Special {
  readonly kind = 'TABLE'
  readonly typeName = 'TABLE'
  readonly virtual: Virtual
  constructor(virtual: Virtual) {
    super()
    this.virtual = virtual
  }
  override show(): string {
    return `table("${this.virtual.name}")`
  }
}

/** Documents of one table that can be written to. */
export class Selection extends Special {
  readonly kind = 'SELECTION'
  readonly table: Table
  readonly source: Stream | Datum[]
  constructor(table: Table, source: Stream | Datum[]) {
    super()
    this.table = table
    this.source = source
  }
  get typeName(): string {
    return Array.isArray(this.source) ? 'SELECTION<ARRAY>' : 'SELECTION<STREAM>'
  }
  override show(): string {
    return `SELECTION ON table(${this.table.name})`
  }
}

/** One document by its key; it may not exist. */
export class Row extends Special {
  readonly kind = 'SINGLE_SELECTION'
  readonly typeName = 'SELECTION<OBJECT>'
  readonly table: Table
  readonly key: Datum
  readonly #read: () => Datum
  #value: Datum | undefined
  /** Set for `config()`: writes change the configuration. */
  readonly assign: ((value: Datum) => void) | undefined
  /** Set for `get`: reads the document as stored. */
  readonly #stored: (() => object | undefined) | undefined
  /** If this is the first row of an index, the slice that changes follow. */
  slice: Slice | undefined
  /** Set for the system's tables, which have no `table`. */
  virtual: Virtual | undefined

  constructor(
    table: Table,
    key: Datum,
    read: () => Datum,
    assign?: (value: Datum) => void,
    stored?: () => object | undefined,
  ) {
    super()
    this.#stored = stored
    this.table = table
    this.key = key
    this.#read = read
    this.assign = assign
  }
  /** The stored document, fresh, if nobody has looked at it yet; undefined if it must be read through `value`. */
  readStored(): object | undefined {
    return this.#value === undefined ? this.#stored?.() : undefined
  }
  get value(): Datum {
    this.#value ??= this.#read()
    return this.#value
  }
  override show(): string {
    return print(this.value)
  }
}

/** Variables and their values, innermost first. */
export interface Scope {
  readonly ids: readonly number[]
  readonly values: readonly Val[]
  readonly outer: Scope | null
  /** Whether r.row refers to the only value of this scope. */
  readonly isImplicit: boolean
}

/** A function: a term with its variables, or internal JavaScript. */
export class Func extends Special {
  readonly kind = 'FUNCTION'
  readonly typeName = 'FUNCTION'
  /** The number of its parameters; -1 if it takes any number. */
  readonly arity: number
  readonly call: (args: readonly Datum[], isLiteralOk?: boolean) => Val
  readonly isFixed: boolean
  readonly node: Node | undefined
  /** The scope in which it was made. */
  readonly scope: Scope | null
  constructor(
    arity: number,
    call: (args: readonly Datum[], isLiteralOk?: boolean) => Val,
    isFixed: boolean,
    node?: Node,
    scope: Scope | null = null,
  ) {
    super()
    this.arity = arity
    this.call = call
    this.isFixed = isFixed
    this.node = node
    this.scope = scope
  }
}

/** Values by group, with sorted groups. In a stream, each value is an array that still counts as a stream. */
export class Grouped extends Special {
  readonly entries: readonly (readonly [Datum, Datum])[]
  readonly isStream: boolean
  constructor(entries: readonly (readonly [Datum, Datum])[], isStream: boolean) {
    super()
    this.entries = entries
    this.isStream = isStream
  }
  get kind(): string {
    return this.isStream ? 'SEQUENCE' : 'GROUPED_DATA'
  }
  get typeName(): string {
    return this.isStream ? 'GROUPED_STREAM' : 'GROUPED_DATA'
  }
}

/** The plain value; throws the server's text for anything else. */
export function asDatum(value: Val): Datum {
  if (!(value instanceof Special)) return value
  if (value instanceof Row) return value.value
  return wrongKind('DATUM', value)
}

/** The plain value of a document; anything else as it is. */
export function plain(value: Val): Val {
  return value instanceof Row ? value.value : value
}

export function wrongKind(expected: string, value: Val): never {
  const kind = value instanceof Special ? value.kind : 'DATUM'
  const shown = value instanceof Special ? value.show() : print(value)
  return failKind(`Expected type ${expected} but found ${kind}:\n${shown}`, value)
}

/** Ends a query because of the kind of a value; for a missing document, the failure is one of existence. */
export function failKind(text: string, value: Val): never {
  throw new Failure(plain(value) === null ? ReqlNonExistenceError : ReqlQueryLogicError, text, false, value)
}

/** Values of an array, one by one. */
export function pullArray(values: readonly Datum[]): Pull {
  let next = 0
  return () => values[next++]
}

/** All values of a pull, within the array limit. */
export function collect(pull: Pull, query: Query): Datum[] {
  const values: Datum[] = []
  for (let value = pull(); value !== undefined; value = pull()) {
    values.push(value)
    if (values.length > query.arrayLimit) query.arrayTooLarge()
  }
  return values
}
