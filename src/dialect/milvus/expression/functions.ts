// Functions of the filter language.

import type { Constant, FilterNode } from '../../../query/index.ts'
import { analyzerOfField } from '../analyzers.ts'
import { DataType } from '../enums.ts'
import { isText } from '../schema.ts'
import type { Compiler } from './compile.ts'
import { nameOf, type Value } from './operand.ts'
import type { Syntax } from './parse.ts'
import { placesNode } from './places.ts'
import { type ContainsNode, partsNode, structsNode } from './structs.ts'
import { fuzzyNode, phraseNode, wordsNode } from './text.ts'
import { ExpressionError } from './tokens.ts'

export type Call = Extract<Syntax, { kind: 'call' }>

/** A call that is a condition. */
export function callOf(compiler: Compiler, call: Call): FilterNode {
  const name = call.name.toLowerCase()
  const contains = /^(?:array|json)_contains(_all|_any)?$/.exec(name)
  if (contains !== null) return containsNode(compiler, call, contains[1])
  switch (name) {
    case 'text_match':
    case 'text_match_fuzzy':
    case 'phrase_match':
      return textNode(compiler, call, name)
    case 'element_filter':
    case 'match_any':
    case 'match_all':
    case 'match_least':
    case 'match_most':
    case 'match_exact':
      return structsNode(compiler, call)
    case 'random_sample':
      return sampleNode(compiler, call)
    default:
      if (name.startsWith('st_')) {
        const node = placesNode(compiler, call)
        if (node !== undefined) return node
      }
      throw new ExpressionError(`function ${call.name} is not found`, call.at)
  }
}

export function requireArgs({ name, args, at }: Call, from: number, to: number): void {
  if (args.length >= from && args.length <= to) return
  throw new ExpressionError(
    `${name} takes ${from === to ? from : `${from} or ${to}`} arguments, got ${args.length}`,
    at,
  )
}

function containsNode(compiler: Compiler, call: Call, many: string | undefined): FilterNode {
  requireArgs(call, 2, 2)
  const target = compiler.path(call.args[0]!)
  const what = call.args[1]!
  if (target.type !== 'array' && target.type !== 'json') {
    throw new ExpressionError(
      `${call.name} operation are only supported on array or JSON, got ${nameOf(target)}`,
      call.at,
    )
  }
  if (many !== undefined && what.kind !== 'list') throw new ExpressionError(`${call.name} needs a list`, what.at)
  const items = many !== undefined && what.kind === 'list' ? what.items : [what]
  const values = items.map((item) => elementFor(compiler, item, target))
  const node: ContainsNode = {
    kind: 'contains',
    operand: target.operand,
    values,
    need: many === '_all' ? 'all' : 'any',
    absent: target.type === 'json' ? 'unequal' : 'unknown',
    isNullAbsent: true,
  }
  return target.part === undefined ? node : partsNode(node, target.part)
}

/** A constant that may be an element of the target; throws if it never could be. */
function elementFor(compiler: Compiler, item: Syntax, target: Value): Constant {
  const { field } = target
  if (target.type === 'json' || field === undefined) return compiler.literalFor(item, target)
  const value = compiler.value(item)
  const { element } = field
  const isFit =
    value.type === 'int' || value.type === 'float'
      ? element >= DataType.Int8 && element <= DataType.Double && !(value.type === 'float' && element <= DataType.Int64)
      : value.type === 'string'
        ? isText(element)
        : value.type === 'bool' && element === DataType.Bool
  if (value.constant === undefined || !isFit) {
    throw new ExpressionError(`${nameOf(value)} cannot be an element of ${nameOf(target)}`, item.at)
  }
  return element === DataType.Float ? Math.fround(value.constant as number) : value.constant
}

type TextTest = 'text_match' | 'text_match_fuzzy' | 'phrase_match'

function textNode(compiler: Compiler, call: Call, name: TextTest): FilterNode {
  if (name === 'text_match_fuzzy' && call.args.length === 2) {
    throw new ExpressionError(`${name} needs a third argument, max_edit_distance=0, 1 or 2`, call.at)
  }
  requireArgs(call, 2, 3)
  const target = compiler.path(call.args[0]!)
  const { field } = target
  if (field === undefined || !isText(field.type)) {
    throw new ExpressionError(`${name} operation on non-string is unsupported: ${nameOf(target)}`, call.at)
  }
  if (field.params['enable_match'] !== 'true') {
    throw new ExpressionError(`field "${field.name}" does not enable match`, call.at)
  }
  const text = compiler.value(call.args[1]!).constant
  if (typeof text !== 'string') throw new ExpressionError(`${name} needs a string`, call.args[1]!.at)
  const extra = numberOf(compiler, call.args[2])
  const { operand } = target
  const analyzer = analyzerOfField(field)
  if (name === 'text_match_fuzzy') {
    if (extra! > 2) throw new ExpressionError(`max_edit_distance is 0, 1 or 2, not ${extra}`, call.args[2]!.at)
    return fuzzyNode(operand, analyzer, text, extra!)
  }
  return name === 'text_match'
    ? wordsNode(operand, analyzer, text, extra ?? 1)
    : phraseNode(operand, analyzer, text, extra ?? 0)
}

/** A whole number from 0 on; for `name=3` the name has been removed by now. */
export function numberOf(compiler: Compiler, syntax: Syntax | undefined): number | undefined {
  if (syntax === undefined) return undefined
  const value = Number(compiler.value(syntax).constant)
  if (Number.isInteger(value) && value >= 0) return value
  throw new ExpressionError('expected a whole number here', syntax.at)
}

function sampleNode(compiler: Compiler, call: Call): FilterNode {
  requireArgs(call, 1, 1)
  const share = Number(compiler.value(call.args[0]!).constant)
  if (!(share > 0 && share < 1)) throw new ExpressionError('random_sample takes a share above 0 and below 1', call.at)
  const seed = (Math.random() * 2 ** 32) >>> 0
  // Structs have no key.
  const key = compiler.schema.primary?.name
  if (key === undefined) throw new ExpressionError('random_sample takes rows, not structs', call.at)
  const steps = [{ name: key, index: null }]
  return { kind: 'test', operand: { kind: 'path', steps }, test: (key) => shareOf(String(key), seed) < share }
}

/** A number from 0 to 1, computed from a key and a seed. */
function shareOf(key: string, seed: number): number {
  let hash = seed
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}
