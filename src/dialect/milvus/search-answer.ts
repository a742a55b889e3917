// What search and its iterator answer.

import type { Entry } from './catalog.ts'
import { hybridTime } from './clock.ts'
import { DEFAULT_MAX_SEARCH_SIZE, NO_LIMIT } from './enums.ts'
import { Code, MilvusError, success } from './errors.ts'
import { type HitMaker, hitMakerOf } from './hits.ts'
import { runHybrid } from './hybrid.ts'
import { type Projection, projectionOf } from './read.ts'
import type { Row } from './rows.ts'
import { type Found, runPlan, runReranked } from './search.ts'
import { hitPages } from './search-pages.ts'
import { decimalsOf, type Given, isHybrid, parametersOf, planOf } from './search-plan.ts'
import type { OutputTransformers, SearchIteratorReq, SearchResultData } from './types/index.ts'
import type { LongForm } from './values.ts'

/** The hits of a search: one list, or one for each of several queries. */
export async function searchAnswer(entry: Entry, data: Given, long: LongForm): Promise<object> {
  const projection = searchProjection(entry, data, long)
  let lists: Found[][]
  let decimals: number
  if (isHybrid(data)) {
    decimals = decimalsOf(parametersOf(data))
    lists = await runHybrid(entry, data, hybridFields(entry, data, projection))
  } else {
    const made = planOf(entry, data)
    const plan = made instanceof Promise ? await made : made
    decimals = plan.decimals
    const { rerank } = data
    lists = await (rerank === undefined
      ? runPlan(plan, projection.select)
      : runReranked(plan, projection.select, rerank))
  }
  const maker = hitMakerOf(projection, long, decimals)
  const made: Row[][] = []
  let count = 0
  for (const list of lists) {
    made.push(hitsOf(maker, list))
    count += list.length
  }
  const { collection_name } = data
  // Without hits the SDK answers as it does where a search failed.
  if (count === 0) return { status: success(), recalls: [], collection_name, results: [], session_ts: -1 }
  return {
    status: success(),
    recalls: [],
    collection_name,
    results: made.length === 1 ? made[0] : made,
    session_ts: hybridTime(),
    all_search_count: count,
  }
}

/** What fusing reads beside the output fields. */
function hybridFields(entry: Entry, data: Given, { select }: Projection): string[] {
  const group = data['group_by_field'] as string | undefined
  if (group === undefined) return select
  return [...new Set([...select, entry.schema.byName.has(group) ? group : '$meta'])]
}

function hitsOf(maker: HitMaker, list: readonly Found[]): Row[] {
  const hits = new Array<Row>(list.length)
  for (let i = 0; i < list.length; i++) hits[i] = maker.make(list[i]!)
  return hits
}

function searchProjection(entry: Entry, data: Given, long: LongForm): Projection {
  return projectionOf(entry, data['output_fields'] as string[] | undefined, {
    long,
    transformers: data['transformers'] as OutputTransformers | undefined,
    withKey: false,
  })
}

type Pages = AsyncIterable<SearchResultData[]>

/** Pages of ever farther hits of one query. */
export async function searchPages(entry: Entry, data: Given & SearchIteratorReq, long: LongForm): Promise<Pages> {
  const { params } = data
  const limited = { ...data, limit: 1, offset: 0, ...(params === undefined ? {} : { params: withoutWindow(params) }) }
  const plan = await planOf(entry, limited)
  if (plan.queries.length !== 1) throw new MilvusError(Code.Parameter, 'a search iterator takes one query vector')
  if (plan.group !== undefined) throw new MilvusError(Code.Parameter, 'a search iterator takes no groups')
  const projection = searchProjection(entry, data, long)
  const maker = hitMakerOf(projection, long, plan.decimals)
  const limit = data.limit === undefined || data.limit === NO_LIMIT || !data.limit ? Infinity : data.limit
  const size = Math.max(1, Math.min(Number(data.batchSize) || 1, DEFAULT_MAX_SEARCH_SIZE))
  const { external_filter_fn: accept } = data
  const pages = hitPages(plan, projection.select, size, limit)
  return {
    async *[Symbol.asyncIterator]() {
      for await (const page of pages) {
        const hits = hitsOf(maker, page) as unknown as SearchResultData[]
        yield accept === undefined ? hits : hits.filter((hit) => accept(hit))
      }
    },
  }
}

function withoutWindow(params: Given): Given {
  const { limit: _limit, offset: _offset, topk: _topk, ...rest } = params
  return rest
}
