// Parses native filter objects into filter trees. Errors name the path to the offending part.

import { FIELD_TYPES } from '../catalog/index.ts'
import { LimitError, nearestName, TypeMismatchError, UnknownOptionError, UsageError } from '../error/index.ts'
import { isRegExp } from '../value/index.ts'
import { ConstantReader, describe, isFields, joined, VALUES_MAX } from './constant.ts'
import { likeForm, likeTokens } from './like.ts'
import { boundRegex } from './regex.ts'
import type { CompareOperator, FilterNode, PathOperand, PathStep, TextNode, TypeName } from './tree.ts'

/** Maximum nesting of filters. */
const FILTER_DEPTH_MAX = 100
/** Maximum number of conditions in one filter; also ends the walk of filters that contain themselves many times. */
const CONDITIONS_MAX = 100_000
const STEPS_MAX = 200
/** Maximum length in code points of a `$like` pattern that is more than a prefix, a suffix or a substring. */
const LIKE_POINTS_MAX = 1000

const LOGIC = ['$and', '$or', '$not', '$nor']
const COMPARE: Readonly<Record<string, CompareOperator>> = {
  $eq: 'eq',
  $ne: 'ne',
  $gt: 'gt',
  $gte: 'ge',
  $lt: 'lt',
  $lte: 'le',
}
const TEXT: Readonly<Record<string, TextNode['operator']>> = {
  $startsWith: 'startsWith',
  $endsWith: 'endsWith',
  $like: 'like',
}
const OPERATORS = [
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$in',
  '$nin',
  '$exists',
  '$type',
  '$contains',
  '$containsAll',
  '$containsAny',
  '$startsWith',
  '$endsWith',
  '$like',
  '$regex',
  '$size',
  '$not',
]
const POSITION = /^(?:0|[1-9]\d{0,8})$/

/**
 * Parses a native filter.
 *
 * @throws UsageError (UnknownOptionError, TypeMismatchError) naming the offending part, LimitError when it is too deep or large.
 */
export function parseFilter(filter: unknown): FilterNode {
  return new Parser().filter(filter, 'filter', 0)
}

/** The steps of a dotted path; a number is a position in an array, or a name in an object. */
export function parsePath(path: string): readonly PathStep[] {
  return path.split('.').map((name) => ({ name, index: POSITION.test(name) ? Number(name) : null }))
}

function mistaken(path: string, value: unknown, wanted: string): TypeMismatchError {
  return new TypeMismatchError(`${path} is ${describe(value)}; it takes ${wanted}`, { details: { path } })
}

