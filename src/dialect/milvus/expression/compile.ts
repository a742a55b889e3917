// Syntax tree -> condition, checked against the schema: all errors are found before any row is read.

import { type Constant, EVERYTHING, type FilterNode, NOTHING, type Operand } from '../../../query/index.ts'
import { PatternError, re2Pattern } from '../../../query/re2.ts'
import { DataType, DEFAULT_DYNAMIC_FIELD } from '../enums.ts'
import { type Field, isStructArray, Schema } from '../schema.ts'
import { timeOf } from '../values.ts'
import { callOf } from './functions.ts'
import {
  both,
  constantFor,
  constantValue,
  folded,
  foldedComparison,
  guarded,
  nameOf,
  not,
  requireAlike,
  requireComparable,
  rulesOf,
  stepOf,
  typeOf,
  type Value,
  type ValueType,
} from './operand.ts'
import { ELEMENT, type Syntax } from './parse.ts'
import { shiftedTime, timeNode } from './time.ts'
import { ExpressionError } from './tokens.ts'

const COMPARE: Readonly<Record<string, 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'>> = {
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
}
const MIRROR: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==', '!=': '!=' }
const ARITHMETIC: Readonly<Record<string, 'add' | 'subtract' | 'multiply' | 'divide' | 'remainder'>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'remainder',
}

/** The highest power of a field: it is multiplied out. */
const POWER_MAX = 16

export class Compiler {
  readonly schema: Schema
  /** Whether conditions are about single structs of an array. */
  readonly #isOfStructs: boolean

  constructor(schema: Schema, isOfStructs = false) {
    this.schema = schema
    this.#isOfStructs = isOfStructs
  }

  /** A compiler for conditions on the structs of a field. */
  ofStructs(field: Field): Compiler {
    return new Compiler(new Schema(field.fields!, [], false), true)
  }

  /** Compiles a condition. */
  node(syntax: Syntax): FilterNode {
    switch (syntax.kind) {
      case 'unary':
        if (syntax.operator === 'not') return not(this.node(syntax.of))
        if (syntax.operator === 'exists') return this.#exists(syntax.of)
        break
      case 'null': {
        const node = this.#isNull(syntax.of)
        return syntax.isNegated ? not(node) : node
      }
      case 'chain':
        return this.#chain(syntax)
      case 'call':
        if (syntax.name.toLowerCase() !== 'array_length') return callOf(this, syntax)
        break
      case 'binary': {
        const { operator } = syntax
        if (operator === 'and' || operator === 'or') {
          return { kind: operator, of: [this.node(syntax.left), this.node(syntax.right)] }
        }
        if (operator === 'in' || operator === 'not in') return this.#in(syntax.left, syntax.right, operator)
        if (operator === 'like') return this.#like(syntax.left, syntax.right)
        if (operator === '=~' || operator === '!~') return this.#regex(syntax)
        if (COMPARE[operator] !== undefined) {
          return this.#compare(operator, this.value(syntax.left), this.value(syntax.right), syntax.at)
        }
      }
    }
    throw new ExpressionError('expected a condition here, not a value', syntax.at)
  }

  /** Compiles a value. */
  value(syntax: Syntax): Value {
    switch (syntax.kind) {
      case 'value':
        return constantValue(syntax.value, syntax.isInt, syntax.at)
      case 'list':
        return {
          ...this.#constant(
            syntax.items.map((item) => this.#literal(item)),
            'array',
            syntax.at,
          ),
        }
      case 'path':
        return this.path(syntax)
      case 'time': {
        const text = this.#literal(syntax.of)
        if (syntax.word === 'iso' && timeOf(text) === undefined) {
          throw new ExpressionError(`${JSON.stringify(text)} is not an ISO 8601 time`, syntax.at)
        }
        if (syntax.word === 'interval') return this.#constant(text, 'interval', syntax.at)
        return this.#constant(text, 'string', syntax.at)
      }
      case 'unary':
        if (syntax.operator === '-') return this.#negate(syntax.of, syntax.at)
        break
      case 'binary':
        if (syntax.operator === '**') return this.#power(syntax)
        if (ARITHMETIC[syntax.operator] !== undefined) return this.#arithmetic(syntax)
        break
      case 'call':
        if (syntax.name.toLowerCase() === 'array_length') return this.#arrayLength(syntax)
    }
    throw new ExpressionError('expected a value here, not a condition', syntax.at)
  }

