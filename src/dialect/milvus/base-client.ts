// The client's frame: what it was opened with, which database it uses, and how every call runs: store opened, time watched,
// failures thrown or answered as a status.

import { type Database, openShared } from '../../engine/index.ts'
import { ClosedError } from '../../error/index.ts'
import { isRemote, parseTimeToken, remoteClient } from './address.ts'
import { type Entry, type Store, storeOf } from './catalog.ts'
import { CONNECT_STATUS, DEFAULT_CONNECT_TIMEOUT, DEFAULT_DB } from './enums.ts'
import { deadlineExceeded, milvusErrorOf, success, wrongCall } from './errors.ts'
import type { CheckHealthResponse, ClientConfig, GetVersionResponse, ResStatus } from './types/index.ts'
import { type LongForm, longForm } from './values.ts'

/** What every call may carry. */
export interface CallOptions {
  readonly timeout?: number | undefined
  readonly db_name?: string | undefined
}

/** What the constructor takes: the SDK's configuration, or one that only makes sense in process. */
export type MilvusClientConfig =
  | ClientConfig
  | (Omit<ClientConfig, 'address' | 'database'> & {
      address?: string
      /** pymilvus' name for the address. */
      uri?: string
      /** The Milvus database to use, or an open quiverdb to sit on. */
      database?: string | object
    })

export class BaseClient {
  /** What the client was made with. */
  readonly config: ClientConfig
  /** Milliseconds, for connecting to a real server. */
  timeout: number
  clientId: string
  connectPromise: Promise<void> = Promise.resolve()
  connectStatus: CONNECT_STATUS
  readonly serverInfo: Record<string, unknown> = {}
  protected readonly long!: LongForm
  #db: string = DEFAULT_DB
  #given: Database | undefined
  #opening: Promise<Store> | undefined
  #release: (() => Promise<void>) | undefined
  #isClosed = false
  /** A timeout that the caller asked for, for every call. */
  readonly #limitMs: number = 0

  constructor(
    configOrAddress: MilvusClientConfig | string,
    ssl?: boolean,
    username?: string,
    password?: string,
    channelOptions?: Record<string, unknown>,
  ) {
    const given = typeof configOrAddress === 'object' && configOrAddress !== null ? configOrAddress : undefined
    const config = (given ?? { address: configOrAddress, ssl, username, password, channelOptions }) as Record<
      string,
      unknown
    >
    const address = config['address'] ?? config['uri']
    const database = config['database']
    const isOnDatabase = typeof database === 'object' && database !== null
    if (!isOnDatabase && (typeof address !== 'string' || address === '')) throw wrongCall('MILVUS_ADDRESS_IS_REQUIRED')
    this.config = config as unknown as ClientConfig
    this.clientId = (config['id'] as string | undefined) || randomId()
    this.connectStatus = config['__SKIP_CONNECT__'] ? CONNECT_STATUS.NOT_CONNECTED : CONNECT_STATUS.CONNECTED
    const timeout = config['timeout'] as number | string | undefined
    const limitMs = typeof timeout === 'string' ? parseTimeToken(timeout) : timeout
    this.timeout = limitMs || DEFAULT_CONNECT_TIMEOUT
    if (!isOnDatabase && isRemote(address as string)) {
      const args =
        given === undefined
          ? [address, ssl, username, password, channelOptions]
          : [{ ...config, address, ...(typeof database === 'string' ? { database } : {}) }]
      // biome-ignore lint/correctness/noConstructorReturn: a remote client is the official one behind this handle
      return remoteClient(this, args) as this
    }
    this.#limitMs = limitMs || 0
    this.long = longForm((config['loaderOptions'] as { longs?: unknown } | undefined)?.longs)
    if (isOnDatabase) this.#given = database as Database
    else if (typeof database === 'string' && database !== '') this.#db = database
  }

