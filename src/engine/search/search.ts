// A search over the partitions of a collection. Each is searched in steps, and others may write between steps; in the
// end the results are checked, and a partition whose results no longer hold is searched again without a pause. So every
// hit is stored as reported when the search resolves. A document inserted or changed meanwhile may be missed, as if the
// search had run earlier. Then the hits are grouped and read, in steps as well (undisturbed.ts).

import { SlotSet } from '../../core/derived/index.ts'
import type { Document, Key } from '../../value/index.ts'
import type { Partition } from '../partition.ts'
import { FieldReader } from '../read/fields.ts'
import { isEverything } from '../read/filter.ts'
import { MatchScan, matchesAt } from '../read/match.ts'
import { type Plan, planOf } from '../read/plan.ts'
import type { CollectionState } from '../state.ts'
import { GROUP_AHEAD, groupIdentity, pickGroups } from './search-group.ts'
import type { SearchExplanation, SearchHit, SearchRequest } from './search-options.ts'
import { type After, beginSearch, type PartitionHits, type PartitionSearch } from './search-plan.ts'
import { Slices } from './slices.ts'
import { STEP_HITS, type Steps, undisturbed, untilDone } from './undisturbed.ts'

/** A hit before its document is read. */
export interface Place {
  readonly distance: number
  /** Index of its partition in the request. */
  readonly part: number
  readonly slot: number
  readonly record: number
}

/** The last position of an iterator, and how many hits its pages have had. */
export type Page = (Pick<Place, 'distance' | 'part' | 'slot'> & { readonly passed: number }) | undefined

/** The search of one partition, and its documents that match. */
class Part {
  readonly partition: Partition
  readonly index: number
  readonly #state: CollectionState
  readonly #request: SearchRequest
  readonly #isFiltered: boolean
  #slots: SlotSet | undefined
  #plan: Plan | undefined
  #marking: MatchScan | undefined
  #markedTo = 0
  #search: PartitionSearch | undefined
  /** The hits of each query, once they have been asked for. */
  readonly #hits: PartitionHits[] = []
  /** See `Partition.commits`. */
  #commits = -1
  readonly #count: number
  readonly #after: After | undefined
  readonly #passed: number = 0

  constructor(state: CollectionState, request: SearchRequest, index: number, count: number, page: Page) {
    this.#state = state
    this.#request = request
    this.index = index
    this.partition = request.parts[index]!
    this.#isFiltered = !isEverything(request.filter)
    this.#count = count
    // Among ties with the last hit, those in earlier partitions have been returned, those in later ones have not.
    if (page !== undefined) {
      const slot = index < page.part ? 0xffffffff : index === page.part ? page.slot + 1 : 0
      this.#after = { distance: page.distance, slot }
      this.#passed = Math.ceil(page.passed / request.parts.length)
    }
  }

  get matched(): number {
    return this.#slots?.count ?? 0
  }

  get search(): PartitionSearch | undefined {
    return this.#search
  }

