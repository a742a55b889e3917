// Cursors over streams that are evaluated as they are read.

import { pause, performance, setTimeout } from '../../../engine/index.ts'
import { Cursor, type RowSource } from '../cursor.ts'
import type { Datum } from '../datum.ts'
import { type Formats, toNative } from '../output.ts'
import type { Operations } from '../registry.ts'
import type { Pull, Stream } from '../values.ts'
import { visitSome } from './turns.ts'

export { readable } from '../cursor.ts'

/** This part defines no terms. */
export const terms: Operations = {}

/** Rows that a cursor reads before the query is answered: errors in them are the query's errors. */
const FIRST_ROWS = 100
const MORE_ROWS = 200
/** A cursor that has run this long without a pause lets others run. */
const PAUSE_MS = 20

/** Rows of a stream that ends, or continues for as long as it is read. */
class StreamSource implements RowSource {
  readonly #stream: Stream
  readonly #pull: Pull
  readonly #formats: Formats
  readonly #told: (error: unknown) => unknown
  #rows: unknown[] = []
  #isEnded = false
  #began = performance.now()

  constructor(stream: Stream, formats: Formats, told: (error: unknown) => unknown) {
    this.#stream = stream
    this.#pull = stream.pull
    this.#formats = formats
    this.#told = told
  }

  /** Reads for the length of a slice. Returns whether that was enough: so many rows, or all that are left. */
  read(count: number): boolean {
    const visit = (row: Datum) => this.#rows.push(toNative(row, this.#formats)) === count
    const isEnough = visitSome(this.#stream, this.#pull, visit)
    this.#isEnded ||= isEnough && this.#rows.length < count
    return isEnough
  }

  async take(): Promise<unknown[] | undefined> {
    if (this.#rows.length > 0) return this.#taken()
    if (performance.now() - this.#began > PAUSE_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0))
      this.#began = performance.now()
    }
    try {
      while (!this.#isEnded && !this.read(MORE_ROWS) && this.#rows.length === 0) await pause()
      return this.#rows.length === 0 ? undefined : this.#taken()
    } catch (error) {
      this.#rows = []
      throw this.#told(error)
    }
  }

  #taken(): unknown[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  close(): void {
    this.#isEnded = true
    this.#rows = []
  }
}

/** The cursor over a stream, once its first rows are read; `told` converts errors for the caller. */
export function cursorOf(
  stream: Stream,
  formats: Formats,
  told: (error: unknown) => unknown,
): Cursor | Promise<Cursor> {
  const source = new StreamSource(stream, formats, told)
  return source.read(FIRST_ROWS) ? new Cursor(source) : readFirst(source, told)
}

async function readFirst(source: StreamSource, told: (error: unknown) => unknown): Promise<Cursor> {
  try {
    do await pause()
    while (!source.read(FIRST_ROWS))
  } catch (error) {
    throw told(error)
  }
  return new Cursor(source)
}
