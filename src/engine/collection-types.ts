// What the methods of a collection take and answer, as TypeScript sees it.

import type { AnalyzerDefinition } from '../text/index.ts'
import type { Document, Key } from '../value/index.ts'
import type { Filter } from './read/filter.ts'
import type { QueryVector } from './search/search-options.ts'
import type { CollectionState } from './state.ts'

/**
 * A document as it is inserted: the key may be left out where it is called `id`, and what comes back as `Float32Array` may be given as any
 * list of numbers. Without a type of its own, any object.
 */
export type NewDocument<T extends object> = Document extends T
  ? object
  : T extends { id: infer K }
    ? { [F in keyof T as F extends 'id' ? never : F]: Given<T[F]> } & { id?: K | null | undefined }
    : { [F in keyof T]: Given<T[F]> }

type Given<V> = V extends Float32Array ? V | QueryVector : V

/** Some fields of a document, at every depth; `undefined` leaves a field as it is. */
export type Patch<T> = Document extends T ? object : { readonly [K in keyof T]?: PatchValue<T[K]> | undefined }

type PatchValue<V> = V extends readonly unknown[] | Date | ArrayBufferView ? Given<V> : V extends object ? Patch<V> : V

/** Which documents: one key, several keys, or a filter (`{}` is all). */
export type Selection = Key | readonly Key[] | Filter

/** What `insert` takes: a document, several, or anything that yields them. */
export type Source<T extends object> =
  | NewDocument<T>
  | readonly NewDocument<T>[]
  | Iterable<NewDocument<T>>
  | AsyncIterable<NewDocument<T>>

/** Figures of a collection. */
export interface CollectionStats {
  readonly documents: number
  /** Of the documents as stored. */
  readonly bytes: number
  /** Vectors stored in declared fields. */
  readonly vectors: number
  /** Secondary indexes. */
  readonly indexes: number
  readonly partitions: number
  /** Bytes of memory held. */
  readonly memory: number
  /** Vectors written that their graph has yet to take in; searches find them all the same. */
  readonly pending?: number
}

/** One partition, as `partitions()` lists it. */
export interface PartitionInfo {
  readonly name: string
  readonly documents: number
}

/** An index, as `indexes()` lists it. */
export type IndexInfo = OrderedIndexInfo | TextIndexInfo | SparseIndexInfo

export interface OrderedIndexInfo {
  readonly name: string
  readonly type: 'ordered'
  /** Dotted paths. */
  readonly fields: readonly string[]
  readonly unique: boolean
  readonly multi: boolean
  /** One for each document; under `multi` one for each element. */
  readonly entries: number
}

export interface TextIndexInfo {
  readonly name: string
  readonly type: 'text'
  readonly fields: readonly string[]
  /** Its complete definition. */
  readonly analyzer: AnalyzerDefinition
  readonly k1: number
  readonly b: number
  /** Documents with a text in one of the fields, as far as they have been looked at. */
  readonly entries: number
}

export interface SparseIndexInfo {
  readonly name: string
  readonly type: 'sparse'
  readonly fields: readonly string[]
  /** Documents with a vector in the field, as far as they have been looked at. */
  readonly entries: number
}

/** What the database does for a collection: it touches the catalog. */
export interface PartitionKeeper {
  create(state: CollectionState, name: unknown): Promise<void>
  drop(state: CollectionState, name: unknown): Promise<void>
  createIndex(state: CollectionState, name: unknown, options: unknown): Promise<void>
  dropIndex(state: CollectionState, name: unknown): Promise<void>
}
