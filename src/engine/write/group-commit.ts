// Group commit of single documents: hard writes of the same turn of the event loop are staged together, run as one batch,
// and wait for one flush. Whoever looks at the partition first runs what is staged, so a write is visible as soon as its
// call returns.

import { ClosedError, StateError } from '../../error/index.ts'
import { Outcome, PutMode } from '../batch.ts'
import { keyIdentity } from '../key.ts'
import { ownField } from '../merge.ts'
import { ConflictRule, type WriteRequest } from '../options.ts'
import type { Partition } from '../partition.ts'
import type { CollectionState } from '../state.ts'
import { ALONE, duplicateText, refusalText } from './refusal.ts'
import { emptyResult, type WriteResult } from './result.ts'
import { HARD } from './transaction.ts'

/** Running a group takes less of the stack than a call with so many arguments. */
const STACK = new Array<number>(4_096).fill(0)
/** How many turns a group waits for callers of the same turn of the event loop. */
const GATHER_TURNS = 8
const DONE = Promise.resolve()

/**
 * Stages a document that is inserted or replaced as it is, by a request without options; its promise resolves when it is
 * on stable storage. Returns undefined when the document must be written by itself.
 */
export function joinGroup(
  state: CollectionState,
  partition: Partition,
  document: object,
  request: WriteRequest,
): Promise<WriteResult> | undefined {
  // Listeners are told of each write by itself; and a getter of a document being staged may write.
  if (partition.log === undefined || partition.listener !== null) return undefined
  if (partition.pressure !== undefined || partition.batch.isOpen) return undefined
  const mode = request.conflict === ConflictRule.Error ? PutMode.Insert : PutMode.Upsert
  if (partition.store.stage.isFull) partition.group?.run()
  return (partition.group ?? new CommitGroup(state, partition)).add(document, mode)
}

export class CommitGroup {
  private readonly state: CollectionState
  private readonly partition: Partition
  /** Resolves when all of it is on stable storage. */
  private readonly done: Promise<void>
  private readonly documents: object[] = []
  /** Keys generated for documents that came without one, by position. */
  private generated: (string | undefined)[] | undefined
  /** By position; undefined when all documents were inserted. */
  private outcomes: Outcome[] | undefined
  /** Why documents were refused, by position. */
  private readonly refusals = new Map<number, string>()
  /** Whether a full stack may have left half a document among those that are staged. */
  private isDoubtful = false
  private isWritten = false
  /** Whether what is staged has still to be given up. */
  private isLeft = false
  private failure: unknown

  constructor(state: CollectionState, partition: Partition) {
    this.state = state
    this.partition = partition
    partition.log!.checkWritable()
    this.done = this.finish()
    this.done.catch(() => {})
    partition.group = this
  }

  add(document: object, mode: PutMode): Promise<WriteResult> | undefined {
    const { partition } = this
    const { batch } = partition
    const { stage } = partition.store
    const position = this.documents.length
    let isStaged = false
    // What a getter of the document does must not mix with it.
    batch.isOpen = true
    this.isDoubtful = true
    try {
      isStaged = stage.add(document, mode, true)
      this.isDoubtful = false
    } catch (error) {
      this.failure = error
      this.isDoubtful = stage.count !== position || stage.hasRemains
    } finally {
      batch.isOpen = false
    }
    if (!isStaged) {
      this.run()
      return undefined
    }
    if (stage.generated !== undefined) {
      this.generated ??= []
      this.generated[position] = stage.generated
    }
    this.documents[position] = document
    return this.done.then(() => this.result(position))
  }

  /** Lets callers of the same turn of the event loop go first; then runs and flushes what they staged. */
  private async finish(): Promise<void> {
    const { partition } = this
    let count = 0
    for (let turn = 0; turn < GATHER_TURNS; turn++) {
      await DONE
      if (partition.group !== this || this.documents.length === count) break
      count = this.documents.length
    }
    this.run(true)
    if (!this.isWritten) {
      if (partition.group === this) this.fail(new StateError(`collection "${this.state.name}" is being written to`))
      if (this.isLeft) this.giveUp()
      if (this.documents.length === 0) return
      throw this.failure
    }
    const { pressure } = partition
    await partition.flush()
    await pressure
  }

  /**
   * Runs what is staged and appends it to the log; does nothing while a document is being staged, or afterwards. Others
   * than the group itself may call it where the stack is nearly full: then it throws, and all stays as it was.
   */
  run(isAlone = false): void {
    const { partition } = this
    const { batch } = partition
    if (partition.group !== this || batch.isOpen) return
    if (!isAlone) requireStack()
    partition.group = undefined
    try {
      if (partition.log === undefined) throw new ClosedError(`collection "${this.state.name}" is closed`)
      partition.log.checkWritable()
      const { stage } = partition.store
      if (this.isDoubtful) throw this.failure
      if (stage.count !== this.documents.length) throw new Error('quiverdb: staged documents were given up')
      batch.open()
      batch.operations = stage.count
      batch.settle()
      if (batch.inserted < batch.operations) this.note()
      if (batch.isDirty) batch.commit(HARD)
      else batch.abandon()
      this.isWritten = true
    } catch (error) {
      this.fail(error)
    }
  }

  private note(): void {
    const { state, partition } = this
    const { batch } = partition
    this.outcomes = []
    for (let i = 0; i < batch.operations; i++) {
      const outcome = batch.outcome(i)
      this.outcomes.push(outcome)
      if (outcome === Outcome.Exists) {
        // As it was given: 1n is the key 1. The document may have changed since.
        const [stored, given] = [partition.readKey(batch.oldAddress(i)), keyOf(this.documents[i]!, state.primaryKey)]
        const key = keyIdentity(given) === keyIdentity(stored) ? given : stored
        this.refusals.set(i, duplicateText(state, key, ALONE))
      } else if (outcome === Outcome.Failed) {
        this.refusals.set(i, refusalText(state, batch.error(i), ALONE))
      }
    }
  }

  /**
   * Nothing of the group is written, and all its callers are told. On a full stack that may have to wait for the group's
   * own turn: until then the batch counts as open, and nobody writes.
   */
  private fail(error: unknown): void {
    const { partition } = this
    this.failure = error
    this.isLeft = true
    partition.group = undefined
    partition.batch.isOpen = true
    try {
      this.giveUp()
    } catch {}
  }

  private giveUp(): void {
    this.partition.batch.abandon()
    this.isLeft = false
  }

  private result(position: number): WriteResult {
    const outcome = this.outcomes === undefined ? Outcome.Inserted : this.outcomes[position]!
    const result = emptyResult()
    if (outcome === Outcome.Inserted) result.inserted = 1
    else if (outcome === Outcome.Replaced) result.replaced = 1
    else if (outcome === Outcome.Unchanged) result.unchanged = 1
    else {
      result.errors = 1
      result.firstError = this.refusals.get(position)!
      return result
    }
    const key = this.generated?.[position]
    if (key !== undefined) result.generatedKeys = [key]
    return result
  }
}

function keyOf(document: object, primaryKey: string): unknown {
  try {
    return ownField(document, primaryKey)
  } catch {
    return undefined
  }
}

/** Throws where the stack is nearly full. */
function requireStack(): void {
  Reflect.apply(nothing, undefined, STACK)
}

function nothing(): void {}
