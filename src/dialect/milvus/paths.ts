// Paths where a request names fields: `meta["brand"]` into a JSON field, `brand` or `$meta["brand"]` into the dynamic
// field.

import { DataType, DEFAULT_DYNAMIC_FIELD } from './enums.ts'
import type { Row } from './rows.ts'
import type { Field, Schema } from './schema.ts'

/** The keys of a path such as `a["b"]["c"]`; undefined if one of them is no plain name. */
export function steps(path: string): string[] | undefined {
  if (!/^\$?\w+(\[("[^"\]]*"|'[^'\]]*')\])*$/.test(path)) return undefined
  const keys = path.split(/\[["']|["']\]\[["']|["']\]/).filter((key) => key !== '')
  return keys.every((key) => /^\$?[A-Za-z_]\w*$/.test(key)) ? keys : undefined
}

/** Where stored rows hold what is named: a field, and keys inside it. Undefined if there is no such field. */
export function placeOf({ byName, isDynamic }: Schema, name: string): string[] | undefined {
  if (byName.has(name)) return [name]
  const path = steps(name) ?? [name]
  const own = byName.get(path[0]!)
  if (own !== undefined) return own.type === DataType.JSON ? path : undefined
  if (!isDynamic) return undefined
  return path[0] === DEFAULT_DYNAMIC_FIELD ? path : [DEFAULT_DYNAMIC_FIELD, ...path]
}

/** What rows that are older than a field read in it; undefined for null. */
export function defaultOf(field: Field | undefined): unknown {
  return field?.isAdded ? field.defaultValue : undefined
}

/** Gives stored rows the defaults of fields that were added after them. */
export function filler({ fields }: Schema): (row: Row) => Row {
  const added = fields.filter((field) => defaultOf(field) !== undefined)
  if (added.length === 0) return (row) => row
  return (row) => {
    const whole = { ...row }
    for (const { name, defaultValue } of added) whole[name] ??= defaultValue
    return whole
  }
}

export function valueAt(row: Row, place: readonly string[]): unknown {
  let value: unknown = row
  for (const key of place) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Row)[key]
  }
  return value
}
