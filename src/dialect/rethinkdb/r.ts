// `r` and the methods of terms, made from the table of terms. Names, arities and texts are those of the official
// driver.

import { EMBEDDED } from '../../engine/index.ts'
import { Connection, connect } from './connect.ts'
import { arityText, ERRORS, ReqlDriverCompileError, requireCount } from './errors.ts'
import { expression, functionOrValue, isPlainObject, makeTerm, nodeOf, PROTOTYPE } from './expression.ts'
import { isBuffer, packageOf } from './host.ts'
import { datumNode, NO_OPTIONS, Node, undefinedArgument } from './node.ts'
import { dressed } from './promise.ts'
import { NO_RUN_OPTIONS, run } from './run.ts'
import { snakeCase, T, TERMS, type TermKind } from './terms.ts'
import type { R } from './types.ts'

type Method = (this: unknown, ...args: unknown[]) => unknown

/** Names of terms in the driver's own messages. */
const SHOWN: Readonly<Record<string, string>> = { bracket: '(...)', array: '[...]' }

function argument(value: unknown, position: number, kind: TermKind, isFunction = false): Node {
  if (value === undefined) throw undefinedArgument(position, SHOWN[kind.name] ?? kind.name)
  return isFunction ? functionOrValue(value) : expression(value)
}

/** Options as the server spells them, without undefined ones. */
function options(given: Record<string, unknown> | undefined): Readonly<Record<string, Node>> {
  if (given === undefined) return NO_OPTIONS
  const optargs: Record<string, Node> = {}
  for (const name of Object.keys(given)) {
    if (given[name] !== undefined) optargs[snakeCase(name)] = expression(given[name])
  }
  return optargs
}

function construct(
  kind: TermKind,
  receiver: Node | undefined,
  args: readonly unknown[],
  given?: Record<string, unknown>,
): unknown {
  const nodes = receiver === undefined ? [] : [receiver]
  for (let i = 0; i < args.length; i++) {
    nodes.push(argument(args[i], nodes.length, kind, kind.wrap === -1 || kind.wrap === i))
  }
  return makeTerm(new Node(kind.type, nodes, options(given)))
}

/** Takes the options off the end of `args`, which holds `count` other arguments. */
function splitOptions(
  args: readonly unknown[],
  count: number,
): [readonly unknown[], Record<string, unknown> | undefined] {
  const last = args[count]
  const given = isPlainObject(last) ? last : undefined
  const positional = args.length - (given === undefined ? 0 : 1)
  if (positional !== count) {
    const text = arityText(count, count, positional)
    throw new ReqlDriverCompileError(text.replace(' but', ' (not including options) but'))
  }
  return [args.slice(0, count), given]
}

function splitLast(args: readonly unknown[]): [readonly unknown[], Record<string, unknown> | undefined] {
  const last = args.at(-1)
  return isPlainObject(last) ? [args.slice(0, -1), last] : [args, undefined]
}

/** Makes the function that builds a term. */
function builder(kind: TermKind, isMethod: boolean): (receiver: Node | undefined, args: unknown[]) => unknown {
  const own = OWN[kind.name]
  if (own !== undefined) return (receiver, args) => own(kind, receiver, args, isMethod)
  if (kind.build === 't' && (isMethod || kind.name === 'random')) {
    return (receiver, args) => construct(kind, receiver, ...splitLast(args))
  }
  if (kind.build.startsWith('o')) {
    // r.distance(a, b) has one more argument than a.distance(b); r.table, r.circle and the like are counted as
    // declared.
    const count = Number(kind.build.slice(1)) + (!isMethod && kind.name === 'distance' ? 1 : 0)
    return (receiver, args) => construct(kind, receiver, ...splitOptions(args, count))
  }
  return (receiver, args) => construct(kind, receiver, args)
}

type Own = (kind: TermKind, receiver: Node | undefined, args: unknown[], isMethod: boolean) => unknown

/** `term(a, b, options)`, where the options may take the place of b. */
const withOptionalLast: Own = (kind, receiver, args) => {
  requireCount(args, 1, 3)
  const [first, second, third] = args
  if (third !== undefined && third !== null)
    return construct(kind, receiver, [first, second], third as Record<string, unknown>)
  if (second === undefined || (second === null && kind.name === 'indexCreate'))
    return construct(kind, receiver, [first])
  return isPlainObject(second) ? construct(kind, receiver, [first], second) : construct(kind, receiver, [first, second])
}

