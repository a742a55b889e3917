// A query in an order: first all matches are gone through, keeping of each what it is sorted by and its key, then the documents are
// read one by one, in order, as they are at that time.
//
// Memory holds values and keys, never documents, of all matches or, with a limit, of the first `skip + limit`. A document that is
// deleted between the two phases is left out; one that changes comes as it is then, in the place it had.

import type { Constant } from '../query/index.ts'
import type { Document, Key } from '../value/index.ts'
import { FIELDS_CHUNK, FieldReader } from './fields.ts'
import { MatchScan } from './match.ts'
import { Sorter } from './order.ts'
import type { Partition, Projection } from './partition.ts'
import type { Plan } from './plan.ts'
import { type CompareValues, comparerOf, type SortField } from './sort.ts'
import type { CollectionState } from './state.ts'

interface Entry {
  readonly values: readonly (Constant | undefined)[]
  /** Of the scan. */
  readonly number: number
  readonly key: Key
  readonly partition: Partition
  /** Good as long as the partition has had no more commits than then. */
  readonly address: number
  readonly commits: number
}

export interface SortedQuery {
  readonly plan: Plan
  readonly parts: readonly Partition[]
  readonly sort: readonly SortField[]
  readonly projection: Projection | undefined
  readonly skip: number
  readonly limit: number
}

const encoder = new TextEncoder()

export class SortedReader {
  readonly #state: CollectionState
  readonly #query: SortedQuery
  readonly #scan: MatchScan
  readonly #fields: FieldReader
  readonly #compare: CompareValues
  readonly #sorter: Sorter<Entry>
  readonly #addresses = new Uint32Array(FIELDS_CHUNK)
  #phase: 'gather' | 'order' | 'deliver' = 'gather'
  #number = 0
  /** The last that is kept, and its text. */
  #bound: Entry | undefined
  #boundText = new Uint8Array(0)
  #skip: number
  #left: number

  constructor(state: CollectionState, query: SortedQuery) {
    this.#state = state
    this.#query = query
    this.#scan = new MatchScan(state, query.plan, query.parts)
    this.#fields = new FieldReader(query.sort.map(({ path }) => path))
    const compare = comparerOf(query.sort)
    this.#compare = compare
    this.#sorter = new Sorter((a, b) => compare(a.values, b.values) || a.number - b.number, query.skip + query.limit)
    this.#skip = query.skip
    this.#left = query.limit
  }

  /** One step: appends the next `most` documents or fewer; false when there are no more. May append none. */
  read(documents: Document[], most: number): boolean {
    if (this.#left === 0) return false
    if (this.#phase === 'gather') {
      if (!this.#gather()) this.#phase = 'order'
      return true
    }
    if (this.#phase === 'order') {
      if (this.#sorter.finish()) this.#phase = 'deliver'
      return true
    }
    for (let i = Math.min(most, this.#left); i > 0; i--) {
      const entry = this.#sorter.take()
      if (entry === undefined) {
        this.#left = 0
        break
      }
      if (this.#skip > 0) this.#skip--
      else if (this.#deliver(entry, documents)) this.#left--
    }
    return true
  }

  #gather(): boolean {
    const count = this.#scan.read(this.#addresses)
    const { partition } = this.#scan
    if (count > 0) this.#fields.fill(partition, this.#addresses, count)
    for (let i = 0; i < count; i++) {
      const number = this.#number++
      const { bound } = this.#sorter
      if (bound !== undefined && this.#isBehind(i, bound)) continue
      const values = this.#fields.values(i)
      // What is equal to the last that is kept comes behind it.
      if (bound !== undefined && this.#compare(values, bound.values) >= 0) continue
      const address = this.#addresses[i]!
      const key = partition.readKey(address)
      this.#sorter.add({ values, number, key, partition, address, commits: partition.commits })
    }
    return count >= 0
  }

  /** Whether it is certain that a document comes behind the last that is kept, by a number or text alone. */
  #isBehind(i: number, bound: Entry): boolean {
    const cells = this.#fields.columns[0]!
    const last = bound.values[0]
    let outcome: number
    if (typeof last === 'number' && cells.isNumber(i)) outcome = cells.numbers[i]! - last
    else if (typeof last === 'string' && cells.isText(i)) outcome = cells.compareText(i, this.#utf8Of(bound, last))
    else return false
    const { sort } = this.#query
    if (outcome === 0) return sort.length === 1
    return outcome > 0 !== sort[0]!.isDescending
  }

  #utf8Of(bound: Entry, text: string): Uint8Array {
    if (this.#bound !== bound) {
      this.#bound = bound
      this.#boundText = encoder.encode(text)
    }
    return this.#boundText
  }

  #deliver(entry: Entry, documents: Document[]): boolean {
    const { parts, projection } = this.#query
    let { partition, address } = entry
    if (partition.commits !== entry.commits || !this.#state.parts.includes(partition)) {
      address = this.#state.locate(entry.key)
      if (address === 0) return false
      partition = this.#state.parts[this.#state.locatedPart]!
      if (!parts.includes(partition)) return false
    }
    documents.push(projection === undefined ? partition.read(address) : partition.project(address, projection))
    return true
  }
}
