// `info`: what a value is, and its origin.

import { type Datum, Extreme, type Fields, MAXVAL, MINVAL, print, typeName } from '../datum.ts'
import {
  asDatum,
  Db,
  Func,
  Grouped,
  Row,
  Selection,
  Special,
  Stream,
  TableSlice,
  type Val,
  VirtualTable,
} from '../values.ts'
import { whole } from './reading.ts'

export function infoOf(value: Val): Datum {
  if (!(value instanceof Special)) {
    const type = typeName(value)
    if (value === null || value instanceof Extreme) return { type }
    const size = value instanceof Uint8Array ? { count: value.length } : {}
    return { ...size, type, value: print(value) }
  }
  const info: Fields = { type: value.typeName }
  if (value instanceof Db) return { ...info, name: value.name, id: value.id }
  if (value instanceof VirtualTable) {
    const { name, db, primaryKey } = value.virtual
    return {
      ...info,
      name,
      db: { type: 'DB', id: null, name: db },
      id: null,
      indexes: [],
      primary_key: primaryKey,
      doc_count_estimates: [value.virtual.rows().length],
    }
  }
  if (value instanceof TableSlice) {
    const { table, slice } = value
    const { info: kept, store } = table
    const about: Fields = {
      type: 'TABLE',
      id: kept.id,
      name: kept.name,
      db: { type: 'DB', id: store.requireDatabase(kept.db).id, name: kept.db },
      primary_key: kept.primaryKey,
      indexes: kept.indexes.map(({ name }) => name).sort(),
      doc_count_estimates: [table.direct.count],
    }
    if (value.isWhole) return about
    const { low = MINVAL, high = MAXVAL, isLowOpen = true, isHighOpen = true } = slice.bounds ?? {}
    return {
      ...info,
      index: slice.index ?? kept.primaryKey,
      ...edge('left_bound', low, MINVAL, isLowOpen),
      ...edge('right_bound', high, MAXVAL, isHighOpen),
      sorting: slice.order === undefined ? 'UNORDERED' : slice.order === 'asc' ? 'ASCENDING' : 'DESCENDING',
      table: about,
    }
  }
  if (value instanceof Row && value.table === undefined) return info
  if (value instanceof Selection || value instanceof Row) return { ...info, table: infoOf(whole(value.table)) }
  if (value instanceof Func) return { ...info, source_code: value.node?.print() ?? '' }
  if (value instanceof Stream || value instanceof Grouped) return info
  return { ...info, value: print(asDatum(value)) }
}

/** A bound of a slice; `open` is the one that excludes nothing. */
function edge(name: string, bound: Datum, open: Extreme, isOpen: boolean): Fields {
  if (bound instanceof Extreme) return { [`${name}_type`]: bound === open ? 'unbounded' : 'unachievable' }
  return { [name]: bound, [`${name}_type`]: isOpen ? 'open' : 'closed' }
}
