// Promise: English words are stemmed as the Snowball project's stemmer does it. Checked against what that answers for some 800 words, its
// exceptions among them.

import { expect, it } from 'vitest'
import { stemEnglish } from '../../../src/text/index.ts'
import { STEMS } from './stems.ts'

it('stems words', () => {
  const pairs = STEMS.trim()
    .split(/,\s|\n/)
    .map((pair) => pair.split(' '))
  expect(pairs.length).toBeGreaterThan(700)
  expect(pairs.filter(([word, stem]) => stemEnglish(word!) !== stem)).toEqual([])
})

it('leaves alone what is not an English word', () => {
  for (const word of ['', 'a', 'is', '\u00e9tudes', '42nds', 'caf\u00e9s', '\u6771\u4eac'])
    expect(stemEnglish(word)).toBe(word)
})
