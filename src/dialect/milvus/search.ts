// Searches run: dense fields by the engine, with Milvus' way of telling scores.

import type { Filter } from '../../engine/index.ts'
import { ALL } from './expression/index.ts'
import { compareKeys, type Key, matchingKeys, residualFields, rowComparer } from './read.ts'
import type { Row } from './rows.ts'
import { isDense } from './schema.ts'
import { isDistance, isInRange, type SearchPlan } from './search-plan.ts'
import { rankedHits } from './sparse-search.ts'

/** A hit before it is made for the caller. */
export interface Found {
  readonly key: Key
  /** As Milvus tells it, in f32. */
  readonly score: number
  readonly row: Row
}

/** The score that Milvus tells for an engine's distance. */
export function scoreOf(metric: string, distance: number): number {
  if (metric === 'COSINE') return Math.fround(1 - distance)
  return Math.fround(metric === 'IP' ? -distance : distance)
}

/** The engine's radius that lets through at least what a Milvus radius does. */
function engineRadius(metric: string, radius: number): number {
  const bound = metric === 'COSINE' ? 1 - radius : metric === 'IP' ? -radius : radius
  return bound + Math.abs(bound) * 1e-6 + 1e-6
}

/** Names the fields a search reads of each hit: what is put out, grouped and ordered by. */
function selected(plan: SearchPlan, select: readonly string[]): string[] {
  return plan.orders.length === 0 ? [...select] : [...new Set([...select, ...residualFields(plan.entry)])]
}

/** A filter that says all of the condition: what only JavaScript can decide is decided first. */
export async function wholeFilter(plan: SearchPlan): Promise<Filter | undefined> {
  const { entry, condition, partitions } = plan
  if (condition.residual !== undefined) {
    return { [entry.schema.primary.name]: { $in: await matchingKeys(entry, condition, partitions) } }
  }
  return condition === ALL ? undefined : condition.filter
}

/** Runs a search; one list of hits for each query, best first. */
export async function runPlan(plan: SearchPlan, select: readonly string[]): Promise<Found[][]> {
  const lists = isDense(plan.field.type)
    ? await searchDense(plan, selected(plan, select))
    : await rankedHits(plan, selected(plan, select))
  if (plan.orders.length === 0) return lists
  const compare = rowComparer(plan.entry, plan.orders)
  return lists.map((list) => [...list].sort((a, b) => compare(a.row, b.row)))
}

async function searchDense(plan: SearchPlan, select: readonly string[]): Promise<Found[][]> {
  const { entry, field, metric, queries, limit, offset, range, group, ef, partitions } = plan
  const filter = await wholeFilter(plan)
  const base = {
    field: field.name,
    select,
    ...(filter === undefined ? {} : { filter }),
    ...(partitions === undefined ? {} : { partitions }),
    ...(ef === undefined ? {} : { ef }),
  }
  if (range !== undefined) {
    const radius = engineRadius(metric, range.radius)
    return await Promise.all(
      queries.map((vector) => {
        const search = (count: number) =>
          entry.rows.search({ ...base, vector: vector as number[], radius, limit: count })
        return inRange(plan, search)
      }),
    )
  }
  const window = { limit, offset, ...(group === undefined ? {} : { group: { field: group.field, size: group.size } }) }
  // The field's own documents come back with each hit; the engine keeps their order.
  const lists =
    queries.length === 1
      ? [await entry.rows.search({ ...base, ...window, vector: queries[0] as number[] })]
      : await entry.rows.search({ ...base, ...window, vectors: queries as number[][] })
  return lists.map((hits) =>
    inOrder(
      plan,
      hits.map((hit) => foundOf(plan, hit)),
    ),
  )
}

interface EngineHit {
  readonly id: unknown
  readonly distance: number
  readonly document: object
}

function foundOf({ metric }: SearchPlan, { id, distance, document }: EngineHit): Found {
  return { key: id as Key, score: scoreOf(metric, distance), row: document as Row }
}

/** Equal scores go by key. The engine's order stands otherwise; groups are put in one order. */
function inOrder({ metric }: SearchPlan, hits: Found[]): Found[] {
  const sign = isDistance(metric) ? 1 : -1
  for (let i = 1; i < hits.length; i++) {
    const [a, b] = [hits[i - 1]!, hits[i]!]
    if (a.score === b.score || sign * (a.score - b.score) > 0) {
      return hits.sort((x, y) => sign * (x.score - y.score) || compareKeys(x.key, y.key))
    }
  }
  return hits
}

/** Hits within a range: as many are fetched as it takes to have the window of those that lie in it. */
async function inRange(plan: SearchPlan, search: (count: number) => Promise<EngineHit[]>): Promise<Found[]> {
  const { metric, range, limit, offset } = plan
  for (let count = limit + offset; ; count *= 4) {
    const hits = await search(count)
    const inside = hits.map((hit) => foundOf(plan, hit)).filter(({ score }) => isInRange(metric, range!, score))
    if (inside.length >= limit + offset || hits.length < count) {
      return inOrder(plan, inside).slice(offset, offset + limit)
    }
  }
}
