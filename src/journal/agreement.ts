// What the logs of a collection agree on after a crash. A transaction counts if every partition it names has it; if one
// lacks it, the others end before it. Nothing after it there was acknowledged as hard, because a flush includes the
// other participants' logs; and it may depend on the transaction: on slots it freed, on shapes it introduced.

import type { Recovery } from './recover.ts'
import type { LoggedTransaction } from './recovery-types.ts'

export interface Participant {
  readonly id: number
  /** Undefined when there is no log to read. */
  readonly recovery: Recovery | undefined
}

/** Where each log must end for all to agree; Infinity where nothing is cut. */
export function agreedEnds(participants: readonly Participant[]): number[] {
  const ends = participants.map(() => Number.POSITIVE_INFINITY)
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
  // Cutting a log removes later transactions, which may require cutting the others in turn.
  for (let isSettled = false; !isSettled; ) {
    isSettled = true
    participants.forEach(({ recovery }, index) => {
      const lacking = recovery?.transactions.find(
        (transaction) =>
          transaction.from < ends[index]! &&
          // A partition dropped since, and those that documents had moved to, had everything flushed before.
          transaction.participants.some((id) => {
            const other = indexOf.get(id)
            return other !== undefined && other !== index && !has(other, transaction)
          }),
      )
      if (lacking === undefined) return
      ends[index] = lacking.from
      isSettled = false
    })
  }
  return ends
}
