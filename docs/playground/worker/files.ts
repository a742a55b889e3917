// A file that was dropped on the page, read into a collection of its name: NDJSON, JSON, CSV and Parquet, as the command line reads them.

import { parse as parseCsv } from 'csv-parse/browser/esm/sync'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { Database, VectorOptions } from 'quiverdb'
import {
  CSV_OPTIONS,
  FORMATS,
  formatNamed,
  jsonDocuments,
  lineDocument,
  rowDocument,
  unreadable,
} from '../../../src/cli/rows.ts'
import { collectionOf, insertAll, type LoadSum, type Tell } from './loading.ts'

/** Lists of numbers at least so long are taken for vectors. */
const VECTOR_LANES_MIN = 2
const SAMPLE = 200

export async function importFile(db: Database, file: File, tell: Tell): Promise<LoadSum & { collection: string }> {
  const format = formatNamed(file.name)
  if (format === undefined) {
    throw unreadable(`the name "${file.name}" does not tell a format: it ends with ${FORMATS.join(', ')} or jsonl`)
  }
  tell(`reading ${file.name}`, undefined)
  const documents = await READERS[format](file)
  const name = file.name.replace(/\.[^.]+$/, '').slice(0, 100) || 'dropped'
  const collection = await collectionOf(db, name, vectorsOf(documents.slice(0, SAMPLE)))
  const sum = await insertAll(collection, documents, (read) => tell(file.name, read / documents.length))
  await db.sync()
  return { collection: name, ...sum }
}

const READERS: Readonly<Record<(typeof FORMATS)[number], (file: File) => Promise<object[]>>> = {
  async ndjson(file) {
    return (await file.text()).split(/\r?\n/).flatMap((line, at) => lineDocument(line, at + 1) ?? [])
  },
  async json(file) {
    return Array.from(jsonDocuments(await file.text(), file.name))
  },
  async csv(file) {
    try {
      const rows = parseCsv(await file.text(), CSV_OPTIONS) as unknown as Record<string, string>[]
      return rows.map((row) => rowDocument(row, false))
    } catch (cause) {
      throw unreadable('the CSV is broken', cause)
    }
  },
  async parquet(file) {
    const pieces = { byteLength: file.size, slice: (from: number, to?: number) => file.slice(from, to).arrayBuffer() }
    return await parquetReadObjects({ file: pieces, compressors })
  },
}

/** Fields that hold lists of numbers, all of one length, in every document that has them. */
function vectorsOf(documents: readonly object[]): Record<string, VectorOptions> {
  const lengths = new Map<string, number>()
  for (const document of documents) {
    for (const [name, value] of Object.entries(document)) {
      const isVector = Array.isArray(value) && value.every((lane) => typeof lane === 'number')
      const length = isVector ? value.length : 0
      lengths.set(name, (lengths.get(name) ?? length) === length ? length : 0)
    }
  }
  const found = Array.from(lengths).filter(([, length]) => length >= VECTOR_LANES_MIN)
  return Object.fromEntries(found.map(([name, dimension]) => [name, { dimension, metric: 'cosine' as const }]))
}
