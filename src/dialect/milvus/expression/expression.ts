// Entry point of the filter language: takes text, returns the engine's filter.

import { type Filter, treeFilter } from '../../../engine/index.ts'
import { Code, MilvusError } from '../errors.ts'
import type { Schema } from '../schema.ts'
import { Compiler } from './compile.ts'
import { parse, type Syntax, type Templates } from './parse.ts'
import { type StructTest, structTestOf } from './structs.ts'
import { ExpressionError } from './tokens.ts'

/** Filters without templates, by schema and text: programs repeat the same filters. */
const COMPILED = new WeakMap<Schema, Compiled>()
const COMPILED_MAX = 64
/** Length of all these texts: one that lists keys may take megabytes with what it is compiled to. */
const COMPILED_UNITS_MAX = 100_000

interface Compiled {
  readonly filters: Map<string, Filter>
  units: number
}

/**
 * Compiles an expression; undefined for an empty one, which matches all rows.
 *
 * @throws MilvusError 1100, with what is wrong and where in the expression.
 */
export function filterFor(schema: Schema, text: string, templates: Templates = {}): Filter | undefined {
  if (text.trim() === '') return undefined
  // A sample differs each time.
  const isFixed = Object.keys(templates).length === 0 && !/random_sample/i.test(text)
  let known = COMPILED.get(schema)
  if (known === undefined) {
    known = { filters: new Map(), units: 0 }
    COMPILED.set(schema, known)
  }
  const found = isFixed ? known.filters.get(text) : undefined
  if (found !== undefined) return found
  try {
    const syntax = parse(text, templates)
    requireWholeSample(syntax)
    const filter = treeFilter(new Compiler(schema).node(syntax))
    if (isFixed && text.length <= COMPILED_UNITS_MAX) keep(known, text, filter)
    return filter
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const { message, position } = error
    const near = JSON.stringify(text.slice(position, position + 20))
    throw new MilvusError(
      Code.Parameter,
      `failed to create query plan: cannot parse expression: ${text}, error: ${message} at position ${position} (${near}): invalid parameter`,
    )
  }
}

/** A sample is taken of the rows that match all else: it goes with other conditions by `and` alone. */
function requireWholeSample(syntax: Syntax, isWhole = true): void {
  if (syntax.kind === 'call' && /^random_sample$/i.test(syntax.name) && !isWhole) {
    throw new ExpressionError('random_sample goes with other conditions by and alone', syntax.at)
  }
  if (syntax.kind === 'unary') requireWholeSample(syntax.of, false)
  if (syntax.kind !== 'binary' || (syntax.operator !== 'and' && syntax.operator !== 'or')) return
  const isAnd = isWhole && syntax.operator === 'and'
  requireWholeSample(syntax.left, isAnd)
  requireWholeSample(syntax.right, isAnd)
}

function keep(known: Compiled, text: string, filter: Filter): void {
  known.units += text.length
  if (known.filters.size >= COMPILED_MAX || known.units > COMPILED_UNITS_MAX) {
    known.filters.clear()
    known.units = text.length
  }
  known.filters.set(text, filter)
}

/**
 * Which structs of a field may be hits by themselves under an expression that `filterFor` has accepted; undefined for
 * all.
 */
export function structTestFor(
  schema: Schema,
  text: string,
  templates: Templates,
  owner: string,
): StructTest | undefined {
  return structTestOf(new Compiler(schema), parse(text, templates), owner)
}

/** The values that a field may have in rows that match the expression; undefined if it may have any. */
export function keysIn(text: string, templates: Templates, name: string): Set<unknown> | undefined {
  try {
    return text.trim() === '' ? undefined : valuesOf(parse(text, templates), name)
  } catch (error) {
    // The code that compiles the expression reports what is wrong with it.
    if (error instanceof ExpressionError) return new Set([0])
    throw error
  }
}

function valuesOf(syntax: Syntax, name: string): Set<unknown> | undefined {
  if (syntax.kind !== 'binary') return undefined
  const { operator, left, right } = syntax
  if (operator === 'and' || operator === 'or') {
    const [a, b] = [valuesOf(left, name), valuesOf(right, name)]
    if (a === undefined || b === undefined) return operator === 'and' ? (a ?? b) : undefined
    return new Set([...a, ...b])
  }
  const isField = (one: Syntax) => one.kind === 'path' && one.name === name && one.steps.length === 0
  if (operator === '==') {
    const other = isField(left) ? right : isField(right) ? left : undefined
    return other?.kind === 'value' ? new Set([other.value]) : undefined
  }
  if (operator !== 'in' || !isField(left) || right.kind !== 'list') return undefined
  return new Set(right.items.map((item) => (item.kind === 'value' ? item.value : item)))
}
