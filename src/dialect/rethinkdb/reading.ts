// Terms that read tables: table, get, getAll, between; and how a slice of a table becomes a stream of documents.

import { compare, type Datum, type Fields, isObject, MAXVAL, MINVAL } from './datum.ts'
import { countEngine, isWithin, openEngine } from './engine-index.ts'
import { fail, failMissing, failOperation } from './errors.ts'
import type { Call } from './evaluate.ts'
import { type Entry, type Index, indexOf, placeIn } from './index-entries.ts'
import { engineKey, requireName, requirePrimaryKey } from './key.ts'
import type { Operations } from './registry.ts'
import type { Table } from './store.ts'
import { fromStored } from './stored.ts'
import { systemTable } from './system.ts'
import {
  Db,
  type Pull,
  pullArray,
  Row,
  Selection,
  type Slice,
  Stream,
  TableSlice,
  type Val,
  VirtualTable,
  wrongKind,
} from './values.ts'

/** Reads a document; null when there is none. */
export function readRow(table: Table, key: Datum): Datum {
  const document = table.direct.get(engineKey(key))
  return document === undefined ? null : fromStored(document)
}

function scan(table: Table): Pull {
  const next = table.direct.scan()
  return () => {
    const document = next()
    return document === undefined ? undefined : fromStored(document)
  }
}

/** The index of a slice; throws where there is none, or none that has an order. */
export function requireIndex({ table, index: name }: Slice): Index | undefined {
  if (name === undefined || name === table.primaryKey) return undefined
  const index = indexOf(table, name)
  if (index === undefined) failOperation(`Index \`${name}\` was not found on table \`${table.label}\`.`)
  if (index.info.geo) {
    fail(`Index \`${name}\` is a geospatial index.  Only get_nearest and get_intersecting can use a geospatial index.`)
  }
  return index
}

/** Documents of a slice. `keys`, when given, gets the index key of each document as it is answered. */
export function openSlice(slice: Slice, keys?: Datum[]): Pull {
  const index = requireIndex(slice)
  return index === undefined
    ? openPrimary(slice, keys)
    : (openEngine(slice, index, keys) ?? openEntries(slice, index, keys))
}

/** How many documents a slice has, where that is known without reading them. */
export function countSlice(slice: Slice): number | undefined {
  const index = requireIndex(slice)
  if (index !== undefined) return countEngine(slice, index)
  const { bounds, keys, table } = slice
  return bounds === undefined && keys === undefined ? table.direct.count : undefined
}

function openEntries({ bounds, keys: wanted, order }: Slice, index: Index, keys: Datum[] | undefined): Pull {
  const entries = index.entries()
  let chosen: readonly Entry[]
  if (wanted !== undefined) {
    chosen = wanted.flatMap((key) => entries.slice(placeIn(entries, key, false), placeIn(entries, key, true)))
  } else if (bounds !== undefined) {
    const from = placeIn(entries, bounds.low, bounds.isLowOpen)
    const to = placeIn(entries, bounds.high, !bounds.isHighOpen)
    chosen = entries.slice(from, Math.max(from, to))
  } else chosen = entries
  let at = 0
  return () => {
    while (at < chosen.length) {
      const entry = chosen[order === 'desc' ? chosen.length - 1 - at : at]
      at++
      const row = index.read(entry)
      if (row === undefined) continue
      keys?.push(entry.key)
      return row
    }
    return undefined
  }
}

