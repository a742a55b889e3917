// One database in one directory of the file system. Operations that only query or change names are synchronous: through another thread they
// would take ten times as long. Flushes, which wait for the disk, use another thread.

import {
  closeSync,
  constants,
  fsync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { NotFoundError, UsageError } from '../../error/index.ts'
import { hostError, pathOf } from '../failure.ts'
import { requirePlainName, requireWritable } from '../name.ts'
import type { StorageDirectory, StorageFile } from '../storage.ts'
import { unlessBusy } from './busy.ts'
import { DiskFile } from './file.ts'
import { Guard } from './guard.ts'
import { codeOf, removeFile } from './host.ts'
import { DirectoryLock, isLockName } from './lock.ts'
import { unwritable } from './refusal.ts'

const flushed = promisify(fsync)

/** Node's permission model refuses to flush an open file; with this flag each write is flushed before it returns. */
const WRITE_THROUGH = (process as { permission?: unknown }).permission === undefined ? 0 : (constants.O_DSYNC ?? 0)

/**
 * Opens a directory of the file system; the caller locks it next.
 *
 * @param path - relative or absolute, or a `file:` URL. Resolved now: a later `process.chdir` has no effect.
 * @param options.readOnly - never creates or writes anything but a reader's lock file. Default false: the directory and
 *   its parents are created if missing.
 * @throws {@link UsageError} for an empty path, a URL that is not `file:`, and a path that is a file.
 * @throws {@link NotFoundError} when `readOnly` and there is no such directory.
 * @throws {@link HostError} when the platform refuses.
 */
export async function openFileDirectory(
  path: string | URL,
  options: { readonly readOnly?: boolean } = {},
): Promise<StorageDirectory> {
  const isReadOnly = options.readOnly ?? false
  const shown = requirePath(path)
  const folder = resolve(shown)
  try {
    const made = isReadOnly ? [] : await createFolder(folder)
    // The real path is resolved once: a link that is redirected later does not split the database in two.
    const real = realPath(folder)
    if (statSync(real).isDirectory()) return new FileDirectory(shown, real, isReadOnly, made)
  } catch (cause) {
    const code = codeOf(cause)
    if (isReadOnly && code === 'ENOENT') {
      throw new NotFoundError(`directory "${shown}" is not there, and opening read-only does not create it`, {
        cause,
        details: { path: shown },
      })
    }
    if (code !== 'EEXIST' && code !== 'ENOTDIR') {
      throw isReadOnly ? hostError('opening', shown, '', cause) : unwritable('creation', shown, '', cause)
    }
  }
  throw new UsageError(`"${shown}" is, or lies under, a file: a database needs a directory`, {
    details: { path: shown },
  })
}

/** Windows cannot tell that of long paths, RAM disks and some network drives; Node then looks at each folder of the path. */
function realPath(folder: string): string {
  try {
    return realpathSync.native(folder)
  } catch {
    return realpathSync(folder)
  }
}

function requirePath(path: string | URL): string {
  requireMeant(path)
  if (typeof path !== 'string' || /^([a-z][a-z\d+.-]+:\/\/|file:\/)/i.test(path)) {
    try {
      return fileURLToPath(path)
    } catch (cause) {
      throw new UsageError(`"${path}" is not a URL of a local directory (file:///...)`, {
        cause,
        details: { path: `${path}` },
      })
    }
  }
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new UsageError(
      `a database path is a string that is not empty and has no NUL, or a file: URL; got ${JSON.stringify(path) ?? typeof path}`,
      { details: { path } },
    )
  }
  return path
}

// Each would make a folder of that name, which nobody looks for.
function requireMeant(path: string | URL): void {
  if (typeof path !== 'string') return
  const meant = /^\s*:?memory:?\s*$/i.test(path) && path.includes(':') ? '":memory:"' : undefined
  const right =
    meant ?? (/^file:[^/]/i.test(path) ? `the path alone, ${JSON.stringify(path.slice(5))}, or file:///...` : undefined)
  if (right === undefined) return
  throw new UsageError(`${JSON.stringify(path)} is not a database path: write ${right}`, { details: { path } })
}

// Not Node's recursive `mkdir`: where a file system says ENOENT for a folder whose parent is there, as /proc does, that
// never returns (seen with Node 20). Answers the folders that were made, the innermost last.
async function createFolder(folder: string): Promise<string[]> {
  if (isThere(folder)) return []
  const parent = dirname(folder)
  const made = parent === folder ? [] : await createFolder(parent)
  try {
    mkdirSync(folder)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return made // Another process was faster, or it is a dangling link.
    throw error
  }
  // Makes the new name durable in the folder above; otherwise a power loss could remove the whole database.
  await flushFolder(parent)
  return [...made, folder]
}

