// hybridSearch: a text list and a vector list, fused by a record's rank in each.

import type { FilterNode } from '../../query/index.ts'
import { reciprocalRankFusion } from '../../text/fusion.ts'
import type { Collection } from './collection.ts'
import { SeekdbValueError } from './errors.ts'
import { parseWhereDocument, readFilters } from './filter.ts'
import { isGiven, type Options, readCount, readOptions } from './options.ts'
import { denseVectors, METRICS, readTexts } from './query.ts'
import type { Records } from './records.ts'
import { FOUND_COLUMNS, type Include, readInclude, rowsResult } from './result.ts'
import type { Found } from './searches.ts'
import { textPart } from './text-part.ts'
import type { QueryResult } from './types.ts'
import { isList, readVector } from './vector.ts'
import { embedTexts } from './write.ts'

const N_RESULTS = 10
/** From Cormack, Clarke and Buettcher (2009). */
const RANK_CONSTANT = 60

interface TextPart {
  /** The parsed `whereDocument`; undefined selects by filter alone. */
  readonly text: FilterNode | undefined
  readonly filter: FilterNode | undefined
}

interface VectorPart {
  /** Undefined if still to be computed from the text. */
  readonly vector: Float32Array | undefined
  readonly text: string
  readonly filter: FilterNode | undefined
  readonly limit: number
}

/** A hybridSearch call, read before anything waits. */
export interface HybridRequest {
  readonly query: TextPart | undefined
  readonly knn: VectorPart | undefined
  readonly rankConstant: number
  /** How many entries of each list count. */
  readonly rankWindow: number
  readonly limit: number
  readonly include: Include
}

export function readHybrid(options: Options, collection: Collection): HybridRequest {
  const { rank, nResults } = options
  const { query, knn } = partsOf(options, collection)
  const rrf = readOptions(readOptions(rank, 'rank')['rrf'], 'rank.rrf')
  const { rankWindowSize, rankConstant } = rrf
  return {
    query: isGiven(query) ? readQueryPart(readOptions(query, 'query')) : undefined,
    knn: isGiven(knn) ? readVectorPart(readOptions(knn, 'knn'), collection) : undefined,
    rankConstant: isGiven(rankConstant) ? readCount(rankConstant, 'rankConstant') : RANK_CONSTANT,
    rankWindow: isGiven(rankWindowSize) ? readCount(rankWindowSize, 'rankWindowSize') : Infinity,
    limit: isGiven(nResults) ? readCount(nResults, 'nResults') : N_RESULTS,
    include: readInclude(options['include'], FOUND_COLUMNS),
  }
}

/** Both parts. Top-level texts and vectors, as in a query, stand in for missing parts. */
function partsOf(options: Options, collection: Collection): { readonly query: unknown; readonly knn: unknown } {
  const { query, knn, queryEmbeddings, queryTexts, where } = options
  if (isGiven(query) || isGiven(knn)) return { query, knn }
  const text = queryTexts ? readTexts(queryTexts, 'queryTexts').join(' ') : undefined
  const isVector = queryEmbeddings || (text !== undefined && collection.embeddingFunction !== undefined)
  const whereDocument = options['whereDocument'] ?? text
  if (!isVector && !isGiven(whereDocument) && !isGiven(where)) {
    throw new SeekdbValueError('hybridSearch requires query, knn, or both; a search for nothing is not supported')
  }
  return {
    query: isGiven(whereDocument) || !isVector ? { where, whereDocument } : undefined,
    knn: isVector ? { where, queryEmbeddings, queryTexts, nResults: options['nResults'] } : undefined,
  }
}

function readQueryPart(options: Options): TextPart | undefined {
  const { where, whereDocument } = options
  const filter = readFilters(where, undefined)
  const text = whereDocument === '' || !isGiven(whereDocument) ? undefined : readText(whereDocument)
  return text === undefined && filter === undefined ? undefined : { text, filter }
}

