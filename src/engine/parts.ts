// Parts of the engine that many programs never need. Each is loaded by import() when something that needs it is opened,
// created or called; code that runs later and must not wait finds it in `now`.

import { inTurn } from '../core/index.ts'
import { VERSION } from './version.ts'

/** A module that is loaded once, on demand. */
export class Part<M> {
  /** Undefined until loaded. */
  now: M | undefined
  readonly #import: () => Promise<M>
  readonly #beside: { load(): Promise<unknown> } | undefined

  /** @param beside - a part that is needed with this one, and loaded with it. */
  constructor(load: () => Promise<M>, beside?: { load(): Promise<unknown> }) {
    this.#import = load
    this.#beside = beside
  }

  async load(): Promise<M> {
    this.now ??= (await Promise.all([inTurn(this.#import), this.#beside?.load()]))[0]
    return this.now
  }
}

/** Filters and schemas; loaded by the first call that is given one. */
export const queriesPart = new Part(() => import('./queries.ts'))

/** Vectors, indexes and searches over them; loaded before a collection has any. Loads filters, too. */
export const derivedPart = new Part(() => import('./derived.ts'), queriesPart)

/** Sorting and grouping. */
export const collatePart = new Part(() => import('./collate.ts'))

/** Names the entry point to a database for other copies of this version of the package. */
export const DIRECT: unique symbol = Symbol.for(`quiverdb.direct ${VERSION}`) as never

/** Of a database: the names of its collections, at once; `collections()` waits for what is being written. */
export const NAMES: unique symbol = Symbol.for('quiverdb.names') as never

/** Collections without promises, for an interface from another copy of the package than the database. */
export const directPart = new Part(() => import('./direct.ts'))

/** Everything about files; loaded before a database with files is opened. */
export const filesPart = new Part(() => import('./files.ts'))
