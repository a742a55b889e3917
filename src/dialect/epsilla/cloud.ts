// The cloud's classes. VectorDB works in process over a local client, and through the official client over
// EpsillaCloud.

import { loadDriver } from '../../engine/index.ts'
import { clientOf, EpsillaDB } from './client.ts'
import { reply } from './response.ts'
import { SearchEngine } from './search-engine.ts'

export interface CloudClientConfig {
  projectID: string
  apiKey: string
}

/** A project in Epsilla's cloud. */
export class EpsillaCloud {
  readonly projectID: string
  readonly apiKey: string
  /** The headers of its requests. */
  readonly headers: Readonly<Record<string, string>>

  constructor({ projectID, apiKey }: CloudClientConfig) {
    this.projectID = projectID
    this.apiKey = apiKey
    this.headers = { 'Content-type': 'application/json', 'X-API-KEY': apiKey }
  }
}

const NOT_CONNECTED = '[ERROR] Please connect to vector database first!'
const METHODS = ['createTable', 'dropTable', 'insert', 'upsert', 'query', 'delete', 'get'] as const
type Method = (...args: never[]) => Promise<unknown>

/** One database: `client` is a local `EpsillaDB` that has loaded it, or an `EpsillaCloud`. */
export interface VectorDB extends Pick<EpsillaDB, (typeof METHODS)[number]> {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are those of the client it stands on.
export class VectorDB {
  readonly #name: string
  readonly #client: EpsillaDB | EpsillaCloud
  #target: Record<string, Method> | undefined

  constructor(name: string, client: EpsillaDB | EpsillaCloud) {
    this.#name = name
    this.#client = client
    for (const method of METHODS) {
      Object.defineProperty(this, method, { value: (...args: never[]) => this.#call(method, args) })
    }
  }

  get [Symbol.toStringTag](): string {
    return 'VectorDB'
  }

  /** Must be called before every other method. Over `EpsillaCloud` it resolves to what the official client does. */
  // biome-ignore lint/suspicious/noExplicitAny: the official client's type
  async connect(): Promise<any> {
    const client = this.#client
    if (client instanceof EpsillaDB) {
      this.#target = clientOf(client, this.#name) as unknown as Record<string, Method>
      return reply(200, `Connected to ${this.#name}.`)
    }
    const driver = (await loadDriver('epsillajs')) as {
      EpsillaCloud: new (config: CloudClientConfig) => object
      VectorDB: new (name: string, client: object) => Record<string, Method>
    }
    const target = new driver.VectorDB(this.#name, new driver.EpsillaCloud(client))
    this.#target = target
    return await target['connect']!()
  }

  /** Several queries at once, fused by a reranker. */
  asSearchEngine(): SearchEngine {
    return new SearchEngine((table, config) => this.query(table, config))
  }

  async #call(method: string, args: never[]): Promise<unknown> {
    const target = this.#target
    if (target === undefined) {
      // biome-ignore lint/suspicious/noConsole: the original prints it, too.
      console.error(NOT_CONNECTED)
      return new Error(NOT_CONNECTED)
    }
    const run = target[method]
    if (run === undefined) {
      return reply(501, `The official client has no ${method}(); a later version of epsillajs may.`)
    }
    return await run.apply(target, args)
  }
}
