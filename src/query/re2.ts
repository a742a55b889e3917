// RE2's pattern syntax, used by RethinkDB and Milvus, on top of the host's regular expressions.

import { hostPattern } from './re2-host.ts'

const ESCAPES = /^[AbBCdDsSwWpPQEzafnrtvx0-7^$.|?*+()[\]{}\\/\-"'!@#%&_=:;,<>~` ]$/

/** RE2's complaint about a pattern; `portion` is the part that it names. */
export class PatternError extends Error {
  readonly portion: string

  constructor(why: string, portion: string) {
    super(portion === '' ? why : `${why}: ${portion}`)
    this.portion = portion
  }
}

const REPEAT_MAX = 1000

/** Skips a class, starting at its bracket; returns where it ends. */
function passClass(pattern: string, from: number): number {
  let at = from + (pattern[from + 1] === '^' ? 2 : 1)
  let low: string | undefined
  for (let isFirst = true; ; isFirst = false) {
    const next = pattern[at]
    if (next === undefined) throw new PatternError('missing ]', pattern.slice(from))
    if (next === ']' && !isFirst) return at + 1
    const named = /^\[:\^?\w+:\]/.exec(pattern.slice(at))
    const size = named?.[0].length ?? (next === '\\' ? passEscape(pattern, at) - at : 1)
    const item = pattern.slice(at, at + size)
    if (low !== undefined && item.length === 1 && low.length === 1 && item < low) {
      throw new PatternError('invalid character class range', `${low}-${item}`)
    }
    at += size
    low = undefined
    if (pattern[at] === '-' && pattern[at + 1] !== ']' && pattern[at + 1] !== undefined && named === null) {
      low = item
      at++
    }
  }
}

/** Skips an escape sequence. */
function passEscape(pattern: string, from: number): number {
  const next = pattern[from + 1]
  if (next === undefined) throw new PatternError('trailing \\', '')
  if (/[1-9]/.test(next) || !ESCAPES.test(next)) throw new PatternError('invalid escape sequence', `\\${next}`)
  return from + 2
}

/** Throws where RE2 would reject the pattern. */
function checkPattern(pattern: string): void {
  let depth = 0
  /** The repetition just before, and whether there is something to repeat. */
  let repeated = ''
  let hasAtom = false
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at)
    const repetition = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest)?.[0]
    if (repetition !== undefined) {
      if (!hasAtom) throw new PatternError('no argument for repetition operator', repetition)
      if (repeated !== '') throw new PatternError('bad repetition operator', repeated + repetition)
      if ((repetition.match(/\d+/g) ?? []).some((count) => Number(count) > REPEAT_MAX)) {
        throw new PatternError('invalid repetition size', repetition)
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
      if (group === '(' && rest[1] === '?') throw new PatternError('invalid perl operator', rest.slice(0, 3))
      if (!group.endsWith(')')) depth++
      hasAtom = false
      at += group.length
    } else if (rest[0] === ')') {
      if (depth-- === 0) throw new PatternError('missing )', pattern)
      at++
    } else {
      hasAtom = rest[0] !== '|'
      at++
    }
  }
  if (depth > 0) throw new PatternError('missing )', pattern)
}

/**
 * Translates a pattern in RE2 syntax to the host's.
 *
 * @throws PatternError where RE2 would reject it.
 */
export function re2Pattern(pattern: string): { source: string; flags: string } {
  checkPattern(pattern)
  try {
    const made = hostPattern(pattern)
    new RegExp(made.source, made.flags)
    return made
  } catch {
    throw new PatternError('unexpected error', pattern)
  }
}
