// Remembers where documents were found, to find them again after others have written.

import { CELL_KINDS, CELL_VALUES, KEY_BUFFER } from './abi.ts'
import type { Memory } from './memory.ts'

/** The u32 words of a place: address, slot, hash of the key (low, high). */
const PLACE_WORDS = 4
const PLACES_FIRST = 64

/** A growing list of places in one or several partitions, 16 bytes each. */
export class Places {
  private words = new Uint32Array(PLACES_FIRST * PLACE_WORDS)
  // Of the documents identified last.
  private readonly addresses = new Uint32Array(256)
  private readonly slots = new Uint32Array(256)
  private readonly hashes = new Uint32Array(512)

  /** Identifies the places of up to 256 documents, for `keep`. */
  identify(memory: Memory, addresses: Uint32Array, count: number): void {
    const from = KEY_BUFFER >>> 2
    for (let i = 0; i < count; i++) memory.u32[from + i] = addresses[i]!
    memory.core.store_identify(count)
    this.addresses.set(addresses.subarray(0, count))
    this.slots.set(memory.u32.subarray(CELL_KINDS >>> 2, (CELL_KINDS >>> 2) + count))
    this.hashes.set(memory.u32.subarray(CELL_VALUES >>> 2, (CELL_VALUES >>> 2) + count * 2))
  }

  /** Stores the place of document `i` of those identified last under a number. */
  keep(number: number, i: number): void {
    const at = number * PLACE_WORDS
    if (at >= this.words.length) this.grow(at)
    this.words[at] = this.addresses[i]!
    this.words[at + 1] = this.slots[i]!
    this.words[at + 2] = this.hashes[i * 2]!
    this.words[at + 3] = this.hashes[i * 2 + 1]!
  }

  /** The address of the document; valid until the next write. */
  address(number: number): number {
    return this.words[number * PLACE_WORDS]!
  }

  /** The current address of the document, in the same partition; 0 when it is gone. */
  find(memory: Memory, number: number): number {
    const at = number * PLACE_WORDS
    const { words } = this
    return memory.core.store_identified(words[at + 1]!, words[at + 2]!, words[at + 3]!) >>> 0
  }

  private grow(atLeast: number): void {
    const grown = new Uint32Array(Math.max(this.words.length * 2, atLeast + PLACE_WORDS))
    grown.set(this.words)
    this.words = grown
  }
}
