// Documents on their way in. An object is walked once, level by level; numbers, string lengths and bytes go straight into linear
// memory, short strings are concatenated into one text that is encoded by a single call for a whole batch. The core then lays
// the records out (assembly/record/build.ts). What is refused throws; the slow search for the reason is in refuse.ts.

import type { QuiverError } from '../../error/index.ts'
import {
  LENGTH_APART,
  MODE_SKIP,
  SHAPE_INLINE,
  STAGED_BINARY,
  STAGED_HEAD,
  STAGED_KEY,
  STAGED_MODE,
  STAGED_SHAPE,
  STAGED_STRINGS,
  STAGED_WIDES,
  STAGED_WORDS,
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
import type { Memory } from '../memory.ts'
import { DEPTH_MAX, isObjectPolluted, isStorable, isWellFormed, refusalOf } from './refuse.ts'
import { APART_UNITS, BYTES_FULL, encoder, StagingRegion, TEXT_UNITS } from './region.ts'
import type { CollectionShapes, ShapeNode, VectorField } from './shapes.ts'
import { arrayTypeOf } from './types.ts'
import { elementOf, vectorLanes } from './vector.ts'

/** 16 MiB of words: no document that is larger can be stored. */
const WORDS_MAX = 4_194_304
const STRING = TAG_STRING << 28
const INT = TAG_INT << 28
const DOUBLE = TAG_DOUBLE << 28
const INT_MAX = 0x07ffffff
const KEY_TAGS =
  (1 << TAG_FALSE) |
  (1 << TAG_TRUE) |
  (1 << TAG_INT) |
  (1 << TAG_DOUBLE) |
  (1 << TAG_BIGINT) |
  (1 << TAG_DATE) |
  (1 << TAG_STRING) |
  (1 << TAG_BINARY) |
  (1 << TAG_ARRAY)

/** Thrown inside a walk that met something it cannot store; never leaves this file. */
const REFUSED = new Error('refused')

/** The staging region of one partition. */
export class Stage extends StagingRegion {
  /** Documents staged and not yet run. */
  count = 0
  /** The key made for the document added last, if it had none. */
  generated: string | undefined
  private readonly shapes: CollectionShapes
  private readonly makeKey: () => string
  /** Whether the core knows a shape, by id. */
  private readonly known: boolean[] = []

  private w = 0
  private d = 0
  private l = 0
  private b = 0
  private text = ''
  private isPolluted = isObjectPolluted()
  private wideStart = 0
  private strings = 0
  private binaries = 0
  private depth = 0
  private readonly queue: object[] = []
  private readonly queueAt: number[] = []
  private readonly queueDepth: number[] = []
  /** Where each staged document's text and head begin, to find one with a lone surrogate. */
  private readonly textStarts: number[] = []
  private readonly heads: number[] = []
  /** What is staged, to say why the core refused it. */
  private readonly documents: object[] = []

  constructor(memory: Memory, shapes: CollectionShapes, makeKey: () => string) {
    super(memory)
    this.shapes = shapes
    this.makeKey = makeKey
  }

  /** A shape read back with a log or a snapshot: the core knows it. */
  setKnown(id: number): void {
    this.known[id] = true
  }

  /** True when what is staged had better be run now. */
  get isFull(): boolean {
    return (
      this.text.length >= TEXT_UNITS ||
      this.w * 2 > this.words.length ||
      this.d * 2 > this.wides.length ||
      this.l * 2 > this.lengths.length ||
      this.b >= BYTES_FULL
    )
  }

  /** Stages a document. False: there is no room before what is staged has been run. Throws when it is refused; nothing is staged then. */
  add(document: object, mode: number, canGenerate: boolean): boolean {
    if (this.words.length === 0) this.renew()
    if (this.count === 0) this.isPolluted = isObjectPolluted()
    const { w, d, l, b, text } = this
    try {
      this.walk(document, mode, canGenerate)
      this.shapes.check?.(document)
    } catch (error) {
      this.rewind(w, d, l, b, text)
      // A RangeError: the common text of a document far too large passed what the platform allows.
      if (error !== REFUSED && !(error instanceof RangeError)) throw error
      throw refusalOf(document, this.shapes, canGenerate)
    }
    if (
      this.w <= this.words.length &&
      this.d <= this.wides.length &&
      this.l <= this.lengths.length &&
      this.b <= this.bytes.length &&
      this.text.length * 3 <= this.textBytes.length
    ) {
      this.heads[this.count] = w
      this.documents[this.count] = document
      this.textStarts[this.count] = text.length
      this.count++
      return true
    }
    if (this.w - w > WORDS_MAX) {
      this.rewind(w, d, l, b, text)
      throw refusalOf(document, this.shapes, canGenerate)
    }
    // It ran over an end, where writes fall flat: once more with room for it.
    const needs = [this.w * 4, this.d * 8, this.l * 4, this.text.length * 3, this.b]
    this.rewind(w, d, l, b, text)
    if (this.count > 0) return false
    this.reserve(needs)
    return this.add(document, mode, canGenerate)
  }

  private rewind(w: number, d: number, l: number, b: number, text: string): void {
    this.w = w
    this.d = d
    this.l = l
    this.b = b
    this.text = text
    this.queue.length = 0
  }

  /** Encodes the text. True when all of it is ASCII. A document with a lone surrogate is marked to be passed over. */
  seal(): boolean {
    const { text } = this
    if (text.length === 0) return true
    if (this.words.length === 0) this.renew()
    const { written } = encoder.encodeInto(text, this.textBytes)
    if (written === text.length) return true
    if (!isWellFormed(text)) {
      for (let i = 0; i < this.count; i++) {
        const end = i + 1 < this.count ? this.textStarts[i + 1] : text.length
        if (isWellFormed(text.slice(this.textStarts[i], end))) continue
        this.words[this.heads[i]! + STAGED_MODE] = MODE_SKIP
      }
    }
    return false
  }

  /** Why the core refused a staged document for what is in it. */
  refusal(index: number): QuiverError {
    return refusalOf(this.documents[index], this.shapes, true)
  }

  /** The staged documents have been run. */
  clear(): void {
    this.count = 0
    this.documents.length = 0
    this.w = 0
    this.d = 0
    this.l = 0
    this.b = 0
    this.text = ''
  }

  private walk(document: object, mode: number, canGenerate: boolean): void {
    const head = this.w
    const base = head + STAGED_HEAD
    this.w = base
    this.wideStart = this.d
    this.strings = 0
    this.binaries = 0
    this.depth = 0
    this.generated = undefined
    const { l, b, text } = this
    if (Array.isArray(document) || ArrayBuffer.isView(document) || !isStorable(document)) throw REFUSED
    let node = this.fields(document, true)
    let key: number
    if (node === null) {
      key = this.inlineRoot(document, base, canGenerate)
    } else {
      key = node.keyIndex
      if (key < 0) {
        if (!canGenerate) throw REFUSED
        const grown = this.shapes.step(node, this.shapes.primaryKey)
        if (grown === null || this.shapes.idOf(grown) < 0) {
          this.rewindObject(base, this.wideStart, l, b, text, 0, 0, 0)
          key = this.inlineRoot(document, base, canGenerate)
          node = null
        } else {
          key = node.fields
          node = grown
          this.w++
          this.generate(base + key)
        }
      } else if (this.words[base + key]! >>> 28 === TAG_NULL) {
        if (!canGenerate) throw REFUSED
        this.generate(base + key)
      }
    }
    // Written past the end of the region nothing can be read back: the walk is done again, and checked then.
    if (base + key < this.words.length && (KEY_TAGS & (1 << (this.words[base + key]! >>> 28))) === 0) throw REFUSED
    const shape = node === null ? SHAPE_INLINE : this.shapeId(node)
    if (this.queue.length > 0) this.walkQueue(base)
    const { words } = this
    words[head + STAGED_MODE] = mode
    words[head + STAGED_SHAPE] = shape
    words[head + STAGED_WORDS] = this.w - base
    words[head + STAGED_WIDES] = this.d - this.wideStart
    words[head + STAGED_STRINGS] = this.strings
    words[head + STAGED_KEY] = key
    words[head + STAGED_BINARY] = this.binaries
  }

  private generate(at: number): void {
    const key = this.makeKey()
    this.generated = key
    this.string(key, at)
  }

  /** The id of a document's shape, told to the core if it is new there. */
  private shapeId(node: ShapeNode): number {
    const id = node.id
    if (id < 0 || this.known[id] !== true) return this.tell(node)
    return id
  }

  private tell(node: ShapeNode): number {
    const id = this.shapes.idOf(node)
    const needed = this.tellShape(id, this.shapes.names[id]!, this.b)
    if (needed > 0) {
      // `add` sees an overrun and comes back with room.
      this.b = needed
      return id
    }
    this.known[id] = true
    return id
  }

  /** Writes an object's values; answers its shape's node, or null (and nothing written) when it must be written inline. */
  private fields(object: object, isRoot: boolean): ShapeNode | null {
    const { w, d, l, b, text, strings, binaries, shapes } = this
    const queued = this.queue.length
    let node = shapes.root
    const record = object as Record<string, unknown>
    const prototype = Object.getPrototypeOf(object) as unknown
    const mayInherit = this.isPolluted || (prototype !== Object.prototype && prototype !== null)
    for (const name in record) {
      if (mayInherit && !Object.hasOwn(record, name)) continue
      const value = record[name]
      if (value === undefined) continue
      if (node.lastName === name && node.lastNode !== null) {
        node = node.lastNode
      } else {
        const next = this.step(node, name)
        if (next === null) {
          this.rewindObject(w, d, l, b, text, strings, binaries, queued)
          return null
        }
        node = next
      }
      if (isRoot && node.vector !== null) this.vector(value, this.w++, node.vector)
      else this.value(value, this.w++)
    }
    if (node.id < 0 && shapes.idOf(node) < 0) {
      this.rewindObject(w, d, l, b, text, strings, binaries, queued)
      return null
    }
    return node
  }

  /** The rarer half of a step: another name than last time, or a new one. */
  private step(node: ShapeNode, name: string): ShapeNode | null {
    // Checked before the shapes know it: what they know is not checked again.
    if (node.children?.has(name) !== true && !isWellFormed(name)) throw REFUSED
    return this.shapes.step(node, name)
  }

  private rewindObject(
    w: number,
    d: number,
    l: number,
    b: number,
    text: string,
    strings: number,
    binaries: number,
    queued: number,
  ): void {
    this.w = w
    this.d = d
    this.l = l
    this.b = b
    this.text = text
    this.strings = strings
    this.binaries = binaries
    this.queue.length = queued
  }

  /** Root with its names inside: number of the key's word, count, then name and value in turn. Answers the key's word. */
  private inlineRoot(document: object, base: number, canGenerate: boolean): number {
    const primary = this.shapes.primaryKey
    const record = document as Record<string, unknown>
    const names = Object.keys(record).filter((name) => record[name] !== undefined)
    const hasKey = names.includes(primary) && record[primary] !== null
    if (!hasKey) {
      if (!canGenerate) throw REFUSED
      if (!names.includes(primary)) names.push(primary)
    }
    this.words[base + 1] = names.length
    this.w = base + 2
    let key = 0
    for (const name of names) {
      this.string(name, this.w++)
      const at = this.w++
      const vector = this.shapes.vectorOf(name)
      if (name === primary) key = at - base
      if (name === primary && !hasKey) this.generate(at)
      else if (vector !== undefined) this.vector(record[name], at, vector)
      else this.value(record[name], at)
    }
    this.words[base] = key
    return key
  }

  /** Objects and arrays met on the way, level by level. */
  private walkQueue(base: number): void {
    const { queue, queueAt, queueDepth } = this
    for (let i = 0; i < queue.length; i++) {
      if (this.w - base > WORDS_MAX || this.text.length > WORDS_MAX * 8) throw REFUSED
      const container = queue[i]!
      this.depth = queueDepth[i]!
      if (this.depth > DEPTH_MAX) throw REFUSED
      const at = this.w++
      if (Array.isArray(container)) {
        const count = container.length
        this.words[at] = count
        this.words[queueAt[i]!] = (TAG_ARRAY << 28) | (at - base)
        for (let j = 0; j < count; j++) {
          const element = container[j]
          if (element === undefined) throw REFUSED
          this.value(element, this.w++)
        }
        continue
      }
      this.words[queueAt[i]!] = (TAG_OBJECT << 28) | (at - base)
      const node = this.fields(container, false)
      if (node !== null) {
        const id = this.shapeId(node)
        this.words[at] = id
        continue
      }
      this.words[at] = SHAPE_INLINE
      const record = container as Record<string, unknown>
      const names = Object.keys(record).filter((name) => record[name] !== undefined)
      this.words[this.w++] = names.length
      for (const name of names) {
        this.string(name, this.w++)
        this.value(record[name], this.w++)
      }
    }
    queue.length = 0
  }

  private string(value: string, at: number): void {
    const units = value.length
    // A string that ends in half a pair would join with the next one's start unseen.
    if ((value.charCodeAt(units - 1) & 0xfc00) === 0xd800) throw REFUSED
    if (units <= APART_UNITS) {
      this.text += value
      this.lengths[this.l++] = units
    } else {
      this.apart(value)
    }
    this.words[at] = STRING | this.strings++
  }

  private apart(value: string): void {
    const units = value.length
    const room = this.b + units * 3
    if (units > 0xffffff) throw REFUSED
    let written = 0
    if (room <= this.bytes.length) {
      written = encoder.encodeInto(value, this.bytes.subarray(this.b, room)).written
      if (written !== units && !isWellFormed(value)) throw REFUSED
    } else {
      // Runs over; `add` makes room and comes back.
      written = units * 3
    }
    this.lengths[this.l] = LENGTH_APART | units
    this.lengths[this.l + 1] = written
    this.lengths[this.l + 2] = this.bytesAddress + this.b
    this.l += 3
    this.b += written
  }

  private value(value: unknown, at: number): void {
    switch (typeof value) {
      case 'string':
        this.string(value, at)
        return
      case 'number':
        if ((value | 0) === value && value <= INT_MAX && value >= -INT_MAX) {
          this.words[at] = INT | (value & 0x0fffffff)
        } else {
          if (value - value !== 0) throw REFUSED
          this.words[at] = DOUBLE | (this.d - this.wideStart)
          this.wides[this.d++] = value
        }
        return
      case 'boolean':
        this.words[at] = (value ? TAG_TRUE : TAG_FALSE) << 28
        return
      case 'bigint':
        if (BigInt.asIntN(64, value) !== value) throw REFUSED
        this.words[at] = (TAG_BIGINT << 28) | (this.d - this.wideStart)
        this.wideInts[this.d++] = value
        return
      case 'object':
        if (value === null) this.words[at] = TAG_NULL << 28
        else this.object(value, at)
        return
      default:
        throw REFUSED
    }
  }

  private object(value: object, at: number): void {
    const prototype = Object.getPrototypeOf(value) as unknown
    if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) {
      if (value instanceof Date) {
        const time = value.getTime()
        if (time - time !== 0) throw REFUSED
        this.words[at] = (TAG_DATE << 28) | (this.d - this.wideStart)
        this.wides[this.d++] = time
        return
      }
      if (ArrayBuffer.isView(value)) {
        this.binary(value, arrayTypeOf(value), at)
        return
      }
      if (!Array.isArray(value) && !isStorable(value)) throw REFUSED
    }
    // What it is must stand there already: the key is looked at before the queue is walked.
    this.words[at] = (Array.isArray(value) ? TAG_ARRAY : TAG_OBJECT) << 28
    const queued = this.queue.length
    this.queue[queued] = value
    this.queueAt[queued] = at
    this.queueDepth[queued] = this.depth + 1
  }

  private binary(view: ArrayBufferView, type: number, at: number): void {
    if (type < 0 || view.byteLength > 0xffffff) throw REFUSED
    const bytes = view.byteLength
    if (this.b + bytes <= this.bytes.length) {
      this.bytes.set(new Uint8Array(view.buffer, view.byteOffset, bytes), this.b)
    }
    this.words[at] = (TAG_BINARY << 28) | (this.d - this.wideStart)
    this.wideWords[this.d * 2] = this.bytesAddress + this.b
    this.wideWords[this.d * 2 + 1] = bytes | (type << 24)
    this.d++
    this.b += bytes
    this.binaries += bytes
  }

  private vector(value: unknown, at: number, field: VectorField): void {
    if (value === null) {
      this.words[at] = TAG_NULL << 28
      return
    }
    const lanes = vectorLanes(value, field)
    if (lanes === undefined) throw REFUSED
    this.binary(lanes, elementOf(field), at)
  }
}
