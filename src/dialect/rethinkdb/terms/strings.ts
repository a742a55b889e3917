// Terms about strings.

import { asText, type Datum, type Fields } from '../datum.ts'
import { fail } from '../errors.ts'
import type { Call } from '../evaluate.ts'
import { textBytes } from '../key.ts'
import type { Operations } from '../registry.ts'

const ESCAPES = /^[AbBCdDsSwWpPQEzafnrtvx0-7^$.|?*+()[\]{}\\/\-"'!@#%&_=:;,<>~` ]$/

/** Ends the query with what RE2 says of a pattern; `portion` is what it points at. */
function refusePattern(pattern: string, why: string, portion: string): never {
  const told = portion === '' ? why : `${why}: ${portion}`
  return fail(`Error in regexp \`${pattern}\` (portion \`${portion}\`): ${told}`)
}

const REPEAT_MAX = 1000

/** Passes over a class from its bracket on; answers where it ends. */
function passClass(pattern: string, from: number): number {
  let at = from + (pattern[from + 1] === '^' ? 2 : 1)
  let low: string | undefined
  for (let isFirst = true; ; isFirst = false) {
    const next = pattern[at]
    if (next === undefined) refusePattern(pattern, 'missing ]', pattern.slice(from))
    if (next === ']' && !isFirst) return at + 1
    const named = /^\[:\^?\w+:\]/.exec(pattern.slice(at))
    const size = named?.[0].length ?? (next === '\\' ? passEscape(pattern, at) - at : 1)
    const item = pattern.slice(at, at + size)
    if (low !== undefined && item.length === 1 && low.length === 1 && item < low) {
      refusePattern(pattern, 'invalid character class range', `${low}-${item}`)
    }
    at += size
    low = undefined
    if (pattern[at] === '-' && pattern[at + 1] !== ']' && pattern[at + 1] !== undefined && named === null) {
      low = item
      at++
    }
  }
}

/** Passes over an escape sequence. */
function passEscape(pattern: string, from: number): number {
  const next = pattern[from + 1]
  if (next === undefined) refusePattern(pattern, 'trailing \\', '')
  if (/[1-9]/.test(next) || !ESCAPES.test(next)) refusePattern(pattern, 'invalid escape sequence', `\\${next}`)
  return from + 2
}

/** Throws where RE2 would not take the pattern. */
function checkPattern(pattern: string): void {
  let depth = 0
  /** The repetition right before, and whether there is something to be repeated. */
  let repeated = ''
  let hasAtom = false
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at)
    const repetition = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest)?.[0]
    if (repetition !== undefined) {
      if (!hasAtom) refusePattern(pattern, 'no argument for repetition operator', repetition)
      if (repeated !== '') refusePattern(pattern, 'bad repetition operator', repeated + repetition)
      if ((repetition.match(/\d+/g) ?? []).some((count) => Number(count) > REPEAT_MAX)) {
        refusePattern(pattern, 'invalid repetition size', repetition)
      }
      repeated = repetition
      at += repetition.length
      continue
    }
    repeated = ''
    hasAtom = true
    if (rest.startsWith('\\Q')) {
      const end = rest.indexOf('\\E')
      at += end < 0 ? rest.length : end + 2
    } else if (rest[0] === '\\') at = passEscape(pattern, at)
    else if (rest[0] === '[') at = passClass(pattern, at)
    else if (rest[0] === '(') {
      const group = /^\((?:\?(?:P<\w+>|[imsU]*(?:-[imsU]+)?[:)]))?/.exec(rest)?.[0] as string
      if (group === '(' && rest[1] === '?') refusePattern(pattern, 'invalid perl operator', rest.slice(0, 3))
      if (!group.endsWith(')')) depth++
      hasAtom = false
      at += group.length
    } else if (rest[0] === ')') {
      if (depth-- === 0) refusePattern(pattern, 'missing )', pattern)
      at++
    } else {
      hasAtom = rest[0] !== '|'
      at++
    }
  }
  if (depth > 0) refusePattern(pattern, 'missing )', pattern)
}

