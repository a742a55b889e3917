// EpsillaDB: the client's methods, answered in process or, if a host is given, by a server through the official client.

import { type Database, EMBEDDED, loadDriver, requireDatabase } from '../../engine/index.ts'
import { checkQuery } from './checks.ts'
import { DEFAULT_NAME, LoadedDatabase, loadedDatabases, SCALE } from './databases.ts'
import {
  answer,
  type EpsillaQueryResult,
  type EpsillaResponse,
  Refusal,
  reply,
  requireText,
  shown,
} from './response.ts'
import { type Field, readFields, requireFields, requireTitle, type TableField, type TableIndex } from './schema.ts'
import { type RunQuery, SearchEngine } from './search-engine.ts'
import type { DeleteConfig, Embedder, GetConfig, QueryConfig, Table, TextIndex } from './table.ts'

export interface ClientConfig {
  protocol?: string
  host?: string
  port?: number
  headers?: Record<string, string>
  /** An open database whose collections are the tables. */
  database?: Database
  /** The models that an index may name in `model`. */
  embedders?: Record<string, Embedder>
}

const NO_DATABASE = '[ERROR] Please useDB() first!'
const NO_SELECTION = '[ERROR] Please provide primary keys or filter expression to delete records!'
const DEFAULT_MODEL = 'BAAI/bge-small-en-v1.5'

type Remote = Record<string, (...args: unknown[]) => unknown>
type LoadedOr = (status: number, noun: string) => LoadedDatabase
type Answer<R = EpsillaQueryResult[] | string[]> = Promise<EpsillaResponse<R> | Error>

/** Makes a client with another client's configuration and databases; it uses the database of this name. */
let another: (client: EpsillaDB, name: string, make: (config: ClientConfig) => EpsillaDB) => EpsillaDB

/**
 * The database client. Without a host everything runs in process; databases loaded there are shared by all clients of
 * the process. With `protocol`, `host` or `port`, the package `epsillajs` talks to that server.
 *
 * Methods resolve to `{ statusCode, message, result? }`; they do not reject when the database refuses something.
 */
