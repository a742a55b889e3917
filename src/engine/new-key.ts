// Keys for documents that come without one: random UUIDs, version 4 (RFC 9562).

import { v4 } from 'uuid'
import { NodeBuffer } from '../core/index.ts'

const UUID_BYTES = 16
const UUID_UNITS = 36
const POOL_BYTES = 256 * UUID_BYTES
const HYPHEN = 0x2d
const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/** Random bytes are fetched in bulk: one call takes as long as making ten keys. */
const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES
const options = { random: new Uint8Array(UUID_BYTES) }
const units = new Uint8Array(UUID_UNITS)
const text = NodeBuffer?.from(units.buffer)

/**
 * A key that nobody has. Node and uuid return a rope of twenty pieces, which takes longer to build and to encode, and
 * whose pieces stay alive as long as the key. This one is a flat string.
 */
export function newKey(): string {
  if (used === POOL_BYTES) {
    crypto.getRandomValues(pool)
    used = 0
  }
  const { random } = options
  for (let i = 0; i < UUID_BYTES; i++) random[i] = pool[used++]!
  if (text === undefined) return v4(options)
  v4(options, random, 0)
  let at = 0
  for (let i = 0; i < UUID_BYTES; i++) {
    const byte = random[i]!
    if (i === 4 || i === 6 || i === 8 || i === 10) units[at++] = HYPHEN
    units[at++] = DIGITS[byte >>> 4]!
    units[at++] = DIGITS[byte & 15]!
  }
  return text.latin1Slice(0, UUID_UNITS)
}
