// Text and sparse indexes: what the catalog keeps of them, and the options they are created with.

import { TypeMismatchError, UsageError, unknownOption } from '../error/index.ts'
import { type AnalyzerDefinition, analyzerOf } from '../text/index.ts'
import { indexPaths } from './index-options.ts'
import { requireName } from './name.ts'

/** An inverted index over the words of some fields. */
export interface TextIndexDefinition {
  readonly type: 'text'
  readonly name: string
  /** Unique in the collection, never reused. */
  readonly id: number
  /** Paths, in the order in which their texts are read. */
  readonly fields: readonly string[]
  /** With all defaults filled in. */
  readonly analyzer: AnalyzerDefinition
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

export type InvertedShape = Omit<TextIndexDefinition, 'id'> | Omit<SparseIndexDefinition, 'id'>

/** What a text index covers. */
export interface TextIndexOptions {
  readonly type: 'text'
  /**
   * Dotted paths of fields, 1 to 16, whose strings, also those in arrays, are indexed together; default: the field that
   * the index is named after.
   */
  readonly fields?: readonly string[] | undefined
  /** How a text is split into words: the name or the definition of an analyzer. Default `'unicode'`. */
  readonly analyzer?: AnalyzerDefinition | undefined
  /** BM25 term saturation: how soon further occurrences of a word stop counting, 0 or more; default 1.2. */
  readonly k1?: number | undefined
  /** BM25 length normalization: how much longer texts are held back, 0 to 1; default 0.75. */
  readonly b?: number | undefined
}

/** What a sparse index covers. */
export interface SparseIndexOptions {
  readonly type: 'sparse'
  /** The dotted path of one field; default: the field that the index is named after. */
  readonly fields?: readonly [string] | undefined
}

const TEXT_OPTIONS = ['type', 'fields', 'analyzer', 'k1', 'b']
const SPARSE_OPTIONS = ['type', 'fields']

/** Whether these are the options of a text or sparse index. */
export function isInverted(options: unknown): boolean {
  const type = typeof options === 'object' && options !== null ? (options as { type?: unknown }).type : undefined
  return type === 'text' || type === 'sparse'
}

export function invertedShape(name: unknown, options: object): InvertedShape {
  requireName(name, 'index')
  const where = `of index ${JSON.stringify(name)}`
  const { type } = options as { type: 'text' | 'sparse' }
  const known = type === 'text' ? TEXT_OPTIONS : SPARSE_OPTIONS
  for (const option of Object.keys(options)) if (!known.includes(option)) throw unknownOption(option, known, where)
  const { fields: given, analyzer = 'unicode', k1 = 1.2, b = 0.75 } = options as Partial<TextIndexOptions>
  const fields = indexPaths(given ?? [name], where)
  if (type === 'sparse') {
    if (fields.length === 1) return { type, name, fields: [fields[0]!] }
    throw new UsageError(`a sparse index is on one field, got ${fields.length}`)
  }
  requireNumber(k1, Number.MAX_VALUE, `k1 ${where}`)
  requireNumber(b, 1, `b ${where}`)
  return { type, name, fields, analyzer: analyzerOf(analyzer).definition, k1, b }
}

function requireNumber(value: unknown, most: number, what: string): void {
  if (typeof value !== 'number') throw new TypeMismatchError(`${what} is a number, got ${typeof value}`)
  if (value >= 0 && value <= most) return
  throw new UsageError(`${what} is a number from 0 ${most === 1 ? 'to 1' : 'on'}, got ${value}`)
}
