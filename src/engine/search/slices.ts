// The time slices of a search.

import { performance } from '../../core/index.ts'
import { pause, SLICE_MS } from '../pause.ts'
import type { CollectionState } from '../state.ts'

/** Shared by all parts of a search. */
export class Slices {
  readonly #state: CollectionState
  #began = performance.now()

  constructor(state: CollectionState) {
    this.#state = state
  }

  get isOver(): boolean {
    return performance.now() - this.#began > SLICE_MS
  }

  async next(): Promise<void> {
    await pause()
    const refusal = this.#state.refuseRead()
    if (refusal !== null) throw refusal
    this.#began = performance.now()
  }
}
