// One open file of the origin private file system, through its synchronous handle.

import { hostError } from '../failure.ts'
import { readOnlyError } from '../name.ts'
import type { StorageFile } from '../storage.ts'
import type { SyncAccessHandle } from './platform.ts'

export class OpfsFile implements StorageFile {
  readonly name: string
  readonly #directory: string
  readonly #handle: SyncAccessHandle
  readonly #isReadOnly: boolean

  constructor(name: string, directory: string, handle: SyncAccessHandle, isReadOnly: boolean) {
    this.name = name
    this.#directory = directory
    this.#handle = handle
    this.#isReadOnly = isReadOnly
  }

  size(): number {
    return this.#run('reading the length', () => this.#handle.getSize())
  }

  read(position: number, target: Uint8Array): number {
    return this.#run('read', () => {
      let done = 0
      while (done < target.length) {
        const count = this.#handle.read(target.subarray(done), { at: position + done })
        if (count === 0) break
        done += count
      }
      return done
    })
  }

  write(position: number, bytes: Uint8Array): void {
    if (this.#isReadOnly) throw readOnlyError(this.#directory, 'write', this.name)
    let done = 0
    try {
      while (done < bytes.length) {
        const count = this.#handle.write(bytes.subarray(done), { at: position + done })
        if (count === 0) throw Object.assign(new Error('the platform takes no more bytes'), { code: 'ENOSPC' })
        done += count
      }
    } catch (cause) {
      throw hostError('write', this.#directory, this.name, codedCause(cause), { written: done })
    }
  }

  truncate(size: number): void {
    if (this.#isReadOnly) throw readOnlyError(this.#directory, 'truncation', this.name)
    this.#run('truncation', () => this.#handle.truncate(size))
  }

  async flush(): Promise<void> {
    this.flushSync()
  }

  flushSync(): void {
    this.#run('flush', () => this.#handle.flush())
  }

  close(): void {
    this.#handle.close()
  }

  #run<R>(operation: string, run: () => R): R {
    try {
      return run()
    } catch (cause) {
      throw hostError(operation, this.#directory, this.name, codedCause(cause))
    }
  }
}

/** The platform's error, with the code that all backends use when space is refused. */
export function codedCause(cause: unknown): unknown {
  const { name, message } = (cause ?? {}) as { name?: string; message?: string }
  return name === 'QuotaExceededError' ? Object.assign(new Error(message), { code: 'ENOSPC' }) : cause
}
