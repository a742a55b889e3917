// Several tabs on one database: the worker of one tab has it open and serves the others over a broadcast channel; the
// other workers wait for the lock, and take over when they get it.

import { v4 as uuid } from 'uuid'
import { type Database, openDatabase, VERSION } from '../engine/index.ts'
import { HostError, LockedError, StateError } from '../error/index.ts'
import { lockName, openOriginDirectory } from '../storage/origin/index.ts'
import { packError } from './pack.ts'
import { type CallRequest, READS, type Reply, type Request } from './protocol.ts'
import { type Send, Server, type TellNames, tellNames } from './server.ts'

type Options = Parameters<typeof openDatabase>[0]

/** How often a tab that is opening asks for a server. */
const HELLO_MS = 100

/** Tabs of one release understand each other; a page that was not reloaded since an update may be of another. */
const RELEASE = VERSION.split('.').slice(0, 2).join('.')

/** With the release of the sender. Of other releases' notes no more than `hello`, `serving` and `release` is relied upon. */
type Note =
  | { readonly kind: 'hello'; readonly from: string }
  | { readonly kind: 'bye'; readonly from: string }
  /** To one tab; if another tab serves by then, the waiting tab sends it again. */
  | { readonly kind: 'request'; readonly from: string; readonly to: string | undefined; readonly request: Request }
  /** The request has arrived: from now on only the serving tab knows whether it was carried out. */
  | { readonly kind: 'begun'; readonly to: string; readonly id: number }
  | { readonly kind: 'reply'; readonly from: string; readonly to: string; readonly reply: Reply }
  /** The sender serves from now on; answers still expected from another tab will not come. */
  | { readonly kind: 'serving'; readonly from: string }

/** The database of one page, wherever it is open. */
export class Tab {
  readonly #path: string
  readonly #options: Omit<Options, 'storage'>
  readonly #isWithoutFiles: boolean
  readonly #send: Send
  readonly #channel: BroadcastChannel
  readonly #me = uuid()
  readonly #waiting = new Map<number, { readonly request: CallRequest; isBegun: boolean }>()
  readonly #servers = new Map<string, Server>()
  readonly #waitEnd = new AbortController()
  #database: Database | undefined
  /** The tab that serves, if it is not this one. */
  #server: string | undefined
  /** Set while that tab is of another release. */
  #stranger: LockedError | undefined
  #release: (() => void) | undefined
  #isClosed = false
  #onServed: (() => void) | undefined
  #onStranger: ((error: LockedError) => void) | undefined

  constructor(path: string, options: Omit<Options, 'storage'>, isWithoutFiles: boolean, send: Send) {
    this.#path = path
    this.#options = options
    this.#isWithoutFiles = isWithoutFiles
    this.#send = send
    this.#channel = new BroadcastChannel(lockName(path))
    this.#channel.onmessage = ({ data }) => this.#hear(data as Note & { release?: string })
  }

