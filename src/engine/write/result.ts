// What a write call answers.

import type { Document, Key } from '../../value/index.ts'

/** One document of a call with `returnChanges`. */
export interface Change<T extends object = Document> {
  /** The primary key; `null` where a document that was not stored has none, or none that is valid. */
  key: Key | null
  /** The document before, `null` if there was none. */
  oldValue: T | null
  /** What is stored now, `null` if there is nothing. */
  newValue: T | null
  /** Why this document was refused; only with `'always'`. */
  error?: string
}

/** Counters are always there, the rest only when there is something to say. */
export interface WriteResult<T extends object = Document> {
  inserted: number
  replaced: number
  /** Replaced or updated by what was stored already. */
  unchanged: number
  deleted: number
  /** Keys of `update`, `replace` and `delete` that were not there. */
  skipped: number
  /** Documents that were refused; the others were written, unless the call was atomic. */
  errors: number
  /** What was wrong with the first of them. */
  firstError?: string
  /** Keys made for documents without one, in input order, at most 100,000. */
  generatedKeys?: Key[]
  warnings?: string[]
  changes?: Change<T>[]
}

const GENERATED_KEYS_MAX = 100_000

export function emptyResult(): WriteResult {
  return { inserted: 0, replaced: 0, unchanged: 0, deleted: 0, skipped: 0, errors: 0 }
}

/** Lists the generated keys, or as many as are listed at most. */
export function setGeneratedKeys(result: WriteResult, keys: Key[]): void {
  if (keys.length === 0) return
  if (keys.length <= GENERATED_KEYS_MAX) {
    result.generatedKeys = keys
    return
  }
  result.generatedKeys = keys.slice(0, GENERATED_KEYS_MAX)
  result.warnings = [tooManyKeys(keys.length)]
}

function tooManyKeys(count: number): string {
  return `Too many generated keys (${count}), array truncated to ${GENERATED_KEYS_MAX}.`
}

/** Adds up the results of a call that was written in several batches. */
export class ResultSum {
  readonly #sum = emptyResult()
  #generated: Key[] = []
  #generatedCount = 0

  /** `listsChanges`: the sum has a list of them, if an empty one. */
  constructor(listsChanges: boolean) {
    if (listsChanges) this.#sum.changes = []
  }

  add(part: WriteResult): void {
    const sum = this.#sum
    sum.inserted += part.inserted
    sum.replaced += part.replaced
    sum.unchanged += part.unchanged
    sum.deleted += part.deleted
    sum.skipped += part.skipped
    sum.errors += part.errors
    if (part.firstError !== undefined) sum.firstError ??= part.firstError
    if (part.generatedKeys !== undefined) this.#addKeys(part.generatedKeys)
    // Only a batch that is the whole call, as that of an atomic stream, is large enough for its list to have been cut short.
    if (part.warnings !== undefined) sum.warnings = part.warnings
    if (part.changes !== undefined) {
      sum.changes ??= []
      for (const change of part.changes) sum.changes.push(change)
    }
  }

  #addKeys(keys: readonly Key[]): void {
    this.#generatedCount += keys.length
    for (let i = 0; i < keys.length && this.#generated.length < GENERATED_KEYS_MAX; i++) this.#generated.push(keys[i]!)
  }

  finish(): WriteResult {
    const sum = this.#sum
    const result = emptyResult()
    Object.assign(result, sum)
    if (this.#generatedCount > 0) result.generatedKeys = this.#generated
    if (this.#generatedCount > GENERATED_KEYS_MAX) result.warnings = [tooManyKeys(this.#generatedCount)]
    return result
  }
}
