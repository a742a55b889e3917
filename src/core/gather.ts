// Lays out the open batch as a group of frames for the log, one after the other in the core's own buffer, or behind the
// frames that wait for a flush.

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

/** The space between the key buffer and the static data of the modules is free while a batch is written out. */
const TRANSACTION_BYTES_MAX = STATIC_DERIVED - KEY_BUFFER

/** Whole pages, minus the markers at the ends of the run. */
export const HELD_BYTES = 4 * 65_536 - 64

/** A region of a partition's memory, reserved when a frame first has to wait, and then kept. */
export class HeldFrames {
  /** Start of the region in `bytes`; 0 when there is no room for it, negative until it is requested. */
  address = -1
  private readonly memory: Memory

  constructor(memory: Memory) {
    this.memory = memory
  }

  /** Reserves the region, if there is room and it is not reserved yet. */
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

  /** Seed of the checksums in the log. */
  set logSeed(seed: bigint) {
    this.memory.i64[S_LOG_SEED >>> 3] = BigInt.asIntN(64, seed)
  }

  /** Seed of the checksums in a log that a compaction or an export writes. */
  set shiftSeed(seed: bigint) {
    this.memory.i64[S_SHIFT_SEED >>> 3] = BigInt.asIntN(64, seed)
  }

  /**
   * An upper bound of the bytes that the frames will take, 0 when nothing changed. `transaction`: an entry to put
   * first.
   */
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

  /**
   * Lays out the first frame; returns its length in bytes, 0 when nothing changed. `total` is then an upper bound for
   * all frames.
   */
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

  /** Lays out the next frame; returns its length in bytes, 0 after the last. */
  next(offsetUnits: number, transactionBytes: number, sequence: number, durableUnits: number): number {
    const { memory } = this
    return memory.core.store_gather_frame(offsetUnits, transactionBytes, sequence, durableUnits)
  }

  /** Address of the frame in linear memory, until the next call. */
  get from(): number {
    return this.memory.state(S_GATHER)
  }
}