  /** The store, opened with the first call. */
  #open(): Promise<Store> {
    if (this.#isClosed) return Promise.reject(new ClosedError('this MilvusClient is closed'))
    this.#opening ??= this.#openStore().catch((error) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #openStore(): Promise<Store> {
    if (this.#given !== undefined) return await storeOf(this.#given)
    const { address, uri } = this.config as unknown as { address?: string; uri?: string }
    const shared = await openShared((address ?? uri)!)
    this.#release = shared.release
    return await storeOf(shared.database)
  }

  /** The database a call speaks of. */
  protected databaseOf(data: CallOptions | undefined): string {
    return data?.db_name || this.#db
  }

  /**
   * Runs a call.
   *
   * @param onFailure - makes the answer out of the status of a refused call; without it the refusal is thrown.
   */
  protected async run<R>(
    data: CallOptions | undefined,
    run: (store: Store, db: string) => R | Promise<R>,
    onFailure?: (status: ResStatus) => R,
  ): Promise<R> {
    try {
      const store = await this.#open()
      const limitMs = data?.timeout || this.#limitMs
      const answer = run(store, this.databaseOf(data))
      return await (limitMs > 0 && answer instanceof Promise ? withDeadline(answer, limitMs) : answer)
    } catch (error) {
      const refusal = milvusErrorOf(error)
      if (onFailure === undefined || refusal.isThrown) throw refusal
      return onFailure(refusal.status)
    }
  }

  /** A call that answers a bare status. */
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

  /** A call about one collection, by its name or an alias. */
  protected withEntry<R>(
    data: CallOptions & { readonly collection_name?: string },
    run: (entry: Entry, store: Store, db: string) => R | Promise<R>,
    onFailure?: (status: ResStatus) => R,
  ): Promise<R> {
    return this.run(data, (store, db) => run(store.entry(db, data.collection_name!), store, db), onFailure)
  }

  /** Harmless: an embedded client is connected as soon as it is made. */
  connect(_sdkVersion?: string): void {
    this.connectStatus = CONNECT_STATUS.CONNECTED
  }

  /** Switches to another Milvus database. */
  async use(data: { db_name: string } = { db_name: DEFAULT_DB }): Promise<{ error_code: string; reason: string }> {
    this.#db = data.db_name || DEFAULT_DB
    return { error_code: 'Success', reason: '' }
  }

  async useDatabase(data?: { db_name: string }): Promise<{ error_code: string; reason: string }> {
    return await this.use(data)
  }

  /** Lets the store go; the last client of a path closes it. A database that was handed in stays open. */
  async closeConnection(): Promise<CONNECT_STATUS> {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.connectStatus = CONNECT_STATUS.SHUTDOWN
      await this.#opening?.catch(() => {})
      await this.#release?.()
    }
    return CONNECT_STATUS.SHUTDOWN
  }

  /** As `closeConnection`. */
  close(): Promise<CONNECT_STATUS> {
    return this.closeConnection()
  }

  [Symbol.asyncDispose](): Promise<unknown> {
    return this.closeConnection()
  }

  async getVersion(): Promise<GetVersionResponse & { status: ResStatus }> {
    return await this.run(undefined, () => ({ status: success(), version: 'v2.6.0-quiverdb' }))
  }

  async checkHealth(): Promise<CheckHealthResponse & { status: ResStatus; quota_states: [] }> {
    return await this.run(undefined, () => ({ status: success(), isHealthy: true, reasons: [], quota_states: [] }))
  }
}

function randomId(): string {
  const host = globalThis as { crypto?: { randomUUID?: () => string } }
  return host.crypto?.randomUUID?.() ?? `client-${Math.random().toString(16).slice(2)}`
}

/** What has begun is finished all the same: a late write stands. */
function withDeadline<T>(answer: Promise<T>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(deadlineExceeded(`the call took longer than ${limitMs} ms`)),
      Math.min(limitMs, 2 ** 31 - 1),
    )
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
