// The entry of `quiverdb/seekdb`: the official driver's interface over an embedded store.

export { type Bm25Config, Bm25EmbeddingFunction } from './bm25.ts'
export { AdminClient, Client, SeekdbAdminClient, SeekdbClient } from './client.ts'
export { Collection, type CollectionConfig } from './collection.ts'
export {
  DEFAULT_CHARSET,
  DEFAULT_DATABASE,
  DEFAULT_DISTANCE_METRIC,
  DEFAULT_PORT,
  DEFAULT_TENANT,
  DEFAULT_USER,
  DEFAULT_VECTOR_DIMENSION,
} from './constants.ts'
export { Database, OBDatabase } from './database.ts'
export {
  type EmbeddingConfig,
  type EmbeddingFunction,
  type EmbeddingFunctionConstructor,
  getEmbeddingFunction,
  getSparseEmbeddingFunction,
  registerEmbeddingFunction,
  registerSparseEmbeddingFunction,
  type SparseEmbeddingFunction,
  type SparseEmbeddingFunctionConstructor,
  type SparseVector,
  type SparseVectors,
  supportsPersistence,
  supportsSparsePersistence,
} from './embedding.ts'
export {
  InvalidArgumentError,
  InvalidCollectionError,
  SeekdbClientError,
  SeekdbConnectionError,
  SeekdbError,
  SeekdbForbiddenError,
  SeekdbNotFoundError,
  SeekdbServerError,
  SeekdbUnauthorizedError,
  SeekdbValueError,
} from './errors.ts'
export {
  FulltextIndexConfig,
  FulltextIndexConfig as FullTextIndexConfig,
  SparseVectorIndexConfig,
  type SparseVectorIndexConfigOptions,
  VectorIndexConfig,
  type VectorIndexConfigOptions,
} from './index-config.ts'
export { K, Key, type KeyFactory } from './key.ts'
export { type LocalModelConfig, LocalModelEmbedding } from './local-model.ts'
export { validateCollectionName } from './name.ts'
export { type IndexConfig, Schema } from './schema.ts'
export type * from './types.ts'