  /** Opens the database, or finds the tab that has it open; one created from an export is not shared. */
  async open(source: AsyncIterable<Uint8Array> | undefined): Promise<void> {
    const readOnly = this.#options.readOnly ?? false
    const storage = await openOriginDirectory(this.#path, { readOnly, isWithoutFiles: this.#isWithoutFiles })
    try {
      await this.#serve(await openDatabase({ ...this.#options, source, storage }))
    } catch (error) {
      if (!(error instanceof LockedError) || readOnly || source !== undefined) throw error
      await this.#join()
    }
  }

  async #serve(database: Database): Promise<void> {
    this.#database = database
    this.#stranger = undefined
    this.#servers.clear()
    this.#note({ kind: 'serving', from: this.#me })
    await tellNames(database, this.#tell)
  }

  async #join(): Promise<void> {
    const served = new Promise<void>((resolve, reject) => {
      this.#onServed = resolve
      this.#onStranger = reject
    })
    const asking = setInterval(() => this.#note({ kind: 'hello', from: this.#me }), HELLO_MS)
    this.#note({ kind: 'hello', from: this.#me })
    const taken = this.#takeOver()
    // Later errors are reported to waiting calls.
    taken.catch(() => {})
    try {
      await Promise.race([served, taken])
    } catch (error) {
      await this.close()
      throw error
    } finally {
      clearInterval(asking)
    }
  }

  /** Waits for the lock, and then opens the database. */
  async #takeOver(): Promise<void> {
    const name = lockName(this.#path)
    await new Promise<void>((resolve, reject) => {
      const held = navigator.locks.request(name, { signal: this.#waitEnd.signal }, () => {
        const ended = new Promise<void>((done) => {
          this.#release = done
        })
        this.#openLocked().then(resolve, (error: unknown) => {
          this.#release?.()
          this.#failWaiting(error)
          reject(error)
        })
        return ended
      })
      held.catch(reject)
    })
  }

  async #openLocked(): Promise<void> {
    const isWithoutFiles = this.#isWithoutFiles
    const storage = await openOriginDirectory(this.#path, { isLocked: true, isWithoutFiles })
    await this.#serve(await openDatabase({ ...this.#options, storage }))
    this.#settleWaiting()
  }

  /** Handles a request of this page. */
  handle(request: Request): void {
    if ('open' in request) return
    if (this.#database !== undefined) {
      this.#run(this.#me, request, this.#send)
      return
    }
    if ('id' in request) {
      if (this.#stranger !== undefined) {
        this.#send({ id: request.id, error: packError(this.#stranger) }, [])
        return
      }
      this.#waiting.set(request.id, { request, isBegun: false })
    }
    this.#note({ kind: 'request', from: this.#me, to: this.#server, request })
  }

  #run(client: string, request: Request, send: Send): void {
    let server = this.#servers.get(client)
    if (server === undefined) {
      server = new Server(this.#database!, send, this.#tell)
      this.#servers.set(client, server)
    }
    server.handle(request)
  }

  #hear({ release = '', ...note }: Note & { release?: string }): void {
    if (release !== RELEASE) {
      this.#hearStranger(note, release)
      return
    }
    if (note.kind === 'serving') {
      if (this.#database !== undefined) return
      this.#stranger = undefined
      this.#server = note.from
      this.#settleWaiting()
      return
    }
    if (note.kind === 'begun') {
      const waiting = note.to === this.#me ? this.#waiting.get(note.id) : undefined
      if (waiting !== undefined) waiting.isBegun = true
      return
    }
    if (note.kind === 'reply') {
      if (note.to !== this.#me && note.to !== '') return
      const { reply } = note
      if ('collections' in reply) {
        this.#server ??= note.from
        this.#onServed?.()
      } else if ('id' in reply && !this.#waiting.delete(reply.id)) {
        return
      }
      this.#send(reply, [])
      return
    }
    if (this.#database === undefined || this.#isClosed) return
    if (note.kind === 'bye') {
      this.#servers.delete(note.from)
    } else if (note.kind === 'hello') {
      tellNames(this.#database, this.#tell)
    } else if (note.to === undefined || note.to === this.#me) {
      const to = note.from
      if ('id' in note.request) this.#note({ kind: 'begun', to, id: note.request.id })
      this.#run(to, note.request, (reply) => this.#note({ kind: 'reply', from: this.#me, to, reply }))
    }
  }

  #hearStranger({ kind }: Note, release: string): void {
    if (this.#database !== undefined) {
      if (kind === 'hello' && !this.#isClosed) this.#note({ kind: 'serving', from: this.#me })
    } else if (kind === 'serving') {
      this.#stranger = new LockedError(
        `database "${this.#path}" is open in another tab that has quiverdb ${release}, this one has ${RELEASE}: reload or close that tab`,
        { details: { path: this.#path, release } },
      )
      this.#onStranger?.(this.#stranger)
      this.#failWaiting(this.#stranger)
    }
  }

  /** To this page and all others. */
  readonly #tell: TellNames = (collections) => {
    this.#send({ collections }, [])
    this.#note({ kind: 'reply', from: this.#me, to: '', reply: { collections } })
  }

  /**
   * The serving tab is gone: requests that it had not begun, and reads, are repeated; the outcome of its writes is
   * unknown.
   */
  #settleWaiting(): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { request, isBegun } of waiting) {
      const isRead = request.target.kind !== 'cursor' && READS.has(request.method)
      if (isRead || !isBegun) this.handle(request)
      else this.#send({ id: request.id, error: packError(lostCall(request)) }, [])
    }
  }

  #failWaiting(error: unknown): void {
    for (const { request } of this.#waiting.values()) this.#send({ id: request.id, error: packError(error) }, [])
    this.#waiting.clear()
  }

  #note(note: Note): void {
    try {
      this.#channel.postMessage({ ...note, release: RELEASE })
    } catch (cause) {
      if (this.#isClosed) return
      throw new HostError('a message to another tab was refused', { cause, details: { operation: 'broadcast' } })
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#waitEnd.abort()
    this.#note({ kind: 'bye', from: this.#me })
    try {
      await this.#database?.close()
    } finally {
      this.#release?.()
      this.#channel.close()
    }
  }
}

function lostCall({ method, target }: CallRequest): StateError {
  if (target.kind === 'cursor') return new StateError('the tab that ran this iteration was closed; begin it again')
  return new StateError(
    `the tab that had the database open was closed while "${method}" was on its way: whether it was done is not known`,
    { details: { operation: method } },
  )
}
