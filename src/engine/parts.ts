// Parts of the engine that many programs never need. Each is loaded by import() where something is opened, made or asked for that needs
// it; what runs afterwards, and must not wait, finds it in `now`.

import { inTurn } from '../core/index.ts'
import { VERSION } from './version.ts'

/** What is loaded once, when it is needed. */
export class Part<M> {
  /** Undefined until it was loaded. */
  now: M | undefined
  readonly #import: () => Promise<M>
  readonly #beside: { load(): Promise<unknown> } | undefined

  /** @param beside - what is needed with it, and loaded with it. */
  constructor(load: () => Promise<M>, beside?: { load(): Promise<unknown> }) {
    this.#import = load
    this.#beside = beside
  }

  async load(): Promise<M> {
    this.now ??= (await Promise.all([inTurn(this.#import), this.#beside?.load()]))[0]
    return this.now
  }
}

/** Filters and schemas; loaded with the first call that is given one. */
export const queriesPart = new Part(() => import('./queries.ts'))

/** Vectors, indexes and the searches over them; loaded before a collection has any. Filters are there with it. */
export const derivedPart = new Part(() => import('./derived.ts'), queriesPart)

/** Sorting and grouping. */
export const collatePart = new Part(() => import('./collate.ts'))

/** Names the door to a database for other copies of this version of the package. */
export const DIRECT: unique symbol = Symbol.for(`quiverdb.direct ${VERSION}`) as never

/** Collections without promises, for an interface that is of another copy of the package than the database. */
export const directPart = new Part(() => import('./direct.ts'))

/** Everything about files; loaded before a database that has some is opened. */
export const filesPart = new Part(() => import('./files.ts'))
