// Orders that a request names, over stored rows. Nulls come last in either direction.

import { treeFilter, treeOf } from '../../engine/index.ts'
import { compareText, type FilterNode } from '../../query/index.ts'
import type { Entry } from './catalog.ts'
import { DataType } from './enums.ts'
import { Code, invalid, MilvusError, told } from './errors.ts'
import { defaultOf, placeOf, valueAt } from './paths.ts'
import { compareKeys, type Key, type Projection, project, type RowWindow, type within } from './read.ts'
import type { Row } from './rows.ts'
import type { OrderByFields } from './types/index.ts'

export interface Order {
  readonly name: string
  /** Path of the value in stored rows. */
  readonly place: readonly string[]
  readonly isDescending: boolean
}

export function orderOf(entry: Entry, given: OrderByFields | undefined): Order[] {
  if (given === undefined || given === null) return []
  const items = typeof given === 'string' ? given.split(',') : given
  if (!Array.isArray(items)) throw new MilvusError(Code.Parameter, 'Invalid order_by_fields format', { isThrown: true })
  return items.map((item) => {
    const [name, order = 'asc'] =
      typeof item === 'string' ? item.split(':').map((part) => part.trim()) : [item?.field, item?.order]
    if (!name) {
      throw new MilvusError(
        Code.Parameter,
        "Invalid order_by_fields item: 'field' key is required and cannot be empty",
        { isThrown: true },
      )
    }
    if (!/^(asc|desc)(ending)?$/i.test(order))
      throw invalid(`order of field ${told(name)} is asc or desc, got ${told(order)}`)
    const field = entry.schema.byName.get(name)
    const place = placeOf(entry.schema, name)
    if (place === undefined) throw invalid(`order by field ${name} not exist`)
    if (field !== undefined && (field.type >= DataType.BinaryVector || field.type === DataType.Array)) {
      throw invalid(`order by field ${name} of type ${DataType[field.type]} is not supported`)
    }
    return { name, place, isDescending: /^desc/i.test(order) }
  })
}

/** Compares stored rows; nulls come last in either direction, equal rows are ordered by key. */
export function rowComparer(entry: Entry, orders: readonly Order[]): (a: Row, b: Row) => number {
  const { primary, byName } = entry.schema
  const key = primary.name
  const defaults = orders.map(({ place }) => defaultOf(place.length === 1 ? byName.get(place[0]!) : undefined))
  return (a, b) => {
    for (const [i, order] of orders.entries()) {
      const [x, y] = [valueAt(a, order.place) ?? defaults[i], valueAt(b, order.place) ?? defaults[i]]
      const [isMissingX, isMissingY] = [x === undefined || x === null, y === undefined || y === null]
      if (isMissingX || isMissingY) {
        if (isMissingX && isMissingY) continue
        return isMissingX ? 1 : -1
      }
      const sign = compareValues(x, y)
      if (sign !== 0) return order.isDescending ? -sign : sign
    }
    return compareKeys(a[key] as Key, b[key] as Key)
  }
}

function compareValues(x: unknown, y: unknown): number {
  if (typeof x === 'string' && typeof y === 'string') return compareText(x, y)
  if (typeof x === typeof y || (typeof x !== 'string' && typeof y !== 'string')) {
    return (x as number) < (y as number) ? -1 : (x as number) > (y as number) ? 1 : 0
  }
  return typeof x < typeof y ? -1 : 1
}

/** The fields that an order reads. */
export function orderFields(orders: readonly Order[]): string[] {
  return orders.map(({ place }) => place[0]!)
}

/** The rows of a query in order, in the form they are returned. */
export async function orderedRows(
  entry: Entry,
  given: OrderByFields,
  chosen: ReturnType<typeof within>,
  projection: Projection,
  { limit, offset }: RowWindow,
): Promise<Row[]> {
  // The window is cut out of the keys first: most rows are never decoded.
  const all = await orderedKeys(entry, given, chosen)
  const keys = all.slice(offset, limit === undefined ? undefined : offset + limit)
  const found = await matching(entry, chosen, keys)
  return found.flatMap((row) => (row === undefined ? [] : [project(projection, row as Row, {})]))
}

/** The keys of the matching rows, in order. */
export async function orderedKeys(
  entry: Entry,
  given: OrderByFields,
  chosen: ReturnType<typeof within>,
): Promise<Key[]> {
  const orders = orderOf(entry, given)
  const key = entry.schema.primary.name
  const rows = (await entry.rows.find({ ...chosen, select: [key, ...orderFields(orders)] }).toArray()) as Row[]
  return rows.sort(rowComparer(entry, orders)).map((row) => row[key] as Key)
}

/** The rows with these keys; rows that were written meanwhile and no longer match are left out. */
async function matching(
  entry: Entry,
  chosen: ReturnType<typeof within>,
  keys: readonly Key[],
): Promise<(Row | undefined)[]> {
  const { name } = entry.schema.primary
  const isOfKeys: FilterNode = { kind: 'in', operand: { kind: 'path', steps: [{ name, index: null }] }, values: keys }
  const filter = chosen.filter === undefined ? [] : [treeOf(chosen.filter)!.tree]
  const rows = entry.rows.find({ ...chosen, filter: treeFilter({ kind: 'and', of: [isOfKeys, ...filter] }) })
  const byKey = new Map<string, Row>()
  for (const row of (await rows.toArray()) as Row[]) byKey.set(String(row[name]), row)
  return keys.map((key) => byKey.get(String(key)))
}
