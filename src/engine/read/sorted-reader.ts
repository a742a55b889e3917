// A sorted query in two phases: first all matches are found, keeping only the sort values and the place of each; then
// the documents are read one by one, in order, in their state at that time.
//
// Memory holds values and places, never documents, of all matches or, with a limit, of the first `skip + limit`. A
// document that is deleted, moves to another partition or stops matching between the two phases is left out; one that
// changes comes in its new state, at its old place.

import { Places } from '../../core/derived/index.ts'
import { compareSorted } from '../../query/filters.ts'
import type { Constant } from '../../query/index.ts'
import type { Document } from '../../value/index.ts'
import type { Partition, Projection } from '../partition.ts'
import type { CollectionState } from '../state.ts'
import { FIELDS_CHUNK, FieldReader } from './fields.ts'
import { wishKeyOrder } from './key-order.ts'
import { MatchScan, matchesAt } from './match.ts'
import { Sorter } from './order.ts'
import type { Plan } from './plan.ts'
import type { SortField } from './sort.ts'

export interface SortedQuery {
  readonly plan: Plan
  readonly parts: readonly Partition[]
  readonly sort: readonly SortField[]
  readonly projection: Projection | undefined
  readonly skip: number
  readonly limit: number
}

/** A partition at the time documents were found in it: their addresses are valid until its next commit. */
interface Stretch {
  readonly partition: Partition
  readonly commits: number
}

const encoder = new TextEncoder()

/** What is kept of each document, under a number. */
class Entries {
  readonly places = new Places()
  readonly stretches: Stretch[] = []
  /** For each field, its values. */
  readonly #columns: (Constant | undefined)[][]
  readonly #signs: readonly number[]
  /** The rank of each entry among equal ones: see `SortedReader.#placeOf`. */
  readonly #found: number[] = []
  readonly #stretch: number[] = []

  constructor(fields: readonly SortField[]) {
    this.#columns = fields.map(() => [])
    this.#signs = fields.map(({ isDescending }) => (isDescending ? -1 : 1))
  }

  get count(): number {
    return this.#found.length
  }

