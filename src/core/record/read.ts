// Documents on their way out, read in place. The strings of a record are adjacent, so one decode serves them all, and
// each is a substring. A shape that is read often gets a compiled reader (maker.ts), unless the platform forbids code
// from strings.

import {
  KEY_BUFFER,
  RECORD_ENDS_WIDTH,
  RECORD_HEADER,
  RECORD_HEADER_LARGE,
  RECORD_LARGE,
  RECORD_NON_ASCII,
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
  TAG_UUID,
} from '../abi.ts'
import type { Memory } from '../memory.ts'
import { compileMaker, type Fields, listOf, put } from './maker.ts'
import { compileProjection, type ProjectionTree, Projector, treeText } from './project.ts'
import type { CollectionShapes } from './shapes.ts'
import { ARRAY_TYPES } from './types.ts'

type CompiledReader = (reader: RecordReader, words: number) => Fields

/** Number of reads before a shape is compiled: it does not pay for one-off shapes. */
const READS_BEFORE_COMPILING = 32
const UUID_UNITS = 36
/** Text up to this length is decoded together with the key. */
const TEXT_BYTES_MAX = 2_048
/** An object with more fields becomes a slow dictionary anyway. */
const COMPILED_FIELDS_MAX = 128
/** A projection decodes up to this many strings individually before it decodes all of the record. */
const SINGLE_STRINGS = 3
/** Number of projections whose compiled form is kept. */
const PROJECTORS_MAX = 64

/** Addresses whose records can be read, and the offset to where they are. */
export interface Sight {
  readonly seenFrom: number
  readonly seenTo: number
  readonly distance: number
}

const EVERYTHING: Sight = { seenFrom: 0, seenTo: 2 ** 32, distance: 0 }

let canCompile: boolean | undefined

/** Whether code may be generated from strings; a content security policy can forbid it. */
function mayCompile(): boolean {
  if (canCompile === undefined) {
    try {
      canCompile = new Function('return true')() === true
    } catch {
      canCompile = false
    }
  }
  return canCompile
}

/** For tests: behaves as if a policy forbade `new Function`. */
export function forbidCompiling(isForbidden: boolean): void {
  canCompile = isForbidden ? false : undefined
}

function compile(names: readonly string[]): CompiledReader {
  const values = names.map((_, index) => `r.value(w + ${index})`)
  return compileMaker('r, w', names, values) as CompiledReader
}

/** Reads the records of one partition. */
export class RecordReader {
  i32!: Int32Array
  private readonly memory: Memory
  private readonly shapes: CollectionShapes
  /** By shape. Preallocated: V8 gives a list that starts empty another elements kind, and compiled code fails on it. */
  private readonly compiled = new Array<CompiledReader | undefined>(64).fill(undefined)
  private readonly reads: number[] = []
  private readonly projectors = new Map<string, Projector>()
  private projectorOf = new WeakMap<ProjectionTree, Projector>()
  private lastTree: ProjectionTree | undefined
  private lastProjector!: Projector

  // State of the record being read.
  private record = 0
  private base = 0
  private text = ''
  private isDecoded = false
  /** Number of strings that may still be decoded individually. */
  private singly = 0
  /** Offset of the strings in the text: after the key, if it was decoded with them. */
  private shift = 0
  private endsWidth = 0
  private endsAt = 0
  private strings = 0
  private flags = 0
  private isWhole = false

  constructor(memory: Memory, shapes: CollectionShapes) {
    this.memory = memory
    this.shapes = shapes
  }

  private start(record: number): number {
    const { memory } = this
    const word = record >>> 2
    const head = memory.u32[word + 2]!
    this.i32 = memory.i32
    this.record = record
    const flags = head >>> 24
    this.flags = flags
    this.isDecoded = false
    this.singly = 0
    this.isWhole = false
    this.endsWidth = flags & RECORD_ENDS_WIDTH
    if ((flags & RECORD_LARGE) === 0) {
      const counts = memory.u32[word + 3]!
      this.base = word + (RECORD_HEADER >>> 2)
      this.endsAt = record + (counts & 0xffff) * 4
      this.strings = counts >>> 16
    } else {
      this.base = word + (RECORD_HEADER_LARGE >>> 2)
      this.endsAt = record + memory.u32[word + 3]!
      this.strings = memory.u32[word + 4]!
    }
    return head & SHAPE_INLINE
  }

  /** Reads a fresh document. */
  read(record: number): Fields {
    const shape = this.start(record)
    this.isWhole = true
    return shape === SHAPE_INLINE ? this.inline(this.base + 1) : this.shaped(shape, this.base)
  }

  /**
   * Appends fresh documents: those at addresses `from` to before `to`, or to the first that is not in sight; returns
   * the number of that one. A loop of its own, because this is what V8 compiles for long scans.
   */
  readMany(addresses: Uint32Array, from: number, to: number, documents: Fields[], sight: Sight = EVERYTHING): number {
    const { seenFrom, seenTo, distance } = sight
    let end = documents.length
    for (let i = from; i < to; i++) {
      const address = addresses[i]!
      if (address < seenFrom || address >= seenTo) return i
      documents[end++] = this.read(address + distance)
    }
    return to
  }

