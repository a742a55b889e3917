// The batches of one write call, one for each physical partition it touches. They are committed together: one alone as it is,
// several as a transaction, which recovery takes whole or not at all.

import type { Batch, PutMode } from '../batch.ts'
import type { WriteRequest } from '../options.ts'
import type { Partition } from '../partition.ts'
import { derivedPart } from '../parts.ts'
import type { CollectionState } from '../state.ts'

export const HARD = { hard: true }
export const SOFT = { hard: false }

/** Physical partitions that a write has to wait for; shared by all that wait for none. */
export const NONE: readonly Partition[] = []

export class BatchSet {
  readonly #state: CollectionState
  readonly #batches: (Batch | undefined)[] = []
  #isOpen = true

  constructor(state: CollectionState) {
    this.#state = state
  }

  /** The batch of a physical partition; begun when it is first asked for. */
  of(part: number): Batch {
    let batch = this.#batches[part]
    if (batch === undefined) {
      batch = this.#state.parts[part]!.begin()
      this.#batches[part] = batch
    }
    return batch
  }

  /**
   * Stages a document; answers its operation number. Where a unique index holds over several partitions it is run at once, and taken
   * back if another one has its twin.
   */
  put(part: number, document: object, mode: PutMode): number {
    const isCompared = this.#state.isUniqueAcross
    // What came before is seen by then.
    if (isCompared) this.settle()
    const batch = this.of(part)
    const operation = batch.put(document, mode)
    if (isCompared) {
      batch.settle()
      derivedPart.now!.refuseTwin(this.#state, batch, part, operation)
    }
    return operation
  }

  settle(): void {
    for (const batch of this.#batches) batch?.settle()
  }

  /** Writes what changed. Answers the physical partitions whose state the caller may rely on, for their flush. */
  commit(request: WriteRequest): readonly Partition[] {
    const { parts } = this.#state
    const dirty: number[] = []
    const relied: Partition[] = []
    this.#batches.forEach((batch, part) => {
      if (batch === undefined) return
      if (batch.isDirty) dirty.push(part)
      if (batch.isDirty || batch.unchanged > 0) relied.push(parts[part]!)
    })
    if (dirty.length > 1) this.#commitTogether(dirty, request.isHard)
    else if (dirty.length === 1) this.#take(dirty[0]!).commit(request.isHard ? HARD : SOFT)
    this.abandon()
    return relied
  }

  /** As a transaction: none of the batches stands before all logs have theirs. */
  #commitTogether(dirty: readonly number[], hard: boolean): void {
    const { parts, shapes, gate } = this.#state
    const transaction = { id: shapes.nextTransaction(), participants: dirty.map((part) => parts[part]!.id) }
    // A full disk shows before any of the logs was told.
    for (const part of dirty) this.#batches[part]!.prepare(transaction)
    const isLogged: boolean[] = []
    for (const part of dirty) {
      try {
        isLogged.push(this.#batches[part]!.write({ hard, transaction }))
      } catch (error) {
        this.#take(part)
        const told = dirty.slice(0, isLogged.length)
        // Recovery will take back what their logs were told: nothing may follow it.
        if (told.length > 0) gate.poisonWith(error)
        for (const part of told) parts[part]!.poison(error)
        throw error
      }
    }
    const batches = dirty.map((part) => this.#take(part))
    const changes = batches.map((batch, i) => batch.stand(isLogged[i]!))
    // Who hears of one may look at the others.
    batches.forEach((batch, i) => {
      batch.tell(changes[i])
    })
  }

  /** A batch that ends by itself. */
  #take(part: number): Batch {
    const batch = this.#batches[part]!
    this.#batches[part] = undefined
    return batch
  }

  /** Undoes what was not committed. */
  abandon(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    for (const batch of this.#batches) batch?.abandon()
  }
}
