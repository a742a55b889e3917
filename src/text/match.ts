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
 * Tells of texts whether they have a token of the query, or as many as requested. A query without tokens matches
 * nothing. A list of texts is matched as the union of their tokens.
 */
export function textMatcher(
  analyzer: Analyzer,
  query: string,
  options: MatchOptions = {},
): (text: string | readonly string[]) => boolean {
  // The query's tokens are found once: it may be as long as a text, and there are many texts.
  const wanted = new Set(analyzer.queryTokens(query))
  const least = leastOf(wanted.size, options.minimumShouldMatch)
  return (text) => {
    if (wanted.size === 0) return false
    const found = new Set<string>()
    for (const part of typeof text === 'string' ? [text] : text) {
      for (const token of analyzer.tokens(part)) {
        if (wanted.has(token) && found.add(token).size === least) return true
      }
    }
    return false
  }
}

/** How many of a query's tokens must be present. */
export function leastOf(tokens: number, minimumShouldMatch = 1): number {
  return Math.max(1, Math.min(tokens, Math.floor(minimumShouldMatch)))
}

/**
 * Tells of texts whether the tokens of the phrase occur in them in order, next to each other; with `slop`, moved apart
 * by at most that many places in total, as Lucene and Milvus count it. A word that a filter leaves out keeps its place.
 * A phrase without tokens matches nothing.
 */
export function phraseMatcher(analyzer: Analyzer, phrase: string, slop = 0): (text: string) => boolean {
  const wanted = analyzer.placedTokens(phrase)
  return (text) => {
    if (wanted.length === 0) return false
    // If a tokenizer stores several readings of a place, only the reading of queries has positions.
    const places = placesByToken(analyzer.placedTokens(text))
    // Each place minus the token's own position in the phrase: all equal is a match, and slop limits the spread.
    const relative: number[][] = []
    for (const { token, place } of wanted) {
      const own = places.get(token)
      if (own === undefined) return false
      relative.push(own.map((one) => one - place))
    }
    if (slop > 0) return smallestSpread(relative) <= slop
    const others = relative.slice(1).map((list) => new Set(list))
    return relative[0]!.some((place) => others.every((list) => list.has(place)))
  }
}

function placesByToken(tokens: readonly PlacedToken[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const { token, place } of tokens) {
    const own = places.get(token)
    if (own === undefined) places.set(token, [place])
    else own.push(place)
  }
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
