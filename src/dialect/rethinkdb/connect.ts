// `r.connect`: to a database in memory, in a directory or already open, or, with a host, to a real server through the
// official driver.

import { collectionIn, type Database, openHere, openShared, requireDatabase } from '../../engine/index.ts'
import { Emitter } from './emitter.ts'
import { Failure, ReqlDriverError, ReqlRuntimeError, requireCount } from './errors.ts'
import { execute } from './execute.ts'
import { isPlainObject } from './expression.ts'
import type { Node } from './node.ts'
import { guarded } from './promise.ts'
import type { Watched } from './query.ts'
import { type Callback, NO_RUN_OPTIONS, RUNNER, type Runner, withCallback } from './run.ts'
import { CATALOG, SERVER_NAME, Store } from './store.ts'

export interface ConnectOptions {
  /** A directory; without a path and a host, the database is in memory. */
  readonly path?: string
  /** An open quiverdb database. */
  readonly database?: Database
  /** Durability of writes to a directory: see `open`. */
  readonly durability?: 'hard' | 'soft'
  /** The host of a real server. */
  readonly host?: string
  readonly port?: number
  readonly db?: string
  readonly [option: string]: unknown
}

const CLOSED = 'Connection is closed.'
const FEEDS = 64

/** What both kinds of connections share. */
export abstract class Connection extends Emitter implements Runner {
  readonly [RUNNER] = true
  db: string | undefined
  open = false
  closing = false
  /** Queries that nobody waits for. */
  protected readonly unanswered = new Set<Promise<unknown>>()

  constructor(db: string | undefined) {
    super()
    this.db = db
  }

  get [Symbol.toStringTag](): string {
    return 'Connection'
  }

  abstract begin(): Promise<void>
  protected abstract end(isWaiting: boolean): Promise<void>
  protected abstract query(node: Node, options: Record<string, unknown>): Promise<unknown>
  protected abstract about(): Promise<unknown>

  start(node: Node, options: Record<string, unknown>): Promise<unknown> {
    if (!this.isAlive) return guarded(Promise.reject(new ReqlDriverError(CLOSED)))
    const answer = this.query(node, options)
    if (options === NO_RUN_OPTIONS || !options.noreply) return answer
    const quiet = answer.catch(() => {}).finally(() => this.unanswered.delete(quiet))
    this.unanswered.add(quiet)
    return Promise.resolve(undefined)
  }

  /** Sets the database for queries that name none. */
  use(...args: unknown[]): void {
    requireCount(args, 1)
    this.db = args[0] as string
  }

  isOpen(): boolean {
    return this.isAlive && !this.closing
  }

  /** Whether it is open, and what it is connected to is still there. */
  protected abstract readonly isAlive: boolean

  close(...args: unknown[]): Promise<void> {
    requireCount(args, 0, 2)
    const [first, second] = args
    let options: Record<string, unknown> = {}
    let callback: unknown
    if (second !== undefined && second !== null) {
      if (!isPlainObject(first)) throw new ReqlDriverError('First argument to two-argument `close` must be an object.')
      options = first
      callback = second
    } else if (isPlainObject(first)) options = first
    else if (typeof first === 'function') callback = first
    for (const name of Object.keys(options)) {
      if (name !== 'noreplyWait') {
        throw new ReqlDriverError('First argument to two-argument `close` must be { noreplyWait: <bool> }.')
      }
    }
    return withCallback(this.#close(options.noreplyWait !== false), callback as Callback<void>)
  }

  async #close(isWaiting: boolean): Promise<void> {
    if (!this.open) return
    this.closing = true
    try {
      if (isWaiting) await Promise.all(this.unanswered)
      await this.end(isWaiting)
    } finally {
      this.open = false
      this.closing = false
      this.emit('close')
    }
  }

  reconnect(...args: unknown[]): Promise<this> {
    requireCount(args, 0, 2)
    const [first, second] = args
    const callback = typeof first === 'function' ? first : second
    const again = async () => {
      await this.close(isPlainObject(first) ? first : {})
      await this.begin()
      return this
    }
    return withCallback(again(), callback as Callback<this>)
  }

  noreplyWait(...args: unknown[]): Promise<void> {
    requireCount(args, 0, 1)
    const done = this.isAlive
      ? Promise.all(this.unanswered).then(() => {})
      : Promise.reject(new ReqlDriverError(CLOSED))
    return withCallback(done, args[0] as Callback<void>)
  }

