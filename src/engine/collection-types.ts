// What the methods of a collection take and return, as TypeScript sees it.

import type { AnalyzerDefinition } from '../text/index.ts'
import type { Document, Key } from '../value/index.ts'
import type { Filter } from './read/filter.ts'
import type { QueryVector } from './search/search-options.ts'
import type { CollectionState } from './state.ts'

/**
 * A document as passed to `insert`: the key may be omitted if it is called `id`, and a field of type `Float32Array` may
 * be given as any list of numbers. In a collection without a type argument, any object. `T` itself is
 * accepted for functions that are generic in it.
 */
export type NewDocument<T extends object> =
  | T
  | (Document extends T
      ? object
      : T extends { id: infer K }
        ? { [F in keyof T as F extends 'id' ? never : F]: Given<T[F]> } & { id?: K | null | undefined }
        : { [F in keyof T]: Given<T[F]> })

type Given<V> = V extends Float32Array ? V | QueryVector : V

/** Some fields of a document, at any depth; a field that is `undefined` is left as it is. */
export type Patch<T> =
  | Partial<T>
  | (Document extends T ? object : { readonly [K in keyof T]?: PatchValue<T[K]> | undefined })

type PatchValue<V> = V extends readonly unknown[] | Date | ArrayBufferView ? Given<V> : V extends object ? Patch<V> : V

/** Which documents: one key, several keys, or a filter (`{}` selects all). */
export type Selection = Key | readonly Key[] | Filter

/** What `insert` takes: one document, several, or anything that yields them. */
export type Source<T extends object> =
  | NewDocument<T>
  | readonly NewDocument<T>[]
  | Iterable<NewDocument<T>>
  | AsyncIterable<NewDocument<T>>

/** Statistics of a collection. */
export interface CollectionStats {
  readonly documents: number
  /** Size of the documents as stored. */
  readonly bytes: number
  /** Vectors stored in declared fields. */
  readonly vectors: number
  /** Number of secondary indexes. */
  readonly indexes: number
  readonly partitions: number
  /** Bytes of memory held. */
  readonly memory: number
  /** Vectors written but not yet linked into their graph; searches find them all the same. */
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
  /** One per document; with `multi` one per array element. */
  readonly entries: number
}

export interface TextIndexInfo {
  readonly name: string
  readonly type: 'text'
  readonly fields: readonly string[]
  /** With all defaults filled in. */
  readonly analyzer: AnalyzerDefinition
  readonly k1: number
  readonly b: number
  /** Documents with text in one of the fields, as far as they have been indexed. */
  readonly entries: number
}

export interface SparseIndexInfo {
  readonly name: string
  readonly type: 'sparse'
  readonly fields: readonly string[]
  /** Documents with a vector in the field, as far as they have been indexed. */
  readonly entries: number
}

/** What the database does for a collection because it changes the catalog. */
export interface PartitionKeeper {
  create(state: CollectionState, name: unknown): Promise<void>
  drop(state: CollectionState, name: unknown): Promise<void>
  createIndex(state: CollectionState, name: unknown, options: unknown): Promise<void>
  dropIndex(state: CollectionState, name: unknown): Promise<void>
}
