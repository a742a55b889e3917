// Primary keys as JavaScript sees them. The core has its own canonical form (src/core/record/key.ts); this code only
// has to agree with it on which keys are equal: 1 and 1n, 0 and -0, also inside arrays.

import { isDate, type Key } from '../value/index.ts'

/** Deeper nesting than this cannot be a key: each level costs three of its 1,024 bytes. */
const DEPTH_MAX = 400
const SHOWN_MAX = 80

/** A primitive by which a `Set` distinguishes keys. */
export type KeyIdentity = string | number | bigint | boolean

/**
 * The identity of a key: equal for two values exactly when they are the same key.
 *
 * @returns undefined for values that cannot be a key; most others that the core refuses (too long, say) still get an
 * identity.
 */
export function keyIdentity(key: unknown): KeyIdentity | undefined {
  switch (typeof key) {
    case 'string':
      // NUL begins the identities of objects below; strings that begin with NUL get a prefix of their own.
      return key.charCodeAt(0) === 0 ? `\0s${key}` : key
    case 'number':
      if (!Number.isFinite(key)) return undefined
      return key === 0 ? 0 : key
    case 'bigint':
      return numberOf(key)
    case 'boolean':
      return key
    case 'object':
      return key === null ? undefined : objectIdentity(key, 0)
    default:
      return undefined
  }
}

function objectIdentity(key: object, depth: number): string | undefined {
  if (isBytes(key)) {
    let text = '\0b'
    for (const byte of key) text += String.fromCharCode(byte)
    return text
  }
  if (!Array.isArray(key)) {
    const time = isDate(key) ? key.getTime() : Number.NaN
    return Number.isNaN(time) ? undefined : `\0d${time}`
  }
  if (depth > DEPTH_MAX) return undefined
  let text = '\0a'
  for (const element of key) {
    const inner =
      typeof element === 'object' && element !== null ? objectIdentity(element, depth + 1) : keyIdentity(element)
    if (inner === undefined) return undefined
    // Type and length make the encoding unambiguous.
    const part = String(inner)
    text += `${typeof inner === 'bigint' ? 'n' : (typeof inner)[0]}${part.length}:${part}`
  }
  return text
}

/** The number equal to a bigint, where there is one; otherwise the bigint. */
export function numberOf(key: bigint): number | bigint {
  const number = Number(key)
  return BigInt(number) === key ? number : key
}

/** Whether this is a Uint8Array, of any realm or subclass. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === 'Uint8Array'
}

/** A key as shown in a message: `"a"`, `5n`, `[1, "b"]`; truncated where it is long. */
export function describeKey(key: unknown): string {
  const text = shown(key, 0)
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX - 3)}...`
}

function shown(key: unknown, depth: number): string {
  if (typeof key === 'string') return JSON.stringify(key.length > SHOWN_MAX ? key.slice(0, SHOWN_MAX) : key)
  if (typeof key === 'bigint') return `${key}n`
  if (isDate(key)) return Number.isNaN(key.getTime()) ? 'an invalid Date' : key.toISOString()
  if (isBytes(key)) return `<${key.length} bytes>`
  if (Array.isArray(key)) {
    if (depth > 3) return '[...]'
    return `[${key
      .slice(0, 8)
      .map((element) => shown(element, depth + 1))
      .join(', ')}${key.length > 8 ? ', ...' : ''}]`
  }
  if (typeof key === 'object' && key !== null) return 'an object'
  return typeof key === 'function' ? 'a function' : String(key)
}

/** A copy that shares nothing with the caller's key. */
export function copyKey(key: Key): Key {
  if (typeof key !== 'object') return key
  if (isDate(key)) return new Date(key.getTime())
  if (isBytes(key)) return new Uint8Array(key)
  return (key as readonly Key[]).map(copyKey)
}
