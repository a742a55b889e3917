// Output of the command line: results to standard output, everything else to standard error.

import type { WriteStream } from 'node:tty'

export interface Streams {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly errors: NodeJS.WritableStream
}

/** Ends the program with a message and no stack. Status 1: the work failed; 2: the call makes no sense. */
export class Exit extends Error {
  readonly status: number

  constructor(status: 1 | 2, message: string) {
    super(message)
    this.status = status
  }
}

export function print(streams: Streams, text: string): void {
  streams.output.write(`${text}\n`)
}

/** Rows in columns, under headings. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const all = [headings, ...rows.map((row) => row.map(String))]
  const widths = headings.map((_, i) => Math.max(...all.map((row) => row[i]!.length)))
  const line = (row: readonly string[], isNumber: readonly boolean[]) =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  const isNumber = headings.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'))
  return all.map((row) => line(row, isNumber)).join('\n')
}

export function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

/** A line that is updated in place: how far, how fast, how long to go. Only on a terminal. */
export class Progress {
  readonly #stream: NodeJS.WritableStream
  readonly #isShown: boolean
  readonly #began = performance.now()
  readonly #noun: string
  #last = 0

  constructor(streams: Streams, noun: string, isQuiet: boolean) {
    this.#stream = streams.errors
    this.#isShown = !isQuiet && (streams.errors as Partial<WriteStream>).isTTY === true
    this.#noun = noun
  }

  /** `part` is a fraction from 0 to 1, if known. */
  update(count: number, part?: number): void {
    const now = performance.now()
    if (!this.#isShown || now - this.#last < 100) return
    this.#last = now
    const seconds = (now - this.#began) / 1000
    const rate = Math.round(count / Math.max(seconds, 0.001))
    let text = `${count} ${this.#noun}, ${rate}/s`
    if (part !== undefined && part > 0) {
      const filled = Math.round(Math.min(1, part) * 24)
      const left = Math.ceil((seconds / part) * (1 - part))
      text = `[${'#'.repeat(filled)}${'.'.repeat(24 - filled)}] ${Math.floor(part * 100)} % ${text}, ${left} s left`
    }
    this.#stream.write(`\r\x1b[K${text}`)
  }

  end(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[K')
  }
}
