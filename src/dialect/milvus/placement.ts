// Which engine structures stand for the vectors and indexes of a collection. Milvus names a vector's index and its
// metric late; the engine needs them when the collection is created.

import type { AnalyzerDefinition, Collection, Database } from '../../engine/index.ts'
import { analyzerDefinition } from './analyzer-params.ts'
import type { CollectionRecord, IndexRecord } from './catalog.ts'
import { DataType, DEFAULT_DYNAMIC_FIELD } from './enums.ts'
import { metricOf, rankedIndexName } from './metrics.ts'
import { steps } from './paths.ts'
import { dimOf, type Field, isDense, isStructArray } from './schema.ts'

type Vectors = NonNullable<NonNullable<Parameters<Database['createCollection']>[1]>['vectors']>
type Placed = Pick<CollectionRecord, 'fields' | 'functions' | 'indexes'>
type Metric = NonNullable<Vectors[string]['metric']>

const METRICS: Readonly<Record<string, Metric>> = {
  L2: 'l2',
  IP: 'ip',
  COSINE: 'cosine',
  HAMMING: 'hamming',
  JACCARD: 'jaccard',
  // The engine has no measure for agreeing places; the bits are stored the same way.
  MHJACCARD: 'hamming',
}

const ELEMENTS: Readonly<Record<number, NonNullable<Vectors[string]['element']>>> = {
  [DataType.Float16Vector]: 'f16',
  [DataType.BFloat16Vector]: 'bf16',
  [DataType.Int8Vector]: 'int8',
}

/** The engine's declaration of the dense vector fields. */
export function engineVectors(fields: readonly Field[], indexes: readonly IndexRecord[]): Vectors {
  const vectors: Record<string, Vectors[string]> = {}
  for (const field of fields) {
    if (!isDense(field.type)) continue
    const index = indexes.find((one) => one.field === field.name)
    const element = ELEMENTS[field.type]
    const metric = metricOf(field, indexes)
    vectors[field.name] = {
      dimension: dimOf(field),
      metric: METRICS[metric] ?? 'cosine',
      ...(element === undefined ? {} : { element }),
      index: metric === 'MHJACCARD' ? { type: 'flat' } : engineIndex(index),
    }
  }
  return vectors
}

function paramsOf(index: IndexRecord | undefined): Record<string, unknown> {
  return { ...(JSON.parse(index?.params ?? '{}') as Record<string, unknown>), ...index?.extra }
}

function engineIndex(index: IndexRecord | undefined): NonNullable<Vectors[string]['index']> {
  if (index === undefined) return { type: 'auto' }
  if (index.type === 'FLAT' || index.type === 'BIN_FLAT') return { type: 'flat' }
  if (!index.type.startsWith('HNSW')) return { type: 'auto' }
  const { M, efConstruction } = paramsOf(index)
  const within = (value: unknown, from: number, to: number, otherwise: number) => {
    const number = Number(value)
    return Number.isInteger(number) ? Math.min(to, Math.max(from, number)) : otherwise
  }
  return { type: 'hnsw', m: within(M, 2, 256, 16), efConstruction: within(efConstruction, 8, 4096, 128) }
}

type EngineIndex = NonNullable<Parameters<Collection['createIndex']>[1]>

/** The engine's indexes other than those of dense vectors, by name. */
function engineIndexes(placed: Placed): Record<string, EngineIndex> {
  const { fields, indexes } = placed
  const made = rankedIndexes(placed)
  const texts = new Set(Object.values(made).flatMap((index) => ('analyzer' in index ? index.fields : [])))
  for (const field of fields) {
    // The index that ranks a field by its words also matches them.
    if (field.params['enable_match'] !== 'true' || texts.has(field.name)) continue
    made[`milvus.match.${field.name}`] = textIndex(field)
  }
  for (const index of indexes) {
    const ordered = orderedIndex(fields, index)
    if (ordered !== undefined) made[`milvus.scalar.${index.id}`] = ordered
  }
  return made
}

type EngineText = { type: 'text'; fields: string[]; analyzer: AnalyzerDefinition }

function textIndex(text: Field): EngineText {
  return { type: 'text', fields: [text.name], analyzer: analyzerDefinition(text.params['analyzer_params']) }
}

/** For words that are stored separately. */
const WORDS = (name: string): EngineText => ({ type: 'text', fields: [name], analyzer: 'whitespace' })

/** For sparse fields: inner products, or the words of the text that a function reads. */
function rankedIndexes({ fields, functions, indexes }: Placed): Record<string, EngineIndex> {
  const made: Record<string, EngineIndex> = {}
  for (const { name, type } of fields) {
    if (type !== DataType.SparseFloatVector) continue
    const input = functions.find((one) => one.outputs.includes(name))?.inputs[0]
    const text = fields.find((field) => field.name === input)
    if (text === undefined) made[rankedIndexName(name)] = { type: 'sparse', fields: [name] }
    else {
      const { bm25_k1: k1, bm25_b: b } = paramsOf(indexes.find((one) => one.field === name))
      made[rankedIndexName(name)] = {
        ...(text.params['multi_analyzer_params'] === undefined ? textIndex(text) : WORDS(name)),
        ...(k1 === undefined ? {} : { k1: Number(k1) }),
        ...(b === undefined ? {} : { b: Number(b) }),
      }
    }
  }
  return made
}

/** Index types for conditions that an ordered index cannot help with: parts of texts, places. */
const UNORDERED = new Set(['NGRAM', 'FMINDEX', 'RTREE'])

/**
 * The ordered index that stands for a Milvus index on a field that is no vector; undefined if it would never be used.
 */
export function orderedIndex(
  fields: readonly Field[],
  index: IndexRecord,
): { fields: string[]; multi?: true } | undefined {
  if (UNORDERED.has(index.type)) return undefined
  const field = fields.find((one) => one.name === index.field)
  const jsonPath = paramsOf(index)['json_path']
  if (field === undefined || field.type === DataType.JSON) {
    const path = steps(String(jsonPath ?? index.field))
    if (path === undefined || (field !== undefined && path[0] === field.name && path.length === 1)) return undefined
    const isOwn = fields.some((one) => one.name === path[0]) || path[0] === DEFAULT_DYNAMIC_FIELD
    return { fields: [(isOwn ? path : [DEFAULT_DYNAMIC_FIELD, ...path]).join('.')] }
  }
  // Rows older than an added field read its default, which is in no index.
  if (field.isAdded && field.defaultValue !== undefined) return undefined
  if (field.type === DataType.Array) return isStructArray(field) ? undefined : { fields: [field.name], multi: true }
  return field.type <= DataType.VarChar ? { fields: [field.name] } : undefined
}

/** Changes the engine's indexes to those that are wanted. */
export async function placeIndexes(rows: Collection, was: Placed | undefined, is: Placed): Promise<void> {
  const [before, after] = [was === undefined ? {} : engineIndexes(was), engineIndexes(is)]
  const isAlike = (name: string) => JSON.stringify(before[name]) === JSON.stringify(after[name])
  const gone = Object.keys(before).filter((name) => !isAlike(name))
  const made = Object.keys(after).filter((name) => !isAlike(name))
  if (gone.length + made.length === 0) return
  const there = new Set((await rows.indexes()).map(({ name }) => name))
  for (const name of [...gone, ...made]) if (there.delete(name)) await rows.dropIndex(name)
  for (const name of made) await rows.createIndex(name, after[name] as never)
}

/** Whether two declarations of a collection's vectors differ. */
export function isPlacedAlike(a: Vectors, b: Vectors): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
