// The options of createCollection, checked and completed. Mistakes are refused here, before anything is made.

import { LimitError, TypeMismatchError, UsageError, unknownOption } from '../error/index.ts'
import type {
  CollectionDefinition,
  Metric,
  Quantization,
  VectorDefinition,
  VectorElement,
  VectorIndexDefinition,
  VectorIndexType,
} from './definition.ts'
import { NAME_LENGTH_MAX } from './name.ts'
import { type Schema, schemaDefinition } from './schema.ts'
import { shown } from './shown.ts'

/** How a vector field is indexed. */
export interface VectorIndexOptions {
  /** `'auto'` (default) scans exactly while the collection is small and builds a graph later. */
  readonly type?: VectorIndexType | undefined
  /** Links per node on each level of the graph, 2 to 256; default 16. More links take more memory and find more. */
  readonly m?: number | undefined
  /** Candidates kept while a node is inserted, 8 to 4,096; default 128. More take more time and find more. */
  readonly efConstruction?: number | undefined
  /**
   * Number of vectors at which a graph is built; below it every vector is compared. 1 or more; default 256 for
   * `'hnsw'`, and 4,000 to 20,000 for `'auto'`, depending on the dimension. A graph, once built, stays.
   */
  readonly graphFrom?: number | undefined
  /** Codes used to traverse the graph: `'int8'` (default, rescored in f32), `'binary'` or `'none'`. */
  readonly quantization?: Quantization | undefined
  /**
   * `false` stores only the int8 codes of a vector, a quarter of the bytes. Vectors are then read back from the codes,
   * each lane within 1/254 of the largest lane, and distances are computed from them. Only with quantization `'int8'`,
   * and without `element`; default `true`.
   */
  readonly keepVectors?: boolean | undefined
}

/** A vector field: stored as a column of f32, or of packed bits for `'hamming'` and `'jaccard'`. */
export interface VectorOptions {
  /** Lanes, 1 to 65,536; bits, a multiple of 8, for `'hamming'` and `'jaccard'`. */
  readonly dimension: number
  /** Default `'cosine'`. */
  readonly metric?: Metric | undefined
  /**
   * How a lane is stored: `'f32'` (default), `'f16'` or `'bf16'` in half the bytes, or `'int8'` for integers from -128
   * to 127. Lanes are rounded to this type, but vectors always come back as `Float32Array`. Not for bit vectors.
   */
  readonly element?: VectorElement | undefined
  readonly index?: VectorIndexOptions | undefined
}

/** Options of `createCollection`. */
export interface CollectionOptions {
  /** The field that identifies a document; default `'id'`. */
  readonly primaryKey?: string | undefined
  /** Vector fields by name. */
  readonly vectors?: Readonly<Record<string, VectorOptions>> | undefined
  /** Types of fields, which every document written must comply with; without a schema documents are free-form. */
  readonly schema?: Schema | undefined
  /** Physical partitions over which documents are spread by key, 1 to 256; default 1. Cannot be changed later. */
  readonly shards?: number | undefined
}

export const SHARDS_MAX = 256
export const DIMENSION_MAX = 65_536
const VECTOR_FIELDS_MAX = 16

const COLLECTION_OPTIONS = ['primaryKey', 'vectors', 'schema', 'shards']
const VECTOR_OPTIONS = ['dimension', 'metric', 'element', 'index']
const INDEX_OPTIONS = ['type', 'm', 'efConstruction', 'graphFrom', 'quantization', 'keepVectors']
const METRICS: readonly Metric[] = ['cosine', 'l2', 'ip', 'hamming', 'jaccard']
const ELEMENTS: readonly VectorElement[] = ['f32', 'f16', 'bf16', 'int8']
const INDEX_TYPES: readonly VectorIndexType[] = ['auto', 'flat', 'hnsw']
const QUANTIZATIONS: readonly Quantization[] = ['none', 'int8', 'binary']

