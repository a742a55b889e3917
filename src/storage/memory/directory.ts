// A directory that lives as long as its objects do: for `:memory:`, for browsers without OPFS, and for tests.

import { LockedError, NotFoundError } from '../../error/index.ts'
import { hostError, pathOf } from '../failure.ts'
import { readOnlyError, requirePlainName, requireWritable } from '../name.ts'
import type { LockHolder, StorageDirectory, StorageFile } from '../storage.ts'
import { MemoryContent } from './content.ts'

export interface MemoryDirectoryOptions {
  /** Its name in messages; default `:memory:`. */
  readonly path?: string
  readonly isReadOnly?: boolean
}

interface Shared {
  readonly contents: Map<string, MemoryContent>
  readonly holders: Map<MemoryDirectory, LockHolder>
}

/** A directory in memory. Handles made by `reopen` share the files and the lock. */
export class MemoryDirectory implements StorageDirectory {
  readonly path: string
  readonly isReadOnly: boolean
  #shared: Shared = { contents: new Map(), holders: new Map() }

  constructor(options: MemoryDirectoryOptions = {}) {
    this.path = options.path ?? ':memory:'
    this.isReadOnly = options.isReadOnly ?? false
  }

  /** Another handle on the same files, not yet locked. */
  reopen(options: { readonly isReadOnly?: boolean } = {}): MemoryDirectory {
    const other = new MemoryDirectory({ path: this.path, isReadOnly: options.isReadOnly ?? false })
    other.#shared = this.#shared
    return other
  }

  async lock(): Promise<void> {
    const { holders } = this.#shared
    for (const holder of holders.values()) {
      if (this.isReadOnly && holder.mode === 'read') continue
      throw new LockedError(
        `directory "${this.path}" is open for ${holder.mode === 'write' ? 'writing' : 'reading'} ` +
          `by another handle of this process, since ${holder.since}`,
        { details: { path: this.path, ...holder } },
      )
    }
    holders.set(this, { since: new Date().toISOString(), mode: this.isReadOnly ? 'read' : 'write' })
  }

  async unlock(): Promise<void> {
    this.#shared.holders.delete(this)
  }

  async list(): Promise<string[]> {
    return [...this.#shared.contents.keys()].sort()
  }

  async open(name: string, options: { create: boolean }): Promise<StorageFile> {
    requirePlainName(name)
    const { contents } = this.#shared
    let content = contents.get(name)
    if (options.create) requireWritable(this, 'creation', name)
    if (content === undefined) {
      if (!options.create)
        throw new NotFoundError(`file ${pathOf(this.path, name)} is not there`, { details: { name } })
      content = new MemoryContent()
      contents.set(name, content)
    }
    return new MemoryFile(name, this.path, this.isReadOnly, content)
  }

  async remove(name: string): Promise<void> {
    requirePlainName(name)
    requireWritable(this, 'removal', name)
    this.#shared.contents.delete(name)
  }

  async rename(from: string, to: string): Promise<void> {
    requirePlainName(from)
    requirePlainName(to)
    requireWritable(this, 'rename', from)
    const { contents } = this.#shared
    const content = contents.get(from)
    if (content === undefined)
      throw new NotFoundError(`file ${pathOf(this.path, from)} is not there`, { details: { name: from } })
    contents.delete(from)
    contents.set(to, content)
  }

  async flushNames(): Promise<void> {}
}

/** A file without a directory. */
export function memoryFile(name: string): StorageFile {
  return new MemoryFile(name, ':memory:', false, new MemoryContent())
}

class MemoryFile implements StorageFile {
  readonly name: string
  readonly #directory: string
  readonly #isReadOnly: boolean
  readonly #content: MemoryContent

  constructor(name: string, directory: string, isReadOnly: boolean, content: MemoryContent) {
    this.name = name
    this.#directory = directory
    this.#isReadOnly = isReadOnly
    this.#content = content
  }

  size(): number {
    return this.#content.bytesCount
  }

  read(position: number, target: Uint8Array): number {
    return this.#content.read(position, target)
  }

  write(position: number, bytes: Uint8Array): void {
    if (this.#isReadOnly) throw readOnlyError(this.#directory, 'write', this.name)
    try {
      this.#content.write(position, bytes)
    } catch (cause) {
      // A RangeError: the platform cannot allocate so large a buffer. Nothing was written.
      throw hostError('write', this.#directory, this.name, cause, { code: 'ENOMEM', written: 0 })
    }
  }

  truncate(size: number): void {
    if (this.#isReadOnly) throw readOnlyError(this.#directory, 'truncation', this.name)
    try {
      this.#content.resize(size)
    } catch (cause) {
      throw hostError('truncation', this.#directory, this.name, cause, { code: 'ENOMEM' })
    }
  }

  async flush(): Promise<void> {}

  flushSync(): void {}

  close(): void {}
}
