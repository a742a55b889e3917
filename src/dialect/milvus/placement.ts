// Which engine structures hold the vectors of a collection: Milvus names an index and its metric late, the engine wants them when
// the collection is made.

import type { Collection, Database } from '../../engine/index.ts'
import { analyzerOfField } from './analyzers.ts'
import type { CollectionRecord, IndexRecord } from './catalog.ts'
import { DataType } from './enums.ts'
import { dimOf, type Field, isDense } from './schema.ts'

type Vectors = NonNullable<NonNullable<Parameters<Database['createCollection']>[1]>['vectors']>
type Placed = Pick<CollectionRecord, 'fields' | 'functions' | 'indexes'>
type Metric = NonNullable<Vectors[string]['metric']>

const METRICS: Readonly<Record<string, Metric>> = {
  L2: 'l2',
  IP: 'ip',
  COSINE: 'cosine',
  HAMMING: 'hamming',
  JACCARD: 'jaccard',
}

const ELEMENTS: Readonly<Record<number, NonNullable<Vectors[string]['element']>>> = {
  [DataType.Float16Vector]: 'f16',
  [DataType.BFloat16Vector]: 'bf16',
  [DataType.Int8Vector]: 'int8',
}

/** What an index that names no metric uses. */
export function defaultMetric(field: Field): string {
  if (field.type === DataType.SparseFloatVector) return field.isFunctionOutput ? 'BM25' : 'IP'
  return field.type === DataType.BinaryVector ? 'HAMMING' : 'COSINE'
}

/** The metric a vector field is searched by. */
export function metricOf(field: Field, indexes: readonly IndexRecord[], owner?: string): string {
  const name = owner === undefined ? field.name : `${owner}[${field.name}]`
  const metric = indexes.find((index) => index.field === name)?.metric
  return metric ?? (owner === undefined ? defaultMetric(field) : 'MAX_SIM_COSINE')
}

/** The engine's declaration of the dense vector fields. */
export function engineVectors(fields: readonly Field[], indexes: readonly IndexRecord[]): Vectors {
  const vectors: Record<string, Vectors[string]> = {}
  for (const field of fields) {
    if (!isDense(field.type)) continue
    const index = indexes.find((one) => one.field === field.name)
    const element = ELEMENTS[field.type]
    vectors[field.name] = {
      dimension: dimOf(field),
      metric: METRICS[metricOf(field, indexes)] ?? 'cosine',
      ...(element === undefined ? {} : { element }),
      index: engineIndex(index),
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

/** Name of the engine's index over a sparse field. */
export function rankedIndexName(field: string): string {
  return `milvus.${field}`
}

type RankedIndex = Parameters<Collection['createIndex']>[1]

/** The engine's indexes over sparse fields, by name: inner products, or the words of the text that a function reads. */
export function engineIndexes({ fields, functions, indexes }: Placed): Record<string, RankedIndex> {
  const made: Record<string, RankedIndex> = {}
  for (const { name, type } of fields) {
    if (type !== DataType.SparseFloatVector) continue
    const input = functions.find((one) => one.outputs.includes(name))?.inputs[0]
    const text = fields.find((field) => field.name === input)
    if (text === undefined) made[rankedIndexName(name)] = { type: 'sparse', fields: [name] }
    else {
      const { bm25_k1: k1, bm25_b: b } = paramsOf(indexes.find((one) => one.field === name))
      made[rankedIndexName(name)] = {
        type: 'text',
        fields: [text.name],
        analyzer: analyzerOfField(text).definition,
        ...(k1 === undefined ? {} : { k1: Number(k1) }),
        ...(b === undefined ? {} : { b: Number(b) }),
      }
    }
  }
  return made
}

/** Makes the engine's indexes what they are to be. */
export async function placeIndexes(rows: Collection, was: Placed | undefined, is: Placed): Promise<void> {
  const [before, after] = [was === undefined ? {} : engineIndexes(was), engineIndexes(is)]
  for (const [name, options] of Object.entries(after)) {
    if (JSON.stringify(before[name]) === JSON.stringify(options)) continue
    if (before[name] !== undefined) await rows.dropIndex(name)
    await rows.createIndex(name, options)
  }
}

/** Whether two declarations of a collection's vectors differ. */
export function isPlacedAlike(a: Vectors, b: Vectors): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
