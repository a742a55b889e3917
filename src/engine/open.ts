// Opening a database: on a path, in memory, or on any medium that is a StorageDirectory.

import type { ArchiveSource } from '../archive/index.ts'
import { inTurn } from '../core/index.ts'
import { TypeMismatchError, UnsupportedError, UsageError } from '../error/index.ts'
import type { StorageDirectory } from '../storage/index.ts'
import { MemoryCatalog } from './catalog.ts'
import { Database } from './database.ts'
import { Medium, type Progress } from './file/medium.ts'
import { Gate } from './gate.ts'
import { type Durability, describe, requireBoolean, requireDurability, requireOptions } from './options.ts'
import { filesPart } from './parts.ts'

/** Options of `open`. */
export interface OpenOptions {
  /**
   * When writes are acknowledged, unless they say otherwise: `'hard'` (default), flushed to stable storage; `'soft'`, handed to the
   * operating system, which a crash of the process survives and a power loss may not. Without effect in memory.
   */
  readonly durability?: Durability | undefined
  /** Nothing is written, not even a missing directory; any number of readers may share it. Default `false`. */
  readonly readOnly?: boolean | undefined
  /** Opens damaged files as well, with what is whole in them; `Database.repairs` tells what was dropped. Default `false`. */
  readonly repair?: boolean | undefined
  /** Called now and then while a large database is opened. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /**
   * In a page: whether a database in memory runs in a worker, too; one with a name always does. A function makes the worker, where the
   * page's policy refuses those made from a `blob:` URL. Default `false`.
   */
  readonly worker?: boolean | (() => unknown) | undefined
  /** In a page: asks the browser not to drop the data when space gets short. Default `false`. */
  readonly persist?: boolean | undefined
}

/** Options of `openDatabase`. */
export interface MediumOptions extends Omit<OpenOptions, 'worker' | 'persist'> {
  /** Where the files go; `null` for memory. */
  readonly storage: StorageDirectory | null
  /** An export, which becomes a new database there. */
  readonly source?: AsyncIterable<Uint8Array> | undefined
  /** Limit of each partition, for tests. */
  readonly memoryLimitBytes?: number | undefined
  /** Bytes of log from which on its records are read after opening, for tests. */
  readonly passageBytesMin?: number | undefined
}

const COMMON_OPTIONS = ['durability', 'readOnly', 'repair', 'onProgress']
const OPEN_OPTIONS = [...COMMON_OPTIONS, 'worker', 'persist']
const MEDIUM_OPTIONS = [...COMMON_OPTIONS, 'storage', 'source', 'memoryLimitBytes', 'passageBytesMin']
const MEMORY_PATH = ':memory:'

/** `open`, and what hangs on it. */
export interface Open {
  /**
   * Opens a database.
   *
   * @param path - a directory, which is created where it is missing, or `':memory:'`.
   * @throws {@link LockedError} when another handle has the directory open, {@link CorruptError} when its files are damaged,
   *   {@link FormatVersionError} when a later version wrote them, {@link UsageError} for options that make no sense.
   *
   * @example
   * ```ts
   * await using db = await open('./data', { durability: 'soft' })
   * ```
   */
  (path: string | URL, options?: OpenOptions): Promise<Database>
  /**
   * Makes a database of what `Database.export` gave, wherever that was, and opens it.
   *
   * @param file - a `Blob` or `File`, bytes, or a stream of them; in Node `createReadStream(path)`. It is read once, piece by piece.
   * @param path - as for `open`; there is no database yet. Default `':memory:'`.
   * @throws {@link CorruptError} for a file that is no export, or a damaged one, {@link FormatVersionError} for one of a later version,
   *   {@link ConflictError} when there is a database. Nothing is left of what could not be imported whole.
   *
   * @example
   * ```ts
   * const db = await open.import(createReadStream('backup.quiver'), './data')
   * ```
   */
  import(file: ArchiveSource, path?: string | URL, options?: OpenOptions): Promise<Database>
}

export const open: Open = /* @__PURE__ */ Object.assign(
  (path: string | URL, options: OpenOptions = {}) => openAt(path, options, false),
  {
    import: (file: ArchiveSource, path: string | URL = MEMORY_PATH, options: OpenOptions = {}) =>
      openAt(path, options, true, file),
  },
)

async function openAt(
  path: string | URL,
  options: OpenOptions,
  isImport: boolean,
  file?: ArchiveSource,
): Promise<Database> {
  const where = isImport ? 'of open.import' : 'of open'
  requireOptions(options, OPEN_OPTIONS, where)
  requireValues(options, where)
  const { worker = false, persist: _, ...common } = options
  const archive = isImport ? await import('../archive/index.ts') : undefined
  const source = archive?.chunksOf(file!)
  if (path === MEMORY_PATH && worker === false) return await openDatabase({ ...common, source, storage: null })
  if (typeof path !== 'string' && Object.prototype.toString.call(path) !== '[object URL]') {
    throw new TypeMismatchError(`open takes a path or ":memory:", got ${describe(path)}`)
  }
  if (await runsElsewhere(worker)) {
    const { openInWorker } = await import('../worker/index.ts')
    return await openInWorker(String(path), options, source && (await archive?.blobOf(source)))
  }
  const storage = await openStorage(path, options.readOnly ?? false)
  return await openDatabase({ ...common, source, storage })
}

