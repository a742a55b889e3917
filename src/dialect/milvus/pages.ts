// Pages of rows, and what no pages can be given.

import type { Filter } from '../../engine/index.ts'
import type { Entry } from './catalog.ts'
import { DEFAULT_MAX_SEARCH_SIZE, NO_LIMIT } from './enums.ts'
import { Code, invalid, MilvusError } from './errors.ts'
import { orderedKeys } from './order.ts'
import {
  filterOfRequest,
  type Key,
  project,
  projectionOf,
  readPartitions,
  rowsByKey,
  schemaFor,
  within,
} from './read.ts'
import type { Row } from './rows.ts'
import type { QueryReq } from './types/index.ts'
import type { LongForm } from './values.ts'

/** Refuses a parameter that pages would pass over. */
export function requireNone(kind: string, data: object, name: string): void {
  const value = (data as Row)[name]
  if (!value || (Array.isArray(value) && value.length === 0)) return
  throw new MilvusError(Code.Parameter, `a ${kind} iterator takes no ${name}`, { isThrown: true })
}

/** The keys of the matching rows, ascending. */
export async function matchingKeys(
  entry: Entry,
  filter: Filter | undefined,
  partitions: readonly string[] | undefined,
): Promise<Key[]> {
  const { name } = entry.schema.primary
  const rows = await entry.rows.find({ ...within(filter, partitions), select: [name], sort: name }).toArray()
  return rows.map((row) => row[name] as Key)
}

/** Reads from the collection of the request. */
export type EntryRead = <R>(run: (entry: Entry) => R | Promise<R>) => Promise<R>

const UNPAGED = ['ids', 'offset', 'group_by_fields']

/** Pages in the order asked for, else by key: the keys that match now, each row once, as it is when its page is read. */
export async function rowPages(read: EntryRead, request: QueryReq, long: LongForm) {
  for (const name of UNPAGED) requireNone('query', request, name)
  const order = request.order_by_fields ?? request.order_by
  const isOrdered = order !== undefined && order !== null && order.length !== 0
  const { keys, projection, partitions, total, size } = await read(async (entry) => {
    const partitions = readPartitions(entry, request.partition_names, 'query')
    const rules = { long, transformers: request.transformers, withKey: true }
    const projection = projectionOf(schemaFor(entry, request), request.output_fields, rules)
    if (projection.isCount) throw invalid('a query iterator gives rows: count() counts them')
    const limit = Number(request.limit ?? NO_LIMIT)
    const batch = Number((request as { batchSize?: number }).batchSize)
    const filter = await filterOfRequest(entry, request)
    const keys = isOrdered
      ? await orderedKeys(entry, order, within(filter, partitions))
      : await matchingKeys(entry, filter, partitions)
    const total = limit === NO_LIMIT || !limit ? keys.length : Math.min(limit, keys.length)
    const size = Math.max(1, Math.min(batch || total, DEFAULT_MAX_SEARCH_SIZE))
    return { keys, projection, partitions, total, size }
  })
  const page = (from: number) =>
    read(async (entry) => {
      const wanted = keys.slice(from, Math.min(total, from + size))
      const rows = await rowsByKey(entry, wanted, partitions)
      if (isOrdered) {
        const { name } = entry.schema.primary
        const places = new Map(wanted.map((key, place) => [key, place]))
        rows.sort((a, b) => places.get(a[name] as Key)! - places.get(b[name] as Key)!)
      }
      return rows.map((row) => project(projection, row, {}))
    })
  const pages = {
    currentTotal: 0,
    async *[Symbol.asyncIterator]() {
      for (let from = 0; from < total; from += size) {
        const rows = await page(from)
        if (rows.length === 0) continue
        pages.currentTotal += rows.length
        yield rows
      }
    },
  }
  return pages
}