/** A `whereDocument`, or a text that must be contained; undefined if it has no condition. */
function readText(whereDocument: unknown): FilterNode | undefined {
  const given = typeof whereDocument === 'string' ? { $contains: whereDocument } : whereDocument
  const node = parseWhereDocument(given)
  return node.kind === 'constant' && node.value ? undefined : node
}

function readVectorPart(options: Options, collection: Collection): VectorPart {
  const { queryEmbeddings, queryTexts, where, nResults } = options
  const filter = readFilters(where, undefined)
  // The driver treats 0 as not given, here only.
  const limit = isGiven(nResults) ? readCount(nResults, 'knn.nResults') || N_RESULTS : N_RESULTS
  if (queryEmbeddings) {
    if (!isList(queryEmbeddings)) throw new SeekdbValueError('Vector must be an array')
    return { vector: denseVectors(queryEmbeddings, collection.dimension)[0], text: '', filter, limit }
  }
  const text = queryTexts ? readTexts(queryTexts, 'knn.queryTexts')[0] : undefined
  if (text === undefined) {
    throw new SeekdbValueError(
      'knn requires either queryEmbeddings or queryTexts. Give a vector, or a text and an embedding function.',
    )
  }
  if (collection.embeddingFunction === undefined) {
    throw new SeekdbValueError(
      'knn.queryTexts provided but no knn.queryEmbeddings and no embedding function. ' +
        'Give the vector itself, or open the collection with an embedding function.',
    )
  }
  return { vector: undefined, text, filter, limit }
}

export async function runHybrid(
  records: Records,
  request: HybridRequest,
  collection: Collection,
): Promise<QueryResult> {
  const { query, knn, include, limit } = request
  const lists: (readonly Found[])[] = []
  if (query !== undefined) {
    const { analyzerFor, searchTexts } = await textPart.load()
    const analyzer = analyzerFor(collection.schema.fulltextIndex)
    // Results beyond the last one that counts are not requested.
    const textLimit = knn === undefined ? Math.min(limit, request.rankWindow) : request.rankWindow
    lists.push(await searchTexts(records, analyzer, query.text, { filter: query.filter, limit: textLimit }))
  }
  if (knn !== undefined) {
    const vector = knn.vector ?? (await embeddedText(knn.text, collection))
    const metric = METRICS[collection.distance]
    const search = { filter: knn.filter, limit: knn.limit, metric, select: ['order'], isExact: false }
    const [rows = []] = await records.searches.nearest([vector], search)
    lists.push(rows.map(({ id, distance, record }) => ({ id, order: record.order, distance })))
  }
  const fused = fuse(lists, request).slice(0, limit)
  return rowsResult([await records.searches.rows(fused)], include)
}

async function embeddedText(text: string, collection: Collection): Promise<Float32Array> {
  try {
    const [vector] = await embedTexts(collection.embeddingFunction!, [text])
    return readVector(vector, collection.dimension, 0)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new SeekdbValueError(`Failed to generate embeddings from queryTexts: ${message}`, error)
  }
}

/** Reciprocal rank fusion; ties are broken by the order in which records were added to the collection. */
function fuse(lists: readonly (readonly Found[])[], { rankConstant, rankWindow, limit }: HybridRequest): Found[] {
  const ranked = lists.map((list) => {
    const others = new Set(lists.flatMap((other) => (other === list ? [] : other.map(({ id }) => id))))
    const places: { id: Found; score: number }[] = []
    list.slice(0, rankWindow).forEach((found, place) => {
      // Behind the first ones of a list only what is in another counts; the places of the rest stay empty.
      if (place < limit || others.has(found.id)) places[place] = { id: found, score: found.distance }
    })
    return places
  })
  const identity = (found: unknown) => (found as Found).id
  return reciprocalRankFusion(ranked, { k: rankConstant, identity })
    .map(({ id: found, score }) => ({ ...found, distance: score }))
    .sort((a, b) => b.distance - a.distance || a.order - b.order)
}
