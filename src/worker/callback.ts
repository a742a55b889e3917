// Stands in the worker for a function that only the page has: it returns results that the page has computed before.
// Calls without a known result are collected, and the engine's call is aborted before it has written anything, and
// repeated with the results.

import { isSame, unpack, unpackError } from './pack.ts'
import type { CallbackAnswer, Hole } from './protocol.ts'

/** The abort reason of a call that needs more results. */
export const NEEDS = new Error('the call needs answers')

export class Callback {
  readonly #answers: readonly CallbackAnswer[]
  readonly #isConflict: boolean
  readonly #abort: AbortController
  #used = 0
  readonly needs: unknown[] = []

  constructor(answers: readonly CallbackAnswer[], hole: Hole, abort: AbortController) {
    this.#answers = answers
    this.#isConflict = hole[0].length > 1
    this.#abort = abort
  }

  /** How many of the results were still applicable. */
  get used(): number {
    return this.#used
  }

  readonly call = (...args: unknown[]): unknown => {
    const known = this.needs.length === 0 ? this.#answers[this.#used] : undefined
    if (known !== undefined && isSame(known.args, args)) {
      this.#used++
      if (known.error !== undefined) throw unpackError(known.error)
      return unpack(known.answer!)
    }
    this.needs.push(args)
    this.#abort.abort(NEEDS)
    // A placeholder, which is never written.
    return this.#isConflict ? args[1] : {}
  }
}
