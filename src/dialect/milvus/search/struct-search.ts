// Searches of vectors inside arrays of structs. Under MAX_SIM a row is a hit: for each vector of the query it takes the
// best score among the row's vectors, and the row's score is their sum. Under a plain metric each vector is a hit of
// its own. Every matching row is measured, a batch at a time: the core's kernels measure its vectors in one call, and
// what cannot be among the best is dropped.

import { PairTable } from '../../../engine/pairs.ts'
import { compareKeys, type Key, within } from '../read.ts'
import type { Row } from '../rows.ts'
import { dimOf } from '../schema.ts'
import { CAPACITY_MAX, encoderOf } from '../values.ts'
import { bestOfGroups } from './groups.ts'
import type { Found } from './search.ts'
import { isDistance, isInRange, type SearchPlan } from './search-plan.ts'

/** Whether each vector is a hit of its own. */
export function isElementwise(metric: string): boolean {
  return !metric.startsWith('MAX_SIM')
}

/** The core's kernel for a metric, and the worth of a measure: more is better except for L2 of single vectors. */
function measureOf(metric: string): { kernel: 'cosine' | 'l2' | 'ip'; worth: (measure: number) => number } {
  if (metric === 'MAX_SIM_L2') return { kernel: 'l2', worth: (square) => -square }
  if (metric === 'L2') return { kernel: 'l2', worth: (square) => square }
  if (metric === 'IP' || metric === 'MAX_SIM_IP') return { kernel: 'ip', worth: (product) => product }
  return { kernel: 'cosine', worth: (distance) => 1 - distance }
}

/** Bytes of vectors per batch. */
const BATCH_BYTES = 1 << 18
/** Hits gathered, on top of twice the wanted number, before all but the best are dropped. */
const GATHERED = 1_024

/** A row of a batch, with how many of its structs are measured, and which; undefined for all. */
interface Measured {
  readonly row: Row
  readonly count: number
  readonly places: readonly number[] | undefined
}

/** The best hits of one query so far. */
class Best {
  readonly hits: Found[] = []
  readonly #count: number
  readonly #compare: (a: Found, b: Found) => number

  constructor(count: number, compare: (a: Found, b: Found) => number) {
    this.#count = count
    this.#compare = compare
  }

  add(hit: Found): void {
    this.hits.push(hit)
    if (this.hits.length >= 2 * this.#count + GATHERED) this.cut()
  }

  cut(): Found[] {
    this.hits.sort(this.#compare)
    if (this.hits.length > this.#count) this.hits.length = this.#count
    return this.hits
  }
}

/** One list of hits for each query, best first. */
export async function runStructPlan(plan: SearchPlan, select: readonly string[]): Promise<Found[][]> {
  const { entry, owner, field, metric, queries, filter, partitions, limit, offset, group } = plan
  const sign = isDistance(metric) ? 1 : -1
  const compare = (a: Found, b: Found) =>
    sign * (a.score - b.score) || compareKeys(a.key, b.key) || (a.element ?? 0) - (b.element ?? 0)
  const best = queries.map(() => new Best(group === undefined ? offset + limit : Infinity, compare))
  const encode = encoderOf(field)
  const asked = queries.map((given) =>
    (isElementwise(metric) ? [given] : (given as unknown[])).map((one) => lanesOf(encode(one, 0))),
  )
  const dim = dimOf(field)
  const vectors = asked.flat()
  const wanted = Math.ceil(BATCH_BYTES / (4 * dim + 8 * vectors.length))
  // One row beyond a full batch always fits, even a row longer than its field's current `max_capacity`.
  const table = await PairTable.create(vectors, dim, measureOf(metric).kernel, wanted + CAPACITY_MAX)
  const fields = [...new Set([...select, owner!])]
  try {
    let rows: Measured[] = []
    for await (const row of entry.rows.find({ ...within(filter, partitions), select: fields })) {
      const structs = (row[owner!] ?? []) as Row[]
      const places = plan.structs && [...structs.keys()].filter((at) => plan.structs!(structs[at]!))
      const count = places?.length ?? structs.length
      if (count === 0) continue
      for (let i = 0; i < count; i++) table.add(lanesOf(structs[places?.[i] ?? i]![field.name]))
      rows.push({ row, count, places })
      if (table.count < wanted) continue
      measureBatch(plan, table, asked, rows, best)
      rows = []
    }
    if (rows.length > 0) measureBatch(plan, table, asked, rows, best)
  } finally {
    table.release()
  }
  return best.map((one) => {
    const hits = one.cut()
    return group === undefined ? hits.slice(offset) : bestOfGroups(hits, group, offset, limit)
  })
}

function lanesOf(given: unknown): Float32Array {
  return given instanceof Float32Array ? given : Float32Array.from(given as ArrayLike<number>)
}

/** Turns the measures of a batch into hits. */
function measureBatch(
  { entry, metric, range }: SearchPlan,
  table: PairTable,
  asked: readonly Float32Array[][],
  rows: readonly Measured[],
  best: readonly Best[],
): void {
  const { worth } = measureOf(metric)
  const key = entry.schema.primary.name
  const count = table.count
  const measures = table.run()
  const add = (query: number, row: Row, value: number, element: number | undefined) => {
    const score = Math.fround(value)
    if (range !== undefined && !isInRange(metric, range, score)) return
    best[query]!.add({ key: row[key] as Key, score, row, element })
  }
  let first = 0
  asked.forEach((vectors, query) => {
    let at = first * count
    for (const { row, count: own, places } of rows) {
      if (isElementwise(metric)) {
        for (let i = 0; i < own; i++) add(query, row, worth(measures[at + i]!), places?.[i] ?? i)
      } else {
        let sum = 0
        for (let i = 0; i < vectors.length; i++) {
          let most = -Infinity
          const from = at + i * count
          for (let j = from; j < from + own; j++) most = Math.max(most, worth(measures[j]!))
          sum += most
        }
        add(query, row, sum, undefined)
      }
      at += own
    }
    first += vectors.length
  })
}
