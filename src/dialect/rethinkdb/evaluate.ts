// The evaluator: looks up a term in the table of operations and calls it with its arguments, which are evaluated on
// demand.

import { isFixed } from './check.ts'
import {
  asArray,
  asBool,
  asInteger,
  asNumber,
  asShortInteger,
  asText,
  type Datum,
  type Fields,
  setField,
  TYPE,
  typeName,
} from './datum.ts'
import { arityText, Failure, fail, failMissing, ReqlServerCompileError } from './errors.ts'
import { valueNode } from './expression.ts'
import { fieldOf } from './fields.ts'
import { type Node, variables } from './node.ts'
import { collatePart } from './parts.ts'
import { type Query, Suspension } from './query.ts'
import { OPERATIONS } from './registry.ts'
import { fromNative, pseudo } from './stored.ts'
import { openSlice } from './terms/reading.ts'
import { KINDS, T } from './terms.ts'
import {
  asDatum,
  collect,
  Func,
  Grouped,
  type Pull,
  plain,
  pullArray,
  Row,
  type Scope,
  Selection,
  Special,
  type Step,
  Stream,
  TableSlice,
  type Val,
  VirtualTable,
  wrongKind,
} from './values.ts'

export type Shortcut = 'none' | 'constant' | 'field'

/** An aggregation's answer for a group from which it took no rows. */
export const NOTHING = undefined as unknown as Datum

/** One term being evaluated. */
export class Call {
  readonly node: Node
  readonly args: readonly Node[]
  readonly scope: Scope | null
  readonly query: Query
  /** Whether r.literal is allowed in what is evaluated. */
  readonly isLiteralOk: boolean
  /** Whether the term is called with the rows of one group of a stream. */
  readonly isOfGroup: boolean
  /** The first argument, if already known. */
  #first: Val | undefined

  constructor(
    node: Node,
    args: readonly Node[],
    scope: Scope | null,
    query: Query,
    isLiteralOk: boolean,
    first?: Val,
    isOfGroup = false,
  ) {
    this.isOfGroup = isOfGroup
    this.node = node
    this.args = args
    this.scope = scope
    this.query = query
    this.isLiteralOk = isLiteralOk
    this.#first = first
  }

  get count(): number {
    return this.args.length
  }

  /** The server's name of this term. */
  get name(): string {
    return KINDS[this.node.type].wireName
  }

