// What `search` and its iterator return.

import type { Entry } from '../catalog.ts'
import { hybridTime } from '../clock.ts'
import { DEFAULT_MAX_SEARCH_SIZE, NO_LIMIT } from '../enums.ts'
import { Code, invalid, MilvusError, shown, success } from '../errors.ts'
import { aggregations, highlighting } from '../lazy.ts'
import { requireNone } from '../pages.ts'
import { type Projection, projectionOf, schemaFor } from '../read.ts'
import type { Row } from '../rows.ts'
import type { OutputTransformers, SearchIteratorReq, SearchResultData } from '../types/index.ts'
import type { LongForm } from '../values.ts'
import { arranged } from './groups.ts'
import type { Highlighter } from './highlight.ts'
import { type HitMaker, hitMakerOf } from './hits.ts'
import { runHybrid } from './hybrid.ts'
import { type Found, runPlan, runReranked } from './search.ts'
import { hitPages } from './search-pages.ts'
import { decimalsOf, type Given, isHybrid, parametersOf, planOf, type SearchPlan } from './search-plan.ts'

/** The hits of a search: one list, or one for each of several queries; or its buckets. */
export async function searchAnswer(entry: Entry, data: Given, long: LongForm): Promise<object> {
  const projection = searchProjection(entry, data, long)
  const isFused = isHybrid(data)
  const { highlighter, rerank } = data
  if (data['search_aggregation']) return await bucketAnswer(entry, data, projection, long)
  let lists: Found[][]
  let decimals: number
  let marks: Highlighter | undefined
  if (isFused) {
    decimals = decimalsOf(parametersOf(data))
    if (highlighter) marks = await highlighterOf(entry, highlighter, undefined)
    lists = await runHybrid(entry, data, hybridFields(entry, data, projection, marks))
  } else {
    const made = planOf(entry, data)
    const plan = made instanceof Promise ? await made : made
    decimals = plan.decimals
    if (highlighter) marks = await highlighterOf(entry, highlighter, plan)
    const select = selectOf(projection, marks)
    lists = await (rerank === undefined ? runPlan(plan, select) : runReranked(plan, select, rerank))
    lists = arranged(lists, plan.group)
  }
  const maker = hitMakerOf(projection, long, decimals)
  const made: Row[][] = []
  let count = 0
  for (const list of lists) {
    made.push(hitsOf(maker, list, marks, made.length))
    count += list.length
  }
  const { collection_name } = data
  // Without hits the SDK returns the same as for a failed search.
  if (count === 0) return { status: success(), recalls: [], collection_name, results: [], session_ts: -1 }
  return {
    status: success(),
    recalls: [],
    collection_name,
    results: made.length === 1 ? made[0] : made,
    session_ts: hybridTime(),
    all_search_count: long(count),
  }
}

async function highlighterOf(entry: Entry, given: unknown, plan: SearchPlan | undefined): Promise<Highlighter> {
  const { Highlighter } = await highlighting()
  return new Highlighter(entry, given, plan?.field, plan?.queries ?? [])
}

async function bucketAnswer(entry: Entry, data: Given, projection: Projection, long: LongForm): Promise<object> {
  const { bucketsOf, requireAlone } = await aggregations()
  requireAlone(data, isHybrid(data))
  // The buckets set their own number; the limit of hits does not count.
  const { limit: _limit, topk: _topk, ...rest } = data
  const plan = await planOf(entry, rest)
  const buckets = await bucketsOf(plan, data['search_aggregation'], projection, long)
  const { collection_name } = data
  return {
    status: success(),
    results: [],
    recalls: [],
    session_ts: hybridTime(),
    collection_name,
    all_search_count: long(0),
    agg_buckets: buckets.length === 1 ? buckets[0] : buckets,
  }
}

/** The fields to read for each hit. */
function selectOf({ select }: Projection, marks: Highlighter | undefined): readonly string[] {
  return marks === undefined ? select : [...new Set([...select, ...marks.fields])]
}

/** The fields that fusing and marking read besides the output fields. */
function hybridFields(
  entry: Entry,
  data: Given,
  { select }: Projection,
  marks: Highlighter | undefined,
): readonly string[] {
  const group = data['group_by_field'] as string | undefined
  if (group === undefined && marks === undefined) return select
  const grouped = group === undefined ? [] : [entry.schema.byName.has(group) ? group : '$meta']
  return [...new Set([...select, ...grouped, ...(marks?.fields ?? [])])]
}

function hitsOf(maker: HitMaker, list: readonly Found[], marks: Highlighter | undefined, query: number): Row[] {
  const hits = new Array<Row>(list.length)
  for (let i = 0; i < list.length; i++) {
    const hit = maker.make(list[i]!)
    if (marks !== undefined) hit['highlight'] = marks.of(list[i]!.row, query)
    hits[i] = hit
  }
  return hits
}

function searchProjection(entry: Entry, data: Given, long: LongForm): Projection {
  return projectionOf(schemaFor(entry, data), data['output_fields'] as string[] | undefined, {
    long,
    transformers: data['transformers'] as OutputTransformers | undefined,
    withKey: false,
  })
}

type Pages = AsyncIterable<SearchResultData[]>

/** Pages through the hits of one query, nearest first. */
export async function searchPages(entry: Entry, data: Given & SearchIteratorReq, long: LongForm): Promise<Pages> {
  const { params, highlighter } = data
  if ('search_aggregation' in data && data['search_aggregation']) {
    throw new MilvusError(Code.Parameter, 'search_aggregation is not supported for search iterators', {
      isThrown: true,
    })
  }
  for (const name of ['offset', 'order_by_fields', 'rerank']) requireNone('search', data, name)
  const limited = { ...data, limit: 1, offset: 0, ...(params === undefined ? {} : { params: withoutWindow(params) }) }
  const plan = await planOf(entry, limited)
  if (plan.queries.length !== 1) throw new MilvusError(Code.Parameter, 'a search iterator takes one query vector')
  if (plan.group !== undefined) throw new MilvusError(Code.Parameter, 'a search iterator takes no groups')
  const projection = searchProjection(entry, data, long)
  const maker = hitMakerOf(projection, long, plan.decimals)
  const asked = Number(data.limit ?? NO_LIMIT)
  const limit = asked === NO_LIMIT || !asked ? Infinity : asked
  const size = Math.max(1, Math.min(Number(data.batchSize) || 1, DEFAULT_MAX_SEARCH_SIZE))
  const accept = data.external_filter_fn ?? undefined
  if (accept !== undefined && typeof accept !== 'function') {
    throw invalid(`external_filter_fn is a function, got ${shown(accept)}`)
  }
  const marks = highlighter ? await highlighterOf(entry, highlighter, plan) : undefined
  const pages = hitPages(plan, selectOf(projection, marks), size, limit)
  return {
    async *[Symbol.asyncIterator]() {
      for await (const page of pages) {
        const hits = hitsOf(maker, page, marks, 0) as unknown as SearchResultData[]
        yield accept === undefined ? hits : hits.filter((hit) => accept(hit))
      }
    },
  }
}

function withoutWindow(params: Given): Given {
  const { limit: _limit, offset: _offset, topk: _topk, ...rest } = params
  return rest
}
