// The shapes in which records are answered.

import { SeekdbValueError } from './errors.ts'
import type { Row, StoredRecord } from './records.ts'
import type { GetResult, Metadata, QueryResult } from './types.ts'
import { shortestNumbers } from './vector.ts'

type Column = 'documents' | 'metadatas' | 'embeddings'
const COLUMNS = ['documents', 'metadatas', 'embeddings']
/** Named by those who know other systems; they come in any case. */
const ALWAYS = ['ids', 'distances']

/** The columns a call asks for. @throws SeekdbValueError for a name that is none. */
export function readInclude(include: unknown, columns: readonly Column[]): ReadonlySet<string> {
  if (include === undefined || include === null) return new Set(columns)
  if (!Array.isArray(include)) throw new SeekdbValueError('include must be an array of columns')
  for (const name of include as unknown[]) {
    if (!COLUMNS.includes(name as string) && !ALWAYS.includes(name as string)) {
      throw new SeekdbValueError(`include takes ${COLUMNS.join(', ')} and distances, got ${JSON.stringify(name)}`)
    }
  }
  return new Set(include as string[])
}

interface Lists {
  ids: string[]
  documents?: (string | null)[]
  metadatas?: (Metadata | null)[]
  embeddings?: (number[] | null)[]
}

export function getResult(records: readonly StoredRecord[], include: ReadonlySet<string>): GetResult {
  const lists: Lists = { ids: records.map(({ id }) => id) }
  if (include.has('documents')) lists.documents = records.map(({ document }) => document)
  if (include.has('metadatas')) lists.metadatas = records.map(({ metadata }) => metadata)
  if (include.has('embeddings')) lists.embeddings = records.map(({ embedding }) => shortestNumbers(embedding))
  return lists
}

/** One list of rows for each query. */
export function rowsResult(lists: readonly (readonly Row[])[], include: ReadonlySet<string>): QueryResult {
  const result = {
    ids: lists.map((rows) => rows.map(({ record }) => record.id)),
    distances: lists.map((rows) => rows.map(({ distance }) => distance)),
  } as { -readonly [K in keyof QueryResult]: QueryResult[K] }
  // The driver answers an empty document of a search as null.
  if (include.has('documents'))
    result.documents = lists.map((rows) => rows.map(({ record }) => record.document || null))
  if (include.has('metadatas')) result.metadatas = lists.map((rows) => rows.map(({ record }) => record.metadata))
  if (include.has('embeddings')) {
    result.embeddings = lists.map((rows) => rows.map(({ record }) => shortestNumbers(record.embedding)))
  }
  return result
}
