// Where the bytes of a log go when it is opened: into their final pages, or piece by piece into a window.

import { outOfMemory, type Store } from '../core/index.ts'
import type { StorageFile } from '../storage/index.ts'

const READ_BYTES = 16_777_216

export class LogWindow {
  /** Address of the first byte, 0 before anything is reserved. */
  at = 0
  bytes = 0
  /** The part of the file that it holds: the bytes [from, to). */
  from = 0
  to = 0
  private readonly store: Store
  private readonly file: StorageFile
  private readonly onRead: (done: number) => void

  constructor(store: Store, file: StorageFile, onRead: (done: number) => void) {
    this.store = store
    this.file = file
    this.onRead = onRead
  }

  /** Reserves the pages where `bytes` of log will stay. Returns false if memory has no room for them. */
  reservePlace(bytes: number): boolean {
    this.at = this.store.reserveLog(bytes)
    this.bytes = this.at === 0 ? 0 : bytes
    return this.at !== 0
  }

  /** Replaces the window by one of `bytes`, or fewer, down to `least`. */
  reserve(bytes: number, least: number): void {
    this.release()
    for (this.bytes = bytes; ; this.bytes = Math.max(least, (this.bytes >>> 1) & ~7)) {
      this.at = this.store.reserveWindow(this.bytes)
      if (this.at !== 0) return
      if (this.bytes <= least) throw outOfMemory('a window of the log')
    }
  }

  release(): void {
    if (this.at !== 0) this.store.releaseLog(this.at, this.bytes)
    this.at = 0
  }

  load(from: number, bytes: number): void {
    for (let done = 0; done < bytes; ) {
      const piece = Math.min(READ_BYTES, bytes - done)
      this.file.read(from + done, this.store.memoryRange(this.at + done, piece))
      done += piece
      this.onRead(from + done)
    }
    this.from = from
    this.to = from + bytes
  }
}