  server(callback?: unknown): Promise<unknown> {
    return withCallback(
      this.isAlive ? this.about() : Promise.reject(new ReqlDriverError(CLOSED)),
      callback as Callback<unknown>,
    )
  }

  /** Drops all pending work. */
  cancel(): void {
    this.unanswered.clear()
  }
}

class EmbeddedConnection extends Connection {
  readonly #options: ConnectOptions
  readonly #feeds = new Set<Watched>()
  /** The number of feeds at which finished ones are dropped. */
  #feedsMax = FEEDS
  #database: Database | undefined
  #store: Store | undefined
  /**
   * Ends the hold on the store, and on a directory, which others in the process may also have open; undefined once the
   * connection ends, or is closed a second time in the meantime.
   */
  #leave: (() => Promise<void> | undefined) | undefined

  constructor(options: ConnectOptions) {
    super(options.db)
    this.#options = options
  }

  /** The underlying database, for the other interfaces to it. */
  get database(): Database | undefined {
    return this.#database
  }

  /** Whoever opened the database may have closed it. */
  protected override get isAlive(): boolean {
    try {
      if (this.open) collectionIn(this.#database!, CATALOG)
      return this.open
    } catch {
      return false
    }
  }

  async begin(): Promise<void> {
    const { database, path, durability } = this.#options
    let release: (() => Promise<void>) | undefined
    if (database !== undefined) {
      requireDatabase(database)
      this.#database = database
    } else if (path !== undefined && path !== ':memory:') {
      const shared = await openShared(path, { isHere: true, durability })
      this.#database = shared.database
      release = shared.release
    }
    // A database in memory outlives a reconnect.
    else this.#database ??= await openHere(':memory:')
    try {
      // Refuses a database that is closed.
      collectionIn(this.#database, CATALOG)
      const store = await Store.hold(this.#database)
      // Ends when whoever opened the database has closed it, as with a server that goes.
      const dropped = async () => {
        await undefined
        if (this.isAlive) return
        // They end by themselves, when their changes have been read.
        this.#feeds.clear()
        this.close()
      }
      const unwatch = store.catalog?.watch({ changed() {}, dropped })
      this.#leave = () => {
        unwatch?.()
        store.release()
        return release?.()
      }
      this.#store = store
    } catch (error) {
      await release?.()
      throw error
    }
    this.open = true
    this.emit('connect')
  }

  protected async end(isWaiting: boolean): Promise<void> {
    for (const feed of this.#feeds) feed.abort(new Failure(ReqlRuntimeError, CLOSED))
    this.#feeds.clear()
    if (isWaiting) await Promise.all(this.#store?.underWay ?? [])
    const leave = this.#leave
    this.#leave = undefined
    await leave?.()
  }

  protected query(node: Node, options: Record<string, unknown>): Promise<unknown> {
    return execute(node, this.#store!, this.db ?? 'test', options, this.#watch)
  }

  /** Feeds end with their connection. */
  readonly #watch = (feed: Watched): void => {
    if (this.#feeds.size >= this.#feedsMax) {
      for (const one of this.#feeds) if (one.isOver) this.#feeds.delete(one)
      this.#feedsMax = this.#feeds.size * 2 + FEEDS
    }
    this.#feeds.add(feed)
  }

  protected async about(): Promise<unknown> {
    return { id: this.#store!.id, name: SERVER_NAME, proxy: false }
  }
}

/** Connects. `connect(options | host | callback, callback?)`. */
export function connect(...args: unknown[]): Promise<unknown> {
  const callback = typeof args[0] === 'function' ? args[0] : args[1]
  const given = typeof args[0] === 'string' ? { host: args[0] } : isPlainObject(args[0]) ? args[0] : {}
  const options = given as ConnectOptions
  const isRemote =
    options.host !== undefined ||
    (options.port !== undefined && options.path === undefined && options.database === undefined)
  return withCallback(begun(options, isRemote), callback as Callback<unknown>)
}

async function begun(options: ConnectOptions, isRemote: boolean): Promise<Connection> {
  const Type = isRemote ? (await import('./remote.ts')).RemoteConnection : EmbeddedConnection
  const connection = new Type(options)
  await connection.begin()
  return connection
}