  #constant(value: Constant, type: ValueType, at: number): Value {
    return { type, operand: { kind: 'constant', value }, constant: value, at }
  }

  #literal(syntax: Syntax): Constant {
    const { constant } = this.value(syntax)
    if (constant === undefined) throw new ExpressionError('expected a constant here', syntax.at)
    return constant
  }

  /** Compiles a constant of a list, checked against what it is compared with. */
  literalFor(syntax: Syntax, target: Value): Constant {
    const value = this.value(syntax)
    if (value.constant === undefined) throw new ExpressionError('expected a constant here', syntax.at)
    return constantFor(value, target)
  }

  path(syntax: Syntax): Value {
    if (syntax.kind !== 'path') throw new ExpressionError('expected a field here', syntax.at)
    const { name, steps, at } = this.#isOfStructs ? fieldOfStruct(syntax) : syntax
    const field = this.schema.byName.get(name)
    const inner = steps.map(stepOf)
    if (syntax.isPart && (field === undefined || !isStructArray(field))) {
      throw new ExpressionError(`expected a key or a position: ${name} is not an array of structs`, at)
    }
    if (field === undefined) {
      const own = name === DEFAULT_DYNAMIC_FIELD
      if (!this.schema.isDynamic || (own && steps.length === 0)) {
        throw new ExpressionError(own ? 'the dynamic field needs a key' : `field ${name} not exist`, at)
      }
      const root = [stepOf(DEFAULT_DYNAMIC_FIELD), ...(own ? [] : [stepOf(name)]), ...inner]
      return { type: 'json', operand: { kind: 'path', steps: root }, at }
    }
    const path: Operand = { kind: 'path', steps: [stepOf(name), ...inner] }
    if (field.type === DataType.JSON) {
      return { type: 'json', operand: path, at, field }
    }
    if (field.type === DataType.Array) {
      if (steps.length === 0) return { type: 'array', operand: path, at, field }
      if (isStructArray(field)) return partOf(field, steps, at)
      if (steps.length > 1 || typeof steps[0] !== 'number') {
        throw new ExpressionError(`the elements of array field ${name} are reached by one position`, at)
      }
      return { type: typeOf(field.element), operand: path, at, field, isElement: true }
    }
    if (steps.length > 0) throw new ExpressionError(`field ${name} is neither JSON nor an array`, at)
    // Rows older than the field lack it and read its default.
    const operand: Operand =
      field.isAdded && field.defaultValue !== undefined
        ? { kind: 'first', of: path, otherwise: { kind: 'constant', value: field.defaultValue as Constant } }
        : path
    return { type: typeOf(field.type), operand, at, field }
  }

  #negate(syntax: Syntax, at: number): Value {
    if (syntax.kind === 'value' && syntax.isInt) return constantValue(-(syntax.value as bigint), true, at)
    const value = this.#number(this.value(syntax))
    if (value.constant !== undefined) return this.#constant(-(value.constant as number), value.type, at)
    return { ...value, operand: { kind: 'negate', of: value.operand }, at, isComputed: true }
  }

  #number(value: Value): Value {
    if (value.type === 'int' || value.type === 'float' || (value.type === 'json' && value.constant === undefined))
      return value
    throw new ExpressionError(`arithmetic needs numbers, got ${nameOf(value)}`, value.at)
  }

  #power({ left, right, at }: Extract<Syntax, { kind: 'binary' }>): Value {
    const [base, exponent] = [this.#number(this.value(left)), this.#number(this.value(right))]
    const times = Number(exponent.constant)
    if (exponent.constant === undefined) throw new ExpressionError('the exponent of ** is a constant', at)
    if (base.constant === undefined) {
      if (!Number.isInteger(times) || times < 1 || times > POWER_MAX) {
        throw new ExpressionError(`** of a field takes a whole number from 1 to ${POWER_MAX}`, at)
      }
      let product = left
      for (let i = 1; i < times; i++) product = { kind: 'binary', operator: '*', left: product, right: left, at }
      return this.value(product)
    }
    const isInt = base.type === 'int' && exponent.type === 'int' && Number(exponent.constant) >= 0
    if (!isInt) return constantValue(Number(base.constant) ** Number(exponent.constant), false, at)
    if (Number(exponent.constant) > 4096) throw new ExpressionError('the exponent is too large', at)
    return constantValue(BigInt(base.constant as number) ** BigInt(exponent.constant as number), true, at)
  }

  #arithmetic({ operator, left, right, at }: Extract<Syntax, { kind: 'binary' }>): Value {
    const [first, second] = [this.value(left), this.value(right)]
    if (first.type === 'time' && second.type === 'interval') return shiftedTime(operator, first, second)
    const [a, b] = [this.#number(first), this.#number(second)]
    if (operator === '%' && (a.type === 'float' || b.type === 'float')) {
      throw new ExpressionError('modulo can only apply on integer types', at)
    }
    const isZero = b.constant !== undefined && Number(b.constant) === 0
    if (isZero && (operator === '/' || operator === '%')) throw new ExpressionError('division or modulus by zero', at)
    const type =
      a.type === 'json' || b.type === 'json' ? 'json' : a.type === 'int' && b.type === 'int' ? 'int' : 'float'
    if (a.constant !== undefined && b.constant !== undefined) return folded(operator, a, b, at)
    const field = a.field ?? b.field
    return {
      type,
      operand: {
        kind: 'arithmetic',
        operator: ARITHMETIC[operator]!,
        left: a.operand,
        right: b.operand,
        isZeroDivisorAbsent: true,
      },
      at,
      ...(field === undefined ? {} : { field }),
      ...(a.isElement || b.isElement ? { isElement: true } : {}),
      isComputed: true,
    }
  }

  #arrayLength({ args, at }: Extract<Syntax, { kind: 'call' }>): Value {
    if (args.length !== 1) throw new ExpressionError('array_length takes one array', at)
    const value = this.path(args[0]!)
    if (value.type !== 'array' && value.type !== 'json') {
      throw new ExpressionError(`array_length operation are only supported on array or JSON, got ${nameOf(value)}`, at)
    }
    return {
      ...value,
      type: value.type === 'json' ? 'json' : 'int',
      operand: { kind: 'size', of: value.operand },
      at,
      isComputed: true,
    }
  }

  #compare(operator: string, left: Value, right: Value, at: number): FilterNode {
    if (left.constant !== undefined && right.constant === undefined) {
      return this.#compare(MIRROR[operator]!, right, left, at)
    }
    for (const side of [left, right]) requireComparable(side)
    if (left.constant !== undefined) return foldedComparison(operator, left, right, at)
    if (left.type === 'time' || right.type === 'time') return timeNode(operator, left, right)
    requireAlike(left, right, operator, at)
    const constant = right.constant === undefined ? undefined : constantFor(right, left)
    const rightOperand: Operand = constant === undefined ? right.operand : { kind: 'constant', value: constant }
    const isOrder = operator !== '==' && operator !== '!='
    if (isOrder && (left.type === 'bool' || right.type === 'bool')) {
      throw new ExpressionError(`comparison ${operator} is not supported on booleans`, at)
    }
    const node: FilterNode = {
      kind: 'compare',
      operator: COMPARE[operator]!,
      left: left.operand,
      right: rightOperand,
      ...rulesOf(left, right),
    }
    return guarded(node, left, right)
  }

  #chain({ parts, operators, at }: Extract<Syntax, { kind: 'chain' }>): FilterNode {
    const direction = operators[0]![0]
    if (operators.length !== 2 || operators[1]![0] !== direction) {
      throw new ExpressionError('a range is written a < x < b or b > x > a', at)
    }
    const [first, middle, last] = parts.map((part) => this.value(part)) as [Value, Value, Value]
    if (first.constant === undefined || last.constant === undefined || middle.constant !== undefined) {
      throw new ExpressionError('the ends of a range are constants around a field', at)
    }
    const [low, high] = direction === '<' ? [first.constant, last.constant] : [last.constant, first.constant]
    const isBelow =
      typeof low === 'string' && typeof high === 'string' ? low < high : Number(low as number) < Number(high as number)
    if (typeof low !== typeof high && (typeof low === 'string' || typeof high === 'string')) {
      throw new ExpressionError('the ends of a range are of different types', at)
    }
    if (!isBelow) throw new ExpressionError('invalid range: the lower end is not below the upper end', at)
    return both([this.#compare(operators[0]!, first, middle, at), this.#compare(operators[1]!, middle, last, at)])
  }

  #in(left: Syntax, right: Syntax, operator: string): FilterNode {
    const value = this.value(left)
    if (value.constant !== undefined) throw new ExpressionError(`${operator} needs a field on its left`, left.at)
    if (right.kind !== 'list') throw new ExpressionError(`${operator} needs a list on its right`, right.at)
    requireComparable(value)
    const values = right.items.map((item) => {
      const one = this.value(item)
      if (one.constant === undefined) throw new ExpressionError('a list holds constants', item.at)
      requireAlike(value, one, operator, item.at)
      if (value.type === 'int' && one.type === 'float' && !value.isComputed) {
        throw new ExpressionError(
          `value ${one.constant} in the list is not an integer, as ${nameOf(value)} needs`,
          item.at,
        )
      }
      return constantFor(one, value)
    })
    // An empty list contains nothing, not even null.
    if (values.length === 0) return operator === 'in' ? NOTHING : EVERYTHING
    const node =
      value.type === 'time'
        ? values
            .map((one) => timeNode('==', value, { ...value, constant: one }))
            .reduce((a, b): FilterNode => ({ kind: 'or', of: [a, b] }))
        : guarded({ kind: 'in', operand: value.operand, values, ...rulesOf(value) }, value)
    return operator === 'in' ? node : not(node)
  }

  #like(left: Syntax, right: Syntax): FilterNode {
    const { value, pattern } = this.#patterned(left, right, 'like')
    return guarded({ kind: 'text', operator: 'like', operand: value.operand, text: pattern, ...rulesOf(value) }, value)
  }

  /** `=~` and `!~`: RE2 patterns, which may match anywhere in the text. */
  #regex({ operator, left, right }: Extract<Syntax, { kind: 'binary' }>): FilterNode {
    const { value, pattern } = this.#patterned(left, right, 'regex')
    let node: FilterNode
    try {
      node = { kind: 'regex', operand: value.operand, ...re2Pattern(pattern), ...rulesOf(value) }
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      throw new ExpressionError(`invalid regex pattern ${JSON.stringify(pattern)}: ${error.message}`, right.at)
    }
    return guarded(operator === '=~' ? node : not(node), value)
  }

  #patterned(left: Syntax, right: Syntax, what: string): { value: Value; pattern: string } {
    const value = this.value(left)
    const pattern = this.value(right).constant
    if (typeof pattern !== 'string') throw new ExpressionError(`the pattern of ${what} is a string`, right.at)
    if (value.constant !== undefined || value.isComputed || (value.type !== 'string' && value.type !== 'json')) {
      const reason = `${what} operation on non-string or no-json field is unsupported: ${nameOf(value)}`
      throw new ExpressionError(reason, left.at)
    }
    return { value, pattern }
  }

  #exists(syntax: Syntax): FilterNode {
    const value = this.path(syntax)
    if (value.type !== 'json') {
      throw new ExpressionError(
        `exists operation are only supported now on json field, got ${nameOf(value)}`,
        syntax.at,
      )
    }
    return { kind: 'exists', operand: value.operand, isNullAbsent: true }
  }

  #isNull(syntax: Syntax): FilterNode {
    const value = this.path(syntax)
    if (value.type === 'vector') throw new ExpressionError(`is null is not supported on ${nameOf(value)}`, syntax.at)
    return not({ kind: 'exists', operand: value.operand, isNullAbsent: true })
  }
}

/** One field in all structs of an array: `chunks[text]`. */
function partOf(owner: Field, steps: readonly (string | number)[], at: number): Value {
  const [name] = steps
  const inner = owner.fields!.find((one) => one.name === name)
  if (inner === undefined || steps.length > 1) {
    throw new ExpressionError(`array of structs ${owner.name} has no field ${steps.join(', ')}`, at)
  }
  const field = { ...inner, name: `${owner.name}[${inner.name}]`, type: DataType.Array, element: inner.type }
  return { type: 'array', operand: { kind: 'path', steps: [stepOf(owner.name)] }, at, field, part: inner.name }
}

/** `$[field]` as the path of that field. */
function fieldOfStruct(syntax: Extract<Syntax, { kind: 'path' }>): Extract<Syntax, { kind: 'path' }> {
  const [name, ...steps] = syntax.steps
  if (syntax.name === ELEMENT && typeof name === 'string') return { ...syntax, name, steps }
  throw new ExpressionError(`a field of a struct is written ${ELEMENT}[name] here`, syntax.at)
}
