// Records as the client gives them, as documents of the engine.

import { Refusal } from './response.ts'
import { type Field, isKept, SKIP, Taking, type ToStored, toStored } from './schema.ts'

/** A record in the form of the client. */
export type EpsillaRecord = Record<string, unknown>

/** Orders records by when they came. No field can be called so. */
export const SEQUENCE = '@sequence'

/** A record in the form of the engine. */
export type Stored = Record<string, unknown>

let lastSequence = 0

/** The first of so many numbers, greater than all before, also those of an earlier process. */
function takeSequence(count: number): number {
  const first = Math.max(lastSequence + 1, Date.now() * 4096)
  lastSequence = first + count - 1
  return first
}

/** Sets a field, also one that every object has a meaning for (`__proto__`). */
export function setField(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') target[name] = value
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Reads records by the fields of a table. */
export class DocumentReader {
  readonly #names: readonly string[]
  readonly #conversions: readonly ToStored[]
  /** Whether a field is called like something that every object has. */
  readonly #isOwnAsked: boolean
  /** Whether records may be what is stored of them. */
  readonly #isKept: boolean

  /** @param fields - those that records give. */
  constructor(fields: readonly Field[]) {
    this.#names = fields.map(({ name }) => name)
    this.#conversions = fields.map(toStored)
    this.#isOwnAsked = this.#names.some((name) => name in Object.prototype)
    this.#isKept = !this.#isOwnAsked && fields.every(isKept)
  }

  /**
   * The documents of records that are not skipped.
   *
   * @param taking - what becomes of texts and vectors.
   * @throws Refusal for a record without a field, or with a vector of something else than numbers. Where they are trusted it may not be
   *   the first of the call.
   */
  read(records: readonly unknown[], taking: Taking): Stored[] {
    const documents = new Array<Stored>(records.length)
    let count = 0
    const first = takeSequence(records.length)
    const mayBeStored = taking === Taking.Trusts && this.#isKept && !isPolluted()
    for (let i = 0; i < records.length; i++) {
      const record = (records[i] ?? {}) as EpsillaRecord
      if (mayBeStored && this.#isStored(record, i)) documents[count++] = { [SEQUENCE]: first + i, ...record }
      else {
        const document = this.#document(record, i, first + i, taking)
        if (document !== undefined) documents[count++] = document
        // It is skipped only if its vectors are of numbers.
        else if (taking === Taking.Trusts) this.#document(record, i, first + i, Taking.Borrows)
      }
    }
    documents.length = count
    return documents
  }

  /** Whether a record gives just the fields of the table, in their order, and what is stored of it, as far as that is not trusted. */
  #isStored(record: EpsillaRecord, index: number): boolean {
    const names = this.#names
    if (!isPlain(record)) return false
    let at = 0
    for (const name in record) {
      if (name !== names[at]) return false
      const value = record[name]
      if (value === undefined || this.#conversions[at]!(value, index, Taking.Trusts) !== value) return false
      at++
    }
    return at === names.length
  }

  #document(record: EpsillaRecord, index: number, sequence: number, taking: Taking): Stored | undefined {
    const names = this.#names
    // A copy with nothing else in it is much quicker than field by field.
    const isCopy = !this.#isOwnAsked && isPlain(record) && Object.keys(record).length === names.length
    const document: Stored = isCopy ? { [SEQUENCE]: sequence, ...record } : { [SEQUENCE]: sequence }
    let isSkipped = false
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!
      const value = this.#isOwnAsked && !Object.hasOwn(record, name) ? undefined : record[name]
      if (value === undefined) throw new Refusal(500, `Record ${index} missing field: ${name}`)
      const stored = this.#conversions[i]!(value, index, taking)
      if (stored === SKIP) isSkipped = true
      else if (!isCopy || stored !== value) setField(document, name, stored)
    }
    return isSkipped ? undefined : document
  }
}

/** Whether every object has a property that loops over it meet. */
function isPolluted(): boolean {
  for (const _name in {}) return true
  return false
}

function isPlain(record: object): boolean {
  const prototype = Object.getPrototypeOf(record) as unknown
  return prototype === Object.prototype || prototype === null
}
