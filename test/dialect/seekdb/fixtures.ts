// What the suites of this dialect share: collections in memory, and embedding functions that can be reckoned by hand.

import {
  type Collection,
  type CreateCollectionOptions,
  type EmbeddingFunction,
  SeekdbClient,
} from '../../../src/dialect/seekdb/index.ts'

export function memoryClient(): SeekdbClient {
  return new SeekdbClient({ path: ':memory:' })
}

/** A collection of three lanes without a function. */
export function plainCollection(options: Partial<CreateCollectionOptions> = {}): Promise<Collection> {
  return memoryClient().createCollection({
    name: 'plain',
    configuration: { dimension: 3, distance: 'l2' },
    embeddingFunction: null,
    ...options,
  })
}

/** Three lanes: length of the text, its vowels, its words. Counts its calls. */
export class CountingEmbedding implements EmbeddingFunction {
  readonly name = 'counting-embed'
  readonly dimension = 3
  readonly calls: string[][] = []
  readonly #config: Record<string, unknown>

  constructor(config: Record<string, unknown> = {}) {
    this.#config = config
  }

  static buildFromConfig(config: Record<string, unknown>): CountingEmbedding {
    return new CountingEmbedding(config)
  }

  async generate(texts: string[]): Promise<number[][]> {
    this.calls.push(texts)
    return texts.map((text) => [text.length, (text.match(/[aeiou]/g) ?? []).length, text.split(' ').length])
  }

  getConfig(): Record<string, unknown> {
    return this.#config
  }
}

/** A collection that embeds its documents by `fn`. */
export function embeddingCollection(fn: EmbeddingFunction = new CountingEmbedding()): Promise<Collection> {
  return memoryClient().createCollection({ name: 'embedding', embeddingFunction: fn })
}
