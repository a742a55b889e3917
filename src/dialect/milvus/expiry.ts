// Rows that expire: a number of seconds after they were written (`collection.ttl.seconds`), or at the time in one of
// their fields (`ttl_field`). Reads leave expired rows out at once; a later call removes them.

import { type Filter, treeFilter, treeOf } from '../../engine/index.ts'
import { evaluate } from '../../query/filters.ts'
import type { FilterNode, Operand } from '../../query/index.ts'
import type { Entry } from './catalog.ts'
import { DataType } from './enums.ts'
import { filterFor } from './expression/index.ts'
import type { Row } from './rows.ts'
import type { Schema } from './schema.ts'
import { narrow } from './values.ts'

/**
 * Key of the time a row was written, in milliseconds; no field can have this name. Rows of collections without a TTL
 * lack it.
 */
const WRITTEN = '$written'

/** How long calls leave expired rows in place before one removes them. */
const SWEEP_MS = 60_000

const RULES = { absent: 'unequal' } as const

function pathOf(name: string): Operand {
  return { kind: 'path', steps: [{ name, index: null }] }
}

function compare(name: string, operator: 'gt' | 'le' | 'ge', value: number | bigint | string): FilterNode {
  return { kind: 'compare', operator, left: pathOf(name), right: { kind: 'constant', value }, ...RULES }
}

/**
 * Whether times in the TTL field are compared as text: functions stay in this thread, so each read would fetch the
 * field of all rows from the engine's.
 */
function isByText({ direct, record }: Entry): boolean {
  return direct === undefined && !!record.properties['ttl_field']
}

/** The same on text, for times written in ISO 8601: up to a second late. */
function liveText(schema: Schema, name: string, now: number): FilterNode {
  const { isAdded, defaultValue } = schema.byName.get(name)!
  const path = pathOf(name)
  const otherwise: Operand = { kind: 'constant', value: defaultValue as string }
  const operand: Operand = isAdded && defaultValue !== undefined ? { kind: 'first', of: path, otherwise } : path
  const value = new Date(now).toISOString().replace(/\d+Z$/, '')
  const later: FilterNode = {
    kind: 'compare',
    operator: 'gt',
    left: operand,
    right: { kind: 'constant', value },
    ...RULES,
  }
  return { kind: 'or', of: [{ kind: 'not', of: { kind: 'exists', operand, isNullAbsent: true } }, later] }
}

/** The condition that rows meet while they have not expired. */
function liveNode(entry: Entry, now: number): FilterNode {
  const { record, schema } = entry
  const { properties, created, ttlSince: since = created } = record
  const field = properties['ttl_field']
  if (field && isByText(entry)) return liveText(schema, field, now)
  if (field) {
    const moment = new Date(now).toISOString()
    return treeOf(filterFor(schema, `${field} is null or ${field} > {moment}`, { moment }))!.tree
  }
  const bound = now - Number(properties['collection.ttl.seconds']) * 1000
  const fresh = compare(WRITTEN, 'gt', bound)
  // Rows older than the TTL count from when it was set, unless their keys tell when they were made.
  if (since <= bound) return fresh
  const { primary } = schema
  const unwritten: FilterNode = { kind: 'not', of: { kind: 'exists', operand: pathOf(WRITTEN) } }
  if (!primary.autoID) return { kind: 'or', of: [fresh, unwritten] }
  const keyAt = (ms: number) => {
    const key = BigInt(Math.floor(ms)) << 18n
    return primary.type === DataType.Int64 ? narrow(key) : String(key)
  }
  const { name } = primary
  const isOld: FilterNode = {
    kind: 'and',
    of: [compare(name, 'ge', keyAt(created)), compare(name, 'le', keyAt(bound))],
  }
  return { kind: 'or', of: [fresh, { kind: 'and', of: [unwritten, { kind: 'not', of: isOld }] }] }
}

/** The filter, restricted to rows that have not expired. */
export function liveFilter(entry: Entry, filter: Filter | undefined): Filter {
  sweepLater(entry)
  const live = liveNode(entry, Date.now())
  return treeFilter(filter === undefined ? live : { kind: 'and', of: [treeOf(filter)!.tree, live] })
}

/** The rows that have not expired. */
export function liveRows(entry: Entry, rows: readonly (Row | undefined)[]): (Row | undefined)[] {
  sweepLater(entry)
  const live = liveNode(entry, Date.now())
  return rows.map((row) => (row !== undefined && evaluate(live, row) ? row : undefined))
}

/** Puts the time of writing on rows before they are stored. */
export function stamp(entry: Entry, documents: Row[]): void {
  sweepLater(entry)
  if (entry.record.properties['ttl_field']) return
  const now = Date.now()
  // The rows may be the caller's.
  for (let i = 0; i < documents.length; i++) documents[i] = { ...documents[i], [WRITTEN]: now }
}

function sweepLater(entry: Entry): void {
  const now = Date.now()
  if (entry.moving !== undefined || now < entry.sweptAt + SWEEP_MS) return
  entry.sweptAt = now
  // What cannot be removed now is removed later.
  sweep(entry).catch(() => {})
}

/** Removes expired rows; none where times are compared as text, which may be another way to write a time. */
export async function sweep(entry: Entry): Promise<void> {
  if (isByText(entry)) return
  await entry.rows.delete(treeFilter({ kind: 'not', of: liveNode(entry, Date.now()) }))
}
