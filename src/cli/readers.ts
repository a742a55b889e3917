// Files of documents, read piece by piece: NDJSON, JSON, CSV and Parquet.

import { createReadStream, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { parse as parseCsv } from 'csv-parse'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import {
  CSV_OPTIONS,
  FORMATS,
  type Format,
  formatNamed,
  jsonDocuments,
  lineDocument,
  rowDocument,
  unreadable,
} from './rows.ts'
import { Exit, type Streams } from './screen.ts'

export type { Format } from './rows.ts'

/** A file being read. */
export interface Reading {
  readonly documents: AsyncIterable<object>
  /** The fraction read so far, from 0 to 1; undefined where it is unknown. */
  part(): number | undefined
}

const PARQUET_ROWS = 1_000

/** The format that a file name indicates. */
export function formatOf(path: string, formats: readonly string[] = FORMATS): Format {
  const found = formatNamed(path)
  if (found !== undefined) return found
  throw new Exit(2, `the name "${path}" does not tell the format: add --format ${formats.join('|')}`)
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
    const document = lineDocument(line, ++number)
    if (document !== undefined) yield document
  }
}

async function readJson(path: string, streams: Streams): Promise<Reading> {
  if (path !== '-') sizeOf(path)
  const pieces: Uint8Array[] = []
  // Joined before decoding: a chunk may end within a character.
  if (path === '-') for await (const chunk of streams.input) pieces.push(Buffer.from(chunk))
  else pieces.push(await readFile(path))
  const list = Array.from(jsonDocuments(Buffer.concat(pieces).toString('utf8'), path))
  let read = 0
  async function* documents(): AsyncGenerator<object> {
    for (const one of list) {
      read++
      yield one
    }
  }
  return { documents: documents(), part: () => read / Math.max(1, list.length) }
}

/** One document per row; numbers and booleans are recognized by their spelling unless everything is to stay text. */
async function* readCsv(stream: NodeJS.ReadableStream, isText: boolean): AsyncGenerator<object> {
  const parser = stream.pipe(parseCsv(CSV_OPTIONS))
  stream.on('error', (error) => parser.destroy(error))
  try {
    for await (const row of parser as AsyncIterable<Record<string, string>>) {
      yield rowDocument(row, isText)
    }
  } catch (cause) {
    throw unreadable('the CSV is broken', cause)
  }
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
