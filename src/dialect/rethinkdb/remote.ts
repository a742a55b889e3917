// A real server, through the official driver.

import { loadDriver } from '../../engine/index.ts'
import { Connection, type ConnectOptions } from './connect.ts'
import { CLASSES, ReqlError, ReqlRuntimeError } from './errors.ts'
import type { Node } from './node.ts'

interface OfficialConnection {
  open: boolean
  _start(node: Node, callback: (error: Error | null, value?: unknown) => void, options: object): void
  use(db: string): void
  close(options: object): Promise<void>
  server(): Promise<unknown>
  noreplyWait(): Promise<void>
  on(event: string, listener: (...args: unknown[]) => void): void
}

interface Driver {
  readonly Error?: Readonly<Record<string, unknown>>
  connect(options: object): Promise<OfficialConnection>
}

/** A connection to a real server, which sends the same terms through the official driver. */
export class RemoteConnection extends Connection {
  readonly #options: ConnectOptions
  #official: OfficialConnection | undefined

  constructor(options: ConnectOptions) {
    super(options.db)
    this.#options = options
  }

  protected get isAlive(): boolean {
    return this.open
  }

  async begin(): Promise<void> {
    const module = await loadDriver('rethinkdb')
    const driver = (module.default ?? module) as Driver
    acquaint(driver.Error)
    try {
      this.#official = await driver.connect(this.#options)
    } catch (error) {
      throw retold(error)
    }
    for (const event of ['close', 'error', 'timeout']) {
      this.#official.on(event, (...args) => {
        if (event === 'close') this.#hearClosing()
        else if (event !== 'error' || this.listenerCount('error') > 0) this.emit(event, ...args)
      })
    }
    this.open = true
    this.emit('connect')
  }

  /** The server has gone; `close` says by itself that it has closed. */
  #hearClosing(): void {
    if (!this.open || this.closing) return
    this.open = false
    this.emit('close')
  }

  protected async end(isWaiting: boolean): Promise<void> {
    await this.#official?.close({ noreplyWait: isWaiting })
  }

  protected query(node: Node, options: Record<string, unknown>): Promise<unknown> {
    const official = this.#official!
    if (this.db !== undefined) official.use(this.db)
    return new Promise((resolve, reject) => {
      official._start(
        node,
        (error, value) => (error === null || error === undefined ? resolve(value) : reject(retold(error, node))),
        options,
      )
    })
  }

  override async noreplyWait(...args: unknown[]): Promise<void> {
    if (this.open) await this.#official?.noreplyWait()
    return await super.noreplyWait(...args)
  }

  protected about(): Promise<unknown> {
    return this.#official!.server()
  }
}

/** What the driver's cursors end with is an error of the driver: for `instanceof` our class takes in the one of its name. */
function acquaint(theirs: Driver['Error']): void {
  for (const [name, Type] of Object.entries(CLASSES)) {
    const Same = theirs?.[name]
    if (typeof Same !== 'function') continue
    Object.defineProperty(Type, Symbol.hasInstance, {
      configurable: true,
      value(this: unknown, error: unknown): boolean {
        // Classes of the program that extend ours inherit this.
        return Function.prototype[Symbol.hasInstance].call(this, error) || (this === Type && error instanceof Same)
      },
    })
  }
}

/** An error of the official driver, in our class of the same name. */
function retold(error: unknown, node?: Node): unknown {
  const { name, msg, frames } = error as { name?: string; msg?: string; frames?: (string | number)[] }
  if (error instanceof ReqlError || name === undefined || msg === undefined || !/^Re?ql/.test(name)) return error
  const Type = (CLASSES as Record<string, typeof ReqlError>)[name] ?? ReqlRuntimeError
  return node === undefined ? new Type(msg) : new Type(msg, node, frames ?? [])
}
