// The clients: of an embedded store, or of a server through the official driver.

import { EMBEDDED } from '../../engine/index.ts'
import type { Collection } from './collection.ts'
import { ADMIN_DATABASE, DEFAULT_PATH } from './constants.ts'
import { type Database, OBDatabase } from './database.ts'
import { type ClientCalls, type DatabaseCalls, EmbeddedClient } from './embedded.ts'
import { isDatabase, locationOf } from './location.ts'
import { readOptions, withSnakeCase } from './options.ts'
import { RemoteClient } from './remote.ts'
import { Session } from './session.ts'
import type { CreateCollectionOptions, GetCollectionOptions, SeekdbAdminClientArgs, SeekdbClientArgs } from './types.ts'

/**
 * A client of one database.
 *
 * @example
 * ```ts
 * const client = new SeekdbClient({ path: './data' })
 * const notes = await client.createCollection({ name: 'notes' })
 * await notes.add({ ids: ['a', 'b'], documents: ['Hello world', 'seekdb is fast'] })
 * await notes.query({ queryTexts: 'hello', nResults: 1 }) // ids: [['a']], ...
 * ```
 */
export class SeekdbClient {
  static readonly [EMBEDDED] = true
  readonly #calls: ClientCalls

  /**
   * Opens nothing before the first operation.
   *
   * @param args.path - a directory, created if missing, or `':memory:'`.
   * @param args.database - name of the database, default `'test'`; or an open quiverdb to work in.
   * @param args.host - host of a real server; the official package `seekdb` is loaded for it.
   * @throws Error without path, host or open database.
   */
  constructor(args: SeekdbClientArgs) {
    const { path, host, database } = args ?? {}
    if (isDatabase(database)) this.#calls = new EmbeddedClient(new Session(locationOf(database)), this)
    else if (path) this.#calls = new EmbeddedClient(new Session(locationOf(path), database || undefined), this)
    else if (host) this.#calls = new RemoteClient(args)
    else {
      throw new Error(
        "SeekdbClient requires either 'path' parameter for embedded mode or 'host' parameter for remote server mode.",
      )
    }
  }

  get [Symbol.toStringTag](): string {
    return 'SeekdbClient'
  }

  /** Whether any operation has reached the store; stays true after `close()`. */
  isConnected(): boolean {
    return this.#calls.isConnected()
  }

  /** Releases the files unless another client of the path uses them. The next operation opens them again. */
  close(): Promise<void> {
    return this.#calls.close()
  }

