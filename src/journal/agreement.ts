// What the logs of a collection agree on after a crash. A transaction counts when every partition it names has it; where one lacks it, the
// others end before it. What follows it there was never acknowledged as hard, because a flush takes the other participants' logs with
// it, and it may build on the transaction: on slots it freed, on shapes it brought.

import type { LoggedTransaction, Recovery } from './recover.ts'

export interface Participant {
  readonly id: number
  /** Undefined when there is no log to read. */
  readonly recovery: Recovery | undefined
}

/** Where each log ends for all to agree; Infinity where nothing is to be cut. */
export function agreedEnds(participants: readonly Participant[]): number[] {
  const ends = participants.map(() => Number.POSITIVE_INFINITY)
  const has = (index: number, transaction: LoggedTransaction): boolean => {
    const recovery = participants[index]?.recovery
    if (recovery === undefined) return false
    if (transaction.id <= recovery.header.sealedTransaction) return true
    return recovery.transactions.some((one) => one.id === transaction.id && one.from < ends[index]!)
  }
  // A log that is cut takes later transactions from the others, which may cut those.
  for (let isSettled = false; !isSettled; ) {
    isSettled = true
    participants.forEach(({ recovery }, index) => {
      const lacking = recovery?.transactions.find(
        (transaction) =>
          transaction.from < ends[index]! &&
          // One that was dropped since had everything flushed before.
          transaction.participants.some((id) => {
            const other = participants.findIndex((participant) => participant.id === id)
            return other >= 0 && other !== index && !has(other, transaction)
          }),
      )
      if (lacking === undefined) return
      ends[index] = lacking.from
      isSettled = false
    })
  }
  return ends
}