  /** Works a little; returns false when there is no more to do. */
  step(): boolean {
    const { partition } = this
    if (this.#commits < 0) this.#commits = partition.commits
    if (this.#isFiltered && this.#search === undefined && this.#mark()) return true
    this.#search ??= this.#begin()
    return this.#search.step()
  }

  #begin(): PartitionSearch {
    const { partition } = this
    return beginSearch({
      request: this.#request,
      partition,
      count: this.#count,
      after: this.#after,
      passed: this.#passed,
      slots: this.#slots,
    })
  }

  /** Looks for documents that match; returns false when all have been examined. */
  #mark(): boolean {
    const { partition } = this
    this.#slots ??= new SlotSet(partition.store.memory, partition.store.slots)
    const { filter } = this.#request
    this.#plan ??= planOf(this.#state, filter, [partition])
    if (this.#plan.kind === 'scan' && filter.program !== undefined && filter.residual === undefined) {
      // The core can do this on its own.
      if (this.#markedTo >= 0)
        this.#markedTo = partition.store.filters.mark(filter.program, this.#markedTo, this.#slots).next
      return this.#markedTo >= 0
    }
    this.#marking ??= new MatchScan(this.#state, this.#plan, [partition])
    const count = this.#marking.read(addresses)
    if (count < 0) return false
    this.#slots.addRecords(addresses, count)
    return true
  }

  /** Makes sure that what was found is what is stored now. */
  settle(): void {
    const { partition } = this
    if (this.#search === undefined || partition.commits === this.#commits) return
    this.#commits = partition.commits
    if (this.#search.holds()) {
      for (const { slots, records } of this.#hits) {
        for (let i = 0; i < slots.length; i++) records[i] = partition.store.inverted.addressOf(slots[i]!)
      }
      if (!this.#isFiltered || this.#hitsMatch()) return
    }
    this.#hits.length = 0
    if (this.#isFiltered) {
      this.#slots?.release()
      this.#slots = undefined
      this.#marking = undefined
      this.#markedTo = 0
      while (this.#mark());
    }
    this.#search.release()
    this.#search = this.#begin()
    while (this.#search.step());
  }

  /** Whether everything found still matches the filter. */
  #hitsMatch(): boolean {
    const { filter, queries } = this.#request
    return queries.every((_, query) =>
      this.hits(query).records.every((record) => matchesAt(filter, this.partition, record)),
    )
  }

  hits(query: number): PartitionHits {
    this.#hits[query] ??= this.#search!.hits(query)
    return this.#hits[query]!
  }

  release(): void {
    this.#search?.release()
    this.#slots?.release()
    this.#search = undefined
    this.#slots = undefined
  }
}

const addresses = new Uint32Array(1024)

type Take<R> = (lists: readonly (readonly Place[])[], explanation: SearchExplanation) => Steps<R>

/** The hits of a search before documents are read, one list per query. If others write during `take`, it begins anew. */
export async function searchPlaces<R>(
  state: CollectionState,
  request: SearchRequest,
  count: number,
  page: Page,
  take: Take<R>,
): Promise<R> {
  const { filter, queries, field } = request
  const indexes = [...request.parts.keys()].filter((i) => request.parts[i]!.store.vectors.count(field) > 0)
  const parts =
    filter.isNever || count === 0 || queries.length === 0
      ? []
      : indexes.map((index) => new Part(state, request, index, count, page))
  const slices = new Slices(state)
  try {
    for (const part of parts) {
      // A partition dropped meanwhile has no documents.
      while (state.parts.includes(part.partition) && part.step()) if (slices.isOver) await slices.next()
    }
    return await untilDone((mayRest) => {
      const found = parts.filter((part) => part.search !== undefined && state.parts.includes(part.partition))
      for (const part of found) part.settle()
      const steps = function* (): Steps<R> {
        const lists: Place[][] = []
        for (let query = 0; query < queries.length; query++) {
          if (lists.push(merged(found, query, count)) > 1) yield
        }
        return yield* take(lists, explanationOf(found, lists, !isEverything(filter)))
      }
      const searched = found.map(({ partition }) => partition)
      return undisturbed(state, searched, steps(), mayRest)
    })
  } finally {
    for (const part of parts) part.release()
  }
}

function merged(parts: readonly Part[], query: number, count: number): Place[] {
  const places: Place[] = []
  for (const part of parts) {
    const { distances, slots, records } = part.hits(query)
    for (let i = 0; i < distances.length; i++) {
      places.push({ distance: distances[i]!, part: part.index, slot: slots[i]!, record: records[i]! })
    }
  }
  if (parts.length < 2) return places
  places.sort((a, b) => a.distance - b.distance || a.part - b.part || a.slot - b.slot)
  return places.slice(0, count)
}

function explanationOf(
  parts: readonly Part[],
  lists: readonly (readonly Place[])[],
  isFiltered: boolean,
): SearchExplanation {
  const sum = (of: (part: Part) => number) => parts.reduce((total, part) => total + of(part), 0)
  const visited = sum((part) => part.search!.visited)
  return {
    plan: parts.some((part) => part.search!.plan === 'graph') ? 'graph' : 'exact',
    ...(isFiltered ? { matched: sum((part) => part.matched) } : {}),
    examined: sum((part) => part.search!.examined),
    rescored: sum((part) => part.search!.rescored),
    ...(visited === 0 ? {} : { visited }),
    returned: lists.reduce((total, list) => total + list.length, 0),
  }
}

/** The hits of each query, and how they were found. */
export async function runSearch(
  state: CollectionState,
  request: SearchRequest,
): Promise<{ readonly lists: SearchHit[][]; readonly explanation: SearchExplanation }> {
  const { limit, offset, group } = request
  const read = hitReader(state, request)
  if (group !== undefined) return await runGrouped(state, request, read)
  const count = limit === 0 ? 0 : limit + offset
  return await searchPlaces(state, request, count, undefined, function* (lists, explanation) {
    const hits: SearchHit[][] = []
    for (const list of lists) {
      const places = list.slice(offset, offset + limit)
      // Most are few, and need no generator.
      hits.push(places.length < STEP_HITS ? places.map(read) : yield* readAll(places, read))
    }
    const returned = hits.reduce((total, list) => total + list.length, 0)
    return { lists: hits, explanation: { ...explanation, returned } }
  })
}

export function* readAll(places: readonly Place[], read: (place: Place) => SearchHit): Steps<SearchHit[]> {
  const hits: SearchHit[] = []
  for (const place of places) if (hits.push(read(place)) % STEP_HITS === 0) yield
  return hits
}

/** Reads the document of a hit. */
export function hitReader(state: CollectionState, { parts, projection }: SearchRequest): (place: Place) => SearchHit {
  const vectors = new Set(state.definition.vectors.map(({ name }) => name))
  return ({ part, record, distance }) => {
    const { reader } = parts[part]!.store
    const document: Document =
      projection === undefined ? reader.readExcept(record, vectors) : parts[part]!.project(record, projection)
    return { id: reader.readKey(record) as Key, distance, document }
  }
}

/** The nearest hits, a few per group: requests ever more hits until the groups are full or there are no more. */
async function runGrouped(
  state: CollectionState,
  request: SearchRequest,
  read: (place: Place) => SearchHit,
): Promise<{ readonly lists: SearchHit[][]; readonly explanation: SearchExplanation }> {
  const { limit, offset, group } = request
  const { path, size } = group!
  const fields = new FieldReader([path])
  const identityOf = ({ part, record }: Place) => {
    fields.fill(request.parts[part]!, Uint32Array.of(record), 1)
    return groupIdentity(fields.value(0, 0), group!)
  }
  const groups = limit === 0 ? 0 : limit + offset
  for (let count = Math.min(groups * size * GROUP_AHEAD, 1e9); ; count *= GROUP_AHEAD) {
    const answer = await searchPlaces(state, request, count, undefined, function* (lists, explanation) {
      const chosen: SearchHit[][] = []
      for (const list of lists) {
        const places = yield* pickGroups(list, identityOf, groups, size, offset, list.length < count)
        if (places === undefined) return undefined
        chosen.push(yield* readAll(places, read))
      }
      const returned = chosen.reduce((total, list) => total + list.length, 0)
      return { lists: chosen, explanation: { ...explanation, returned } }
    })
    if (answer !== undefined) return answer
  }
}
