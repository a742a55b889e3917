// The catalog on its medium. A change is written to a new file, flushed, and renamed over the old one, so that a crash
// leaves either the old or the new catalog; a second copy follows, for `repair`.

import { type CatalogState, EMPTY_CATALOG, fileStem } from '../../catalog/index.ts'
import {
  CATALOG_COPY_FILE,
  CATALOG_FILE,
  CATALOG_NEW_FILE,
  decodeCatalog,
  encodeCatalog,
  orphanFiles,
  parseDataFile,
} from '../../catalog/stored.ts'
import { ConflictError, CorruptError, NotFoundError } from '../../error/index.ts'
import { isNoRoom, LOG_HEADER_BYTES, newSeed } from '../../journal/index.ts'
import type { StorageDirectory, StorageFile } from '../../storage/index.ts'
import type { Catalog, Repair } from '../catalog.ts'
import type { Gate } from '../gate.ts'
import { putAside, sizeOf } from './salvage.ts'

const OLDER = 'catalog is older than its second copy'
const ADVICE = 'open(path, { repair: true }) goes by the copy'

export class CatalogFile implements Catalog {
  readonly #gate: Gate
  readonly #storage: StorageDirectory
  #state: CatalogState
  /** Whether the name of the second copy is durable. */
  #hasCopy: boolean
  /** What was dropped on opening. */
  readonly repairs: Repair[] = []
  readonly #isRepair: boolean

  private constructor(gate: Gate, storage: StorageDirectory, state: CatalogState, hasCopy: boolean, isRepair = false) {
    this.#gate = gate
    this.#storage = storage
    this.#state = state
    this.#hasCopy = hasCopy
    this.#isRepair = isRepair
  }

  get state(): CatalogState {
    return this.#state
  }

  /**
   * For an import, into a place without a database. Removes what an interrupted import left there.
   *
   * @throws {@link ConflictError} when there is a database.
   */
  static async forImport(gate: Gate, storage: StorageDirectory): Promise<CatalogFile> {
    const names = await storage.list()
    const isThere = isDatabase(names)
    const state = isThere ? await readCatalog(storage).catch(() => undefined) : EMPTY_CATALOG
    if (state === undefined || (isThere && state.isImporting !== true)) {
      throw new ConflictError(`there is a database in "${storage.path}" already: an import makes a new one`, {
        details: { path: storage.path },
      })
    }
    const file = new CatalogFile(gate, storage, state, names.includes(CATALOG_COPY_FILE))
    if (isThere) await file.removeOrphans()
    return file
  }

  /** Removes the catalog's files; what is left is not a database. */
  async erase(): Promise<void> {
    const storage = this.#storage
    this.#state = EMPTY_CATALOG
    for (const name of [CATALOG_COPY_FILE, CATALOG_FILE]) await storage.remove(name)
    await storage.flushNames()
  }

  /** Reads the catalog, or creates an empty one where there is no database yet. */
  static async open(gate: Gate, storage: StorageDirectory, repair: boolean): Promise<CatalogFile> {
    const names = await storage.list()
    if (!isDatabase(names)) {
      if (gate.isReadOnly) throw notThere(storage, '')
      const file = new CatalogFile(gate, storage, EMPTY_CATALOG, false)
      await file.save({ ...EMPTY_CATALOG, sequence: 1, id: newId() })
      return file
    }
    let state: CatalogState
    const repairs: Repair[] = []
    try {
      state = await readCatalog(storage)
    } catch (error) {
      if (!repair || !(error instanceof CorruptError)) throw error
      state = await salvage(storage, error)
      const bytes = await sizeOf(storage, CATALOG_FILE)
      repairs.push({ file: CATALOG_FILE, offset: 0, bytes, reason: `${error.message}; its second copy was used` })
    }
    const newer = repair ? await newerCopy(storage, state) : undefined
    if (newer !== undefined) {
      repairs.push({ file: CATALOG_FILE, offset: 0, bytes: 0, reason: `${OLDER}; the copy was used` })
      state = newer
    }
    const { isImporting, ...known } = state
    if (isImporting && gate.isReadOnly) throw notThere(storage, ': an import into it did not come to its end')
    const file = new CatalogFile(gate, storage, known, names.includes(CATALOG_COPY_FILE), repair)
    file.repairs.push(...repairs)
    return file
  }

