// What the catalog knows: which collections there are, what they are called, how they are keyed, and which files hold
// them. Definitions are immutable; a change makes a new `CatalogState`, which is saved and then takes the old one's place.

import type { InvertedDefinition, InvertedShape } from './inverted.ts'
import type { FieldDefinition } from './schema.ts'

export type Metric = 'cosine' | 'l2' | 'ip' | 'hamming' | 'jaccard'
export type VectorIndexType = 'auto' | 'flat' | 'hnsw'
/** What a lane is stored as. */
export type VectorElement = 'f32' | 'f16' | 'bf16' | 'int8'
/** The same, or an int8 code of a vector that has one scale. */
export type StoredElement = VectorElement | 'codes'
export type Quantization = 'none' | 'int8' | 'binary'

/** How one vector field is indexed. */
export interface VectorIndexDefinition {
  readonly type: VectorIndexType
  readonly m: number
  readonly efConstruction: number
  /** Vectors from which on there is a graph; left out for the usual number. */
  readonly graphFrom?: number
  readonly quantization: Quantization
}

/** One vector column. */
export interface VectorDefinition {
  readonly name: string
  /** Lanes; bits for `hamming` and `jaccard`. */
  readonly dimension: number
  readonly metric: Metric
  /** f32 where it is not given. */
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
  /** Unique in the collection, never used again. */
  readonly id: number
  readonly name: string
  /** Dotted paths, 1 to 16. */
  readonly fields: readonly string[]
  readonly unique: boolean
  /** Of an array at the first path each element has an entry. */
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
  /** The default one first. */
  readonly partitions: readonly PartitionDefinition[]
  /** Ids below it are taken or were; they are never used again. */
  readonly nextPartitionId: number
  /** Ordered ones. */
  readonly indexes: readonly IndexDefinition[]
  /** Text and sparse ones; their names and ids are none of the others'. */
  readonly inverted: readonly InvertedDefinition[]
  /** Ids below it are taken or were; they are never used again. */
  readonly nextIndexId: number
}

export interface CatalogState {
  /** One more with each save: says which of two copies is the later. */
  readonly sequence: number
  /** 16 hexadecimal digits, of its own: logs of another database are told by it. Missing where earlier versions made it. */
  readonly id?: string
  /** Ids below it are taken or were; they are never used again. */
  readonly nextCollectionId: number
  readonly collections: readonly CollectionDefinition[]
  /** An import has begun and not come to its end: what files are there are none of a database's. */
  readonly isImporting?: true
}

export const EMPTY_CATALOG: CatalogState = { sequence: 0, nextCollectionId: 1, collections: [] }

/** The partition that documents go to when none is named. */
export const DEFAULT_PARTITION = '_default'

/** The catalog with one more collection, made of its default partition. */
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

/** The catalog with `definition` in the place of the one with the same id. */
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

/** The collection without the partition of that name. */
export function withoutPartition(definition: CollectionDefinition, name: string): CollectionDefinition {
  return { ...definition, partitions: definition.partitions.filter((partition) => partition.name !== name) }
}

/** The collection with one more index, which comes last. */
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

/** The collection with one more text or sparse index, which comes last. */
export function withInverted(definition: CollectionDefinition, shape: InvertedShape): CollectionDefinition {
  const index: InvertedDefinition = { id: definition.nextIndexId, ...shape }
  return { ...definition, inverted: [...definition.inverted, index], nextIndexId: index.id + 1 }
}

/** The collection without the index of that name. */
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

/** How the names of a physical partition's files begin. */
export function fileStem(collectionId: number, partitionId: number): string {
  return `c${collectionId}.p${partitionId}`
}
