// The entry that marks a group of frames as part of a write over several partitions; docs/format.md, "Transaction".

import { KIND_TRANSACTION, type Store } from '../core/index.ts'

const HIGH = 2 ** 32

/** A batch over several partitions of a collection, applied whole or not at all, even across a crash. */
export interface Transaction {
  readonly id: number
  readonly participants: readonly number[]
}

/** | block word | participants u32 | id u64 | participant u32[], padding to 8 | */
export function encodeTransaction(transaction: Transaction): Uint8Array {
  const count = transaction.participants.length
  const bytes = (16 + count * 4 + 7) & ~7
  const view = new DataView(new ArrayBuffer(bytes))
  view.setUint32(0, (bytes >>> 3) | (KIND_TRANSACTION << 24), true)
  view.setUint32(4, count, true)
  view.setUint32(8, transaction.id % HIGH, true)
  view.setUint32(12, Math.floor(transaction.id / HIGH), true)
  transaction.participants.forEach((id, i) => {
    view.setUint32(16 + i * 4, id, true)
  })
  return new Uint8Array(view.buffer)
}

/**
 * The entry at the address of the first block of a group's first frame; undefined when that block is of another kind.
 */
export function readTransaction(store: Store, entry: number): Transaction | undefined {
  const bytes = store.memoryRange(entry, 16)
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  if (((view.getUint32(0, true) >>> 24) & 0xf) !== KIND_TRANSACTION) return undefined
  const count = view.getUint32(4, true)
  const list = store.memoryRange(entry + 16, count * 4)
  const ids = new DataView(list.buffer, list.byteOffset, list.byteLength)
  return {
    id: view.getUint32(8, true) + view.getUint32(12, true) * HIGH,
    participants: Array.from({ length: count }, (_, i) => ids.getUint32(i * 4, true)),
  }
}
