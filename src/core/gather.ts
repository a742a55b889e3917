// The open batch on its way to the log: a group of frames, laid out one after the other in the core's own buffer, or behind those that wait
// for a flush.

import { LimitError } from '../error/index.ts'
import {
  FRAME_MORE,
  KEY_BUFFER,
  S_GATHER,
  S_GATHER_FLAGS,
  S_GATHER_TOTAL,
  S_LOG_SEED,
  S_SHIFT_SEED,
  STATIC_DERIVED,
} from './abi.ts'
import { invoke, type Memory, outOfMemory } from './memory.ts'

/** Between the key buffer and the static data of the modules; that is free while a batch is written out. */
const TRANSACTION_BYTES_MAX = STATIC_DERIVED - KEY_BUFFER

/** Whole pages, but for the ends of the run. */
export const HELD_BYTES = 4 * 65_536 - 64

/** A region of a partition's memory, taken when something is to wait for the first time, and kept. */
export class HeldFrames {
  /** Where the region begins in `bytes`; 0 when there is no room for it, below 0 until it is asked for. */
  address = -1
  private readonly memory: Memory

  constructor(memory: Memory) {
    this.memory = memory
  }

  /** Takes the region, if there is room for it and it is not taken yet. */
  take(): void {
    if (this.address >= 0) return
    const run = this.memory.core.store_log_reserve(HELD_BYTES, 1) >>> 0
    this.memory.refresh()
    this.address = run === 0 ? 0 : run + 8
  }

  /** All of the memory, until the next call that may grow it. */
  get bytes(): Uint8Array {
    return this.memory.u8
  }
}

export class Gather {
  /** Frames that are laid out and wait for a flush. */
  readonly held: HeldFrames
  private readonly memory: Memory

  constructor(memory: Memory) {
    this.held = new HeldFrames(memory)
    this.memory = memory
  }

  /** Of the checksums in the log. */
  set logSeed(seed: bigint) {
    this.memory.i64[S_LOG_SEED >>> 3] = BigInt.asIntN(64, seed)
  }

  /** Of those in the log that a compaction or an export writes. */
  set shiftSeed(seed: bigint) {
    this.memory.i64[S_SHIFT_SEED >>> 3] = BigInt.asIntN(64, seed)
  }

  /** At most how many bytes the frames will take, 0 when nothing changed. `transaction`: an entry that goes first. */
  measure(transaction: Uint8Array | undefined): number {
    const { memory } = this
    if (transaction !== undefined) {
      if (transaction.length > TRANSACTION_BYTES_MAX) {
        throw new LimitError('a write reaches too many partitions at once: write to them one by one', {
          details: { limit: TRANSACTION_BYTES_MAX, got: transaction.length },
        })
      }
      memory.u8.set(transaction, KEY_BUFFER)
    }
    const total = memory.core.store_gather_begin(transaction?.length ?? 0)
    memory.refresh()
    if (total < 0) throw outOfMemory('the frame of the batch')
    return total
  }

  /** Lays out the first frame; answers its bytes, 0 when nothing changed. `total` says what all of them take at most. */
  first(transaction: Uint8Array | undefined, offsetUnits: number, sequence: number, durableUnits: number): number {
    const { memory } = this
    if (transaction !== undefined) memory.u8.set(transaction, KEY_BUFFER)
    const bytes = invoke(memory.core.store_gather, transaction?.length ?? 0, offsetUnits, sequence, durableUnits)
    memory.refresh()
    if (bytes < 0) throw outOfMemory('the frame of the batch')
    return bytes
  }

  get total(): number {
    return this.memory.f64[S_GATHER_TOTAL >>> 3]!
  }

  get hasMore(): boolean {
    return (this.memory.state(S_GATHER_FLAGS) & FRAME_MORE) !== 0
  }

  /** Lays out the next frame; answers its bytes, 0 after the last. */
  next(offsetUnits: number, transactionBytes: number, sequence: number, durableUnits: number): number {
    const { memory } = this
    return memory.core.store_gather_frame(offsetUnits, transactionBytes, sequence, durableUnits)
  }

  /** Where the frame stands in linear memory, until the next call. */
  get from(): number {
    return this.memory.state(S_GATHER)
  }
}
