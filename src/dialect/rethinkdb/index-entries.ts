// Secondary indexes: the entries of each are computed by its function when they are asked for, and stand until the table is written to.

import { compare, type Datum, isGeometry } from './datum.ts'
import { Failure } from './errors.ts'
import { evaluate } from './evaluate.ts'
import { engineKey, requireSecondaryKey } from './key.ts'
import { fromWire } from './node.ts'
import { Query } from './query.ts'
import type { IndexInfo, Table } from './store.ts'
import { fromStored } from './stored.ts'
import { asDatum, type Func } from './values.ts'

/** A document under one of its keys in an index. */
export interface Entry {
  readonly key: Datum
  readonly primary: Datum
}

export class Index {
  readonly info: IndexInfo
  readonly #table: Table
  readonly #func: Func
  #entries: Entry[] = []
  #version = -1

  constructor(table: Table, info: IndexInfo) {
    this.#table = table
    this.info = info
    const query = new Query(table.store, table.info.db, 100_000, undefined)
    this.#func = evaluate(fromWire(info.wire), null, query) as Func
  }

  /** Keys under which a document stands; none when the function fails or answers what is no key. */
  keysOf(row: Datum): Datum[] {
    let value: Datum
    try {
      value = asDatum(this.#func.call([row]))
    } catch (error) {
      if (error instanceof Failure) return []
      throw error
    }
    const candidates = this.info.multi && Array.isArray(value) ? value : [value]
    return candidates.filter((key) => {
      if (this.info.geo) return isGeometry(key)
      try {
        if (key === null) return false
        requireSecondaryKey(key)
        return true
      } catch (error) {
        if (error instanceof Failure) return false
        throw error
      }
    })
  }

  /** All entries by key, those with the same key by primary key. */
  entries(): readonly Entry[] {
    const table = this.#table
    if (this.#version === table.version) return this.#entries
    const entries: Entry[] = []
    const next = table.direct.scan()
    for (let document = next(); document !== undefined; document = next()) {
      const row = fromStored(document) as { [name: string]: Datum }
      const primary = row[table.primaryKey]
      for (const key of this.keysOf(row)) entries.push({ key, primary })
    }
    // Geometry has no order that would be of use here.
    entries.sort((a, b) => compare(a.key, b.key) || compare(a.primary, b.primary))
    this.#entries = entries
    this.#version = table.version
    return entries
  }

  /** The document of an entry; undefined when it has gone since. */
  read(entry: Entry): Datum | undefined {
    const document = this.#table.direct.get(engineKey(entry.primary))
    return document === undefined ? undefined : fromStored(document)
  }
}

/** The index of that name, or undefined. */
export function indexOf(table: Table, name: string): Index | undefined {
  const info = table.info.indexes.find((one) => one.name === name)
  if (info === undefined) return undefined
  let index = table.indexes.get(name)
  if (index === undefined || index.info !== info) {
    index = new Index(table, info)
    table.indexes.set(name, index)
  }
  return index
}

/** Place of the first entry that is not before `key` (or, `after`, of the first behind it). */
export function placeIn(entries: readonly Entry[], key: Datum, after: boolean): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    const order = compare(entries[middle].key, key)
    if (order < 0 || (after && order === 0)) low = middle + 1
    else high = middle
  }
  return low
}
