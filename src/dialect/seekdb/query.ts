// query: the records nearest to dense or sparse vectors, which are given or made from texts.

import type { FilterNode } from '../../query/index.ts'
import type { Collection } from './collection.ts'
import { SeekdbValueError, shown } from './errors.ts'
import { readFilters } from './filter.ts'
import { Key, keyName } from './key.ts'
import type { Metric } from './nearest.ts'
import { isGiven, type Options, readCount } from './options.ts'
import type { Records, SparseColumn } from './records.ts'
import { FOUND_COLUMNS, type Include, readInclude, rowsResult } from './result.ts'
import { isSparse, readSparse } from './sparse.ts'
import type { DistanceMetric, QueryResult } from './types.ts'
import { isList, readVector } from './vector.ts'
import { embedTexts } from './write.ts'

export const METRICS: Readonly<Record<DistanceMetric, Metric>> = { l2: 'l2', cosine: 'cosine', inner_product: 'ip' }
const DISTANCES = Object.keys(METRICS)
const N_RESULTS = 10

type Vectors =
  | { readonly kind: 'dense'; readonly vectors: readonly Float32Array[] }
  | { readonly kind: 'sparse'; readonly vectors: readonly SparseColumn[] }
interface Texts {
  readonly kind: 'texts'
  readonly texts: string[]
  readonly isSparse: boolean
}
/** What a query searches for. */
type Target = Vectors | Texts

/** A query call, read before anything waits. */
export interface QueryRequest {
  readonly target: Target
  readonly limit: number
  readonly filter: FilterNode | undefined
  readonly include: Include
  readonly metric: Metric
  readonly isExact: boolean
}

export function readQuery(options: Options, collection: Collection): QueryRequest {
  const { nResults, distance } = options
  const include = readInclude(options['include'], FOUND_COLUMNS)
  return {
    target: readTarget(options, collection),
    limit: isGiven(nResults) ? readCount(nResults, 'nResults') : N_RESULTS,
    filter: readFilters(options['where'], options['whereDocument']),
    include,
    isExact: options['approximate'] === false,
    metric: METRICS[isGiven(distance) ? readDistance(distance) : collection.distance],
  }
}

export function runQuery(records: Records, request: QueryRequest, collection: Collection): Promise<QueryResult> {
  const { target } = request
  if (target.kind !== 'texts') return found(records, request, target)
  return embedded(target, collection).then((made) => found(records, request, made))
}

function found(
  { searches }: Records,
  { limit, filter, metric, include, isExact }: QueryRequest,
  target: Vectors,
): Promise<QueryResult> {
  const lists =
    target.kind === 'sparse'
      ? searches.nearestSparse(target.vectors, { filter, limit })
      : searches.nearest(target.vectors, { filter, limit, metric, select: include.fields, isExact })
  return lists.then((rows) => rowsResult(rows, include))
}

function readDistance(distance: unknown): DistanceMetric {
  if (DISTANCES.includes(distance as string)) return distance as DistanceMetric
  throw new SeekdbValueError(`Invalid "distance": expected one of [${DISTANCES.join(', ')}], got ${shown(distance)}`)
}

function readTarget(options: Options, collection: Collection): Target {
  const { queryEmbeddings, queryTexts, queryKey } = options
  if (queryEmbeddings) return readVectors(queryEmbeddings, collection.dimension)
  if (!queryTexts) throw new SeekdbValueError('Either queryEmbeddings or queryTexts must be provided')
  const isSparse = isSparseKey(queryKey)
  if (isSparse && collection.sparseEmbeddingFunction === undefined) {
    throw new SeekdbValueError('queryTexts with sparseEmbedding requires sparseEmbeddingFunction')
  }
  if (!isSparse && collection.embeddingFunction === undefined) {
    throw new SeekdbValueError('queryTexts provided but no queryEmbeddings and no embedding function')
  }
  return { kind: 'texts', texts: readTexts(queryTexts, 'queryTexts'), isSparse }
}

/** One vector or several, dense or sparse. */
function readVectors(embeddings: unknown, dimension: number): Vectors {
  if (isSparse(embeddings)) return { kind: 'sparse', vectors: [readSparse(embeddings)] }
  if (!isList(embeddings)) throw new SeekdbValueError('Vector must be an array')
  const first = embeddings[0]
  if (isSparse(first)) return { kind: 'sparse', vectors: Array.from(embeddings, readSparse) }
  return { kind: 'dense', vectors: denseVectors(embeddings, dimension) }
}

/** A single vector, or all vectors of a list. */
export function denseVectors(embeddings: ArrayLike<unknown>, dimension: number): Float32Array[] {
  if (!isList(embeddings[0])) return [readVector(embeddings, dimension, 0)]
  return Array.from(embeddings, (vector, index) => readVector(vector, dimension, index))
}

/** One text or several. */
export function readTexts(texts: unknown, name: string): string[] {
  const list = Array.isArray(texts) ? (texts as unknown[]) : [texts]
  return Array.from(list, (text) => {
    if (typeof text !== 'string') throw new SeekdbValueError(`${name} must be strings, got ${typeof text}`)
    return text
  })
}

function isSparseKey(key: unknown): boolean {
  if (!isGiven(key)) return false
  const name = typeof key === 'string' ? key : keyName(key as Key)
  if (name === 'sparseEmbedding' || name === Key.SPARSE_EMBEDDING.name) return true
  if (name === 'embedding' || name === Key.EMBEDDING.name) return false
  throw new SeekdbValueError(`queryKey must be K.EMBEDDING or K.SPARSE_EMBEDDING, got ${shown(name)}`)
}

async function embedded({ texts, isSparse }: Texts, collection: Collection): Promise<Vectors> {
  if (texts.length === 0) return { kind: 'dense', vectors: [] }
  if (isSparse) {
    const fn = collection.sparseEmbeddingFunction!
    const made = await (fn.generateForQueries === undefined ? fn.generate(texts) : fn.generateForQueries(texts))
    return { kind: 'sparse', vectors: made.map(readSparse) }
  }
  const made = await embedTexts(collection.embeddingFunction!, texts)
  return { kind: 'dense', vectors: made.map((vector, index) => readVector(vector, collection.dimension, index)) }
}
