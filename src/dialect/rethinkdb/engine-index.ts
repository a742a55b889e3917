// Secondary indexes kept by the engine: those whose key is a field or an array of fields. The engine stores them on
// disk and keeps them up to date, whoever writes. Where an index holds values that ReQL and the engine treat
// differently (arrays, instants that kept their zone), the entries computed by the dialect are read instead: see
// index-entries.ts.

import { between, type IndexRange, type IndexReader, ofType, TypeRank, treeFilter } from '../../engine/index.ts'
import { ConflictError, StateError } from '../../error/index.ts'
import type { Constant, FilterNode } from '../../query/index.ts'
import { all, any, constantOf, pathTo, typed } from './conditions.ts'
import { compare, type Datum, equal, type Fields, MAXVAL, MINVAL } from './datum.ts'
import type { Entry, EntryBound } from './entry-list.ts'
import type { Index } from './index-entries.ts'
import { isWellFormed } from './key.ts'
import type { IndexInfo, Table } from './store.ts'
import { fromStored } from './stored.ts'
import { isWithin } from './terms/reading.ts'
import { T } from './terms.ts'
import { type Pull, pullArray, type Slice } from './values.ts'

/** With fewer documents than this, the engine builds no index on the keys. */
const FEW = 2_000

/** The fields that an index function answers. */
export interface IndexFields {
  readonly names: readonly string[]
  /** Whether the key is an array of the fields. */
  readonly isCompound: boolean
}

/**
 * The fields read by the wire form of an index function; undefined if it does more than read fields of the document.
 */
export function fieldsOf({ wire, multi, geo }: IndexInfo): IndexFields | undefined {
  if (multi || geo) return undefined
  const [type, [, body]] = wire as [number, [unknown, unknown]]
  if (type !== T.FUNC) return undefined
  const isCompound = Array.isArray(body) && body[0] === T.MAKE_ARRAY
  const parts = isCompound ? (body as [number, unknown[]])[1] : [body]
  const names = parts.map((part) => {
    const [bracket, of] = Array.isArray(part) ? (part as [number, unknown[]]) : []
    if (bracket !== T.BRACKET || of?.length !== 2 || !Array.isArray(of[0])) return ''
    const isRow = of[0][0] === T.VAR || of[0][0] === T.IMPLICIT_VAR
    return isRow && typeof of[1] === 'string' ? of[1] : ''
  })
  // In the engine's paths, dots and numbers have a meaning of their own.
  const arePlain = names.every((name) => /^[^.]+$/.test(name) && !/^-?\d+$/.test(name) && isWellFormed(name))
  return arePlain && names.length > 0 && new Set(names).size === names.length ? { names, isCompound } : undefined
}

/** Creates the engine's index for such a function; resolves to its name, or undefined where there can be none. */
export async function makeEngineIndex(table: Table, info: IndexInfo): Promise<string | undefined> {
  const fields = fieldsOf(info)
  if (fields === undefined) return undefined
  const collection = table.store.database.collection(table.info.collection)
  for (const name of [info.name, `${info.name} (rethinkdb)`]) {
    try {
      await collection.createIndex(name, { fields: fields.names })
      return name
    } catch (error) {
      if (error instanceof StateError) throw error
      // If the name is taken, another one will do; an index that the engine has no room for is computed here.
      if (!(error instanceof ConflictError)) return undefined
    }
  }
  return undefined
}

export async function dropEngineIndex(table: Table, { engine }: IndexInfo): Promise<void> {
  if (engine === undefined) return
  // Another interface may have dropped it.
  await table.store.database
    .collection(table.info.collection)
    .dropIndex(engine)
    .catch(() => {})
}

/** Rows of a slice, through the engine's index where possible. */
export function openIndex(slice: Slice, index: Index, keys: Datum[] | undefined): Pull {
  return openEngine(slice, index, keys) ?? openEntries(slice, index, keys)
}

function openEngine(slice: Slice, index: Index, keys: Datum[] | undefined): Pull | undefined {
  const { fields } = index
  const reader = readerOf(slice.table, index)
  if (fields === undefined || reader === undefined) return undefined
  if (fields.isCompound) return slice.order === undefined && keys === undefined ? openCompound(slice, index) : undefined
  const ranges = rangesOf(slice, reader)
  return ranges === undefined ? undefined : openRanges(slice, fields.names[0], reader, ranges, keys)
}