  /**
   * Removes files that a crash left of collections and partitions that are not in the catalog. After a repair, the
   * catalog may have lost collections whose files are still there, so files are only put aside. What a repair made of
   * the catalog is written after that: if it is interrupted, the next opening must see that there is one to repair.
   */
  async removeOrphans(): Promise<void> {
    const storage = this.#storage
    if (this.#gate.isReadOnly) return
    const names = await storage.list()
    if (this.repairs.length === 0 && hasUnknown(this.#state, names) && (await newerCopy(storage, this.#state))) {
      throw new CorruptError(`${storage.path}/${OLDER}, and files are there that it does not know; ${ADVICE}`, {
        details: { file: CATALOG_FILE, offset: 0 },
      })
    }
    const later = await laterStems(storage, this.#state, names)
    if (later.size > 0) {
      const reason = `catalog is older than the files of ${[...later].join(', ')}`
      if (!this.#isRepair) {
        const message = `${storage.path}/${reason}: put the catalog back that belongs to them, or open(path, { repair: true }), which keeps them aside`
        throw new CorruptError(message, { details: { file: CATALOG_FILE, offset: 0 } })
      }
      if (this.repairs.length === 0) this.repairs.push({ file: CATALOG_FILE, offset: 0, bytes: 0, reason })
    }
    const isRepaired = this.repairs.length > 0
    const orphans = new Set(orphanFiles(this.#state, names))
    for (const [stem, files] of namesByStem(names)) if (later.has(stem)) for (const name of files) orphans.add(name)
    for (const name of orphans) {
      if (!isRepaired) {
        await storage.remove(name)
        continue
      }
      const bytes = await sizeOf(storage, name)
      const aside = await putAside(storage, name)
      this.repairs.push({
        file: name,
        offset: 0,
        bytes,
        reason: `no collection is known that it belongs to; kept as ${aside}`,
      })
    }
    if (names.includes(CATALOG_NEW_FILE)) await storage.remove(CATALOG_NEW_FILE)
    // Also the catalog may have its name only with the operating system, from a process that died.
    await storage.flushNames()
    if (isRepaired) await this.save({ ...this.#state, sequence: this.#state.sequence + 1 })
  }

  /**
   * Replaces the catalog by `next`, which is durable when this resolves. Rejects with nothing changed when the medium
   * refuses the write; when it is unknown which of the two catalogs a crash would leave, the database is poisoned as
   * well.
   */
  async save(next: CatalogState): Promise<void> {
    const storage = this.#storage
    const bytes = encodeCatalog(next)
    const file = await this.#draft(bytes)
    try {
      try {
        await file.flush()
      } finally {
        file.close()
      }
      await storage.rename(CATALOG_NEW_FILE, CATALOG_FILE)
      await storage.flushNames()
    } catch (error) {
      this.#gate.poisonWith(error)
      throw error
    }
    this.#state = next
    await this.#saveCopy(storage, bytes)
  }

  /**
   * Writes the next catalog, without flushing it. On a full disk it takes the space of the second copy, so that
   * collections can still be dropped to free some.
   */
  async #draft(bytes: Uint8Array): Promise<StorageFile> {
    const storage = this.#storage
    const file = await storage.open(CATALOG_NEW_FILE, { create: true })
    try {
      file.truncate(0)
      file.write(0, bytes)
      return file
    } catch (error) {
      file.close()
      await storage.remove(CATALOG_NEW_FILE).catch(() => {})
      if (!this.#hasCopy || !isNoRoom(error)) throw error
      this.#hasCopy = false
      await storage.remove(CATALOG_COPY_FILE)
      await storage.flushNames()
      try {
        return await this.#draft(bytes)
      } catch (again) {
        await this.#saveCopy(storage, encodeCatalog(this.#state))
        throw again
      }
    }
  }

  /**
   * Writes the second copy. It is only used when the catalog is damaged, so a failure here does not fail the change.
   */
  async #saveCopy(storage: StorageDirectory, bytes: Uint8Array): Promise<void> {
    try {
      const file = await storage.open(CATALOG_COPY_FILE, { create: true })
      try {
        file.truncate(0)
        file.write(0, bytes)
        await file.flush()
      } finally {
        file.close()
      }
      if (!this.#hasCopy) await storage.flushNames()
      this.#hasCopy = true
    } catch {
      // The copy stays one change behind.
    }
  }
}

/** The names of partition files, grouped by stem. */
export function namesByStem(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const byStem = new Map<string, string[]>()
  for (const name of names) {
    const ids = parseDataFile(name)
    if (ids === undefined) continue
    const stem = fileStem(ids.collectionId, ids.partitionId)
    const known = byStem.get(stem)
    if (known === undefined) byStem.set(stem, [name])
    else known.push(name)
  }
  return byStem
}

/** Whether these files are a database, or the remains of one whose catalog is gone. */
function isDatabase(names: readonly string[]): boolean {
  return (
    names.includes(CATALOG_FILE) ||
    names.includes(CATALOG_COPY_FILE) ||
    names.some((name) => parseDataFile(name) !== undefined)
  )
}

export function newId(): string {
  return newSeed().toString(16).padStart(16, '0')
}

function notThere({ path }: StorageDirectory, why: string): NotFoundError {
  return new NotFoundError(`there is no database in "${path}"${why}, and opening read-only does not create one`, {
    details: { path },
  })
}

/** Reads the catalog among the files of a database, or its second copy; a CorruptError says that it is missing or damaged. */
export async function readCatalog(storage: StorageDirectory, name = CATALOG_FILE): Promise<CatalogState> {
  let file: Awaited<ReturnType<StorageDirectory['open']>>
  try {
    file = await storage.open(name, { create: false })
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause
    throw new CorruptError(
      `${storage.path}/${name} is missing beside the files of a database; open with { repair: true } to use its second copy`,
      { cause, details: { file: name, offset: 0 } },
    )
  }
  try {
    const bytes = new Uint8Array(file.size())
    const got = file.read(0, bytes)
    return decodeCatalog(bytes.subarray(0, got), name)
  } finally {
    file.close()
  }
}

/** Reads the second copy; it may be one change behind, if a crash fell between the two writes. */
async function salvage(storage: StorageDirectory, damage: CorruptError): Promise<CatalogState> {
  try {
    return await readCatalog(storage, CATALOG_COPY_FILE)
  } catch (cause) {
    if (!(cause instanceof CorruptError)) throw cause
    throw new CorruptError(`${damage.message}; its second copy is no better, so there is nothing to repair it from`, {
      cause,
      details: damage.details,
    })
  }
}

/** The second copy if it is newer. It is written after the catalog, so somebody has put an old catalog back. */
async function newerCopy(storage: StorageDirectory, state: CatalogState): Promise<CatalogState | undefined> {
  try {
    const copy = await readCatalog(storage, CATALOG_COPY_FILE)
    return copy.sequence > state.sequence ? copy : undefined
  } catch (error) {
    // One that cannot be read for now, or that a later version wrote, is not one that is no good.
    if (error instanceof CorruptError) return undefined
    throw error
  }
}

/** Whether there are files of collections or partitions that this catalog does not list or does not know of. */
function hasUnknown(state: CatalogState, names: readonly string[]): boolean {
  const stems = new Set(
    state.collections.flatMap(({ id, partitions, shards }) =>
      partitions.flatMap((partition) =>
        Array.from({ length: shards }, (_, shard) => fileStem(id, partition.id + shard)),
      ),
    ),
  )
  return [...namesByStem(names).keys()].some((stem) => !stems.has(stem))
}

/**
 * Partitions with documents that this catalog has yet to make: it is an older one, put back together with its copy. What
 * is left of a creation that was cut short has nothing but its head.
 */
async function laterStems(
  storage: StorageDirectory,
  state: CatalogState,
  names: readonly string[],
): Promise<Set<string>> {
  const stems = new Set<string>()
  for (const name of names) {
    const ids = parseDataFile(name)
    if (ids === undefined || !name.endsWith('.log')) continue
    const { collectionId, partitionId } = ids
    const known = state.collections.find(({ id }) => id === collectionId)
    const isMade = known === undefined ? collectionId < state.nextCollectionId : partitionId < known.nextPartitionId
    if (!isMade && (await sizeOf(storage, name)) > LOG_HEADER_BYTES) stems.add(fileStem(collectionId, partitionId))
  }
  return stems
}