const OWN: Readonly<Record<string, Own>> = {
  slice: withOptionalLast,
  indexCreate: (kind, receiver, args, isMethod) => withOptionalLast({ ...kind, wrap: 1 }, receiver, args, isMethod),
  map(kind, receiver, args) {
    requireCount(args, 1, Infinity)
    return construct({ ...kind, wrap: args.length - 1 }, receiver, args)
  },
  do(kind, receiver, args) {
    if (receiver === undefined) requireCount(args, 1, Infinity)
    const last = args.at(-1)
    const call = argument(last, 0, kind, true)
    const rest = args.slice(0, -1).map((value, i) => argument(value, i + (receiver === undefined ? 1 : 2), kind))
    return makeTerm(new Node(kind.type, [call, ...(receiver === undefined ? [] : [receiver]), ...rest]))
  },
  getAll: (kind, receiver, args) =>
    args.length > 1 ? construct(kind, receiver, ...splitLast(args)) : construct(kind, receiver, args),
  min: (kind, receiver, args, isMethod) =>
    isMethod && args.length === 1 ? construct(kind, receiver, ...splitLast(args)) : construct(kind, receiver, args),
  max: (kind, receiver, args, isMethod) => OWN.min(kind, receiver, args, isMethod),
  union(kind, receiver, args, isMethod) {
    const [terms, given] = isMethod ? splitLast(args) : [args, undefined]
    return construct({ ...kind, wrap: isMethod ? -1 : undefined }, receiver, terms, given)
  },
  distinct: (kind, receiver, args, isMethod) =>
    isMethod ? construct(kind, receiver, ...splitOptions(args, 0)) : construct(kind, receiver, args),
  reconfigure: (kind, receiver, args) => construct(kind, receiver, [], args[0] as Record<string, unknown>),
  binary(kind, _receiver, args) {
    requireCount(args, 1)
    const node = nodeOf(args[0])
    if (node !== undefined) return makeTerm(new Node(kind.type, [node]))
    if (isBuffer(args[0])) return makeTerm(expression(args[0]))
    throw new TypeError('Parameter to `r.binary` must be a Buffer object or RQL query.')
  },
}

const METHOD_ALIASES: Readonly<Record<string, string>> = { toJSON: 'toJsonString' }

function method(build: (receiver: Node, args: unknown[]) => unknown): Method {
  return function (this: unknown, ...args: unknown[]) {
    return build(nodeOf(this) as Node, args)
  }
}

function expr(...args: unknown[]): unknown {
  requireCount(args, 1, 2)
  const [value, depth = 20] = args
  if (typeof depth !== 'number' || Number.isNaN(depth)) {
    throw new ReqlDriverCompileError('Second argument to `r.expr` must be a number or undefined.')
  }
  return nodeOf(value) === undefined ? makeTerm(expression(value, depth)) : value
}

const root = ((...args: unknown[]) => expr(...args)) as unknown as Record<string, unknown>
for (const kind of Object.values(TERMS)) {
  if (kind.where === 'c') root[kind.name] = makeTerm(new Node(kind.type, []))
  if (kind.where === 'r' || kind.where === 'b') {
    const build = builder(kind, false)
    root[kind.name] = (...args: unknown[]) => build(undefined, args)
  }
  if (kind.where === 'm' || kind.where === 'b') PROTOTYPE[kind.name] = method(builder(kind, true))
}
for (const [alias, name] of Object.entries(METHOD_ALIASES)) PROTOTYPE[alias] = PROTOTYPE[name]

// The chains that most queries consist of, without argument lists.

/** `r.table(name)`: terms are immutable, so one per name is enough. */
const NAMED = new Map<string, unknown>()
const NAMED_MAX = 1_000

const anyTable = root.table as (...args: unknown[]) => unknown
root.table = (...args: unknown[]) => {
  const name = args[0]
  if (args.length !== 1 || typeof name !== 'string') return anyTable(...args)
  let term = NAMED.get(name)
  if (term === undefined) {
    if (NAMED.size >= NAMED_MAX) NAMED.clear()
    term = anyTable(name)
    NAMED.set(name, term)
  }
  return term
}

/** A method with one argument that is not a function, without options. */
function direct(kind: TermKind): void {
  const any = PROTOTYPE[kind.name] as Method
  PROTOTYPE[kind.name] = function (this: unknown, value: unknown) {
    // biome-ignore lint/complexity/noArguments: a rest parameter would allocate one more array per document
    if (arguments.length !== 1) return any.apply(this, Array.from(arguments))
    if (value === undefined) throw undefinedArgument(1, kind.name)
    const node = typeof value === 'string' ? datumNode(value) : expression(value)
    return makeTerm(new Node(kind.type, [nodeOf(this) as Node, node]))
  }
}
direct(TERMS.get)
direct(TERMS.insert)

Object.assign(PROTOTYPE, {
  run(this: unknown, connection: unknown, ...rest: unknown[]) {
    const node = nodeOf(this) as Node
    return rest.length === 0 && connection instanceof Connection
      ? dressed(connection.start(node, NO_RUN_OPTIONS))
      : run(node, connection, ...rest)
  },
  build(this: unknown) {
    return (nodeOf(this) as Node).build()
  },
  toString(this: unknown) {
    return (nodeOf(this) as Node).print()
  },
})

// What libraries read of a term to learn its table: Penseur does.
Object.defineProperties(PROTOTYPE, {
  args: {
    get() {
      return nodeOf(this)?.args.map(makeTerm)
    },
  },
  data: {
    get() {
      return nodeOf(this)?.value
    },
  },
})

Object.assign(root, {
  expr,
  row: makeTerm(new Node(T.IMPLICIT_VAR, [])),
  connect,
  Error: ERRORS,
  [EMBEDDED]: true,
})

// Pools wait for connections with the driver's promises.
Object.defineProperty(root, '_bluebird', { get: () => packageOf('bluebird') })

// `require` returns r itself, so both spellings lead to it.
root.default = root
root.r = root

/** The entry to everything: `r.connect()`, `r.table('posts')`, `r.expr(5)`; `r(x)` is `r.expr(x)`. */
export const r = root as unknown as R
