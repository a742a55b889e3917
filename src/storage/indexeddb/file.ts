// One open file. Reads and writes use a copy in memory, because they cannot await anything; `flush` hands the changes
// over.

import { hostError } from '../failure.ts'
import { MemoryContent } from '../memory/content.ts'
import { readOnlyError } from '../name.ts'
import type { StorageFile } from '../storage.ts'
import { CHUNK_BYTES, chunksOf, type FileDatabase } from './database.ts'

const CHUNKS_AT_ONCE = 256

/** The changes of a file since it was last handed over. */
export interface Changes {
  readonly id: number
  readonly name: string
  readonly size: number
  /** Bytes of a chunk; undefined where they are all zero. */
  readonly chunks: readonly (readonly [index: number, bytes: ArrayBuffer | undefined])[]
  /** Chunks from this one on are gone; Infinity when the file was not truncated. */
  readonly cutFrom: number
}

/** What a file needs from its directory. */
export interface Committer {
  readonly path: string
  readonly isReadOnly: boolean
  /** Something was written, and nobody has requested a flush yet. */
  touched(): void
  /** Starts writing everything changed. */
  push(): void
  /** Resolves when everything changed is on stable storage. */
  settle(operation: string, name: string): Promise<void>
}

export class IndexedFile implements StorageFile {
  readonly isFlushedLater = true
  readonly name: string
  readonly id: number
  isClosed = false
  readonly #content = new MemoryContent()
  readonly #committer: Committer
  readonly #dirty = new Set<number>()
  #cutFrom = Number.POSITIVE_INFINITY
  #hasChanged = false

  constructor(name: string, id: number, committer: Committer) {
    this.name = name
    this.id = id
    this.#committer = committer
  }

  /** Loads the file. */
  async load(database: FileDatabase, size: number): Promise<void> {
    this.#content.resize(size)
    for (let index = 0; ; ) {
      const { store } = database.transaction('chunks')
      const range = chunksOf(this.id, index)
      const [keys, chunks] = await Promise.all([
        store.getAllKeys(range, CHUNKS_AT_ONCE),
        store.getAll(range, CHUNKS_AT_ONCE),
      ])
      keys.forEach(([, at], i) => {
        const room = size - at * CHUNK_BYTES
        if (room > 0) this.#content.write(at * CHUNK_BYTES, new Uint8Array(chunks[i]!).subarray(0, room))
      })
      if (keys.length < CHUNKS_AT_ONCE) return
      index = keys.at(-1)![1] + 1
    }
  }

  size(): number {
    return this.#content.bytesCount
  }

  read(position: number, target: Uint8Array): number {
    return this.#content.read(position, target)
  }

  write(position: number, bytes: Uint8Array): void {
    if (this.#committer.isReadOnly) throw readOnlyError(this.#committer.path, 'write', this.name)
    if (bytes.length === 0) return
    try {
      this.#content.write(position, bytes)
    } catch (cause) {
      // A RangeError: the platform cannot allocate so large a buffer. Nothing was written.
      throw hostError('write', this.#committer.path, this.name, cause, { code: 'ENOMEM', written: 0 })
    }
    const last = Math.floor((position + bytes.length - 1) / CHUNK_BYTES)
    for (let index = Math.floor(position / CHUNK_BYTES); index <= last; index++) this.#dirty.add(index)
    this.#change()
  }

  truncate(size: number): void {
    if (this.#committer.isReadOnly) throw readOnlyError(this.#committer.path, 'truncation', this.name)
    if (size === this.#content.bytesCount) return
    if (size < this.#content.bytesCount) {
      const kept = Math.ceil(size / CHUNK_BYTES)
      this.#cutFrom = Math.min(this.#cutFrom, kept)
      for (const index of this.#dirty) if (index >= kept) this.#dirty.delete(index)
      if (size % CHUNK_BYTES !== 0) this.#dirty.add(kept - 1)
    }
    this.#content.resize(size)
    this.#change()
  }

  #change(): void {
    this.#hasChanged = true
    this.#committer.touched()
  }

  async flush(): Promise<void> {
    await this.#committer.settle('flush', this.name)
  }

  flushSync(): void {
    this.#committer.push()
  }

  close(): void {
    this.isClosed = true
    this.#committer.push()
  }

  /** Marks a new file as existing although nothing was written to it. */
  create(): void {
    this.#hasChanged = true
  }

  /** Removes and returns the changes; undefined when there are none. */
  takeChanges(): Changes | undefined {
    if (!this.#hasChanged) return undefined
    this.#hasChanged = false
    const size = this.size()
    const chunks = [...this.#dirty].map((index) => {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES))
      this.#content.read(index * CHUNK_BYTES, chunk)
      return [index, chunk.some((byte) => byte !== 0) ? chunk.buffer : undefined] as const
    })
    const cutFrom = this.#cutFrom
    this.#dirty.clear()
    this.#cutFrom = Number.POSITIVE_INFINITY
    return { id: this.id, name: this.name, size, chunks, cutFrom }
  }
}
