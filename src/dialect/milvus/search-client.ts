// Searches as programs call them.

import type { Entry } from './catalog.ts'
import { hybridTime } from './clock.ts'
import { DataClient, throwIfMissing } from './data-client.ts'
import { DEFAULT_MAX_SEARCH_SIZE, NO_LIMIT } from './enums.ts'
import { Code, MilvusError, success } from './errors.ts'
import { searches } from './lazy.ts'
import { type Projection, projectionOf } from './read.ts'
import { named } from './requests.ts'
import type { Found } from './search.ts'
import type { Given, SearchPlan } from './search-plan.ts'
import type {
  Anything,
  HybridSearchReq,
  OutputTransformers,
  SearchIteratorReq,
  SearchReq,
  SearchResultData,
  SearchResults,
  SearchSimpleReq,
} from './types/index.ts'

export class SearchClient extends DataClient {
  /** One query gives a flat list of hits, several a list for each; `data: [{ anns_field, data }]` is a hybrid search. */
  async search<T extends SearchReq | SearchSimpleReq | HybridSearchReq>(params: T): Promise<SearchResults<T>> {
    const data = named(params as unknown as { collection_name: string }) as unknown as Given & {
      collection_name: string
    }
    return await this.withEntry(
      data,
      (entry) => this.#search(entry, data) as unknown as Promise<SearchResults<T>>,
      (status) => {
        throwIfMissing(status)
        const { collection_name } = data
        return { recalls: [], collection_name, status, results: [], session_ts: -1 } as unknown as SearchResults<T>
      },
    )
  }

  hybridSearch<T extends HybridSearchReq>(params: T): Promise<SearchResults<T>> {
    return this.search(params)
  }

  async #search(entry: Entry, data: Given): Promise<object> {
    const known = searches()
    const { HitMaker, decimalsOf, parametersOf } = known instanceof Promise ? await known : known
    const projection = this.#projection(entry, data)
    const maker = new HitMaker(projection, this.long as never, decimalsOf(parametersOf(data)))
    const lists = await this.#lists(entry, data, projection)
    const made = lists.map((list) => list.map(({ score, key, row, element }) => maker.make(score, key, row, element)))
    let count = 0
    for (const hits of made) count += hits.length
    const answer = { status: success(), recalls: [], collection_name: data['collection_name'] }
    // Without hits the SDK answers as it does where a search failed.
    if (count === 0) return { ...answer, results: [], session_ts: -1 }
    const results = made.length === 1 ? made[0] : made
    return { ...answer, results, session_ts: hybridTime(), all_search_count: count }
  }

  #projection(entry: Entry, data: Given): Projection {
    return projectionOf(entry, data['output_fields'] as string[] | undefined, {
      long: this.long,
      transformers: data['transformers'] as OutputTransformers | undefined,
      withKey: false,
    })
  }

  async #lists(entry: Entry, data: Given, { select }: Projection): Promise<Found[][]> {
    const known = searches()
    const { isHybrid, planOf, runHybrid, runPlan, runReranked } = known instanceof Promise ? await known : known
    if (!isHybrid(data)) {
      const plan = await planOf(entry, data)
      return data['rerank'] === undefined ? runPlan(plan, select) : runReranked(plan, select, data['rerank'])
    }
    const group = data['group_by_field'] as string | undefined
    const wanted = group === undefined ? select : [...select, entry.schema.byName.has(group) ? group : '$meta']
    return await runHybrid(entry, data, [...new Set(wanted)])
  }

  /** Pages of ever farther hits of one query. */
  async searchIterator(param: SearchIteratorReq): Promise<Anything> {
    const data = named(param) as unknown as Given & SearchIteratorReq
    const { HitMaker, hitPages, planOf } = await searches()
    const { plan, projection, maker } = await this.run(data, async (store, db) => {
      const entry = store.entry(db, data.collection_name)
      const limited = {
        ...data,
        limit: 1,
        offset: 0,
        ...(data.params === undefined ? {} : { params: withoutWindow(data.params) }),
      }
      const plan: SearchPlan = await planOf(entry, limited)
      if (plan.queries.length !== 1) throw new MilvusError(Code.Parameter, 'a search iterator takes one query vector')
      if (plan.group !== undefined) throw new MilvusError(Code.Parameter, 'a search iterator takes no groups')
      const projection = this.#projection(entry, data)
      return { plan, projection, maker: new HitMaker(projection, this.long as never, plan.decimals) }
    })
    const limit = data.limit === undefined || data.limit === NO_LIMIT || !data.limit ? Infinity : data.limit
    const size = Math.max(1, Math.min(Number(data.batchSize) || 1, DEFAULT_MAX_SEARCH_SIZE))
    const { external_filter_fn: accept } = data
    const pages = hitPages(plan, projection.select, size, limit)
    return {
      async *[Symbol.asyncIterator]() {
        for await (const page of pages) {
          const hits = page.map(({ score, key, row, element }) =>
            maker.make(score, key, row, element),
          ) as unknown as SearchResultData[]
          yield accept === undefined ? hits : hits.filter((hit) => accept(hit))
        }
      },
    }
  }
}

function withoutWindow(params: Given): Given {
  const { limit: _limit, offset: _offset, topk: _topk, ...rest } = params
  return rest
}
