// What runs filters is loaded with the first filter. The call that has it waits for that, and those that are made meanwhile without
// awaiting it wait behind it: calls take effect in the order they were made, whatever is loaded when.
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

  /** Makes a call once filters run, after those that wait already. */
  enter<R>(call: () => Promise<R>): Promise<R> {
    let answer!: Promise<R>
    const begun = (this.last ?? this.#state.prepare()).then(() => {
      const { gate } = this.#state
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
