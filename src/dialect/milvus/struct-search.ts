// Searches of vectors inside arrays of structs: a row's score is the sum, over the vectors of the query, of the best that one of
// the row's vectors reaches (MAX_SIM). Every row that matches is looked at.

import { compareKeys, type Key, orderFields, within } from './read.ts'
import type { Row } from './rows.ts'
import type { Found } from './search.ts'
import { isInRange, type SearchPlan } from './search-plan.ts'

type Lanes = ArrayLike<number>

function dot(a: Lanes, b: Lanes): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

const SIMILARITIES: Readonly<Record<string, (a: Lanes, b: Lanes) => number>> = {
  MAX_SIM_IP: dot,
  MAX_SIM_L2: (a, b) => 2 * dot(a, b) - dot(a, a) - dot(b, b),
}

function cosine(a: Lanes, b: Lanes): number {
  const norms = Math.sqrt(dot(a, a) * dot(b, b))
  return norms === 0 ? 0 : dot(a, b) / norms
}

/** One list of hits for each list of vectors, best first. */
export async function runStructPlan(plan: SearchPlan, select: readonly string[]): Promise<Found[][]> {
  const { entry, owner, field, metric, queries, filter, partitions, range, limit, offset, orders } = plan
  const similarity = SIMILARITIES[metric] ?? cosine
  const key = entry.schema.primary.name
  const fields = [...new Set([...select, ...orderFields(orders), owner!])]
  const rows = (await entry.rows.find({ ...within(filter, partitions), select: fields }).toArray()) as Row[]
  return queries.map((query) => {
    const hits: Found[] = []
    for (const row of rows) {
      const vectors = ((row[owner!] ?? []) as Row[]).map((struct) => struct[field.name] as Lanes)
      if (vectors.length === 0) continue
      const best = (lanes: Lanes) => Math.max(...vectors.map((vector) => similarity(lanes, vector)))
      const score = Math.fround((query as Lanes[]).reduce((sum, lanes) => sum + best(lanes), 0))
      if (range === undefined || isInRange(metric, range, score)) hits.push({ key: row[key] as Key, score, row })
    }
    return hits.sort((a, b) => b.score - a.score || compareKeys(a.key, b.key)).slice(offset, offset + limit)
  })
}