function isThere(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    // The permission model hides what is above a permitted folder.
    if (codeOf(error) === 'ERR_ACCESS_DENIED') return true
    throw error
  }
}

/** The first two: a folder that may be searched but not read cannot be opened for a flush. The rest: no such operation here. */
const NO_FOLDER_FLUSH = [
  ...['EACCES', 'ERR_ACCESS_DENIED'],
  ...['EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR'],
]

/** Makes creations, renames and removals in a folder durable. Does nothing where the platform has no such operation. */
async function flushFolder(folder: string): Promise<void> {
  let descriptor: number | undefined
  try {
    // Windows flushes only what was opened for writing.
    descriptor = openSync(folder, process.platform === 'win32' ? constants.O_RDWR : constants.O_RDONLY)
    // Not a `FileHandle` with its `sync`: Yarn's Plug'n'Play replaces it by one without that method.
    await flushed(descriptor)
  } catch (error) {
    if (!NO_FOLDER_FLUSH.includes(codeOf(error))) throw error
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

class FileDirectory implements StorageDirectory {
  readonly path: string
  readonly isReadOnly: boolean
  readonly #folder: string
  /** The folders created for it. */
  #made: readonly string[]
  readonly #lock: DirectoryLock
  readonly #guard: Guard

  get location(): string {
    return this.#folder
  }

  constructor(path: string, folder: string, isReadOnly: boolean, made: readonly string[]) {
    this.path = path
    this.isReadOnly = isReadOnly
    this.#folder = folder
    this.#made = made
    this.#lock = new DirectoryLock(folder, path, isReadOnly)
    this.#guard = new Guard(() => this.#lock.lossOf())
  }

  async lock(): Promise<void> {
    await this.#lock.acquire()
  }

  async unlock(): Promise<void> {
    const made = this.#made
    this.#made = []
    const isOurs = made.length > 0 && this.#lock.lossOf() === undefined
    await this.#lock.release()
    if (!isOurs) return
    // After an import or an opening that failed, they are empty.
    try {
      for (const folder of [...made].reverse()) rmdirSync(folder)
    } catch {
      // Something is in them.
    }
  }

  /** The names of all files, without the lock's own; directories are left out. */
  async list(): Promise<string[]> {
    try {
      const entries = readdirSync(this.#folder, { withFileTypes: true })
      return entries.flatMap((entry) => (entry.isDirectory() || isLockName(entry.name) ? [] : [entry.name])).sort()
    } catch (cause) {
      throw hostError('listing', this.path, '', cause)
    }
  }

  async open(name: string, options: { create: boolean }): Promise<StorageFile> {
    requireDataName(name)
    if (options.create) this.#requireOurs('creation', name)
    const access = this.isReadOnly ? constants.O_RDONLY : constants.O_RDWR | WRITE_THROUGH
    try {
      const flags = options.create ? access | constants.O_CREAT : access
      const descriptor = await unlessBusy(() => openSync(join(this.#folder, name), flags))
      return new DiskFile(name, this.path, descriptor, this.isReadOnly, WRITE_THROUGH !== 0, this.#guard)
    } catch (cause) {
      if (this.isReadOnly || codeOf(cause) === 'ENOENT') throw this.#failure('opening', name, cause)
      throw unwritable('opening', this.path, name, cause)
    }
  }

  async remove(name: string): Promise<void> {
    requireDataName(name)
    this.#requireOurs('removal', name)
    try {
      await unlessBusy(() => removeFile(join(this.#folder, name)))
    } catch (cause) {
      throw this.#failure('removal', name, cause)
    }
  }

  async rename(from: string, to: string): Promise<void> {
    requireDataName(from)
    requireDataName(to)
    this.#requireOurs('rename', from)
    try {
      await unlessBusy(() => renameSync(join(this.#folder, from), join(this.#folder, to)))
    } catch (cause) {
      throw this.#failure('rename', from, cause)
    }
  }

  async flushNames(): Promise<void> {
    try {
      await flushFolder(this.#folder)
    } catch (cause) {
      throw hostError('flush of names', this.path, '', cause)
    }
  }

  #requireOurs(operation: string, name: string): void {
    requireWritable(this, operation, name)
    this.#guard.onName()
  }

  #failure(operation: string, name: string, cause: unknown): Error {
    if (codeOf(cause) !== 'ENOENT') return hostError(operation, this.path, name, cause)
    return new NotFoundError(`file ${pathOf(this.path, name)} is not there`, { cause, details: { name } })
  }
}

function requireDataName(name: string): void {
  requirePlainName(name)
  if (isLockName(name)) throw new UsageError(`"${name}" belongs to the lock`, { details: { name } })
}
