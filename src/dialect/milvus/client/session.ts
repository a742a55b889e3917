// A session of reads: the SDK routes them to one of several clusters; here there is only one.

import { Code, MilvusError } from '../errors.ts'
import type { MilvusClient } from './milvus-client.ts'

/** The reads of a session; closing it leaves the client open. */
export class MilvusClientSession {
  readonly #parent: MilvusClient
  #isClosed = false

  constructor(parent: MilvusClient, _clusterId: string) {
    this.#parent = parent
  }

  /** The client, while the session is open. */
  #client(): MilvusClient {
    if (this.#isClosed) throw new MilvusError(Code.Parameter, 'MilvusClient session is closed', { isThrown: true })
    return this.#parent
  }

  get [Symbol.toStringTag](): string {
    return 'MilvusClientSession'
  }

  close(): void {
    this.#isClosed = true
  }

  search: MilvusClient['search'] = (params) => this.#client().search(params)
  hybridSearch: MilvusClient['hybridSearch'] = (params) => this.#client().hybridSearch(params)
  searchIterator: MilvusClient['searchIterator'] = (param) => this.#client().searchIterator(param)
  query: MilvusClient['query'] = (data) => this.#client().query(data)
  queryIterator: MilvusClient['queryIterator'] = (data) => this.#client().queryIterator(data)
  get: MilvusClient['get'] = (data) => this.#client().get(data)
}
