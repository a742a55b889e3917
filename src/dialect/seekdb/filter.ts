// `where` and `whereDocument`, parsed to the shared filter tree over stored records.
//
// A missing field makes a condition unknown, like NULL in SQL: such a record matches neither a condition nor its
// negation.

import { nearestName } from '../../error/index.ts'
import { type Constant, EVERYTHING, type FilterNode, type Operand, type PathStep } from '../../query/index.ts'
import { SeekdbValueError } from './errors.ts'

const DEPTH_MAX = 64
const LOGIC = ['$and', '$or', '$not']
const COMPARE: Readonly<Record<string, 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'>> = {
  $eq: 'eq',
  $ne: 'ne',
  $lt: 'lt',
  $lte: 'le',
  $gt: 'gt',
  $gte: 'ge',
}
const FIELD_OPERATORS = [...Object.keys(COMPARE), '$in', '$nin']
const TEXT_OPERATORS = ['$contains', '$not_contains', '$regex']
const TEXT_LOGIC = ['$and', '$or']

/** Recent filters by their text, so that a repeated filter is parsed and compiled only once. */
const recent = new Map<string, FilterNode | undefined>()
const RECENT_COUNT_MAX = 256
/** Longer filters are not kept. */
const RECENT_UNITS_MAX = 2_000

/** Both filters of a call as one; undefined when they exclude nothing. @throws SeekdbValueError for invalid filters. */
export function readFilters(where: unknown, whereDocument: unknown): FilterNode | undefined {
  if (!isGiven(where) && !isGiven(whereDocument)) return undefined
  const text = textOf([where ?? null, whereDocument ?? null], 0)
  if (text === undefined || text.length > RECENT_UNITS_MAX) return parseFilters(where, whereDocument)
  if (recent.has(text)) return recent.get(text)
  const node = parseFilters(where, whereDocument)
  if (recent.size === RECENT_COUNT_MAX) recent.clear()
  recent.set(text, node)
  return node
}

/** Equal filters have equal texts; undefined for a filter that holds anything but plain values. */
function textOf(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return String(value)
  if (depth > DEPTH_MAX || typeof value !== 'object') return undefined
  let text = ''
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item = textOf(value[i], depth + 1)
      if (item === undefined) return undefined
      text += `${item},`
    }
    return `[${text}]`
  }
  if (!isFields(value)) return undefined
  for (const name of Object.keys(value)) {
    const field = textOf(value[name], depth + 1)
    if (field === undefined) return undefined
    text += `${JSON.stringify(name)}:${field},`
  }
  return `{${text}}`
}

function parseFilters(where: unknown, whereDocument: unknown): FilterNode | undefined {
  const parts: FilterNode[] = []
  if (isGiven(where)) parts.push(parseWhere(where))
  if (isGiven(whereDocument)) parts.push(parseWhereDocument(whereDocument))
  const node = combined('and', parts)
  return node.kind === 'constant' && node.value ? undefined : node
}

function isGiven(filter: unknown): boolean {
  return filter !== undefined && filter !== null
}

// --- metadata

function parseWhere(where: unknown): FilterNode {
  return whereNode(where, 'where', 0)
}

function whereNode(where: unknown, path: string, depth: number): FilterNode {
  return conjunction(where, path, depth, whereNode, (name, value, at) => {
    if (name === '$not') return negated(whereNode(value, at, depth + 1))
    if (name.startsWith('$')) throw unknownOperator(name, LOGIC, path)
    return fieldNode(operandOf(name), value, at)
  })
}

const ID_NAMES = ['#id', '_id']

/** What a name in `where` refers to: the id or a metadata field. */
function operandOf(name: string): Operand {
  if (ID_NAMES.includes(name)) return pathOf('id')
  const whole = pathOf('metadata', name)
  if (!name.includes('.')) return whole
  // A key that itself contains the dot takes precedence over a path.
  return { kind: 'first', of: whole, otherwise: pathOf('metadata', ...name.split('.')) }
}

function pathOf(...names: string[]): Operand {
  return { kind: 'path', steps: names.map((name): PathStep => ({ name, index: null })) }
}

function fieldNode(operand: Operand, value: unknown, path: string): FilterNode {
  if (!isFields(value)) return equal(operand, value, path)
  const names = Object.keys(value)
  const operators = names.filter((name) => name.startsWith('$'))
  if (operators.length === 0) return equal(operand, value, path)
  if (operators.length < names.length) {
    throw new SeekdbValueError(`${path} mixes operators with fields; name one inside by a path, 'a.b'`)
  }
  return combined(
    'and',
    names.map((name) => operatorNode(operand, name, value[name], path)),
  )
}

