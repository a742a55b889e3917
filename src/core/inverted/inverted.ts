// Inverted indexes of one partition: the terms of texts or dimensions of sparse vectors, and the documents that have
// them. A write only marks its slot; the next search brings the marked slots up to date. Addresses of records are
// borrowed until the next write.

import { LimitError } from '../../error/index.ts'
import {
  INVERTED_MAX,
  INVERTED_SPARSE,
  INVERTED_TEXT,
  KEY_BUFFER,
  PAGE_BYTES,
  S_INVERTED_ANSWER,
  S_INVERTED_COUNT,
  S_SLOT_DIRECTORY,
  SLOT_CHUNK_MASK,
  SLOT_CHUNK_SHIFT,
  STATUS_OUT_OF_MEMORY,
} from '../abi.ts'
import { type Memory, outOfMemory } from '../memory.ts'

export type InvertedKind = 'text' | 'sparse'

/** Statistics of one index in one partition. */
export interface InvertedStats {
  /** Documents in the index, including those without a term. */
  readonly documents: number
  /** Sum of their lengths: tokens of a text, entries of a vector. */
  readonly lengths: number
  /** Slots changed since. */
  readonly marked: number
  readonly terms: number
  readonly bytes: number
}

/** The document of a slot: its tokens in order, as the analyzer made them. None is empty or contains U+0000. */
export interface SlotTokens {
  readonly slot: number
  readonly tokens: readonly string[]
}

/** The vector of a slot: each dimension at most once, no zero values. */
export interface SlotVector {
  readonly slot: number
  readonly indices: ArrayLike<number>
  readonly values: ArrayLike<number>
}

/** The terms of a search; arrays of equal length. */
export interface InvertedQuery {
  /** From `terms`; missing terms are skipped. Scores are summed in this order. */
  readonly terms: Uint32Array
  readonly weights: Float32Array
  readonly limit: number
  /** One bit per slot that may be found, least significant first; slots beyond its end may not. */
  readonly filter?: Uint8Array | undefined
  /** Text: the value added to a frequency f in f / (f + constant + slope * length). */
  readonly constant: number
  readonly slope: number
}

export interface InvertedHits {
  readonly slots: Uint32Array
  readonly addresses: Uint32Array
  readonly scores: Float32Array
}

export interface InvertedTerms {
  readonly terms: Uint32Array
  /** The number of documents with each term. */
  readonly counts: Uint32Array
}

const KINDS: Readonly<Record<InvertedKind, number>> = { text: INVERTED_TEXT, sparse: INVERTED_SPARSE }
const END = '\0'
const encoder = new TextEncoder()

export class InvertedIndexes {
  private readonly memory: Memory

  constructor(memory: Memory) {
    this.memory = memory
  }

  /** Creates an index and marks every document; returns its handle. */
  create(id: number, kind: InvertedKind): number {
    const handle = this.memory.derived.inverted_create(id, KINDS[kind])
    this.memory.refresh()
    if (handle === STATUS_OUT_OF_MEMORY) throw outOfMemory('the index')
    if (handle < 0)
      throw new LimitError(`a collection has at most ${INVERTED_MAX} text and sparse indexes`, {
        details: { limit: INVERTED_MAX },
      })
    return handle
  }

  /** Tells which top-level fields a text index reads: writes that leave them unchanged do not mark their slots. */
  setFields(handle: number, names: readonly string[]): void {
    const { memory } = this
    const texts = names.map((name) => encoder.encode(name))
    const bytes = texts.reduce((sum, text) => sum + 4 + ((text.length + 3) & ~3), 0)
    const address = this.stage(bytes)
    let at = address
    for (const text of texts) {
      memory.u32[at >>> 2] = text.length
      memory.u8.set(text, at + 4)
      at += 4 + ((text.length + 3) & ~3)
    }
    this.checked(memory.derived.inverted_fields(handle, address, names.length, bytes))
  }

  drop(handle: number): void {
    this.memory.derived.inverted_drop(handle)
  }

  /** The handle of the index with this id, or -1. */
  find(id: number, kind: InvertedKind): number {
    return this.memory.derived.inverted_find(id, KINDS[kind])
  }

  /** Handles of all indexes, with their ids. */
  all(): { handle: number; id: number }[] {
    const found: { handle: number; id: number }[] = []
    for (let handle = 0; handle < this.memory.state(S_INVERTED_COUNT); handle++) {
      const id = this.memory.derived.inverted_id(handle)
      if (id >= 0) found.push({ handle, id })
    }
    return found
  }

  /** Sum of the lengths in all indexes. */
  get lengthsOfAll(): number {
    return this.all().reduce((sum, { handle }) => sum + this.stats(handle).lengths, 0)
  }

  stats(handle: number): InvertedStats {
    const { memory } = this
    memory.derived.inverted_stats(handle)
    const at = KEY_BUFFER >>> 2
    return {
      documents: memory.u32[at]!,
      marked: memory.u32[at + 1]!,
      terms: memory.u32[at + 2]!,
      bytes: memory.u32[at + 3]! * PAGE_BYTES,
      lengths: memory.f64[(KEY_BUFFER >>> 3) + 2]!,
    }
  }

  /**
   * Up to `count`, at most 500, marked slots, ascending, each followed by the address of its record (0 if it has none).
   */
  marked(handle: number, count: number): Uint32Array {
    const found = this.memory.derived.inverted_marked(handle, count)
    const at = KEY_BUFFER >>> 2
    return this.memory.u32.slice(at, at + found * 2)
  }

  /** Removes a document, and the mark of its slot. */
  remove(handle: number, slot: number): void {
    this.memory.derived.inverted_remove(handle, slot)
  }

