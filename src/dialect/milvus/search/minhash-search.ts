// Searches MinHash signatures by MHJACCARD: the share of places in which two signatures differ. Looks at every matching
// row.

import { compareKeys, type Key, within } from '../read.ts'
import type { Row } from '../rows.ts'
import { dimOf } from '../schema.ts'
import { bestOfGroups } from './groups.ts'
import type { Found } from './search.ts'
import { isInRange, type SearchPlan } from './search-plan.ts'

/** Bits of an element if an index does not say. */
const ELEMENT_BITS = 8

/** The number of elements, of `bytes` bytes each, in which two signatures agree. */
function agreeing(a: ArrayLike<number>, b: ArrayLike<number>, bytes: number): number {
  let count = 0
  for (let at = 0; at < a.length; at += bytes) {
    let i = 0
    while (i < bytes && a[at + i] === b[at + i]) i++
    if (i === bytes) count++
  }
  return count
}

/** One list of hits for each query, best first. */
export async function runMinhashPlan(plan: SearchPlan, select: readonly string[]): Promise<Found[][]> {
  const { entry, field, metric, queries, filter, partitions, limit, offset, range, group } = plan
  const index = entry.record.indexes.find((one) => one.field === field.name)
  const params = { ...(JSON.parse(index?.params ?? '{}') as Row), ...index?.extra }
  const bits = Number(params['mh_element_bit_width'] ?? (field.isFunctionOutput ? 32 : ELEMENT_BITS))
  const elements = dimOf(field) / bits
  // Signatures that agree nowhere share no bucket, however many bands there are.
  const isBucketed = index?.type === 'MINHASH_LSH'
  const key = entry.schema.primary.name
  const lists: Found[][] = queries.map(() => [])
  const fields = [...new Set([...select, field.name])]
  for await (const row of entry.rows.find({ ...within(filter, partitions), select: fields })) {
    const signature = row[field.name] as ArrayLike<number> | undefined | null
    if (!signature) continue
    queries.forEach((query, i) => {
      const count = agreeing(query as ArrayLike<number>, signature, bits / 8)
      const score = Math.fround(1 - count / elements)
      if ((count === 0 && isBucketed) || (range !== undefined && !isInRange(metric, range, score))) return
      lists[i]!.push({ key: row[key] as Key, score, row: row as Row })
    })
  }
  return lists.map((list) => {
    list.sort((a, b) => a.score - b.score || compareKeys(a.key, b.key))
    return group === undefined ? list.slice(offset, offset + limit) : bestOfGroups(list, group, offset, limit)
  })
}
