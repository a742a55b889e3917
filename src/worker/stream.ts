// Inserting from a source that yields documents over time, as src/engine/write/stream.ts does in the calling thread:
// the source stays in the page, and what it yields is sent in batches.

import { bytesOf, copyDocument, type InsertOptions, ResultSum, type WriteResult } from '../engine/index.ts'
import { LimitError, TimeoutError, TypeMismatchError } from '../error/index.ts'
import type { Connection } from './connection.ts'

/** Documents that are sent together, and the bytes after which they are sent. */
const BATCH_DOCUMENTS = 1_000
const BATCH_BYTES = 1_048_576
/** An atomic insert is one batch, which must be gathered first. */
const ATOMIC_BYTES_MAX = 268_435_456
/** Longer timers fire immediately. */
const TIMER_MS_MAX = 2 ** 31 - 1

type Source = Iterable<unknown> | AsyncIterable<unknown>

/** Whether this is a source of documents rather than documents. */
export function isSource(source: unknown): source is Source {
  if (typeof source !== 'object' || source === null || Array.isArray(source) || ArrayBuffer.isView(source)) return false
  return Symbol.iterator in source || Symbol.asyncIterator in source
}

/** Where the engine says that a refused document stands in what it was given, which here is one of several batches. */
const PLACE = / \(position (\d+) of the batch\)$/

/**
 * Writes what an iterable yields, in batches; with `atomic` as a single one. A source may yield the same object again
 * and again, so documents are copied as they arrive.
 */
export async function insertStream(
  connection: Connection,
  name: string,
  source: Source,
  options: InsertOptions | undefined,
  write: (batch: unknown[], options: unknown) => Promise<WriteResult>,
): Promise<WriteResult> {
  const isAtomic = options?.atomic === true
  const changes = options?.returnChanges
  const sum = new ResultSum(changes !== undefined && (changes as unknown) !== false)
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : (source as Iterable<unknown>)[Symbol.iterator]()
  const limits = new Limits(connection, name, options)
  let batch: unknown[] = []
  let bytes = 0
  let base = 0
  const writeBatch = async () => {
    sum.add(inSource(await write(batch, limits.options), base))
    base += batch.length
    batch = []
    bytes = 0
  }
  let isDone = false
  try {
    for (;;) {
      const step: IteratorResult<unknown> = await limits.wait(iterator.next())
      if (typeof step !== 'object' || step === null) {
        throw new TypeMismatchError(`the source of ${limits.what} is not an iterator: its next() returned ${step}`)
      }
      if (step.done === true) break
      const document = copyDocument(step.value as object)
      batch.push(document)
      bytes += bytesOf(document, BATCH_BYTES, 0)
      if (isAtomic) requireGatherable(bytes)
      else if (batch.length === BATCH_DOCUMENTS || bytes >= BATCH_BYTES) await writeBatch()
    }
    isDone = true
    await writeBatch()
    return sum.finish()
  } finally {
    limits.end()
    if (!isDone) close(iterator)
  }
}

function requireGatherable(bytes: number): void {
  if (bytes <= ATOMIC_BYTES_MAX) return
  throw new LimitError(
    `an atomic insert gathers its source first, and this one has more than ${ATOMIC_BYTES_MAX} bytes; nothing was written`,
    { details: { limit: ATOMIC_BYTES_MAX, got: bytes } },
  )
}

/** A result whose messages count documents from the beginning of the source. */
function inSource(result: WriteResult, base: number): WriteResult {
  const placed = (text: string) =>
    text.replace(PLACE, (_, at: string) => ` (position ${base + Number(at)} of the batch)`)
  if (result.firstError !== undefined) result.firstError = placed(result.firstError)
  for (const change of result.changes ?? []) if (change.error !== undefined) change.error = placed(change.error)
  return result
}

/** Tells a source to stop; nobody waits for that, since the source may be what hangs. */
function close(iterator: Iterator<unknown> | AsyncIterator<unknown>): void {
  try {
    Promise.resolve(iterator.return?.()).catch(() => {})
  } catch {
    // The error that ended the insert is the one to report.
  }
}

/** What ends an insert that takes too long, or whose source never yields: its options, and the end of the connection. */
class Limits {
  /** For the writes: `timeout` is for all of them together. */
  readonly options: InsertOptions | undefined
  /** For messages. */
  readonly what: string
  readonly #stop = new AbortController()
  readonly #over = new AbortController()
  readonly #timer: ReturnType<typeof setTimeout> | undefined
  #reject: ((reason: unknown) => void) | undefined

  constructor(connection: Connection, name: string, options: InsertOptions | undefined) {
    this.what = `insert into collection "${name}"`
    const { signal } = this.#stop
    signal.addEventListener('abort', () => this.#reject?.(signal.reason))
    this.#follow(connection.signal)
    const given = options?.signal
    const isGiven = given instanceof AbortSignal
    if (isGiven) this.#follow(given)
    const timeout = options?.timeout
    // The engine refuses any other.
    if (typeof timeout === 'number' && timeout > 0 && timeout <= TIMER_MS_MAX) {
      const outcome = options?.atomic === true ? 'nothing was written' : 'the batches acknowledged before stay'
      const message = `${this.what} took longer than ${timeout} ms; ${outcome}`
      const expire = () => this.#stop.abort(new TimeoutError(message, { details: { timeoutMs: timeout } }))
      this.#timer = setTimeout(expire, Math.ceil(timeout))
    }
    const isTimed = this.#timer !== undefined
    this.options = isGiven || isTimed ? { ...options, signal, ...(isTimed ? { timeout: undefined } : {}) } : options
  }

  #follow(signal: AbortSignal): void {
    const stop = () => this.#stop.abort(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { signal: this.#over.signal })
  }

  /** Settles as `step` does, or rejects when it has taken too long. Only one wait at a time. */
  wait<S>(step: S | PromiseLike<S>): Promise<S> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      if (this.#stop.signal.aborted) reject(this.#stop.signal.reason)
      Promise.resolve(step).then(resolve, reject)
    })
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#over.abort()
  }
}
