// add, upsert and update: what is given is checked, texts become vectors, and then everything is stored in one step or nothing is.

import { type Columns, isPlain, isShortId } from './columns.ts'
import type { EmbeddingFunction } from './embedding.ts'
import { SeekdbValueError } from './errors.ts'
import type { Options } from './options.ts'
import type { NewRecord, Records, SparseColumn, StoredRecord } from './records.ts'
import type { SparseSource } from './sparse.ts'
import type { Metadata } from './types.ts'
import { isList, readVector } from './vector.ts'

/** What makes the vectors of a collection. */
export interface Embedders {
  readonly dense: EmbeddingFunction | undefined
  readonly sparse: SparseSource | undefined
}

const NO_VECTOR = 'Either embeddings or documents must be provided'
const NO_FUNCTION = 'Documents provided but no embeddings and no embedding function'
const NOTHING = 'At least one of embeddings, metadatas, or documents must be provided'

export async function addRecords(records: Records, embedders: Embedders, columns: Columns): Promise<void> {
  const { ids, documents, metadatas } = columns
  if (columns.vectors === undefined && documents === undefined) throw new SeekdbValueError(NO_VECTOR)
  for (let i = 0; i < ids.length; i++) {
    if (columns.vectors?.[i] === undefined) requireEmbeddable(documents?.[i], embedders)
  }
  const vectors = needsEmbedding(columns) ? await embedded(columns, embedders, records.dimension) : columns.vectors!
  const sparse = embedders.sparse === undefined ? undefined : await embedders.sparse.columns(columns)
  const added = new Array<NewRecord>(ids.length)
  for (let i = 0; i < ids.length; i++) {
    added[i] = newRecord(ids[i]!, -1, documents?.[i], metadatas?.[i], vectors[i]!)
    if (sparse?.[i]) added[i]!.sparse = sparse[i]!
  }
  await records.add(added)
}

function newRecord(
  id: string,
  order: number,
  document: string | null | undefined,
  metadata: Metadata | null | undefined,
  embedding: ArrayLike<number>,
): NewRecord {
  const record: NewRecord = { id, order, embedding }
  if (document !== null && document !== undefined) record.document = document
  if (metadata !== null && metadata !== undefined) record.metadata = metadata
  return record
}

/**
 * Adds records whose vectors are given, where they are in the engine's hands before anything else runs: then nothing is copied.
 * Undefined where that cannot be, or something given is not as plain as mostly; then nothing has happened.
 */
export function addAtOnce(records: Records, options: Options): Promise<void> | undefined {
  const { ids, embeddings } = options
  if (!records.isReady || !Array.isArray(ids) || !Array.isArray(embeddings)) return undefined
  const count = ids.length
  if (count === 0 || embeddings.length !== count) return undefined
  const documents = options['documents'] || undefined
  const metadatas = options['metadatas'] || undefined
  if (!isColumn(documents, count) || !isColumn(metadatas, count)) return undefined
  const added = new Array<NewRecord>(count)
  for (let i = 0; i < count; i++) {
    const id: unknown = ids[i]
    const embedding: unknown = embeddings[i]
    const document = documents?.[i]
    const metadata = metadatas?.[i]
    if (!isShortId(id) || !isList(embedding) || embedding.length !== records.dimension) return undefined
    if (typeof document !== 'string' && document !== undefined && document !== null) return undefined
    if (metadata !== undefined && metadata !== null && !isPlain(metadata)) return undefined
    added[i] = newRecord(id, -1, document, metadata as Metadata | null | undefined, embedding as ArrayLike<number>)
  }
  return records.add(added)
}

function isColumn(column: unknown, count: number): column is unknown[] | undefined {
  return column === undefined || (Array.isArray(column) && column.length === count)
}

export async function upsertRecords(records: Records, embedders: Embedders, columns: Columns): Promise<void> {
  const { items, ids } = await itemsOf(records, embedders, columns)
  await records.rewrite(ids, (old, index) => {
    const item = items[index]!
    if (old === undefined && !item.isAddable) requireEmbeddable(item.firstDocument, embedders)
    return merged(item, old)
  })
}

export async function updateRecords(records: Records, embedders: Embedders, columns: Columns): Promise<void> {
  const { items, ids } = await itemsOf(records, embedders, columns)
  await records.rewrite(ids, (old, index) => (old === undefined ? undefined : merged(items[index]!, old)))
}

