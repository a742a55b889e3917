// Secondary indexes: the entries of each are computed by its function when they are asked for, and stand until the table is written to.

import { type Datum, isGeometry } from './datum.ts'
import { fieldsOf, type IndexFields } from './engine-index.ts'
import { type Entry, EntryList, type EntryStep } from './entry-list.ts'
import { Failure } from './errors.ts'
import { evaluate } from './evaluate.ts'
import { engineKey, requireSecondaryKey } from './key.ts'
import { fromWire } from './node.ts'
import { ARRAY_LIMIT, Query } from './query.ts'
import type { IndexInfo, RowChange, Table } from './store.ts'
import { fromStored } from './stored.ts'
import { asDatum, type Func } from './values.ts'

export class Index {
  readonly info: IndexInfo
  /** Of those that the engine may have. */
  readonly fields: IndexFields | undefined
  readonly #table: Table
  readonly #func: Func
  #entries = EntryList.of([])
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
    if (this.#version !== before || changes.length * 8 > this.#entries.count + 64) return
    const steps: EntryStep[] = []
    const note = (row: Datum, primary: Datum, isGone: boolean) => {
      for (const key of row === null ? [] : this.keysOf(row)) steps.push({ entry: { key, primary }, isGone })
    }
    for (const { key, old, new: next } of changes) {
      note(old, key as Datum, true)
      note(next, key as Datum, false)
    }
    this.#entries = this.#entries.changed(steps)
    this.#version = this.#table.direct.version
  }

  /** All entries by key, those with the same key by primary key. */
  entries(): EntryList {
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
    this.#entries = EntryList.of(entries)
    this.#version = version
    return this.#entries
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
