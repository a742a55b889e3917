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
}

/** Options of `openDatabase`. */
export interface MediumOptions extends OpenOptions {
  /** Where the files go; `null` for memory. */
  readonly storage: StorageDirectory | null
  /** Limit of each partition, for tests. */
  readonly memoryLimitBytes?: number | undefined
}

const OPEN_OPTIONS = ['durability', 'readOnly', 'repair', 'onProgress']
const MEDIUM_OPTIONS = [...OPEN_OPTIONS, 'storage', 'memoryLimitBytes']
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
  if (path === MEMORY_PATH) return await openDatabase({ ...options, storage: null })
  if (typeof path !== 'string' && !(path instanceof URL)) {
    throw new TypeMismatchError(`open takes a path or ":memory:", got ${describe(path)}`)
  }
  requireValues(options, 'of open')
  const storage = await openStorage(path, options.readOnly ?? false)
  return await openDatabase({ ...options, storage })
}

/** The directory at a path, not locked yet. */
export async function openStorage(path: string | URL, readOnly: boolean): Promise<StorageDirectory> {
  if (!isNode()) {
    throw new UnsupportedError('directories in a browser (OPFS) come in a later version; open(":memory:") works', {
      details: { feature: 'opfs' },
    })
  }
  const { openFileDirectory } = await import('../storage/file/index.ts')
  return await openFileDirectory(path, { readOnly })
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
  const { durability, readOnly, repair, onProgress } = options
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
