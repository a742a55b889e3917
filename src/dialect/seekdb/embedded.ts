// The operations of a client on an embedded store.

import type { SeekdbClient } from './client.ts'
import { Collection } from './collection.ts'
import { ADMIN_DATABASE } from './constants.ts'
import { type Database, embeddedDatabase } from './database.ts'
import {
  DEFAULT_FUNCTION,
  type EmbeddingFunction,
  getEmbeddingFunction,
  getSparseEmbeddingFunction,
  type SparseEmbeddingFunction,
} from './embedding.ts'
import { InvalidCollectionError, SeekdbError, SeekdbValueError, shown, translating } from './errors.ts'
import { requireDatabaseName, validateCollectionName } from './name.ts'
import { isGiven, readCount } from './options.ts'
import { restoreSchema, Schema } from './schema.ts'
import type { Session } from './session.ts'
import { resolveSettings } from './settings.ts'
import type { Member, Store } from './store.ts'
import type { CreateCollectionOptions, GetCollectionOptions } from './types.ts'

/** The calls about databases, for an embedded store or a server. */
export interface DatabaseCalls {
  isConnected(): boolean
  close(): Promise<void>
  createDatabase(name: string, tenant?: string): Promise<void>
  getDatabase(name: string, tenant?: string): Promise<Database>
  deleteDatabase(name: string, tenant?: string): Promise<void>
  listDatabases(limit?: number, offset?: number, tenant?: string): Promise<Database[]>
}

/** All calls of a client. */
export interface ClientCalls extends DatabaseCalls {
  createCollection(options: CreateCollectionOptions): Promise<Collection>
  getCollection(options: GetCollectionOptions): Promise<Collection>
  getOrCreateCollection(options: CreateCollectionOptions): Promise<Collection>
  listCollections(options: { withEmbeddingFunction?: boolean }): Promise<Collection[]>
  deleteCollection(name: string): Promise<void>
  hasCollection(name: string): Promise<boolean>
  countCollection(): Promise<number>
  execute(sql: string, params?: unknown[]): Promise<Record<string, unknown>[] | null>
}

export class EmbeddedClient implements ClientCalls {
  readonly #session: Session
  /** The client that collections report as theirs. */
  readonly #client: SeekdbClient

  constructor(session: Session, client: SeekdbClient) {
    this.#session = session
    this.#client = client
  }

  isConnected(): boolean {
    return this.#session.wasConnected
  }

  close(): Promise<void> {
    return translating(() => this.#session.close())
  }

  // --- collections

  createCollection(options: CreateCollectionOptions): Promise<Collection> {
    return this.#run(async (store) => {
      const { name } = options
      validateCollectionName(name)
      const settings = await resolveSettings(options)
      const { document } = await store.create(this.#session.database, name, settings)
      return new Collection({
        name,
        collectionId: document.id,
        ...settings,
        client: this.#client,
        session: this.#session,
      })
    })
  }

