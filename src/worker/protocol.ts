// What pages and the worker that runs the engine say to each other. Everything here survives structured cloning.

/** What a call is made on: the database, a collection by name, or an iteration that is under way. */
export type Target =
  | { readonly kind: 'database' }
  | { readonly kind: 'collection'; readonly name: string }
  | { readonly kind: 'cursor'; readonly cursor: number }

/** What could not be cloned, and how it is made anew on the other side. */
export type Hole = readonly [
  path: readonly (string | number)[],
  kind: 'callback' | 'signal' | 'function' | 'symbol' | 'tree' | 'promise' | 'foreign',
  value?: unknown,
]

export interface Packed {
  readonly value: unknown
  readonly holes: readonly Hole[]
}

/** What a function of the caller's answered, for these arguments. */
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
  /** A method of the cursor that `method` makes; `iterate` begins an iteration. */
  readonly then?: string
  readonly answers?: readonly CallbackAnswer[]
}

export interface OpenRequest {
  /** Of the package that the page has. */
  readonly version: string
  readonly path: string
  readonly options: object
  /** The page has no private file system. */
  readonly isWithoutFiles: boolean
  /** An export that the database is made of. */
  readonly file: Blob | undefined
}

/** `open` comes first; `cancel` aborts a call that is under way. */
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
  /** The call needs answers of a function that only the caller has; it is made again with them. */
  | { readonly id: number; readonly used: number; readonly needs: readonly unknown[] }
  | { readonly progress: object }
  | { readonly collections: readonly CollectionName[] }

/** Methods that only look: asked again when the tab that was to answer went away. */
export const READS: ReadonlySet<string> = new Set(
  ['get', 'getMany', 'has', 'count', 'find', 'search', 'distinct', 'groupBy', 'stats', 'partitions', 'indexes'].concat([
    'explainSearch',
    'collections',
  ]),
)
