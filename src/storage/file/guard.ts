// Detects that writes no longer reach the directory at its path. An open file lives on when its directory is removed,
// moved away, or replaced by a copy, and when somebody deletes the lock and takes the directory over: every write and
// every flush succeeds, but what they acknowledge is not in the database opened there next.

import { performance } from 'node:perf_hooks'
import type { HostError } from '../../error/index.ts'

/** A check takes 2 us, a flush 50 and more. */
const LOOK_MS = 100
/** Number of writes between looks at the clock. */
const WRITES = 64

export class Guard {
  readonly #lossOf: () => HostError | undefined
  /** Permanent: everything written since then is lost. */
  #loss: HostError | undefined
  #lookedAt = 0
  #writes = 0

  /** @param lossOf - checks, and returns the reason if the directory is no longer ours. */
  constructor(lossOf: () => HostError | undefined) {
    this.#lossOf = lossOf
  }

  /** Called before a write. Returns whether it checked. */
  onWrite(): boolean {
    if (++this.#writes < WRITES && this.#loss === undefined) return false
    this.#writes = 0
    return this.onFlush()
  }

  /** Called after a flush, before anybody is told of it. Returns whether it checked. */
  onFlush(): boolean {
    if (this.#loss === undefined && performance.now() - this.#lookedAt < LOOK_MS) return false
    this.onName()
    return true
  }

  /**
   * Called before a name is created, changed or removed: if another database has taken the place, that one would be
   * changed.
   */
  onName(): void {
    this.#loss ??= this.#lossOf()
    if (this.#loss !== undefined) throw this.#loss
    this.#lookedAt = performance.now()
  }
}
