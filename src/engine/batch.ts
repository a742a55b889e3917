// One write call on one partition: documents are staged, run and inspected; then all of it is committed or none.
// Everything from `begin` to `commit` or `abandon` happens in one synchronous stretch, so nobody sees it half done.

import {
  FAILED_DUPLICATE,
  FAILED_ILL_FORMED,
  FAILED_KEY_TOO_LONG,
  FAILED_KEY_TYPE,
  FAILED_SKIPPED,
  FAILED_TOO_LARGE,
  KEY_BYTES_MAX,
  OUTCOME_DELETED,
  OUTCOME_EXISTS,
  OUTCOME_FAILED,
  OUTCOME_INSERTED,
  OUTCOME_MISSING,
  OUTCOME_REPLACED,
  OUTCOME_UNCHANGED,
  RECORD_BYTES_MAX,
  WELL_FORMED,
} from '../core/index.ts'
import { LimitError, QuiverError, StateError, TypeMismatchError } from '../error/index.ts'
import type { Key } from '../value/index.ts'
import type { Partition, Transaction } from './partition.ts'
import { derivedPart } from './parts.ts'
import { changesOf, type DocumentChange } from './write/watch.ts'

/** What a put does when its key is free or taken. */
export const PutMode = {
  /** The key must be free, otherwise Outcome.Exists. */
  Insert: 0,
  Upsert: 1,
  /** The key must exist, otherwise Outcome.Missing. */
  Replace: 2,
} as const
export type PutMode = (typeof PutMode)[keyof typeof PutMode]

export const Outcome = {
  Pending: 0,
  Inserted: OUTCOME_INSERTED,
  Replaced: OUTCOME_REPLACED,
  Unchanged: OUTCOME_UNCHANGED,
  Exists: OUTCOME_EXISTS,
  Missing: OUTCOME_MISSING,
  Deleted: OUTCOME_DELETED,
  Failed: OUTCOME_FAILED,
} as const
export type Outcome = (typeof Outcome)[keyof typeof Outcome]

/** Fields of an op; see assembly/abi. */
const OP_OUTCOME = 0
const OP_REASON = 1
const OP_NEW = 2
const OP_OLD = 3
/** Of an op that failed on a unique index. */
const OP_INDEX = 4
const OP_ELEMENT = 5

export interface CommitOptions {
  readonly hard: boolean
  readonly transaction?: Transaction | undefined
}

function failure(reason: number): QuiverError {
  switch (reason) {
    case FAILED_TOO_LARGE:
      return new LimitError('the document is larger than 16 MiB as stored', { details: { limit: RECORD_BYTES_MAX } })
    case FAILED_KEY_TOO_LONG:
      return new LimitError(`the primary key is longer than ${KEY_BYTES_MAX} encoded bytes`, {
        details: { limit: KEY_BYTES_MAX },
      })
    case FAILED_KEY_TYPE:
      return new TypeMismatchError(
        'the primary key is a string, finite number, bigint (int64), boolean, Date, Uint8Array, or an array of those',
      )
    case FAILED_ILL_FORMED:
    case FAILED_SKIPPED:
      return new TypeMismatchError(`a string has a lone surrogate: ${WELL_FORMED}`)
    default:
      throw new Error(`quiverdb core: unknown failure ${reason}`)
  }
}

export class Batch {
  /** How many operation numbers have been assigned. */
  operations = 0
  /** Keys generated for documents that came without one, and their operations, in order. */
  generated: string[] = []
  generatedBy: number[] = []
  readonly partition: Partition
  private readonly refusals = new Map<number, QuiverError>()
  private settled = 0
  isOpen = false
  /** Whether its end has begun: in the log, or in the core. */
  private isTouched = false

  constructor(partition: Partition) {
    this.partition = partition
  }

  /** Called by the partition. */
  open(): void {
    if (this.isOpen) {
      const error = new StateError(
        `collection "${this.partition.collection}" is being written to by the function of another write`,
      )
      this.endLeft(error)
      throw error
    }
    this.isOpen = true
    this.isTouched = false
    this.operations = 0
    this.settled = 0
    if (this.generated.length > 0) {
      this.generated = []
      this.generatedBy = []
    }
    if (this.refusals.size > 0) this.refusals.clear()
  }

  /**
   * Writes end in the stretch they begin in, but a full stack may let one call nothing that ends it: then it is undone
   * after the stretch. What it has done to the log is unknown.
   */
  endLeft(error: unknown): void {
    queueMicrotask(() => {
      try {
        if (!this.isOpen) return
        if (this.isTouched) this.trapped(error)
        this.abandon()
      } catch {}
    })
  }

  /**
   * Stages a document and returns its operation number. Throws when the document is refused; then nothing is staged and
   * no number is taken. A missing or null primary key is generated when `mode` is Insert or Upsert.
   */
  put(document: object, mode: PutMode): number {
    const { stage } = this.partition.store
    if (stage.isFull) this.settle()
    const canGenerate = mode !== PutMode.Replace
    if (!stage.add(document, mode, canGenerate)) {
      this.settle()
      if (!stage.add(document, mode, canGenerate)) throw new Error('quiverdb core: empty stage is full')
    }
    const operation = this.operations++
    if (stage.generated !== undefined) {
      this.generated.push(stage.generated)
      this.generatedBy.push(operation)
    }
    return operation
  }

