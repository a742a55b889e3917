// The search engine: several queries at once, whose lists a reranker fuses. Unlike everything else here it throws.

import { Part } from '../../engine/index.ts'
import type { QueryConfig } from './table.ts'

/** Only searches that fuse lists load it. */
const fusionPart = new Part(() => import('./rerank.ts'))

export interface RetrieverConfig {
  table: string
  /** Default `ID`. */
  primaryKeyField?: string
  queryIndex?: string
  queryField?: string
  queryVector?: QueryConfig['queryVector']
  response?: string[]
  /** Default 2. */
  limit?: number
  filter?: string
}

export interface RerankerConfig {
  weights?: number[]
  k?: number
  limit?: number
  scaleRanges?: [number, number][]
}

/** A record that a retriever found. */
export type Candidate = Record<string, unknown>
export type RerankerName = (typeof SHORT)[keyof typeof SHORT]

interface Reranker {
  readonly name: RerankerName
  readonly config: RerankerConfig
}

const SHORT = {
  rrf: 'reciprocal_rank_fusion',
  rsf: 'relative_score_fusion',
  dbsf: 'distribution_based_score_fusion',
} as const

/** Runs one query of the search engine. */
export type RunQuery = (table: string, config: QueryConfig) => Promise<unknown>

export class SearchEngine {
  readonly #query: RunQuery
  #retrievers: Required<Pick<RetrieverConfig, 'table' | 'primaryKeyField'>>[] = []
  #configs: QueryConfig[] = []
  #hasVector: boolean[] = []
  #reranker: Reranker | undefined

  /** Called by `asSearchEngine()`. */
  constructor(query: RunQuery) {
    this.#query = query
  }

  /** The manual also passes the table before the rest. */
  addRetriever(table: string, config: Omit<RetrieverConfig, 'table'>): this
  addRetriever(config: RetrieverConfig): this
  addRetriever(first: string | RetrieverConfig, second?: Omit<RetrieverConfig, 'table'>): this {
    const config = typeof first === 'string' ? { ...second, table: first } : first
    const { table, primaryKeyField = 'ID', limit = 2, filter = '', ...given } = config
    const rest = given as Partial<QueryConfig>
    this.#retrievers.push({ table, primaryKeyField })
    this.#configs.push({ ...rest, limit, filter, withDistance: true })
    this.#hasVector.push(config.queryVector !== undefined)
    this.#reranker = undefined
    return this
  }

  setReranker(type: string, config: RerankerConfig = {}): this {
    const name = Object.entries(SHORT).find((names) => names.includes(type))?.[1]
    if (name === undefined) throw new Error(`Invalid reranker type: ${type}`)
    this.#reranker = { name, config }
    return this
  }

  async search(query?: string): Promise<Candidate[]> {
    if (this.#retrievers.length === 0) throw new Error('No retriever added to the search engine')
    if (this.#retrievers.length > 1 && this.#reranker === undefined) {
      throw new Error('More than one retriever added to the search engine, but no reranker is set')
    }
    const lists: Candidate[][] = []
    for (let i = 0; i < this.#retrievers.length; i++) {
      const text = this.#hasVector[i] || query === undefined ? {} : { query }
      lists.push(await this.#retrieve(i, { ...this.#configs[i]!, ...text }))
    }
    if (this.#reranker === undefined) return lists[0]!
    const { name, config } = this.#reranker
    return (await fusionPart.load()).rerank(lists, name, config)
  }

  async #retrieve(which: number, config: QueryConfig): Promise<Candidate[]> {
    const { table, primaryKeyField } = this.#retrievers[which]!
    const response = (await this.#query(table, config)) as { statusCode: number; message: string; result?: Candidate[] }
    if (response instanceof Error) throw response
    if (response.statusCode !== 200) throw new Error(response.message)
    return (response.result ?? []).map((record) => {
      if (!(primaryKeyField in record)) {
        throw new Error(`Primary key field ${primaryKeyField} not found in the response from table ${table}`)
      }
      return { ...record, '@id': record[primaryKeyField] }
    })
  }
}
