// Sparse vectors of words with BM25 weights, except for the rarity of words, which a function that sees one text at a
// time cannot know. Each word has its own dimension, given by its hash; the product of two vectors runs over the words
// both texts share.

import type { EmbeddingConfig, SparseEmbeddingFunction, SparseVector } from './embedding.ts'
import { SeekdbValueError } from './errors.ts'
import { hashOf } from './hash.ts'
import { DIMENSION_MAX } from './sparse.ts'
import { textPart } from './text-part.ts'

/** Options of `Bm25EmbeddingFunction`; a stored config spells them `avg_doc_length` and `token_max_length`. */
export interface Bm25Config {
  /** Term saturation: how soon further occurrences of a word stop counting, above 0; default 1.2. */
  readonly k?: number | undefined
  /** Length normalization: how much longer texts are held back, 0 to 1; default 0.75. */
  readonly b?: number | undefined
  /** Number of words in a text of average length; default 256. */
  readonly avgDocLength?: number | undefined
  /** Length in bytes of the longest word that counts; default 40. */
  readonly tokenMaxLength?: number | undefined
  /** Words to ignore; default: the common English ones. */
  readonly stopwords?: readonly string[] | undefined
}

interface Parameters {
  readonly k: number
  readonly b: number
  readonly avg_doc_length: number
  readonly token_max_length: number
  readonly stopwords: readonly string[] | undefined
}

const UPDATABLE = ['k', 'b', 'avg_doc_length', 'token_max_length', 'stopwords']

const NAME = 'bm25'

/** BM25 for English: lower-cased, stemmed words. `new Bm25EmbeddingFunction()` needs no model and no network. */
export class Bm25EmbeddingFunction implements SparseEmbeddingFunction {
  static readonly NAME = NAME

  readonly name = NAME
  readonly #parameters: Parameters

  /** @throws SeekdbValueError for parameters out of range. */
  constructor(config: Bm25Config | EmbeddingConfig = {}) {
    this.#parameters = readParameters(config)
  }

  static buildFromConfig(config: EmbeddingConfig): Bm25EmbeddingFunction {
    return built(config)
  }

  /** @throws SeekdbValueError for parameters out of range. */
  static validateConfig(config: EmbeddingConfig): void {
    readParameters(config)
  }

  async generate(texts: string[]): Promise<SparseVector[]> {
    const { englishWords } = await textPart.load()
    const { token_max_length: lengthMax, stopwords } = this.#parameters
    const words = englishWords(lengthMax, stopwords)
    return texts.map((text) => this.#vector(words.tokens(text)))
  }

  generateForQueries(texts: string[]): Promise<SparseVector[]> {
    return this.generate(texts)
  }

  getConfig(): EmbeddingConfig {
    const { stopwords, ...numbers } = this.#parameters
    return stopwords === undefined ? numbers : { ...numbers, stopwords: [...stopwords] }
  }

  validateConfigUpdate(config: Record<string, unknown>): void {
    const unknown = Object.keys(config).find((name) => !UPDATABLE.includes(name))
    if (unknown !== undefined) throw new SeekdbValueError(`bm25 has no parameter '${unknown}'`)
    readParameters(config)
  }

  #vector(words: readonly string[]): SparseVector {
    const { k, b, avg_doc_length: average } = this.#parameters
    const counts = new Map<number, number>()
    for (const word of words) {
      const dimension = hashOf(word) % DIMENSION_MAX
      counts.set(dimension, (counts.get(dimension) ?? 0) + 1)
    }
    const longness = 1 - b + (b * words.length) / average
    const vector: SparseVector = {}
    for (const [dimension, count] of counts) vector[dimension] = (count * (k + 1)) / (count + k * longness)
    return vector
  }
}

/** Outside the class: a class that names itself in its body gets another name in the bundles. */
function built(config: EmbeddingConfig): Bm25EmbeddingFunction {
  return new Bm25EmbeddingFunction(config)
}

function readParameters(config: Bm25Config | EmbeddingConfig): Parameters {
  const given = config as EmbeddingConfig
  const stopwords: unknown = given['stopwords'] ?? undefined
  if (stopwords !== undefined && !(Array.isArray(stopwords) && stopwords.every((word) => typeof word === 'string'))) {
    throw new SeekdbValueError('stopwords of bm25 must be an array of words')
  }
  return {
    k: readNumber('k', given['k'] ?? 1.2, Number.MAX_VALUE, false),
    b: readNumber('b', given['b'] ?? 0.75, 1, true),
    avg_doc_length: readNumber(
      'avg_doc_length',
      given['avg_doc_length'] ?? given['avgDocLength'] ?? 256,
      Number.MAX_VALUE,
      false,
    ),
    token_max_length: readNumber(
      'token_max_length',
      given['token_max_length'] ?? given['tokenMaxLength'] ?? 40,
      Number.MAX_SAFE_INTEGER,
      false,
    ),
    stopwords: stopwords === undefined ? undefined : [...(stopwords as string[])],
  }
}

function readNumber(name: string, value: unknown, most: number, isZeroAllowed: boolean): number {
  const isWhole = name !== 'token_max_length' || Number.isInteger(value)
  if (typeof value === 'number' && isWhole && value <= most && (isZeroAllowed ? value >= 0 : value > 0)) return value
  const range = isZeroAllowed ? `from 0 to ${most}` : 'above 0'
  throw new SeekdbValueError(`${name} of bm25 must be a number ${range}, got ${String(value)}`)
}
