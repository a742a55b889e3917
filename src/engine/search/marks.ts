// The documents that match the filter of a search by words or sparse vectors, as bitmaps of slots: made in slices, for
// the partitions in which the best hits are not among those that match. Others may write meanwhile.

import type { CompiledFilter } from '../../query/index.ts'
import type { Partition } from '../partition.ts'
import { MatchScan } from '../read/match.ts'
import { planOf } from '../read/plan.ts'
import type { CollectionState } from '../state.ts'
import { Slices } from './slices.ts'

export interface Marked {
  readonly bitmap: Uint8Array
  /** See `Partition.commits`: when it has changed, some of the marked documents may no longer match. */
  readonly commits: number
}

export class Marks {
  readonly #state: CollectionState
  readonly #filter: CompiledFilter
  readonly #made = new Map<Partition, Marked>()
  readonly #missed = new Set<Partition>()

  constructor(state: CollectionState, filter: CompiledFilter) {
    this.#state = state
    this.#filter = filter
  }

  of(partition: Partition): Marked | undefined {
    return this.#made.get(partition)
  }

  /** Called by a search that needs those of a partition. */
  miss(partition: Partition): void {
    this.#missed.add(partition)
  }

  /** Whether some were missed. */
  get areMissed(): boolean {
    return this.#missed.size > 0
  }

  /** Makes those that were missed. */
  async make(): Promise<void> {
    const slices = new Slices(this.#state)
    for (const partition of this.#missed) {
      const { commits } = partition
      this.#made.set(partition, { commits, bitmap: await this.#mark(partition, slices) })
    }
    this.#missed.clear()
  }

  async #mark(partition: Partition, slices: Slices): Promise<Uint8Array> {
    const scan = new MatchScan(this.#state, planOf(this.#state, this.#filter), [partition])
    const addresses = new Uint32Array(1024)
    let bitmap = new Uint8Array(1024)
    for (let count = scan.read(addresses); count >= 0; count = scan.read(addresses)) {
      for (let i = 0; i < count; i++) {
        const slot = partition.store.slotOf(addresses[i]!)
        if (slot >>> 3 >= bitmap.length) {
          const grown = new Uint8Array(Math.max(bitmap.length * 2, (slot >>> 3) + 1))
          grown.set(bitmap)
          bitmap = grown
        }
        bitmap[slot >>> 3]! |= 1 << (slot & 7)
      }
      if (slices.isOver) await slices.next()
    }
    return bitmap
  }
}
