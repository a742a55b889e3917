// text_match, text_match_fuzzy and phrase_match: words of a text, as the field's analyzer finds them.

import { phraseMatch, textMatch } from '../../../engine/words.ts'
import type { FilterNode, Operand, TestNode } from '../../../query/index.ts'
import type { Analyzer } from '../../../text/index.ts'

const RULES = { absent: 'unknown', isNullAbsent: true } as const

/** Rows whose text has at least so many of the words. */
export function wordsNode(operand: Operand, analyzer: Analyzer, text: string, minimumShouldMatch: number): FilterNode {
  return textMatch(operand, analyzer, text, { minimumShouldMatch, ...RULES })
}

/** Rows whose text has the words one after another, moved by at most `slop` places. */
export function phraseNode(operand: Operand, analyzer: Analyzer, text: string, slop: number): FilterNode {
  return phraseMatch(operand, analyzer, text, { slop, ...RULES })
}

/** Rows whose text has a word that is at most so many edits away from one of these. No index knows such words. */
export function fuzzyNode(operand: Operand, analyzer: Analyzer, text: string, edits: number): FilterNode {
  if (edits === 0) return wordsNode(operand, analyzer, text, 1)
  const wanted = [...new Set(analyzer.queryTokens(text))].map((word) => [...word])
  const isNear = (word: string): boolean => {
    const letters = [...word]
    return wanted.some((one) => editsBetween(one, letters, edits) <= edits)
  }
  const test: TestNode['test'] = (value) => typeof value === 'string' && analyzer.tokens(value).some(isNear)
  return { kind: 'test', operand, test, ...RULES }
}

/** Letters put in, taken out, changed, or changed about with their neighbour; anything above `most` may be more. */
function editsBetween(a: readonly string[], b: readonly string[], most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      let edits = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, before[j - 2]! + 1)
      row.push(edits)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length]!
}