  /** Reads a fresh document without some of its fields. */
  readExcept(record: number, excluded: ReadonlySet<string>): Fields {
    const shape = this.start(record)
    const fields: Fields = {}
    if (shape === SHAPE_INLINE) {
      const words = this.base + 1
      for (let i = 0; i < this.i32[words]!; i++) {
        const name = this.value(words + 1 + i * 2) as string
        if (!excluded.has(name)) put(fields, name, this.value(words + 2 + i * 2))
      }
      return fields
    }
    const names = this.shapes.names[shape]!
    for (let i = 0; i < names.length; i++) {
      if (!excluded.has(names[i]!)) put(fields, names[i]!, this.value(this.base + i))
    }
    return fields
  }

  /** The value of the primary key. */
  readKey(record: number): unknown {
    const shape = this.start(record)
    if (shape === SHAPE_INLINE) return this.value(this.base + this.i32[this.base]!)
    return this.value(this.base + this.shapes.indexOf(shape, this.shapes.primaryKey))
  }

  /** Reads only the fields of `tree`, in their nesting. */
  project(record: number, tree: ProjectionTree): Fields {
    const projector = tree === this.lastTree ? this.lastProjector : this.projectorFor(tree)
    const shape = this.start(record)
    this.singly = SINGLE_STRINGS
    return this.projected(shape, shape === SHAPE_INLINE ? this.base + 1 : this.base, projector) ?? {}
  }

  private projectorFor(tree: ProjectionTree): Projector {
    let projector = this.projectorOf.get(tree)
    if (projector === undefined) {
      // Queries make new trees each time; a compiled projection serves all equal trees.
      const text = treeText(tree)
      projector = this.projectors.get(text)
      if (projector === undefined) {
        if (this.projectors.size >= PROJECTORS_MAX) this.projectors.clear()
        projector = new Projector(tree)
        this.projectors.set(text, projector)
      }
      this.projectorOf.set(tree, projector)
    }
    this.lastTree = tree
    this.lastProjector = projector
    return projector
  }

  private projected(shape: number, words: number, projector: Projector): Fields | undefined {
    const { names, below } = projector
    if (shape !== SHAPE_INLINE && projector.isPlain) {
      const compiled = projector.compiled[shape]
      if (compiled !== undefined) return compiled(this, words, below)
      const reads = (projector.reads[shape] ?? 0) + 1
      projector.reads[shape] = reads
      if (reads > READS_BEFORE_COMPILING && names.length <= COMPILED_FIELDS_MAX && mayCompile()) {
        const positions = names.map((name) => this.shapes.indexOf(shape, name))
        const made = compileProjection(projector, positions)
        projector.compiled[shape] = made
        return made(this, words, below)
      }
    }
    let fields: Fields | undefined
    for (let i = 0; i < names.length; i++) {
      const at = this.fieldAt(shape, words, names[i]!)
      if (at === 0) continue
      const inner = below[i]
      const value = inner === undefined ? this.value(at) : this.within(at, inner)
      if (value === undefined) continue
      fields ??= {}
      put(fields, names[i]!, value)
    }
    return fields
  }

  /** Called by compiled projections. */
  within(at: number, projector: Projector): Fields | undefined {
    const word = this.i32[at]!
    if (word >>> 28 !== TAG_OBJECT) return undefined
    const node = this.base + (word & 0x0fffffff)
    return this.projected(this.i32[node]!, node + 1, projector)
  }

  /** Address of the word of a field, 0 if the object has none of that name. */
  private fieldAt(shape: number, words: number, name: string): number {
    if (shape !== SHAPE_INLINE) {
      const index = this.shapes.indexOf(shape, name)
      return index < 0 ? 0 : words + index
    }
    const count = this.i32[words]!
    for (let i = 0; i < count; i++) {
      if (this.value(words + 1 + i * 2) === name) return words + 2 + i * 2
    }
    return 0
  }

  private shaped(shape: number, words: number): Fields {
    const reader = this.compiled[shape]
    return reader === undefined ? this.unfamiliar(shape, words) : reader(this, words)
  }

  /** Reads an object of a shape that has not been read often. */
  private unfamiliar(shape: number, words: number): Fields {
    const names = this.shapes.names[shape]!
    const reads = (this.reads[shape] ?? 0) + 1
    this.reads[shape] = reads
    if (reads > READS_BEFORE_COMPILING && names.length <= COMPILED_FIELDS_MAX && mayCompile()) {
      const made = compile(names)
      this.compiled[shape] = made
      return made(this, words)
    }
    const fields: Fields = {}
    for (let i = 0; i < names.length; i++) put(fields, names[i]!, this.value(words + i))
    return fields
  }

  private inline(words: number): Fields {
    const fields: Fields = {}
    const count = this.i32[words]!
    for (let i = 0; i < count; i++) {
      put(fields, this.value(words + 1 + i * 2) as string, this.value(words + 2 + i * 2))
    }
    return fields
  }

