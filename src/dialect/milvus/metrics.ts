// The metric by which a vector field is searched.

import type { IndexRecord } from './catalog.ts'
import { DataType } from './enums.ts'
import type { Field } from './schema.ts'

/** The metric of an index that names none. */
function defaultMetric(field: Field): string {
  if (field.type === DataType.SparseFloatVector) return field.isFunctionOutput ? 'BM25' : 'IP'
  if (field.type !== DataType.BinaryVector) return 'COSINE'
  return field.isFunctionOutput ? 'MHJACCARD' : 'HAMMING'
}

/** The metric by which a vector field is searched. */
export function metricOf(field: Field, indexes: readonly IndexRecord[], owner?: string): string {
  const name = owner === undefined ? field.name : `${owner}[${field.name}]`
  const metric = indexes.find((index) => index.field === name)?.metric
  return metric ?? (owner === undefined ? defaultMetric(field) : 'MAX_SIM_COSINE')
}

/** Name of the engine's index on a sparse field. */
export function rankedIndexName(field: string): string {
  return `milvus.${field}`
}