/** Rows in key order, where the engine has an index on the keys and orders them as ReQL does. */
export function openByKey(slice: Slice, keys: Datum[] | undefined): Pull | undefined {
  const reader = keyReaderOf(slice)
  const ranges = reader === undefined ? undefined : rangesOf(slice, reader)
  return ranges === undefined ? undefined : openRanges(slice, slice.table.primaryKey, reader!, ranges, keys)
}

/** The number of rows between two keys, where that index knows it. */
export function countByKey(slice: Slice): number | undefined {
  const reader = keyReaderOf(slice)
  return reader === undefined ? undefined : countRanges(slice, reader)
}

function keyReaderOf({ table: { direct } }: Slice): IndexReader | undefined {
  return direct.count < FEW ? undefined : direct.keyIndex()
}

function openEntries({ bounds, keys: wanted, order }: Slice, index: Index, keys: Datum[] | undefined): Pull {
  const entries = index.entries()
  const isDescending = order === 'desc'
  const open = (low: EntryBound, high: EntryBound) => entries.open(low, high, isDescending)
  let runs: (() => Entry | undefined)[]
  if (wanted !== undefined) {
    runs = wanted.map((key) => open({ key, isAfter: false }, { key, isAfter: true }))
    if (isDescending) runs.reverse()
  } else if (bounds === undefined) {
    runs = [entries.open(undefined, undefined, isDescending)]
  } else {
    runs = [open({ key: bounds.low, isAfter: bounds.isLowOpen }, { key: bounds.high, isAfter: !bounds.isHighOpen })]
  }
  let at = 0
  return () => {
    while (at < runs.length) {
      const entry = runs[at]()
      if (entry === undefined) {
        at++
        continue
      }
      const row = index.read(entry)
      if (row === undefined) continue
      keys?.push(entry.key)
      return row
    }
    return undefined
  }
}

/** The number of rows in a slice, where the engine knows it without reading them. */
export function countEngine(slice: Slice, index: Index): number | undefined {
  const reader = readerOf(slice.table, index)
  if (reader === undefined || index.fields?.isCompound !== false) return undefined
  return countRanges(slice, reader)
}

function countRanges(slice: Slice, reader: IndexReader): number | undefined {
  return rangesOf(slice, reader)?.reduce((sum, range) => sum + reader.count(range), 0)
}

function readerOf(table: Table, { info }: Index): IndexReader | undefined {
  return info.engine === undefined ? undefined : table.direct.index(info.engine)
}

// --- one field

/** Types in ReQL's order; those without an engine rank are odd or cannot be keys. */
const RANKS = [
  undefined,
  TypeRank.Boolean,
  undefined,
  TypeRank.Number,
  undefined,
  undefined,
  TypeRank.Date,
  TypeRank.String,
]
const ODD = [TypeRank.Array, TypeRank.Object, TypeRank.Binary].map((rank) => ofType(rank))

function placeOf(value: Datum): number {
  if (value === MINVAL) return -1
  if (value === MAXVAL) return RANKS.length
  if (Array.isArray(value)) return 0
  if (value === null) return 2
  switch (typeof value) {
    case 'boolean':
      return 1
    case 'number':
      return 3
    case 'string':
      return 7
  }
  return value instanceof Uint8Array ? 5 : 'epoch' in value ? 6 : 4
}

/** The parts of the index that a slice covers, in its order. */
function rangesOf({ bounds, keys, order }: Slice, reader: IndexReader): IndexRange[] | undefined {
  if (ODD.some((range) => reader.count(range) > 0)) return undefined
  const ranges: IndexRange[] = []
  if (keys !== undefined) {
    for (const key of keys) {
      const constant = constantOf(key)
      if (constant === undefined) return undefined
      ranges.push(between([constant], [constant]))
    }
    return ranges
  }
  const [low, high] = [placeOf(bounds?.low ?? MINVAL), placeOf(bounds?.high ?? MAXVAL)]
  for (let place = Math.max(0, low); place < RANKS.length && place <= high; place++) {
    const rank = RANKS[place]
    if (rank === undefined) continue
    let { lower, upper } = ofType(rank)
    if (place === low) {
      const constant = constantOf(bounds!.low)
      if (constant === undefined) return undefined
      lower = between([constant], undefined, { isLowerOpen: bounds!.isLowOpen }).lower
    }
    if (place === high) {
      const constant = constantOf(bounds!.high)
      if (constant === undefined) return undefined
      upper = between(undefined, [constant], { isUpperOpen: bounds!.isHighOpen }).upper
    }
    ranges.push({ lower, upper })
  }
  return order === 'desc' ? ranges.reverse() : ranges
}