  /**
   * Stages and runs the only document of a batch and returns its outcome. A key generated for it is found in the stage.
   * Throws when the document is refused. With no listener and no log the change is committed at once: the batch is then
   * no longer open.
   */
  putOne(document: object, mode: PutMode): Outcome {
    const { partition } = this
    const { store } = partition
    store.stage.add(document, mode, true)
    this.operations = 1
    this.settled = 1
    try {
      const isAlone = partition.listener === null && partition.log === undefined
      const outcome = store.runOne(isAlone) as Outcome
      if (isAlone && outcome <= Outcome.Replaced) this.ended()
      return outcome
    } catch (error) {
      throw this.trapped(error)
    }
  }

  /** Deletes by key, after running what is staged. Throws when `key` is not a valid key. */
  remove(key: Key): number {
    this.settle()
    try {
      this.partition.store.remove(key)
    } catch (error) {
      throw this.trapped(error)
    }
    this.settled = this.operations + 1
    return this.operations++
  }

  /** Runs what is staged: afterwards the outcomes of all operations so far are known, and reads see them. */
  settle(): void {
    const { store } = this.partition
    if (store.stage.count === 0) return
    try {
      store.runStaged(this.refusals)
    } catch (error) {
      throw this.trapped(error)
    }
    this.settled = this.operations
  }

  /**
   * A trap, or a stack that overflows in the core, leaves it in the middle of an operation: nothing more may run, through
   * any door, and no compaction or snapshot may be made of what is in memory.
   */
  private trapped(error: unknown): unknown {
    if (error instanceof QuiverError) return error
    this.partition.poison(error)
    return error
  }

  get inserted(): number {
    return this.partition.store.batchCount(OUTCOME_INSERTED)
  }

  get replaced(): number {
    return this.partition.store.batchCount(OUTCOME_REPLACED)
  }

  get unchanged(): number {
    return this.partition.store.batchCount(OUTCOME_UNCHANGED)
  }

  get deleted(): number {
    return this.partition.store.batchCount(OUTCOME_DELETED)
  }

  get exists(): number {
    return this.partition.store.batchCount(OUTCOME_EXISTS)
  }

  get missing(): number {
    return this.partition.store.batchCount(OUTCOME_MISSING)
  }

  get failed(): number {
    return this.partition.store.batchCount(OUTCOME_FAILED)
  }

  outcome(operation: number): Outcome {
    if (operation >= this.settled) return Outcome.Pending
    return this.partition.store.op(operation, OP_OUTCOME) as Outcome
  }

  /** Why an operation failed. */
  error(operation: number): QuiverError {
    const { partition } = this
    const { store } = partition
    const refusal = this.refusals.get(operation)
    if (refusal !== undefined) return refusal
    const reason = store.op(operation, OP_REASON)
    if (reason !== FAILED_DUPLICATE) return failure(reason)
    return derivedPart.now!.duplicateError(
      partition,
      store.op(operation, OP_INDEX),
      store.op(operation, OP_OLD),
      store.op(operation, OP_ELEMENT),
    )
  }

  /** Undoes the last operation, a put whose document repeats a value of a unique index; `error` says so. */
  refuse(operation: number, indexId: number, error: QuiverError): void {
    this.partition.store.ordered.refuseLast(indexId)
    this.refusals.set(operation, error)
  }

  /** Address of the document before the operation, 0 if there was none. Valid until commit or abandon. */
  oldAddress(operation: number): number {
    return this.partition.store.op(operation, OP_OLD)
  }

  /** Address of the document after the operation, 0 if there is none. */
  newAddress(operation: number): number {
    return this.partition.store.op(operation, OP_NEW)
  }

  /** Whether there is anything to write. */
  get isDirty(): boolean {
    return this.inserted + this.replaced + this.deleted > 0
  }

  /** Reserves room in the log for the batch as part of a transaction. A refusal leaves everything as it was. */
  prepare(transaction: Transaction): void {
    this.settle()
    this.partition.prepareBatch(transaction)
  }

  /**
   * Appends the batch to the log, then makes it final. When the log refuses it before writing a byte, everything is
   * undone and the error thrown; when the outcome is unknown the partition is poisoned.
   */
  commit(options: CommitOptions): void {
    this.tell(this.stand(this.write(options)))
  }

  /**
   * The first third of `commit`, for one of several batches; `stand` and `tell`, or `abandon`, follow when all are
   * written.
   */
  write(options: CommitOptions): boolean {
    this.settle()
    this.isTouched = true
    try {
      return this.partition.writeBatch(options.hard, options.transaction)
    } catch (error) {
      this.abandon()
      throw this.trapped(error)
    }
  }

  /** Makes the batch final; returns the changes to report to listeners. */
  stand(isLogged: boolean): DocumentChange[] | undefined {
    const { partition } = this
    const changes = partition.listener === null ? undefined : changesOf(this)
    try {
      partition.store.commitBatch(isLogged)
    } catch (error) {
      this.isOpen = false
      throw this.trapped(error)
    }
    this.ended()
    return changes
  }

  /** Called when the batch is final. */
  private ended(): void {
    const { partition } = this
    this.isOpen = false
    partition.commits++
    partition.store.stage.shrink()
    partition.afterCommit()
  }

  tell(changes: DocumentChange[] | undefined): void {
    if (changes !== undefined) this.partition.listener?.(changes)
  }

  /** Undoes everything. */
  abandon(): void {
    const { partition } = this
    this.isTouched = true
    try {
      partition.store.abandonBatch()
    } catch (error) {
      throw this.trapped(error)
    }
    this.isOpen = false
    // What a callback of this write has looked up may belong to this batch.
    partition.commits++
    partition.store.stage.shrink()
  }
}
