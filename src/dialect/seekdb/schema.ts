// A collection's schema: its indexes. Converted to JSON for the catalog and back.

import {
  type EmbeddingFunction,
  getEmbeddingFunction,
  getSparseEmbeddingFunction,
  type SparseEmbeddingFunction,
  type StoredFunction,
} from './embedding.ts'
import { SeekdbValueError, shown } from './errors.ts'
import {
  FulltextIndexConfig,
  type FulltextIndexJson,
  SparseVectorIndexConfig,
  type SparseVectorIndexJson,
  VectorIndexConfig,
  type VectorIndexJson,
} from './index-config.ts'
import { readOptions } from './options.ts'
import type { Configuration, ConfigurationParam, HnswParams } from './types.ts'

export type IndexConfig = FulltextIndexConfig | VectorIndexConfig | SparseVectorIndexConfig

/** Whether an index is given, of this or another copy of the package. @throws SeekdbValueError for anything else. */
function isIndex<I extends IndexConfig>(given: I | null | undefined, name: string): given is I {
  if (given === undefined || given === null) return false
  if (typeof given.toMetadataJson === 'function') return true
  throw new SeekdbValueError(`Invalid "${name}": expected its class, got ${shown(given)}`)
}

/** The indexes of a collection: always full text and vectors, and sparse vectors on request. */
export class Schema {
  fulltextIndex?: FulltextIndexConfig
  vectorIndex?: VectorIndexConfig
  sparseVectorIndex?: SparseVectorIndexConfig

  constructor(
    config: {
      fulltextIndex?: FulltextIndexConfig
      vectorIndex?: VectorIndexConfig
      sparseVectorIndex?: SparseVectorIndexConfig
    } = {},
  ) {
    const { fulltextIndex, vectorIndex, sparseVectorIndex } = config ?? {}
    if (isIndex(fulltextIndex, 'fulltextIndex')) this.fulltextIndex = fulltextIndex
    if (isIndex(vectorIndex, 'vectorIndex')) this.vectorIndex = vectorIndex
    if (isIndex(sparseVectorIndex, 'sparseVectorIndex')) this.sparseVectorIndex = sparseVectorIndex
  }

  /** Sets the index of the config's kind, replacing an earlier one. @throws TypeError for anything else. */
  createIndex(config: IndexConfig): this {
    if (config instanceof FulltextIndexConfig) this.fulltextIndex = config
    else if (config instanceof VectorIndexConfig) this.vectorIndex = config
    else if (config instanceof SparseVectorIndexConfig) this.sparseVectorIndex = config
    else {
      throw new TypeError(
        'Unknown index config: createIndex takes a FulltextIndexConfig, VectorIndexConfig or SparseVectorIndexConfig',
      )
    }
    return this
  }

  /** Full text and vectors, the indexes of a collection without a schema. */
  static default(): Schema {
    return schemaWith({ fulltextIndex: new FulltextIndexConfig(), vectorIndex: new VectorIndexConfig() })
  }

  /** The schema that createCollection's `configuration` and `embeddingFunction` stand for. */
  static fromLegacy(
    configuration: ConfigurationParam | null | undefined,
    embeddingFunction?: EmbeddingFunction | null,
  ): Schema {
    const { hnsw, fulltextConfig } = partsOf(configuration)
    const vectorOptions = {
      ...(hnsw === undefined ? {} : { hnsw }),
      ...(embeddingFunction === undefined ? {} : { embeddingFunction }),
    }
    return schemaWith({
      fulltextIndex: new FulltextIndexConfig(fulltextConfig?.analyzer, fulltextConfig?.properties),
      vectorIndex: new VectorIndexConfig(vectorOptions),
    })
  }

  /** A `SchemaJson`. */
  // biome-ignore lint/suspicious/noExplicitAny: the driver's type; programs read from it without a check
  toMetadataJson(): any {
    const { fulltextIndex, vectorIndex, sparseVectorIndex } = this
    return {
      ...(fulltextIndex === undefined ? {} : { fulltextIndex: fulltextIndex.toMetadataJson() }),
      ...(vectorIndex === undefined ? {} : { vectorIndex: vectorIndex.toMetadataJson() }),
      ...(sparseVectorIndex === undefined ? {} : { sparseVectorIndex: sparseVectorIndex.toMetadataJson() }),
    } satisfies SchemaJson
  }

  /** The schema that `toMetadataJson` converted; its functions are rebuilt. Undefined for anything but an object. */
  static fromJSON(json: unknown): Promise<Schema | undefined> {
    return restoreSchema(json, {
      dense: (stored) => getEmbeddingFunction(stored.name, stored.properties),
      sparse: (stored) => getSparseEmbeddingFunction(stored.name, stored.properties),
    })
  }
}

/** Outside the class: a class that names itself in its body gets another name in the bundles. */
function schemaWith(config: ConstructorParameters<typeof Schema>[0]): Schema {
  return new Schema(config)
}

/** A schema as the catalog stores it. */
export interface SchemaJson {
  fulltextIndex?: FulltextIndexJson
  vectorIndex?: VectorIndexJson
  sparseVectorIndex?: SparseVectorIndexJson
}

/** How stored functions are restored; undefined if there is none. */
export interface FunctionSource {
  dense(stored: StoredFunction): Promise<EmbeddingFunction | undefined>
  sparse(stored: StoredFunction): Promise<SparseEmbeddingFunction | undefined>
}

export async function restoreSchema(json: unknown, source: FunctionSource): Promise<Schema | undefined> {
  if (typeof json !== 'object' || json === null) return undefined
  const { fulltextIndex, vectorIndex, sparseVectorIndex } = json as SchemaJson
  const schema = new Schema()
  if (fulltextIndex) {
    schema.fulltextIndex = new FulltextIndexConfig(fulltextIndex.analyzer, fulltextIndex.properties)
  }
  if (vectorIndex) {
    const { hnsw, embeddingFunction: stored } = vectorIndex
    schema.vectorIndex = new VectorIndexConfig({ hnsw: hnsw ?? {} })
    // The stored dimension is that of the vectors, whatever the function declares by now.
    const restored = stored === undefined ? undefined : await source.dense(stored)
    if (restored !== undefined) schema.vectorIndex.embeddingFunction = restored
  }
  if (sparseVectorIndex !== undefined) {
    const { embeddingFunction: stored, ...fields } = sparseVectorIndex
    const restored = stored === undefined ? undefined : await source.sparse(stored)
    schema.sparseVectorIndex = new SparseVectorIndexConfig({
      ...fields,
      ...(restored === undefined ? {} : { embeddingFunction: restored }),
    })
  }
  return schema
}

/** Unifies the two forms of a configuration. */
function partsOf(configuration: ConfigurationParam | null | undefined): {
  hnsw?: HnswParams
  fulltextConfig?: Configuration['fulltextConfig'] & {}
} {
  if (configuration === null || configuration === undefined) return {}
  const given = readOptions(configuration, 'configuration') as ConfigurationParam
  if ('hnsw' in given || 'fulltextConfig' in given) {
    const { hnsw, fulltextConfig } = given
    return { ...(hnsw ? { hnsw: { ...hnsw } } : {}), ...(fulltextConfig ? { fulltextConfig } : {}) }
  }
  return { hnsw: { ...given } as HnswParams }
}
