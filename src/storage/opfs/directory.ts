// One database in one folder of the origin private file system. Files can be opened in a dedicated worker only.

import { HostError, NotFoundError } from '../../error/index.ts'
import { hostError, pathOf } from '../failure.ts'
import { requirePlainName, requireWritable } from '../name.ts'
import { lockName, OriginLock, originParts } from '../origin/lock.ts'
import type { StorageDirectory, StorageFile } from '../storage.ts'
import { codedCause, OpfsFile } from './file.ts'
import { type OpfsFileHandle, type OpfsFolderHandle, rootFolder, type SyncAccessHandle } from './platform.ts'

const COPY_BYTES = 1_048_576
/** A page that has just closed may hold its files for a moment longer. */
const BUSY_TRIES = 40
const BUSY_PAUSE_MS = 50

/**
 * Opens a folder; the caller locks it next.
 *
 * @param path - folders and a name, `app/data`; `.` parts are dropped. Located in the folder `quiverdb` of the origin.
 * @param options.isLocked - the caller already holds the lock of that name.
 * @throws UsageError for a path that is empty or leads upwards, NotFoundError when `readOnly` and it does not exist.
 */
export async function openOpfsDirectory(
  path: string | URL,
  options: { readonly readOnly?: boolean; readonly isLocked?: boolean } = {},
): Promise<StorageDirectory> {
  const isReadOnly = options.readOnly ?? false
  const shown = String(path)
  const parts = originParts(shown)
  try {
    let folder = await rootFolder()
    for (const part of parts) {
      folder = (await folder.getDirectoryHandle(part, { create: !isReadOnly })) as OpfsFolderHandle
    }
    return new OpfsDirectory(shown, folder, isReadOnly, options.isLocked ?? false)
  } catch (cause) {
    if (nameOf(cause) !== 'NotFoundError') throw hostError('opening', shown, '', cause)
    throw new NotFoundError(`directory "${shown}" is not there, and opening read-only does not create it`, {
      cause,
      details: { path: shown },
    })
  }
}

class OpfsDirectory implements StorageDirectory {
  readonly path: string
  readonly isReadOnly: boolean
  readonly #folder: OpfsFolderHandle
  readonly #lock: OriginLock | undefined

  constructor(path: string, folder: OpfsFolderHandle, isReadOnly: boolean, isLocked: boolean) {
    this.path = path
    this.isReadOnly = isReadOnly
    this.#folder = folder
    this.#lock = isLocked ? undefined : new OriginLock(path, isReadOnly)
  }

  get location(): string {
    return lockName(this.path)
  }

  async lock(): Promise<void> {
    await this.#lock?.acquire()
  }

  async unlock(): Promise<void> {
    this.#lock?.release()
  }

  async list(): Promise<string[]> {
    try {
      const names: string[] = []
      for await (const entry of this.#folder.values()) if (entry.kind === 'file') names.push(entry.name)
      return names.sort()
    } catch (cause) {
      throw hostError('listing', this.path, '', cause)
    }
  }

  async open(name: string, options: { create: boolean }): Promise<StorageFile> {
    requirePlainName(name)
    if (options.create) requireWritable(this, 'creation', name)
    const handle = await this.#handle(name, options.create)
    return new OpfsFile(name, this.path, await this.#access(handle, name), this.isReadOnly)
  }

  async remove(name: string): Promise<void> {
    requirePlainName(name)
    requireWritable(this, 'removal', name)
    try {
      await this.#folder.removeEntry(name)
    } catch (cause) {
      if (nameOf(cause) !== 'NotFoundError') throw hostError('removal', this.path, name, cause)
    }
  }

  async rename(from: string, to: string): Promise<void> {
    requirePlainName(from)
    requirePlainName(to)
    requireWritable(this, 'rename', from)
    const handle = await this.#handle(from, false)
    try {
      if (handle.move !== undefined) await handle.move(this.#folder, to)
      else await this.#copy(handle, from, to)
    } catch (cause) {
      if (cause instanceof HostError) throw cause
      throw hostError('rename', this.path, from, codedCause(cause))
    }
  }

  /**
   * Replaces a rename where there is none. Not atomic: a crash in between leaves both files, the first of them intact.
   */
  async #copy(handle: OpfsFileHandle, from: string, to: string): Promise<void> {
    const source = new OpfsFile(from, this.path, await this.#access(handle, from), false)
    let target: OpfsFile | undefined
    try {
      target = new OpfsFile(to, this.path, await this.#access(await this.#handle(to, true), to), false)
      const piece = new Uint8Array(COPY_BYTES)
      let at = 0
      for (let count = -1; count !== 0; at += count) {
        count = source.read(at, piece)
        target.write(at, piece.subarray(0, count))
      }
      target.truncate(at)
      target.flushSync()
    } finally {
      source.close()
      target?.close()
    }
    await this.#folder.removeEntry(from)
  }

  /** The platform keeps names as it keeps bytes; there is no call for it. */
  async flushNames(): Promise<void> {}

  async #handle(name: string, create: boolean): Promise<OpfsFileHandle> {
    try {
      return (await this.#folder.getFileHandle(name, { create })) as OpfsFileHandle
    } catch (cause) {
      if (nameOf(cause) !== 'NotFoundError') throw hostError('opening', this.path, name, codedCause(cause))
      throw new NotFoundError(`file ${pathOf(this.path, name)} is not there`, { cause, details: { name } })
    }
  }

  async #access(handle: OpfsFileHandle, name: string): Promise<SyncAccessHandle> {
    for (let tries = 0; ; tries++) {
      try {
        return await handle.createSyncAccessHandle()
      } catch (cause) {
        const isBusy = nameOf(cause) === 'NoModificationAllowedError' && tries < BUSY_TRIES
        if (!isBusy) throw hostError('opening', this.path, name, codedCause(cause))
        await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS))
      }
    }
  }
}

function nameOf(cause: unknown): string | undefined {
  return (cause as { name?: string } | null)?.name
}
