// The long way in: a write that looks at what is stored before it decides, or lists what it changed. Documents are taken in order;
// each becomes an entry, which in the end tells what became of it.
//
// What is staged is not seen by `find` until it is settled. `touched` holds the keys staged since: a key that comes up again
// settles first, so a later document of a batch always sees what an earlier one did.

import type { Document, Key } from '../../value/index.ts'
import { Outcome, type PutMode } from '../batch.ts'
import { copyKey, type KeyIdentity, keyIdentity } from '../key.ts'
import { ReturnChanges, type WriteRequest } from '../options.ts'
import type { Partition } from '../partition.ts'
import type { CollectionState } from '../state.ts'
import { checkExpiry } from '../wait.ts'
import { duplicateText, isMemoryFull, refusalText, requireOwn } from './refusal.ts'
import { type Change, emptyResult, ResultSum, setGeneratedKeys, type WriteResult } from './result.ts'
import { BatchSet, NONE } from './transaction.ts'

/** What became of one document of the call. */
export class Entry {
  readonly position: number
  /** As given or made; undefined until it is known. */
  key: unknown
  isGenerated = false
  isSkipped = false
  error: string | undefined = undefined
  /** The operation that put or removed it. */
  part = -1
  operation = -1
  /** The operation that removed it from the partition it moved away from. */
  fromPart = -1
  fromOperation = -1

  constructor(position: number, key: unknown) {
    this.position = position
    this.key = key
  }
}

export class WriteSession {
  readonly state: CollectionState
  readonly request: WriteRequest
  #batches: BatchSet
  #entries: Entry[] = []
  readonly #touched = new Set<KeyIdentity>()
  #moves: Entry[] = []
  /** Of a call that nothing but deletes: what was committed already, because memory had no room for a note of every step. */
  #parts: ResultSum | undefined
  readonly #mayPart: boolean
  readonly #written = new Set<Partition>()

  /** @param isDeleting - it only deletes, and may do so in several batches where memory is full, unless it is atomic. */
  constructor(state: CollectionState, request: WriteRequest, isDeleting = false) {
    this.state = state
    this.request = request
    this.#mayPart = isDeleting && !request.isAtomic
    this.#batches = new BatchSet(state)
  }

  /**
   * Begins to write in every partition, before what the caller wrote runs (functions, getters): if that writes to the collection itself it
   * is refused, and frees nothing that is still to be read here.
   */
  hold(): void {
    for (let part = 0; part < this.state.parts.length; part++) this.#batches.of(part)
  }

  add(position: number, key: unknown): Entry {
    const entry = new Entry(position, key)
    this.#entries.push(entry)
    return entry
  }

