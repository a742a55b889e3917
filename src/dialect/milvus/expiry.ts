// Rows that expire: so many seconds after they were written (`collection.ttl.seconds`), or at the moment that a field of theirs tells
// (`ttl_field`). Reads leave them out from that moment on; a later call removes them.

import { type Filter, treeFilter, treeOf } from '../../engine/index.ts'
import { evaluate } from '../../query/filters.ts'
import type { FilterNode, Operand } from '../../query/index.ts'
import type { Entry } from './catalog.ts'
import { DataType } from './enums.ts'
import { filterFor } from './expression/index.ts'
import type { Row } from './rows.ts'
import type { Schema } from './schema.ts'
import { narrow } from './values.ts'

/** When a row was written, in milliseconds: beside its fields, as no field may be called. Rows of collections without a TTL lack it. */
const WRITTEN = '$written'

/** How long a call leaves expired rows to a later one. */
const SWEEP_MS = 60_000

const RULES = { absent: 'unequal' } as const

function pathOf(name: string): Operand {
  return { kind: 'path', steps: [{ name, index: null }] }
}

function compare(name: string, operator: 'gt' | 'le' | 'ge', value: number | bigint | string): FilterNode {
  return { kind: 'compare', operator, left: pathOf(name), right: { kind: 'constant', value }, ...RULES }
}

/**
 * Whether what a field tells is compared as text: functions stay in this thread, and each read would fetch the field of all rows from
 * the engine's.
 */
function isByText({ direct, record }: Entry): boolean {
  return direct === undefined && !!record.properties['ttl_field']
}

/** The same as text, of times written as ISO 8601 has it: up to a second late. */
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

/** What rows are that have not expired. */
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
  // Rows from before there was a TTL count from its beginning on, unless their keys tell when they were made.
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

/** A filter that lets through what has not expired besides. */
export function liveFilter(entry: Entry, filter: Filter | undefined): Filter {
  sweepLater(entry)
  const live = liveNode(entry, Date.now())
  return treeFilter(filter === undefined ? live : { kind: 'and', of: [treeOf(filter)!.tree, live] })
}

/** Those of the rows that have not expired. */
export function liveRows(entry: Entry, rows: readonly (Row | undefined)[]): (Row | undefined)[] {
  sweepLater(entry)
  const live = liveNode(entry, Date.now())
  return rows.map((row) => (row !== undefined && evaluate(live, row) ? row : undefined))
}

/** The rows as they are stored from now on. */
export function stamp(entry: Entry, documents: Row[]): void {
  sweepLater(entry)
  if (entry.record.properties['ttl_field']) return
  const now = Date.now()
  // They may be the caller's.
  for (let i = 0; i < documents.length; i++) documents[i] = { ...documents[i], [WRITTEN]: now }
}

function sweepLater(entry: Entry): void {
  const now = Date.now()
  if (entry.moving !== undefined || now < entry.sweptAt + SWEEP_MS) return
  entry.sweptAt = now
  // What cannot be removed now is removed another time.
  sweep(entry).catch(() => {})
}

/** Removes what has expired; not what a text tells alone, which may be another way to write a time. */
export async function sweep(entry: Entry): Promise<void> {
  if (isByText(entry)) return
  await entry.rows.delete(treeFilter({ kind: 'not', of: liveNode(entry, Date.now()) }))
}
