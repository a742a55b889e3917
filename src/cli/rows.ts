// Documents from lines, lists and tables, independent of Node: the command line uses it for streams, the playground for
// files dropped on a page.

import { DataError } from '../error/index.ts'
import { fromJson } from './typed-json.ts'

export const FORMATS = ['ndjson', 'json', 'csv', 'parquet'] as const
export type Format = (typeof FORMATS)[number]

/** Options for `csv-parse`. */
export const CSV_OPTIONS = { columns: true, bom: true, skip_empty_lines: true, relax_column_count: false } as const

/** The format that a file name indicates; undefined if none. */
export function formatNamed(path: string): Format | undefined {
  const ending = path.toLowerCase().split('.').at(-1)
  return ending === 'jsonl' ? 'ndjson' : FORMATS.find((format) => format === ending)
}

/**
 * The document in a line of NDJSON; undefined for an empty line.
 *
 * @param number - of the line, from 1, for messages.
 */
export function lineDocument(line: string, number: number): object | undefined {
  if (line.trim() === '') return undefined
  let value: unknown
  try {
    value = fromJson(number === 1 ? withoutMark(line) : line)
  } catch (cause) {
    throw unreadable(`line ${number} is not valid JSON`, cause)
  }
  if (!isObject(value)) throw unreadable(`line ${number} is not an object; each line has to be a document`)
  return value
}

/** Windows programs put a byte order mark at the start of a file. */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** The documents in a JSON text: an array of them, or one. */
export function* jsonDocuments(text: string, name: string): Generator<object, void, undefined> {
  let value: unknown
  try {
    value = fromJson(withoutMark(text))
  } catch (cause) {
    throw unreadable(`"${name}" is not valid JSON`, cause)
  }
  for (const [at, one] of (Array.isArray(value) ? value : [value]).entries()) {
    if (!isObject(one))
      throw unreadable(`element ${at} of "${name}" is not an object; each element has to be a document`)
    yield one
  }
}

/**
 * The document in a row of CSV. An empty cell means no value.
 *
 * @param isText - cells stay text; otherwise numbers and booleans are recognized by their spelling.
 */
export function rowDocument(row: Readonly<Record<string, string>>, isText: boolean): object {
  const document: Record<string, unknown> = {}
  for (const [name, text] of Object.entries(row)) {
    if (text === '') continue
    const value = isText ? text : typedCell(text)
    Object.defineProperty(document, name, { value, enumerable: true, writable: true, configurable: true })
  }
  return document
}

function typedCell(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  // Numbers with leading zeros, such as post codes, and integers too long to be exact stay text.
  if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text)) return text
  const number = Number(text)
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The error for unreadable file content. */
export function unreadable(what: string, cause?: unknown): DataError {
  return new DataError(cause instanceof Error ? `${what}: ${cause.message}` : what, { cause })
}
