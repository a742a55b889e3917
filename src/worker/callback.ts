// A function that only the page has, as the engine sees it in the worker: it answers from what the page answered before. What is
// missing is gathered, the call is given up before it has written anything, and made again with the answers.

import { isSame, unpack, unpackError } from './pack.ts'
import type { CallbackAnswer, Hole } from './protocol.ts'

/** Reason of the abort of a call that needs more answers. */
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

  /** How many of the answers still fit. */
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
    // Whatever is answered here is never written.
    return this.#isConflict ? args[1] : {}
  }
}
