// Base of the client: its configuration, and the Milvus database it uses.

import type { Database } from '../../../engine/index.ts'
import { isRemote, parseTimeToken, remoteClient } from '../address.ts'
import { CONNECT_STATUS, DEFAULT_CONNECT_TIMEOUT, DEFAULT_DB } from '../enums.ts'
import { success, wrongCall } from '../errors.ts'
import type { CheckHealthResponse, ClientConfig, GetVersionResponse, ResStatus } from '../types/index.ts'
import { longForm } from '../values.ts'
import { Caller, Connection } from './caller.ts'

/** What the constructor takes: the SDK's configuration, or options that only make sense in process. */
export type MilvusClientConfig =
  | ClientConfig
  | (Omit<ClientConfig, 'address' | 'database'> & {
      address?: string
      /** pymilvus' name for the address. */
      uri?: string
      /** The Milvus database to use, or an open quiverdb database to run on. */
      database?: string | object
    })

type Config = Record<string, unknown>

function limitOf({ timeout }: Config): number {
  return (typeof timeout === 'string' ? parseTimeToken(timeout) : (timeout as number | undefined)) || 0
}

function connectionOf(config: Config): Connection {
  const { database, loaderOptions } = config
  const place =
    typeof database === 'object' && database !== null ? (database as Database) : (config['address'] ?? config['uri'])
  if (typeof place !== 'object' && (typeof place !== 'string' || place === ''))
    throw wrongCall('MILVUS_ADDRESS_IS_REQUIRED')
  const db = typeof database === 'string' && database !== '' ? database : DEFAULT_DB
  const long = longForm((loaderOptions as { longs?: unknown } | undefined)?.longs)
  return new Connection(place as string | Database, db, long, limitOf(config))
}

export class BaseClient extends Caller {
  /** The configuration that the client was made with. */
  readonly config: ClientConfig
  /** Milliseconds; for connecting to a real server. */
  timeout: number
  clientId: string
  connectPromise: Promise<void> = Promise.resolve()
  connectStatus: CONNECT_STATUS
  readonly serverInfo: Record<string, unknown> = {}

  constructor(
    configOrAddress: MilvusClientConfig | string,
    ssl?: boolean,
    username?: string,
    password?: string,
    channelOptions?: Record<string, unknown>,
  ) {
    const isObject = typeof configOrAddress === 'object' && configOrAddress !== null
    const config = (
      isObject ? configOrAddress : { address: configOrAddress, ssl, username, password, channelOptions }
    ) as Config
    super(connectionOf(config))
    this.config = config as unknown as ClientConfig
    this.clientId = (config['id'] as string | undefined) || randomId()
    this.connectStatus = config['__SKIP_CONNECT__'] ? CONNECT_STATUS.NOT_CONNECTED : CONNECT_STATUS.CONNECTED
    this.timeout = limitOf(config) || DEFAULT_CONNECT_TIMEOUT
    const address = config['address'] ?? config['uri']
    if (typeof config['database'] === 'object' || !isRemote(address as string)) return
    const args = isObject ? [{ ...config, address }] : [address, ssl, username, password, channelOptions]
    // biome-ignore lint/correctness/noConstructorReturn: a remote client is the official one behind this handle
    return remoteClient(this, args) as this
  }

  /** Does nothing: an embedded client is connected as soon as it exists. */
  connect(_sdkVersion?: string): void {
    this.connectStatus = CONNECT_STATUS.CONNECTED
  }

  /** Switches to another Milvus database. */
  async use(data: { db_name: string } = { db_name: DEFAULT_DB }): Promise<{ error_code: string; reason: string }> {
    this.connection.db = data?.db_name || DEFAULT_DB
    return { error_code: 'Success', reason: '' }
  }

  async useDatabase(data?: { db_name: string }): Promise<{ error_code: string; reason: string }> {
    return await this.use(data)
  }

  /** Releases the store; the last client of a path closes it. A database passed to the constructor stays open. */
  async closeConnection(): Promise<CONNECT_STATUS> {
    this.connectStatus = CONNECT_STATUS.SHUTDOWN
    await this.connection.close()
    return CONNECT_STATUS.SHUTDOWN
  }

  /** Same as `closeConnection`. */
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