function openPrimary(slice: Slice, keys: Datum[] | undefined): Pull {
  const { table, bounds, order } = slice
  const { primaryKey } = table
  let pull: Pull
  if (slice.keys !== undefined) {
    const rows = slice.keys
    let at = 0
    pull = () => {
      while (at < rows.length) {
        const row = readRow(table, rows[at++])
        if (row !== null) return row
      }
      return undefined
    }
  } else {
    pull = scan(table)
    if (bounds !== undefined) {
      const all = pull
      pull = () => {
        for (let row = all(); row !== undefined; row = all()) {
          if (isObject(row) && isWithin(row[primaryKey], bounds)) return row
        }
        return undefined
      }
    }
    if (order !== undefined) {
      const unordered = pull
      let ordered: Pull | undefined
      pull = () => {
        if (ordered === undefined) {
          const rows: Fields[] = []
          for (let row = unordered(); row !== undefined; row = unordered()) rows.push(row as Fields)
          const sign = order === 'desc' ? -1 : 1
          rows.sort((a, b) => sign * compare(a[primaryKey], b[primaryKey]))
          ordered = pullArray(rows)
        }
        return ordered()
      }
    }
  }
  if (keys === undefined) return pull
  return () => {
    const row = pull()
    if (row !== undefined) keys.push((row as Fields)[primaryKey])
    return row
  }
}

function table(call: Call): Val {
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
  const name = requireName(call.datum(call.count - 1), 'Table')
  const dbName = db instanceof Db ? db.name : call.query.db
  if (dbName === 'rethinkdb') return new VirtualTable(systemTable(call.query.store, name))
  if (db === undefined) call.query.store.requireDatabase(dbName)
  return whole(call.query.store.table(dbName, name))
}

export function whole(table: Table): TableSlice {
  return new TableSlice({ table, index: undefined, bounds: undefined, order: undefined })
}

/** The table that an argument is; a part of one is none. */
export function tableOf(value: Val): Table {
  if (value instanceof TableSlice && value.isWhole) return value.table
  return wrongKind('TABLE', value)
}

function get(call: Call): Val {
  const value = call.first
  const key = call.datum(1)
  if (value instanceof VirtualTable) {
    const { virtual } = value
    return virtual.rows().find((row) => isObject(row) && compare(row[virtual.primaryKey], key) === 0) ?? null
  }
  const table = tableOf(value)
  requirePrimaryKey(key)
  return new Row(
    table,
    key,
    () => readRow(table, key),
    undefined,
    () => table.direct.get(engineKey(key)),
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
  for (const key of keys) if (key === null) failMissing('Keys cannot be NULL.')
  if (index === undefined || index === table.primaryKey) for (const key of keys) requirePrimaryKey(key)
  const slice: Slice = { table, index, bounds: undefined, order: undefined, keys }
  const stream = new Stream(openSlice(slice))
  stream.slice = slice
  stream.count = () => countSlice(slice)
  return new Selection(table, stream)
}

function between(call: Call): Val {
  const value = call.first
  if (!(value instanceof TableSlice)) return wrongKind('TABLE_SLICE', value)
  const { slice, table } = value
  const [low, high] = [call.datum(1), call.datum(2)]
  for (const bound of [low, high]) {
    if (bound === null) {
      fail('Cannot use `null` in BETWEEN, use `r.minval` or `r.maxval` to denote unboundedness.')
    }
  }
  const index = call.textOption('index') ?? slice.index ?? table.primaryKey
  if (slice.bounds !== undefined) fail('Cannot perform multiple BETWEENs on the same table.')
  if (slice.index !== undefined && slice.index !== index) {
    fail(`Cannot call BETWEEN on index \`${index}\` after ordering on index \`${slice.index}\`.`)
  }
  const bounds = { low, high, isLowOpen: call.isOpen('left_bound'), isHighOpen: call.isOpen('right_bound') }
  const bounded = { ...slice, index, bounds }
  // Errors about the index show before anything is read.
  if (index !== table.primaryKey) requireIndex(bounded)
  else for (const bound of [low, high]) if (bound !== MINVAL && bound !== MAXVAL) requirePrimaryKey(bound)
  return new TableSlice(bounded)
}

export const readingTerms: Operations = {
  db(call) {
    const name = requireName(call.datum(0), 'Database')
    if (name === 'rethinkdb') return new Db(null, name)
    return new Db(call.query.store.requireDatabase(name).id, name)
  },
  table,
  get,
  getAll,
  between,
}
