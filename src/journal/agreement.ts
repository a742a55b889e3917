// What the logs of a collection agree on after a crash. A transaction counts if every partition it names has it; if one
// lacks it, the others end before it. Nothing after it there was acknowledged as hard, because a flush includes the
// other participants' logs; and it may depend on the transaction: on slots it freed, on shapes it introduced. A frame
// whose durable mark lies behind it says that it was acknowledged: then a log that has something else there is damaged.

import { FRAME_BYTES } from '../core/index.ts'
import { hasBytes } from './frame.ts'
import type { Recovery } from './recover.ts'
import type { LoggedTransaction } from './recovery-types.ts'

export interface Participant {
  readonly id: number
  /** Undefined when there is no log to read. */
  readonly recovery: Recovery | undefined
}

/**
 * Where each log must end for all to agree; Infinity where nothing is cut.
 *
 * @throws CorruptError when one is damaged where it had what was settled, unless it is to be repaired.
 */
export function agreedEnds(participants: readonly Participant[], isRepair = false): number[] {
  const ends = participants.map(() => Number.POSITIVE_INFINITY)
  /** For each log that is cut, the one that began it by lacking something. */
  const causes: number[] = []
  const marks = participants.map(() => -1)
  const indexOf = new Map(participants.map(({ id }, index) => [id, index]))
  // A log may have a million transactions, each of which is looked up in the others.
  const begins = participants.map(
    ({ recovery }) => new Map(recovery?.transactions.map((transaction) => [transaction.id, transaction.from])),
  )
  const has = (index: number, { id }: LoggedTransaction): boolean => {
    const recovery = participants[index]?.recovery
    if (recovery === undefined) return false
    if (id <= recovery.header.sealedTransaction) return true
    const from = begins[index]!.get(id)
    return from !== undefined && from < ends[index]!
  }
  // A partition dropped since, and those that documents had moved to, had everything flushed before.
  const lackerOf = (transaction: LoggedTransaction, index: number): number | undefined => {
    const id = transaction.participants.find((participant) => {
      const other = indexOf.get(participant)
      return other !== undefined && other !== index && !has(other, transaction)
    })
    return id === undefined ? undefined : indexOf.get(id)
  }
  // Cutting a log removes later transactions, which may require cutting the others in turn.
  for (let isSettled = false; !isSettled; ) {
    isSettled = true
    participants.forEach(({ recovery }, index) => {
      const lacking = recovery?.transactions.find(
        (transaction) => transaction.from < ends[index]! && lackerOf(transaction, index) !== undefined,
      )
      if (lacking === undefined) return
      const lacker = lackerOf(lacking, index)!
      const cause = causes[lacker] ?? lacker
      causes[index] ??= cause
      ends[index] = lacking.from
      isSettled = false
      if (isRepair) return
      if (marks[index]! < 0) marks[index] = greatestMark(recovery!, lacking)
      if (marks[index]! >= lacking.to) lostEnd(participants[cause]!)
    })
  }
  return ends
}

/**
 * A transaction that was settled is missing at the end of the log. In a copy made while writes went on it may not have
 * been there yet; but then nothing is.
 */
function lostEnd({ recovery }: Participant): void {
  if (recovery === undefined || !hasBytes(recovery.file, recovery.end, recovery.file.size())) return
  throw recovery.corrupt(recovery.end, 'a write over several partitions, which was flushed, is not whole')
}

/** The greatest durable mark of a log; they only rise, so those of frames before `from` do not matter. */
function greatestMark({ file, segments }: Recovery, { from }: LoggedTransaction): number {
  let greatest = 0
  const bytes = new Uint8Array(FRAME_BYTES)
  const head = new DataView(bytes.buffer)
  for (const segment of segments) {
    for (let at = Math.max(from, segment.from); at < segment.to; at += FRAME_BYTES + head.getUint32(4, true)) {
      file.read(at, bytes)
      greatest = Math.max(greatest, head.getUint32(8, true) * 8)
    }
  }
  return greatest
}
