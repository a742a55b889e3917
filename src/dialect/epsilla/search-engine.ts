// The search engine: several queries at once, their lists fused by a reranker. Unlike everything else here it throws.

import type { QueryConfig } from './table.ts'

export interface RetrieverConfig {
  table: string
  /** `ID` unless given. */
  primaryKeyField?: string
  queryIndex?: string
  queryField?: string
  queryVector?: QueryConfig['queryVector']
  response?: string[]
  /** 2 unless given. */
  limit?: number
  filter?: string
}

export interface RerankerConfig {
  weights?: number[]
  k?: number
  limit?: number
  scaleRanges?: [number, number][]
}

type Candidate = Record<string, unknown>
type Score = (list: readonly Candidate[], which: number, config: RerankerConfig) => number[]

interface Reranker {
  readonly score: Score
  readonly config: RerankerConfig
}

const SCORES: Readonly<Record<string, Score>> = {
  reciprocal_rank_fusion: reciprocalRank,
  relative_score_fusion: relativeScore,
  distribution_based_score_fusion: distributionBased,
}
const SHORT: Readonly<Record<string, string>> = {
  rrf: 'reciprocal_rank_fusion',
  rsf: 'relative_score_fusion',
  dbsf: 'distribution_based_score_fusion',
}

/** What runs one query of the engine's. */
export type RunQuery = (table: string, config: QueryConfig) => Promise<unknown>

export class SearchEngine {
  readonly #query: RunQuery
  #retrievers: Required<Pick<RetrieverConfig, 'table' | 'primaryKeyField'>>[] = []
  #configs: QueryConfig[] = []
  #hasVector: boolean[] = []
  #reranker: Reranker | undefined

  /** Made by `asSearchEngine()`. */
  constructor(query: RunQuery) {
    this.#query = query
  }

  addRetriever(config: RetrieverConfig): this {
    const { table, primaryKeyField = 'ID', limit = 2, filter = '', ...given } = config
    const rest = given as Partial<QueryConfig>
    this.#retrievers.push({ table, primaryKeyField })
    this.#configs.push({ ...rest, limit, filter, withDistance: true })
    this.#hasVector.push(config.queryVector !== undefined)
    this.#reranker = undefined
    return this
  }

  setReranker(type: string, config: RerankerConfig = {}): this {
    const score = SCORES[SHORT[type] ?? type]
    if (score === undefined) throw new Error(`Invalid reranker type: ${type}`)
    this.#reranker = { score, config }
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
    return this.#reranker === undefined ? lists[0]! : fuse(lists, this.#reranker)
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

function fuse(lists: readonly Candidate[][], { score, config }: Reranker): Candidate[] {
  if (config.weights !== undefined && config.weights.length !== lists.length) {
    throw new Error('The length of weights should be equal to the number of candidate lists')
  }
  if (score === distributionBased && config.scaleRanges?.length !== lists.length) {
    throw new Error('The length of scaleRanges should be equal to the number of candidates lists.')
  }
  const found = new Map<unknown, { record: Candidate; score: number }>()
  lists.forEach((list, which) => {
    const scores = score(list, which, config)
    list.forEach((record, i) => {
      const known = found.get(record['@id'])
      if (known === undefined) found.set(record['@id'], { record, score: scores[i]! })
      else known.score += scores[i]!
    })
  })
  const ranked = [...found.values()].sort((a, b) => b.score - a.score).map(({ record }) => record)
  return config.limit === undefined ? ranked : ranked.slice(0, config.limit)
}

function reciprocalRank(list: readonly Candidate[], which: number, { weights, k = 50 }: RerankerConfig): number[] {
  return list.map((_, i) => (weights?.[which] ?? 1) / (k + i + 1))
}

function relativeScore(list: readonly Candidate[]): number[] {
  const distances = list.map((record) => Number(record['@distance']))
  const min = Math.min(...distances)
  const range = Math.max(...distances) - min
  return distances.map((distance) => (range === 0 ? 1 : 1 - (distance - min) / range))
}

function distributionBased(list: readonly Candidate[], which: number, { scaleRanges }: RerankerConfig): number[] {
  const [low, high] = scaleRanges![which]!
  return list.map((record) => {
    const place = (Number(record['@distance']) - low) / (high - low)
    return 1 - Math.max(0, Math.min(1, place))
  })
}
