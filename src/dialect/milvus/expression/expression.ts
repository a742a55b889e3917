// The door of the filter language: text in, the engine's filter out.

import { type Filter, treeFilter } from '../../../engine/index.ts'
import { Code, MilvusError } from '../errors.ts'
import type { Schema } from '../schema.ts'
import { Compiler } from './compile.ts'
import { parse, type Templates } from './parse.ts'
import { type StructTest, structTestOf } from './structs.ts'
import { ExpressionError } from './tokens.ts'

/** Filters without templates, by schema and text: programs ask the same again and again. */
const COMPILED = new WeakMap<Schema, Map<string, Filter>>()
const COMPILED_MAX = 64

/**
 * Compiles an expression; an empty one is undefined: all rows.
 *
 * @throws MilvusError 1100, which says what is wrong and where in the expression.
 */
export function filterFor(schema: Schema, text: string, templates: Templates = {}): Filter | undefined {
  if (text.trim() === '') return undefined
  // A sample is another one each time.
  const isFixed = Object.keys(templates).length === 0 && !/random_sample/i.test(text)
  let known = COMPILED.get(schema)
  if (known === undefined) {
    known = new Map()
    COMPILED.set(schema, known)
  }
  const found = isFixed ? known.get(text) : undefined
  if (found !== undefined) return found
  try {
    const filter = treeFilter(new Compiler(schema).node(parse(text, templates)))
    if (isFixed) {
      if (known.size >= COMPILED_MAX) known.clear()
      known.set(text, filter)
    }
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

/** Which structs of a field may be hits by themselves under an expression that `filterFor` has taken; undefined: all. */
export function structTestFor(
  schema: Schema,
  text: string,
  templates: Templates,
  owner: string,
): StructTest | undefined {
  return structTestOf(new Compiler(schema), parse(text, templates), owner)
}
