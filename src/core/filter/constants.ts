// Encodes a filter's constants as a record that the core compares like any other: large, with an array as its root, all
// names inline and sorted, nodes in depth-first order. Checked by assembly/filter/constants.ts.

import {
  RECORD_HEADER_LARGE,
  RECORD_LARGE,
  SHAPE_INLINE,
  TAG_ARRAY,
  TAG_BIGINT,
  TAG_BINARY,
  TAG_DATE,
  TAG_DOUBLE,
  TAG_FALSE,
  TAG_INT,
  TAG_NULL,
  TAG_OBJECT,
  TAG_STRING,
  TAG_TRUE,
} from '../abi.ts'
import { isDate } from '../record/realm.ts'
import { arrayTypeOf } from '../record/types.ts'

const INT_MAX = 0x07ffffff
const ENDS_WIDTH = 2

const encoder = new TextEncoder()

/** A growing byte buffer. */
class Bytes {
  private bytes = new Uint8Array(256)
  length = 0

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  addText(text: string): void {
    this.reserve(text.length * 3)
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written
  }

  add(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  taken(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }
}

class Writer {
  private readonly words: number[] = []
  private readonly wides: bigint[] = []
  /** Wides of binaries, which need the offset of their bytes. */
  private readonly binaries: { readonly wide: number; readonly offset: number }[] = []
  private readonly ends: number[] = []
  private readonly text = new Bytes()
  private readonly bytes = new Bytes()
  private readonly scratch = new DataView(new ArrayBuffer(8))

  write(constants: readonly unknown[]): Uint8Array {
    this.list(constants)
    const widesAt = (RECORD_HEADER_LARGE + this.words.length * 4 + 7) & ~7
    const endsAt = widesAt + this.wides.length * 8
    const textAt = endsAt + this.ends.length * 4
    const bytesAt = textAt + this.text.length
    const record = new Uint8Array((bytesAt + this.bytes.length + 7) & ~7)
    const view = new DataView(record.buffer)
    view.setUint32(8, (SHAPE_INLINE | ((RECORD_LARGE | ENDS_WIDTH) << 24)) >>> 0, true)
    view.setUint32(12, endsAt, true)
    view.setUint32(16, this.ends.length, true)
    for (const { wide, offset } of this.binaries) this.wides[wide]! |= BigInt(bytesAt + offset)
    const widesBase = widesAt >>> 3
    this.words.forEach((word, index) => {
      const isWide = ((1 << (word >>> 28)) & WIDE_TAGS) !== 0
      view.setUint32(RECORD_HEADER_LARGE + index * 4, isWide ? word + widesBase : word, true)
    })
    this.wides.forEach((wide, index) => {
      view.setBigUint64(widesAt + index * 8, wide, true)
    })
    this.ends.forEach((end, index) => {
      view.setUint32(endsAt + index * 4, end, true)
    })
    record.set(this.text.taken(), textAt)
    record.set(this.bytes.taken(), bytesAt)
    return record
  }

  private list(values: readonly unknown[]): void {
    const at = this.words.length
    this.words.push(values.length)
    for (let i = 0; i < values.length; i++) this.words.push(0)
    for (let i = 0; i < values.length; i++) this.value(values[i], at + 1 + i)
  }

  private fields(object: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(object).map((name) => ({ name, utf8: encoder.encode(name) }))
    names.sort((a, b) => compareBytes(a.utf8, b.utf8))
    this.words.push(SHAPE_INLINE, names.length)
    const at = this.words.length
    for (const { name } of names) this.words.push(this.string(name), 0)
    names.forEach(({ name }, index) => {
      this.value(object[name], at + index * 2 + 1)
    })
  }

  private string(text: string): number {
    this.text.addText(text)
    this.ends.push(this.text.length)
    return ((TAG_STRING << 28) | (this.ends.length - 1)) >>> 0
  }

  private wide(tag: number, bits: bigint): number {
    this.wides.push(bits)
    return ((tag << 28) | (this.wides.length - 1)) >>> 0
  }

  private double(tag: number, value: number): number {
    this.scratch.setFloat64(0, value)
    return this.wide(tag, this.scratch.getBigUint64(0))
  }

  private value(value: unknown, at: number): void {
    switch (typeof value) {
      case 'string':
        this.words[at] = this.string(value)
        return
      case 'number': {
        const isInline = (value | 0) === value && value <= INT_MAX && value >= -INT_MAX
        this.words[at] = isInline ? ((TAG_INT << 28) | (value & 0x0fffffff)) >>> 0 : this.double(TAG_DOUBLE, value)
        return
      }
      case 'bigint':
        this.words[at] = this.wide(TAG_BIGINT, BigInt.asUintN(64, value))
        return
      case 'undefined':
        // A missing value: occurs only when an index is searched for documents without one.
        this.words[at] = 0
        return
      case 'boolean':
        this.words[at] = ((value ? TAG_TRUE : TAG_FALSE) << 28) >>> 0
        return
      default:
        this.object(value as object | null, at)
    }
  }

  private object(value: object | null, at: number): void {
    if (value === null) {
      this.words[at] = TAG_NULL << 28
    } else if (isDate(value)) {
      this.words[at] = this.double(TAG_DATE, value.getTime())
    } else if (ArrayBuffer.isView(value)) {
      const head = BigInt((value.byteLength | (arrayTypeOf(value) << 24)) >>> 0) << 32n
      this.binaries.push({ wide: this.wides.length, offset: this.bytes.length })
      this.words[at] = this.wide(TAG_BINARY, head)
      this.bytes.add(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    } else if (Array.isArray(value)) {
      this.words[at] = ((TAG_ARRAY << 28) | this.words.length) >>> 0
      this.list(value)
    } else {
      this.words[at] = ((TAG_OBJECT << 28) | this.words.length) >>> 0
      this.fields(value as Readonly<Record<string, unknown>>)
    }
  }
}

const WIDE_TAGS = (1 << TAG_DOUBLE) | (1 << TAG_BIGINT) | (1 << TAG_DATE) | (1 << TAG_BINARY)

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const bytes = Math.min(a.length, b.length)
  for (let i = 0; i < bytes; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

/** The constants as a record; its length is a multiple of 8 bytes. */
export function encodeConstants(constants: readonly unknown[]): Uint8Array {
  return new Writer().write(constants)
}
