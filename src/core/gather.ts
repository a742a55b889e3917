// The open batch on its way to the log: a group of frames, laid out one after the other in the core's own buffer.

import { LimitError } from '../error/index.ts'
import { FRAME_MORE, KEY_BUFFER, S_GATHER, S_GATHER_FLAGS, S_GATHER_TOTAL, STATIC_DERIVED } from './abi.ts'
import { invoke, type Memory, outOfMemory } from './memory.ts'

/** Between the key buffer and the static data of the modules; that is free while a batch is written out. */
const TRANSACTION_BYTES_MAX = STATIC_DERIVED - KEY_BUFFER

export class Gather {
  private readonly memory: Memory

  constructor(memory: Memory) {
    this.memory = memory
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
