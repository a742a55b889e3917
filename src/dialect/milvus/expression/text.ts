// text_match, text_match_fuzzy and phrase_match: words of a text as the field's analyzer finds them.

import { phraseMatch, textMatch } from '../../../engine/words.ts'
import type { FilterNode, Operand } from '../../../query/index.ts'
import type { Analyzer } from '../../../text/index.ts'

const RULES = { absent: 'unknown', isNullAbsent: true } as const

/** Matches rows whose text has at least this many of the words. */
export function wordsNode(operand: Operand, analyzer: Analyzer, text: string, minimumShouldMatch: number): FilterNode {
  return textMatch(operand, analyzer, text, { minimumShouldMatch, ...RULES })
}

/** Matches rows whose text has a word that becomes one of these by at most so many edits. No index knows such words. */
export function fuzzyNode(operand: Operand, analyzer: Analyzer, text: string, edits: number): FilterNode {
  if (edits === 0) return wordsNode(operand, analyzer, text, 1)
  const asked = [...new Set(analyzer.queryTokens(text))].map((word) => Array.from(word))
  const isNear = (word: string) => asked.some((letters) => areNear(letters, 0, Array.from(word), 0, edits))
  return {
    kind: 'test',
    operand,
    test: (value) => typeof value === 'string' && [...new Set(analyzer.tokens(value))].some(isNear),
    ...RULES,
  }
}

/**
 * Whether the rest of a word becomes the rest of another by at most so many edits: a letter left out, put in or
 * changed, or two neighbours changed about.
 */
function areNear(a: readonly string[], from: number, b: readonly string[], at: number, edits: number): boolean {
  let [i, j] = [from, at]
  while (i < a.length && j < b.length && a[i] === b[j]) {
    i++
    j++
  }
  const [left, right] = [a.length - i, b.length - j]
  if (left === 0 || right === 0) return left + right <= edits
  if (Math.abs(left - right) > edits || edits === 0) return false
  return (
    areNear(a, i + 1, b, j + 1, edits - 1) ||
    areNear(a, i + 1, b, j, edits - 1) ||
    areNear(a, i, b, j + 1, edits - 1) ||
    (a[i] === b[j + 1] && a[i + 1] === b[j] && areNear(a, i + 2, b, j + 2, edits - 1))
  )
}

/** Matches rows whose text has the words in sequence, moved by at most `slop` places. */
export function phraseNode(operand: Operand, analyzer: Analyzer, text: string, slop: number): FilterNode {
  return phraseMatch(operand, analyzer, text, { slop, ...RULES })
}
