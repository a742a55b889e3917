// Searches of vectors inside arrays of structs. Under MAX_SIM a row is a hit: its score is the sum, over the vectors of the query, of the
// best that one of the row's vectors reaches. Under a plain metric each vector is a hit of its own. Every row that matches is looked at.

import { compareKeys, type Key, orderFields, within } from './read.ts'
import type { Row } from './rows.ts'
import type { Found } from './search.ts'
import { isDistance, isInRange, type SearchPlan } from './search-plan.ts'
import { encoderOf } from './values.ts'

type Lanes = ArrayLike<number>

function dot(a: Lanes, b: Lanes): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

function squared(a: Lanes, b: Lanes): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return sum
}

function cosine(a: Lanes, b: Lanes): number {
  const norms = Math.sqrt(dot(a, a) * dot(b, b))
  return norms === 0 ? 0 : dot(a, b) / norms
}

type Measure = (a: Lanes, b: Lanes) => number

const MEASURES: Readonly<Record<string, Measure>> = {
  MAX_SIM_IP: dot,
  MAX_SIM_L2: (a, b) => -squared(a, b),
  IP: dot,
  L2: squared,
}

/** Whether each vector is a hit of its own. */
export function isElementwise(metric: string): boolean {
  return !metric.startsWith('MAX_SIM')
}

/** One list of hits for each query, best first. */
export async function runStructPlan(plan: SearchPlan, select: readonly string[]): Promise<Found[][]> {
  const { entry, owner, field, metric, queries, filter, partitions, range, limit, offset, orders } = plan
  const measure = MEASURES[metric] ?? cosine
  const key = entry.schema.primary.name
  const fields = [...new Set([...select, ...orderFields(orders), owner!])]
  const rows = (await entry.rows.find({ ...within(filter, partitions), select: fields }).toArray()) as Row[]
  const vectorsOf = (row: Row) => ((row[owner!] ?? []) as Row[]).map((struct) => struct[field.name] as Lanes)
  const scoresOf = isElementwise(metric) ? eachScore : bestScore
  const encode = encoderOf(field)
  const sign = isDistance(metric) ? 1 : -1
  return queries.map((given) => {
    const query = isElementwise(metric) ? encode(given, 0) : given
    const hits: Found[] = []
    for (const row of rows) {
      for (const hit of scoresOf(measure, query, vectorsOf(row))) {
        const score = Math.fround(hit.score)
        if (range !== undefined && !isInRange(metric, range, score)) continue
        hits.push({ ...hit, key: row[key] as Key, score, row })
      }
    }
    const before = (a: Found, b: Found) => sign * (a.score - b.score) || compareKeys(a.key, b.key)
    return hits.sort((a, b) => before(a, b) || (a.element ?? 0) - (b.element ?? 0)).slice(offset, offset + limit)
  })
}

type Scored = Pick<Found, 'score' | 'element'>

function eachScore(measure: Measure, query: unknown, vectors: readonly Lanes[]): Scored[] {
  return vectors.map((vector, element) => ({ score: measure(query as Lanes, vector), element }))
}

function bestScore(measure: Measure, query: unknown, vectors: readonly Lanes[]): Scored[] {
  if (vectors.length === 0) return []
  const best = (lanes: Lanes) => Math.max(...vectors.map((vector) => measure(lanes, vector)))
  return [{ score: (query as Lanes[]).reduce((sum, lanes) => sum + best(lanes), 0) }]
}
