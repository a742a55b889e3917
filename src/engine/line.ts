// What runs filters is loaded with the first filter, and the first write to a large log that was just opened has the whole of it read. The
// call that has to waits for that, and those that are made meanwhile without awaiting it wait behind it: calls take effect in the order they
// were made, whatever is loaded when.
//
// A call that waits has to find what it was given as it was then: its maker copies it.

import { isAll } from './read/filter.ts'
import type { CollectionState } from './state.ts'

export class Line {
  readonly #state: CollectionState
  /** Resolves when the calls have begun that wait; null while none does. */
  last: Promise<unknown> | null = null

  constructor(state: CollectionState) {
    this.#state = state
  }

  /** Whether a call with this filter has to wait. Reading single fields takes what filters take. */
  keeps(filter: unknown, isReadingFields = false): boolean {
    return this.last !== null || (!this.#state.isQueryable && (isReadingFields || !isAll(filter)))
  }

  /** Whether a write has to wait. */
  get keepsWrites(): boolean {
    return this.last !== null || this.#state.isUnread
  }

  /** Makes a call once what it needs is there, after those that wait already. */
  enter<R>(call: () => Promise<R>, isWrite = false): Promise<R> {
    let answer!: Promise<R>
    const state = this.#state
    const ready = Promise.resolve(this.last).then(() => state.prepare(isWrite))
    const begun = ready.then(() => {
      const { gate } = state
      const { isClosed } = gate
      const { last } = this
      // It takes effect in this stretch, as it would have without waiting: nothing is before it now, and it came before a closing.
      this.last = null
      gate.isClosed = false
      answer = call()
      // The call itself may have closed it.
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
