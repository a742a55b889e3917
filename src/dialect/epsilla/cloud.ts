// The cloud's classes: VectorDB over a local client works in process; over EpsillaCloud the official client does.

import { loadDriver } from '../../engine/index.ts'
import { EpsillaDB } from './client.ts'
import { type EpsillaResponse, reply } from './response.ts'

export interface CloudClientConfig {
  projectID: string
  apiKey: string
}

/** A project in Epsilla's cloud. */
export class EpsillaCloud {
  readonly projectID: string
  readonly apiKey: string

  constructor({ projectID, apiKey }: CloudClientConfig) {
    this.projectID = projectID
    this.apiKey = apiKey
  }
}

const METHODS = ['createTable', 'dropTable', 'insert', 'upsert', 'query', 'delete', 'get'] as const
type Method = (...args: never[]) => Promise<unknown>

/** One database: `client` is a local `EpsillaDB` that has loaded it, or an `EpsillaCloud`. */
export interface VectorDB extends Pick<EpsillaDB, (typeof METHODS)[number] | 'asSearchEngine'> {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are those of the client it stands on.
export class VectorDB {
  readonly #name: string
  readonly #client: EpsillaDB | EpsillaCloud
  #target: Record<string, Method> | undefined

  constructor(name: string, client: EpsillaDB | EpsillaCloud) {
    this.#name = name
    this.#client = client
    for (const method of METHODS) {
      Object.defineProperty(this, method, {
        value: async (...args: never[]) => {
          if (this.#target === undefined) return new Error('[ERROR] Please connect() first!')
          return await this.#target[method]!(...args)
        },
      })
    }
    Object.defineProperty(this, 'asSearchEngine', {
      value: () => (this.#client as EpsillaDB).asSearchEngine(),
    })
  }

  async connect(): Promise<EpsillaResponse> {
    const client = this.#client
    if (client instanceof EpsillaDB) {
      client.useDB(this.#name)
      this.#target = client as unknown as Record<string, Method>
      return reply(200, `Connected to ${this.#name}.`)
    }
    const driver = (await loadDriver('epsillajs')) as {
      EpsillaCloud: new (config: CloudClientConfig) => object
      VectorDB: new (name: string, client: object) => Record<string, Method>
    }
    const target = new driver.VectorDB(this.#name, new driver.EpsillaCloud(client))
    this.#target = target
    return (await target['connect']!()) as EpsillaResponse
  }
}
