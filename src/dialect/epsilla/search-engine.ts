// The search engine: several queries at once, whose lists a reranker fuses. Unlike everything else here it throws.

import { reciprocalRankFusion, weightedFusion } from '../../text/fusion.ts'
import type { QueryConfig } from './table.ts'

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

type Candidate = Record<string, unknown>
/** Fuses lists into one; each item holds the candidate that came first under its id. */
type Fusion = (lists: readonly Candidate[][], config: RerankerConfig) => readonly { readonly id: Candidate }[]

interface Reranker {
  readonly fusion: Fusion
  readonly config: RerankerConfig
}

const FUSIONS: Readonly<Record<string, Fusion>> = {
  reciprocal_rank_fusion: byRanks,
  relative_score_fusion: byRelativeScores,
  distribution_based_score_fusion: byScales,
}
const SHORT: Readonly<Record<string, string>> = {
  rrf: 'reciprocal_rank_fusion',
  rsf: 'relative_score_fusion',
  dbsf: 'distribution_based_score_fusion',
}

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
    const name = SHORT[type] ?? type
    if (!Object.hasOwn(FUSIONS, name)) throw new Error(`Invalid reranker type: ${type}`)
    this.#reranker = { fusion: FUSIONS[name]!, config }
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

function fuse(lists: readonly Candidate[][], { fusion, config }: Reranker): Candidate[] {
  const ranked = fusion(lists, config).map(({ id }) => id)
  return config.limit === undefined ? ranked : ranked.slice(0, config.limit)
}

const identity = (candidate: unknown) => (candidate as Candidate)['@id']

function byRanks(lists: readonly Candidate[][], { weights, k = 50 }: RerankerConfig): ReturnType<Fusion> {
  if (weights !== undefined && weights.length !== lists.length) {
    throw new Error('The length of weights should be equal to the number of candidate lists')
  }
  return reciprocalRankFusion(
    lists.map((list) => list.map((id) => ({ id, score: 0 }))),
    { k, weights, identity },
  )
}

function byRelativeScores(lists: readonly Candidate[][]): ReturnType<Fusion> {
  return bySums(lists, (distances) => {
    // Not as arguments: their number is limited.
    const min = distances.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    const range = distances.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) - min
    return (distance) => (range === 0 ? 1 : 1 - (distance - min) / range)
  })
}

function byScales(lists: readonly Candidate[][], { scaleRanges = [] }: RerankerConfig): ReturnType<Fusion> {
  if (scaleRanges.length !== lists.length) {
    throw new Error('The length of scaleRanges should be equal to the number of candidates lists.')
  }
  return bySums(lists, (_, which) => {
    const [low, high] = scaleRanges[which]!
    return (distance) => 1 - Math.max(0, Math.min(1, (distance - low) / (high - low)))
  })
}

/** Fuses by the sum, over all lists, of the scores that `scoreOf` gives to distances. */
function bySums(
  lists: readonly Candidate[][],
  scoreOf: (distances: readonly number[], which: number) => (distance: number) => number,
): ReturnType<Fusion> {
  const scored = lists.map((list, which) => {
    const distances = list.map((candidate) => Number(candidate['@distance']))
    const score = scoreOf(distances, which)
    return list.map((id, i) => ({ id, score: score(distances[i]!) }))
  })
  const kinds = lists.map(() => 'ip' as const)
  return weightedFusion(scored, { weights: lists.map(() => 1), kinds, isNormalized: false, identity })
}