function unknownName(given: string, known: readonly string[], kind: string, path: string): UnknownOptionError {
  const nearest = nearestName(given, known)
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean "${nearest}"?`
  const details = { path, option: given, known, ...(nearest === undefined ? {} : { nearest }) }
  return new UnknownOptionError(`unknown ${kind} "${given.slice(0, 100)}" in ${path}: ${hint}`, { details })
}

class Parser {
  private readonly constants = new ConstantReader()
  private conditions = 0

  filter(filter: unknown, path: string, depth: number): FilterNode {
    if (!isFields(filter)) throw mistaken(path, filter, 'a plain object, { field: condition }')
    this.enter(path, depth)
    const parts: FilterNode[] = []
    for (const name of Object.keys(filter)) {
      const at = joined(path, name)
      const value = filter[name]
      if (name.startsWith('$')) parts.push(this.logic(name, value, path, at, depth))
      else parts.push(this.field(this.path(name, at), value, at, depth))
    }
    return all(parts)
  }

  private enter(path: string, depth: number): void {
    if (depth >= FILTER_DEPTH_MAX) {
      throw new LimitError(`${path.slice(0, 100)}... is nested deeper than ${FILTER_DEPTH_MAX} levels`, {
        details: { path, limit: FILTER_DEPTH_MAX },
      })
    }
    this.count(path)
  }

  private count(path: string): void {
    if (++this.conditions <= CONDITIONS_MAX) return
    throw new LimitError(`${path.slice(0, 100)}: a filter has at most ${CONDITIONS_MAX} conditions`, {
      details: { path, limit: CONDITIONS_MAX },
    })
  }

  private path(name: string, at: string): PathOperand {
    this.constants.text(name, at)
    const steps = parsePath(name)
    if (steps.length <= STEPS_MAX) return { kind: 'path', steps }
    throw new LimitError(`${at.slice(0, 100)}... has ${steps.length} steps; ${STEPS_MAX} is the most`, {
      details: { path: at, limit: STEPS_MAX, got: steps.length },
    })
  }

  private logic(name: string, value: unknown, path: string, at: string, depth: number): FilterNode {
    switch (name) {
      case '$and':
        return { kind: 'and', of: this.list(value, at, depth) }
      case '$or':
        return { kind: 'or', of: this.list(value, at, depth) }
      case '$nor':
        return { kind: 'not', of: { kind: 'or', of: this.list(value, at, depth) } }
      case '$not':
        return { kind: 'not', of: this.filter(value, at, depth + 1) }
      default: {
        if (!OPERATORS.includes(name)) throw unknownName(name, LOGIC, 'operator', path)
        throw new UsageError(`${at}: ${name} stands inside a field's condition, { field: { ${name}: ... } }`, {
          details: { path: at, option: name },
        })
      }
    }
  }

  private list(value: unknown, at: string, depth: number): FilterNode[] {
    if (!Array.isArray(value)) throw mistaken(at, value, 'an array of filters')
    return Array.from(value, (one: unknown, index) => this.filter(one, `${at}[${index}]`, depth + 1))
  }

  private field(operand: PathOperand, value: unknown, at: string, depth: number): FilterNode {
    if (!this.isConditions(value, at)) {
      if (value === undefined)
        throw mistaken(at, value, 'a value or { $operator: ... }; for documents without the field, { $exists: false }')
      this.count(at)
      return { kind: 'compare', operator: 'eq', left: operand, right: this.constant(value, at) }
    }
    return this.operators(operand, value, at, depth)
  }

  /** Whether a field's value is `{ $operator: ... }`; otherwise the field must equal it. */
  private isConditions(value: unknown, at: string): value is Record<string, unknown> {
    if (!isFields(value)) return false
    const names = Object.keys(value)
    const operators = names.filter((name) => name.startsWith('$'))
    if (operators.length === 0) return false
    if (operators.length === names.length) return true
    const other = names.find((name) => !name.startsWith('$'))!
    throw new UsageError(
      `${at} mixes the operator ${operators[0]} with the field "${other.slice(0, 100)}": a field inside is reached by a dotted path, a whole ` +
        'object is compared with { $eq: ... }',
      { details: { path: at } },
    )
  }

  private operators(operand: PathOperand, value: Record<string, unknown>, at: string, depth: number): FilterNode {
    this.enter(at, depth)
    return all(Object.keys(value).map((name) => this.operator(operand, name, value[name], at, depth)))
  }

  private constant(value: unknown, at: string) {
    return { kind: 'constant', value: this.constants.read(value, at) } as const
  }

  private operator(operand: PathOperand, name: string, value: unknown, path: string, depth: number): FilterNode {
    const at = joined(path, name)
    this.count(at)
    if (Object.hasOwn(COMPARE, name)) {
      return { kind: 'compare', operator: COMPARE[name]!, left: operand, right: this.constant(value, at) }
    }
    if (Object.hasOwn(TEXT, name)) return this.text(operand, TEXT[name]!, value, at)
    switch (name) {
      case '$in':
        return { kind: 'in', operand, values: this.values(value, at) }
      case '$nin':
        return { kind: 'not', of: { kind: 'in', operand, values: this.values(value, at) } }
      case '$exists': {
        if (typeof value !== 'boolean') throw mistaken(at, value, 'true or false')
        return value ? { kind: 'exists', operand } : { kind: 'not', of: { kind: 'exists', operand } }
      }
      case '$type':
        return { kind: 'type', operand, types: this.types(value, at) }
      case '$contains':
        return { kind: 'contains', operand, values: [this.constants.read(value, at)], need: 'any', isTextToo: true }
      case '$containsAny':
        return { kind: 'contains', operand, values: this.values(value, at), need: 'any', isTextToo: true }
      case '$containsAll':
        return { kind: 'contains', operand, values: this.values(value, at), need: 'all', isTextToo: true }
      case '$regex':
        return this.regex(operand, value, at)
      case '$size':
        return this.size(operand, value, at)
      case '$not': {
        if (!isFields(value) || !this.isConditions(value, at))
          throw mistaken(at, value, 'operators, { $operator: ... }')
        return { kind: 'not', of: this.operators(operand, value, at, depth + 1) }
      }
      default: {
        if (!LOGIC.includes(name)) throw unknownName(name, OPERATORS, 'operator', path)
        throw new UsageError(
          `${at}: ${name} takes whole filters and stands beside fields, not inside one's condition`,
          {
            details: { path: at, option: name },
          },
        )
      }
    }
  }

  private values(value: unknown, at: string) {
    if (!Array.isArray(value)) throw mistaken(at, value, 'an array of values')
    if (value.length > VALUES_MAX) {
      throw new LimitError(`${at} has ${value.length} values; ${VALUES_MAX} is the most`, {
        details: { path: at, limit: VALUES_MAX, got: value.length },
      })
    }
    return this.constants.list(value, at)
  }

  private types(value: unknown, at: string): TypeName[] {
    const given = Array.isArray(value) ? (value as unknown[]) : [value]
    return Array.from(given, (type) => {
      if (typeof type !== 'string') throw mistaken(at, type, `the name of a type: ${FIELD_TYPES.join(', ')}`)
      if (!(FIELD_TYPES as readonly string[]).includes(type)) throw unknownName(type, FIELD_TYPES, 'type', at)
      return type as TypeName
    })
  }

  private text(operand: PathOperand, operator: TextNode['operator'], value: unknown, at: string): FilterNode {
    if (typeof value !== 'string') throw mistaken(at, value, 'a string')
    const text = this.constants.text(value, at)
    if (operator === 'like' && likeForm(text).kind === 'like') {
      const points = likeTokens(text).length
      if (points > LIKE_POINTS_MAX) {
        throw new LimitError(`${at}: the pattern has ${points} characters; ${LIKE_POINTS_MAX} is the most`, {
          details: { path: at, limit: LIKE_POINTS_MAX, got: points },
        })
      }
    }
    return { kind: 'text', operator, operand, text }
  }

  private regex(operand: PathOperand, value: unknown, at: string): FilterNode {
    if (typeof value !== 'string' && !isRegExp(value)) throw mistaken(at, value, 'a string or a RegExp')
    const source = typeof value === 'string' ? value : value.source
    // Flags about where and how to continue a search have no effect here; stickiness would.
    const flags = typeof value === 'string' ? '' : value.flags.replace(/[dg]/g, '')
    if (flags.includes('y'))
      throw new UsageError(`${at}: a sticky pattern (flag y) has no meaning in a filter; begin it with ^`, {
        details: { path: at },
      })
    boundRegex(source, flags, at)
    return { kind: 'regex', operand, source, flags }
  }

  private size(operand: PathOperand, value: unknown, at: string): FilterNode {
    const size = typeof value === 'bigint' ? Number(value) : value
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
      throw mistaken(at, value, 'a number of elements: an integer, not negative')
    return {
      kind: 'compare',
      operator: 'eq',
      left: { kind: 'size', of: operand },
      right: { kind: 'constant', value: size },
    }
  }
}

function all(parts: readonly FilterNode[]): FilterNode {
  return parts.length === 1 ? parts[0]! : { kind: 'and', of: parts }
}
