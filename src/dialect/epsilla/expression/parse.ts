// Parses the expression language of filters and facets. Precedence from low to high: AND, OR, NOT (one level, left to
// right); comparisons; LIKE, IN; + -; * / %. Types are checked while parsing.

import { Refusal } from '../response.ts'
import { type Token, tokensOf } from './token.ts'

export type Type = 'number' | 'string' | 'boolean' | 'point'
export type CompareOperator = '=' | '<>' | '<' | '<=' | '>' | '>='

export type Expression =
  | { readonly kind: 'literal'; readonly type: Type; readonly value: number | string | boolean }
  | { readonly kind: 'field'; readonly type: Type; readonly name: string }
  | { readonly kind: 'distance'; readonly type: 'number' }
  | {
      readonly kind: 'arithmetic'
      readonly type: 'number' | 'string'
      readonly operator: string
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly kind: 'compare'
      readonly type: 'boolean'
      readonly operator: CompareOperator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'like'; readonly type: 'boolean'; readonly of: Expression; readonly pattern: Expression }
  | { readonly kind: 'in'; readonly type: 'boolean'; readonly of: Expression; readonly values: readonly Expression[] }
  | { readonly kind: 'nearby'; readonly type: 'boolean'; readonly name: string; readonly circle: readonly number[] }
  | {
      readonly kind: 'and' | 'or'
      readonly type: 'boolean'
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'not'; readonly type: 'boolean'; readonly of: Expression }

/** Type of a field by name: undefined if there is no such field, null if it may not be in an expression. */
export type FieldTypes = (name: string) => Type | null | undefined

/** Deepest nesting that the parser accepts. */
const DEPTH_MAX = 200

/** A filter; undefined for an empty one. @throws Refusal */
export function parseFilter(text: string, fields: FieldTypes): Expression | undefined {
  if (text === '') return undefined
  const expression = parseExpression(text, fields)
  if (expression.type !== 'boolean') throw new Refusal(400, 'Filter should be a boolean expression,')
  return expression
}

