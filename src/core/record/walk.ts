// Walks a document on its way in, once, level by level: numbers, string lengths and bytes go directly into linear memory, short strings
// into one text. What cannot be stored throws REFUSED; refuse.ts does the slow search for the reason.

import {
  LENGTH_APART,
  SHAPE_INLINE,
  STAGED_APART,
  STAGED_BINARY,
  STAGED_HEAD,
  STAGED_KEY,
  STAGED_MODE,
  STAGED_SHAPE,
  STAGED_STRINGS,
  STAGED_UNITS,
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
import { isDate } from './realm.ts'
import { DEPTH_MAX, isObjectPolluted, isPlain, isStorable, isWellFormed } from './refuse.ts'
import { APART_UNITS, encoder, StagingRegion } from './region.ts'
import type { CollectionShapes, ShapeNode, VectorField } from './shapes.ts'
import { arrayTypeOf } from './types.ts'
import { elementOf, vectorLanes } from './vector.ts'

/** 16 MiB of words: a larger document cannot be stored. */
export const WORDS_MAX = 4_194_304
const STRING = TAG_STRING << 28
const INT = TAG_INT << 28
const DOUBLE = TAG_DOUBLE << 28
const INT_MAX = 0x07ffffff
/** All other types may be keys. */
const NO_KEY_TAGS = (1 << TAG_NULL) | (1 << TAG_OBJECT)
/** A longer queue is not kept for the next document. */
const QUEUE_KEPT_MAX = 4_096
/** Lists are preallocated: code that V8 compiled for another partition's then holds for these. */
const QUEUE_ROOM = 64
/** For the values of one object; there may be more. */
const VALUES_ROOM = 16
const NOTHING = {}

/** Thrown inside a walk that meets something it cannot store; caught where the walk began. */
export const REFUSED = new Error('refused')

export class DocumentWalk extends StagingRegion {
  /** The key generated for the last document walked, if it had none. */
  generated: string | undefined
  protected readonly shapes: CollectionShapes
  private readonly makeKey: () => string
  /** Whether the core knows a shape, by id. */
  private known = new Uint8Array(64)

  // How much of each part of the region is in use; the text not encoded yet.
  protected w = 0
  protected d = 0
  protected l = 0
  protected b = 0
  protected text = ''
  protected isPolluted = isObjectPolluted()
  private wideStart = 0
  private strings = 0
  private binaries = 0
  private isApart = false
  private depth = 0
  /** Objects and arrays found but not walked yet: where their word is, how deep they are (negative: with a prototype of its own). */
  protected queued = 0
  private queue = new Array<object>(QUEUE_ROOM).fill(NOTHING)
  private readonly queueAt = new Array<number>(QUEUE_ROOM).fill(0)
  private readonly queueDepth = new Array<number>(QUEUE_ROOM).fill(0)

  constructor(memory: Memory, shapes: CollectionShapes, makeKey: () => string) {
    super(memory)
    this.shapes = shapes
    this.makeKey = makeKey
  }

  /** Notes that the core knows a shape, read from a log or a snapshot. */
  setKnown(id: number): void {
    const { known } = this
    if (id >= known.length) {
      this.known = new Uint8Array(2 * id)
      this.known.set(known)
    }
    this.known[id] = 1
  }

  protected rewind(w: number, d: number, l: number, b: number, text: string): void {
    this.clearQueue()
    this.rewindObject(w, d, l, b, text, 0, 0, 0)
  }

  protected clearQueue(): void {
    const { queue, queued } = this
    if (queued > QUEUE_KEPT_MAX) this.queue = new Array<object>(QUEUE_ROOM).fill(NOTHING)
    // Releases the caller's documents.
    else for (let i = 0; i < queued; i++) queue[i] = NOTHING
    this.queued = 0
  }

  protected walk(document: object, mode: number, canGenerate: boolean): void {
    const head = this.w
    const base = head + STAGED_HEAD
    this.w = base
    this.wideStart = this.d
    this.strings = 0
    this.binaries = 0
    this.isApart = false
    this.depth = 0
    this.generated = undefined
    const { l, b, text } = this
    const isOrdinary = isPlain(document)
    if (!isOrdinary && !isStorable(document)) throw REFUSED
    let node = this.fields(document, true, !isOrdinary)
    let key: number
    if (node === null) {
      key = this.inlineRoot(document, base, canGenerate)
    } else {
      key = node.keyIndex
      if (key < 0) {
        if (!canGenerate) throw REFUSED
        const grown = this.stepTo(node, this.shapes.primaryKey)
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
    // What was written past the end of the region cannot be read back: the walk is repeated, and checked then.
    if (base + key < this.words.length && (NO_KEY_TAGS & (1 << (this.words[base + key]! >>> 28))) !== 0) throw REFUSED
    const shape = node === null ? SHAPE_INLINE : this.shapeId(node)
    if (this.queued > 0) this.walkQueue(base)
    const { words } = this
    words[head + STAGED_MODE] = this.isApart ? mode | STAGED_APART : mode
    words[head + STAGED_SHAPE] = shape
    words[head + STAGED_WORDS] = this.w - base
    words[head + STAGED_WIDES] = this.d - this.wideStart
    words[head + STAGED_STRINGS] = this.strings
    words[head + STAGED_KEY] = key
    words[head + STAGED_BINARY] = this.binaries
    words[head + STAGED_UNITS] = this.text.length - text.length
  }

  private generate(at: number): void {
    const key = this.makeKey()
    this.generated = key
    this.string(key, at)
  }

  /** The id of a document's shape, passed to the core if it is new there. */
  private shapeId(node: ShapeNode): number {
    const id = node.id
    if (id < 0 || this.known[id] !== 1) return this.tell(node)
    return id
  }

  private tell(node: ShapeNode): number {
    const id = this.shapes.idOf(node)
    const needed = this.tellShape(id, this.shapes.names[id]!, this.b)
    if (needed > 0) {
      // Whoever began the walk detects the overrun and retries with enough room.
      this.b = needed
      return id
    }
    this.setKnown(id)
    return id
  }

  /** Writes an object's values; returns its shape's node, or null (with nothing written) when it must be written inline. */
  private fields(object: object, isRoot: boolean, isDerived: boolean): ShapeNode | null {
    const { shapes, words, lengths, d, b, binaries, queued } = this
    const wBefore = this.w
    const lBefore = this.l
    const textBefore = this.text
    const stringsBefore = this.strings
    // The usual values are written right here, with positions in local variables.
    let w = wBefore
    let l = lBefore
    let text = textBefore
    let strings = stringsBefore
    let node = shapes.root
    const hasVectors = isRoot && shapes.hasVectors
    const record = object as Record<string, unknown>
    const mayInherit = isDerived || this.isPolluted
    // All values are read before the first is written: those not in the cache are then fetched in parallel.
    const values = new Array<unknown>(VALUES_ROOM)
    const vectors: VectorField[] | null = hasVectors ? [] : null
    let count = 0
    let units = 0
    for (const name in record) {
      if (mayInherit && !Object.hasOwn(record, name)) continue
      const value = record[name]
      if (value === undefined) continue
      let next = node.recent
      while (next !== null && next.name !== name) next = next.sibling
      if (next === null) {
        next = this.step(node, name)
        if (next === null) {
          this.rewindObject(wBefore, d, lBefore, b, textBefore, stringsBefore, binaries, queued)
          return null
        }
      }
      node = next
      if (vectors !== null && node.vector !== null) vectors[count] = node.vector
      values[count++] = value
    }
    for (let i = 0; i < count; i++) {
      const value = values[i]
      if (typeof value === 'string') units += value.length
    }
    // If all strings together are not long, none of them is.
    const mayBeLong = units > APART_UNITS
    for (let i = 0; i < count; i++) {
      const value = values[i]
      const vector = vectors?.[i]
      if (vector !== undefined) {
        this.vector(value, w++, vector)
      } else if (typeof value === 'string' && (!mayBeLong || value.length <= APART_UNITS)) {
        text += value
        lengths[l++] = value.length
        words[w++] = STRING | strings++
      } else if (typeof value === 'number' && (value | 0) === value && value <= INT_MAX && value >= -INT_MAX) {
        words[w++] = INT | (value & 0x0fffffff)
      } else if (typeof value === 'boolean') {
        words[w++] = (value ? TAG_TRUE : TAG_FALSE) << 28
      } else {
        this.l = l
        this.strings = strings
        this.value(value, w++)
        l = this.l
        strings = this.strings
      }
    }
    this.w = w
    this.l = l
    this.text = text
    this.strings = strings
    if (node.id < 0 && shapes.idOf(node) < 0) {
      this.rewindObject(wBefore, d, lBefore, b, textBefore, stringsBefore, binaries, queued)
      return null
    }
    return node
  }

  private stepTo(node: ShapeNode, name: string): ShapeNode | null {
    let next = node.recent
    while (next !== null && next.name !== name) next = next.sibling
    return next ?? this.step(node, name)
  }

  /** The rare half of a step: a name that was not used recently, or a new one. */
  private step(node: ShapeNode, name: string): ShapeNode | null {
    // Checked before the shapes learn the name: known names are not checked again.
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
    this.queued = queued
  }

  /** A root with its names inline: index of the key's word, count, then names and values alternately. Returns the key's word. */
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

  /** Walks objects and arrays found on the way, level by level. */
  private walkQueue(base: number): void {
    for (let i = 0; i < this.queued; i++) {
      if (this.w - base > WORDS_MAX || this.text.length > WORDS_MAX * 8) throw REFUSED
      const container = this.queue[i]!
      const depth = this.queueDepth[i]!
      this.depth = depth < 0 ? -depth : depth
      if (this.depth > DEPTH_MAX) throw REFUSED
      const at = this.w++
      if (Array.isArray(container)) {
        this.words[this.queueAt[i]!] = (TAG_ARRAY << 28) | (at - base)
        this.elements(container, at)
        continue
      }
      this.words[this.queueAt[i]!] = (TAG_OBJECT << 28) | (at - base)
      const node = this.fields(container, false, depth < 0)
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
    this.clearQueue()
  }

  private elements(array: readonly unknown[], at: number): void {
    const count = array.length
    this.words[at] = count
    const { words, lengths } = this
    let w = this.w
    let l = this.l
    let text = this.text
    let strings = this.strings
    for (let i = 0; i < count; i++) {
      const element = array[i]
      if (typeof element === 'string' && element.length <= APART_UNITS) {
        text += element
        lengths[l++] = element.length
        words[w++] = STRING | strings++
      } else if (element === undefined) {
        throw REFUSED
      } else {
        this.l = l
        this.text = text
        this.strings = strings
        this.value(element, w++)
        l = this.l
        text = this.text
        strings = this.strings
      }
    }
    this.w = w
    this.l = l
    this.text = text
    this.strings = strings
  }

  private string(value: string, at: number): void {
    const units = value.length
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
    this.isApart = true
    if (units > 0xffffff) throw REFUSED
    // On an overrun, `add` makes room and retries.
    let written = units * 3
    if (this.b + written <= this.bytes.length) {
      written = encoder.encodeInto(value, this.bytes.subarray(this.b, this.b + written)).written
      if (written !== units && !isWellFormed(value)) throw REFUSED
    }
    this.lengths[this.l] = LENGTH_APART | units
    this.lengths[this.l + 1] = written
    this.lengths[this.l + 2] = this.bytesAddress + this.b
    this.l += 3
    this.b += written
  }

  // Comparisons one by one: a switch over `typeof` creates the string first.
  private value(value: unknown, at: number): void {
    if (typeof value === 'string') {
      this.string(value, at)
    } else if (typeof value === 'number') {
      if ((value | 0) === value && value <= INT_MAX && value >= -INT_MAX) {
        this.words[at] = INT | (value & 0x0fffffff)
      } else {
        if (value - value !== 0) throw REFUSED
        this.words[at] = DOUBLE | (this.d - this.wideStart)
        this.wides[this.d++] = value
      }
    } else if (typeof value === 'boolean') {
      this.words[at] = (value ? TAG_TRUE : TAG_FALSE) << 28
    } else if (value === null) {
      this.words[at] = TAG_NULL << 28
    } else if (typeof value === 'object') {
      this.object(value, at)
    } else if (typeof value === 'bigint') {
      if (BigInt.asIntN(64, value) !== value) throw REFUSED
      this.words[at] = (TAG_BIGINT << 28) | (this.d - this.wideStart)
      this.wideInts[this.d++] = value
    } else {
      throw REFUSED
    }
  }

  private object(value: object, at: number): void {
    let depth = this.depth + 1
    let tag = TAG_ARRAY
    if (!Array.isArray(value)) {
      const prototype = Object.getPrototypeOf(value) as unknown
      if (prototype !== Object.prototype && prototype !== null) {
        if (ArrayBuffer.isView(value)) {
          this.binary(value, arrayTypeOf(value), at)
          return
        }
        // A Date of another realm is not an instance of this one's class.
        if (value instanceof Date || !isStorable(value)) {
          this.date(value, at)
          return
        }
        depth = -depth
      }
      tag = TAG_OBJECT
    }
    // The tag must be there already: the key is checked before the queue is walked.
    this.words[at] = tag << 28
    const queued = this.queued++
    this.queue[queued] = value
    this.queueAt[queued] = at
    this.queueDepth[queued] = depth
  }

  private date(value: object, at: number): void {
    const time = isDate(value) ? value.getTime() : Number.NaN
    if (time - time !== 0) throw REFUSED
    this.words[at] = (TAG_DATE << 28) | (this.d - this.wideStart)
    this.wides[this.d++] = time
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