/** What a call says of one id. */
interface Item {
  readonly id: string
  vector: Float32Array | undefined
  document: string | null | undefined
  metadata: Metadata | null | undefined
  /** Null takes it away. */
  sparse: SparseColumn | null | undefined
  /** Whether the first that is said of the id is enough for a new record, and the text in it. */
  readonly isAddable: boolean
  readonly firstDocument: string | null | undefined
}

/** What a call says, id by id: of an id that comes several times, the last of each column. */
async function itemsOf(
  records: Records,
  embedders: Embedders,
  columns: Columns,
): Promise<{ items: Item[]; ids: string[] }> {
  const { ids, documents, metadatas } = columns
  if (columns.vectors === undefined && documents === undefined && metadatas === undefined) {
    throw new SeekdbValueError(NOTHING)
  }
  const isEmbedding = embedders.dense !== undefined && needsEmbedding(columns)
  const vectors = isEmbedding ? await embedded(columns, embedders, records.dimension) : columns.vectors
  const sparse = await embedders.sparse?.columns(columns)
  const items = new Map<string, Item>()
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    const vector = vectors?.[i]
    const document = documents?.[i]
    const item = items.get(id)
    if (item === undefined) {
      const isAddable = vector !== undefined
      const metadata = metadatas?.[i]
      items.set(id, { id, vector, document, metadata, sparse: sparse?.[i], isAddable, firstDocument: document })
      continue
    }
    item.vector = vector ?? item.vector
    if (document !== undefined) item.document = document
    if (metadatas?.[i] !== undefined) item.metadata = metadatas[i]
    if (sparse?.[i] !== undefined) item.sparse = sparse[i]
  }
  return { items: [...items.values()], ids: [...items.keys()] }
}

function merged(item: Item, old: StoredRecord | undefined): NewRecord {
  const document = item.document === undefined ? old?.document : item.document
  const metadata = item.metadata === undefined ? old?.metadata : item.metadata
  const record = newRecord(item.id, old?.order ?? -1, document, metadata, (item.vector ?? old?.embedding)!)
  const sparse = item.sparse === undefined ? old?.sparse : item.sparse
  if (sparse) record.sparse = sparse
  return record
}

function requireEmbeddable(document: string | null | undefined, { dense }: Embedders): void {
  if (typeof document !== 'string') throw new SeekdbValueError(NO_VECTOR)
  if (dense === undefined) throw new SeekdbValueError(NO_FUNCTION)
}

/** Whether there is a text without a vector of its own. */
function needsEmbedding({ vectors, documents }: Columns): boolean {
  if (documents === undefined) return false
  return vectors === undefined
    ? documents.some(isText)
    : vectors.some((vector, index) => vector === undefined && isText(documents[index]))
}

function isText(document: string | null | undefined): boolean {
  return typeof document === 'string'
}

/** The vectors that were given, and those of the texts that have none: in one call of the function. */
async function embedded(
  { ids, vectors, documents }: Columns,
  { dense }: Embedders,
  dimension: number,
): Promise<(Float32Array | undefined)[]> {
  const all = vectors?.slice() ?? new Array<Float32Array | undefined>(ids.length).fill(undefined)
  const positions: number[] = []
  for (let i = 0; i < ids.length; i++) {
    if (all[i] === undefined && isText(documents![i])) positions.push(i)
  }
  const made = await embedTexts(
    dense!,
    positions.map((position) => documents![position]!),
  )
  for (let i = 0; i < positions.length; i++) all[positions[i]!] = readVector(made[i], dimension, positions[i]!)
  return all
}

/** @throws SeekdbValueError unless there is a vector for each text. What `generate` throws goes through. */
export async function embedTexts(fn: EmbeddingFunction, texts: string[]): Promise<number[][]> {
  const vectors = (await fn.generate(texts)) as unknown
  if (!Array.isArray(vectors) || vectors.length !== texts.length) {
    const got = Array.isArray(vectors) ? `${vectors.length} vectors` : typeof vectors
    throw new SeekdbValueError(`Embedding function '${fn.name}' returned ${got} for ${texts.length} documents`)
  }
  return vectors as number[][]
}
