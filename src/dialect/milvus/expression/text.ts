// text_match and phrase_match: words of a text as the field's analyzer finds them.

import { phraseMatch, textMatch } from '../../../engine/words.ts'
import type { FilterNode, Operand } from '../../../query/index.ts'
import type { Analyzer } from '../../../text/index.ts'

const RULES = { absent: 'unknown', isNullAbsent: true } as const

/** Matches rows whose text has at least this many of the words. */
export function wordsNode(operand: Operand, analyzer: Analyzer, text: string, minimumShouldMatch: number): FilterNode {
  return textMatch(operand, analyzer, text, { minimumShouldMatch, ...RULES })
}

/** Matches rows whose text has the words in sequence, moved by at most `slop` places. */
export function phraseNode(operand: Operand, analyzer: Analyzer, text: string, slop: number): FilterNode {
  return phraseMatch(operand, analyzer, text, { slop, ...RULES })
}
