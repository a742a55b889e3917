// The three kinds of index in a schema, with the driver's checks of their parameters.
//
// Parameters of graphs and codes are checked and kept, so that a schema reads back as it was given; the engine chooses
// its own.

import {
  type EmbeddingFunction,
  type SparseEmbeddingFunction,
  type StoredFunction,
  storedFunction,
} from './embedding.ts'
import { SeekdbValueError, shown } from './errors.ts'
import { Key, keyName } from './key.ts'
import type { FulltextAnalyzer, FulltextAnalyzerPropertiesMap, HnswParams, SourceKey } from './types.ts'

type Rule = readonly [min: number, max: number] | readonly (string | number | boolean)[]
interface Range {
  readonly from: number
  readonly to: number
  readonly isWhole: boolean
}
type Check = Range | { readonly oneOf: Rule }

const whole = (from: number, to: number): Check => ({ from, to, isWhole: true })
const real = (from: number, to: number): Check => ({ from, to, isWhole: false })
const oneOf = (...values: (string | number | boolean)[]): Check => ({ oneOf: values })
const BOOLEAN = oneOf(true, false)

/** @throws SeekdbValueError for the first field whose value is not allowed. */
function check(fields: object, checks: Readonly<Record<string, Check>>): void {
  for (const [name, rule] of Object.entries(checks)) {
    const value = (fields as Record<string, unknown>)[name]
    if (value === undefined) continue
    if ('oneOf' in rule) {
      if (rule.oneOf.includes(value as never)) continue
      throw new SeekdbValueError(`Invalid "${name}": expected one of [${rule.oneOf.join(', ')}], got ${shown(value)}`)
    }
    const isNumber = typeof value === 'number' && (rule.isWhole ? Number.isInteger(value) : Number.isFinite(value))
    if (isNumber && value >= rule.from && value <= rule.to) continue
    throw new SeekdbValueError(`Invalid "${name}": expected [${rule.from}, ${rule.to}], got ${shown(value)}`)
  }
}

// --- vectors

export interface VectorIndexConfigOptions {
  hnsw?: HnswParams
  embeddingFunction?: EmbeddingFunction | null
}

const HNSW_CHECKS = {
  dimension: whole(1, 4096),
  distance: oneOf('l2', 'cosine', 'inner_product'),
  type: oneOf('hnsw', 'hnsw_sq', 'hnsw_bq'),
  lib: oneOf('vsag'),
  m: whole(5, 128),
  ef_construction: whole(5, 1000),
  ef_search: whole(1, 1000),
  extra_info_max_size: whole(0, 16384),
}
const BINARY_CHECKS = {
  refine_k: real(1, 1000),
  refine_type: oneOf('sq8', 'fp32'),
  bq_bits_query: oneOf(0, 4, 32),
  bq_use_fht: BOOLEAN,
}

/** How a collection's vectors are compared, and which function makes them. */
export class VectorIndexConfig {
  readonly _type = 'VectorIndexConfig'
  hnsw?: HnswParams
  embeddingFunction?: EmbeddingFunction | null

  constructor(options: VectorIndexConfigOptions = {}) {
    const { hnsw, embeddingFunction } = options ?? {}
    if (hnsw !== undefined && hnsw !== null) {
      check(hnsw, HNSW_CHECKS)
      if (hnsw.type === 'hnsw_bq') check(hnsw, BINARY_CHECKS)
      else if (hnsw.type !== undefined) requireNone(hnsw, Object.keys(BINARY_CHECKS))
      const declared = embeddingFunction?.dimension
      if (typeof declared === 'number' && hnsw.dimension !== undefined) requireSameDimension(declared, hnsw.dimension)
      this.hnsw = hnsw
    }
    if (embeddingFunction !== undefined) this.embeddingFunction = embeddingFunction
  }

  /** A `VectorIndexJson`. */
  // biome-ignore lint/suspicious/noExplicitAny: the driver's type; programs read from it without a check
  toMetadataJson(): any {
    const embeddingFunction = storedFunction(this.embeddingFunction)
    return withoutUndefined({ hnsw: this.hnsw, embeddingFunction }) satisfies VectorIndexJson
  }
}

export interface VectorIndexJson {
  hnsw?: HnswParams
  embeddingFunction?: StoredFunction
}

function requireNone(hnsw: object, fields: readonly string[]): void {
  const field = fields.find((name) => (hnsw as Record<string, unknown>)[name] !== undefined)
  if (field !== undefined) throw new SeekdbValueError(`"${field}" is only supported when type is "hnsw_bq"`)
}

/** @throws SeekdbValueError when the dimension that a function declares differs from the configured one. */
function requireSameDimension(declared: number, configured: number): void {
  if (declared === configured) return
  throw new SeekdbValueError(`Embedding function dimension (${declared}) does not match hnsw dimension (${configured})`)
}