  /**
   * The value of the word at an index of memory. Called by compiled readers, of which there are many: the less they do,
   * the sooner they are optimized.
   */
  value(at: number): unknown {
    const word = this.i32[at]!
    switch (word >>> 28) {
      case TAG_STRING:
        return this.string(word & 0x0fffffff)
      case TAG_INT:
        return (word << 4) >> 4
      case TAG_DOUBLE:
        return this.memory.f64[(this.record >>> 3) + (word & 0x0fffffff)]
      case TAG_TRUE:
        return true
      case TAG_FALSE:
        return false
      case TAG_NULL:
        return null
      case TAG_OBJECT: {
        const node = this.base + (word & 0x0fffffff)
        const shape = this.i32[node]!
        return shape === SHAPE_INLINE ? this.inline(node + 1) : this.shaped(shape, node + 1)
      }
      case TAG_ARRAY: {
        return this.array(this.base + (word & 0x0fffffff))
      }
      case TAG_DATE:
        return new Date(this.memory.f64[(this.record >>> 3) + (word & 0x0fffffff)]!)
      case TAG_BIGINT:
        return this.memory.i64[(this.record >>> 3) + (word & 0x0fffffff)]
      case TAG_UUID:
        return this.uuid(this.record + (word & 0x0fffffff) * 8)
      case TAG_BINARY: {
        const { memory } = this
        const wide = (this.record >>> 2) + (word & 0x0fffffff) * 2
        const from = this.record + memory.u32[wide]!
        const lengthAndType = memory.u32[wide + 1]!
        const copy = memory.u8.slice(from, from + (lengthAndType & 0xffffff))
        return lengthAndType >>> 24 === 0 ? copy : ARRAY_TYPES[lengthAndType >>> 24]!.make(copy.buffer as ArrayBuffer)
      }
      default:
        throw new Error(`quiverdb core: a record holds the unknown tag ${word >>> 28}`)
    }
  }

  private array(node: number): unknown[] {
    const count = this.i32[node]!
    if (count === 0) return listOf()
    // V8 makes denser arrays of numbers where the code makes no others.
    const a = this.value(node + 1)
    const isOfNumbers = typeof a === 'number'
    if (count === 1) return isOfNumbers ? [a] : listOf(a)
    // A growing array starts with room for 17 elements; most are short.
    if (count <= 3) {
      const b = this.value(node + 2)
      if (count === 2) return isOfNumbers ? [a, b] : listOf(a, b)
      const c = this.value(node + 3)
      return isOfNumbers ? [a, b, c] : listOf(a, b, c)
    }
    const elements = isOfNumbers ? [a] : listOf(a)
    for (let i = 2; i <= count; i++) elements.push(this.value(node + i))
    return elements
  }

  private end(index: number): number {
    const { memory, endsAt } = this
    if (this.endsWidth === 0) return memory.u8[endsAt + index]!
    if (this.endsWidth === 1) return memory.u16[(endsAt >>> 1) + index]!
    return memory.u32[(endsAt >>> 2) + index]!
  }

  private string(index: number): string {
    if (!this.isDecoded) {
      if (this.singly !== 0) return this.decodeOne(index)
      this.decode()
    }
    const { shift } = this
    return this.text.substring(index === 0 ? shift : this.end(index - 1) + shift, this.end(index) + shift)
  }

  /** A packed key. In a document read whole it is decoded together with the strings. */
  private uuid(at: number): string {
    const { memory, strings } = this
    const bytes = this.isWhole && !this.isDecoded && strings > 0 ? this.end(strings - 1) : TEXT_BYTES_MAX
    if (bytes >= TEXT_BYTES_MAX || (this.flags & RECORD_NON_ASCII) !== 0) {
      memory.core.store_uuid(at, 0, 0)
      return memory.ascii(KEY_BUFFER, KEY_BUFFER + UUID_UNITS)
    }
    memory.core.store_uuid(at, this.endsAt + (strings << this.endsWidth), bytes)
    this.text = memory.ascii(KEY_BUFFER, KEY_BUFFER + UUID_UNITS + bytes)
    this.shift = UUID_UNITS
    this.isDecoded = true
    return this.text.substring(0, UUID_UNITS)
  }

  /** Decodes one string, without keeping the text of the whole record. */
  private decodeOne(index: number): string {
    const { memory, strings } = this
    this.singly--
    const isWide = (this.flags & RECORD_NON_ASCII) !== 0
    const heap = this.endsAt + (strings << this.endsWidth) * (isWide ? 2 : 1)
    const from = heap + (index === 0 ? 0 : this.end(index - 1))
    const to = heap + this.end(index)
    return isWide ? memory.utf8(from, to) : memory.ascii(from, to)
  }

  private decode(): void {
    const { memory, strings } = this
    this.shift = 0
    const table = strings << this.endsWidth
    const bytes = this.end(strings - 1)
    if ((this.flags & RECORD_NON_ASCII) === 0) {
      const heap = this.endsAt + table
      this.text = memory.ascii(heap, heap + bytes)
    } else {
      const heap = this.endsAt + table * 2
      this.text = memory.utf8(heap, heap + bytes)
      // From here on the ends are in UTF-16 units.
      this.endsAt += table
    }
    this.isDecoded = true
  }
}