/** @throws Refusal */
export function parseExpression(text: string, fields: FieldTypes): Expression {
  const parser = new Parser(tokensOf(text), fields)
  return parser.parse()
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #fields: FieldTypes
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[], fields: FieldTypes) {
    this.#tokens = tokens
    this.#fields = fields
  }

  parse(): Expression {
    const expression = this.#logic()
    if (this.#at < this.#tokens.length) throw invalid()
    return expression
  }

  /** Takes the next token if it is one of these words. */
  #take(...words: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'word' || !words.includes(token.value)) return undefined
    this.#at++
    return token.value
  }

  #logic(): Expression {
    if (++this.#depth > DEPTH_MAX) throw invalid()
    let left = this.#negation()
    for (let word = this.#take('AND', 'OR'); word !== undefined; word = this.#take('AND', 'OR')) {
      const right = this.#negation()
      if (left.type !== 'boolean' || right.type !== 'boolean') throw statement(word)
      left = { kind: word === 'AND' ? 'and' : 'or', type: 'boolean', left, right }
    }
    this.#depth--
    return left
  }

  #negation(): Expression {
    if (this.#take('NOT') === undefined) return this.#comparison()
    if (++this.#depth > DEPTH_MAX) throw invalid()
    const of = this.#negation()
    this.#depth--
    if (of.type !== 'boolean') throw statement('NOT')
    return { kind: 'not', type: 'boolean', of }
  }

  #comparison(): Expression {
    let left = this.#membership()
    for (;;) {
      const operator = this.#take('=', '<>', '<', '<=', '>', '>=') as CompareOperator | undefined
      if (operator === undefined) return left
      const right = this.#membership()
      const isOrdered = left.type === 'number'
      if (left.type !== right.type || left.type === 'point') throw statement(operator)
      if (!isOrdered && operator !== '=' && operator !== '<>') throw statement(operator)
      left = { kind: 'compare', type: 'boolean', operator, left, right }
    }
  }

  #membership(): Expression {
    let of = this.#sum()
    for (;;) {
      if (this.#take('LIKE') !== undefined) {
        const pattern = this.#sum()
        if (of.type !== 'string' || pattern.type !== 'string') throw statement('LIKE')
        of = { kind: 'like', type: 'boolean', of, pattern }
        continue
      }
      const next = this.#tokens[this.#at + 1]
      const isNot = next?.kind === 'word' && next.value === 'IN' && this.#take('NOT') !== undefined
      if (this.#take('IN') === undefined) return of
      const list: Expression = { kind: 'in', type: 'boolean', of, values: this.#list() }
      if (of.type !== 'string') throw statement('IN')
      of = isNot ? { kind: 'not', type: 'boolean', of: list } : list
    }
  }

  #list(): Expression[] {
    if (this.#take('(') === undefined) throw invalid()
    if (this.#take(')') !== undefined) throw new Refusal(400, 'Not enough operands for IN operator.')
    const values: Expression[] = []
    for (;;) {
      const value = this.#sum()
      if (value.type !== 'string') throw new Refusal(400, 'Filter expression is not valid.')
      values.push(value)
      if (this.#take(')') !== undefined) return values
      if (this.#take(',') === undefined) throw invalid()
    }
  }

  #sum(): Expression {
    let left = this.#product()
    for (let word = this.#take('+', '-'); word !== undefined; word = this.#take('+', '-')) {
      left = arithmetic(word, left, this.#product())
    }
    return left
  }

  #product(): Expression {
    let left = this.#primary()
    for (let word = this.#take('*', '/', '%'); word !== undefined; word = this.#take('*', '/', '%')) {
      left = arithmetic(word, left, this.#primary())
    }
    return left
  }

  #primary(): Expression {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw invalid()
    if (token.kind === 'number' || token.kind === 'string') {
      return { kind: 'literal', type: token.kind, value: token.value }
    }
    if (token.kind === 'name') return this.#field(token.value)
    if (token.value === 'TRUE' || token.value === 'FALSE') {
      return { kind: 'literal', type: 'boolean', value: token.value === 'TRUE' }
    }
    if (token.value === 'NEARBY') return this.#nearby()
    if (token.value !== '(') throw invalid()
    const inner = this.#logic()
    if (this.#take(')') === undefined) throw invalid()
    return inner
  }

  #field(name: string): Expression {
    if (name === '@distance') return { kind: 'distance', type: 'number' }
    const type = this.#fields(name)
    if (type === undefined) throw new Refusal(400, `Invalid filter expression: field name '${name}' not found.`)
    if (type === null) throw new Refusal(400, `Type of field '${name}' is not supported in filter expression.`)
    return { kind: 'field', type, name }
  }

  /** `NEARBY(field, latitude, longitude, metres)` */
  #nearby(): Expression {
    if (this.#take('(') === undefined) throw invalid()
    const field = this.#primary()
    if (field.kind !== 'field' || field.type !== 'point') throw statement('NEARBY')
    const circle: number[] = []
    while (circle.length < 3) {
      if (this.#take(',') === undefined) throw invalid()
      const value = this.#primary()
      if (value.kind !== 'literal' || typeof value.value !== 'number') throw statement('NEARBY')
      circle.push(value.value)
    }
    if (this.#take(')') === undefined) throw invalid()
    return { kind: 'nearby', type: 'boolean', name: field.name, circle }
  }
}

function arithmetic(operator: string, left: Expression, right: Expression): Expression {
  for (const { type } of [left, right]) {
    if (type === 'boolean' || type === 'point') {
      throw new Refusal(400, `Boolean value is not compatible with ${operator} operation.`)
    }
  }
  const isText = left.type === 'string' || right.type === 'string'
  if (isText && (operator !== '+' || left.type !== right.type)) {
    throw new Refusal(400, `String value is not compatible with ${operator} operation.`)
  }
  return { kind: 'arithmetic', type: isText ? 'string' : 'number', operator, left, right }
}

function invalid(): Refusal {
  return new Refusal(400, 'Filter expression is invalid.')
}

function statement(word: string): Refusal {
  return new Refusal(400, `${word} statement is invalid.`)
}
