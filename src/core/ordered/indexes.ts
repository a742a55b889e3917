// The ordered indexes of one partition. A place in an index is the number of entries before it, so a range is two
// numbers, and its size is known before it is read. Layout: assembly/ordered/definition.ts, node.ts.

import { LimitError } from '../../error/index.ts'
import { KEY_BUFFER, ORDERED_MAX, S_ORDERED, S_ORDERED_TOP, SLOT_NONE, STATUS_OK } from '../abi.ts'
import { type Memory, outOfMemory } from '../memory.ts'
import { writeTuple } from './tuple.ts'

/** What an index covers. `id` is chosen by the caller. */
export interface IndexShape {
  readonly id: number
  /** As steps of paths; 1 to 16. */
  readonly fields: readonly (readonly { readonly name: string | null; readonly index: number | null }[])[]
  readonly isUnique: boolean
  /** If the value of the first field is an array, each element has an entry; a document without that field has none. */
  readonly isMulti: boolean
}

/** A place in an index: before or after all entries equal to a tuple. */
export interface IndexPlace {
  /** For the first fields, or all; `undefined` stands for a missing value. */
  readonly values: readonly unknown[]
  /** After the entries equal in these fields. */
  readonly isAfter: boolean
  /** Among the equal entries, the place where this type rank begins in the field after the tuple. */
  readonly rank?: number
  /** With a value for every field: the slot decides between equal entries. */
  readonly slot?: number
  /** The last value is a string that stands for all strings beginning with it. */
  readonly isHead?: boolean
}

/** Words of an index; see assembly/ordered/definition.ts. */
const W_ID = 0
const W_ENTRIES = 5
const W_PAGES = 8
const W_CHANGES = 10
const W_TEXTS = 11
const W_BUILT = 12
const FLAG_UNIQUE = 1
const FLAG_MULTI = 2
const NO_NAME = 0xffffffff
const NO_POSITION = -2_147_483_648
const RANK_NONE = 0xffffffff

const encoder = new TextEncoder()

export class OrderedIndexes {
  private readonly memory: Memory

  constructor(memory: Memory) {
    this.memory = memory
  }

  has(id: number): boolean {
    return this.find(id) >= 0
  }

  /** Ids of the existing indexes. */
  get ids(): number[] {
    const ids: number[] = []
    const top = this.memory.state(S_ORDERED_TOP)
    for (let number = 0; number < top; number++) if (this.at(number) !== 0) ids.push(this.word(number, W_ID))
    return ids
  }

  /** Total number of entries of all indexes. */
  get entriesOfAll(): number {
    let sum = 0
    const top = this.memory.state(S_ORDERED_TOP)
    for (let number = 0; number < top; number++) if (this.at(number) !== 0) sum += this.word(number, W_ENTRIES)
    return sum
  }

  /** Creates an index, which covers no slot yet. */
  create(shape: IndexShape): void {
    const { memory } = this
    let number = 0
    while (number < ORDERED_MAX && this.at(number) !== 0) number++
    if (number === ORDERED_MAX) {
      throw new LimitError(`a collection has at most ${ORDERED_MAX} ordered indexes`, {
        details: { limit: ORDERED_MAX, got: ORDERED_MAX + 1 },
      })
    }
    const given = encodeFields(shape.fields)
    const steps = shape.fields.reduce((sum, field) => sum + field.length, 0)
    const flags = (shape.isUnique ? FLAG_UNIQUE : 0) | (shape.isMulti ? FLAG_MULTI : 0)
    const at = memory.derived.ordered_create(number, shape.id, flags, shape.fields.length, steps, given.length) >>> 0
    memory.refresh()
    if (at === 0) throw outOfMemory('an index')
    memory.u8.set(given, at)
    memory.derived.ordered_define(number, steps)
  }

  drop(id: number): void {
    this.memory.derived.ordered_drop(this.numberOf(id))
  }

  /** Adds the next `slots` slots; returns true when all are covered. After a LimitError the index is empty again. */
  build(id: number, slots: number): boolean {
    const { memory } = this
    const number = this.numberOf(id)
    const before = this.word(number, W_BUILT)
    this.checkBuilt(number, memory.derived.ordered_build(number, slots))
    return this.word(number, W_BUILT) === before || this.word(number, W_BUILT) - before < slots
  }

  /** Adds all slots to an empty index with as little memory as can be, in several passes over the documents. */
  buildInParts(id: number): void {
    const number = this.numberOf(id)
    this.checkBuilt(number, this.memory.derived.ordered_build_parts(number))
  }

  private checkBuilt(number: number, status: number): void {
    const { memory } = this
    memory.refresh()
    if (status === STATUS_OK) return
    memory.derived.ordered_clear(number)
    throw outOfMemory('an index')
  }

  /** Undoes the last operation of the open batch, which put a document, and marks it as failed on unique index `id`. */
  refuseLast(id: number): void {
    this.memory.core.store_batch_refuse(id)
    this.memory.refresh()
  }

  /** Removes all entries; the index then covers no slot. */
  clear(id: number): void {
    this.memory.derived.ordered_clear(this.numberOf(id))
  }

