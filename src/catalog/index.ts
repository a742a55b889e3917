export { crc32c } from './checksum.ts'
export {
  type CatalogState,
  type CollectionDefinition,
  DEFAULT_PARTITION,
  EMPTY_CATALOG,
  type IndexDefinition,
  type Metric,
  type PartitionDefinition,
  type Quantization,
  type VectorDefinition,
  type VectorElement,
  type VectorIndexDefinition,
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
export {
  CATALOG_COPY_FILE,
  CATALOG_FILE,
  CATALOG_NEW_FILE,
  fileStem,
  orphanFiles,
  parseDataFile,
} from './files.ts'
export { CATALOG_VERSION, decodeCatalog, encodeCatalog } from './format.ts'
export { type IndexOptions, indexShape } from './index-options.ts'
export {
  type InvertedDefinition,
  invertedShape,
  isInverted,
  type SparseIndexDefinition,
  type SparseIndexOptions,
  type TextIndexDefinition,
  type TextIndexOptions,
} from './inverted.ts'
export { NAME_LENGTH_MAX, requireName } from './name.ts'
export {
  type CollectionOptions,
  collectionShape,
  DIMENSION_MAX,
  SHARDS_MAX,
  type VectorIndexOptions,
  type VectorOptions,
} from './options.ts'
export type { FieldDefinition, FieldSchema, FieldType, Schema } from './schema.ts'
