// Secondary indexes: the entries of each are computed by its function when they are asked for, and stand until the table is written to.

import { compare, type Datum, isGeometry } from './datum.ts'
import { fieldsOf, type IndexFields } from './engine-index.ts'
import { Failure } from './errors.ts'
import { evaluate } from './evaluate.ts'
import { engineKey, requireSecondaryKey } from './key.ts'
import { fromWire } from './node.ts'
import { ARRAY_LIMIT, Query } from './query.ts'
import type { IndexInfo, RowChange, Table } from './store.ts'
import { fromStored } from './stored.ts'
import { asDatum, type Func } from './values.ts'

/** A document under one of its keys in an index. */
export interface Entry {
  readonly key: Datum
  readonly primary: Datum
}

export class Index {
  readonly info: IndexInfo
  /** Of those that the engine may have. */
  readonly fields: IndexFields | undefined
  readonly #table: Table
  readonly #func: Func
  #entries: Entry[] = []
  #version = -1

  constructor(table: Table, info: IndexInfo) {
    this.#table = table
    this.info = info
    this.fields = fieldsOf(info)
    const query = new Query(table.store, table.info.db, ARRAY_LIMIT, undefined)
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

  /** Whether its entries are those of the documents as they are now. */
  get isLive(): boolean {
    return this.#version === this.#table.direct.version
  }

  /** Follows a write that has just been made after version `before`; a large one is left to be computed anew. */
  follow(changes: readonly RowChange[], before: number): void {
    if (this.#version !== before || changes.length * 8 > this.#entries.length + 64) return
    // Streams that are being read keep the entries they began with.
    this.#entries = this.#entries.slice()
    for (const { key, old, new: next } of changes) {
      const primary = key as Datum
      for (const one of old === null ? [] : this.keysOf(old)) {
        const at = this.#placeOf({ key: one, primary })
        const found = this.#entries[at]
        if (found !== undefined && compare(found.key, one) === 0 && compare(found.primary, primary) === 0) {
          this.#entries.splice(at, 1)
        }
      }
      for (const one of next === null ? [] : this.keysOf(next)) {
        const entry = { key: one, primary }
        this.#entries.splice(this.#placeOf(entry), 0, entry)
      }
    }
    this.#version = this.#table.direct.version
  }

  #placeOf(entry: Entry): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#entries[middle]
      if ((compare(other.key, entry.key) || compare(other.primary, entry.primary)) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** All entries by key, those with the same key by primary key. */
  entries(): readonly Entry[] {
    const table = this.#table
    const { version } = table.direct
    if (this.#version === version) return this.#entries
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
    this.#version = version
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
