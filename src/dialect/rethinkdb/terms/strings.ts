// Terms about strings.

import { PatternError, re2Pattern } from '../../../query/re2.ts'
import { asText, type Datum, type Fields } from '../datum.ts'
import { fail } from '../errors.ts'
import type { Call } from '../evaluate.ts'
import { textBytes } from '../key.ts'
import type { Operations } from '../registry.ts'

/** The pattern as a RegExp; ends the query with RE2's message for an invalid one. */
function compile(pattern: string): RegExp {
  try {
    const { source, flags } = re2Pattern(pattern)
    return new RegExp(source, `${flags}d`)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    const { portion, message } = error
    return fail(`Error in regexp \`${pattern}\` (portion \`${portion}\`): ${message}`)
  }
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
    // Positions count UTF-8 bytes, as in the server's patterns.
    const start = textBytes(text.slice(0, from))
    return { str: text.slice(from, to), start, end: start + textBytes(text.slice(from, to)) }
  }
  return { ...part(indices[0]), groups: indices.slice(1).map(part) }
}

// The Unicode property White_Space, which differs from JavaScript's \s: that has U+FEFF and lacks U+0085.
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

/** Characters together with the marks that combine with them. */
function splitCharacters(text: string, most: number): string[] {
  const all = text.match(/[\s\S]\p{M}*/gu) ?? []
  if (all.length <= most) return all
  return [...all.slice(0, most), all.slice(most).join('')]
}

export const stringTerms: Operations = {
  match,
  split,
  // ASCII letters only, as on the server.
  upcase: (call) => call.text(0).replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  downcase: (call) => call.text(0).replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
}
