// One database in one IndexedDB database, where there is no file system. All changes in all files go into one
// transaction at a time, so that a crash leaves the state at some moment; after one has failed, no other follows.

import { NotFoundError } from '../../error/index.ts'
import { hostError, pathOf } from '../failure.ts'
import { requirePlainName, requireWritable } from '../name.ts'
import { lockName, OriginLock, originParts } from '../origin/lock.ts'
import type { StorageDirectory, StorageFile } from '../storage.ts'
import { chunksOf, type FileDatabase, type FileEntry, openFiles } from './database.ts'
import { type Changes, type Committer, IndexedFile } from './file.ts'

/** Writes that nobody flushes are handed over after this time. */
const IDLE_MS = 10

/**
 * Opens the directory of a name; the caller locks it next.
 *
 * @param options.isLocked - the caller holds the lock of that name already.
 * @throws UsageError for a path that is empty or leads upwards, NotFoundError when `readOnly` and it is not there.
 */
export async function openIndexedDirectory(
  path: string | URL,
  options: { readonly readOnly?: boolean; readonly isLocked?: boolean } = {},
): Promise<StorageDirectory> {
  const shown = String(path)
  const name = `quiverdb/${originParts(shown).join('/')}`
  const isReadOnly = options.readOnly ?? false
  if (isReadOnly && !(await isThere(name))) {
    throw new NotFoundError(`database "${shown}" is not there, and opening read-only does not create it`, {
      details: { path: shown },
    })
  }
  try {
    return new IndexedDirectory(shown, await openFiles(name), isReadOnly, options.isLocked ?? false)
  } catch (cause) {
    throw hostError('opening', shown, '', coded(cause))
  }
}

async function isThere(name: string): Promise<boolean> {
  const all = await indexedDB.databases()
  return all.some((one) => one.name === name)
}

class IndexedDirectory implements StorageDirectory, Committer {
  readonly path: string
  readonly isReadOnly: boolean
  readonly #database: FileDatabase
  readonly #lock: OriginLock | undefined
  /** Files that are open, or closed with changes left. */
  readonly #open = new Set<IndexedFile>()
  #nextId: number | undefined
  /** Resolves when everything sent has been stored, or rejects permanently with the first failure. */
  #tail: Promise<void> = Promise.resolve()
  #queued: Promise<void> | undefined
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(path: string, database: FileDatabase, isReadOnly: boolean, isLocked: boolean) {
    this.path = path
    this.isReadOnly = isReadOnly
    this.#database = database
    this.#lock = isLocked ? undefined : new OriginLock(path, isReadOnly)
  }

  get location(): string {
    return lockName(this.path)
  }