  val(i: number, isLiteralOk = false): Val {
    if (i === 0 && this.#first !== undefined) return this.#first
    const value = evaluate(this.args[i], this.scope, this.query, isLiteralOk)
    if (i === 0) this.#first = value
    return value
  }

  /** The first argument, evaluated before the operation; it may be grouped. */
  get first(): Val {
    return this.val(0)
  }

  withFirst(first: Val, isOfGroup: boolean): Call {
    return new Call(this.node, this.args, this.scope, this.query, this.isLiteralOk, first, isOfGroup)
  }

  datum(i: number): Datum {
    const value = this.val(i)
    return value instanceof Special ? this.blame(i, asDatum, value) : value
  }

  /** An argument as what the term needs it to be. */
  as<T>(i: number, convert: (value: Datum) => T): T {
    return this.blame(i, convert, this.datum(i))
  }

  /** What a value is converted to; if that fails, an argument or an option is blamed and not the term. */
  blame<V, T>(of: number | string, convert: (value: V) => T, value: V): T {
    try {
      return convert(value)
    } catch (error) {
      if (error instanceof Failure) error.node ??= typeof of === 'number' ? this.node.args[of] : this.node.optargs[of]
      throw error
    }
  }

  /** What is blamed for a value of the wrong kind: the first argument if that gave it, otherwise the term. */
  blamed(value: unknown): Node {
    const isFirst = value !== undefined && plain(value as Val) === plain(this.#first as Val)
    return isFirst ? this.node.args[0] : this.node
  }

  number(i: number): number {
    return this.as(i, asNumber)
  }

  integer(i: number): number {
    return this.as(i, asInteger)
  }

  /** A 32-bit integer. */
  shortInteger(i: number): number {
    return this.as(i, asShortInteger)
  }

  text(i: number): string {
    return this.as(i, asText)
  }

  bool(i: number): boolean {
    return asBool(this.datum(i))
  }

  array(i: number): Datum[] {
    return asArray(this.datum(i))
  }

  stream(i: number): Stream {
    return toStream(this.val(i))
  }

  func(i: number, shortcut: Shortcut = 'none'): Func {
    return this.blame(i, (value) => toFunc(value, shortcut), this.val(i, shortcut === 'constant'))
  }

  /** The remaining arguments as plain values. */
  rest(from: number): Datum[] {
    const values: Datum[] = []
    for (let i = from; i < this.args.length; i++) values.push(this.datum(i))
    return values
  }

  optionNode(name: string): Node | undefined {
    return Object.hasOwn(this.node.optargs, name) ? this.node.optargs[name] : undefined
  }

  option(name: string): Val | undefined {
    const node = this.optionNode(name)
    return node === undefined ? undefined : evaluate(node, this.scope, this.query)
  }

  datumOption(name: string): Datum | undefined {
    const value = this.option(name)
    return value === undefined ? undefined : this.blame(name, asDatum, value)
  }

  boolOption(name: string, otherwise = false): boolean {
    const value = this.datumOption(name)
    return value === undefined ? otherwise : asBool(value)
  }

  textOption(name: string): string | undefined {
    const value = this.datumOption(name)
    return value === undefined ? undefined : this.blame(name, asText, value)
  }

  /** The term's durability, or else the query's. */
  durability(): string | undefined {
    const given = this.option('durability')
    const durability = given === undefined ? this.query.durability : asText(given as Datum)
    if (durability === undefined || durability === 'hard' || durability === 'soft') return durability
    return fail(`Durability option \`${durability}\` unrecognized (options are "hard" and "soft").`)
  }

  /** `left_bound` and `right_bound`. */
  isOpen(name: 'left_bound' | 'right_bound'): boolean {
    const value = this.datumOption(name)
    if (value === undefined) return name === 'right_bound'
    const text = asText(value)
    if (text === 'open') return true
    return text === 'closed'
      ? false
      : fail(`Expected \`open\` or \`closed\` for optarg \`${name}\` (got \`"${text}"\`).`)
  }
}

/** Evaluates a term. */
export function evaluate(node: Node, scope: Scope | null, query: Query, isLiteralOk = false): Val {
  switch (node.type) {
    case T.DATUM:
      return query.literal(literalOf(node), node.isPlain)
    case T.VAR:
      return variable(scope, node.args[0].value as number)
    case T.IMPLICIT_VAR:
      return implicit(scope)
    case T.FUNC:
      return functionOf(node, scope, query)
    case T.MAKE_OBJ:
      return objectOf(node, scope, query, isLiteralOk)
  }
  let call: Call | undefined
  try {
    const operation = OPERATIONS[node.type]
    if (operation === undefined) throw new Failure(ReqlServerCompileError, `Unknown term ${node.type}.`)
    const args = node.args.length > 0 ? spliced(node, scope, query, isLiteralOk) : node.args
    call = new Call(node, args, scope, query, isLiteralOk)
    if (args.length > 0 && !KINDS[node.type].traits.includes('g')) {
      const first = call.val(0, isLiteralOk)
      if (first instanceof Grouped) return collatePart.now!.byGroup(call, operation, first)
    }
    return operation(call)
  } catch (error) {
    if (error instanceof Failure) error.node ??= call?.blamed(error.about) ?? node
    throw error
  }
}

/** The value of a DATUM. */
export function literalOf(node: Node): Datum {
  return (node.isPlain ? node.value : (node.known ??= fromNative(node.value))) as Datum
}

function objectOf(node: Node, scope: Scope | null, query: Query, isLiteralOk: boolean): Datum {
  const object: Fields = {}
  for (const name of Object.keys(node.optargs)) {
    setField(object, name, asDatum(evaluate(node.optargs[name], scope, query, isLiteralOk)))
  }
  return Object.hasOwn(object, TYPE) ? pseudo(object) : object
}

/** The arguments, with each r.args replaced by its arguments. */
function spliced(node: Node, scope: Scope | null, query: Query, isLiteralOk: boolean): readonly Node[] {
  const { args } = node
  let hasArgs = false
  for (let i = 0; i < args.length; i++) if (args[i].type === T.ARGS) hasArgs = true
  if (!hasArgs) return args
  const all = args.flatMap((arg) => {
    if (arg.type !== T.ARGS) return [arg]
    const value = evaluate(arg.args[0], scope, query, isLiteralOk)
    return asArray(asDatum(value)).map(valueNode)
  })
  const kind = KINDS[node.type]
  if (all.length < kind.min || all.length > kind.max) fail(arityText(kind.min, kind.max, all.length))
  return all
}

function variable(scope: Scope | null, id: number): Val {
  for (let at = scope; at !== null; at = at.outer) {
    const { ids } = at
    for (let i = 0; i < ids.length; i++) if (ids[i] === id) return at.values[i]
  }
  throw new Failure(ReqlServerCompileError, `Variable name ${id} not found.`)
}

function implicit(scope: Scope | null): Val {
  for (let at = scope; at !== null; at = at.outer) if (at.isImplicit) return at.values[0]
  throw new Failure(ReqlServerCompileError, 'r.row is not defined in this context.')
}

function functionOf(node: Node, scope: Scope | null, query: Query): Func {
  const ids = variables(node.args[0])
  const body = node.args[1]
  const call = (args: readonly Datum[], isLiteralOk = false): Val => {
    if (ids.length !== args.length && ids.length !== 0) {
      fail(arityText(ids.length, ids.length, args.length))
    }
    const inner = ids.length === 0 ? scope : { ids, values: args, outer: scope, isImplicit: ids.length === 1 }
    return evaluate(body, inner, query, isLiteralOk)
  }
  return new Func(ids.length, call, isFixed(body, true, true), node, scope)
}

/** A function, or the function that the shortcut makes of a plain value. */
export function toFunc(value: Val, shortcut: Shortcut = 'none'): Func {
  if (value instanceof Func) return value
  if (shortcut === 'none' || (value instanceof Special && !(value instanceof Row))) return wrongKind('FUNCTION', value)
  const datum = asDatum(value)
  if (shortcut === 'constant') return new Func(0, () => datum, true)
  return new Func(1, ([row]) => fieldOf(row, datum), true)
}

/** The values of any sequence. */
export function toStream(value: Val): Stream {
  if (value instanceof Stream) return value
  if (Array.isArray(value)) return new Stream(pullArray(value))
  if (value instanceof TableSlice) {
    const stream = new Stream(openSlice(value.slice))
    stream.slice = value.slice
    return stream
  }
  if (value instanceof Selection) {
    return value.source instanceof Stream ? value.source : new Stream(pullArray(value.source))
  }
  if (value instanceof VirtualTable) {
    const stream = new Stream(pullArray(value.virtual.rows()))
    stream.virtual = value.virtual
    return stream
  }
  if (value instanceof Grouped) fail('Cannot treat the output of `group` as a stream (did you mean to `ungroup`?).')
  if (value instanceof Special) return wrongKind('SEQUENCE', value)
  const text = `Cannot convert ${typeName(value)} to SEQUENCE`
  return value === null ? failMissing(text) : fail(text)
}

/** What can be written to document by document: the selection behind a value, or undefined. */
export function selectionOf(value: Val): Selection | undefined {
  if (value instanceof Selection) return value
  if (value instanceof TableSlice) return new Selection(value.table, toStream(value))
  return undefined
}

/**
 * A sequence with its values changed: an array stays an array, a selection stays one if `isKept`; anything else becomes
 * a stream.
 */
export function derive(call: Call, value: Val, make: (pull: Pull) => Pull, isKept: boolean, step?: Step): Val {
  const { query } = call
  if (Array.isArray(value)) return collect(make(pullArray(value)), query)
  if (isKept) {
    const selection = selectionOf(value)
    if (selection !== undefined) {
      if (Array.isArray(selection.source)) {
        return new Selection(selection.table, collect(make(pullArray(selection.source)), query))
      }
      return new Selection(selection.table, derived(selection.source, make, step))
    }
  }
  if (value instanceof Selection && Array.isArray(value.source)) return collect(make(pullArray(value.source)), query)
  return derived(toStream(value), make, step)
}

function derived(source: Stream, make: (pull: Pull) => Pull, step: Step | undefined): Stream {
  const stream = new Stream(make(source.pull), source.isInfinite)
  stream.feed = source.feed
  stream.isOver = source.isOver
  stream.parts = source.parts
  if (step === undefined) {
    stream.unfollowable = source.unfollowable ?? 'limit'
    return stream
  }
  stream.slice = source.slice
  stream.virtual = source.virtual
  stream.limit = source.limit
  stream.unfollowable = source.unfollowable
  stream.steps = [...source.steps, step]
  return stream
}

/** A sequence with a step applied to each value. */
export function withStep(call: Call, value: Val, step: Step, isKept = false): Val {
  const { apply } = step
  const make =
    (pull: Pull): Pull =>
    () => {
      for (let item = pull(); item !== undefined; item = pull()) {
        const result = apply(item)
        if (result !== undefined) return result
      }
      return undefined
    }
  return derive(call, value, make, isKept, step)
}

/** The sequences of all values, one after the other. */
export function concatenated(pull: Pull, expand: (value: Datum) => Pull): Pull {
  let inner: Pull | undefined
  return () => {
    for (;;) {
      if (inner !== undefined) {
        const value = inner()
        if (value !== undefined) return value
      }
      const outer = pull()
      if (outer === undefined) return undefined
      inner = expand(outer)
    }
  }
}

/**
 * The first argument of a term that also takes a single value; a term that takes only sequences does not accept a row.
 */
export function plainFirst(call: Call): Val {
  return plain(call.first)
}

/** The values of a sequence that must be finite. */
export function finite(stream: Stream): Pull {
  if (stream.isInfinite) {
    fail(
      stream.feed === undefined
        ? 'Cannot use an infinite stream with an aggregation function (`reduce`, `count`, etc.) or coerce it to an array.'
        : 'Cannot call a terminal (`reduce`, `count`, etc.) on an infinite stream (such as a changefeed).',
    )
  }
  return waiting(stream)
}

/** The values of a sequence; the query waits while a feed has none. */
export function waiting(stream: Stream): Pull {
  const { feed, pull } = stream
  if (feed === undefined) return pull
  return () => {
    const value = pull()
    if (value === undefined && stream.isOver?.() !== true) {
      throw new Suspension(new Promise<void>((resolve) => feed.wait(resolve)), true)
    }
    return value
  }
}
