// What the server checks before it runs a query: the number of arguments and the options of each term, and where r.row
// and writes may stand. Also finds which parts a query needs, and which terms always give the same answer.

import { arityText, Failure, ReqlServerCompileError } from './errors.ts'
import type { Node } from './node.ts'
import { type AnyPart, noteMissing } from './parts.ts'
import { KINDS, T } from './terms.ts'

const REFUSED: Readonly<Record<string, string>> = {
  http: '`r.http` is not supported: this database runs without a network.',
}

/**
 * Throws ReqlServerCompileError, as the server would, for an invalid query. Adds the parts the query needs to
 * `missing`.
 */
export function checkQuery(root: Node, missing: Set<AnyPart>): void {
  if (root.isChecked) return
  isDropping = false
  check(root, 0, true, missing)
  root.mayDrop = isDropping
  root.isChecked = missing.size === 0
}

/** Whether the query being checked has a term that drops something. */
let isDropping = false

function refuse(node: Node, text: string): never {
  const failure = new Failure(ReqlServerCompileError, text)
  failure.node = node
  throw failure
}

function check(node: Node, rowDepth: number, mayWrite: boolean, missing: Set<AnyPart>, parent?: Node): void {
  const { type, args, optargs } = node
  if (type === T.DATUM) return
  if (type === T.IMPLICIT_VAR) {
    if (rowDepth === 0) refuse(node, 'r.row is not defined in this context.')
    if (rowDepth > 1) refuse(node, 'Cannot use r.row in nested queries.  Use functions instead.')
    return
  }
  noteMissing(node, missing)
  const kind = KINDS[type]
  let depth = rowDepth
  if (kind !== undefined) {
    if (kind.traits.includes('w') && !mayWrite) {
      refuse(node, 'Cannot nest writes or meta ops in stream operations.  Use FOR_EACH instead.')
    }
    if ((type === T.ASC || type === T.DESC) && parent?.type !== T.ORDER_BY) {
      refuse(node, `${kind.name.toUpperCase()} may only be used as an argument to ORDER_BY.`)
    }
    if (kind.name === 'tableDrop' || kind.name === 'dbDrop') isDropping = true
    if (REFUSED[kind.name] !== undefined) refuse(node, REFUSED[kind.name])
    if (!args.some((arg) => arg.type === T.ARGS)) checkArity(node, kind.min, kind.max)
    if (kind.name === 'func' && args[0].args.length === 1) depth++
    if (kind.options[0] !== '*') {
      for (const name of Object.keys(optargs)) {
        if (!kind.options.includes(name)) refuse(optargs[name], `Unrecognized optional argument \`${name}\`.`)
      }
    }
  }
  const isStreaming = kind?.traits.includes('v')
  for (let i = 0; i < args.length; i++) check(args[i], depth, mayWrite && !(isStreaming && i > 0), missing, node)
  for (const name of Object.keys(optargs)) check(optargs[name], depth, mayWrite && !isStreaming, missing, node)
}

function checkArity(node: Node, min: number, max: number): void {
  const got = node.args.length
  if (got < min || got > max) refuse(node, arityText(min, max, got))
}

/** Whether a term always gives the same answer; `isNowFixed`: the clock counts as fixed, as it is within one query. */
export function isFixed(node: Node, isNowFixed = true, isGeometryFixed = false): boolean {
  if (node.type === T.DATUM) return true
  const traits = KINDS[node.type]?.traits ?? ''
  if (traits.includes('u') || (!isGeometryFixed && traits.includes('a'))) return false
  if (node.type === T.NOW && !isNowFixed) return false
  if (isRandomUuid(node)) return false
  return (
    node.args.every((arg) => isFixed(arg, isNowFixed, isGeometryFixed)) &&
    Object.values(node.optargs).every((arg) => isFixed(arg, isNowFixed, isGeometryFixed))
  )
}

/** Whether a term gives a different answer each time, even within a query, where the data does not change. */
export function isAnew(node: Node): boolean {
  const { type } = node
  if (type === T.DATUM) return false
  if (type === T.RANDOM || type === T.SAMPLE || type === T.JAVASCRIPT || isRandomUuid(node)) return true
  return node.args.some(isAnew) || Object.values(node.optargs).some(isAnew)
}

function isRandomUuid(node: Node): boolean {
  return node.type === T.UUID && (node.args.length === 0 || node.args[0].type === T.ARGS)
}
