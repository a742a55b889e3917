// The code that runs filters is loaded by the first filter, and the first write to a large, freshly opened log makes
// all of it be read. The call that needs this waits, and calls made meanwhile without awaiting it queue behind it:
// calls take effect in the order in which they were made, regardless of what is loaded when.
//
// A call that waits must see its arguments as they were when it was made: whoever queues it copies them.

import { performance } from '../core/index.ts'
import { isAll } from './read/filter.ts'
import type { CollectionState } from './state.ts'

export class Line {
  readonly #state: CollectionState
  /** Resolves when all waiting calls have begun; null while none waits. */
  last: Promise<unknown> | null = null
  /** When the call that is running was made, on the clock of performance.now(), if it had to wait. */
  began: number | undefined

  constructor(state: CollectionState) {
    this.#state = state
  }

  /** Whether a call with this filter has to wait. Reading single fields needs the same code as filters. */
  keeps(filter: unknown, isReadingFields = false): boolean {
    return this.last !== null || (!this.#state.isQueryable && (isReadingFields || !isAll(filter)))
  }

  /** Whether a write has to wait. */
  get keepsWrites(): boolean {
    return this.last !== null || this.#state.isUnread
  }

  /** Runs a call once what it needs is loaded, after the calls already waiting. */
  enter<R>(call: () => Promise<R>, isWrite = false): Promise<R> {
    let answer!: Promise<R>
    const state = this.#state
    const made = performance.now()
    const ready = Promise.resolve(this.last).then(() => state.prepare(isWrite))
    const begun = ready.then(() => {
      const { gate } = state
      const { isClosed } = gate
      const { last } = this
      // The call takes effect in this stretch, as it would have without waiting: none is ahead of it now, and it was
      // made before any close.
      this.last = null
      gate.isClosed = false
      this.began = made
      answer = call()
      this.began = undefined
      // The call itself may have closed the database.
      gate.isClosed ||= isClosed
      this.last ??= last
    })
    const last: Promise<unknown> = begun
      .catch(() => {})
      .then(() => {
        if (this.last === last) this.last = null
      })
    this.last = last
    return begun.then(() => answer)
  }
}