  /** Address of the document with this key as the earlier documents of the call leave it; `state.locatedPart` says where. */
  locate(key: Key, identity: KeyIdentity): number {
    if (this.#touched.has(identity)) this.settle()
    this.#touched.add(identity)
    return this.state.locate(key)
  }

  put(entry: Entry, part: number, document: unknown, mode: PutMode): void {
    // What moved away before has gone by then.
    if (this.state.isUniqueAcross) this.settle()
    entry.operation = this.#batches.put(part, document as object, mode)
    entry.part = part
  }

  remove(entry: Entry, part: number, key: Key): void {
    try {
      entry.operation = this.#batches.of(part).remove(key)
    } catch (error) {
      if (!this.#mayPart || !isMemoryFull(error)) throw error
      this.#part(entry)
      entry.operation = this.#batches.of(part).remove(key)
    }
    entry.part = part
  }

  /** Commits what was done before `entry`, which is the last one: what was deleted is freed then. */
  #part(entry: Entry): void {
    this.#entries.pop()
    const result = this.#end('delete')
    this.#parts ??= new ResultSum(this.request.changes !== ReturnChanges.No)
    this.#parts.add(result)
    this.#batches = new BatchSet(this.state)
    this.#entries = [entry]
    this.request.outcome = 'what was deleted before stays so'
  }

  /** Puts a document into another partition than the one it is in, which it leaves once it is known to have arrived. */
  move(entry: Entry, from: number, to: number, document: unknown, mode: PutMode): void {
    this.put(entry, to, document, mode)
    entry.fromPart = from
    this.#moves.push(entry)
    // Where a unique index is kept, `put` has settled and forgotten what was touched; this one stands in both partitions until the next time.
    this.#touched.add(keyIdentity(entry.key)!)
  }

  /** Notes why a document was refused; throws on when the error is not the document's own. */
  refuse(entry: Entry, error: unknown): void {
    requireOwn(error)
    if (this.request.isStrict) throw error
    entry.error = refusalText(this.state, error, entry.position)
  }

  settle(): void {
    this.#batches.settle()
    if (this.#moves.length > 0) {
      for (const entry of this.#moves) {
        if (this.#batches.of(entry.part).outcome(entry.operation) !== Outcome.Inserted) continue
        entry.fromOperation = this.#batches.of(entry.fromPart).remove(entry.key as Key)
      }
      this.#moves = []
      this.#batches.settle()
    }
    this.#touched.clear()
  }

  /** Commits and answers the result; when atomic and something was refused, undoes. */
  finish(what: string): WriteResult {
    const result = this.#end(what)
    if (this.#parts === undefined) return result
    this.#parts.add(result)
    this.state.written = [...this.#written]
    return this.#parts.finish()
  }

  #end(what: string): WriteResult {
    const { state, request } = this
    this.settle()
    const result = this.#count()
    if (request.isAtomic && result.errors > 0) {
      this.#batches.abandon()
      state.written = NONE
      if (request.changes !== ReturnChanges.No) result.changes = []
      if (request.changes === ReturnChanges.Always) {
        // Nothing happened to any of them; their operations are undone.
        result.changes = this.#entries.map((entry) => this.#unwritten(entry))
      }
      return result
    }
    if (request.changes !== ReturnChanges.No) result.changes = this.#changes()
    checkExpiry(request, what)
    state.written = this.#batches.commit(request)
    for (const partition of state.written) this.#written.add(partition)
    return result
  }

  /** Undoes everything that was not committed. */
  abandon(): void {
    this.#batches.abandon()
  }

  #count(): WriteResult {
    const result = emptyResult()
    const generated: Key[] = []
    for (const entry of this.#entries) {
      this.#judge(entry)
      if (entry.error !== undefined) {
        result.errors++
        result.firstError ??= entry.error
        continue
      }
      if (entry.isGenerated) generated.push(entry.key as Key)
      if (entry.isSkipped) result.skipped++
      else if (entry.fromPart >= 0) result.replaced++
      else this.#countOutcome(result, this.#batches.of(entry.part).outcome(entry.operation))
    }
    if (!this.request.isAtomic || result.errors === 0) {
      setGeneratedKeys(result, generated)
      return result
    }
    const refused = emptyResult()
    refused.errors = result.errors
    refused.firstError = result.firstError!
    return refused
  }

  /** Turns an outcome that is an error, or a key that was not there, into what the entry says. */
  #judge(entry: Entry): void {
    if (entry.error !== undefined || entry.isSkipped) return
    const batch = this.#batches.of(entry.part)
    switch (batch.outcome(entry.operation)) {
      case Outcome.Exists:
        entry.error = duplicateText(this.state, entry.key, entry.position)
        break
      case Outcome.Failed:
        if (this.request.isStrict) throw batch.error(entry.operation)
        entry.error = refusalText(this.state, batch.error(entry.operation), entry.position)
        break
      case Outcome.Missing:
        entry.isSkipped = true
        break
    }
  }

  #countOutcome(result: WriteResult, outcome: Outcome): void {
    if (outcome === Outcome.Inserted) result.inserted++
    else if (outcome === Outcome.Replaced) result.replaced++
    else if (outcome === Outcome.Unchanged) result.unchanged++
    else result.deleted++
  }

  #changes(): Change[] {
    const isAll = this.request.changes === ReturnChanges.Always
    const changes: Change[] = []
    for (const entry of this.#entries) {
      if (entry.error !== undefined || entry.isSkipped) {
        if (isAll) changes.push(this.#unwritten(entry))
        continue
      }
      const batch = this.#batches.of(entry.part)
      if (!isAll && batch.outcome(entry.operation) === Outcome.Unchanged) continue
      const oldPart = entry.fromPart < 0 ? entry.part : entry.fromPart
      const oldAddress =
        entry.fromPart < 0
          ? batch.oldAddress(entry.operation)
          : this.#batches.of(entry.fromPart).oldAddress(entry.fromOperation)
      const oldValue = this.#read(oldPart, oldAddress)
      const newValue = this.#read(entry.part, batch.newAddress(entry.operation))
      const key = this.#readKey(entry.part, batch.newAddress(entry.operation)) ?? this.#readKey(oldPart, oldAddress)
      changes.push({ key, oldValue, newValue })
    }
    return changes
  }

  #read(part: number, address: number): Document | null {
    return address === 0 ? null : this.state.parts[part]!.read(address)
  }

  #readKey(part: number, address: number): Key | null {
    return address === 0 ? null : this.state.parts[part]!.readKey(address)
  }

  /** The change of an entry that changed nothing: old and new are what is stored. */
  #unwritten(entry: Entry): Change {
    // A key that was made for a document which is not stored is nobody's key.
    let key = entry.isGenerated || keyIdentity(entry.key) === undefined ? null : copyKey(entry.key as Key)
    let address = 0
    try {
      if (key !== null) address = this.state.locate(key)
    } catch {
      // Too long, or a string that is not well-formed: no key.
      key = null
    }
    const part = this.state.locatedPart
    const change: Change = { key, oldValue: null, newValue: null }
    if (address !== 0) {
      change.key = this.#readKey(part, address)
      change.oldValue = this.#read(part, address)
      change.newValue = this.#read(part, address)
    }
    if (entry.error !== undefined) change.error = entry.error
    return change
  }
}
