// What the catalog keeps of text and sparse indexes.

/** An inverted index over the words of some fields. */
export interface TextIndexDefinition {
  readonly type: 'text'
  readonly name: string
  /** Unique in the collection, never used again. */
  readonly id: number
  /** Paths, in the order in which their texts are taken. */
  readonly fields: readonly string[]
  /** An analyzer's definition, complete: see text/analyzer. */
  readonly analyzer: unknown
  readonly k1: number
  readonly b: number
}

/** An inverted index over a field of sparse vectors. */
export interface SparseIndexDefinition {
  readonly type: 'sparse'
  readonly name: string
  readonly id: number
  readonly fields: readonly [string]
}

export type InvertedDefinition = TextIndexDefinition | SparseIndexDefinition