function operatorNode(operand: Operand, name: string, value: unknown, path: string): FilterNode {
  const at = `${path}.${name}`
  if (Object.hasOwn(COMPARE, name)) {
    const right = { kind: 'constant', value: constantOf(value, at, 0) } as const
    return { kind: 'compare', operator: COMPARE[name]!, left: operand, right, absent: 'unknown' }
  }
  if (name !== '$in' && name !== '$nin') throw unknownOperator(name, FIELD_OPERATORS, path)
  if (!Array.isArray(value)) throw new SeekdbValueError(`${at} must be an array`)
  const values = Array.from(value as unknown[], (one, index) => constantOf(one, `${at}[${index}]`, 0))
  const isOne: FilterNode = { kind: 'in', operand, values, absent: 'unknown' }
  return name === '$in' ? isOne : { kind: 'not', of: isOne }
}

function equal(operand: Operand, value: unknown, path: string): FilterNode {
  const right = { kind: 'constant', value: constantOf(value, path, 0) } as const
  return { kind: 'compare', operator: 'eq', left: operand, right, absent: 'unknown' }
}

/** A copy of a value in a filter. */
function constantOf(value: unknown, path: string, depth: number): Constant {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (depth > DEPTH_MAX) throw new SeekdbValueError(`${path} is nested too deep`)
  if (Array.isArray(value)) return Array.from(value as unknown[], (one) => constantOf(one, path, depth + 1))
  if (isFields(value)) {
    const copy = Object.create(null) as Record<string, Constant>
    for (const name of Object.keys(value)) copy[name] = constantOf(value[name], path, depth + 1)
    return copy
  }
  const shown = typeof value === 'number' ? String(value) : typeof value
  throw new SeekdbValueError(`${path} must be a JSON value, got ${shown}`)
}

// --- documents

/** `whereDocument` alone. */
export function parseWhereDocument(filter: unknown): FilterNode {
  return documentNode(filter, 'whereDocument', 0)
}

const DOCUMENT = pathOf('document')
const OF_DOCUMENT = { operand: DOCUMENT, absent: 'unknown', isNullAbsent: true } as const

function documentNode(filter: unknown, path: string, depth: number): FilterNode {
  return conjunction(filter, path, depth, documentNode, (name, value, at) => {
    if (!TEXT_OPERATORS.includes(name)) throw unknownOperator(name, [...TEXT_OPERATORS, ...TEXT_LOGIC], path)
    if (typeof value !== 'string') throw new SeekdbValueError(`${at} must be a string`)
    if (name === '$regex') return { kind: 'regex', ...OF_DOCUMENT, source: value, flags: '' }
    const contains: FilterNode = {
      kind: 'text',
      operator: 'contains',
      ...OF_DOCUMENT,
      text: value,
      isCaseIgnored: true,
    }
    return name === '$contains' ? contains : negated(contains)
  })
}

// --- both

function isFields(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value) as unknown
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function requireFields(filter: unknown, path: string, depth: number): Record<string, unknown> {
  if (!isFields(filter)) throw new SeekdbValueError(`${path} must be an object`)
  if (depth > DEPTH_MAX)
    throw new SeekdbValueError(`${path.slice(0, 100)}... is nested deeper than ${DEPTH_MAX} levels`)
  return filter
}

type Parse = (filter: unknown, path: string, depth: number) => FilterNode

/** All conditions of an object: `$and` and `$or` by `parse`, the rest by `single`. */
function conjunction(
  filter: unknown,
  path: string,
  depth: number,
  parse: Parse,
  single: (name: string, value: unknown, at: string) => FilterNode,
): FilterNode {
  const fields = requireFields(filter, path, depth)
  const parts = Object.keys(fields).map((name) => {
    const at = `${path}.${name}`
    if (name === '$and') return combined('and', listOf(fields[name], at, depth, parse))
    if (name === '$or') return combined('or', listOf(fields[name], at, depth, parse))
    return single(name, fields[name], at)
  })
  return combined('and', parts)
}

function listOf(value: unknown, path: string, depth: number, parse: Parse): FilterNode[] {
  if (!Array.isArray(value)) throw new SeekdbValueError(`${path} must be an array of filters`)
  return Array.from(value as unknown[], (one, index) => parse(one, `${path}[${index}]`, depth + 1))
}

/** Folds constants, so that a filter that excludes nothing is recognized as none. */
function combined(kind: 'and' | 'or', parts: readonly FilterNode[]): FilterNode {
  const decided = kind === 'or'
  if (parts.some((part) => part.kind === 'constant' && part.value === decided)) return constant(decided)
  const open = parts.filter((part) => part.kind !== 'constant')
  if (open.length === 0) return constant(!decided)
  return open.length === 1 ? open[0]! : { kind, of: open }
}

function negated(node: FilterNode): FilterNode {
  return node.kind === 'constant' ? constant(!node.value) : { kind: 'not', of: node }
}

function constant(value: boolean): FilterNode {
  return value ? EVERYTHING : { kind: 'constant', value: false }
}

function unknownOperator(given: string, known: readonly string[], path: string): SeekdbValueError {
  const nearest = nearestName(given, known)
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean "${nearest}"?`
  return new SeekdbValueError(`Unknown operator '${given.slice(0, 100)}' in ${path}: ${hint}`)
}
