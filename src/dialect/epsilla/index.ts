// quiverdb/epsilla: Epsilla's JavaScript client, in process.

export { type ClientConfig, EpsillaDB, type Named } from './client.ts'
export { type CloudClientConfig, EpsillaCloud, VectorDB } from './cloud.ts'
export type { EpsillaRecord } from './document.ts'
export type { Facet } from './facets.ts'
export type { LoadDBPayload, QueryPayload } from './payload.ts'
export type { EpsillaQueryResult, EpsillaResponse } from './response.ts'
export type { SparseVector, TableField, TableIndex } from './schema.ts'
export { type RerankerConfig, type RetrieverConfig, SearchEngine } from './search-engine.ts'
export type {
  DeleteConfig,
  Embedder,
  GetConfig,
  GetConfig as PreviewConfig,
  QueryConfig,
  QueryConfig as CloudQueryConfig,
} from './table.ts'
