// The shapes in which records are returned.

import { SeekdbValueError, shown } from './errors.ts'
import type { StoredRecord } from './records.ts'
import type { Row } from './searches.ts'
import type { GetResult, Metadata, QueryResult } from './types.ts'
import { shortestNumbers } from './vector.ts'

/** The columns that a call requests. */
export interface Include {
  readonly documents: boolean
  readonly metadatas: boolean
  readonly embeddings: boolean
  /** The fields of records read for these columns, besides the id. */
  readonly fields: readonly string[]
}

const COLUMNS = ['documents', 'metadatas', 'embeddings']
const FIELDS = ['document', 'metadata', 'embedding']
/** Indexed by the set of columns, as bits. */
const INCLUDES: readonly Include[] = Array.from({ length: 8 }, (_, bits) => {
  const [documents, metadatas, embeddings] = [1, 2, 4].map((bit) => (bits & bit) !== 0) as [boolean, boolean, boolean]
  return { documents, metadatas, embeddings, fields: FIELDS.filter((_field, i) => (bits & (1 << i)) !== 0) }
})
/** What `get` and searches return unless `include` says otherwise. */
export const ALL_COLUMNS = INCLUDES[7]!
export const FOUND_COLUMNS = INCLUDES[3]!
/** Accepted for users of other systems; these columns are always returned. */
const ALWAYS = ['ids', 'distances']

/** The columns that a call requests. @throws SeekdbValueError for an unknown name. */
export function readInclude(include: unknown, otherwise: Include): Include {
  if (include === undefined || include === null) return otherwise
  if (!Array.isArray(include)) throw new SeekdbValueError('include must be an array of columns')
  let bits = 0
  for (const name of include as unknown[]) {
    const column = COLUMNS.indexOf(name as string)
    if (column >= 0) bits |= 1 << column
    else if (!ALWAYS.includes(name as string)) {
      throw new SeekdbValueError(
        `include takes ${COLUMNS.join(', ')} and distances, got ${typeof name === 'string' ? JSON.stringify(name) : shown(name)}`,
      )
    }
  }
  return INCLUDES[bits]!
}

/** Parallel lists of records; a column that was not requested is undefined. */
export function getResult(records: readonly StoredRecord[], include: Include): GetResult {
  const ids: string[] = []
  const documents: (string | null)[] | undefined = include.documents ? [] : undefined
  const metadatas: (Metadata | null)[] | undefined = include.metadatas ? [] : undefined
  const embeddings: number[][] | undefined = include.embeddings ? [] : undefined
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
export function rowsResult(lists: readonly (readonly Row[])[], include: Include): QueryResult {
  const result = {
    ids: lists.map((rows) => rows.map(({ id }) => id)),
    distances: lists.map((rows) => rows.map(({ distance }) => distance)),
    documents: undefined as (string | null)[][] | undefined,
    metadatas: undefined as (Metadata | null)[][] | undefined,
    embeddings: undefined as number[][][] | undefined,
  }
  // The driver returns an empty document as null from searches.
  if (include.documents) result.documents = lists.map((rows) => rows.map(({ record }) => record.document || null))
  if (include.metadatas) result.metadatas = lists.map((rows) => rows.map(({ record }) => record.metadata ?? null))
  if (include.embeddings) {
    result.embeddings = lists.map((rows) => rows.map(({ record }) => shortestNumbers(record.embedding)))
  }
  return result as QueryResult
}
