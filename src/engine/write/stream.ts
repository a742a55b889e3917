// Inserting from a source that yields documents over time: in batches, each with its own commit, so that memory stays
// bounded whatever the length of the source. What was acknowledged stays, whatever happens to the rest.
//
// A source may yield the same object again and again with different contents. Documents are therefore copied as they
// arrive, except those of our own cursors and collections, which nobody else holds.

import { performance } from '../../core/index.ts'
import { LimitError, TypeMismatchError } from '../../error/index.ts'
import { copyGiven } from '../given.ts'
import { copyDocument, DEPTH_MAX, isObject } from '../merge.ts'
import { describe, ReturnChanges, type WriteRequest } from '../options.ts'
import { pause, SLICE_MS } from '../pause.ts'
import { Cursor } from '../read/cursor.ts'
import { type CollectionState, STATES } from '../state.ts'
import { checkExpiry, Expiry, mayExpire } from '../wait.ts'
import { acknowledge } from './acknowledge.ts'
import { applyInsert } from './insert.ts'
import { ResultSum, type WriteResult } from './result.ts'

const BATCH_DOCUMENTS = 1_000
const BATCH_BYTES = 1_048_576
/** An atomic insert is one batch, which must be gathered first. */
const ATOMIC_BYTES_MAX = 268_435_456

type Source = AsyncIterable<unknown> | Iterable<unknown>

/** Whether this is a source of documents rather than a document. */
export function isSource(value: object): value is Source {
  // Reads the properties, because `in` is several times slower where objects have many shapes.
  const source = value as Partial<AsyncIterable<unknown> & Iterable<unknown>>
  return source[Symbol.asyncIterator] !== undefined || source[Symbol.iterator] !== undefined
}

/** Whether this is a single document; arrays and other sources of documents are not. */
export function isDocument(source: unknown): source is object {
  return (
    typeof source === 'object' &&
    source !== null &&
    !Array.isArray(source) &&
    !ArrayBuffer.isView(source) &&
    !isSource(source)
  )
}

/** The source of an insert that has to wait: arrays, sets and documents are copied now. */
export function heldSource(source: unknown): unknown {
  if (Array.isArray(source) || source instanceof Set) return Array.from(source as Iterable<unknown>, held)
  return isDocument(source) ? held(source) : source
}

function held(document: unknown): unknown {
  try {
    return copyGiven(document)
  } catch (error) {
    return unreadable(error)
  }
}

/** Inserts everything that `source` yields. Stops waiting for the source when the collection is closed or dropped. */
export async function insertStream(
  state: CollectionState,
  source: Source,
  request: WriteRequest,
): Promise<WriteResult> {
  const iterator = iteratorOf(source)
  const wait = { isForSource: false, isOver: false }
  let end!: () => void
  const ended = new Promise<never>((_, reject) => {
    end = () => {
      wait.isOver = true
      if (!wait.isForSource) return
      reject(state.refuseWrite())
      close(iterator)
    }
  })
  state.sources.add(end)
  if (!request.isAtomic) request.outcome = 'the batches acknowledged before stay'
  const what = `insert into collection "${state.name}"`
  const expiry = mayExpire(request) ? new Expiry(request, what, request.outcome) : undefined
  try {
    const isCopied = !(source instanceof Cursor || STATES.has(source))
    return await Promise.race([ended, insertAll(state, iterator, request, isCopied, wait, expiry)])
  } finally {
    // Stopped here because the source may never answer, and the timer would keep the program running.
    expiry?.stop()
    state.sources.delete(end)
  }
}

async function insertAll(
  state: CollectionState,
  iterator: Iterator<unknown> | AsyncIterator<unknown>,
  request: WriteRequest,
  isCopied: boolean,
  wait: { isForSource: boolean; readonly isOver: boolean },
  expiry: Expiry | undefined,
): Promise<WriteResult> {
  const what = `insert into collection "${state.name}"`
  const writer = new BatchWriter(state, request, isCopied)
  let isDone = false
  try {
    for (;;) {
      const pending = iterator.next()
      let step: IteratorResult<unknown>
      if (isPromise(pending)) {
        const refusal = wait.isOver ? state.refuseWrite() : null
        if (refusal !== null) throw refusal
        wait.isForSource = true
        step = await (expiry === undefined ? pending : expiry.wait(pending))
        wait.isForSource = false
      } else step = pending
      if (typeof step !== 'object' || step === null) {
        throw new TypeMismatchError(`the source of ${what} is not an iterator: its next() returned ${describe(step)}`)
      }
      if (step.done) break
      if (writer.add(step.value)) {
        await writer.write()
        checkExpiry(request, what)
      }
    }
    isDone = true
    await writer.write()
    return writer.sum.finish()
  } finally {
    if (!isDone) close(iterator)
  }
}

