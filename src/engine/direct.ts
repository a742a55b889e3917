// A collection without promises: reads return at once, and the steps of a write see each other. For dialects whose
// queries read and write in one synchronous stretch. A write is visible when `commit` returns; the promise that
// `commit` may return is about the disk. This is a separate door, which users of the native interface never load.

import { UnsupportedError } from '../error/index.ts'
import type { Document, Key } from '../value/index.ts'
import { Outcome, PutMode } from './batch.ts'
import type { Collection } from './collection.ts'
import type { Database } from './database.ts'
import type { IndexReader } from './indexes/index-reader.ts'
import { keyIdentity } from './key.ts'
import { ConflictRule, WriteRequest } from './options.ts'
import type { Partition } from './partition.ts'
import { DIRECT, derivedPart, queriesPart } from './parts.ts'

export { NAMES } from './parts.ts'

import { type Filter, isEverything, resolveFilter } from './read/filter.ts'
import type { FindOptions } from './read/find.ts'
import { MatchScan } from './read/match.ts'
import { planOf } from './read/plan.ts'
import type { Projection } from './read/projection.ts'
import { type CollectionState, STATES } from './state.ts'
import { acknowledge } from './write/acknowledge.ts'
import { applyInsert, insertInto, insertOne } from './write/insert.ts'
import { reasonOf } from './write/refusal.ts'
import { emptyResult, type WriteResult } from './write/result.ts'
import { BatchSet } from './write/transaction.ts'
import { type Watcher, watch } from './write/watch.ts'

const CHUNK = 256

export class Direct {
  readonly #collection: Collection
  readonly #state: CollectionState
  readonly #strictInsert: WriteRequest
  readonly #strictUpsert: WriteRequest

  constructor(collection: Collection) {
    const state = STATES.get(collection)!
    this.#collection = collection
    this.#state = state
    this.#strictInsert = strictRequest(state.insertRequest)
    this.#strictUpsert = strictRequest(state.upsertRequest)
  }

  /** Whether the collection is still there, and has this name. */
  isNamed(name: string): boolean {
    return this.#state.name === name && !this.#state.isDropped
  }

  /** Whether writes are hard by default; false in memory. */
  get isHard(): boolean {
    return this.#state.isHard
  }

  /** Whether much of a large log that was just opened is still to be read. */
  get isUnread(): boolean {
    return this.#state.isUnread
  }

  get count(): number {
    this.#requireOpen()
    return this.#state.count()
  }

  /**
   * Counts writes, whoever makes them: a result computed from the documents holds as long as the version is unchanged.
   */
  get version(): number {
    let version = 0
    for (const part of this.#state.parts) version += part.commits
    return version
  }

  /** The document with this key, as a fresh object, or undefined. Throws when the key is not valid. */
  get(key: Key): Document | undefined {
    this.#requireOpen()
    const state = this.#state
    const { single } = state
    if (single !== null) {
      const address = single.find(key)
      return address === 0 ? undefined : single.read(address)
    }
    const address = state.locate(key)
    return address === 0 ? undefined : state.parts[state.locatedPart]!.read(address)
  }

  /** Some fields of the document with this key, or undefined if there is none. */
  getFields(key: Key, fields: Projection): Document | undefined {
    this.#requireOpen()
    const state = this.#state
    const address = state.locate(key)
    return address === 0 ? undefined : state.parts[state.locatedPart]!.project(address, fields)
  }

  /**
   * A reader of all documents: each call returns the next one, fresh, or undefined at the end. Others may write in
   * between.
   */
  scan(): () => Document | undefined {
    const state = this.#state
    const addresses = new Uint32Array(CHUNK)
    const scan = new MatchScan(state, planOf(state, resolveFilter(undefined, 'find')), state.parts)
    let documents: Document[] = []
    let next = 0
    const refill = (): boolean => {
      for (;;) {
        this.#requireOpen()
        const count = scan.read(addresses, true)
        if (count < 0) return false
        if (count === 0) continue
        documents = []
        scan.partition.readMany(addresses, count, documents)
        next = 0
        return true
      }
    }
    return () => (next < documents.length || refill() ? documents[next++] : undefined)
  }

  /**
   * A reader of the matching documents, as with `scan`. A write in between may change what comes next: read everything
   * first.
   */
  find(filter: Filter): () => Document | undefined {
    return this.#matches(filter, (partition, address) => partition.read(address))
  }

  /** The same for keys only. */
  keys(filter?: Filter): () => Key | undefined {
    return this.#matches(filter, (partition, address) => partition.readKey(address))
  }

  #matches<V>(filter: Filter | undefined, read: (partition: Partition, address: number) => V): () => V | undefined {
    this.#requireOpen()
    const state = this.#state
    const resolved = resolveFilter(filter, 'find')
    const scan = new MatchScan(state, planOf(state, resolved), state.parts)
    const addresses = new Uint32Array(CHUNK)
    let found: V[] = []
    let next = 0
    // The caller may want only the first few.
    let wanted = 8
    return () => {
      while (next === found.length) {
        this.#requireOpen()
        const count = scan.read(addresses.subarray(0, wanted))
        if (count < 0) return undefined
        wanted = Math.min(CHUNK, wanted * 2)
        found = []
        next = 0
        for (let i = 0; i < count; i++) found.push(read(scan.partition, addresses[i]!))
      }
      return found[next++]
    }
  }

