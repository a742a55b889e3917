// Cursors and feeds, and arrays with the methods of cursors.

import { setTimeout } from '../../engine/index.ts'
import { Emitter, type Listener } from './emitter.ts'
import { type Failure, ReqlDriverCompileError, ReqlDriverError, requireCount } from './errors.ts'
import { guarded } from './promise.ts'
import { type Callback, withCallback } from './run.ts'

/** Where a cursor's rows come from. */
export interface RowSource {
  /** Some rows, at least one if any are left; undefined at the end. Waits while a feed has none. */
  take(): Promise<unknown[] | undefined>
  close(): void
  /** Of a feed: a failure as whoever reads it is told. */
  told?(failure: Failure): unknown
}

const NO_MORE = 'No more rows in the cursor.'
const CLOSED = 'Cursor is closed.'
/** The answer to a read that was waiting when its cursor was closed. */
const DROPPED = Symbol('dropped')

type RowCallback = (error: Error | null, row?: unknown) => unknown
type RowHandler = (row: unknown, done?: (error?: unknown) => void) => unknown

/** Reads rows one by one; the rest of the driver's methods build on that. */
abstract class Rows {
  abstract readRow(): Promise<unknown>
  /** Like `readRow`, but resolves to `DROPPED` if the rows are closed while it waits. */
  readOrDropped(): Promise<unknown> {
    return this.readRow()
  }
  abstract closeRows(): void
  abstract readonly closed: boolean

  next(...args: unknown[]): Promise<unknown> {
    requireCount(args, 0, 1)
    const [callback] = args
    if (callback !== undefined && callback !== null && typeof callback !== 'function') {
      throw new ReqlDriverError('First argument to `next` must be a function or undefined.')
    }
    requireNoEvents(this)
    return withCallback(this.readRow(), callback as Callback<unknown> | undefined)
  }

  hasNext(): never {
    throw new ReqlDriverError('The `hasNext` command has been removed since 1.13. Use `next` instead.')
  }

  each(...args: unknown[]): void {
    requireCount(args, 1, 2)
    const [callback, onFinished] = args
    if (typeof callback !== 'function') throw new ReqlDriverError('First argument to each must be a function.')
    if (onFinished !== undefined && onFinished !== null && typeof onFinished !== 'function') {
      throw new ReqlDriverError('Optional second argument to each must be a function.')
    }
    requireNoEvents(this)
    void eachRow(this, callback as RowCallback, (onFinished ?? undefined) as (() => void) | undefined)
  }

  eachAsync(...args: unknown[]): Promise<void> | null {
    requireCount(args, 1, 3)
    const handler = args[0]
    let [, errorCallback, options = { concurrency: 1 }] = args as [unknown, unknown, { concurrency?: unknown }]
    if (typeof handler !== 'function') throw new ReqlDriverError('First argument to eachAsync must be a function.')
    if (errorCallback !== undefined && errorCallback !== null && typeof errorCallback !== 'function') {
      if (typeof errorCallback !== 'object') {
        throw new ReqlDriverError('Optional second argument to eachAsync must be a function or `options` object')
      }
      options = errorCallback
      errorCallback = undefined
    }
    const { concurrency } = options
    if (typeof concurrency !== 'number' || !(concurrency > 0)) {
      throw new ReqlDriverError('Optional `options.concurrency` argument to eachAsync must be a positive number')
    }
    const done = guarded(eachRowAsync(this, handler as RowHandler, concurrency))
    if (typeof errorCallback !== 'function') return done
    const tell = errorCallback as (error: unknown) => void
    done.then(
      () => tell(null),
      (error: unknown) => tell(error),
    )
    return null
  }

  toArray(...args: unknown[]): Promise<unknown[]> {
    requireCount(args, 0, 1)
    const [callback] = args
    if (callback !== undefined && callback !== null && typeof callback !== 'function') {
      throw new ReqlDriverCompileError('First argument to `toArray` must be a function or undefined.')
    }
    return withCallback(this.readRest(), callback as Callback<unknown[]> | undefined)
  }

  async readRest(): Promise<unknown[]> {
    const rows: unknown[] = []
    await eachRowAsync(
      this,
      (row) => {
        rows.push(row)
      },
      1,
    )
    return rows
  }

