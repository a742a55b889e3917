// text_match and phrase_match: words of a text, as the field's analyzer finds them.

import type { Field } from '../schema.ts'
import type { Node } from './condition.ts'

/** Splits a text as the field's analyzer does. */
export function wordsOf(_field: Field, text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
}

/** Rows whose text has at least so many of the words. */
export function wordsNode(field: Field, text: string, atLeast: number): Node {
  const wanted = [...new Set(wordsOf(field, text))]
  return {
    kind: 'custom',
    test: (row) => {
      const value = (row as Record<string, unknown>)[field.name]
      if (typeof value !== 'string') return undefined
      const words = new Set(wordsOf(field, value))
      let found = 0
      for (const word of wanted) if (words.has(word)) found++
      return wanted.length > 0 && found >= Math.max(1, Math.min(atLeast, wanted.length))
    },
  }
}

/** Rows whose text has the words one after another, up to `slop` other words between them. */
export function phraseNode(field: Field, text: string, slop: number): Node {
  const wanted = wordsOf(field, text)
  return {
    kind: 'custom',
    test: (row) => {
      const value = (row as Record<string, unknown>)[field.name]
      if (typeof value !== 'string') return undefined
      return wanted.length > 0 && hasPhrase(wordsOf(field, value), wanted, slop)
    },
  }
}

function hasPhrase(words: readonly string[], wanted: readonly string[], slop: number): boolean {
  const places = wanted.map((word) => words.flatMap((one, i) => (one === word ? [i] : [])))
  if (places.some((list) => list.length === 0)) return false
  // How far each word is from where the phrase would have it; they may differ by the slop.
  const search = (index: number, low: number, high: number): boolean => {
    if (index === wanted.length) return true
    return places[index]!.some((place) => {
      const shift = place - index
      const [least, most] = [Math.min(low, shift), Math.max(high, shift)]
      return most - least <= slop && search(index + 1, least, most)
    })
  }
  return search(0, Infinity, -Infinity)
}