/** The pattern in JavaScript's syntax; the server's is RE2's. */
function compile(pattern: string): RegExp {
  checkPattern(pattern)
  let flags = 'u'
  const source = pattern
    .replace(/^\(\?([imsU]+)\)/, (_, letters: string) => {
      for (const letter of letters) if ('ims'.includes(letter)) flags += letter
      return ''
    })
    // Flags of one group hold for all: the host has no others.
    .replace(/\(\?([imsU]+):/g, (_, letters: string) => {
      for (const letter of letters) if ('ims'.includes(letter) && !flags.includes(letter)) flags += letter
      return '(?:'
    })
    .replace(/\(\?P</g, '(?<')
    .replace(/\[(\^?)\](?=[^\]]*\])/g, '[$1\\]')
    .replace(/\\([pP])([A-Z])/g, '\\$1{$2}')
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
    .replace(/\\Q(.*?)(\\E|$)/g, (_, text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .replace(/\[\[:(\w+):\]\]/g, (whole, name: string) => CLASSES[name] ?? whole)
  try {
    return new RegExp(source, `${flags}d`)
  } catch {
    try {
      return new RegExp(source, `${flags.replace('u', '')}d`)
    } catch {
      return refusePattern(pattern, 'unexpected error', pattern)
    }
  }
}

const CLASSES: Readonly<Record<string, string>> = {
  alpha: '[A-Za-z]',
  digit: '[0-9]',
  alnum: '[0-9A-Za-z]',
  space: '[\\s]',
  upper: '[A-Z]',
  lower: '[a-z]',
  punct: '[!-/:-@[-`{-~]',
  word: '[\\w]',
  xdigit: '[0-9A-Fa-f]',
}

const PATTERNS = new Map<string, RegExp>()

function match(call: Call): Datum {
  const text = call.text(0)
  const pattern = call.text(1)
  let compiled = PATTERNS.get(pattern)
  if (compiled === undefined) {
    compiled = compile(pattern)
    if (PATTERNS.size >= 100) PATTERNS.clear()
    PATTERNS.set(pattern, compiled)
  }
  const found = compiled.exec(text)
  if (found === null) return null
  const indices = (found as unknown as { indices: ([number, number] | undefined)[] }).indices
  const part = (at: [number, number] | undefined): Fields | null => {
    if (at === undefined) return null
    const [from, to] = at
    // Positions count the bytes of UTF-8, as the server's patterns do.
    const start = textBytes(text.slice(0, from))
    return { str: text.slice(from, to), start, end: start + textBytes(text.slice(from, to)) }
  }
  return { ...part(indices[0]), groups: indices.slice(1).map(part) }
}

// The Unicode property White_Space, which JavaScript's \s is not: that has U+FEFF and lacks U+0085.
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

function split(call: Call): Datum {
  const text = call.text(0)
  const second = call.count > 1 ? call.datum(1) : null
  const separator = second === null ? null : asText(second)
  const limit = call.query.arrayLimit
  let most = -1
  if (call.count > 2) {
    most = call.integer(2)
    if (most < -1 || most > limit - 1) fail(`Error: \`split\` size argument must be in range [-1, ${limit - 1}].`)
  }
  const parts = splitText(text, separator, most < 0 ? Infinity : most)
  return call.query.sized(parts)
}

function splitText(text: string, separator: string | null, most: number): string[] {
  if (separator === '') return splitCharacters(text, most)
  const parts: string[] = []
  let at = 0
  if (separator !== null) {
    while (parts.length < most) {
      const next = text.indexOf(separator, at)
      if (next < 0) break
      parts.push(text.slice(at, next))
      at = next + separator.length
    }
    return [...parts, text.slice(at)]
  }
  while (parts.length < most) {
    while (at < text.length && SPACE.test(text[at])) at++
    if (at === text.length) return parts
    let end = at
    while (end < text.length && !SPACE.test(text[end])) end++
    parts.push(text.slice(at, end))
    at = end
  }
  while (at < text.length && SPACE.test(text[at])) at++
  return at < text.length ? [...parts, text.slice(at)] : parts
}

/** Characters with what combines with them. */
function splitCharacters(text: string, most: number): string[] {
  const all = text.match(/[\s\S]\p{M}*/gu) ?? []
  if (all.length <= most) return all
  return [...all.slice(0, most), all.slice(most).join('')]
}

export const stringTerms: Operations = {
  match,
  split,
  // Of ASCII letters only, as the server does.
  upcase: (call) => call.text(0).replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  downcase: (call) => call.text(0).replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
}
