// Transactions over several partitions that are not durable everywhere yet. An acknowledged write never depends on one
// that recovery may undo: while there are any, whoever flushes a partition of the collection first flushes all of
// these.

import type { CollectionShapes } from '../../core/index.ts'
import type { Partition } from '../partition.ts'

const unsettled = new WeakMap<CollectionShapes, Set<Partition>>()

/** Partitions of one collection (identified by its shapes) whose logs hold a transaction that is not flushed. */
export function unsettledOf(shapes: CollectionShapes): Set<Partition> {
  let set = unsettled.get(shapes)
  if (set === undefined) {
    set = new Set()
    unsettled.set(shapes, set)
  }
  return set
}

/**
 * Flushes all of them, and `own`: transactions that existed when this was called are durable everywhere when it
 * resolves. A partition that took part in another one meanwhile stays in the set.
 */
export async function settleAll(partitions: Set<Partition>, own?: Partition): Promise<void> {
  const members = own === undefined ? [...partitions] : [...partitions, own]
  const logs = members.map(({ log }) => ({ log, position: log?.position ?? 0 }))
  await Promise.all(members.map((member) => member.flushOwn()))
  for (const member of members) if (member.isSettled) partitions.delete(member)
  for (const { log, position } of logs) log?.settle(position)
}

/**
 * Called before a soft write: hands the operating system every part of the transactions ahead of it. If the process
 * died while a part still waited for its flush, recovery would drop the write along with the transaction.
 */
export function handOver(partitions: Set<Partition>): void {
  for (const { log } of partitions) log?.writePending()
}
