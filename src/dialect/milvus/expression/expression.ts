// The door of the filter language: text in, condition out.

import { Code, MilvusError } from '../errors.ts'
import type { Schema } from '../schema.ts'
import { Compiler } from './compile.ts'
import { ALL, type Condition, conditionOf } from './condition.ts'
import { parse, type Templates } from './parse.ts'
import { ExpressionError } from './tokens.ts'

/** Conditions without templates, by schema and text: programs ask the same again and again. */
const COMPILED = new WeakMap<Schema, Map<string, Condition>>()
const COMPILED_MAX = 64

/**
 * Compiles an expression; an empty one is true.
 *
 * @throws MilvusError 1100, which says what is wrong and where in the expression.
 */
export function conditionFor(schema: Schema, text: string, templates: Templates = {}): Condition {
  if (text.trim() === '') return ALL
  const isFixed = Object.keys(templates).length === 0
  let known = COMPILED.get(schema)
  if (known === undefined) {
    known = new Map()
    COMPILED.set(schema, known)
  }
  const found = isFixed ? known.get(text) : undefined
  if (found !== undefined) return found
  try {
    const condition = conditionOf(new Compiler(schema).node(parse(text, templates)))
    if (isFixed) {
      if (known.size >= COMPILED_MAX) known.clear()
      known.set(text, condition)
    }
    return condition
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
