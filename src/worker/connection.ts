// The page's end: sends calls to the worker and passes the results on.

import { ClosedError, HostError } from '../error/index.ts'
import { packAnswer, packArguments, packError, packWhole, unpackError } from './pack.ts'
import type {
  CallbackAnswer,
  CallRequest,
  CollectionName,
  Hole,
  OpenRequest,
  Packed,
  Reply,
  Request,
  Target,
} from './protocol.ts'
import { isTested, withoutTests } from './tested.ts'

interface Waiting {
  resolve(reply: Extract<Reply, { value: unknown }>): void
  reject(error: unknown): void
  /** Repeats the call with more results of callbacks. */
  again?: (used: number, needs: readonly unknown[]) => void
}

/** The part of a worker that is used; tests have their own. */
export interface WorkerLike {
  postMessage(message: unknown): void
  terminate(): void
  onmessage: ((event: { data: Reply }) => void) | null
  onerror: ((event: { message?: string }) => void) | null
}

const CALLBACKS: Readonly<Record<string, readonly (string | number)[]>> = {
  insert: [1, 'conflict'],
  update: [1],
  replace: [1],
}

export class Connection {
  readonly #worker: WorkerLike
  readonly #waiting = new Map<number, Waiting>()
  readonly #onProgress: ((progress: never) => void) | undefined
  readonly #end = new AbortController()
  #nextId = 1
  #ended: Error | undefined
  /** The existing collections, by name. */
  collections: ReadonlyMap<string, CollectionName> = new Map()

  /** @param advice - for a worker that does not even start. */
  constructor(worker: WorkerLike, advice: string, onProgress: ((progress: never) => void) | undefined) {
    this.#worker = worker
    this.#onProgress = onProgress
    worker.onmessage = ({ data }) => this.#hear(data)
    worker.onerror = ({ message }) => {
      const why = message === undefined || message === '' ? `it could not be started; ${advice}` : message
      this.end(new HostError(`the worker of the database failed: ${why}`, { details: { operation: 'worker' } }))
    }
  }

  async open(request: OpenRequest): Promise<void> {
    await this.#ask((id) => this.#post({ id, open: request }))
  }

  /** Calls a method; returns its result. */
  async call(target: Target, method: string, args: readonly unknown[], then?: string): Promise<unknown> {
    let packed = packArguments(args, CALLBACKS[method])
    const primaryKey = target.kind === 'collection' ? this.collections.get(target.name)?.primaryKey : undefined
    if (primaryKey !== undefined && packed.holes.some(isTested)) {
      packed = await withoutTests(packed, primaryKey, (options) => this.call(target, 'find', [options], 'toArray'))
    }
    const { value } = await this.#call(target, method, args, then, packed)
    return value
  }

  /** The next documents of an iteration. */
  async advance(cursor: number, method: 'next' | 'return'): Promise<{ values: unknown[]; isDone: boolean }> {
    const { value, done } = await this.#call(
      { kind: 'cursor', cursor },
      method,
      [],
      undefined,
      packArguments([], undefined),
    )
    return { values: value as unknown[], isDone: done === true }
  }

  /** @param packed - the arguments. */
  #call(target: Target, method: string, args: readonly unknown[], then: string | undefined, packed: Packed) {
    const pathOf = (kind: Hole[1]) => packed.holes.find((hole) => hole[1] === kind)?.[0]
    const signal = valueAt(args, pathOf('signal')) as AbortSignal | undefined
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    const run = valueAt(args, pathOf('callback')) as ((...args: unknown[]) => unknown) | undefined
    let answers: CallbackAnswer[] = []
    let cloned = packed
    const request = (id: number): CallRequest => ({
      id,
      target,
      method,
      args: cloned,
      ...(then === undefined ? {} : { then }),
      ...(answers.length === 0 ? {} : { answers }),
    })
    const again = (id: number) => (used: number, needs: readonly unknown[]) => {
      answers = answers.slice(0, used)
      for (const given of needs) answers.push(answerOf(run!, given as unknown[]))
      this.#post(request(id))
    }
    return this.#ask(
      (id) => {
        try {
          this.#post(request(id))
        } catch {
          // Something in it cannot be cloned: the engine will report what, and where.
          cloned = packWhole(packed)
          this.#post(request(id))
        }
      },
      again,
      signal,
    )
  }

  #ask(
    post: (id: number) => void,
    again?: (id: number) => (used: number, needs: readonly unknown[]) => void,
    signal?: AbortSignal,
  ): Promise<Extract<Reply, { value: unknown }>> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const cancel = () => this.#post({ cancel: id, reason: packError(signal!.reason) })
      const waiting: Waiting = {
        resolve: (reply) => {
          signal?.removeEventListener('abort', cancel)
          resolve(reply)
        },
        reject: (error) => {
          signal?.removeEventListener('abort', cancel)
          // The engine rejects with the reason of the signal: the caller gets its own object.
          reject(signal?.aborted === true && isReason(error, signal.reason) ? signal.reason : error)
        },
      }
      if (again !== undefined) waiting.again = again(id)
      this.#waiting.set(id, waiting)
      signal?.addEventListener('abort', cancel)
      try {
        post(id)
      } catch (error) {
        this.#waiting.delete(id)
        waiting.reject(error)
      }
    })
  }

  #post(request: Request): void {
    this.#worker.postMessage(request)
  }

  #hear(reply: Reply): void {
    if ('progress' in reply) {
      this.#onProgress?.(reply.progress as never)
      return
    }
    if ('collections' in reply) {
      this.collections = new Map(reply.collections.map((one) => [one.name, one]))
      return
    }
    const waiting = this.#waiting.get(reply.id)
    if (waiting === undefined) return
    if ('needs' in reply) {
      try {
        waiting.again!(reply.used, reply.needs)
      } catch (error) {
        // The result of the caller's function cannot be cloned. The worker does not wait for it, and has written
        // nothing.
        this.#waiting.delete(reply.id)
        waiting.reject(error)
      }
      return
    }
    this.#waiting.delete(reply.id)
    if ('error' in reply) waiting.reject(unpackError(reply.error))
    else waiting.resolve(reply)
  }

  /** Sends nothing from now on; pending calls are rejected. */
  end(error: Error = new ClosedError('the database was closed')): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    this.#end.abort(error)
    this.#worker.terminate()
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }

  /** Aborted when the connection ends, for the reason that pending calls get. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  get isEnded(): boolean {
    return this.#ended !== undefined
  }
}

/** An argument, or a field of one. */
function valueAt(args: readonly unknown[], path: Hole[0] | undefined): unknown {
  if (path === undefined) return undefined
  const [at, name] = path
  const holder = args[at as number]
  return name === undefined ? holder : (holder as Record<string, unknown>)[name]
}

function answerOf(run: (...args: unknown[]) => unknown, args: unknown[]): CallbackAnswer {
  // The function may modify its arguments; the worker compares with those it sent.
  const asked = structuredClone(args)
  try {
    return { args: asked, answer: packAnswer(run(...args)) }
  } catch (error) {
    return { args: asked, error: packError(error) }
  }
}

function isReason(error: unknown, reason: unknown): boolean {
  return (error as Error | null)?.message === String((reason as Error | null)?.message ?? reason)
}
