// Where a named database is kept in a browser: in the origin private file system or, where this thread cannot open its
// files synchronously, in IndexedDB.

import { HostError } from '../../error/index.ts'
import { hostError } from '../failure.ts'
import { openIndexedDirectory } from '../indexeddb/index.ts'
import { hasSyncFiles, openOpfsDirectory } from '../opfs/index.ts'
import type { StorageDirectory } from '../storage.ts'
import { originParts } from './lock.ts'

const REFUSALS = 3
const REFUSAL_PAUSE_MS = 50

export interface OriginOptions {
  readonly readOnly?: boolean
  /** The caller already holds the lock of that name. */
  readonly isLocked?: boolean
  /** The page has no private file system, even if this thread has one: its data is in IndexedDB. */
  readonly isWithoutFiles?: boolean
}

/** Whether this origin has a private file system; which threads can open its files is another question. */
export function hasOwnFiles(): boolean {
  const { navigator } = globalThis as { navigator?: { storage?: { getDirectory?: unknown } } }
  return typeof navigator?.storage?.getDirectory === 'function'
}

/** Opens the directory of a name; the caller locks it next. */
export async function openOriginDirectory(path: string | URL, options: OriginOptions = {}): Promise<StorageDirectory> {
  // An invalid name is refused by every backend.
  originParts(String(path))
  const { indexedDB, navigator } = globalThis as { indexedDB?: unknown; navigator?: { locks?: unknown } }
  if (indexedDB !== undefined && navigator?.locks === undefined) {
    throw new HostError(
      'this page is no secure context: browsers keep files and locks for https: and localhost alone',
      {
        details: { operation: 'open', path: String(path) },
      },
    )
  }
  if (options.isWithoutFiles !== true && hasOwnFiles() && hasSyncFiles() && (await isAllowed(String(path)))) {
    return await openOpfsDirectory(path, options)
  }
  if (indexedDB !== undefined) return await openIndexedDirectory(path, options)
  throw new HostError(
    'nothing keeps files here: databases with a name run in a worker of a page, and in Node, Bun and Deno; ":memory:" works, and ' +
      'db.export() and open.import() carry one over',
    { details: { operation: 'open', path: String(path) } },
  )
}

/**
 * Some browsers have the file system and refuse it in private windows: Firefox with a SecurityError, Safari with an
 * UnknownError that mentions something transient. That could be true, so this retries: data must not seem lost because
 * of one refusal.
 */
async function isAllowed(path: string): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      await navigator.storage.getDirectory()
      return true
    } catch (cause) {
      const { name } = cause as { name?: string }
      if (name === 'SecurityError') return false
      if (name !== 'UnknownError') throw hostError('opening', path, '', cause)
      if (tries === REFUSALS) return false
      await new Promise((resolve) => setTimeout(resolve, REFUSAL_PAUSE_MS))
    }
  }
}
