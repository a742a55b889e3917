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
   * When a write is acknowledged by default: `'hard'` (default) once it is flushed to stable storage; `'soft'` once it
   * is handed to the operating system, where it survives a crash of the process, but perhaps not a power loss. No
   * effect in memory.
   */
  readonly durability?: Durability | undefined
  /** Nothing is written, not even a missing directory; any number of readers may share it. Default `false`. */
  readonly readOnly?: boolean | undefined
  /**
   * Opens damaged files too, with what is intact in them; `Database.repairs` lists what was dropped. Default `false`.
   */
  readonly repair?: boolean | undefined
  /** Called from time to time while a large database is opened. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /**
   * In a page: whether an in-memory database also runs in a worker; one with a name always does. A function creates the
   * worker, for pages whose policy refuses workers from a `blob:` URL. Default `false`.
   */
  readonly worker?: boolean | (() => unknown) | undefined
  /** In a page: asks the browser not to evict the data when space runs short. Default `false`. */
  readonly persist?: boolean | undefined
}

/** Options of `openDatabase`. */
export interface MediumOptions extends Omit<OpenOptions, 'worker' | 'persist'> {
  /** Where the files are; `null` for memory. */
  readonly storage: StorageDirectory | null
  /** An export from which a new database is made there. */
  readonly source?: AsyncIterable<Uint8Array> | undefined
  /** Memory limit of each partition, for tests. */
  readonly memoryLimitBytes?: number | undefined
  /** Size of a log in bytes from which its records are read only after opening, for tests. */
  readonly passageBytesMin?: number | undefined
}

const COMMON_OPTIONS = ['durability', 'readOnly', 'repair', 'onProgress']
const OPEN_OPTIONS = [...COMMON_OPTIONS, 'worker', 'persist']
const MEDIUM_OPTIONS = [...COMMON_OPTIONS, 'storage', 'source', 'memoryLimitBytes', 'passageBytesMin']
const MEMORY_PATH = ':memory:'

/** The type of `open` and its methods. */
export interface Open {
  /**
   * Opens a database.
   *
   * @param path - a directory, created if missing, or `':memory:'`.
   * @throws {@link LockedError} when another handle has the directory open, {@link CorruptError} when its files are
   * damaged,
   *   {@link FormatVersionError} when a later version wrote them, {@link UsageError} for invalid options.
   *
   * @example
   * ```ts
   * await using db = await open('./data', { durability: 'soft' })
   * ```
   */
  (path: string | URL, options?: OpenOptions): Promise<Database>
  /**
   * Creates a database from the output of `Database.export`, whatever platform that came from, and opens it.
   *
   * @param file - a `Blob` or `File`, bytes, or a stream of them; in Node `createReadStream(path)`. Read once, piece by
   * piece.
   * @param path - as for `open`, but without a database there yet. Default `':memory:'`.
   * @throws {@link CorruptError} for a file that is damaged or not an export, {@link FormatVersionError} for one of a
   * later version,
   *   {@link ConflictError} when a database exists there. A failed import leaves nothing behind.
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

/**
 * Whether the engine runs in a worker of its own: only pages use one, as only workers can open files synchronously
 * there.
 */
async function runsElsewhere(worker: unknown): Promise<boolean> {
  if (!isNode()) return worker !== false || isPage()
  if (worker === false) return false
  throw new UnsupportedError('worker of open is for pages of a browser; here the engine runs in the calling thread', {
    details: { feature: 'worker' },
  })
}

/** The directory at a path, not yet locked. Not for pages. */
async function openStorage(path: string | URL, readOnly: boolean): Promise<StorageDirectory> {
  if (!isNode()) return await (await import('../storage/origin/index.ts')).openOriginDirectory(path, { readOnly })
  const { openFileDirectory } = await inTurn(() => import('../storage/file/index.ts'))
  return await openFileDirectory(path, { readOnly })
}

/**
 * As `open`, but with the engine in the calling thread, for callers that need its answers at once. In a page the files
 * are then in IndexedDB, which works without a worker; they are a different database from the one that `open` finds
 * under this name.
 */
export async function openHere(path: string, options: { readonly durability?: Durability } = {}): Promise<Database> {
  if (path === MEMORY_PATH || !(await runsElsewhere(false))) return await open(path, options)
  const { openOriginDirectory } = await import('../storage/origin/index.ts')
  return await openDatabase({ ...options, storage: await openOriginDirectory(path, { isWithoutFiles: true }) })
}

/** The names of damaged files in a directory that a database can do without: see spares.ts. */
export async function damagedSpares(path: string | URL): Promise<string[]> {
  const spares = await import('./file/spares.ts')
  return await spares.damagedSpares(await openStorage(path, true))
}

export interface PlaceOptions {
  /** In the calling thread, as with `openHere`. */
  readonly isHere?: boolean
  readonly durability?: Durability | undefined
}

/** A place where a database can be opened, with a name that is the same for all paths leading there. */
export async function placeOf(
  path: string | URL,
  { isHere = false, durability }: PlaceOptions = {},
): Promise<{ location: string; open(): Promise<Database> }> {
  const options = durability === undefined ? {} : { durability }
  if (await runsElsewhere(false)) {
    // A database opened in this thread is another one than that in the worker.
    if (isHere) return { location: `here ${path}`, open: () => openHere(String(path), options) }
    return { location: String(path), open: () => open(path, options) }
  }
  const storage = await openStorage(path, false)
  return { location: storage.location ?? storage.path, open: () => openDatabase({ ...options, storage }) }
}

/** Opens a database on a medium that the caller provides. */
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
    // Without a medium the imported files exist only until they are read.
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
    // The error that stopped the opening is the one to report.
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
