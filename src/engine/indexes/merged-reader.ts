// A query in index order over several partitions: each yields its documents in order, and the least is taken next.

import { compareSorted, parsePath, valueAt } from '../../query/filters.ts'
import type { Constant, PathStep } from '../../query/index.ts'
import type { Document, Key } from '../../value/index.ts'
import type { Partition, Projection } from '../partition.ts'
import { projectable } from '../read/fields.ts'
import { MatchScan, matchesAt } from '../read/match.ts'
import { compileProjection } from '../read/projection.ts'
import type { SortField } from '../read/sort.ts'
import type { SortedQuery } from '../read/sorted-reader.ts'
import type { CollectionState } from '../state.ts'

interface Head {
  readonly values: readonly (Constant | undefined)[]
  readonly key: Key
  readonly address: number
  readonly slot: number
  readonly commits: number
}

/** The documents of one partition, in order, read ahead. */
interface Stream {
  readonly partition: Partition
  readonly scan: MatchScan
  heads: Head[]
  at: number
  isDone: boolean
}

const CHUNK = 32

export class MergedReader {
  readonly #state: CollectionState
  readonly #query: SortedQuery
  readonly #steps: readonly (readonly PathStep[])[]
  readonly #fields: Projection
  readonly #compare: CompareValues
  readonly #streams: Stream[]
  readonly #addresses = new Uint32Array(CHUNK)
  #skip: number
  #left: number

  constructor(state: CollectionState, query: SortedQuery) {
    this.#state = state
    this.#query = query
    this.#steps = query.sort.map(({ path }) => parsePath(path))
    this.#fields = compileProjection(this.#steps.map(projectable))
    this.#compare = comparerOf(query.sort)
    this.#streams = query.parts.map((partition) => ({
      partition,
      scan: new MatchScan(state, query.plan, [partition]),
      heads: [],
      at: 0,
      isDone: false,
    }))
    this.#skip = query.skip
    this.#left = query.limit
  }

  /** One step: appends at most `most` documents, possibly none; returns false when there are no more. */
  read(documents: Document[], most: number): boolean {
    if (this.#left === 0) return false
    for (let i = Math.min(most, this.#left); i > 0; i--) {
      const stream = this.#least()
      if (stream === undefined) {
        this.#left = 0
        break
      }
      // Its next documents have not been read yet.
      if (stream.at === stream.heads.length) break
      const head = stream.heads[stream.at++]!
      const address = this.#addressOf(stream.partition, head)
      if (address === 0) continue
      if (this.#skip > 0) {
        this.#skip--
        continue
      }
      const { projection } = this.#query
      const { partition } = stream
      documents.push(projection === undefined ? partition.read(address) : partition.project(address, projection))
      this.#left--
    }
    return true
  }

  /** The stream whose next document is the least, or one that must be read further before that is known. */
  #least(): Stream | undefined {
    let least: Stream | undefined
    for (const stream of this.#streams) {
      if (stream.at === stream.heads.length) {
        if (stream.isDone) continue
        this.#refill(stream)
        if (stream.isDone) continue
        if (stream.heads.length === 0) return stream
      }
      if (least === undefined || this.#isBefore(stream, least)) least = stream
    }
    return least
  }

  /** Equal documents keep the order of the partitions. */
  #isBefore(stream: Stream, least: Stream): boolean {
    return this.#compare(stream.heads[stream.at]!.values, least.heads[least.at]!.values) < 0
  }

  #refill(stream: Stream): void {
    const { partition, scan } = stream
    stream.heads = []
    stream.at = 0
    const count = scan.read(this.#addresses)
    stream.isDone = count < 0
    for (const address of this.#addresses.subarray(0, Math.max(0, count))) {
      const document = partition.project(address, this.#fields) as Constant
      const values = this.#steps.map((steps) => valueAt(document, steps))
      const slot = partition.store.slotOf(address)
      stream.heads.push({ values, key: partition.readKey(address), address, slot, commits: partition.commits })
    }
  }

  /** The current address of the document, if it is still in its partition and still matches; otherwise 0. */
  #addressOf(partition: Partition, head: Head): number {
    if (!this.#state.parts.includes(partition)) return 0
    if (partition.commits === head.commits) return head.address
    const address = partition.find(head.key)
    // In another slot it is a document inserted since, which the walk may still meet.
    if (address === 0 || partition.store.slotOf(address) !== head.slot) return 0
    return matchesAt(this.#query.plan.filter, partition, address) ? address : 0
  }
}

/** Compares the values of the fields of two documents. */
type CompareValues = (a: readonly (Constant | undefined)[], b: readonly (Constant | undefined)[]) => number

function comparerOf(fields: readonly SortField[]): CompareValues {
  const signs = fields.map(({ isDescending }) => (isDescending ? -1 : 1))
  return (a, b) => {
    for (let i = 0; i < signs.length; i++) {
      const outcome = compareSorted(a[i], b[i])
      if (outcome !== 0) return outcome * signs[i]!
    }
    return 0
  }
}
