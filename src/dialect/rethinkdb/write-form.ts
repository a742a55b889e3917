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

/** Whether a stored value has something that ReQL has no type for: integers of 64 bits, typed arrays. */
export function isNarrowed(stored: unknown): boolean {
  if (typeof stored !== 'object' || stored === null) return typeof stored === 'bigint'
  if (ArrayBuffer.isView(stored)) return !(stored instanceof Uint8Array)
  return (Array.isArray(stored) ? stored : Object.values(stored)).some(isNarrowed)
}

/**
 * `next`, but with what is stored wherever ReQL sees no difference: the integers of 64 bits and the typed arrays that
 * other interfaces have written, in fields that this write leaves as they are.
 */
export function keepStored(stored: unknown, next: unknown): unknown {
  if (typeof stored === 'bigint') return Number(stored) === next ? stored : next
  if (typeof stored !== 'object' || stored === null || typeof next !== 'object' || next === null) return next
  if (ArrayBuffer.isView(stored))
    return isSameList(stored as unknown as ArrayLike<number | bigint>, next) ? stored : next
  if (Array.isArray(stored) !== Array.isArray(next)) return next
  let copy: object | undefined
  for (const [name, item] of Object.entries(next)) {
    if (!Object.hasOwn(stored, name)) continue
    const kept = keepStored((stored as Fields)[name], item)
    if (kept !== item) setField((copy ??= Array.isArray(next) ? [...next] : { ...next }) as Fields, name, kept as Datum)
  }
  return copy ?? next
}

function isSameList(view: ArrayLike<number | bigint>, list: object): boolean {
  if (!Array.isArray(list) || list.length !== view.length) return false
  return list.every((item, i) => Object.is(item, Number(view[i])))
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
