// Whether a text matches a query, without an index: for filters on single documents.

import type { Analyzer, PlacedToken } from './analyzer.ts'

export interface MatchOptions {
  /**
   * How many different tokens of the query must be present; default 1. A greater number than there are means all of
   * them.
   */
  readonly minimumShouldMatch?: number | undefined
}

/**
 * Whether a text has a token of the query, or as many as requested. A query without tokens matches nothing. A list of
 * texts is matched as the union of their tokens.
 */
export function matchesText(
  analyzer: Analyzer,
  text: string | readonly string[],
  query: string,
  options: MatchOptions = {},
): boolean {
  const wanted = new Set(analyzer.queryTokens(query))
  if (wanted.size === 0) return false
  let left = leastOf(wanted.size, options.minimumShouldMatch)
  for (const part of typeof text === 'string' ? [text] : text) {
    for (const token of analyzer.tokens(part)) {
      if (wanted.delete(token) && --left === 0) return true
    }
  }
  return false
}

/** How many of a query's tokens must be present. */
export function leastOf(tokens: number, minimumShouldMatch = 1): number {
  return Math.max(1, Math.min(tokens, Math.floor(minimumShouldMatch)))
}

/**
 * Whether the tokens of the phrase occur in the text in order, next to each other; with `slop`, moved apart by at most
 * that many places in total, as Lucene and Milvus count it. A word that a filter leaves out keeps its place. A phrase
 * without tokens matches nothing.
 */
export function matchesPhrase(analyzer: Analyzer, text: string, phrase: string, slop = 0): boolean {
  const wanted = analyzer.placedTokens(phrase)
  if (wanted.length === 0) return false
  // If a tokenizer stores several readings of a place, only the reading of queries has positions.
  const tokens = analyzer.placedTokens(text)
  // Each place minus the token's own position in the phrase: all equal is a match, and slop limits the spread.
  const relative = wanted.map((one) => placesOf(tokens, one))
  if (relative.some((list) => list.length === 0)) return false
  if (slop === 0) {
    const others = relative.slice(1).map((list) => new Set(list))
    return relative[0]!.some((place) => others.every((list) => list.has(place)))
  }
  return smallestSpread(relative) <= slop
}

function placesOf(tokens: readonly PlacedToken[], wanted: PlacedToken): number[] {
  const places: number[] = []
  for (const { token, place } of tokens) if (token === wanted.token) places.push(place - wanted.place)
  return places
}

/** The least difference between maximum and minimum over all choices of one place from each list. */
function smallestSpread(relative: readonly (readonly number[])[]): number {
  const all = relative
    .flatMap((list, token) => list.map((place) => ({ place, token })))
    .sort((a, b) => a.place - b.place)
  let best = Infinity
  // A sliding window over all of them in order that contains each token at least once.
  const held = new Array<number>(relative.length).fill(0)
  let missing = relative.length
  let from = 0
  for (const { place, token } of all) {
    if (held[token]!++ === 0) missing--
    while (missing === 0) {
      best = Math.min(best, place - all[from]!.place)
      if (--held[all[from]!.token]! === 0) missing++
      from++
    }
  }
  return best
}
