// text_match and phrase_match: words of a text, as the field's analyzer finds them.

import { matchesPhrase, matchesText } from '../../../text/index.ts'
import { analyzerOfField } from '../analyzers.ts'
import type { Field } from '../schema.ts'
import type { Node } from './condition.ts'

function textNode(field: Field, test: (text: string) => boolean): Node {
  return {
    kind: 'custom',
    test: (row) => {
      const value = (row as Record<string, unknown>)[field.name]
      return typeof value === 'string' ? test(value) : undefined
    },
  }
}

/** Rows whose text has at least so many of the words. */
export function wordsNode(field: Field, text: string, minimumShouldMatch: number): Node {
  const analyzer = analyzerOfField(field)
  return textNode(field, (value) => matchesText(analyzer, value, text, { minimumShouldMatch }))
}

/** Rows whose text has the words one after another, moved by at most `slop` places. */
export function phraseNode(field: Field, text: string, slop: number): Node {
  const analyzer = analyzerOfField(field)
  return textNode(field, (value) => matchesPhrase(analyzer, value, text, slop))
}