function openRanges(
  { table, order }: Slice,
  name: string,
  reader: IndexReader,
  ranges: readonly IndexRange[],
  keys: Datum[] | undefined,
): Pull {
  const isDescending = order === 'desc'
  let at = 0
  let read: (() => object | undefined) | undefined
  const next: Pull = () => {
    for (;;) {
      const document = read?.()
      if (document !== undefined) return fromStored(document)
      if (at === ranges.length) return undefined
      read = reader.scan(ranges[at++], isDescending)
    }
  }
  const isUnique = name === table.primaryKey
  const ordered =
    order === undefined || isUnique ? next : byPrimaryKey(next, name, table.primaryKey, isDescending ? -1 : 1)
  if (keys === undefined) return ordered
  return () => {
    const row = ordered()
    if (row !== undefined) keys.push((row as Fields)[name])
    return row
  }
}

/** Sorts rows with equal index keys by primary key, as the server does. */
function byPrimaryKey(next: Pull, name: string, primaryKey: string, sign: 1 | -1): Pull {
  let ahead = undefined as Datum | undefined
  let run = pullArray([])
  return () => {
    const row = run()
    if (row !== undefined) return row
    const rows = [ahead ?? next()]
    if (rows[0] === undefined) return undefined
    const key = (rows[0] as Fields)[name]
    for (ahead = next(); ahead !== undefined && equal((ahead as Fields)[name], key); ahead = next()) rows.push(ahead)
    const sorted = rows as Fields[]
    if (sorted.length > 1) sorted.sort((a, b) => sign * compare(a[primaryKey], b[primaryKey]))
    run = pullArray(sorted)
    return run()
  }
}

// --- several fields

function openCompound({ table, bounds, keys }: Slice, index: Index): Pull | undefined {
  const { names } = index.fields!
  const parts: { tree: FilterNode; test: (key: Datum) => boolean }[] = []
  if (keys !== undefined) {
    for (const wanted of keys) {
      const tree = Array.isArray(wanted) && wanted.length === names.length ? prefixTree(names, wanted) : undefined
      if (tree === undefined) return undefined
      parts.push({ tree, test: (key) => equal(key, wanted) })
    }
  } else if (bounds !== undefined) {
    const { low, high } = bounds
    if (!Array.isArray(low) || !Array.isArray(high)) return undefined
    let same = 0
    while (same < Math.min(low.length, high.length, names.length) && equal(low[same], high[same])) same++
    const tree = same === 0 ? undefined : prefixTree(names, low.slice(0, same))
    if (tree === undefined) return undefined
    const range = same < names.length ? rangeTree(names[same], low[same], high[same]) : undefined
    parts.push({ tree: range === undefined ? tree : all([tree, range]), test: (key) => isWithin(key, bounds) })
  } else return undefined
  let at = 0
  let read: (() => object | undefined) | undefined
  return () => {
    for (;;) {
      const document = read?.()
      if (document === undefined) {
        if (at === parts.length) return undefined
        read = table.direct.find(treeFilter(parts[at++].tree))
        continue
      }
      const row = fromStored(document)
      if (index.keysOf(row).some(parts[at - 1].test)) return row
    }
  }
}

/** Matches all documents whose first fields have these values. */
function prefixTree(names: readonly string[], values: readonly Datum[]): FilterNode | undefined {
  const parts: FilterNode[] = []
  for (let i = 0; i < values.length; i++) {
    const value = constantOf(values[i])
    if (value === undefined) return undefined
    parts.push(compared('eq', names[i], value))
  }
  return all(parts)
}

/** Matches a field between two values of one type; undefined for anything else. */
function rangeTree(name: string, low: Datum | undefined, high: Datum | undefined): FilterNode | undefined {
  if (low === undefined || high === undefined || placeOf(low) !== placeOf(high)) return undefined
  const [from, to] = [constantOf(low), constantOf(high)]
  return from === undefined || to === undefined
    ? undefined
    : all([compared('ge', name, from), compared('le', name, to)])
}

function compared(operator: 'eq' | 'ge' | 'le', name: string, value: Constant): FilterNode {
  const left = pathTo(name)
  const tree: FilterNode = { kind: 'compare', operator, left, right: { kind: 'constant', value } }
  // An instant may be an object that kept its zone.
  return value instanceof Date ? any([tree, typed(left, 'object')]) : tree
}
