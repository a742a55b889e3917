// One run of a query: its options, its clock, and how it handles asynchronous work. Evaluation is one synchronous
// stretch; what cannot be synchronous (creating and dropping collections) suspends it: the promise is awaited and the
// query evaluated anew, and every effect already done gives the same answer as before.

import { type Datum, isObject, Time } from './datum.ts'
import { type Failure, failLimit } from './errors.ts'
import type { Node } from './node.ts'
import type { Planned } from './planned.ts'
import type { Store, Table } from './store.ts'

/** Maximum number of elements in an array of a query, by default. */
export const ARRAY_LIMIT = 100_000

/** Ends an evaluation until `done`. */
export class Suspension {
  readonly done: Promise<unknown>
  /** Waits for no known time: it ends with the connection. */
  readonly isForFeed: boolean
  constructor(done: Promise<unknown>, isForFeed = false) {
    this.done = done
    this.isForFeed = isForFeed
  }
}

/** Ends with its connection. */
export interface Watched {
  readonly isOver: boolean
  abort(failure: Failure): void
}

interface Effect {
  /** Index of the first effect after it: the effects within it are not done again. */
  readonly next?: number
  readonly value?: unknown
  readonly error?: unknown
}

export class Query {
  readonly store: Store
  readonly db: string
  readonly arrayLimit: number
  readonly durability: string | undefined
  /** Whether the answer has been handed over: from then on nothing is evaluated again. */
  isAnswered = false
  /** The whole query, where there is one. */
  root: Node | undefined
  /** Told about the feeds that the query opens. */
  watch: ((watched: Watched) => void) | undefined
  #now: Time | undefined
  /** What must be on disk before the query is answered. */
  readonly waits: Promise<unknown>[] = []
  /** Set where it follows something: ends that, unless the query answers with it. */
  end: (() => void) | undefined
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

  /** Restarts the evaluation; effects repeat their earlier answers. */
  restart(): void {
    this.#next = 0
  }

  /** Does something with an effect, or reads what effects change, once per run of the query. */
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

  /** A value that steers the query, read once if the query may drop its source. */
  steered<V>(read: () => V): V {
    return this.root?.mayDrop ? this.once(read) : read()
  }

  /** Ends the evaluation until `done`; the queries that arrive meanwhile wait for it, too. */
  hold(done: Promise<unknown>): never {
    throw new Suspension(this.store.hold(done))
  }

  /** See `Direct.readOn`. */
  readOn({ direct }: Table, planned?: Planned): void {
    const done = this.isAnswered ? undefined : direct.readOn(planned)
    if (done !== undefined) this.hold(done)
  }

  /** Like `once`, for asynchronous work. */
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

  /** A value as the caller wrote it, with its arrays checked; those inside a plain value are within the usual limit. */
  literal(value: Datum, isPlain: boolean): Datum {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) this.sized(value)
    if (isPlain && this.arrayLimit >= ARRAY_LIMIT) return value
    if (Array.isArray(value)) for (const item of value) this.literal(item, isPlain)
    else if (isObject(value)) for (const name of Object.keys(value)) this.literal(value[name], isPlain)
    return value
  }

  /** Checks an array built by a query. */
  sized(values: Datum[]): Datum[] {
    if (values.length > this.arrayLimit) this.arrayTooLarge()
    return values
  }
}
