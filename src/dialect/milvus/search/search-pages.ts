// The hits of one query, page by page.

import { type Key, within } from '../read.ts'
import type { Row } from '../rows.ts'
import { isDense } from '../schema.ts'
import { type Found, runPlan, scoreOf } from './search.ts'
import { isInRange, type SearchPlan } from './search-plan.ts'

/** Nearest first, `size` to a page, `limit` in total. */
export async function* hitPages(
  plan: SearchPlan,
  select: readonly string[],
  size: number,
  limit: number,
): AsyncGenerator<Found[], void, void> {
  let page: Found[] = []
  let left = limit
  for await (const hit of isDense(plan.field.type) && plan.owner === undefined && plan.metric !== 'MHJACCARD'
    ? denseHits(plan, select, size)
    : ranked(plan, select, limit)) {
    if (left-- <= 0) break
    page.push(hit)
    if (page.length < size) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

async function* denseHits(
  plan: SearchPlan,
  select: readonly string[],
  size: number,
): AsyncGenerator<Found, void, void> {
  const { entry, field, metric, range, partitions, queries, filter } = plan
  const pages = entry.rows.searchIterator({
    field: field.name,
    vector: queries[0] as number[],
    batch: size,
    select,
    ...within(filter, partitions),
  })
  for await (const page of pages) {
    for (const { id, distance, document } of page) {
      const score = scoreOf(metric, distance)
      if (range !== undefined && !isInRange(metric, range, score)) {
        // Hits only get farther: none follow beyond the radius.
        if (!isInRange(metric, { radius: range.radius, rangeFilter: undefined }, score)) return
        continue
      }
      yield { key: id as Key, score, row: document as Row }
    }
  }
}

/** All at once: the engine has no pages for these. */
async function* ranked(plan: SearchPlan, select: readonly string[], limit: number): AsyncGenerator<Found, void, void> {
  // In an array of structs, one row may be many hits.
  const most = plan.owner === undefined ? Math.max(1, await plan.entry.rows.count()) : Infinity
  const [hits] = await runPlan({ ...plan, limit: Math.min(limit, most), offset: 0 }, select)
  yield* hits!
}
