// The worker's end: runs calls on the database, for one client.

import type { Database } from '../engine/index.ts'
import { StateError } from '../error/index.ts'
import { Callback, NEEDS } from './callback.ts'
import { packError, transferables, unpack, unpackError } from './pack.ts'
import type { CallRequest, CollectionName, Reply, Request } from './protocol.ts'

/** Calls that change which collections exist. */
const CATALOG_CALLS: ReadonlySet<string> = new Set(['createCollection', 'dropCollection', 'renameCollection', 'erase'])

/** Documents sent together while a cursor is read, and the time limit for gathering them. */
const CHUNK = 512
const CHUNK_MS = 15

export type Send = (reply: Reply, transfer: ArrayBuffer[]) => void
export type TellNames = (collections: readonly CollectionName[]) => void

type Method = (...args: unknown[]) => unknown

interface CursorLike extends AsyncIterable<unknown> {
  [method: string]: unknown
}

export class Server {
  readonly #database: Database
  readonly #send: Send
  readonly #tell: TellNames
  readonly #cursors = new Map<number, AsyncIterator<unknown>>()
  readonly #running = new Map<number, AbortController>()
  /** Does not begin at 1: the server in the next tab must not take an iteration begun here for one of its own. */
  #nextCursor = Math.floor(Math.random() * 2 ** 48)

  /** @param tell - called when a call has changed the collections, before that call is answered. */
  constructor(database: Database, send: Send, tell: TellNames) {
    this.#database = database
    this.#send = send
    this.#tell = tell
  }

  /** Handles a request; the engine is called before this returns, so that requests run in the order of arrival. */
  handle(request: Request): void {
    if ('cancel' in request) {
      this.#running.get(request.cancel)?.abort(unpackError(request.reason))
      return
    }
    if ('open' in request) return
    this.#call(request).then(
      async (reply) => {
        // The page may use the collection at once.
        if (CATALOG_CALLS.has(request.method)) await tellNames(this.#database, this.#tell)
        this.#send(reply, 'value' in reply ? transferables(reply.value) : [])
      },
      (error: unknown) => this.#send({ id: request.id, error: packError(error) }, []),
    )
  }

  async #call(request: CallRequest): Promise<Reply> {
    const { id, target, method, args, answers = [] } = request
    if (target.kind === 'cursor') return await this.#advance(id, target.cursor, method)
    const abort = new AbortController()
    const hole = args.holes.find(([, kind]) => kind === 'callback')
    const callback = hole === undefined ? undefined : new Callback(answers, hole, abort)
    const hasSignal = callback !== undefined || args.holes.some(([, kind]) => kind === 'signal')
    if (hasSignal) this.#running.set(id, abort)
    try {
      const given = unpack(args, callback?.call, abort.signal) as unknown[]
      if (callback !== undefined) addSignal(method, given, abort.signal)
      const holder = target.kind === 'database' ? this.#database : this.#database.collection(target.name)
      const made = (holder as unknown as Record<string, Method>)[method]!(...given)
      if (request.then === 'iterate') return { id, value: this.#iterate(made as CursorLike) }
      const value = request.then === undefined ? await made : await (made as Record<string, Method>)[request.then]!()
      // Where the engine does not check the signal, it takes our placeholder for a refusal of the document.
      if (callback !== undefined && callback.needs.length > 0) throw NEEDS
      return { id, value: isClonable(method) ? value : undefined }
    } catch (error) {
      if (callback !== undefined && callback.needs.length > 0 && (error === NEEDS || abort.signal.reason === NEEDS)) {
        return { id, used: callback.used, needs: callback.needs }
      }
      throw error
    } finally {
      this.#running.delete(id)
    }
  }

  #iterate(cursor: CursorLike): number {
    const number = this.#nextCursor++
    this.#cursors.set(number, cursor[Symbol.asyncIterator]())
    return number
  }

  async #advance(id: number, number: number, method: string): Promise<Reply> {
    const iterator = this.#cursors.get(number)
    if (iterator === undefined) throw new StateError('this iteration has ended')
    if (method === 'return') {
      this.#cursors.delete(number)
      await iterator.return?.()
      return { id, value: [], done: true }
    }
    const values: unknown[] = []
    const began = performance.now()
    try {
      while (values.length < CHUNK && performance.now() - began < CHUNK_MS) {
        const { value, done } = await iterator.next()
        if (done === true) {
          this.#cursors.delete(number)
          return { id, value: values, done: true }
        }
        values.push(value)
      }
    } catch (error) {
      this.#cursors.delete(number)
      throw error
    }
    return { id, value: values, done: false }
  }
}

/** Collections cannot be cloned; the page has its own objects for them. */
function isClonable(method: string): boolean {
  return method !== 'createCollection' && method !== 'collection'
}

/** Adds the signal that aborts a call which needs more results. */
function addSignal(method: string, given: unknown[], signal: AbortSignal): void {
  const at = method === 'insert' ? 1 : 2
  given[at] = { ...(given[at] as object | undefined), signal }
}

/** Sends the collection names, which a page must know synchronously. */
export async function tellNames(database: Database, tell: TellNames): Promise<void> {
  let collections: CollectionName[]
  try {
    collections = (await database.collections()).map(({ name, primaryKey }) => ({ name, primaryKey }))
  } catch {
    // The database is being closed.
    return
  }
  tell(collections)
}
