// The batches of one write call, one per physical partition it touches. They are committed together: a single one by
// itself, several as a transaction, which recovery takes whole or not at all.

import type { Batch, PutMode } from '../batch.ts'
import type { WriteRequest } from '../options.ts'
import type { Partition } from '../partition.ts'
import { derivedPart } from '../parts.ts'
import type { CollectionState } from '../state.ts'

export const HARD = { hard: true }
export const SOFT = { hard: false }

/** The list for writes that no physical partition has to be flushed for; shared by all of them. */
export const NONE: readonly Partition[] = []

export class BatchSet {
  readonly #state: CollectionState
  readonly #batches: (Batch | undefined)[] = []
  #isOpen = true

  constructor(state: CollectionState) {
    this.#state = state
  }

  /** The batch of a physical partition; begun on first use. */
  of(part: number): Batch {
    let batch = this.#batches[part]
    if (batch === undefined) {
      batch = this.#state.parts[part]!.begin()
      this.#batches[part] = batch
    }
    return batch
  }

  /**
   * Stages a document; returns its operation number. Where a unique index spans several partitions it is run at once,
   * and undone if another partition has a duplicate.
   */
  put(part: number, document: object, mode: PutMode): number {
    const isCompared = this.#state.isUniqueAcross
    // Makes earlier documents visible first.
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

  /**
   * Writes what changed. Returns the physical partitions that must be flushed before the caller may rely on the result.
   */
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

  /** Commits as a transaction: no batch becomes final before all logs have theirs. */
  #commitTogether(dirty: readonly number[], hard: boolean): void {
    const { parts, shapes } = this.#state
    const transaction = { id: shapes.nextTransaction(), participants: dirty.map((part) => parts[part]!.id) }
    // A full disk shows here, before anything is written to a log.
    for (const part of dirty) this.#batches[part]!.prepare(transaction)
    const isLogged: boolean[] = []
    for (const part of dirty) {
      try {
        isLogged.push(this.#batches[part]!.write({ hard, transaction }))
      } catch (error) {
        this.#take(part)
        const told = dirty.slice(0, isLogged.length)
        // Recovery will drop what these logs were given: nothing may be written after it.
        for (const part of told) parts[part]!.poison(error)
        throw error
      }
    }
    const batches = dirty.map((part) => this.#take(part))
    const changes = batches.map((batch, i) => batch.stand(isLogged[i]!))
    // A listener told of one batch may look at the others.
    batches.forEach((batch, i) => {
      batch.tell(changes[i])
    })
  }

  /** Removes a batch from the set, to be ended by itself. */
  #take(part: number): Batch {
    const batch = this.#batches[part]!
    this.#batches[part] = undefined
    return batch
  }

  /** Undoes everything not committed. */
  abandon(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    for (const batch of this.#batches) batch?.abandon()
  }
}
