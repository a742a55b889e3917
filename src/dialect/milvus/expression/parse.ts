// Tokens -> syntax tree, by precedence. The parser does not know what names mean.

import { ExpressionError, type Token, tokensOf } from './tokens.ts'

export type Syntax =
  | { readonly kind: 'value'; readonly value: unknown; readonly isInt: boolean; readonly at: number }
  | {
      readonly kind: 'path'
      readonly name: string
      readonly steps: readonly (string | number)[]
      /** The step is a bare name: a field of structs. */
      readonly isPart: boolean
      readonly at: number
    }
  | { readonly kind: 'list'; readonly items: readonly Syntax[]; readonly at: number }
  | { readonly kind: 'unary'; readonly operator: '-' | 'not' | 'exists'; readonly of: Syntax; readonly at: number }
  | { readonly kind: 'null'; readonly of: Syntax; readonly isNegated: boolean; readonly at: number }
  | {
      readonly kind: 'binary'
      readonly operator: string
      readonly left: Syntax
      readonly right: Syntax
      readonly at: number
    }
  | {
      readonly kind: 'chain'
      readonly parts: readonly Syntax[]
      readonly operators: readonly string[]
      readonly at: number
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Syntax[]; readonly at: number }
  | { readonly kind: 'time'; readonly of: Syntax; readonly word: string; readonly at: number }

const KEYWORDS = new Set(['and', 'or', 'not', 'in', 'like', 'is', 'null', 'exists', 'iso', 'interval'])
const DEPTH_MAX = 200

/** The arguments of functions that may be named. */
const NAMED: Readonly<Record<string, string>> = {
  text_match: 'minimum_should_match',
  text_match_fuzzy: 'max_edit_distance',
  phrase_match: 'slop',
  match_least: 'threshold',
  match_most: 'threshold',
  match_exact: 'threshold',
}

/** The current struct, in a condition on structs. */
export const ELEMENT = '$'

/** The values of templates, by name. */
export type Templates = Readonly<Record<string, unknown>>

export function parse(text: string, templates: Templates): Syntax {
  return new Parser(tokensOf(text), templates).parse()
}

