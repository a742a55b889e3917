// One open file. The journal writes for every batch, so the path through `write` is as short as Node allows.

import { closeSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs'
import { HostError } from '../../error/index.ts'
import { hostError, pathOf } from '../failure.ts'
import { readOnlyError } from '../name.ts'
import type { StorageFile } from '../storage.ts'
import type { Guard } from './guard.ts'
import { codeOf, pause } from './host.ts'

const PIECE_BYTES_MAX = 1024 * 1024 * 1024 // Linux moves at most 2 GiB - 4096 a call, Node refuses 2 GiB.
const RETRIES_MAX = 100 // An interrupted or busy call is retried a millisecond later.

export class DiskFile implements StorageFile {
  readonly name: string
  readonly #directory: string
  /** -1 once released: the next file opened gets the same number. */
  #descriptor: number
  readonly #isReadOnly: boolean
  readonly #isWriteThrough: boolean
  readonly #guard: Guard
  readonly #hadName: boolean
  /** End of what was written through this handle. */
  #end = 0
  #flushesRunning = 0
  #isClosed = false

  /** @param isWriteThrough - the descriptor was opened so that each write is flushed before it returns. */
  constructor(
    name: string,
    directory: string,
    descriptor: number,
    isReadOnly: boolean,
    isWriteThrough: boolean,
    guard: Guard,
  ) {
    this.name = name
    this.#directory = directory
    this.#descriptor = descriptor
    this.#isReadOnly = isReadOnly
    this.#isWriteThrough = isWriteThrough
    this.#guard = guard
    this.#hadName = fstatSync(descriptor).nlink > 0
  }

  size(): number {
    try {
      return fstatSync(this.#descriptor).size
    } catch (cause) {
      throw hostError('reading the length', this.#directory, this.name, cause)
    }
  }

  read(position: number, target: Uint8Array): number {
    const bytesCount = target.length
    let done = 0
    let retries = 0
    while (done < bytesCount) {
      try {
        const length = Math.min(bytesCount - done, PIECE_BYTES_MAX)
        const count = readSync(this.#descriptor, target, done, length, position + done)
        if (count === 0) break
        done += count
      } catch (cause) {
        if (!isPassing(cause) || ++retries > RETRIES_MAX) throw hostError('read', this.#directory, this.name, cause)
        pause(1)
      }
    }
    return done
  }

  write(position: number, bytes: Uint8Array): void {
    this.writePart(position, bytes, 0, bytes.length)
  }

  writePart(position: number, bytes: Uint8Array, from: number, bytesCount: number): void {
    if (this.#guard.onWrite()) this.#requireWhole()
    let done = 0
    let retries = 0
    while (done < bytesCount) {
      const rest = bytesCount - done
      const length = rest < PIECE_BYTES_MAX ? rest : PIECE_BYTES_MAX
      try {
        const written = writeSync(this.#descriptor, bytes, from + done, length, position + done)
        if (written === 0 && ++retries > RETRIES_MAX) throw new Error('the platform takes no more bytes')
        done += written
      } catch (cause) {
        if (!isPassing(cause) || ++retries > RETRIES_MAX) throw this.#writeError(cause, done)
        pause(1)
      }
    }
    if (position + bytesCount > this.#end) this.#end = position + bytesCount
  }

  truncate(size: number): void {
    try {
      ftruncateSync(this.#descriptor, size)
      if (size < this.#end) this.#end = size
    } catch (cause) {
      if (this.#isReadOnly) throw readOnlyError(this.#directory, 'truncation', this.name)
      throw hostError('truncation', this.#directory, this.name, cause)
    }
  }

  async flush(): Promise<void> {
    if (!this.#isWriteThrough) await this.#flushed()
    if (this.#guard.onFlush()) this.#requireWhole()
  }

  #flushed(): Promise<void> {
    this.#flushesRunning++
    return new Promise((resolve, reject) => {
      fdatasync(this.#descriptor, (cause) => {
        this.#flushesRunning--
        if (this.#isClosed) this.#release()
        if (cause) reject(hostError('flush', this.#directory, this.name, cause))
        else resolve()
      })
    })
  }

  flushSync(): void {
    try {
      if (!this.#isWriteThrough) fdatasyncSync(this.#descriptor)
    } catch (cause) {
      throw hostError('flush', this.#directory, this.name, cause)
    }
    if (this.#guard.onFlush()) this.#requireWhole()
  }

  /**
   * Whatever is written to an unlinked file is lost with it, and a truncated file has lost its content: names that end
   * in `.log` invite both. Some platforms never count links.
   */
  #requireWhole(): void {
    if (this.#descriptor < 0) return
    const { nlink, size } = fstatSync(this.#descriptor)
    const what = this.#hadName && nlink === 0 ? 'removed' : size < this.#end ? 'cut' : undefined
    if (what === undefined) return
    throw new HostError(
      `${pathOf(this.#directory, this.name)} was ${what} while it was open: nothing more is written, for it would be lost; export() still gives what was read or written here`,
      { details: { operation: 'flush', directory: this.#directory, file: this.name } },
    )
  }

  close(): void {
    this.#isClosed = true
    this.#release()
  }

  // A flush may still be running in another thread. If the descriptor were released now, that flush could hit the next
  // file that gets the same number; so the last flush closes it.
  #release(): void {
    if (this.#flushesRunning > 0 || this.#descriptor < 0) return
    const descriptor = this.#descriptor
    this.#descriptor = -1
    try {
      closeSync(descriptor)
    } catch {
      // Nothing is lost: whatever had to be durable has been flushed.
    }
  }

  #writeError(cause: unknown, written: number): Error {
    if (this.#isReadOnly) return readOnlyError(this.#directory, 'write', this.name)
    return hostError('write', this.#directory, this.name, cause, { written })
  }
}

function isPassing(cause: unknown): boolean {
  const code = codeOf(cause)
  return code === 'EINTR' || code === 'EAGAIN'
}
