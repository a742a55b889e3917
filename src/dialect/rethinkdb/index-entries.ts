// Secondary indexes whose entries are computed by the index function on demand, and stay valid until the table is
// written to.

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
  /** Set for indexes that the engine may keep. */
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

  /** The keys of a document; none if the function fails or its answer is not a key. */
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

  /** Whether the entries are those of the current documents. */
  get isLive(): boolean {
    return this.#version === this.#table.direct.version
  }

  /** Applies a write made just after version `before`; after a large one, the entries are recomputed instead. */
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

  /** All entries by key; those with equal keys by primary key. */
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
    // Geometry has no order that would be useful here.
    this.#entries = EntryList.of(entries)
    this.#version = version
    return this.#entries
  }

  /** The document of an entry; undefined if it has been deleted since. */
  read(entry: Entry): Datum | undefined {
    const document = this.#table.direct.get(engineKey(entry.primary))
    return document === undefined ? undefined : fromStored(document)
  }
}

/** The index of this name, or undefined. */
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
