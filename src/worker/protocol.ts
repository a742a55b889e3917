// Messages between pages and the worker that runs the engine. Everything here survives structured cloning.

/** The target of a call: the database, a collection by name, or a running iteration. */
export type Target =
  | { readonly kind: 'database' }
  | { readonly kind: 'collection'; readonly name: string }
  | { readonly kind: 'cursor'; readonly cursor: number }

/** A value that could not be cloned, and how it is recreated on the other side. */
export type Hole = readonly [
  path: readonly (string | number)[],
  kind: 'callback' | 'signal' | 'function' | 'symbol' | 'tree' | 'promise' | 'foreign',
  value?: unknown,
]

export interface Packed {
  readonly value: unknown
  readonly holes: readonly Hole[]
}

/** The result of a caller's function for these arguments. */
export interface CallbackAnswer {
  readonly args: unknown
  readonly answer?: Packed
  readonly error?: WireError
}

export interface CallRequest {
  readonly id: number
  readonly target: Target
  readonly method: string
  readonly args: Packed
  /** A method of the cursor that `method` returns; `iterate` begins an iteration. */
  readonly then?: string
  readonly answers?: readonly CallbackAnswer[]
}

export interface OpenRequest {
  /** Version of the page's package. */
  readonly version: string
  readonly path: string
  readonly options: object
  /** The page has no private file system. */
  readonly isWithoutFiles: boolean
  /** An export to create the database from. */
  readonly file: Blob | undefined
}

/** `open` comes first; `cancel` aborts a running call. */
export type Request =
  | CallRequest
  | { readonly id: number; readonly open: OpenRequest }
  | { readonly cancel: number; readonly reason: WireError }

export interface WireError {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly details?: unknown
  readonly cause?: string
}

export interface CollectionName {
  readonly name: string
  readonly primaryKey: string
}

export type Reply =
  | { readonly id: number; readonly value: unknown; readonly done?: boolean }
  | { readonly id: number; readonly error: WireError }
  /** The call needs results of a function that only the caller has; it is repeated with them. */
  | { readonly id: number; readonly used: number; readonly needs: readonly unknown[] }
  | { readonly progress: object }
  | { readonly collections: readonly CollectionName[] }

/** Methods that only read: repeated when the tab that should have answered has gone. */
export const READS: ReadonlySet<string> = new Set(
  ['get', 'getMany', 'has', 'count', 'find', 'search', 'distinct', 'groupBy', 'stats', 'partitions', 'indexes'].concat([
    'explainSearch',
    'collections',
  ]),
)
