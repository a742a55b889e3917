// Conditions on the structs of an array: for how many of them one holds. Each struct is tested as a row of its own.

import { evaluate } from '../../../query/filters.ts'
import type { Constant, FilterNode } from '../../../query/index.ts'
import { isStructArray } from '../schema.ts'
import type { Compiler } from './compile.ts'
import { type Call, numberOf, requireArgs } from './functions.ts'
import { nameOf } from './operand.ts'
import type { Syntax } from './parse.ts'
import { ExpressionError } from './tokens.ts'

/** Whether `count` of `all` structs are enough; `wanted` is the number in the expression. */
const ENOUGH: Readonly<Record<string, (count: number, all: number, wanted: number) => boolean>> = {
  element_filter: (count) => count > 0,
  match_any: (count) => count > 0,
  match_all: (count, all) => count === all,
  match_least: (count, _, wanted) => count >= wanted,
  match_most: (count, _, wanted) => count <= wanted,
  match_exact: (count, _, wanted) => count === wanted,
}

/** Whether a condition holds for a struct. */
export type StructTest = (struct: object) => boolean

function testOf(compiler: Compiler, call: Call): { owner: string; test: StructTest } {
  const owner = compiler.path(call.args[0]!)
  const { field } = owner
  if (field === undefined || !isStructArray(field)) {
    throw new ExpressionError(`${call.name} needs an array of structs, got ${nameOf(owner)}`, call.args[0]!.at)
  }
  const node = compiler.ofStructs(field).node(call.args[1]!)
  return { owner: field.name, test: (struct) => evaluate(node, struct) }
}

export function structsNode(compiler: Compiler, call: Call): FilterNode {
  const name = call.name.toLowerCase()
  const isCounted = /_(least|most|exact)$/.test(name)
  requireArgs(call, isCounted ? 3 : 2, isCounted ? 3 : 2)
  const { test } = testOf(compiler, call)
  const wanted = numberOf(compiler, call.args[2]) ?? 0
  const isEnough = ENOUGH[name]!
  return {
    kind: 'test',
    operand: compiler.path(call.args[0]!).operand,
    test(structs: Constant) {
      if (!Array.isArray(structs)) return false
      let count = 0
      for (const struct of structs) if (test(struct as object)) count++
      return isEnough(count, structs.length, wanted)
    },
    absent: 'unknown',
    isNullAbsent: true,
  }
}

export type ContainsNode = Extract<FilterNode, { kind: 'contains' }>

/** The same condition on one field of the structs of an array. */
export function partsNode(node: ContainsNode, part: string): FilterNode {
  const listed: ContainsNode = { ...node, operand: { kind: 'path', steps: [{ name: part, index: null }] } }
  return {
    kind: 'test',
    operand: node.operand,
    test: (structs: Constant) =>
      Array.isArray(structs) &&
      evaluate(listed, { [part]: (structs as readonly Record<string, Constant>[]).map((one) => one[part] ?? null) }),
    absent: 'unknown',
    isNullAbsent: true,
  }
}

/**
 * The test that structs of a field must pass in a search of single structs: every `element_filter` that all rows meet.
 */
export function structTestOf(compiler: Compiler, syntax: Syntax, owner: string): StructTest | undefined {
  if (syntax.kind === 'binary' && syntax.operator === 'and') {
    const parts = [syntax.left, syntax.right].map((part) => structTestOf(compiler, part, owner))
    const tests = parts.filter((test) => test !== undefined)
    return tests.length < 2 ? tests[0] : (struct) => tests.every((test) => test(struct))
  }
  if (syntax.kind !== 'call' || syntax.name.toLowerCase() !== 'element_filter') return undefined
  const one = testOf(compiler, syntax)
  return one.owner === owner ? one.test : undefined
}
