// A client of a real server: the official driver, loaded at the first operation, does all the work.

import { loadDriver } from '../../engine/index.ts'
import type { Collection } from './collection.ts'
import type { Database } from './database.ts'
import type { ClientCalls } from './embedded.ts'
import { SeekdbConnectionError, SeekdbError } from './errors.ts'
import type { CreateCollectionOptions, GetCollectionOptions, SeekdbClientArgs } from './types.ts'

const PACKAGE = 'seekdb'

type Official = Record<string, ((...values: unknown[]) => unknown) | undefined>

export class RemoteClient implements ClientCalls {
  readonly #args: SeekdbClientArgs
  readonly #className: string
  #loading: Promise<Official> | undefined
  #official: Official | undefined

  /** @param className - class name of the driver's client. */
  constructor(args: SeekdbClientArgs, className = 'SeekdbClient') {
    this.#args = args
    this.#className = className
  }

  isConnected(): boolean {
    return this.#official?.['isConnected']?.() === true
  }

  async close(): Promise<void> {
    const official = await this.#loading?.catch(() => undefined)
    await official?.['close']?.()
  }

  createCollection(options: CreateCollectionOptions): Promise<Collection> {
    return this.#call('createCollection', options)
  }

  getCollection(options: GetCollectionOptions): Promise<Collection> {
    return this.#call('getCollection', options)
  }

  getOrCreateCollection(options: CreateCollectionOptions): Promise<Collection> {
    return this.#call('getOrCreateCollection', options)
  }

  listCollections(options: { withEmbeddingFunction?: boolean }): Promise<Collection[]> {
    return this.#call('listCollections', options)
  }

  deleteCollection(name: string): Promise<void> {
    return this.#call('deleteCollection', name)
  }

  hasCollection(name: string): Promise<boolean> {
    return this.#call('hasCollection', name)
  }

  countCollection(): Promise<number> {
    return this.#call('countCollection')
  }

  createDatabase(name: string, tenant?: string): Promise<void> {
    return this.#call('createDatabase', name, tenant)
  }

  getDatabase(name: string, tenant?: string): Promise<Database> {
    return this.#call('getDatabase', name, tenant)
  }

  deleteDatabase(name: string, tenant?: string): Promise<void> {
    return this.#call('deleteDatabase', name, tenant)
  }

  listDatabases(limit?: number, offset?: number, tenant?: string): Promise<Database[]> {
    return this.#call('listDatabases', limit, offset, tenant)
  }

  execute(sql: string, params?: unknown[]): Promise<Record<string, unknown>[] | null> {
    return this.#call('execute', sql, params)
  }

  async #call<R>(method: string, ...values: unknown[]): Promise<R> {
    this.#loading ??= this.#load()
    let official: Official
    try {
      official = await this.#loading
    } catch (error) {
      this.#loading = undefined
      throw error
    }
    const call = official[method]
    if (call === undefined) {
      throw new SeekdbError(`The installed version of the package "${PACKAGE}" has no ${this.#className}.${method}`)
    }
    return (await call.apply(official, values)) as R
  }

  async #load(): Promise<Official> {
    let driver: Record<string, unknown>
    try {
      driver = await loadDriver(PACKAGE)
    } catch (cause) {
      throw new SeekdbConnectionError((cause as Error).message, cause)
    }
    const Client = driver[this.#className] as new (args: SeekdbClientArgs) => Official
    this.#official = new Client(this.#args)
    return this.#official
  }
}
