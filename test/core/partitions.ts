// Partitions for tests that work below the engine, and the one place from which they take them.

import { CollectionShapes, type VectorField } from '../../src/core/index.ts'
import { type Batch, Outcome, PutMode } from '../../src/engine/batch.ts'
import { Partition, type PartitionOptions } from '../../src/engine/partition.ts'
import type { StorageDirectory } from '../../src/storage/index.ts'
import type { Document, Key } from '../../src/value/index.ts'

export { type Batch, CollectionShapes, type Document, type Key, Outcome, Partition, type PartitionOptions, PutMode }

export interface Overrides extends Partial<Omit<PartitionOptions, 'storage' | 'vectors'>> {
  readonly vectors?: readonly VectorField[]
}

/** Options of partition 0 of a collection; the primary key is `id`. */
export function optionsFor(storage: StorageDirectory | null, overrides: Overrides = {}): PartitionOptions {
  const primaryKey = overrides.primaryKey ?? 'id'
  const vectors = overrides.vectors ?? []
  return {
    id: 0,
    collection: 'things',
    primaryKey,
    vectors,
    shapes: new CollectionShapes(primaryKey, vectors),
    storage,
    stem: 'c1.p0',
    ...overrides,
  }
}

/** A partition that lives in memory only. */
export function inMemory(overrides: Overrides = {}): Promise<Partition> {
  return Partition.create(optionsFor(null, overrides))
}

/** Upserts in one batch; throws what the first refused document throws, and nothing is stored then. */
export function upsert(partition: Partition, documents: readonly object[], hard = false): void {
  const batch = partition.begin()
  try {
    const numbers = documents.map((document) => batch.put(document, PutMode.Upsert))
    batch.settle()
    for (const number of numbers) if (batch.outcome(number) === Outcome.Failed) throw batch.error(number)
  } catch (error) {
    batch.abandon()
    throw error
  }
  batch.commit({ hard })
}

/** Deletes in one batch. */
export function remove(partition: Partition, keys: readonly Key[], hard = false): void {
  const batch = partition.begin()
  for (const key of keys) batch.remove(key)
  batch.commit({ hard })
}

/** The document with this key, or undefined. */
export function get(partition: Partition, key: Key): Document | undefined {
  const address = partition.find(key)
  return address === 0 ? undefined : partition.read(address)
}

/** Everything in it, in the order of the slots. */
export function all(partition: Partition): Document[] {
  const documents: Document[] = []
  const addresses = new Uint32Array(64)
  for (let slot = 0; slot >= 0; ) {
    const { count, next } = partition.store.scan(slot, addresses)
    slot = next
    for (let i = 0; i < count; i++) documents.push(partition.read(addresses[i]!))
  }
  return documents
}
