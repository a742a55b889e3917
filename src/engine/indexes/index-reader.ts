// Reading a collection through a named ordered index, without promises: for dialects whose queries name the index.

import type { IndexDefinition } from '../../catalog/index.ts'
import { NotFoundError } from '../../error/index.ts'
import type { Document } from '../../value/index.ts'
import type { Collection } from '../collection.ts'
import { resolveFilter } from '../read/filter.ts'
import { wishKeyOrder } from '../read/key-order.ts'
import { MatchScan } from '../read/match.ts'
import { type CollectionState, STATES } from '../state.ts'
import { planThrough } from './index-plan.ts'
import { between, type IndexTuple } from './index-range.ts'
import { entriesIn, type IndexAccess } from './index-ranges.ts'
import type { IndexRange } from './index-walk.ts'
import { completeKeyIndex, keyIndexOf } from './key-index.ts'
import { MergedReader } from './merged-reader.ts'

export type { IndexRange, IndexTuple }

const CHUNK = 256
const FIRST = 16

/** A reader of the key index, if it exists; otherwise repeated requests get one built. */
export function keyReader(collection: Collection): IndexReader | undefined {
  const state = STATES.get(collection)!
  const index = keyIndexOf(state)
  if (index !== undefined) return new IndexReader(collection, index)
  wishKeyOrder(state, state.count())
  return undefined
}

export class IndexReader {
  readonly #state: CollectionState
  readonly #index: IndexDefinition

  /**
   * @param name - the name of an index, or an index that the engine made itself.
   * @throws NotFoundError when the collection has no complete index of that name.
   */
  constructor(collection: Collection, name: string | IndexDefinition) {
    const state = STATES.get(collection)!
    const index = typeof name === 'string' ? state.indexes.find((one) => one.name === name) : name
    if (index === undefined) {
      throw new NotFoundError(`collection "${state.name}" has no index ${JSON.stringify(name)}`, {
        details: { collection: state.name, index: name },
      })
    }
    this.#state = state
    this.#index = index
  }

  /** The number of entries in a range, without reading them. */
  count(range: IndexRange): number {
    return entriesIn(this.#access(range), this.#state.parts)
  }

  /**
   * A reader of the documents in a range, in index order or, if descending, in reverse; equal ones come in slot order
   * either way. Each call returns the next document, fresh, or undefined at the end; others may write in between. With
   * a multi index each document comes once, and partitions come one after the other.
   *
   * @throws ClosedError, StateError when the index was dropped.
   */
  scan(range: IndexRange, isDescending = false): () => Document | undefined {
    const refill = this.#refill(range, isDescending)
    let documents: Document[] = []
    let next = 0
    return () => {
      while (next === documents.length) {
        const refusal = this.#state.refuseRead()
        if (refusal !== null) throw refusal
        documents = []
        next = 0
        if (!refill(documents)) return undefined
      }
      return documents[next++]
    }
  }

  /**
   * The documents with any of these tuples, tuple by tuple; with a multi index a document comes once per matching
   * element.
   */
  getAll(tuples: readonly IndexTuple[]): () => Document | undefined {
    const left = [...tuples]
    let read: (() => Document | undefined) | undefined
    return () => {
      for (;;) {
        const document = read?.()
        if (document !== undefined) return document
        const tuple = left.shift()
        if (tuple === undefined) return undefined
        read = this.scan(between(tuple, tuple))
      }
    }
  }

  #access(range: IndexRange): IndexAccess {
    return { index: this.#index, ranges: [range], isExact: true, fixed: 0 }
  }

  /** Appends the next documents; returns false when there are no more. */
  #refill(range: IndexRange, isDescending: boolean): (documents: Document[]) => boolean {
    const state = this.#state
    const { parts } = state
    // Documents may have been added since the index was requested.
    if (this.#index === state.keyIndex?.definition) completeKeyIndex(state)
    // The caller may want only the first few.
    let wanted = FIRST / 2
    const step = () => {
      wanted = Math.min(CHUNK, wanted * 2)
      return wanted
    }
    const plan = planThrough(this.#access(range), resolveFilter(undefined, 'an index'), true, isDescending)
    if (parts.length > 1 && !this.#index.multi) {
      const sort = this.#index.fields.map((path) => ({ path, isDescending }))
      const query = { plan, parts, sort, projection: undefined, skip: 0, limit: Infinity }
      const reader = new MergedReader(state, query)
      return (documents) => reader.read(documents, step())
    }
    const scan = new MatchScan(state, plan, parts)
    const addresses = new Uint32Array(CHUNK)
    return (documents) => {
      const count = scan.read(addresses.subarray(0, step()))
      if (count > 0) scan.partition.readMany(addresses, count, documents)
      return count >= 0
    }
  }
}
