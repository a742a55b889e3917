// The shapes in which records are answered.

import { SeekdbValueError } from './errors.ts'
import type { StoredRecord } from './records.ts'
import type { Row } from './searches.ts'
import type { GetResult, Metadata, QueryResult } from './types.ts'
import { shortestNumbers } from './vector.ts'

type Column = 'documents' | 'metadatas' | 'embeddings'
const FIELDS: Readonly<Record<string, string>> = {
  documents: 'document',
  metadatas: 'metadata',
  embeddings: 'embedding',
}
const COLUMNS = Object.keys(FIELDS)
/** What `get` answers, and what searches do, unless `include` says otherwise. */
export const ALL_COLUMNS: ReadonlySet<Column> = new Set<Column>(['documents', 'metadatas', 'embeddings'])
export const FOUND_COLUMNS: ReadonlySet<Column> = new Set<Column>(['documents', 'metadatas'])
/** Named by those who know other systems; they come in any case. */
const ALWAYS = ['ids', 'distances']

/** The columns a call asks for. @throws SeekdbValueError for a name that is none. */
export function readInclude(include: unknown, columns: ReadonlySet<Column>): ReadonlySet<string> {
  if (include === undefined || include === null) return columns
  if (!Array.isArray(include)) throw new SeekdbValueError('include must be an array of columns')
  for (const name of include as unknown[]) {
    if (!COLUMNS.includes(name as string) && !ALWAYS.includes(name as string)) {
      throw new SeekdbValueError(`include takes ${COLUMNS.join(', ')} and distances, got ${JSON.stringify(name)}`)
    }
  }
  return new Set(include as string[])
}

/** What is read of records for these columns. */
export function fieldsOf(include: ReadonlySet<string>): string[] {
  return ['id', ...COLUMNS.filter((column) => include.has(column)).map((column) => FIELDS[column]!)]
}

/** Parallel lists of records; a column that was not asked for is undefined. */
export function getResult(records: readonly StoredRecord[], include: ReadonlySet<string>): GetResult {
  const ids: string[] = []
  const documents: (string | null)[] | undefined = include.has('documents') ? [] : undefined
  const metadatas: (Metadata | null)[] | undefined = include.has('metadatas') ? [] : undefined
  const embeddings: number[][] | undefined = include.has('embeddings') ? [] : undefined
  for (let i = 0; i < records.length; i++) {
    const { id, document, metadata, embedding } = records[i]!
    ids.push(id)
    documents?.push(document ?? null)
    metadatas?.push(metadata ?? null)
    embeddings?.push(shortestNumbers(embedding))
  }
  return { ids, documents, metadatas, embeddings } as GetResult
}

/** One list of rows for each query. */
export function rowsResult(lists: readonly (readonly Row[])[], include: ReadonlySet<string>): QueryResult {
  const column = <T>(name: string, of: (row: Row) => T) =>
    include.has(name) ? lists.map((rows) => rows.map(of)) : undefined
  return {
    ids: lists.map((rows) => rows.map(({ record }) => record.id)),
    distances: lists.map((rows) => rows.map(({ distance }) => distance)),
    // The driver answers an empty document of a search as null.
    documents: column('documents', ({ record }) => record.document || null),
    metadatas: column('metadatas', ({ record }) => record.metadata ?? null),
    embeddings: column('embeddings', ({ record }) => shortestNumbers(record.embedding)),
  } as QueryResult
}
