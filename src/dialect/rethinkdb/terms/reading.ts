// Terms that read tables: db, table, get, getAll; and how a slice of a table becomes a stream of documents.

import type { Filter } from '../../../engine/index.ts'
import { compare, type Datum, type Fields, isGeometry, isObject } from '../datum.ts'
import { fail, failMissing, failOperation } from '../errors.ts'
import type { Call } from '../evaluate.ts'
import type { Index } from '../index-entries.ts'
import { engineKey, holdsExtreme, requireName, requirePrimaryKey, requireSecondaryBound } from '../key.ts'
import { adminPart, collatePart, indexPart, selectPart } from '../parts.ts'
import type { Operations } from '../registry.ts'
import type { Table } from '../store.ts'
import { fromStored } from '../stored.ts'
import {
  type Bounds,
  Db,
  type Pull,
  Row,
  Selection,
  type Slice,
  Stream,
  TableSlice,
  type Val,
  VirtualTable,
  wrongKind,
} from '../values.ts'

/** Reads a document; null when there is none. */
function readRow(table: Table, key: Datum): Datum {
  if (holdsExtreme(key)) return null
  const document = table.direct.get(engineKey(key))
  return document === undefined ? null : fromStored(document)
}

/** The index of a slice; throws if there is none, or if it has no order. */
export function requireIndex({ table, index: name }: Slice): Index | undefined {
  if (name === undefined || name === table.primaryKey) return undefined
  const index = indexOf(table, name)
  if (index === undefined) failOperation(`Index \`${name}\` was not found on table \`${table.label}\`.`)
  if (index.info.geo) {
    fail(`Index \`${name}\` is a geospatial index.  Only get_nearest and get_intersecting can use a geospatial index.`)
  }
  return index
}

/** Documents of a slice. `keys`, if given, receives the index key of each document as it is returned. */
export function openSlice(slice: Slice, keys?: Datum[]): Pull {
  const index = requireIndex(slice)
  return index === undefined ? openPrimary(slice, keys) : indexPart.now!.openIndex(slice, index, keys)
}

/** The index of this name, or undefined; while its part is not loaded, there is none. */
export function indexOf(table: Table, name: string): Index | undefined {
  return indexPart.now?.indexOf(table, name)
}

/** The number of documents in a slice, if known without reading them. */
export function countSlice(slice: Slice): number | undefined {
  const index = requireIndex(slice)
  if (index !== undefined) return indexPart.now!.countEngine(slice, index)
  const { bounds, keys, table } = slice
  if (keys !== undefined) return undefined
  if (bounds === undefined) return table.direct.count
  const { boundsFilter, countByKey } = selectPart.now!
  const counted = countByKey(slice)
  if (counted !== undefined) return counted
  const filter = boundsFilter(table, bounds)
  return filter === undefined ? undefined : table.direct.countOf(filter)
}

export function isWithin(key: Datum, bounds: Bounds): boolean {
  const low = compare(key, bounds.low)
  if (low < 0 || (low === 0 && bounds.isLowOpen)) return false
  const high = compare(key, bounds.high)
  return high < 0 || (high === 0 && !bounds.isHighOpen)
}

function openPrimary(slice: Slice, keys: Datum[] | undefined): Pull {
  const { table, bounds, order, keys: wanted } = slice
  const { direct, primaryKey } = table
  if (wanted === undefined && (order !== undefined || bounds !== undefined)) {
    const rows = (order === undefined ? selectPart : collatePart).now?.openByKey(slice, keys)
    if (rows !== undefined) return rows
  }
  const filter = bounds === undefined ? undefined : selectPart.now!.boundsFilter(table, bounds)
  const isLeft = bounds !== undefined && filter === undefined
  let list = wanted
  if (wanted === undefined && order === undefined) {
    const next = filter === undefined ? direct.scan() : direct.find(filter)
    return () => {
      for (let document = next(); document !== undefined; document = next()) {
        const row = fromStored(document) as Fields
        if (isLeft && !isWithin(row[primaryKey], bounds)) continue
        keys?.push(row[primaryKey])
        return row
      }
      return undefined
    }
  }
  let at = 0
  return () => {
    list ??= orderedKeys(table, filter, isLeft ? bounds : undefined, order === 'desc' ? -1 : 1)
    while (at < list.length) {
      const row = readRow(table, list[at++])
      if (row === null) continue
      keys?.push((row as Fields)[primaryKey])
      return row
    }
    return undefined
  }
}

