// The embedding function that is always available: no model, no network, the same in Node and browsers.
//
// Words, pairs of neighbouring words and character trigrams of a text are hashed into 384 lanes (the "hashing trick",
// Weinberger et al. 2009). Texts that share words or parts of words are near each other; synonyms are not: the function
// is lexical, not semantic.

import type { EmbeddingConfig, EmbeddingFunction } from './embedding.ts'
import { hashOf } from './hash.ts'

const DIMENSION = 384
// A word weighs more than all the trigrams it shares with similarly spelled words.
const WORD_WEIGHT = 1
const PAIR_WEIGHT = 0.4
const TRIGRAM_WEIGHT = 0.35

export class BuiltinEmbedding implements EmbeddingFunction {
  readonly name = 'default-embed'
  readonly dimension = DIMENSION
  readonly #config: EmbeddingConfig

  constructor(config: EmbeddingConfig = {}) {
    this.#config = config
  }

  static buildFromConfig(config: EmbeddingConfig): BuiltinEmbedding {
    return new BuiltinEmbedding(config)
  }

  async generate(texts: string[]): Promise<number[][]> {
    return texts.map(embed)
  }

  getConfig(): EmbeddingConfig {
    return { ...this.#config }
  }
}

/** Of unit length; a text without letters and digits gets the lane of the empty text. */
function embed(text: string): number[] {
  const lanes = new Array<number>(DIMENSION).fill(0)
  const words = wordsOf(text)
  const counts = new Map<string, number>()
  let before = ''
  for (const word of words) {
    count(counts, `w${word}`, WORD_WEIGHT)
    if (before !== '') count(counts, `p${before} ${word}`, PAIR_WEIGHT)
    before = word
    const framed = `<${word}>`
    for (let i = 0; i + 3 <= framed.length; i++) {
      count(counts, `t${framed.slice(i, i + 3)}`, TRIGRAM_WEIGHT / Math.sqrt(framed.length - 2))
    }
  }
  if (counts.size === 0) counts.set('', 1)
  for (const [feature, weight] of counts) {
    const hash = hashOf(feature)
    // The sign makes features that share a lane cancel out on average. Each repetition adds less.
    const sign = hash >= 0x8000_0000 ? -1 : 1
    lanes[(hash & 0x7fff_ffff) % DIMENSION]! += sign * Math.sqrt(weight)
  }
  const length = Math.hypot(...lanes)
  // Features may cancel out exactly.
  if (length === 0) {
    lanes[0] = 1
    return lanes
  }
  return lanes.map((lane) => lane / length)
}

/** Runs of lower-cased letters and digits; in scripts that do not separate words, every character is a word. */
function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase()
  return (
    plain.match(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}\p{M}]+?(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[^\p{L}\p{N}\p{M}]|$)/gu,
    ) ?? []
  )
}

function count(counts: Map<string, number>, feature: string, weight: number): void {
  counts.set(feature, (counts.get(feature) ?? 0) + weight)
}
