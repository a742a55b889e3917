// The results of write calls.

import type { AnyDocument, Key } from '../../value/index.ts'

/** One document of a call with `returnChanges`. */
export interface Change<T extends object = AnyDocument> {
  /** The primary key; `null` for a document that was not stored and has no valid one. */
  key: Key | null
  /** The document before the write, `null` if there was none. */
  oldValue: T | null
  /** The document after the write, `null` if there is none. */
  newValue: T | null
  /** Why this document was refused; only with `'always'`. */
  error?: string
}

/** The counters are always present, the rest only when there is something to report. */
export interface WriteResult<T extends object = AnyDocument> {
  inserted: number
  replaced: number
  /** Replaced or updated by content equal to what was stored. */
  unchanged: number
  deleted: number
  /** Keys given to `update`, `replace` or `delete` that do not exist. */
  skipped: number
  /** Documents that were refused; the others were written, unless the call was atomic. */
  errors: number
  /** The error of the first of them. */
  firstError?: string
  /** Keys generated for documents without one, in input order, at most 100,000. */
  generatedKeys?: Key[]
  warnings?: string[]
  changes?: Change<T>[]
}

const GENERATED_KEYS_MAX = 100_000

export function emptyResult(): WriteResult {
  return { inserted: 0, replaced: 0, unchanged: 0, deleted: 0, skipped: 0, errors: 0 }
}

/** Lists the generated keys, up to the maximum. */
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

  /** `listsChanges`: the sum has a list of changes, even if it is empty. */
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
    // Only a batch that is the whole call, such as an atomic stream, is large enough for its list to have been
    // truncated.
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
