// The entry that marks a group of frames as part of a write over several partitions; see docs/format.md, "Transaction".

import { KIND_TRANSACTION } from '../core/index.ts'

/** A batch over several partitions of a collection, all or nothing even over a crash. */
export interface Transaction {
  readonly id: number
  readonly participants: readonly number[]
}

/** | block word | participants u32 | id u32 | zero | participant u32[], padding to 8 | */
export function encodeTransaction(transaction: Transaction): Uint8Array {
  const count = transaction.participants.length
  const bytes = (16 + count * 4 + 7) & ~7
  const view = new DataView(new ArrayBuffer(bytes))
  view.setUint32(0, (bytes >>> 3) | (KIND_TRANSACTION << 24), true)
  view.setUint32(4, count, true)
  view.setUint32(8, transaction.id, true)
  transaction.participants.forEach((id, i) => {
    view.setUint32(16 + i * 4, id, true)
  })
  return new Uint8Array(view.buffer)
}