  getCollection(options: GetCollectionOptions): Promise<Collection> {
    return this.#run(async (store) => {
      const member = store.find(this.#session.database, options.name)
      if (member === undefined) throw new InvalidCollectionError(`Collection not found: ${shown(options.name)}`)
      return await this.#open(member, options.embeddingFunction)
    })
  }

  getOrCreateCollection(options: CreateCollectionOptions): Promise<Collection> {
    return this.#run(async (store) => {
      validateCollectionName(options.name)
      const { database } = this.#session
      const member = store.find(database, options.name)
      if (member !== undefined) return await this.#open(member, options.embeddingFunction)
      try {
        return await this.createCollection(options)
      } catch (error) {
        // Another call may have created it in the meantime.
        const made = store.find(database, options.name)
        if (made === undefined) throw error
        return await this.#open(made, options.embeddingFunction)
      }
    })
  }

  listCollections(options: { withEmbeddingFunction?: boolean }): Promise<Collection[]> {
    const { withEmbeddingFunction = true } = options ?? {}
    return this.#run((store) =>
      Promise.all(
        store
          .list(this.#session.database)
          // A collection whose function cannot be built is still listed, without the function.
          .map((member) => this.#open(member, withEmbeddingFunction ? undefined : null, async () => undefined)),
      ),
    )
  }

  deleteCollection(name: string): Promise<void> {
    return this.#run(async (store) => {
      validateCollectionName(name)
      await store.delete(this.#session.database, name)
    })
  }

  hasCollection(name: string): Promise<boolean> {
    return this.#run(async (store) => store.find(this.#session.database, name) !== undefined)
  }

  countCollection(): Promise<number> {
    return this.#run(async (store) => store.list(this.#session.database).length)
  }

  /**
   * A handle on a collection.
   *
   * @param given - the function to use; null for none, undefined for the one it was created with, or the default one.
   * @param otherwise - the replacement for a function that cannot be built; by default the call fails.
   */
  async #open(
    member: Member,
    given: EmbeddingFunction | null | undefined,
    otherwise?: () => Promise<undefined>,
  ): Promise<Collection> {
    const { id, name, dimension, distance, schema: json } = member.document
    const { functions } = member
    const schema = await restoreSchema(json, {
      dense: async (stored) =>
        given === undefined ? await restored(getEmbeddingFunction, stored, functions.dense, otherwise) : undefined,
      sparse: (stored) => restored(getSparseEmbeddingFunction, stored, functions.sparse, otherwise),
    })
    const isStored = json.vectorIndex?.embeddingFunction !== undefined
    let embeddingFunction = given === undefined ? schema?.vectorIndex?.embeddingFunction : given
    if (given === undefined && !isStored) {
      embeddingFunction = await restored(getEmbeddingFunction, { name: DEFAULT_FUNCTION }, undefined, otherwise)
    }
    if (schema?.vectorIndex !== undefined && (embeddingFunction !== undefined || given === null)) {
      schema.vectorIndex.embeddingFunction = embeddingFunction ?? null
    }
    return new Collection({
      name,
      collectionId: id,
      schema: schema ?? new Schema(),
      dimension,
      distance,
      embeddingFunction: embeddingFunction ?? undefined,
      sparseEmbeddingFunction:
        schema?.sparseVectorIndex?.embeddingFunction ?? sparseOf(json.sparseVectorIndex, functions.sparse),
      client: this.#client,
      session: this.#session,
    })
  }

  // --- databases

  createDatabase(name: string, _tenant?: string): Promise<void> {
    return this.#run(async (store) => {
      requireDatabaseName(name)
      await store.createDatabase(name)
    })
  }

  getDatabase(name: string, _tenant?: string): Promise<Database> {
    return this.#run(async (store) => {
      requireDatabaseName(name)
      if (!store.hasDatabase(name)) throw new SeekdbValueError(`Database not found: ${name}`)
      return embeddedDatabase(name)
    })
  }

  deleteDatabase(name: string, _tenant?: string): Promise<void> {
    return this.#run(async (store) => {
      requireDatabaseName(name)
      if (name === ADMIN_DATABASE) throw new SeekdbValueError(`Database ${name} cannot be deleted`)
      await store.deleteDatabase(name)
    })
  }

  listDatabases(limit?: number, offset?: number, _tenant?: string): Promise<Database[]> {
    return this.#run(async (store) => {
      const most = isGiven(limit) ? readCount(limit, 'limit') : undefined
      const skipped = isGiven(offset) ? readCount(offset, 'offset') : 0
      const all = store.databaseNames().map(embeddedDatabase)
      return most === undefined ? all : all.slice(skipped, skipped + most)
    })
  }

  async execute(_sql: string, _params?: unknown[]): Promise<never> {
    throw new SeekdbError('SQL is not supported by the embedded store: use collections')
  }

  async #run<R>(operation: (store: Store) => Promise<R>): Promise<R> {
    const store = await this.#session.store()
    return await translating(() => {
      store.requireOpen()
      return operation(store)
    })
  }
}

/**
 * The function of this name; failing that, the very one the collection was created with, if that was in this process.
 */
async function restored<F extends EmbeddingFunction | SparseEmbeddingFunction>(
  get: (name: string, config?: object) => Promise<F>,
  stored: { readonly name: string; readonly properties?: object },
  made: F | undefined,
  otherwise: (() => Promise<undefined>) | undefined,
): Promise<F | undefined> {
  try {
    return await get(stored.name, stored.properties)
  } catch (error) {
    if (made?.name === stored.name) return made
    if (otherwise !== undefined) return await otherwise()
    throw error
  }
}

/** A sparse function that cannot be stored is kept for as long as the process runs. */
function sparseOf(
  json: { embeddingFunction?: unknown } | undefined,
  made: SparseEmbeddingFunction | undefined,
): SparseEmbeddingFunction | undefined {
  return json !== undefined && json.embeddingFunction === undefined ? made : undefined
}
