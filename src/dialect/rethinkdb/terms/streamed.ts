// Cursors over streams that are evaluated as they are read.

import { performance, setTimeout } from '../../../engine/index.ts'
import { Cursor, type RowSource } from '../cursor.ts'
import { type Formats, toNative } from '../output.ts'
import type { Operations } from '../registry.ts'
import type { Pull } from '../values.ts'

export { readable } from '../cursor.ts'

/** This part defines no terms. */
export const terms: Operations = {}

/** Rows that a cursor reads before the query is answered: errors in them are the query's errors. */
const FIRST_ROWS = 100
const MORE_ROWS = 200
/** A cursor that has run this long without a pause lets others run. */
const PAUSE_MS = 20

/** Rows of a stream that ends, or continues for as long as it is read. */
class PullSource implements RowSource {
  readonly #pull: Pull
  readonly #formats: Formats
  readonly #told: (error: unknown) => unknown
  #first: unknown[] | undefined
  #isEnded = false
  #began = performance.now()

  constructor(pull: Pull, formats: Formats, told: (error: unknown) => unknown) {
    this.#pull = pull
    this.#formats = formats
    this.#told = told
    this.#first = this.#rows(FIRST_ROWS)
  }

  #rows(count: number): unknown[] {
    const rows: unknown[] = []
    while (rows.length < count) {
      const row = this.#pull()
      if (row === undefined) {
        this.#isEnded = true
        break
      }
      rows.push(toNative(row, this.#formats))
    }
    return rows
  }

  async take(): Promise<unknown[] | undefined> {
    const first = this.#first
    this.#first = undefined
    if (first !== undefined && first.length > 0) return first
    if (this.#isEnded) return undefined
    if (performance.now() - this.#began > PAUSE_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0))
      this.#began = performance.now()
    }
    try {
      const rows = this.#rows(MORE_ROWS)
      return rows.length === 0 ? undefined : rows
    } catch (error) {
      throw this.#told(error)
    }
  }

  close(): void {
    this.#isEnded = true
    this.#first = undefined
  }
}

/** The cursor over a stream; `told` converts errors for the caller. */
export function cursorOf(pull: Pull, formats: Formats, told: (error: unknown) => unknown): Cursor {
  return new Cursor(new PullSource(pull, formats, told))
}
