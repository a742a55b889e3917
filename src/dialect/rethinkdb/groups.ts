// Grouped data: terms applied group by group, and the form in which groups leave a query.

import { readable } from './cursor.ts'
import type { Datum } from './datum.ts'
import { failLimit } from './errors.ts'
import { type Call, NOTHING } from './evaluate.ts'
import { type Formats, toNative } from './output.ts'
import type { Query } from './query.ts'
import type { Operation } from './registry.ts'
import { KINDS } from './terms.ts'
import { asDatum, collect, Grouped, pullArray, Stream, type Val } from './values.ts'

export function byGroup(call: Call, operation: Operation, grouped: Grouped): Val {
  const isStreaming = grouped.isStream && KINDS[call.node.type].traits.includes('s')
  if (grouped.isStream && !isStreaming) limitedGroups(grouped, call.query.arrayLimit)
  let isStream = isStreaming
  const entries: (readonly [Datum, Datum])[] = []
  for (const [group, value] of grouped.entries) {
    const input = isStreaming ? new Stream(pullArray(value as Datum[])) : value
    const result = operation(call.withFirst(input, isStreaming))
    // A group that has nothing left is dropped.
    if (result === NOTHING) {
      isStream = false
      continue
    }
    if (result instanceof Stream) {
      const rows = collect(result.pull, call.query)
      if (rows.length > 0) entries.push([group, rows])
    } else {
      isStream = false
      entries.push([group, asDatum(result)])
    }
  }
  return new Grouped(entries, isStream)
}

/** Groups of arrays as they leave a query, checked against the limit. */
export function limitedGroups(grouped: Grouped, limit: number): Grouped {
  let size = 0
  for (const [, value] of grouped.entries) size += grouped.isStream ? (value as Datum[]).length : 1
  if (size > limit) failGroups(limit)
  return grouped
}

export function failGroups(limit: number): never {
  return failLimit(
    `Grouped data over size limit \`${limit}\`.  Try putting a reduction (like \`.reduce\` or \`.count\`) on the end.`,
  )
}

function groupsToNative(grouped: Grouped, formats: Formats): unknown {
  const pairs = grouped.entries.map(([group, value]) => [toNative(group, formats), toNative(value, formats)])
  if (formats.isGroupRaw) return { $reql_type$: 'GROUPED_DATA', data: pairs }
  return pairs.map(([group, reduction]) => ({ group, reduction }))
}

export function groupsOut(value: Grouped, query: Query, formats: Formats): unknown {
  const answer = groupsToNative(limitedGroups(value, query.arrayLimit), formats)
  return Array.isArray(answer) ? readable(answer) : answer
}
