// Which engine structures hold the vectors of a collection: Milvus names an index and its metric late, the engine wants them when
// the collection is made.

import type { Database } from '../../engine/index.ts'
import type { IndexRecord } from './catalog.ts'
import { DataType } from './enums.ts'
import { dimOf, type Field, isDense } from './schema.ts'

type Vectors = NonNullable<NonNullable<Parameters<Database['createCollection']>[1]>['vectors']>
type Metric = NonNullable<Vectors[string]['metric']>

const METRICS: Readonly<Record<string, Metric>> = {
  L2: 'l2',
  IP: 'ip',
  COSINE: 'cosine',
  HAMMING: 'hamming',
  JACCARD: 'jaccard',
}

/** What an index that names no metric uses. */
export function defaultMetric(field: Field): string {
  if (field.type === DataType.SparseFloatVector) return field.isFunctionOutput ? 'BM25' : 'IP'
  return field.type === DataType.BinaryVector ? 'HAMMING' : 'COSINE'
}

/** The metric a vector field is searched by. */
export function metricOf(field: Field, indexes: readonly IndexRecord[]): string {
  return indexes.find((index) => index.field === field.name)?.metric ?? defaultMetric(field)
}

/** The engine's declaration of the dense vector fields. */
export function engineVectors(fields: readonly Field[], indexes: readonly IndexRecord[]): Vectors {
  const vectors: Record<string, Vectors[string]> = {}
  for (const field of fields) {
    if (!isDense(field.type)) continue
    const index = indexes.find((one) => one.field === field.name)
    vectors[field.name] = {
      dimension: dimOf(field),
      metric: METRICS[metricOf(field, indexes)] ?? 'cosine',
      index: engineIndex(index),
    }
  }
  return vectors
}

function engineIndex(index: IndexRecord | undefined): NonNullable<Vectors[string]['index']> {
  if (index === undefined) return { type: 'auto' }
  if (index.type === 'FLAT' || index.type === 'BIN_FLAT') return { type: 'flat' }
  if (!index.type.startsWith('HNSW')) return { type: 'auto' }
  const { M, efConstruction } = { ...(JSON.parse(index.params ?? '{}') as Record<string, unknown>), ...index.extra }
  const within = (value: unknown, from: number, to: number, otherwise: number) => {
    const number = Number(value)
    return Number.isInteger(number) ? Math.min(to, Math.max(from, number)) : otherwise
  }
  return { type: 'hnsw', m: within(M, 2, 256, 16), efConstruction: within(efConstruction, 8, 4096, 128) }
}

/** Whether two declarations of a collection's vectors differ. */
export function isPlacedAlike(a: Vectors, b: Vectors): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
