// text_match and phrase_match: words of a text, as the field's analyzer finds them.

import type { FilterNode, Operand } from '../../../query/index.ts'
import { type Analyzer, matchesPhrase, matchesText } from '../../../text/index.ts'

function textNode(operand: Operand, test: (text: string) => boolean): FilterNode {
  const holds = (value: unknown) => typeof value === 'string' && test(value)
  return { kind: 'test', operand, test: holds, absent: 'unknown', isNullAbsent: true }
}

/** Rows whose text has at least so many of the words. */
export function wordsNode(operand: Operand, analyzer: Analyzer, text: string, minimumShouldMatch: number): FilterNode {
  return textNode(operand, (value) => matchesText(analyzer, value, text, { minimumShouldMatch }))
}

/** Rows whose text has the words one after another, moved by at most `slop` places. */
export function phraseNode(operand: Operand, analyzer: Analyzer, text: string, slop: number): FilterNode {
  return textNode(operand, (value) => matchesPhrase(analyzer, value, text, slop))
}