/** Sorted keys; each document is read when its turn comes. */
function orderedKeys(table: Table, filter: Filter | undefined, bounds: Bounds | undefined, sign: 1 | -1): Datum[] {
  const list: Datum[] = []
  const next = table.direct.keys(filter)
  for (let key = next(); key !== undefined; key = next()) {
    const value = fromStored(key)
    if (bounds === undefined || isWithin(value, bounds)) list.push(value)
  }
  return list.sort((a, b) => sign * compare(a, b))
}

function table(call: Call): Val {
  if (call.optionNode('use_outdated') !== undefined) {
    fail('The `use_outdated` optarg is no longer supported.  Use the `read_mode` optarg instead.')
  }
  const mode = call.textOption('read_mode')
  if (mode !== undefined && !/^(single|majority|outdated)$/.test(mode)) {
    fail(`Read mode \`${mode}\` unrecognized (options are "majority", "single", and "outdated").`)
  }
  const format = call.textOption('identifier_format')
  if (format !== undefined && format !== 'name' && format !== 'uuid') {
    fail(`Identifier format \`${format}\` unrecognized (options are "name" and "uuid").`)
  }
  const db = call.count === 2 ? call.first : undefined
  if (db !== undefined && !(db instanceof Db)) return wrongKind('DATABASE', db)
  const name = requireName(call.text(call.count - 1), 'Table')
  const dbName = db instanceof Db ? db.name : call.query.db
  if (dbName === 'rethinkdb')
    return new VirtualTable(adminPart.now!.systemTable(call.query.store, name, format === 'uuid'))
  if (db === undefined) call.query.store.requireDatabase(dbName)
  return whole(call.query.store.table(dbName, name))
}

/** A whole table. */
export function whole(table: Table): TableSlice {
  return new TableSlice({ table, index: undefined, bounds: undefined, order: undefined })
}

/** The table of an argument; fails for a part of a table. */
export function tableOf(value: Val): Table {
  if (value instanceof TableSlice && value.isWhole) return value.table
  return wrongKind('TABLE', value)
}

function get(call: Call): Val {
  const value = call.first
  const key = call.datum(1)
  if (value instanceof VirtualTable) {
    const { virtual } = value
    const found = virtual.rows().find((row) => isObject(row) && compare(row[virtual.primaryKey], key) === 0) ?? null
    const row = new Row(undefined as never, key, () => found)
    row.virtual = virtual
    return row
  }
  const table = tableOf(value)
  requirePrimaryKey(key)
  return new Row(
    table,
    key,
    () => readRow(table, key),
    undefined,
    () => (holdsExtreme(key) ? undefined : table.direct.get(engineKey(key))),
  )
}

function getAll(call: Call): Val {
  const value = call.first
  const index = call.textOption('index')
  if (value instanceof VirtualTable) {
    const wanted = call.rest(1)
    const by = index ?? value.virtual.primaryKey
    return value.virtual.rows().filter((row) => wanted.some((key) => compare((row as Fields)[by] ?? null, key) === 0))
  }
  const table = tableOf(value)
  const keys = call.rest(1)
  for (const key of keys) {
    if (isGeometry(key)) fail('Cannot use a geospatial index with `get_all`. Use `get_intersecting` instead.')
    if (key === null) failMissing('Keys cannot be NULL.')
  }
  const isPrimary = index === undefined || index === table.primaryKey
  for (const key of keys) isPrimary ? requirePrimaryKey(key) : requireSecondaryBound(key)
  const slice: Slice = { table, index, bounds: undefined, order: undefined, keys }
  const stream = new Stream(openSlice(slice))
  stream.slice = slice
  stream.count = () => countSlice(slice)
  return new Selection(table, stream)
}

export const readingTerms: Operations = {
  db(call) {
    const name = requireName(call.text(0), 'Database')
    if (name === 'rethinkdb') return new Db(null, name)
    return new Db(call.query.store.requireDatabase(name).id, name)
  },
  table,
  get,
  getAll,
}
