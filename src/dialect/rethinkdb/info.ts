// `info`: what a value is and where it comes from.

import { type Datum, type Fields, print, typeName } from './datum.ts'
import { asDatum, Db, Func, Row, Selection, Special, Stream, TableSlice, type Val, VirtualTable } from './values.ts'

export function infoOf(value: Val): Datum {
  if (!(value instanceof Special)) return { type: typeName(value), value: print(value) }
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
    const { bounds } = slice
    const side = (bound: Datum | undefined, isOpen: boolean | undefined, open: string, otherwise: string) => {
      if (bound === undefined || typeof bound === 'object') {
        if (bound === undefined || typeName(bound) === 'MINVAL' || typeName(bound) === 'MAXVAL') return otherwise
      }
      return isOpen ? open : 'closed'
    }
    return {
      ...info,
      index: slice.index ?? kept.primaryKey,
      left_bound: edge(bounds?.low),
      left_bound_type: bounds === undefined ? 'unbounded' : side(bounds.low, bounds.isLowOpen, 'open', 'unbounded'),
      right_bound: edge(bounds?.high),
      right_bound_type: bounds === undefined ? 'unbounded' : side(bounds.high, bounds.isHighOpen, 'open', 'unbounded'),
      sorting: slice.order === undefined ? 'UNORDERED' : slice.order === 'asc' ? 'ASCENDING' : 'DESCENDING',
      table: about,
    }
  }
  if (value instanceof Selection) return { ...info, table: infoOf(tableOf(value)) }
  if (value instanceof Row) return { ...info, table: infoOf(tableOf(value)) }
  if (value instanceof Func) return { ...info, source_code: value.node?.print() ?? '' }
  if (value instanceof Stream) return info
  return { ...info, value: print(asDatum(value)) }
}

function tableOf({ table }: Selection | Row): TableSlice {
  return new TableSlice({ table, index: undefined, bounds: undefined, order: undefined })
}

function edge(bound: Datum | undefined): Datum {
  if (bound === undefined) return null
  const name = typeName(bound)
  return name === 'MINVAL' || name === 'MAXVAL' ? null : bound
}
