// Splits a filter expression into tokens.

import { Refusal } from '../response.ts'
import { wellFormed } from '../schema.ts'

export type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'name'; readonly value: string }
  /** Keywords in upper case, comparison and arithmetic operators, parentheses, comma. */
  | { readonly kind: 'word'; readonly value: string }

const KEYWORDS = new Set(['AND', 'OR', 'NOT', 'LIKE', 'IN', 'TRUE', 'FALSE', 'NEARBY'])
const UNSUPPORTED = new Set(['ALL', 'ANY', 'BETWEEN', 'EXISTS', 'SOME'])
const COMPARISONS = new Set(['=', '<>', '<', '<=', '>', '>='])
const INT_MAX = 2_147_483_647

/** @throws Refusal with the status and message of the original. */
export function tokensOf(given: string): Token[] {
  // In the same form as the values it is compared with.
  const text = wellFormed(given)
  const tokens: Token[] = []
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  while (at < text.length) {
    if (take(/\s+/y) !== undefined) continue
    const single = take(/[(),]/y)
    if (single !== undefined) {
      tokens.push({ kind: 'word', value: single })
      continue
    }
    const isSigned = mayBeSigned(tokens.at(-1))
    const number = take(isSigned ? /-?\d[\w.]*/y : /\d[\w.]*/y)
    if (number !== undefined) {
      tokens.push({ kind: 'number', value: numberOf(number) })
      continue
    }
    if (text[at] === "'") {
      const quoted = take(/'(?:\\[\s\S]|[^'\\])*'/y)
      if (quoted === undefined) throw new Refusal(400, "Missing terminating '.")
      if (text[at] === "'") throw new Refusal(400, 'Filter expression is not valid.')
      tokens.push({ kind: 'string', value: quoted.slice(1, -1).replaceAll("\\'", "'") })
      continue
    }
    const operator = take(/[-+*/%&|^]=?|[=<>]+/y)
    if (operator !== undefined) {
      tokens.push({ kind: 'word', value: operatorOf(operator) })
      continue
    }
    const name = take(/[A-Za-z_@][^\s()=<>+\-*/%&|^,'"!;]*/y)
    if (name === undefined) throw new Refusal(400, 'Filter expression is not valid.')
    tokens.push(wordOf(name))
  }
  return tokens
}

/** A minus before a digit is a sign unless an operand precedes it. */
function mayBeSigned(last: Token | undefined): boolean {
  if (last === undefined) return true
  return last.kind === 'word' && last.value !== ')' && last.value !== 'TRUE' && last.value !== 'FALSE'
}

function numberOf(text: string): number {
  if (/[A-Za-z_]/.test(text)) throw new Refusal(400, 'Filter expression is not valid.')
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Refusal(400, `${text} is not a valid number.`)
  const value = Number(text)
  // The original crashes on integers of more than 31 bits.
  if (!text.includes('.') && Math.abs(value) > INT_MAX) throw new Refusal(400, `${text} is not a valid number.`)
  return value
}

function operatorOf(text: string): string {
  if (/^[=<>]/.test(text)) {
    if (!COMPARISONS.has(text)) throw new Refusal(400, `'${text}' is an invalid operator.`)
  } else if (text.length > 1) {
    throw new Refusal(501, 'Epsilla does not support compound operators yet.')
  } else if (/[&|^]/.test(text)) {
    throw new Refusal(501, 'Epsilla does not support bitwise operators yet.')
  }
  return text
}

function wordOf(name: string): Token {
  const upper = name.toUpperCase()
  if (UNSUPPORTED.has(upper)) throw new Refusal(501, `Epsilla does not support ${upper} yet.`)
  if (KEYWORDS.has(upper)) return { kind: 'word', value: upper }
  if (name !== '@distance' && !/^[A-Za-z_]\w*$/.test(name)) throw new Refusal(400, `Invalid name: ${name}`)
  return { kind: 'name', value: name }
}
