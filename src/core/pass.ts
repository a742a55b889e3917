// A log that is read through a window, while its records are to lie elsewhere: see assembly/store/pass.ts.

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

/** Pieces in which a log is passed through and indexed: a function that is entered again runs in its optimised form. */
const PASS_BYTES = 131_072
const PASS_SLOTS = 512
/** What a call of that length may list: two entries for each of the smallest blocks. */
export const PASS_GAPS_BYTES = PASS_BYTES / 2
const GAPS_TOGETHER = KEY_BUFFER_BYTES / 4

export class LogPass {
  private readonly memory: Memory
  private readonly keys: KeyWriter
  private readonly gapLists: Uint32Array[] = []
  private gapsAt = 0
  private end = 0
  /** Slots below this one are in the index. */
  private indexed = 0

  constructor(memory: Memory) {
    this.memory = memory
    this.keys = new KeyWriter(memory)
  }

  /** Pages for `bytes` of log, which memory need not reach before `reach`: the address where its first byte will go, or 0 when there are not so many. */
  promise(bytes: number): number {
    const run = this.memory.core.store_log_promise(bytes) >>> 0
    this.memory.refresh()
    return run === 0 ? 0 : run + 8
  }

  /** Before the log is attached: memory reaches to the end of its pages. */
  reachAll(): void {
    this.reach(this.end)
  }

  /** Before something is put in its place there, below `end`. */
  reach(end: number): void {
    const { memory } = this
    if (end <= memory.bytes()) return
    const isReached = memory.core.store_log_reach(end) !== 0
    memory.refresh()
    if (!isReached) throw outOfMemory('the log')
  }

  /**
   * The log will lie in the `bytes` from `place` on; until then they are used here. `gapsAt`: room of PASS_GAPS_BYTES, while `apply` is called.
   * `isCovered`: a snapshot has brought the index.
   */
  begin(place: number, bytes: number, gapsAt: number, isCovered: boolean): void {
    if (isCovered) this.indexed = Number.POSITIVE_INFINITY
    this.gapsAt = gapsAt
    // The pages are marked at both ends.
    this.end = place + bytes + 24
    this.memory.setState(S_PASS_HASHES, place)
    this.memory.setState(S_PASS_END, place + bytes)
  }

  /**
   * Applies checked frames of a window that stand at `units` of the log and will lie `delta` further on. `isCovered`: a snapshot has their
   * records. False: they contradict themselves, or there is no room for what has to be noted.
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

  /** After the last frame, if no snapshot has the index: takes the memory for it. False: it has to be built to see whether it fits. */
  expectIndex(): boolean {
    const fits = this.memory.core.store_pass_expect() !== 0
    this.memory.refresh()
    return fits
  }

  /** Goes on building the index, for `slots` more. False: it does not fit. */
  index(slots = Number.POSITIVE_INFINITY): boolean {
    const { memory } = this
    for (const end = this.indexed + slots; this.indexed < end && !this.isIndexed; this.indexed += PASS_SLOTS) {
      const status = memory.core.store_pass_index(this.indexed, PASS_SLOTS)
      memory.refresh()
      if (status !== STATUS_OK) {
        // Some of these are in it: to begin with them again would put them there twice.
        this.indexed = Number.NaN
        return false
      }
    }
    return !Number.isNaN(this.indexed)
  }

  get isIndexed(): boolean {
    return this.indexed >= this.memory.state(S_SLOT_TOP)
  }

  /** Until then nothing may be read to what lies below this address. */
  get hashesEnd(): number {
    return this.memory.state(S_PASS_HASHES) + this.memory.state(S_SLOT_TOP) * 8
  }

  /** What of the log is no live record, for `free`: addresses of blocks, odd those of frames. */
  gaps(): Uint32Array {
    const gaps = new Uint32Array(this.gapLists.reduce((count, list) => count + list.length, 0))
    let at = 0
    for (const list of this.gapLists.splice(0)) {
      gaps.set(list, at)
      at += list.length
    }
    return gaps
  }

  /** Gives them to the arena, when the whole log is in its place. */
  free(gaps: Uint32Array): void {
    for (let from = 0; from < gaps.length; from += GAPS_TOGETHER) {
      const some = gaps.subarray(from, from + GAPS_TOGETHER)
      this.memory.u32.set(some, KEY_BUFFER >>> 2)
      this.memory.core.store_pass_free(some.length)
    }
  }

  /** Without the index: where the record of the next slot from `slot` on lies, or will, whose key may be this one; 0 if none. Throws when it is not a key. */
  seek(key: unknown, slot: number): number {
    const bytes = this.keys.write(key)
    return this.memory.core.store_pass_seek(this.keys.type, bytes, slot) >>> 0
  }

  /** Where to seek on. */
  get soughtTo(): number {
    return this.memory.state(S_SCAN_NEXT)
  }

  /** Whether a record that is there has this key. */
  matches(key: unknown, address: number): boolean {
    const bytes = this.keys.write(key)
    return this.memory.core.store_pass_matches(this.keys.type, bytes, address) !== 0
  }

  /** With the index: calls back with where each record lies, or will, whose key may be this one. Throws when it is not a key. */
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