// --- sparse vectors

export interface SparseVectorIndexConfigOptions {
  sourceKey?: SourceKey
  distance?: 'inner_product'
  type?: 'sindi'
  lib?: 'vsag'
  embeddingFunction?: SparseEmbeddingFunction | null
  prune?: boolean
  refine?: boolean
  drop_ratio_build?: number
  drop_ratio_search?: number
  refine_k?: number
}

const SPARSE_CHECKS = {
  distance: oneOf('inner_product'),
  type: oneOf('sindi'),
  lib: oneOf('vsag'),
  prune: BOOLEAN,
  refine: BOOLEAN,
  drop_ratio_build: real(0, 0.9),
  drop_ratio_search: real(0, 0.9),
  refine_k: real(1, 1000),
}
const SPARSE_FIELDS = Object.keys(SPARSE_CHECKS) as (keyof typeof SPARSE_CHECKS)[]

/** Which text of a record gets sparse vectors, and which function makes them. */
export class SparseVectorIndexConfig {
  readonly _type = 'SparseVectorIndexConfig'
  readonly distance?: 'inner_product'
  readonly type?: 'sindi'
  readonly lib?: 'vsag'
  readonly sourceKey: Exclude<SourceKey, null>
  readonly embeddingFunction?: SparseEmbeddingFunction | null
  readonly prune?: boolean
  readonly refine?: boolean
  readonly drop_ratio_build?: number
  readonly drop_ratio_search?: number
  readonly refine_k?: number

  constructor(options: SparseVectorIndexConfigOptions = {}) {
    check(options, SPARSE_CHECKS)
    const { sourceKey, embeddingFunction } = options
    this.sourceKey = sourceKey || Key.DOCUMENT
    if (embeddingFunction !== undefined) this.embeddingFunction = embeddingFunction
    for (const field of SPARSE_FIELDS) {
      if (options[field] !== undefined) Object.assign(this, { [field]: options[field] })
    }
  }

  /** A `SparseVectorIndexJson`. */
  // biome-ignore lint/suspicious/noExplicitAny: the driver's type; programs read from it without a check
  toMetadataJson(): any {
    const fields = Object.fromEntries(SPARSE_FIELDS.map((field) => [field, this[field]]))
    const embeddingFunction = storedFunction(this.embeddingFunction)
    const json = { sourceKey: keyName(this.sourceKey), ...fields, embeddingFunction }
    return withoutUndefined(json) satisfies SparseVectorIndexJson
  }
}

export interface SparseVectorIndexJson extends Omit<SparseVectorIndexConfigOptions, 'sourceKey' | 'embeddingFunction'> {
  sourceKey: string
  embeddingFunction?: StoredFunction
}

// --- full text

const ANALYZER_CHECKS: Readonly<Record<FulltextAnalyzer, Readonly<Record<string, Check>>>> = {
  space: { min_token_size: whole(1, 16), max_token_size: whole(10, 84) },
  beng: { min_token_size: whole(1, 16), max_token_size: whole(10, 84) },
  ngram: { ngram_token_size: whole(1, 10) },
  ngram2: { min_ngram_size: whole(1, 16), max_ngram_size: whole(1, 16) },
  ik: { ik_mode: oneOf('smart', 'max_word') },
}

/** How a collection's documents are split into words for full-text search. */
export class FulltextIndexConfig {
  readonly _type = 'FulltextIndexConfig'
  readonly analyzer: FulltextAnalyzer
  readonly properties?: FulltextAnalyzerPropertiesMap[FulltextAnalyzer]

  constructor(analyzer?: FulltextAnalyzer | null, properties?: FulltextAnalyzerPropertiesMap[FulltextAnalyzer] | null) {
    this.analyzer = analyzer ?? 'ik'
    if (typeof this.analyzer !== 'string') throw new SeekdbValueError(`Invalid "analyzer": got ${shown(analyzer)}`)
    this.properties = properties ?? {}
    if (Object.hasOwn(ANALYZER_CHECKS, this.analyzer)) check(this.properties, ANALYZER_CHECKS[this.analyzer])
    // biome-ignore lint/suspicious/noConsole: the driver warns and goes on
    else console.warn(`[seekdb] Unknown analyzer "${this.analyzer}", skipping property validation`)
  }

  /** A `FulltextIndexJson`. */
  // biome-ignore lint/suspicious/noExplicitAny: the driver's type; programs read from it without a check
  toMetadataJson(): any {
    return { analyzer: this.analyzer, properties: this.properties ?? {} } satisfies FulltextIndexJson
  }
}

export interface FulltextIndexJson {
  analyzer: FulltextAnalyzer
  properties?: FulltextAnalyzerPropertiesMap[FulltextAnalyzer]
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}
