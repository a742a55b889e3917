// add, upsert and update: the arguments are checked and texts become vectors; then everything is stored in one step, or
// nothing.

import { fieldsProjection, type Projection } from '../../engine/index.ts'
import { type Columns, isPlain, isShortId } from './columns.ts'
import type { EmbeddingFunction } from './embedding.ts'
import { SeekdbValueError } from './errors.ts'
import type { Options } from './options.ts'
import type { NewRecord, Records, SparseColumn, StoredRecord } from './records.ts'
import type { SparseSource } from './sparse.ts'
import type { Metadata } from './types.ts'
import { isList, readVector } from './vector.ts'

/** The functions that make a collection's vectors. */
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
  const isBare = metadata === null || metadata === undefined
  // A separate literal for each: a field added to an object later is stored apart from the others.
  if (document === null || document === undefined) {
    return isBare ? { id, order, embedding } : { id, order, embedding, metadata }
  }
  return isBare ? { id, order, embedding, document } : { id, order, embedding, document, metadata }
}

/**
 * The arguments as they are, for a write that reaches the engine before anything else runs, so that nothing has to be
 * copied. Undefined where that is not possible, or where an argument is unusual.
 *
 * @param keepsFalsy - as for `readColumns`.
 */
function columnsAtOnce(
  records: Records,
  { dense, sparse }: Embedders,
  options: Options,
  keepsFalsy: boolean,
): Columns | undefined {
  const ids = options['ids']
  if (!records.isReady || sparse !== undefined || !Array.isArray(ids) || ids.length === 0) return undefined
  const count = ids.length
  const [vectors, documents, metadatas] = COLUMNS.map((name) => options[name] || undefined)
  if (!isColumn(vectors, count) || !isColumn(documents, count) || !isColumn(metadatas, count)) return undefined
  if (dense !== undefined && documents !== undefined && vectors === undefined) return undefined
  for (let i = 0; i < count; i++) {
    if (!isShortId(ids[i])) return undefined
    const vector = vectors?.[i]
    if (vectors !== undefined && !(isList(vector) && vector.length === records.dimension)) return undefined
    const document = documents?.[i]
    if (typeof document !== 'string' && document !== undefined && document !== null) return undefined
    const metadata = metadatas?.[i]
    if (metadata !== undefined && metadata !== null && !isPlain(metadata)) return undefined
    if (!keepsFalsy && ((documents !== undefined && !document) || metadata === null)) return undefined
  }
  return { ids, vectors, documents, metadatas } as Columns
}

const COLUMNS = ['embeddings', 'documents', 'metadatas']

function isColumn(column: unknown, count: number): column is unknown[] | undefined {
  return column === undefined || (Array.isArray(column) && column.length === count)
}

/** `add`, if it can be done at once; otherwise returns undefined and does nothing. */
export function addAtOnce(records: Records, embedders: Embedders, options: Options): Promise<void> | undefined {
  const columns = columnsAtOnce(records, embedders, options, true)
  if (columns?.vectors === undefined) return undefined
  const { ids, vectors, documents, metadatas } = columns
  const added = new Array<NewRecord>(ids.length)
  for (let i = 0; i < ids.length; i++) added[i] = newRecord(ids[i]!, -1, documents?.[i], metadatas?.[i], vectors[i]!)
  return records.add(added)
}

/** `upsert` in the same way. */
export function upsertAtOnce(records: Records, embedders: Embedders, options: Options): Promise<void> | undefined {
  const columns = columnsAtOnce(records, embedders, options, true)
  if (columns === undefined || !isAnyGiven(columns)) return undefined
  return upsertItems(records, embedders, itemsOf(columns, undefined))
}

/** `update` in the same way. */
export function updateAtOnce(records: Records, embedders: Embedders, options: Options): Promise<void> | undefined {
  const columns = columnsAtOnce(records, embedders, options, false)
  if (columns === undefined || !isAnyGiven(columns)) return undefined
  return updateItems(records, embedders, itemsOf(columns, undefined))
}

export function upsertRecords(records: Records, embedders: Embedders, columns: Columns): Promise<void> {
  return rewriteRecords(upsertItems, records, embedders, columns)
}

export function updateRecords(records: Records, embedders: Embedders, columns: Columns): Promise<void> {
  return rewriteRecords(updateItems, records, embedders, columns)
}

function upsertItems(records: Records, embedders: Embedders, { items, ids, fields }: Items): Promise<void> {
  return records.rewrite(ids, fields, (old, index) => {
    const item = items[index]!
    if (old === undefined && !item.isAddable) requireEmbeddable(item.firstDocument, embedders)
    return merged(item, old)
  })
}

