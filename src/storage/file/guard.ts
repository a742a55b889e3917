// Whether what is written still gets into the directory at its path. A file that is open lives on when its directory is removed, moved
// away, or replaced by a copy, and when somebody deletes the lock and takes the directory over: every write and every flush succeeds,
// and what they acknowledge is in no database that is opened there next.

import { performance } from 'node:perf_hooks'
import type { HostError } from '../../error/index.ts'

/** A look takes 2 us, a flush 50 and more. */
const LOOK_MS = 100
/** So many writes pass without a look at the clock. */
const WRITES = 64

export class Guard {
  readonly #lossOf: () => HostError | undefined
  /** For good: what was written since is not there. */
  #loss: HostError | undefined
  #lookedAt = 0
  #writes = 0

  /** @param lossOf - looks, and answers why the directory is ours no more. */
  constructor(lossOf: () => HostError | undefined) {
    this.#lossOf = lossOf
  }

  /** Before a write. Answers whether it looked. */
  onWrite(): boolean {
    if (++this.#writes < WRITES && this.#loss === undefined) return false
    this.#writes = 0
    return this.onFlush()
  }

  /** After a flush, before anybody hears of it. Answers whether it looked. */
  onFlush(): boolean {
    if (this.#loss === undefined && performance.now() - this.#lookedAt < LOOK_MS) return false
    this.onName()
    return true
  }

  /** Before a name is made, changed or removed: where another database stands by now, it would be in that one. */
  onName(): void {
    this.#loss ??= this.#lossOf()
    if (this.#loss !== undefined) throw this.#loss
    this.#lookedAt = performance.now()
  }
}
