// What a feed has still to report. A reader may be far behind, or never read: each step takes the same time however
// much waits. (An array's `shift` moves all that is behind.)

import { type Datum, equal, type Fields, Time, toBase64 } from '../datum.ts'

/** Places before the first that are given up together. */
const PASSED_MAX = 1_024

/** First in, first out. */
export class Queue<T> {
  #items: (T | undefined)[] = []
  #first = 0

  get size(): number {
    return this.#items.length - this.#first
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#first]
    this.#items[this.#first++] = undefined
    if (this.#first > PASSED_MAX && this.#first * 2 > this.#items.length) this.retain(() => true)
    return item
  }

  retain(isKept: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#first).filter((item) => isKept(item as T))
    this.#first = 0
  }
}

export interface Change {
  readonly old: Datum
  new: Datum
  readonly extra: Fields | undefined
}

interface Pending extends Change {
  readonly identity: string | number | undefined
  /** Whether the document is again what it was. */
  isUndone: boolean
}

/** Changes, of which those of one document may be merged. */
export class Backlog {
  readonly #queue = new Queue<Pending>()
  readonly #byIdentity = new Map<string | number, Pending>()
  #undone = 0

  get size(): number {
    return this.#queue.size - this.#undone
  }

  /** @param key - of the document, if its changes are to be merged; `old` and `next` are then copies. */
  add(key: Datum | undefined, old: Datum, next: Datum, extra: Fields | undefined): void {
    const identity = key === undefined ? undefined : identityOf(key)
    const pending: Pending = { old, new: next, extra, identity, isUndone: false }
    if (identity !== undefined) this.#byIdentity.set(identity, pending)
    this.#queue.push(pending)
  }

  /** Merges a change into the one of that document, if one waits; returns whether it did. */
  merge(key: Datum, next: Datum): boolean {
    const identity = identityOf(key)
    const same = this.#byIdentity.get(identity)
    if (same === undefined) return false
    same.new = next
    if (equal(same.old, next)) {
      same.isUndone = true
      this.#byIdentity.delete(identity)
      this.#undone++
      if (this.#undone > PASSED_MAX && this.#undone > this.size) {
        this.#queue.retain(({ isUndone }) => !isUndone)
        this.#undone = 0
      }
    }
    return true
  }

  /** The oldest one. */
  shift(): Change | undefined {
    for (;;) {
      const pending = this.#queue.shift()
      if (pending?.isUndone) {
        this.#undone--
        continue
      }
      if (pending?.identity !== undefined) this.#byIdentity.delete(pending.identity)
      return pending
    }
  }
}

/** The same for equal keys. No primary key has a NULL in it. */
function identityOf(key: Datum): string | number {
  if (typeof key === 'string' || typeof key === 'number') return key
  if (key instanceof Time) return `\0t${key.epoch}`
  if (key instanceof Uint8Array) return `\0b${toBase64(key)}`
  if (Array.isArray(key)) return `\0a${JSON.stringify(key.map(identityOf))}`
  return `\0${key}`
}