function updateItems(records: Records, _embedders: Embedders, { items, ids, fields }: Items): Promise<void> {
  return records.rewrite(ids, fields, (old, index) => (old === undefined ? undefined : merged(items[index]!, old)))
}

/** What a call gives for one id. */
interface Item {
  readonly id: string
  vector: ArrayLike<number> | undefined
  document: string | null | undefined
  metadata: Metadata | null | undefined
  /** Null removes it. */
  sparse: SparseColumn | null | undefined
  /** Whether the first entry for the id suffices for a new record, and its text. */
  readonly isAddable: boolean
  readonly firstDocument: string | null | undefined
}

/** What a call gives, id by id. */
interface Items {
  readonly items: readonly Item[]
  readonly ids: readonly string[]
  /** The fields of existing records that are needed. */
  readonly fields: Projection
}

function isAnyGiven({ vectors, documents, metadatas }: Columns): boolean {
  return vectors !== undefined || documents !== undefined || metadatas !== undefined
}

/** Does not wait if there is nothing to embed: such a write is ahead of what is called later. */
async function rewriteRecords(
  write: typeof upsertItems,
  records: Records,
  embedders: Embedders,
  columns: Columns,
): Promise<void> {
  if (!isAnyGiven(columns)) throw new SeekdbValueError(NOTHING)
  const isEmbedding = embedders.dense !== undefined && needsEmbedding(columns)
  const vectors = isEmbedding ? await embedded(columns, embedders, records.dimension) : columns.vectors
  const sparse = embedders.sparse && (await embedders.sparse.columns(columns))
  await write(records, embedders, itemsOf({ ...columns, vectors }, sparse))
}

/** For an id given several times, the last value of each column counts. */
function itemsOf(
  { ids, vectors, documents, metadatas }: Columns,
  sparse: readonly (SparseColumn | null | undefined)[] | undefined,
): Items {
  const items = new Map<string, Item>()
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    const vector = vectors?.[i]
    const document = documents?.[i]
    const metadata = metadatas?.[i]
    const item = items.get(id)
    if (item === undefined) {
      const isAddable = vector !== undefined
      items.set(id, { id, vector, document, metadata, sparse: sparse?.[i], isAddable, firstDocument: document })
      continue
    }
    item.vector = vector ?? item.vector
    if (document !== undefined) item.document = document
    if (metadata !== undefined) item.metadata = metadata
    if (sparse?.[i] !== undefined) item.sparse = sparse[i]
  }
  return { items: [...items.values()], ids: [...items.keys()], fields: keptFields(vectors, documents, metadatas) }
}

/** The fields to read of a record, indexed by which of embedding, document and metadata are kept. */
const KEPT_FIELDS = Array.from({ length: 8 }, (_, kept) =>
  fieldsProjection([
    'order',
    'sparse',
    ...['embedding', 'document', 'metadata'].filter((_name, bit) => ((kept >> bit) & 1) === 1),
  ]),
)

function keptFields(...columns: (readonly unknown[] | undefined)[]): Projection {
  let kept = 0
  columns.forEach((column, bit) => {
    if (column === undefined || column.includes(undefined)) kept |= 1 << bit
  })
  return KEPT_FIELDS[kept]!
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

/** Whether any text has no vector of its own. */
function needsEmbedding({ vectors, documents }: Columns): boolean {
  if (documents === undefined) return false
  return vectors === undefined
    ? documents.some(isText)
    : vectors.some((vector, index) => vector === undefined && isText(documents[index]))
}

function isText(document: string | null | undefined): boolean {
  return typeof document === 'string'
}

/** The given vectors, and those of texts without one, made in a single call of the function. */
async function embedded(
  { ids, vectors, documents }: Columns,
  { dense }: Embedders,
  dimension: number,
): Promise<(ArrayLike<number> | undefined)[]> {
  const all = vectors?.slice() ?? new Array<ArrayLike<number> | undefined>(ids.length).fill(undefined)
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

/** @throws SeekdbValueError unless there is a vector for each text. Errors of `generate` pass through. */
export async function embedTexts(fn: EmbeddingFunction, texts: string[]): Promise<number[][]> {
  const vectors = (await fn.generate(texts)) as unknown
  if (!Array.isArray(vectors) || vectors.length !== texts.length) {
    const got = Array.isArray(vectors) ? `${vectors.length} vectors` : typeof vectors
    throw new SeekdbValueError(`Embedding function '${fn.name}' returned ${got}, not ${texts.length}`)
  }
  return vectors as number[][]
}
