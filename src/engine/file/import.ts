// Turns an export into the files of a database. The catalog is written last: until then there is an empty one that is
// marked as importing and does not own the files already present. What a crash leaves of an import is not a database:
// it is removed when one is opened there, or when the import is repeated.

import { PieceKind, readPieces } from '../../archive/index.ts'
import { type CatalogState, EMPTY_CATALOG, fileStem } from '../../catalog/index.ts'
import { decodeCatalog } from '../../catalog/stored.ts'
import { CorruptError } from '../../error/index.ts'
import { LOG_HEADER_BYTES, logName } from '../../journal/index.ts'
import { MemoryDirectory, type StorageDirectory, type StorageFile } from '../../storage/index.ts'
import { Gate } from '../gate.ts'
import { CatalogFile, newId } from './catalog-file.ts'

/** Every log in an export is of the first generation. */
const GENERATION = 1

/**
 * Creates the files of a database; without a medium, returns the directory that holds them until they have been read.
 */
export async function importTo(
  storage: StorageDirectory | null,
  source: AsyncIterable<Uint8Array>,
): Promise<StorageDirectory | undefined> {
  if (storage !== null) {
    await importInto(storage, source)
    return undefined
  }
  const files = new MemoryDirectory({ path: ':memory:' })
  await importInto(files, source)
  return files
}

/**
 * Writes an export into a directory that the caller has locked.
 *
 * @throws {@link ConflictError} when there is a database in it; {@link CorruptError} and {@link FormatVersionError} for
 * a file that is not a complete export. Nothing is left of it then.
 */
async function importInto(storage: StorageDirectory, source: AsyncIterable<Uint8Array>): Promise<void> {
  const catalog = await CatalogFile.forImport(new Gate(storage.path, false), storage)
  const files = new ImportedFiles(storage, catalog)
  try {
    await write(source, files)
  } catch (error) {
    await files.remove()
    throw error
  }
}

async function write(source: AsyncIterable<Uint8Array>, files: ImportedFiles): Promise<void> {
  let state: CatalogState | undefined
  let names: string[] = []
  for await (const { kind, number, payload } of readPieces(source)) {
    if (kind === PieceKind.Catalog) {
      if (state !== undefined) throw contradicting('it has two catalogs')
      state = decodeCatalog(payload, 'the catalog of the export')
      names = namesOf(state)
      await files.begin(state)
      continue
    }
    const name = names[number]
    if (name === undefined) throw contradicting(`it has a log ${number}, but its catalog names only ${names.length}`)
    await files.append(name, payload)
  }
  if (state === undefined) throw contradicting('it has no catalog')
  for (const name of names) {
    if (files.sizeOf(name) < LOG_HEADER_BYTES) throw contradicting(`the log ${name} is missing`)
  }
  await files.finish(state)
}

/** The names of the files of all partitions, in the order of an export. */
function namesOf(state: CatalogState): string[] {
  return state.collections.flatMap(({ id, partitions, shards }) =>
    partitions.flatMap((partition) =>
      Array.from({ length: shards }, (_, shard) => logName(fileStem(id, partition.id + shard), GENERATION)),
    ),
  )
}

function contradicting(what: string): CorruptError {
  return new CorruptError(`this export contradicts itself: ${what}; nothing of it was imported`, { details: {} })
}

class ImportedFiles {
  readonly #storage: StorageDirectory
  readonly #sizes = new Map<string, number>()
  #open: StorageFile | undefined
  readonly #catalog: CatalogFile

  constructor(storage: StorageDirectory, catalog: CatalogFile) {
    this.#storage = storage
    this.#catalog = catalog
  }

  sizeOf(name: string): number {
    return this.#sizes.get(name) ?? 0
  }

  async begin({ nextCollectionId }: CatalogState): Promise<void> {
    const sequence = this.#catalog.state.sequence + 1
    // Files with ids below these belong to this catalog, but to none of its collections.
    await this.#catalog.save({ ...EMPTY_CATALOG, sequence, nextCollectionId, isImporting: true })
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    if (this.#open?.name !== name) {
      await this.#close()
      const isNew = !this.#sizes.has(name)
      this.#sizes.set(name, this.sizeOf(name))
      this.#open = await this.#storage.open(name, { create: true })
      // There is a file of this name that belongs to no database.
      if (isNew) this.#open.truncate(0)
    }
    const at = this.sizeOf(name)
    this.#open.write(at, bytes)
    this.#sizes.set(name, at + bytes.length)
  }

  async #close(): Promise<void> {
    const file = this.#open
    this.#open = undefined
    try {
      await file?.flush()
    } finally {
      file?.close()
    }
  }

  async finish(state: CatalogState): Promise<void> {
    await this.#close()
    await this.#storage.flushNames()
    const sequence = Math.max(state.sequence, this.#catalog.state.sequence) + 1
    // A database with an id names it in its logs, and an import keeps the id of the exported database; one in memory
    // has none.
    await this.#catalog.save({ id: newId(), ...state, sequence })
  }

  /** Removes the files; the next opening removes those that cannot be removed now, as they belong to nobody. */
  async remove(): Promise<void> {
    try {
      this.#open?.close()
      for (const name of this.#sizes.keys()) await this.#storage.remove(name)
      await this.#catalog.erase()
    } catch {
      // The error that ended the import is the one to report.
    }
  }
}
