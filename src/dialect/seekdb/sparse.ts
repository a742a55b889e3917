// Sparse vectors: made from a text of the record by the collection's sparse function, and compared by dot product.

import type { Columns } from './columns.ts'
import type { SparseEmbeddingFunction } from './embedding.ts'
import { SeekdbValueError } from './errors.ts'
import { keyName } from './key.ts'
import type { SparseColumn } from './records.ts'
import type { Metadata, SourceKey } from './types.ts'

/** The largest dimension allowed. */
export const DIMENSION_MAX = 4_294_967_294
const METADATA_PREFIX = 'metadata.'

/** Which text of a record its sparse vector is made from, and by which function. */
export class SparseSource {
  readonly #fn: SparseEmbeddingFunction
  /** Path in the metadata; undefined for the document, null for a source without text. */
  readonly #path: string[] | undefined | null

  constructor(fn: SparseEmbeddingFunction, source: SourceKey) {
    this.#fn = fn
    const name = source === null ? '#document' : keyName(source)
    if (name === '#document' || name === 'document') this.#path = undefined
    else this.#path = name.startsWith(METADATA_PREFIX) ? name.slice(METADATA_PREFIX.length).split('.') : null
  }

  /**
   * For each record, its new sparse vector; null if it no longer has one, undefined if its source text is not given.
   */
  async columns(columns: Columns): Promise<(SparseColumn | null | undefined)[]> {
    const { ids } = columns
    const texts = ids.map((_, index) => this.#textOf(columns, index))
    const positions = texts.flatMap((text, index) => (text ? [index] : []))
    const result = texts.map((text) => (text === undefined ? undefined : null)) as (SparseColumn | null | undefined)[]
    if (positions.length === 0) return result
    const made = await this.#fn.generate(positions.map((position) => texts[position] as string))
    if (!Array.isArray(made) || made.length !== positions.length) {
      throw new SeekdbValueError(
        `Sparse embedding function '${this.#fn.name}' must return one vector for each of ${positions.length} texts`,
      )
    }
    positions.forEach((position, index) => {
      result[position] = readSparse(made[index])
    })
    return result
  }

  #textOf({ documents, metadatas }: Columns, index: number): string | null | undefined {
    if (this.#path === null) return undefined
    if (this.#path === undefined) return documents?.[index]
    const metadata = metadatas?.[index]
    return metadata === undefined ? undefined : textAt(metadata, this.#path)
  }
}

function textAt(metadata: Metadata | null, path: readonly string[]): string | null {
  let value: unknown = metadata
  // A name that itself contains the dots takes precedence, as in filters.
  const whole = path.join('.')
  if (metadata !== null && Object.hasOwn(metadata, whole)) value = metadata[whole]
  else {
    for (const name of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null
      value = (value as Record<string, unknown>)[name]
    }
  }
  return typeof value === 'string' ? value : null
}

/** Whether a query is one sparse vector. */
export function isSparse(value: unknown): value is Record<string, number> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

/** @throws SeekdbValueError unless `value` maps non-negative integers to finite numbers. */
export function readSparse(value: unknown): SparseColumn {
  if (!isSparse(value)) throw new SeekdbValueError('A sparse vector must be an object of indices and weights')
  // Integer keys of an object are in ascending order; those past 2^32 - 2 do not count as integer keys.
  const names = Object.keys(value)
  const entries = names.map((name) => [readIndex(name), value[name]] as const).sort(([a], [b]) => a - b)
  const indices = new Uint32Array(entries.length)
  const values = new Float32Array(entries.length)
  entries.forEach(([index, weight], position) => {
    if (typeof weight !== 'number' || !Number.isFinite(Math.fround(weight))) {
      throw new SeekdbValueError(`Vector contains invalid value: ${String(weight)}`)
    }
    indices[position] = index
    values[position] = weight
  })
  return { indices, values }
}

function readIndex(name: string): number {
  const index = Number(name)
  if (!/^\d+$/.test(name) || index > DIMENSION_MAX) {
    throw new SeekdbValueError(`A sparse vector has integers from 0 to ${DIMENSION_MAX} as indices, got '${name}'`)
  }
  return index
}

/** The dot product over shared indices. */
export function sparseDot(a: SparseColumn, b: SparseColumn): number {
  let dot = 0
  let j = 0
  for (let i = 0; i < a.indices.length; i++) {
    const index = a.indices[i]!
    while (j < b.indices.length && b.indices[j]! < index) j++
    if (j === b.indices.length) break
    if (b.indices[j] === index) dot += a.values[i]! * b.values[j]!
  }
  return dot
}
