// What a vector field is searched by.

import type { IndexRecord } from './catalog.ts'
import { DataType } from './enums.ts'
import type { Field } from './schema.ts'

/** What an index that names no metric uses. */
function defaultMetric(field: Field): string {
  if (field.type === DataType.SparseFloatVector) return field.isFunctionOutput ? 'BM25' : 'IP'
  if (field.type !== DataType.BinaryVector) return 'COSINE'
  return field.isFunctionOutput ? 'MHJACCARD' : 'HAMMING'
}

/** The metric a vector field is searched by. */
export function metricOf(field: Field, indexes: readonly IndexRecord[], owner?: string): string {
  const name = owner === undefined ? field.name : `${owner}[${field.name}]`
  const metric = indexes.find((index) => index.field === name)?.metric
  return metric ?? (owner === undefined ? defaultMetric(field) : 'MAX_SIM_COSINE')
}

/** Name of the engine's index over a sparse field. */
export function rankedIndexName(field: string): string {
  return `milvus.${field}`
}
