// Terms about strings.

import { asText, type Datum, type Fields } from './datum.ts'
import { fail } from './errors.ts'
import type { Call } from './evaluate.ts'
import type { Operations } from './registry.ts'

const ESCAPES = /^[AbBCdDsSwWpPQEzafnrtvx0-7^$.|?*+()[\]{}\\/\-"'!@#%&_=:;,<>~` ]$/

/** The pattern in JavaScript's syntax; the server's is RE2's. */
function compile(pattern: string): RegExp {
  const wrong = (portion: string, why: string): never =>
    fail(`Error in regexp \`${pattern}\` (portion \`${portion}\`): ${why}`)
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== '\\') continue
    const next = pattern[++i]
    if (next === undefined) wrong('\\', 'trailing \\')
    else if (/[1-9]/.test(next) || !ESCAPES.test(next)) wrong(`\\${next}`, 'invalid escape sequence')
  }
  const lone = /(?:^|[(|])([*+?])/.exec(pattern.replace(/\\./g, '__').replace(/\(\?/g, '(_'))
  if (lone !== null) wrong(lone[1], `no argument for repetition operator: ${lone[1]}`)
  let flags = 'u'
  const source = pattern
    .replace(/^\(\?([imsU]+)\)/, (_, letters: string) => {
      for (const letter of letters) if ('ims'.includes(letter)) flags += letter
      return ''
    })
    .replace(/\(\?P</g, '(?<')
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
      return wrong(pattern, 'invalid pattern')
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
    const start = length(text.slice(0, from))
    return { str: text.slice(from, to), start, end: start + length(text.slice(from, to)) }
  }
  return { ...part(indices[0]), groups: indices.slice(1).map(part) }
}

function length(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
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
