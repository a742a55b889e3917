// The one seam between the engine and a medium. Everything odd (memory, files, OPFS, a crash simulator) is another
// implementation of these two interfaces; the engine has no code for tests.
//
// What is assumed of a medium: a write either throws or has been handed over whole; bytes are on stable storage only
// after a flush of that file returned; names are on stable storage only after `flushNames`; unflushed writes may reach the
// medium in any order, in part, or not at all. Bytes between the old and the new end of a file that grew are zero.

/** A file open for reading and, unless opened read-only, for writing. All calls but `flush` are synchronous. */
export interface StorageFile {
  readonly name: string
  /**
   * True where nothing can be awaited in the midst of a stretch: `flushSync` then only puts the bytes on their way, in order with all
   * else of the directory, and nothing but `flush` tells that they are there.
   */
  readonly isFlushedLater?: boolean
  /** Length in bytes. */
  size(): number
  /** Reads into the whole of `target` from `position`; returns how many bytes there were before the end of the file. */
  read(position: number, target: Uint8Array): number
  /** Writes `bytes` at `position`, all of them, or throws a HostError. Grows the file where needed. */
  write(position: number, bytes: Uint8Array): void
  /** As `write`, of the `length` bytes from `from` on; there where it saves making a view of them. */
  writePart?(position: number, bytes: Uint8Array, from: number, length: number): void
  /** Makes the file exactly `size` bytes long. */
  truncate(size: number): void
  /** Everything written so far is on stable storage when it resolves. Runs off the main thread where the platform can. */
  flush(): Promise<void>
  /** As `flush`, before it returns. Blocks. */
  flushSync(): void
  /** Called once; nothing is called after it. Does not flush. */
  close(): void
}

/** Who holds a directory, as LockedError tells it. */
export interface LockHolder {
  readonly pid?: number
  readonly host?: string
  readonly since?: string
  readonly mode?: 'write' | 'read'
}

/** A directory of one database. Names are plain: letters, digits, dot, hyphen; no separators. */
export interface StorageDirectory {
  /** For messages: the path as the user gave it. */
  readonly path: string
  readonly isReadOnly: boolean
  /** What two handles on one directory have in common, by whatever path it was reached; absent where nobody could share it. */
  readonly location?: string
  /** Takes the directory for this handle (shared when read-only) or throws LockedError. Called once, first. */
  lock(): Promise<void>
  unlock(): Promise<void>
  list(): Promise<string[]>
  /** Opens a file; with `create`, makes it if it is not there (else NotFoundError). */
  open(name: string, options: { create: boolean }): Promise<StorageFile>
  /** Removes a file; fine if it is not there. */
  remove(name: string): Promise<void>
  /** Renames, replacing `to` at once if it is there. Neither file is open. */
  rename(from: string, to: string): Promise<void>
  /** Creations, renames and removals so far survive a crash when it resolves. */
  flushNames(): Promise<void>
}