/** Whether the engine runs in a worker of its own: only pages have such, and files open synchronously in no other thread. */
async function runsElsewhere(worker: unknown): Promise<boolean> {
  if (!isNode()) return worker !== false || isPage()
  if (worker === false) return false
  throw new UnsupportedError('worker of open is for pages of a browser; here the engine runs in the calling thread', {
    details: { feature: 'worker' },
  })
}

/** The directory at a path, not locked yet. Not for a page. */
async function openStorage(path: string | URL, readOnly: boolean): Promise<StorageDirectory> {
  if (!isNode()) return await (await import('../storage/origin/index.ts')).openOriginDirectory(path, { readOnly })
  const { openFileDirectory } = await inTurn(() => import('../storage/file/index.ts'))
  return await openFileDirectory(path, { readOnly })
}

/**
 * As `open`, with the engine in the calling thread, for those who need its answers at once. In a page the files are in IndexedDB then, where
 * no worker has to open them; they are another database than `open` has under that name.
 */
export async function openHere(path: string, options: { readonly durability?: Durability } = {}): Promise<Database> {
  if (path === MEMORY_PATH || !(await runsElsewhere(false))) return await open(path, options)
  const { openOriginDirectory } = await import('../storage/origin/index.ts')
  return await openDatabase({ ...options, storage: await openOriginDirectory(path, { isWithoutFiles: true }) })
}

export interface PlaceOptions {
  /** In the calling thread, as by `openHere`. */
  readonly isHere?: boolean
  readonly durability?: Durability | undefined
}

/** A place that a database can be opened at, and what is the same for all paths that lead there. */
export async function placeOf(
  path: string | URL,
  { isHere = false, durability }: PlaceOptions = {},
): Promise<{ location: string; open(): Promise<Database> }> {
  const options = durability === undefined ? {} : { durability }
  if (await runsElsewhere(false)) {
    // What is opened here is another database than the one in the worker.
    if (isHere) return { location: `here ${path}`, open: () => openHere(String(path), options) }
    return { location: String(path), open: () => open(path, options) }
  }
  const storage = await openStorage(path, false)
  return { location: storage.location ?? storage.path, open: () => openDatabase({ ...options, storage }) }
}

/** Opens a database on a medium of the caller's. */
export async function openDatabase(options: MediumOptions): Promise<Database> {
  requireOptions(options, MEDIUM_OPTIONS, 'of openDatabase')
  requireValues(options, 'of openDatabase')
  const {
    storage,
    source,
    durability = 'hard',
    readOnly = false,
    repair = false,
    memoryLimitBytes,
    passageBytesMin,
    onProgress,
  } = options
  const gate = new Gate(storage === null ? MEMORY_PATH : storage.path, readOnly || (storage?.isReadOnly ?? false))
  if (repair && gate.isReadOnly)
    throw new UsageError('repair writes to the directory; it cannot be combined with readOnly')
  if (source !== undefined && gate.isReadOnly)
    throw new UsageError('an import writes; it cannot be combined with readOnly')
  await storage?.lock()
  let database: Database | undefined
  try {
    const files = storage === null && source === undefined ? undefined : await filesPart.load()
    // Without a medium the files are there only until they are read.
    const imported =
      source === undefined ? undefined : await (await import('./file/import.ts')).importTo(storage, source)
    const catalog =
      storage === null
        ? new MemoryCatalog(imported === undefined ? undefined : await files!.readCatalog(imported))
        : await files!.CatalogFile.open(gate, storage, repair)
    const kind = storage === null ? null : durability
    const medium = new Medium(gate, {
      storage,
      imported,
      database: catalog.state.id === undefined ? undefined : BigInt(`0x${catalog.state.id}`),
      durability: kind,
      repair,
      memoryLimitBytes,
      passageBytesMin,
      onProgress,
    })
    database = new Database(gate, medium, catalog)
    await database.load()
    return database
  } catch (error) {
    // The error that stopped the opening is the one to tell.
    if (database === undefined) await storage?.unlock().catch(() => {})
    else await database.close().catch(() => {})
    throw error
  }
}

function requireValues(options: OpenOptions, where: string): void {
  const { durability, readOnly, repair, onProgress, worker, persist } = options
  if (persist !== undefined) requireBoolean(persist, `persist ${where}`)
  if (worker !== undefined && typeof worker !== 'function') requireBoolean(worker, `worker ${where}`, ' or a function')
  if (durability !== undefined) requireDurability(durability, where)
  if (readOnly !== undefined) requireBoolean(readOnly, `readOnly ${where}`)
  if (repair !== undefined) requireBoolean(repair, `repair ${where}`)
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new UsageError(`onProgress ${where} is a function, got ${describe(onProgress)}`)
  }
}

function isPage(): boolean {
  const { document, Worker } = globalThis as { document?: unknown; Worker?: unknown }
  return document !== undefined && Worker !== undefined
}

function isNode(): boolean {
  const host = globalThis as { process?: { versions?: { node?: string } } }
  return host.process?.versions?.node !== undefined
}
