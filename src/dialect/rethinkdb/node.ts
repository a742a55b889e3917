// A query as data: what a chain builds, what a server receives, what is evaluated in process.

import { isDate } from '../../value/index.ts'
import { TYPE, toBase64 } from './datum.ts'
import { type Printable, ReqlDriverCompileError } from './errors.ts'
import { isBuffer } from './host.ts'
import { camelCase, KINDS, T } from './terms.ts'

/** A piece of a query: a term with its arguments, or (DATUM) a value as the caller gave it. */
export class Node implements Printable {
  readonly type: number
  readonly args: readonly Node[]
  readonly optargs: Readonly<Record<string, Node>>
  /** For a DATUM: plain JavaScript values, Dates and Buffers. */
  readonly value: unknown
  /** Whether the value contains only what JSON has, so that it is its own datum. */
  readonly isPlain: boolean
  /** Set once arity and options have been checked. */
  isChecked = false
  /**
   * Set along with it: whether the query may drop what it has read. Evaluated again, it would not find that any more.
   */
  mayDrop = false
  /** For a DATUM that is not plain, its value as evaluation sees it; for a TABLE, the table found by the last query. */
  known: unknown = undefined

  constructor(
    type: number,
    args: readonly Node[],
    optargs: Readonly<Record<string, Node>> = NO_OPTIONS,
    value?: unknown,
    isPlain = true,
  ) {
    this.type = type
    this.args = args
    this.optargs = optargs
    this.value = value
    this.isPlain = isPlain
  }

  /** The term in the protocol's form: `[type, [arguments], {options}]`. */
  build(): unknown {
    if (this.type === T.DATUM) return wireValue(this.value)
    if (this.type === T.MAKE_OBJ) return mapValues(this.optargs, (node) => node.build())
    const built: unknown[] = [this.type, this.args.map((node) => node.build())]
    if (Object.keys(this.optargs).length > 0) built.push(mapValues(this.optargs, (node) => node.build()))
    return built
  }

  /** The query as JavaScript; with `frames`, also a line with carets under the term they lead to. */
  print(frames?: readonly (number | string)[]): string {
    if (frames === undefined) return compose(this, { target: undefined })
    let target: Node | undefined = this
    for (const frame of frames) target = typeof frame === 'number' ? target?.args[frame] : target?.optargs[frame]
    const marked = compose(this, { target })
    let text = ''
    let carets = ''
    let isInside = false
    for (const character of marked) {
      if (character === BEGIN) isInside = true
      else if (character === END) isInside = false
      else {
        text += character
        carets += isInside && character !== '\n' ? '^' : ' '
      }
    }
    return `${text}\n${carets}`
  }

  // The official driver calls this to print a query that the server refuses.
  compose(): string {
    return compose(this, { target: undefined })
  }

  /** Path from this term to another, for the frames of an error. */
  pathTo(target: unknown): (number | string)[] | undefined {
    if (target === this) return []
    for (let i = 0; i < this.args.length; i++) {
      const path = this.args[i].pathTo(target)
      if (path !== undefined) return [i, ...path]
    }
    for (const name of Object.keys(this.optargs)) {
      const path = this.optargs[name].pathTo(target)
      if (path !== undefined) return [name, ...path]
    }
    return undefined
  }
}

const NO_ARGUMENTS: readonly Node[] = []
export const NO_OPTIONS: Readonly<Record<string, Node>> = {}

export function datumNode(value: unknown, isPlain = true): Node {
  return new Node(T.DATUM, NO_ARGUMENTS, NO_OPTIONS, value, isPlain)
}

export function mapValues<V, R>(object: Readonly<Record<string, V>>, change: (value: V) => R): Record<string, R> {
  return Object.fromEntries(Object.keys(object).map((name) => [name, change(object[name])]))
}

function wireValue(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError(`Illegal non-finite number \`${value}\`.`)
  if (typeof value !== 'object' || value === null) return value
  if (isDate(value)) return [T.ISO8601, [value.toISOString()]]
  if (isBuffer(value)) return { [TYPE]: 'BINARY', data: toBase64(value) }
  if (Array.isArray(value)) return [T.MAKE_ARRAY, value.map(wireValue)]
  return mapValues(value as Record<string, unknown>, wireValue)
}

/** The term of a wire form; restores the functions of indexes and hooks from the catalog. */
export function fromWire(wire: unknown): Node {
  if (Array.isArray(wire)) {
    const [type, args = [], optargs = {}] = wire as [number, unknown[], Record<string, unknown>]
    return new Node(type, args.map(fromWire), mapValues(optargs, fromWire))
  }
  if (typeof wire !== 'object' || wire === null) return datumNode(wire)
  if (Object.hasOwn(wire, TYPE)) return datumNode(literal(wire), false)
  return new Node(T.MAKE_OBJ, [], mapValues(wire as Record<string, unknown>, fromWire))
}

