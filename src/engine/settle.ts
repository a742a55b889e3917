// Transactions over several partitions that are not durable everywhere yet. An acknowledged write never stands on one that recovery may
// undo: while there are any, whoever flushes a partition of the collection flushes all of these first.

import type { CollectionShapes } from '../core/index.ts'
import type { Partition } from './partition.ts'

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

/** Flushes them all, until none is left. */
export async function settleAll(partitions: Set<Partition>): Promise<void> {
  while (partitions.size > 0) {
    const members = [...partitions]
    const marks = members.map((member) => member.logPosition)
    await Promise.all(members.map((member) => member.flushOwn()))
    members.forEach((member, i) => {
      if (member.durablePosition >= marks[i]!) partitions.delete(member)
    })
  }
}