  async lock(): Promise<void> {
    try {
      await this.#lock?.acquire()
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  async unlock(): Promise<void> {
    this.push()
    await this.#tail.catch(() => {})
    this.#database.close()
    this.#lock?.release()
  }

  async list(): Promise<string[]> {
    await this.settle('listing', '')
    return (await this.#run('listing', '', () => this.#database.getAllKeys('files'))).sort()
  }

  async open(name: string, options: { create: boolean }): Promise<StorageFile> {
    requirePlainName(name)
    if (options.create) requireWritable(this, 'creation', name)
    await this.settle('opening', name)
    const entry = await this.#run('opening', name, () => this.#database.get('files', name))
    if (entry === undefined && !options.create) throw this.#missing(name)
    const file = new IndexedFile(name, entry?.id ?? (await this.#freeId()), this)
    if (entry === undefined) {
      file.create()
      this.#open.add(file)
      this.push()
      await this.#settled('creation', name)
    } else {
      await this.#run('read', name, () => file.load(this.#database, entry.size))
      this.#open.add(file)
    }
    return file
  }

  async #freeId(): Promise<number> {
    if (this.#nextId === undefined) {
      const entries = await this.#database.getAll('files')
      this.#nextId = Math.max(0, ...entries.map(({ id }) => id)) + 1
    }
    return this.#nextId++
  }

  async remove(name: string): Promise<void> {
    requirePlainName(name)
    requireWritable(this, 'removal', name)
    await this.settle('removal', name)
    this.#forget(name)
    await this.#run('removal', name, () => this.#move(name, undefined))
  }

  async rename(from: string, to: string): Promise<void> {
    requirePlainName(from)
    requirePlainName(to)
    requireWritable(this, 'rename', from)
    await this.settle('rename', from)
    this.#forget(from)
    this.#forget(to)
    await this.#run('rename', from, () => this.#move(from, to))
  }

  /** Removes a file, or renames it and replaces the file of that name. */
  async #move(from: string, to: string | undefined): Promise<void> {
    const change = this.#database.transaction(['files', 'chunks'], 'readwrite', { durability: 'strict' })
    // A request that fails is reported by itself, before the transaction that it aborts.
    change.done.catch(() => {})
    const files = change.objectStore('files')
    const entry = await files.get(from)
    const gone = to === undefined ? entry : await files.get(to)
    if (entry === undefined && to !== undefined) throw this.#missing(from)
    if (gone !== undefined) await change.objectStore('chunks').delete(chunksOf(gone.id))
    await files.delete(from)
    if (to !== undefined) await files.put(entry!, to)
    await change.done
  }

  /** The changes of a removed or replaced file are dropped. */
  #forget(name: string): void {
    for (const file of this.#open) if (file.name === name) this.#open.delete(file)
  }

  async flushNames(): Promise<void> {
    this.push()
    await this.#settled('flush of names', '')
  }

  touched(): void {
    this.#idle ??= setTimeout(() => this.push(), IDLE_MS)
  }

  /** Starts writing everything changed. */
  push(): void {
    clearTimeout(this.#idle)
    this.#idle = undefined
    if (this.#queued !== undefined) return
    // Includes whatever changes until its turn comes.
    const queued = this.#tail.then(() => {
      this.#queued = undefined
      return this.#commit()
    })
    this.#queued = queued
    this.#tail = queued
    // Whoever flushes gets the error.
    queued.catch(() => {})
  }

  async settle(operation: string, name: string): Promise<void> {
    this.push()
    await this.#settled(operation, name)
  }

  async #settled(operation: string, name: string): Promise<void> {
    await this.#run(operation, name, () => this.#tail)
  }

  async #commit(): Promise<void> {
    const all = [...this.#open].map((file) => file.takeChanges()).filter((changes) => changes !== undefined)
    for (const file of this.#open) if (file.isClosed) this.#open.delete(file)
    if (all.length === 0) return
    const change = this.#database.transaction(['files', 'chunks'], 'readwrite', { durability: 'strict' })
    const done = change.done
    // A request that fails aborts the transaction, which reports the reason.
    const quietly = (request: Promise<unknown>) => request.catch(() => {})
    const files = change.objectStore('files')
    const chunks = change.objectStore('chunks')
    for (const changes of all) {
      quietly(files.put(entryOf(changes), changes.name))
      if (changes.cutFrom < Number.POSITIVE_INFINITY) quietly(chunks.delete(chunksOf(changes.id, changes.cutFrom)))
      for (const [index, bytes] of changes.chunks) {
        quietly(bytes === undefined ? chunks.delete([changes.id, index]) : chunks.put(bytes, [changes.id, index]))
      }
    }
    change.commit()
    await done
  }

  async #run<R>(operation: string, name: string, run: () => Promise<R>): Promise<R> {
    try {
      return await run()
    } catch (cause) {
      if (cause instanceof NotFoundError) throw cause
      throw hostError(operation, this.path, name, coded(cause))
    }
  }

  #missing(name: string): NotFoundError {
    return new NotFoundError(`file ${pathOf(this.path, name)} is not there`, { details: { name } })
  }
}

function entryOf({ id, size }: Changes): FileEntry {
  return { id, size }
}

/** Adds the code that all backends use when space is refused. A refused transaction has stored nothing. */
function coded(cause: unknown): unknown {
  const { name, message } = (cause ?? {}) as { name?: string; message?: string }
  if (name !== 'QuotaExceededError') return cause
  const words = `the browser gives this origin no more space${message === '' ? '' : ` (${message})`}`
  return Object.assign(new Error(words, { cause }), { code: 'ENOSPC' })
}
