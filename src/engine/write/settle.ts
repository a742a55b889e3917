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
 * Called before a soft write: hands the operating system every part of the transactions ahead of it. If the process
 * died while a part still waited for its flush, recovery would drop the write along with the transaction.
 */
export function handOver(partitions: Set<Partition>): void {
  for (const { log } of partitions) log?.writePending()
}
