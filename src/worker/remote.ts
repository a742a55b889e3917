// A database open in a worker, with the interface of one open in this thread.

import { chunksOf, type ExportOptions, exported, exportForm } from '../archive/index.ts'
import { Collection, Cursor, Database, type InsertOptions, type WriteResult } from '../engine/index.ts'
import { ClosedError, NotFoundError } from '../error/index.ts'
import type { Connection } from './connection.ts'
import type { Target } from './protocol.ts'
import { insertStream, isSource } from './stream.ts'

interface Kind {
  readonly prototype: { readonly [Symbol.toStringTag]: string }
}

/** The remote database. Methods are forwarded by name; those that must answer synchronously are implemented here. */
export function remoteDatabase(connection: Connection, path: string): Database {
  const target: Target = { kind: 'database' }
  const handles = new Map<string, RemoteCollection>()
  const handleOf = (name: string) => {
    let remote = handles.get(name)
    if (remote === undefined) {
      remote = remoteCollection(connection, name)
      handles.set(name, remote)
    }
    return remote.collection
  }
  const collection = (name: string) => {
    if (connection.isEnded) throw new ClosedError(`database "${path}" is closed`)
    if (connection.collections.has(name)) return handleOf(name)
    throw new NotFoundError(`there is no collection ${JSON.stringify(name)} in database "${path}"`, {
      details: { collection: name },
    })
  }
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= connection
      .call(target, 'close', [])
      .then(() => {})
      .finally(() => connection.end(new ClosedError(`database "${path}" is closed`)))
    return closing
  }
  return handle(Database, (method, args) => connection.call(target, method, args), {
    path,
    repairs: [],
    collection,
    close,
    createCollection: async (...args: unknown[]) => {
      await connection.call(target, 'createCollection', args)
      return handleOf(args[0] as string)
    },
    dropCollection: async (...args: unknown[]) => {
      await connection.call(target, 'dropCollection', args)
      handles.get(args[0] as string)?.drop()
      handles.delete(args[0] as string)
    },
    // A handle stays valid under the new name.
    renameCollection: async (...args: unknown[]) => {
      await connection.call(target, 'renameCollection', args)
      const [name, newName] = args as string[]
      const remote = handles.get(name!)
      if (remote === undefined) return
      handles.delete(name!)
      remote.rename(newName!)
      handles.set(newName!, remote)
    },
    // Blobs can be sent everywhere, streams cannot.
    export: async (options?: ExportOptions) => {
      const form = exportForm(options)
      const blob = (await connection.call(target, 'export', [])) as Blob
      return form === 'blob' ? blob : await exported(form, chunksOf(blob))
    },
    erase: async () => {
      await connection.call(target, 'erase', [])
      await close()
    },
    [Symbol.asyncDispose]: close,
  }) as unknown as Database
}

interface RemoteCollection {
  readonly collection: Collection
  rename(name: string): void
  /** From now on calls fail, also where there is another collection of the name. */
  drop(): void
}

function remoteCollection(connection: Connection, first: string): RemoteCollection {
  let name = first
  let isDropped = false
  const target = (): Target => {
    if (!isDropped) return { kind: 'collection', name }
    throw new ClosedError(`collection "${name}" was dropped`, { details: { collection: name } })
  }
  const info = connection.collections.get(name)
  const insert = (method: 'insert' | 'upsert') => async (given: unknown, options?: unknown) => {
    // A Set is complete: its present elements are taken.
    const source = given instanceof Set ? [...given] : given
    if (!isSource(source)) return await connection.call(target(), method, list(source, options))
    return await insertStream(connection, name, source, options as InsertOptions | undefined, (batch, rest) => {
      return connection.call(target(), method, list(batch, rest)) as Promise<WriteResult>
    })
  }
  const collection = handle(Collection, async (method, args) => await connection.call(target(), method, args), {
    get name() {
      return name
    },
    get primaryKey() {
      return connection.collections.get(name)?.primaryKey ?? info?.primaryKey ?? 'id'
    },
    insert: insert('insert'),
    upsert: insert('upsert'),
    find: (...args: unknown[]) => remoteCursor(connection, target, args),
    [Symbol.asyncIterator]: () => new RemoteIterator(connection, target, 'find', []),
    searchIterator: (...args: unknown[]) => new RemoteIterator(connection, target, 'searchIterator', args),
  }) as unknown as Collection
  return {
    collection,
    rename: (next) => {
      name = next
    },
    drop: () => {
      isDropped = true
    },
  }
}

