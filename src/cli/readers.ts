// Files of documents, read piece by piece: NDJSON, JSON, CSV and Parquet.

import { createReadStream, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { parse as parseCsv } from 'csv-parse'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { Exit, type Streams } from './screen.ts'
import { decode, fromJson } from './typed-json.ts'

export const FORMATS = ['ndjson', 'json', 'csv', 'parquet'] as const
export type Format = (typeof FORMATS)[number]

/** A file that is being read. */
export interface Reading {
  readonly documents: AsyncIterable<object>
  /** How much of it has been read, from 0 to 1; undefined where nobody knows. */
  part(): number | undefined
}

const PARQUET_ROWS = 1_000

/** The format that a name says. */
export function formatOf(path: string): Format {
  const ending = path.toLowerCase().split('.').at(-1)
  if (ending === 'jsonl' || ending === 'ndjson') return 'ndjson'
  const found = FORMATS.find((format) => format === ending)
  if (found !== undefined) return found
  throw new Exit(2, `the name "${path}" does not tell the format: add --format ${FORMATS.join('|')}`)
}

/** @param path - `-` for standard input. */
export async function readDocuments(path: string, format: Format, isText: boolean, streams: Streams): Promise<Reading> {
  if (format === 'parquet') {
    if (path === '-') throw new Exit(2, 'a Parquet file is read from its end: it cannot come from standard input')
    return await readParquet(path)
  }
  if (format === 'json') return await readJson(path, streams)
  const total = path === '-' ? undefined : sizeOf(path)
  const stream: NodeJS.ReadableStream = path === '-' ? streams.input : createReadStream(path)
  let read = 0
  stream.on('data', (chunk: string | Buffer) => {
    read += chunk.length
  })
  const documents = format === 'ndjson' ? readLines(stream) : readCsv(stream, isText)
  return { documents, part: () => (total === undefined || total === 0 ? undefined : read / total) }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch (cause) {
    throw new Exit(1, `cannot read "${path}": ${(cause as Error).message}`)
  }
}

async function* readLines(stream: NodeJS.ReadableStream): AsyncGenerator<object> {
  let number = 0
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++
    if (line.trim() === '') continue
    let value: unknown
    try {
      value = fromJson(line)
    } catch (cause) {
      throw new Exit(1, `line ${number} is no JSON: ${(cause as Error).message}`)
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Exit(1, `line ${number} is no object: a line is a document`)
    }
    yield value
  }
}

async function readJson(path: string, streams: Streams): Promise<Reading> {
  let text = ''
  if (path === '-') for await (const chunk of streams.input) text += String(chunk)
  else text = (await readFile(path)).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Exit(1, `"${path}" is no JSON: ${(cause as Error).message}`)
  }
  const list = Array.isArray(value) ? value : [value]
  let read = 0
  async function* documents(): AsyncGenerator<object> {
    for (const one of list) {
      if (typeof one !== 'object' || one === null || Array.isArray(one)) {
        throw new Exit(1, `element ${read} of "${path}" is no object: each is a document`)
      }
      read++
      yield decode(one) as object
    }
  }
  return { documents: documents(), part: () => read / Math.max(1, list.length) }
}

/** A document for each line; numbers and booleans are told from their spelling unless all is to stay text. */
async function* readCsv(stream: NodeJS.ReadableStream, isText: boolean): AsyncGenerator<object> {
  const parser = stream.pipe(parseCsv({ columns: true, bom: true, skip_empty_lines: true, relax_column_count: false }))
  stream.on('error', (error) => parser.destroy(error))
  try {
    for await (const row of parser as AsyncIterable<Record<string, string>>) {
      const document: Record<string, unknown> = {}
      for (const [name, text] of Object.entries(row)) {
        // An empty cell is no value.
        if (text === '') continue
        const value = isText ? text : typedCell(text)
        Object.defineProperty(document, name, { value, enumerable: true, writable: true, configurable: true })
      }
      yield document
    }
  } catch (cause) {
    throw cause instanceof Exit ? cause : new Exit(1, `the CSV is broken: ${(cause as Error).message}`)
  }
}

function typedCell(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  // Leading zeros, as of post codes, and numbers too long to be exact stay text.
  if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text)) return text
  const number = Number(text)
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text
}

async function readParquet(path: string): Promise<Reading> {
  sizeOf(path)
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  const total = Number(metadata.num_rows)
  let read = 0
  async function* documents(): AsyncGenerator<object> {
    for (let row = 0; row < total; row += PARQUET_ROWS) {
      const rowEnd = Math.min(total, row + PARQUET_ROWS)
      for (const one of await parquetReadObjects({ file, metadata, compressors, rowStart: row, rowEnd })) {
        read++
        yield one
      }
    }
  }
  return { documents: documents(), part: () => read / Math.max(1, total) }
}
