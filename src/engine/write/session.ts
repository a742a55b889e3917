// The long way in: a write that reads what is stored before it decides, or lists what it changed. Documents are taken
// in order; each becomes an entry, which in the end records its outcome.
//
// `find` does not see what is staged until it is settled. `touched` holds the keys staged since the last settling: a
// key that occurs again settles first, so a later document of a batch always sees what an earlier one did.

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

/** The outcome of one document of the call. */
export class Entry {
  readonly position: number
  /** As given or generated; undefined until known. */
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
  /** For a call that only deletes: what was committed early because memory had no room to record every step. */
  #parts: ResultSum | undefined
  readonly #mayPart: boolean
  readonly #written = new Set<Partition>()

  /**
   * @param isDeleting - the call only deletes, and may do so in several batches where memory is full, unless it is
   * atomic.
   */
  constructor(state: CollectionState, request: WriteRequest, isDeleting = false) {
    this.state = state
    this.request = request
    this.#mayPart = isDeleting && !request.isAtomic
    this.#batches = new BatchSet(state)
  }

  /**
   * Begins a batch in every partition before the caller's code (functions, getters) runs: if that code writes to the
   * collection, it is refused, and so frees nothing that is still to be read here.
   */
  hold(): void {
    for (let part = 0; part < this.state.parts.length; part++) this.#batches.of(part)
  }

  add(position: number, key: unknown): Entry {
    const entry = new Entry(position, key)
    this.#entries.push(entry)
    return entry
  }

  /**
   * Address of the document with this key as the earlier documents of the call leave it; `state.locatedPart` is set to
   * its partition.
   */
  locate(key: Key, identity: KeyIdentity): number {
    if (this.#touched.has(identity)) this.settle()
    this.#touched.add(identity)
    return this.state.locate(key)
  }

  put(entry: Entry, part: number, document: unknown, mode: PutMode): void {
    // By then, documents that moved away earlier are gone.
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

  /** Commits everything before `entry`, which is the last one; this frees the memory of deleted documents. */
  #part(entry: Entry): void {
    this.#entries.pop()
    const result = this.#end('delete')
    this.#parts ??= new ResultSum(this.request.changes !== ReturnChanges.No)
    this.#parts.add(result)
    this.#batches = new BatchSet(this.state)
    this.#entries = [entry]
    this.request.outcome = 'what was deleted before stays so'
  }

  /** Puts a document into another partition; it is removed from the old one once it is known to have arrived. */
  move(entry: Entry, from: number, to: number, document: unknown, mode: PutMode): void {
    this.put(entry, to, document, mode)
    entry.fromPart = from
    this.#moves.push(entry)
    // With unique indexes, `put` has settled and cleared `touched`; this key is in both partitions until the next
    // settling.
    this.#touched.add(keyIdentity(entry.key)!)
  }

  /** Records why a document was refused; rethrows when the error is not the document's own. */
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
    }
    this.#touched.clear()
  }

  /** Commits and returns the result; undoes everything when the call is atomic and something was refused. */
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
        // None of them was changed; their operations are undone.
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

  /** Records in the entry an outcome that is an error or a missing key. */
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

  /** The change of an entry that changed nothing: old and new are both what is stored. */
  #unwritten(entry: Entry): Change {
    // A key generated for a document that is not stored belongs to nothing.
    let key = entry.isGenerated || keyIdentity(entry.key) === undefined ? null : copyKey(entry.key as Key)
    let address = 0
    try {
      if (key !== null) address = this.state.locate(key)
    } catch {
      // The key is too long, or a string that is not well-formed: it is not valid.
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