function list(...args: unknown[]): unknown[] {
  return args.at(-1) === undefined ? args.slice(0, -1) : args
}

function remoteCursor(connection: Connection, target: () => Target, args: unknown[]): Cursor {
  return handle(Cursor, async (then) => await connection.call(target(), 'find', args, then), {
    [Symbol.asyncIterator]: () => new RemoteIterator(connection, target, 'find', args),
  }) as unknown as Cursor
}

/**
 * An object with the methods of `kind`, forwarded to the other end unless they are in `own`, and nothing else: a check
 * for a method gives the same answer as on a local object. Frameworks make proxies of plain objects, and probe for
 * names such as `toJSON` and `__v_raw`; so this object is not a plain one, and has a tag of its own.
 */
function handle(kind: Kind, forward: (method: string, args: unknown[]) => Promise<unknown>, own: object): object {
  const methods: Record<string | symbol, unknown> = { [Symbol.toStringTag]: kind.prototype[Symbol.toStringTag] }
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(kind.prototype))) {
    if (typeof value === 'function' && value !== kind) methods[name] = (...args: unknown[]) => forward(name, args)
  }
  return Object.create(methods, Object.getOwnPropertyDescriptors(own))
}

interface Begun {
  readonly connection: Connection
  readonly cursor: Promise<number>
}

/**
 * Ends abandoned iterations in the worker as well, which holds on to what each has read: for a sorted one, all its
 * documents.
 */
const dropped = /* @__PURE__ */ new FinalizationRegistry(({ connection, cursor }: Begun) => {
  cursor.then((number) => connection.advance(number, 'return')).catch(() => {})
})

class RemoteIterator implements AsyncIterableIterator<unknown> {
  readonly #connection: Connection
  readonly #begin: () => Promise<unknown>
  #cursor: Promise<number> | undefined
  #values: unknown[] = []
  #at = 0
  #isDone = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(connection: Connection, target: () => Target, method: string, args: unknown[]) {
    this.#connection = connection
    this.#begin = async () => await connection.call(target(), method, args, 'iterate')
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const turn = this.#last.then(() => this.#take())
    this.#last = turn.catch(() => {})
    return turn
  }

  async #take(): Promise<IteratorResult<unknown, undefined>> {
    while (this.#at === this.#values.length) {
      if (this.#isDone) return { value: undefined, done: true }
      this.#cursor ??= this.#start()
      try {
        const { values, isDone } = await this.#connection.advance(await this.#cursor, 'next')
        if (isDone) dropped.unregister(this)
        this.#values = values
        this.#at = 0
        this.#isDone ||= isDone
      } catch (error) {
        this.#isDone = true
        throw error
      }
    }
    return { value: this.#values[this.#at++], done: false }
  }

  #start(): Promise<number> {
    const cursor = this.#begin() as Promise<number>
    dropped.register(this, { connection: this.#connection, cursor }, this)
    return cursor
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    dropped.unregister(this)
    const wasDone = this.#isDone
    this.#isDone = true
    this.#values = []
    this.#at = 0
    if (!wasDone && this.#cursor !== undefined) await this.#connection.advance(await this.#cursor, 'return')
    return { value: undefined, done: true }
  }

  async throw(error: unknown): Promise<never> {
    await this.return()
    throw error
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    return this
  }
}
