// Which operations a database allows right now. All its collections share one gate and ask it before each operation.

import { ClosedError, PoisonedError, type QuiverError, StateError } from '../error/index.ts'

export class Gate {
  /** The path as the user gave it, for messages. */
  readonly path: string
  readonly isReadOnly: boolean
  isClosed = true
  /** The failure after which nothing more may be written. */
  poison: unknown = undefined

  constructor(path: string, isReadOnly: boolean) {
    this.path = path
    this.isReadOnly = isReadOnly
    // Assigned twice: V8 treats a field assigned once as constant, and discards compiled code when the first database
    // closes.
    this.isClosed = false
  }

  /** Called when the outcome of a write is unknown. Later writes report the first such failure. */
  poisonWith(cause: unknown): void {
    this.poison ??= cause
  }

  /** Why nothing may be read, or null. */
  refuseRead(): QuiverError | null {
    if (!this.isClosed) return null
    return new ClosedError(`database "${this.path}" is closed`, { details: { path: this.path } })
  }

  /** Why nothing may be written, or null. */
  refuseWrite(): QuiverError | null {
    if (!this.isClosed && !this.isReadOnly && this.poison === undefined) return null
    if (this.isClosed) return this.refuseRead()
    if (this.isReadOnly) {
      return new StateError(`database "${this.path}" is open read-only; open it without readOnly to write`, {
        details: { path: this.path, readOnly: true },
      })
    }
    const reason = this.poison instanceof Error ? this.poison.message : String(this.poison)
    return new PoisonedError(
      `database "${this.path}" takes no more writes: the outcome of an earlier one is unknown (${reason}). ` +
        'Reads go on; close and open it again to write',
      { cause: this.poison, details: { path: this.path } },
    )
  }
}
