// What distinguishes values: identities are equal for two values exactly when a filter considers them equal.

import { isDate } from '../../value/index.ts'
import { numberOf } from '../key.ts'

/** A primitive by which a Map distinguishes values; undefined for a missing value. */
export type ValueIdentity = string | number | bigint | boolean | null | undefined

/** The identity of a stored value. */
export function valueIdentity(value: unknown): ValueIdentity {
  switch (typeof value) {
    case 'string':
      // NUL begins the identities of objects; strings that begin with NUL get a prefix of their own.
      return value.charCodeAt(0) === 0 ? `\0s${value}` : value
    case 'bigint':
      return numberOf(value)
    case 'object':
      return value === null ? null : `\0${objectText(value)}`
    default:
      return value as number | boolean | undefined
  }
}

/** Unique for each value, and never a prefix of another. */
function valueText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `s${value.length}:${value}`
    case 'number':
    case 'bigint':
      return `n${typeof value === 'bigint' ? numberOf(value) : value};`
    case 'boolean':
      return value ? 't' : 'f'
    default:
      return value === null ? 'z' : objectText(value as object)
  }
}

function objectText(value: object): string {
  if (ArrayBuffer.isView(value)) {
    let text = `b${(value as Uint8Array)[Symbol.toStringTag]}${value.byteLength}:`
    for (const byte of new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
      text += String.fromCharCode(byte)
    return text
  }
  if (Array.isArray(value)) return `a${value.length}:${value.map(valueText).join('')}`
  if (isDate(value)) return `d${value.getTime()};`
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `o${fields.length}:${fields.map(([name, field]) => valueText(name) + valueText(field)).join('')}`
}
