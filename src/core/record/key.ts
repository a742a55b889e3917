// Keys on their way in: written to the key buffer in the canonical form of assembly/record/key.ts.

import { LimitError, TypeMismatchError } from '../../error/index.ts'
import {
  KEY_ARRAY,
  KEY_BINARY,
  KEY_BOOL,
  KEY_BUFFER,
  KEY_BUFFER_BYTES,
  KEY_BYTES_MAX,
  KEY_DATE,
  KEY_DOUBLE,
  KEY_INT,
  KEY_STRING,
} from '../abi.ts'
import type { Memory } from '../memory.ts'
import { isDate } from './realm.ts'
import { isWellFormed } from './refuse.ts'
import { arrayTypeOf } from './types.ts'

const encoder = new TextEncoder()
const INT64_LIMIT = 2 ** 63

function refused(key: unknown): TypeMismatchError {
  const got =
    key === null
      ? 'null'
      : Array.isArray(key)
        ? 'an array with other values'
        : typeof key === 'object'
          ? 'an object'
          : String(key)
  return new TypeMismatchError(
    `a key is a string, finite number, bigint (int64), boolean, Date, Uint8Array, or an array of those; got ${got}`,
  )
}

function tooLong(bytes: number): LimitError {
  return new LimitError(`a key is at most ${KEY_BYTES_MAX} encoded bytes, got ${bytes}`, {
    details: { limit: KEY_BYTES_MAX, got: bytes },
  })
}

/** Writes keys to the key buffer of one partition. */
export class KeyWriter {
  private readonly memory: Memory
  private bytes = new Uint8Array(0)
  private view = new DataView(new ArrayBuffer(0))
  /** Canonical type of the key written last. */
  type = 0

  constructor(memory: Memory) {
    this.memory = memory
  }

  private renew(): void {
    const buffer = this.memory.core.memory.buffer
    this.view = new DataView(buffer, KEY_BUFFER, KEY_BUFFER_BYTES)
    this.bytes = new Uint8Array(buffer, KEY_BUFFER, KEY_BUFFER_BYTES)
  }

  /** Writes a key; returns its length in bytes and sets `type`. Throws when the key is not valid. */
  write(key: unknown): number {
    if (this.bytes.length === 0) this.renew()
    if (typeof key === 'string') {
      this.type = KEY_STRING
      const { read, written } = encoder.encodeInto(key, this.bytes)
      if (read !== key.length || written > KEY_BYTES_MAX) throw tooLong(encoder.encode(key).length)
      if (written !== read && !isWellFormed(key)) throw refused('a string with a lone surrogate')
      return written
    }
    const end = this.scalar(key, 0)
    if (end > KEY_BYTES_MAX) throw tooLong(end)
    return end
  }

  /** Writes a top-level key other than a string at `at`; returns where it ends. */
  private scalar(key: unknown, at: number): number {
    switch (typeof key) {
      case 'string': {
        const utf8 = encoder.encode(key)
        if (!isWellFormed(key)) throw refused('a string with a lone surrogate')
        if (at + utf8.length > KEY_BYTES_MAX) throw tooLong(at + utf8.length)
        this.bytes.set(utf8, at)
        this.type = KEY_STRING
        return at + utf8.length
      }
      case 'number':
        if (!Number.isFinite(key)) throw refused(key)
        if (Number.isInteger(key) && key >= -INT64_LIMIT && key < INT64_LIMIT) {
          if (Number.isSafeInteger(key)) {
            this.view.setInt32(at, key | 0, true)
            this.view.setInt32(at + 4, Math.floor(key / 4_294_967_296), true)
          } else {
            this.view.setBigInt64(at, BigInt(key), true)
          }
          this.type = KEY_INT
        } else {
          this.view.setFloat64(at, key, true)
          this.type = KEY_DOUBLE
        }
        return at + 8
      case 'bigint':
        if (BigInt.asIntN(64, key) !== key) throw refused(`${key}n`)
        this.view.setBigInt64(at, key, true)
        this.type = KEY_INT
        return at + 8
      case 'boolean':
        this.bytes[at] = key ? 1 : 0
        this.type = KEY_BOOL
        return at + 1
      case 'object':
        if (key === null) throw refused(key)
        return this.object(key, at)
      default:
        throw refused(key)
    }
  }

  private object(key: object, at: number): number {
    if (Array.isArray(key)) {
      let end = at
      for (const element of key) {
        if (end + 3 > KEY_BYTES_MAX) throw tooLong(end + 3)
        const next = this.scalar(element, end + 3)
        if (next > KEY_BYTES_MAX) throw tooLong(next)
        this.bytes[end] = this.type
        this.view.setUint16(end + 1, next - end - 3, true)
        end = next
      }
      this.type = KEY_ARRAY
      return end
    }
    if (ArrayBuffer.isView(key) && arrayTypeOf(key) === 0) {
      if (at + key.byteLength > KEY_BYTES_MAX) throw tooLong(at + key.byteLength)
      this.bytes.set(new Uint8Array(key.buffer, key.byteOffset, key.byteLength), at)
      this.type = KEY_BINARY
      return at + key.byteLength
    }
    if (!isDate(key)) throw refused(key)
    const time = key.getTime()
    if (Number.isNaN(time)) throw refused('an invalid Date')
    this.view.setFloat64(at, time, true)
    this.type = KEY_DATE
    return at + 8
  }
}
