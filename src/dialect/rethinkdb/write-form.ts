// Documents and keys in the form in which they are stored.

import { type Datum, Extreme, type Fields, Literal, setField, Time, TYPE } from './datum.ts'
import { fail } from './errors.ts'
import { holdsExtreme, requirePrimaryKey } from './key.ts'
import { STORED_ARRAY_MAX, strayLiteral } from './stored.ts'

/** A value in stored form: the value itself if nothing in it needs another form. Throws for what cannot be written. */
export function toStored(value: Datum): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Time) {
    const ms = value.epoch * 1000
    const rounded = Math.round(ms)
    // Where the milliseconds are whole, the product of seconds and 1000 is off by a rounding error.
    const isWhole = Math.abs(ms - rounded) < 1e-3 && rounded / 1000 === value.epoch
    return value.zone === '+00:00' && isWhole && Math.abs(rounded) <= 8.64e15
      ? new Date(rounded)
      : { [TYPE]: 'TIME', epoch_time: value.epoch, timezone: value.zone }
  }
  if (value instanceof Uint8Array) return value
  if (value instanceof Extreme) fail('`r.minval` and `r.maxval` cannot be written to disk.')
  if (value instanceof Literal) strayLiteral()
  if (Array.isArray(value)) {
    if (value.length > STORED_ARRAY_MAX) fail('Array too large for disk writes (limit 100,000 elements).')
    let copy: unknown[] | undefined
    for (let i = 0; i < value.length; i++) {
      const item = toStored(value[i])
      if (item !== value[i]) (copy ??= value.slice() as unknown[])[i] = item
    }
    return copy ?? value
  }
  let copy: Fields | undefined
  for (const name in value) {
    const item = toStored(value[name])
    if (item !== value[name]) setField((copy ??= { ...value }), name, item as Datum)
  }
  return copy ?? value
}

/** Throws the server's text for a value that cannot be the primary key of a stored document. */
export function requireStorableKey(value: Datum): void {
  if (holdsExtreme(value)) fail('`r.minval` and `r.maxval` cannot be written to disk.')
  requirePrimaryKey(value)
}

/** Whether the engine's form of this key differs from it. */
export function hasOwnForm(value: Datum): boolean {
  return value instanceof Time || (Array.isArray(value) && value.some(hasOwnForm))
}
