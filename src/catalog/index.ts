export {
  type CatalogState,
  type CollectionDefinition,
  DEFAULT_PARTITION,
  EMPTY_CATALOG,
  fileStem,
  type IndexDefinition,
  type Metric,
  type PartitionDefinition,
  type Quantization,
  type VectorDefinition,
  type VectorElement,
  type VectorIndexType,
  withChanged,
  withCollection,
  withIndex,
  withInverted,
  withoutCollection,
  withoutIndex,
  withoutPartition,
  withPartition,
} from './definition.ts'
export type { IndexOptions } from './index-options.ts'
export type {
  InvertedDefinition,
  SparseIndexDefinition,
  SparseIndexOptions,
  TextIndexDefinition,
  TextIndexOptions,
} from './inverted.ts'
export { requireName } from './name.ts'
export {
  type CollectionOptions,
  collectionShape,
  type VectorIndexOptions,
  type VectorOptions,
} from './options.ts'
export { FIELD_TYPES, type FieldDefinition, type FieldSchema, type FieldType, type Schema } from './schema.ts'
