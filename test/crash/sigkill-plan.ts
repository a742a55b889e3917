// What the process that gets killed writes, and its judge expects: batch by batch, each following from its number alone.

import type { StorageDirectory } from '../../src/storage/index.ts'
import { CollectionShapes, type PartitionOptions } from '../core/partitions.ts'
import { SeededRandom } from './simulated-storage-random.ts'

/** How many batches may be under way without being acknowledged. */
export const UNDER_WAY = 6

export interface Change {
  readonly key: string
  /** Undefined: deleted. */
  readonly version: number | undefined
}

/** Changes of batch `number` in either partition. Every fifth writes to both, as a transaction. */
export function changesOf(number: number): readonly [Change[], Change[]] {
  const random = new SeededRandom(number)
  const isPair = number % 5 === 0
  const side = number % 2
  const changes: [Change[], Change[]] = [[], []]
  for (const one of isPair ? [0, 1] : [side]) {
    const count = 1 + random.below(4)
    for (let i = 0; i < count; i++) {
      const key = `k${random.below(300)}`
      changes[one]!.push({ key, version: i > 0 && random.chance(0.3) ? undefined : number })
    }
  }
  return changes
}

export function documentOf(key: string, version: number): Record<string, unknown> {
  const letter = String.fromCharCode(97 + (version % 26))
  const bytes = version % 97 === 0 ? 200_000 : version % 7 === 0 ? 2_000 : version % 60
  return { id: key, version, text: letter.repeat(bytes), [`f${version % 11}`]: { at: [version, key] } }
}

export function optionsOf(storage: StorageDirectory): PartitionOptions[] {
  const shapes = new CollectionShapes('id')
  return [0, 1].map((id) => ({
    id,
    collection: 'things',
    primaryKey: 'id',
    vectors: [],
    shapes,
    storage,
    stem: `c1.p${id}`,
    // The first partition leaves its index in snapshots, the log of the second is read through.
    ...(id === 0 ? { buildDocumentsMax: 0 } : { isPlain: true, passageBytesMin: 1 }),
  }))
}