  /**
   * Creates a collection.
   *
   * @param options.embeddingFunction - undefined for the default one, null for none.
   * @throws SeekdbValueError when the name is taken or not allowed, or dimensions contradict each other.
   */
  createCollection(options: CreateCollectionOptions): Promise<Collection> {
    return attempt(() => this.#calls.createCollection(named(options)))
  }

  /** @throws InvalidCollectionError when there is no collection of this name. */
  getCollection(options: GetCollectionOptions): Promise<Collection> {
    return attempt(() => this.#calls.getCollection(named(options)))
  }

  /** The collection of this name with its own settings, or a new one. */
  getOrCreateCollection(options: CreateCollectionOptions): Promise<Collection> {
    return attempt(() => this.#calls.getOrCreateCollection(named(options)))
  }

  /** Newest first. */
  listCollections(config: { withEmbeddingFunction?: boolean } = {}): Promise<Collection[]> {
    return this.#calls.listCollections(config)
  }

  /** @throws SeekdbValueError when there is no collection of this name. */
  deleteCollection(name: string): Promise<void> {
    return this.#calls.deleteCollection(name)
  }

  hasCollection(name: string): Promise<boolean> {
    return this.#calls.hasCollection(name)
  }

  countCollection(): Promise<number> {
    return this.#calls.countCollection()
  }

  /** Creates a database unless there is one of this name. */
  createDatabase(name: string, tenant?: string): Promise<void> {
    return this.#calls.createDatabase(name, tenant)
  }

  /** @throws SeekdbValueError when there is no database of this name. */
  getDatabase(name: string, tenant?: string): Promise<Database> {
    return this.#calls.getDatabase(name, tenant)
  }

  /** Deletes a database and its collections; does nothing if there is none of this name. */
  deleteDatabase(name: string, tenant?: string): Promise<void> {
    return this.#calls.deleteDatabase(name, tenant)
  }

  /** `offset` is ignored without `limit`. */
  listDatabases(limit?: number, offset?: number, tenant?: string): Promise<Database[]> {
    return this.#calls.listDatabases(limit, offset, tenant)
  }

  /** SQL, on a real server only. */
  // biome-ignore lint/suspicious/noExplicitAny: rows have the columns that were selected
  execute(sql: string, params?: unknown[]): Promise<Record<string, any>[] | null> {
    return this.#calls.execute(sql, params)
  }
}

/** A client for databases only. With a tenant it returns `OBDatabase`s. */
export class SeekdbAdminClient {
  readonly #calls: DatabaseCalls
  /** Undefined for a server, which reports its own. */
  readonly #tenant: string | undefined

  /** @throws Error without path, host or open database. */
  constructor(args: SeekdbAdminClientArgs) {
    const { path, host, database, tenant } = args ?? {}
    this.#tenant = path || database ? tenant || undefined : undefined
    if (database !== undefined) this.#calls = new SeekdbClient({ database })
    else if (path) this.#calls = new SeekdbClient({ path, database: ADMIN_DATABASE })
    else if (host) this.#calls = new RemoteClient(args, 'SeekdbAdminClient')
    else throw new Error("SeekdbAdminClient requires either 'path' (embedded mode) or 'host' (remote server mode).")
  }

  get [Symbol.toStringTag](): string {
    return 'SeekdbAdminClient'
  }

  isConnected(): boolean {
    return this.#calls.isConnected()
  }

  close(): Promise<void> {
    return this.#calls.close()
  }

  createDatabase(name: string, tenant?: string): Promise<void> {
    return this.#calls.createDatabase(name, tenant)
  }

  async getDatabase(name: string, tenant?: string): Promise<Database> {
    return this.#ofTenant(await this.#calls.getDatabase(name, tenant))
  }

  deleteDatabase(name: string, tenant?: string): Promise<void> {
    return this.#calls.deleteDatabase(name, tenant)
  }

  async listDatabases(limit?: number, offset?: number, tenant?: string): Promise<Database[]> {
    const databases = await this.#calls.listDatabases(limit, offset, tenant)
    return databases.map((database) => this.#ofTenant(database))
  }

  #ofTenant(database: Database): Database {
    const { name, charset, collation } = database
    return this.#tenant === undefined ? database : new OBDatabase(name, this.#tenant, charset, collation)
  }
}

withSnakeCase(SeekdbClient.prototype)
withSnakeCase(SeekdbAdminClient.prototype)

/** A client; without path and host, of the store `seekdb.db` in the working directory. */
export function Client(args: SeekdbClientArgs = {}): SeekdbClient {
  const { path, host, database } = args
  return new SeekdbClient(path || host || isDatabase(database) ? args : { ...args, path: DEFAULT_PATH })
}

/** Like `Client`, but for a server, a client of the database that lists its databases. */
export function AdminClient(args: SeekdbAdminClientArgs = {}): SeekdbClient {
  const { path, host, database } = args
  if (path || !host || isDatabase(database)) return Client(args)
  return new SeekdbClient({ ...args, database: ADMIN_DATABASE })
}

/** A bare name stands for options with that name alone. */
function named<O extends { name: string }>(options: O | string): O {
  return typeof options === 'string' ? ({ name: options } as O) : (readOptions(options) as O)
}

/** Turns what the call throws into a rejection. */
async function attempt<R>(call: () => Promise<R>): Promise<R> {
  return await call()
}