  close(...args: unknown[]): Promise<void> {
    requireCount(args, 0, 1)
    this.closeRows()
    return withCallback(Promise.resolve(), args[0] as Callback<void> | undefined)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    try {
      for (;;) {
        const row = await this.readOrDropped()
        if (row === DROPPED) return
        yield row
      }
    } catch (error) {
      if (!isEnd(error)) throw error
    } finally {
      this.closeRows()
    }
  }

  // The event interface: its first use starts the reading.

  on(event: string, listener: Listener): Emitter {
    return eventsOf(this).on(event, listener)
  }

  addListener(event: string, listener: Listener): Emitter {
    return eventsOf(this).on(event, listener)
  }

  once(event: string, listener: Listener): Emitter {
    return eventsOf(this).once(event, listener)
  }

  removeListener(event: string, listener: Listener): Emitter {
    return eventsOf(this).removeListener(event, listener)
  }

  removeAllListeners(event?: string): Emitter {
    return eventsOf(this).removeAllListeners(event)
  }

  listeners(event: string): unknown[] {
    return eventsOf(this).listeners(event)
  }

  setMaxListeners(count: number): Emitter {
    return eventsOf(this).setMaxListeners(count)
  }

  emit(event: string, ...args: unknown[]): boolean {
    return eventsOf(this).emit(event, ...args)
  }
}

const EMITTERS = new WeakMap<object, Emitter>()

function requireNoEvents(rows: Rows): void {
  if (!EMITTERS.has(rows)) return
  throw new ReqlDriverError('You cannot use the cursor interface and the EventEmitter interface at the same time.')
}

async function eachRow(rows: Rows, callback: RowCallback, onFinished: (() => void) | undefined): Promise<void> {
  for (;;) {
    let row: unknown
    try {
      row = await rows.readRow()
    } catch (error) {
      if (isEnd(error)) onFinished?.()
      else callback(error as Error)
      return
    }
    if (callback(null, row) === false) {
      onFinished?.()
      return
    }
  }
}

async function eachRowAsync(rows: Rows, handler: RowHandler, concurrency: number): Promise<void> {
  const pending = new Set<Promise<void>>()
  try {
    for (;;) {
      if (rows.closed) throw new ReqlDriverError(CLOSED)
      const row = await rows.readRow()
      if (pending.size >= concurrency) await Promise.race(pending)
      const one: Promise<void> = handle(handler, row).finally(() => pending.delete(one))
      pending.add(one)
      // Without concurrency, a handler is awaited before the next row is read.
      if (concurrency === 1) await one
      else one.catch(() => {})
    }
  } catch (error) {
    if (!isEnd(error)) throw error
    await Promise.all(pending)
  }
}

function eventsOf(rows: Rows): Emitter {
  const known = EMITTERS.get(rows)
  if (known !== undefined) return known
  const emitter = new Emitter()
  EMITTERS.set(rows, emitter)
  setTimeout(() => {
    // Its user knows, and may not listen for errors.
    if (rows.closed) return
    void eachRow(
      rows,
      (error, row) => (error === null ? emitter.emit('data', row) : emitter.emit('error', error)) || true,
      undefined,
    )
  }, 0)
  return emitter
}

function isEnd(error: unknown): boolean {
  return error instanceof ReqlDriverError && error.msg === NO_MORE
}

/**
 * Calls a row handler, which returns undefined or a promise of it; a handler with two parameters calls back instead.
 */
async function handle(handler: RowHandler, row: unknown): Promise<void> {
  let answer: unknown
  if (handler.length <= 1) answer = await handler(row)
  else {
    answer = await new Promise((resolve, reject) => {
      const returned = handler(row, (error) =>
        error ? reject(error instanceof Object ? error : new Error(String(error))) : resolve(undefined),
      )
      if (returned !== undefined) {
        reject(new ReqlDriverError('A two-argument row handler for eachAsync may only return undefined.'))
      }
    })
  }
  if (answer === undefined) return
  throw new ReqlDriverError(
    'Row handler for eachAsync may only return undefined, or a Promise that resolves to undefined.',
  )
}

