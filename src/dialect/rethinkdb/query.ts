// One run of a query: its options, its clock, and how it does what takes time. Evaluation is one synchronous stretch; what cannot be
// (creating and dropping collections) suspends it: the promise is awaited and the query evaluated anew, where every effect that was done
// already answers what it answered then.

import { type Datum, isObject, Time } from './datum.ts'
import { failLimit } from './errors.ts'
import type { Store } from './store.ts'

/** Elements that an array of a query may have unless it says otherwise. */
export const ARRAY_LIMIT = 100_000

/** Ends an evaluation until `done`. */
export class Suspension {
  readonly done: Promise<void>
  /** Nobody knows when: it ends with the connection. */
  readonly isForFeed: boolean
  constructor(done: Promise<void>, isForFeed = false) {
    this.done = done
    this.isForFeed = isForFeed
  }
}

/** What ends with its connection. */
export interface Watched {
  readonly isOver: boolean
  abort(failure: Error): void
}

interface Effect {
  /** How many effects there were behind it: those within its own are not done again. */
  readonly next?: number
  readonly value?: unknown
  readonly error?: unknown
}

export class Query {
  readonly store: Store
  readonly db: string
  readonly arrayLimit: number
  readonly durability: string | undefined
  /** Whether its answer has been handed over: from then on nothing is evaluated anew. */
  isAnswered = false
  /** Whether it may drop what it read: then what steers it is kept. */
  isDropping = false
  /** Hears of feeds that the query opens. */
  watch: ((watched: Watched) => void) | undefined
  #now: Time | undefined
  /** What has to be on disk before the query is answered. */
  readonly waits: Promise<unknown>[] = []
  #effects: Effect[] = []
  #next = 0

  constructor(store: Store, db: string, arrayLimit: number, durability: string | undefined) {
    this.store = store
    this.db = db
    this.arrayLimit = arrayLimit
    this.durability = durability
  }

  /** The query's clock, which stands still. */
  get now(): Time {
    this.#now ??= new Time(Date.now() / 1000, '+00:00')
    return this.#now
  }

  /** Begins the evaluation again; effects answer from what they did before. */
  restart(): void {
    this.#next = 0
  }

  /** Does something with an effect, or reads what effects change, once for each run of the query. */
  once<V>(act: () => V): V {
    const at = this.#next++
    const effect = this.#effects[at]
    if (effect === undefined) {
      const value = act()
      this.#effects[at] = { value, next: this.#next }
      return value
    }
    this.#next = effect.next ?? this.#next
    if (effect.error !== undefined) throw effect.error
    return effect.value as V
  }

  /** A value that steers the query, read once where it may drop what it is read from. */
  steered<V>(read: () => V): V {
    return this.isDropping ? this.once(read) : read()
  }

  /** The same for what takes time. */
  suspend<V>(act: () => Promise<V>): V {
    const at = this.#next
    if (this.#effects[at] !== undefined) return this.once(() => undefined as V)
    const kept = async () => {
      const value = await act()
      await this.store.saved()
      return value
    }
    const done = kept().then(
      (value) => {
        this.#effects[at] = { value }
      },
      (error: unknown) => {
        this.#effects[at] = { error }
      },
    )
    throw new Suspension(done)
  }

  wait(done: Promise<unknown> | undefined): void {
    if (done !== undefined) this.waits.push(done)
  }

  arrayTooLarge(): never {
    failLimit(
      `Array over size limit \`${this.arrayLimit}\`.  To raise the number of allowed elements, modify the \`array_limit\` option to ` +
        '`.run` (not available in the Data Explorer), or use an index.',
    )
  }

  /** A value as the caller wrote it, its arrays checked; those inside of a plain one are no longer than the usual limit. */
  literal(value: Datum, isPlain: boolean): Datum {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) this.sized(value)
    if (isPlain && this.arrayLimit >= ARRAY_LIMIT) return value
    if (Array.isArray(value)) for (const item of value) this.literal(item, isPlain)
    else if (isObject(value)) for (const name of Object.keys(value)) this.literal(value[name], isPlain)
    return value
  }

  /** An array that a query built, checked. */
  sized(values: Datum[]): Datum[] {
    if (values.length > this.arrayLimit) this.arrayTooLarge()
    return values
  }
}
