// Opening a database: on a path, in memory, or on any medium that is a StorageDirectory.

import { TypeMismatchError, UnsupportedError, UsageError } from '../error/index.ts'
import type { StorageDirectory } from '../storage/index.ts'
import { CatalogFile } from './catalog-file.ts'
import { Database } from './database.ts'
import { Gate } from './gate.ts'
import { Medium, type Progress } from './medium.ts'
import { type Durability, describe, requireBoolean, requireDurability, requireOptions } from './options.ts'

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
  /** Limit of each partition, for tests. */
  readonly memoryLimitBytes?: number | undefined
}

const COMMON_OPTIONS = ['durability', 'readOnly', 'repair', 'onProgress']
const OPEN_OPTIONS = [...COMMON_OPTIONS, 'worker', 'persist']
const MEDIUM_OPTIONS = [...COMMON_OPTIONS, 'storage', 'memoryLimitBytes']
const MEMORY_PATH = ':memory:'

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
export async function open(path: string | URL, options: OpenOptions = {}): Promise<Database> {
  requireOptions(options, OPEN_OPTIONS, 'of open')
  const { worker = false, persist, ...common } = options
  if (path === MEMORY_PATH && worker === false) return await openDatabase({ ...common, storage: null })
  if (typeof path !== 'string' && !(path instanceof URL)) {
    throw new TypeMismatchError(`open takes a path or ":memory:", got ${describe(path)}`)
  }
  requireValues(options, 'of open')
  if (await runsElsewhere(worker)) {
    const { openInWorker } = await import('../worker/index.ts')
    return await openInWorker(String(path), options)
  }
  if (persist === true && !isNode()) await navigator.storage.persist()
  const storage = await openStorage(path, options.readOnly ?? false)
  return await openDatabase({ ...common, storage })
}

/** Whether the engine runs in a worker of its own: files open synchronously there, and never in a page. */
async function runsElsewhere(worker: unknown): Promise<boolean> {
  if (!isNode()) return worker !== false || !(await import('../storage/opfs/index.ts')).hasSyncFiles()
  if (worker === false) return false
  throw new UnsupportedError('worker of open is for pages of a browser; here the engine runs in the calling thread', {
    details: { feature: 'worker' },
  })
}

/** The directory at a path, not locked yet. Not for a page. */
async function openStorage(path: string | URL, readOnly: boolean): Promise<StorageDirectory> {
  if (!isNode()) return await (await import('../storage/opfs/index.ts')).openOpfsDirectory(path, { readOnly })
  const { openFileDirectory } = await import('../storage/file/index.ts')
  return await openFileDirectory(path, { readOnly })
}

/** A place that a database can be opened at, and what is the same for all paths that lead there. */
export async function placeOf(path: string | URL): Promise<{ location: string; open(): Promise<Database> }> {
  if (await runsElsewhere(false)) return { location: String(path), open: () => open(path) }
  const storage = await openStorage(path, false)
  return { location: storage.location ?? storage.path, open: () => openDatabase({ storage }) }
}

/** Opens a database on a medium of the caller's. */
export async function openDatabase(options: MediumOptions): Promise<Database> {
  requireOptions(options, MEDIUM_OPTIONS, 'of openDatabase')
  requireValues(options, 'of openDatabase')
  const { storage, durability = 'hard', readOnly = false, repair = false, memoryLimitBytes, onProgress } = options
  const gate = new Gate(storage === null ? MEMORY_PATH : storage.path, readOnly || (storage?.isReadOnly ?? false))
  if (repair && gate.isReadOnly)
    throw new UsageError('repair writes to the directory; it cannot be combined with readOnly')
  await storage?.lock()
  let database: Database | undefined
  try {
    const catalog = await CatalogFile.open(gate, storage, repair)
    const kind = storage === null ? null : durability
    const medium = new Medium(gate, { storage, durability: kind, repair, memoryLimitBytes, onProgress })
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

function isNode(): boolean {
  const host = globalThis as { process?: { versions?: { node?: string } } }
  return host.process?.versions?.node !== undefined
}
