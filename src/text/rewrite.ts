// Token filters that need a list or a pattern: compound words taken apart, synonyms, patterns.

import { TypeMismatchError, UsageError } from '../error/index.ts'
import type { TokenFilter } from './filter.ts'
import { PIECE_UNITS } from './tokenize.ts'

/**
 * Takes a word apart that consists of listed words alone; any other stays whole. The longest word is tried at each
 * place, and nothing else, as Lucene and Tantivy do it.
 */
export function decompounded(words: readonly string[]): TokenFilter {
  const known = new Set(words)
  const longest = words.reduce((most, word) => Math.max(most, word.length), 0)
  return (token) => {
    const parts: string[] = []
    for (let at = 0; at < token.length; ) {
      let to = Math.min(token.length, at + longest)
      while (to > at && !known.has(token.slice(at, to))) to--
      if (to === at) return token
      parts.push(token.slice(at, to))
      at = to
    }
    return parts
  }
}

/**
 * Replaces words by others, or adds these to them if `isExpanding`. A rule is `a, b => c, d`, or a group `a, b, c`
 * whose words are all equal; without `isExpanding` the first one stands for a group.
 */
export function synonyms(rules: readonly string[], isExpanding: boolean): TokenFilter {
  const made = new Map<string, Set<string>>()
  for (const rule of rules) {
    const [words, targets] = readRule(rule)
    const group = targets ?? (isExpanding ? words : words.slice(0, 1))
    for (const word of words) {
      const known = made.get(word) ?? new Set(isExpanding && targets !== undefined ? [word] : [])
      for (const one of group) known.add(one)
      made.set(word, known)
    }
  }
  const lists = new Map([...made].map(([word, all]) => [word, [...all]]))
  return (token) => lists.get(token) ?? token
}

/** The words of a rule, and those they are mapped to; the latter undefined for a group. */
function readRule(rule: string): [string[], string[] | undefined] {
  // No token has a U+0000 in it: the core takes it for a token's end.
  const sides = rule
    .replaceAll('\0', '')
    .split('=>')
    .map((side) =>
      side
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    )
  const [words, targets] = sides
  if (sides.length > 2 || sides.some((side) => side.length === 0))
    throw new UsageError(`a synonym rule is "a, b => c" or "a, b, c", got ${JSON.stringify(rule)}`)
  return [words!, targets]
}

/** Keeps the tokens that have a match of a pattern; a token of some millions of characters is looked at from its beginning. */
export function matching(pattern: string): TokenFilter {
  const made = rustPattern(pattern)
  return (token) => (made.test(token.length > PIECE_UNITS ? token.slice(0, PIECE_UNITS) : token) ? token : undefined)
}

const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d'
const CLASSES: Readonly<Record<string, string>> = { d: '\\p{Nd}', D: '\\P{Nd}', w: WORD, W: '' }
const BOUNDARY = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`
const NO_BOUNDARY = `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`
const OUTSIDE: Readonly<Record<string, string>> = {
  ...CLASSES,
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  b: BOUNDARY,
  B: NO_BOUNDARY,
  A: '(?<![^])',
  z: '(?![^])',
}

/** The host's form of a pattern whose classes and boundaries are Unicode's, as in Rust. */
function rustPattern(pattern: string): RegExp {
  const wrong = (why: string) => new UsageError(`not a regular expression: ${JSON.stringify(pattern)}: ${why}`)
  const [, flags = ''] = /^\(\?([ims]+)\)/.exec(pattern) ?? []
  const rest = flags === '' ? pattern : pattern.slice(flags.length + 3)
  let source = ''
  let isInClass = false
  for (const [piece] of rest.matchAll(/\[:\^?\w+:\]|\(\?P<|&&|--|~~|\\?./gsu)) {
    if (isInClass && /^(?:\[|&&|--|~~)/.test(piece)) throw wrong(`${piece} in a class is not supported in process`)
    if (piece === '[') isInClass = true
    else if (piece === ']') isInClass = false
    const known = piece[0] === '\\' ? (isInClass ? CLASSES : OUTSIDE)[piece.slice(1)] : undefined
    if (isInClass && known === '') throw wrong(`${piece} in a class is not supported in process`)
    source += known ?? (piece === '(?P<' ? '(?<' : piece)
  }
  try {
    return new RegExp(source, `${flags}u`)
  } catch (error) {
    throw wrong((error as Error).message)
  }
}

/** Checks a list of words that a filter needs. */
export function requireTexts(given: unknown, what: string): readonly string[] {
  const isList = Array.isArray(given) && given.length > 0
  if (isList && given.every((word) => typeof word === 'string' && word !== '')) return [...given] as string[]
  throw new TypeMismatchError(`${what} is an array of texts, and not empty`)
}