export class EpsillaDB {
  static readonly [EMBEDDED] = true
  static {
    // A class that names itself in its body gets another name in the bundles.
    another = (client, name, make) => {
      const other = make(client.#config)
      other.#own = client.#own
      other.#name = name
      return other
    }
  }

  readonly #config: ClientConfig
  readonly #remote: Promise<Remote> | undefined
  readonly #database: Database | undefined
  readonly #embedders: Readonly<Record<string, Embedder>>
  /** Databases inside `database`; they belong to this client. */
  #own = new Map<string, LoadedDatabase>()
  #name: string | undefined
  /** Loads in progress. Programs start one in a constructor, where they cannot await, and call methods right after. */
  #loading: Promise<unknown> | undefined

  constructor(config: ClientConfig = {}) {
    const { protocol, host, port, headers, database, embedders = {} } = config
    this.#config = config
    this.#database = database
    this.#embedders = embedders
    if (database !== undefined) {
      requireDatabase(database)
      this.#name = DEFAULT_NAME
    }
    if (protocol === undefined && host === undefined && port === undefined) return
    this.#remote = loadDriver('epsillajs').then((driver) => {
      const name = (driver['default'] as object | undefined) ?? driver
      const { EpsillaDB: Official } = { ...name, ...driver } as { EpsillaDB: new (config: object) => Remote }
      return new Official({ protocol, host, port, headers })
    })
    // Whoever calls a method gets the error.
    this.#remote.catch(() => {})
  }

  get [Symbol.toStringTag](): string {
    return 'EpsillaDB'
  }

  useDB(name: string | { db_name: string }): void {
    this.#name = nameOf(name, 'db_name')
  }

  /** @param vectorScale - maximum number of records in a table; default 150,000, also for 0. */
  async loadDB(path: string, name: string, vectorScale?: number, walEnabled?: boolean): Promise<EpsillaResponse> {
    const scale = vectorScale || SCALE
    if (this.#remote !== undefined) return await this.#ask('loadDB', [path, name, vectorScale, walEnabled])
    const load: Promise<EpsillaResponse> = answer(async () => {
      requireTitle(name, 'DB')
      if (this.#database === undefined) requireText(path, 'path')
      if (!(typeof scale === 'number' && scale > 0))
        throw new Refusal(400, `vectorScale must be a positive number, got ${shown(vectorScale)}.`)
      const known = this.#loaded()
      const isMemory = path === ':memory:'
      const others = () => (isMemory || this.#database !== undefined ? [] : [...known.values()])
      const already = () => new Refusal(409, `Database catalog file is already loaded: ${path}`)
      if (others().some((one) => one.path === path)) throw already()
      if (name === DEFAULT_NAME || known.has(name)) throw new Refusal(409, `DB already exists: ${name}`)
      const loaded =
        this.#database === undefined
          ? await LoadedDatabase.open(path, scale)
          : await LoadedDatabase.within(this.#database, name, path, scale)
      // Loaded meanwhile, or already loaded under another spelling of the path.
      const isTwice = others().some((one) => one.isOver(loaded))
      if (isTwice || known.has(name)) {
        await loaded.unload()
        throw isTwice ? already() : new Refusal(409, `DB already exists: ${name}`)
      }
      known.set(name, loaded)
      return reply(200, `Load/Create ${name} successfully.`)
    })
    const loading = Promise.allSettled([this.#loading, load]).finally(() => {
      if (this.#loading === loading) this.#loading = undefined
    })
    this.#loading = loading
    return await load
  }

  async unloadDB(name: string): Promise<EpsillaResponse> {
    return await this.#end('unloadDB', name)
  }

  async dropDB(name: string): Promise<EpsillaResponse> {
    return await this.#end('dropDB', name)
  }

  async #end(method: 'unloadDB' | 'dropDB', name: string): Promise<EpsillaResponse> {
    if (this.#remote !== undefined) return await this.#ask(method, [name])
    // Without a load in progress the database goes at once: calls that follow immediately no longer find it.
    if (this.#loading !== undefined) await this.#loading
    return await answer(async () => {
      requireText(name, 'name')
      const loaded = this.#loaded().get(name)
      if (loaded === undefined) throw new Refusal(500, `Database not found: ${name}`)
      this.#loaded().delete(name)
      await (method === 'dropDB' ? loaded.drop() : loaded.unload())
      return reply(200, `${method === 'dropDB' ? 'Drop' : 'Unload'} ${name} successfully.`)
    })
  }

  createTable(name: string, fields: TableField[], given?: TableIndex[]): Answer {
    const indices = given ?? []
    return this.#run('createTable', [name, fields, indices], async (loadedOr) => {
      if (!Array.isArray(fields)) throw new Refusal(400, 'fields is missing in your payload.')
      if (!Array.isArray(indices)) throw new Refusal(400, `indices must be a list, got ${shown(indices)}.`)
      const checked = readFields(fields)
      const loaded = loadedOr(500, 'Database')
      if (loaded.hasTable(name)) throw new Refusal(409, `Table already exists: ${name}`)
      requireTitle(name, 'Table')
      requireFields(checked, indices.length > 0)
      const hidden = await this.#indexFields(checked, indices)
      const texts: TextIndex[] = indices.map(({ name: index, field, model = DEFAULT_MODEL }) => ({
        name: index,
        field,
        model,
      }))
      await loaded.createTable(name, [...checked, ...hidden], texts)
      return reply(200, `Create ${name} successfully.`)
    })
  }

  /** The hidden vector fields that the indices need. */
  async #indexFields(fields: readonly Field[], indices: readonly TableIndex[]): Promise<Field[]> {
    const hidden: Field[] = []
    for (const index of indices) {
      const { name, field, model = DEFAULT_MODEL, dimensions } = index ?? ({} as TableIndex)
      requireTitle(name, 'Index')
      if (fields.some((one) => one.name === name)) {
        throw new Refusal(500, 'Index name cannot be the same as a field name.')
      }
      if (hidden.some((one) => one.name === name)) throw new Refusal(500, 'Index names can not be duplicated.')
      const embedded = fields.find((one) => one.name === field)
      if (embedded === undefined) throw new Refusal(500, `Field name not found: ${shown(field)}`)
      if (embedded.type !== 'STRING') throw new Refusal(500, 'Only string fields can be indexed.')
      const [sample] = await this.#embedderOf(model)(['dimension'])
      const lanes = dimensions ?? sample?.length ?? 0
      hidden.push({
        name,
        type: 'VECTOR_FLOAT',
        isKey: false,
        dimensions: lanes,
        metric: 'COSINE',
        isHidden: true,
      })
    }
    return hidden
  }

  readonly #embedderOf = (model: string): Embedder => {
    if (Object.keys(this.#embedders).length === 0) {
      throw new Refusal(500, 'Failed to load supported embedding models.')
    }
    const embedder = this.#embedders[model]
    if (embedder === undefined) throw new Refusal(500, `Embedding model is not supported: ${shown(model)}`)
    return embedder
  }

  listTables(): Answer<string[]> {
    return this.#run('listTables', [], async (loadedOr) => {
      let loaded: LoadedDatabase
      try {
        loaded = loadedOr(500, 'DB')
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return reply(error.statusCode, error.message, null)
      }
      const names = loaded.tables.map((table) => table.name)
      return reply(200, `Get all tables in ${this.#name} successfully.`, names)
    })
  }

  dropTable(name: string): Answer {
    return this.#run('dropTable', [name], async (loadedOr) => {
      await loadedOr(500, 'Database').dropTable(name)
      return reply(200, `Drop ${name} from ${this.#name} successfully.`)
    })
  }

  insert(table: string | Named, records?: readonly unknown[]): Counted<Written> {
    return this.#write('insert', table, records)
  }

  upsert(table: string | Named, records?: readonly unknown[]): Counted<Written> {
    return this.#write('upsert', table, records)
  }

  #write(method: 'insert' | 'upsert', table: string | Named, given: unknown): Counted<Written> {
    const isNamed = typeof table === 'object' && table !== null
    const name = isNamed ? table.table_name : table
    const records = isNamed ? table.records : given
    return this.#run(method, [name, records], (loadedOr) => {
      const loaded = loadedOr(500, 'DB')
      return loaded.table(name, 500).write(records, method === 'upsert', loaded.scale, this.#embedderOf)
    }) as Counted<Written>
  }

  deleteByPrimaryKeys(table: string, primaryKeys: (string | number)[]): Counted<Deleted> {
    return this.#delete('deleteByPrimaryKeys', [table, primaryKeys], table, { primaryKeys })
  }

  delete(table: string | Named, config?: DeleteConfig): Counted<Deleted> {
    const [name, given] = namedConfig(table, config)
    // A client without a database reports that first.
    if (this.#name && !given?.primaryKeys && !given?.filter) return Promise.resolve(new Error(NO_SELECTION))
    return this.#delete('delete', [name, given], name, given ?? {})
  }

  #delete(method: string, args: unknown[], name: string, config: DeleteConfig): Counted<Deleted> {
    return this.#run(method, args, async (loadedOr) => {
      return await loadedOr(400, 'DB').table(name, 400).delete(config)
    }) as Counted<Deleted>
  }

  get(table: string | Named, config?: GetConfig): Answer<EpsillaQueryResult[]> {
    const [name, asked] = namedConfig(table, config)
    const given = asked ?? {}
    return this.#run('get', [name, given], (loadedOr) => loadedOr(500, 'DB').table(name, 500).get(given))
  }

  query(table: string | Named, config?: QueryConfig): Answer<EpsillaQueryResult[]> {
    const [name, own] = namedConfig(table, config)
    // The Python method has a default limit, the JavaScript method has none.
    const given = typeof table === 'object' && table !== null ? ({ limit: 2, ...own } as QueryConfig) : own
    return this.#run('query', [name, given], async (loadedOr) => {
      const checked = checkQuery(given)
      const target: Table = loadedOr(500, 'DB').table(name, 500)
      return await target.query(checked, async (model, text) => {
        const [vector] = await this.#embedderOf(model)([text])
        return Array.from(vector ?? [])
      })
    }) as Answer<EpsillaQueryResult[]>
  }

  // The Python client's method names, with its arguments in one object.

  load_db(given: NamedDatabase): Promise<EpsillaResponse> {
    const { db_name, db_path, vector_scale, wal_enabled } = given ?? {}
    return this.loadDB(db_path ?? ':memory:', db_name, vector_scale, wal_enabled)
  }

  use_db(name: string | { db_name: string }): void {
    this.useDB(name)
  }

  unload_db(name: string | { db_name: string }): Promise<EpsillaResponse> {
    return this.unloadDB(nameOf(name, 'db_name'))
  }

  drop_db(name: string | { db_name: string }): Promise<EpsillaResponse> {
    return this.dropDB(nameOf(name, 'db_name'))
  }

  create_table(given: NamedTable): Answer {
    const { table_name, table_fields, indices } = given ?? {}
    return this.createTable(table_name, table_fields, indices)
  }

  drop_table(name: string | { table_name: string }): Answer {
    return this.dropTable(nameOf(name, 'table_name'))
  }

  list_tables(): Answer<string[]> {
    return this.listTables()
  }

  as_search_engine(): SearchEngine {
    return this.asSearchEngine()
  }

  /** The number of records in each table. */
  statistics(): Answer<TableStatistics[]> {
    return this.#run('statistics', [], async (loadedOr) => {
      const { tables } = loadedOr(500, 'DB')
      const result = []
      for (const { name, collection } of tables) {
        result.push({ tableName: name, totalRecords: await collection.count() })
      }
      return reply(200, '', result)
    })
  }

  /** Several queries at once, fused by a reranker. */
  asSearchEngine(): SearchEngine {
    const run: RunQuery = (table, config) => this.query(table, config)
    return new SearchEngine(run)
  }

  #loaded(): Map<string, LoadedDatabase> {
    return this.#database === undefined ? loadedDatabases() : this.#own
  }

  /**
   * Runs a call that needs a database: `run` gets a function that finds it, so that checks can come before or after.
   */
  #run<R>(
    method: string,
    args: unknown[],
    run: (loadedOr: LoadedOr) => EpsillaResponse<unknown> | Promise<EpsillaResponse<unknown>>,
  ): Answer<R> {
    const name = this.#name
    if (!name) {
      // biome-ignore lint/suspicious/noConsole: the original prints it too.
      console.error(NO_DATABASE)
      return Promise.resolve(new Error(NO_DATABASE))
    }
    if (this.#remote !== undefined) return this.#ask<R>(method, args)
    const call = run as (loadedOr: LoadedOr) => EpsillaResponse<R>
    const loadedOr: LoadedOr = (status, noun) => this.#find(name, status, noun)
    if (this.#loading !== undefined) return this.#loading.then(() => answer(call, loadedOr))
    if (this.#database === undefined || name !== DEFAULT_NAME || this.#own.has(name)) return answer(call, loadedOr)
    return this.#openDefault(this.#database).then(() => answer(call, loadedOr))
  }

  #find(name: string, status: number, noun: string): LoadedDatabase {
    const loaded = this.#loaded().get(name)
    if (loaded === undefined) throw new Refusal(status, `${noun} not found: ${shown(name)}`)
    return loaded
  }

  /** Loads the tables of an open database whose names have no database prefix. */
  async #openDefault(database: Database): Promise<void> {
    const loaded = await LoadedDatabase.within(database, DEFAULT_NAME, database.path, SCALE)
    if (!this.#own.has(DEFAULT_NAME)) this.#own.set(DEFAULT_NAME, loaded)
  }

  async #ask<R>(method: string, args: unknown[]): Promise<EpsillaResponse<R>> {
    const remote = await this.#remote!
    if (this.#name !== undefined) remote['useDB']!(this.#name)
    const run = remote[method]
    if (run === undefined) {
      return reply(501, `The official client has no ${method}(); a later version of epsillajs may.`)
    }
    return (await run.apply(remote, args)) as EpsillaResponse<R>
  }
}

/** A client with the databases of another, which uses one of them whatever the other client uses. */
export function clientOf(client: EpsillaDB, name: string): EpsillaDB {
  return another(client, name, (config) => new EpsillaDB(config))
}

type Counted<Counts> = Answer<Counts & EpsillaQueryResult[]> // In the published types every result is a list.

/** The result of `insert` and `upsert`. */
export interface Written {
  /** New and replaced records. */
  inserted: number
  skipped: number
}

/** The result of `delete`. */
export interface Deleted {
  deleted: number
}

/** The entry of one table in `statistics`. */
export interface TableStatistics {
  tableName: string
  totalRecords: number
}

/** Arguments of `load_db`. */
export interface NamedDatabase {
  db_name: string
  db_path?: string
  vector_scale?: number
  wal_enabled?: boolean
}

/** Arguments of `create_table`. */
export interface NamedTable {
  table_name: string
  table_fields: TableField[]
  indices?: TableIndex[]
}

/** The arguments of the Python client, in one object. */
export interface Named {
  table_name: string
  records?: unknown
  primary_keys?: (string | number)[]
  ids?: (string | number)[]
  filter?: string
  response_fields?: string[]
  query_text?: string
  query_index?: string
  query_field?: string
  query_vector?: QueryConfig['queryVector']
  with_distance?: boolean
  limit?: number
  skip?: number
  facets?: QueryConfig['facets']
}

const NAMES: Readonly<Record<string, string>> = {
  primary_keys: 'primaryKeys',
  ids: 'primaryKeys',
  response_fields: 'response',
  query_text: 'query',
  query_index: 'queryIndex',
  query_field: 'queryField',
  query_vector: 'queryVector',
  with_distance: 'withDistance',
}

/** A name, or the name in an object of Python's arguments. */
function nameOf<K extends string>(given: string | Readonly<Record<K, string>>, key: K): string {
  return typeof given === 'object' && given !== null ? given[key] : given
}

function namedConfig<C>(table: string | Named, config: C | undefined): [string, C | undefined] {
  if (typeof table !== 'object' || table === null) return [table, config]
  const { table_name, ...rest } = table
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null)
  return [table_name, Object.fromEntries(entries.map(([name, value]) => [NAMES[name] ?? name, value])) as C]
}
