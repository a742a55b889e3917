// What the page and the worker with the engine say to each other.

import type { CollectionStats, Document, IndexInfo, Key, SearchExplanation } from 'quiverdb'
import type { Shown } from './worker/inspect.ts'

/** Where the database is kept, in the origin's own file system. */
export const DATABASE = 'playground'

/** Points on the map at most: beyond it the page would be slow, and the eye sees no more. */
export const MAP_POINTS_MAX = 3_000

export const INTERFACES = ['quiverdb', 'rethinkdb', 'milvus', 'epsilla', 'seekdb'] as const
export type Interface = (typeof INTERFACES)[number]

export const DATA_SETS = ['films', 'digits', 'wordnet'] as const
export type DataSet = (typeof DATA_SETS)[number]

export interface VectorField {
  readonly name: string
  readonly dimension: number
  readonly metric: string
}

export interface CollectionFigures {
  readonly name: string
  readonly primaryKey: string
  readonly vectors: readonly VectorField[]
  readonly stats: CollectionStats
  readonly indexes: readonly IndexInfo[]
  readonly partitions: readonly string[]
}

export interface Overview {
  readonly collections: readonly CollectionFigures[]
  /** Of the origin, in bytes; undefined where the browser does not say. */
  readonly usage: number | undefined
}

export interface FindRequest {
  readonly collection: string
  /** As typed: JSON, or nothing. */
  readonly filter: string
  readonly sort: string
  readonly skip: number
  readonly limit: number
}

export interface FindAnswer {
  readonly documents: readonly Document[]
  readonly count: number
  readonly plan: string
  readonly ms: number
}

export interface SearchRequest {
  readonly collection: string
  readonly limit: number
  readonly filter: string
  /** One of these. */
  readonly text?: string
  readonly index?: string
  readonly vector?: Float32Array
  readonly field?: string
  readonly key?: Key
}

export interface Hit {
  readonly id: Key
  readonly distance: number
  readonly document: Document
}

export interface SearchAnswer {
  readonly hits: readonly Hit[]
  readonly ms: number
  readonly explanation?: SearchExplanation
}

export interface ProgramLine {
  readonly level: 'log' | 'warn' | 'error' | 'result'
  readonly values: readonly Shown[]
  /** Since the program began. */
  readonly ms: number
}

export interface ProgramAnswer {
  readonly ms: number
  readonly isFailed: boolean
}

/** The places of a collection's documents on the map, and what is drawn there. */
export interface MapPoints {
  readonly keys: readonly Key[]
  /** x and y in turn, within -1 and 1; all 0 while they are not known. */
  readonly places: Float32Array
  readonly labels: readonly string[]
  /** Grey values, `side * side` a point, where the vectors are pictures. */
  readonly pictures: Uint8Array | undefined
  readonly side: number
  readonly total: number
  readonly isPlaced: boolean
}

/** What the worker does when it is asked; each answers with a promise. */
export interface Requests {
  open(): Overview
  overview(): Overview
  load(set: DataSet): { collection: string; documents: number; ms: number }
  importFile(file: File): {
    collection: string
    documents: number
    refused: number
    firstError: string | undefined
    ms: number
  }
  find(request: FindRequest): FindAnswer
  get(collection: string, key: Key): Document | undefined
  search(request: SearchRequest): SearchAnswer
  vectorOf(collection: string, field: string, key: Key): Float32Array | undefined
  run(dialect: Interface, program: string): ProgramAnswer
  map(collection: string, field: string): MapPoints
  neighbours(
    collection: string,
    field: string,
    keys: readonly Key[],
    k: number,
  ): { indices: number[][]; distances: number[][] }
  keepMap(collection: string, field: string, places: Float32Array): void
  optimize(collection: string): { ms: number }
  drop(collection: string): void
  close(): void
}

export type RequestName = keyof Requests

export interface RequestMessage {
  readonly id: number
  readonly name: RequestName
  readonly args: readonly unknown[]
}

/** The first message: where the page lies. */
export interface PageMessage {
  readonly page: string
}

export type WorkerMessage =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } }
  | { readonly line: ProgramLine }
  | { readonly progress: { readonly what: string; readonly part: number | undefined } }