/** Rows that arrive in batches. */
export class Cursor extends Rows {
  readonly #source: RowSource
  #rows: unknown[] = []
  #at = 0
  #isEnded = false
  #isClosed = false
  #failure: unknown
  /** Reads run one after another. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(source: RowSource) {
    super()
    this.#source = source
  }

  override get closed(): boolean {
    return this.#isClosed
  }

  /** Whether nothing more will come. */
  get isOver(): boolean {
    return this.#isClosed || this.#isEnded
  }

  /**
   * When a cursor is closed, the driver forgets its waiting reads: their promises stay pending. Rejecting them would
   * end the process of a server that closes a feed when a client leaves while a read that nobody handles is pending.
   */
  readRow(): Promise<unknown> {
    if (!this.#isClosed && this.#at < this.#rows.length) return Promise.resolve(this.#rows[this.#at++])
    return this.readOrDropped().then((row) => (row === DROPPED ? new Promise(() => {}) : row))
  }

  override readOrDropped(): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new ReqlDriverError(CLOSED))
    const turn = this.#turn.then(() => this.#read())
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #read(): Promise<unknown> {
    for (;;) {
      if (this.#isClosed) return DROPPED
      if (this.#at < this.#rows.length) return this.#rows[this.#at++]
      if (this.#isEnded) throw new ReqlDriverError(NO_MORE)
      let rows: unknown[] | undefined
      try {
        rows = await this.#source.take()
      } catch (error) {
        this.#isEnded = true
        throw error
      }
      if (rows === undefined && this.#failure !== undefined) throw this.#failure
      if (rows === undefined) this.#isEnded = true
      else {
        this.#rows = rows
        this.#at = 0
      }
    }
  }

  closeRows(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#rows = []
    this.#source.close()
  }

  /** Ends the reading with an error, which waiting reads get. */
  abort(failure: Failure): void {
    this.#failure = this.#source.told?.(failure) ?? failure
    this.#source.close()
  }

  get [Symbol.toStringTag](): string {
    return 'Cursor'
  }
}

/** A cursor over changes, which never ends. */
export class Feed extends Cursor {
  override hasNext(): never {
    throw new ReqlDriverError('`hasNext` is not available for feeds.')
  }
  override toArray(): never {
    throw new ReqlDriverError('`toArray` is not available for feeds.')
  }
  override get [Symbol.toStringTag](): string {
    return 'Feed'
  }
}

/** The methods of an array answered by a query: those of a cursor besides its own. */
class ArrayRows extends Rows {
  override get closed(): boolean {
    return stateOf(this).isClosed
  }

  readRow(): Promise<unknown> {
    const state = stateOf(this)
    const rows = this as unknown as unknown[]
    if (state.isClosed) return Promise.reject(new ReqlDriverError(CLOSED))
    if (state.at >= rows.length) return Promise.reject(new ReqlDriverError(NO_MORE))
    return Promise.resolve(rows[state.at++])
  }

  closeRows(): void {
    stateOf(this).isClosed = true
    ;(this as unknown as unknown[]).length = 0
  }

  override readRest(): Promise<unknown[]> {
    const state = stateOf(this)
    if (state.isClosed) return Promise.reject(new ReqlDriverError(CLOSED))
    const rows = this as unknown as unknown[]
    return Promise.resolve(state.at === 0 ? rows : rows.slice(state.at))
  }
}

interface ArrayState {
  at: number
  isClosed: boolean
}

const STATES = new WeakMap<object, ArrayState>()

function stateOf(rows: object): ArrayState {
  let state = STATES.get(rows)
  if (state === undefined) {
    state = { at: 0, isClosed: false }
    STATES.set(rows, state)
  }
  return state
}

const READABLE = Object.create(Array.prototype) as object
for (const source of [Rows.prototype, ArrayRows.prototype]) {
  for (const name of Object.getOwnPropertyNames(source)) {
    if (name === 'constructor') continue
    Object.defineProperty(READABLE, name, { ...Object.getOwnPropertyDescriptor(source, name), enumerable: false })
  }
}

/** Gives an array the methods of a cursor; its indexes stay its only own keys. */
export function readable(rows: unknown[]): unknown[] {
  return Object.setPrototypeOf(rows, READABLE) as unknown[]
}