/** A keyword in all lower or all upper case; otherwise the text as written. */
function wordOf(token: Token): string {
  if (token.kind !== 'name') return ''
  const lower = token.text.toLowerCase()
  const isOneCase = token.text === lower || token.text === token.text.toUpperCase()
  return isOneCase && KEYWORDS.has(lower) ? lower : ''
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #templates: Templates
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[], templates: Templates) {
    this.#tokens = tokens
    this.#templates = templates
  }

  parse(): Syntax {
    const syntax = this.#or()
    const rest = this.#peek()
    if (rest.kind !== 'end') throw this.#unexpected(rest)
    return syntax
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!
  }

  #isSign(...signs: string[]): boolean {
    const token = this.#peek()
    return token.kind === 'sign' && signs.includes(token.text)
  }

  #isWord(word: string, ahead = 0): boolean {
    return wordOf(this.#peek(ahead)) === word
  }

  #take(): Token {
    return this.#tokens[this.#next++]!
  }

  #expect(sign: string): void {
    if (!this.#isSign(sign)) {
      const token = this.#peek()
      throw new ExpressionError(`expected ${JSON.stringify(sign)}, got ${shown(token)}`, token.position)
    }
    this.#next++
  }

  #unexpected(token: Token): ExpressionError {
    const hint =
      token.text === '=' ? ' (equality is ==)' : wordOf(token) === 'null' ? ' (null is tested with is null)' : ''
    return new ExpressionError(`unexpected ${shown(token)}${hint}`, token.position)
  }

  /** Left-associative operators of one level. */
  #level(operatorOf: () => string | undefined, operand: () => Syntax): Syntax {
    let left = operand()
    for (let operator = operatorOf(); operator !== undefined; operator = operatorOf()) {
      const at = this.#take().position
      left = { kind: 'binary', operator, left, right: operand(), at }
    }
    return left
  }

  #signOf(...signs: string[]): () => string | undefined {
    return () => (this.#isSign(...signs) ? this.#peek().text : undefined)
  }

  #or(): Syntax {
    if (++this.#depth > DEPTH_MAX) throw new ExpressionError('nested too deeply', this.#peek().position)
    const syntax = this.#joined('or', '||', () => this.#and())
    this.#depth--
    return syntax
  }

  #and(): Syntax {
    return this.#joined('and', '&&', () => this.#not())
  }

  /** Conditions joined by one word, as a tree that is as flat as it can be: programs join thousands. */
  #joined(operator: 'and' | 'or', sign: string, operand: () => Syntax): Syntax {
    const parts = [operand()]
    const places: number[] = []
    while (this.#isSign(sign) || this.#isWord(operator)) {
      places.push(this.#take().position)
      parts.push(operand())
    }
    const tree = (from: number, to: number): Syntax => {
      if (to - from === 1) return parts[from]!
      const middle = (from + to) >> 1
      return { kind: 'binary', operator, left: tree(from, middle), right: tree(middle, to), at: places[middle - 1]! }
    }
    return tree(0, parts.length)
  }

  // The server's grammar ranks `not` above comparisons, where it could only be an error; Milvus' documentation writes
  // it here.
  #not(): Syntax {
    if (!this.#isSign('!') && !this.#isWord('not')) return this.#equality()
    const at = this.#take().position
    if (++this.#depth > DEPTH_MAX) throw new ExpressionError('nested too deeply', at)
    const of = this.#not()
    this.#depth--
    return { kind: 'unary', operator: 'not', of, at }
  }

  #equality(): Syntax {
    return this.#level(this.#signOf('==', '!='), () => this.#relational())
  }

  #relational(): Syntax {
    const parts = [this.#membership()]
    const operators: string[] = []
    const at = this.#peek().position
    while (this.#isSign('<', '<=', '>', '>=')) {
      operators.push(this.#take().text)
      parts.push(this.#membership())
    }
    if (operators.length === 0) return parts[0]!
    if (operators.length === 1) {
      return { kind: 'binary', operator: operators[0]!, left: parts[0]!, right: parts[1]!, at }
    }
    return { kind: 'chain', parts, operators, at }
  }

  #membership(): Syntax {
    const left = this.#sum()
    const isNegated = this.#isWord('not') && this.#isWord('in', 1)
    if (!isNegated && !this.#isWord('in')) return left
    const at = this.#take().position
    if (isNegated) this.#next++
    return { kind: 'binary', operator: isNegated ? 'not in' : 'in', left, right: this.#sum(), at }
  }

  #sum(): Syntax {
    return this.#level(this.#signOf('+', '-'), () => this.#product())
  }

  #product(): Syntax {
    return this.#level(this.#signOf('*', '/', '%'), () => this.#unary())
  }

  #unary(): Syntax {
    if (!this.#isSign('-', '+')) return this.#power()
    const { text, position } = this.#take()
    if (++this.#depth > DEPTH_MAX) throw new ExpressionError('nested too deeply', position)
    const of = this.#unary()
    this.#depth--
    return text === '+' ? of : { kind: 'unary', operator: '-', of, at: position }
  }

  #power(): Syntax {
    const left = this.#like()
    if (!this.#isSign('**')) return left
    const at = this.#take().position
    return { kind: 'binary', operator: '**', left, right: this.#unary(), at }
  }

  #like(): Syntax {
    const left = this.#exists()
    if (this.#isSign('=~', '!~')) {
      const { text: operator, position: at } = this.#take()
      return { kind: 'binary', operator, left, right: this.#exists(), at }
    }
    const isNegated = this.#isWord('not') && this.#isWord('like', 1)
    if (!isNegated && !this.#isWord('like')) return left
    const at = this.#take().position
    if (isNegated) this.#next++
    const like: Syntax = { kind: 'binary', operator: 'like', left, right: this.#exists(), at }
    return isNegated ? { kind: 'unary', operator: 'not', of: like, at } : like
  }

  #exists(): Syntax {
    if (!this.#isWord('exists')) return this.#nullTest()
    const at = this.#take().position
    return { kind: 'unary', operator: 'exists', of: this.#nullTest(), at }
  }

  #nullTest(): Syntax {
    const of = this.#primary()
    if (!this.#isWord('is')) return of
    const at = this.#take().position
    const isNegated = this.#isWord('not')
    if (isNegated) this.#next++
    if (!this.#isWord('null')) throw this.#unexpected(this.#peek())
    this.#next++
    return { kind: 'null', of, isNegated, at }
  }

  #primary(): Syntax {
    const token = this.#take()
    const at = token.position
    switch (token.kind) {
      case 'int':
        return { kind: 'value', value: token.int!, isInt: true, at }
      case 'float':
        return { kind: 'value', value: Number(token.text), isInt: false, at }
      case 'string':
        return { kind: 'value', value: token.text, isInt: false, at }
      case 'template':
        return this.#template(token)
      case 'name':
        return this.#name(token)
      case 'sign':
        if (token.text === '(') {
          const inner = this.#or()
          this.#expect(')')
          return inner
        }
        if (token.text === '[') return { kind: 'list', items: this.#items(']'), at }
        throw this.#unexpected(token)
      default:
        throw new ExpressionError('expected an operand, but the expression ends', at)
    }
  }

  #items(end: string, call?: string): Syntax[] {
    const items: Syntax[] = []
    while (!this.#isSign(end)) {
      if (call !== undefined && items.length > 0 && this.#peek(1).text === '=') this.#skipName(call)
      items.push(this.#or())
      if (!this.#isSign(',')) break
      this.#next++
    }
    this.#expect(end)
    return items
  }

  /** The name of an argument: minimum_should_match=2. */
  #skipName(call: string): void {
    const { kind, text, position } = this.#take()
    if (kind !== 'name' || NAMED[call.toLowerCase()] !== text.toLowerCase()) {
      throw new ExpressionError(`${call} has no argument ${text}`, position)
    }
    this.#next++
  }

  #template({ text, position }: Token): Syntax {
    const value = Object.hasOwn(this.#templates, text) ? this.#templates[text] : undefined
    if (value === undefined) {
      throw new ExpressionError(`the value of expression template variable name {${text}} is not found`, position)
    }
    return templateSyntax(value, text, position)
  }

  #name(token: Token): Syntax {
    const { text, position: at } = token
    if (text === 'true' || text === 'True' || text === 'TRUE') return { kind: 'value', value: true, isInt: false, at }
    if (text === 'false' || text === 'False' || text === 'FALSE')
      return { kind: 'value', value: false, isInt: false, at }
    const word = wordOf(token)
    if ((word === 'iso' || word === 'interval') && this.#peek().kind === 'string') {
      return { kind: 'time', of: this.#primary(), word, at }
    }
    if (word !== '' && word !== 'iso' && word !== 'interval') throw this.#unexpected(token)
    if (this.#isSign('(')) {
      this.#next++
      return { kind: 'call', name: text, args: this.#items(')', text), at }
    }
    const steps: (string | number)[] = []
    let isPart = false
    while (this.#isSign('[')) {
      this.#next++
      const step = this.#take()
      if (step.kind === 'string') steps.push(step.text)
      else if (step.kind === 'int') steps.push(Number(step.int))
      // A field of one struct, $[text], or of all structs, chunks[text].
      else if (step.kind === 'name' && steps.length === 0) {
        steps.push(step.text)
        isPart = text !== ELEMENT
      } else throw new ExpressionError(`expected a key or a position, got ${shown(step)}`, step.position)
      this.#expect(']')
    }
    return { kind: 'path', name: text, steps, isPart, at }
  }
}

function templateSyntax(value: unknown, name: string, at: number): Syntax {
  if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => templateSyntax(item, name, at)), at }
  switch (typeof value) {
    case 'number':
      if (Number.isInteger(value)) return { kind: 'value', value: BigInt(value), isInt: true, at }
      if (Number.isFinite(value)) return { kind: 'value', value, isInt: false, at }
      break
    case 'bigint':
      return { kind: 'value', value, isInt: true, at }
    case 'boolean':
    case 'string':
      return { kind: 'value', value, isInt: false, at }
  }
  throw new ExpressionError(`template {${name}} takes a boolean, number, string, or an array of them`, at)
}

function shown(token: Token): string {
  if (token.kind === 'end') return 'the end of the expression'
  return JSON.stringify(token.kind === 'template' ? `{${token.text}}` : token.text)
}
