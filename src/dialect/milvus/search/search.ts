// Searches that the engine runs, with scores as Milvus reports them.

import type { Entry } from '../catalog.ts'
import { told, unexpected } from '../errors.ts'
import { rankedIndexName } from '../metrics.ts'
import { type Order, orderFields, rowComparer } from '../order.ts'
import { compareKeys, type Key } from '../read.ts'
import type { Row } from '../rows.ts'
import { isDense } from '../schema.ts'
import { encoderOf } from '../values.ts'
import { boosted, boostsOf } from './boost.ts'
import { decayed, decayOf, requireUngrouped } from './decay.ts'
import { bestOfGroups, byGroups, groupField } from './groups.ts'
import { runMinhashPlan } from './minhash-search.ts'
import { type Group, isDistance, isInRange, type SearchPlan } from './search-plan.ts'
import { runStructPlan } from './struct-search.ts'

/** A hit before it takes the caller's form. */
export interface Found {
  readonly key: Key
  /** As Milvus reports it, in f32. */
  readonly score: number
  readonly row: Row
  /** Index of the struct in its array, if each struct is a hit of its own. */
  readonly element?: number | undefined
}

/** The score that Milvus reports for a distance of the engine. */
export function scoreOf(metric: string, distance: number): number {
  if (metric === 'COSINE') return Math.fround(1 - distance)
  return Math.fround(isDistance(metric) ? distance : -distance)
}

/** A radius for the engine that lets through at least what the Milvus radius does. */
function engineRadius(metric: string, radius: number): number {
  const bound = metric === 'COSINE' ? 1 - radius : isDistance(metric) ? radius : -radius
  return bound + Math.abs(bound) * 1e-6 + 1e-6
}

interface EngineHit {
  readonly id: unknown
  readonly distance: number
  readonly document: object
}

/** Runs a search; returns one list of hits for each query, best first. */
export async function runPlan(plan: SearchPlan, select: readonly string[]): Promise<Found[][]> {
  const { entry, owner, queries, limit, offset, range, group, orders } = plan
  const isPlain = orders.length === 0 && group === undefined
  const grouped = group === undefined ? [] : [groupField(group)]
  const fields = isPlain ? select : [...new Set([...select, ...orderFields(orders), ...grouped])]
  let lists: Found[][]
  if (owner !== undefined) lists = await runStructPlan(plan, fields)
  else if (plan.metric === 'MHJACCARD') lists = await runMinhashPlan(plan, fields)
  else if (range !== undefined) lists = await inRange(plan, fields)
  else {
    const found = await engineSearch(plan, queries, fields, { limit, offset, radius: undefined, group })
    lists = found.map((hits) => foundOf(plan, hits))
  }
  return ordered(entry, orders, group, lists)
}

/** Puts the hits of each query, or their groups, in the order that was asked for. */
export function ordered(entry: Entry, orders: readonly Order[], group: Group | undefined, lists: Found[][]): Found[][] {
  if (orders.length === 0) return lists
  const compare = rowComparer(entry, orders)
  return lists.map((list) => {
    if (group === undefined) return list.sort((a, b) => compare(a.row, b.row))
    // The best hit of a group decides where the group stands.
    return byGroups(list, group)
      .sort(([a], [b]) => compare(a!.row, b!.row))
      .flat()
  })
}

/** What the engine is asked besides the query; undefined means not asked. */
interface Window {
  readonly limit: number
  readonly offset: number
  readonly radius: number | undefined
  readonly group: Group | undefined
}

/** Number of hits held at once before documents are read. */
const HITS_AT_ONCE = 65_536