  /** Replaces the entries of the slots by those of these documents, and removes the marks. */
  putTexts(handle: number, documents: readonly SlotTokens[]): void {
    if (documents.length === 0) return
    let text = ''
    for (const { tokens } of documents) if (tokens.length > 0) text += tokens.join(END) + END
    const { memory } = this
    const heads = documents.length * 8
    const address = this.stage(heads + text.length * 3)
    let at = address >>> 2
    for (const { slot, tokens } of documents) {
      memory.u32[at++] = slot
      memory.u32[at++] = tokens.length
    }
    const textAt = address + heads
    memory.encode(text, textAt, textAt + text.length * 3)
    this.checked(memory.derived.inverted_put_text(handle, address, documents.length, textAt))
  }

  /** The same for vectors. */
  putVectors(handle: number, documents: readonly SlotVector[]): void {
    const { memory } = this
    let words = 0
    for (const { indices } of documents) words += 2 + indices.length * 2
    const address = this.stage(words * 4)
    const values = new Float32Array(memory.core.memory.buffer, address, words)
    let at = address >>> 2
    for (const document of documents) {
      memory.u32[at++] = document.slot
      memory.u32[at++] = document.indices.length
      for (let i = 0; i < document.indices.length; i++) {
        memory.u32[at++] = document.indices[i]!
        values[at++ - (address >>> 2)] = document.values[i]!
      }
    }
    this.checked(memory.derived.inverted_put_sparse(handle, address, documents.length))
  }

  /**
   * The numbers of these tokens (text index) or dimensions (sparse index) in this partition, and how many documents
   * have them.
   */
  terms(handle: number, wanted: readonly string[] | Uint32Array): InvertedTerms {
    const { memory } = this
    const count = wanted.length
    let address: number
    if (wanted instanceof Uint32Array) {
      address = this.stage(count * 4)
      memory.u32.set(wanted, address >>> 2)
    } else {
      const text = wanted.join(END) + END
      address = this.stage(text.length * 3)
      memory.encode(text, address, address + text.length * 3)
    }
    this.checked(memory.derived.inverted_terms(handle, count, address))
    const from = memory.state(S_INVERTED_ANSWER) >>> 2
    const terms = new Uint32Array(count)
    const counts = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      terms[i] = memory.u32[from + i * 2]!
      counts[i] = memory.u32[from + i * 2 + 1]!
    }
    return { terms, counts }
  }

  /** The best documents, best first; ties by lower slot. Marked slots are found in their old state: see `marked`. */
  search(handle: number, query: InvertedQuery): InvertedHits {
    const { memory } = this
    const { terms, weights, filter } = query
    const count = terms.length
    const filterAt = count * 8
    const filterBytes = filter === undefined ? 0 : memory.derived.inverted_bitmap_bytes()
    const address = this.stage(filterAt + filterBytes)
    const pairs = new Float32Array(memory.core.memory.buffer, address, count * 2)
    for (let i = 0; i < count; i++) {
      memory.u32[(address >>> 2) + i * 2] = terms[i]!
      pairs[i * 2 + 1] = weights[i]!
    }
    if (filter !== undefined) {
      memory.u8.fill(0, address + filterAt, address + filterAt + filterBytes)
      memory.u8.set(filter.subarray(0, filterBytes), address + filterAt)
    }
    const filterAddress = filter === undefined ? 0 : address + filterAt
    const { constant, slope } = query
    const limit = Math.min(query.limit, 0xffffffff)
    const found = memory.derived.inverted_search(handle, address, count, limit, filterAddress, constant, slope)
    memory.refresh()
    if (found < 0) throw outOfMemory('the search')
    return this.hits(found)
  }

  /** Documents with at least `least` of the terms: their number, and one bit per slot, least significant first. */
  match(handle: number, terms: Uint32Array, least: number): { count: number; bitmap: Uint8Array } {
    const { memory } = this
    const address = this.stage(terms.length * 4)
    memory.u32.set(terms, address >>> 2)
    const count = memory.derived.inverted_match(handle, address, terms.length, least)
    memory.refresh()
    if (count < 0) throw outOfMemory('the search')
    const from = memory.state(S_INVERTED_ANSWER)
    return { count, bitmap: memory.u8.slice(from, from + memory.derived.inverted_bitmap_bytes()) }
  }

  /** Address of the record of a slot, or 0. */
  addressOf(slot: number): number {
    const { memory } = this
    const chunk = memory.u32[(memory.state(S_SLOT_DIRECTORY) >>> 2) + (slot >>> SLOT_CHUNK_SHIFT)]!
    return chunk === 0 ? 0 : memory.u32[(chunk >>> 2) + (slot & SLOT_CHUNK_MASK) * 2]!
  }

  private hits(found: number): InvertedHits {
    const { memory } = this
    const slots = new Uint32Array(found)
    const addresses = new Uint32Array(found)
    const scores = new Float32Array(found)
    if (found === 0) return { slots, addresses, scores }
    const from = memory.state(S_INVERTED_ANSWER)
    const numbers = new Float32Array(memory.core.memory.buffer, from, found * 3)
    for (let i = 0; i < found; i++) {
      slots[i] = memory.u32[(from >>> 2) + i * 3]!
      addresses[i] = memory.u32[(from >>> 2) + i * 3 + 1]!
      scores[i] = numbers[i * 3 + 2]!
    }
    return { slots, addresses, scores }
  }

  private stage(bytes: number): number {
    const address = this.memory.derived.inverted_stage(bytes) >>> 0
    this.memory.refresh()
    if (address === 0) throw outOfMemory('the text')
    return address
  }

  private checked(status: number): void {
    this.memory.refresh()
    if (status < 0) throw outOfMemory('the index')
  }
}
