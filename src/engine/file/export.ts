// A database as one file (docs/format.md, "Export"): its catalog and a log of each partition (export-log.ts). Writes
// continue meanwhile.

import { ArchiveWriter, PieceKind } from '../../archive/index.ts'
import type { CatalogState } from '../../catalog/index.ts'
import { encodeCatalog } from '../../catalog/stored.ts'
import { StateError } from '../../error/index.ts'
import type { CollectionState } from '../state.ts'
import { type LogReader, readerOf } from './export-log.ts'

/** Begins when this is called; `states` are the collections of `catalog`, in its order. */
export function exportChunks(
  catalog: CatalogState,
  states: readonly CollectionState[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const parts = states.flatMap((state) => state.parts)
  const known = new Set(parts)
  const requireAll = () => {
    for (const { name, groups } of states) {
      const made = groups.find((group) => group.parts.some((part) => !known.has(part) && part.count > 0))
      if (made === undefined) continue
      throw new StateError(
        `partition "${made.name}" of collection "${name}" was made and written to while the database was exported, and the file has no ` +
          'place for it: export it again',
        { details: { collection: name, partition: made.name } },
      )
    }
  }
  const readers: LogReader[] = []
  try {
    for (const part of parts) readers.push(readerOf(part))
  } catch (error) {
    for (const reader of readers) reader.release()
    throw error
  }
  return new Chunks(write(catalog, readers, requireAll), () => {
    for (const reader of readers) reader.release()
  })
}

async function* write(
  catalog: CatalogState,
  readers: readonly LogReader[],
  requireAll: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const writer = new ArchiveWriter()
  yield writer.head()
  yield writer.piece(PieceKind.Catalog, 0, encodeCatalog(catalog))
  for (const [number, reader] of readers.entries()) {
    for await (const bytes of reader.read()) yield writer.piece(PieceKind.Log, number, bytes)
  }
  for (const reader of readers) reader.seal()
  // Documents that moved into a partition created meanwhile are missing from the others.
  if (readers.some(({ isOfEnd }) => isOfEnd)) requireAll()
  for (const [number, reader] of readers.entries()) {
    for await (const bytes of reader.rest()) yield writer.piece(PieceKind.Log, number, bytes)
  }
  yield writer.piece(PieceKind.End, 0, new Uint8Array(0))
}

/**
 * Ends exports that are abandoned, as when a client goes away from a stream that nobody then cancels: on a medium they
 * hold replaced files, in memory they gather all that is written, and keep other exports out.
 */
const dropped = /* @__PURE__ */ new FinalizationRegistry<() => void>((release) => release())

/** A generator that releases what it holds even if it is ended before its first step. */
class Chunks implements AsyncGenerator<Uint8Array, void, undefined> {
  readonly #inner: AsyncGenerator<Uint8Array, void, undefined>
  readonly #release: () => void
  #isReleased = false

  constructor(inner: AsyncGenerator<Uint8Array, void, undefined>, release: () => void) {
    this.#inner = inner
    this.#release = release
    dropped.register(this, release, this)
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    try {
      const step = await this.#inner.next()
      if (step.done === true) this.#end()
      return step
    } catch (error) {
      this.#end()
      throw error
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, void>> {
    try {
      return await this.#inner.return()
    } finally {
      this.#end()
    }
  }

  async throw(error: unknown): Promise<IteratorResult<Uint8Array, void>> {
    this.#end()
    return await this.#inner.throw(error)
  }

  #end(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    dropped.unregister(this)
    this.#release()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
