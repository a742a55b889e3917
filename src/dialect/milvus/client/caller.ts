// How every call runs: opens the store, watches the time, throws failures or returns them as a status.

import {
  clearTimeout,
  type Database,
  openShared,
  performance,
  setTimeout,
  TIMER_MS_MAX,
} from '../../../engine/index.ts'
import { ClosedError, StateError } from '../../../error/index.ts'
import { type Entry, type Store, storeOf } from '../catalog.ts'
import { deadlineExceeded, MilvusError, milvusErrorOf, success } from '../errors.ts'
import { explanations } from '../lazy.ts'
import type { ResStatus } from '../types/index.ts'
import type { LongForm } from '../values.ts'

/** Options that every call may carry. */
export interface CallOptions {
  readonly timeout?: number | undefined
  readonly db_name?: string | undefined
}

/** A client's hold on a store, opened by its first call. */
export class Connection {
  readonly long: LongForm
  /** The Milvus database that calls use unless they name another. */
  db: string
  readonly #place: string | Database
  /** Timeout for every call, in milliseconds; 0 for none. */
  readonly limitMs: number
  #opening: Promise<Store> | undefined
  #store: Store | undefined
  #release: (() => Promise<void>) | undefined
  #isClosed = false

  constructor(place: string | Database, db: string, long: LongForm, limitMs: number) {
    this.#place = place
    this.db = db
    this.long = long
    this.limitMs = limitMs
  }

  /** The store, if it is open. */
  get store(): Store | undefined {
    return this.#store
  }

  open(): Promise<Store> {
    if (this.#isClosed) return Promise.reject(new ClosedError('this MilvusClient is closed'))
    this.#opening ??= this.#openStore().catch((error) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #openStore(): Promise<Store> {
    const place = this.#place
    const shared = typeof place === 'string' ? await openShared(place) : undefined
    this.#release = shared?.release
    const store = await storeOf(shared === undefined ? (place as Database) : shared.database)
    if (!this.#isClosed) this.#store = store
    return store
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#store = undefined
    await this.#opening?.catch(() => {})
    await this.#release?.()
  }
}

/** A failure as the program sees it: if a parameter is wrong, the error names it. */
export async function failureOf(error: unknown, request: unknown): Promise<unknown> {
  const isNative = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError
  if (!isNative && !(error instanceof MilvusError)) return error
  try {
    const { explained } = await explanations()
    return explained(error, request)
  } catch {
    // The code that explains failures could not be loaded.
    return error
  }
}

/** How often a call begins anew at most. */
const REPEATED_MAX = 3

/** Base of everything that makes calls on a connection. */
export class Caller {
  protected readonly connection: Connection

  constructor(connection: Connection) {
    this.connection = connection
  }

  get [Symbol.toStringTag](): string {
    return 'MilvusClient'
  }

  protected get long(): LongForm {
    return this.connection.long
  }

  /**
   * Runs a call.
   *
   * @param onFailure - makes the answer from the status of a refused call; without it the refusal is thrown.
   */
  protected async run<R>(
    data: CallOptions | undefined,
    run: (store: Store, db: string) => R | Promise<R>,
    onFailure?: (status: ResStatus) => R,
    left = REPEATED_MAX,
    began = 0,
  ): Promise<R> {
    try {
      const { connection } = this
      const store = connection.store ?? (await connection.open())
      store.requireOpen()
      // Before anything starts: a timeout that `Number` throws on is refused here.
      const limitMs = Number(data?.timeout || connection.limitMs)
      if (limitMs > 0) began ||= performance.now()
      const answer = run(store, data?.db_name || connection.db)
      if (!(answer instanceof Promise)) return answer
      return await (limitMs > 0 ? withDeadline(answer, limitMs, began) : answer)
    } catch (error) {
      // What it read has gone under it: a scalar index was dropped, or the collection, perhaps because its rows have moved. Begun anew,
      // the call finds what is there now, or says in Milvus' terms that there is nothing. Or stemmers have to be loaded.
      const { index, collection, ready } = error instanceof StateError ? error.details : {}
      if (left > 0 && (index ?? collection ?? ready)) {
        await ready
        return await this.run(data, run, onFailure, left - 1, began)
      }
      const refusal = milvusErrorOf(await failureOf(error, data))
      if (onFailure === undefined || refusal.isThrown) throw refusal
      return onFailure(refusal.status)
    }
  }

  /** Runs a call that returns a bare status. */
  protected runStatus(
    data: CallOptions | undefined,
    run: (store: Store, db: string) => unknown | Promise<unknown>,
  ): Promise<ResStatus> {
    return this.run<ResStatus>(
      data,
      async (store, db) => {
        await run(store, db)
        return success()
      },
      (status) => status,
    )
  }

  /** Runs a call on one collection, given by its name or an alias. */
  protected withEntry<R>(
    data: CallOptions & { readonly collection_name?: string },
    run: (entry: Entry, store: Store, db: string) => R | Promise<R>,
    onFailure?: (status: ResStatus) => R,
  ): Promise<R> {
    return this.run(data, (store, db) => run(store.entry(db, data.collection_name!), store, db), onFailure)
  }
}

/** Work that has begun is finished regardless: a late write stands. */
function withDeadline<T>(answer: Promise<T>, limitMs: number, began: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(deadlineExceeded(`the call took longer than ${limitMs} ms`)),
      Math.min(began + limitMs - performance.now(), TIMER_MS_MAX),
    )
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
