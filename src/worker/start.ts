// Starts the worker that runs the engine for a page.

import { type Database, type OpenOptions, VERSION } from '../engine/index.ts'
import { ClosedError, HostError } from '../error/index.ts'
import { hasOwnFiles } from '../storage/origin/index.ts'
import { Connection, type WorkerLike } from './connection.ts'
import { remoteDatabase } from './remote.ts'

const MEMORY_PATH = ':memory:'
const ADVICE =
  'under a content security policy it needs "worker-src blob:", or serve quiverdb/worker.js and give ' +
  'open(name, { worker: () => new Worker(url) })'

/**
 * Opens a database in a worker of its own.
 *
 * @param file - an export to create it from.
 */
export async function openInWorker(path: string, options: OpenOptions, file?: Blob): Promise<Database> {
  const { worker, persist, onProgress, ...rest } = options
  // Not awaited: Firefox asks the user, who may never answer.
  if (persist === true) navigator.storage?.persist?.().catch(() => {})
  const made = typeof worker === 'function' ? (worker() as WorkerLike) : await startWorker()
  const connection = new Connection(made, ADVICE, onProgress as ((progress: never) => void) | undefined)
  if (path !== MEMORY_PATH) endWhenKept(connection, path)
  try {
    await connection.open({ version: VERSION, path, options: rest, isWithoutFiles: !hasOwnFiles(), file })
  } catch (error) {
    connection.end()
    throw error
  }
  return remoteDatabase(connection, path)
}

/**
 * A page kept in the back/forward cache is suspended together with its worker: nobody else could open the files until
 * it is discarded. Safari keeps such pages; pending calls end as when a page is closed.
 */
function endWhenKept(connection: Connection, path: string): void {
  const end = ({ persisted }: PageTransitionEvent) => {
    if (!persisted) return
    connection.end(
      new ClosedError(
        `database "${path}" was closed when its page was left: open it again, or reload the page when it is shown again`,
      ),
    )
  }
  globalThis.addEventListener?.('pagehide', end, { signal: connection.signal })
}

async function startWorker(): Promise<WorkerLike> {
  const { WORKER_SOURCE } = await import('./source.ts')
  if (WORKER_SOURCE === '' || typeof Worker !== 'function') {
    throw new HostError('databases with a name run in a worker: this needs the browser build of quiverdb and Worker', {
      details: { operation: 'worker' },
    })
  }
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }))
  try {
    return new Worker(url, { name: 'quiverdb' }) as unknown as WorkerLike
  } catch (cause) {
    throw new HostError(`the browser refused the worker of the database; ${ADVICE}`, {
      cause,
      details: { operation: 'worker' },
    })
  } finally {
    // The worker has loaded its program by the time this runs.
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
  }
}
