// Predicates of `filter` as engine filters, which run over encoded documents. A filter made here answers as evaluation
// does, for every document but those that `odd` matches: for these, ReQL ends the query or sees another value than the
// engine (instants that kept their zone, typed arrays of other interfaces). Odd documents are evaluated. A predicate
// without such a form is evaluated for all documents.

import { type Constant, EVERYTHING, type FilterNode, type Operand } from '../../query/index.ts'
import { isFixed } from './check.ts'
import { all, any, type Comparison, compared, constantOf, exists, none, pathTo, TURNED, typed } from './conditions.ts'
import { type Datum, isObject, Literal, TYPE } from './datum.ts'
import { Failure } from './errors.ts'
import { evaluate } from './evaluate.ts'
import { isWellFormed } from './key.ts'
import { type Node, variables } from './node.ts'
import type { Query } from './query.ts'
import { KINDS, T, TERMS } from './terms.ts'
import { asDatum, Func, type Scope } from './values.ts'

/** The documents that a step of a query keeps, in a form the engine can find. */
export interface Predicate {
  readonly tree: FilterNode
  /** Documents for which only evaluation knows whether they match. */
  readonly odd: FilterNode | undefined
  /** Whether a document matches if the filter fails on it because something is missing. */
  readonly isFailMatch: boolean
  /** Whether all documents that match the tree and are not odd match; if not, they are evaluated too. */
  readonly isExact: boolean
}

class Unknown {}
/** Thrown internally where a predicate has no engine form. */
const UNKNOWN = new Unknown()
function give(): never {
  throw UNKNOWN
}

/** The predicate of a filter, or undefined if it has to be evaluated. */
export function predicateOf(
  predicate: Func | Datum,
  isPattern: boolean,
  otherwise: Node | undefined,
  query: Query,
): Predicate | undefined {
  if (otherwise !== undefined && (otherwise.type !== T.DATUM || typeof otherwise.value !== 'boolean')) return undefined
  const isFailMatch = otherwise?.value === true
  const compiler = new Compiler(query)
  try {
    const tree = compiler.filter(predicate, isPattern)
    const odd = compiler.odd.length === 0 ? undefined : any(compiler.odd)
    return { tree, odd, isFailMatch, isExact: compiler.isExact }
  } catch (error) {
    if (error === UNKNOWN) return undefined
    throw error
  }
}

const COMPARISONS = new Map<number, Comparison>(
  (Object.keys(TURNED) as Comparison[]).map((name) => [TERMS[name].type, name]),
)
const { and: AND, or: OR, not: NOT, contains: CONTAINS, hasFields: HAS_FIELDS, default: DEFAULT, getField } = TERMS

class Compiler {
  readonly odd: FilterNode[] = []
  isExact = true
  readonly #query: Query
  #scope: Scope | null = null
  /** The variable of the row; -1 for r.row alone. */
  #row = -1

  constructor(query: Query) {
    this.#query = query
  }

  filter(predicate: Func | Datum, isPattern: boolean): FilterNode {
    if (!(predicate instanceof Func)) return this.#fixed(predicate, isPattern)
    const { node, scope } = predicate
    if (node === undefined || predicate.arity !== 1) return give()
    this.#scope = scope
    this.#row = variables(node.args[0])[0]
    const body = node.args[1]
    if (isPattern || !this.#readsRow(body)) return this.#fixed(this.#value(body), isPattern)
    return this.#truth(body)
  }

  #fixed(value: Datum, isPattern: boolean): FilterNode {
    if (!isPattern || !isObject(value)) return { kind: 'constant', value: value !== false && value !== null }
    return this.#pattern(value, [])
  }