/** Hits of each query. Dense vectors are searched together: what a filter lets through is determined once for all. */
async function engineSearch(
  plan: SearchPlan,
  queries: readonly unknown[],
  select: readonly string[],
  { limit, offset, radius, group: grouped }: Window,
): Promise<(readonly EngineHit[])[]> {
  const { entry, field, metric, filter, partitions, ef } = plan
  const group =
    grouped === undefined
      ? undefined
      : { field: grouped.place.join('.'), size: grouped.size, default: grouped.otherwise }
  const lists: (readonly EngineHit[])[] = []
  if (!isDense(field.type)) {
    const options = { filter, partitions, limit, offset, radius, group, select, index: rankedIndexName(field.name) }
    for (const query of queries) {
      lists.push(
        typeof query === 'string'
          ? await entry.rows.search({ ...options, text: query })
          : await entry.rows.search({ ...options, sparse: query as never }),
      )
    }
    return lists
  }
  const options = { field: field.name, limit, offset, radius, group, select, filter, partitions, ef }
  const step = Math.max(1, Math.floor(HITS_AT_ONCE / (limit + offset)))
  try {
    if (queries.length === 1) {
      lists.push(await entry.rows.search({ ...options, vector: queries[0] as number[] }))
    } else {
      for (let i = 0; i < queries.length; i += step) {
        const vectors = queries.slice(i, i + step) as number[][]
        lists.push(...(await entry.rows.search({ ...options, vectors })))
      }
    }
  } catch (error) {
    // Throws in Milvus' words if the engine has refused a query.
    for (const query of queries) encoderOf(field)(query, 0)
    throw error
  }
  return metric === 'JACCARD' ? lists.map((hits, i) => withEmptySets(queries[i] as Uint8Array, hits)) : lists
}

/** In Milvus two empty sets are as far apart as any others; in the engine they are equal. */
function withEmptySets(query: Uint8Array, hits: readonly EngineHit[]): readonly EngineHit[] {
  return query.every((byte) => byte === 0) ? hits.map((hit) => ({ ...hit, distance: 1 })) : hits
}

/** Hits in Milvus' terms; equal scores are ordered by key, and groups are put in one order. */
function foundOf({ metric }: SearchPlan, hits: readonly EngineHit[]): Found[] {
  const found = new Array<Found>(hits.length)
  const sign = isDistance(metric) ? 1 : -1
  let isSorted = true
  for (let i = 0; i < hits.length; i++) {
    const { id, distance, document } = hits[i]!
    const score = scoreOf(metric, distance)
    found[i] = { key: id as Key, score, row: document as Row, element: undefined }
    if (i > 0 && !(sign * (score - found[i - 1]!.score) > 0)) isSorted = false
  }
  return isSorted ? found : found.sort((a, b) => sign * (a.score - b.score) || compareKeys(a.key, b.key))
}

/** Hits within a range: fetches as many as it takes to fill the window with hits inside it. */
async function inRange(plan: SearchPlan, select: readonly string[]): Promise<Found[][]> {
  const { queries, metric, range, limit, offset } = plan
  const radius = engineRadius(metric, range!.radius)
  const lists: Found[][] = []
  let left = [...queries.keys()]
  for (let count = limit + offset; left.length > 0; count *= 4) {
    const window = { radius, limit: count, offset: 0, group: undefined }
    const fetched = await engineSearch(
      plan,
      left.map((query) => queries[query]),
      select,
      window,
    )
    left = left.filter((query, i) => {
      const hits = fetched[i]!
      const inside = foundOf(plan, hits).filter(({ score }) => isInRange(metric, range!, score))
      lists[query] = inside.slice(offset, offset + limit)
      return inside.length < limit + offset && hits.length === count
    })
  }
  return lists
}

/** The same with a rerank function; the window is cut afterwards. */
export async function runReranked(plan: SearchPlan, select: readonly string[], rerank: unknown): Promise<Found[][]> {
  const { entry, metric, limit, offset, group, orders } = plan
  const decay = decayOf(entry, rerank)
  const boosts = decay === undefined ? boostsOf(entry, rerank) : undefined
  if (decay === undefined && boosts === undefined) {
    // A ranker that fuses lists has nothing to do here.
    const { strategy } = (rerank ?? {}) as { strategy?: unknown }
    if (strategy !== undefined && !/^(?:rrf|weighted)$/i.test(told(strategy))) {
      throw unexpected(`unsupported rank type ${told(strategy)}: rrf and weighted are supported`)
    }
    return await runPlan(plan, select)
  }
  requireUngrouped(decay, group)
  const read = decay === undefined ? boosts!.boosts.flatMap(({ field }) => field ?? []) : [decay.field]
  const grouped = group === undefined ? [] : [groupField(group)]
  const fields = [...new Set([...select, ...read, ...grouped, ...orderFields(orders)])]
  const lists = await runPlan({ ...plan, offset: 0, limit: limit + offset, orders: [] }, fields)
  const ranked: Found[][] = []
  for (const list of lists) {
    const hits = decay === undefined ? await boosted(entry, boosts!, list, metric) : decayed(decay, [list], [metric])
    ranked.push(group === undefined ? hits.slice(offset, offset + limit) : bestOfGroups(hits, group, offset, limit))
  }
  return ordered(entry, orders, group, ranked)
}
