// One client's hold on a store: acquired at the first operation, released by close, acquired again by the next
// operation.

import { DEFAULT_DATABASE } from './constants.ts'
import { SeekdbError } from './errors.ts'
import type { Hold, Location } from './location.ts'
import type { Store } from './store.ts'

export class Session {
  readonly #location: Location
  readonly database: string
  #hold: Hold | undefined
  #opening: Promise<Store> | undefined
  #wasConnected = false

  constructor(location: Location, database: string = DEFAULT_DATABASE) {
    this.#location = location
    this.database = database
  }

  /** Whether any operation has reached the store, even if it has been closed since. */
  get wasConnected(): boolean {
    return this.#wasConnected
  }

  /** The store, if it is open. */
  get openStore(): Store | undefined {
    return this.#hold?.store
  }

  /** @throws SeekdbConnectionError when the store does not open, SeekdbError when it has no such database. */
  async store(): Promise<Store> {
    if (this.#hold !== undefined) return this.#hold.store
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return await this.#opening
  }

  async #open(): Promise<Store> {
    const hold = await this.#location.acquire()
    if (!hold.store.hasDatabase(this.database)) {
      await hold.release()
      throw new SeekdbError(`Unknown database '${this.database}'`)
    }
    this.#hold = hold
    this.#wasConnected = true
    return hold.store
  }

  /** Releases the store; its contents are on disk then. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => {})
    const hold = this.#hold
    this.#hold = undefined
    await hold?.release()
  }
}
