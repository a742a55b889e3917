// Which partitions a collection has, and which of them are loaded.

import type { Entry } from './catalog.ts'
import { Code, MilvusError } from './errors.ts'

export function notLoaded(entry: Entry): MilvusError {
  return new MilvusError(Code.CollectionNotLoaded, `collection not loaded[collection=${entry.name}]`)
}

/** Names of the loaded partitions. */
export function loadedPartitions(entry: Entry): readonly string[] {
  const { loaded, partitions } = entry.record
  if (loaded === 'none') return []
  return loaded === 'all' ? partitions.map((one) => one.name) : loaded
}

export function partitionOf(entry: Entry, name: string): void {
  if (entry.record.partitions.some((one) => one.name === name)) return
  throw new MilvusError(Code.PartitionNotFound, `partition not found[partition=${name}]`)
}
