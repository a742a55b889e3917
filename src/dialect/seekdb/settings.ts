// Turns the options of createCollection into a schema, a dimension, a metric and the functions to use.

import { DEFAULT_DISTANCE_METRIC, DEFAULT_VECTOR_DIMENSION } from './constants.ts'
import { type EmbeddingFunction, getEmbeddingFunction, type SparseEmbeddingFunction } from './embedding.ts'
import { SeekdbValueError } from './errors.ts'
import { FulltextIndexConfig, VectorIndexConfig } from './index-config.ts'
import { Schema } from './schema.ts'
import type { CreateCollectionOptions, DistanceMetric } from './types.ts'

export interface Settings {
  readonly schema: Schema
  readonly dimension: number
  readonly distance: DistanceMetric
  readonly embeddingFunction: EmbeddingFunction | undefined
  readonly sparseEmbeddingFunction: SparseEmbeddingFunction | undefined
}

/** @throws SeekdbValueError when the options contradict each other. */
export async function resolveSettings(options: CreateCollectionOptions): Promise<Settings> {
  const { configuration, embeddingFunction: option } = options
  if (typeof (options.schema ?? {}) !== 'object') throw new SeekdbValueError('schema must be a Schema')
  // As in the driver an object with a schema's fields is one, and one of another copy of the package is, too.
  const given = options.schema ? new Schema(options.schema) : Schema.fromLegacy(configuration, option)
  const hnsw = given.vectorIndex?.hnsw ?? {}
  const embeddingFunction = await chooseFunction(given.vectorIndex?.embeddingFunction, option)
  if (configuration === null && embeddingFunction === undefined && hnsw.dimension === undefined) {
    throw new SeekdbValueError(
      'Cannot create collection: configuration is explicitly set to null and embedding_function is also null. ' +
        'One of them must give the dimension.',
    )
  }
  const dimension = await dimensionOf(embeddingFunction, hnsw.dimension)
  const distance = hnsw.distance ?? DEFAULT_DISTANCE_METRIC
  const schema = new Schema({
    ...given,
    fulltextIndex: given.fulltextIndex ?? new FulltextIndexConfig(),
    vectorIndex: new VectorIndexConfig({
      hnsw: { ...hnsw, dimension, distance },
      embeddingFunction: embeddingFunction ?? null,
    }),
  })
  return {
    schema,
    dimension,
    distance,
    embeddingFunction,
    sparseEmbeddingFunction: schema.sparseVectorIndex?.embeddingFunction ?? undefined,
  }
}

async function chooseFunction(
  ofSchema: EmbeddingFunction | null | undefined,
  option: EmbeddingFunction | null | undefined,
): Promise<EmbeddingFunction | undefined> {
  if (ofSchema === null) return undefined
  const chosen = ofSchema ?? option
  if (chosen === null) return undefined
  if (chosen === undefined) return await getEmbeddingFunction()
  if (typeof chosen !== 'object' || typeof chosen.generate !== 'function') {
    throw new SeekdbValueError('embeddingFunction must have a method generate')
  }
  return chosen
}

async function dimensionOf(fn: EmbeddingFunction | undefined, configured: number | undefined): Promise<number> {
  if (fn === undefined) return configured ?? DEFAULT_VECTOR_DIMENSION
  const declared = fn.dimension
  const dimension = typeof declared === 'number' ? declared : (await fn.generate(['seekdb']))?.[0]?.length
  if (!dimension) {
    throw new SeekdbValueError("Embedding function returned empty result when called with 'seekdb'")
  }
  if (configured !== undefined && configured !== dimension) {
    throw new SeekdbValueError(
      `Configuration dimension (${configured}) does not match embedding function dimension (${dimension})`,
    )
  }
  return dimension
}
