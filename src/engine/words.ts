// Filters by words: a node that query languages put into their trees. A separate door, for those languages;
// text-plan.ts runs such a node through an index.

import type { Absent, FilterNode, Operand } from '../query/index.ts'
import { type Analyzer, leastOf, type MatchOptions, phraseMatcher, textMatcher } from '../text/index.ts'

export interface WordRules {
  readonly absent?: Absent
  readonly isNullAbsent?: boolean
}

export interface TextMatchOptions extends MatchOptions, WordRules {}

export interface PhraseMatchOptions extends WordRules {
  /** How many places in total the words may be moved apart; default 0. */
  readonly slop?: number
}

/**
 * A node that matches strings containing the words of a query; see `textMatcher`. Uses a text index on the path with
 * the same analyzer.
 */
export function textMatch(
  operand: Operand,
  analyzer: Analyzer,
  query: string,
  { minimumShouldMatch, ...rules }: TextMatchOptions = {},
): FilterNode {
  const tokens = [...new Set(analyzer.queryTokens(query))]
  const least = leastOf(tokens.length, minimumShouldMatch)
  const matches = textMatcher(analyzer, query, { minimumShouldMatch: least })
  return {
    kind: 'test',
    operand,
    test: (value) => typeof value === 'string' && matches(value),
    words: { analyzer: analyzer.definition, tokens, least },
    ...rules,
  }
}

/** A node that matches strings containing a phrase; see `phraseMatcher`. Uses an index as `textMatch` does. */
export function phraseMatch(
  operand: Operand,
  analyzer: Analyzer,
  phrase: string,
  { slop = 0, ...rules }: PhraseMatchOptions = {},
): FilterNode {
  const tokens = [...new Set(analyzer.queryTokens(phrase))]
  const matches = phraseMatcher(analyzer, phrase, slop)
  return {
    kind: 'test',
    operand,
    test: (value) => typeof value === 'string' && matches(value),
    words: { analyzer: analyzer.definition, tokens, least: leastOf(tokens.length, tokens.length) },
    ...rules,
  }
}