  /** The ordered index of this name, or undefined. */
  index(name: string): IndexReader | undefined {
    const index = this.#state.indexes.find((one) => one.name === name)
    return index === undefined ? undefined : new derivedPart.now!.IndexReader(this.#collection, name)
  }

  /** The index of the primary key, which the engine builds once it is asked for repeatedly; undefined until then. */
  keyIndex(): IndexReader | undefined {
    if (derivedPart.now === undefined) derivedPart.load().catch(() => {})
    return derivedPart.now?.keyReader(this.#collection)
  }

  /** Reports every write to the collection, whoever makes it; returns a function that stops it. */
  watch(watcher: Watcher): () => void {
    return watch(this.#state, watcher)
  }

  /** How many documents match. */
  countOf(filter: Filter): number {
    this.#requireOpen()
    const state = this.#state
    const resolved = resolveFilter(filter, 'count')
    if (isEverything(resolved)) return state.count()
    const scan = new MatchScan(state, planOf(state, resolved), state.parts)
    let total = 0
    for (let count = scan.count(); count >= 0; count = scan.count()) total += count
    return total
  }

  /** Begins a write; no other may begin until it is committed or abandoned. */
  begin(isHard: boolean): DirectWrite {
    this.#requireWritable()
    return new DirectWrite(this.#state, new WriteRequest(isHard && this.#state.isOnDisk))
  }

  /**
   * Inserts or replaces documents as they are: the short way of `Collection.insert`. Positions are indexes into the
   * list.
   */
  insert(documents: readonly unknown[], isReplacing: boolean, isHard: boolean): DirectInsert {
    const state = this.#state
    let request = isReplacing ? state.upsertRequest : state.insertRequest
    if (request.isHard !== (isHard && state.isOnDisk)) {
      request = new WriteRequest(isHard && state.isOnDisk)
      if (isReplacing) request.conflict = ConflictRule.Replace
    }
    return this.#insert(documents, request)
  }

  /**
   * The same, as durable as the collection is. Throws the error of the first document that cannot be stored, and then
   * nothing is written; documents whose keys are taken are counted.
   */
  insertStrictly(documents: readonly unknown[], isReplacing: boolean): DirectInsert {
    return this.#insert(documents, isReplacing ? this.#strictUpsert : this.#strictInsert)
  }

  #insert(documents: readonly unknown[], request: WriteRequest): DirectInsert {
    this.#requireWritable()
    const state = this.#state
    const { single } = state
    const result =
      single === null
        ? applyInsert(state, documents, request, 0)
        : documents.length === 1
          ? insertOne(state, single, documents[0] as object, request, 0)
          : insertInto(state, single, documents, request, 0)
    return { result, done: settled(state, request, result) }
  }

  /**
   * Before a write, or this find: if much of a large log that was just opened is still to be read, reads it while the
   * event loop turns.
   */
  readOn(find?: Pick<FindOptions, 'filter'>): Promise<void> | undefined {
    return this.isUnread ? queriesPart.now!.readOn(this.#state, find) : undefined
  }

  /** Resolves when everything written so far is on disk. */
  async flush(): Promise<void> {
    this.#requireOpen()
    if (!this.#state.isOnDisk || this.#state.gate.isReadOnly) return
    await Promise.all(this.#state.parts.map((part) => part.flush()))
  }

  #requireOpen(): void {
    const refusal = this.#state.refuseRead()
    if (refusal !== null) throw refusal
  }

  #requireWritable(): void {
    const refusal = this.#state.refuseRead() ?? this.#state.refuseWrite()
    if (refusal !== null) throw refusal
  }
}

/**
 * Access without promises to the collections of a database. Loads what filters need for the collections that exist in
 * this thread; later ones have it from the start. The interface may come from another copy of the package than the
 * database: then the copy of the database does the work.
 */
export async function prepareDirect(database: Database): Promise<(collection: Collection) => Direct> {
  // Refused here, before anything is made in it.
  const owner = await database[DIRECT]?.()
  if (owner === undefined) {
    throw new UnsupportedError(
      "the database is in a worker, as a page's with files is, or of another version of quiverdb: import both from one version; in a page give { path }",
      { details: { feature: 'direct access' } },
    )
  }
  await owner.loadFilters(database)
  return (collection) => new owner.Direct(collection)
}

/** @internal */
export async function loadFilters(database: Database): Promise<void> {
  await queriesPart.load()
  const infos = await database.collections()
  // Collected up front: any of them may be dropped while this waits for others.
  const states = infos.map(({ name }) => STATES.get(database.collection(name)))
  for (const state of states) await state?.prepare()
}

/** The collection without promises, or undefined if it is not in this thread. */
export function directOf(collection: Collection): Direct | undefined {
  return STATES.has(collection) ? new Direct(collection) : undefined
}

export interface DirectInsert {
  readonly result: WriteResult
  /** Resolves when the write is as durable as requested; undefined when there is nothing to wait for. */
  readonly done: Promise<unknown> | undefined
}

function strictRequest({ isHard, conflict }: WriteRequest): WriteRequest {
  const request = new WriteRequest(isHard)
  request.conflict = conflict
  request.isStrict = true
  return request
}

/** The wait after a write, or undefined where there is none. */
function settled(state: CollectionState, request: WriteRequest, result: WriteResult): Promise<unknown> | undefined {
  const { written } = state
  if (written.length === 0) return undefined
  let isWaiting = request.isHard
  for (let i = 0; i < written.length; i++) if (written[i]!.pressure !== undefined) isWaiting = true
  if (!isWaiting) return undefined
  return acknowledge(state, request, result)
}

export interface Ticket {
  readonly part: number
  readonly operation: number
}

export class DirectWrite {
  readonly #state: CollectionState
  readonly #request: WriteRequest
  readonly #batches: BatchSet
  readonly #touched = new Set<unknown>()

  constructor(state: CollectionState, request: WriteRequest) {
    this.#state = state
    this.#request = request
    this.#batches = new BatchSet(state)
  }

  /** The document as the earlier steps of this write leave it. Throws when the key is not valid. */
  get(key: Key): Document | undefined {
    const state = this.#state
    if (this.#touched.has(keyIdentity(key))) this.settle()
    const address = state.locate(key)
    return address === 0 ? undefined : state.parts[state.locatedPart]!.read(address)
  }

  /** Stages a document; returns a ticket for `refusal`. Throws if an error in the document shows at once. */
  put(document: Document): Ticket {
    const state = this.#state
    const key = document[state.primaryKey] as Key
    const part = state.parts.length === 1 ? 0 : this.#partOf(key)
    const operation = this.#batches.put(part, document, PutMode.Upsert)
    this.#touched.add(keyIdentity(key))
    return { part, operation }
  }

  remove(key: Key): void {
    // A removal runs what is staged in its own partition alone; what is staged in the others must be seen, too.
    this.settle()
    this.#batches.of(this.#partOf(key)).remove(key)
  }

  /** Runs what is staged; afterwards refusals are known. */
  settle(): void {
    this.#batches.settle()
    this.#touched.clear()
  }

  /** Why a staged document was refused after all (a string that is not well-formed, too many bytes), or undefined. */
  refusal({ part, operation }: Ticket): string | undefined {
    const batch = this.#batches.of(part)
    return batch.outcome(operation) === Outcome.Failed ? reasonOf(batch.error(operation)) : undefined
  }

  /** Makes the write final. Returns a promise for its durability, if there is anything to wait for. */
  commit(): Promise<unknown> | undefined {
    this.#state.written = this.#batches.commit(this.#request)
    return settled(this.#state, this.#request, emptyResult())
  }

  /** Undoes everything; does nothing after a commit. */
  abandon(): void {
    this.#batches.abandon()
  }

  /** The partition where the key is, or where it belongs. */
  #partOf(key: Key): number {
    const state = this.#state
    return state.locate(key) === 0 ? state.partOf(0, key) : state.locatedPart
  }
}