/** Checks the options of `createCollection` and fills in what was left out. */
export function collectionShape(
  name: string,
  options: CollectionOptions = {},
): Pick<CollectionDefinition, 'name' | 'primaryKey' | 'vectors' | 'shards' | 'schema'> {
  const where = 'of createCollection'
  requireOptions(options, COLLECTION_OPTIONS, where)
  const { primaryKey = 'id', vectors = {}, schema, shards = 1 } = options
  if (typeof primaryKey !== 'string' || primaryKey.length === 0) {
    throw new TypeMismatchError(`primaryKey ${where} is the name of a field, got ${shown(primaryKey)}`)
  }
  requireCount(shards, 1, SHARDS_MAX, `shards ${where}`)
  if (typeof vectors !== 'object' || vectors === null || Array.isArray(vectors)) {
    throw new TypeMismatchError(`vectors ${where} is an object of field names, got ${shown(vectors)}`)
  }
  const fields = Object.keys(vectors).length
  if (fields > VECTOR_FIELDS_MAX) {
    throw new LimitError(`a collection has at most ${VECTOR_FIELDS_MAX} vector fields, got ${fields}`, {
      details: { limit: VECTOR_FIELDS_MAX, got: fields },
    })
  }
  return {
    name,
    primaryKey,
    shards,
    vectors: Object.keys(vectors).map((field) => vectorDefinition(field, vectors[field], primaryKey)),
    ...(schema === undefined ? {} : { schema: schemaDefinition(schema, Object.keys(vectors)) }),
  }
}

function vectorDefinition(name: string, options: unknown, primaryKey: string): VectorDefinition {
  const where = `of vector field "${name}"`
  if (name.length === 0) throw new UsageError('a vector field needs a name of at least one character')
  if (name.length > NAME_LENGTH_MAX)
    throw new UsageError(`the name of a vector field has at most ${NAME_LENGTH_MAX} characters, got ${name.length}`)
  if (name === primaryKey)
    throw new UsageError(`field "${name}" is the primary key and cannot be a vector field as well`)
  requireOptions(options, VECTOR_OPTIONS, where)
  const { dimension, metric = 'cosine', element, index = {} } = options as Partial<VectorOptions>
  requireOneOf(metric, METRICS, `metric ${where}`)
  requireCount(dimension, 1, DIMENSION_MAX, `dimension ${where}`)
  if ((metric === 'hamming' || metric === 'jaccard') && dimension % 8 !== 0) {
    throw new UsageError(`dimension ${where} counts bits under "${metric}" and is a multiple of 8, got ${dimension}`)
  }
  if (element !== undefined) {
    requireOneOf(element, ELEMENTS, `element ${where}`)
    if (metric === 'hamming' || metric === 'jaccard') {
      throw new UsageError(`element ${where} is left out under "${metric}": its vectors are bits`)
    }
  }
  const definition = { name, dimension, metric, index: indexDefinition(index, where) }
  if (areCodesAlone(index as VectorIndexOptions, where)) {
    const isLanes = metric !== 'hamming' && metric !== 'jaccard'
    if (!isLanes || element !== undefined || definition.index.quantization !== 'int8') {
      throw new UsageError(
        `index.keepVectors ${where} is false only with quantization "int8", without element and not of bits: nothing else has codes to keep`,
      )
    }
    return { ...definition, element: 'codes' }
  }
  return element === undefined || element === 'f32' ? definition : { ...definition, element }
}

function areCodesAlone({ keepVectors = true }: VectorIndexOptions, where: string): boolean {
  if (typeof keepVectors !== 'boolean') {
    throw new TypeMismatchError(`index.keepVectors ${where} is true or false, got ${shown(keepVectors)}`)
  }
  return !keepVectors
}

function indexDefinition(options: unknown, where: string): VectorIndexDefinition {
  requireOptions(options, INDEX_OPTIONS, `in the index ${where}`)
  const {
    type = 'auto',
    m = 16,
    efConstruction = 128,
    graphFrom,
    quantization = 'int8',
  } = options as VectorIndexOptions
  requireOneOf(type, INDEX_TYPES, `index.type ${where}`)
  requireOneOf(quantization, QUANTIZATIONS, `index.quantization ${where}`)
  requireCount(m, 2, 256, `index.m ${where}`)
  requireCount(efConstruction, 8, 4096, `index.efConstruction ${where}`)
  if (graphFrom === undefined) return { type, m, efConstruction, quantization }
  requireCount(graphFrom, 1, Number.MAX_SAFE_INTEGER, `index.graphFrom ${where}`)
  return { type, m, efConstruction, graphFrom, quantization }
}

function requireOptions(options: unknown, known: readonly string[], where: string): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeMismatchError(`the options ${where} are an object, got ${shown(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw unknownOption(name, known, where)
  }
}

function requireCount(value: unknown, from: number, to: number, what: string): asserts value is number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return
  throw new UsageError(`${what} is a whole number from ${from} to ${to}, got ${shown(value)}`)
}

function requireOneOf<T extends string>(value: unknown, known: readonly T[], what: string): asserts value is T {
  if (known.includes(value as T)) return
  throw new UsageError(`${what} is ${known.map((name) => `"${name}"`).join(' or ')}, got ${shown(value)}`)
}
