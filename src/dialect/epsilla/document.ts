// Turns records, as the client gives them, into documents of the engine.

import { Refusal } from './response.ts'
import { type Field, isKept, SKIP, sent, Taking, type ToStored, toStored } from './schema.ts'

/** A record as the client gives it. */
export type EpsillaRecord = Record<string, unknown>

/** Orders records by arrival. No field can have this name. */
export const SEQUENCE = '@sequence'

/** A record as the engine stores it. */
export type Stored = Record<string, unknown>

let lastSequence = 0

/** Takes `count` numbers greater than all before, also those of an earlier process, and returns the first. */
function takeSequence(count: number): number {
  const first = Math.max(lastSequence + 1, Date.now() * 4096)
  lastSequence = first + count - 1
  return first
}

/** Sets a field, even one whose name every object gives a meaning to (`__proto__`). */
export function setField(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') target[name] = value
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Reads records by the fields of a table. */
export class DocumentReader {
  readonly #names: readonly string[]
  readonly #conversions: readonly ToStored[]
  /** Whether a field has the name of something that every object has. */
  readonly #isOwnAsked: boolean
  /** Whether a record may already be its stored form. */
  readonly #isKept: boolean

  /** @param fields - the fields that records give. */
  constructor(fields: readonly Field[]) {
    this.#names = fields.map(({ name }) => name)
    this.#conversions = fields.map(toStored)
    this.#isOwnAsked = this.#names.some((name) => name in Object.prototype)
    this.#isKept = !this.#isOwnAsked && fields.every(isKept)
  }

  /**
   * The documents of all records that are not skipped.
   *
   * @param taking - how texts and vectors are taken.
   * @throws Refusal for a record that lacks a field or has something other than numbers in a vector. With
   * `Taking.Trusts`, it may not name the first such record of the call.
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
        // Skipped only if its vectors hold numbers; otherwise this throws.
        else if (taking === Taking.Trusts) this.#document(record, i, first + i, Taking.Borrows)
      }
    }
    documents.length = count
    return documents
  }

  /**
   * Whether a record gives exactly the table's fields, in their order and in stored form, as far as these are not
   * trusted.
   */
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

  #document(given: EpsillaRecord, index: number, sequence: number, taking: Taking): Stored | undefined {
    const names = this.#names
    const record = isPlain(given) ? given : ((sent(given) ?? {}) as EpsillaRecord)
    // A copy, if the record has no other fields, is much faster than field by field.
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

/** Whether every object has a property that `for ... in` loops see. */
function isPolluted(): boolean {
  for (const _name in {}) return true
  return false
}

function isPlain(record: object): boolean {
  const prototype = Object.getPrototypeOf(record) as unknown
  return prototype === Object.prototype || prototype === null
}