  /** Stores document `i` of those read last under a number: the next one, or one in use. */
  put(number: number, fields: FieldReader, i: number, found: number): void {
    for (let field = 0; field < this.#columns.length; field++) this.#columns[field]![number] = fields.value(i, field)
    this.#found[number] = found
    this.#stretch[number] = this.stretches.length - 1
    this.places.keep(number, i)
  }

  begin(partition: Partition): void {
    const { commits } = partition
    const last = this.stretches.at(-1)
    if (last?.partition !== partition || last.commits !== commits) this.stretches.push({ partition, commits })
  }

  /** Never 0 for two different numbers. */
  compare(a: number, b: number): number {
    for (let field = 0; field < this.#columns.length; field++) {
      const column = this.#columns[field]!
      const outcome = compareSorted(column[a], column[b])
      if (outcome !== 0) return outcome * this.#signs[field]!
    }
    return this.#found[a]! - this.#found[b]!
  }

  /** Whether document `i` of those read last comes after an entry. */
  isBehind(fields: FieldReader, i: number, found: number, number: number): boolean {
    for (let field = 0; field < this.#columns.length; field++) {
      const outcome = compareSorted(fields.value(i, field), this.#columns[field]![number])
      if (outcome !== 0) return outcome * this.#signs[field]! > 0
    }
    return found > this.#found[number]!
  }

  first(number: number): Constant | undefined {
    return this.#columns[0]![number]
  }

  stretch(number: number): Stretch {
    return this.stretches[this.#stretch[number]!]!
  }
}

export class SortedReader {
  readonly #state: CollectionState
  readonly #query: SortedQuery
  readonly #scan: MatchScan
  readonly #fields: FieldReader
  readonly #entries: Entries
  readonly #sorter: Sorter<number>
  readonly #addresses = new Uint32Array(FIELDS_CHUNK)
  #phase: 'gather' | 'order' | 'deliver' = 'gather'
  #found = 0
  /** Whether documents are found in the order of the scan. */
  readonly #isScanned: boolean
  /** First sort value of the last entry kept, if it is a string. */
  #boundText: string | undefined
  #boundUtf8 = new Uint8Array(0)
  #skip: number
  #left: number

  constructor(state: CollectionState, query: SortedQuery) {
    this.#state = state
    this.#query = query
    this.#scan = new MatchScan(state, query.plan, query.parts)
    this.#fields = new FieldReader(query.sort.map(({ path }) => path))
    this.#isScanned = query.plan.kind === 'scan'
    const entries = new Entries(query.sort)
    this.#entries = entries
    this.#sorter = new Sorter((a, b) => entries.compare(a, b), query.skip + query.limit)
    this.#skip = query.skip
    this.#left = query.limit
  }

  /** One step: appends at most `most` documents, possibly none; returns false when there are no more. */
  read(documents: Document[], most: number): boolean {
    if (this.#left === 0) return false
    if (this.#phase === 'gather') {
      if (this.#gather()) return true
      this.#phase = 'order'
      if (this.#query.sort[0]!.path === this.#state.primaryKey) wishKeyOrder(this.#state, this.#found)
      return true
    }
    if (this.#phase === 'order') {
      if (this.#sorter.finish()) this.#phase = 'deliver'
      return true
    }
    for (let i = Math.min(most, this.#left); i > 0; i--) {
      const number = this.#sorter.take()
      if (number === undefined) {
        this.#left = 0
        break
      }
      if (this.#skip > 0) this.#skip--
      else if (this.#deliver(number, documents)) this.#left--
    }
    return true
  }

  #gather(): boolean {
    const count = this.#scan.read(this.#addresses)
    if (count <= 0) return count === 0
    const { partition } = this.#scan
    const entries = this.#entries
    const fields = this.#fields
    fields.fill(partition, this.#addresses, count)
    let isIdentified = false
    for (let i = 0; i < count; i++) {
      const found = this.#placeOf(partition, i)
      const { bound } = this.#sorter
      if (bound !== undefined && (this.#isFarBehind(i, bound) || entries.isBehind(fields, i, found, bound))) continue
      if (!isIdentified) {
        entries.places.identify(partition.store.memory, this.#addresses, count)
        entries.begin(partition)
        isIdentified = true
      }
      const number = bound ?? entries.count
      entries.put(number, fields, i, found)
      if (bound === undefined) this.#sorter.add(number)
      else this.#sorter.replaceBound(number)
    }
    return true
  }

  /**
   * The place in the order of the scan, which decides between equals. Indexes and keys find documents in other orders;
   * if that counted, the pages of one query would not fit together, because the plan depends on how many documents are
   * requested.
   */
  #placeOf(partition: Partition, i: number): number {
    const found = this.#found++
    return this.#isScanned ? found : this.#scan.part * 2 ** 32 + partition.store.slotOf(this.#addresses[i]!)
  }

  /** Whether a document certainly comes after the last one kept, judged by a number or string alone. */
  #isFarBehind(i: number, bound: number): boolean {
    const cells = this.#fields.columns[0]!
    const last = this.#entries.first(bound)
    let outcome: number
    if (typeof last === 'number' && cells.isNumber(i)) outcome = cells.numbers[i]! - last
    else if (typeof last === 'string' && cells.isText(i)) outcome = cells.compareText(i, this.#utf8Of(last))
    else return false
    const { sort } = this.#query
    if (outcome === 0) return this.#isScanned && sort.length === 1
    return outcome > 0 !== sort[0]!.isDescending
  }

  #utf8Of(text: string): Uint8Array {
    if (this.#boundText !== text) {
      this.#boundText = text
      this.#boundUtf8 = encoder.encode(text)
    }
    return this.#boundUtf8
  }

  #deliver(number: number, documents: Document[]): boolean {
    const { projection } = this.#query
    const { places } = this.#entries
    const { partition, commits } = this.#entries.stretch(number)
    if (!this.#state.parts.includes(partition)) return false
    const isSame = partition.commits === commits
    const address = isSame ? places.address(number) : places.find(partition.store.memory, number)
    if (address === 0 || !(isSame || matchesAt(this.#query.plan.filter, partition, address))) return false
    documents.push(projection === undefined ? partition.read(address) : partition.project(address, projection))
    return true
  }
}