function iteratorOf(source: Source): Iterator<unknown> | AsyncIterator<unknown> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]()
  return (source as Iterable<unknown>)[Symbol.iterator]()
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function'
}

/** Tells the source to stop; nobody waits for that, since the source may be what hangs. */
function close(iterator: Iterator<unknown> | AsyncIterator<unknown>): void {
  try {
    const closing = iterator.return?.() as unknown
    if (typeof closing === 'object' && closing !== null && isPromise(closing)) closing.then(undefined, () => {})
  } catch {
    // The error that ended the stream is the one to report.
  }
}

class BatchWriter {
  readonly sum: ResultSum
  readonly #state: CollectionState
  readonly #request: WriteRequest
  readonly #isCopied: boolean
  #documents: unknown[] = []
  #bytes = 0
  #base = 0
  #sliceBegan = performance.now()

  constructor(state: CollectionState, request: WriteRequest, isCopied: boolean) {
    this.#state = state
    this.#request = request
    this.#isCopied = isCopied
    this.sum = new ResultSum(request.changes !== ReturnChanges.No)
  }

  /** Adds a document; returns whether there are enough for a batch. */
  add(document: unknown): boolean {
    try {
      const kept = this.#isCopied && isObject(document) ? copyDocument(document) : document
      this.#bytes += bytesOf(kept, BATCH_BYTES, 0)
      this.#documents.push(kept)
    } catch (error) {
      this.#documents.push(unreadable(error))
    }
    if (!this.#request.isAtomic) return this.#documents.length >= BATCH_DOCUMENTS || this.#bytes >= BATCH_BYTES
    if (this.#bytes > ATOMIC_BYTES_MAX) {
      throw new LimitError(
        `an atomic insert gathers its source first, and this one has more than ${ATOMIC_BYTES_MAX} bytes; nothing was written`,
        { details: { limit: ATOMIC_BYTES_MAX, got: this.#bytes } },
      )
    }
    return false
  }

  /** Writes the documents taken so far and waits until they are acknowledged. */
  async write(): Promise<void> {
    if (this.#documents.length === 0) return
    const refusal = this.#state.refuseWrite()
    if (refusal !== null) throw refusal
    // When a partition was dropped since the last batch, the later ones have new numbers.
    const { partition } = this.#request
    if (partition !== undefined) this.#request.group = this.#state.groupIndex(partition)
    const documents = this.#documents
    const base = this.#base
    this.#documents = []
    this.#bytes = 0
    this.#base += documents.length
    const result = applyInsert(this.#state, documents, this.#request, base)
    // If the request expires during this wait, the error tells what happened to the batch.
    this.sum.add(await acknowledge(this.#state, this.#request, result))
    if (performance.now() - this.#sliceBegan < SLICE_MS) return
    await pause()
    this.#sliceBegan = performance.now()
  }
}

/**
 * Stands in for a document that throws when read: storing it throws the same error, which makes it that document's
 * error.
 */
function unreadable(error: unknown): object {
  return {
    get unreadable() {
      throw error
    },
  }
}

/** Approximate memory of a value in bytes; stops counting at `enough`, and below the depth that documents may have. */
export function bytesOf(value: unknown, enough: number, depth: number): number {
  if (typeof value === 'string') return 16 + value.length
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return 8
  if (ArrayBuffer.isView(value)) return 32 + value.byteLength
  let bytes = 32
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && bytes < enough; i++) bytes += bytesOf(value[i], enough - bytes, depth + 1)
  } else if (isObject(value)) {
    for (const name in value) {
      if (bytes >= enough) break
      bytes += 8 + bytesOf(value[name], enough - bytes, depth + 1)
    }
  }
  return bytes
}
