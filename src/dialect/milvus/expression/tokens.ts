// Splits Milvus expressions into tokens.

export type TokenKind = 'int' | 'float' | 'string' | 'name' | 'template' | 'sign' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** As written; for strings and templates, their content. */
  readonly text: string
  /** The exact value of an int. */
  readonly int?: bigint
  readonly position: number
}

/** An expression that makes no sense, and the position of the error. */
export class ExpressionError extends Error {
  readonly position: number

  constructor(message: string, position: number) {
    super(message)
    this.position = position
  }
}

const NUMBER = /0[xX][0-9a-fA-F]+|0[bB][01]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const NAME = /[A-Za-z_$][A-Za-z0-9_$]*/y
const SIGN = /\*\*|[=!]~|<=|>=|==|!=|&&|\|\||[-+*/%<>=!()[\],]/y
const TEMPLATE = /\{\s*([A-Za-z_]\w*)\s*\}/y
const SPACE = /\s+/y

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '?': '?',
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const space = match(SPACE, text, at)
    if (space !== null) {
      at += space[0].length
      continue
    }
    const token = tokenAt(text, at)
    tokens.push(token.token)
    at = token.end
  }
  tokens.push({ kind: 'end', text: '', position: text.length })
  return tokens
}

function tokenAt(text: string, at: number): { token: Token; end: number } {
  const first = text[at]!
  if (first === '"' || first === "'") return stringAt(text, at, at, false)
  if (/[rR]/.test(first) && /["']/.test(text[at + 1] ?? '')) return stringAt(text, at + 1, at, true)
  const number = match(NUMBER, text, at)
  if (number !== null) return numberAt(text, at, number[0])
  const name = match(NAME, text, at)
  if (name !== null) return { token: { kind: 'name', text: name[0], position: at }, end: at + name[0].length }
  const template = match(TEMPLATE, text, at)
  if (template !== null) {
    return { token: { kind: 'template', text: template[1]!, position: at }, end: at + template[0].length }
  }
  const sign = match(SIGN, text, at)
  if (sign !== null) return { token: { kind: 'sign', text: sign[0], position: at }, end: at + sign[0].length }
  throw new ExpressionError(`unexpected ${JSON.stringify(first)}`, at)
}

function numberAt(text: string, at: number, number: string): { token: Token; end: number } {
  const end = at + number.length
  if (/[A-Za-z_$]/.test(text[end] ?? '')) throw new ExpressionError(`malformed number near ${number}`, at)
  if (/^0[xXbB]/.test(number) || /^\d+$/.test(number)) {
    const isOctal = /^0\d+$/.test(number)
    if (isOctal && /[89]/.test(number)) throw new ExpressionError(`malformed octal number ${number}`, at)
    const int = BigInt(isOctal ? `0o${number.slice(1)}` : number)
    return { token: { kind: 'int', text: number, int, position: at }, end }
  }
  return { token: { kind: 'float', text: number, position: at }, end }
}

function stringAt(text: string, quoteAt: number, position: number, isRaw: boolean): { token: Token; end: number } {
  const quote = text[quoteAt]!
  let value = ''
  let at = quoteAt + 1
  for (;;) {
    const unit = text[at]
    if (unit === undefined) throw new ExpressionError('a string without its closing quote', position)
    if (unit === quote) break
    if (unit !== '\\' || isRaw) {
      value += unit
      at++
      continue
    }
    const escaped = escapeAt(text, at)
    value += escaped.value
    at = escaped.end
  }
  return { token: { kind: 'string', text: value, position }, end: at + 1 }
}

function escapeAt(text: string, at: number): { value: string; end: number } {
  const kind = text[at + 1] ?? ''
  const plain = ESCAPES[kind]
  if (plain !== undefined) return { value: plain, end: at + 2 }
  const coded = match(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-7]{1,3}))/y, text, at)
  if (coded !== null) {
    const [whole, u, big, x, octal] = coded
    const code = octal === undefined ? Number.parseInt((u ?? big ?? x)!, 16) : Number.parseInt(octal, 8)
    if (code > 0x10ffff) throw new ExpressionError(`no character has the code ${whole}`, at)
    return { value: String.fromCodePoint(code), end: at + whole.length }
  }
  // An unknown escape stays as it is: "\%" reaches `like` with its backslash.
  return { value: `\\${kind}`, end: at + 1 + kind.length }
}
