// A record, read as docs/format.md tells it: each of its bytes with what it says, and of which field.

import { viewOf } from './log.ts'

export interface Span {
  readonly offset: number
  readonly bytes: number
  /** What the bytes are: `block`, `slot`, `word`, `wide`, `text`, ... */
  readonly role: 'header' | 'node' | 'word' | 'wide' | 'ends' | 'text' | 'binary'
  /** Dotted path of the field that they belong to; empty for what belongs to all. */
  readonly path: string
  readonly says: string
}

const TAGS = [
  ...[
    'not a value',
    'null',
    'false',
    'true',
    'integer',
    'number',
    'bigint',
    'date',
    'string',
    'UUID',
    'binary',
    'array',
    'object',
  ],
]
const ELEMENTS = [
  ...[
    'Uint8Array',
    'Uint8ClampedArray',
    'Int8Array',
    'Uint16Array',
    'Int16Array',
    'Uint32Array',
    'Int32Array',
    'Float32Array',
  ],
  ...['Float64Array', 'BigInt64Array', 'BigUint64Array', 'f16', 'bf16', 'int8'],
]
const INSIDE = 0xffffff

/** The spans of a record, by offset; what none covers is padding. */
export function readRecord(record: Uint8Array, shapes: ReadonlyMap<number, readonly string[]>): Span[] {
  return new RecordReader(record, shapes).read()
}

class RecordReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #shapes: ReadonlyMap<number, readonly string[]>
  readonly #spans: Span[] = []
  #wordsAt = 16
  #endsAt = 0
  #endBytes: 1 | 2 | 4 = 1
  #textAt = 0
  #strings = 0

  constructor(bytes: Uint8Array, shapes: ReadonlyMap<number, readonly string[]>) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#shapes = shapes
  }

  read(): Span[] {
    const flags = this.#view.getUint32(8, true)
    const isLarge = ((flags >>> 27) & 1) === 1
    const isAscii = ((flags >>> 26) & 1) === 0
    const shape = flags & INSIDE
    this.#endBytes = ([1, 2, 4] as const)[(flags >>> 24) & 3] ?? 4
    this.#wordsAt = isLarge ? 24 : 16
    this.#endsAt = isLarge ? this.#view.getUint32(12, true) : this.#view.getUint16(12, true) * 4
    this.#strings = isLarge ? this.#view.getUint32(16, true) : this.#view.getUint16(14, true)
    const tables = isAscii ? 1 : 2
    this.#textAt = this.#endsAt + this.#strings * this.#endBytes * tables
    this.#add(0, 4, 'header', '', `block: ${this.#bytes.length} bytes, a record`)
    this.#add(4, 4, 'header', '', `slot ${this.#view.getUint32(4, true)}`)
    this.#add(
      8,
      4,
      'header',
      '',
      shape === INSIDE ? 'names stand inside' : `shape ${shape}: its field names, kept once`,
    )
    this.#add(12, this.#wordsAt - 12, 'header', '', `strings: ${this.#strings}, their ends at byte ${this.#endsAt}`)
    if (this.#strings > 0) {
      const bytes = this.#textAt - this.#endsAt
      this.#add(this.#endsAt, bytes, 'ends', '', `where each of ${this.#strings} strings ends in the text`)
    }
    if (shape === INSIDE) {
      this.#add(this.#wordsAt, 4, 'header', '', `the key's word is ${this.#view.getUint32(this.#wordsAt, true)}`)
      this.#pairs(1, '')
    } else this.#fields(shape, 0, '')
    return this.#spans.sort((a, b) => a.offset - b.offset)
  }

  #add(offset: number, bytes: number, role: Span['role'], path: string, says: string): void {
    if (bytes > 0) this.#spans.push({ offset, bytes, role, path, says })
  }

  /** The words of an object's fields, from the one of that index on. */
  #fields(shape: number, from: number, path: string): void {
    const names = this.#shapes.get(shape) ?? []
    for (const [at, name] of names.entries()) this.#word(from + at, path === '' ? name : `${path}.${name}`)
  }

  /** A count at that index, then name and value in turn. */
  #pairs(index: number, path: string): void {
    const count = this.#view.getUint32(this.#wordsAt + index * 4, true)
    this.#add(this.#wordsAt + index * 4, 4, 'node', path, `${count} names and values`)
    for (let at = index + 1; at <= index + count * 2; at += 2) {
      const number = this.#view.getUint32(this.#wordsAt + at * 4, true) & 0xfffffff
      const name = this.#text(number)
      const inner = path === '' ? name : `${path}.${name}`
      this.#add(this.#wordsAt + at * 4, 4, 'node', inner, `its name, string ${number}`)
      this.#string(number, inner)
      this.#word(at + 1, inner)
    }
  }

  #word(index: number, path: string): void {
    const at = this.#wordsAt + index * 4
    const word = this.#view.getUint32(at, true)
    const [tag, payload] = [word >>> 28, word & 0xfffffff]
    const name = TAGS[tag] ?? `tag ${tag}`
    const wide = payload * 8
    if (tag >= 1 && tag <= 3) this.#add(at, 4, 'word', path, name)
    else if (tag === 4) this.#add(at, 4, 'word', path, `integer ${(word << 4) >> 4}`)
    else this.#add(at, 4, 'word', path, tag === 8 ? `string, number ${payload}` : `${name}, ${whereOf(tag)} ${payload}`)
    if (tag >= 5 && tag <= 7) this.#add(wide, 8, 'wide', path, this.#wide(tag, wide))
    else if (tag === 8) this.#string(payload, path)
    else if (tag === 9) this.#add(wide, 16, 'wide', path, 'UUID, 16 bytes')
    else if (tag === 10) this.#binary(wide, path)
    else if (tag === 11) this.#array(payload, path)
    else if (tag === 12) this.#object(payload, path)
  }

  #wide(tag: number, at: number): string {
    if (tag === 6) return `${this.#view.getBigInt64(at, true)}n, i64`
    const number = this.#view.getFloat64(at, true)
    return tag === 7 ? `${new Date(number).toISOString()}, f64 of milliseconds` : `${number}, f64`
  }

  #binary(wide: number, path: string): void {
    const [from, word] = [this.#view.getUint32(wide, true), this.#view.getUint32(wide + 4, true)]
    const [length, element] = [word & INSIDE, ELEMENTS[word >>> 24] ?? '?']
    this.#add(wide, 8, 'wide', path, `${element}: where it lies, and its ${length} bytes`)
    this.#add(from, length, 'binary', path, `${element}, ${length} bytes`)
  }

  #string(number: number, path: string): void {
    const [from, to] = [this.#end(number - 1), this.#end(number)]
    this.#add(this.#textAt + from, to - from, 'text', path, JSON.stringify(this.#text(number)))
  }

  #text(number: number): string {
    const [from, to] = [this.#end(number - 1), this.#end(number)]
    return new TextDecoder().decode(this.#bytes.slice(this.#textAt + from, this.#textAt + to))
  }

  #end(number: number): number {
    if (number < 0) return 0
    const at = this.#endsAt + number * this.#endBytes
    if (this.#endBytes === 1) return this.#view.getUint8(at)
    return this.#endBytes === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true)
  }

  #array(index: number, path: string): void {
    const count = this.#view.getUint32(this.#wordsAt + index * 4, true)
    this.#add(this.#wordsAt + index * 4, 4, 'node', path, `${count} elements`)
    for (let at = 0; at < count; at++) this.#word(index + 1 + at, `${path}.${at}`)
  }

  #object(index: number, path: string): void {
    const shape = this.#view.getUint32(this.#wordsAt + index * 4, true) & 0xfffffff
    this.#add(this.#wordsAt + index * 4, 4, 'node', path, shape === INSIDE ? 'names stand inside' : `shape ${shape}`)
    if (shape === INSIDE) this.#pairs(index + 1, path)
    else this.#fields(shape, index + 1, path)
  }
}

function whereOf(tag: number): string {
  return tag === 11 || tag === 12 ? 'its node at word' : 'its value at unit'
}
