// Making the transactions over several partitions durable everywhere: see write/settle.ts.

import type { Partition } from '../partition.ts'

/**
 * Flushes all of them, and `own`: transactions that existed when this was called are durable everywhere when it
 * resolves. A partition that took part in another one meanwhile stays in the set.
 */
export async function settleAll(partitions: Set<Partition>, own?: Partition): Promise<void> {
  const members = own === undefined ? [...partitions] : [...partitions, own]
  const told = members.map(({ log }) => log?.settling())
  await Promise.all(members.map((member) => member.flushOwn()))
  for (const tell of told) tell?.()
  for (const member of members) if (member.isSettled) partitions.delete(member)
}
