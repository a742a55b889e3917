// Turns the caller's values into nodes: r.expr, functions, r.row.

import { isDate } from '../../value/index.ts'
import { MAXVAL, MINVAL, TYPE } from './datum.ts'
import { ReqlDriverCompileError, requireCount } from './errors.ts'
import { isBuffer } from './host.ts'
import { datumNode, holdsRow, mapValues, NO_OPTIONS, Node, undefinedArgument } from './node.ts'
import { STORED_ARRAY_MAX } from './stored.ts'
import { T } from './terms.ts'

/** How deep values may nest. */
const DEPTH_MAX = 20

/** What terms inherit; r.ts adds the methods. A term is a function: `term('field')`, `term(0)`. */
export const PROTOTYPE = Object.create(Function.prototype) as Record<PropertyKey, unknown>

/** Asks a term for its node: a property on each term would cost more than everything else about it. */
const ASK: unknown = {}

export function makeTerm(node: Node): unknown {
  const term = (...args: unknown[]) => {
    const key = args[0]
    if (key === ASK) return node
    requireCount(args, 1)
    if (key === undefined) throw undefinedArgument(1, '(...)')
    return makeTerm(new Node(T.BRACKET, [node, expression(key)]))
  }
  return Object.setPrototypeOf(term, PROTOTYPE)
}

/** The node of a term, or undefined for anything else. */
export function nodeOf(value: unknown): Node | undefined {
  return typeof value === 'function' && Object.getPrototypeOf(value) === PROTOTYPE
    ? (value as (ask: unknown) => Node)(ASK)
    : undefined
}

/** Whether the value is an options object or a document, as the driver sees it. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]'
}

/** What a value turned out to contain. */
const PLAIN = 0
/** Dates, Buffers, pseudo-types, numbers such as NaN: still a value, but not its own datum. */
const CONVERTED = 1
/** Terms, functions, or objects that JSON has another view of: not a value. */
const COMPOSED = 2

/** The node for a caller's value. Values without terms in them stay as they are, whatever their size. */
export function expression(value: unknown, depth = DEPTH_MAX): Node {
  const node = nodeOf(value)
  if (node !== undefined) {
    if (depth <= 0) throw new ReqlDriverCompileError('Nesting depth limit exceeded.')
    return node
  }
  const kind = survey(value, depth)
  if (kind === PLAIN) return datumNode(value)
  if (kind === CONVERTED) return datumNode(value, false)
  if (typeof value === 'function') return functionNode(value as (...args: unknown[]) => unknown)
  if (Array.isArray(value)) {
    return new Node(
      T.MAKE_ARRAY,
      value.map((item) => expression(item, depth - 1)),
    )
  }
  // Boxed values, URLs, typed arrays: as JSON.stringify, and so the driver, sends them.
  if (!isPlainObject(value)) return datumNode(JSON.parse(JSON.stringify(value)), false)
  return new Node(
    T.MAKE_OBJ,
    [],
    mapValues(value, (field) => expression(field, depth - 1)),
  )
}

function survey(value: unknown, depth: number): number {
  if (value === undefined) throw new ReqlDriverCompileError('Cannot wrap undefined with r.expr().')
  if (depth <= 0) throw new ReqlDriverCompileError('Nesting depth limit exceeded.')
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return PLAIN
    case 'number':
      return Number.isFinite(value) ? PLAIN : CONVERTED
    case 'function':
      return COMPOSED
    case 'object':
      break
    default:
      return CONVERTED
  }
  if (value === null) return PLAIN
  if (Array.isArray(value)) {
    // An array that cannot be stored as it is takes the path on which that is detected.
    let kind = value.length > STORED_ARRAY_MAX && depth < DEPTH_MAX ? CONVERTED : PLAIN
    for (let i = 0; i < value.length; i++) {
      const inner = survey(value[i], depth - 1)
      if (inner > kind) kind = inner
    }
    return kind
  }
  if (Object.getPrototypeOf(value) === Object.prototype) return surveyFields(value as Record<string, unknown>, depth)
  if (isDate(value)) {
    value.toISOString()
    return CONVERTED
  }
  if (isBuffer(value)) return CONVERTED
  return isPlainObject(value) ? surveyFields({ ...value }, depth) : COMPOSED
}

function surveyFields(value: Record<string, unknown>, depth: number): number {
  let kind = PLAIN
  for (const name in value) {
    const inside = value[name]
    const type = typeof inside
    if (name === TYPE && kind === PLAIN) kind = CONVERTED
    // Most fields are strings and numbers; the difference is nonzero for numbers that JSON does not have.
    const isShort =
      type === 'string' || type === 'boolean' || (type === 'number' && (inside as number) - (inside as number) === 0)
    if (isShort && depth > 1) continue
    if (inside === undefined) {
      if (!Object.hasOwn(value, name)) continue
      throw new ReqlDriverCompileError(`Object field '${name}' may not be undefined`)
    }
    const inner = survey(inside, depth - 1)
    if (inner > kind) kind = inner
  }
  return kind
}

let nextVariable = 0

/** The node for a JavaScript function, which is called once, with variables. */
function functionNode(call: (...args: unknown[]) => unknown): Node {
  const ids: Node[] = []
  const variables: unknown[] = []
  for (let i = 0; i < call.length; i++) {
    const id = datumNode(nextVariable++)
    ids.push(id)
    variables.push(makeTerm(new Node(T.VAR, [id])))
  }
  const body = call(...variables)
  if (body === undefined) {
    throw new ReqlDriverCompileError('Anonymous function returned `undefined`. Did you forget a `return`?')
  }
  return new Node(T.FUNC, [new Node(T.MAKE_ARRAY, ids), expression(body)])
}

/** Like `expression`, but a value that contains r.row becomes a function of one argument. */
export function functionOrValue(value: unknown): Node {
  const node = expression(value)
  // An argument of asc or desc is already a function.
  if (node.type === T.ASC || node.type === T.DESC) return node
  return holdsRow(node) ? new Node(T.FUNC, [new Node(T.MAKE_ARRAY, [datumNode(nextVariable++)]), node]) : node
}

/** The node for a value from evaluation. */
export function valueNode(value: unknown): Node {
  if (value === MINVAL || value === MAXVAL) return new Node(value === MINVAL ? 180 : 181, [], NO_OPTIONS)
  return datumNode(value)
}