  /** For an index being built: the next slot to be added. */
  built(id: number): number {
    return this.word(this.numberOf(id), W_BUILT)
  }

  /** Called when all slots are covered: the index then follows every record, and is enforced if it is unique. */
  setReady(id: number): void {
    this.memory.derived.ordered_ready(this.numberOf(id))
  }

  isReady(id: number): boolean {
    return this.word(this.numberOf(id), W_BUILT) === SLOT_NONE
  }

  entries(id: number): number {
    return this.word(this.numberOf(id), W_ENTRIES)
  }

  /** A number that differs after every change of the index. */
  changes(id: number): number {
    return this.word(this.numberOf(id), W_CHANGES)
  }

  /** For a multi index: the number of entries of strings that are not array elements. */
  texts(id: number): number {
    return this.word(this.numberOf(id), W_TEXTS)
  }

  /** Bytes of memory it takes, including what is kept for growing. */
  bytes(id: number): number {
    const number = this.numberOf(id)
    let pages = this.word(number, W_PAGES)
    for (let page = this.word(number, W_PAGES + 1); page !== 0; page = this.memory.u32[page >>> 2]!) pages++
    return pages * 65_536
  }

  /** Number of entries before a place. */
  rank(id: number, place: IndexPlace): number {
    const { memory } = this
    writeTuple(memory, place.values)
    const { isAfter, rank = RANK_NONE, slot = SLOT_NONE, isHead = false } = place
    return memory.derived.ordered_rank(this.numberOf(id), isAfter ? 1 : 0, rank, slot, isHead ? 1 : 0) >>> 0
  }

  /** The first entry that has the same values as entry number `ordinal`. */
  groupStart(id: number, ordinal: number): number {
    return this.memory.derived.ordered_group(this.numberOf(id), ordinal) >>> 0
  }

  /**
   * Fills `addresses` with the records of the entries from number `ordinal` on, forwards or backwards; at most 1,024.
   * Returns how many.
   */
  read(id: number, ordinal: number, addresses: Uint32Array, isBackward: boolean): number {
    const { memory } = this
    const wanted = Math.min(addresses.length, 1024)
    const count = memory.derived.ordered_read(this.numberOf(id), ordinal, wanted, isBackward ? 1 : 0)
    const from = KEY_BUFFER >>> 2
    for (let i = 0; i < count; i++) addresses[i] = memory.u32[from + i]!
    return count
  }

  /**
   * Reads the entries [low, end) from the greatest values to the least, equal ones by slot: as many whole groups of
   * equal entries as fit. Returns 0 if even the first group does not fit.
   */
  readDown(id: number, end: number, low: number, addresses: Uint32Array): number {
    const { memory } = this
    const count = memory.derived.ordered_down(this.numberOf(id), end, low, Math.min(addresses.length, 1024))
    const from = KEY_BUFFER >>> 2
    for (let i = 0; i < count; i++) addresses[i] = memory.u32[from + i]!
    return count
  }

  /** Writes the slots of the documents at the first `count` addresses into `slots`, starting at position `at`. */
  slotsOf(addresses: Uint32Array, count: number, slots: Uint32Array, at: number): void {
    const { u32 } = this.memory
    for (let i = 0; i < count; i++) slots[at + i] = u32[(addresses[i]! >>> 2) + 1]!
  }

  /**
   * The first entry whose values equal those of the next one, or -1. Documents that lack a field of the index are equal
   * to none.
   */
  firstDouble(id: number): number {
    return (this.memory.derived.ordered_double(this.numberOf(id), 0) >>> 0) - 1
  }

  private at(number: number): number {
    return this.memory.u32[(S_ORDERED >>> 2) + number]!
  }

  private word(number: number, word: number): number {
    return this.memory.u32[(this.at(number) >>> 2) + word]!
  }

  private numberOf(id: number): number {
    const number = this.find(id)
    if (number < 0) throw new Error(`quiverdb core: there is no index ${id}`)
    return number
  }

  private find(id: number): number {
    const top = this.memory.state(S_ORDERED_TOP)
    for (let number = 0; number < top; number++) {
      if (this.at(number) !== 0 && this.word(number, W_ID) === id) return number
    }
    return -1
  }
}

function encodeFields(fields: IndexShape['fields']): Uint8Array {
  const parts: { position: number; name: Uint8Array | undefined }[][] = fields.map((steps) =>
    steps.map(({ name, index }) => ({
      position: index ?? NO_POSITION,
      name: name === null ? undefined : encoder.encode(name),
    })),
  )
  let total = 0
  for (const steps of parts) {
    total += 4
    for (const { name } of steps) total += 8 + (((name?.length ?? 0) + 3) & ~3)
  }
  const bytes = new Uint8Array(total)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const steps of parts) {
    view.setUint32(at, steps.length, true)
    at += 4
    for (const { position, name } of steps) {
      view.setInt32(at, position, true)
      view.setUint32(at + 4, name?.length ?? NO_NAME, true)
      at += 8
      if (name === undefined) continue
      bytes.set(name, at)
      at += (name.length + 3) & ~3
    }
  }
  return bytes
}
