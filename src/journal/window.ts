// Where the bytes of a log go when it is opened: piece by piece into their final pages, or into a window.

import { outOfMemory, type Store } from '../core/index.ts'
import { HostError } from '../error/index.ts'
import type { StorageFile } from '../storage/index.ts'
import { LOG_HEADER_BYTES } from './header.ts'

const READ_BYTES = 16_777_216
/** Bytes loaded and checked together of a log that stays where it is read. It fits the cache of a core. */
const PIECE_BYTES = 1_048_576

export class LogWindow {
  /** Address of the byte `from` of the file; 0 before anything is reserved. */
  at = 0
  /** Bytes loaded together. */
  bytes = 0
  /** The part of the file that is loaded, from `at` on: the bytes [from, to). */
  from = 0
  to = 0
  /** For a log that stays where it is read: the address of its first frame, and the bytes of room there. */
  place = 0
  room = 0
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
    this.place = this.store.reserveLog(bytes)
    this.room = bytes
    this.bytes = Math.min(PIECE_BYTES, bytes)
    return this.place !== 0
  }

  /** Replaces the window by one of `bytes`, or fewer, down to `least`. */
  reserve(bytes: number, least: number): void {
    this.release()
    for (this.bytes = bytes; this.place === 0; this.bytes = Math.max(least, (this.bytes >>> 1) & ~7)) {
      this.at = this.store.reserveWindow(this.bytes)
      if (this.at !== 0) return
      if (this.bytes <= least) throw outOfMemory('a window of the log')
    }
  }

  release(): void {
    if (this.at !== 0 && this.place === 0) this.store.releaseLog(this.at, this.bytes)
    this.at = 0
  }

  /** Loads the bytes from `from` on. Of a log that stays, calls go forward, and what is there is not read again. */
  load(from: number, bytes: number): void {
    let done = 0
    if (this.place !== 0) {
      this.at = this.place + (from - LOG_HEADER_BYTES)
      done = Math.min(bytes, Math.max(0, this.to - from))
    }
    while (done < bytes) {
      const piece = Math.min(READ_BYTES, bytes - done)
      const got = this.file.read(from + done, this.store.memoryRange(this.at + done, piece))
      // It would count as a tail that was never flushed.
      if (got < piece) throw this.cut(from + done + got)
      done += piece
      this.onRead(from + done)
    }
    this.from = from
    this.to = from + bytes
  }

  private cut(at: number): HostError {
    const { name } = this.file
    return new HostError(`${name} ends at byte ${at}: it was longer before, or the platform does not give all of it`, {
      details: { operation: 'read', file: name, offset: at },
    })
  }
}