  /** Field by field, in the pattern's order: a missing field ends the matching. */
  #pattern(pattern: { [name: string]: Datum }, path: readonly string[]): FilterNode {
    const parts = Object.keys(pattern).map((name): FilterNode => {
      const value = pattern[name]
      const operand = pathTo(...path, name)
      if (!isObject(value) || value instanceof Literal) return this.#compare('eq', operand, value)
      this.odd.push(exists(pathTo(...path, name, TYPE)))
      const inside = this.#pattern(value, [...path, name])
      return all([{ kind: 'type', operand, types: ['object'], absent: 'fail' }, inside])
    })
    return parts.length === 0 ? EVERYTHING : all(parts)
  }

  #constant(value: Datum): Constant {
    const constant = constantOf(value)
    return constant === undefined ? give() : constant
  }

  #compare(operator: Comparison, operand: Operand, value: Datum): FilterNode {
    return compared(operator, operand, this.#constant(value), this.odd)
  }

  /** Whether a term contains the row, or anything that only evaluation can answer. */
  #readsRow(node: Node): boolean {
    if (node.type === T.DATUM) return false
    if (node.type === T.IMPLICIT_VAR || (node.type === T.VAR && node.args[0].value === this.#row)) return true
    return (
      node.args.some((arg) => this.#readsRow(arg)) || Object.values(node.optargs).some((arg) => this.#readsRow(arg))
    )
  }

  /** The answer of a term without the row, the same for all rows. */
  #value(node: Node): Datum {
    if (this.#readsRow(node) || !isFixed(node, true, true)) return give()
    try {
      return asDatum(evaluate(node, this.#scope, this.#query))
    } catch (error) {
      // It may never be needed.
      if (error instanceof Failure) return give()
      throw error
    }
  }

  /** Names from the row to the field that a term reads; undefined for other terms. */
  #path(node: Node): readonly string[] | undefined {
    if (node.type === T.IMPLICIT_VAR) return []
    if (node.type === T.VAR) return node.args[0].value === this.#row ? [] : undefined
    if ((node.type !== T.BRACKET && node.type !== getField.type) || node.args.length !== 2) return undefined
    const path = this.#path(node.args[0])
    if (path === undefined || this.#readsRow(node.args[1])) return undefined
    const name = this.#value(node.args[1])
    if (typeof name !== 'string' || !isWellFormed(name)) return undefined
    if (path.length > 0) {
      // On an array, a field means those of its elements; on anything else but an object, it is an error.
      const inner = pathTo(...path)
      this.odd.push(all([exists(inner, true), any([none(typed(inner, 'object')), exists(pathTo(...path, TYPE))])]))
    }
    return [...path, name]
  }

  #operand(node: Node): Operand {
    if (node.type === DEFAULT.type && node.args.length === 2) {
      const of = this.#operand(node.args[0])
      const value = this.#constant(this.#value(node.args[1]))
      if (of.kind !== 'path') return give()
      return { kind: 'first', of, otherwise: { kind: 'constant', value }, isNullAbsent: true }
    }
    const path = this.#path(node)
    return path === undefined || path.length === 0 ? give() : pathTo(...path)
  }

  #truth(node: Node): FilterNode {
    if (!this.#readsRow(node)) return this.#fixed(this.#value(node), false)
    const { type, args } = node
    if (args.some((arg) => arg.type === T.ARGS) || KINDS[type] === undefined) return give()
    const operator = COMPARISONS.get(type)
    if (operator !== undefined) return args.length === 2 ? this.#comparison(operator, args[0], args[1]) : give()
    switch (type) {
      case AND.type:
        return this.#conjunction(args)
      case OR.type:
        return any(args.map((arg) => this.#truth(arg)))
      case NOT.type: {
        const { isExact } = this
        const of = this.#truth(args[0])
        // A filter that lets too much through lets too little through when negated.
        return this.isExact === isExact ? none(of) : give()
      }
      case CONTAINS.type:
        return this.#contains(args)
      case HAS_FIELDS.type:
        return this.#hasFields(args)
      case DEFAULT.type:
        return this.#defaulted(node)
    }
    return this.#isTrue(this.#operand(node))
  }

  /** Neither false nor null. */
  #isTrue(operand: Operand): FilterNode {
    return none({ kind: 'in', operand, values: [null, false], absent: 'fail' })
  }

  /** Conditions after one that only evaluation can decide are left to it. */
  #conjunction(args: readonly Node[]): FilterNode {
    const parts: FilterNode[] = []
    for (const arg of args) {
      const oddCount = this.odd.length
      try {
        parts.push(this.#truth(arg))
      } catch (error) {
        if (error !== UNKNOWN || parts.length === 0) throw error
        this.odd.length = oddCount
        this.isExact = false
        break
      }
      if (!this.isExact) break
    }
    return all(parts)
  }

  #comparison(operator: Comparison, left: Node, right: Node): FilterNode {
    if (!this.#readsRow(right)) return this.#compare(operator, this.#operand(left), this.#value(right))
    if (!this.#readsRow(left)) return this.#compare(TURNED[operator], this.#operand(right), this.#value(left))
    const [a, b] = [this.#operand(left), this.#operand(right)]
    // Two values of the row: of types without odd values, and for ordering, of the same type on both sides.
    const pairs = (['number', 'string', 'boolean'] as const).map((type) => all([typed(a, type), typed(b, type)]))
    this.odd.push(none(any(pairs)))
    return { kind: 'compare', operator, left: a, right: b, absent: 'fail' }
  }

  #contains(args: readonly Node[]): FilterNode {
    if (!this.#readsRow(args[0])) {
      const values = this.#value(args[0])
      if (args.length !== 2 || !Array.isArray(values)) return give()
      const operand = this.#operand(args[1])
      const constants = values.map((value) => this.#constant(value))
      if (constants.some((value) => value instanceof Date)) this.odd.push(typed(operand, 'object'))
      return { kind: 'in', operand, values: constants, absent: 'fail' }
    }
    const operand = this.#operand(args[0])
    const values = args.slice(1).map((arg) => this.#constant(this.#value(arg)))
    // One element per value; instants may be objects.
    if (values.length === 0 || new Set(values).size < values.length) return give()
    if (values.some((value) => value instanceof Date)) return give()
    this.odd.push(all([exists(operand, true), none(typed(operand, 'array'))]))
    return { kind: 'contains', operand, values, need: 'all', absent: 'fail', isNullAbsent: true }
  }

  #hasFields(args: readonly Node[]): FilterNode {
    if (this.#path(args[0])?.length !== 0) return give()
    const names = args.slice(1).map((arg) => this.#value(arg))
    if (names.length === 0) return give()
    return all(names.map((name) => exists(pathTo(typeof name === 'string' ? name : give()), true)))
  }

  /** `x.default(truth)`, where x is one comparison: it has this truth if something is missing. */
  #defaulted(node: Node): FilterNode {
    const of = node.args[0]
    const operator = COMPARISONS.get(of.type)
    if (operator === undefined || of.args.length !== 2) return this.#isTrue(this.#operand(node))
    const otherwise = this.#value(node.args[1])
    const [left, right] = of.args
    const [path, constant] = this.#readsRow(left) ? [left, right] : [right, left]
    if (this.#readsRow(constant)) return give()
    const operand = this.#operand(path)
    const found = this.#compare(
      operator === 'eq' || path === left ? operator : TURNED[operator],
      operand,
      this.#value(constant),
    )
    const isThere = exists(operand)
    const truth = otherwise !== false && otherwise !== null
    return truth ? any([none(isThere), found]) : all([isThere, found])
  }
}