/** The literal of a wire form: lists of coordinates are terms there. */
function literal(wire: unknown): unknown {
  if (typeof wire !== 'object' || wire === null) return wire
  return Array.isArray(wire) ? (wire[1] as unknown[]).map(literal) : mapValues(wire as Record<string, unknown>, literal)
}

/** The term with each variable of `values` replaced by its value, for a function that outlives its query. */
export function closed(node: Node, substitute: (id: number) => Node | undefined): Node {
  if (node.type === T.DATUM) return node
  if (node.type === T.VAR) return substitute(node.args[0].value as number) ?? node
  return new Node(
    node.type,
    node.args.map((arg) => closed(arg, substitute)),
    mapValues(node.optargs, (arg) => closed(arg, substitute)),
  )
}

// Printing. The term to be marked is put between two characters that no query holds.

const BEGIN = '\uE000'
const END = '\uE001'

/** The term to be marked: only at its first occurrence, though a query may contain it in many places. */
interface Mark {
  target: Node | undefined
}

function compose(node: Node, mark: Mark): string {
  if (node !== mark.target) return composed(node, mark)
  mark.target = undefined
  return BEGIN + composed(node, mark) + END
}

function composed(node: Node, mark: Mark): string {
  const { type, args, optargs } = node
  const kind = KINDS[type]
  const print = (one: Node) => compose(one, mark)
  switch (type) {
    case T.DATUM:
      return composeValue(node.value)
    case T.MAKE_ARRAY:
      return `[${args.map(print).join(', ')}]`
    case T.MAKE_OBJ:
      return composeOptions(optargs, print, (name) => name)
    case T.VAR:
      return `var_${print(args[0])}`
    case T.IMPLICIT_VAR:
      return 'r.row'
    case T.BRACKET:
      return `${args[0] === undefined ? '' : print(args[0])}(${args[1] === undefined ? '' : print(args[1])})`
    case T.FUNC: {
      const body = print(args[1])
      // A function made from an expression with r.row prints as that expression.
      if (isImplicit(node)) return body
      return `function(${variables(args[0])
        .map((id) => `var_${id}`)
        .join(', ')}) { return ${body}; }`
    }
    case T.FUNCALL:
      if (args.length > 2) return `r.do(${[...args.slice(1), args[0]].map(print).join(', ')})`
      if (args.length === 2) return `${receiver(args[1], print)}.do(${print(args[0])})`
      return `r.do(${args.map(print).join(', ')})`
  }
  if (kind?.where === 'c') return `r.${kind.name}`
  const isMethod =
    kind !== undefined && (kind.where === 'm' || (kind.where === 'b' && !/^(table|branch|uuid)$/.test(kind.name)))
  const hasReceiver = args.length > 0 && (isMethod || (type === T.TABLE && args[0].type === T.DB))
  const subject = hasReceiver ? receiver(args[0], print) : 'r'
  const printed = (hasReceiver ? args.slice(1) : args).map(print)
  const options = Object.keys(optargs).length > 0 ? [composeOptions(optargs, print, camelCase)] : []
  return `${subject}.${kind?.name}(${[...printed, ...options].join(', ')})`
}

function receiver(node: Node, print: (node: Node) => string): string {
  const isValue = node.type === T.DATUM || node.type === T.MAKE_ARRAY || node.type === T.MAKE_OBJ
  const printed = print(node)
  // Instants and binary print as terms.
  return isValue && !printed.startsWith('r.') ? `r(${printed})` : printed
}

function composeOptions(
  optargs: Readonly<Record<string, Node>>,
  print: (node: Node) => string,
  rename: (name: string) => string,
): string {
  const fields = Object.keys(optargs).map((name) => `${JSON.stringify(rename(name))}: ${print(optargs[name])}`)
  return `{${fields.join(', ')}}`
}

function composeValue(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  if (typeof value !== 'object' || value === null) return String(value)
  if (isDate(value)) return `r.ISO8601("${value.toISOString()}")`
  if (isBuffer(value)) return 'r.binary(<data>)'
  if (Array.isArray(value)) return `[${value.map(composeValue).join(', ')}]`
  const fields = Object.keys(value).map(
    (name) => `${JSON.stringify(name)}: ${composeValue((value as Record<string, unknown>)[name])}`,
  )
  return `{${fields.join(', ')}}`
}

/** The numbers of a function's variables. */
export function variables(node: Node): number[] {
  if (node.type === T.DATUM) return node.value as number[]
  return node.args.map((arg) => arg.value as number)
}

function isImplicit(func: Node): boolean {
  return holdsRow(func.args[1])
}

/** Whether the term contains r.row. */
export function holdsRow(node: Node): boolean {
  if (node.type === T.IMPLICIT_VAR) return true
  if (node.type === T.DATUM) return false
  return node.args.some(holdsRow) || Object.values(node.optargs).some(holdsRow)
}

/** A node that may not be: the driver's text for an argument that is `undefined`. */
export function undefinedArgument(position: number, name: string): ReqlDriverCompileError {
  return new ReqlDriverCompileError(`Argument ${position} to ${name} may not be \`undefined\`.`)
}
