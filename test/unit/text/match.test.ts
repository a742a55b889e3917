// Promise: a text matches by tokens as its analyzer makes them, by as many as asked for, or by a phrase with its words in order.

import { describe, expect, it } from 'vitest'
import { type Analyzer, analyzerOf, type MatchOptions, phraseMatcher, textMatcher } from '../../../src/text/index.ts'

const standard = analyzerOf('standard')
const english = analyzerOf('english')

const matchesText = (analyzer: Analyzer, text: string | string[], query: string, options?: MatchOptions) =>
  textMatcher(analyzer, query, options)(text)
const matchesPhrase = (analyzer: Analyzer, text: string, phrase: string, slop?: number) =>
  phraseMatcher(analyzer, phrase, slop)(text)

describe('textMatcher', () => {
  it('asks for any token', () => {
    expect(matchesText(standard, 'The quick fox', 'FOX hen')).toBe(true)
    expect(matchesText(standard, 'The quick fox', 'fo')).toBe(false)
    expect(matchesText(english, 'He was running', 'runs')).toBe(true)
    expect(matchesText(standard, ['one', 'two'], 'two')).toBe(true)
  })

  it('asks for several different ones', () => {
    const text = 'a b b c'
    expect(matchesText(standard, text, 'a b', { minimumShouldMatch: 2 })).toBe(true)
    expect(matchesText(standard, text, 'b b', { minimumShouldMatch: 2 })).toBe(true)
    expect(matchesText(standard, text, 'a x y', { minimumShouldMatch: 2 })).toBe(false)
    expect(matchesText(standard, text, 'a b c', { minimumShouldMatch: 9 })).toBe(true)
    expect(matchesText(standard, text, 'a b x', { minimumShouldMatch: 9 })).toBe(false)
    expect(matchesText(standard, ['a', 'c'], 'a c', { minimumShouldMatch: 2 })).toBe(true)
  })

  it('finds nothing for nothing', () => {
    expect(matchesText(standard, 'a', '')).toBe(false)
    expect(matchesText(english, 'the', 'the')).toBe(false)
    expect(matchesText(standard, '', 'a')).toBe(false)
  })
})

describe('phraseMatcher', () => {
  it('wants the words next to each other', () => {
    expect(matchesPhrase(standard, 'the quick brown fox', 'quick brown')).toBe(true)
    expect(matchesPhrase(standard, 'the quick brown fox', 'brown quick')).toBe(false)
    expect(matchesPhrase(standard, 'the quick brown fox', 'quick fox')).toBe(false)
    expect(matchesPhrase(standard, 'a b a c', 'a c')).toBe(true)
    expect(matchesPhrase(standard, 'a', '')).toBe(false)
  })

  it('lets them be moved apart', () => {
    expect(matchesPhrase(standard, 'the quick brown fox', 'quick fox', 1)).toBe(true)
    expect(matchesPhrase(standard, 'the quick big brown fox', 'quick fox', 1)).toBe(false)
    expect(matchesPhrase(standard, 'brown quick', 'quick brown', 1)).toBe(false)
    expect(matchesPhrase(standard, 'brown quick', 'quick brown', 2)).toBe(true)
    expect(matchesPhrase(standard, 'b x x x a x b', 'a b', 1)).toBe(true)
  })

  // Stop words were squeezed out, so that words that stood apart were next to each other.
  it('keeps the places of stop words', () => {
    const stopping = analyzerOf({ tokenizer: 'standard', filters: ['stop'] })
    expect(matchesPhrase(stopping, 'house of cards', 'house of cards')).toBe(true)
    expect(matchesPhrase(stopping, 'house of cards', 'house and cards')).toBe(true)
    expect(matchesPhrase(stopping, 'house of cards', 'house cards')).toBe(false)
    expect(matchesPhrase(stopping, 'house of cards', 'house cards', 1)).toBe(true)
  })

  it('has synonyms in one place', () => {
    const same = analyzerOf({ tokenizer: 'standard', filters: [{ type: 'synonym', synonyms: ['fast => speedy'] }] })
    expect(matchesPhrase(same, 'very fast car', 'very speedy')).toBe(true)
    expect(matchesPhrase(same, 'very fast car', 'speedy car')).toBe(true)
    expect(matchesPhrase(same, 'very fast car', 'fast speedy')).toBe(false)
  })
})

// Each text of a filter had the whole query split into words again: by one of 5,000 words, 5,000 rows took minutes.
it('splits the query once, for all texts', () => {
  const split: string[] = []
  const counting: Analyzer = {
    ...standard,
    queryTokens(text) {
      split.push(text)
      return standard.queryTokens(text)
    },
    placedTokens(text) {
      split.push(text)
      return standard.placedTokens(text)
    },
  }
  const matches = textMatcher(counting, 'a b', { minimumShouldMatch: 2 })
  expect(['b a', 'a a', 'a b'].map(matches)).toEqual([true, false, true])
  expect(split).toEqual(['a b'])
  const follows = phraseMatcher(counting, 'a b')
  expect(['b a', 'x a b', 'a'].map((text) => follows(text))).toEqual([false, true, false])
  expect(split.filter((text) => text === 'a b')).toHaveLength(2)
})
