// The only interface between the engine and a medium. Every variant (memory, files, OPFS, a crash simulator) is another
// implementation of these two interfaces; the engine has no code for tests.
//
// Assumptions about a medium: a write either throws or has been handed over whole; bytes are on stable storage only
// after a flush of that file has returned; names are on stable storage only after `flushNames`; unflushed writes may
// reach the medium in any order, in part, or not at all. When a file grows, the bytes between its old and new end are
// zero.

/** A file open for reading and, unless opened read-only, for writing. All calls but `flush` are synchronous. */
export interface StorageFile {
  readonly name: string
  /**
   * True where a synchronous stretch cannot await anything: `flushSync` then only sends the bytes off, in order with
   * everything else in the directory, and only `flush` tells when they have arrived.
   */
  readonly isFlushedLater?: boolean
  /** Length in bytes. */
  size(): number
  /** Fills `target` from `position`; returns the number of bytes read, which is smaller at the end of the file. */
  read(position: number, target: Uint8Array): number
  /** Writes all of `bytes` at `position`, or throws a HostError. Grows the file where needed. */
  write(position: number, bytes: Uint8Array): void
  /** As `write`, for the `length` bytes at `from`; provided where this saves creating a view. */
  writePart?(position: number, bytes: Uint8Array, from: number, length: number): void
  /** Makes the file exactly `size` bytes long. */
  truncate(size: number): void
  /** Resolves when everything written so far is on stable storage. Runs off the main thread where the platform can. */
  flush(): Promise<void>
  /** As `flush`, but synchronous. Blocks. */
  flushSync(): void
  /** Called once, as the last call. Does not flush. */
  close(): void
}

/** Who holds a directory, as reported by LockedError. */
export interface LockHolder {
  readonly pid?: number
  readonly host?: string
  readonly since?: string
  readonly mode?: 'write' | 'read'
}

/** A directory of one database. Names are plain: letters, digits, dot, hyphen; no separators. */
export interface StorageDirectory {
  /** The path as the user gave it, for messages. */
  readonly path: string
  readonly isReadOnly: boolean
  /** Identifies the directory, whatever path it was reached by; absent where it cannot be shared. */
  readonly location?: string
  /** Locks the directory for this handle (shared when read-only) or throws LockedError. Called once, first. */
  lock(): Promise<void>
  unlock(): Promise<void>
  list(): Promise<string[]>
  /** Opens a file; with `create`, creates it if it does not exist (otherwise NotFoundError). */
  open(name: string, options: { create: boolean }): Promise<StorageFile>
  /** Removes a file, if it exists. */
  remove(name: string): Promise<void>
  /** Renames, atomically replacing `to` if it exists. Neither file is open. */
  rename(from: string, to: string): Promise<void>
  /** Resolves when all creations, renames and removals so far would survive a crash. */
  flushNames(): Promise<void>
}
