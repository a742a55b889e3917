// A log that is read through a window while its records belong elsewhere: see assembly/store/pass.ts.

import {
  KEY_BUFFER,
  KEY_BUFFER_BYTES,
  S_PASS_END,
  S_PASS_GAPS,
  S_PASS_HASHES,
  S_SCAN_NEXT,
  S_SLOT_TOP,
  S_WALK_AT,
  STATUS_OK,
  WALK_COVERED,
  WALK_HASH,
} from './abi.ts'
import { type Memory, outOfMemory } from './memory.ts'
import { KeyWriter } from './record/index.ts'

/** A log is processed and indexed in pieces: V8 runs a function in its optimised form when it is entered again. */
const PASS_BYTES = 131_072
const PASS_SLOTS = 512
/** Size of the list of gaps of one call: two entries for each of the smallest blocks. */
export const PASS_GAPS_BYTES = PASS_BYTES / 2
const GAPS_TOGETHER = KEY_BUFFER_BYTES / 4

export class LogPass {
  private readonly memory: Memory
  private readonly keys: KeyWriter
  private readonly gapLists: Uint32Array[] = []
  private gapsAt = 0
  private end = 0
  /** Lower slots are in the index. */
  private indexed = 0

  constructor(memory: Memory) {
    this.memory = memory
    this.keys = new KeyWriter(memory)
  }

  /**
   * Reserves pages for `bytes` of log, which memory need not include before `reach`. Returns the address of its first
   * byte, or 0 when there are not enough.
   */
  promise(bytes: number): number {
    const run = this.memory.core.store_log_promise(bytes) >>> 0
    this.memory.refresh()
    return run === 0 ? 0 : run + 8
  }

  /** Called before the log is attached: grows memory to the end of its pages. */
  reachAll(): void {
    this.reach(this.end)
  }

  /** Called before something below `end` is put in its place: grows memory to there. */
  reach(end: number): void {
    const { memory } = this
    if (end <= memory.bytes()) return
    const isReached = memory.core.store_log_reach(end) !== 0
    memory.refresh()
    if (!isReached) throw outOfMemory('the log')
  }

  /**
   * The log will be in the `bytes` at `place`, which are used here until then. `gapsAt` points to PASS_GAPS_BYTES of
   * room during `apply`. `isCovered`: a snapshot has supplied the index.
   */
  begin(place: number, bytes: number, gapsAt: number, isCovered: boolean): void {
    if (isCovered) this.indexed = Number.POSITIVE_INFINITY
    this.gapsAt = gapsAt
    // The pages have markers at both ends.
    this.end = place + bytes + 24
    this.memory.setState(S_PASS_HASHES, place)
    this.memory.setState(S_PASS_END, place + bytes)
  }

  /**
   * Applies checked frames of a window, which are at `units` of the log and belong `delta` further on. `isCovered`: a
   * snapshot has their records. Returns false if they are inconsistent, or there is no room for the notes.
   */
  apply(from: number, end: number, units: number, delta: number, isCovered: boolean): boolean {
    const { memory } = this
    const flags = isCovered ? WALK_COVERED : WALK_HASH
    for (let at = from; at < end; at = memory.state(S_WALK_AT)) {
      memory.setState(S_PASS_GAPS, this.gapsAt)
      const status = memory.core.store_pass(at, end, units + (at - from) / 8, delta, flags, PASS_BYTES)
      memory.refresh()
      if (status !== STATUS_OK) return false
      const gapsEnd = memory.state(S_PASS_GAPS)
      if (gapsEnd > this.gapsAt) this.gapLists.push(memory.u32.slice(this.gapsAt >>> 2, gapsEnd >>> 2))
    }
    return true
  }

  /**
   * Called after the last frame, if no snapshot has the index: reserves memory for it. Returns false if it must be
   * built to see whether it fits.
   */
  expectIndex(): boolean {
    const fits = this.memory.core.store_pass_expect() !== 0
    this.memory.refresh()
    return fits
  }

  /** Continues to build the index, for `slots` more. Returns false if it does not fit. */
  index(slots = Number.POSITIVE_INFINITY): boolean {
    const { memory } = this
    for (const end = this.indexed + slots; this.indexed < end && !this.isIndexed; this.indexed += PASS_SLOTS) {
      const status = memory.core.store_pass_index(this.indexed, PASS_SLOTS)
      memory.refresh()
      if (status !== STATUS_OK) {
        // Some of these slots are in the index: starting with them again would add them twice.
        this.indexed = Number.NaN
        return false
      }
    }
    return !Number.isNaN(this.indexed)
  }

  get isIndexed(): boolean {
    return this.indexed >= this.memory.state(S_SLOT_TOP)
  }

  /** Until the index is built, nothing may be read to addresses below this one. */
  get hashesEnd(): number {
    return this.memory.state(S_PASS_HASHES) + this.memory.state(S_SLOT_TOP) * 8
  }

  /** The parts of the log that are not live records, for `free`: addresses of blocks, odd for frames. */
  gaps(): Uint32Array {
    const gaps = new Uint32Array(this.gapLists.reduce((count, list) => count + list.length, 0))
    let at = 0
    for (const list of this.gapLists.splice(0)) {
      gaps.set(list, at)
      at += list.length
    }
    return gaps
  }

  /** Returns the gaps to the arena, once the whole log is in place. */
  free(gaps: Uint32Array): void {
    for (let from = 0; from < gaps.length; from += GAPS_TOGETHER) {
      const some = gaps.subarray(from, from + GAPS_TOGETHER)
      this.memory.u32.set(some, KEY_BUFFER >>> 2)
      this.memory.core.store_pass_free(some.length)
    }
  }

  /**
   * Without the index: the address, now or later, of the next record from `slot` on that may have this key; 0 if none.
   * Throws when the key is not valid.
   */
  seek(key: unknown, slot: number): number {
    const bytes = this.keys.write(key)
    return this.memory.core.store_pass_seek(this.keys.type, bytes, slot) >>> 0
  }

  /** The slot to continue seeking from. */
  get soughtTo(): number {
    return this.memory.state(S_SCAN_NEXT)
  }

  /** Whether a loaded record has this key. */
  matches(key: unknown, address: number): boolean {
    const bytes = this.keys.write(key)
    return this.memory.core.store_pass_matches(this.keys.type, bytes, address) !== 0
  }

  /**
   * With the index: calls back with the address, now or later, of each record that may have this key. Throws when the
   * key is not valid.
   */
  forEachCandidate(key: unknown, callback: (address: number) => void): void {
    const { core } = this.memory
    for (let skip = 0; ; skip++) {
      const bytes = this.keys.write(key)
      const address = core.store_pass_candidate(this.keys.type, bytes, skip) >>> 0
      if (address === 0) return
      callback(address)
    }
  }
}
