// What the catalog knows: which collections exist, their names, keys and files. Definitions are immutable: a change
// makes a new `CatalogState`, which is saved and then replaces the old one.

import type { InvertedDefinition, InvertedShape } from './inverted.ts'
import type { FieldDefinition } from './schema.ts'

export type Metric = 'cosine' | 'l2' | 'ip' | 'hamming' | 'jaccard'
export type VectorIndexType = 'auto' | 'flat' | 'hnsw'
/** What a lane is stored as. */
export type VectorElement = 'f32' | 'f16' | 'bf16' | 'int8'
/** A lane type, or the int8 codes of a vector with one scale per vector. */
export type StoredElement = VectorElement | 'codes'
export type Quantization = 'none' | 'int8' | 'binary'

/** How one vector field is indexed. */
export interface VectorIndexDefinition {
  readonly type: VectorIndexType
  readonly m: number
  readonly efConstruction: number
  /** Number of vectors at which a graph is built; undefined for the default. */
  readonly graphFrom?: number
  readonly quantization: Quantization
}

/** One vector column. */
export interface VectorDefinition {
  readonly name: string
  /** Lanes; bits for `hamming` and `jaccard`. */
  readonly dimension: number
  readonly metric: Metric
  /** Undefined means f32. */
  readonly element?: StoredElement | undefined
  readonly index: VectorIndexDefinition
}

/** A partition as users see it: `shards` consecutive physical partitions, from `id` on. */
export interface PartitionDefinition {
  readonly id: number
  readonly name: string
}

/** An ordered index. */
export interface IndexDefinition {
  /** Unique in the collection, never reused. */
  readonly id: number
  readonly name: string
  /** Dotted paths, 1 to 16. */
  readonly fields: readonly string[]
  readonly unique: boolean
  /** An array at the first path gets one entry per element. */
  readonly multi: boolean
}

export interface CollectionDefinition {
  readonly id: number
  readonly name: string
  readonly primaryKey: string
  readonly vectors: readonly VectorDefinition[]
  /** Types of fields; undefined where documents are free-form. */
  readonly schema?: readonly FieldDefinition[]
  /** Physical partitions for each partition; 1 unless the collection was created with `shards`. */
  readonly shards: number
  /** The default partition comes first. */
  readonly partitions: readonly PartitionDefinition[]
  /** Lower ids are or were in use and are never reused. */
  readonly nextPartitionId: number
  /** Ordered indexes. */
  readonly indexes: readonly IndexDefinition[]
  /** Text and sparse indexes; they share no name and no id with the ordered ones. */
  readonly inverted: readonly InvertedDefinition[]
  /** Lower ids are or were in use and are never reused. */
  readonly nextIndexId: number
}

export interface CatalogState {
  /** Grows by one with each save; tells which of two copies is the later. */
  readonly sequence: number
  /**
   * 16 hexadecimal digits that identify this database, so that logs of another one are recognized. Missing in databases
   * made by earlier versions.
   */
  readonly id?: string
  /** Lower ids are or were in use and are never reused. */
  readonly nextCollectionId: number
  readonly collections: readonly CollectionDefinition[]
  /** An import has begun and not finished: the files present do not make up a database. */
  readonly isImporting?: true
}

export const EMPTY_CATALOG: CatalogState = { sequence: 0, nextCollectionId: 1, collections: [] }

/** The partition that documents go to when none is named. */
export const DEFAULT_PARTITION = '_default'

/** The catalog with one more collection, which consists of its default partition. */
export function withCollection(
  state: CatalogState,
  shape: Pick<CollectionDefinition, 'name' | 'primaryKey' | 'vectors' | 'shards' | 'schema'>,
): { state: CatalogState; definition: CollectionDefinition } {
  const definition: CollectionDefinition = {
    id: state.nextCollectionId,
    name: shape.name,
    primaryKey: shape.primaryKey,
    vectors: shape.vectors,
    ...(shape.schema === undefined ? {} : { schema: shape.schema }),
    shards: shape.shards,
    partitions: [{ id: 0, name: DEFAULT_PARTITION }],
    nextPartitionId: shape.shards,
    indexes: [],
    inverted: [],
    nextIndexId: 0,
  }
  const collections = [...state.collections, definition]
  return { state: next(state, collections, state.nextCollectionId + 1), definition }
}

/** The catalog without the collection with this id. */
export function withoutCollection(state: CatalogState, id: number): CatalogState {
  return next(
    state,
    state.collections.filter((collection) => collection.id !== id),
  )
}

/** The catalog with `definition` in place of the collection with the same id. */
export function withChanged(state: CatalogState, definition: CollectionDefinition): CatalogState {
  return next(
    state,
    state.collections.map((old) => (old.id === definition.id ? definition : old)),
  )
}

/** The collection with one more partition. */
export function withPartition(definition: CollectionDefinition, name: string): CollectionDefinition {
  const id = definition.nextPartitionId
  return {
    ...definition,
    partitions: [...definition.partitions, { id, name }],
    nextPartitionId: id + definition.shards,
  }
}

/** The collection without the partition of this name. */
export function withoutPartition(definition: CollectionDefinition, name: string): CollectionDefinition {
  return { ...definition, partitions: definition.partitions.filter((partition) => partition.name !== name) }
}

/** The collection with one more index, added at the end. */
export function withIndex(
  definition: CollectionDefinition,
  shape: Omit<IndexDefinition, 'id'>,
): { definition: CollectionDefinition; index: IndexDefinition } {
  const index = { id: definition.nextIndexId, ...shape }
  return {
    definition: { ...definition, indexes: [...definition.indexes, index], nextIndexId: index.id + 1 },
    index,
  }
}

/** The collection with one more text or sparse index, added at the end. */
export function withInverted(definition: CollectionDefinition, shape: InvertedShape): CollectionDefinition {
  const index: InvertedDefinition = { id: definition.nextIndexId, ...shape }
  return { ...definition, inverted: [...definition.inverted, index], nextIndexId: index.id + 1 }
}

/** The collection without the index of this name. */
export function withoutIndex(definition: CollectionDefinition, name: string): CollectionDefinition {
  return {
    ...definition,
    indexes: definition.indexes.filter((index) => index.name !== name),
    inverted: definition.inverted.filter((index) => index.name !== name),
  }
}

function next(
  state: CatalogState,
  collections: readonly CollectionDefinition[],
  nextCollectionId = state.nextCollectionId,
): CatalogState {
  return { ...state, sequence: state.sequence + 1, nextCollectionId, collections }
}

/** The common prefix of the names of a physical partition's files. */
export function fileStem(collectionId: number, partitionId: number): string {
  return `c${collectionId}.p${partitionId}`
}
