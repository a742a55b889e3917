// Transactions over several partitions that are not durable everywhere yet. An acknowledged write never stands on one that recovery may
// undo: while there are any, whoever flushes a partition of the collection flushes all of these first.

import type { CollectionShapes } from '../../core/index.ts'
import type { Partition } from '../partition.ts'

const unsettled = new WeakMap<CollectionShapes, Set<Partition>>()

/** Partitions of one collection (told by its shapes) whose logs hold a transaction that is not flushed. */
export function unsettledOf(shapes: CollectionShapes): Set<Partition> {
  let set = unsettled.get(shapes)
  if (set === undefined) {
    set = new Set()
    unsettled.set(shapes, set)
  }
  return set
}

/**
 * Flushes them all: the transactions that were there when it was called are durable everywhere when it resolves. A partition that took
 * another meanwhile stays among them.
 */
export async function settleAll(partitions: Set<Partition>): Promise<void> {
  const members = [...partitions]
  await Promise.all(members.map((member) => member.flushOwn()))
  for (const member of members) if (member.isSettled) partitions.delete(member)
}

/**
 * Before a soft write, the operating system is given all of every transaction that it may stand behind: a part that still waited for its flush
 * when the process died would take the write with it.
 */
export function handOver(partitions: Set<Partition>): void {
  for (const { log } of partitions) log?.writePending()
}
